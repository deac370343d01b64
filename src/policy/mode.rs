//! Who else hears what is said: computed from who is here, anew each time, and in force at once.
//!
//! It gets stricter by any hint. It gets looser only by what was seen, or by the word of a confirmed speaker that nothing seen
//! contradicts.

use super::{Refusal, Step};
use crate::foundation::values::PersonId;
use std::collections::BTreeSet;

/// Who else hears what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Nobody.
    #[default]
    Private,
    /// People who are known for certain.
    SharedVerified,
    /// Others, or nobody knows who.
    SharedUnverified,
}

/// Who is here besides the speaker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Room {
    /// People who are known for certain to be here.
    pub known: BTreeSet<PersonId>,
    /// How many were seen or heard whom nobody knows.
    pub seen: u8,
    /// How many are here as somebody said.
    pub said: u8,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Somebody was seen or heard who is known for certain, or not.
    Detected(Option<PersonId>),
    /// Somebody was seen to leave.
    SeenLeaving(Option<PersonId>),
    /// The speaker says that somebody has come, whoever that may be.
    SaidToCome,
    /// The speaker says that somebody has left.
    SaidToLeave {
        /// Whether it is certain who says so.
        by_confirmed: bool,
    },
    /// The speaker says that nobody else is here.
    SaidAlone {
        /// Whether it is certain who says so.
        by_confirmed: bool,
    },
    /// Somebody who is here is now known for certain.
    IdentityConfirmed(PersonId),
    /// Somebody who was known is not any more.
    IdentityLost(PersonId),
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Say that it is not so.
    Refuse(Refusal),
}

impl Mode {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::SharedVerified => "shared_verified",
            Self::SharedUnverified => "shared_unverified",
        }
    }
}

impl Room {
    /// Returns the mode that follows from who is here.
    pub fn mode(&self) -> Mode {
        if self.strangers() > 0 {
            Mode::SharedUnverified
        } else if self.known.is_empty() {
            Mode::Private
        } else {
            Mode::SharedVerified
        }
    }

    /// Returns how many are here of whom nobody knows who they are.
    pub fn strangers(&self) -> u16 {
        u16::from(self.seen) + u16::from(self.said)
    }
}

/// Takes one fact and answers with who is here then.
pub fn step(mut room: Room, fact: Fact) -> Step<Room, Effect> {
    match fact {
        Fact::Detected(Some(person)) => {
            room.known.insert(person);
        }
        Fact::Detected(None) => room.seen = room.seen.saturating_add(1),
        Fact::SeenLeaving(Some(person)) => {
            room.known.remove(&person);
        }
        Fact::SeenLeaving(None) => room.seen = room.seen.saturating_sub(1),
        Fact::SaidToCome => room.said = room.said.saturating_add(1),
        Fact::SaidToLeave { by_confirmed: true } if room.said > 0 => room.said -= 1,
        Fact::SaidAlone { by_confirmed: true } if room.seen == 0 && room.known.is_empty() => {
            room.said = 0;
        }
        Fact::SaidToLeave { by_confirmed: true } | Fact::SaidAlone { by_confirmed: true } => {
            return Step::then(room, Effect::Refuse(Refusal::NotAlone));
        }
        Fact::SaidToLeave { by_confirmed: false } | Fact::SaidAlone { by_confirmed: false } => {
            return Step::then(room, Effect::Refuse(Refusal::NotIdentified));
        }
        Fact::IdentityConfirmed(person) => {
            if room.known.insert(person) {
                // One of those whom nobody knew; who was seen is likelier to be it than who was spoken of.
                if room.seen > 0 {
                    room.seen -= 1;
                } else {
                    room.said = room.said.saturating_sub(1);
                }
            }
        }
        Fact::IdentityLost(person) => {
            if room.known.remove(&person) {
                room.seen = room.seen.saturating_add(1);
            }
        }
    }
    Step::rest(room)
}
