//! From a directory to a warm engine, or to a refusal that says what is wrong with which file.

use super::{
    Options,
    decoder::Decoder,
    directory::Directory,
    engine::Engine,
    graph::{self, Contract, Names},
    prefixes::Prefixes,
    sampling::Defaults,
    template::Template,
    tokenizer::Text,
};
use crate::inference::{
    engines::{refusal, runtime, session},
    workers::{Refusal, protocol::LoadedModel},
};
use ort::session::Session;
use std::path::Path;

/// The operator that can append to the cache in place.
const APPENDING: &[u8] = b"GroupQueryAttention";

/// Loads a model; what is cheap to check is checked first.
pub(super) fn load(id: &str, directory: &Path, options: &Options) -> Result<Engine, Refusal> {
    let files = Directory::read(directory, options.graph.as_deref())?;
    let template = Template::of(&files)?;
    let text = Text::read(&files.tokenizer)?;
    let ends = ends(&files, &text)?;
    let (digest, appends) = session::read(&files.graph, APPENDING)?;
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
        prefixes: Prefixes::new(options.prefix_cache_bytes),
        text,
        grammars: None,
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
            dimensions: None,
            manner: None,
            batch_tokens: None,
            runtime: runtime::version(options.onnxruntime.as_deref()),
        },
    })
}

/// Opens a graph and reads what it takes and gives.
pub(super) fn open(files: &Directory, options: &Options) -> Result<(Session, Contract), Refusal> {
    let session = session::open(&files.graph, options.threads, options.onnxruntime.as_deref())?;
    let contract = graph::read(
        &session::ports(session.inputs()),
        &session::ports(session.outputs()),
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
