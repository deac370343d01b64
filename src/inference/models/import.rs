//! Copying a model from somewhere on this machine into the models directory: whole, checked, or not at all.

use super::manifest::{Format, Manifest, ManifestError, Model};
use crate::foundation::settings::Paths;
use crate::foundation::values::Sha256;
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// What an import did.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// The manifest id, or the folder's name.
    pub id: String,
    /// Where it is now.
    pub directory: PathBuf,
    /// How many files were copied.
    pub files: usize,
    /// How many bytes were copied.
    pub bytes: u64,
    /// The copied files that the manifest has no digest for.
    pub unverified: Vec<PathBuf>,
}

/// Why a model was not imported; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// There is nothing to import.
    #[error("{} is not a directory with a model", .0.display())]
    NotADirectory(PathBuf),
    /// A format that this node does not run.
    #[error("{} is a GGUF file, which this node does not run: {remedy}", path.display())]
    Gguf {
        /// The file.
        path: PathBuf,
        /// What to use instead.
        remedy: String,
    },
    /// A file of the model is not there.
    #[error("{id} needs {}, which is not in {}", file.display(), directory.display())]
    MissingFile {
        /// The manifest id.
        id: String,
        /// The file, below the directory.
        file: PathBuf,
        /// The directory.
        directory: PathBuf,
    },
    /// A file is not the one that the manifest describes.
    #[error("{} is not the file that the manifest describes: its sha256 is {found}, expected {expected}", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The manifest's digest.
        expected: Sha256,
        /// The digest found.
        found: Sha256,
    },
    /// The target is there already; models are never overwritten.
    #[error("{} exists already: remove it first if it is to be replaced", .0.display())]
    Exists(PathBuf),
    /// The name cannot be a folder below the models directory.
    #[error("{0:?} cannot name a model: use letters, digits, '.', '-' and '_'")]
    BadName(String),
    /// Copying failed; what was copied was removed again.
    #[error("cannot copy {} to {}", from.display(), to.display())]
    Copy {
        /// The file.
        from: PathBuf,
        /// Its copy.
        to: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Copies the model in `from` into the models directory, as the manifest's `id` or under that name.
///
/// Without an id the folder's name is taken. Files that the manifest has a digest for are checked while they are copied.
/// `seen` is told about each block's length in bytes.
pub fn import(
    paths: &Paths,
    from: &Path,
    id: Option<&str>,
    mut seen: impl FnMut(u64),
) -> Result<Imported, ImportError> {
    let manifest = Manifest::load(paths)?;
    if is_gguf(from) {
        return Err(ImportError::Gguf { path: from.to_owned(), remedy: remedy(paths, &manifest) });
    }
    if !from.is_dir() {
        return Err(ImportError::NotADirectory(from.to_owned()));
    }
    let name = id.map(str::to_owned).or_else(|| Some(from.file_name()?.to_str()?.to_owned()));
    let name = name.ok_or_else(|| ImportError::BadName(from.display().to_string()))?;
    let entry = manifest.get(&name);
    let (directory, files) = match entry {
        Some(model) => {
            (model.directory(paths), model.files.iter().map(|file| file.path.clone()).collect())
        }
        None => (paths.models.join(folder(&name)?), files_below(from)?),
    };
    if directory.exists() {
        return Err(ImportError::Exists(directory));
    }
    for file in &files {
        if !from.join(file).is_file() {
            return Err(ImportError::MissingFile {
                id: name,
                file: file.clone(),
                directory: from.to_owned(),
            });
        }
    }
    // Next to its target, so that the rename at the end is one step; hidden, so that nothing loads it meanwhile.
    let partial =
        paths.models.join(format!(".import-{}-{}", name.replace('/', "-"), std::process::id()));
    let copied = copy_all(from, &partial, &files, entry, &mut seen);
    let result = copied.and_then(|(bytes, unverified)| {
        finish(&partial, &directory)?;
        Ok(Imported { id: name, directory, files: files.len(), bytes, unverified })
    });
    if result.is_err() {
        drop(fs::remove_dir_all(&partial));
    }
    result
}

fn copy_all(
    from: &Path,
    to: &Path,
    files: &[PathBuf],
    entry: Option<&Model>,
    seen: &mut impl FnMut(u64),
) -> Result<(u64, Vec<PathBuf>), ImportError> {
    let (mut bytes, mut unverified) = (0, Vec::new());
    for file in files {
        let (source, target) = (from.join(file), to.join(file));
        let (digest, length) = copy(&source, &target, seen).map_err(|error| ImportError::Copy {
            from: source.clone(),
            to: target,
            source: error,
        })?;
        bytes += length;
        let known =
            entry.and_then(|model| model.files.iter().find(|known| &known.path == file)?.sha256);
        match known {
            Some(expected) if expected != digest => {
                return Err(ImportError::Mismatch { path: source, expected, found: digest });
            }
            Some(_) => {}
            None => unverified.push(file.clone()),
        }
    }
    Ok((bytes, unverified))
}

fn copy(from: &Path, to: &Path, seen: &mut impl FnMut(u64)) -> io::Result<(Sha256, u64)> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    let mut target = File::create(to)?;
    let mut length = 0;
    let tee = Tee { source: File::open(from)?, target: &mut target };
    let digest = Sha256::of_reader(tee, |block| {
        length += block;
        seen(block);
    })?;
    target.sync_all()?;
    Ok((digest, length))
}

/// Writes to `target` what is read from `source`.
struct Tee<'a> {
    source: File,
    target: &'a mut File,
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.target.write_all(&buffer[..length])?;
        Ok(length)
    }
}

fn finish(partial: &Path, directory: &Path) -> Result<(), ImportError> {
    let parent = directory.parent().unwrap_or(directory);
    fs::create_dir_all(parent)
        .and_then(|()| fs::rename(partial, directory))
        .and_then(|()| File::open(parent)?.sync_all())
        .map_err(|source| ImportError::Copy {
            from: partial.to_owned(),
            to: directory.to_owned(),
            source,
        })
}

fn files_below(directory: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(directory).sort_by_file_name() {
        let entry = entry.map_err(|error| ImportError::Copy {
            from: directory.to_owned(),
            to: PathBuf::new(),
            source: error.into(),
        })?;
        if is_gguf(entry.path()) {
            continue;
        }
        if entry.path().is_file() {
            files.push(entry.path().strip_prefix(directory).unwrap_or(entry.path()).to_owned());
        }
    }
    let has_graph =
        files.iter().any(|file| file.extension().is_some_and(|extension| extension == "onnx"));
    if has_graph { Ok(files) } else { Err(ImportError::NotADirectory(directory.to_owned())) }
}

fn folder(name: &str) -> Result<&str, ImportError> {
    let fits = |part: &str| {
        !part.starts_with('.')
            && !part.is_empty()
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    };
    if name.split('/').all(fits) { Ok(name) } else { Err(ImportError::BadName(name.to_owned())) }
}

fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

fn remedy(paths: &Paths, manifest: &Manifest) -> String {
    let onnx = manifest.models().iter().find(|model| model.format == Format::Onnx);
    onnx.map_or_else(
        || "use an ONNX export of the model".to_owned(),
        |model| {
            let files = super::expected_files(model);
            format!(
                "use its ONNX export, such as {} with {files} in {}",
                model.id,
                model.directory(paths).display()
            )
        },
    )
}
