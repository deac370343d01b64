//! How a run ends: the only place that turns errors into exit codes.

use super::out;
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

/// Prints what went wrong, one cause a line, and returns the exit code.
pub(super) fn code(outcome: Outcome) -> ExitCode {
    let exit = outcome.unwrap_or_else(|error| {
        out::error(&error);
        // Wrong settings are refused before anything is done.
        if error.is::<SettingsErrors>() { Exit::Refused } else { Exit::Failed }
    });
    ExitCode::from(exit as u8)
}
