//! One graph with its cache: tokens in, the last token's logits out.
//!
//! The cache stays inside the runtime and is copied nowhere. Graphs whose attention operator can append in place get one
//! buffer per layer that is input and output at once ([`Cache::Shared`]); all others hand the cache they return back at the
//! next step ([`Cache::Moved`]). Which one it is is not believed but tried, once, when the model is loaded.

use super::{Flow, graph::Contract};
use crate::inference::engines::session::Element;
use ort::{
    memory::Allocator,
    session::{IoBinding, Session, SessionInputValue},
    value::{DynTensor, DynValue, Tensor, TensorElementType},
};
use std::{borrow::Cow, ops::ControlFlow};

/// Rows that shared buffers begin with; they double as a context grows, so that a short one costs little memory.
const FIRST_ROWS: usize = 256;

/// How far two ways to the same logits may differ: rounding, not a wrong cache.
const SAME: f32 = 1e-3;

/// A session and the tokens in its cache.
pub(super) struct Decoder {
    session: Session,
    contract: Contract,
    context: usize,
    tokens: Vec<u32>,
    cache: Cache,
    logits: Option<DynValue>,
    /// Whether the graph computes logits for the last token only, whatever it is given.
    one_row: bool,
}

enum Cache {
    /// What the last step returned; key and value of each layer in turn.
    Moved(Vec<DynValue>),
    /// Buffers that are past and present at once.
    Shared(Box<Shared>),
}

struct Shared {
    binding: IoBinding,
    buffers: Vec<Tensor<f32>>,
    /// Rows that the buffers have.
    rows: usize,
    /// Rows of logits that are bound.
    logits_rows: usize,
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
            cache: Cache::Moved(Vec::new()),
            logits: None,
            one_row: false,
        };
        let expected = decoder.rehearse()?;
        if may_share
            && decoder.contract.cache == Element::F32
            && decoder.contract.attention_mask.is_some()
        {
            decoder.cache = Cache::Shared(Box::new(decoder.shared()?));
            let same = decoder.rehearse().is_ok_and(|logits| {
                logits.len() == expected.len()
                    && logits
                        .iter()
                        .zip(&expected)
                        .all(|(one, other)| (one - other).abs() <= SAME * other.abs().max(1.0))
            });
            if !same {
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

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.tokens.clear();
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
        if keep < self.tokens.len() {
            let length = self.tokens.len();
            let cut = match &mut self.cache {
                // Rows above the length are never read.
                Cache::Shared(_) => true,
                Cache::Moved(values) => keep > 0 && cut(values, length, keep),
            };
            if cut {
                self.tokens.truncate(keep);
            } else {
                self.reset();
            }
        }
        self.tokens.len()
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
        let total = self.tokens.len() + tokens.len();
        if tokens.is_empty() || total > self.context {
            return Err(ort::Error::new(format!(
                "{total} tokens do not fit a context of {}",
                self.context
            )));
        }
        self.reserve(total)?;
        let ran = match &self.cache {
            Cache::Moved(_) => self.run_moved(tokens),
            Cache::Shared(_) => self.run_shared(tokens),
        };
        match ran {
            Ok(()) => self.tokens.extend_from_slice(tokens),
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
        &rows[rows.len().saturating_sub(self.contract.vocabulary)..]
    }

    /// Returns how many rows of logits the last step computed.
    #[cfg(test)]
    pub(super) fn computed_rows(&self) -> usize {
        let logits =
            self.logits.as_ref().and_then(|logits| logits.try_extract_tensor::<f32>().ok());
        logits.map_or(0, |(_, rows)| rows.len() / self.contract.vocabulary)
    }

    /// The inputs other than the cache for `count` more tokens.
    fn inputs(&self, tokens: &[u32]) -> Result<Vec<(String, DynValue)>, ort::Error> {
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
            inputs.push((
                name.clone(),
                Tensor::from_array((vec![1i64; *rank], vec![1i64]))?.into_dyn(),
            ));
        }
        Ok(inputs)
    }

    fn run_moved(&mut self, tokens: &[u32]) -> Result<(), ort::Error> {
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = self
            .inputs(tokens)?
            .into_iter()
            .map(|(name, value)| (Cow::from(name), SessionInputValue::from(value)))
            .collect();
        let Cache::Moved(values) = &mut self.cache else { return Ok(()) };
        let mut pasts = std::mem::take(values);
        if pasts.is_empty() {
            pasts = empty(&self.contract)?;
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

    fn run_shared(&mut self, tokens: &[u32]) -> Result<(), ort::Error> {
        let inputs = self.inputs(tokens)?;
        let rows =
            if self.one_row || self.contract.logits_to_keep.is_some() { 1 } else { tokens.len() };
        let Cache::Shared(shared) = &mut self.cache else { return Ok(()) };
        for (name, value) in &inputs {
            shared.binding.bind_input(name, value)?;
        }
        if shared.logits_rows != rows || self.logits.is_none() {
            let mut logits = DynTensor::new(
                &Allocator::default(),
                TensorElementType::Float32,
                [1, rows, self.contract.vocabulary],
            )?
            .into_dyn();
            shared.binding.bind_output(&self.contract.logits, &mut logits)?;
            shared.logits_rows = rows;
            self.logits = Some(logits);
        }
        self.session.run_binding(&shared.binding).map(drop)
    }

    /// Makes room for so many tokens in shared buffers.
    fn reserve(&mut self, tokens: usize) -> Result<(), ort::Error> {
        let length = self.tokens.len();
        let (contract, context) = (&self.contract, self.context);
        if let Cache::Shared(shared) = &mut self.cache
            && tokens > shared.rows
        {
            let rows = tokens.next_power_of_two().min(context);
            for (number, buffer) in shared.buffers.iter_mut().enumerate() {
                let mut larger = bound(&mut shared.binding, contract, number, rows)?;
                copy_rows(buffer, &mut larger, length);
                *buffer = larger;
            }
            shared.rows = rows;
        }
        Ok(())
    }

    fn shared(&self) -> Result<Shared, ort::Error> {
        let mut binding = self.session.create_binding()?;
        let rows = FIRST_ROWS.min(self.context);
        let buffers = (0..2 * self.contract.layers.len())
            .map(|number| bound(&mut binding, &self.contract, number, rows))
            .collect::<Result<_, _>>()?;
        Ok(Shared { binding, buffers, rows, logits_rows: 0 })
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
}

/// Returns a cache without tokens.
fn empty(contract: &Contract) -> Result<Vec<DynValue>, ort::Error> {
    let element = match contract.cache {
        Element::F16 => TensorElementType::Float16,
        Element::F32 | Element::I64 | Element::Other => TensorElementType::Float32,
    };
    let shape = [1, contract.kv_heads, 0, contract.head_size];
    (0..2 * contract.layers.len())
        .map(|_| DynTensor::new(&Allocator::default(), element, shape).map(DynTensor::into_dyn))
        .collect()
}

/// Binds a new buffer as one layer's key or value, past and present.
fn bound(
    binding: &mut IoBinding,
    contract: &Contract,
    number: usize,
    rows: usize,
) -> Result<Tensor<f32>, ort::Error> {
    let layer = &contract.layers[number / 2];
    let shape = [1, contract.kv_heads, rows, contract.head_size];
    let mut buffer = Tensor::<f32>::new(&Allocator::default(), shape)?;
    binding.bind_input(&layer.past[number % 2], &buffer)?;
    binding.bind_output(&layer.present[number % 2], &mut buffer)?;
    Ok(buffer)
}

/// Copies the first rows of every head.
fn copy_rows(from: &Tensor<f32>, to: &mut Tensor<f32>, rows: usize) {
    let (shape, source) = from.extract_tensor();
    let [_, _, from_rows, size] = dimensions(shape);
    let (shape, target) = to.extract_tensor_mut();
    let [_, _, to_rows, _] = dimensions(shape);
    let heads = source.chunks_exact(from_rows * size).zip(target.chunks_exact_mut(to_rows * size));
    for (source, target) in heads {
        target[..rows * size].copy_from_slice(&source[..rows * size]);
    }
}

/// Cuts a returned cache after `keep` tokens; a copy, but a far cheaper one than computing them again.
fn cut(values: &mut [DynValue], length: usize, keep: usize) -> bool {
    let shorter: ControlFlow<(), Vec<DynValue>> =
        values.iter().try_fold(Vec::new(), |mut made, value| {
            let shorter = || {
                let (shape, source) = value.try_extract_tensor::<f32>().ok()?;
                let [one, heads, rows, size] = dimensions(shape);
                if rows != length {
                    return None; // A sliding window: what was dropped from it cannot come back.
                }
                let kept: Vec<f32> = source
                    .chunks_exact(rows * size)
                    .flat_map(|head| &head[..keep * size])
                    .copied()
                    .collect();
                Some(Tensor::from_array(([one, heads, keep, size], kept)).ok()?.into_dyn())
            };
            match shorter() {
                Some(value) => {
                    made.push(value);
                    ControlFlow::Continue(made)
                }
                None => ControlFlow::Break(()),
            }
        });
    match shorter {
        ControlFlow::Continue(shorter) if shorter.len() == values.len() => {
            for (value, shorter) in values.iter_mut().zip(shorter) {
                *value = shorter;
            }
            true
        }
        ControlFlow::Continue(_) | ControlFlow::Break(()) => false,
    }
}

fn dimensions(shape: &[i64]) -> [usize; 4] {
    std::array::from_fn(|axis| {
        shape.get(axis).and_then(|&size| usize::try_from(size).ok()).unwrap_or(0)
    })
}
