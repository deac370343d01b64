//! The model's own chat template, rendered as `transformers` renders it.
//!
//! Chat templates are Jinja written for Python: blocks are trimmed, Python's string and mapping methods are called, `tojson`
//! is `json.dumps`, and a few functions are expected. A template that refuses a conversation says so in its own words.

use super::{directory::Directory, tojson};
use crate::{
    foundation::values::time::Timestamp,
    inference::{engines::refusal, workers::Refusal},
};
use minijinja::{
    Environment, ErrorKind, Value,
    syntax::SyntaxConfig,
    value::{Kwargs, Serde, ValueKind},
};
use serde_json::{Map, json};

/// The names under which templates are kept here.
const DEFAULT: &str = "default";
const TOOL_USE: &str = "tool_use";

/// Instructions that a template may run; the longest found in the wild need some ten thousand.
const FUEL: u64 = 50_000_000;

/// A compiled chat template.
#[derive(Debug)]
pub(super) struct Template {
    environment: Environment<'static>,
    special_tokens: Map<String, serde_json::Value>,
}

/// What a template is rendered with.
#[derive(Clone)]
pub(super) struct Input {
    /// Objects with at least `role` and `content`.
    pub(super) messages: serde_json::Value,
    pub(super) tools: Option<serde_json::Value>,
    /// What else the template may look at, such as `add_generation_prompt`.
    pub(super) options: Map<String, serde_json::Value>,
    /// What `strftime_now` tells.
    pub(super) now: Timestamp,
}

impl Template {
    /// Compiles the template of a model directory.
    pub(super) fn of(directory: &Directory) -> Result<Self, Refusal> {
        let config = &directory.tokenizer_config["chat_template"];
        let mut sources: Vec<(String, String)> = Vec::new();
        if let Some(one) = config.as_str() {
            sources.push((DEFAULT.to_owned(), one.to_owned()));
        }
        for entry in config.as_array().into_iter().flatten() {
            if let (Some(name), Some(source)) = (entry["name"].as_str(), entry["template"].as_str())
            {
                sources.push((name.to_owned(), source.to_owned()));
            }
        }
        if let Some(source) = &directory.chat_template {
            sources.retain(|(name, _)| name != DEFAULT);
            sources.push((DEFAULT.to_owned(), source.clone()));
        }
        if !sources.iter().any(|(name, _)| name == DEFAULT) {
            return Err(refusal(
                "bad_template",
                "the model has no chat template: it is a base model, or chat_template.jinja was not copied; install an \
                 instruction-tuned model (names end in Instruct or it), or put its chat_template.jinja beside tokenizer.json",
            ));
        }
        Self::new(&sources, special_tokens(&directory.tokenizer_config)).map_err(|error| {
            refusal(
                "bad_template",
                format!("the model's chat template cannot be compiled ({})", described(&error)),
            )
        })
    }

    fn new(
        sources: &[(String, String)],
        special_tokens: Map<String, serde_json::Value>,
    ) -> Result<Self, minijinja::Error> {
        let mut environment = environment()?;
        for (name, source) in sources {
            environment.add_template_owned(name.clone(), without_generation_blocks(source))?;
        }
        Ok(Self { environment, special_tokens })
    }

    /// Renders a conversation.
    pub(super) fn render(&self, input: Input) -> Result<String, Refusal> {
        let name = match &input.tools {
            Some(_) if self.environment.get_template(TOOL_USE).is_ok() => TOOL_USE,
            _ => DEFAULT,
        };
        let mut variables = self.special_tokens.clone();
        variables.extend(input.options);
        variables.insert("messages".to_owned(), input.messages);
        variables.insert("tools".to_owned(), input.tools.unwrap_or_default());
        variables.insert("documents".to_owned(), serde_json::Value::Null);
        let now = input.now;
        let clock = Value::from_function(move |format: &str| strftime(now, format));
        let context =
            minijinja::context! { strftime_now => clock, ..Value::from(Serde(&variables)) };
        let rendered = self.environment.get_template(name).and_then(|it| it.render(context));
        rendered.map_err(|error| {
            refusal(
                "template_refused",
                format!(
                    "the model's chat template refuses the conversation: {}",
                    described(&error)
                ),
            )
        })
    }
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            write_python(out, "None")
        } else if value.kind() == ValueKind::Bool {
            write_python(out, if value.is_true() { "True" } else { "False" })
        } else {
            minijinja::escape_formatter(out, state, value)
        }
    });
    environment.add_filter("tojson", to_json);
    environment.add_function("raise_exception", |message: String| -> Result<Value, _> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
    });
    Ok(environment)
}

/// The filter that `transformers` puts in the place of Jinja's own, which escapes for HTML.
#[expect(clippy::needless_pass_by_value, reason = "filters are called so")]
fn to_json(value: &Value, options: Kwargs) -> Result<Value, minijinja::Error> {
    let mut style = tojson::Style::indented(options.get("indent")?);
    style.ensure_ascii = options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false);
    style.sort_keys = options.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    if let Some(separators) = options.get::<Option<Vec<String>>>("separators")?
        && let Ok([items, keys]) = <[String; 2]>::try_from(separators)
    {
        style.item_separator = items;
        style.key_separator = keys;
    }
    options.assert_all_used()?;
    let value = serde_json::to_value(value)
        .map_err(|error| minijinja::Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(Value::from_safe_string(tojson::dumps(&value, &style)))
}

fn write_python(out: &mut minijinja::Output<'_>, text: &str) -> Result<(), minijinja::Error> {
    out.write_str(text).map_err(minijinja::Error::from)
}

fn strftime(now: Timestamp, format: &str) -> Result<String, minijinja::Error> {
    let wrong =
        |error: jiff::Error| minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string());
    let moment = jiff::Timestamp::from_millisecond(now.0).map_err(wrong)?;
    let local = moment.to_zoned(jiff::tz::TimeZone::system());
    jiff::fmt::strtime::format(format, &local).map_err(wrong)
}

/// Returns the special tokens that templates know by name.
fn special_tokens(config: &serde_json::Value) -> Map<String, serde_json::Value> {
    let names = [
        "bos_token",
        "eos_token",
        "unk_token",
        "sep_token",
        "pad_token",
        "cls_token",
        "mask_token",
    ];
    let tokens = names.into_iter().filter_map(|name| {
        let value = &config[name];
        let token = value.as_str().or_else(|| value["content"].as_str())?;
        Some((name.to_owned(), json!(token)))
    });
    tokens.collect()
}

/// Replaces the `generation` block, which only marks what a model is trained on, by one that Jinja knows.
fn without_generation_blocks(source: &str) -> String {
    let mut made = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(end) = rest[start..].find("%}").map(|end| start + end) else { break };
        let inside = &rest[start + 2..end];
        let word = inside.trim_matches(['-', '+']).trim();
        made.push_str(&rest[..start + 2]);
        match word {
            "generation" => made.push_str(&inside.replacen("generation", "if true", 1)),
            "endgeneration" => made.push_str(&inside.replacen("endgeneration", "endif", 1)),
            _ => made.push_str(inside),
        }
        made.push_str("%}");
        rest = &rest[end + 2..];
    }
    made + rest
}

/// Returns an error's own words and its line, without the source that minijinja can show: it may hold content.
fn described(error: &minijinja::Error) -> String {
    let words = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("{words} (line {line})"),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(source: &str) -> Template {
        let tokens = special_tokens(&json!({"bos_token": "<s>", "eos_token": {"content": "</s>"}}));
        Template::new(&[(DEFAULT.to_owned(), source.to_owned())], tokens).unwrap()
    }

    fn input(messages: serde_json::Value) -> Input {
        Input { messages, tools: None, options: Map::new(), now: Timestamp(1_700_000_000_000) }
    }

    fn render(source: &str) -> String {
        template(source).render(input(json!([{"role": "user", "content": " hi "}]))).unwrap()
    }

    #[test]
    fn blocks_are_trimmed_and_python_is_spoken() {
        let source = "{% for message in messages %}\n  {% if message.role == 'user' %}\n[{{ message['content'].strip() }}]\n  \
                      {% endif %}\n{% endfor %}\n{{ bos_token }}{{ eos_token }}{{ true }}{{ none }}";
        assert_eq!(render(source), "[hi]\n<s></s>TrueNone");
    }

    #[test]
    fn the_generation_block_is_passed_through() {
        assert_eq!(render("a{%- generation -%} b {%- endgeneration %}c"), "abc");
    }

    #[test]
    fn a_refusal_is_in_the_templates_own_words() {
        let refusal =
            template("{{ raise_exception('roles must alternate') }}").render(input(json!([])));
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.code, "template_refused");
        assert!(refusal.message.contains("roles must alternate"), "{}", refusal.message);
    }

    #[test]
    fn tools_choose_the_template_that_is_made_for_them() {
        let sources = [(DEFAULT, "plain"), (TOOL_USE, "{{ tools[0] | tojson }}")]
            .map(|(name, source)| (name.to_owned(), source.to_owned()));
        let template = Template::new(&sources, Map::new()).unwrap();
        let mut input = input(json!([]));
        assert_eq!(template.render(input.clone()).unwrap(), "plain");
        input.tools = Some(json!([{"z": 1, "a": "<b>"}]));
        assert_eq!(template.render(input).unwrap(), r#"{"z": 1, "a": "<b>"}"#);
    }

    #[test]
    fn a_template_that_never_ends_is_stopped() {
        let source =
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        let template = template(source);
        assert_eq!(template.render(input(json!([]))).unwrap_err().code, "template_refused");
    }

    #[test]
    fn the_date_is_the_one_given() {
        assert_eq!(render("{{ strftime_now('%Y') }}"), "2023");
        let refusal = template("{{ strftime_now('%!') }}").render(input(json!([])));
        assert_eq!(refusal.unwrap_err().code, "template_refused");
    }

    /// The goldens are what `transformers` renders; `scripts/fixtures` makes them.
    #[test]
    fn every_golden_renders_as_in_transformers() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/templates");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
        assert!(files.len() >= 20, "the goldens are missing");
        let wrong: Vec<String> = files
            .iter()
            .filter_map(|path| {
                let golden: serde_json::Value =
                    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
                let rendered = render_golden(&golden);
                let right = match (&rendered, golden["expected"].as_str()) {
                    (Ok(text), Some(expected)) => text == expected,
                    (Err(refusal), None) => {
                        let raised = golden["error"]["kind"] == "TemplateError";
                        !raised
                            || refusal
                                .message
                                .contains(golden["error"]["message"].as_str().unwrap())
                    }
                    _ => false,
                };
                (!right).then(|| {
                    format!(
                        "{}:\n  got      {rendered:?}\n  expected {}\n",
                        path.display(),
                        golden["expected"]
                    )
                })
            })
            .collect();
        assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), files.len(), wrong.concat());
    }

    fn render_golden(golden: &serde_json::Value) -> Result<String, Refusal> {
        let source = golden["template"].as_str().unwrap().to_owned();
        let template = Template::new(&[(DEFAULT.to_owned(), source)], Map::new())
            .map_err(|error| refusal("bad_template", described(&error)))?;
        let local: jiff::civil::DateTime = golden["now"].as_str().unwrap().parse().unwrap();
        let moment = local.to_zoned(jiff::tz::TimeZone::system()).unwrap().timestamp();
        template.render(Input {
            messages: golden["messages"].clone(),
            tools: Some(golden["tools"].clone()).filter(|tools| !tools.is_null()),
            options: golden["args"].as_object().unwrap().clone(),
            now: Timestamp(moment.as_millisecond()),
        })
    }
}
