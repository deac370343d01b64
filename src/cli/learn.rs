//! `ladylinux learn`: takes documents in, lists them, forgets them.
//!
//! A line about a file is printed when what was learned from it is durable.

use super::{
    Common, block_on,
    exit::{Exit, Outcome},
    open_store, out,
};
use crate::foundation::{settings::Settings, store::Store};
use crate::inference::workers::Extractor;
use crate::knowledge::{self, LearnOptions, LearnReport, Mode, Progress, Reader};
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{IsTerminal, stderr, stdout},
    path::{Path, PathBuf},
};

/// Learn documents: PDF, HTML, Markdown and text files, and directories of them
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ladylinux learn docs/ notes.txt     learn a directory and a file; again, and only changes are learned
  ladylinux learn --reader alice ~/diary
  ladylinux learn --list
  ladylinux learn --forget docs/")]
pub(super) struct Learn {
    /// Files and directories; hidden files are left out, and links are not followed
    #[arg(required_unless_present_any = ["list", "forget"], value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Who may see them: everyone, or one person by name; without it what is known stays as it is, and what is new is for everyone
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// Only say what would be learned
    #[arg(long)]
    dry_run: bool,
    /// Exit with 1 if any file could not be learned
    #[arg(long)]
    strict: bool,
    /// Print a report for programs
    #[arg(long)]
    json: bool,
    /// List what was learned
    #[arg(long, conflicts_with_all = ["paths", "forget", "dry_run", "strict"])]
    list: bool,
    /// Forget what was learned from this file, or below this directory
    #[arg(long, value_name = "PATH", conflicts_with_all = ["paths", "dry_run", "strict"])]
    forget: Option<PathBuf>,
}

impl Learn {
    /// Learns, lists or forgets.
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let store = open_store(&settings.paths)?;
        block_on(async {
            match &self.forget {
                _ if self.list => self.list(&store).await,
                Some(path) => self.forget(&store, path).await,
                None => self.learn(&store, &settings).await,
            }
        })
    }

    async fn learn(&self, store: &Store, settings: &Settings) -> Outcome {
        let options = LearnOptions {
            reader: self.reader.as_deref().map(|name| Reader::from(name.trim())),
            passage_chars: settings.knowledge.passage_chars,
            max_file_bytes: settings.knowledge.max_file_bytes,
            extractor: Extractor::new(settings).context("cannot find this very program")?,
            mode: if self.dry_run { Mode::DryRun } else { Mode::Write },
        };
        let bar = if self.json { ProgressBar::hidden() } else { bar() };
        let show = |progress: Progress| self.show(&bar, &progress);
        let report = knowledge::learn(store, &self.paths, &options, show).await?;
        bar.finish_and_clear();
        if self.json {
            out::json(&report)?;
        } else {
            out::line(self.summary(&report));
        }
        let failed = self.strict && !report.failed.is_empty();
        Ok(if failed { Exit::Failed } else { Exit::Done })
    }

    fn show(&self, bar: &ProgressBar, progress: &Progress) {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        let path = progress.path.display();
        let line = match &progress.outcome {
            knowledge::Outcome::Added | knowledge::Outcome::Updated if self.dry_run => {
                format!("would learn {path}")
            }
            knowledge::Outcome::Removed if self.dry_run => format!("would forget {path}"),
            knowledge::Outcome::Added => format!("learned {path}"),
            knowledge::Outcome::Updated => format!("learned {path} anew"),
            knowledge::Outcome::Removed => format!("forgot {path}, which is gone"),
            knowledge::Outcome::Failed { reason } => {
                return bar.suspend(|| out::note(format!("warning: {path} {reason}")));
            }
            knowledge::Outcome::Unchanged => return,
        };
        if !self.json {
            bar.suspend(|| out::line(line));
        }
    }

    fn summary(&self, report: &LearnReport) -> String {
        let LearnReport { added, updated, unchanged, removed, other, bytes, passages, failed } =
            report;
        let title = if self.dry_run { "would be: " } else { "" };
        let other = match other {
            0 => String::new(),
            1 => ", 1 file of another kind left alone".to_owned(),
            other => format!(", {other} files of other kinds left alone"),
        };
        format!(
            "{title}{added} new, {updated} changed, {unchanged} unchanged, {removed} gone, {} failed{other} ({bytes} bytes, {passages} passages)",
            failed.len()
        )
    }

    async fn list(&self, store: &Store) -> Outcome {
        let documents = knowledge::documents(store).await?;
        if self.json {
            out::json(&documents)?;
            return Ok(Exit::Done);
        }
        if documents.is_empty() {
            out::note("nothing was learned yet: run `ladylinux learn PATH`");
        }
        for document in documents {
            let learned = document.learned_at.rfc3339();
            out::line(format!(
                "{}  {} ({} passages, for {}, {learned})",
                document.path, document.title, document.passages, document.readers
            ));
        }
        Ok(Exit::Done)
    }

    async fn forget(&self, store: &Store, path: &Path) -> Outcome {
        // What is gone cannot be resolved any more, and is forgotten by the path it had.
        let path = path
            .canonicalize()
            .or_else(|_| std::path::absolute(path))
            .with_context(|| format!("cannot resolve {}", path.display()))?;
        let forgotten = knowledge::forget(store, &path).await?;
        if self.json {
            out::json(&forgotten)?;
        } else {
            for path in &forgotten {
                out::line(format!("forgot {path}"));
            }
            if forgotten.is_empty() {
                out::note(format!("nothing was learned from {}", path.display()));
            }
        }
        Ok(Exit::Done)
    }
}

fn bar() -> ProgressBar {
    // A bar needs the whole terminal; with the lines of a result going elsewhere it would tear.
    let target = if stderr().is_terminal() && stdout().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(0), target).with_style(style)
}
