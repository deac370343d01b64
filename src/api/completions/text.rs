//! `/v1/completions`: the older of OpenAI's two protocols, which continues text as it stands.

use super::{
    answer::{Head, Spoken, Usage, reason},
    chat::{MOST_ANSWERS, MOST_TOKENS, Stop, StreamOptions, narrow, outside, sampling},
    schema,
};
use crate::api::{
    error::{Failure, FieldError},
    extractors::Validate,
    strict::{self, Whole},
};
use crate::foundation::values::Redacted;
use crate::inference::workers::{Completion, Generate, Likely, Prompt, Sampling, TokenLogprob};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What an answer, and each piece of it, is called.
pub(super) const OBJECT: &str = "text_completion";

/// How long an answer is unless the request says otherwise, in tokens; OpenAI's own number.
const SHORT: usize = 16;

/// How many of the likeliest tokens are told with each, as many as OpenAI tells here.
const MOST_LOGPROBS: i64 = 5;

/// How many prompts one request may have.
const MOST_PROMPTS: usize = 64;

/// What is to be continued, and how.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what says nothing to this node is taken all the same")]
pub(in crate::api) struct TextRequest {
    /// An id from `/v1/models`, or `default` for whichever model the node has loaded.
    #[schema(example = "default", min_length = 1)]
    pub(super) model: String,
    /// A text, a list of texts, a list of the model's tokens, or a list of such lists.
    #[schema(schema_with = schema::prompts)]
    prompt: Prompts,
    /// Whether the answer comes as server-sent events.
    #[serde(default)]
    pub(super) stream: Option<bool>,
    /// Options of a stream.
    #[serde(default, deserialize_with = "strict::option")]
    pub(super) stream_options: Option<StreamOptions>,
    /// The longest answer, in tokens; 16 unless it is given.
    #[schema(minimum = 1, maximum = 1_048_576, value_type = Option<u64>)]
    max_tokens: Option<Whole>,
    /// Zero always takes the likeliest token; more is bolder. Unset, the model's own default counts.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f64>,
    /// Keeps the likeliest tokens whose probabilities sum to this.
    #[schema(minimum = 0, maximum = 1)]
    top_p: Option<f64>,
    /// Makes the choice repeatable.
    #[schema(value_type = Option<i64>)]
    seed: Option<Whole>,
    /// Texts at which the answer ends.
    #[schema(schema_with = schema::stop)]
    stop: Option<Stop>,
    /// How many answers to each prompt. They are made one after the other, each from the next seed.
    #[schema(minimum = 1, maximum = 16, value_type = Option<u64>)]
    n: Option<Whole>,
    /// With how many of the likeliest tokens it is told how likely each token was. In a stream that comes with the last piece of an answer.
    #[schema(minimum = 0, maximum = 5, value_type = Option<u64>)]
    logprobs: Option<Whole>,
    /// Not supported: the answer is what comes after the prompt.
    #[schema(value_type = Option<bool>)]
    echo: Option<bool>,
    /// Not supported: no text is filled in.
    #[schema(max_length = 0)]
    suffix: Option<String>,
    /// Not supported: all answers are told, so this has to be `n`.
    #[schema(minimum = 1, maximum = 16, value_type = Option<u64>)]
    best_of: Option<Whole>,
    /// Not supported.
    #[schema(minimum = 0, maximum = 0)]
    frequency_penalty: Option<f64>,
    /// Not supported.
    #[schema(minimum = 0, maximum = 0)]
    presence_penalty: Option<f64>,
    /// Not supported.
    #[schema(schema_with = schema::empty)]
    logit_bias: Option<Map<String, Value>>,
    /// Says nothing to this node.
    user: Option<String>,
}

/// What is to be continued.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "must be text, a list of texts, a list of tokens, or a list of such lists"
)]
enum Prompts {
    Text(Redacted<String>),
    Texts(Vec<Redacted<String>>),
    Tokens(Vec<Whole>),
    Lists(Vec<Vec<Whole>>),
}

impl Prompts {
    /// Returns whether there are numbers that no token has.
    fn has_strange_tokens(&self) -> bool {
        let lists = match self {
            Self::Text(_) | Self::Texts(_) => &[],
            Self::Tokens(tokens) => std::slice::from_ref(tokens),
            Self::Lists(lists) => lists.as_slice(),
        };
        lists.iter().flatten().any(|token| u32::try_from(token.0).is_err())
    }
}

impl Validate for TextRequest {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let length = |msg: String| FieldError::in_body("prompt", "wrong_length", msg);
        let (count, empty) = match &self.prompt {
            Prompts::Text(text) => (1, text.expose().is_empty()),
            Prompts::Texts(texts) => {
                (texts.len(), texts.iter().any(|text| text.expose().is_empty()))
            }
            Prompts::Tokens(tokens) => (1, tokens.is_empty()),
            Prompts::Lists(lists) => (lists.len(), lists.iter().any(Vec::is_empty)),
        };
        if empty {
            problems.push(length("is empty: there is nothing to continue".to_owned()));
        } else if self.prompt.has_strange_tokens() {
            let msg = format!("must have tokens from 0 to {}", u32::MAX);
            problems.push(FieldError::in_body("prompt", "out_of_range", msg));
        } else if !(1..=MOST_PROMPTS).contains(&count) {
            problems.push(length(format!("may have 1 to {MOST_PROMPTS} prompts, not {count}")));
        }
        for (name, value, range) in
            [("temperature", self.temperature, 0.0..=2.0), ("top_p", self.top_p, 0.0..=1.0)]
        {
            problems.extend(value.and_then(|value| outside(name, &value, &range)));
        }
        for (name, value, range) in [
            ("max_tokens", self.max_tokens, 1..=MOST_TOKENS),
            ("logprobs", self.logprobs, 0..=MOST_LOGPROBS),
            ("n", self.n, 1..=MOST_ANSWERS),
            ("best_of", self.best_of, 1..=MOST_ANSWERS),
        ] {
            problems.extend(value.and_then(|value| outside(name, &value.0, &range)));
        }
        problems.extend(self.stop.as_ref().and_then(Stop::problem));
        problems
    }
}

impl TextRequest {
    /// Refuses what would be ignored otherwise.
    pub(super) fn supported(&self) -> Result<(), Failure> {
        let zero = |penalty: Option<f64>| penalty.is_none_or(|penalty| penalty == 0.0);
        let one = self.n.map_or(1, |n| n.0);
        for (field, fine, msg) in [
            (
                "echo",
                self.echo != Some(true),
                "must be false: the answer is what comes after the prompt",
            ),
            ("suffix", self.suffix.as_ref().is_none_or(String::is_empty), "is not supported"),
            (
                "best_of",
                self.best_of.is_none_or(|best| best.0 == one),
                "must be n: all answers are told",
            ),
            ("frequency_penalty", zero(self.frequency_penalty), "must be 0"),
            ("presence_penalty", zero(self.presence_penalty), "must be 0"),
            ("logit_bias", self.logit_bias.as_ref().is_none_or(Map::is_empty), "is not supported"),
        ] {
            if !fine {
                return Err(Failure::unsupported(field, msg));
            }
        }
        Ok(())
    }

    /// Returns how many answers to each prompt are wanted.
    pub(super) fn answers(&self) -> usize {
        self.n.map_or(1, |n| usize::try_from(n.0).unwrap_or(1))
    }

    /// Returns what the worker is asked, once for each prompt.
    pub(super) fn generate(self) -> Vec<Generate> {
        let number = |value: Whole| usize::try_from(value.0).ok();
        let asked = Generate {
            sampling: sampling(Sampling {
                temperature: self.temperature.map(narrow),
                top_p: self.top_p.map(narrow),
                seed: self.seed.map(|seed| seed.0.cast_unsigned()),
                ..Sampling::default()
            }),
            max_tokens: self.max_tokens.and_then(number).unwrap_or(SHORT),
            stop: self.stop.as_ref().map(Stop::texts).unwrap_or_default().to_vec(),
            top_logprobs: self.logprobs.and_then(number),
            ..Generate::default()
        };
        let prompts: Vec<Prompt> = match self.prompt {
            Prompts::Text(text) => vec![Prompt::Text(text)],
            Prompts::Texts(texts) => texts.into_iter().map(Prompt::Text).collect(),
            Prompts::Tokens(tokens) => vec![Prompt::Tokens(numbers(&tokens))],
            Prompts::Lists(lists) => {
                lists.iter().map(|tokens| Prompt::Tokens(numbers(tokens))).collect()
            }
        };
        prompts
            .into_iter()
            .map(|prompt| Generate { prompt: Some(prompt), ..asked.clone() })
            .collect()
    }
}

fn numbers(tokens: &[Whole]) -> Vec<u32> {
    tokens.iter().filter_map(|token| u32::try_from(token.0).ok()).collect()
}

/// Whole answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct TextCompletion {
    /// Names the answer.
    id: String,
    /// Always `text_completion`.
    object: &'static str,
    /// When it was begun, in seconds since the Unix epoch.
    created: i64,
    /// The model that gave it.
    model: String,
    /// The answers, those to the first prompt first.
    choices: Vec<TextChoice>,
    /// What they took.
    usage: Usage,
}

/// An answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TextChoice {
    /// Which answer it is, from zero.
    index: usize,
    /// What comes after the prompt.
    #[schema(value_type = String)]
    text: Redacted<String>,
    /// How likely each token was; null unless it was asked for.
    logprobs: Option<TextLogprobs>,
    /// `stop` or `length`.
    finish_reason: &'static str,
}

/// How likely the tokens of an answer were.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub(super) struct TextLogprobs {
    /// The tokens as text; what is no whole character is replaced.
    tokens: Vec<String>,
    /// The natural logarithm of each one's probability.
    token_logprobs: Vec<f32>,
    /// The likeliest tokens in each place, with the same.
    top_logprobs: Vec<BTreeMap<String, f32>>,
    /// Where each token begins in the answer, in characters.
    text_offset: Vec<usize>,
}

/// Prints no token.
impl std::fmt::Debug for TextLogprobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TextLogprobs(of {} tokens)", self.tokens.len())
    }
}

impl TextLogprobs {
    /// Returns what was asked for, if it was.
    pub(super) fn of(told: Vec<TokenLogprob>) -> Option<Self> {
        // JSON has no infinity; OpenAI writes this for what is as good as impossible.
        let read = |Likely { bytes, logprob }: Likely| {
            (String::from_utf8_lossy(&bytes).into_owned(), logprob.max(-9999.0))
        };
        let (mut all, mut offset) = (Self::default(), 0);
        for TokenLogprob { token, top } in told {
            let (token, logprob) = read(token);
            all.text_offset.push(offset);
            offset += token.chars().count();
            all.tokens.push(token);
            all.token_logprobs.push(logprob);
            all.top_logprobs.push(top.into_iter().map(read).collect());
        }
        (!all.tokens.is_empty()).then_some(all)
    }
}

impl TextCompletion {
    /// Returns whole answers.
    pub(super) fn of(head: Head, answers: Vec<(Spoken, Completion)>, usage: Usage) -> Self {
        let choice = |(index, (spoken, completion)): (usize, (Spoken, Completion))| TextChoice {
            index,
            text: Redacted(spoken.text),
            logprobs: TextLogprobs::of(completion.logprobs),
            finish_reason: reason(completion.finish),
        };
        Self {
            id: head.id,
            object: OBJECT,
            created: head.created,
            model: head.model,
            choices: answers.into_iter().enumerate().map(choice).collect(),
            usage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(extra: &Value) -> TextRequest {
        let mut body = json!({"model": "m", "prompt": "Once"});
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (field, value) in [
            ("prompt", json!("")),
            ("prompt", json!([])),
            ("prompt", json!(["a", ""])),
            ("prompt", json!([[1], []])),
            ("prompt", json!(vec!["a"; 65])),
            ("prompt", json!([1, -1])),
            ("temperature", json!(2.1)),
            ("top_p", json!(-1)),
            ("max_tokens", json!(0)),
            ("logprobs", json!(6)),
            ("n", json!(10_000)),
            ("stop", json!(["a", "b", "c", "d", "e"])),
        ] {
            let problems = request(&json!({field: value})).problems();
            assert_eq!(problems.len(), 1, "{field} {value}");
            let loc = serde_json::to_value(&problems[0]).unwrap()["loc"].clone();
            assert_eq!(loc, json!(["body", field]));
        }
    }

    #[test]
    fn what_would_change_the_answer_and_is_not_supported_is_refused() {
        for (field, value) in [
            ("echo", json!(true)),
            ("suffix", json!("the end")),
            ("best_of", json!(2)),
            ("presence_penalty", json!(-1)),
            ("logit_bias", json!({"50256": -100})),
        ] {
            let refused = request(&json!({field: value})).supported().unwrap_err();
            assert_eq!(refused.open_ai().error.param.as_deref(), Some(field));
        }
        request(&json!({"best_of": 2, "n": 2, "echo": false, "suffix": ""})).supported().unwrap();
    }

    #[test]
    fn each_prompt_is_asked_for_as_it_was_given() {
        for (prompt, expected) in [
            (json!("a"), vec![Prompt::Text("a".to_owned().into())]),
            (json!([7, 8.0]), vec![Prompt::Tokens(vec![7, 8])]),
            (json!([[7], [8]]), vec![Prompt::Tokens(vec![7]), Prompt::Tokens(vec![8])]),
        ] {
            let asked = request(&json!({"prompt": prompt, "top_p": 0})).generate();
            let prompts: Vec<_> = asked.iter().filter_map(|asked| asked.prompt.clone()).collect();
            assert_eq!(prompts, expected);
            assert_eq!((asked[0].max_tokens, asked[0].sampling.top_k), (16, Some(1)));
        }
    }
}
