//! What is told and asked in English: by which words it is known, and what makes something else of it.

mod commands;
mod questions;
mod statements;

use super::{Known, ready, signs::Signs};

pub(super) fn known() -> Known {
    Known {
        signs: &SIGNS,
        commands: ready(commands::COMMANDS),
        statements: ready(statements::STATEMENTS),
        questions: ready(questions::QUESTIONS),
        names: NAMES,
        data: DATA,
    }
}

const SIGNS: Signs = Signs {
    stops: "if before when whenever unless until till once said says saying say told tells asked asks wrote writes written \
        explained explains shouted shouting yelled heard imagine suppose supposing supposed pretend pretending \
        tomorrow tonight later yesterday daily either or sign sticker note book manual article song_called title word \
        words sentence phrase translate difference wants requested according remember soon case circumstances steps \
        step recommend dreamed dreamt dreaming hint reads movie reboot went test ignore timer planned finally someday \
        instructions instruction example accident forbidden forbid unlike explain wishes reckons restart bet mentioned",
    stops_beside: "comes goes why how where who which whose whether already remain remains stay stays stayed always usually often leave \
        leaving keep keeps kept nearly almost means meaning search find wanted thinks thought think was were \
        has been myself himself herself possible safe allowed wonder wondering cost costs dangerous harmful harm robot \
        might anyone ever",
    others: "wants wishes",
    asks: "is are was were did does has have had do am should what why how who where when which whose will shall",
    inverted: "should",
    passive: ("can could may might will would", "be get gets go someone somebody"),
    asks_for: "",
    at_an_hour: "at",
    supposing: &[
        "let us say",
        "let us suppose",
        "let us pretend",
        "let us assume",
        "say i",
        "what if",
    ],
    tags: "",
    in_a_while: (
        "in at on next this every after",
        "minute* hour* second* week* month* evening* night* morning* day* supper lunch dinner midday o'clock oclock pm half quarter noon midnight monday tuesday wednesday thursday friday saturday sunday",
    ),
    days: "monday tuesday wednesday thursday friday saturday sunday sunset sunrise dusk dawn bedtime",
    chains: "then afterwards after",
    things: "light* lamp* music song* door* garage* alarm* volume watcher* export* service*",
    both: "and or both plus",
    joins: "so because since cause",
    any_more: "anymore more longer",
    retracts: "no not never wait nothing forget scratch nah nope",
    past: (
        "",
        "turned switched opened closed stopped marked refreshed updated rolled deleted disabled disarmed paused changed erased wiped removed \
         unmarked upgraded flagged muted started",
    ),
    supposes: "if when whenever unless until till once asked thinks wonder wondering imagine suppose supposing pretend \
        tomorrow yesterday maybe perhaps film movie book song dream dreamt dreamed why whether wants story \
        joke true bet",
    reports: "claims claimed wrote writes mentioned",
    goodbye: "goodbye bye farewell",
    when_you_talk: ("when whenever if", "talk* speak* address* refer*"),
    you: "you",
    no_denial: "mind objection* problem worry",
    fine_if: (
        "fine ok okay happy grateful mind glad alright objection problem rather appreciate nice good pleased like love great cool way",
        "if",
        "that",
    ),
    how_to: ("how", "do to can should could would does did"),
    elsewhere: "document documents letter contract invoice bill manual warranty report pdf paper papers insurance article handbook chapter word meaning book email movie film song if \
        translate recipe appointment tomorrow_at",
};

/// Where names stand, by intent; those of permissions and consents in one row.
const NAMES: &[(&str, &str)] = &[
    (
        "identify_self",
        "it is me _|name is _|name's _|i am called _|they call me _|that i am _|i am _|talking to _|speaking to _|speaking with _|_ speaking|_ talking|_ here|this is _|it is _",
    ),
    (
        "identify_other",
        "introduce my * _|introduce _|here with me is _|with me is _|next to me is _|next to me : _|beside me is _|to me is _|to me _|me is _|got _ here|got _ with|have _ with|have _ here|\
         here with _|with _ here|introduce _|meet _|this here is _|over there is _|that is _|this is _|is called _|called _|named _|name is _|\
         _ is sitting|_ is standing|_ is visiting|_ is here|_ is with|_ is next|lady is _|man is _|woman is _|guy is _|boy is _|girl is _|friend is _|\
         friend _|brother _|sister _|colleague _|neighbour _|hello to _|hi to _|is _",
    ),
    (
        "new_participant_arrived",
        "arrival _|_ +s just|_ +s here|_ +s arrived|_ +s turned|_ +s back|_ has just|_ just|_ has come|_ has arrived|_ has joined|_ has walked|_ is here|_ came|_ arrived|_ joined|_ walked|_ popped|_ turned up|_ showed|\
         _ dropped|_ entered|_ stopped by|_ is back|joined by _|welcome _|_ is at|_ has|and _ too",
    ),
    (
        "participant_left",
        "_ has just|_ just|_ has gone|_ has left|_ left|_ is gone|_ went|_ is leaving|_ is going|_ headed|_ is off|goodbye to _|bye to _|_ has|_ is no|_ +s off|_ +s gone|_ +s popped|_ had|_ is not|_ +s left|_ +s just|\
         _ drove|_ had to|_ walked|_ took off|colleague _",
    ),
    (
        "set_preferred_name",
        "store _ as|save _ as|call me _|calling me _|called me _|be called _|go by _|goes by _|refer to me as _|address me as _|name me _|you is _|for me _|say _ to me|says _ to me|said _ to me|say _ instead|\
         use _ instead|nickname is _|nickname _|preferred name is _|preferred name _|prefer _|prefers _|know me as _|you i am _|just _|\
         answer to _|stick with _|stick to _|use the name _|use _ for|use _ when|is called _|called _|use _|i am _",
    ),
    (
        "permission",
        "like _ not|_ shall|let _|allow _|allowing _|permit _|give _|giving _|grant _|granted _|granting _|trust _|authorise _|authorize _|tell _|telling _|told _|inform _|\
         informing _|forbid _|stop _|ban _|bar _|show _|showing _|permission for _|permission to _|consent for _|consent to _|access for _|rights for _|\
         _ may|_ can|_ could|_ is allowed|_ is permitted|_ is free|_ is entitled|_ is welcome|_ gets|_ has|_ must|_ should|_ knows|_ knowing|_ know|_ learns|\
         _ learning|_ learn|_ hears|_ hearing|_ hear|_ sees|_ seeing|_ see|_ finds|_ is not|_ does not|_ no longer|_ loses|_ lost|_ drives|_ uses|_ controls|\
         _ use|_ control|from _|with _|to _|for _|if _|that _|_ +s|_ to|my * _",
    ),
];

const DATA: &[(&str, &str)] = &[
    ("birthdate", "birth* born birthday* dob bday age"),
    ("legal_name", "legal official real full passport surname"),
    ("preferred_name", "nickname called preferred"),
    ("language", "language languages"),
    ("form_of_address", "addressed address pronouns pronoun addressing"),
];
