//! The status file: what the supervisor lets the core, and so the page, know about the node.
//!
//! It lies with the requests. It is the supervisor's, and the core only reads it.

use super::{
    hold,
    look::{Look, State},
    machine::Ended,
    outcomes::Outcome,
    record::{Step, Verb},
    release::Digest,
    requests, services,
    stack::Stack,
};
use crate::foundation::values::{
    RequestVerb,
    time::{self, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{io, path::Path};

/// The version of the file's form.
pub const SCHEMA: u32 = 1;

/// The file's name within the directory of requests.
pub const NAME: &str = "status.json";

/// How the node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of this form.
    pub schema: u32,
    /// When it was written.
    pub at: Timestamp,
    /// How the node is, in a word.
    pub state: State,
    /// The release that is installed.
    pub digest: Option<Digest>,
    /// The commit it was built from.
    pub revision: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The hold, if there is one.
    pub hold: Option<Held>,
    /// How the last run ended.
    pub last: Option<Last>,
    /// What is taken by request.
    pub allows: Allows,
    /// What came of the last requests, oldest first.
    pub outcomes: Vec<Outcome>,
}

/// What is taken by request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allows {
    /// The verbs.
    pub verbs: Vec<RequestVerb>,
    /// The services of the machine that may be disabled.
    pub services: Vec<String>,
    /// The containers that may be started and stopped.
    pub containers: Vec<String>,
}

impl Allows {
    /// Returns what a stack allows.
    pub fn of(stack: &Stack) -> Self {
        let may = |verb| stack.requests.allow.contains(&verb);
        let services = stack.requests.services.iter().filter_map(|name| services::unit(name));
        let services = services.filter(|unit| services::protected(&stack.name, unit).is_none());
        let toggles = may(RequestVerb::StartContainer) || may(RequestVerb::StopContainer);
        Self {
            verbs: stack.requests.allow.clone(),
            services: services.filter(|_| may(RequestVerb::DisableService)).collect(),
            containers: stack.can_rest().filter(|_| toggles).map(str::to_owned).collect(),
        }
    }
}

/// Why the node is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Why.
    pub reason: String,
    /// The step that failed, if one did.
    pub step: Option<Step>,
    /// Since when.
    pub since: Timestamp,
    /// What a person can do.
    pub next: String,
}

/// How the last run ended, or why it was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// What for.
    pub verb: Verb,
    /// How: `done`, `failed`, `interrupted`, `refused` or `unchanged`.
    pub outcome: String,
    /// The step in which it ended, unless it went through.
    pub step: Option<Step>,
    /// What went wrong.
    pub message: Option<String>,
    /// When it ended.
    pub at: Timestamp,
}

impl Status {
    /// Makes it from a look; `asked` is the answer to the last request, if that did not get as far as the journal.
    pub fn of(look: &Look, asked: Option<Last>) -> Self {
        let journaled = look.last.as_ref().map(|last| Last {
            verb: last.verb,
            outcome: match last.outcome {
                Ended::Done => "done",
                Ended::Failed => "failed",
                Ended::Interrupted => "interrupted",
            }
            .to_owned(),
            step: last.step,
            message: last.message.clone(),
            at: last.at,
        });
        Self {
            schema: SCHEMA,
            at: time::now(),
            state: look.state,
            digest: look.release.as_ref().map(|release| release.digest),
            revision: look.release.as_ref().and_then(|release| release.revision.clone()),
            version: look.release.as_ref().and_then(|release| release.version.clone()),
            hold: look.hold.as_ref().map(|hold| Held {
                reason: hold.reason.clone(),
                step: hold.step,
                since: hold.since,
                next: hold.next.clone(),
            }),
            last: journaled.into_iter().chain(asked).max_by_key(|last| last.at),
            allows: Allows::default(),
            outcomes: Vec::new(),
        }
    }

    /// Adds what is taken by request, and what came of the last ones.
    #[must_use]
    pub fn told(self, stack: &Stack, outcomes: Vec<Outcome>) -> Self {
        Self { allows: Allows::of(stack), outcomes, ..self }
    }

    /// Writes it where the core reads it.
    pub fn publish(&self, directory: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        hold::write_whole(&directory.join(requests::DIRECTORY), NAME, 0o644, text.as_bytes())
    }
}
