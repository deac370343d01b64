//! What it costs to hold an answer to a JSON schema: the masks of a given answer, timed one by one.
//!
//! Needs a tokenizer and no graph: what the grammar adds to a token does not depend on what the model thinks of it.

use super::{grammar::Grammars, tokenizer::Text};
use crate::{
    foundation::values::time,
    inference::{
        engines::refusal,
        workers::{Format, Refusal},
    },
};
use serde_json::Value;
use std::{path::Path, time::Duration};

/// A vocabulary, ready for grammars.
pub struct Masks {
    text: Text,
    grammars: Grammars,
    logits: Vec<f32>,
}

/// Says how large it is and nothing of its words.
impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Masks").field("vocabulary", &self.logits.len()).finish_non_exhaustive()
    }
}

impl Masks {
    /// Reads a `tokenizer.json`, for a graph with so many logits whose answers end with this token.
    pub fn read(tokenizer: &Path, vocabulary: usize, end: &str) -> Result<Self, Refusal> {
        let text = Text::read(tokenizer)?;
        let end = text.id(end).ok_or_else(|| {
            refusal("foreign_tokenizer", format!("{} has no token {end}", tokenizer.display()))
        })?;
        let grammars = Grammars::new(&text, vocabulary, &[end])?;
        #[expect(clippy::cast_precision_loss, reason = "any numbers will do")]
        let logits = (0..vocabulary).map(|token| (token * 7919 % 1009) as f32 / 100.0).collect();
        Ok(Self { text, grammars, logits })
    }

    /// Writes an answer that fits a schema, and returns what the grammar took for each of its tokens: to mask the logits, and to
    /// take the token.
    pub fn write(&self, schema: &Value, answer: &str) -> Result<Vec<Duration>, Refusal> {
        let tokens = self
            .text
            .encode(answer)
            .map_err(|error| refusal("invalid_request", format!("cannot be cut: {error}")))?;
        let mut grammar = self.grammars.begin(&Format::JsonSchema(schema.clone()))?;
        let mut times = Vec::new();
        for token in tokens {
            let started = time::instant();
            let masked = grammar.mask(&self.logits)?;
            let fits = masked.get(token as usize).is_some_and(|logit| logit.is_finite());
            if !fits {
                let what = format!("token {} of the answer does not fit the schema", times.len());
                return Err(refusal("bad_schema", what));
            }
            grammar.accept(token)?;
            times.push(started.elapsed());
        }
        Ok(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::engines::llm::parity::fixtures;
    use serde_json::json;

    #[test]
    fn every_token_of_an_answer_that_fits_is_timed_and_another_answer_is_refused() {
        let tokenizer = fixtures().join("qwen2/genai/tokenizer.json");
        let masks = Masks::read(&tokenizer, 336, "<|im_end|>").unwrap();
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false});
        let answer = r#"{"a":12}"#;
        let times = masks.write(&schema, answer).unwrap();
        assert_eq!(times.len(), masks.text.encode(answer).unwrap().len());
        assert_eq!(masks.write(&schema, r#"{"a":"b"}"#).unwrap_err().code, "bad_schema");
        assert_eq!(Masks::read(&tokenizer, 336, "<end>").unwrap_err().code, "foreign_tokenizer");
    }
}
