//! The lock: one supervisor changes a node at a time, and says who it is.
//!
//! The kernel's lock on the file (`flock`) is what counts: it ends with the process, however that ends. What the file says
//! is for people, and is stale if nobody holds the lock. The descriptor is closed on exec, so that nothing a supervisor
//! starts inherits it.

use crate::foundation::values::time::{self, Timestamp};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

const NAME: &str = "lock";

/// How often a waiting supervisor looks again.
const EVERY: Duration = Duration::from_millis(100);

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process, in its own namespace.
    pub pid: u32,
    /// What it does.
    pub verb: String,
    /// Since when.
    pub since: Timestamp,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another one works.
    #[error("{} is at work on this node (process {}, for {}): wait for it, or run again with --lock-wait 5m", .0.verb, .0.pid, age(.0))]
    Held(Holder),
    /// The file cannot be used.
    #[error("cannot lock {}: check the directory's owner and mount", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn age(holder: &Holder) -> String {
    format!("{} s", time::now().since(holder.since).as_secs())
}

/// The lock, as long as this value lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// Who held the lock last and never gave it back, if anybody.
    pub stale: Option<Holder>,
}

impl Lock {
    /// Takes the lock, and waits up to `patience` for whoever has it.
    pub async fn take(directory: &Path, verb: &str, patience: Duration) -> Result<Self, LockError> {
        let path = directory.join(NAME);
        let failed = |source| LockError::File { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        // Whoever only looks who is at work has the lock for a moment.
        let patience = patience.max(3 * EVERY);
        let began = time::instant();
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(failed(error.into()));
            }
            if began.elapsed() >= patience {
                return Err(LockError::Held(holder(&path).unwrap_or(Holder {
                    pid: 0,
                    verb: "another supervisor".to_owned(),
                    since: time::now(),
                })));
            }
            tokio::time::sleep(EVERY.min(patience)).await;
        }
        let stale = holder(&path);
        let me = Holder { pid: std::process::id(), verb: verb.to_owned(), since: time::now() };
        file.set_len(0)
            .and_then(|()| file.write_all(serde_json::to_string(&me)?.as_bytes()))
            .map_err(failed)?;
        Ok(Self { file, stale })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What it says is given back with it; whoever finds something here knows of a supervisor that was killed.
        drop(self.file.set_len(0));
    }
}

/// Returns who holds the lock now, if anybody does.
pub fn held(directory: &Path) -> Option<Holder> {
    let file = File::open(directory.join(NAME)).ok()?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => holder(&directory.join(NAME)),
        _ => None,
    }
}

fn holder(path: &Path) -> Option<Holder> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_one_is_told_who_is_at_work_and_for_how_long() {
        let directory = tempfile::tempdir().unwrap();
        let first = Lock::take(directory.path(), "refresh", Duration::ZERO).await.unwrap();
        let error = Lock::take(directory.path(), "rollback", Duration::ZERO).await.unwrap_err();
        assert!(
            error.to_string().starts_with("refresh is at work on this node (process"),
            "{error}"
        );
        assert_eq!(held(directory.path()).unwrap().verb, "refresh");
        drop(first);
        assert_eq!(held(directory.path()), None);
        assert_eq!(
            Lock::take(directory.path(), "rollback", Duration::ZERO).await.unwrap().stale,
            None
        );
    }

    #[tokio::test]
    async fn who_was_killed_with_the_lock_is_found_and_does_not_keep_it() {
        let directory = tempfile::tempdir().unwrap();
        let dead = Holder { pid: 4711, verb: "refresh".to_owned(), since: Timestamp(1) };
        fs::write(directory.path().join(NAME), serde_json::to_string(&dead).unwrap()).unwrap();
        let lock = Lock::take(directory.path(), "refresh", Duration::ZERO).await.unwrap();
        assert_eq!(lock.stale, Some(dead));
    }

    #[tokio::test]
    async fn whoever_waits_gets_the_lock_when_it_is_given_back() {
        let directory = tempfile::tempdir().unwrap();
        let first = Lock::take(directory.path(), "refresh", Duration::ZERO).await.unwrap();
        let path = directory.path().to_owned();
        let second =
            tokio::spawn(async move { Lock::take(&path, "start", Duration::from_mins(1)).await });
        tokio::task::yield_now().await;
        drop(first);
        second.await.unwrap().unwrap();
    }
}
