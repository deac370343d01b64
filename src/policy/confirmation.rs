//! What counts as a confirmation, for everything that is confirmed: explicit words, by the same person, of the same age, in the same
//! conversation, in time.
//!
//! Words are compared whole. What sounds like yes is not yes: "later", "sure, I guess", "okay" and an empty line confirm nothing.

use super::{Refusal, Standing, age::Age, command::Context, mode::Mode};
use crate::foundation::values::{CommandId, ConversationId, PersonId, time::Timestamp};

/// One of those who speak in a conversation; each has a context of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpeakerId(pub u8);

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// Yes, explicitly.
    Confirm,
    /// No.
    Decline,
    /// Anything else.
    Neither,
}

/// What was asked, of whom, and under which circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Names it.
    pub id: CommandId,
    /// Who has to answer.
    pub person: PersonId,
    /// As which speaker they were heard.
    pub speaker: SpeakerId,
    /// Of which age they were.
    pub age: Age,
    /// Who else was there.
    pub mode: Mode,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Until when an answer counts.
    pub until: Timestamp,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// Who gave it.
    pub speaker: SpeakerId,
    /// In which conversation.
    pub conversation: ConversationId,
    /// What it is about, if it says so: a button does, a voice does not.
    pub about: Option<CommandId>,
    /// What it says.
    pub word: Word,
}

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// It is confirmed.
    Confirmed,
    /// It counts for nothing; what was asked is still waiting.
    Ignored(Refusal),
    /// What was asked is off.
    Cancelled(Refusal),
}

const YES: &[&str] = &[
    "yes",
    "yes please",
    "yes do it",
    "yes do that",
    "yes confirm",
    "yes i confirm",
    "confirm",
    "confirmed",
    "i confirm",
    "ja",
    "ja bitte",
    "ja mach das",
    "ja mach es",
    "ja tu das",
    "ja bestätigt",
    "ja ich bestätige",
    "ja ich bestätige das",
    "bestätigt",
    "bestätigen",
    "ich bestätige",
    "ich bestätige das",
];

const NO: &[&str] = &[
    "no",
    "no thanks",
    "no thank you",
    "no dont",
    "no do not",
    "dont",
    "dont do it",
    "do not do it",
    "cancel",
    "cancel it",
    "cancel that",
    "stop",
    "abort",
    "never mind",
    "nevermind",
    "nein",
    "nein danke",
    "nein nicht",
    "abbrechen",
    "abbruch",
    "brich ab",
    "brich das ab",
    "lass es",
    "lass das",
    "stopp",
    "halt",
    "nicht",
    "doch nicht",
];

/// Reads an answer, in English or German; only its letters count, and how they are spaced.
pub fn word(text: &str) -> Word {
    // Longer than every answer; what is longer is none, and is not read to its end.
    if text.len() > 64 {
        return Word::Neither;
    }
    let kept: String = text
        .chars()
        .filter(|c| !matches!(c, '\'' | '’'))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphabetic() { c } else { ' ' })
        .collect();
    // A number, or a sign that is no punctuation of a sentence, is none of the words.
    let foreign = text.chars().any(|c| {
        !(c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | ',' | '!' | '\'' | '’'))
    });
    let plain = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    if foreign {
        Word::Neither
    } else if YES.contains(&plain.as_str()) {
        Word::Confirm
    } else if NO.contains(&plain.as_str()) {
        Word::Decline
    } else {
        Word::Neither
    }
}

/// Judges an answer, of a speaker who stands in `context`.
pub fn judge(asked: &Asked, answer: &Answer, context: &Context<'_>) -> Judgement {
    if answer.about.is_some_and(|id| id != asked.id) {
        return Judgement::Ignored(Refusal::AnotherCommand);
    }
    if answer.conversation != asked.conversation {
        return Judgement::Ignored(Refusal::AnotherConversation);
    }
    if context.now >= asked.until {
        return Judgement::Cancelled(Refusal::TooLate);
    }
    if context.identity.confirmed() != Some(asked.person) {
        return if answer.speaker == asked.speaker {
            Judgement::Cancelled(Refusal::Changed)
        } else {
            Judgement::Ignored(Refusal::AnotherPerson)
        };
    }
    match answer.word {
        Word::Decline => return Judgement::Cancelled(Refusal::Declined),
        Word::Neither => return Judgement::Ignored(Refusal::NotExplicit),
        Word::Confirm => {}
    }
    match context.standing {
        Some(Standing { person, age, .. }) if person == asked.person && age == asked.age => {}
        _ => return Judgement::Cancelled(Refusal::Changed),
    }
    if context.mode != asked.mode {
        return Judgement::Cancelled(Refusal::ModeChanged);
    }
    Judgement::Confirmed
}
