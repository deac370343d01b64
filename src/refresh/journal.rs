//! The journal on disk: one JSON object a line, each with the hash of the line before it; appended and fsynced.
//!
//! A line that a power cut tore is the last one and has no end; it is dropped, because whatever it would have said had not
//! begun. Any other line that does not continue the chain was edited or lost, and then nothing in the file is believed: the
//! node counts as held until somebody sets the journal aside.

use super::{machine::Node, record::Record};
use crate::foundation::values::{
    Sha256,
    time::{self, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The journal's name within the supervisor's directory.
const NAME: &str = "journal.jsonl";

/// No journal is longer than this: a refresh writes about two kilobytes.
const LONGEST: u64 = 256 << 20;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read.
    #[error("cannot read the journal {}: check the directory's owner and mount", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the journal {}: check the space and the mount, nothing is done without it", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line does not continue the one before.
    #[error(
        "the journal {} cannot be believed from line {line} on ({detail}): look at it, then run \
         `ladylinux-supervisor release-hold`, which sets it aside and begins a new one",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
}

/// One line: when, what, and what it continues.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When it was written.
    pub at: Timestamp,
    /// The hash of the line before; of no bytes for the first.
    pub after: Sha256,
    /// What became true.
    #[serde(flatten)]
    pub record: Record,
}

/// An open journal, and what it amounts to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    last: Sha256,
    entries: Vec<Entry>,
    node: Node,
}

/// Reads the journal without opening it for writing; none is an empty one.
pub fn read(directory: &Path) -> Result<(Vec<Entry>, Node), JournalError> {
    let path = directory.join(NAME);
    let bytes = match File::open(&path) {
        Ok(file) => bytes(file, &path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(JournalError::Read { path, source }),
    };
    let (entries, _, _) = parse(&bytes, &path)?;
    let node = node(&entries);
    Ok((entries, node))
}

/// What a journal is that can be believed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Verified {
    /// How many receipts it has.
    pub receipts: usize,
    /// The hash of the last one, which stands for all of them.
    pub last: Sha256,
}

/// Checks that each receipt continues the one before, and that the one with the `known` hash is among them: receipts that
/// were cut off at the end are missed only by somebody who knows what was there.
pub fn verify(directory: &Path, known: Option<Sha256>) -> Result<Verified, JournalError> {
    let path = directory.join(NAME);
    let bytes = match File::open(&path) {
        Ok(file) => bytes(file, &path)?,
        Err(source) => return Err(JournalError::Read { path, source }),
    };
    let (entries, last, _) = parse(&bytes, &path)?;
    let is_there =
        |known: Sha256| known == last || entries.iter().any(|entry| entry.after == known);
    if known.is_some_and(|known| !is_there(known)) {
        let detail = "the receipt with the known hash is not in it".to_owned();
        return Err(JournalError::Damaged { path, line: entries.len() + 1, detail });
    }
    Ok(Verified { receipts: entries.len(), last })
}

/// Sets a journal aside, and returns its new name; none if there is no journal.
pub fn set_aside(directory: &Path) -> io::Result<Option<String>> {
    let name = format!("journal.set-aside-{}.jsonl", time::now().0);
    match fs::rename(directory.join(NAME), directory.join(&name)) {
        Ok(()) => File::open(directory)?.sync_all().map(|()| Some(name)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Journal {
    /// Opens the journal for appending, creates it if there is none, and drops a torn last line.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let path = directory.join(NAME);
        let failed = |source| JournalError::Write { path: path.clone(), source };
        let fresh = !path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        let bytes = bytes(file.try_clone().map_err(failed)?, &path)?;
        let (entries, last, whole) = parse(&bytes, &path)?;
        if whole < bytes.len() as u64 {
            file.set_len(whole).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        file.seek(SeekFrom::Start(whole)).map_err(failed)?;
        if fresh {
            File::open(directory).and_then(|opened| opened.sync_all()).map_err(failed)?;
        }
        let node = node(&entries);
        Ok(Self { path, file, last, entries, node })
    }

    /// Appends a record; when this returns, it survives a power cut.
    pub fn append(&mut self, record: Record) -> Result<(), JournalError> {
        self.append_all([record])
    }

    /// Appends records that became true together, and waits for the disk once.
    pub fn append_all(
        &mut self,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<(), JournalError> {
        let failed = |source| JournalError::Write { path: self.path.clone(), source };
        let (mut lines, mut last, mut entries) = (Vec::new(), self.last, Vec::new());
        for record in records {
            let entry = Entry { at: time::now(), after: last, record };
            let mut line = serde_json::to_vec(&entry).map_err(|error| failed(error.into()))?;
            line.push(b'\n');
            last = Sha256::of(&line);
            lines.append(&mut line);
            entries.push(entry);
        }
        self.file.write_all(&lines).and_then(|()| self.file.sync_data()).map_err(failed)?;
        self.last = last;
        for entry in entries {
            self.node.learn(entry.at, &entry.record);
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Returns what the journal amounts to.
    pub fn node(&self) -> &Node {
        &self.node
    }
}

fn node(entries: &[Entry]) -> Node {
    Node::of(entries.iter().map(|entry| (entry.at, &entry.record)))
}

fn bytes(file: File, path: &Path) -> Result<Vec<u8>, JournalError> {
    let mut bytes = Vec::new();
    file.take(LONGEST)
        .read_to_end(&mut bytes)
        .map_err(|source| JournalError::Read { path: path.to_owned(), source })?;
    Ok(bytes)
}

/// Returns the entries, the hash of the last line, and how many bytes of whole lines there are.
fn parse(bytes: &[u8], path: &Path) -> Result<(Vec<Entry>, Sha256, u64), JournalError> {
    let (mut entries, mut last, mut whole) = (Vec::new(), Sha256::of(""), 0u64);
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if !line.ends_with(b"\n") {
            break;
        }
        let damaged = |detail: String| JournalError::Damaged {
            path: path.to_owned(),
            line: index + 1,
            detail,
        };
        let entry: Entry =
            serde_json::from_slice(line).map_err(|error| damaged(error.to_string()))?;
        if entry.after != last {
            return Err(damaged("it does not continue the line before".to_owned()));
        }
        last = Sha256::of(line);
        whole += line.len() as u64;
        entries.push(entry);
    }
    Ok((entries, last, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(actor: &str) -> Record {
        Record::Started { actor: actor.to_owned() }
    }

    fn three() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(directory.path()).unwrap();
        for actor in ["one", "two", "three"] {
            journal.append(started(actor)).unwrap();
        }
        let path = directory.path().join(NAME);
        (directory, path)
    }

    #[test]
    fn what_was_appended_is_read_back_in_order() {
        let (directory, _) = three();
        let (entries, _) = read(directory.path()).unwrap();
        let records: Vec<_> = entries.into_iter().map(|entry| entry.record).collect();
        assert_eq!(records, ["one", "two", "three"].map(started));
    }

    #[test]
    fn receipts_are_verified_and_those_that_were_cut_off_are_missed() {
        let (directory, path) = three();
        let all = verify(directory.path(), None).unwrap();
        assert_eq!(all.receipts, 3);
        assert!(verify(directory.path(), Some(all.last)).is_ok());
        Journal::open(directory.path()).unwrap().append(started("four")).unwrap();
        assert!(verify(directory.path(), Some(all.last)).is_ok(), "it goes on from there");
        let text = fs::read_to_string(&path).unwrap();
        let two: String = text.split_inclusive('\n').take(2).collect();
        fs::write(&path, &two).unwrap();
        assert!(verify(directory.path(), None).is_ok(), "two receipts are a chain as well");
        assert!(verify(directory.path(), Some(all.last)).is_err());
        // One changed byte, wherever it is.
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            let verified = verify(directory.path(), Some(all.last));
            // The last line continues the others, and nothing yet continues it.
            let is_last = at >= text.trim_end().rfind('\n').unwrap();
            assert!(verified.is_err() || is_last, "byte {at}");
        }
        fs::remove_file(&path).unwrap();
        assert!(verify(directory.path(), None).is_err());
    }

    #[test]
    fn a_line_that_a_power_cut_tore_is_dropped_and_the_next_one_takes_its_place() {
        let (directory, path) = three();
        let text = fs::read(&path).unwrap();
        for torn in 1..=text.len() {
            fs::write(&path, &text[..torn]).unwrap();
            let whole = String::from_utf8_lossy(&text[..torn]).matches('\n').count();
            assert_eq!(read(directory.path()).unwrap().0.len(), whole);
            Journal::open(directory.path()).unwrap().append(started("again")).unwrap();
            assert_eq!(read(directory.path()).unwrap().0.len(), whole + 1);
        }
    }

    #[test]
    fn a_line_that_was_edited_lost_or_put_in_is_named() {
        let (directory, path) = three();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let line = |text: String| {
            fs::write(&path, text).unwrap();
            let found = Journal::open(directory.path()).unwrap_err();
            let JournalError::Damaged { line, .. } = &found else { panic!("{found}") };
            assert!(found.to_string().contains("release-hold"));
            assert!(read(directory.path()).is_err());
            *line
        };
        assert_eq!(line(text.replace("\"two\"", "\"zwo\"")), 3);
        assert_eq!(line(format!("{}\n{}\n", lines[0], lines[2])), 2);
        assert_eq!(line(format!("{}\n{}\n{}\n", lines[0], lines[0], lines[1])), 2);
        assert_eq!(line(format!("{}\nnonsense\n{}\n", lines[0], lines[1])), 2);
    }

    #[test]
    fn a_record_of_a_later_supervisor_is_kept_in_the_chain_and_otherwise_ignored() {
        let (directory, path) = three();
        let text = fs::read(&path).unwrap();
        let strange = serde_json::json!({ "at": 1, "after": Sha256::of(text.split_inclusive(|b| *b == b'\n').next_back().unwrap()), "what": "teleported", "where": "Mars" });
        fs::write(&path, [text, format!("{strange}\n").into_bytes()].concat()).unwrap();
        Journal::open(directory.path()).unwrap().append(started("four")).unwrap();
        let (entries, _) = read(directory.path()).unwrap();
        assert_eq!((entries.len(), &entries[3].record), (5, &Record::Unknown));
    }

    #[test]
    fn a_journal_that_is_set_aside_is_kept_under_another_name() {
        let (directory, path) = three();
        let name = set_aside(directory.path()).unwrap().unwrap();
        assert!(directory.path().join(name).exists() && !path.exists());
        assert_eq!(set_aside(directory.path()).unwrap(), None);
    }
}
