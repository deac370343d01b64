//! A person: a short name that stays, a role, and whether they are attested to be of age. And who does something about them.

use super::PeopleError;
use crate::{
    foundation::audit::{Decision, Record},
    foundation::values::{PersonId, Sha256, time::Timestamp},
    policy::{
        Role, age::Age, identity::Identity, mode::Mode, profile_update::Field, scene::Speaker,
    },
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt, str::FromStr};
use uuid::Uuid;

/// A short name such as `anna`: what documents' readers, tokens and commands name a person by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Handle(String);

impl Handle {
    /// Names that mean somebody else already.
    pub const RESERVED: [&str; 4] = ["everyone", "nobody", "node", "operator"];

    /// Returns it as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Handle {
    type Err = PeopleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = text.bytes();
        let right = bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && bytes
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
            && text.len() <= 32
            && !Self::RESERVED.contains(&text);
        if right { Ok(Self(text.to_owned())) } else { Err(PeopleError::BadHandle(text.to_owned())) }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A person, without their profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Names them; it stays theirs.
    pub id: PersonId,
    /// Their short name.
    pub name: Handle,
    /// Their role in the household.
    #[serde(serialize_with = "by_name")]
    pub role: Role,
    /// When they were entered.
    pub created_at: Timestamp,
    /// Who attested that they are of age, and when; none if nobody did.
    pub attested_adult: Option<Attestation>,
}

/// That somebody attested on the machine that a person is of age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attestation {
    /// Who: `operator`.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Somebody to be entered.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Their short name.
    pub name: Handle,
    /// Their role.
    pub role: Role,
    /// Whether whoever enters them attests that they are of age.
    pub adult: bool,
    /// What is known of them already.
    pub fields: BTreeMap<Field, String>,
}

/// Who does something about people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever holds the machine.
    Operator,
    /// A person.
    Person(PersonId),
}

/// Under which circumstances something is done, as the audit records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Who does it.
    pub by: By,
    /// Who they are taken for: a state of the identity machine, or `operator`.
    pub identity: &'static str,
    /// How surely, in thousandths.
    pub confidence: u16,
    /// Their age class.
    pub age: &'static str,
    /// Who else is there.
    pub mode: &'static str,
    /// When.
    pub at: Timestamp,
}

impl Circumstances {
    /// Somebody does it on the machine.
    pub fn operator(at: Timestamp) -> Self {
        Self {
            by: By::Operator,
            identity: "operator",
            confidence: 1000,
            age: Age::Adult.name(),
            mode: Mode::Private.name(),
            at,
        }
    }

    /// A speaker does it, among whoever is there; none if it is not certain who that is.
    pub fn of(speaker: &Speaker, mode: Mode, at: Timestamp) -> Option<Self> {
        let person = speaker.identity.confirmed()?;
        let age = speaker.standing.map_or(Age::Unknown, |standing| standing.age);
        Some(Self {
            by: By::Person(person),
            identity: speaker.identity.name(),
            confidence: confidence(speaker.identity),
            age: age.name(),
            mode: mode.name(),
            at,
        })
    }

    /// Returns the record of something that concerns a person.
    ///
    /// It never names a value, not even by its hash: there are too few birthdates for a hash to hide one, and the audit stays when its
    /// person is erased.
    pub(super) fn record(
        &self,
        person: PersonId,
        (about, what): (Option<Uuid>, impl Into<String>),
        (decision, reason): (Decision, &str),
    ) -> Record {
        let basis = match self.by {
            By::Operator => "operator",
            By::Person(by) if by == person => "own",
            By::Person(_) => "role",
        };
        Record {
            id: Uuid::now_v7(),
            about,
            at: self.at,
            person: Some(person),
            identity: self.identity.to_owned(),
            confidence: self.confidence,
            age: self.age.to_owned(),
            mode: self.mode.to_owned(),
            what: what.into(),
            action: None::<Sha256>,
            decision,
            reason: reason.to_owned(),
            basis: Some(basis.to_owned()),
        }
    }
}

/// Returns how sure an identity is, in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 1000")]
fn confidence(identity: Identity) -> u16 {
    identity.likely().map_or(0, |likely| (likely.confidence.value() * 1000.0).round() as u16)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it serializes so")]
fn by_name<S: serde::Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_short_and_means_nobody_else() {
        for name in ["anna", "a", "olga-2", "x_y", &"a".repeat(32)] {
            assert_eq!(name.parse::<Handle>().unwrap().as_str(), name);
        }
        for name in [
            "",
            "Anna",
            "2anna",
            "-anna",
            "änna",
            "anna maria",
            "anna'",
            "everyone",
            "operator",
            "node",
            "nobody",
            &"a".repeat(33),
        ] {
            assert!(matches!(name.parse::<Handle>(), Err(PeopleError::BadHandle(_))), "{name:?}");
        }
    }
}
