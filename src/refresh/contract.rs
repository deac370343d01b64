//! What the supervisor and a release say to each other: labels, the report of `prepare`, the answer of a probe.
//!
//! An old supervisor meets new releases and a new supervisor old ones, so unknown fields are ignored and new ones are
//! optional.

use crate::foundation::values::Sha256;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The labels on an image.
pub mod image_labels {
    /// The commit it was built from (OCI image spec, annotations).
    pub const REVISION: &str = "org.opencontainers.image.revision";
    /// Where its source is.
    pub const SOURCE: &str = "org.opencontainers.image.source";
    /// Its version.
    pub const VERSION: &str = "org.opencontainers.image.version";
    /// The oldest schema of a database that it can migrate from.
    pub const SCHEMA_FROM: &str = "io.ladylinux.schema.from";
    /// The schema that it migrates to, and the newest one that it reads.
    pub const SCHEMA_TO: &str = "io.ladylinux.schema.to";
    /// The memory that it needs, in bytes, without any model.
    pub const MEMORY: &str = "io.ladylinux.memory";
}

/// The labels on a container that the supervisor created.
pub mod container_labels {
    /// The stack it belongs to: what has this label is ours.
    pub const STACK: &str = "io.ladylinux.stack";
    /// Its name in the stack.
    pub const SERVICE: &str = "io.ladylinux.service";
    /// The digest of the release.
    pub const DIGEST: &str = "io.ladylinux.digest";
    /// The fingerprint of the declaration it was created from.
    pub const SPEC: &str = "io.ladylinux.spec";
    /// `container` or `one-shot`.
    pub const KIND: &str = "io.ladylinux.kind";
}

/// What `ladylinux prepare --json` reports, and `ladylinux prepare --check --json`, which changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The release that reports.
    pub release: ReleaseFacts,
    /// Whether nothing critical is wrong.
    pub ready: bool,
    /// What is wrong or missing, each with how to mend it.
    pub issues: Vec<Issue>,
    /// The database.
    pub database: Database,
    /// The models.
    pub models: Models,
    /// Hashes of what no refresh changes, if the release tells them.
    #[serde(default)]
    pub trees: Option<Trees>,
}

/// Hashes of what no refresh changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trees {
    /// The configuration: names, owners, modes and contents, without the supervisor's.
    pub config: Sha256,
    /// The models: names, owners, modes, sizes, inodes and times of change.
    pub models: Sha256,
    /// The models' manifest that is in force.
    pub manifest: Sha256,
}

/// What a release says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFacts {
    /// Its version.
    pub version: String,
    /// The commit it was built from.
    pub commit: Option<String>,
    /// What workers run models on, and its version.
    pub runtime: String,
    /// Where that lies inside the image.
    #[serde(default)]
    pub runtime_path: Option<String>,
}

/// One thing that is wrong (the core's `ReadinessIssue`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// `critical` or `warning`.
    pub severity: String,
    /// A stable name.
    pub code: String,
    /// What was found.
    pub message: String,
    /// How to mend it.
    #[serde(default)]
    pub mend: String,
}

/// The database, before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// The schema found; 0 is no database.
    pub from: u32,
    /// The schema of the release.
    pub to: u32,
    /// The migrations that have run, or that would run.
    pub migrations: Vec<String>,
    /// Whether they have run.
    pub applied: bool,
    /// The verified backup made before, if anything could be lost.
    #[serde(default)]
    pub backup: Option<String>,
    /// Its hash.
    #[serde(default)]
    pub backup_sha256: Option<Sha256>,
    /// What the migrations took on a copy, if they were rehearsed.
    #[serde(default)]
    pub rehearsal: Option<Rehearsal>,
}

/// What the migrations took on a copy of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// How long the copy, its check and the migrations took.
    pub took_ms: u64,
    /// The size of the database.
    pub database_bytes: u64,
    /// What must be free beside it: for the backup, and for what the migrations write.
    pub space_bytes: u64,
}

/// What `ladylinux backup --json` reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// The directory that was made, as the release sees it.
    pub backup: String,
    /// What it says about itself.
    pub about: AboutBackup,
}

/// What a backup says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutBackup {
    /// The schema of the database in it.
    pub schema: u32,
    /// The SHA-256 of each file in it.
    #[serde(default)]
    pub files: BTreeMap<String, Sha256>,
}

/// What `ladylinux restore --json` reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The schema before.
    pub from: u32,
    /// The schema of the backup, which is the schema now.
    pub to: u32,
    /// The durable records written since the backup, by table.
    #[serde(default)]
    pub kept: BTreeMap<String, u64>,
    /// The file they were kept aside in, if there were any.
    #[serde(default)]
    pub kept_aside: Option<String>,
    /// How many revocations and erasures were replayed.
    #[serde(default)]
    pub replayed: u64,
}

/// The models on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    /// How many are present and as the manifest says.
    pub present: u32,
    /// How many the manifest requires and are missing.
    pub missing: u32,
    /// How many differ from the manifest.
    pub mismatched: u32,
    /// Whether the models directory can be written, which it must not.
    pub writable: bool,
}

/// The part of `/health/ready` that a probe reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether requests are welcome.
    pub ready: bool,
    /// The release that answers.
    pub release: Answering,
    /// Which kinds of workers have shown that they can work; releases that test none tell of none.
    #[serde(default)]
    pub capabilities: BTreeMap<String, Capability>,
}

/// Whether a worker has shown that it can work, on this box's own models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// There is no model for it.
    Absent,
    /// It is not known yet.
    Untested,
    /// It has worked.
    Works,
    /// It could not.
    Failed,
    /// Something that only a later supervisor knows, and that keeps nobody from serving.
    #[serde(other)]
    Unknown,
}

/// Which release answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// Its version.
    pub version: String,
    /// Its commit.
    #[serde(default)]
    pub commit: Option<String>,
    /// The digest it was created from, as the supervisor told it in `LADYLINUX_RELEASE_DIGEST`.
    #[serde(default)]
    pub digest: Option<String>,
}
