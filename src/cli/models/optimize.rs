//! `ladylinux models optimize`: makes a faster graph of a model's own, measures both, and keeps it only if it is worth it.

use super::told::Told;
use crate::cli::{
    Common,
    bench::{
        self,
        process::{answer, command},
    },
    block_on,
    exit::{self, Exit, Outcome},
    out, signals,
};
use crate::foundation::settings::Settings;
use crate::inference::{
    models::{
        self, Installed, Task,
        optimize::{self, Answers, Changes, Draft, HeadForm, OptimizeError, Plan, Speed},
    },
    workers::permits::Permits,
};
use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::process::Command;

/// The arguments of `models optimize`.
#[derive(Debug, Args)]
#[command(
    after_help = "The model's own graph stays as it is: a faster one is written beside it, and the node loads that
from its next start on. It is kept only if it is faster on this machine and answers as the original
does; both are measured, in turns. That takes a minute or two, best while the node is not busy.

Examples:
  ladylinux models optimize qwen2.5-0.5b-instruct --dry-run   what would be changed
  ladylinux models optimize qwen2.5-0.5b-instruct             make it, measure it, keep it if it is worth it
  ladylinux models optimize qwen2.5-0.5b-instruct --remove    use the original again"
)]
pub(super) struct Optimize {
    /// A manifest id, or a folder below the models directory
    id: String,
    /// Only say what would be changed
    #[arg(long, conflicts_with = "remove")]
    dry_run: bool,
    /// Remove the faster graph; the original is used again
    #[arg(long)]
    remove: bool,
    /// Bits of the numbers in the head, where it has 32 or 16
    #[arg(long, value_enum, default_value_t = HeadBits::Eight)]
    head: HeadBits,
    /// How many numbers of the head share a scale
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = block)]
    block: usize,
    /// How often each graph is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    rounds: u8,
    /// Tokens of the prompt that is read for a measurement
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=8192))]
    prompt_tokens: u16,
    /// Tokens that are written for a measurement
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=8192))]
    written_tokens: u16,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum HeadBits {
    #[value(name = "8")]
    Eight,
    #[value(name = "4")]
    Four,
    /// Leave it as it is
    Keep,
}

fn block(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ (16 | 32 | 64 | 128 | 256)) => Ok(number),
        _ => Err("write 16, 32, 64, 128 or 256".to_owned()),
    }
}

/// What the measuring processes need to know.
struct Measured<'a> {
    common: &'a Common,
    model: &'a Installed,
    original: &'a Path,
    threads: usize,
}

/// What one run of `bench engine` prints, as far as it matters here.
#[derive(Deserialize)]
struct Run {
    repetitions: Vec<Rates>,
}

#[derive(Clone, Copy, Deserialize)]
struct Rates {
    prefill_tokens_per_second: f64,
    decode_tokens_per_second: f64,
}

impl Optimize {
    pub(super) fn run(&self, common: &Common, json: bool) -> Outcome {
        let settings = common.load(&[])?.settings;
        let model = self.model(&settings)?;
        let original = optimize::original_of(&model.graph);
        let id = self.id.as_str();
        if self.remove {
            return Ok(if optimize::forget(&original)? {
                Told::Removed { id, graph: &original }.tell(json)?
            } else {
                out::note(format!("{id} has no faster graph: there is nothing to remove"));
                Exit::Done
            });
        }
        if let Some(record) = optimize::of(&original) {
            let graph = record.path(&original);
            return Told::Already { id, graph, record: record.into() }.tell(json);
        }
        let form = |bits| HeadForm { bits, block: self.block };
        let head = match self.head {
            HeadBits::Eight => Some(form(8)),
            HeadBits::Four => Some(form(4)),
            HeadBits::Keep => None,
        };
        let plan = Plan::of(&original, head)?;
        if plan.is_empty() {
            return Told::NothingToDo { id, graph: &original }.tell(json);
        }
        let changes = plan.changes.clone();
        if self.dry_run {
            let bytes = plan.bytes();
            return Told::Planned { id, graph: &original, changes: &changes, bytes }.tell(json);
        }
        if bench::is_busy() {
            out::note(
                "Other programs keep this machine busy: what is measured may swing, and more --rounds steady it.",
            );
        }
        let threads = Permits::new(&settings).all();
        let measured = Measured { common, model: &model, original: &original, threads };
        let told = block_on(async {
            let mut stopped = std::pin::pin!(signals::stopped()?);
            let stop = Arc::new(AtomicBool::new(false));
            let writing = write(plan, Arc::clone(&stop));
            let draft = tokio::select! {
                draft = writing => draft?,
                () = &mut stopped => {
                    // The thread sees it at its next megabyte, and takes back what it wrote.
                    stop.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
            };
            tokio::select! {
                told = self.judge(&measured, draft, changes) => told.map(Some),
                () = &mut stopped => Ok(None),
            }
        })?;
        let Some(told) = told else {
            out::note("Stopped. The model is as it was.");
            return Ok(Exit::Interrupted);
        };
        told.tell(json)
    }

    /// Finds the model; only one that speaks can be optimised.
    fn model(&self, settings: &Settings) -> anyhow::Result<Installed> {
        let listed = models::list(&settings.paths)?;
        if let Some(other) =
            listed.iter().find(|model| model.id == self.id && model.task != Task::Llm)
        {
            return Err(exit::refused(format!(
                "{} is a model for {}: only causal language models can be optimised",
                self.id, other.task
            )));
        }
        models::resolve(&settings.paths, Task::Llm, Some(&self.id))
            .map_err(|issue| exit::refused(format!("{}: {}", issue.message, issue.mend)))
    }

    /// Measures both graphs, and keeps the new one if it is worth it.
    async fn judge(
        &self,
        measured: &Measured<'_>,
        draft: Draft,
        changes: Changes,
    ) -> anyhow::Result<Told<'_>> {
        let id = self.id.as_str();
        let speed = self.speed(measured, draft.graph()).await?;
        if !speed.is_gain() {
            return Ok(Told::NotFaster { id, changes, speed });
        }
        out::note("comparing what both would say");
        let answers = measured.answers(draft.graph()).await?;
        if !answers.are_close() {
            return Ok(Told::NotAlike { id, changes, answers });
        }
        let record = draft.keep(speed, answers)?;
        Ok(Told::Optimized { id, graph: record.path(measured.original), record: record.into() })
    }

    /// Measures both graphs in turns, each in a process of its own; who begins changes with the round.
    async fn speed(&self, measured: &Measured<'_>, made: &Path) -> anyhow::Result<Speed> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            let both = [(measured.original, &mut before), (made, &mut after)];
            let mut both: Vec<_> = both.into_iter().collect();
            if round % 2 == 1 {
                both.reverse();
            }
            for (graph, rates) in both {
                rates.push(measured.rates(graph, self.prompt_tokens, self.written_tokens).await?);
            }
            if let (Some(before), Some(after)) = (before.last(), after.last()) {
                out::note(format!(
                    "round {} of {}: writes {:.1} tokens/s, was {:.1}; reads {:.1}, was {:.1}",
                    round + 1,
                    self.rounds,
                    after.decode_tokens_per_second,
                    before.decode_tokens_per_second,
                    after.prefill_tokens_per_second,
                    before.prefill_tokens_per_second,
                ));
            }
        }
        let of =
            |rates: &[Rates], which: fn(&Rates) -> f64| median(rates.iter().map(which).collect());
        let gain = |which: &dyn Fn(&Rates) -> f64| {
            median(
                before.iter().zip(&after).map(|(one, other)| which(other) / which(one)).collect(),
            )
        };
        let reading = |rates: &Rates| rates.prefill_tokens_per_second;
        let writing = |rates: &Rates| rates.decode_tokens_per_second;
        Ok(Speed {
            threads: measured.threads,
            rounds: self.rounds.into(),
            prompt_tokens: self.prompt_tokens.into(),
            written_tokens: self.written_tokens.into(),
            reading_before: of(&before, reading),
            reading_after: of(&after, reading),
            reading_gain: gain(&reading),
            writing_before: of(&before, writing),
            writing_after: of(&after, writing),
            writing_gain: gain(&writing),
            // Both rates to the time that they stand for, and its ratio the other way round.
            answer_gain: gain(&|rates| {
                let read = f64::from(self.prompt_tokens) / rates.prefill_tokens_per_second;
                1.0 / (read + f64::from(self.written_tokens) / rates.decode_tokens_per_second)
            }),
        })
    }
}

impl Measured<'_> {
    async fn rates(&self, graph: &Path, read: u16, written: u16) -> anyhow::Result<Rates> {
        let (read, written) = (read.to_string(), written.to_string());
        let mut command = self.bench("engine", graph);
        command.args(["--prompt-tokens", &read, "--generate-tokens", &written, "--json"]);
        let run: Run = answer(&mut command).await?;
        run.repetitions.first().copied().context("a measurement came back without figures")
    }

    async fn answers(&self, made: &Path) -> anyhow::Result<Answers> {
        answer(self.bench("alike", self.original).arg("--other").arg(made)).await
    }

    /// Returns the command that measures a graph of the model in a process of its own.
    fn bench(&self, part: &str, graph: &Path) -> Command {
        let mut command = command(self.common, part);
        command.arg("--model").arg(&self.model.directory).arg("--graph").arg(graph);
        command.args(["--threads", &self.threads.to_string()]);
        command
    }
}

/// Writes the new files on a thread of its own, with a bar.
async fn write(plan: Plan, stop: Arc<AtomicBool>) -> anyhow::Result<Draft> {
    let style = ProgressStyle::with_template("writing {bytes} {bytes_per_sec}");
    let bar = ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let shown = bar.clone();
    let written = tokio::task::spawn_blocking(move || {
        plan.write(&mut |bytes| {
            shown.inc(bytes);
            if stop.load(Ordering::Relaxed) { Err(OptimizeError::Stopped) } else { Ok(()) }
        })
    });
    let draft = written.await.map_err(|error| anyhow!(error))?;
    bar.finish_and_clear();
    Ok(draft?)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.get(middle) {
        Some(&upper) if figures.len().is_multiple_of(2) => {
            f64::midpoint(figures[middle - 1], upper)
        }
        Some(&upper) => upper,
        None => f64::NAN,
    }
}
