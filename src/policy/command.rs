//! Whether a command may be carried out, and when it has to be confirmed first.
//!
//! ```text
//! Idle ──detected──▶ PendingAuthorization ──refused──▶ Denied ──▶ Idle
//!                        │          │
//!       granted, at once │          │ granted, to be confirmed
//!                        ▼          ▼
//!  Idle ◀──outcome── Executed ◀── PendingConfirmation ──late, declined, changed──▶ Cancelled ──▶ Idle
//!                        confirmed, and authorized again
//! ```
//!
//! Only a confirmed speaker commands, by their role or by an active delegation. Minors, and whoever may be one, do nothing of high
//! risk and confirm nothing. Among strangers only what is harmless is done. What a model proposed is confirmed whatever it is.

use super::{
    Confidence, Group, Refusal, Risk, Rules, Standing, Step,
    age::Age,
    confirmation::{Answer, Asked, Judgement, SpeakerId, judge},
    delegation::Delegations,
    identity::Identity,
    mode::Mode,
};
use crate::foundation::values::{
    CommandId, ConversationId, DelegationId, PersonId, Sha256, time::Timestamp,
};

/// What the catalogue says of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nature {
    /// The group it belongs to.
    pub group: Group,
    /// The harm it can do.
    pub risk: Risk,
    /// Whether it is always confirmed.
    pub confirm: bool,
}

/// How a command was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Its intent was recognised by rules.
    Recognized,
    /// A person chose it by its name.
    Chosen,
    /// A language model proposed it.
    Proposed,
}

/// A command that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Names the exact action: the command with its slots.
    pub action: Sha256,
    /// What the catalogue says of it.
    pub nature: Nature,
    /// How it was asked for.
    pub origin: Origin,
    /// How surely it was understood.
    pub certainty: Confidence,
    /// Whether everything it needs was said.
    pub complete: bool,
    /// Whether there is something here that carries it out.
    pub available: bool,
}

/// Who asks, and what holds at the moment.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who the speaker is taken for.
    pub identity: Identity,
    /// What is known of them; none if they have no profile.
    pub standing: Option<Standing>,
    /// Who else hears it.
    pub mode: Mode,
    /// What was delegated to whom.
    pub delegations: &'a Delegations,
    /// The numbers.
    pub rules: &'a Rules,
    /// Now.
    pub now: Timestamp,
}

/// By which right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// By one's role.
    Role,
    /// By a delegation.
    Delegation(DelegationId),
}

/// That somebody may command it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Authority {
    /// Who.
    pub person: PersonId,
    /// Of which age.
    pub age: Age,
    /// By which right.
    pub basis: Basis,
    /// Whether they have to confirm it.
    pub confirm: bool,
}

/// A command that waits for its confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pending {
    /// What was asked, of whom.
    pub asked: Asked,
    /// The command.
    pub request: Request,
    /// By which right it was asked for.
    pub basis: Basis,
}

/// That one action is carried out once: what a ticket is made of. Only this file makes one, and nobody copies it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Authorization {
    id: CommandId,
    request: Request,
    authority: Authority,
    identity: Identity,
    mode: Mode,
    conversation: ConversationId,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

/// Where a conversation's command stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// There is none.
    #[default]
    Idle,
    /// It was detected.
    PendingAuthorization(CommandId, Request),
    /// It waits for a confirmation.
    PendingConfirmation(Pending),
    /// It was handed to its executor.
    Executed(CommandId),
    /// It was refused.
    Denied(Refusal),
    /// It is off.
    Cancelled(Refusal),
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// A speaker asks for a command.
    Detected(CommandId, Request),
    /// They may have it.
    Granted(Authority, SpeakerId, ConversationId),
    /// They may not.
    Refused(Refusal),
    /// Somebody answers.
    Answered(Answer),
    /// Time has passed.
    Woke,
    /// What it was asked under is no longer so.
    ContextChanged(Refusal),
    /// Its executor has done it.
    Succeeded,
    /// Its executor has not.
    Failed,
    /// The person has been told.
    Told,
}

/// Something to do.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Find out whether they may.
    Authorize(CommandId, Request),
    /// Ask them to confirm.
    AskToConfirm(Pending),
    /// Carry it out, once.
    Issue(Authorization),
    /// Say why not.
    Refuse(Refusal),
    /// Say that an answer counts for nothing.
    Ignore(Refusal),
    /// Say that what was asked is off.
    Cancel(CommandId, Refusal),
}

/// Returns by which right a command may be carried out, or why not.
pub fn authorize(request: &Request, context: &Context<'_>) -> Result<Authority, Refusal> {
    let Nature { group, risk, confirm } = request.nature;
    let Context { mode, rules, now, .. } = *context;
    if request.certainty < rules.certainty.ask_below {
        return Err(Refusal::Unclear);
    }
    if risk == Risk::High && request.certainty < rules.certainty.high_risk_from {
        return Err(Refusal::UnclearHighRisk);
    }
    if !request.complete {
        return Err(Refusal::Incomplete);
    }
    let standing = certain(context)?;
    let Standing { person, role, age } = standing;
    let basis = if rules.roles.may(role, group) {
        Basis::Role
    } else if let Some(delegation) = context.delegations.allow(person, group, now) {
        Basis::Delegation(delegation)
    } else {
        return Err(Refusal::NotPermitted);
    };
    let confirm = confirm
        || request.origin == Origin::Proposed
        || (mode != Mode::Private && risk > Risk::Low);
    if age.is_protected() && (risk == Risk::High || confirm) {
        return Err(Refusal::AdultsOnly);
    }
    if mode == Mode::SharedUnverified && (risk > Risk::Low || request.nature.confirm) {
        return Err(Refusal::NotWhileOthersAreHere);
    }
    if !request.available {
        return Err(Refusal::Unavailable);
    }
    Ok(Authority { person, age, basis, confirm })
}

/// Returns who is speaking if that is certain, with what is known of them; otherwise why it is not.
pub fn certain(context: &Context<'_>) -> Result<Standing, Refusal> {
    let Some(person) = context.identity.confirmed() else {
        return Err(match context.identity {
            Identity::Ambiguous => Refusal::Ambiguous,
            Identity::Rejected => Refusal::NotValidated,
            Identity::Unknown
            | Identity::Probable(_)
            | Identity::Confirmed(_)
            | Identity::ConfirmedActive(_) => Refusal::NotIdentified,
        });
    };
    context.standing.filter(|standing| standing.person == person).ok_or(Refusal::UnknownPerson)
}

impl Authorization {
    fn new(
        (id, request): (CommandId, Request),
        authority: Authority,
        conversation: ConversationId,
        context: &Context<'_>,
    ) -> Self {
        let Context { identity, mode, rules, now, .. } = *context;
        let expires_at = now.plus(rules.ticket_lifetime);
        Self { id, request, authority, identity, mode, conversation, issued_at: now, expires_at }
    }

    /// Names it.
    pub fn id(&self) -> CommandId {
        self.id
    }

    /// The exact action.
    pub fn action(&self) -> Sha256 {
        self.request.action
    }

    /// In which conversation it was asked for.
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// Who has it carried out, and by which right.
    pub fn authority(&self) -> Authority {
        self.authority
    }

    /// Who that was taken for.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Who else was there.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// From when it is good.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// From when it is not good any more.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns why it does not hold any more, if it does not: person, age, company and right are as they were.
    pub fn still_holds(&self, context: &Context<'_>) -> Result<(), Refusal> {
        if context.now < self.issued_at {
            return Err(Refusal::FromTheFuture);
        }
        if context.now >= self.expires_at {
            return Err(Refusal::TooLate);
        }
        if context.identity.confirmed() != Some(self.authority.person) {
            return Err(Refusal::Changed);
        }
        if context.mode != self.mode {
            return Err(Refusal::ModeChanged);
        }
        let authority = authorize(&self.request, context).map_err(|_| Refusal::AuthorityGone)?;
        if authority.age != self.authority.age {
            return Err(Refusal::Changed);
        }
        if authority.basis != self.authority.basis {
            return Err(Refusal::AuthorityGone);
        }
        Ok(())
    }
}

/// Takes one fact and answers with the next state; what means nothing in a state changes nothing.
pub fn step(state: State, fact: Fact, context: &Context<'_>) -> Step<State, Effect> {
    use State::{Cancelled, Denied, Executed, Idle, PendingAuthorization, PendingConfirmation};
    match (state, fact) {
        (Idle, Fact::Detected(id, request)) => {
            Step::then(PendingAuthorization(id, request), Effect::Authorize(id, request))
        }
        (PendingAuthorization(id, request), Fact::Granted(authority, speaker, conversation)) => {
            let Authority { person, age, basis, confirm } = authority;
            if confirm {
                let until = context.now.plus(context.rules.confirm_within);
                let mode = context.mode;
                let asked = Asked { id, person, speaker, age, mode, conversation, until };
                let pending = Pending { asked, request, basis };
                return Step::then(PendingConfirmation(pending), Effect::AskToConfirm(pending));
            }
            let action = (id, request);
            let issued = Authorization::new(action, authority, conversation, context);
            Step::then(Executed(id), Effect::Issue(issued))
        }
        (PendingAuthorization(..), Fact::Refused(why)) => {
            Step::then(Denied(why), Effect::Refuse(why))
        }
        (PendingConfirmation(pending), Fact::Answered(answer)) => {
            answered(pending, &answer, context)
        }
        (PendingConfirmation(pending), Fact::Woke) if context.now >= pending.asked.until => {
            off(&pending, Refusal::TooLate)
        }
        (PendingConfirmation(pending), Fact::ContextChanged(why)) => off(&pending, why),
        (PendingAuthorization(id, _), Fact::ContextChanged(why)) => {
            Step::then(Cancelled(why), Effect::Cancel(id, why))
        }
        (state, Fact::Answered(_)) => Step::then(state, Effect::Ignore(Refusal::NothingPending)),
        (Executed(_), Fact::Succeeded | Fact::Failed | Fact::Told)
        | (Denied(_) | Cancelled(_), Fact::Told) => Step::rest(Idle),
        (state, _) => Step::rest(state),
    }
}

fn answered(pending: Pending, answer: &Answer, context: &Context<'_>) -> Step<State, Effect> {
    match judge(&pending.asked, answer, context) {
        Judgement::Ignored(why) => {
            Step::then(State::PendingConfirmation(pending), Effect::Ignore(why))
        }
        Judgement::Cancelled(why) => off(&pending, why),
        Judgement::Confirmed => match authorize(&pending.request, context) {
            Ok(authority) if authority.basis == pending.basis => {
                let Asked { id, conversation, .. } = pending.asked;
                let action = (id, pending.request);
                let issued = Authorization::new(action, authority, conversation, context);
                Step::then(State::Executed(id), Effect::Issue(issued))
            }
            Ok(_) | Err(_) => off(&pending, Refusal::AuthorityGone),
        },
    }
}

fn off(pending: &Pending, why: Refusal) -> Step<State, Effect> {
    Step::then(State::Cancelled(why), Effect::Cancel(pending.asked.id, why))
}
