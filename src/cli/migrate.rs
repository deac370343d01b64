//! `ladylinux migrate`: brings the database to this release's schema. The only verb that changes a schema.

use super::{Common, exit, exit::Exit, exit::Outcome, out};
use crate::foundation::settings::Paths;
use crate::foundation::store::{self, MigrationPlan};
use anyhow::Context;
use clap::Args;
use serde_json::json;
use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The arguments of `migrate`.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Change nothing; exit 3 if the database is not at this release's schema
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Change nothing; list the migrations that would run
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let paths = common.load(&[])?.settings.paths;
        let database = paths.database();
        if self.check || self.dry_run {
            let plan = store::plan(&database)?;
            self.report(&database, &plan, &Stage::Planned)?;
            let behind = self.check && !plan.pending.is_empty();
            return Ok(if behind { Exit::NotReady } else { Exit::Done });
        }
        fits(&paths, &database)?;
        let (plan, backup) = store::migrate(&database)?;
        self.report(&database, &plan, &Stage::Applied { backup })?;
        Ok(Exit::Done)
    }

    fn report(&self, database: &Path, plan: &MigrationPlan, stage: &Stage) -> anyhow::Result<()> {
        let (word, backup) = match stage {
            Stage::Planned => ("pending", None),
            Stage::Applied { backup } => ("applied", backup.as_ref()),
        };
        if self.json {
            let migration =
                |one: &store::Migration| json!({ "number": one.number, "name": one.name });
            return out::json(&json!({
                "database": database,
                "from": plan.from,
                "to": plan.to,
                "stage": word,
                "migrations": plan.pending.iter().map(migration).collect::<Vec<_>>(),
                "backup": backup,
            }));
        }
        if let Some(backup) = backup {
            out::line(format!("backed up to {}", backup.display()));
        }
        for migration in &plan.pending {
            out::line(format!("{word} {:04} {}", migration.number, migration.name));
        }
        let database = database.display();
        out::line(match stage {
            _ if plan.pending.is_empty() => {
                format!("{database} has schema {}, nothing to do", plan.to)
            }
            Stage::Planned => format!("{database} has schema {} of {}", plan.from, plan.to),
            Stage::Applied { .. } => format!("{database} has schema {}", plan.to),
        });
        Ok(())
    }
}

/// How far the migrations are that are reported.
enum Stage {
    /// They would run.
    Planned,
    /// They ran, after this backup if there was something to lose.
    Applied {
        /// The backup.
        backup: Option<PathBuf>,
    },
}

/// Refuses to make a database where the node could not use it.
pub(super) fn fits(paths: &Paths, database: &Path) -> anyhow::Result<()> {
    let directory = database.parent().context("the database lies in a directory")?;
    let Ok(found) = directory.metadata() else {
        return Err(exit::not_ready(format!(
            "the directory {} is missing: {} first",
            directory.display(),
            super::command(paths, "provision"),
        )));
    };
    if rustix::process::geteuid().is_root() && found.uid() != 0 {
        return Err(exit::refused(format!(
            "{} belongs to user {}, so a database made by root would be of no use: run this as that user",
            directory.display(),
            found.uid(),
        )));
    }
    Ok(())
}
