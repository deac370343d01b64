//! What a turn tells while it happens; each variant is one server-sent event.

use super::Decided;
use crate::foundation::values::{Redacted, TurnId};
use crate::host::Language;
use crate::inference::workers::Finish;
use crate::knowledge::{Citation, Passage};
use serde::Serialize;

/// One step of a turn. The last is [`TurnEvent::Done`] or [`TurnEvent::Error`]; between, their order is the order below.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum TurnEvent {
    /// What the question was taken for.
    Intent {
        /// Names the turn.
        turn: TurnId,
        /// The intent's name, or `question` for what goes to the documents.
        name: String,
        /// How surely it was recognised, up to 1; a question is what is left, so it has none.
        confidence: Option<f32>,
        /// The language that the question seems to be in.
        language: Language,
    },
    /// What was found in the documents, best first; an answer's `[1]` means the first of them.
    Passages {
        /// The passages.
        passages: Vec<Passage>,
    },
    /// What was decided about something that was asked for, or came of it; it may come at any time.
    Decision(Decided),
    /// Something the person should know about how the answer comes about; it may come at any time.
    Note {
        /// A stable name for programs.
        code: String,
        /// The sentence for the person.
        message: String,
    },
    /// The next piece of the answer.
    Token {
        /// The text; Markdown, never HTML.
        text: Redacted<String>,
        /// `CLOCK_MONOTONIC` when the engine returned it, in nanoseconds; told with the feature `token-timing`.
        #[serde(skip_serializing_if = "Option::is_none")]
        engine_ns: Option<u64>,
    },
    /// Where the answer stands in the documents.
    Citations {
        /// How they were chosen.
        basis: Basis,
        /// The citations.
        citations: Vec<Cited>,
    },
    /// How long everything took.
    Timings(Timings),
    /// The answer is complete.
    Done {
        /// Who gave it.
        answered_by: AnsweredBy,
        /// Why it ended.
        finish: Finish,
    },
    /// There is no answer, or no more of it.
    Error {
        /// A stable name for programs.
        code: String,
        /// What happened, in a sentence for the person.
        message: String,
        /// What the person can do about it, if anything.
        #[serde(skip_serializing_if = "Option::is_none")]
        mend: Option<String>,
    },
}

/// How an answer's citations were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The answer consists of these quotes.
    Quoted,
    /// The language model cited them.
    Cited,
    /// The language model was given them and cited none.
    Given,
}

/// A citation and the number by which the answer names it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Cited {
    /// Stands in the answer as `[1]`.
    pub number: usize,
    /// Where it stands in the documents.
    #[serde(flatten)]
    pub citation: Citation,
}

/// How long everything took, from the arrival of the question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Timings {
    /// Recognising the intent, in milliseconds.
    pub intent_ms: f64,
    /// Searching the documents, in milliseconds.
    pub retrieval_ms: Option<f64>,
    /// Waiting for the language model, in milliseconds.
    pub queue_ms: Option<f64>,
    /// From the question to the first piece of the answer, in milliseconds.
    pub first_token_ms: Option<f64>,
    /// From the question to the end of the answer, in milliseconds.
    pub total_ms: f64,
    /// Tokens that the language model wrote.
    pub tokens: Option<usize>,
    /// How fast it wrote them after the first.
    pub tokens_per_second: Option<f64>,
}

/// Who gave an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnsweredBy {
    /// The node itself, which knew what was wanted.
    Intent,
    /// The node, from a fact about the machine.
    Host,
    /// The documents, quoted.
    Documents,
    /// A language model.
    Model {
        /// Its id.
        id: String,
    },
    /// Nobody: the documents do not say.
    Nobody,
}

impl TurnEvent {
    /// Returns the event's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Intent { .. } => "intent",
            Self::Passages { .. } => "passages",
            Self::Decision(_) => "decision",
            Self::Note { .. } => "note",
            Self::Token { .. } => "token",
            Self::Citations { .. } => "citations",
            Self::Timings(_) => "timings",
            Self::Done { .. } => "done",
            Self::Error { .. } => "error",
        }
    }

    /// Makes a note.
    pub(super) fn note(code: &str, message: impl Into<String>) -> Self {
        Self::Note { code: code.to_owned(), message: message.into() }
    }
}

impl AnsweredBy {
    /// Returns the name for logs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Host => "host",
            Self::Documents => "documents",
            Self::Model { .. } => "model",
            Self::Nobody => "nobody",
        }
    }
}
