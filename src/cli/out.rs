//! What the command line prints: results to standard output, everything else to standard error.

use serde::Serialize;
use std::io::{self, Write};

/// Prints one line of the result. A reader that went away (`ladylinux … | head`) is not an error.
pub(super) fn line(text: impl AsRef<str>) {
    drop(writeln!(io::stdout(), "{}", text.as_ref()));
}

/// Prints a piece of a result that is still growing, such as a token.
pub(super) fn piece(text: &str) {
    let mut stdout = io::stdout();
    drop(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// Prints a result for programs.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints something that is not part of the result: progress, a hint, a warning.
pub(super) fn note(text: impl AsRef<str>) {
    drop(writeln!(io::stderr(), "{}", text.as_ref()));
}

/// Prints an error, one cause a line.
pub(super) fn error(error: &anyhow::Error) {
    let mut causes = error.chain();
    if let Some(first) = causes.next() {
        note(format!("ladylinux: {first}"));
    }
    for cause in causes {
        note(format!("  because {cause}"));
    }
}
