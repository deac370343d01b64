//! One graph with its cache: tokens in, the last token's logits out.
//!
//! Which of the two kinds of [`Cache`] a graph can have is not believed but tried, once, when the model is loaded. So is whether a
//! run may take a draft along of what follows ([`Decoder::step_with`]). Kernels compute rows in pairs, and a single one in
//! another way, with other roundings: with drafts, every run has an even number of tokens, if need be with one that is thrown
//! away, so that the logits of a token are the same to the last bit whatever it was computed with.

use super::{
    Flow,
    cache::{self, Cache, Shared},
    graph::Contract,
};
use crate::inference::engines::session::Element;
use ort::{
    memory::Allocator,
    session::{Session, SessionInputValue},
    value::{DynTensor, DynValue, Tensor, TensorElementType},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
    ops::Range,
};

/// Rows of logits whose room is kept between steps; what a prompt needs more is given back.
const FEW_ROWS: usize = 16;

/// How far two ways to the same logits may differ: rounding, not a wrong cache.
const SAME: f32 = 1e-3;

/// A session and the tokens in its cache.
pub(super) struct Decoder {
    session: Session,
    contract: Contract,
    context: usize,
    tokens: Vec<u32>,
    /// Tokens behind those whose logits are there already, should they come.
    ahead: VecDeque<u32>,
    cache: Cache,
    logits: Option<DynValue>,
    /// Room for the logits of a few rows, by their number, kept between steps.
    spare: BTreeMap<usize, DynValue>,
    /// Whether a run can take a draft along.
    drafts: bool,
    /// How often the graph was run.
    runs: usize,
    /// Whether the graph computes logits for the last token only, whatever it is given.
    one_row: bool,
}

impl Decoder {
    /// Warms a session up, learns what its logits look like, and shares buffers if that gives the same logits.
    pub(super) fn new(
        session: Session,
        contract: Contract,
        context: usize,
        may_share: bool,
    ) -> Result<Self, ort::Error> {
        let mut decoder = Self {
            session,
            contract,
            context,
            tokens: Vec::new(),
            ahead: VecDeque::new(),
            cache: Cache::Moved(Vec::new()),
            logits: None,
            spare: BTreeMap::new(),
            drafts: false,
            runs: 0,
            one_row: false,
        };
        let expected = decoder.rehearse()?;
        if may_share
            && decoder.contract.cache == Element::F32
            && decoder.contract.attention_mask.is_some()
        {
            decoder.cache =
                Cache::Shared(Box::new(Shared::new(&decoder.session, &decoder.contract, context)?));
            if decoder.rehearse().is_ok_and(|logits| same(&logits, &expected)) {
                decoder.drafts = decoder.can_draft();
            } else {
                decoder.cache = Cache::Moved(Vec::new());
            }
        }
        decoder.reset();
        Ok(decoder)
    }

    /// Returns the tokens in the cache.
    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Returns whether past and present share buffers.
    pub(super) fn shares(&self) -> bool {
        matches!(self.cache, Cache::Shared(_))
    }

    /// Returns how often the graph was run.
    pub(super) fn runs(&self) -> usize {
        self.runs
    }

    /// Returns whether steps take drafts along.
    pub(super) fn drafts(&self) -> bool {
        self.drafts
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.tokens.clear();
        self.ahead.clear();
        self.logits = match &self.cache {
            Cache::Moved(_) => None,
            Cache::Shared(_) => self.logits.take(),
        };
        if let Cache::Moved(values) = &mut self.cache {
            values.clear();
        }
    }

    /// Forgets all but the first `keep` tokens, and returns how many were kept: fewer if the cache cannot be cut there.
    pub(super) fn rewind(&mut self, keep: usize) -> usize {
        self.ahead.clear();
        if keep < self.tokens.len() {
            let length = self.tokens.len();
            let cut = match &mut self.cache {
                // Rows above the length are never read.
                Cache::Shared(_) => true,
                Cache::Moved(values) => keep > 0 && cache::cut(values, length, keep),
            };
            if cut {
                self.tokens.truncate(keep);
            } else {
                self.reset();
            }
        }
        self.tokens.len()
    }

    /// Copies the keys and values of some tokens in the cache; none if they are not to be had.
    pub(super) fn copy(&self, tokens: Range<usize>) -> Option<Vec<f32>> {
        self.cache.copy(self.tokens.len(), tokens)
    }

    /// Puts tokens that were copied, so many a piece, in the place of what is in the cache.
    pub(super) fn restore(
        &mut self,
        tokens: &[u32],
        pieces: &[&[f32]],
        each: usize,
    ) -> Result<(), ort::Error> {
        self.reset();
        self.reserve(tokens.len())?;
        self.cache.paste(&self.contract, pieces, each)?;
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    /// Appends tokens in chunks and tells `progress` after each how many are done; returns false if it said stop.
    pub(super) fn prefill(
        &mut self,
        tokens: &[u32],
        chunk: usize,
        progress: &mut dyn FnMut(usize) -> Flow,
    ) -> Result<bool, ort::Error> {
        self.reserve(self.tokens.len() + tokens.len())?;
        for part in tokens.chunks(chunk.max(1)) {
            self.step(part)?;
            if progress(self.tokens.len()) == Flow::Stop {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Appends tokens and computes the logits of the last one.
    pub(super) fn step(&mut self, tokens: &[u32]) -> Result<(), ort::Error> {
        self.run(tokens, &[])
    }

    /// Appends one token and takes a draft along of what may follow it: as long as that comes, its steps are done already.
    pub(super) fn step_with(&mut self, token: u32, draft: &[u32]) -> Result<(), ort::Error> {
        if self.ahead.pop_front_if(|ahead| *ahead == token).is_some() {
            self.tokens.push(token);
            return Ok(());
        }
        let fits = self.tokens.len() + 1 + draft.len() <= self.context;
        self.run(&[token], if self.drafts && fits { draft } else { &[] })
    }

    /// Returns the rest of the last draft: what waits for whether it comes.
    pub(super) fn ahead(&self) -> &VecDeque<u32> {
        &self.ahead
    }

    /// Appends tokens, and computes the logits of the last one and of each in the draft.
    fn run(&mut self, tokens: &[u32], draft: &[u32]) -> Result<(), ort::Error> {
        let mut run = [tokens, draft].concat();
        if self.drafts && run.len() % 2 == 1 && self.tokens.len() + run.len() < self.context {
            run.extend_from_within(run.len() - 1..);
        }
        let total = self.tokens.len() + run.len();
        if tokens.is_empty() || total > self.context {
            return Err(ort::Error::new(format!(
                "{total} tokens do not fit a context of {}",
                self.context
            )));
        }
        self.ahead.clear();
        self.runs += 1;
        self.reserve(total)?;
        let ahead = &run[tokens.len()..];
        let ran = match &self.cache {
            Cache::Moved(_) => self.run_moved(&run),
            Cache::Shared(_) => self.run_shared(&run, 1 + ahead.len()),
        };
        match &ran {
            Ok(()) => {
                self.tokens.extend_from_slice(tokens);
                self.ahead.extend(ahead);
            }
            // What the cache holds now is unknown.
            Err(_) => self.reset(),
        }
        ran
    }

    /// Returns the logits of the last token, as they lie in the runtime; empty if there is none.
    pub(super) fn logits(&self) -> &[f32] {
        let Some(logits) = self.logits.as_ref().filter(|_| !self.tokens.is_empty()) else {
            return &[];
        };
        let Ok((_, rows)) = logits.try_extract_tensor::<f32>() else { return &[] };
        let vocabulary = self.contract.vocabulary;
        let end = rows.len().saturating_sub(self.ahead.len() * vocabulary);
        &rows[end.saturating_sub(vocabulary)..end]
    }

    /// Returns how many rows of logits the last step computed.
    #[cfg(test)]
    pub(super) fn computed_rows(&self) -> usize {
        let logits =
            self.logits.as_ref().and_then(|logits| logits.try_extract_tensor::<f32>().ok());
        logits.map_or(0, |(_, rows)| rows.len() / self.contract.vocabulary)
    }

    /// The inputs other than the cache for more tokens, of which the last `rows` get logits where the graph can choose.
    fn inputs(&self, tokens: &[u32], rows: usize) -> Result<Vec<(String, DynValue)>, ort::Error> {
        let (past, count) = (self.tokens.len(), tokens.len());
        let row = |values: Vec<i64>| {
            Ok::<_, ort::Error>(Tensor::from_array(([1, values.len()], values))?.into_dyn())
        };
        let mut inputs = Vec::with_capacity(4 + 2 * self.contract.layers.len());
        inputs.push((
            self.contract.input_ids.clone(),
            row(tokens.iter().map(|&token| i64::from(token)).collect())?,
        ));
        if let Some(name) = &self.contract.attention_mask {
            inputs.push((name.clone(), row(vec![1; past + count])?));
        }
        if let Some(name) = &self.contract.position_ids {
            inputs.push((name.clone(), row((0i64..).skip(past).take(count).collect())?));
        }
        if let Some((name, rank)) = &self.contract.logits_to_keep {
            let rows = i64::try_from(rows).map_err(|error| ort::Error::new(error.to_string()))?;
            let rows = Tensor::from_array((vec![1i64; *rank], vec![rows]))?;
            inputs.push((name.clone(), rows.into_dyn()));
        }
        Ok(inputs)
    }

    fn run_moved(&mut self, tokens: &[u32]) -> Result<(), ort::Error> {
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = self
            .inputs(tokens, 1)?
            .into_iter()
            .map(|(name, value)| (Cow::from(name), SessionInputValue::from(value)))
            .collect();
        let Cache::Moved(values) = &mut self.cache else { return Ok(()) };
        let mut pasts = std::mem::take(values);
        if pasts.is_empty() {
            pasts = cache::empty(&self.contract)?;
        }
        let names = self.contract.layers.iter().flat_map(|layer| &layer.past);
        inputs.extend(
            names.zip(pasts).map(|(name, past)| (Cow::from(name), SessionInputValue::from(past))),
        );
        let mut outputs = self.session.run(inputs)?;
        let mut take = |name: &String| {
            outputs
                .remove(name)
                .ok_or_else(|| ort::Error::new(format!("the graph returned no {name}")))
        };
        let logits = take(&self.contract.logits)?;
        let presents = self.contract.layers.iter().flat_map(|layer| &layer.present).map(take);
        *values = presents.collect::<Result<_, _>>()?;
        drop(outputs);
        self.one_row = logits.shape().get(1) == Some(&1) && tokens.len() > 1 || self.one_row;
        self.logits = Some(logits);
        Ok(())
    }

    fn run_shared(&mut self, tokens: &[u32], rows: usize) -> Result<(), ort::Error> {
        let inputs = self.inputs(tokens, rows)?;
        let rows = match &self.contract.logits_to_keep {
            _ if self.one_row => 1,
            Some(_) => rows,
            None => tokens.len(),
        };
        let Cache::Shared(shared) = &mut self.cache else { return Ok(()) };
        for (name, value) in &inputs {
            shared.binding.bind_input(name, value)?;
        }
        if shared.logits_rows != rows || self.logits.is_none() {
            let mut logits = match self.spare.remove(&rows) {
                Some(logits) => logits,
                None => DynTensor::new(
                    &Allocator::default(),
                    TensorElementType::Float32,
                    [1, rows, self.contract.vocabulary],
                )?
                .into_dyn(),
            };
            shared.binding.bind_output(&self.contract.logits, &mut logits)?;
            let before = self.logits.replace(logits);
            if let Some(before) = before.filter(|_| shared.logits_rows <= FEW_ROWS) {
                self.spare.insert(shared.logits_rows, before);
            }
            shared.logits_rows = rows;
        }
        self.session.run_binding(&shared.binding).map(drop)
    }

    /// Makes room for so many tokens.
    fn reserve(&mut self, tokens: usize) -> Result<(), ort::Error> {
        match &mut self.cache {
            Cache::Moved(_) => Ok(()),
            Cache::Shared(shared) => {
                shared.reserve(&self.contract, self.tokens.len(), tokens, self.context)
            }
        }
    }

    /// Runs a few tokens in the ways that generation will: a chunk, a step, back, a chunk, a step. Returns all logits.
    fn rehearse(&mut self) -> Result<Vec<f32>, ort::Error> {
        let last =
            u32::try_from(self.contract.vocabulary.saturating_sub(1)).unwrap_or(u32::MAX).max(1);
        let script: Vec<u32> = (1u32..=6).map(|number| number * 7919 % last).collect();
        let mut logits = Vec::new();
        self.reset();
        self.logits = None;
        let room = self.context;
        for (keep, part) in
            [(0, &script[..3]), (3, &script[3..4]), (1, &script[4..6]), (3, &script[..1])]
        {
            if self.rewind(keep) == keep && keep + part.len() <= room {
                self.step(part)?;
                logits.extend_from_slice(self.logits());
            }
        }
        Ok(logits)
    }

    /// Tries whether logits are the same to the last bit, whatever tokens are computed together.
    fn can_draft(&mut self) -> bool {
        if self.one_row && self.contract.logits_to_keep.is_none() {
            return false;
        }
        self.drafts = true;
        let mut tried = |draft: &[u32]| -> Result<Vec<u32>, ort::Error> {
            self.reset();
            self.step(&[1, 2])?;
            let mut logits = Vec::new();
            for (token, draft) in [(2, draft), (1, &[]), (0, &[]), (2, &[])] {
                self.step_with(token, draft)?;
                logits.extend(self.logits().iter().map(|logit| logit.to_bits()));
            }
            Ok(logits)
        };
        let (single, drafted) = (tried(&[]), tried(&[1, 0, 2]));
        single.is_ok_and(|single| drafted.is_ok_and(|drafted| single == drafted))
    }
}

/// Whether two ways lead to the same logits.
fn same(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| (one - other).abs() <= SAME * other.abs().max(1.0))
}
