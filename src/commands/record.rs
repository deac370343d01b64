//! From the policy's types to a record of the audit: the one place where they become text.

use super::{Action, Incomplete, Outcome};
use crate::foundation::{
    audit::{Decision, Record},
    values::{CommandId, Sha256, time::Timestamp},
};
use crate::policy::{
    Confidence, Refusal,
    age::Age,
    command::{Authorization, Basis, Context},
    identity::Identity,
    mode::Mode,
};
use uuid::Uuid;

/// Under which circumstances something was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Who the speaker was taken for.
    pub identity: Identity,
    /// Their age.
    pub age: Age,
    /// Who else was there.
    pub mode: Mode,
    /// By which right, if there was one.
    pub basis: Option<Basis>,
    /// When.
    pub at: Timestamp,
}

impl From<&Context<'_>> for Circumstances {
    fn from(context: &Context<'_>) -> Self {
        let age = context.standing.map_or(Age::Unknown, |standing| standing.age);
        let Context { identity, mode, now, .. } = *context;
        Self { identity, age, mode, basis: None, at: now }
    }
}

impl From<&Authorization> for Circumstances {
    fn from(authorization: &Authorization) -> Self {
        let authority = authorization.authority();
        Self {
            identity: authorization.identity(),
            age: authority.age,
            mode: authorization.mode(),
            basis: Some(authority.basis),
            at: authorization.issued_at(),
        }
    }
}

/// What was decided about: a name, and the exact action where there was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct What {
    /// Names what was asked for, so that its decision and its outcome are found together.
    pub id: CommandId,
    /// The command's name, or `unlisted`: what somebody said is not written down.
    pub name: String,
    /// The exact action.
    pub action: Option<Sha256>,
}

impl What {
    /// An action.
    pub fn action(id: CommandId, action: &Action) -> Self {
        Self { id, name: action.command().name.clone(), action: Some(action.hash()) }
    }

    /// A command of which something was not said.
    pub fn incomplete(id: CommandId, incomplete: &Incomplete) -> Self {
        Self { id, name: incomplete.command.name.clone(), action: None }
    }

    /// Something that no command is listed for.
    pub fn unlisted(id: CommandId) -> Self {
        Self { id, name: Refusal::Unlisted.code().to_owned(), action: None }
    }
}

/// Writes a decision as a record.
pub(super) fn record(
    what: &What,
    circumstances: &Circumstances,
    decision: Decision,
    reason: &str,
) -> Record {
    let Circumstances { identity, age, mode, basis, at } = *circumstances;
    let likely = identity.likely();
    Record {
        id: Uuid::now_v7(),
        about: Some(what.id.0),
        at,
        person: likely.map(|likely| likely.person),
        identity: identity.name().to_owned(),
        confidence: likely.map_or(0, |likely| thousandths(likely.confidence)),
        age: age.name().to_owned(),
        mode: mode.name().to_owned(),
        what: what.name.clone(),
        action: what.action,
        decision,
        reason: reason.to_owned(),
        basis: basis.map(|basis| match basis {
            Basis::Role => "role".to_owned(),
            Basis::Delegation(_) => "delegation".to_owned(),
        }),
    }
}

/// Writes an act of whoever holds an operator's token as a record.
pub(super) fn operators(name: &str, (decision, reason): (Decision, &str), at: Timestamp) -> Record {
    Record {
        id: Uuid::now_v7(),
        about: None,
        at,
        person: None,
        identity: "operator".to_owned(),
        confidence: 1000,
        age: Age::Adult.name().to_owned(),
        mode: Mode::Private.name().to_owned(),
        what: name.to_owned(),
        action: None,
        decision,
        reason: reason.to_owned(),
        basis: Some("operator".to_owned()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a confidence is from 0 to 1"
)]
fn thousandths(confidence: Confidence) -> u16 {
    (confidence.value() * 1000.0).round() as u16
}

/// Returns how an outcome stands in the audit.
pub(super) fn outcome(outcome: Outcome) -> (Decision, &'static str) {
    match outcome {
        Outcome::Done => (Decision::Done, "done"),
        Outcome::Failed(code) => (Decision::Failed, code),
        Outcome::Unknown(code) => (Decision::Unknown, code),
    }
}
