//! Where a graph's keys and values are kept between steps.
//!
//! They stay inside the runtime. Graphs whose attention operator can append in place get one buffer per layer that is input and
//! output at once ([`Cache::Shared`]); all others hand the cache they return back at the next step ([`Cache::Moved`]).

use super::graph::Contract;
use crate::inference::engines::session::Element;
use ort::{
    memory::Allocator,
    session::{IoBinding, Session},
    value::{DynTensor, DynValue, Tensor, TensorElementType},
};
use std::ops::{ControlFlow, Range};

/// Rows that shared buffers begin with; they double as a context grows, so that a short one costs little memory.
const FIRST_ROWS: usize = 256;

/// The keys and values of the tokens so far, of each layer in turn.
pub(super) enum Cache {
    /// What the last step returned.
    Moved(Vec<DynValue>),
    /// Buffers that are past and present at once.
    Shared(Box<Shared>),
}

/// Buffers that a graph appends to in place, bound to it.
pub(super) struct Shared {
    pub(super) binding: IoBinding,
    buffers: Vec<Tensor<f32>>,
    /// Rows that the buffers have.
    rows: usize,
    /// Rows of logits that are bound.
    pub(super) logits_rows: usize,
}

impl Shared {
    /// Binds buffers to a graph.
    pub(super) fn new(
        session: &Session,
        contract: &Contract,
        context: usize,
    ) -> Result<Self, ort::Error> {
        let mut binding = session.create_binding()?;
        let rows = FIRST_ROWS.min(context);
        let buffers = (0..2 * contract.layers.len())
            .map(|number| bound(&mut binding, contract, number, rows))
            .collect::<Result<_, _>>()?;
        Ok(Self { binding, buffers, rows, logits_rows: 0 })
    }

    /// Makes room for so many tokens of a context, of which the first `length` are there.
    pub(super) fn reserve(
        &mut self,
        contract: &Contract,
        length: usize,
        tokens: usize,
        context: usize,
    ) -> Result<(), ort::Error> {
        if tokens > self.rows {
            let rows = tokens.next_power_of_two().min(context);
            for (number, buffer) in self.buffers.iter_mut().enumerate() {
                let mut larger = bound(&mut self.binding, contract, number, rows)?;
                copy_rows(buffer, &mut larger, length);
                *buffer = larger;
            }
            self.rows = rows;
        }
        Ok(())
    }
}

impl Cache {
    /// Copies the keys and values of some of the `length` tokens that are there; none if they are not to be had.
    pub(super) fn copy(&self, length: usize, tokens: Range<usize>) -> Option<Vec<f32>> {
        let mut copied = Vec::new();
        let mut add = |shape: &[i64], values: &[f32]| {
            let [_, _, rows, size] = dimensions(shape);
            for head in values.chunks_exact((rows * size).max(1)) {
                copied.extend_from_slice(&head[tokens.start * size..tokens.end * size]);
            }
        };
        match self {
            Self::Shared(shared) => {
                for buffer in &shared.buffers {
                    let (shape, values) = buffer.extract_tensor();
                    add(shape, values);
                }
            }
            Self::Moved(values) => {
                for value in values {
                    let (shape, values) = value.try_extract_tensor::<f32>().ok()?;
                    // A sliding window has fewer.
                    if dimensions(shape)[2] != length {
                        return None;
                    }
                    add(shape, values);
                }
            }
        }
        Some(copied)
    }

    /// Puts copied keys and values in the place of what is there, so many tokens a piece; room was made for them.
    pub(super) fn paste(
        &mut self,
        contract: &Contract,
        pieces: &[&[f32]],
        each: usize,
    ) -> Result<(), ort::Error> {
        let paste = |number: usize, buffer: &mut Tensor<f32>| {
            let (shape, target) = buffer.extract_tensor_mut();
            let [_, heads, rows, size] = dimensions(shape);
            let (span, of_head) = (each * size, rows * size);
            for (place, piece) in pieces.iter().enumerate() {
                let piece = piece.chunks_exact(span).skip(number * heads);
                for (head, source) in target.chunks_exact_mut(of_head).zip(piece) {
                    head[place * span..][..span].copy_from_slice(source);
                }
            }
        };
        match self {
            Self::Shared(shared) => {
                for (number, buffer) in shared.buffers.iter_mut().enumerate() {
                    paste(number, buffer);
                }
            }
            Self::Moved(values) => {
                let shape = [1, contract.kv_heads, each * pieces.len(), contract.head_size];
                *values = (0..2 * contract.layers.len())
                    .map(|number| {
                        let mut value = Tensor::<f32>::new(&Allocator::default(), shape)?;
                        paste(number, &mut value);
                        Ok(value.into_dyn())
                    })
                    .collect::<Result<_, ort::Error>>()?;
            }
        }
        Ok(())
    }
}

/// Returns a cache without tokens.
pub(super) fn empty(contract: &Contract) -> Result<Vec<DynValue>, ort::Error> {
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
pub(super) fn cut(values: &mut [DynValue], length: usize, keep: usize) -> bool {
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
