//! A graph file as ONNX Runtime opens it: looked at, hashed, loaded, and what it takes and gives.

use super::{refusal, runtime};
use crate::{foundation::values::Sha256, inference::workers::Refusal};
use ort::{
    logging::LogLevel,
    session::Session,
    value::{Outlet, TensorElementType},
};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Operators lie before weights in a graph file: it is enough to look for their names in this many bytes.
const OPERATORS_WITHIN: usize = 16 << 20;

/// The type of an input's or output's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F32,
    F16,
    I64,
    /// A type that no model here needs.
    Other,
}

/// An input or output as the graph declares it; a symbolic dimension is negative.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<i64>,
}

/// Loads a graph, to run on so many threads.
pub(super) fn open(
    graph: &Path,
    threads: usize,
    library: Option<&Path>,
) -> Result<Session, Refusal> {
    let environment = runtime::environment(library)?;
    let unreadable = |error: &dyn std::fmt::Display| {
        refusal(
            "unreadable_graph",
            format!(
                "{} is no graph that ONNX Runtime can load ({error}); {}",
                graph.display(),
                graph_mend(&error.to_string())
            ),
        )
    };
    // Threads spin while a request runs: without, decoding is 15 % slower. They block soon after.
    Session::builder(&environment)
        .map_err(|error| unreadable(&error))?
        .with_log_level(LogLevel::Fatal)
        .map_err(|error| unreadable(&error))?
        .with_intra_threads(threads.max(1))
        .map_err(|error| unreadable(&error))?
        .with_inter_threads(1)
        .map_err(|error| unreadable(&error))?
        .commit_from_file(graph)
        .map_err(|error| unreadable(&error))
}

/// Returns what a person can do about a graph that the runtime does not load.
fn graph_mend(error: &str) -> &'static str {
    if error.contains("External data path does not exist") {
        "copy the file with the weights beside the graph"
    } else if error.contains("not a registered function/op") {
        "use another export of the model, or a newer ONNX Runtime"
    } else {
        "fetch the file again"
    }
}

/// Recognises what is often found under a graph's name.
fn not_a_graph(head: &[u8]) -> Option<&'static str> {
    let text = head.trim_ascii_start().get(..5).unwrap_or_default().to_ascii_lowercase();
    match head {
        [] => Some("is empty"),
        _ if head.starts_with(b"version https://git-lfs") => {
            Some("is a Git LFS pointer, not the file itself")
        }
        _ if head.starts_with(b"GGUF") => Some("is a GGUF file, which does not run here"),
        _ if text == b"<!doc" || text == b"<html" => Some("is a web page, not a graph"),
        _ => None,
    }
}

/// Returns what a graph takes, or what it gives.
pub(super) fn ports(outlets: &[Outlet]) -> Vec<Port> {
    outlets.iter().map(port).collect()
}

fn port(outlet: &Outlet) -> Port {
    let element = match outlet.dtype().tensor_type() {
        Some(TensorElementType::Float32) => Element::F32,
        Some(TensorElementType::Float16) => Element::F16,
        Some(TensorElementType::Int64) => Element::I64,
        Some(_) | None => Element::Other,
    };
    let shape = outlet.dtype().tensor_shape().map(|shape| shape.to_vec()).unwrap_or_default();
    Port { name: outlet.name().to_owned(), element, shape }
}

/// Hashes a graph file, and finds out on the way whether it names an operator.
pub(super) fn read(graph: &Path, operator: &[u8]) -> Result<(Sha256, bool), Refusal> {
    let unreadable = |error: io::Error| {
        refusal("unreadable_graph", format!("{} cannot be read: {error}", graph.display()))
    };
    let mut head = Vec::new();
    let mut file = File::open(graph).map_err(unreadable)?;
    file.by_ref().take(OPERATORS_WITHIN as u64).read_to_end(&mut head).map_err(unreadable)?;
    if let Some(found) = not_a_graph(&head) {
        return Err(refusal(
            "unreadable_graph",
            format!("{} {found}; fetch the model's ONNX export again", graph.display()),
        ));
    }
    let names_it = head.windows(operator.len()).any(|window| window == operator);
    let digest = Sha256::of_reader(head.as_slice().chain(file), |_| ()).map_err(unreadable)?;
    Ok((digest, names_it))
}
