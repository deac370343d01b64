//! The stack: every container of a node, declared once in `stack.toml`.
//!
//! The defaults are embedded from `quadlet/stack.toml`. An operator's `stack.toml` needs only what differs, and a profile
//! (such as `n100`) lies between the two. Containers are always created from what is written here, and never from what is
//! found running.

mod check;
mod fingerprint;
mod load;
pub mod quadlet;
mod units;
pub mod verb;

pub use check::objections;
pub use fingerprint::fingerprint;
pub use load::{DEFAULTS, StackError, load};
pub use units::{Bytes, Time};

use crate::foundation::values::RequestVerb;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

/// The version of the file's form.
pub const SCHEMA: u32 = 1;

/// The variables by which the published container learns where it is reached; they follow [`Publish`].
const EXPOSURE: &str = "LADYLINUX_EXPOSURE";
const PUBLISHED_ADDRESS: &str = "LADYLINUX_PUBLISHED_ADDRESS";
const PORT: &str = "LADYLINUX_PORT";

/// The variable by which every container learns that the node is run in prod.
const ENVIRONMENT: &str = "LADYLINUX_ENV";

/// The one-shot of step 4.
pub const PREPARES: &str = "prepare";

/// The containers of a node, and how they are renewed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The version of this file's form.
    pub schema: u32,
    /// What containers are named after, and labelled with.
    pub name: String,
    /// Who creates, starts and stops the containers: exactly one.
    pub owner: Owner,
    /// What the node is run for.
    pub environment: Environment,
    /// Where releases come from.
    pub image: Image,
    /// Whose releases are believed.
    pub signatures: Signatures,
    /// Where the node is reached from outside its container.
    pub publish: Publish,
    /// The network that the containers share.
    pub network: String,
    /// Every named volume, with the directory of the host behind it where the host has one.
    pub volumes: BTreeMap<String, PathBuf>,
    /// What runs as long as the node does.
    pub containers: BTreeMap<String, Container>,
    /// What runs once and ends.
    pub one_shots: BTreeMap<String, Container>,
    /// How a refresh goes.
    pub refresh: Refresh,
    /// What the core may ask for.
    pub requests: Requests,
    /// Who is told what happens, besides the machine's journal.
    pub notify: Notify,
}

/// Who owns the containers of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The supervisor, through the container engine's API.
    Engine,
    /// systemd, by Quadlet's units, which the supervisor points at a release and has stopped and started.
    Systemd,
}

/// What a node is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// To try things out.
    Dev,
    /// To be relied on: every check is strict, and only signed releases are started.
    Prod,
}

/// Whose releases are believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatures {
    /// Whether an unsigned release is refused, and not only warned of; in prod it always is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// The directory of the public keys that are believed: every `*.pub` in it.
    pub keys: PathBuf,
}

/// Where releases come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The image without tag or digest, with its registry: `registry.example/ladylinux`.
    pub repository: String,
    /// The tag that names the newest release; it is resolved to a digest at each refresh.
    pub channel: String,
}

/// Where the node is reached from outside its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The address of the host that the port is published on.
    pub address: IpAddr,
    /// The port of the host.
    pub port: u16,
    /// The port that the node listens on, inside.
    pub container_port: u16,
    /// Whether the node itself speaks TLS.
    pub tls: bool,
    /// Whether a declared trusted proxy in front terminates TLS.
    pub proxy: bool,
}

/// One container, or one-shot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// What the image's entry point is told to do.
    pub command: Vec<String>,
    /// User and group inside, as numbers: `10001:10001`.
    pub user: String,
    /// Its environment; the supervisor adds `LADYLINUX_RELEASE_DIGEST`.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What is mounted.
    #[serde(default)]
    pub mounts: Vec<Mount>,
    /// Its network.
    #[serde(default)]
    pub network: Network,
    /// The most memory it may take.
    pub memory: Bytes,
    /// The most processors it may take, such as 1.5.
    pub cpus: f64,
    /// The most processes and threads it may have.
    pub pids: u32,
    /// How long it may take to end after SIGTERM, or, for a one-shot, to do its work.
    pub timeout: Time,
    /// The containers that must run before this one starts, and that end after it.
    #[serde(default)]
    pub after: Vec<String>,
    /// The health check that the engine runs.
    #[serde(default)]
    pub health: Option<Health>,
}

/// One mounted volume or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// A volume of the stack, or an absolute path of the host.
    pub source: String,
    /// Where it lies inside.
    pub target: PathBuf,
    /// Whether it can only be read.
    #[serde(default)]
    pub read_only: bool,
}

/// What a container reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// The stack's network.
    Stack,
    /// The stack's network; and the published port leads here.
    Published,
}

/// The health check that the engine runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// The command inside, without a shell.
    pub command: Vec<String>,
    /// How often.
    pub interval: Time,
    /// How long one check may take.
    pub timeout: Time,
    /// How many failures in a row make it unhealthy.
    pub retries: u32,
    /// How long failures do not count after the start.
    pub start_period: Time,
}

/// How a refresh goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// How many right answers in a row make a release *ready*.
    pub ready_answers: u32,
    /// How long to wait between two answers.
    pub ready_interval: Time,
    /// How long a release may take to become ready.
    pub ready_timeout: Time,
    /// How long each worker of a ready release may take until it has done real work on this machine's own models.
    pub work_timeout: Time,
    /// How long a ready release must live, without a restart or a failed probe, to be *proven*.
    pub probation: Time,
    /// How often a running release is probed.
    pub probe_every: Time,
    /// What happens when a refresh fails after step 1.
    pub on_failure: OnFailure,
    /// How often the daemon looks for a newer release on the channel; zero is never.
    pub check_every: Time,
    /// When the daemon may refresh by itself, in the machine's local time: `02:00-05:00`; empty is always.
    pub window: String,
    /// How much space must be free beyond what the release takes.
    pub keep_free: Bytes,
    /// How often a failed fetch is tried again.
    pub fetch_retries: u32,
    /// Whether an image without the label `revision` is refused.
    pub require_revision: bool,
}

/// What happens when a refresh fails after step 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The node stays stopped, and is held.
    Stop,
    /// The release before is gone back to, unless the state was migrated: then the node is held all the same.
    Rollback,
}

/// Who is told what happens, besides the machine's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// An address that each notice is posted to, as JSON; empty is none.
    pub webhook: String,
    /// A second place for the file of metrics, such as the directory that Prometheus' node exporter reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub textfile: Option<PathBuf>,
}

/// What the core may ask the supervisor for, by a request file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// The verbs that are allowed.
    pub allow: Vec<RequestVerb>,
    /// The services of the machine that may be disabled, as systemd calls them: `cups.service`.
    #[serde(default)]
    pub services: Vec<String>,
}

impl Stack {
    /// Returns the containers that may be stopped by themselves: all but the one that answers.
    pub fn can_rest(&self) -> impl Iterator<Item = &str> {
        let beside = self.containers.iter().filter(|(_, one)| one.network != Network::Published);
        beside.map(|(name, _)| name.as_str())
    }
}
