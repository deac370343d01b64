//! What may be told here: of somebody's profile, of documents, of earlier turns.
//!
//! Private by default. One's own is told to oneself alone; while others are here only after one has said so; another's only with their
//! consent, to everybody who hears it. What is withheld is withheld in the same words whether it exists or not.

use super::{
    Refusal, Standing, Visibility,
    command::{Context, certain},
    consent::Consents,
    mode::{Mode, Room},
    profile_update::Field,
};
use crate::foundation::values::{ConversationId, PersonId};

/// Something that could be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Datum {
    /// Whom it is about, and who alone decides about it.
    pub owner: PersonId,
    /// What it is.
    pub field: Field,
    /// Who may be told.
    pub visibility: Visibility,
    /// Who else said it; none if its owner did.
    pub supplied_by: Option<PersonId>,
}

/// What it is to be told for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Somebody asks.
    Talk,
    /// Something is to be done for which it must be exact, such as an official form.
    Formal,
}

/// Whether it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disclosure {
    /// It may.
    Tell,
    /// Only after its owner, who asks, has said that those who are here may hear it.
    AskFirst,
    /// It may not.
    Withhold(Refusal),
}

/// Whose documents and earlier turns may be used for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Readership {
    /// What everyone may see.
    Everyone,
    /// That, and what is this person's.
    Person(PersonId),
}

impl Readership {
    /// Returns whether what was said for `other` may be used.
    pub fn covers(self, other: Self) -> bool {
        other == Self::Everyone || other == self
    }
}

/// Returns what an answer may draw on: one's own only for oneself, alone.
pub fn readership(context: &Context<'_>) -> Readership {
    match certain(context) {
        Ok(standing) if context.mode == Mode::Private => Readership::Person(standing.person),
        Ok(_) | Err(_) => Readership::Everyone,
    }
}

/// Returns whether a datum may be told to the speaker of `context`, among those in `room`.
pub fn disclose(
    datum: &Datum,
    purpose: Purpose,
    (context, room, conversation): (&Context<'_>, &Room, ConversationId),
    consents: &Consents,
) -> Disclosure {
    // A legal name is for what must be exact, and not for talk.
    if datum.field == Field::LegalName && purpose == Purpose::Talk {
        return Disclosure::Withhold(Refusal::Withheld);
    }
    if datum.visibility == Visibility::Public && datum.supplied_by.is_none() {
        return Disclosure::Tell;
    }
    let speaker = match certain(context) {
        Ok(speaker) => speaker,
        Err(why) => return Disclosure::Withhold(why),
    };
    let among_strangers = context.mode == Mode::SharedUnverified;
    if let Some(supplier) = datum.supplied_by {
        return claim(datum, supplier, &speaker, context.mode);
    }
    if speaker.person == datum.owner {
        let open = datum.visibility == Visibility::Shared && !among_strangers;
        let said = || consents.hold_here(datum.owner, datum.field, conversation, context.now);
        return if context.mode == Mode::Private || open || said() {
            Disclosure::Tell
        } else {
            Disclosure::AskFirst
        };
    }
    if among_strangers || speaker.age.is_protected() {
        return Disclosure::Withhold(Refusal::Withheld);
    }
    let consented = |person| consents.hold(datum.owner, person, datum.field, context.now);
    let everybody = room.known.iter().chain([&speaker.person]);
    let mut others = everybody.filter(|person| **person != datum.owner);
    if datum.visibility == Visibility::Shared || others.all(|person| consented(*person)) {
        Disclosure::Tell
    } else {
        Disclosure::Withhold(Refusal::Withheld)
    }
}

/// What somebody said of another is told to who said it, and to whom it is about; never as the truth.
fn claim(datum: &Datum, supplier: PersonId, speaker: &Standing, mode: Mode) -> Disclosure {
    let theirs = speaker.person == supplier || speaker.person == datum.owner;
    let heard_by_them_alone = match datum.visibility {
        Visibility::Private => mode == Mode::Private,
        Visibility::Shared => mode != Mode::SharedUnverified,
        Visibility::Public => true,
    };
    if theirs && heard_by_them_alone {
        Disclosure::Tell
    } else {
        Disclosure::Withhold(Refusal::Withheld)
    }
}
