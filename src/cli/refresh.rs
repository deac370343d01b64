//! `ladylinux refresh`: asks the supervisor of the node on this machine for a refresh, and tells what it says.
//!
//! Whoever may write where requests are left may ask; that is the node's own user, and root.

use super::{
    Common,
    exit::{self, Exit, Outcome},
    out,
};
use crate::foundation::values::time;
use crate::host::Language;
use crate::supervisor::{AskError, Status, StatusError, Supervisor};
use clap::Args;

/// The arguments of `refresh`.
#[derive(Debug, Args)]
pub(super) struct Refresh {
    /// Ask for nothing; only tell what the supervisor says
    #[arg(long)]
    status: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Refresh {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let supervisor = Supervisor::new(&common.load(&[])?.settings.paths);
        if self.status {
            return self.tell(&supervisor);
        }
        let user = rustix::process::geteuid().as_raw();
        let actor = format!("user {user} on the command line");
        let asked =
            supervisor.ask_for_refresh(&actor, time::now()).map_err(|error| match error {
                AskError::Nobody(_)
                | AskError::Silent(_)
                | AskError::NotAllowed { .. }
                | AskError::Target { .. } => exit::refused(error.to_string()),
                AskError::Refused { .. } => error.into(),
            })?;
        if self.json {
            out::json(&asked)?;
            return Ok(Exit::Done);
        }
        out::line(sentences(&asked.status));
        out::note(if asked.already {
            "It has been asked for a refresh already, and has not taken it up yet."
        } else {
            "It is asked for a refresh. `ladylinux refresh --status` tells how it went."
        });
        Ok(Exit::Done)
    }

    fn tell(&self, supervisor: &Supervisor) -> Outcome {
        let status = supervisor.status().map_err(|error| match error {
            StatusError::Absent(_) => exit::refused(error.to_string()),
            StatusError::Unreadable { .. } | StatusError::Malformed { .. } => error.into(),
        })?;
        if self.json {
            out::json(&status)?;
        } else {
            out::line(sentences(&status));
        }
        Ok(Exit::Done)
    }
}

fn sentences(status: &Status) -> String {
    status.sentences(Language::English, time::now())
}
