//! Where facts are read: the files below a root prefix, and the sizes of mounted file systems.

use super::{Data, Fact, Source, Topic};
use super::{HostError, disk, fact, firewall, listeners, load, logs, memory, os, services};
use super::{updates, uptime, users};
use crate::foundation::values::time;
use rustix::{
    fs::{Mode, OFlags, ResolveFlags},
    io::Errno,
};
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
    from: Standpoint,
}

/// Where a machine is looked at from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standpoint {
    /// A process on the machine: what the kernel says about the process is true of the machine.
    Inside,
    /// A container in which the machine's root directory is mounted: what the kernel says about the first process of the
    /// machine is true of the machine, and what it says about our own is not.
    Container {
        /// The list of our own mounts, to know which of the machine's are mounted below the root as well.
        own_mounts: PathBuf,
    },
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
        Self { root: root.to_owned(), measure, from: Standpoint::Inside }
    }

    /// The machine whose root directory is mounted at `root` in the container that this process runs in.
    pub fn mounted_at(root: &Path) -> Self {
        Self::mounted(root, Path::new("/proc/self/mountinfo"), statvfs)
    }

    pub(super) fn mounted(
        root: &Path,
        own_mounts: &Path,
        measure: fn(&Path) -> io::Result<Space>,
    ) -> Self {
        let from = Standpoint::Container { own_mounts: own_mounts.to_owned() };
        Self { root: root.to_owned(), measure, from }
    }

    /// Returns the list of our own mounts, if the machine is mounted below its root here.
    pub(super) fn own_mounts(&self) -> Result<Option<Text>, HostError> {
        match &self.from {
            Standpoint::Inside => Ok(None),
            Standpoint::Container { own_mounts } => {
                let file = File::open(own_mounts);
                read(file, own_mounts.clone()).map(Some)
            }
        }
    }

    /// Returns where the machine's root directory is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a file that the kernel has for each process, of one that sees the machine as it is.
    pub(super) fn of_process(&self, name: &str) -> String {
        match self.from {
            Standpoint::Inside => format!("/proc/self/{name}"),
            Standpoint::Container { .. } => format!("/proc/1/{name}"),
        }
    }

    /// Whether the kernel's answers depend on who asks, and are not the machine's for us.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.from != Standpoint::Inside
    }

    /// Reads one topic.
    pub fn fact(&self, topic: Topic) -> Result<Fact, HostError> {
        self.fact_after(topic, None)
    }

    /// Reads one topic, of which this was told before.
    pub(super) fn fact_after(
        &self,
        topic: Topic,
        before: Option<&Fact>,
    ) -> Result<Fact, HostError> {
        let read_at = time::now();
        let found = match topic {
            Topic::Disk => disk::read(self)?.map(Data::Disk),
            Topic::Memory => memory::read(self)?.map(Data::Memory),
            Topic::Load => load::read(self)?.map(Data::Load),
            Topic::Uptime => uptime::read(self, read_at)?.map(Data::Uptime),
            Topic::Os => os::read(self)?.map(Data::Os),
            Topic::Users => users::read(self)?.map(Data::Users),
            Topic::Listeners => listeners::read(self)?.map(Data::Listeners),
            Topic::Firewall => firewall::read(self)?.map(Data::Firewall),
            Topic::Services => services::read(self)?.map(Data::Services),
            Topic::Updates => {
                let before = before.and_then(|before| before.data.updates());
                updates::read(self, read_at, before)?.map(Data::Updates)
            }
            Topic::Logs => logs::read(self, read_at)?.map(Data::Logs),
        };
        Ok(fact::tell(found, read_at, Source::Machine))
    }

    /// Reads a text file; bytes that are no UTF-8 become replacement characters.
    pub(super) fn text(&self, path: &str) -> Result<Text, HostError> {
        read(self.open(path), self.path(path))
    }

    /// Opens a file.
    pub(super) fn open(&self, path: &str) -> io::Result<File> {
        match self.from {
            Standpoint::Inside => File::open(self.path(path)),
            Standpoint::Container { .. } => self.open_within(path),
        }
    }

    /// Opens a file of the machine, whose symbolic links begin at the machine's root and not at ours.
    fn open_within(&self, path: &str) -> io::Result<File> {
        let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(&self.root, directory, Mode::empty())?;
        let (flags, resolve) = (OFlags::RDONLY | OFlags::CLOEXEC, ResolveFlags::IN_ROOT);
        match rustix::fs::openat2(&root, path, flags, Mode::empty(), resolve) {
            Ok(file) => Ok(file.into()),
            // Old kernels do not know the call, and old engines forbid it.
            Err(Errno::NOSYS | Errno::PERM) => File::open(self.path(path)),
            Err(error) => Err(error.into()),
        }
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

    /// Measures the file system that a path of ours, not of the machine's, is on.
    pub(super) fn measure(&self, path: &Path) -> io::Result<Space> {
        (self.measure)(path)
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

    /// Returns all of it.
    pub(super) fn content(&self) -> &str {
        &self.content
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

fn read(file: io::Result<File>, path: PathBuf) -> Result<Text, HostError> {
    let mut bytes = Vec::new();
    let read = file.and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(Text { path, content: String::from_utf8_lossy(&bytes).into_owned() }),
        Err(source) => Err(HostError::Read { path, source }),
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
