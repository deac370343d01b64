//! `ladylinux restore`: puts a backup in the place of what is there, and keeps aside what the backup does not know.

use super::{Common, backup, exit, exit::Exit, exit::Outcome, migrate, out};
use crate::foundation::{
    settings::Paths,
    store::{self, Restored, StoreError},
    values::{Sha256, time},
};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The arguments of `restore`.
#[derive(Debug, Args)]
#[command(
    after_help = "What was written since the backup is not lost: durable records are kept aside in a file, which \
`ladylinux import` takes; what was revoked or forgotten since stays so.

Exit codes: 0 restored, 1 failed: the state is as it was, 2 refused: the backup is not whole, or the node runs"
)]
pub(super) struct Restore {
    /// A directory that `ladylinux backup` made, or a copy of a database
    #[arg(required_unless_present = "of_schema")]
    backup: Option<PathBuf>,
    /// Take the backup that the migration from this schema made
    #[arg(long, value_name = "NUMBER", conflicts_with = "backup")]
    of_schema: Option<u32>,
    /// The file to keep records in that the backup does not know [default: data/backups/kept-aside- and the time]
    #[arg(long, value_name = "FILE")]
    keep_aside: Option<PathBuf>,
    /// Refuse a file that does not have this SHA-256
    #[arg(long, value_name = "HEX")]
    sha256: Option<Sha256>,
    /// Change nothing; only say whether the backup can be restored. The node may run, and its state be mounted read-only
    #[arg(long, conflicts_with_all = ["config", "keep_aside"])]
    check: bool,
    /// Put the backup's configuration back, too
    #[arg(long)]
    config: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let paths = common.load(&[])?.settings.paths;
        let database = paths.database();
        let source = match (&self.backup, self.of_schema) {
            (Some(backup), _) => backup.clone(),
            (None, schema) => store::migration_backup(&database, schema.unwrap_or_default()),
        };
        let (file, about) = if source.is_dir() {
            let about = backup::verified(&source)
                .map_err(|error| exit::refused(format!("{error:#}: use another backup")))?;
            (source.join(backup::DATABASE), Some(about))
        } else {
            (source.clone(), None)
        };
        if let Some(expected) = self.sha256 {
            is_still(&file, expected)?;
        }
        if self.check {
            let to = store::restorable(&file).map_err(refusal)?;
            let from = store::plan(&database).map_err(refusal)?.from;
            self.report(&paths, &Restored { from, to, ..Restored::default() }, &[])?;
            return Ok(Exit::Done);
        }
        migrate::fits(&paths, &database)?;
        let aside = self.keep_aside.clone().unwrap_or_else(|| aside(&paths));
        let restored = store::restore(&database, &file, &aside).map_err(refusal)?;
        let differing =
            about.as_ref().map_or_else(Vec::new, |about| backup::differing(&paths, &source, about));
        if self.config {
            for name in &differing {
                backup::put_back(&paths, &source, name)?;
            }
        }
        self.report(&paths, &restored, &differing)?;
        Ok(Exit::Done)
    }

    fn report(
        &self,
        paths: &Paths,
        restored: &Restored,
        differing: &[PathBuf],
    ) -> anyhow::Result<()> {
        let Restored { from, to, kept, kept_aside, replayed, forgotten } = restored;
        if self.json {
            return out::json(&json!({
                "from": from,
                "to": to,
                "kept": kept,
                "kept_aside": kept_aside,
                "replayed": replayed,
                "forgotten": forgotten,
                "config": { "differs": differing, "restored": self.config },
            }));
        }
        if self.check {
            out::line(format!("the backup can be restored: schema {to}, now it is {from}"));
            return Ok(());
        }
        out::line(format!("restored: schema {to}, before it was {from}"));
        if let Some(file) = kept_aside {
            let tables: Vec<_> =
                kept.iter().map(|(name, rows)| format!("{rows} of {name}")).collect();
            out::line(format!("kept aside in {}: {}", file.display(), tables.join(", ")));
            let import = super::command(paths, &format!("import {}", file.display()));
            out::note(format!("to take these records in again, {import}"));
        }
        if *replayed > 0 {
            out::line(format!(
                "{replayed} revocations and erasures since the backup were replayed"
            ));
        }
        for name in differing {
            let word = if self.config {
                "was put back"
            } else {
                "differs from the backup's: --config puts it back"
            };
            out::line(format!("{} {word}", paths.config.join(name).display()));
        }
        if *to < *store::schemas().end() {
            out::note(format!("before this release serves, {}", super::command(paths, "migrate")));
        }
        Ok(())
    }
}

/// Fails unless the file is the one with this hash.
fn is_still(file: &Path, expected: Sha256) -> anyhow::Result<()> {
    let found = Sha256::of_file(file).map_err(|error| {
        exit::refused(format!("the backup {} cannot be read: {error}", file.display()))
    })?;
    if found == expected {
        return Ok(());
    }
    Err(exit::refused(format!(
        "the backup {} has another SHA-256 than when it was made: {found}",
        file.display()
    )))
}

/// Names a file for records that nobody has named.
fn aside(paths: &Paths) -> PathBuf {
    let name = format!("kept-aside-{}.jsonl", time::now().stamp());
    backup::directory_of_all(paths).join(name)
}

/// What was refused before anything was touched ends the run as refused.
fn refusal(error: StoreError) -> anyhow::Error {
    let refused = matches!(
        error,
        StoreError::InUse(_)
            | StoreError::LeftBehind(_)
            | StoreError::NotABackup { .. }
            | StoreError::BadCopy { .. }
            | StoreError::Missing(_)
            | StoreError::Damaged { .. }
            | StoreError::FromTheFuture { .. }
            | StoreError::Unreplayable { .. }
    );
    if refused { exit::refused(error.to_string()) } else { error.into() }
}
