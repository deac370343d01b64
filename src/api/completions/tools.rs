//! Tools that a model may call: how they are described, asked for, and recognised in what it says. This node calls none.
//!
//! Where a call is required, the answer is held to the JSON of one. Where the model decides, its answer is read: models of the
//! Qwen and `SmolLM` families write `<tool_call>` around each call, those of the Llama family the call and nothing else.

use crate::api::error::FieldError;
use crate::foundation::values::{Redacted, RequestId};
use crate::inference::workers::Format;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// Tools in one request, as many as OpenAI takes.
const MOST_TOOLS: usize = 128;

/// Letters of a function's name, as many as OpenAI takes.
const LONGEST_NAME: usize = 64;

/// What is before and after a call in the answer of most families.
const OPENING: &str = "<tool_call>";
const CLOSING: &str = "</tool_call>";

/// What the Llama family puts before a call.
const LLAMA_TAG: &str = "<|python_tag|>";

/// Something that the model may call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    /// Its kind; there is one.
    #[serde(rename = "type")]
    #[expect(dead_code, reason = "there is one")]
    kind: Kind,
    /// The function.
    #[serde(deserialize_with = "crate::api::strict::object")]
    function: Function,
}

/// The kind of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A function that the caller runs.
    Function,
}

/// A function that the model may call.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Function {
    /// Its name.
    #[schema(pattern = "^[a-zA-Z0-9_-]{1,64}$", example = "get_weather")]
    name: String,
    /// What it does, for the model.
    #[serde(default)]
    description: Option<String>,
    /// The JSON Schema of its arguments; without one it takes none.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    parameters: Option<Map<String, Value>>,
    /// Says nothing to this node: arguments always fit where a call is required.
    #[serde(default)]
    #[expect(dead_code, reason = "clients may send it")]
    strict: Option<bool>,
}

/// Prints no more than the name: the rest is part of a prompt.
impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Which tool the model is to call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(
    untagged,
    expecting = "must be \"none\", \"auto\", \"required\", or an object that names a function"
)]
pub(super) enum ToolChoice {
    /// In general.
    Mode(Mode),
    /// This one.
    Named(NamedTool),
}

/// Whether the model is to call a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// It is not.
    None,
    /// It decides.
    Auto,
    /// It is, one of them.
    Required,
}

/// The tool that the model is to call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedTool {
    /// Its kind; there is one.
    #[serde(rename = "type")]
    #[expect(dead_code, reason = "there is one")]
    kind: Kind,
    /// The function.
    function: NamedFunction,
}

/// The function that the model is to call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NamedFunction {
    /// Its name.
    name: String,
}

/// A call of a tool, in an answer or in what was said before, where clients add what they need for themselves.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, utoipa::ToSchema)]
pub(super) struct ToolCall {
    /// Names the call, so that what the tool returns can be told to belong to it.
    id: String,
    /// The kind of the tool; there is one.
    #[serde(rename = "type")]
    kind: Kind,
    /// What is called.
    function: CalledFunction,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, utoipa::ToSchema)]
struct CalledFunction {
    /// The function's name.
    name: String,
    /// The arguments, as JSON.
    #[schema(value_type = String)]
    arguments: Redacted<String>,
}

/// What calls are looked for in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calling {
    names: Vec<String>,
    /// Whether the answer is the JSON of one call.
    required: bool,
}

/// Returns what is wrong with the tools of a request, and with the choice among them.
pub(super) fn problems(tools: &[Tool]) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if tools.len() > MOST_TOOLS {
        let msg = format!("must be at most {MOST_TOOLS} tools");
        problems.push(FieldError::in_body("tools", "wrong_length", msg));
    }
    for (at, tool) in tools.iter().enumerate() {
        let name = &tool.function.name;
        let path = format!("tools.{at}.function.name");
        if !is_name(name) {
            let msg = "must be 1 to 64 letters, digits, \"_\" or \"-\"";
            problems.push(FieldError::in_body(&path, "wrong_form", msg));
        }
    }
    problems
}

/// Returns whether each name is one tool's; no schema says so.
pub(super) fn have_names_of_their_own(tools: &[Tool]) -> bool {
    let mut seen = HashSet::new();
    tools.iter().all(|tool| seen.insert(tool.function.name.as_str()))
}

/// Returns whether a call that `choice` asks for can be made: no schema says that one field names a part of another.
pub(super) fn can_choose(tools: &[Tool], choice: Option<&ToolChoice>) -> bool {
    match choice {
        Some(ToolChoice::Named(named)) => {
            tools.iter().any(|tool| tool.function.name == named.function.name)
        }
        Some(ToolChoice::Mode(Mode::Required)) => !tools.is_empty(),
        Some(ToolChoice::Mode(Mode::None | Mode::Auto)) | None => true,
    }
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Returns what a worker is told of tools: their definitions for the chat template, and the form of the answer, which is
/// `otherwise` unless it has to be a call, or may be one.
pub(super) fn told(
    tools: &[Tool],
    choice: Option<&ToolChoice>,
    otherwise: Option<Format>,
) -> Option<(Value, Option<Format>, Calling)> {
    if tools.is_empty() || matches!(choice, Some(ToolChoice::Mode(Mode::None))) {
        return None;
    }
    let definitions = tools.iter().map(Tool::definition).collect();
    let allowed: Vec<&Tool> = match choice {
        Some(ToolChoice::Named(named)) => {
            tools.iter().filter(|tool| tool.function.name == named.function.name).collect()
        }
        Some(ToolChoice::Mode(_)) | None => tools.iter().collect(),
    };
    let required = matches!(choice, Some(ToolChoice::Named(_) | ToolChoice::Mode(Mode::Required)));
    let form = match otherwise {
        _ if required => Some(any_of(None, &allowed)),
        // A call is an object, too.
        None | Some(Format::JsonObject) => otherwise,
        Some(Format::JsonSchema(schema)) => Some(any_of(Some(schema), &allowed)),
    };
    let names = allowed.iter().map(|tool| tool.function.name.clone()).collect();
    Some((definitions, form, Calling { names, required }))
}

/// Returns the form of an answer that fits `first` or is a call of one of these.
fn any_of(first: Option<Value>, tools: &[&Tool]) -> Format {
    let alone = first.is_none() && tools.len() == 1;
    let at = |number: usize| if alone { "#".to_owned() } else { format!("#/anyOf/{number}") };
    let mut forms: Vec<Value> = Vec::new();
    if let Some(mut schema) = first {
        rebase(&mut schema, &at(0));
        forms.push(schema);
    }
    for tool in tools {
        let at = at(forms.len());
        forms.push(tool.form(&at));
    }
    Format::JsonSchema(match <[Value; 1]>::try_from(forms) {
        Ok([form]) => form,
        Err(forms) => json!({"anyOf": forms}),
    })
}

/// Lets a schema that has become part of another one find its own parts again: they are named from the root.
fn rebase(schema: &mut Value, at: &str) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(named)) = members.get_mut("$ref")
                && let Some(rest) = named.strip_prefix('#')
            {
                *named = format!("{at}{rest}");
            }
            members.values_mut().for_each(|member| rebase(member, at));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rebase(item, at)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Tool {
    fn parameters(&self) -> Value {
        let none = || json!({"type": "object", "properties": {}, "additionalProperties": false});
        let named = self.function.parameters.clone().filter(|parameters| !parameters.is_empty());
        named.map_or_else(none, Value::Object)
    }

    fn definition(&self) -> Value {
        let Function { name, description, .. } = &self.function;
        let mut function = json!({"name": name, "parameters": self.parameters()});
        if let Some(description) = description {
            function["description"] = json!(description);
        }
        json!({"type": "function", "function": function})
    }

    /// Returns the JSON Schema of a call. Arguments that nobody described are none: a model that is not sure would invent them
    /// for ever.
    fn form(&self, at: &str) -> Value {
        let mut arguments = self.parameters();
        rebase(&mut arguments, &format!("{at}/properties/arguments"));
        if arguments["type"].is_null() && arguments["$ref"].is_null() {
            arguments["type"] = json!("object");
        }
        if arguments["properties"].is_object() && arguments["additionalProperties"].is_null() {
            arguments["additionalProperties"] = json!(false);
        }
        json!({
            "type": "object",
            "properties": {"name": {"const": self.function.name}, "arguments": arguments},
            "required": ["name", "arguments"],
            "additionalProperties": false,
        })
    }
}

impl ToolCall {
    /// Returns the call as chat templates know it: with its arguments as an object; none if they are not one.
    pub(super) fn templated(&self) -> Option<Value> {
        let arguments: Map<String, Value> =
            serde_json::from_str(self.function.arguments.expose()).ok()?;
        let function = json!({"name": self.function.name, "arguments": arguments});
        Some(json!({"id": self.id, "type": "function", "function": function}))
    }

    /// Reads a call, if it is one of these.
    fn read(written: &Value, names: &[String]) -> Option<Self> {
        let name = written["name"].as_str().filter(|name| names.iter().any(|it| it == name))?;
        let arguments = match (&written["arguments"], &written["parameters"]) {
            (Value::Object(arguments), _) | (Value::Null, Value::Object(arguments)) => {
                arguments.clone()
            }
            (Value::Null, Value::Null) => Map::new(),
            _ => return None,
        };
        Some(Self {
            id: format!("call_{}", RequestId::new().0.simple()),
            kind: Kind::Function,
            function: CalledFunction {
                name: name.to_owned(),
                arguments: Redacted(Value::Object(arguments).to_string()),
            },
        })
    }
}

impl Calling {
    /// Returns the calls that an answer makes, and what it says before them; none if it makes none that can be followed.
    pub(super) fn read(&self, answer: &str) -> Option<(String, Vec<ToolCall>)> {
        let trimmed = answer.trim();
        if let Some((before, rest)) = trimmed.split_once(OPENING).filter(|_| !self.required) {
            let blocks = rest.split(OPENING).map(|block| {
                self.read_json(block.split(CLOSING).next().unwrap_or_default().trim())
            });
            let calls: Vec<Vec<ToolCall>> = blocks.collect::<Option<_>>()?;
            return Some((before.trim().to_owned(), calls.concat()));
        }
        let bare = trimmed.strip_prefix(LLAMA_TAG).unwrap_or(trimmed);
        bare.starts_with(['{', '['])
            .then(|| self.read_json(bare))?
            .map(|calls| (String::new(), calls))
    }

    /// Reads one call or a list of calls; every one has to be one.
    fn read_json(&self, text: &str) -> Option<Vec<ToolCall>> {
        let calls = match serde_json::from_str(text).ok()? {
            Value::Array(calls) => calls,
            one @ (Value::Object(_)
            | Value::String(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Null) => {
                vec![one]
            }
        };
        if calls.is_empty() {
            return None;
        }
        calls.iter().map(|call| ToolCall::read(call, &self.names)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(names: &[&str]) -> Vec<Tool> {
        let tool = |name: &&str| json!({"type": "function", "function": {"name": name}});
        serde_json::from_value(names.iter().map(tool).collect()).unwrap()
    }

    fn calling() -> Calling {
        Calling { names: vec!["look".to_owned(), "tell".to_owned()], required: false }
    }

    fn read(answer: &str) -> Option<Vec<(String, String)>> {
        let (_, calls) = calling().read(answer)?;
        let call = |call: ToolCall| (call.function.name, call.function.arguments.0);
        Some(calls.into_iter().map(call).collect())
    }

    #[test]
    fn calls_are_read_as_each_family_writes_them() {
        let look = || vec![("look".to_owned(), r#"{"at":"sky"}"#.to_owned())];
        for answer in [
            "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}\n</tool_call>",
            "<tool_call>[{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}]</tool_call>",
            "<tool_call>{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}",
            r#"{"name": "look", "parameters": {"at": "sky"}}"#,
            r#"<|python_tag|>{"name": "look", "parameters": {"at": "sky"}}"#,
        ] {
            assert_eq!(read(answer), Some(look()), "{answer}");
        }
        let two = "First.\n<tool_call>{\"name\": \"look\"}</tool_call>\n<tool_call>{\"name\": \"tell\"}</tool_call>";
        assert_eq!(calling().read(two).unwrap().0, "First.");
        assert_eq!(read(two).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_call_of_a_known_tool_is_text() {
        for answer in [
            "Hello.",
            "",
            "{}",
            "[]",
            "{\"name\": \"erase\", \"arguments\": {}}",
            "{\"name\": \"look\", \"arguments\": \"sky\"}",
            "<tool_call>{\"name\": \"look\"</tool_call>",
            "<tool_call>{\"name\": \"look\"}</tool_call><tool_call>{}</tool_call>",
        ] {
            assert_eq!(read(answer), None, "{answer}");
        }
    }

    #[test]
    fn wrong_names_are_named() {
        let path =
            |tools: &[Tool]| serde_json::to_value(problems(tools)).unwrap()[0]["loc"].to_string();
        assert_eq!(path(&tools(&["a b"])), r#"["body","tools",0,"function","name"]"#);
        assert!(!have_names_of_their_own(&tools(&["a", "a"])));
        assert_eq!(path(&tools(&[""])), r#"["body","tools",0,"function","name"]"#);
        assert!(problems(&tools(&["a", "b"])).is_empty());
        let many: Vec<String> = (0..129).map(|number| format!("f{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(path(&tools(&many)), r#"["body","tools"]"#);
    }

    #[test]
    fn a_choice_needs_a_tool_of_its_name() {
        let required = ToolChoice::Mode(Mode::Required);
        let named: ToolChoice =
            serde_json::from_value(json!({"type": "function", "function": {"name": "b"}})).unwrap();
        assert!(!can_choose(&[], Some(&required)));
        assert!(can_choose(&tools(&["a"]), Some(&required)));
        assert!(!can_choose(&tools(&["a"]), Some(&named)));
        assert!(can_choose(&tools(&["a", "b"]), Some(&named)));
        assert!(can_choose(&[], Some(&ToolChoice::Mode(Mode::Auto))) && can_choose(&[], None));
    }

    #[test]
    fn parts_that_a_schema_names_are_found_where_it_has_gone() {
        let parameters = json!({
            "properties": {"at": {"$ref": "#/$defs/place"}, "again": {"$ref": "#"}},
            "$defs": {"place": {"enum": ["here"]}},
        });
        let tool = json!({"type": "function", "function": {"name": "a", "parameters": parameters}});
        let tools: Vec<Tool> = serde_json::from_value(json!([tool])).unwrap();
        let form = |otherwise, choice: Option<&ToolChoice>| match told(&tools, choice, otherwise) {
            Some((_, Some(Format::JsonSchema(form)), _)) => form,
            other => panic!("no form: {other:?}"),
        };
        let alone = form(None, Some(&ToolChoice::Mode(Mode::Required)));
        let arguments = &alone["properties"]["arguments"];
        assert_eq!(arguments["properties"]["at"]["$ref"], "#/properties/arguments/$defs/place");
        assert_eq!(arguments["properties"]["again"]["$ref"], "#/properties/arguments");
        assert_eq!(
            (&arguments["type"], &arguments["additionalProperties"]),
            (&json!("object"), &json!(false))
        );
        let schema = json!({"$ref": "#/$defs/x", "$defs": {"x": {"type": "string"}}});
        let either = form(Some(Format::JsonSchema(schema)), None);
        assert_eq!(either["anyOf"][0]["$ref"], "#/anyOf/0/$defs/x");
        let arguments = &either["anyOf"][1]["properties"]["arguments"];
        assert_eq!(
            arguments["properties"]["at"]["$ref"],
            "#/anyOf/1/properties/arguments/$defs/place"
        );
    }

    #[test]
    fn a_required_call_is_held_to_the_form_of_one_that_is_allowed() {
        let both = tools(&["a", "b"]);
        let (_, form, calling) =
            told(&both, Some(&ToolChoice::Mode(Mode::Required)), None).unwrap();
        let Some(Format::JsonSchema(form)) = form else { panic!("no form") };
        assert_eq!(form["anyOf"].as_array().unwrap().len(), 2);
        assert!(calling.required && calling.names == ["a", "b"]);
        let (tools, form, _) = told(&both, None, None).unwrap();
        assert_eq!((tools.as_array().unwrap().len(), form), (2, None));
        assert!(told(&both, Some(&ToolChoice::Mode(Mode::None)), None).is_none());
        assert!(told(&[], None, None).is_none());
    }
}
