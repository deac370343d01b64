//! People: who they are, what is known of them, and whom a conversation is taken to be with.
//!
//! ```text
//! owners.toml ─┐
//! command line ┼─▶ People ──▶ SQLite: person, profile_field, claim, voiceprint      durable: a profile stays
//! conversation ┘      │
//!                     └─▶ standing, birthday ──▶ Scenes: speakers, mode, what waits, grants   in memory: gone after a restart
//!                                                   ▲
//!                                        tokens, satellites, words: signals
//! ```
//!
//! `policy` decides, and this room keeps. [`People`] is the durable half: one profile for each person, which its owner changes; what
//! others say of somebody is kept apart. Every change is written in one transaction with its audit record. [`Scenes`] is the other
//! half: nothing of it is ever written down, so that after a restart nobody is known, nothing waits and nothing is delegated.

mod dates;
mod erase;
mod error;
mod live;
mod numbers;
mod owners;
mod person;
mod profile;
mod roles;
mod rows;
mod value;

#[cfg(test)]
mod tests;

pub use dates::day;
pub use erase::{Erased, Export, Printed, Told};
pub use error::PeopleError;
pub use live::{Bearer, Hint, Place, Scenes, Touched, View};
pub use numbers::rules;
pub use owners::{Applied, Owner, Owners, OwnersError};
pub use person::{Attestation, By, Circumstances, Handle, NewPerson, Person};
pub use profile::{Claim, ProfileField};
pub use value::{BadValue, Value, read_birthdate};

use crate::{
    foundation::{audit::Audit, store::Store, values::PersonId},
    policy::{Date, age},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// People in the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct People {
    store: Store,
    audit: Audit,
    limits: age::Limits,
    /// Who was wished a happy birthday last on which day; in memory only.
    greeted: Arc<Mutex<HashMap<PersonId, Date>>>,
}

impl People {
    /// Returns the people of a database, where ages end as `limits` says.
    pub fn new(store: Store, audit: Audit, limits: age::Limits) -> Self {
        Self { store, audit, limits, greeted: Arc::default() }
    }
}
