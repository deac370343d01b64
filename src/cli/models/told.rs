//! What `ladylinux models optimize` came to, in words and for programs.

use crate::cli::{
    exit::{Exit, Outcome},
    out,
};
use crate::inference::models::optimize::{Answers, Changes, Optimized, Speed};
use indicatif::HumanBytes;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How it ended.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Told<'a> {
    /// `--dry-run`: what would be changed.
    Planned { id: &'a str, graph: &'a Path, changes: &'a Changes, bytes: u64 },
    /// There is nothing to change.
    NothingToDo { id: &'a str, graph: &'a Path },
    /// It was done before.
    Already { id: &'a str, graph: PathBuf, record: Box<Optimized> },
    /// It is done, and used.
    Optimized { id: &'a str, graph: PathBuf, record: Box<Optimized> },
    /// It is not faster here; nothing was kept.
    NotFaster { id: &'a str, changes: Changes, speed: Speed },
    /// Its answers are others; nothing was kept.
    NotAlike { id: &'a str, changes: Changes, answers: Answers },
    /// `--remove`: the original is used again.
    Removed { id: &'a str, graph: &'a Path },
}

impl Told<'_> {
    /// Prints it.
    pub(super) fn tell(&self, json: bool) -> Outcome {
        if json {
            out::json(self)?;
            return Ok(Exit::Done);
        }
        match self {
            Self::Planned { graph, changes, bytes, .. } => {
                out::line(format!("{}: {}", graph.display(), in_words(changes)));
                out::line(format!(
                    "It would take {} beside it. To make and measure it, leave out --dry-run.",
                    HumanBytes(*bytes)
                ));
            }
            Self::NothingToDo { graph, .. } => out::line(format!(
                "{} has nothing to gain: its matrices of few bits are at accuracy level 4, and so is its head, or it is no plain matrix",
                graph.display()
            )),
            Self::Already { id, graph, record } => {
                out::line(format!(
                    "{} was made before and is used: {}",
                    graph.display(),
                    in_words(&record.changes)
                ));
                out::line(gain(&record.speed));
                out::note(format!(
                    "To make it anew, run `ladylinux models optimize {id} --remove` first."
                ));
            }
            Self::Optimized { graph, record, .. } => {
                out::line(format!("{}: {}", graph.display(), in_words(&record.changes)));
                out::line(gain(&record.speed));
                out::line(likeness(&record.answers));
                out::line(format!("sha256 {}", record.graph.sha256));
                out::note(
                    "A running node loads it when it is started again. The original is still there.",
                );
            }
            Self::NotFaster { changes, speed, .. } => {
                out::line(format!(
                    "not faster on this machine, so nothing was kept ({})",
                    in_words(changes)
                ));
                out::line(gain(speed));
            }
            Self::NotAlike { changes, answers, .. } => {
                out::line(format!(
                    "the answers become others, so nothing was kept ({})",
                    in_words(changes)
                ));
                out::line(likeness(answers));
                if changes.head.is_some() {
                    out::note("Try --head keep, which leaves the head as it is.");
                }
            }
            Self::Removed { graph, .. } => {
                out::line(format!("the faster graph is gone; {} is used again", graph.display()));
                out::note("A running node has it in memory until it is started again.");
            }
        }
        Ok(Exit::Done)
    }
}

pub(super) fn in_words(changes: &Changes) -> String {
    let level = (changes.accuracy_level > 0)
        .then(|| format!("accuracy level 4 for {} matrices", changes.accuracy_level));
    let head = changes.head.map(|head| {
        format!(
            "a head of {} bits in blocks of {} instead of {} bits",
            head.bits, head.block, head.from_bits
        )
    });
    let parts: Vec<_> = level.into_iter().chain(head).collect();
    parts.join(", ")
}

pub(super) fn gain(speed: &Speed) -> String {
    format!(
        "answers {:.2} times as fast: writes {:.2} times ({:.1} tokens/s, was {:.1}), reads {:.2} times ({:.1}, was {:.1}); {} threads, {} rounds",
        speed.answer_gain,
        speed.writing_gain,
        speed.writing_after,
        speed.writing_before,
        speed.reading_gain,
        speed.reading_after,
        speed.reading_before,
        speed.threads,
        speed.rounds,
    )
}

pub(super) fn likeness(answers: &Answers) -> String {
    format!(
        "of {} tokens {:.1} % are the same and {:.1} % as likely; largest difference of a logit {:.3}, divergence {:.5} nats",
        answers.tokens,
        answers.same_token * 100.0,
        answers.as_likely * 100.0,
        answers.largest_difference,
        answers.divergence,
    )
}
