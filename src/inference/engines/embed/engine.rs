//! A loaded embedding model: answers requests one at a time, in batches.

use super::{
    Options, batches::batches, contract, contract::Contract, manner::Manner, opened::Opened,
    padded, pool, tokens::Text, tokens::Tokens,
};
use crate::inference::{
    engines::{refusal, session},
    workers::{Embed, Embedded, LoadedModel, Refusal, TextRole, Vectors, frame::MAX_PAYLOAD_BYTES},
};
use ort::session::Session;
use std::{fmt, path::Path};

/// Two texts of different length, to find out whether one changes the other.
const REHEARSAL: [&str; 2] = ["a", "What is said first must not change what is said beside it."];

/// How far a vector may move when it goes through the graph beside others: rounding, not a mask that is not heeded.
const SAME: f32 = 1e-4;

/// An embedding model in memory.
pub struct Engine {
    session: Session,
    contract: Contract,
    text: Text,
    manner: Manner,
    padding: u32,
    /// Tokens that go through the graph at once; zero where each text goes alone.
    batch_tokens: usize,
    dimensions: usize,
    model: LoadedModel,
}

/// Names the model and nothing of what it was given.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads the model in `directory` and runs it, so that the first request meets a warm engine.
    pub fn load(id: &str, directory: &Path, options: &Options) -> Result<Self, Refusal> {
        let opened = Opened::read(directory, options, Text::read)?;
        let graph = opened.graph().to_owned();
        let foreign = |what: String| Opened::foreign(&graph, &what);
        let ports =
            (session::ports(opened.session.inputs()), session::ports(opened.session.outputs()));
        let contract = contract::read(&ports.0, &ports.1).map_err(&foreign)?;
        if let Some(more) = opened.manner.more.as_ref().filter(|_| !contract.pooled) {
            let what = format!(
                "modules.json has {more} after pooling, which only a graph with sentence_embedding does"
            );
            return Err(foreign(what));
        }
        let model =
            LoadedModel { manner: Some(opened.manner.to_string()), ..opened.model(id, options) };
        let Opened { session, manner, text, padding, batch_tokens, .. } = opened;
        let dimensions = 0;
        let mut engine =
            Self { session, contract, text, manner, padding, batch_tokens, dimensions, model };
        engine.rehearse().map_err(|refused| foreign(refused.message))?;
        Ok(engine)
    }

    /// Returns what was loaded.
    pub fn model(&self) -> &LoadedModel {
        &self.model
    }

    /// Embeds texts; `go_on` is asked between batches, and the request ends early if it says no.
    pub fn embed(
        &mut self,
        request: &Embed,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vectors, Refusal> {
        let most = MAX_PAYLOAD_BYTES / size_of::<f32>() / self.dimensions.max(1);
        if request.texts.is_empty() || request.texts.len() > most {
            return Err(refusal(
                "invalid_request",
                format!("one request takes 1 to {most} texts, not {}", request.texts.len()),
            ));
        }
        let texts = request
            .texts
            .iter()
            .map(|text| self.text.encode(&self.manner.dressed(text.expose(), request.role)));
        let texts: Vec<Tokens> = texts.collect::<Result<_, _>>()?;
        let lengths: Vec<usize> = texts.iter().map(|text| text.ids.len()).collect();
        let mut values = vec![0.0; texts.len() * self.dimensions];
        for batch in batches(&lengths, self.batch_tokens) {
            if !go_on() {
                return Err(refusal("cancelled", "nobody waits for these vectors any more"));
            }
            let rows: Vec<&Tokens> = batch.iter().map(|&place| &texts[place]).collect();
            for (place, vector) in batch.iter().zip(self.run(&rows)?) {
                let from = place * self.dimensions;
                values[from..from + self.dimensions].copy_from_slice(&vector);
            }
        }
        let truncated = texts.iter().enumerate().filter(|(_, text)| text.cut);
        let embedded = Embedded {
            dimensions: self.dimensions,
            tokens: lengths,
            truncated: truncated.map(|(place, _)| place).collect(),
        };
        Ok(Vectors { embedded, values })
    }

    /// Finds out how long the vectors are, and whether texts go through the graph together as they do alone.
    fn rehearse(&mut self) -> Result<(), Refusal> {
        let encode = |text: &str| self.text.encode(&self.manner.dressed(text, TextRole::Plain));
        let texts = [encode(REHEARSAL[0])?, encode(REHEARSAL[1])?];
        let alone = self.run(&[&texts[0]])?;
        let together = self.run(&[&texts[0], &texts[1]])?;
        self.dimensions = alone.first().map_or(0, Vec::len);
        self.model.dimensions = Some(self.dimensions);
        let moved = alone
            .iter()
            .flatten()
            .zip(together.iter().flatten())
            .any(|(one, other)| (one - other).abs() > SAME);
        if moved {
            self.batch_tokens = 0;
        }
        self.model.batch_tokens = Some(self.batch_tokens).filter(|&tokens| tokens > 0);
        Ok(())
    }

    /// Runs the graph once over these texts, and returns their vectors.
    fn run(&mut self, texts: &[&Tokens]) -> Result<Vec<Vec<f32>>, Refusal> {
        let engine_failed = |error: &dyn fmt::Display| {
            refusal("engine_failed", format!("the engine failed on these texts: {error}"))
        };
        let (longest, inputs) = padded::inputs(&self.contract.inputs, texts, self.padding)
            .map_err(|error| engine_failed(&error))?;
        let outputs = self.session.run(inputs).map_err(|error| engine_failed(&error))?;
        let output = outputs
            .get(self.contract.output.as_str())
            .ok_or_else(|| engine_failed(&"its output is missing"))?;
        let (shape, numbers) =
            output.try_extract_tensor::<f32>().map_err(|error| engine_failed(&error))?;
        let dimensions = shape.last().and_then(|&size| usize::try_from(size).ok()).unwrap_or(0);
        let row = if self.contract.pooled { dimensions } else { dimensions * longest };
        if row == 0 || numbers.len() != row * texts.len() {
            return Err(engine_failed(&"its output has another shape than it declares"));
        }
        let vector = |(row, text): (&[f32], &&Tokens)| {
            let mut vector = if self.contract.pooled {
                row.to_vec()
            } else {
                pool::pool(row, dimensions, text.ids.len(), self.manner.pooling)
            };
            let usable = pool::normalize(&mut vector);
            usable.then_some(vector).ok_or_else(|| engine_failed(&"it gave no numbers"))
        };
        numbers.chunks_exact(row).zip(texts).map(vector).collect()
    }
}
