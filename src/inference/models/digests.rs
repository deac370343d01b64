//! Digests of model files that were hashed before: a file of the same size, times and inode is the same file.
//!
//! They are kept in the cache directory, and whoever deletes them loses time and nothing else.

use crate::foundation::settings::Paths;
use crate::foundation::values::Sha256;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// No list of a few hundred files is longer.
const LONGEST_FILE: u64 = 1 << 20;

/// What is known of a file that was hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    bytes: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// Changes with everything that is done to the file, and cannot be set.
    changed: (i64, i64),
    sha256: Sha256,
}

/// The digests known on this node.
#[derive(Debug)]
pub struct Digests {
    file: PathBuf,
    known: BTreeMap<PathBuf, Known>,
    /// Whether there is something that the file does not say yet.
    fresh: bool,
    /// Whether every file is read again, whatever is known of it.
    distrusted: bool,
}

impl Digests {
    /// Reads what is known; nothing, if there is no such file or it is not understood.
    pub fn load(paths: &Paths) -> Self {
        let file = paths.cache().join("model-digests.json");
        let mut text = String::new();
        let read =
            File::open(&file).and_then(|file| file.take(LONGEST_FILE).read_to_string(&mut text));
        let known = read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default();
        Self { file, known, fresh: false, distrusted: false }
    }

    /// From now on every file is read, whatever is known of it: a disk may give back other bytes than it was given.
    pub fn distrust(&mut self) {
        self.distrusted = true;
    }

    /// Returns a file's digest, which is computed only if it is not known; tells `seen` about each block's length in bytes.
    pub(super) fn of(&mut self, path: &Path, seen: impl FnMut(u64)) -> io::Result<Sha256> {
        let file = File::open(path)?;
        let found = file.metadata()?;
        let is_same = |known: &&Known| {
            known.bytes == found.len()
                && known.inode == found.ino()
                && known.modified == (found.mtime(), found.mtime_nsec())
                && known.changed == (found.ctime(), found.ctime_nsec())
        };
        if let Some(known) = self.known.get(path).filter(is_same).filter(|_| !self.distrusted) {
            return Ok(known.sha256);
        }
        let sha256 = Sha256::of_reader(file, seen)?;
        let known = Known {
            bytes: found.len(),
            inode: found.ino(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
            sha256,
        };
        self.known.insert(path.to_owned(), known);
        self.fresh = true;
        Ok(sha256)
    }

    /// Keeps what was learned, whole or not at all.
    pub fn save(&self) -> io::Result<()> {
        if !self.fresh {
            return Ok(());
        }
        let partial = self.file.with_extension("partial");
        let mut written = File::create(&partial)?;
        written.write_all(&serde_json::to_vec(&self.known)?)?;
        written.sync_all()?;
        fs::rename(partial, &self.file)
    }
}
