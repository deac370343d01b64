//! That somebody lets another command a group, for a while.
//!
//! ```text
//! None ──detected──▶ PendingConfirmation ──confirmed by the giver──▶ Active ──revoked──▶ Revoked ──▶ None
//!  ▲                       │                                           └──time, end of the conversation──▶ Expired ──▶ None
//!  └──declined, late───────┘
//! ```
//!
//! Nobody gives more than they have by their own role, and nobody gives on what was given to them. A delegation changes no role and
//! spares no confirmation. It ends with the conversation in which it was given.

use super::{
    Group, Groups, Refusal, Step,
    command::{Context, certain},
    confirmation::Asked,
    mode::Mode,
};
use crate::foundation::values::{ConversationId, DelegationId, PersonId, time::Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// What was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delegation {
    /// Names it.
    pub id: DelegationId,
    /// Who gave it.
    pub by: PersonId,
    /// To whom.
    pub to: PersonId,
    /// Which groups.
    pub groups: Groups,
    /// In which conversation, with which it ends.
    pub conversation: ConversationId,
    /// Until when.
    pub until: Timestamp,
}

/// What is to be given once its giver confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proposal {
    /// What, as it would be.
    pub delegation: Delegation,
    /// Who has to confirm it, and until when.
    pub asked: Asked,
}

/// Every delegation that is active.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Delegations(BTreeMap<DelegationId, Delegation>);

/// Where a delegation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// There is none.
    #[default]
    None,
    /// Its giver has to confirm it.
    PendingConfirmation(Proposal),
    /// It holds.
    Active(Delegation),
    /// It was taken back.
    Revoked,
    /// It is over.
    Expired,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Somebody who may give it would like to.
    Detected(Proposal),
    /// Its giver confirms.
    Confirmed,
    /// Its giver does not.
    Declined,
    /// Its giver takes it back.
    Revoked,
    /// Time has passed.
    Woke(Timestamp),
    /// The conversation in which it was given is over.
    ConversationEnded,
    /// The person has been told.
    Told,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Ask its giver to confirm.
    AskToConfirm(Proposal),
    /// From now on it holds.
    Begin(Delegation),
    /// From now on it does not hold, and nothing that was asked for by it is carried out.
    End(DelegationId),
}

/// What somebody would like to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wish {
    /// Names it.
    pub id: DelegationId,
    /// To whom.
    pub to: PersonId,
    /// Which groups.
    pub groups: Groups,
    /// For how long; none is as long as is usual.
    pub lasts: Option<Duration>,
}

/// Returns what a speaker would give, or why they cannot.
pub fn propose(
    wish: &Wish,
    conversation: ConversationId,
    context: &Context<'_>,
) -> Result<Delegation, Refusal> {
    let giver = certain(context)?;
    if giver.age.is_protected() {
        return Err(Refusal::AdultsOnly);
    }
    if wish.groups.is_empty() || wish.to == giver.person {
        return Err(Refusal::NothingToGive);
    }
    // By role alone: what was delegated is not handed on.
    let own = context.rules.roles.of(giver.role);
    if own.is_empty() {
        return Err(Refusal::NotPermitted);
    }
    if !own.have(wish.groups) {
        return Err(Refusal::MoreThanOnesOwn);
    }
    if context.mode == Mode::SharedUnverified {
        return Err(Refusal::NotWhileOthersAreHere);
    }
    let lasts = wish.lasts.unwrap_or(context.rules.delegation);
    if lasts.is_zero() || lasts > context.rules.longest_delegation {
        return Err(Refusal::TooLong);
    }
    let Wish { id, to, groups, .. } = *wish;
    let until = context.now.plus(lasts);
    Ok(Delegation { id, by: giver.person, to, groups, conversation, until })
}

impl Delegations {
    /// Returns the delegation by which a person may command a group now, if there is one.
    pub fn allow(&self, person: PersonId, group: Group, now: Timestamp) -> Option<DelegationId> {
        let mut all = self.0.values();
        let allows =
            |one: &&Delegation| one.to == person && one.groups.has(group) && now < one.until;
        all.find(allows).map(|one| one.id)
    }

    /// Takes one in.
    pub fn begin(&mut self, delegation: Delegation) {
        self.0.insert(delegation.id, delegation);
    }

    /// Takes one out; returns whether there was one.
    pub fn end(&mut self, id: DelegationId) -> bool {
        self.0.remove(&id).is_some()
    }

    /// Takes out what a conversation gave, or what is over by now; returns which.
    pub fn sweep(&mut self, ended: Option<ConversationId>, now: Timestamp) -> Vec<DelegationId> {
        let over: Vec<_> = self
            .0
            .values()
            .filter(|one| now >= one.until || Some(one.conversation) == ended)
            .map(|one| one.id)
            .collect();
        for id in &over {
            self.0.remove(id);
        }
        over
    }

    /// Finds one.
    pub fn get(&self, id: DelegationId) -> Option<&Delegation> {
        self.0.get(&id)
    }

    /// Returns them all.
    pub fn iter(&self) -> impl Iterator<Item = &Delegation> {
        self.0.values()
    }
}

/// Takes one fact and answers with the next state; what means nothing in a state changes nothing.
pub fn step(state: State, fact: Fact) -> Step<State, Effect> {
    match (state, fact) {
        (State::None, Fact::Detected(proposal)) => {
            Step::then(State::PendingConfirmation(proposal), Effect::AskToConfirm(proposal))
        }
        (State::PendingConfirmation(Proposal { delegation, .. }), Fact::Confirmed) => {
            Step::then(State::Active(delegation), Effect::Begin(delegation))
        }
        (State::PendingConfirmation(_), Fact::Declined | Fact::ConversationEnded) => {
            Step::rest(State::None)
        }
        (State::PendingConfirmation(proposal), Fact::Woke(now)) if now >= proposal.asked.until => {
            Step::rest(State::None)
        }
        (State::Active(delegation), Fact::Revoked) => {
            Step::then(State::Revoked, Effect::End(delegation.id))
        }
        (State::Active(delegation), Fact::ConversationEnded) => {
            Step::then(State::Expired, Effect::End(delegation.id))
        }
        (State::Active(delegation), Fact::Woke(now)) if now >= delegation.until => {
            Step::then(State::Expired, Effect::End(delegation.id))
        }
        (State::Revoked | State::Expired, Fact::Told) => Step::rest(State::None),
        (state, _) => Step::rest(state),
    }
}
