//! Where facts are read: the files below a root prefix, and the sizes of mounted file systems.

use super::{Data, Fact, Source, Topic};
use super::{HostError, disk, fact, listeners, load, memory, os, uptime, users};
use crate::foundation::values::time;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// No file that is read here is longer on a sound machine; reading stops at it.
const LONGEST_FILE: u64 = 16 << 20;

/// A machine to read facts from.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
    measure: fn(&Path) -> io::Result<Space>,
}

/// The size of a mounted file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// All of it.
    pub size: u64,
    /// What is free, including what is reserved for the superuser.
    pub free: u64,
    /// What users can still write.
    pub available: u64,
}

/// A file that was read, with its path for messages.
#[derive(Clone, Debug)]
pub(super) struct Text {
    path: PathBuf,
    content: String,
}

/// What a reader found, and what it left out.
pub(super) struct Found<T> {
    pub(super) data: T,
    pub(super) notes: Vec<String>,
}

impl Machine {
    /// The machine this process runs on.
    pub fn this() -> Self {
        Self::at(Path::new("/"), statvfs)
    }

    /// The machine whose files lie below `root`, and whose file systems `measure` measures by their mount point.
    pub fn at(root: &Path, measure: fn(&Path) -> io::Result<Space>) -> Self {
        Self { root: root.to_owned(), measure }
    }

    /// Reads one topic.
    pub fn fact(&self, topic: Topic) -> Result<Fact, HostError> {
        let read_at = time::now();
        let found = match topic {
            Topic::Disk => disk::read(self)?.map(Data::Disk),
            Topic::Memory => memory::read(self)?.map(Data::Memory),
            Topic::Load => load::read(self)?.map(Data::Load),
            Topic::Uptime => uptime::read(self, read_at)?.map(Data::Uptime),
            Topic::Os => os::read(self)?.map(Data::Os),
            Topic::Users => users::read(self)?.map(Data::Users),
            Topic::Listeners => listeners::read(self)?.map(Data::Listeners),
        };
        Ok(fact::tell(found, read_at, Source::Machine))
    }

    /// Reads a text file; bytes that are no UTF-8 become replacement characters.
    pub(super) fn text(&self, path: &str) -> Result<Text, HostError> {
        let path = self.path(path);
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes))
            .map_err(|source| HostError::Read { path: path.clone(), source })?;
        Ok(Text { path, content: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// Reads a text file that not every machine has.
    pub(super) fn text_if_any(&self, path: &str) -> Result<Option<Text>, HostError> {
        match self.text(path) {
            Ok(text) => Ok(Some(text)),
            Err(HostError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Puts the root before a path.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Measures the file system mounted at `mount_point`.
    pub(super) fn measure(&self, mount_point: &str) -> io::Result<Space> {
        (self.measure)(&self.path(mount_point))
    }
}

impl Text {
    #[cfg(test)]
    pub(super) fn of(path: &str, content: &str) -> Self {
        Self { path: PathBuf::from(path), content: content.to_owned() }
    }

    /// Returns the lines with their numbers, counted from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.content.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Returns the first line without the space around it.
    pub(super) fn first_line(&self) -> &str {
        self.content.lines().next().unwrap_or_default().trim()
    }

    /// Returns the error for a line that cannot be understood.
    pub(super) fn malformed(&self, line: usize, expected: &'static str) -> HostError {
        HostError::Malformed { path: self.path.clone(), line, expected }
    }

    /// Returns the note for a line that was left out.
    pub(super) fn skipped(&self, line: usize, expected: &'static str) -> String {
        format!("skipped line {line} of {}: not as expected ({expected})", self.path.display())
    }
}

impl<T> Found<T> {
    pub(super) fn all(data: T) -> Self {
        Self { data, notes: Vec::new() }
    }

    fn map<U>(self, wrap: impl FnOnce(T) -> U) -> Found<U> {
        Found { data: wrap(self.data), notes: self.notes }
    }
}

fn statvfs(mount_point: &Path) -> io::Result<Space> {
    let found = rustix::fs::statvfs(mount_point)?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok(Space {
        size: bytes(found.f_blocks),
        free: bytes(found.f_bfree),
        available: bytes(found.f_bavail),
    })
}
