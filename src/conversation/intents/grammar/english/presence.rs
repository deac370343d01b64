//! Who is here, who came and who left, in English.

use super::super::{super::Intent, pattern::Row};

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    (Intent::NewParticipantArrived, "(look|oh look|guess who|see) {name} (is|+s) here [now]"),
    (Intent::IdentifySelf, "{name} (is|+s) (speaking|talking) [to you]"),
    (Intent::IdentifySelf, "i am {self} (nice to meet you|pleased to meet you|hello|hi)"),
    // Somebody left, or everybody
    (
        Intent::WeAreAlone,
        "(we are|i am) [all|completely|finally|totally|quite] (alone|by myself|by ourselves|on my own|on our own|in private|among ourselves|to ourselves|to myself) [now|together] $here [again|now]",
    ),
    (
        Intent::WeAreAlone,
        "(it is|there is|now it is|that leaves) [now] (only|just) (me|us|i|the two of us|you and me|you and i|us two|me and you|myself) [left] $here [now]",
    ),
    (
        Intent::WeAreAlone,
        "(only|just) (me|us|the two of us|you and me|you and i|i) (am|are|is|) $here [now]",
    ),
    (
        Intent::WeAreAlone,
        "[there is|now there is] (nobody|no one|noone|no one else|nobody else|no other person|no other people|not a soul|not anybody else|nobody other) [else] [is|+s] $here $but $here",
    ),
    (Intent::WeAreAlone, "there (is|are) not (anyone|anybody|any other people) [else] $here $but"),
    (Intent::WeAreAlone, "i am the only (one|person) $here [now]"),
    (
        Intent::WeAreAlone,
        "(we have|i have) the (room|house|place|flat|apartment) to (ourselves|myself)",
    ),
    (
        Intent::WeAreAlone,
        "(everyone else|everybody else|all the others|all others) $has [all] (gone|left) [home|now]",
    ),
    (Intent::WeAreAlone, "the (coast is clear|room is empty [except for me])"),
    (Intent::ParticipantLeft, "$leaver (has|have|+s|is|are|had) [already|all|both] $gone"),
    (Intent::ParticipantLeft, "$leaver [both|all] $went"),
    (
        Intent::ParticipantLeft,
        "$leaver (is|are|+s) (no longer (here|with us|in the room|there|around|present)|not (here|with us|in the room|there|around) (any more|anymore|any longer))",
    ),
    (Intent::ParticipantLeft, "(goodbye|bye) to {name}"),
    // Somebody came
    (
        Intent::NewParticipantArrived,
        "[we have [got] company|we have a visitor|guess who|look|look who|heads up|attention|hey|surprise|listen] [and] $who (has|have|+s|is|had) $arrived [with us|to visit|as well|too]",
    ),
    (
        Intent::NewParticipantArrived,
        "[we have [got] company|we have a visitor|guess who|look|look who|heads up|attention|hey|surprise|listen] [and] $who $arrives [with us|to visit|as well|too]",
    ),
    (
        Intent::NewParticipantArrived,
        "$who (is|+s|are) (here now|now here|home|back|home now|in the room now|back home|joining us|joining the conversation|also here now|coming in|here too now)",
    ),
    (
        Intent::NewParticipantArrived,
        "we have [got|now got] (company|visitors|a visitor|guests|a guest|a new guest|a new participant|someone new|a newcomer|somebody new) [here|with us|in the room]",
    ),
    (
        Intent::NewParticipantArrived,
        "(there is|here is) (someone|somebody|a new person|another person|one more person|a visitor|a guest|a stranger) [new|else] [here|in the room|with us|at the table|with me] [now]",
    ),
    (
        Intent::NewParticipantArrived,
        "(someone|somebody) (new|else) is (here|with us|in the room|in here|there) [now]",
    ),
    (Intent::NewParticipantArrived, "(in walked|here comes|here come|in comes|now here is) $who"),
    // Somebody speaks
    (
        Intent::IdentifySelf,
        "[let me introduce myself|may i introduce myself|just so you know|so you know|for the record|in case you wonder|in case you were wondering|it is me|guess who|nice to meet you|this is me|you should know] (my [first|full|real] name is|the name is|i am called|my name +s|i am named|they named me) {name}",
    ),
    (
        Intent::IdentifySelf,
        "[let me introduce myself|may i introduce myself|just so you know|so you know|for the record|in case you wonder|in case you were wondering|it is me|guess who|this is me|you should know] i am {self} [speaking|here|talking|talking to you|back|by the way|the owner|the owner of this (node|house)|your owner|{any} +s $kin]",
    ),
    (
        Intent::IdentifySelf,
        "(this|it) is {name} (speaking|here|talking|on the line|talking to you|speaking to you|calling|at the keyboard|typing|who is (speaking|talking))",
    ),
    (Intent::IdentifySelf, "[it is] [only|just] (me|i) {name}"),
    (Intent::IdentifySelf, "user is {name} [that is me]"),
    (Intent::IdentifySelf, "it is {name} $my $kin"),
    (Intent::IdentifySelf, "?it is {self}"),
    (
        Intent::IdentifySelf,
        "(you are|you were) [currently|now] (talking|speaking|chatting|dealing) (to|with) {name} [here]",
    ),
    (
        Intent::IdentifySelf,
        "[the person|the one|the voice] (who is|you are|that is) (speaking|talking|hearing|talking to|speaking to|listening to) [to you|with you|now|here] is {name}",
    ),
    (
        Intent::IdentifySelf,
        "[the] (person|one|voice|user|man|woman) (speaking|talking|you hear|you are talking to|at the keyboard|in front of you) [to you|with you|here] is {name}",
    ),
    (Intent::IdentifySelf, "(speaking|talking) to you (now|) is {name}"),
    (Intent::IdentifySelf, "{name} (speaking|here|talking|at the keyboard|on the line)"),
    (
        Intent::IdentifySelf,
        "{name} is (speaking|talking|my name|the name|my first name|who i am) [to you]",
    ),
    (Intent::IdentifySelf, "(you have|you have got) {name} (here|on the line)"),
    (
        Intent::IdentifySelf,
        "(log me in as|sign me in as|identify me as|you can identify me as|recognise me as|recognize me as|i identify as|i am known as|i introduce myself as|i am the one called|i am the user|me i am) {name}",
    ),
    (
        Intent::IdentifyOther,
        "[and] (this|that|these|here|it) is $my [$my] $kin {name} [$beside|here|by the way]",
    ),
    (
        Intent::IdentifyOther,
        "[and] (this|that) [here|there|one] is {self} [$my $kin|from {any}|{any} +s $kin] [$beside|here with me|here with us|by the way|not me|not i]",
    ),
    (Intent::IdentifyOther, "(this|that) (here|there|over there) is {name}"),
    (
        Intent::IdentifyOther,
        "that (was|is) {name} (speaking|talking|who spoke|who said that|you heard|you just heard|laughing|not me) [not me]",
    ),
    (
        Intent::IdentifyOther,
        "({name}|$my $kin {name}|{name} $my $kin) (is|+s) (here with me|here with us|here too|also here|here as well|$beside|sitting $beside|standing $beside|sitting here [with me|with us]|visiting me|visiting us|visiting|also with me|present|present too|here) [too|as well|and (says|said|asks|wants|would|is|sends|is saying) {rest}]",
    ),
    (
        Intent::IdentifyOther,
        "[the|that|this] (other|) (man|woman|person|girl|boy|guy|gentleman|one|voice|child|kid|somebody|people|visitor|guest|speaker) [you hear|you are hearing|you just heard|you heard|speaking|talking|sitting|standing|who is] [sitting|standing] [$beside|here] (is|is called|is named|+s|belongs to) {name}",
    ),
    (
        Intent::IdentifyOther,
        "[sitting|standing|here] $beside (is|sits|stands) [$my $kin] {name} [$my $kin]",
    ),
    (
        Intent::IdentifyOther,
        "i (am|have|have got) [sitting] [here] [with|] ({name}|$my $kin {name}) (here|with me|here with me|here with us|$beside|visiting)",
    ),
    (
        Intent::IdentifyOther,
        "i (am|am sitting|am standing) [here] (with|beside|next to) [$my $kin] {name}",
    ),
    (
        Intent::IdentifyOther,
        "(meet|let me introduce [you to]|may i introduce [you to]|i would like to introduce [you to]|i want to introduce [you to]|i would like you to meet|i want you to meet|say hello to|say hi to|i introduce [you to]) [$my $kin] {name} [to you|$my $kin]",
    ),
    (Intent::IdentifyOther, "(his|her|their|the other person +s|$my $kin +s) name is {name}"),
    (Intent::IdentifyOther, "(he|she|the other person|the other one) is (called|named) {name}"),
    (Intent::IdentifyOther, "?(he|she) is {self}"),
    (Intent::IdentifyOther, "$my $kin is called {name}"),
];
