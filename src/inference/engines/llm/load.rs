//! From a directory to a warm engine, or to a refusal that says what is wrong with which file.

use super::{
    Options,
    decoder::Decoder,
    directory::Directory,
    engine::Engine,
    graph::{self, Contract, Element, Names, Port},
    refusal, runtime,
    sampling::Defaults,
    template::Template,
    tokenizer::Text,
};
use crate::{
    foundation::values::Sha256,
    inference::workers::{Refusal, protocol::LoadedModel},
};
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

/// The operator that can append to the cache in place.
const APPENDING: &[u8] = b"GroupQueryAttention";
/// Operators lie before weights in a graph file: it is enough to look for their names in this many bytes.
const OPERATORS_WITHIN: usize = 16 << 20;

/// Loads a model; what is cheap to check is checked first.
pub(super) fn load(id: &str, directory: &Path, options: &Options) -> Result<Engine, Refusal> {
    let files = Directory::read(directory, options.graph.as_deref())?;
    let template = Template::of(&files)?;
    let text = Text::read(&files.tokenizer)?;
    let ends = ends(&files, &text)?;
    let (digest, appends) = digest(&files.graph)?;
    let (session, contract) = open(&files, options)?;
    let vocabulary = contract.vocabulary;
    check_vocabulary(&files, &text, vocabulary)?;
    let context = files.context_limit().unwrap_or(usize::MAX).min(options.context_tokens);
    let decoder = Decoder::new(session, contract, context, appends).map_err(|error| {
        refusal(
            "foreign_graph",
            format!("{} loads but does not run: {error}", files.graph.display()),
        )
    })?;
    Ok(Engine {
        decoder,
        text,
        template,
        defaults: Defaults::read(files.sampling_advice()),
        ends,
        chunk: options.prefill_chunk.max(1),
        model: LoadedModel {
            id: id.to_owned(),
            digest,
            architecture: files.architecture(),
            context_tokens: context,
            vocabulary,
            runtime: runtime::version(options.onnxruntime.as_deref()),
        },
    })
}

/// Opens a graph and reads what it takes and gives.
pub(super) fn open(files: &Directory, options: &Options) -> Result<(Session, Contract), Refusal> {
    let session = session(&files.graph, options)?;
    let contract = graph::read(
        &session.inputs().iter().map(port).collect::<Vec<_>>(),
        &session.outputs().iter().map(port).collect::<Vec<_>>(),
        &Names::of(files.decoder()),
        files.hints(),
    );
    let contract = contract.map_err(|wrong| {
        refusal("foreign_graph", format!("{} cannot be run: {wrong}", files.graph.display()))
    })?;
    Ok((session, contract))
}

/// Returns the tokens that end an answer; that the tokenizer knows them shows that it belongs to the model.
fn ends(files: &Directory, text: &Text) -> Result<Vec<u32>, Refusal> {
    let mut ends = files.ends();
    if let Some(&unknown) = ends.iter().find(|&&end| !text.knows(end)) {
        return Err(refusal(
            "foreign_tokenizer",
            format!(
                "{} has no token {unknown}, with which the model ends its answers: it belongs to another model",
                files.tokenizer.display()
            ),
        ));
    }
    if let Some(token) = files.special_token("eos_token") {
        match text.id(&token) {
            Some(id) if !ends.contains(&id) => ends.push(id),
            Some(_) => {}
            None => {
                return Err(refusal(
                    "foreign_tokenizer",
                    format!(
                        "{} does not know the end token {token:?} that tokenizer_config.json names: the two belong to \
                         different models",
                        files.tokenizer.display()
                    ),
                ));
            }
        }
    }
    Ok(ends)
}

/// A tokenizer may be smaller than the graph, whose vocabulary is padded, but not larger and not by half.
fn check_vocabulary(files: &Directory, text: &Text, vocabulary: usize) -> Result<(), Refusal> {
    if text.size() <= vocabulary && text.size() >= vocabulary / 2 {
        return Ok(());
    }
    Err(refusal(
        "foreign_tokenizer",
        format!(
            "{} has {} tokens, but {} has logits for {vocabulary}: they belong to different models",
            files.tokenizer.display(),
            text.size(),
            files.graph.display()
        ),
    ))
}

fn session(graph: &Path, options: &Options) -> Result<Session, Refusal> {
    let environment = runtime::environment(options.onnxruntime.as_deref())?;
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
        .with_intra_threads(options.threads.max(1))
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

/// Hashes a graph file, and finds out on the way whether it names the operator that can append in place.
fn digest(graph: &Path) -> Result<(Sha256, bool), Refusal> {
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
    let appends = head.windows(APPENDING.len()).any(|window| window == APPENDING);
    let digest = Sha256::of_reader(head.as_slice().chain(file), |_| ()).map_err(unreadable)?;
    Ok((digest, appends))
}
