//! How a run ends: the only place that turns errors into exit codes.

use super::out;
use crate::commands::CatalogueErrors;
use crate::foundation::settings::SettingsErrors;
use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, or nothing was to do.
    Done = 0,
    /// Started, and failed.
    Failed = 1,
    /// Refused before anything was done: wrong usage, wrong settings, not allowed.
    Refused = 2,
    /// Checked, and something is not as it should be.
    NotReady = 3,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
}

/// What a verb returns: how it ended, or why it failed.
pub(super) type Outcome = anyhow::Result<Exit>;

/// An error that ends the run with a code of its own; any other ends it with [`Exit::Failed`].
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Ends {
    exit: Exit,
    message: String,
}

/// Returns an error that refuses what was asked for; the message says what to do instead.
pub(super) fn refused(message: impl Into<String>) -> anyhow::Error {
    Ends { exit: Exit::Refused, message: message.into() }.into()
}

/// Returns an error for a node that is not ready for this; the message says how to mend it.
pub(super) fn not_ready(message: impl Into<String>) -> anyhow::Error {
    Ends { exit: Exit::NotReady, message: message.into() }.into()
}

/// Prints what went wrong, one cause a line, and returns the exit code.
pub(super) fn code(outcome: Outcome) -> ExitCode {
    let exit = outcome.unwrap_or_else(|error| {
        out::error(&error);
        of(&error)
    });
    ExitCode::from(exit as u8)
}

/// Returns how a run ends that failed with this error.
fn of(error: &anyhow::Error) -> Exit {
    let of_cause = |cause: &(dyn std::error::Error + 'static)| {
        if cause.is::<SettingsErrors>() || cause.is::<CatalogueErrors>() {
            return Some(Exit::Refused);
        }
        cause.downcast_ref::<Ends>().map(|ends| ends.exit)
    };
    error.chain().find_map(of_cause).unwrap_or(Exit::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn each_error_ends_the_run_with_its_code() {
        assert_eq!(of(&SettingsErrors(Vec::new()).into()), Exit::Refused);
        assert_eq!(of(&CatalogueErrors(Vec::new()).into()), Exit::Refused);
        assert_eq!(of(&refused("no")), Exit::Refused);
        assert_eq!(of(&not_ready("not yet")), Exit::NotReady);
        assert_eq!(of(&anyhow!("broken")), Exit::Failed);
        let deep = Err::<(), _>(not_ready("not yet")).context("cannot start").unwrap_err();
        assert_eq!(of(&deep), Exit::NotReady);
    }
}
