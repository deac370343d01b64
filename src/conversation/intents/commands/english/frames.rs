//! What stands around a command in English: how it is asked for and wished, what is told beside it, and why.
//! The form is that of `grammar::pattern`.

use super::super::super::text::Said;

/// Parts that the frames below share; the form is that of `grammar::pattern`.
pub(in super::super) const PARTS: &[(&str, &str)] = &[
    (
        "degree",
        "[getting|become|becoming|become|a bit|a little|a bit too|a little too|a bit more than|way too|far too|much too|so|too|very|\
      quite|pretty|rather|awfully|terribly|incredibly|kind of|all|really|already|still|so very|only|just|getting too|getting very|\
      getting quite|getting so|getting pretty|getting really|been|way]",
    ),
    (
        "state",
        "(dark|bright|loud|noisy|late|cold|chilly|freezing|draughty|drafty|dim|gloomy|annoying|bedtime|time|enough|unbearable|\
      deafening|pitch black|pitch dark|pointless|urgent|important|ok|okay|fine|me|us|safe|over|distracting|blinding|broken|bad|worse|\
      buggy|unstable|slow|terrible|awful|horrible|useless|rubbish|much|silly|nonsense|driving me (mad|crazy|nuts)|killing me|\
      hurting my (ears|eyes)|giving me a headache|acting up|misbehaving|tired|sleepy|done|finished|home|back|awake|ready|here|busy|\
      going to (bed|sleep)|off to (bed|sleep|work)|heading to (bed|work)|in bed|leaving|on the phone|in a call|in a meeting|scared|\
      a false alarm|false alarm|quiet)",
    ),
    (
        "nice",
        "(kind|nice|good|sweet|lovely|great|helpful|wonderful|fine|perfect|okay|ok|super|brilliant|cool|fantastic|amazing|grateful|glad|\
      happy|thankful|obliged|much obliged|delighted|appreciated|best)",
    ),
];

/// Ways to ask somebody to do something; what follows is the command.
pub(in super::super) const REQUESTS: &[&str] = &[
    "(would|could|can|might) you [please] be (so|very|really) (kind|good|nice|sweet|lovely) (as to|and)",
    "(would|could|can) you be (kind|good|nice|sweet) enough to",
    "be (so|very|) (kind|good|nice|sweet) (as to|and)",
    "be (a dear|a darling|an angel|a good girl|a sweetheart|a love|a star|a sport|my hero) and",
    "(would|will|is) it be possible [for you] to",
    "is it possible [for you] to",
    "any chance (you|that you) (could|can|would|might)",
    "any chance of",
    "is there any chance [that] you (could|can|would|might)",
    "(could|can|would|will) you do me (a|the) (favor|favour|kindness) and",
    "do me (a|the) (favor|favour|kindness) and",
    "i [would|really|will] (appreciate|like|love|prefer) it [very much|a lot] if you (could|would|can|were to)",
    "i would be [so|very|really|most] $nice if you (could|would|can|were to)",
    "it would be [so|very|really] $nice if you (could|would|can|were to)",
    "(would be|be) [so|very|really] $nice if you (could|would|can)",
    "(may|could|can|might) i ask you to",
    "(could|can|may) i (trouble|bother|get) you to",
    "i (ask|beg|am asking|am begging|order|command|instruct|urge) you to",
    "(can|could) we get you to",
    "(i|we) [really|just] (want|need|would like|would love|would prefer|wish|would need|expect) [for] you to",
    "[could you|can you|would you|you can|you could|please] go ahead and",
    "do you think you (could|can|might)",
    "i wonder if you (could|would|can)",
    "i was wondering if you (could|would|can)",
    "why do not you",
    "why not",
    "you (may|can|should|could|need to|have to|must|ought to|might want to|had better|better|are to)",
    "(could|can|would) [not] you",
    "let us",
    "go [on] and",
    "(may|might|could|can) i trouble you to",
    "might you",
    "off you go",
    "[it is] time [for you] to",
    "feel free to",
    "(make|be) sure [that] you",
    "remember to",
    "your (task|job|order) is to",
    "there is no need to wait",
];

/// Ways to say what one would like to have; the verb of the command may then be a participle.
pub(in super::super) const WISHES: &[&str] = &[
    "(i|we) [really|just] (would like|want|wish|would love|would prefer|need|could use|could do with|could really use) [to (have|see|get|hear)]",
    "(can|could|may|might) (i|we) [please] (have|get|see)",
    "i would rather have",
    "get me",
    "give (me|us)",
    "let there be",
    "let me have",
    "make sure [to get|that]",
    "see to it that",
    "(should|must|needs to|need to|has to|have to|had to|ought to|can|is to|are to) [really|please|all] be",
    "(should|must|can|could) [really|please|all] go",
    "(needs|need|wants|requires)",
    "i would (like|love|want|prefer) (it|that) (if|to) [be]",
];

/// How somebody begins who tells or asks something.
pub(in super::super) const TELLINGS: &[&str] = &[
    "(i|we) (would like|want|wish|need|have|just wanted|wanted|would love) to (let you know|inform you|tell you|say|mention|add|point out|announce|report|declare|state|make clear|note|confirm|remind you) [that]",
    "(i|we) (should|must|can|may|might|hereby|could|will|shall) (let you know|inform you|tell you|say|mention|add|point out|announce|report|declare|state|assure you|confirm|note|reveal|remind you) [that]",
    "(you should|you might want to|you ought to|you may want to|you may|please) (know|note|be aware) [that]",
    "(note|be aware|be informed|be advised|bear in mind|keep in mind|let it be known|let the record show|let me tell you|let me say|let me add|let me inform you|let me mention|know|rest assured|be assured) [that]",
    "(just so you know|so you know|for your information|fyi|for the record|heads up|quick heads up|quick update|a quick note|news flash|update|\
      as you can (see|hear)|as you may have (noticed|heard|seen)|guess what|believe it or not|just to let you know|just to be clear|\
      to be clear|just a heads up|just saying|in case you (are wondering|were wondering|wonder|did not notice|wondered|missed it)|\
      allow me to introduce myself|let me introduce myself|may i introduce myself|i would like to introduce myself|it looks like|looks like|\
      i (hereby|just) (confirm|declare|state) [that]|i am happy to (say|report|tell you) [that]|it is official|attention|hey there|excuse me [but]|if you please|\
      listen [up]|look|hear me out|you know what|you know|oh by the way|by the way|one more thing|first of all|to begin with|hello again|hi again)",
    "(can|could|would|will|might) you [please] [kindly|be so kind as to|be so good as to|be kind enough to] (tell|let|remind|show|give|inform) me [know] [about|of|again]",
    "(can|could|would|will|might) you [please] [kindly] (say|explain|check|repeat|list|reveal|confirm|look up|find out|check for me) [for me|to me|again] [if|whether]",
    "(tell|remind|show|let|inform) me [know] [about|of|again]",
    "(would|do) you mind (telling|showing|reminding|giving|letting) me [know] [about|of|again]",
    "(would|do) you mind (saying|checking|repeating|revealing|confirming|listing) [if|whether]",
    "(may|might|can|could) i (ask|know|enquire|inquire|hear|find out|be told|see|get) [you]",
    "(i|we) (would like|want|need|wish|would love) to (know|hear|ask|find out|learn|see|understand|check) [again|from you] [if|whether]",
    "i (would be|am) (interested|curious) [to know|about|in|to hear|to learn|to see]",
    "i (was|am|have been) [just] wondering [about|if|whether]",
    "i wonder [about]",
    "do you (happen to|perhaps|by any chance) know",
    "do you know",
    "any idea",
    "(remember|please remember|do remember) [that]",
];

/// What is said beside a command and means nothing for it.
pub(in super::super) const PASSING: &[&str] = &[
    // Politeness
    "if (you would be so [kind|good|nice]|you would [not mind|like|please]|you could|you can|you please|you do not mind|you will|possible|that is (possible|okay|ok|alright|all right|fine)|it is possible|\
      it is (okay|ok|alright|all right|fine) [with you]|it is not too much [trouble|to ask|bother]|i may|i may ask|you have (a moment|a second|a minute|time)|you are (free|there|ready|listening)|you get a (chance|moment))",
    "(when|whenever|once) you (get|have) (a|the) (chance|moment|second|minute)",
    "(when|whenever) you (can|are ready|are free)",
    "(as soon|as fast|as quickly) as (possible|you can)",
    "(thank you|thanks|many thanks) [so|very|a lot|a million|a bunch|in advance|for your help|for that|ever] [so|much]",
    "(cheers|ta|merci|danke)",
    "(that|this|it) (would|will|was|is) [be] [so|very|really|extremely|most] $nice [of you|to me|for me|thanks]",
    "(i|we) (would|will) (appreciate|be $nice) [it|that] [very much|a lot]",
    "i (appreciate|love) (it|that|you)",
    "would you [mind|kindly]",
    "(could|can) you",
    "(will|would) you please",
    "be so kind",
    "(good|great|nice|clever|sweet) (girl|boy|assistant|job|work)",
    "(my|there is a) (dear|darling|love|friend|good girl|sweetheart)",
    "(dear|darling|sweetie|honey|mate|buddy|sweetheart|friend|love|pal|dude|man)",
    "[computer|assistant] (do|listen|look|come) (it|that|this|on|here|up) [for me|for us]",
    "for (me|us|now|the moment|the time being|a change|once)",
    "straight away",
    "straightaway",
    "at once",
    "right (now|away|this (second|minute|instant))",
    "this (instant|minute|moment|second|very (moment|second|instant|minute))",
    "asap",
    "go (ahead|on)",
    "come on",
    "i said",
    "(i|we) (beg|ask|insist)",
    "here at home",
    "(in|over|right|around) here",
    "excuse me [but]",
    "(sorry|pardon) [me] [but] [to (bother|disturb) you] [again]",
    "(okay|ok|right|alright|fine|great|good|perfect|yes|yep|yup|yeah|sure|cool) [so|then|now]",
    "one (more thing|thing)",
    "quick (one|thing|favor|favour|request)",
    "after all",
    "by the way",
    "as (usual|always|agreed|requested)",
    "(on second (thought|thoughts)|while i think of it|that will do|for (heaven|goodness|god|pity) +s sake|before i forget|of course|my ears|bedtime|bed time|shall we|if i may|come on|there is a (draught|draft)|we are done with that|now that i think of it|let us start from scratch)",
    "from now on",
    "(oh|my) dear",
    // Why
    "(is|are|+s) still (open|on|burning|running|playing|lit)",
    "(so|so that|because|since|as|cause|in order) (i|we|everyone|everybody|the (baby|kids|children)) (can|could|am able to|are able to|may|need to|have to|want to) [actually|finally|all] \
      (see|hear|sleep|work|think|concentrate|study|read|rest|relax|talk|cook|eat|breathe|focus|get some (sleep|rest|peace)|go to (bed|sleep)|take a call|take this call) [something|anything|better|properly|you|in peace|each other|again]",
    "(i|we) (can|could) (not|hardly|barely) [even] (see|hear|sleep|work|think|concentrate|study|read|find|focus|relax|stand) [a thing|anything|something|my keys|myself think|you|my own (thoughts|voice)|\
      where i am going|the noise|it|this|that|a word] [any more|anymore|in (here|there)]",
    "(i|we) (am|are) (trying|going|about) to (sleep|work|think|concentrate|study|read|relax|rest|focus|go to (bed|sleep)|leave|talk)",
    "(i|we) (have|need|want) to (sleep|work|think|concentrate|study|read|relax|rest|focus|go to (bed|sleep)|make a call|talk|take a call|take this call|leave)",
    "(i|we) have (company|visitors|guests|a visitor|a guest|a headache|a call|a phone call|a meeting)",
    "(i|we) (do not|no longer) (need|want) (it|that|them|this|those|any of it|any of that) [any more|anymore|any longer|now|on|running|here]",
    "(i|we|you) have changed (my|our) mind",
    "(the|my) (baby|kids|children|kid|phone|others|neighbors|neighbours|dog) (is|are) (asleep|sleeping|ringing|complaining|crying|scared|in bed)",
    "(someone|somebody) is (at the door|calling|on the phone|ringing|sleeping|asleep)",
    "i (like|liked|prefer|preferred|want) the (old|previous|earlier|last) (one|version|release) (better|more|back)",
    "(the|this|that) (new|latest|last|current|newest|newer) (one|version|release|update|software|upgrade) (is|was|seems|keeps|feels|looks|has) $degree $state",
    "(the|this|that) (new|latest|last|current|newest|newer) (one|version|release|update|software|upgrade) (does|did|is|has) not [work|working|worked] [properly|well|right|at all|for me]",
    "(the|this|that) (new|latest|last|current|newest|newer) (one|version|release|update|software|upgrade) (broke|breaks) (something|things|everything|stuff)",
    "(because|as|since|cause|) (it|this|that) (is|was|gets|looks|feels|sounds|seems|has|+s) $degree $state [again|already|enough|today|tonight|in there|for me|for us|for my taste]",
    "(because|as|since|cause|) (it|this) is (nearly|almost|past|way past|already) (midnight|bedtime|night|time)",
    "(because|as|since|cause|) (i|we) (am|are|feel|got) $degree $state [again|already|enough|today|tonight|in there|for me|for us|for my taste]",
    "(is|are|sounds|gets|was|seems) $degree (dark|bright|loud|noisy|dim|gloomy|annoying|unbearable|deafening|blinding|distracting|broken|bad|worse|buggy|driving me (mad|crazy|nuts)|\
      hurting my (ears|eyes)|giving me a headache|acting up|misbehaving|false|a false alarm|ringing|blaring|beeping|wailing|screaming|going off)",
    "(we|i|you) (will be|would be|are) (fine|okay|ok|good)",
];

pub(in super::super) const FILLERS: &[&str] = &[
    "the",
    "a",
    "an",
    "my",
    "our",
    "some",
    "in",
    "of",
    "for",
    "this",
    "that",
    "at",
    "here",
    "me",
    "your",
    "these",
    "those",
    "it",
    "them",
    "us",
    "there",
    "thing",
    "please",
    "finally",
    "already",
    "hi",
    "hello",
    "completely",
    "directly",
    "instantly",
    "promptly",
    "gently",
    "carefully",
    "properly",
    "also",
    "too",
    "please",
    "go",
    "computer",
    "assistant",
    "dear",
    "love",
    "shh",
    "ooh",
    "oops",
    "whole",
    "big",
    "kindly",
];

/// Words that fill a wish: "make sure the door is closed", "I want the lights to be off".
pub(in super::super) const FILLERS_OF_WISHES: &[&str] = &["is", "are", "be", "get", "gets"];

/// Ways to ask whose verb ends in -ing.
pub(in super::super) const GERUNDS: &[&str] = &[
    "(would|do) you mind",
    "let us have",
    "(how|what) about",
    "(can|could) we (try|start by)",
    "what do you say (to|about)",
    "try",
];

/// Takes out a request that follows what is asked for, and tells whether there was one: "turn it up, will you".
pub(in super::super) fn asks_at_the_end(said: &mut Said<'_>) -> bool {
    let asks = |word: &str| matches!(word, "will" | "would" | "could" | "can");
    let end = said.tokens.len();
    let you = |at: usize| said.word(at) == "you";
    let from = if end > 3 && you(end - 1) && asks(said.word(end - 2)) {
        end - 2
    } else if end > 4 && you(end - 1) && said.word(end - 2) == "not" && asks(said.word(end - 3)) {
        end - 3
    } else if said.has_at(0, &["will", "you"]) && said.text.to_lowercase().contains("please") {
        said.tokens.drain(..2);
        return true;
    } else {
        return false;
    };
    said.tokens.truncate(from);
    true
}
