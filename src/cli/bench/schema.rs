//! `bench schema`: what it adds to each token that an answer has to fit a JSON schema.

use crate::{
    cli::{
        exit::{Exit, Outcome},
        out,
    },
    foundation::values::time,
    inference::engines::llm::Masks,
};
use anyhow::anyhow;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Time what a JSON schema adds to each token of an answer
#[derive(Debug, Args)]
pub(super) struct SchemaRun {
    /// A `tokenizer.json`
    #[arg(long, value_name = "FILE")]
    tokenizer: PathBuf,
    /// Logits of the graph it belongs to
    #[arg(long, value_name = "N", default_value_t = 151_936)]
    vocabulary: usize,
    /// The token that ends an answer
    #[arg(long, value_name = "TOKEN", default_value = "<|im_end|>")]
    end: String,
    /// How often each answer is written
    #[arg(long, value_name = "N", default_value_t = 5)]
    repeat: usize,
}

#[derive(Debug, Serialize)]
struct Report {
    vocabulary: usize,
    /// What reading the vocabulary takes, once in the life of a worker.
    prepare_seconds: f64,
    cases: Vec<Case>,
}

#[derive(Debug, Serialize)]
struct Case {
    name: &'static str,
    tokens: usize,
    /// What compiling the schema takes, once an answer: all that is not one of the tokens.
    begin_ms: Vec<f64>,
    /// Of each token of each answer.
    token_us: Vec<f64>,
}

impl SchemaRun {
    /// Writes each answer some times over, and prints JSON with every token's time.
    pub(super) fn run(&self) -> Outcome {
        let started = time::instant();
        let masks = Masks::read(&self.tokenizer, self.vocabulary, &self.end)
            .map_err(|refusal| anyhow!("{refusal}"))?;
        let prepare_seconds = started.elapsed().as_secs_f64();
        let mut cases = Vec::new();
        for (name, schema, answer) in answers() {
            let mut case = Case { name, tokens: 0, begin_ms: Vec::new(), token_us: Vec::new() };
            let answer = answer.to_string();
            for _ in 0..self.repeat {
                let started = time::instant();
                let times = masks
                    .write(&schema, &answer)
                    .map_err(|refusal| anyhow!("{name}: {refusal}"))?;
                let all = started.elapsed();
                case.tokens = times.len();
                let begin = all.saturating_sub(times.iter().sum());
                case.begin_ms.push(begin.as_secs_f64() * 1e3);
                case.token_us.extend(times.iter().map(|time| time.as_secs_f64() * 1e6));
            }
            cases.push(case);
        }
        out::json(&Report { vocabulary: self.vocabulary, prepare_seconds, cases })?;
        Ok(Exit::Done)
    }
}

/// What schemas are used for: a call with arguments, facts taken from a text, and a list of things with free text.
fn answers() -> [(&'static str, Value, Value); 3] {
    let text = || json!({"type": "string"});
    let object = |properties: Value| {
        let names: Vec<_> =
            properties.as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
        json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
    };
    let call = object(json!({
        "room": {"type": "string", "enum": ["kitchen", "living room", "bedroom", "hall"]},
        "on": {"type": "boolean"},
        "brightness": {"type": "integer", "minimum": 0, "maximum": 100},
    }));
    let invoice = object(json!({
        "number": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4,8}$"},
        "date": {"type": "string", "format": "date"},
        "supplier": text(),
        "total": {"type": "number"},
        "currency": {"type": "string", "enum": ["EUR", "USD", "CHF"]},
        "paid": {"type": ["boolean", "null"]},
    }));
    let list = object(json!({
        "title": text(),
        "steps": {"type": "array", "items": object(json!({"what": text(), "minutes": {"type": "integer"}})), "minItems": 1},
        "notes": text(),
    }));
    let steps = [
        ("Turn the pump off and wait until the water in the boiler is cold enough to touch.", 40),
        ("Open the valve at the bottom, and let the water run into a bucket of ten litres.", 15),
        (
            "Unscrew the lid with the large spanner, clean the seat of the seal, and put in a new one.",
            25,
        ),
    ];
    let steps: Vec<_> =
        steps.iter().map(|(what, minutes)| json!({"what": what, "minutes": minutes})).collect();
    [
        ("call", call, json!({"room": "living room", "on": true, "brightness": 65})),
        (
            "facts",
            invoice,
            json!({"number": "RE-204817", "date": "2026-03-14", "supplier": "Müller & Söhne Heizungsbau GmbH",
                "total": 1284.5, "currency": "EUR", "paid": null}),
        ),
        (
            "list",
            list,
            json!({"title": "Changing the seal of the boiler", "steps": steps,
                "notes": "The key hangs behind the door of the cellar. Wenn es tropft, noch einmal nachziehen."}),
        ),
    ]
}
