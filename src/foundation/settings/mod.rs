//! Settings: written, merged, validated.
//!
//! Later code only ever sees [`Settings`], in which every value is set, typed and checked. Where a value came from
//! is in its [`Origin`]; `ladylinux config print --effective` shows both.
//!
//! Layers, each over the one before: the defaults embedded from `ladylinux.toml` beside this file, then
//! `/etc/ladylinux/ladylinux.toml`, the env file `/etc/ladylinux/ladylinux.env`, the process environment, and flags.

mod commands;
mod env_file;
mod keys;
mod load;
mod merged;
mod problem;
mod validated;
mod written;

pub use commands::{Commands, Mqtt, Webhook};
pub use load::{Effective, Loaded, Sources, environment, load};
pub use problem::{Fault, Origin, Problem, SettingsErrors};

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// The defaults, spelled out and version-controlled; `ladylinux config default` prints them.
pub const DEFAULTS: &str = include_str!("ladylinux.toml");

/// Everything a node is told, complete and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the node is run for.
    pub environment: Environment,
    /// The part it plays between nodes.
    pub role: Role,
    /// Optional behaviours that were switched on by name.
    pub features: BTreeSet<Feature>,
    /// Where everything lives.
    pub paths: Paths,
    /// How the API is reached.
    pub http: Http,
    /// How worker processes are kept.
    pub workers: Workers,
    /// The language-model worker.
    pub llm: Llm,
    /// The embedding worker.
    pub embed: Embed,
    /// The reranking worker.
    pub rerank: Rerank,
    /// Documents and passages.
    pub knowledge: Knowledge,
    /// How documents that are not plain text are read.
    pub extract: Extract,
    /// Conversations in memory.
    pub conversation: Conversation,
    /// How it is decided who somebody is, and what they may.
    pub policy: Policy,
    /// What carries commands out.
    pub commands: Commands,
    /// Facts about the machine.
    pub host: Host,
    /// The release that runs, as far as it cannot know itself.
    pub release: Release,
    /// Logs.
    pub telemetry: Telemetry,
}

/// What a node is run for; `prod` makes every check strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine.
    Dev,
    /// A test run.
    Test,
    /// A node that people rely on.
    Prod,
}

/// The part a node plays between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Works alone.
    Standalone,
    /// Sends what is marked to a hub.
    SiteNode,
    /// Receives from site nodes.
    CentralHub,
}

/// An optional behaviour, switched on by name in `features`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// `token-timing`: token events carry the worker's clock, for `scripts/bench`.
    TokenTiming,
    /// `protected-mount`: the protected root must be a mounted filesystem of its own, or nothing runs (LXA-44).
    ProtectedMount,
}

/// Where everything lives: absolute, with the root prefix already applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The prefix before the normative tree: `/` in a container, `./var` for a developer.
    pub root: PathBuf,
    /// `/etc/ladylinux`
    pub config: PathBuf,
    /// `/opt/ladylinux/models`
    pub models: PathBuf,
    /// `/opt/ladylinux/containers`
    pub containers: PathBuf,
    /// `/var/lib/ladylinux`
    pub state: PathBuf,
    /// `/var/lib/ladylinux/data` unless `LX_ANNOTATE_ENCRYPTED_DATA_DIR` names another mounted path.
    pub protected: PathBuf,
    /// `<protected>/storage`; never anywhere else.
    pub storage: PathBuf,
    /// The ONNX Runtime library that workers load, if one is named.
    pub onnxruntime: Option<PathBuf>,
}

impl Paths {
    /// Returns the one database file.
    pub fn database(&self) -> PathBuf {
        self.state.join("data/ladylinux.db")
    }

    /// Returns the directory of caches, safe to delete while the node is stopped.
    pub fn cache(&self) -> PathBuf {
        self.state.join("cache")
    }

    /// Returns the directory of persistent logs.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// Returns the directory that the node and its supervisor speak through.
    pub fn requests(&self) -> PathBuf {
        self.state.join("supervisor/requests")
    }
}

/// How the API is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Http {
    /// Who can reach it.
    pub exposure: Exposure,
    /// The address to bind.
    pub address: SocketAddr,
    /// For a published node: the address of the host behind which it is reached; none if nobody said.
    pub published_address: Option<IpAddr>,
    /// The server's certificate chain and key, in PEM files.
    pub tls: Option<Tls>,
    /// Proxies that terminate TLS in front of the node, whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Names that a `Host` header may carry; others are refused (DNS rebinding).
    pub allowed_hosts: Vec<String>,
    /// The longest request body, in bytes.
    pub max_body_bytes: usize,
    /// Connections served at once.
    pub max_connections: usize,
    /// Requests that one client may start in a minute.
    pub requests_per_minute: u32,
    /// How long a client may take to send its request's head.
    pub header_timeout: Duration,
    /// How long a client may take to send its request's body, and a handler to answer.
    pub request_timeout: Duration,
    /// How long running answers may go on after SIGTERM.
    pub drain_timeout: Duration,
}

impl Http {
    /// Whether nobody but this machine reaches the node: it listens on loopback, or its container is published there.
    pub fn is_local(&self) -> bool {
        match self.exposure {
            Exposure::Loopback => true,
            Exposure::Published => self.published_address.is_some_and(|at| at.is_loopback()),
            Exposure::Lan => false,
        }
    }

    /// Whether other machines are known to reach the node, which takes TLS.
    pub fn is_open(&self) -> bool {
        match self.exposure {
            Exposure::Loopback => false,
            Exposure::Published => self.published_address.is_some_and(|at| !at.is_loopback()),
            Exposure::Lan => true,
        }
    }
}

/// Who can reach the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// This machine only; a browser here needs no account.
    Loopback,
    /// Bound to all addresses inside a container; the stack's published address decides.
    Published,
    /// The local network, with tokens and TLS.
    Lan,
}

/// A certificate chain and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The PEM file of the chain.
    pub certificate: PathBuf,
    /// The PEM file of the private key.
    pub key: PathBuf,
}

/// How worker processes are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Workers {
    /// How long a worker may take from its start to its handshake (it loads its model in this time).
    pub handshake_timeout: Duration,
    /// How many deaths within `restart_window` end the restarts.
    pub restart_limit: u32,
    /// The window in which deaths are counted.
    pub restart_window: Duration,
    /// Written to the worker's `oom_score_adj`, so that it dies before the core does.
    pub oom_score_adj: i16,
    /// CPU permits for all workers that run at once; none means all CPUs of the cgroup.
    pub cpu_permits: Option<usize>,
}

/// The language-model worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Llm {
    /// The manifest id or directory of the model; none means the first language model that is installed.
    pub model: Option<String>,
    /// How many requests may wait.
    pub queue: usize,
    /// How long a request may wait.
    pub queue_timeout: Duration,
    /// How long an answer may take, from its first to its last token.
    pub generation_timeout: Duration,
    /// How long the worker may be silent while it generates.
    pub stall_timeout: Duration,
    /// The longest context, in tokens; never more than the model's own.
    pub context_tokens: usize,
    /// The longest answer unless the request says otherwise, in tokens.
    pub max_tokens: usize,
    /// How many prompt tokens go through the graph at once.
    pub prefill_chunk: usize,
    /// How many bytes of computed prompts the worker keeps for conversations that take turns.
    pub prefix_cache_bytes: usize,
}

/// The embedding worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Embed {
    /// The manifest id or directory of the model; none means the first embedding model that is installed.
    pub model: Option<String>,
    /// How many requests may wait.
    pub queue: usize,
    /// How long a request may wait.
    pub queue_timeout: Duration,
    /// How long the texts of one request may take together.
    pub timeout: Duration,
    /// How many tokens go through the graph at once, padding included.
    pub batch_tokens: usize,
}

/// The reranking worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Rerank {
    /// The manifest id or directory of the model; none means the first reranking model that is installed.
    pub model: Option<String>,
    /// How many requests may wait.
    pub queue: usize,
    /// How long a request may wait.
    pub queue_timeout: Duration,
    /// How long the documents of one request may take together.
    pub timeout: Duration,
    /// How many tokens go through the graph at once, padding included.
    pub batch_tokens: usize,
    /// How many of the passages that a search found are read again.
    pub candidates: usize,
    /// How long a search waits for that before it keeps its own order.
    pub patience: Duration,
}

/// Documents and passages.
#[derive(Clone, Debug, PartialEq)]
pub struct Knowledge {
    /// The longest passage, in characters.
    pub passage_chars: usize,
    /// The largest file that is learned, in bytes.
    pub max_file_bytes: u64,
    /// How many passages go with a question.
    pub results: usize,
    /// A directory that `serve` learns by itself: the manual that came with the release.
    pub manual: Option<PathBuf>,
}

/// How documents that are not plain text are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// How many pages a document may have.
    pub max_pages: usize,
    /// How much memory the reading of one may take, in bytes.
    pub memory_bytes: u64,
    /// How long a processor may work on one.
    pub timeout: Duration,
}

/// Conversations in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// How many turns are remembered within a conversation.
    pub memory_turns: usize,
    /// How many conversations are kept; the one that was idle longest goes first.
    pub max_conversations: usize,
    /// How long an idle conversation is kept.
    pub idle_timeout: Duration,
}

/// How it is decided who somebody is, and what they may. Weights and thresholds are in thousandths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What it counts when somebody says who they are.
    pub weight_explicit: u16,
    /// What a device or a token counts that belongs to somebody.
    pub weight_satellite: u16,
    /// What a face counts.
    pub weight_vision: u16,
    /// What a voice counts.
    pub weight_voice: u16,
    /// From here on somebody is probably a person.
    pub probable_from: u16,
    /// From here on two sources that agree confirm.
    pub confirmed_from: u16,
    /// How long a signal counts.
    pub signal_window: Duration,
    /// The birthday from which on somebody is no child any more.
    pub teen_from: u8,
    /// The birthday from which on somebody is an adult.
    pub adult_from: u8,
    /// Below this it is asked what was meant.
    pub ask_below: u16,
    /// Below this a command of high risk is refused.
    pub high_risk_from: u16,
    /// How long a confirmation is waited for.
    pub confirm_timeout: Duration,
    /// How long a ticket is good.
    pub ticket_lifetime: Duration,
    /// How long a delegation lasts of which nothing else was said.
    pub delegation: Duration,
    /// How long one may last.
    pub longest_delegation: Duration,
    /// How long a consent lasts of which nothing else was said.
    pub consent: Duration,
    /// How long one may last.
    pub longest_consent: Duration,
}

/// Facts about the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The snapshot to tell facts from; none means the machine this process runs in.
    pub facts: Option<PathBuf>,
    /// How old a snapshot may be.
    pub facts_max_age: Duration,
}

/// What a release is told about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The digest of the image it was created from, such as `sha256:…`; none outside a supervised container.
    pub digest: Option<String>,
}

/// Logs.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// The filter, in `tracing`'s directive form.
    pub log: String,
    /// The shape of log lines.
    pub log_format: LogFormat,
}

/// The shape of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}
