//! The hidden folder in which a model grows until it is whole: one for each model, and one command at a time in it.

use super::PullError;
use crate::foundation::settings::Paths;
use rustix::{
    fs::{CWD, FlockOperation, RenameFlags},
    io::Errno,
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The folder of one model: `files` has those that are whole, `parts` and `tags` what is here of the others.
#[derive(Debug)]
pub(super) struct Stage {
    folder: PathBuf,
    /// Held as long as this lives.
    _lock: File,
}

impl Stage {
    /// Opens the folder, next to where the model belongs, so that moving it there is one step.
    pub(super) fn open(paths: &Paths, id: &str) -> Result<Self, PullError> {
        let folder = paths.models.join(format!(".pull-{}", id.replace('/', "-")));
        let opened = fs::create_dir_all(folder.join("files"))
            .and_then(|()| File::create(folder.join("lock")));
        let lock = opened.map_err(|source| {
            let refusals = [io::ErrorKind::ReadOnlyFilesystem, io::ErrorKind::PermissionDenied];
            if refusals.contains(&source.kind()) {
                PullError::ReadOnly { path: paths.models.clone(), source }
            } else {
                PullError::Write { path: folder.clone(), source }
            }
        })?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(PullError::Busy(id.to_owned())),
            Err(error) => Err(PullError::Write { path: folder, source: error.into() }),
        }
    }

    /// Where a file is once it is whole.
    pub(super) fn file(&self, path: &Path) -> PathBuf {
        self.folder.join("files").join(path)
    }

    /// Where a file is until then.
    pub(super) fn part(&self, path: &Path) -> PathBuf {
        self.folder.join("parts").join(path)
    }

    /// Where it is kept what names the content of a part.
    pub(super) fn tag(&self, path: &Path) -> PathBuf {
        self.folder.join("tags").join(path)
    }

    /// How much of a file is here, in bytes.
    pub(super) fn has_of(&self, path: &Path) -> u64 {
        let length = |path: PathBuf| fs::metadata(path).map_or(0, |found| found.len());
        length(self.file(path)).max(length(self.part(path)))
    }

    /// Moves the model into its folder: in one step, or, if some files are there already, each that is missing in one.
    pub(super) fn move_into(self, directory: &Path) -> Result<(), PullError> {
        let parent = directory.parent().unwrap_or(directory);
        let files = self.folder.join("files");
        fs::create_dir_all(parent).map_err(PullError::write(parent))?;
        match rustix::fs::renameat_with(CWD, &files, CWD, directory, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(Errno::EXIST) => move_each(&files, directory)?,
            Err(error) => return Err(PullError::write(directory)(error.into())),
        }
        File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(PullError::write(parent))?;
        fs::remove_dir_all(&self.folder).map_err(PullError::write(&self.folder))
    }
}

/// Moves every file below a folder to its place below another, where there must be none of its name.
fn move_each(from: &Path, to: &Path) -> Result<(), PullError> {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.map_err(|error| PullError::write(from)(error.into()))?;
        let Ok(relative) = entry.path().strip_prefix(from) else { continue };
        let target = to.join(relative);
        let moved = if entry.file_type().is_dir() {
            fs::create_dir_all(&target)
        } else {
            rustix::fs::renameat_with(CWD, entry.path(), CWD, &target, RenameFlags::NOREPLACE)
                .map_err(io::Error::from)
                .and_then(|()| File::open(target.parent().unwrap_or(to))?.sync_all())
        };
        moved.map_err(PullError::write(&target))?;
    }
    Ok(())
}
