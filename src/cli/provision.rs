//! `ladylinux provision`: creates the directories of a node, or checks them. The only verb that does the former.

use super::{Common, exit, exit::Exit, exit::Outcome, out};
use crate::foundation::layout::{self, Change, Owner, What};
use crate::foundation::settings::{Paths, Settings};
use crate::foundation::values::ReadinessIssue;
use clap::Args;

/// The arguments of `provision`.
#[derive(Debug, Args)]
pub(super) struct Provision {
    /// Change nothing; list what deviates and exit 3 if anything does
    #[arg(long)]
    check: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Provision {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        if self.check {
            return self.check(&settings);
        }
        // On storage that is not unlocked, everything would be written in the clear.
        if let Some(issue) = layout::unmounted(&settings) {
            return Err(exit::not_ready(format!("{issue}: {}", issue.mend)));
        }
        self.provision(&settings.paths)
    }

    fn check(&self, settings: &Settings) -> Outcome {
        let issues = layout::readiness(settings, layout::State::InUse);
        if self.json {
            out::json(&issues)?;
        } else if issues.is_empty() {
            out::line("every directory is as it should be");
        } else {
            list(&issues);
        }
        Ok(if issues.is_empty() { Exit::Done } else { Exit::NotReady })
    }

    fn provision(&self, paths: &Paths) -> Outcome {
        let changes = layout::provision(paths, Owner::expected(paths))?;
        if self.json {
            out::json(&changes)?;
            return Ok(Exit::Done);
        }
        let created = |change: &Change| change.what == What::Created;
        // On a fresh machine a person wants to read the tops, not sixty lines.
        let below_another = |change: &Change| {
            let parent = change.path.parent();
            created(change)
                && changes.iter().any(|other| created(other) && Some(&*other.path) == parent)
        };
        for Change { path, what } in changes.iter().filter(|change| !below_another(change)) {
            let path = path.display();
            out::line(match what {
                What::Created => format!("created {path}"),
                What::Mode { from, to } => {
                    format!("changed the mode of {path} from {from} to {to}")
                }
                What::Owner { from, to } => format!("gave {path} from {from} to {to}"),
            });
        }
        let below = changes.iter().filter(|change| below_another(change)).count();
        if below > 0 {
            out::line(format!("and created {below} more below"));
        }
        if changes.is_empty() {
            out::line("every directory was as it should be");
        }
        Ok(Exit::Done)
    }
}

/// Prints issues for a person: one line each, then each mend once.
pub(super) fn list(issues: &[ReadinessIssue]) {
    let foremost = layout::foremost(issues);
    for issue in &foremost {
        out::line(issue.to_string());
    }
    if foremost.len() < issues.len() {
        let hidden = issues.len() - foremost.len();
        out::line(format!("and {hidden} directories below them"));
    }
    let mut mends: Vec<&str> = foremost.iter().map(|issue| issue.mend.as_str()).collect();
    mends.dedup();
    out::note(format!("to mend it: {}", mends.join("; ")));
}
