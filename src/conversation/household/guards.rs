//! This room's guards, to be taken out one by one: a test that nobody would miss them proves nothing.

use super::{Begun, Household, HouseholdError, Rooms};
use crate::commands::BuiltIns;
use crate::foundation::{settings::Settings, store::Store};
use crate::knowledge::Reader;
use crate::policy::privacy::Readership;
use std::sync::Arc;

/// The guards of this room.
#[expect(clippy::struct_excessive_bools, reason = "each is there or not")]
#[derive(Clone, Copy, Debug)]
pub(in crate::conversation) struct Guards {
    /// An answer draws on what its speaker may hear.
    pub(in crate::conversation) readers: bool,
    /// What was asked about waits for a word.
    pub(in crate::conversation) confirmation: bool,
    /// A claim is as good as the token it comes with.
    pub(in crate::conversation) identity: bool,
    /// A conversation is its token's.
    pub(in crate::conversation) conversations: bool,
}

impl Guards {
    /// All of them.
    pub(in crate::conversation) const ALL: Self =
        Self { readers: true, confirmation: true, identity: true, conversations: true };
}

impl Household {
    /// Opens a household with some of its guards.
    pub(in crate::conversation) fn guarded(
        store: Store,
        settings: &Settings,
        built_in: BuiltIns,
        guards: Guards,
    ) -> Result<Self, HouseholdError> {
        let Self(rooms) = Self::open(store, settings, built_in)?;
        let rooms = Arc::try_unwrap(rooms).expect("nobody else has it yet");
        Ok(Self(Arc::new(Rooms { guards, ..rooms })))
    }

    /// Lets an answer draw on everything that is the owner's, where nothing guards it.
    pub(super) async fn unguarded(&self, begun: Begun) -> Begun {
        if self.0.guards.readers {
            return begun;
        }
        let olga = self.0.people.by_handle("olga").await.expect("the owner is there");
        let readership = Readership::Person(olga.id);
        Begun { readership, reader: Reader::Person("olga".to_owned()), ..begun }
    }
}
