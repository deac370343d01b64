//! What core and worker say to each other, as types: one enum per direction, one version.

use crate::foundation::values::{Redacted, RequestId, Sha256};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version both sides must name in the handshake; any other is refused.
pub const PROTOCOL_VERSION: u32 = 2;

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
    /// Text to vectors.
    Embed,
    /// A question and texts to how well each answers it.
    Rerank,
}

impl WorkerKind {
    /// Returns the one word for it in commands, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Embed => "embed",
            Self::Rerank => "rerank",
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
    /// Asks for work; answered by what it yields on the way, and one [`FromWorker::Done`], [`FromWorker::Embedded`],
    /// [`FromWorker::Ranked`] or [`FromWorker::Failed`].
    Work {
        /// Names the request in every answer.
        id: RequestId,
        /// How long the answer may take from now, in milliseconds.
        deadline_ms: u64,
        /// What is asked.
        work: Work,
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
    /// The texts are embedded; their vectors are the payload.
    Embedded {
        /// The request it belongs to.
        id: RequestId,
        /// What the payload is.
        embedded: Embedded,
    },
    /// The documents were read.
    Ranked {
        /// The request it belongs to.
        id: RequestId,
        /// How well each answers.
        ranked: Ranked,
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
    /// How many numbers one of its vectors has, if it makes vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<usize>,
    /// How it makes them: pooling, prefixes, limit. Vectors that were made otherwise do not compare with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manner: Option<String>,
    /// How many tokens of texts go through its graph at once, if several texts do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_tokens: Option<usize>,
    /// The inference library and its version.
    pub runtime: String,
}

/// What a worker can be asked to do; each kind of worker does one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// To write text.
    Generate(Box<Generate>),
    /// To turn texts into vectors.
    Embed(Embed),
    /// To say how well texts answer a question.
    Rerank(Rerank),
}

/// One question, and texts that may answer it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rerank {
    /// What is asked.
    pub query: Redacted<String>,
    /// What may answer it.
    pub documents: Vec<Redacted<String>>,
}

/// How well some texts answer a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// What the model says of each text, in their order: the more, the better it answers.
    pub logits: Vec<f32>,
    /// Tokens that were read, special ones included.
    pub tokens: usize,
    /// Which texts were longer than the model reads beside the question, by their places.
    pub truncated: Vec<usize>,
}

impl Ranked {
    /// Returns what the model says of each text as a number from 0 to 1 (the logistic function).
    pub fn relevance(&self) -> impl ExactSizeIterator<Item = f64> {
        self.logits.iter().map(|logit| 1.0 / (1.0 + (-f64::from(*logit)).exp()))
    }

    /// Returns the places of the texts, of the one that answers best first; of equals, the first comes first.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.logits.len()).collect();
        order.sort_by(|a, b| self.logits[*b].total_cmp(&self.logits[*a]));
        order
    }
}

/// One request for vectors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Embed {
    /// The texts; each becomes one vector, in their order.
    pub texts: Vec<Redacted<String>>,
    /// What they are to each other: some models are trained to be told.
    #[serde(default)]
    pub role: TextRole,
}

/// What a text is to the others that it is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextRole {
    /// Nobody says; it is embedded as it is written.
    #[default]
    Plain,
    /// Something that is searched for.
    Query,
    /// Something that is searched in.
    Passage,
}

/// What the vectors in a payload are: 32-bit floats, little-endian, one vector after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// How many numbers one vector has.
    pub dimensions: usize,
    /// Tokens that were read of each text, special ones included.
    pub tokens: Vec<usize>,
    /// Which texts were longer than the model reads, by their places, and are embedded by their beginning.
    pub truncated: Vec<usize>,
}

/// The vectors of some texts, in their order; each has length 1.
#[derive(Clone, PartialEq)]
pub struct Vectors {
    /// What they are.
    pub embedded: Embedded,
    /// Their numbers, one vector after the other.
    pub values: Vec<f32>,
}

impl Vectors {
    /// Returns the vectors one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.embedded.dimensions.max(1))
    }

    /// Reads vectors from a payload; none if it is not whole vectors.
    pub(super) fn read(embedded: Embedded, payload: &[u8]) -> Option<Self> {
        let (numbers, rest) = payload.as_chunks::<4>();
        let whole = embedded.dimensions > 0 && numbers.len() % embedded.dimensions == 0;
        let values = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
        (whole && rest.is_empty()).then_some(Self { embedded, values })
    }

    /// Returns their numbers as a payload.
    pub(super) fn payload(&self) -> Bytes {
        self.values.iter().flat_map(|number| number.to_le_bytes()).collect()
    }
}

/// Prints how many there are: a vector tells what its text is about.
impl fmt::Debug for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vectors({} of {})", self.iter().len(), self.embedded.dimensions)
    }
}

/// One request for text.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// The conversation so far, rendered by the model's own chat template.
    pub messages: Vec<ChatMessage>,
    /// What is to be continued as it stands, in the place of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
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
    /// What the answer has to be; any text if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// How many of the likeliest tokens are told with each token; without it, no probabilities are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<usize>,
}

/// Prints nothing of what is said, nor of tools and schemas, which say something as well.
impl fmt::Debug for Generate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generate")
            .field("messages", &self.messages)
            .field("sampling", &self.sampling)
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

/// What a model continues as it stands, without a chat template.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Text; what the model wants at its beginning is put there.
    Text(Redacted<String>),
    /// Tokens of the model.
    Tokens(Vec<u32>),
}

/// Prints lengths.
impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({text:?})"),
            Self::Tokens(tokens) => write!(f, "Tokens(<{} tokens redacted>)", tokens.len()),
        }
    }
}

/// One message of a conversation, as chat templates know it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// What was said.
    pub content: Redacted<String>,
    /// Which tools an assistant has called, as the JSON of a list of OpenAI's objects, with arguments as an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Redacted<String>>,
    /// Which call a tool answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl ChatMessage {
    /// Returns a message that is text and nothing else.
    pub fn new(role: &str, content: impl Into<Redacted<String>>) -> Self {
        Self { role: role.to_owned(), content: content.into(), ..Self::default() }
    }
}

/// What an answer has to be, held by masking every token that would make it something else.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A JSON object.
    JsonObject,
    /// JSON that fits this JSON Schema.
    JsonSchema(serde_json::Value),
}

/// Prints nothing of a schema.
impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonObject => "JsonObject",
            Self::JsonSchema(_) => "JsonSchema(<redacted>)",
        })
    }
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
    /// How likely each token was, if that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logprobs: Vec<TokenLogprob>,
}

/// How likely a token of an answer was, and what else might have come. Before temperature and all that narrows the choice, but
/// after what the answer has to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenLogprob {
    /// The token that came.
    pub token: Likely,
    /// The likeliest tokens, likeliest first.
    pub top: Vec<Likely>,
}

/// A token and the logarithm of its probability.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Likely {
    /// The bytes that it adds; part of a character, perhaps.
    pub bytes: Vec<u8>,
    /// The natural logarithm of its probability.
    pub logprob: f32,
}

/// Prints the length, never the bytes.
impl fmt::Debug for Likely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Likely(<{} bytes redacted>, {})", self.bytes.len(), self.logprob)
    }
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
/// `runtime_missing`, `protocol_mismatch`. Codes of a request: `context_overflow`, `invalid_request`, `bad_schema`, `template_refused`, `deadline_exceeded`, `engine_failed`.
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
