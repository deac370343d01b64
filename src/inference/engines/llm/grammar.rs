//! Answers that have to be JSON of a given form: which tokens may come next.
//!
//! The work is done by llguidance, which walks a grammar and the vocabulary together and says of each token whether it can
//! come next. The others get no chance, so that whatever the model would rather say, the answer fits.

use super::tokenizer::Text;
use crate::inference::{
    engines::refusal,
    workers::{Format, Refusal},
};
use llguidance::{
    Matcher, ParserFactory,
    api::TopLevelGrammar,
    toktrie::{ApproximateTokEnv, InferenceCapabilities, TokEnv, TokRxInfo, TokTrie},
};
use serde_json::{Value, json};
use std::{fmt, sync::Arc, thread};

/// Objects and lists in a schema. A schema is compiled by recursion, from one to the next that it names: more of them could fill
/// the stack, which ends the process.
const MOST_PARTS: usize = 2_000;

/// The stack for that, in bytes: room for ten times as many.
const STACK: usize = 256 << 20;

/// What an answer that may be any JSON object has to fit.
const ANY_OBJECT: &str = "object";

/// Makes grammars for one model; costs a second and some memory, so that it is made when the first answer needs one.
pub(super) struct Grammars {
    factory: ParserFactory,
    /// The token that stands for the end in masks.
    end: u32,
    /// All tokens that end an answer.
    ends: Vec<u32>,
}

/// The grammar of one answer, as far as it has come.
pub(super) struct Grammar {
    matcher: Matcher,
    end: u32,
    ends: Vec<u32>,
    masked: Vec<f32>,
}

impl Grammars {
    /// Reads the vocabulary of a model whose graph has so many logits.
    pub(super) fn new(text: &Text, vocabulary: usize, ends: &[u32]) -> Result<Self, Refusal> {
        let unusable = |what: &dyn fmt::Display| {
            refusal(
                "engine_failed",
                format!("the model's vocabulary cannot be held to a form: {what}"),
            )
        };
        let end =
            *ends.first().ok_or_else(|| unusable(&"it names no token that ends an answer"))?;
        let size = u32::try_from(vocabulary).map_err(|error| unusable(&error))?;
        let words: Vec<Vec<u8>> = (0..size).map(|token| text.bytes(token)).collect();
        let info = TokRxInfo {
            vocab_size: size,
            tok_eos: end,
            tok_bos: None,
            tok_pad: None,
            tok_unk: None,
            tok_end_of_turn: None,
        };
        let environment: TokEnv = Arc::new(ApproximateTokEnv::new(TokTrie::from(&info, &words)));
        let mut factory = ParserFactory::new(
            &environment,
            InferenceCapabilities::default(),
            &llguidance::earley::SlicedBiasComputer::json_slices(),
        )
        .map_err(|error| unusable(&error))?;
        // Errors would quote the schema and the answer.
        factory.limits_mut().verbose_errors = false;
        factory.quiet();
        Ok(Self { factory, end, ends: ends.to_vec() })
    }

    /// Begins an answer of this form; a schema that cannot be read, or that nothing fits, is refused.
    pub(super) fn begin(&self, format: &Format) -> Result<Grammar, Refusal> {
        let bad = |what: &dyn fmt::Display| {
            refusal("bad_schema", format!("the JSON schema cannot be used: {what}"))
        };
        let schema = match format {
            Format::JsonObject => json!({"type": ANY_OBJECT}),
            Format::JsonSchema(schema) => schema.clone(),
        };
        if parts(&schema) > MOST_PARTS {
            return Err(bad(&format!("it has more than {MOST_PARTS} objects and lists")));
        }
        let grammar = TopLevelGrammar::from_json_schema(compact(schema));
        let parser = on_a_large_stack(|| self.factory.create_parser(grammar))?
            .map_err(|error| bad(&first_line(&error)))?;
        let mut matcher = Matcher::new(Ok(parser));
        // Whether anything fits shows in the first mask.
        let first = matcher.compute_mask().map_err(|error| bad(&first_line(&error)))?;
        if first.num_set() == 0 {
            return Err(bad(&"nothing fits it"));
        }
        Ok(Grammar { matcher, end: self.end, ends: self.ends.clone(), masked: Vec::new() })
    }
}

impl Grammar {
    /// Returns the logits with those of tokens that must not come next taken away.
    pub(super) fn mask(&mut self, logits: &[f32]) -> Result<&[f32], Refusal> {
        let mask = self.matcher.compute_mask_or_eos().map_err(|error| stuck(&error))?;
        only(mask.as_slice(), logits, &mut self.masked);
        let may_end = mask.is_allowed(self.end);
        for &end in &self.ends {
            if let (Some(masked), Some(logit)) =
                (self.masked.get_mut(end as usize), logits.get(end as usize))
            {
                *masked = if may_end { *logit } else { f32::NEG_INFINITY };
            }
        }
        Ok(&self.masked)
    }

    /// Takes the token that was chosen, and returns whether the answer is complete and cannot go on.
    pub(super) fn accept(&mut self, token: u32) -> Result<bool, Refusal> {
        self.matcher.consume_token(token).map_err(|error| stuck(&error))?;
        Ok(self.matcher.is_stopped())
    }
}

/// Copies the logits of the tokens whose bit is set; the others get no chance.
///
/// Within a text nearly all are set, elsewhere nearly none: of the 32 in a word, the fewer are touched one by one.
fn only(words: &[u32], logits: &[f32], masked: &mut Vec<f32>) {
    masked.clear();
    masked.resize(logits.len(), f32::NEG_INFINITY);
    let width = u32::BITS as usize;
    for ((&word, from), to) in words.iter().zip(logits.chunks(width)).zip(masked.chunks_mut(width))
    {
        let many = word.count_ones() > u32::BITS / 2;
        if many {
            to.copy_from_slice(from);
        }
        let mut places = if many { !word } else { word };
        while places != 0 {
            let place = places.trailing_zeros() as usize;
            if let (Some(to), Some(&from)) = (to.get_mut(place), from.get(place)) {
                *to = if many { f32::NEG_INFINITY } else { from };
            }
            places &= places - 1;
        }
    }
}

/// Counts the objects and lists of a schema.
fn parts(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => 1 + items.iter().map(parts).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(parts).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Refusal> {
    let failed = || refusal("engine_failed", "the JSON schema could not be compiled");
    thread::scope(|scope| {
        let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        spawned.map_err(|_| failed())?.join().map_err(|_| failed())
    })
}

/// Leaves no choice of white space: a model that is not sure would go on with it for ever.
fn compact(mut schema: Value) -> Value {
    let style = json!({"whitespace_flexible": false, "item_separator": ",", "key_separator": ":"});
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("x-guidance".to_owned(), style);
    }
    schema
}

fn first_line(error: &impl fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn stuck(error: &impl fmt::Display) -> Refusal {
    refusal(
        "engine_failed",
        format!("the answer cannot be held to its form any more: {}", first_line(error)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::engines::llm::tokenizer::tests::{byte_fallback, byte_level};
    use proptest::prelude::*;

    /// Writes an answer as a model would that has these preferences, one number a token, and returns it.
    fn written(text: &Text, schema: Value, preferences: &[u8]) -> Result<String, Refusal> {
        let grammars = Grammars::new(text, 260, &[258])?;
        let mut grammar = grammars.begin(&Format::JsonSchema(schema))?;
        let (mut tokens, mut turn) = (Vec::new(), preferences.iter().cycle());
        for step in 0..400u32 {
            let liking = u32::from(*turn.next().unwrap_or(&0));
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let logits: Vec<f32> = (0..260u32)
                // The end is liked a little more each time, so that answers end.
                .map(|token| if token == 258 { step as f32 } else { (token * liking % 251) as f32 })
                .collect();
            let masked = grammar.mask(&logits)?;
            let token = super::super::sampler::likeliest(masked).expect("something may come");
            if token == 258 {
                break;
            }
            tokens.push(token);
            if grammar.accept(token)? {
                break;
            }
        }
        Ok(text.decode(&tokens))
    }

    #[test]
    fn whatever_the_model_prefers_the_answer_fits() {
        let schema = json!({
            "type": "object",
            "properties": {
                "kind": {"enum": ["the", "other"]},
                "count": {"type": "integer", "minimum": 1, "maximum": 20},
                "sure": {"type": "boolean"},
            },
            "required": ["kind", "count", "sure"],
            "additionalProperties": false,
        });
        for preferences in [&[1][..], &[7, 3, 200], &[250], &[13, 77]] {
            let answer = written(&byte_level(), schema.clone(), preferences).unwrap();
            let value: Value =
                serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
            assert!(["the", "other"].contains(&value["kind"].as_str().unwrap()), "{answer}");
            assert!((1..=20).contains(&value["count"].as_i64().unwrap()), "{answer}");
            assert!(
                value["sure"].is_boolean() && value.as_object().unwrap().len() == 3,
                "{answer}"
            );
        }
    }

    #[test]
    fn a_vocabulary_with_single_bytes_for_what_it_lacks_can_be_held_to_a_form_too() {
        let grammars = Grammars::new(&byte_fallback(), 267, &[266]).unwrap();
        let mut grammar = grammars.begin(&Format::JsonObject).unwrap();
        let masked = grammar.mask(&vec![1.0; 267]).unwrap();
        let may: Vec<usize> = (0..267).filter(|&token| masked[token] > 0.0).collect();
        assert_eq!(may, [usize::from(b'{')]);
    }

    #[test]
    fn a_schema_that_cannot_be_used_is_refused() {
        let grammars = Grammars::new(&byte_level(), 260, &[258]).unwrap();
        let endless = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        for schema in [
            json!({"type": "poem"}),
            json!({"type": "string", "pattern": "("}),
            json!({"$ref": "#/$defs/nowhere"}),
            json!({"allOf": [{"type": "string"}, {"type": "number"}]}),
            json!({"type": "integer", "minimum": 3, "maximum": 2}),
            json!({"type": "object", "properties": 7}),
            endless,
            chain(27_000),
        ] {
            let refused = grammars.begin(&Format::JsonSchema(schema.clone())).map(|_| ());
            let code = refused.map_err(|refusal| refusal.code);
            assert_eq!(code, Err("bad_schema".to_owned()), "{schema}");
        }
    }

    /// Returns a schema whose parts name each other one after the other.
    fn chain(length: usize) -> Value {
        let link = |number: usize| {
            (format!("a{number}"), json!({"$ref": format!("#/$defs/a{}", number + 1)}))
        };
        let mut links: serde_json::Map<String, Value> = (0..length).map(link).collect();
        links.insert(format!("a{length}"), json!({"type": "boolean"}));
        json!({"$ref": "#/$defs/a0", "$defs": links})
    }

    #[test]
    fn a_long_chain_of_parts_is_walked_to_its_end() {
        let grammars = Grammars::new(&byte_level(), 260, &[258]).unwrap();
        assert!(grammars.begin(&Format::JsonSchema(chain(MOST_PARTS - 5))).is_ok());
    }

    #[test]
    fn a_schema_that_names_itself_is_a_tree_of_any_depth() {
        let schema = json!({
            "$ref": "#/$defs/tree",
            "$defs": {"tree": {
                "type": "object",
                "properties": {"leaves": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
                "required": ["leaves"], "additionalProperties": false,
            }},
        });
        // This one likes a closing bracket better than an opening brace.
        let answer = written(&byte_level(), schema, &[3]).unwrap();
        serde_json::from_str::<Value>(&answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn a_masked_token_has_no_chance_and_every_other_its_own(
            words in proptest::collection::vec(prop_oneof![Just(0), Just(u32::MAX), any::<u32>()], 1..6),
            short in 0..32_usize,
        ) {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let logits: Vec<f32> = (0..words.len() * 32 - short).map(|token| token as f32).collect();
            let mut masked = vec![1.0; 3];
            only(&words, &logits, &mut masked);
            prop_assert_eq!(masked.len(), logits.len());
            for (token, (&one, &other)) in masked.iter().zip(&logits).enumerate() {
                let set = words[token / 32] >> (token % 32) & 1 == 1;
                prop_assert_eq!(one.to_bits(), if set { other } else { f32::NEG_INFINITY }.to_bits());
            }
        }

        #[test]
        fn any_preferences_give_an_object_of_the_form(preferences in proptest::collection::vec(1u8..251, 1..12)) {
            let schema = json!({
                "type": "object", "properties": {"a": {"enum": [1, "x", null]}, "b": {"type": "integer", "maximum": 99, "minimum": 0}},
                "required": ["a", "b"], "additionalProperties": false,
            });
            let answer = written(&byte_level(), schema, &preferences).unwrap();
            let value: Value = serde_json::from_str(&answer).unwrap();
            prop_assert!(value["b"].as_u64().is_some_and(|b| b < 100));
        }
    }
}
