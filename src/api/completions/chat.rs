//! What `/v1/chat/completions` takes: the OpenAI request, and of its options those that this node knows how to honour.
//!
//! An option that would change the answer and is not known here is refused by name: ignoring it would be a silent lie.

use super::{
    schema,
    tools::{self, Calling, Tool, ToolCall, ToolChoice},
};
use crate::api::{
    error::{Failure, FieldError},
    extractors::Validate,
    strict::{self, Whole},
};
use crate::foundation::values::Redacted;
use crate::inference::workers::{ChatMessage, Format, Generate, Sampling};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;
use utoipa::{
    PartialSchema,
    openapi::{RefOr, Schema},
};

/// Far above any context there is. Whether prompt and answer fit the context, the worker says.
pub(super) const MOST_TOKENS: i64 = 1_048_576;

/// How many of the likeliest tokens are told with each, as many as OpenAI tells.
const MOST_LOGPROBS: i64 = 20;

/// How many answers one request may have; each takes its turn in the queue.
pub(super) const MOST_ANSWERS: i64 = 16;

/// What is to be completed, and how.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what says nothing to this node is taken all the same")]
pub(in crate::api) struct ChatRequest {
    /// An id from `/v1/models`, or `default` for whichever model the node has loaded.
    #[schema(example = "default", min_length = 1)]
    pub(super) model: String,
    /// The conversation so far.
    #[schema(min_items = 1)]
    #[serde(deserialize_with = "strict::list")]
    messages: Vec<Message>,
    /// Whether the answer comes as server-sent events.
    #[serde(default)]
    pub(super) stream: Option<bool>,
    /// Options of a stream.
    #[serde(default, deserialize_with = "strict::option")]
    pub(super) stream_options: Option<StreamOptions>,
    /// Zero always takes the likeliest token; more is bolder. Unset, the model's own default counts.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f64>,
    /// Keeps the likeliest tokens whose probabilities sum to this.
    #[schema(minimum = 0, maximum = 1)]
    top_p: Option<f64>,
    /// Keeps this many of the likeliest tokens; zero keeps all. Not in OpenAI's protocol, but common.
    #[schema(minimum = 0, maximum = 1_048_576, value_type = Option<u64>)]
    top_k: Option<Whole>,
    /// Keeps tokens at least this times as likely as the likeliest. Not in OpenAI's protocol, but common.
    #[schema(minimum = 0, exclusive_maximum = 1)]
    min_p: Option<f64>,
    /// Makes tokens that occurred already less likely. Not in OpenAI's protocol, but common.
    #[schema(minimum = 1, maximum = 10)]
    repetition_penalty: Option<f64>,
    /// Makes the choice repeatable.
    #[schema(value_type = Option<i64>)]
    seed: Option<Whole>,
    /// The longest answer, in tokens.
    #[schema(minimum = 1, maximum = 1_048_576, value_type = Option<u64>)]
    max_completion_tokens: Option<Whole>,
    /// The older name of `max_completion_tokens`.
    #[schema(minimum = 1, maximum = 1_048_576, value_type = Option<u64>)]
    max_tokens: Option<Whole>,
    /// Texts at which the answer ends.
    #[schema(schema_with = schema::stop)]
    stop: Option<Stop>,
    /// How many answers. They are made one after the other, each from the next seed.
    #[schema(minimum = 1, maximum = 16, value_type = Option<u64>)]
    n: Option<Whole>,
    /// Not supported; `repetition_penalty` is.
    #[schema(minimum = 0, maximum = 0)]
    frequency_penalty: Option<f64>,
    /// Not supported; `repetition_penalty` is.
    #[schema(minimum = 0, maximum = 0)]
    presence_penalty: Option<f64>,
    /// Not supported.
    #[schema(schema_with = schema::empty)]
    logit_bias: Option<Map<String, Value>>,
    /// Whether it is told how likely each token was. In a stream that comes with the last piece of an answer.
    logprobs: Option<bool>,
    /// How many of the likeliest tokens are told with each token; only with `logprobs`.
    #[schema(minimum = 0, maximum = 20, value_type = Option<u64>)]
    top_logprobs: Option<Whole>,
    /// Functions that the model may call, by saying so; this node calls none. A stream with tools comes in one piece.
    #[schema(max_items = 128)]
    #[serde(default, deserialize_with = "strict::maybe_list")]
    tools: Option<Vec<Tool>>,
    /// Which of them it is to call; where it has to, its answer is held to the form of a call.
    tool_choice: Option<ToolChoice>,
    /// What the answer has to be. It is held to that while it is written: no other token can be chosen.
    #[serde(default, deserialize_with = "strict::option")]
    response_format: Option<ResponseFormat>,
    /// Says nothing to this node.
    user: Option<String>,
    /// Says nothing to this node.
    metadata: Option<Map<String, Value>>,
    /// Says nothing to this node, which keeps no completion.
    store: Option<bool>,
    /// Says nothing to this node.
    parallel_tool_calls: Option<bool>,
}

/// One message of the conversation so far.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what says nothing to this node is taken all the same")]
struct Message {
    /// Who speaks.
    role: Role,
    /// What is said.
    #[schema(schema_with = content, required = true)]
    content: Option<Content>,
    /// Says nothing to this node.
    name: Option<String>,
    /// Which call a tool's message answers.
    tool_call_id: Option<String>,
    /// Which tools the assistant has called.
    #[serde(default, deserialize_with = "strict::maybe_list")]
    tool_calls: Option<Vec<ToolCall>>,
    /// Says nothing to this node.
    refusal: Option<String>,
    /// What the official client adds to messages that it got, and sends back: it says nothing to this node.
    #[schema(value_type = Option<serde_json::Value>)]
    annotations: Option<IgnoredAny>,
    /// The same.
    #[schema(value_type = Option<serde_json::Value>)]
    parsed: Option<IgnoredAny>,
    /// Only null: this node speaks text.
    #[schema(value_type = Option<serde_json::Value>)]
    audio: Option<IgnoredAny>,
    /// Only null: `tool_calls` has taken its place.
    #[schema(value_type = Option<serde_json::Value>)]
    function_call: Option<IgnoredAny>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Role {
    /// Instructions.
    System,
    /// The newer name of `system`.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// What a tool returned.
    Tool,
}

/// What is said: text, whole or in parts.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "must be text, or a list of parts with type \"text\"")]
enum Content {
    /// As one text.
    Text(Redacted<String>),
    /// In parts.
    Parts(#[serde(deserialize_with = "strict::list")] Vec<Part>),
}

/// Returns the schema of [`Content`].
fn content() -> RefOr<Schema> {
    schema::text_or(Part::schema())
}

/// A part of what is said.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Part {
    /// Its kind; only `text` is supported.
    #[serde(rename = "type")]
    #[schema(pattern = "^text$", example = "text")]
    kind: String,
    /// The text.
    #[schema(value_type = String, required = true)]
    text: Option<Redacted<String>>,
}

/// Texts at which an answer ends.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "must be text, or a list of texts")]
pub(super) enum Stop {
    /// One.
    One(Redacted<String>),
    /// Up to four.
    Many(Vec<Redacted<String>>),
}

/// Options of a stream.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct StreamOptions {
    /// Whether the stream ends with the number of tokens.
    #[serde(default)]
    pub(super) include_usage: Option<bool>,
    /// Says nothing to this node.
    #[serde(default)]
    #[expect(dead_code, reason = "clients may send it")]
    include_obfuscation: Option<bool>,
}

/// What the answer has to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    /// Any text.
    Text,
    /// A JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema {
        /// The schema and its name.
        #[serde(deserialize_with = "strict::object")]
        json_schema: NamedSchema,
    },
}

/// A JSON Schema and its name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what says nothing to this node is taken all the same")]
struct NamedSchema {
    /// Says nothing to this node.
    name: String,
    /// Says nothing to this node.
    #[serde(default)]
    description: Option<String>,
    /// The JSON Schema.
    #[schema(value_type = Object)]
    schema: Map<String, Value>,
    /// Says nothing to this node: answers always fit.
    #[serde(default)]
    strict: Option<bool>,
}

impl Validate for ChatRequest {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if self.messages.is_empty() {
            let msg = "is empty: there is nothing to answer";
            problems.push(FieldError::in_body("messages", "wrong_length", msg));
        }
        for (name, value, range) in [
            ("temperature", self.temperature, 0.0..=2.0),
            ("top_p", self.top_p, 0.0..=1.0),
            ("min_p", self.min_p, 0.0..=1.0_f64.next_down()),
            ("repetition_penalty", self.repetition_penalty, 1.0..=10.0),
        ] {
            problems.extend(value.and_then(|value| outside(name, &value, &range)));
        }
        for (name, value, least) in [
            ("top_k", self.top_k, 0),
            ("max_tokens", self.max_tokens, 1),
            ("max_completion_tokens", self.max_completion_tokens, 1),
        ] {
            problems
                .extend(value.and_then(|value| outside(name, &value.0, &(least..=MOST_TOKENS))));
        }
        let range = 0..=MOST_LOGPROBS;
        problems.extend(self.top_logprobs.and_then(|top| outside("top_logprobs", &top.0, &range)));
        problems.extend(self.n.and_then(|n| outside("n", &n.0, &(1..=MOST_ANSWERS))));
        problems.extend(tools::problems(self.tools()));
        problems.extend(self.stop.as_ref().and_then(Stop::problem));
        let missing = self
            .messages
            .iter()
            .enumerate()
            .filter_map(|(at, message)| Some(format!("messages.{at}.{}", message.misses()?)));
        problems.extend(missing.map(|path| FieldError::in_body(&path, "missing", "is missing")));
        problems
    }
}

pub(super) fn outside<T: PartialOrd + std::fmt::Display>(
    name: &str,
    value: &T,
    range: &RangeInclusive<T>,
) -> Option<FieldError> {
    let msg = || format!("must be from {} to {}", range.start(), range.end());
    (!range.contains(value)).then(|| FieldError::in_body(name, "out_of_range", msg()))
}

impl ChatRequest {
    /// Refuses what would be ignored otherwise, and what cannot be done though each field has a right form.
    pub(super) fn supported(&self) -> Result<(), Failure> {
        let zero = |penalty: Option<f64>| penalty.is_none_or(|penalty| penalty == 0.0);
        for (field, fine, msg) in [
            (
                "frequency_penalty",
                zero(self.frequency_penalty),
                "must be 0: use repetition_penalty",
            ),
            ("presence_penalty", zero(self.presence_penalty), "must be 0: use repetition_penalty"),
            ("logit_bias", self.logit_bias.as_ref().is_none_or(Map::is_empty), "is not supported"),
            (
                "top_logprobs",
                self.logprobs == Some(true) || self.top_logprobs.is_none_or(|top| top.0 == 0),
                "needs logprobs to be true",
            ),
            ("tools", tools::have_names_of_their_own(self.tools()), "must each have another name"),
            (
                "tool_choice",
                tools::can_choose(self.tools(), self.tool_choice.as_ref()),
                "names none of the tools: there is nothing to call",
            ),
        ] {
            if !fine {
                return Err(Failure::unsupported(field, msg));
            }
        }
        self.messages.iter().enumerate().try_for_each(|(at, message)| message.supported(at))
    }

    /// Returns how many answers are wanted.
    pub(super) fn answers(&self) -> usize {
        self.n.map_or(1, |n| usize::try_from(n.0).unwrap_or(1))
    }

    /// Returns what the worker is asked, and what calls are looked for in its answer; an answer may have `otherwise` tokens
    /// unless the request says how many.
    pub(super) fn generate(self, otherwise: usize) -> (Generate, Option<Calling>) {
        let format = match &self.response_format {
            None | Some(ResponseFormat::Text) => None,
            Some(ResponseFormat::JsonObject) => Some(Format::JsonObject),
            Some(ResponseFormat::JsonSchema { json_schema }) => {
                Some(Format::JsonSchema(Value::Object(json_schema.schema.clone())))
            }
        };
        let told = tools::told(self.tools(), self.tool_choice.as_ref(), format.clone());
        let (definitions, format, calling) = match told {
            Some((definitions, form, calling)) => (Some(definitions), form, Some(calling)),
            None => (None, format, None),
        };
        let wanted = self.max_completion_tokens.or(self.max_tokens);
        let wanted = wanted.map_or(otherwise, |most| usize::try_from(most.0).unwrap_or(otherwise));
        let stop = self.stop.as_ref().map(Stop::texts).unwrap_or_default().to_vec();
        let top = self.top_logprobs.map_or(0, |top| usize::try_from(top.0).unwrap_or(0));
        let top_logprobs = (self.logprobs == Some(true)).then_some(top);
        let sampling = sampling(Sampling {
            temperature: self.temperature.map(narrow),
            top_k: self.top_k.and_then(|k| usize::try_from(k.0).ok()),
            top_p: self.top_p.map(narrow),
            min_p: self.min_p.map(narrow),
            repetition_penalty: self.repetition_penalty.map(narrow),
            seed: self.seed.map(|seed| seed.0.cast_unsigned()),
        });
        let generate = Generate {
            messages: self.messages.into_iter().map(Message::told).collect(),
            prompt: None,
            tools: definitions,
            sampling,
            max_tokens: wanted,
            stop,
            format,
            top_logprobs,
        };
        (generate, calling)
    }

    fn tools(&self) -> &[Tool] {
        self.tools.as_deref().unwrap_or_default()
    }
}

impl Stop {
    pub(super) fn texts(&self) -> &[Redacted<String>] {
        match self {
            Self::One(stop) => std::slice::from_ref(stop),
            Self::Many(stops) => stops,
        }
    }

    pub(super) fn problem(&self) -> Option<FieldError> {
        let texts = self.texts();
        let fine = texts.len() <= 4 && texts.iter().all(|stop| !stop.expose().is_empty());
        let msg = "must be one to four texts, none of them empty";
        (!fine).then(|| FieldError::in_body("stop", "wrong_length", msg))
    }
}

/// Returns the sampling that was asked for, as the model can do it.
pub(super) fn sampling(mut asked: Sampling) -> Sampling {
    if asked.top_p.is_some_and(|p| p <= 0.0) {
        // The smallest nucleus there is holds the likeliest token alone.
        (asked.top_p, asked.top_k) = (None, Some(1));
    }
    asked
}

/// Rounds towards zero where `f32` is too coarse, so that what is below a bound stays below it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range was checked; precision is not needed"
)]
pub(super) fn narrow(value: f64) -> f32 {
    let narrowed = value as f32;
    if f64::from(narrowed) > value { narrowed.next_down() } else { narrowed }
}

impl Message {
    /// Returns where text is missing, if it is.
    fn misses(&self) -> Option<String> {
        let silent = |part: &Part| part.kind == "text" && part.text.is_none();
        match &self.content {
            None => (self.role != Role::Assistant).then(|| "content".to_owned()),
            Some(Content::Text(_)) => None,
            Some(Content::Parts(parts)) => {
                parts.iter().position(silent).map(|part| format!("content.{part}.text"))
            }
        }
    }

    fn supported(&self, at: usize) -> Result<(), Failure> {
        for (name, given) in [("audio", &self.audio), ("function_call", &self.function_call)] {
            if given.is_some() {
                let field = format!("messages.{at}.{name}");
                return Err(Failure::unsupported(&field, "must be null, or left out"));
            }
        }
        let calls = self.tool_calls.as_deref().unwrap_or_default();
        if let Some(call) = calls.iter().position(|call| call.templated().is_none()) {
            let field = format!("messages.{at}.tool_calls.{call}.function.arguments");
            return Err(Failure::unsupported(&field, "must be the JSON of an object"));
        }
        let Some(Content::Parts(parts)) = &self.content else { return Ok(()) };
        match parts.iter().position(|part| part.kind != "text") {
            None => Ok(()),
            Some(part) => {
                let field = format!("messages.{at}.content.{part}");
                Err(Failure::unsupported(
                    &field,
                    "must be of type \"text\": the model reads text only",
                ))
            }
        }
    }

    fn told(self) -> ChatMessage {
        let role = match self.role {
            Role::System | Role::Developer => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        let content = match self.content {
            None => Redacted::default(),
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => Redacted(
                parts
                    .iter()
                    .filter_map(|part| Some(part.text.as_ref()?.expose()))
                    .collect::<String>(),
            ),
        };
        let calls: Vec<Value> =
            self.tool_calls.iter().flatten().filter_map(ToolCall::templated).collect();
        ChatMessage {
            role: role.to_owned(),
            content,
            tool_calls: (!calls.is_empty()).then(|| Redacted(Value::Array(calls).to_string())),
            tool_call_id: self.tool_call_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(extra: &Value) -> ChatRequest {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn sampling_values_out_of_range_are_named() {
        for (field, value) in [
            ("temperature", json!(-0.1)),
            ("temperature", json!(2.1)),
            ("temperature", json!(1e300)),
            ("top_p", json!(-1)),
            ("top_p", json!(1.01)),
            ("min_p", json!(1)),
            ("repetition_penalty", json!(0.5)),
            ("max_tokens", json!(0)),
            ("max_completion_tokens", json!(99_999_999_999_u64)),
            ("n", json!(0)),
            ("n", json!(10_000)),
            ("tools", json!([{"type": "function", "function": {"name": "two words"}}])),
            ("stop", json!("")),
            ("stop", json!(["a", "b", "c", "d", "e"])),
            ("messages", json!([])),
            ("messages", json!([{"role": "user"}])),
            ("messages", json!([{"role": "user", "content": [{"type": "text"}]}])),
        ] {
            let problems = request(&json!({field: value})).problems();
            assert_eq!(problems.len(), 1, "{field} {value}");
            let loc = serde_json::to_value(&problems[0]).unwrap()["loc"].clone();
            assert_eq!((&loc[0], &loc[1]), (&json!("body"), &json!(field)));
        }
    }

    #[test]
    fn what_would_change_the_answer_and_is_not_supported_is_refused() {
        let twin = json!({"type": "function", "function": {"name": "look"}});
        for (field, value) in [
            ("frequency_penalty", json!(0.5)),
            ("presence_penalty", json!(-1)),
            ("logit_bias", json!({"50256": -100})),
            ("top_logprobs", json!(2)),
            ("tool_choice", json!("required")),
            ("tools", json!([twin, twin])),
        ] {
            let refused = request(&json!({field: value})).supported().unwrap_err();
            assert_eq!(refused.open_ai().error.param.as_deref(), Some(field));
        }
        let picture =
            json!([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]);
        let refused = request(&json!({"messages": picture})).supported().unwrap_err();
        assert_eq!(refused.open_ai().error.param.as_deref(), Some("messages.0.content.0"));
    }

    #[test]
    fn harmless_options_and_parts_of_text_are_taken() {
        let request = request(&json!({
            "n": 1, "frequency_penalty": 0, "logit_bias": {}, "tools": [], "tool_choice": "none", "user": "me",
            "response_format": {"type": "text"}, "stop": ["a", "b"], "top_p": 0, "seed": -1, "max_tokens": 5000,
            "messages": [
                {"role": "developer", "content": "be kind"},
                {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                {"role": "assistant", "content": null},
            ],
        }));
        assert_eq!(request.problems(), []);
        request.supported().unwrap();
        let (asked, calling) = request.generate(512);
        assert!(calling.is_none() && asked.tools.is_none() && asked.format.is_none());
        let told: Vec<_> =
            asked.messages.iter().map(|m| (m.role.as_str(), m.content.expose())).collect();
        assert_eq!(told, [("system", "be kind"), ("user", "ab"), ("assistant", "")]);
        assert_eq!((asked.max_tokens, asked.stop.len()), (5000, 2));
        assert_eq!((asked.sampling.top_k, asked.sampling.top_p), (Some(1), None));
        assert_eq!(asked.sampling.seed, Some(u64::MAX));
    }

    #[test]
    fn more_probabilities_than_there_are_told_are_refused() {
        let problems =
            |top: i64| request(&json!({"logprobs": true, "top_logprobs": top})).problems();
        assert_eq!((problems(20).len(), problems(21).len()), (0, 1));
    }

    #[test]
    fn what_the_assistant_called_and_what_came_of_it_is_told_to_the_model() {
        let call = json!({"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"at\": 3}"}});
        let request = request(&json!({
            "n": 2, "tools": [{"type": "function", "function": {"name": "look"}}],
            "messages": [
                {"role": "user", "content": "look"},
                {"role": "assistant", "content": null, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": "nothing"},
            ],
        }));
        assert_eq!((request.problems(), request.answers()), (Vec::new(), 2));
        request.supported().unwrap();
        let (asked, calling) = request.generate(8);
        assert!(calling.is_some() && asked.tools.is_some() && asked.format.is_none());
        let calls = asked.messages[1].tool_calls.as_ref().unwrap().expose();
        let calls: Value = serde_json::from_str(calls).unwrap();
        assert_eq!(calls[0]["function"]["arguments"]["at"], 3);
        assert_eq!(asked.messages[2].tool_call_id.as_deref(), Some("c1"));
    }

    #[test]
    fn a_form_that_the_answer_has_to_have_is_passed_on() {
        let of = |format: Value| request(&json!({"response_format": format})).generate(8).0.format;
        assert_eq!(of(json!({"type": "text"})), None);
        assert_eq!(of(json!({"type": "json_object"})), Some(Format::JsonObject));
        let schema = json!({"type": "object"});
        let named = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": true}});
        assert_eq!(of(named), Some(Format::JsonSchema(schema)));
    }

    #[test]
    fn a_bound_survives_the_way_to_single_precision() {
        assert!(narrow(1.0_f64.next_down()) < 1.0);
        assert_eq!(narrow(0.5).to_bits(), 0.5_f32.to_bits());
    }
}
