//! A file that has come in part: what is there of it, and its digest so far.

use super::PullError;
use crate::foundation::values::{Sha256, Sha256Hasher};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// No entity tag is longer.
const LONGEST_TAG: u64 = 1 << 10;

/// The part that is here, open at its end.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: File,
    hasher: Sha256Hasher,
    length: u64,
    /// Names this content where it came from, so that nothing of another is put behind it.
    tag: Option<String>,
    tag_path: PathBuf,
}

impl Part {
    /// Opens what is here, and hashes it.
    pub(super) fn open(path: PathBuf, tag_path: PathBuf) -> Result<Self, PullError> {
        for path in [&path, &tag_path] {
            let parent = path.parent().unwrap_or(path);
            fs::create_dir_all(parent).map_err(PullError::write(parent))?;
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(PullError::write(&path))?;
        let (mut hasher, mut length) = (Sha256Hasher::new(), 0);
        hasher.read(&file, |block| length += block).map_err(PullError::write(&path))?;
        let mut tag = String::new();
        let read =
            File::open(&tag_path).and_then(|file| file.take(LONGEST_TAG).read_to_string(&mut tag));
        let tag = read.ok().map(|_| tag).filter(|tag| !tag.is_empty());
        Ok(Self { path, file, hasher, length, tag, tag_path })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Throws away what is here, and remembers what names the content that comes now.
    pub(super) fn begin(&mut self, tag: Option<String>) -> Result<(), PullError> {
        self.file.set_len(0).map_err(PullError::write(&self.path))?;
        self.hasher = Sha256Hasher::new();
        self.length = 0;
        let kept = match &tag {
            Some(tag) => fs::write(&self.tag_path, tag),
            None => absent(fs::remove_file(&self.tag_path)),
        };
        kept.map_err(PullError::write(&self.tag_path))?;
        self.tag = tag;
        Ok(())
    }

    /// Puts a block behind what is here.
    pub(super) fn append(&mut self, block: &[u8]) -> Result<(), PullError> {
        self.file.write_all(block).map_err(PullError::write(&self.path))?;
        self.hasher.update(block);
        self.length += block.len() as u64;
        Ok(())
    }

    /// Returns the digest of what is here.
    pub(super) fn sha256(&self) -> Sha256 {
        self.hasher.clone().finish()
    }

    /// Makes it the file it was to become: on the disk, and under its name.
    pub(super) fn become_whole(self, file: &Path) -> Result<(), PullError> {
        self.file.sync_all().map_err(PullError::write(&self.path))?;
        let parent = file.parent().unwrap_or(file);
        fs::create_dir_all(parent)
            .and_then(|()| fs::rename(&self.path, file))
            .and_then(|()| File::open(parent)?.sync_all())
            .and_then(|()| absent(fs::remove_file(&self.tag_path)))
            .map_err(PullError::write(file))
    }
}

/// That a file is gone already is as good.
fn absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
