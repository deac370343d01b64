//! A model's folder, opened: what an encoder needs whatever it gives in the end.

use super::{Options, manner::Manner, tokens::Text};
use crate::{
    foundation::values::Sha256,
    inference::{
        engines::{files::missing, refusal, runtime, session},
        models::graph_in,
        workers::{LoadedModel, Refusal},
    },
};
use ort::session::Session;
use std::path::{Path, PathBuf};

/// What an int8 graph scales its numbers by, over a whole batch: what it says of a text depends on what else is in it.
const SCALES_BY_BATCH: &[u8] = b"DynamicQuantizeLinear";

/// A graph that is loaded, and what belongs to it.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) manner: Manner,
    pub(super) text: Text,
    pub(super) padding: u32,
    /// Tokens that go through the graph at once; zero where each text goes alone.
    pub(super) batch_tokens: usize,
    graph: PathBuf,
    digest: Sha256,
}

impl Opened {
    /// Opens the model in `directory`, with `text` for its tokenizer.
    pub(super) fn read(
        directory: &Path,
        options: &Options,
        text: impl FnOnce(&Path, usize, Option<usize>) -> Result<Text, Refusal>,
    ) -> Result<Self, Refusal> {
        if !directory.is_dir() {
            return Err(missing(directory, "there is no such model directory"));
        }
        let graph = options.graph.clone().or_else(|| graph_in(directory)).ok_or_else(|| {
            missing(
                &directory.join("onnx/model.onnx"),
                "put the model's ONNX export here (onnx/model.onnx or model.onnx)",
            )
        })?;
        if !graph.is_file() {
            return Err(missing(&graph, "it is the graph that the manifest names"));
        }
        let manner = Manner::read(directory, &options.embedding)?;
        let tokenizer = directory.join("tokenizer.json");
        if !tokenizer.is_file() {
            return Err(missing(&tokenizer, "a model needs its tokenizer.json"));
        }
        let text = text(&tokenizer, manner.max_tokens, manner.vocabulary)?;
        let (digest, scales_by_batch) = session::read(&graph, SCALES_BY_BATCH)?;
        let session = session::open(&graph, options.threads, options.onnxruntime.as_deref())?;
        let padding = text.padding().or(manner.padding).unwrap_or(0);
        let batch_tokens = if scales_by_batch { 0 } else { options.batch_tokens };
        Ok(Self { session, manner, text, padding, batch_tokens, graph, digest })
    }

    /// Says that the graph is not what it should be.
    pub(super) fn foreign(graph: &Path, what: &str) -> Refusal {
        refusal("foreign_graph", format!("{} cannot be run: {what}", graph.display()))
    }

    /// Returns the graph's file.
    pub(super) fn graph(&self) -> &Path {
        &self.graph
    }

    /// Describes the model, before it has run.
    pub(super) fn model(&self, id: &str, options: &Options) -> LoadedModel {
        LoadedModel {
            id: id.to_owned(),
            digest: self.digest,
            architecture: self.manner.architecture.clone(),
            context_tokens: self.manner.max_tokens,
            vocabulary: self.text.size(),
            dimensions: None,
            manner: None,
            batch_tokens: None,
            runtime: runtime::version(options.onnxruntime.as_deref()),
        }
    }
}
