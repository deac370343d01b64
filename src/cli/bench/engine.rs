//! `bench engine`: prefill and decode of a model in this process, by the code that a worker runs.
//!
//! The prompt is random token ids and the end of an answer is ignored: only the time counts, not the text.

use super::resident_bytes;
use crate::{
    cli::{
        Common,
        exit::{Exit, Outcome},
        out,
    },
    foundation::{settings::Settings, values::time},
    inference::{
        engines::llm::{Engine, Options},
        workers::Refusal,
    },
};
use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Time prefill and decode of a language model in this process
#[derive(Debug, Args)]
pub(super) struct EngineRun {
    /// The directory of the model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The graph in it, where it is not the usual one
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,
    /// Random tokens to put in before anything is generated
    #[arg(long, value_name = "N", default_value_t = 512)]
    prompt_tokens: usize,
    /// Tokens to generate after them
    #[arg(long, value_name = "N", default_value_t = 32)]
    generate_tokens: usize,
    /// Threads of the engine
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// How often to measure with the model loaded once
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: usize,
    /// Take the first run as it comes
    #[arg(long)]
    no_warm_up: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What one run measured.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    architecture: String,
    runtime: String,
    threads: usize,
    /// The longest context that it may have.
    pub(super) context_tokens: usize,
    prompt_tokens: usize,
    generate_tokens: usize,
    pub(super) load_seconds: f64,
    /// Memory of this process at the end, in bytes.
    pub(super) resident_bytes: Option<u64>,
    pub(super) repetitions: Vec<Repetition>,
}

/// What one repetition measured; a part that was not run has no rate.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Repetition {
    pub(super) prefill_seconds: f64,
    pub(super) prefill_tokens_per_second: Option<f64>,
    decode_seconds: f64,
    pub(super) decode_tokens_per_second: Option<f64>,
}

impl EngineRun {
    /// Loads the model, measures, and prints.
    pub(super) fn run(&self, common: &Common) -> Outcome {
        ensure!(
            self.prompt_tokens > 0,
            "cannot generate from nothing: --prompt-tokens must be at least 1"
        );
        ensure!(self.repeat > 0, "nothing to measure: --repeat must be at least 1");
        let report = self.measure(&common.load(&[])?.settings)?;
        if self.json {
            out::json(&report)?;
        } else {
            print(&report);
        }
        Ok(Exit::Done)
    }

    /// Measures with the settings that a worker would get, but for what this verb's arguments say.
    fn measure(&self, settings: &Settings) -> anyhow::Result<Report> {
        let started = time::instant();
        let mut engine = load(&self.model, self.graph.clone(), self.threads, settings)?;
        let load_seconds = started.elapsed().as_secs_f64();
        let prompt = random_prompt(engine.model().vocabulary, self.prompt_tokens)?;
        if !self.no_warm_up {
            warm_up(&mut engine, &prompt)?;
        }
        let repetitions = (0..self.repeat)
            .map(|_| self.repetition(&mut engine, &prompt))
            .collect::<anyhow::Result<_>>()?;
        let model = engine.model();
        Ok(Report {
            architecture: model.architecture.clone(),
            runtime: model.runtime.clone(),
            threads: self.threads,
            context_tokens: model.context_tokens,
            prompt_tokens: self.prompt_tokens,
            generate_tokens: self.generate_tokens,
            load_seconds,
            resident_bytes: resident_bytes(),
            repetitions,
        })
    }

    fn repetition(&self, engine: &mut Engine, prompt: &[u32]) -> anyhow::Result<Repetition> {
        engine.reset();
        let started = time::instant();
        engine.prefill(prompt).map_err(|refusal| refused(&refusal))?;
        let prefill_seconds = started.elapsed().as_secs_f64();

        let started = time::instant();
        for _ in 0..self.generate_tokens {
            let next = engine.likeliest().context("the engine returned no logits")?;
            engine.decode(next).map_err(|refusal| refused(&refusal))?;
        }
        let decode_seconds = started.elapsed().as_secs_f64();
        Ok(Repetition {
            prefill_seconds,
            prefill_tokens_per_second: rate(prompt.len(), prefill_seconds),
            decode_seconds,
            decode_tokens_per_second: rate(self.generate_tokens, decode_seconds),
        })
    }
}

/// Loads a model as a worker with these settings would.
pub(super) fn load(
    model: &Path,
    graph: Option<PathBuf>,
    threads: usize,
    settings: &Settings,
) -> anyhow::Result<Engine> {
    let options = Options {
        threads,
        context_tokens: settings.llm.context_tokens,
        prefill_chunk: settings.llm.prefill_chunk,
        prefix_cache_bytes: settings.llm.prefix_cache_bytes,
        graph,
        onnxruntime: settings.paths.onnxruntime.clone(),
    };
    Engine::load("bench", model, &options)
        .map_err(|refusal| refused(&refusal))
        .with_context(|| format!("cannot load {}", model.display()))
}

/// Runs the whole length once, so that the cache has its size, as llama.cpp's has from the start.
fn warm_up(engine: &mut Engine, prompt: &[u32]) -> anyhow::Result<()> {
    engine.prefill(prompt).map_err(|refusal| refused(&refusal))?;
    engine.decode(prompt[0]).map_err(|refusal| refused(&refusal))
}

pub(super) fn refused(refusal: &Refusal) -> anyhow::Error {
    anyhow!("{refusal}")
}

/// Returns the same random token ids in every run.
pub(super) fn random_prompt(vocabulary: usize, length: usize) -> anyhow::Result<Vec<u32>> {
    let vocabulary =
        u32::try_from(vocabulary).context("the vocabulary is larger than token ids can be")?;
    ensure!(vocabulary > 0, "the model has no vocabulary");
    let mut random = ChaCha8Rng::seed_from_u64(1);
    Ok((0..length).map(|_| random.random_range(0..vocabulary)).collect())
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
fn rate(tokens: usize, seconds: f64) -> Option<f64> {
    (tokens > 0 && seconds > 0.0).then(|| tokens as f64 / seconds)
}

fn print(report: &Report) {
    out::line(format!(
        "{} on {}, {} threads, loaded in {:.2} s",
        report.architecture, report.runtime, report.threads, report.load_seconds
    ));
    for repetition in &report.repetitions {
        let shown =
            |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"));
        out::line(format!(
            "prefill of {}: {} tokens/s   decode of {}: {} tokens/s",
            report.prompt_tokens,
            shown(repetition.prefill_tokens_per_second),
            report.generate_tokens,
            shown(repetition.decode_tokens_per_second),
        ));
    }
}
