//! Who a speaker is taken for.
//!
//! ```text
//!            claim, probable            validated, two sources            speaks
//! Unknown ──────────────────▶ Probable ─────────────────────▶ Confirmed ────────▶ ConfirmedActive
//!    ▲                        │  │  │                             ▲  ▲  └──silence──────┘ │
//!    ├──────────timeout───────┘  │  └─not validated▶ Rejected     │  │                    │ conflict
//!    │                  conflict └─────────▶ Ambiguous ─clarified─┘  │                    ▼
//!    └──timeout── Rejected, Ambiguous            ▲                   └── conflict ──▶ Ambiguous
//! ```
//!
//! A confirmed identity is left by a strong conflict or by the end of the conversation, and by nothing else: silence ends the
//! activity and not the identity, and weak signals change nothing.

use super::{
    Confidence, Step,
    fusion::{Fused, Likely},
};
use crate::foundation::values::PersonId;

/// Who a speaker is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Probably this person; enough for a greeting, and for nothing else.
    Probable(Likely),
    /// This person.
    Confirmed(Likely),
    /// This person, who is speaking: signals are watched, and only a strong conflict changes anything.
    ConfirmedActive(Likely),
    /// Signals contradict each other.
    Ambiguous,
    /// Said to be somebody, and was not.
    Rejected,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// What the signals come to.
    Fused(Fused),
    /// The speaker says who they are.
    Claimed(PersonId),
    /// What the speaker said was validated.
    Validated(PersonId),
    /// What the speaker said was not true.
    NotValidated,
    /// The speaker takes a turn.
    Spoke,
    /// The speaker has been silent for a while.
    FellSilent,
    /// Nothing came of it for too long.
    TimedOut,
    /// Something says strongly that it is somebody else.
    Conflicted,
    /// The person answered who they are, and that was validated.
    Clarified(PersonId),
    /// The conversation is over.
    Ended,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Ask who is speaking.
    AskWho,
}

impl Identity {
    /// Returns who it is, if that is certain.
    pub fn confirmed(self) -> Option<PersonId> {
        match self {
            Self::Confirmed(likely) | Self::ConfirmedActive(likely) => Some(likely.person),
            Self::Unknown | Self::Probable(_) | Self::Ambiguous | Self::Rejected => None,
        }
    }

    /// Returns who it is, or probably is.
    pub fn likely(self) -> Option<Likely> {
        match self {
            Self::Probable(likely) | Self::Confirmed(likely) | Self::ConfirmedActive(likely) => {
                Some(likely)
            }
            Self::Unknown | Self::Ambiguous | Self::Rejected => None,
        }
    }

    /// Returns the state's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Probable(_) => "probable",
            Self::Confirmed(_) => "confirmed",
            Self::ConfirmedActive(_) => "confirmed_active",
            Self::Ambiguous => "ambiguous",
            Self::Rejected => "rejected",
        }
    }
}

/// Takes one fact and answers with the next state; what means nothing in a state changes nothing.
#[expect(clippy::match_same_arms, reason = "a row for each transition")]
pub fn step(state: Identity, fact: Fact) -> Step<Identity, Effect> {
    use Identity::{Ambiguous, Confirmed, ConfirmedActive, Probable, Rejected, Unknown};
    let next = match (state, fact) {
        (_, Fact::Ended) => Unknown,
        (Unknown, Fact::Fused(Fused::Probable(likely))) => Probable(likely),
        (Unknown, Fact::Claimed(person)) => Probable(said(person)),
        (Probable(one), Fact::Claimed(person)) if person != one.person => Ambiguous,
        (Probable(one), Fact::Validated(person)) if person == one.person => Confirmed(sure(person)),
        (Probable(_), Fact::Validated(_)) => Ambiguous,
        (Probable(_), Fact::NotValidated) => Rejected,
        (Probable(one), Fact::Fused(Fused::Probable(likely) | Fused::Confirmed(likely)))
            if likely.person != one.person =>
        {
            Ambiguous
        }
        (Probable(_), Fact::Fused(Fused::Probable(likely))) => Probable(likely),
        (Unknown | Probable(_), Fact::Fused(Fused::Confirmed(likely))) => Confirmed(likely),
        (
            Confirmed(one) | ConfirmedActive(one),
            Fact::Claimed(person) | Fact::Validated(person),
        ) if person != one.person => Ambiguous,
        (
            Confirmed(one) | ConfirmedActive(one),
            Fact::Fused(Fused::Probable(likely) | Fused::Confirmed(likely)),
        ) if likely.person != one.person => Ambiguous,
        (
            Unknown | Probable(_) | Confirmed(_) | ConfirmedActive(_),
            Fact::Conflicted | Fact::Fused(Fused::Conflict),
        ) => Ambiguous,
        (Confirmed(likely), Fact::Spoke) => ConfirmedActive(likely),
        (ConfirmedActive(likely), Fact::FellSilent) => Confirmed(likely),
        (Ambiguous, Fact::Clarified(person)) => Confirmed(sure(person)),
        (Probable(_) | Ambiguous | Rejected, Fact::TimedOut) => Unknown,
        (state, _) => state,
    };
    if next == Ambiguous && state != Ambiguous {
        return Step::then(next, Effect::AskWho);
    }
    Step::rest(next)
}

/// What a mere statement comes to, however firmly it is made.
fn said(person: PersonId) -> Likely {
    Likely { person, confidence: Confidence::thousandths(600) }
}

fn sure(person: PersonId) -> Likely {
    Likely { person, confidence: Confidence::FULL }
}
