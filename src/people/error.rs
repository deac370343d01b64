//! Why something about people was not done, and what to do then.

use super::{BadValue, Handle, OwnersError};
use crate::{
    foundation::{
        audit::AuditError,
        store::{StoreError, sql},
    },
    policy::Refusal,
};

/// Why something about people was not done; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// It is no short name.
    #[error(
        "{0:?} is no short name: use 1 to 32 of a-z, 0-9, - and _, beginning with a letter, such as anna; and none of {reserved}",
        reserved = Handle::RESERVED.join(", ")
    )]
    BadHandle(String),
    /// Another person has that short name.
    #[error("there is a person {0} already: `ladylinux person show {0}`")]
    Taken(Handle),
    /// There is no such person.
    #[error("there is no person {0}: `ladylinux person list` shows everybody")]
    Unknown(String),
    /// Several people are called so.
    #[error(
        "{count} people are called {name}: use a short name, as `ladylinux person list` shows them"
    )]
    Several {
        /// The name.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// The value cannot be one of this part of a profile.
    #[error(transparent)]
    BadValue(#[from] BadValue),
    /// The value is another than the one that was approved.
    #[error("the value is another than the one that was approved: ask for the change again")]
    AnotherValue,
    /// Only its owner changes that.
    #[error("only its owner changes that")]
    OwnersOnly,
    /// A claim about oneself is none.
    #[error("what somebody says of themselves is a change of their profile, and no claim")]
    OnesOwn,
    /// Somebody says too much about one person.
    #[error(
        "{0} statements of one person about another are kept, and that many there are: erase some"
    )]
    TooManyClaims(u32),
    /// Nobody gives or takes the role of an owner but an operator on the machine.
    #[error(
        "owners are made and unmade on the machine only: `ladylinux person role NAME ROLE`, or owners.toml"
    )]
    OperatorsOnly,
    /// The household would be left without an owner.
    #[error(
        "{0} is the only owner: make another one first (`ladylinux person role NAME owner`), or use --force"
    )]
    LastOwner(Handle),
    /// There is no such token.
    #[error("there is no token {0}: `ladylinux token list` shows the ids")]
    UnknownToken(String),
    /// There is no such voiceprint.
    #[error("{name} has no voiceprint {id}: `ladylinux person voiceprints {name}` shows the ids")]
    UnknownVoiceprint {
        /// The person.
        name: Handle,
        /// What was named.
        id: String,
    },
    /// The operator's file of owners cannot be used.
    #[error(transparent)]
    Owners(#[from] OwnersError),
    /// The audit was not written, so nothing was done.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sql::Error> for PeopleError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

impl PeopleError {
    /// Returns why a conversation does not do it; none if it is no decision but a failure.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::Unknown(_) => Refusal::UnknownPerson,
            Self::Several { .. } => Refusal::SeveralPersons,
            Self::BadValue(bad) => bad.refusal(),
            Self::AnotherValue => Refusal::AnotherAction,
            Self::OwnersOnly | Self::OnesOwn => Refusal::OwnersOnly,
            Self::OperatorsOnly | Self::LastOwner(_) | Self::TooManyClaims(_) => {
                Refusal::NotPermitted
            }
            Self::BadHandle(_)
            | Self::Taken(_)
            | Self::UnknownToken(_)
            | Self::UnknownVoiceprint { .. }
            | Self::Owners(_)
            | Self::Audit(_)
            | Self::Store(_) => return None,
        })
    }
}
