//! What the supervisor prints: results to standard output, progress and everything else to standard error.

use super::{engine::Pulled, record::Step};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    io::{self, Write},
    sync::Mutex,
};

/// Who is told how a run goes.
pub trait Tell: Send + Sync {
    /// Something worth knowing.
    fn note(&self, text: &str);
    /// Some of the release was fetched.
    fn fetching(&self, pulled: &Pulled);
    /// All of it was.
    fn fetched(&self);
    /// A step begins.
    fn begins(&self, step: Step);
    /// A step is done.
    fn done(&self, step: Step, took_ms: u64, detail: &str);
    /// A step failed.
    fn failed(&self, step: Step, message: &str);
}

/// Tells a person at a terminal, or the journal.
#[derive(Debug, Default)]
pub struct Lines {
    bar: Mutex<Option<ProgressBar>>,
}

impl Tell for Lines {
    fn note(&self, text: &str) {
        note(text);
    }

    fn fetching(&self, pulled: &Pulled) {
        let Ok(mut bar) = self.bar.lock() else { return };
        // Without a terminal indicatif draws nothing.
        let bar = bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template(
                "fetching {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec}",
            );
            let bar = ProgressBar::new(pulled.total);
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(pulled.total);
        bar.set_position(pulled.downloaded);
    }

    fn fetched(&self) {
        if let Ok(Some(bar)) = self.bar.lock().map(|mut bar| bar.take()) {
            bar.finish_and_clear();
        }
    }

    fn begins(&self, _: Step) {}

    fn done(&self, step: Step, took_ms: u64, detail: &str) {
        note(format!("[{}/6] {:<8} {took_ms:>6} ms  {detail}", step.number(), step.name()));
    }

    fn failed(&self, step: Step, message: &str) {
        note(format!("[{}/6] {:<8} FAILED     {message}", step.number(), step.name()));
    }
}

/// Prints one line of the result. A reader that went away is not an error.
pub fn line(text: impl AsRef<str>) {
    drop(writeln!(io::stdout(), "{}", text.as_ref()));
}

/// Prints a result for programs: one object, one line.
pub fn json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => line(text),
        Err(error) => note(format!("this cannot be said in JSON: {error}")),
    }
}

/// Prints something that is not part of the result.
pub fn note(text: impl AsRef<str>) {
    drop(writeln!(io::stderr(), "{}", text.as_ref()));
}

/// Prints an error, one cause a line.
pub fn error(error: &anyhow::Error) {
    let mut causes = error.chain();
    if let Some(first) = causes.next() {
        note(format!("ladylinux-supervisor: {first}"));
    }
    for cause in causes {
        note(format!("  because {cause}"));
    }
}
