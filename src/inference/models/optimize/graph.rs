//! What of an ONNX graph matters here: its nodes, and where its weights lie. Field numbers are those of `onnx.proto` 1.

use super::{
    OptimizeError,
    wire::{Malformed, Place, Value, Walk, fields},
};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    path::{Component, Path, PathBuf},
};

/// Fields of `ModelProto`.
pub(super) const GRAPH: u64 = 7;
pub(super) const OPSET: u64 = 8;
/// Fields of `GraphProto`.
pub(super) const NODE: u64 = 1;
pub(super) const INITIALIZER: u64 = 5;
const INPUT: u64 = 11;
const OUTPUT: u64 = 12;

/// The domain of ONNX Runtime's own operators.
pub(super) const CONTRIB: &str = "com.microsoft";

/// A graph file, read but for its weights.
pub(super) struct Graph {
    pub(super) path: PathBuf,
    /// The fields of the whole model, but for the graph.
    pub(super) around: Vec<Place>,
    /// Where among them the graph stands.
    pub(super) position: usize,
    /// The fields of the graph, in their order; a node or weight knows its own by index.
    pub(super) fields: Vec<Place>,
    pub(super) nodes: Vec<Node>,
    pub(super) weights: HashMap<String, Weight>,
    pub(super) inputs: HashSet<String>,
    pub(super) outputs: HashSet<String>,
    /// Whether it may use ONNX Runtime's own operators.
    pub(super) contrib: bool,
}

/// A node.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// Which field of the graph it is.
    pub(super) field: usize,
    pub(super) raw: Vec<u8>,
    pub(super) name: String,
    pub(super) operator: String,
    pub(super) domain: String,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    /// Whole numbers and lists of them, by name.
    pub(super) numbers: HashMap<String, Vec<i64>>,
    pub(super) floats: HashMap<String, f32>,
    /// Whether it holds a graph of its own, which may name anything of this one.
    pub(super) nested: bool,
}

/// Where a weight lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Which field of the graph it is.
    pub(super) field: usize,
    pub(super) dimensions: Vec<u64>,
    /// The number of its type in ONNX.
    pub(super) element: u64,
    /// None where its numbers lie in a form that is not read here.
    pub(super) numbers: Option<Numbers>,
}

/// The bytes of a weight's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The file beside the graph; none for the graph's own.
    pub(super) file: Option<PathBuf>,
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Graph {
    /// Reads a graph file; weights are found and not read.
    pub(super) fn read(path: &Path) -> Result<Self, OptimizeError> {
        let unreadable = |source| OptimizeError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let walk = Walk::new(file).map_err(unreadable)?;
        Self::walk(path, walk).map_err(|malformed| match malformed {
            Malformed::Io(source) => unreadable(source),
            other @ (Malformed::Cut
            | Malformed::Foreign
            | Malformed::Long(_)
            | Malformed::Outside) => {
                OptimizeError::NoGraph { path: path.to_owned(), why: other.to_string() }
            }
        })
    }

    fn walk(path: &Path, mut walk: Walk) -> Result<Self, Malformed> {
        let mut around = walk.fields(0, walk.length())?;
        let mut positions =
            around.iter().enumerate().filter(|(_, field)| field.number == GRAPH).map(|(at, _)| at);
        // Two would be one by the rules of the encoding; nobody writes that.
        let (Some(position), None) = (positions.next(), positions.next()) else {
            return Err(Malformed::Foreign);
        };
        let whole = around.remove(position);
        let mut graph = Self {
            path: path.to_owned(),
            fields: walk.fields(whole.body, whole.end)?,
            around,
            position,
            nodes: Vec::new(),
            weights: HashMap::new(),
            inputs: HashSet::new(),
            outputs: HashSet::new(),
            contrib: false,
        };
        for field in graph.around.clone().into_iter().filter(|field| field.number == OPSET) {
            graph.contrib |= text(&walk.body(field)?, 1)? == CONTRIB;
        }
        for (index, field) in graph.fields.clone().into_iter().enumerate() {
            match field.number {
                NODE => graph.nodes.push(node(index, walk.body(field)?)?),
                INITIALIZER => {
                    let (name, weight) = weight(&mut walk, index, field)?;
                    graph.weights.insert(name, weight);
                }
                INPUT => drop(graph.inputs.insert(text(&walk.body(field)?, 1)?)),
                OUTPUT => drop(graph.outputs.insert(text(&walk.body(field)?, 1)?)),
                _ => {}
            }
        }
        Ok(graph)
    }

    /// Returns the node that gives a value.
    pub(super) fn giver(&self, value: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.outputs.iter().any(|output| output == value))
    }

    /// Returns how many inputs of nodes a value goes to.
    pub(super) fn uses(&self, value: &str) -> usize {
        let inputs = self.nodes.iter().flat_map(|node| &node.inputs);
        inputs.filter(|input| *input == value).count()
    }

    /// Says which file beside the graph is missing or too short.
    pub(super) fn check_data(&self) -> Result<(), OptimizeError> {
        let mut needed: HashMap<&Path, u64> = HashMap::new();
        for numbers in self.weights.values().filter_map(|weight| weight.numbers.as_ref()) {
            if let Some(file) = &numbers.file {
                let end = numbers.offset.saturating_add(numbers.length);
                let most = needed.entry(file).or_default();
                *most = end.max(*most);
            }
        }
        for (file, needed) in needed {
            let path = beside(&self.path, file);
            let found = path.metadata().ok().filter(std::fs::Metadata::is_file);
            let found = found.map(|found| found.len());
            if found.is_none_or(|found| found < needed) {
                return Err(OptimizeError::NoData { path, needed, found });
            }
        }
        Ok(())
    }
}

impl Node {
    /// Returns whether it is this operator of ONNX itself.
    pub(super) fn is(&self, operator: &str) -> bool {
        self.operator == operator && matches!(self.domain.as_str(), "" | "ai.onnx")
    }

    /// Returns whether it is this operator of ONNX Runtime.
    pub(super) fn is_contrib(&self, operator: &str) -> bool {
        self.operator == operator && self.domain == CONTRIB
    }

    /// Returns a whole number of its attributes.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.numbers.get(name)?.first().copied()
    }
}

/// Returns the path of a file that lies beside the graph.
pub(super) fn beside(graph: &Path, file: &Path) -> PathBuf {
    graph.parent().unwrap_or(Path::new("")).join(file)
}

/// Returns the first text under a field's number, or an empty one.
fn text(message: &[u8], number: u64) -> Result<String, Malformed> {
    for field in fields(message) {
        let field = field?;
        if field.number == number {
            return string(field.value);
        }
    }
    Ok(String::new())
}

fn string(value: Value<'_>) -> Result<String, Malformed> {
    let Value::Bytes(bytes) = value else { return Err(Malformed::Foreign) };
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed::Foreign)
}

fn node(field: usize, raw: Vec<u8>) -> Result<Node, Malformed> {
    let mut node = Node { field, ..Node::default() };
    for part in fields(&raw) {
        let part = part?;
        match part.number {
            1 => node.inputs.push(string(part.value)?),
            2 => node.outputs.push(string(part.value)?),
            3 => node.name = string(part.value)?,
            4 => node.operator = string(part.value)?,
            5 => attribute(&mut node, part.value)?,
            7 => node.domain = string(part.value)?,
            _ => {}
        }
    }
    node.raw = raw;
    Ok(node)
}

fn attribute(node: &mut Node, value: Value<'_>) -> Result<(), Malformed> {
    let Value::Bytes(message) = value else { return Err(Malformed::Foreign) };
    let name = text(message, 1)?;
    let mut numbers = Vec::new();
    for field in fields(message) {
        let field = field?;
        match (field.number, field.value) {
            (2, Value::Fixed(bytes)) => {
                let float = bytes.try_into().map(f32::from_le_bytes);
                node.floats.insert(name.clone(), float.map_err(|_| Malformed::Foreign)?);
            }
            (3 | 8, Value::Varint(number)) => numbers.push(number.cast_signed()),
            (8, Value::Bytes(packed)) => {
                numbers.extend(varints(packed)?.into_iter().map(u64::cast_signed));
            }
            (6 | 11, _) => node.nested = true,
            _ => {}
        }
    }
    node.numbers.insert(name, numbers);
    Ok(())
}

/// Reads the name of a weight and where its numbers lie.
fn weight(walk: &mut Walk, field: usize, place: Place) -> Result<(String, Weight), Malformed> {
    let (mut name, mut weight) = (String::new(), Weight { field, ..Weight::default() });
    let (mut external, mut outside) = (HashMap::new(), false);
    for part in walk.fields(place.body, place.end)? {
        match (part.number, part.varint) {
            (1, Some(number)) => weight.dimensions.push(number),
            (1, None) => weight.dimensions.extend(varints(&walk.body(part)?)?),
            (2, Some(number)) => weight.element = number,
            (8, None) => {
                name = String::from_utf8(walk.body(part)?).map_err(|_| Malformed::Foreign)?;
            }
            // Floats in a list of their own lie there as they do in raw bytes.
            (4 | 9, None) => {
                let (offset, length) = (part.body, part.end - part.body);
                weight.numbers = Some(Numbers { file: None, offset, length });
            }
            (13, None) => {
                let entry = walk.body(part)?;
                external.insert(text(&entry, 1)?, text(&entry, 2)?);
            }
            (14, Some(location)) => outside = location == 1,
            _ => {}
        }
    }
    if outside {
        let number = |key: &str| external.get(key).map_or(Ok(0), |text| text.parse());
        let (Some(file), Ok(offset), Ok(length)) =
            (external.get("location"), number("offset"), number("length"))
        else {
            return Err(Malformed::Foreign);
        };
        let file = PathBuf::from(file);
        if !file.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(Malformed::Outside);
        }
        weight.numbers = Some(Numbers { file: Some(file), offset, length });
    }
    Ok((name, weight))
}

/// Reads numbers that lie one behind the other.
fn varints(packed: &[u8]) -> Result<Vec<u64>, Malformed> {
    let mut numbers = Vec::new();
    let (mut number, mut shift) = (0, 0);
    for &byte in packed {
        if shift > 63 {
            return Err(Malformed::Foreign);
        }
        number |= u64::from(byte & 0x7F) << shift;
        shift += 7;
        if byte < 0x80 {
            numbers.push(number);
            (number, shift) = (0, 0);
        }
    }
    if shift == 0 { Ok(numbers) } else { Err(Malformed::Cut) }
}
