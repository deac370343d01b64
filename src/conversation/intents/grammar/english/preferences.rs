//! How somebody wants to be called, spoken to and addressed, and when they were born, in English.

use super::super::{super::Intent, pattern::Row};

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    // Preferences
    (
        Intent::SetPreferredName,
        "[$ask|i would rather you|i would prefer you] (call|called|name) me {name} $always",
    ),
    (Intent::SetPreferredName, "$always [$ask] (call|name) me {name}"),
    (
        Intent::SetPreferredName,
        "i (prefer|want|like|would like|would love|would prefer|wish|would rather|have always wanted|would much rather) [to] be (called|named|addressed as|known as|addressed by) {name} $always",
    ),
    (
        Intent::SetPreferredName,
        "i (go by|prefer|would prefer|prefer the name|would like the name|usually go by) {self} $always",
    ),
    (
        Intent::SetPreferredName,
        "my (preferred name|nickname|nick name|name for you|pet name|call name|name from now on) (is|should be|shall be) {name} [use it|use that|[so] $ask use (it|that)]",
    ),
    (
        Intent::SetPreferredName,
        "(everyone|everybody|my friends|people|friends|they|my family|most people|all my friends) (call|calls) me {name} [so [$ask] [do] [that|too|you]|so call me that]",
    ),
    (
        Intent::SetPreferredName,
        "[$ask] (use|take) [the name|my nickname|the nickname|just] {self} (for me|when you talk to me|when you address me|when addressing me|when talking to me|as my name|with me|from now on|as my preferred name|instead of my name)",
    ),
    (Intent::SetPreferredName, "[$ask] use (the name|the nickname|my nickname) {name} $always"),
    (
        Intent::SetPreferredName,
        "[$ask] (address|refer to|greet|speak to) me (as|by|by the name|with the name|by the name of) {name} $always",
    ),
    (
        Intent::SetPreferredName,
        "{name} is (what (you should call me|i like to be called|i want to be called|i prefer to be called|everyone calls me)|the name i (prefer|like|want|go by)|my preferred name|my nickname)",
    ),
    (
        Intent::SetPreferredName,
        "[$ask] (change|set|switch) (my [preferred] name|what you call me|the name you use for me|my nickname|the name you call me) to {name}",
    ),
    (Intent::SetPreferredName, "[$ask] say {name} to me"),
    (Intent::SetPreferredName, "you (can|may) (just|) (say|use) {self} [to me]"),
    (
        Intent::SetLanguage,
        "[$always] [$ask|let us|can we|could we|shall we|i want to|i would like to|i would prefer to|i would rather] (talk|speak|answer|reply|respond|write|communicate|converse|chat|continue|go on|carry on|answering|speaking|talking) [to me|with me|me|my questions|everything|back] [only] [in] {language} [to me|with me|only] $always",
    ),
    (
        Intent::SetLanguage,
        "[$ask|let us|can we|could we|i want to|i would like to] (switch|change|go|switch over|move) [over|back] [the language|your language|my language|our language|languages|language] (to|into) {language} $always",
    ),
    (
        Intent::SetLanguage,
        "[$ask|i want to|i would like to] (set|change|switch|make) (my|the|your|our) [preferred|default] language [to|be|as] {language} $always",
    ),
    (
        Intent::SetLanguage,
        "[$ask] (use|choose|select|stick to|take) {language} (with me|for me|for our conversation|as the language|as my language|when talking to me|for your answers|) $always",
    ),
    (
        Intent::SetLanguage,
        "i (prefer|want|would like|would prefer|would rather have|would rather get|would rather hear|like|would rather|need) [you to|to|it if you] [speak|talk|answer|be answered|be spoken to|have|get|hear|read|use|spoke|answered|talked] [me|to me] [your] [answers|your answers|replies|everything|the answers|responses] [in] {language} [with me|to me|with you] $always",
    ),
    (Intent::SetLanguage, "(my|the|our) [preferred] language (is|should be) {language}"),
    (Intent::SetLanguage, "[in|only] {language} (from now on|only|with me|for me|instead|)"),
    (
        Intent::SetLanguage,
        "would you mind (speaking|talking|answering) [to me|with me|me] [in] {language} [with me|to me]",
    ),
    (
        Intent::SetFormOfAddress,
        "[$always] [$ask] (address|treat|speak to|talk to|refer to|call) me (as|in|with|using|like|as if i was|) [in] [the|a|an] {form} [form|forms|person|way|manner|grammar|terms|gender|language|pronouns] $always",
    ),
    (
        Intent::SetFormOfAddress,
        "[$ask] (use|choose|take|stick to|set) [the|a] {form} (form|forms|form of address|forms of address|language|pronouns|grammar|address|gender|wording|way of address|terms) [for me|with me|when [you are] (talking|speaking) to me|when you address me|when addressing me] $always",
    ),
    (
        Intent::SetFormOfAddress,
        "[$ask] (use|with) {form} (for me|when you address me|when addressing me)",
    ),
    (
        Intent::SetFormOfAddress,
        "i (would like|want|prefer|wish|would prefer|would rather|would love) [to] be (addressed|spoken to|treated|referred to) (as|in|with|using|like) [in] [the|a|an] {form} [form|forms|person|way|language|pronouns|terms|gender] $always",
    ),
    (
        Intent::SetFormOfAddress,
        "i (prefer|want|would like|would prefer|use) [the|a] {form} (form|forms|form of address|forms of address|pronouns|address|language|wording) [for me|for myself] $always",
    ),
    (
        Intent::SetFormOfAddress,
        "(my|the) (form of address|gender|pronouns|grammatical gender|pronoun) (is|are|should be|for me is|for me should be) [the] {form} [form|one]",
    ),
    (
        Intent::SetFormOfAddress,
        "[$ask] (change|set|switch) (my|the) [grammatical] (form of address|gender|pronouns) [for me] to [the] {form} [form|one]",
    ),
    (
        Intent::SetBirthdate,
        "[$ask] [remember|note|save|store|note down|write down|keep in mind|record] [that] my $bday (is|+s|was|falls) [on] [the] {date}",
    ),
    (
        Intent::SetBirthdate,
        "[$ask] [remember|note|save|store|note down|write down|keep in mind|record] [that] i (was|am) born [on|in] [the] {date}",
    ),
    (
        Intent::SetBirthdate,
        "[$ask|i want to|i would like to] (set|change|save|store|note|record|put down|enter|add|update|correct|put|register|remember|write down) my $bday (to|as|on|is|) [the] {date} [as my birthday]",
    ),
    (
        Intent::SetBirthdate,
        "[the] {date} is (my $bday|when i was born|the day i was born|the date i was born)",
    ),
    (Intent::SetBirthdate, "i (celebrate|have) my birthday on [the] {date}"),
    (Intent::SetBirthdate, "i came into (the|this) world on [the] {date}"),
    (Intent::SetBirthdate, "[my] ($bday|born on|born) [is] [the] {date}"),
    (
        Intent::SetBirthdate,
        "[$ask|i want to|i would like to] (set|change|save|store|enter|update|correct) my $bday",
    ),
];
