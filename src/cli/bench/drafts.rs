//! `bench drafts`: what it costs to judge a draft, and whether drafts change what is written.
//!
//! Eight tokens go through the graph in one run, as the next one and a draft of what follows it; beside that stand eight steps. Then the same beginnings are continued greedily, token by token and with drafts, and the tokens are compared.

use super::engine::{load, random_prompt, refused};
use crate::{
    cli::{
        Common,
        exit::{Exit, Outcome},
        out,
    },
    foundation::{settings::Settings, values::time},
    inference::engines::llm::{Drafting, Engine},
};
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Tokens that are timed, one after the other and as one token with a draft.
const TOGETHER: usize = 8;

/// Tokens that are continued, and by how many, before the next beginning.
const BEGINNING: usize = 128;
const STRETCH: usize = 500;

/// Time drafts next to single steps, and count the tokens that they change
#[derive(Debug, Args)]
pub(super) struct DraftsRun {
    /// The directory of the model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Tokens in the cache while a draft is timed
    #[arg(long, value_name = "N", default_value_t = 512)]
    depth: usize,
    /// How often a draft and eight steps are timed, in turn
    #[arg(long, value_name = "N", default_value_t = 15)]
    repeat: usize,
    /// Greedy tokens to compare
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    tokens: usize,
    /// Threads of the engine
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Default, Serialize)]
struct Report {
    architecture: String,
    runtime: String,
    threads: usize,
    depth: usize,
    together: usize,
    pairs: Vec<Pair>,
    greedy_tokens: usize,
    changed_tokens: usize,
    runs: usize,
    single_seconds: f64,
    drafted_seconds: f64,
}

/// A draft next to as many single steps.
#[derive(Debug, Serialize)]
struct Pair {
    draft_seconds: f64,
    single_seconds: f64,
}

impl DraftsRun {
    /// Loads the model, measures, and prints.
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let report = self.measure(&common.load(&[])?.settings)?;
        if self.json {
            out::json(&report)?;
        } else {
            print(&report);
        }
        Ok(Exit::Done)
    }

    fn measure(&self, settings: &Settings) -> anyhow::Result<Report> {
        let mut engine = load(&self.model, None, self.threads, settings)?;
        let mut report = Report {
            architecture: engine.model().architecture.clone(),
            runtime: engine.model().runtime.clone(),
            threads: self.threads,
            depth: self.depth,
            together: TOGETHER,
            ..Report::default()
        };
        self.judge(&mut engine, &mut report)?;
        self.continue_both_ways(&mut engine, &mut report)?;
        Ok(report)
    }

    fn judge(&self, engine: &mut Engine, report: &mut Report) -> anyhow::Result<()> {
        let tokens = random_prompt(engine.model().vocabulary, self.depth + TOGETHER)?;
        let (beginning, tokens) = tokens.split_at(self.depth);
        engine.prefill(beginning).map_err(|refusal| refused(&refusal))?;
        // The first pair warms both ways up.
        for number in 0..=self.repeat {
            engine.rewind(self.depth);
            let started = time::instant();
            let judged =
                engine.decode_with(tokens[0], &tokens[1..]).map_err(|refusal| refused(&refusal))?;
            let draft_seconds = started.elapsed().as_secs_f64();
            ensure!(
                judged,
                "this graph judges no drafts: it gives logits for the last token only, or other ones for tokens in one run"
            );
            engine.rewind(self.depth);
            let started = time::instant();
            for &token in tokens {
                engine.decode(token).map_err(|refusal| refused(&refusal))?;
            }
            let single_seconds = started.elapsed().as_secs_f64();
            if number > 0 {
                report.pairs.push(Pair { draft_seconds, single_seconds });
            }
        }
        Ok(())
    }

    fn continue_both_ways(&self, engine: &mut Engine, report: &mut Report) -> anyhow::Result<()> {
        let stretches = self.tokens.div_ceil(STRETCH);
        let beginnings = random_prompt(engine.model().vocabulary, BEGINNING * stretches)?;
        for beginning in beginnings.chunks(BEGINNING) {
            let mut written = |drafting| -> anyhow::Result<_> {
                engine.reset();
                engine.prefill(beginning).map_err(|refusal| refused(&refusal))?;
                let started = time::instant();
                let (tokens, runs) = engine
                    .continue_greedily(STRETCH, drafting)
                    .map_err(|refusal| refused(&refusal))?;
                Ok((tokens, runs, started.elapsed().as_secs_f64()))
            };
            let (single, _, seconds) = written(Drafting::Off)?;
            report.single_seconds += seconds;
            let (drafted, runs, seconds) = written(Drafting::On)?;
            report.drafted_seconds += seconds;
            report.runs += runs;
            report.greedy_tokens += single.len();
            report.changed_tokens +=
                single.iter().zip(&drafted).filter(|(one, other)| one != other).count();
        }
        Ok(())
    }
}

fn print(report: &Report) {
    out::line(format!(
        "{} on {}, {} threads, after {} tokens",
        report.architecture, report.runtime, report.threads, report.depth
    ));
    for pair in &report.pairs {
        out::line(format!(
            "{} tokens in one run: {:.1} ms   one by one: {:.1} ms   {:.2}",
            report.together,
            pair.draft_seconds * 1000.0,
            pair.single_seconds * 1000.0,
            pair.draft_seconds / pair.single_seconds
        ));
    }
    out::line(format!(
        "{} greedy tokens, {} changed by drafts; {} runs, {:.1} s instead of {:.1} s",
        report.greedy_tokens,
        report.changed_tokens,
        report.runs,
        report.drafted_seconds,
        report.single_seconds
    ));
}
