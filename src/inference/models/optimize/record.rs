//! The record of a faster graph: what it was made of, what was changed, and what came of it. Without it the graph is not used.

use super::OptimizeError;
use crate::foundation::values::Sha256;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The form of the record.
pub(super) const VERSION: u32 = 1;

/// A faster graph that is used, and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimized {
    /// The form of this record.
    pub version: u32,
    /// The graph that it was made of, which is still there.
    pub source: File,
    /// The faster graph.
    pub graph: File,
    /// The numbers of its head, if they were made anew.
    pub data: Option<File>,
    /// What was changed.
    pub changes: Changes,
    /// How fast both were here.
    pub speed: Speed,
    /// How alike both answered.
    pub answers: Answers,
}

/// A file beside the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// What was changed in a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// How many matrices got accuracy level 4.
    pub accuracy_level: usize,
    /// How the head was quantised.
    pub head: Option<HeadChange>,
}

/// How a head was quantised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadChange {
    /// Bits of a number now.
    pub bits: u8,
    /// How many numbers share a scale.
    pub block: usize,
    /// Bits of a number before.
    pub from_bits: u8,
}

/// How fast the original and the faster graph were, in tokens per second; medians of rounds that ran both.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Threads of the engine.
    pub threads: usize,
    /// How many rounds there were.
    pub rounds: usize,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens that were written.
    pub written_tokens: usize,
    /// Reading the prompt, before.
    pub reading_before: f64,
    /// Reading the prompt, now.
    pub reading_after: f64,
    /// How many times as fast reading is: the median of the rounds' ratios.
    pub reading_gain: f64,
    /// Writing, before.
    pub writing_before: f64,
    /// Writing, now.
    pub writing_after: f64,
    /// How many times as fast writing is: the median of the rounds' ratios.
    pub writing_gain: f64,
    /// How many times as fast both together are: the median of the rounds' ratios.
    pub answer_gain: f64,
}

/// How alike both graphs answered, over the tokens that the original would have written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// How many tokens were compared.
    pub tokens: usize,
    /// At how many of them, of 1, both hold the same token for the likeliest.
    pub same_token: f64,
    /// At how many of them, of 1, the new choice is one that the original held for as likely, or nearly.
    pub as_likely: f64,
    /// The largest difference of two logits.
    pub largest_difference: f64,
    /// The mean divergence of both distributions (Kullback and Leibler), in nats.
    pub divergence: f64,
}

impl Speed {
    /// Whether the new graph is worth it: a prompt is read and an answer written in less time.
    pub fn is_gain(&self) -> bool {
        self.answer_gain >= 1.05
    }
}

impl Answers {
    /// Whether nobody would tell the answers apart by how good they are.
    pub fn are_close(&self) -> bool {
        self.as_likely >= 0.95 && self.divergence <= 0.02
    }
}

impl Optimized {
    /// Returns the faster graph of `graph`.
    pub fn path(&self, graph: &Path) -> PathBuf {
        graph.with_file_name(&self.graph.file)
    }

    /// Returns the files that were made, with their paths.
    pub fn files(&self, graph: &Path) -> Vec<(PathBuf, File)> {
        let files = [Some(&self.graph), self.data.as_ref()].into_iter().flatten();
        files.map(|file| (graph.with_file_name(&file.file), file.clone())).collect()
    }

    pub(super) fn save(&self, graph: &Path) -> io::Result<()> {
        let (target, partial) = (beside(graph, "json"), beside(graph, "json.partial"));
        let mut file = fs::File::create(&partial)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(partial, &target)?;
        fs::File::open(target.parent().unwrap_or(&target))?.sync_all()
    }

    /// Whether all files are there and as long as they were: what it was made of, and what was made.
    fn is_whole(&self, graph: &Path) -> bool {
        let as_long =
            |path: &Path, bytes| fs::metadata(path).is_ok_and(|found| found.len() == bytes);
        let is_plain =
            |file: &File| file.file.file_name().is_some_and(|name| name == file.file.as_os_str());
        self.version == VERSION
            && as_long(graph, self.source.bytes)
            && self
                .files(graph)
                .iter()
                .all(|(path, file)| is_plain(file) && as_long(path, file.bytes))
    }
}

/// Returns the record of a faster graph of `graph`, if there is one that can be used.
pub fn of(graph: &Path) -> Option<Optimized> {
    let record = fs::read(beside(graph, "json")).ok()?;
    let record: Optimized = serde_json::from_slice(&record).ok()?;
    record.is_whole(graph).then_some(record)
}

/// Removes a faster graph with its record; tells whether there was one. The original is used again.
pub fn forget(graph: &Path) -> Result<bool, OptimizeError> {
    let mut any = false;
    // The record first: without it the rest is not used.
    for kind in ["json", "json.partial", "onnx", "onnx_data", "onnx.partial"] {
        match fs::remove_file(beside(graph, kind)) {
            Ok(()) => any = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                let path = graph.parent().unwrap_or(graph).to_owned();
                return Err(OptimizeError::Unwritable { path, source });
            }
        }
    }
    Ok(any)
}

/// Returns the graph that a model came with, whichever of the two this is.
pub fn original_of(graph: &Path) -> PathBuf {
    let name = graph.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name.strip_suffix(".optimized.onnx") {
        Some(stem) => graph.with_file_name(format!("{stem}.onnx")),
        None => graph.to_owned(),
    }
}

/// Whether this is a faster graph that is used.
pub fn is_optimized(graph: &Path) -> bool {
    original_of(graph) != graph
}

/// Whether `other` is a faster graph of `graph`, kept or to be tried.
pub fn is_rewrite_of(graph: &Path, other: &Path) -> bool {
    ["onnx", "onnx.partial"].iter().any(|kind| beside(graph, kind) == other)
}

/// Returns the path of one of the files beside a graph that this room writes.
pub(super) fn beside(graph: &Path, kind: &str) -> PathBuf {
    graph.with_extension(format!("optimized.{kind}"))
}

/// Returns a file's name alone.
pub(super) fn name(path: &Path) -> PathBuf {
    path.file_name().map(PathBuf::from).unwrap_or_default()
}
