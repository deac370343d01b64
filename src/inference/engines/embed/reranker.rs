//! A loaded cross-encoder: reads a question and a text together, and says how well the one answers the other.
//!
//! The logits that sentence-transformers' `CrossEncoder` gives, with a pair cut as there: of the longer of the two first.

use super::{
    Options,
    batches::batches,
    contract,
    opened::Opened,
    padded,
    tokens::{Text, Tokens},
};
use crate::inference::{
    engines::{refusal, session},
    workers::{LoadedModel, Ranked, Refusal, Rerank},
};
use ort::session::Session;
use std::{fmt, path::Path};

/// Two pairs of different length, to find out whether one changes the other.
const REHEARSAL: [(&str, &str); 2] =
    [("a", "b"), ("a", "What is said first must not change what is said beside it.")];

/// How far a logit may move when its pair goes through the graph beside others: rounding, not a mask that is not heeded.
const SAME: f32 = 1e-3;

/// Texts of one request: more would make an answer that no client reads.
const MOST: usize = 1000;

/// A cross-encoder in memory.
pub struct Reranker {
    session: Session,
    inputs: Vec<String>,
    text: Text,
    padding: u32,
    /// Tokens that go through the graph at once; zero where each pair goes alone.
    batch_tokens: usize,
    model: LoadedModel,
}

/// Names the model and nothing of what it was given.
impl fmt::Debug for Reranker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reranker").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Reranker {
    /// Loads the model in `directory` and runs it, so that the first request meets a warm engine.
    pub fn load(id: &str, directory: &Path, options: &Options) -> Result<Self, Refusal> {
        let opened = Opened::read(directory, options, Text::of_pairs)?;
        let graph = opened.graph().to_owned();
        let foreign = |what: String| Opened::foreign(&graph, &what);
        let ports =
            (session::ports(opened.session.inputs()), session::ports(opened.session.outputs()));
        let inputs = contract::classifier(&ports.0, &ports.1).map_err(&foreign)?;
        let model = opened.model(id, options);
        let Opened { session, text, padding, batch_tokens, .. } = opened;
        let mut reranker = Self { session, inputs, text, padding, batch_tokens, model };
        reranker.rehearse().map_err(|refused| foreign(refused.message))?;
        Ok(reranker)
    }

    /// Returns what was loaded.
    pub fn model(&self) -> &LoadedModel {
        &self.model
    }

    /// Says how well each document answers the query; `go_on` is asked between batches, and the request ends early if it
    /// says no.
    pub fn rerank(
        &mut self,
        request: &Rerank,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Ranked, Refusal> {
        if !(1..=MOST).contains(&request.documents.len()) {
            return Err(refusal(
                "invalid_request",
                format!("one request takes 1 to {MOST} documents, not {}", request.documents.len()),
            ));
        }
        let query = request.query.expose();
        let pairs =
            request.documents.iter().map(|text| self.text.encode_pair(query, text.expose()));
        let pairs: Vec<Tokens> = pairs.collect::<Result<_, _>>()?;
        let lengths: Vec<usize> = pairs.iter().map(|pair| pair.ids.len()).collect();
        let mut logits = vec![0.0; pairs.len()];
        for batch in batches(&lengths, self.batch_tokens) {
            if !go_on() {
                return Err(refusal("cancelled", "nobody waits for this order any more"));
            }
            let rows: Vec<&Tokens> = batch.iter().map(|&place| &pairs[place]).collect();
            for (place, logit) in batch.iter().zip(self.run(&rows)?) {
                logits[*place] = logit;
            }
        }
        let truncated = pairs.iter().enumerate().filter(|(_, pair)| pair.cut);
        Ok(Ranked {
            logits,
            tokens: lengths.iter().sum(),
            truncated: truncated.map(|(place, _)| place).collect(),
        })
    }

    /// Finds out whether pairs go through the graph together as they do alone.
    fn rehearse(&mut self) -> Result<(), Refusal> {
        let encode = |(query, text): (&str, &str)| self.text.encode_pair(query, text);
        let pairs = [encode(REHEARSAL[0])?, encode(REHEARSAL[1])?];
        let alone = self.run(&[&pairs[0]])?;
        let together = self.run(&[&pairs[0], &pairs[1]])?;
        let moved = alone.iter().zip(&together).any(|(one, other)| (one - other).abs() > SAME);
        if moved {
            self.batch_tokens = 0;
        }
        Ok(())
    }

    /// Runs the graph once over these pairs, and returns a logit for each: of two labels, by how much the second, which says
    /// that the text answers, is above the first.
    fn run(&mut self, pairs: &[&Tokens]) -> Result<Vec<f32>, Refusal> {
        let failed = |error: &dyn fmt::Display| {
            refusal("engine_failed", format!("the engine failed on these texts: {error}"))
        };
        let (_, inputs) =
            padded::inputs(&self.inputs, pairs, self.padding).map_err(|error| failed(&error))?;
        let outputs = self.session.run(inputs).map_err(|error| failed(&error))?;
        let output =
            outputs.get(contract::LOGITS).ok_or_else(|| failed(&"its output is missing"))?;
        let (_, numbers) = output.try_extract_tensor::<f32>().map_err(|error| failed(&error))?;
        let labels = numbers.len() / pairs.len().max(1);
        if !(1..=2).contains(&labels) || numbers.len() != labels * pairs.len() {
            return Err(failed(&format!(
                "it gives {} numbers for {} pairs; a cross-encoder gives one or two for each",
                numbers.len(),
                pairs.len()
            )));
        }
        let logit = |row: &[f32]| {
            let logit = match row {
                [against, answers] => answers - against,
                [logit, ..] => *logit,
                [] => f32::NAN,
            };
            logit.is_finite().then_some(logit).ok_or_else(|| failed(&"it gave no numbers"))
        };
        numbers.chunks_exact(labels).map(logit).collect()
    }
}
