//! That something of one's own may be told to somebody, for a while.
//!
//! ```text
//! None ──requested──▶ Pending ──granted by its owner──▶ Granted ──revoked──▶ Revoked ──▶ None
//!  ▲                    │                                  └──time, end of the conversation──▶ Expired ──▶ None
//!  └──denied, late──────┘
//! ```
//!
//! It says what, and to whom; it is never inferred and never for ever.

use super::{
    Refusal, Step,
    command::{Context, certain},
    confirmation::Asked,
    profile_update::{Field, Fields},
};
use crate::foundation::values::{ConsentId, ConversationId, PersonId, time::Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// What was consented to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Consent {
    /// Names it.
    pub id: ConsentId,
    /// Whose data it is.
    pub owner: PersonId,
    /// Who may be told; none is whoever hears this conversation now.
    pub to: Option<PersonId>,
    /// What.
    pub fields: Fields,
    /// In which conversation, with which it ends.
    pub conversation: ConversationId,
    /// Until when.
    pub until: Timestamp,
}

/// What would be consented to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proposal {
    /// What, as it would be.
    pub consent: Consent,
    /// Who has to grant it, and until when.
    pub asked: Asked,
}

/// Every consent that is granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Consents(BTreeMap<ConsentId, Consent>);

/// Where a consent stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// There is none.
    #[default]
    None,
    /// Its owner was asked.
    Pending(Proposal),
    /// It holds.
    Granted(Consent),
    /// It is over.
    Expired,
    /// It was taken back.
    Revoked,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// It is asked for.
    Requested(Proposal),
    /// Its owner grants it.
    Granted,
    /// Its owner does not.
    Denied,
    /// Its owner takes it back.
    Revoked,
    /// Time has passed.
    Woke(Timestamp),
    /// The conversation in which it was granted is over.
    ConversationEnded,
    /// The person has been told.
    Told,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Ask its owner.
    AskToGrant(Proposal),
    /// From now on it holds.
    Begin(Consent),
    /// From now on it does not.
    End(ConsentId),
}

/// What somebody would like to be told, or to have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wish {
    /// Names it.
    pub id: ConsentId,
    /// Who may be told; none is whoever hears this conversation now.
    pub to: Option<PersonId>,
    /// What.
    pub fields: Fields,
    /// For how long; none is as long as is usual.
    pub lasts: Option<Duration>,
}

/// Returns what a speaker would consent to about themselves, or why they cannot.
pub fn propose(
    wish: &Wish,
    conversation: ConversationId,
    context: &Context<'_>,
) -> Result<Consent, Refusal> {
    let owner = certain(context)?;
    if wish.fields.is_empty() || wish.to == Some(owner.person) {
        return Err(Refusal::NothingToGive);
    }
    // A child gives nothing away to others.
    if owner.age.is_protected() {
        return Err(Refusal::AdultsOnly);
    }
    let lasts = wish.lasts.unwrap_or(context.rules.consent);
    if lasts.is_zero() || lasts > context.rules.longest_consent {
        return Err(Refusal::TooLong);
    }
    let Wish { id, to, fields, .. } = *wish;
    let until = context.now.plus(lasts);
    Ok(Consent { id, owner: owner.person, to, fields, conversation, until })
}

impl Consents {
    /// Returns whether an owner lets a person be told something now.
    pub fn hold(&self, owner: PersonId, to: PersonId, field: Field, now: Timestamp) -> bool {
        let mut all = self.0.values();
        all.any(|one| {
            one.owner == owner && one.to == Some(to) && one.fields.has(field) && now < one.until
        })
    }

    /// Returns whether an owner lets whoever hears this conversation hear something now.
    pub fn hold_here(
        &self,
        owner: PersonId,
        field: Field,
        conversation: ConversationId,
        now: Timestamp,
    ) -> bool {
        let mut all = self.0.values().filter(|one| one.to.is_none());
        all.any(|one| {
            one.owner == owner
                && one.conversation == conversation
                && one.fields.has(field)
                && now < one.until
        })
    }

    /// Takes one in.
    pub fn begin(&mut self, consent: Consent) {
        self.0.insert(consent.id, consent);
    }

    /// Takes one out; returns whether there was one.
    pub fn end(&mut self, id: ConsentId) -> bool {
        self.0.remove(&id).is_some()
    }

    /// Takes out what was granted to whoever heard a conversation: others hear it now.
    pub fn company_changed(&mut self, conversation: ConversationId) {
        self.0.retain(|_, one| one.to.is_some() || one.conversation != conversation);
    }

    /// Takes out what a conversation granted, or what is over by now.
    pub fn sweep(&mut self, ended: Option<ConversationId>, now: Timestamp) {
        self.0.retain(|_, one| now < one.until && Some(one.conversation) != ended);
    }

    /// Finds one.
    pub fn get(&self, id: ConsentId) -> Option<&Consent> {
        self.0.get(&id)
    }

    /// Returns them all.
    pub fn iter(&self) -> impl Iterator<Item = &Consent> {
        self.0.values()
    }
}

/// Takes one fact and answers with the next state; what means nothing in a state changes nothing.
#[expect(clippy::match_same_arms, reason = "a row for each transition")]
pub fn step(state: State, fact: Fact) -> Step<State, Effect> {
    match (state, fact) {
        (State::None, Fact::Requested(proposal)) => {
            Step::then(State::Pending(proposal), Effect::AskToGrant(proposal))
        }
        (State::Pending(Proposal { consent, .. }), Fact::Granted) => {
            Step::then(State::Granted(consent), Effect::Begin(consent))
        }
        (State::Pending(_), Fact::Denied | Fact::ConversationEnded) => Step::rest(State::None),
        (State::Pending(proposal), Fact::Woke(now)) if now >= proposal.asked.until => {
            Step::rest(State::None)
        }
        (State::Granted(consent), Fact::Revoked) => {
            Step::then(State::Revoked, Effect::End(consent.id))
        }
        (State::Granted(consent), Fact::ConversationEnded) => {
            Step::then(State::Expired, Effect::End(consent.id))
        }
        (State::Granted(consent), Fact::Woke(now)) if now >= consent.until => {
            Step::then(State::Expired, Effect::End(consent.id))
        }
        (State::Revoked | State::Expired, Fact::Told) => Step::rest(State::None),
        (state, _) => Step::rest(state),
    }
}
