//! What a release says of this node: one-shots of its own image, which look, rehearse, prepare and restore.
//!
//! Before step 1 they see the node's state read-only, and without a network; a rehearsal has a volume of its own, which goes
//! with its container.

use super::{
    contract::{Prepared, Restored, Trees},
    engine::{Create, Kind, Ran},
    keep,
    machine::{Backup, Node},
    out::Tell,
    plan::Refusal,
    release::Release,
    stack::{PREPARES, fingerprint},
    supervisor::{Order, Refused, Restore, Supervisor, millis},
};
use crate::foundation::values::Sha256;
use anyhow::Context;
use serde::de::DeserializeOwned;
use std::time::Duration;
use uuid::Uuid;

/// Where a rehearsal has its volume: a directory that everybody may write, in every image. It is none where Podman puts a file
/// system in memory into a read-only container, /var/tmp among them, which may come to lie above the volume.
const SCRATCH: &str = "/rehearsal";

/// Where backups lie, and what a restore keeps aside, as the release sees it.
pub(super) const BACKUPS: &str = "/var/lib/ladylinux/data/backups";

/// The way back to a schema: which backup is restored, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WayBack {
    /// The schema now.
    pub(super) from: u32,
    /// The backup's directory, as the release sees it; none is what the migration from that schema made.
    pub(super) backup: Option<String>,
    /// The schema that the backup has.
    pub(super) schema: u32,
    /// Its hash, as the migration that made it said.
    pub(super) sha256: Option<Sha256>,
    /// The release that knows both schemas: the one that migrated.
    pub(super) by: Release,
}

/// What a one-shot may do with the node's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It can be read, whoever uses it.
    Read,
    /// It can be read, and there is a directory to write in.
    Rehearsed,
    /// It can be written, for nobody else uses it.
    Written,
}

impl Supervisor {
    /// Has the release look at this node: layout, schema, models. What it would migrate, it migrates on a copy.
    pub(super) async fn check(
        &self,
        release: &Release,
        node: &Node,
        tell: &dyn Tell,
    ) -> Result<Prepared, Refused> {
        let ran = self.asked(release, &["prepare", "--json", "--check"], State::Read).await?;
        tell.note(&format!("the new release has checked this node ({} ms)", millis(ran.took)));
        // Where nothing is yet, what is missing is made in step 4.
        let mut prepared = prepared(&ran, node.current().is_none(), "--check")?;
        let database = &mut prepared.database;
        if !database.migrations.is_empty() && database.from > 0 {
            let command = ["prepare", "--json", "--rehearse", SCRATCH];
            let ran = self.asked(release, &command, State::Rehearsed).await?;
            database.rehearsal = self::prepared(&ran, false, "--rehearse")?.database.rehearsal;
            let Some(rehearsal) = database.rehearsal else {
                return Err(Refused::because(
                    "not_rehearsed",
                    format!(
                        "the new release does not say how its migration from schema {} went on a copy",
                        database.from
                    ),
                    "look at the release: it does not say what a release has to say",
                ));
            };
            tell.note(&format!(
                "schema {} to {} on a copy of the database: {} ms",
                database.from, database.to, rehearsal.took_ms
            ));
        }
        Ok(prepared)
    }

    /// Finds the state that a rollback restores, and makes sure that it can be; none if the release can use what is there.
    pub(super) async fn restorable(
        &self,
        order: &Order,
        node: &Node,
        release: &Release,
    ) -> Result<Option<WayBack>, Refused> {
        let schema = match (&order.restore, release.schema) {
            (Restore::OfRelease, Some(schema)) => schema,
            (Restore::Backup(name), _) => return self.backup_of(release, name).await.map(Some),
            (Restore::Nothing, _) | (Restore::OfRelease, None) => return Ok(None),
        };
        let (Some(Backup { sha256, .. }), Some(by)) = (node.backup_of(schema), node.migrator())
        else {
            if node.schema.is_none_or(|found| found <= schema) {
                return Ok(None);
            }
            return Err(Refused::because(
                "no_backup",
                format!("no migration of this node has left a backup of schema {schema}"),
                "restore one that `ladylinux-supervisor backup` made: `ladylinux-supervisor restore NAME`",
            ));
        };
        if self.engine.image(&by.image_id).await?.is_none() {
            return Err(Refused::because(
                "no_migrator",
                format!(
                    "{by}, which migrated the state and alone can take it back, is no longer on this machine"
                ),
                format!("fetch it: `podman pull {}@{}`", self.stack.image.repository, by.digest),
            ));
        }
        let way = WayBack { from: 0, backup: None, schema, sha256: *sha256, by: by.clone() };
        let way = self.passable(way).await?;
        Ok((way.from != schema).then_some(way))
    }

    /// Finds a backup by its name, and makes sure that the release can restore it.
    async fn backup_of(&self, release: &Release, name: &str) -> Result<WayBack, Refused> {
        let backup = Some(keep::directory(name)?);
        let way = WayBack { from: 0, backup, schema: 0, sha256: None, by: release.clone() };
        self.passable(way).await
    }

    /// Asks whether a backup can be restored, and from which schema to which that goes.
    async fn passable(&self, way: WayBack) -> Result<WayBack, Refused> {
        let ran = self.asked(&way.by, &words(&way.command(&["--check"])), State::Read).await?;
        match said::<Restored>(&ran).filter(|_| ran.code == 0) {
            Some(Restored { from, to, .. }) => Ok(WayBack { from, schema: to, ..way }),
            None => Err(Refused::because(
                "backup_unusable",
                format!("the backup cannot be restored: {}", ran.stderr.trim()),
                "name another one: `ladylinux-supervisor restore NAME` takes those that `backup` made",
            )),
        }
    }

    /// Has the release hash what no refresh changes, whatever else it says; none if it does not tell.
    pub(super) async fn trees(&self, release: &Release) -> anyhow::Result<Option<Trees>> {
        let ran = self.asked(release, &["prepare", "--json", "--check"], State::Read).await?;
        Ok(said::<Prepared>(&ran).and_then(|prepared| prepared.trees))
    }

    /// Runs a command of the release to its end.
    pub(super) async fn asked(
        &self,
        release: &Release,
        command: &[&str],
        state: State,
    ) -> anyhow::Result<Ran> {
        let create = self.one_shot(release, command, state)?;
        let ran = self.engine.run(&self.stack, &create, self.patience()).await;
        ran.with_context(|| {
            format!("`{}` of the release {release} could not be run", command.join(" "))
        })
    }

    fn patience(&self) -> Duration {
        self.stack.one_shots.get(PREPARES).map_or(Duration::ZERO, |declared| declared.timeout.0)
    }

    /// Describes a one-shot of the release: what is declared for `prepare`, with another command.
    fn one_shot(
        &self,
        release: &Release,
        command: &[&str],
        state: State,
    ) -> anyhow::Result<Create> {
        let declared = self
            .stack
            .one_shots
            .get(PREPARES)
            .with_context(|| format!("the stack declares no one-shot {PREPARES}"))?;
        let mut container = declared.clone();
        container.command = command.iter().map(|&word| word.to_owned()).collect();
        if state != State::Written {
            container.mounts.iter_mut().for_each(|mount| mount.read_only = true);
        }
        Ok(Create {
            name: format!("{}-{PREPARES}-{}", self.stack.name, Uuid::now_v7().simple()),
            service: PREPARES.to_owned(),
            kind: Kind::OneShot,
            image_id: release.image_id.clone(),
            digest: release.digest.to_string(),
            spec: fingerprint(&self.stack, PREPARES).to_string(),
            container,
            scratch: (state == State::Rehearsed).then_some(SCRATCH),
            program: None,
        })
    }
}

impl WayBack {
    /// Returns the command that goes it.
    pub(super) fn command(&self, flags: &[&str]) -> Vec<String> {
        let schema = self.schema.to_string();
        let which = match &self.backup {
            Some(directory) => vec![directory.as_str()],
            None => vec!["--of-schema", &schema],
        };
        let words = ["restore", "--json"].into_iter().chain(which).chain(flags.iter().copied());
        let mut command: Vec<String> = words.map(str::to_owned).collect();
        if let Some(sha256) = self.sha256 {
            command.extend(["--sha256".to_owned(), sha256.to_string()]);
        }
        command
    }

    /// Names the file for what the backup does not know.
    pub(super) fn kept_aside(run: Uuid) -> String {
        format!("{BACKUPS}/kept-aside-{run}.jsonl")
    }
}

/// Returns the words of a command.
pub(super) fn words(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}

/// Returns what a one-shot reported, if it did.
pub(super) fn said<T: DeserializeOwned>(ran: &Ran) -> Option<T> {
    serde_json::from_str(&ran.stdout).ok()
}

/// Returns what `prepare` reported; what is critical in it is a refusal, unless the node is a fresh one.
fn prepared(ran: &Ran, fresh: bool, flag: &str) -> Result<Prepared, Refused> {
    match said::<Prepared>(ran) {
        Some(prepared) if ran.code == 0 || (ran.code == 3 && fresh) => Ok(prepared),
        Some(prepared) => {
            let critical = prepared.issues.iter().filter(|issue| issue.severity == "critical");
            let refusal = |issue: &super::contract::Issue| Refusal {
                code: "not_ready",
                message: format!("[{}] {}", issue.code, issue.message),
                next: issue.mend.clone(),
            };
            Err(Refused::Plan(critical.map(refusal).collect()))
        }
        None => Err(Refused::because(
            "check_failed",
            format!(
                "`prepare {flag}` of the new release ended with {}: {}",
                ran.code,
                ran.stderr.trim()
            ),
            "look at the release: it does not say what a release has to say",
        )),
    }
}
