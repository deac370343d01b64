//! `bench embedding`: how fast an embedding model reads, in this process, by the code that a worker runs.

use super::resident_bytes;
use crate::{
    cli::{
        Common,
        exit::{self, Exit, Outcome},
        out,
    },
    foundation::values::{Redacted, time},
    inference::{
        engines::embed::{Engine, Options},
        models::{self, Task},
        workers::{Embed, TextRole, permits::Permits},
    },
};
use anyhow::anyhow;
use clap::Args;
use serde::{Deserialize, Serialize};

/// As a person asks.
const QUESTION: &str = "When does the library in the old town open, and who has the key?";
/// A sentence of a passage; as many are taken as the node's passages are long.
const SENTENCE: &str = "The mill by the river was built in 1844, and its wheel has turned the lathe in the yard ever since. ";
const QUESTIONS: usize = 16;
const PASSAGES: usize = 16;

/// Time how an embedding model reads questions and passages, in this process
#[derive(Debug, Args)]
pub(super) struct EmbeddingRun {
    /// A manifest id, or a folder below the models directory
    #[arg(long, value_name = "ID")]
    model: String,
}

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Read {
    /// Questions in a second, one at a time.
    pub(super) questions_per_second: f64,
    /// Passages in a second, many at a time.
    pub(super) passages_per_second: f64,
    /// How long it took to load.
    pub(super) load_seconds: f64,
    /// Memory of the process, in bytes.
    pub(super) resident_bytes: Option<u64>,
}

impl EmbeddingRun {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let model = models::resolve(&settings.paths, Task::Embed, Some(&self.model))
            .map_err(|issue| exit::refused(format!("{}: {}", issue.message, issue.mend)))?;
        let options = Options {
            threads: Permits::new(&settings).all(),
            batch_tokens: settings.embed.batch_tokens,
            graph: Some(model.graph.clone()),
            embedding: model.embedding.clone().unwrap_or_default(),
            onnxruntime: settings.paths.onnxruntime.clone(),
        };
        let started = time::instant();
        let mut engine = Engine::load(&model.id, &model.directory, &options)
            .map_err(|refusal| anyhow!("{refusal}"))?;
        let load_seconds = started.elapsed().as_secs_f64();
        let mut seconds = |texts: Vec<Redacted<String>>, role| -> anyhow::Result<f64> {
            let started = time::instant();
            engine
                .embed(&Embed { texts, role }, &mut || true)
                .map_err(|refusal| anyhow!("{refusal}"))?;
            Ok(started.elapsed().as_secs_f64())
        };
        let mut asking = 0.0;
        for _ in 0..QUESTIONS {
            asking += seconds(vec![QUESTION.to_owned().into()], TextRole::Query)?;
        }
        let passage = SENTENCE.repeat(settings.knowledge.passage_chars.div_ceil(SENTENCE.len()));
        let reading = seconds(vec![passage.into(); PASSAGES], TextRole::Passage)?;
        #[expect(clippy::cast_precision_loss, reason = "both are 16")]
        let read = Read {
            questions_per_second: QUESTIONS as f64 / asking,
            passages_per_second: PASSAGES as f64 / reading,
            load_seconds,
            resident_bytes: resident_bytes(),
        };
        out::json(&read)?;
        Ok(Exit::Done)
    }
}
