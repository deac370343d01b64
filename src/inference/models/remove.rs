//! Taking a model away: by its name, all of its folder, and nothing else.

use super::{
    installed,
    manifest::{Manifest, ManifestError},
};
use crate::foundation::settings::Paths;
use serde::Serialize;
use std::{fs, io, path::PathBuf};

/// A model that was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Its manifest id, or its folder below the models directory.
    pub id: String,
    /// The folder that is gone.
    pub directory: PathBuf,
    /// How many bytes its files had.
    pub bytes: u64,
}

/// Why a model was not taken away; nothing was changed, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// There is nothing of it.
    #[error("there is nothing of a model {0}: `ladylinux models list` shows what there is")]
    Absent(String),
    /// Its folder is no folder of this node's models.
    #[error("{} is no folder of its own below the models directory: remove it by hand", .0.display())]
    Outside(PathBuf),
    /// The system does not let it go.
    #[error("cannot remove {}: in a container the models are read-only for all but their one-shot", path.display())]
    Refused {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Returns the folder of a model that [`remove()`] would take away, and how many bytes it has.
pub fn removable(paths: &Paths, id: &str) -> Result<Removed, RemoveError> {
    let listed = installed::list(paths)?.into_iter().find(|listed| listed.id == id);
    let directory = listed.map(|listed| listed.directory);
    // What is fetched in part only.
    let directory = directory.filter(|directory| fs::symlink_metadata(directory).is_ok());
    let directory = directory.ok_or_else(|| RemoveError::Absent(id.to_owned()))?;
    let manifest = Manifest::load(paths)?;
    let shared = manifest
        .models()
        .iter()
        .any(|model| model.id != id && model.directory(paths).starts_with(&directory));
    if directory == paths.models || shared {
        return Err(RemoveError::Outside(directory));
    }
    let files = walkdir::WalkDir::new(&directory).into_iter().filter_map(Result::ok);
    let lengths = files
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| Some(entry.metadata().ok()?.len()));
    Ok(Removed { id: id.to_owned(), bytes: lengths.sum(), directory })
}

/// Takes a model away. Its folder leaves its place in one step, so that nobody finds half of a model there.
pub fn remove(paths: &Paths, id: &str) -> Result<Removed, RemoveError> {
    let removed = removable(paths, id)?;
    let refused = |source| RemoveError::Refused { path: removed.directory.clone(), source };
    let aside =
        paths.models.join(format!(".remove-{}-{}", id.replace('/', "-"), std::process::id()));
    fs::rename(&removed.directory, &aside).map_err(refused)?;
    // A link goes, and not what it leads to.
    let is_link = fs::symlink_metadata(&aside).map_err(refused)?.is_symlink();
    if is_link { fs::remove_file(&aside) } else { fs::remove_dir_all(&aside) }.map_err(refused)?;
    Ok(removed)
}
