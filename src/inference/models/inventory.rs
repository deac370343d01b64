//! What a node has of its manifest: which models are there and right, and whether the node could change them.

use super::{Digests, Manifest, ManifestError, Model, State, list, optimize};
use crate::foundation::settings::Paths;
use rustix::{
    fs::{Access, AtFlags, CWD, Mode, OFlags},
    io::Errno,
};
use std::path::{Path, PathBuf};

/// What there is of the manifest's models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Models that are there and are what the manifest says.
    pub present: Vec<String>,
    /// Models that the node is not ready without, and that are not there.
    pub missing: Vec<String>,
    /// Models that are there and differ from the manifest.
    pub mismatched: Vec<Mismatch>,
}

/// A model that differs from the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its id.
    pub id: String,
    /// Whether the node is not ready without it.
    pub required: bool,
    /// The files that differ.
    pub files: Vec<PathBuf>,
}

impl Inventory {
    /// Looks at every model of the manifest; files whose digest the manifest and `digests` both know are not read.
    pub fn take(paths: &Paths, digests: &mut Digests) -> Result<Self, ManifestError> {
        let manifest = Manifest::load(paths)?;
        let mut found = Self::default();
        for listed in list(paths)?.into_iter().filter(|listed| listed.in_manifest) {
            let (id, required) = (listed.id, listed.required);
            let files = match listed.state {
                State::Present => manifest
                    .get(&id)
                    .map(|model| differing(paths, model, digests))
                    .unwrap_or_default(),
                State::Mismatch { files } => files,
                State::Missing { .. } => {
                    if required {
                        found.missing.push(id);
                    }
                    continue;
                }
                State::Unsupported { .. } => continue,
            };
            if files.is_empty() {
                found.present.push(id);
            } else {
                found.mismatched.push(Mismatch { id, required, files });
            }
        }
        Ok(found)
    }
}

/// Returns the files of an installed model whose digest is not the manifest's, or that cannot be read.
fn differing(paths: &Paths, model: &Model, digests: &mut Digests) -> Vec<PathBuf> {
    let directory = model.directory(paths);
    let mut differs = |path: &Path, expected| {
        digests.of(&directory.join(path), |_| ()).map_or(true, |found| found != expected)
    };
    let known = model.files.iter().filter_map(|file| Some((file.path.clone(), file.sha256?)));
    // What the node loads instead of the manifest's graph is held to its own record.
    let made = optimize::of(&directory.join(&model.filename)).map(|record| {
        let files = record.files(&model.filename).into_iter();
        files.map(|(path, file)| (path, file.sha256)).collect::<Vec<_>>()
    });
    let files = known.chain(made.into_iter().flatten());
    files.filter(|(path, expected)| differs(path, *expected)).map(|(path, _)| path).collect()
}

/// Returns the first place in the models directory that this process could change, which a node must not (C-45).
///
/// It really tries: by a file without a name, which leaves no trace, and by the right to write each file that is there.
pub fn writable(paths: &Paths) -> Option<PathBuf> {
    let entries = walkdir::WalkDir::new(&paths.models).max_depth(6).sort_by_file_name();
    let found = entries.into_iter().filter_map(Result::ok).find(|entry| {
        if entry.file_type().is_dir() {
            takes_a_file(entry.path())
        } else {
            let right = rustix::fs::accessat(CWD, entry.path(), Access::WRITE_OK, AtFlags::EACCESS);
            entry.file_type().is_file() && right.is_ok()
        }
    });
    found.map(walkdir::DirEntry::into_path)
}

/// Tries to make a file in a directory.
fn takes_a_file(directory: &Path) -> bool {
    let unnamed = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    match rustix::fs::open(directory, unnamed, Mode::from_raw_mode(0o600)) {
        Ok(_) => true,
        // Some file systems know no files without names; the right to make one has to do.
        Err(Errno::OPNOTSUPP | Errno::ISDIR) => {
            rustix::fs::accessat(CWD, directory, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
        }
        Err(_) => false,
    }
}
