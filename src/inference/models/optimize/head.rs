//! The head of a language model, which gives a logit for each word: found in a graph, and made of small numbers.
//!
//! Most exporters leave it in 32 or 16 bits while all else has four or eight, and with a vocabulary of 150,000 it is half of what a
//! small model reads per token. As `MatMulNBits` (<https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>):
//! the weight of one output is cut into blocks, each number of a block is a step of the block's scale around a middle of
//! 2^(bits - 1), and two steps of four bits share a byte, the first in its lower half.

use super::{
    OptimizeError, Watch,
    graph::{Graph, Node, Weight, beside},
};
use half::f16;
use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::PathBuf,
};

/// Numbers of a matrix that are in memory at once.
const AT_ONCE: usize = 8 << 20;
/// The numbers of ONNX's types.
pub(super) const FLOAT: u64 = 1;
pub(super) const HALF: u64 = 10;
pub(super) const BYTE: u64 = 2;

/// How a head is quantised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadForm {
    /// Bits of one number: 4 or 8.
    pub bits: u8,
    /// How many numbers share a scale: a power of two from 16.
    pub block: usize,
}

/// A head that can be quantised.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// Which node it is.
    pub(super) node: usize,
    /// The node that turns its weight around, if nobody else needs that.
    pub(super) transpose: Option<usize>,
    pub(super) weight: Weight,
    pub(super) weight_name: String,
    /// Whether the weight can go.
    pub(super) alone: bool,
    /// What is added to the product.
    pub(super) bias: Option<String>,
    /// How many numbers go in.
    pub(super) wide: usize,
    /// How many logits come out.
    pub(super) tall: usize,
    /// Whether a logit's numbers lie side by side.
    by_logit: bool,
    file: PathBuf,
}

impl Head {
    /// Finds the node that gives `logits` from a plain weight, looking through what only shapes, scales or caps them.
    pub(super) fn find(graph: &Graph) -> Option<Self> {
        let mut value = "logits";
        // A cap is three nodes, a shape or type one each: nobody has more.
        for _ in 0..8 {
            let node = graph.giver(value)?;
            if ["MatMul", "Gemm"].iter().any(|operator| node.is(operator)) {
                return Self::of(graph, node);
            }
            let through = [
                "Cast",
                "Identity",
                "Reshape",
                "Squeeze",
                "Unsqueeze",
                "Tanh",
                "Mul",
                "Div",
                "Add",
            ];
            if !through.iter().any(|operator| node.is(operator)) {
                return None;
            }
            let is_constant = |name: &&String| {
                graph.weights.contains_key(*name)
                    || graph.giver(name).is_none_or(|giver| giver.is("Constant"))
            };
            value = node.inputs.iter().find(|name| !is_constant(name))?;
        }
        None
    }

    fn of(graph: &Graph, node: &Node) -> Option<Self> {
        let gemm = node.is("Gemm");
        let plain = |name: &str| {
            node.floats.get(name).is_none_or(|&factor| factor.to_bits() == 1_f32.to_bits())
        };
        if gemm && (node.number("transA").unwrap_or(0) != 0 || !plain("alpha") || !plain("beta")) {
            return None;
        }
        let mut by_logit = gemm && node.number("transB").unwrap_or(0) != 0;
        let mut name = node.inputs.get(1)?;
        let transpose = graph.giver(name).filter(|giver| giver.is("Transpose"));
        let mut shared = graph.uses(name) > 1;
        if let Some(turned) = transpose {
            // Without a list of axes all are turned around.
            if turned.numbers.get("perm").is_some_and(|axes| axes != &[1, 0]) {
                return None;
            }
            by_logit = !by_logit;
            name = turned.inputs.first()?;
        }
        let weight = graph.weights.get(name)?;
        let &[first, second] = weight.dimensions.as_slice() else { return None };
        let (tall, wide) = if by_logit { (first, second) } else { (second, first) };
        let (tall, wide) = (usize::try_from(tall).ok()?, usize::try_from(wide).ok()?);
        let numbers = weight.numbers.as_ref()?;
        let whole = first.checked_mul(second)?.checked_mul(size_of_element(weight.element)?)?;
        if whole == 0 || numbers.length != whole {
            return None;
        }
        // What a graph within the graph uses is not seen here, and what a caller may set is no constant.
        let visible = !graph.nodes.iter().any(|node| node.nested) && !graph.inputs.contains(name);
        let transpose = transpose.filter(|_| visible && !shared).map(|turned| turned.field);
        shared |= graph.uses(name) > 1;
        Some(Self {
            node: node.field,
            transpose,
            weight: weight.clone(),
            weight_name: name.clone(),
            alone: visible && !shared,
            bias: node.inputs.get(2).filter(|bias| gemm && !bias.is_empty()).cloned(),
            wide,
            tall,
            by_logit,
            file: numbers
                .file
                .as_ref()
                .map_or_else(|| graph.path.clone(), |file| beside(&graph.path, file)),
        })
    }

    /// Returns how many scales there are, and how many bytes of numbers.
    pub(super) fn sizes(&self, form: HeadForm) -> (u64, u64) {
        let scales = self.tall as u64 * self.wide.div_ceil(form.block) as u64;
        (scales, scales * (form.block * usize::from(form.bits) / 8) as u64)
    }

    /// Writes the numbers, then the scales; tells `watch` how many bytes were read.
    pub(super) fn write(
        &self,
        form: HeadForm,
        to: &mut impl Write,
        watch: Watch<'_>,
    ) -> Result<(), OptimizeError> {
        let unreadable = |source| OptimizeError::Unreadable { path: self.file.clone(), source };
        let file = File::open(&self.file).map_err(unreadable)?;
        let half = self.weight.element == HALF;
        let band = (AT_ONCE / self.wide).clamp(1, self.tall);
        let (mut scales, mut packed) = (Vec::new(), Vec::new());
        for first in (0..self.tall).step_by(band) {
            let rows = band.min(self.tall - first);
            let numbers = self.rows(&file, first, rows).map_err(unreadable)?;
            packed.clear();
            for row in numbers.chunks_exact(self.wide) {
                for block in row.chunks(form.block) {
                    let scale = quantise(block, form, half, &mut packed).ok_or_else(|| {
                        OptimizeError::NoNumbers {
                            path: self.file.clone(),
                            name: self.weight_name.clone(),
                        }
                    })?;
                    if half {
                        scales.extend(f16::from_f32(scale).to_le_bytes());
                    } else {
                        scales.extend(scale.to_le_bytes());
                    }
                }
            }
            to.write_all(&packed).map_err(OptimizeError::writing)?;
            watch((numbers.len() as u64) * if half { 2 } else { 4 })?;
        }
        to.write_all(&scales).map_err(OptimizeError::writing)
    }

    /// Reads the weights of some logits, one logit after the other.
    fn rows(&self, file: &File, first: usize, rows: usize) -> io::Result<Vec<f32>> {
        let size = if self.weight.element == HALF { 2 } else { 4 };
        let offset = self.weight.numbers.as_ref().map_or(0, |numbers| numbers.offset);
        let at = |number: usize| offset + (number * size) as u64;
        if self.by_logit {
            let mut bytes = vec![0; rows * self.wide * size];
            file.read_exact_at(&mut bytes, at(first * self.wide))?;
            return Ok(floats(&bytes, size).collect());
        }
        let mut numbers = vec![0.0; rows * self.wide];
        let mut bytes = vec![0; rows * size];
        for column in 0..self.wide {
            file.read_exact_at(&mut bytes, at(column * self.tall + first))?;
            for (row, number) in floats(&bytes, size).enumerate() {
                numbers[row * self.wide + column] = number;
            }
        }
        Ok(numbers)
    }
}

fn size_of_element(element: u64) -> Option<u64> {
    match element {
        FLOAT => Some(4),
        HALF => Some(2),
        _ => None,
    }
}

fn floats(bytes: &[u8], size: usize) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(size).map(|number| match *number {
        [one, two] => f16::from_le_bytes([one, two]).to_f32(),
        [one, two, three, four] => f32::from_le_bytes([one, two, three, four]),
        _ => f32::NAN,
    })
}

/// Appends one block, filled up with the middle, and returns its scale; `None` if there is a number that is none.
fn quantise(block: &[f32], form: HeadForm, half: bool, packed: &mut Vec<u8>) -> Option<f32> {
    let middle = 1_i32 << (form.bits - 1);
    let extreme = block
        .iter()
        .copied()
        .fold(0.0, |most: f32, number| if number.abs() > most.abs() { number } else { most });
    if !block.iter().all(|number| number.is_finite()) {
        return None;
    }
    // There is one step more below the middle than above: the extreme gets it.
    #[expect(clippy::cast_precision_loss, reason = "it is at most 128")]
    let scale = extreme / -(middle as f32);
    let scale = if half { f16::from_f32(scale).to_f32() } else { scale };
    let step = |number: f32| {
        let steps = if scale == 0.0 { 0.0 } else { (number / scale).round_ties_even() };
        #[expect(clippy::cast_possible_truncation, reason = "it is clamped")]
        let step = (steps as i32 + middle).clamp(0, 2 * middle - 1);
        step.to_le_bytes()[0]
    };
    let whole = block.iter().map(|&number| step(number));
    let mut steps =
        whole.chain(std::iter::repeat_n(middle.to_le_bytes()[0], form.block - block.len()));
    if form.bits == 8 {
        packed.extend(steps);
    } else {
        while let (Some(low), Some(high)) = (steps.next(), steps.next()) {
            packed.push(low | high << 4);
        }
    }
    Some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(packed: &[u8], scale: f32, bits: u8) -> Vec<f32> {
        let middle = if bits == 8 { 128.0 } else { 8.0 };
        let steps: Vec<u8> = if bits == 8 {
            packed.to_vec()
        } else {
            packed.iter().flat_map(|byte| [byte & 15, byte >> 4]).collect()
        };
        steps.into_iter().map(|step| (f32::from(step) - middle) * scale).collect()
    }

    #[test]
    fn a_block_comes_back_within_half_a_step_but_for_its_far_end() {
        let block: Vec<f32> = (0..20_u8).map(|number| (f32::from(number) - 7.0) / 10.0).collect();
        for bits in [4, 8] {
            let mut packed = Vec::new();
            let form = HeadForm { bits, block: 32 };
            let scale = quantise(&block, form, false, &mut packed).unwrap();
            assert_eq!(packed.len(), 32 * usize::from(bits) / 8);
            let again = back(&packed, scale, bits);
            for (one, other) in block.iter().zip(&again) {
                assert!((one - other).abs() <= scale.abs() / 2.0 + 1e-6, "{bits}: {one} {other}");
            }
            assert!(again[20..].iter().all(|&filling| filling == 0.0));
        }
    }

    #[test]
    fn blocks_of_nothing_are_nothing_and_what_is_no_number_is_told() {
        let form = HeadForm { bits: 8, block: 16 };
        let mut packed = Vec::new();
        let scale = quantise(&[0.0; 16], form, false, &mut packed).unwrap();
        assert!(back(&packed, scale, 8).iter().all(|&number| number == 0.0));
        for odd in [f32::NAN, f32::INFINITY] {
            assert_eq!(quantise(&[1.0, odd], form, false, &mut packed), None);
        }
    }
}
