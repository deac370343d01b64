//! `ladylinux import`: takes in the durable records that a restore kept aside.

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::foundation::store::{self, Imported};
use clap::Args;
use std::path::PathBuf;

/// The arguments of `import`.
#[derive(Debug, Args)]
#[command(
    after_help = "The node may run. Records that are there already are left as they are, so that importing twice does no harm.

Exit codes: 0 all of them are there now, 1 failed: nothing was taken, 3 some contradict what is there, and were left out"
)]
pub(super) struct Import {
    /// The file that `ladylinux restore`, or a rollback with --restore-state, named
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let paths = common.load(&[])?.settings.paths;
        let imported = store::import(&paths.database(), &self.file)?;
        let Imported { added, present, erased, conflicts, unknown_columns } = &imported;
        if self.json {
            out::json(&imported)?;
        } else {
            for (table, rows) in added {
                out::line(format!("{rows} of {table} taken in"));
            }
            if *present > 0 {
                out::line(format!("{present} were there already"));
            }
            if *erased > 0 {
                out::line(format!(
                    "{erased} left out, because they are about people who were erased"
                ));
            }
            for conflict in conflicts {
                out::line(format!("left out, because another one is in its place: {conflict}"));
            }
            for column in unknown_columns {
                out::line(format!("left out, because this release has no such column: {column}"));
            }
        }
        Ok(if conflicts.is_empty() { Exit::Done } else { Exit::NotReady })
    }
}
