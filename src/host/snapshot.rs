//! A snapshot of the facts about a host: one file, written where the host can be seen and read where it cannot.
//!
//! It appears whole or not at all. An old reader ignores what it does not know, and a new one says what is missing.

use super::{Fact, HostError, Machine, Topic};
use crate::foundation::values::time::Timestamp;
use rustix::fs::{Mode, OFlags, open};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// The version of the file's form; a reader of another one says so.
const SCHEMA: u32 = 1;

/// A machine with thousands of accounts and ports stays far below.
const LONGEST_FILE: u64 = 4 << 20;

/// Everybody may read it: the core does so as another user than the one who wrote it, in other set-ups.
const MODE: u32 = 0o644;

/// What a machine said about itself at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    schema: u32,
    /// When it was made.
    pub at: Timestamp,
    /// What was told.
    #[serde(deserialize_with = "known")]
    pub facts: Vec<Fact>,
    /// What was not told, and why.
    #[serde(default, deserialize_with = "known")]
    pub untold: Vec<Untold>,
}

/// A topic that a machine said nothing about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// The topic.
    pub topic: Topic,
    /// Why.
    pub reason: String,
}

/// Why a snapshot does not tell a fact; each is the beginning of a sentence that says what is told instead.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is none, or it cannot be read.
    #[error("the snapshot of the host's facts cannot be read at {} ({source})", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is none.
    #[error("{} is no snapshot of facts ({detail})", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// It is too old, or from the future.
    #[error("the last snapshot of the host's facts is of {}: see why `ladylinux host-facts` does not run any more", at.rfc3339())]
    Stale {
        /// When it was made.
        at: Timestamp,
    },
    /// It does not tell this.
    #[error("the snapshot of the host's facts tells nothing about {topic} ({reason})")]
    Untold {
        /// The topic.
        topic: Topic,
        /// Why.
        reason: String,
    },
}

impl Snapshot {
    /// Asks a machine about everything; what it does not tell hides nothing else.
    pub fn of(machine: &Machine, now: Timestamp) -> Self {
        Self::after(None, machine, now)
    }

    /// The same, after an earlier one of the machine: what costs much to find out is taken over if nothing has changed.
    pub fn after(earlier: Option<&Self>, machine: &Machine, now: Timestamp) -> Self {
        let mut snapshot = Self { schema: SCHEMA, at: now, facts: Vec::new(), untold: Vec::new() };
        for topic in Topic::ALL {
            let before = earlier.and_then(|it| it.facts.iter().find(|fact| fact.topic == topic));
            match machine.fact_after(topic, before) {
                Ok(fact) => snapshot.facts.push(fact),
                Err(error) => snapshot.untold.push(Untold { topic, reason: chain(&error) }),
            }
        }
        snapshot
    }

    /// Writes it, whole or not at all, for everybody to read.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        let partial = path.with_file_name(format!(".{}.partial", name.display()));
        let mut file = File::create(&partial)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.set_permissions(fs::Permissions::from_mode(MODE))?;
        file.sync_all()?;
        fs::rename(partial, path)
    }

    /// Reads one.
    pub fn read(path: &Path) -> Result<Self, SnapshotError> {
        let unreadable = |source| SnapshotError::Unreadable { path: path.to_owned(), source };
        let malformed = |detail: String| SnapshotError::Malformed { path: path.to_owned(), detail };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = open(path, flags, Mode::empty()).map_err(|errno| unreadable(errno.into()))?;
        let file = File::from(file);
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(malformed("it is no file".to_owned()));
        }
        let mut bytes = Vec::new();
        file.take(LONGEST_FILE).read_to_end(&mut bytes).map_err(unreadable)?;
        let snapshot: Self =
            serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
        if snapshot.schema != SCHEMA {
            return Err(malformed(format!("it has the form {}, not {SCHEMA}", snapshot.schema)));
        }
        Ok(snapshot)
    }

    /// Returns one fact with its age, if the snapshot is young enough to be believed.
    pub fn tell(
        self,
        topic: Topic,
        now: Timestamp,
        max_age: Duration,
    ) -> Result<Fact, SnapshotError> {
        // Of two clocks that disagree by so much, one is wrong; which one, nobody knows.
        if now.since(self.at) > max_age || self.at.since(now) > max_age {
            return Err(SnapshotError::Stale { at: self.at });
        }
        let is_about = |fact: &Fact| fact.topic == topic && fact.data.topic() == topic;
        if let Some(fact) = self.facts.into_iter().find(is_about) {
            return Ok(fact.aged(now));
        }
        let reason = self.untold.into_iter().find(|untold| untold.topic == topic);
        let reason =
            reason.map_or_else(|| "another release wrote it".to_owned(), |untold| untold.reason);
        Err(SnapshotError::Untold { topic, reason })
    }
}

/// Takes what is understood of a list; another release may tell of more.
fn known<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let all: Vec<serde_json::Value> = Vec::deserialize(from)?;
    Ok(all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
}

fn chain(error: &HostError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Language, Source};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    const MINUTE: Duration = Duration::from_mins(1);

    fn written() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("host-facts.json");
        let mut snapshot = Snapshot::of(&Machine::this(), NOW);
        for fact in &mut snapshot.facts {
            fact.read_at = NOW;
        }
        snapshot.write(&path).unwrap();
        (directory, path)
    }

    fn later(by: Duration) -> Timestamp {
        Timestamp(NOW.0 + i64::try_from(by.as_millis()).unwrap())
    }

    // C-38
    #[test]
    fn every_fact_of_a_snapshot_tells_its_source_and_its_age() {
        let (directory, path) = written();
        for topic in Topic::ALL {
            let told = Snapshot::read(&path).unwrap().tell(topic, later(3 * MINUTE), 15 * MINUTE);
            let fact = told.unwrap();
            assert_eq!((fact.source, fact.age_seconds), (Source::Snapshot, Some(180)));
            assert!(fact.sentence().ends_with(". As of 3 minutes ago."), "{}", fact.sentence());
            assert!(fact.sentence_in(Language::German).ends_with(". Stand: vor 3 Minuten."));
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o644);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_snapshot_is_believed_as_long_as_it_is_young_and_not_from_the_future() {
        let (_directory, path) = written();
        let told = |now| Snapshot::read(&path).unwrap().tell(Topic::Os, now, 15 * MINUTE);
        assert_eq!(told(later(15 * MINUTE)).unwrap().age_seconds, Some(900));
        let stale = told(later(16 * MINUTE)).unwrap_err();
        assert!(matches!(stale, SnapshotError::Stale { .. }), "{stale}");
        // A clock that was set back a little is no reason to say nothing.
        assert_eq!(told(Timestamp(NOW.0 - 60_000)).unwrap().age_seconds, Some(0));
        assert!(told(Timestamp(NOW.0 - 3_600_000)).is_err());
    }

    #[test]
    fn topics_that_another_release_tells_of_or_does_not_hide_nothing() {
        let (_directory, path) = written();
        let whole = fs::read_to_string(&path).unwrap();
        let mut newer: serde_json::Value = serde_json::from_str(&whole).unwrap();
        let facts = newer["facts"].as_array_mut().unwrap();
        facts.retain(|fact| fact["topic"] != "logs");
        facts.insert(0, serde_json::json!({"topic": "weather", "sentence": "It rains."}));
        newer["untold"] = serde_json::json!([{"topic": "tides", "reason": "no sea"}]);
        fs::write(&path, newer.to_string()).unwrap();
        let told = |topic| Snapshot::read(&path).unwrap().tell(topic, NOW, MINUTE);
        assert!(told(Topic::Os).is_ok());
        let older = told(Topic::Logs).unwrap_err().to_string();
        assert!(older.contains("another release wrote it"), "{older}");
    }

    #[test]
    fn what_is_no_snapshot_says_what_is_wrong_with_it() {
        let (directory, path) = written();
        let whole = fs::read_to_string(&path).unwrap();
        for wrong in ["", "{", "[]", &whole[..whole.len() / 2], &whole.replacen(":1,", ":9,", 1)] {
            fs::write(&path, wrong).unwrap();
            let error = Snapshot::read(&path).unwrap_err();
            assert!(matches!(error, SnapshotError::Malformed { .. }), "{error}");
        }
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for unreadable in [link, directory.path().join("nothing")] {
            let error = Snapshot::read(&unreadable).unwrap_err();
            assert!(matches!(error, SnapshotError::Unreadable { .. }), "{error}");
        }
        assert!(Snapshot::read(directory.path()).is_err());
    }

    #[test]
    fn what_a_machine_does_not_tell_is_told_with_the_reason_and_hides_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("etc")).unwrap();
        fs::write(directory.path().join("etc/passwd"), "ana:x:1000:1000::/:/bin/sh\n").unwrap();
        let never = |_: &Path| Err(io::ErrorKind::Unsupported.into());
        let machine = Machine::mounted(directory.path(), Path::new("/proc/self/mountinfo"), never);
        let snapshot = Snapshot::of(&machine, NOW);
        assert!(snapshot.clone().tell(Topic::Users, NOW, MINUTE).is_ok());
        let untold = snapshot.tell(Topic::Memory, NOW, MINUTE).unwrap_err().to_string();
        assert!(untold.contains("nothing about memory (cannot read"), "{untold}");
    }

    proptest! {
        #[test]
        fn any_file_is_a_snapshot_or_an_error(content in "\\PC*|\\{\"schema\":1,\"at\":-?[0-9]{0,20},\"facts\":\\[\\{?\\}?\\]\\}") {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("f");
            fs::write(&path, content).unwrap();
            if let Ok(snapshot) = Snapshot::read(&path) {
                drop(snapshot.tell(Topic::Disk, NOW, MINUTE));
            }
        }
    }
}
