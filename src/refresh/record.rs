//! What the journal holds: facts about a node's releases, in the order in which they became true.
//!
//! A supervisor reads the journals of older ones. What it does not know of, it ignores: a field that is new is optional, and
//! a record that is new is [`Record::Unknown`].

use super::{
    contract::Trees,
    release::{Digest, Release},
};
use crate::foundation::values::Sha256;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};
use uuid::Uuid;

/// One of the six steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Stop the containers, dependants first.
    Stop,
    /// Make the fetched release the desired one, and clear away what was.
    Sync,
    /// Create the containers from the declaration.
    Rebuild,
    /// Migrate after a backup, verify, check.
    Prepare,
    /// Start the containers, and ask until the release answers.
    Restart,
    /// Say what runs now.
    Status,
}

impl Step {
    /// All six, in order.
    pub const ALL: [Self; 6] =
        [Self::Stop, Self::Sync, Self::Rebuild, Self::Prepare, Self::Restart, Self::Status];

    /// Returns its number, from 1 to 6.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Sync => "sync",
            Self::Rebuild => "rebuild",
            Self::Prepare => "prepare",
            Self::Restart => "restart",
            Self::Status => "status",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} ({})", self.number(), self.name())
    }
}

/// What the six steps are gone through for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Towards the newest release of a channel, or a named one.
    Refresh,
    /// Back to the release before.
    Rollback,
    /// Back to the state of a backup, with the release that is there.
    Restore,
}

impl Verb {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Rollback => "rollback",
            Self::Restore => "restore",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Record {
    /// The old release is about to be stopped.
    Began {
        /// Names this run through the steps.
        id: Uuid,
        /// What for.
        verb: Verb,
        /// What was there before.
        from: Option<Digest>,
        /// Where to.
        to: Box<Release>,
        /// The plan it follows.
        plan: Sha256,
        /// Who wanted it.
        actor: String,
        /// What no refresh changes, before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trees: Option<Trees>,
    },
    /// A step begins.
    StepBegan {
        /// The run.
        id: Uuid,
        /// The step.
        step: Step,
    },
    /// A step is done.
    StepDone {
        /// The run.
        id: Uuid,
        /// The step.
        step: Step,
        /// How long it took.
        took_ms: u64,
    },
    /// The release is about to bring the state to another schema, in step 4.
    Migrating {
        /// The run.
        id: Uuid,
        /// The schema before.
        from: u32,
        /// The schema that it will be.
        to: u32,
    },
    /// The state was brought to another schema, in step 4.
    Migrated {
        /// The run.
        id: Uuid,
        /// The schema before.
        from: u32,
        /// The schema now.
        to: u32,
        /// The verified backup of what was before.
        backup: Option<String>,
        /// Its hash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backup_sha256: Option<Sha256>,
    },
    /// The state is about to be restored from the backup of an older schema, in step 4.
    Restoring {
        /// The run.
        id: Uuid,
        /// The schema before.
        from: u32,
        /// The schema of the backup.
        to: u32,
        /// The file that will have what the backup does not know, if there is anything.
        kept_aside: String,
    },
    /// The state was backed up, because somebody wanted it.
    BackedUp {
        /// The directory, as the release says it.
        backup: String,
        /// The schema of the database in it.
        schema: u32,
        /// The hash of the database in it.
        sha256: Option<Sha256>,
        /// Who wanted it.
        actor: String,
    },
    /// The state was restored.
    Restored {
        /// The run.
        id: Uuid,
        /// The schema before.
        from: u32,
        /// The schema now.
        to: u32,
        /// The file with the records that the backup did not know, if there were any.
        kept_aside: Option<String>,
        /// How many there are, by table.
        #[serde(default)]
        kept: BTreeMap<String, u64>,
        /// How many revocations and erasures were replayed.
        replayed: u64,
    },
    /// A step failed. The node is stopped, and held.
    Failed {
        /// The run.
        id: Uuid,
        /// The step.
        step: Step,
        /// What went wrong.
        message: String,
    },
    /// The supervisor found a run without an end: a crash, or a power cut.
    Interrupted {
        /// The run.
        id: Uuid,
        /// The step it was in.
        step: Step,
    },
    /// The release answered as often as it had to; its probation begins.
    Ready {
        /// The run.
        id: Uuid,
        /// How often it answered rightly, one answer after the other; zero in what older supervisors wrote.
        #[serde(default)]
        answers: u32,
        /// What no refresh changes, after this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trees: Option<Trees>,
    },
    /// The release has outlived its probation; the one before it is no longer needed.
    Proven {
        /// The release.
        digest: Digest,
    },
    /// A container ended by itself.
    Died {
        /// The release.
        digest: Digest,
        /// The container.
        service: String,
        /// Its exit code, if the engine knows it.
        code: Option<i64>,
    },
    /// The daemon started a proven release again that had died.
    Restarted {
        /// The release.
        digest: Digest,
    },
    /// Somebody, or something, holds the node stopped.
    Held {
        /// Why.
        reason: String,
    },
    /// The hold is over.
    Released {
        /// Who ended it.
        actor: String,
    },
    /// Somebody started the node.
    Started {
        /// Who.
        actor: String,
    },
    /// Somebody stopped the node.
    Stopped {
        /// Who.
        actor: String,
    },
    /// Somebody had one container stop by itself; it stays so until somebody has it start.
    ContainerStopped {
        /// Which, by its name in the stack.
        service: String,
        /// Who.
        actor: String,
    },
    /// Somebody had it start again.
    ContainerStarted {
        /// Which.
        service: String,
        /// Who.
        actor: String,
    },
    /// Somebody had a service of the machine stop, and not start at boot.
    ServiceDisabled {
        /// The unit of systemd.
        unit: String,
        /// Who.
        actor: String,
    },
    /// The supervisor is about to hand over to the one in this release.
    HandingOver {
        /// The release.
        digest: Digest,
    },
    /// The supervisor in this release has taken over.
    HandedOver {
        /// The release.
        digest: Digest,
    },
    /// It did not last, and the supervisor before goes on.
    TakenBack {
        /// The release.
        digest: Digest,
    },
    /// A journal that could not be believed was set aside.
    SetAside {
        /// Its file's new name.
        file: String,
    },
    /// Written by a later supervisor.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began { verb, to, actor, .. } => {
                write!(f, "{verb} to {to} began, wanted by {actor}")
            }
            Self::StepBegan { step, .. } => write!(f, "{step} began"),
            Self::StepDone { step, took_ms, .. } => write!(f, "{step} done in {took_ms} ms"),
            Self::Migrating { from, to, .. } => {
                write!(f, "the state is about to go from schema {from} to {to}")
            }
            Self::Restoring { from, to, .. } => {
                write!(
                    f,
                    "the state of schema {from} is about to be replaced by the backup of schema {to}"
                )
            }
            Self::BackedUp { backup, actor, .. } => {
                write!(f, "the state was backed up to {backup}, wanted by {actor}")
            }
            Self::Restored { from, to, .. } => {
                write!(f, "the state went back from schema {from} to {to}")
            }
            Self::Migrated { from, to, .. } => {
                write!(f, "the state went from schema {from} to {to}")
            }
            Self::Failed { step, message, .. } => write!(f, "failed in {step}: {message}"),
            Self::Interrupted { step, .. } => write!(f, "was interrupted in {step}"),
            Self::Ready { .. } => write!(f, "the release is ready, and on probation"),
            Self::Proven { digest } => write!(f, "{} is proven", digest.short()),
            Self::Died { digest, service, code } => {
                let code = code.map_or(String::new(), |code| format!(" with {code}"));
                write!(f, "{service} of {} ended{code}", digest.short())
            }
            Self::Restarted { digest } => write!(f, "{} was started again", digest.short()),
            Self::Held { reason } => write!(f, "held: {reason}"),
            Self::Released { actor } => write!(f, "the hold was ended by {actor}"),
            Self::Started { actor } => write!(f, "started by {actor}"),
            Self::Stopped { actor } => write!(f, "stopped by {actor}"),
            Self::ContainerStopped { service, actor } => {
                write!(f, "{service} was stopped by {actor}, and rests")
            }
            Self::ContainerStarted { service, actor } => {
                write!(f, "{service} was started by {actor}")
            }
            Self::ServiceDisabled { unit, actor } => write!(f, "{unit} was disabled by {actor}"),
            Self::HandingOver { digest } => {
                write!(f, "the supervisor hands over to the one in {}", digest.short())
            }
            Self::HandedOver { digest } => {
                write!(f, "the supervisor in {} has taken over", digest.short())
            }
            Self::TakenBack { digest } => {
                write!(
                    f,
                    "the supervisor in {} did not last, and the one before goes on",
                    digest.short()
                )
            }
            Self::SetAside { file } => write!(f, "a journal was set aside as {file}"),
            Self::Unknown => write!(f, "something that only a later supervisor knows"),
        }
    }
}
