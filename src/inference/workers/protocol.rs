//! What core and worker say to each other, as types: one enum per direction, one version.

use crate::foundation::values::{Redacted, RequestId, Sha256};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version both sides must name in the handshake; any other is refused.
pub const PROTOCOL_VERSION: u32 = 1;

/// What a worker is for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WorkerKind {
    /// Text generation by a causal language model.
    Llm,
}

impl WorkerKind {
    /// Returns the one word for it in commands, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llm => "llm",
        }
    }
}

impl fmt::Display for WorkerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message from the core to a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// Opens the connection; the worker loads its model and answers [`FromWorker::Ready`] or [`FromWorker::Refused`].
    Hello {
        /// [`PROTOCOL_VERSION`] of the core.
        protocol: u32,
        /// How many threads the worker may run while it works.
        threads: usize,
    },
    /// Asks for text; answered by tokens and one [`FromWorker::Done`] or [`FromWorker::Failed`].
    Generate {
        /// Names the request in every answer.
        id: RequestId,
        /// How long the answer may take from now, in milliseconds.
        deadline_ms: u64,
        /// What is asked.
        request: Generate,
    },
    /// Ends a request at its next token; unknown ids are ignored, for the answer may have crossed.
    Cancel {
        /// The request to end.
        id: RequestId,
    },
}

/// A message from a worker to the core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The model is loaded and warm.
    Ready {
        /// [`PROTOCOL_VERSION`] of the worker.
        protocol: u32,
        /// What was loaded.
        model: LoadedModel,
    },
    /// The model cannot be loaded; the worker ends.
    Refused {
        /// What is wrong with it.
        refusal: Refusal,
    },
    /// The next piece of text.
    Token {
        /// The request it belongs to.
        id: RequestId,
        /// Whole UTF-8 characters; never empty.
        text: Redacted<String>,
        /// `CLOCK_MONOTONIC` when the engine returned the token, in nanoseconds.
        engine_ns: u64,
    },
    /// Nothing to show yet, but the request is being worked on: a part of the prompt was read, or half a character came.
    Working {
        /// The request it belongs to.
        id: RequestId,
    },
    /// The answer is complete.
    Done {
        /// The request it belongs to.
        id: RequestId,
        /// How it went.
        completion: Completion,
    },
    /// The request cannot be answered; the worker lives on.
    Failed {
        /// The request it belongs to.
        id: RequestId,
        /// Why.
        refusal: Refusal,
    },
}

/// A model in a worker's memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LoadedModel {
    /// Its manifest id, or the name of its directory.
    pub id: String,
    /// The SHA-256 of its graph.
    #[schema(value_type = String)]
    pub digest: Sha256,
    /// The family that its `config.json` names, such as `qwen2`.
    pub architecture: String,
    /// The longest context it takes here, in tokens.
    pub context_tokens: usize,
    /// The number of entries in its vocabulary.
    pub vocabulary: usize,
    /// The inference library and its version.
    pub runtime: String,
}

/// One request for text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// The conversation so far, rendered by the model's own chat template.
    pub messages: Vec<ChatMessage>,
    /// Tool definitions handed to the chat template; the worker never runs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<serde_json::Value>,
    /// How the next token is chosen.
    #[serde(default)]
    pub sampling: Sampling,
    /// The longest answer, in tokens.
    pub max_tokens: usize,
    /// Texts at which the answer ends; they are not part of it.
    #[serde(default)]
    pub stop: Vec<Redacted<String>>,
}

/// One message of a conversation, as chat templates know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// What was said.
    pub content: Redacted<String>,
}

/// How the next token is chosen; what is not set comes from the model's `generation_config.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Zero is greedy; otherwise logits are divided by it. At most 2.
    pub temperature: Option<f32>,
    /// Keeps this many of the likeliest tokens; zero keeps all.
    pub top_k: Option<usize>,
    /// Keeps the likeliest tokens whose probabilities sum to this. In (0, 1].
    pub top_p: Option<f32>,
    /// Keeps tokens at least this times as likely as the likeliest. In [0, 1).
    pub min_p: Option<f32>,
    /// Divides the (positive) logits of tokens that occurred already. At least 1.
    pub repetition_penalty: Option<f32>,
    /// Makes the choice repeatable.
    pub seed: Option<u64>,
}

/// How a generation ended, and what it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Completion {
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the rendered prompt.
    pub prompt_tokens: usize,
    /// Prompt tokens that were still in the cache from the request before.
    pub cached_tokens: usize,
    /// Tokens of the answer.
    pub completion_tokens: usize,
    /// From the request's start in the engine to its first token, in milliseconds.
    pub first_token_ms: f64,
    /// From the first token to the last, in milliseconds.
    pub decode_ms: f64,
}

impl Completion {
    /// Returns how fast the answer came, if it had more than one token.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let intervals = u32::try_from(self.completion_tokens.checked_sub(1)?).ok()?;
        (intervals > 0 && self.decode_ms > 0.0)
            .then(|| f64::from(intervals) * 1_000.0 / self.decode_ms)
    }
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model ended its answer, or a stop text came.
    Stop,
    /// `max_tokens` was reached.
    Length,
    /// The request was cancelled.
    Cancelled,
}

/// Why a worker says no: a stable code for programs and a sentence for people.
///
/// Codes of a load: `missing_file`, `unreadable_graph`, `foreign_graph`, `foreign_tokenizer`, `bad_template`, `bad_config`,
/// `runtime_missing`, `protocol_mismatch`. Codes of a request: `context_overflow`, `invalid_request`, `template_refused`, `deadline_exceeded`, `engine_failed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Refusal {
    /// A stable name in `snake_case`.
    pub code: String,
    /// What is wrong, with names and numbers, and without content.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
