//! The command line: one file per verb, each a composition root; errors become exit codes in one place.

use std::process::ExitCode;

/// Runs the verb that the command line names.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
