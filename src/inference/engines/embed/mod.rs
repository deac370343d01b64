//! The embedding engine: any encoder of the BERT family as an ONNX graph; texts in, vectors of length 1 out.
//!
//! ```text
//! files ──▶ manner (pooling, prefixes, limit)
//! texts ──▶ prefix ──▶ tokens, cut at the limit ──▶ batches of like length ──▶ graph ──▶ pool ──▶ length 1
//! ```
//!
//! The same vectors as sentence-transformers makes, by its files where a model has them (`modules.json`,
//! `1_Pooling/config.json`, `sentence_bert_config.json`, `config_sentence_transformers.json`), by the manifest where not.
//!
//! A [`Reranker`] is the same kind of encoder with another end: it reads two texts together, and gives a number instead of a vector.

mod batches;
mod contract;
mod engine;
mod manner;
mod opened;
mod padded;
mod pool;
mod reranker;
mod tokens;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod rerank_parity;

pub use engine::Engine;
pub use reranker::Reranker;

use crate::inference::models::Embedding;
use std::path::PathBuf;

/// How an engine is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Threads that compute while a request runs; none of them spins when none does.
    pub threads: usize,
    /// How many tokens go through the graph at once, padding included.
    pub batch_tokens: usize,
    /// The graph, where a folder has several; the one that is fastest on a CPU if it is not given.
    pub graph: Option<PathBuf>,
    /// What the manifest says, for a folder whose files do not.
    pub embedding: Embedding,
    /// The ONNX Runtime library; the loader's search path decides if it is not given.
    pub onnxruntime: Option<PathBuf>,
}
