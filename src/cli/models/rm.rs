//! `ladylinux models rm`: deletes a model, by its name and after a question.

use crate::cli::{
    exit::{self, Exit, Outcome},
    out,
};
use crate::foundation::settings::Paths;
use crate::inference::models;
use anyhow::Context;
use clap::Args;
use indicatif::HumanBytes;
use std::io::{IsTerminal, stdin};

/// The arguments of `models rm`.
#[derive(Debug, Args)]
pub(super) struct Rm {
    /// A manifest id, or a folder below the models directory
    id: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Rm {
    pub(super) fn run(&self, paths: &Paths, json: bool) -> Outcome {
        let found = models::removable(paths, &self.id)?;
        let what = format!("{} ({})", found.directory.display(), HumanBytes(found.bytes));
        if !self.yes {
            if !stdin().is_terminal() {
                return Err(exit::refused(format!("{what} would be deleted: say so with --yes")));
            }
            out::note(format!("This deletes {what}. Type {} to go on:", self.id));
            let mut answer = String::new();
            stdin().read_line(&mut answer).context("cannot read the answer")?;
            if answer.trim() != self.id {
                return Err(exit::refused("nothing was deleted"));
            }
        }
        let removed = models::remove(paths, &self.id)?;
        if json {
            out::json(&removed)?;
        } else {
            out::line(format!("deleted {what}"));
            out::note("A running node has it in memory until it is started again.");
        }
        Ok(Exit::Done)
    }
}
