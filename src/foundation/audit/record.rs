//! One record: codes, names and numbers. There is no field for anything that somebody said.

use crate::foundation::values::{PersonId, Sha256, time::Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One decision, or what came of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Names it.
    pub id: Uuid,
    /// What it is about, so that a decision and its outcome are found together: a command's, an update's, a delegation's id.
    pub about: Option<Uuid>,
    /// When.
    pub at: Timestamp,
    /// Whom it concerns, as far as that was known.
    pub person: Option<PersonId>,
    /// Who the speaker was taken for: a state of the identity machine, `operator` or `node`.
    pub identity: String,
    /// How surely, in thousandths.
    pub confidence: u16,
    /// Their age class.
    pub age: String,
    /// Who else was there: a mode's name.
    pub mode: String,
    /// What: a command's name, a part of a profile, a group.
    pub what: String,
    /// The exact action.
    pub action: Option<Sha256>,
    /// What was decided, or came of it.
    pub decision: Decision,
    /// Why: a stable code.
    pub reason: String,
    /// By which right: `role`, `delegation`, `operator`; none where there was none.
    pub basis: Option<String>,
}

/// How long a code may be.
const LONGEST_CODE: usize = 64;

impl Record {
    /// Names the field that is no code: small letters, digits and `_.-`, 64 of them at most. Whatever somebody said is none.
    pub fn says_more(&self) -> Option<&'static str> {
        let Self { identity, age, mode, what, reason, basis, .. } = self;
        let texts = [
            ("identity", identity),
            ("age", age),
            ("mode", mode),
            ("what", what),
            ("reason", reason),
        ];
        let mut texts = texts.into_iter().chain(basis.as_ref().map(|basis| ("basis", basis)));
        texts.find(|(_, text)| !is_code(text)).map(|(field, _)| field)
    }
}

fn is_code(text: &str) -> bool {
    let known = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.-".contains(letter)
    };
    text.len() <= LONGEST_CODE && text.chars().all(known)
}

/// What was decided, or came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A confirmation was asked for.
    Asked,
    /// It may be done: a ticket was issued.
    Allowed,
    /// It may not.
    Refused,
    /// It was off before it was done.
    Cancelled,
    /// It was done.
    Done,
    /// It was tried, and not done.
    Failed,
    /// Nobody knows whether it was done: the executor did not say in time.
    Unknown,
    /// Something durable was changed: a profile, a claim, a group.
    Changed,
    /// Something was given: a delegation, a consent.
    Granted,
    /// Something was taken back, or is over.
    Ended,
    /// Something about a person was told, exported or deleted.
    Disclosed,
}

impl Decision {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Changed => "changed",
            Self::Granted => "granted",
            Self::Ended => "ended",
            Self::Disclosed => "disclosed",
        }
    }
}
