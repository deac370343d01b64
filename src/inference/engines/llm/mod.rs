//! The language-model engine: any decoder-only ONNX export, token by token.
//!
//! ```text
//! directory ──▶ graph (what the inputs and outputs are) ──▶ decoder (the cache, and one step)
//!     │                                                          ▲
//!     ├──▶ template ──▶ tokenizer ──▶ prefill ───────────────────┤
//!     └──▶ sampling defaults ──▶ sampler ──▶ one token at a time ┘ ──▶ detokenize ──▶ stop ──▶ text
//! ```
//!
//! Nothing is known about a model but what its files say: layers, heads and types are read from the graph's inputs, and
//! where those are symbolic, from the configuration beside it.

mod alike;
mod cache;
mod decoder;
mod detokenize;
mod directory;
mod draft;
mod engine;
mod grammar;
mod graph;
mod likelihood;
mod load;
mod mask_cost;
mod prefixes;
mod sampler;
mod sampling;
mod stop;
mod template;
mod tojson;
mod tokenizer;

#[cfg(test)]
mod optimized;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod refusals;

pub use alike::{Alike, Spoken};
pub use engine::Engine;
pub use mask_cost::Masks;

use std::{fmt, path::PathBuf};

/// How an engine is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Threads that compute while a request runs; none of them spins when none does.
    pub threads: usize,
    /// The longest context, in tokens; the model's own limit holds if it is lower.
    pub context_tokens: usize,
    /// How many prompt tokens are computed between two looks at whether the request was cancelled.
    pub prefill_chunk: usize,
    /// How many bytes of computed prompts are kept for conversations that take turns; the last one is kept in any case.
    pub prefix_cache_bytes: usize,
    /// The graph, where a folder has several; the one that is fastest on a CPU if it is not given.
    pub graph: Option<PathBuf>,
    /// The ONNX Runtime library; the loader's search path decides if it is not given.
    pub onnxruntime: Option<PathBuf>,
}

/// What happened since the last answer to [`Flow`].
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// A part of the prompt was computed.
    Prefill {
        /// Prompt tokens that are in the cache now.
        done: usize,
        /// Prompt tokens in all.
        total: usize,
    },
    /// A token came that shows no text yet: half a character, or what may become a stop text.
    Held,
    /// The next piece of text came.
    Token {
        /// Whole UTF-8 characters; never empty.
        text: String,
        /// `CLOCK_MONOTONIC` when the engine returned the token that completed this text, in nanoseconds.
        engine_ns: u64,
    },
}

/// Prints lengths, never the text.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefill { done, total } => write!(f, "Prefill({done} of {total})"),
            Self::Held => f.write_str("Held"),
            Self::Token { text, .. } => write!(f, "Token(<{} bytes redacted>)", text.len()),
        }
    }
}

/// Whether a generation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on with the next token.
    Continue,
    /// End here; the answer so far stands.
    Stop,
}

/// Whether a run of the graph computes a draft of what may follow along with the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drafting {
    /// Where the last tokens occurred before, and the graph can.
    On,
    /// Token by token.
    Off,
}
