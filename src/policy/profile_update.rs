//! How a profile is changed: by its owner, after a look at the authority, and where it matters after a confirmation.
//!
//! ```text
//! None ──requested──▶ PendingValidation ──no authority──▶ Rejected ──▶ None
//!                        │          │
//!             verified,  │          │ verified, to be confirmed
//!             at once    ▼          ▼
//!  None ◀──applied── Approved ◀── PendingConfirmation ──late, changed──▶ Cancelled ──▶ None
//!                                     └──declined──▶ Rejected
//! ```
//!
//! A profile is written in Approved and nowhere else. What others say of somebody is kept apart, and changes nothing.

use super::{
    Refusal, Role, Standing, Step,
    command::{Context, certain},
    confirmation::Asked,
    mode::Mode,
};
use crate::foundation::values::{PersonId, Sha256, UpdateId, time::Timestamp};

/// A part of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// What somebody is called.
    PreferredName,
    /// The name in their papers.
    LegalName,
    /// The language they are spoken to in.
    Language,
    /// The grammatical form they are addressed in.
    FormOfAddress,
    /// When they were born.
    Birthdate,
    /// Anything else worth remembering.
    Note,
}

/// Some parts of a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fields(u8);

/// Who may change a part of a profile, when it is locked, and whether that is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutability {
    /// The part.
    pub field: Field,
    /// Who may change it.
    pub mutable_by: &'static [MutableBy],
    /// When even they may not.
    pub locked_when: &'static [LockedWhen],
    /// Whether a change is audited.
    pub requires_audit: bool,
    /// Whether its owner confirms a change even when alone.
    pub confirm: bool,
}

/// Who may change a part of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MutableBy {
    /// The person whose profile it is.
    Owner,
    /// An adult owner of the household, for somebody who is not known to be of age.
    Guardian,
}

/// When a part of a profile is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockedWhen {
    /// Its owner is, or may be, a minor.
    OwnerIsMinor,
}

/// A change that somebody would like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wish {
    /// Names it.
    pub id: UpdateId,
    /// Whose profile.
    pub target: Target,
    /// Which part.
    pub field: Field,
    /// Names the exact value.
    pub value: Sha256,
    /// Whether there can be such a value; for a birthdate: such a day, not after today.
    pub is_possible: bool,
}

/// Whose profile is to be changed, with what is known of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target(pub Standing);

/// What is to be done with a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is done at once.
    Apply,
    /// It is done after who asked has confirmed it.
    Confirm,
    /// It is kept as what somebody said of another, and changes nothing.
    KeepAsClaim,
}

/// A change that waits for its confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pending {
    /// The change.
    pub wish: Wish,
    /// Who has to confirm it, and until when.
    pub asked: Asked,
}

/// Where a change of a profile stands; one waits for each person at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// There is none.
    #[default]
    None,
    /// It is looked at.
    PendingValidation(Wish),
    /// It waits for its confirmation.
    PendingConfirmation(Pending),
    /// It is being written.
    Approved(Wish),
    /// It was refused.
    Rejected(Refusal),
    /// It is off.
    Cancelled(Refusal),
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Somebody would like it.
    Requested(Wish),
    /// They may, at once.
    Verified,
    /// They may, after they have confirmed.
    VerifiedToConfirm(Asked),
    /// They may not.
    AuthorityDenied(Refusal),
    /// They confirm.
    Confirmed,
    /// They do not.
    Declined,
    /// Time has passed.
    Woke(Timestamp),
    /// What it was asked under is no longer so.
    ContextChanged(Refusal),
    /// It was written.
    Applied,
    /// The person has been told.
    Told,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Find out whether they may.
    Validate(Wish),
    /// Ask them to confirm.
    AskToConfirm(Pending),
    /// Write it, whole.
    Write(Wish),
    /// Say why not.
    Refuse(Refusal),
    /// Say that it is off.
    Cancel(UpdateId, Refusal),
}

impl Field {
    /// Every part there is.
    pub const ALL: [Self; 6] = [
        Self::PreferredName,
        Self::LegalName,
        Self::Language,
        Self::FormOfAddress,
        Self::Birthdate,
        Self::Note,
    ];

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreferredName => "preferred_name",
            Self::LegalName => "legal_name",
            Self::Language => "language",
            Self::FormOfAddress => "form_of_address",
            Self::Birthdate => "birthdate",
            Self::Note => "note",
        }
    }

    /// Finds a part by its exact name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Returns who may change it, and when.
    pub const fn mutability(self) -> Mutability {
        let owner = &[MutableBy::Owner];
        let free = Mutability {
            field: self,
            mutable_by: owner,
            locked_when: &[],
            requires_audit: true,
            confirm: false,
        };
        match self {
            Self::PreferredName | Self::Language | Self::FormOfAddress | Self::Note => free,
            Self::LegalName => Mutability { confirm: true, ..free },
            Self::Birthdate => Mutability {
                mutable_by: &[MutableBy::Owner, MutableBy::Guardian],
                locked_when: &[LockedWhen::OwnerIsMinor],
                confirm: true,
                ..free
            },
        }
    }
}

impl Fields {
    /// None.
    pub const NONE: Self = Self(0);

    /// Adds a part.
    #[must_use]
    pub const fn with(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u8)
    }

    /// Returns whether a part is among them.
    pub const fn has(self, field: Field) -> bool {
        self.0 & 1 << field as u8 != 0
    }

    /// Returns whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns them one by one.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.has(*field))
    }
}

impl From<Field> for Fields {
    fn from(field: Field) -> Self {
        Self::NONE.with(field)
    }
}

/// Returns what is to be done with a wish, or why nothing is.
pub fn validate(wish: &Wish, context: &Context<'_>) -> Result<Verdict, Refusal> {
    let asking = certain(context)?;
    let Target(target) = wish.target;
    let rule = wish.field.mutability();
    if !wish.is_possible {
        return Err(Refusal::NoSuchBirthdate);
    }
    if asking.person == target.person {
        if rule.locked_when.contains(&LockedWhen::OwnerIsMinor) && asking.age.is_protected() {
            return Err(Refusal::MinorsBirthdate);
        }
        let confirm = rule.confirm || context.mode != Mode::Private;
        return Ok(if confirm { Verdict::Confirm } else { Verdict::Apply });
    }
    let guards = asking.role == Role::Owner && !asking.age.is_protected();
    if rule.mutable_by.contains(&MutableBy::Guardian) && guards && target.age.is_protected() {
        return Ok(Verdict::Confirm);
    }
    match wish.field {
        Field::Birthdate | Field::Note => Ok(Verdict::KeepAsClaim),
        Field::PreferredName | Field::LegalName | Field::Language | Field::FormOfAddress => {
            Err(Refusal::OwnersOnly)
        }
    }
}

impl State {
    /// Returns whose profile waits to be changed.
    pub fn target(&self) -> Option<PersonId> {
        match self {
            Self::PendingValidation(wish) | Self::Approved(wish) => Some(wish.target.0.person),
            Self::PendingConfirmation(pending) => Some(pending.wish.target.0.person),
            Self::None | Self::Rejected(_) | Self::Cancelled(_) => None,
        }
    }
}

/// Takes one fact and answers with the next state; what means nothing in a state changes nothing.
#[expect(clippy::match_same_arms, reason = "a row for each transition")]
pub fn step(state: State, fact: Fact) -> Step<State, Effect> {
    use State::{Approved, Cancelled, None, PendingConfirmation, PendingValidation, Rejected};
    match (state, fact) {
        (None, Fact::Requested(wish)) => {
            Step::then(PendingValidation(wish), Effect::Validate(wish))
        }
        (PendingValidation(_) | PendingConfirmation(_) | Approved(_), Fact::Requested(_)) => {
            Step::then(state, Effect::Refuse(Refusal::AlreadyPending))
        }
        (PendingValidation(wish), Fact::Verified) => {
            Step::then(Approved(wish), Effect::Write(wish))
        }
        (PendingValidation(wish), Fact::VerifiedToConfirm(asked)) => {
            let pending = Pending { wish, asked };
            Step::then(PendingConfirmation(pending), Effect::AskToConfirm(pending))
        }
        (PendingValidation(_), Fact::AuthorityDenied(why)) => {
            Step::then(Rejected(why), Effect::Refuse(why))
        }
        (PendingConfirmation(Pending { wish, .. }), Fact::Confirmed) => {
            Step::then(Approved(wish), Effect::Write(wish))
        }
        (PendingConfirmation(_), Fact::Declined) => {
            Step::then(Rejected(Refusal::Declined), Effect::Refuse(Refusal::Declined))
        }
        (PendingConfirmation(pending), Fact::Woke(now)) if now >= pending.asked.until => {
            off(&pending.wish, Refusal::TooLate)
        }
        (
            PendingConfirmation(Pending { wish, .. }) | PendingValidation(wish),
            Fact::ContextChanged(why),
        ) => off(&wish, why),
        (Approved(_), Fact::Applied) | (Rejected(_) | Cancelled(_), Fact::Told) => Step::rest(None),
        (state, _) => Step::rest(state),
    }
}

fn off(wish: &Wish, why: Refusal) -> Step<State, Effect> {
    Step::then(State::Cancelled(why), Effect::Cancel(wish.id, why))
}
