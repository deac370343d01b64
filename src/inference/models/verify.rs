//! Whether a model's files are byte for byte what the manifest says.

use super::{digests::Digests, manifest::Model, optimize::Optimized};
use crate::foundation::settings::Paths;
use crate::foundation::values::Sha256;
use serde::Serialize;
use std::{
    io,
    path::{Path, PathBuf},
};

/// One file, and what was found of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifiedFile {
    /// Its full path.
    pub path: PathBuf,
    /// What was found.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What was found of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The digest is the manifest's.
    Verified,
    /// The manifest has no digest for it.
    Unknown {
        /// The digest found.
        found: Sha256,
    },
    /// The digest is another.
    Mismatch {
        /// The manifest's digest.
        expected: Sha256,
        /// The digest found.
        found: Sha256,
    },
    /// The file is not there.
    Missing,
    /// The file cannot be read.
    Unreadable {
        /// What the system said.
        error: String,
    },
}

impl Verdict {
    /// Whether a person has to do something about it.
    pub fn is_fault(&self) -> bool {
        !matches!(self, Self::Verified | Self::Unknown { .. })
    }
}

/// Compares a model's files with the manifest; those that `digests` knows are not read again. Tells `seen` about each block's
/// length in bytes.
pub fn verify(
    paths: &Paths,
    model: &Model,
    digests: &mut Digests,
    mut seen: impl FnMut(u64),
) -> Vec<VerifiedFile> {
    let directory = model.directory(paths);
    let files = model.files.iter().map(|file| (directory.join(&file.path), file.sha256));
    files.map(|(path, expected)| check(path, expected, digests, &mut seen)).collect()
}

/// Compares the files of a faster graph, which no manifest knows, with the record of how it was made.
pub fn verify_optimized(
    graph: &Path,
    record: &Optimized,
    digests: &mut Digests,
    mut seen: impl FnMut(u64),
) -> Vec<VerifiedFile> {
    let files = record.files(graph).into_iter();
    files.map(|(path, file)| check(path, Some(file.sha256), digests, &mut seen)).collect()
}

fn check(
    path: PathBuf,
    expected: Option<Sha256>,
    digests: &mut Digests,
    seen: &mut impl FnMut(u64),
) -> VerifiedFile {
    let verdict = match digests.of(&path, seen) {
        Ok(found) => match expected {
            Some(expected) if expected == found => Verdict::Verified,
            Some(expected) => Verdict::Mismatch { expected, found },
            None => Verdict::Unknown { found },
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Verdict::Missing,
        Err(error) => Verdict::Unreadable { error: error.to_string() },
    };
    VerifiedFile { path, verdict }
}
