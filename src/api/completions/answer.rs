//! What is answered, whole or piece by piece.

use super::{
    text::{self, TextLogprobs},
    tools::ToolCall,
};
use crate::foundation::values::Redacted;
use crate::inference::workers::{Completion, Finish, Likely, TokenLogprob};
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
    /// The answers.
    choices: Vec<Choice>,
    /// What it took.
    usage: Usage,
}

/// An answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Choice {
    /// Which answer it is, from zero.
    index: usize,
    /// What was said.
    message: Said,
    /// How likely each token was; null unless it was asked for.
    logprobs: Option<Logprobs>,
    /// `stop`, `length` or `tool_calls`.
    finish_reason: &'static str,
}

/// What was said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Said {
    /// Always `assistant`.
    role: &'static str,
    /// The text; null if the answer is nothing but calls.
    #[schema(value_type = Option<String>)]
    content: Option<Redacted<String>>,
    /// Always null.
    refusal: Option<String>,
    /// Which tools are to be called; left out if none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<Vec<ToolCall>>,
}

/// How likely the tokens of an answer were.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Logprobs {
    /// Each token, in its place.
    content: Vec<Logprob>,
    /// Always null.
    refusal: Option<String>,
}

/// How likely a token was.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Logprob {
    /// The token that came.
    #[serde(flatten)]
    token: TopLogprob,
    /// The likeliest tokens, likeliest first.
    top_logprobs: Vec<TopLogprob>,
}

/// A token and its probability.
#[derive(Serialize, utoipa::ToSchema)]
struct TopLogprob {
    /// The token as text; what is no whole character is replaced.
    #[schema(value_type = String)]
    token: Redacted<String>,
    /// The natural logarithm of its probability.
    logprob: f32,
    /// The bytes that it adds.
    bytes: Vec<u8>,
}

/// Prints no token.
impl std::fmt::Debug for TopLogprob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TopLogprob({})", self.logprob)
    }
}

impl Logprobs {
    /// Returns what was asked for, if it was.
    pub(super) fn of(tokens: Vec<TokenLogprob>) -> Option<Self> {
        let content: Vec<Logprob> = tokens.into_iter().map(Logprob::of).collect();
        (!content.is_empty()).then_some(Self { content, refusal: None })
    }
}

impl Logprob {
    fn of(told: TokenLogprob) -> Self {
        let top_logprobs = told.top.into_iter().map(TopLogprob::of).collect();
        Self { token: TopLogprob::of(told.token), top_logprobs }
    }
}

impl TopLogprob {
    fn of(Likely { bytes, logprob }: Likely) -> Self {
        let token = Redacted(String::from_utf8_lossy(&bytes).into_owned());
        // JSON has no infinity; OpenAI writes this for what is as good as impossible.
        Self { token, logprob: logprob.max(-9999.0), bytes }
    }
}

/// What the model said.
#[derive(Clone)]
pub(super) struct Spoken {
    /// The text.
    pub(super) text: String,
    /// Which tools it calls.
    pub(super) calls: Vec<ToolCall>,
}

/// What an answer took, in tokens.
#[derive(Clone, Copy, Debug, Default, Serialize, utoipa::ToSchema)]
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
#[derive(Clone, Copy, Debug, Default, Serialize, utoipa::ToSchema)]
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

/// A piece of one answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ChunkChoice<'a> {
    /// Of a message.
    Chat {
        index: usize,
        delta: Delta<'a>,
        logprobs: Option<Logprobs>,
        finish_reason: Option<&'static str>,
    },
    /// Of text.
    Text {
        index: usize,
        text: &'a str,
        logprobs: Option<TextLogprobs>,
        finish_reason: Option<&'static str>,
    },
}

/// What a piece adds to a message.
#[derive(Debug, Default, Serialize)]
pub(super) struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<Vec<NumberedCall<'a>>>,
}

/// A call in a stream, which says which one it is.
#[derive(Debug, Serialize)]
struct NumberedCall<'a> {
    index: usize,
    #[serde(flatten)]
    call: &'a ToolCall,
}

/// What all pieces of an answer have in common.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) model: String,
    pub(super) shape: Shape,
}

/// In which of OpenAI's two forms an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A message.
    Chat,
    /// Text alone.
    Text,
}

impl Shape {
    /// Returns what the ids of such answers begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Chat => "chatcmpl",
            Self::Text => "cmpl",
        }
    }

    /// Returns what pieces of such answers are called.
    fn object(self) -> &'static str {
        match self {
            Self::Chat => "chat.completion.chunk",
            Self::Text => text::OBJECT,
        }
    }
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
    /// Counts one more answer in; a prompt is counted once, as the first answer to it found it.
    pub(super) fn add(&mut self, completion: &Completion, first: bool) {
        if first {
            self.prompt_tokens += completion.prompt_tokens;
            self.prompt_tokens_details.cached_tokens += completion.cached_tokens;
        }
        self.completion_tokens += completion.completion_tokens;
        self.total_tokens = self.prompt_tokens + self.completion_tokens;
    }
}

impl Choice {
    /// Returns the answer at its place.
    pub(super) fn new(index: usize, spoken: Spoken, completion: Completion) -> Self {
        let Completion { finish, logprobs, .. } = completion;
        let finish_reason = spoken.reason(finish);
        let Spoken { text, calls } = spoken;
        let content = (calls.is_empty() || !text.is_empty()).then_some(Redacted(text));
        let tool_calls = (!calls.is_empty()).then_some(calls);
        let message = Said { role: "assistant", content, refusal: None, tool_calls };
        Self { index, message, logprobs: Logprobs::of(logprobs), finish_reason }
    }
}

impl Spoken {
    fn reason(&self, finish: Finish) -> &'static str {
        if self.calls.is_empty() { reason(finish) } else { "tool_calls" }
    }
}

impl Head {
    /// Returns whole answers.
    pub(super) fn whole(self, answers: Vec<(Spoken, Completion)>, usage: Usage) -> ChatCompletion {
        let choice = |(index, (spoken, completion))| Choice::new(index, spoken, completion);
        ChatCompletion {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: answers.into_iter().enumerate().map(choice).collect(),
            usage,
        }
    }

    /// Writes the first piece of an answer, which says who speaks, where that is said.
    pub(super) fn first(&self, index: usize, tell: Tell) -> Option<String> {
        let delta = Delta { role: Some("assistant"), content: Some(""), ..Delta::default() };
        let first = || self.piece(&[choice(index, delta, None)], tell, Took::NotYet(()));
        (self.shape == Shape::Chat).then(first)
    }

    /// Writes a piece of text.
    pub(super) fn text(&self, index: usize, text: &str, tell: Tell) -> String {
        let choice = match self.shape {
            Shape::Chat => choice(index, Delta { content: Some(text), ..Delta::default() }, None),
            Shape::Text => ChunkChoice::Text { index, text, logprobs: None, finish_reason: None },
        };
        self.piece(&[choice], tell, Took::NotYet(()))
    }

    /// Writes the calls of tools.
    pub(super) fn calls(&self, index: usize, calls: &[ToolCall], tell: Tell) -> String {
        let numbered = |(index, call)| NumberedCall { index, call };
        let calls = calls.iter().enumerate().map(numbered).collect();
        let delta = Delta { tool_calls: Some(calls), ..Delta::default() };
        self.piece(&[choice(index, delta, None)], tell, Took::NotYet(()))
    }

    /// Writes the piece that says why an answer ended, and how likely its tokens were.
    pub(super) fn end(
        &self,
        index: usize,
        spoken: &Spoken,
        completion: Completion,
        tell: Tell,
    ) -> String {
        let (finish_reason, told) = (Some(spoken.reason(completion.finish)), completion.logprobs);
        let choice = match self.shape {
            Shape::Chat => ChunkChoice::Chat {
                index,
                delta: Delta::default(),
                logprobs: Logprobs::of(told),
                finish_reason,
            },
            Shape::Text => ChunkChoice::Text {
                index,
                text: "",
                logprobs: TextLogprobs::of(told),
                finish_reason,
            },
        };
        self.piece(&[choice], tell, Took::NotYet(()))
    }

    /// Writes the piece that tells what all answers took.
    pub(super) fn usage(&self, usage: Usage) -> String {
        self.piece(&[], Tell::Usage, Took::All(usage))
    }

    fn piece(&self, choices: &[ChunkChoice<'_>], tell: Tell, took: Took) -> String {
        let chunk = Chunk {
            id: &self.id,
            object: self.shape.object(),
            created: self.created,
            model: &self.model,
            choices,
            usage: (tell == Tell::Usage).then_some(took),
        };
        // Text and numbers always become JSON.
        serde_json::to_string(&chunk).unwrap_or_default()
    }
}

fn choice<'a>(
    index: usize,
    delta: Delta<'a>,
    finish_reason: Option<&'static str>,
) -> ChunkChoice<'a> {
    ChunkChoice::Chat { index, delta, logprobs: None, finish_reason }
}

pub(super) fn reason(finish: Finish) -> &'static str {
    match finish {
        // Whoever cancelled does not read this.
        Finish::Stop | Finish::Cancelled => "stop",
        Finish::Length => "length",
    }
}
