//! Executors: what carries an action out, once, in the time it has.
//!
//! Each takes an [`Order`], which only a redeemed ticket becomes, and says what came of it. None is asked twice: what is not known to
//! be done is `unknown`, and a person decides what to do about it. What an executor answers is looked at for its outcome alone; no
//! word of it is kept, logged, or shown to a model.

mod built_in;
mod mqtt;
mod net;
mod supervisor;
mod webhook;

pub use built_in::BuiltIns;
pub use net::Unusable;

use super::{Action, Redeemed, catalogue::Executor};
use crate::foundation::{
    settings,
    values::{CommandId, PersonId, time::Timestamp},
};
use crate::supervisor::Supervisor;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// One action to carry out: made of a redeemed ticket, and taken away by the executor.
#[derive(Debug)]
pub struct Order {
    redeemed: Redeemed,
    action: Action,
    at: Timestamp,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is not done, or not wholly; a stable code says why.
    Failed(&'static str),
    /// Nobody knows whether it is done; a stable code says why.
    Unknown(&'static str),
}

impl Order {
    pub(super) fn new(redeemed: Redeemed, action: Action, at: Timestamp) -> Self {
        Self { redeemed, action, at }
    }

    /// Names the command; whoever hears of it twice knows that it is one.
    pub fn id(&self) -> CommandId {
        self.redeemed.id()
    }

    /// Who has it carried out.
    pub fn person(&self) -> PersonId {
        self.redeemed.person()
    }

    /// What is to be done.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// When it was ordered.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Writes it for another program. Who ordered it is nobody's business there.
    fn message(&self) -> Value {
        json!({
            "command": self.action.command().name,
            "slots": self.action.slots(),
            "id": self.id(),
            "at": self.at.rfc3339(),
        })
    }
}

/// Why an executor cannot act here: a stable code, and a sentence that says how to mend it.
pub(super) type Unavailable = (&'static str, String);

/// Every executor of this node.
#[derive(Clone, Debug)]
pub(super) struct Executors {
    built_in: BuiltIns,
    webhook: Option<webhook::Webhook>,
    mqtt: Option<mqtt::Broker>,
    supervisor: Supervisor,
    timeout: Duration,
}

impl Executors {
    /// Prepares those that are configured; nothing is connected yet.
    pub(super) fn new(
        settings: &settings::Commands,
        supervisor: Supervisor,
        built_in: BuiltIns,
    ) -> Result<Self, Unusable> {
        let ca = settings.ca.as_deref();
        Ok(Self {
            webhook: settings
                .webhook
                .as_ref()
                .map(|webhook| webhook::Webhook::new(webhook, ca))
                .transpose()?,
            mqtt: settings.mqtt.as_ref().map(|mqtt| mqtt::Broker::new(mqtt, ca)).transpose()?,
            timeout: settings.timeout,
            built_in,
            supervisor,
        })
    }

    /// Returns why the executor of a command cannot act here, if it cannot.
    pub(super) fn unavailable(
        &self,
        command: &super::Command,
        slots: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Option<Unavailable> {
        match command.executor {
            Executor::BuiltIn => (!self.built_in.has(&command.name)).then(|| {
                ("not_in_this_release", "this release has nothing that carries it out".to_owned())
            }),
            Executor::Webhook => self.webhook.is_none().then(|| {
                ("no_webhook", "no webhook is configured: set commands.webhook_url".to_owned())
            }),
            Executor::Mqtt => self.mqtt.is_none().then(|| {
                ("no_broker", "no broker is configured: set commands.mqtt_url".to_owned())
            }),
            Executor::Supervisor => supervisor::unavailable(&self.supervisor, command, slots, now),
        }
    }

    /// Carries an order out, once. What takes longer than it may is given up.
    pub(super) async fn carry_out(&self, order: Order) -> Outcome {
        let command = order.action.command();
        let timeout = command.timeout.unwrap_or(self.timeout);
        let executor = command.executor;
        let outcome = async {
            match executor {
                Executor::BuiltIn => self.built_in.carry_out(order).await,
                Executor::Webhook => match &self.webhook {
                    Some(webhook) => webhook.carry_out(order).await,
                    None => Outcome::Failed("no_webhook"),
                },
                Executor::Mqtt => match &self.mqtt {
                    Some(broker) => broker.carry_out(order, timeout).await,
                    None => Outcome::Failed("no_broker"),
                },
                Executor::Supervisor => supervisor::carry_out(&self.supervisor, order).await,
            }
        };
        tokio::time::timeout(timeout, outcome).await.unwrap_or(Outcome::Unknown("timed_out"))
    }
}
