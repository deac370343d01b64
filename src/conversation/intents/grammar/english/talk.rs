//! Talk, and questions about the node, the conversation and oneself, in English.

use super::super::{super::Intent, pattern::Row};
use crate::host::Topic;

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    // Talk
    (
        Intent::AskName,
        "(what is|tell me|may i ask|may i know|can you tell me|could you tell me|say|what was) your [own] name [again]",
    ),
    (Intent::AskName, "your name"),
    (Intent::AskName, "(what|how) are you [actually] (called|named) [again]"),
    (Intent::AskName, "do you [even] have a name"),
    (
        Intent::AskName,
        "(what|how) (should|can|may|shall|do|could|am) i [supposed to] (call|address|name) you",
    ),
    (Intent::AskName, "what do (people|they|others|you|your users) call (you|yourself)"),
    (
        Intent::AskName,
        "(what|which|by what|by which) name do you (go by|have|answer to|use|listen to|go) [by]",
    ),
    (Intent::AskName, "who am i (talking|speaking|chatting) (to|with)"),
    (Intent::AskName, "(with whom|to whom) am i (talking|speaking)"),
    (Intent::AskName, "what name (were you given|did they give you)"),
    (
        Intent::AskIdentity,
        "[can you|could you] [tell me] [do you know|say|guess] who (i am|am i) [to you|for you]",
    ),
    (
        Intent::AskIdentity,
        "who do you (think|believe|assume|suppose|reckon) (i am|that i am|you are (talking|speaking|chatting) (to|with)|is (talking|speaking) [to you]|this is)",
    ),
    (Intent::AskIdentity, "(who|whom) do you take me for"),
    (Intent::AskIdentity, "for whom do you take me"),
    (
        Intent::AskIdentity,
        "[do you know|can you tell] who is (speaking|talking|this speaking) [to you|with you]",
    ),
    (
        Intent::AskIdentity,
        "do you know who (you are (talking|speaking) (to|with)|is (speaking|talking|using you) [to you])",
    ),
    (
        Intent::AskIdentity,
        "who (are you|do you think you are|you are) (talking|speaking) (to|with)",
    ),
    (Intent::AskIdentity, "(what is|do you know|tell me|do you remember|can you remember) my name"),
    (
        Intent::AskIdentity,
        "(do|can|did) you [still] (recognise|recognize|identify|know|remember) (me|who i am|my voice)",
    ),
    (
        Intent::AskIdentity,
        "(as whom|as who) (do|have) you (recognise|recognize|identify|know|see|recognised|recognized|identified) me [as]",
    ),
    (
        Intent::AskIdentity,
        "who (do|have) you (recognise|recognize|identify|know|see|recognised|recognized|identified|got) me (as|down as)",
    ),
    (Intent::AskIdentity, "(which|what) (user|person|profile|account) am i [using|logged in as]"),
    (
        Intent::AskIdentity,
        "who am i (logged in as|in your eyes|according to you|as far as you know)",
    ),
    (Intent::AskIdentity, "whose (voice|profile) (is this|am i using)"),
    (Intent::AskIdentity, "are you sure [about] who i am"),
    (
        Intent::AskProfile,
        "[tell me|show me|list|can you tell me|i want to know|i would like to know|read me] (what|everything|all|which [data|information|facts|things|details|personal data]|what [data|information|facts|things|kind of data|personal data|details]|anything) [that] (do you|you|have you|did you|is|has been|are|was) [have] [all] (know|remember|$kept|store|save|keep|hold|have|learn) [there] [stored|saved|on file|recorded] (about|on|of|regarding|concerning) (me|myself|my person) [so far|here|anywhere|exactly|in total]",
    ),
    (
        Intent::AskProfile,
        "(do you|have you) [have] [know|stored|saved|got|store|save|keep|kept|remember] (anything|something|any data|data|any information|information|facts) [stored|saved] (about|on) me",
    ),
    (
        Intent::AskProfile,
        "(which|what) [of] (my data|data of mine|personal data [of mine]|information of mine) (do you have|have you stored|do you store|do you keep|have you saved|have you got|is stored|do you hold) [here|about me]",
    ),
    (
        Intent::AskProfile,
        "(show|show me|tell me|read me|read out|open|display|list|give me|let me see|what is in|what does|what stands in) [about] my [own] (profile|personal data|stored data|data|record|file|details) [say|contain|say about me]",
    ),
    (
        Intent::AskProfile,
        "[show me|tell me|list|give me|read out] (everything|all|all data|all the data|the data|all information|the information|all the information|all the facts) [that|which] [is|you] [have] [$kept|have|know|hold|keep|remember] (about|on|of) me",
    ),
    (
        Intent::AskConversationFact,
        "what (did|have|had) i [already] (say|ask|tell|told|asked|said|want to know|mention|mentioned) [you|to you|you about|about] $earlier",
    ),
    (
        Intent::AskConversationFact,
        "[do you (remember|recall|know)|can you (remember|recall|repeat|tell me)|tell me|repeat|remind me|say again] (what|which question) i [have] [had] (said|asked|told|wanted to know|mentioned) [you|to you|you about|about] $earlier",
    ),
    (
        Intent::AskConversationFact,
        "[what (was|were|is)|repeat|tell me|can you repeat|could you repeat|can you tell me|do you (remember|know|recall)|remind me of|read me|read back] [what] (my|the|our) (last|previous|first|latest|earlier|second to last|most recent) [two|three] (question|questions|words|message|sentence|request|statement|topic|thing) [i asked|i asked you|i said|i told you|was|again|i wanted to know|of mine] $earlier",
    ),
    (
        Intent::AskConversationFact,
        "(what|which) question did i [ask|put] [to] [you] [ask] $earlier",
    ),
    (
        Intent::AskConversationFact,
        "what (were|did|have) we [been] (talking|talk|talked|discussing|discuss|discussed|speaking|speak|chatting) [about] $earlier",
    ),
    (
        Intent::AskConversationFact,
        "what did you (say|answer|tell me|reply|tell me about) [to me|to that|about that] (before|earlier|previously|a minute ago|a moment ago|last|just before|last time|first)",
    ),
    (
        Intent::AskConversationFact,
        "(what was|repeat|can you repeat) your (last|previous|first) (answer|reply|sentence|words|response)",
    ),
    (
        Intent::AskConversationFact,
        "what was (it|that) [that] i (asked|said|wanted to know|told you) [you] $earlier",
    ),
    (
        Intent::AskConversationFact,
        "(have|did) i (already|) (asked|ask|told|tell) you (that|this) (before|already)",
    ),
    (
        Intent::Forget,
        "forget (what|everything|all|whatever|all that|all of what|that which) [that] (we|i|you) [have|had] [said|been] [talking|talked|said|discussed|told|asked|spoken|chatted|discussing|speaking|mentioned|told you] [you|about|to you|with you] $earlier [in this conversation|here]",
    ),
    (
        Intent::Forget,
        "forget (it all|all of it|all this|all that|all of this|this|that whole thing|about it all|this whole conversation|our [whole|entire] (conversation|talk|chat|discussion)|this [whole|entire] (conversation|talk|chat|discussion|dialogue))",
    ),
    (
        Intent::Forget,
        "(let us|can we|could we|i want to|i would like to) (start|begin) (over|again|afresh|anew|fresh|from scratch|from the beginning|all over) [with a clean slate]",
    ),
    (
        Intent::Forget,
        "(clear|erase|delete|wipe|reset|drop|discard|end and forget) (this|the|our) [whole|entire|current] (conversation|chat|dialogue|dialog|talk|discussion|session) [history] [from your memory]",
    ),
    (
        Intent::Forget,
        "(start|begin|open|i want|i would like) a (new|fresh) (conversation|chat|dialogue|session)",
    ),
    (
        Intent::Help,
        "(what|which|what kind of) (things|tasks|questions|sort of things|stuff|features|skills|abilities|commands|functions) (can|could|do) (you|i) (help me with|do|answer|ask [you]|handle|have|know|understand|offer|take|perform|ask you about|use)",
    ),
    (Intent::Help, "(what|how) (can|could) you (help|assist|support|do) [me] [with|for me]"),
    (
        Intent::Help,
        "[tell me|show me|explain] what (you can|are you able to|are you capable of|you are able to|are you good at|are you good for|are you for|are you there for|can i use you for) [do] [for me]",
    ),
    (
        Intent::Help,
        "what (do you know how to do|are your (abilities|skills|features|functions|capabilities|options|commands)|can i (say|do|ask|ask for|use) [to you|you|with you|here])",
    ),
    (
        Intent::SmallTalk,
        "(thank you|thanks|thank you ever|many thanks|cheers) [so|very|a lot|so much|very much|for that|for your help|for the help|for everything|a million|for helping [me]|much|all the same|that was helpful|that helped|you are great|you are the best|indeed]",
    ),
    (
        Intent::SmallTalk,
        "[hi|hello|and|good morning|good evening] how (are|is|+s) (you|it going|everything|life|things|your day|you doing|you feeling|it) [doing|feeling|going|today|this morning|this evening|tonight|so far|these days]",
    ),
    (
        Intent::SmallTalk,
        "how (do you feel|have you been|was your (day|night|weekend)|has your day been) [today|so far]",
    ),
    (Intent::SmallTalk, "what is (up|new|going on with you|on your mind)"),
    (
        Intent::SmallTalk,
        "[can you|could you|would you|do you know|will you|come on] [tell|sing|know|make|recite|read|write] [me|us] [a|another|any|some] [good|funny|nice|short|silly|bad] (joke|jokes|riddle|poem|song|story|fun fact|bedtime story|dad joke|something funny)",
    ),
    (Intent::SmallTalk, "(tell|say) [me|us] something (funny|nice|interesting)"),
    (Intent::SmallTalk, "make me laugh"),
    (
        Intent::SmallTalk,
        "who (made|built|created|programmed|wrote|developed|invented|designed|is behind|trained) you",
    ),
    (
        Intent::SmallTalk,
        "who (is|was|are) your (maker|creator|inventor|developer|author|father|mother|parents|developers|makers|programmer)",
    ),
    (
        Intent::SmallTalk,
        "are you [a|an] [real] (human|robot|real|ai|machine|alive|person|bot|computer|happy|sad|tired|bored|smart|clever|intelligent|married|hungry|lonely|man|woman|single|okay|conscious|awake|there|stupid|human being|busy)",
    ),
    (
        Intent::SmallTalk,
        "(i|we) (love|like|hate|adore|missed|miss) you [a lot|so much|too|very much]",
    ),
    (
        Intent::SmallTalk,
        "you are [so|very|really|such|pretty|quite|the] [a|an] [so|very] (great|funny|nice|smart|clever|the best|best|awesome|amazing|wonderful|brilliant|sweet|cute|helpful|stupid|annoying|good|cool|darling|star|genius|kind|boring|good listener|lovely|fantastic)",
    ),
    (
        Intent::SmallTalk,
        "(good night|goodbye|good bye|bye|bye bye|see you|see you later|see you tomorrow|see you soon|farewell|sleep well|have a nice (day|evening|weekend)|have a good (day|night|one)|until next time|talk to you later|sweet dreams)",
    ),
    (
        Intent::SmallTalk,
        "(well done|good job|nice job|great job|nice work|good work|nice one|good girl|that is (great|nice|funny|good|very kind of you|kind|wonderful|cool|lovely)|great|awesome|cool|perfect|nice|wonderful|excellent|you are welcome|never mind|sorry|i am sorry|congratulations|happy birthday|merry christmas|happy new year|nice to meet you|pleased to meet you|haha)",
    ),
    (
        Intent::SmallTalk,
        "(how old are you|where (do you live|are you from|do you come from|were you born)|when (were you born|is your birthday)|what (do you look like|are you thinking [about]|are you doing [today|tonight]|do you think of me|do you like|makes you happy)|do you (like me|love me|sleep|dream|have feelings|like music|have friends|have a family|have a soul|get bored|ever sleep|like your job|like jokes|get tired|have hobbies))",
    ),
    (
        Intent::SmallTalk,
        "what is your favorite (color|colour|food|song|film|movie|book|animal|music|joke|number|season)",
    ),
    // Questions that sound as if they were asked of the documents
    (
        Intent::Host(Topic::Firewall),
        "what are (the|my|our|your) [current|active] firewall (rules|settings)",
    ),
    (Intent::Host(Topic::Firewall), "how is (the|my|our|your) firewall (set up|configured|doing)"),
    (
        Intent::Host(Topic::Load),
        "how (is|are) (the|your) (cpu|processor|processors|load) [doing|right now]",
    ),
    (Intent::Date, "what (is|day is) today"),
    (Intent::Time, "how late is it"),
];
