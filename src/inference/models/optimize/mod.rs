//! Making a faster graph of a language model's own: the same weights, computed with as a small machine does it best.
//!
//! Two things are changed, where a graph allows it. Matrices of few bits get accuracy level 4, by which ONNX Runtime multiplies
//! whole numbers instead of unfolding the weights to 32 bits first; and a head in 32 or 16 bits gets eight, or four. All else is
//! copied as it is. The result lies beside the graph, which is not touched, and counts only with the record that is written last:
//!
//! ```text
//! model.onnx                  as it came
//! model.optimized.onnx        what the worker loads
//! model.optimized.onnx_data   the numbers of its head; all others are where they were
//! model.optimized.json        what was changed, of which file, and what came of it
//! ```
//!
//! Whether the result is faster here, and answers as the original does, is for the caller to measure: nothing here runs a graph.

mod draft;
mod edit;
mod error;
mod graph;
mod head;
mod record;
#[cfg(test)]
pub(super) mod tests;
mod wire;

pub use draft::Draft;
pub use error::OptimizeError;
pub use head::HeadForm;
pub use record::{
    Answers, Changes, File, HeadChange, Optimized, Speed, forget, is_optimized, is_rewrite_of, of,
    original_of,
};

use edit::{LEVEL, quantised, weights, with_level};
use graph::{CONTRIB, GRAPH, Graph, OPSET};
use head::Head;
use std::path::{Path, PathBuf};
use wire::{put_bytes, put_length, put_number};

/// A file of one message cannot be longer.
const LONGEST_GRAPH: u64 = (1 << 31) - 1;
/// What must be left on the disk beside the result.
const SPARE: u64 = 16 << 20;

/// Is told how many bytes were read or written, and ends the work by an error.
pub type Watch<'a> = &'a mut dyn FnMut(u64) -> Result<(), OptimizeError>;

/// What would be changed in a graph, and how.
#[derive(Debug)]
pub struct Plan {
    graph: PathBuf,
    /// What would be changed.
    pub changes: Changes,
    /// Why the head stays as it is, where it does.
    pub head_stays: Option<&'static str>,
    pieces: Vec<Piece>,
    head: Option<(Head, HeadForm)>,
}

/// A part of the new graph file.
#[derive(Debug)]
enum Piece {
    /// Bytes of the old one.
    Copied {
        from: u64,
        to: u64,
    },
    Made(Vec<u8>),
}

impl Plan {
    /// Looks at a graph, and plans what would make it faster; `head` says how to quantise a head that is not yet.
    pub fn of(path: &Path, head: Option<HeadForm>) -> Result<Self, OptimizeError> {
        let graph = Graph::read(path)?;
        let lacks = [
            ("input input_ids", graph.inputs.contains("input_ids")),
            ("output logits", graph.outputs.contains("logits")),
        ];
        if let Some((lacks, _)) = lacks.into_iter().find(|(_, there)| !there) {
            return Err(OptimizeError::NotCausal { path: path.to_owned(), lacks });
        }
        graph.check_data()?;
        let found = Head::find(&graph);
        let taken = edit::NAMES.iter().any(|name| graph.weights.contains_key(*name));
        let head_stays = match (&found, head) {
            (Some(_), Some(_)) if taken => Some("the graph has a weight of the same name"),
            (Some(_), Some(_)) => None,
            (Some(_), None) => Some("it was asked to stay"),
            (None, _) => Some("it is quantised already, or no plain matrix"),
        };
        let head = found.zip(head).filter(|_| !taken);
        let mut plan = Self {
            graph: path.to_owned(),
            changes: Changes::default(),
            head_stays,
            pieces: Vec::new(),
            head,
        };
        plan.lay_out(&graph)?;
        Ok(plan)
    }

    /// Returns whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.changes == Changes::default()
    }

    /// Returns how many bytes would be written.
    pub fn bytes(&self) -> u64 {
        let data = self.head.as_ref().map_or(0, |(head, form)| {
            let (scales, numbers) = head.sizes(*form);
            numbers + scales * if head.weight.element == head::HALF { 2 } else { 4 }
        });
        self.pieces.iter().map(Piece::length).sum::<u64>() + data
    }

    /// Lays the new file out: the old fields in their order, with those that change made anew.
    fn lay_out(&mut self, graph: &Graph) -> Result<(), OptimizeError> {
        let mut made: Vec<Option<Vec<u8>>> = vec![None; graph.fields.len()];
        for node in graph.nodes.iter().filter(|node| node.is_contrib("MatMulNBits")) {
            if node.number("accuracy_level").unwrap_or(0) < LEVEL {
                made[node.field] = Some(with_level(node));
                self.changes.accuracy_level += 1;
            }
        }
        let mut more = Vec::new();
        if let Some((head, form)) = &self.head {
            let node = graph.nodes.iter().find(|node| node.field == head.node);
            made[head.node] = node.map(|node| quantised(node, head, *form));
            let gone = head.alone.then_some(head.weight.field);
            gone.into_iter().chain(head.transpose).for_each(|field| made[field] = Some(Vec::new()));
            more = weights(head, *form, &data_name(&self.graph));
            self.changes.head = Some(HeadChange {
                bits: form.bits,
                block: form.block,
                from_bits: if head.weight.element == head::HALF { 16 } else { 32 },
            });
        }
        let mut inner: Vec<Piece> = Vec::new();
        for (field, made) in graph.fields.iter().zip(made) {
            match made {
                Some(bytes) => inner.push(Piece::Made(bytes)),
                None => inner.push(Piece::Copied { from: field.start, to: field.end }),
            }
        }
        inner.push(Piece::Made(more));
        let mut beginning = Vec::new();
        put_length(&mut beginning, GRAPH, inner.iter().map(Piece::length).sum());
        let around =
            graph.around.iter().map(|field| Piece::Copied { from: field.start, to: field.end });
        let mut around: Vec<_> = around.collect();
        let rest = around.split_off(graph.position.min(around.len()));
        let mut end = Vec::new();
        if self.head.is_some() && !graph.contrib {
            let mut opset = Vec::new();
            put_bytes(&mut opset, 1, CONTRIB.as_bytes());
            put_number(&mut opset, 2, 1);
            put_bytes(&mut end, OPSET, &opset);
        }
        let pieces = around.into_iter().chain([Piece::Made(beginning)]).chain(inner).chain(rest);
        self.pieces = joined(pieces.chain([Piece::Made(end)]));
        if self.pieces.iter().map(Piece::length).sum::<u64>() > LONGEST_GRAPH {
            return Err(OptimizeError::TooLong(self.graph.clone()));
        }
        Ok(())
    }
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Copied { from, to } => to - from,
            Self::Made(bytes) => bytes.len() as u64,
        }
    }
}

/// Joins pieces that lie one behind the other.
fn joined(pieces: impl Iterator<Item = Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces.filter(|piece| piece.length() > 0) {
        match (joined.last_mut(), &piece) {
            (Some(Piece::Copied { to, .. }), Piece::Copied { from, to: end }) if to == from => {
                *to = *end;
            }
            _ => joined.push(piece),
        }
    }
    joined
}

fn data_name(graph: &Path) -> String {
    record::name(&record::beside(graph, "onnx_data")).display().to_string()
}
