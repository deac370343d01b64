//! What `/v1/chat/completions` answers, whole or piece by piece.

use crate::foundation::values::Redacted;
use crate::inference::workers::{Completion, Finish};
use serde::Serialize;

/// A whole answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct ChatCompletion {
    /// Names the answer.
    id: String,
    /// Always `chat.completion`.
    object: &'static str,
    /// When it was begun, in seconds since the Unix epoch.
    created: i64,
    /// The model that gave it.
    model: String,
    /// One answer.
    choices: Vec<Choice>,
    /// What it took.
    usage: Usage,
}

/// An answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Choice {
    /// Always zero.
    index: u32,
    /// What was said.
    message: Said,
    /// Always null.
    logprobs: Option<bool>,
    /// `stop` or `length`.
    finish_reason: &'static str,
}

/// What was said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Said {
    /// Always `assistant`.
    role: &'static str,
    /// The text.
    #[schema(value_type = String)]
    content: Redacted<String>,
    /// Always null.
    refusal: Option<String>,
}

/// What an answer took, in tokens.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Usage {
    /// Of the rendered prompt.
    prompt_tokens: usize,
    /// Of the answer.
    completion_tokens: usize,
    /// Together.
    total_tokens: usize,
    /// About the prompt.
    prompt_tokens_details: PromptDetails,
}

/// What is to say about a prompt's tokens.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
struct PromptDetails {
    /// Those that were still in memory from the request before.
    cached_tokens: usize,
}

/// A piece of an answer.
#[derive(Debug, Serialize)]
pub(super) struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [ChunkChoice<'a>],
    /// Left out unless asked for; null in all pieces but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Took>,
}

/// What the answer took, as far as it is known.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum Took {
    /// Null: the answer is not complete.
    NotYet(()),
    /// All of it.
    All(Usage),
}

#[derive(Debug, Serialize)]
pub(super) struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<bool>,
    finish_reason: Option<&'static str>,
}

#[derive(Debug, Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

/// What all pieces of an answer have in common.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) model: String,
}

/// Whether a stream tells what the answer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    /// It does, in a last piece.
    Usage,
    /// It does not.
    Nothing,
}

impl Usage {
    fn of(completion: &Completion) -> Self {
        let Completion { prompt_tokens, completion_tokens, cached_tokens, .. } = *completion;
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens + completion_tokens,
            prompt_tokens_details: PromptDetails { cached_tokens },
        }
    }
}

impl Head {
    /// Returns the whole answer.
    pub(super) fn whole(self, content: String, completion: &Completion) -> ChatCompletion {
        let message = Said { role: "assistant", content: Redacted(content), refusal: None };
        let finish_reason = reason(completion.finish);
        ChatCompletion {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: vec![Choice { index: 0, message, logprobs: None, finish_reason }],
            usage: Usage::of(completion),
        }
    }

    /// Writes the first piece, which says who speaks.
    pub(super) fn first(&self, tell: Tell) -> String {
        let delta = Delta { role: Some("assistant"), content: Some("") };
        self.piece(&[choice(delta, None)], tell, Took::NotYet(()))
    }

    /// Writes a piece of text.
    pub(super) fn text(&self, text: &str, tell: Tell) -> String {
        let delta = Delta { content: Some(text), ..Delta::default() };
        self.piece(&[choice(delta, None)], tell, Took::NotYet(()))
    }

    /// Writes the piece that says why the answer ended.
    pub(super) fn end(&self, completion: &Completion, tell: Tell) -> String {
        let choice = choice(Delta::default(), Some(reason(completion.finish)));
        self.piece(&[choice], tell, Took::NotYet(()))
    }

    /// Writes the piece that tells what the answer took.
    pub(super) fn usage(&self, completion: &Completion) -> String {
        self.piece(&[], Tell::Usage, Took::All(Usage::of(completion)))
    }

    fn piece(&self, choices: &[ChunkChoice<'_>], tell: Tell, took: Took) -> String {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage: (tell == Tell::Usage).then_some(took),
        };
        // Text and numbers always become JSON.
        serde_json::to_string(&chunk).unwrap_or_default()
    }
}

fn choice<'a>(delta: Delta<'a>, finish_reason: Option<&'static str>) -> ChunkChoice<'a> {
    ChunkChoice { index: 0, delta, logprobs: None, finish_reason }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        // Whoever cancelled does not read this.
        Finish::Stop | Finish::Cancelled => "stop",
        Finish::Length => "length",
    }
}
