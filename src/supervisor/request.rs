//! What the node asks of its supervisor: a file that appears whole, and that the supervisor removes when it takes it up.

use super::{Status, StatusError, Supervisor, status};
use crate::foundation::values::time::Timestamp;
use serde::Serialize;
use serde_json::json;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    time::Duration,
};
use uuid::Uuid;

/// A supervisor speaks every few seconds. One that has been silent for so long does not run, and would take the request up
/// whenever it runs again, when nobody expects it any more.
const SILENT: Duration = Duration::from_mins(10);

/// How much is told about who asks.
const LONGEST_ACTOR: usize = 200;

/// A request that the supervisor will find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The request.
    pub id: Uuid,
    /// Whether it had been made before and still waits.
    pub already: bool,
    /// What the supervisor said last, before it was asked.
    pub status: Status,
}

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody is there to be asked, as far as this node can tell.
    #[error(
        "nobody can be asked for a refresh, because {0}: run `ladylinux-supervisor refresh` on the machine"
    )]
    Nobody(#[from] StatusError),
    /// The supervisor does not say anything any more.
    #[error("the supervisor has said nothing since {}: see whether it is at work (`ladylinux-supervisor status`), or start it", .0.rfc3339())]
    Silent(Timestamp),
    /// The request cannot be written.
    #[error("the request cannot be left for the supervisor in {} ({source}): run `ladylinux provision` as root", path.display())]
    Refused {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Supervisor {
    /// Asks for a refresh, in the name of `actor`. A request that still waits is not made twice. This blocks, for a moment.
    pub fn ask_for_refresh(&self, actor: &str, now: Timestamp) -> Result<Asked, AskError> {
        let status = self.status()?;
        if now.since(status.at) > SILENT {
            return Err(AskError::Silent(status.at));
        }
        let refused = |source| AskError::Refused { path: self.directory.clone(), source };
        if let Some(id) = self.waiting().map_err(refused)? {
            return Ok(Asked { id, already: true, status });
        }
        let id = Uuid::now_v7();
        let actor: String = actor.chars().filter(|c| !c.is_control()).take(LONGEST_ACTOR).collect();
        let request = json!({ "verb": "refresh", "id": id, "requested_at": now, "actor": actor });
        self.leave(id, &request).map_err(refused)?;
        tracing::info!(request.id = %id, request.actor = actor, "the supervisor was asked for a refresh");
        Ok(Asked { id, already: false, status })
    }

    /// Returns the request that still waits, if there is one.
    fn waiting(&self) -> io::Result<Option<Uuid>> {
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse().ok());
            if name != status::NAME && id.is_some() {
                return Ok(id);
            }
        }
        Ok(None)
    }

    fn leave(&self, id: Uuid, request: &serde_json::Value) -> io::Result<()> {
        let partial = self.directory.join(format!(".{id}.partial"));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o640).open(&partial)?;
        file.write_all(request.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(partial, self.directory.join(format!("{id}.json")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn supervisor(said_at: Timestamp) -> (tempfile::TempDir, Supervisor) {
        let directory = tempfile::tempdir().unwrap();
        let status = json!({ "schema": 1, "at": said_at, "state": "serving" });
        fs::write(directory.path().join("status.json"), status.to_string()).unwrap();
        let supervisor = Supervisor { directory: directory.path().to_owned() };
        (directory, supervisor)
    }

    #[test]
    fn a_request_appears_whole_and_is_not_made_twice_while_it_waits() {
        let (directory, supervisor) = supervisor(NOW);
        let asked = supervisor.ask_for_refresh("anna\u{7}", NOW).unwrap();
        assert!(!asked.already);
        let path = directory.path().join(format!("{}.json", asked.id));
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            written,
            json!({ "verb": "refresh", "id": asked.id, "requested_at": NOW, "actor": "anna" })
        );
        let again = supervisor.ask_for_refresh("ben", NOW).unwrap();
        assert_eq!((again.id, again.already), (asked.id, true));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        // The supervisor takes it up.
        fs::remove_file(path).unwrap();
        assert!(!supervisor.ask_for_refresh("ben", NOW).unwrap().already);
    }

    #[test]
    fn a_supervisor_that_is_not_there_or_does_not_run_is_not_asked() {
        let (directory, silent) = supervisor(Timestamp(NOW.0 - 3_600_000));
        assert!(matches!(silent.ask_for_refresh("anna", NOW), Err(AskError::Silent(_))));
        fs::remove_file(directory.path().join("status.json")).unwrap();
        assert!(matches!(silent.ask_for_refresh("anna", NOW), Err(AskError::Nobody(_))));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
