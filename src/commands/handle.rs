//! The handle of this room: issues tickets, carries actions out, and writes all of it down.

use super::{
    Action, ActionError, BuiltIns, Catalogue, Circumstances, Command, Incomplete, Order, Outcome,
    Redeemed, Ticket, Unusable, What, catalogue, execute::Executors, record,
};
use crate::foundation::{
    audit::{Audit, AuditError, Decision},
    settings,
    values::{Sha256, time::Timestamp},
};
use crate::policy::{
    Confidence, Refusal,
    command::{Authorization, Origin, Request},
};
use crate::supervisor::Supervisor;
use std::{collections::BTreeMap, sync::Arc};

/// Commands, as conversations have them; cheap to clone.
#[derive(Clone, Debug)]
pub struct Commands {
    catalogue: Arc<Catalogue>,
    audit: Audit,
    executors: Arc<Executors>,
}

/// Why no ticket was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The decision is about another action.
    #[error("the decision is about another action")]
    AnotherAction,
    /// It could not be written down, so it is not done.
    #[error("the decision could not be written to the audit, so nothing is done")]
    Audit(#[from] AuditError),
}

/// Whether a command can be carried out here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Available,
    /// It cannot.
    Unavailable {
        /// Why: a stable code.
        code: &'static str,
        /// Why, and how to mend it.
        why: String,
    },
}

impl Availability {
    /// Whether it can.
    pub fn is_available(&self) -> bool {
        *self == Self::Available
    }
}

/// A command of the catalogue in force.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The command.
    pub command: Arc<Command>,
    /// Whether it can be carried out here.
    pub availability: Availability,
}

/// Returns every command of a catalogue, and whether a node with these settings can carry it out.
pub fn list(
    catalogue: &Catalogue,
    supervisor: Supervisor,
    settings: &settings::Commands,
    built_in: BuiltIns,
    now: Timestamp,
) -> Result<Vec<Listed>, Unusable> {
    Ok(listed(catalogue, &Executors::new(settings, supervisor, built_in)?, now))
}

fn listed(catalogue: &Catalogue, executors: &Executors, now: Timestamp) -> Vec<Listed> {
    let one = |command: &Arc<Command>| Listed {
        availability: availability(executors, command, &BTreeMap::new(), now),
        command: Arc::clone(command),
    };
    catalogue.commands().map(one).collect()
}

fn availability(
    executors: &Executors,
    command: &Command,
    slots: &BTreeMap<String, String>,
    now: Timestamp,
) -> Availability {
    match executors.unavailable(command, slots, now) {
        None => Availability::Available,
        Some((code, why)) => Availability::Unavailable { code, why },
    }
}

impl Commands {
    /// Prepares the executors that are configured. `built_in` carries out what the node does itself.
    pub fn new(
        catalogue: Catalogue,
        audit: Audit,
        supervisor: Supervisor,
        settings: &settings::Commands,
        built_in: BuiltIns,
    ) -> Result<Self, Unusable> {
        let executors = Arc::new(Executors::new(settings, supervisor, built_in)?);
        Ok(Self { catalogue: Arc::new(catalogue), audit, executors })
    }

    /// Returns the catalogue in force.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Returns every command, and whether it can be carried out here.
    pub fn list(&self, now: Timestamp) -> Vec<Listed> {
        listed(&self.catalogue, &self.executors, now)
    }

    /// Returns whether a command can be carried out here, with the slots that are known.
    pub fn availability(
        &self,
        command: &Command,
        slots: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Availability {
        availability(&self.executors, command, slots, now)
    }

    /// Makes the action of a command by its exact name, with its slots normalised.
    pub fn action<'a>(
        &self,
        name: &str,
        slots: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Action, ActionError> {
        self.catalogue.action(name, slots)
    }

    /// Returns what the policy is asked about an action.
    pub fn request(
        &self,
        action: &Action,
        origin: Origin,
        certainty: Confidence,
        now: Timestamp,
    ) -> Request {
        let available = self.availability(action.command(), action.slots(), now).is_available();
        catalogue::request(action, origin, certainty, available)
    }

    /// Returns what the policy is asked about a command of which something was not said.
    pub fn incomplete(
        &self,
        incomplete: &Incomplete,
        origin: Origin,
        certainty: Confidence,
        now: Timestamp,
    ) -> Request {
        let available =
            self.availability(&incomplete.command, &incomplete.slots, now).is_available();
        catalogue::incomplete(incomplete, origin, certainty, available)
    }

    /// Writes down that an action is allowed, and issues its ticket. What cannot be written down is not issued.
    pub async fn issue(
        &self,
        authorization: Authorization,
        action: &Action,
    ) -> Result<Ticket, IssueError> {
        if authorization.action() != action.hash() {
            return Err(IssueError::AnotherAction);
        }
        let circumstances = Circumstances::from(&authorization);
        let what = What::action(authorization.id(), action);
        let record = record::record(&what, &circumstances, Decision::Allowed, "allowed");
        self.audit.write(record).await?;
        Ok(Ticket::issue(authorization))
    }

    /// Redeems a ticket, carries its action out, once, and writes down what came of it.
    ///
    /// `redeem` calls [`Ticket::redeem`] with the circumstances of the moment in which it is called. Whoever stops waiting for the
    /// outcome changes nothing: what has begun comes to its end, within its time, and is written down.
    pub async fn carry_out(
        &self,
        ticket: Ticket,
        action: Action,
        now: Timestamp,
        redeem: impl FnOnce(Ticket, &Sha256) -> Result<Redeemed, Refusal>,
    ) -> Result<Outcome, Refusal> {
        let what = What::action(ticket.id(), &action);
        let circumstances =
            Circumstances { at: now, ..Circumstances::from(ticket.authorization()) };
        let redeemed = redeem(ticket, &action.hash()).and_then(|one| {
            if one.id() == what.id { Ok(one) } else { Err(Refusal::AnotherAction) }
        });
        let redeemed = match redeemed {
            Ok(redeemed) => redeemed,
            Err(why) => {
                self.refused(&what, &circumstances, why).await;
                return Err(why);
            }
        };
        let order = Order::new(redeemed, action, now);
        let this = self.clone();
        let running = tokio::spawn(async move {
            let began = tokio::time::Instant::now();
            let outcome = this.executors.carry_out(order).await;
            let at = now.plus(began.elapsed());
            let (decision, reason) = record::outcome(outcome);
            tracing::info!(command.id = %what.id, command.name = what.name, outcome = reason, "a command came to its end");
            this.write(&what, &Circumstances { at, ..circumstances }, decision, reason).await;
            outcome
        });
        Ok(running.await.unwrap_or(Outcome::Unknown("broke_down")))
    }

    /// Writes down what whoever holds an operator's token does by name, which no conversation decides.
    pub async fn operated(
        &self,
        name: &str,
        (decision, reason): (Decision, &str),
        now: Timestamp,
    ) -> Result<(), AuditError> {
        self.audit.write(record::operators(name, (decision, reason), now)).await
    }

    /// Writes down that something was refused.
    pub async fn refused(&self, what: &What, circumstances: &Circumstances, why: Refusal) {
        self.write(what, circumstances, Decision::Refused, why.code()).await;
    }

    /// Writes down that a confirmation was asked for.
    pub async fn asked(&self, what: &What, circumstances: &Circumstances) {
        self.write(what, circumstances, Decision::Asked, "to_be_confirmed").await;
    }

    /// Writes down that something that waited is off.
    pub async fn cancelled(&self, what: &What, circumstances: &Circumstances, why: Refusal) {
        self.write(what, circumstances, Decision::Cancelled, why.code()).await;
    }

    /// Writes down that something was given, taken back or told.
    pub async fn note(
        &self,
        what: &What,
        circumstances: &Circumstances,
        decision: Decision,
        reason: &str,
    ) {
        self.write(what, circumstances, decision, reason).await;
    }

    /// Writes down what does no harm by not being written: nothing is done because of it.
    async fn write(
        &self,
        what: &What,
        circumstances: &Circumstances,
        decision: Decision,
        reason: &str,
    ) {
        let record = record::record(what, circumstances, decision, reason);
        if let Err(error) = self.audit.write(record).await {
            let error: &dyn std::error::Error = &error;
            tracing::error!(command.id = %what.id, decision = decision.name(), error, "the audit was not written");
        }
    }
}
