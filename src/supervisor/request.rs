//! What the node asks of its supervisor: a file that appears whole, and that the supervisor removes when it takes it up.

use super::{Status, StatusError, Supervisor, status};
use crate::foundation::values::{RequestVerb, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use uuid::Uuid;

/// A supervisor speaks every few seconds. One that has been silent for so long does not run, and would take the request up
/// whenever it runs again, when nobody expects it any more.
const SILENT: Duration = Duration::from_mins(10);

/// How much is told about who asks.
const LONGEST_ACTOR: usize = 200;

/// How long the name of a container or a service may be.
const LONGEST_TARGET: usize = 128;

/// No request is larger.
const LARGEST: u64 = 4096;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Names the request; a supervisor takes each name once.
    pub id: Uuid,
    /// What.
    pub verb: RequestVerb,
    /// Which container or service, for a verb that needs one.
    pub target: Option<&'a str>,
    /// In whose name.
    pub actor: &'a str,
}

/// A request, as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    verb: RequestVerb,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    id: Uuid,
    requested_at: Timestamp,
    actor: String,
}

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
        "nobody can be asked for it, because {0}: use `ladylinux-supervisor` on the machine, such as `ladylinux-supervisor refresh`"
    )]
    Nobody(#[from] StatusError),
    /// The supervisor does not say anything any more.
    #[error("the supervisor has said nothing since {}: see whether it is at work (`ladylinux-supervisor status`), or start it", .0.rfc3339())]
    Silent(Timestamp),
    /// The supervisor says that it would not do it.
    #[error(
        "the supervisor does not take {} by request: whoever administers the machine can list it in [requests] of the stack file",
        wanted(*verb, target.as_deref())
    )]
    NotAllowed {
        /// What.
        verb: RequestVerb,
        /// Which.
        target: Option<String>,
    },
    /// The request does not say which container or service, or in letters that none is called by.
    #[error(
        "{verb} needs the name of one container or service of at most 128 letters, digits and -_.@:, and the others need none"
    )]
    Target {
        /// What.
        verb: RequestVerb,
    },
    /// The request cannot be written.
    #[error("the request cannot be left for the supervisor in {} ({source}): run `ladylinux provision` as root", path.display())]
    Refused {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Status {
    /// Whether whoever said this has said nothing for so long that nobody is there.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        now.since(self.at) > SILENT
    }
}

impl Supervisor {
    /// Asks for a refresh, in the name of `actor`. This blocks, for a moment.
    pub fn ask_for_refresh(&self, actor: &str, now: Timestamp) -> Result<Asked, AskError> {
        self.ask(Ask { id: Uuid::now_v7(), verb: RequestVerb::Refresh, target: None, actor }, now)
    }

    /// Asks for something. A request that still waits is not made twice: then its id is returned, and
    /// not this one. What came of it tells [`Self::outcome`]. This blocks, for a moment.
    pub fn ask(&self, ask: Ask<'_>, now: Timestamp) -> Result<Asked, AskError> {
        let Ask { id, verb, target, actor } = ask;
        if target.is_some() != verb.has_target() || !target.is_none_or(is_name) {
            return Err(AskError::Target { verb });
        }
        let status = self.status()?;
        if status.is_silent(now) {
            return Err(AskError::Silent(status.at));
        }
        let target = target.map(str::to_owned);
        if !status.allows(verb, target.as_deref()) {
            return Err(AskError::NotAllowed { verb, target });
        }
        let refused = |source| AskError::Refused { path: self.directory.clone(), source };
        if let Some(id) = self.waiting(verb, target.as_deref()).map_err(refused)? {
            return Ok(Asked { id, already: true, status });
        }
        let actor: String = actor.chars().filter(|c| !c.is_control()).take(LONGEST_ACTOR).collect();
        let request = Request { verb, target, id, requested_at: now, actor };
        self.leave(&request).map_err(refused)?;
        let Request { actor, target, .. } = request;
        tracing::info!(request.id = %id, request.verb = %verb, request.target = target, request.actor = actor, "the supervisor was asked");
        Ok(Asked { id, already: false, status })
    }

    /// Returns the request for the same that still waits, if there is one.
    fn waiting(&self, verb: RequestVerb, target: Option<&str>) -> io::Result<Option<Uuid>> {
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse().ok());
            let Some(id) = id.filter(|_| name != status::NAME) else { continue };
            // One that is gone by now, or is not ours, does not wait.
            let Some(request) = read(&self.directory.join(name)) else { continue };
            if (request.verb, request.target.as_deref()) == (verb, target) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn leave(&self, request: &Request) -> io::Result<()> {
        let partial = self.directory.join(format!(".{}.partial", request.id));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o640).open(&partial)?;
        file.write_all(&serde_json::to_vec(request)?)?;
        file.sync_all()?;
        fs::rename(partial, self.directory.join(format!("{}.json", request.id)))
    }
}

fn read(path: &Path) -> Option<Request> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Whether a container or a unit of systemd may be called so.
fn is_name(name: &str) -> bool {
    let known = |letter: char| letter.is_ascii_alphanumeric() || "-_.@:".contains(letter);
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    begins && name.len() <= LONGEST_TARGET && name.chars().all(known) && !name.contains("..")
}

fn wanted(verb: RequestVerb, target: Option<&str>) -> String {
    target.map_or_else(|| verb.to_string(), |target| format!("{verb} {target}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    /// A supervisor that says this about what it allows.
    fn allowing(said_at: Timestamp, allows: &Value) -> (tempfile::TempDir, Supervisor) {
        let directory = tempfile::tempdir().unwrap();
        let status = json!({ "schema": 1, "at": said_at, "state": "serving", "allows": allows });
        fs::write(directory.path().join("status.json"), status.to_string()).unwrap();
        let supervisor = Supervisor { directory: directory.path().to_owned() };
        (directory, supervisor)
    }

    fn supervisor(said_at: Timestamp) -> (tempfile::TempDir, Supervisor) {
        allowing(said_at, &Value::Null)
    }

    fn anna(verb: RequestVerb, target: Option<&str>) -> Ask<'_> {
        Ask { id: Uuid::now_v7(), verb, target, actor: "anna" }
    }

    fn all() -> Value {
        let verbs: Vec<_> = RequestVerb::ALL.iter().map(|verb| verb.name()).collect();
        json!({ "verbs": verbs, "services": ["cups.service"], "containers": ["watcher"] })
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

    // "A request that still waits is not made twice": per verb and target.
    #[test]
    fn what_waits_is_told_apart_by_verb_and_target() {
        let (directory, supervisor) = allowing(NOW, &all());
        let ask = |verb, target| supervisor.ask(anna(verb, target), NOW);
        let stop = ask(RequestVerb::StopContainer, Some("watcher")).unwrap();
        let written = fs::read(directory.path().join(format!("{}.json", stop.id))).unwrap();
        let written: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(
            (&written["verb"], &written["target"]),
            (&json!("stop_container"), &json!("watcher"))
        );
        let start = ask(RequestVerb::StartContainer, Some("watcher")).unwrap();
        assert!(!start.already && start.id != stop.id);
        assert_eq!(ask(RequestVerb::StopContainer, Some("watcher")).unwrap().id, stop.id);
        assert!(!ask(RequestVerb::Rollback, None).unwrap().already);
        assert!(!ask(RequestVerb::Refresh, None).unwrap().already);
    }

    // C-38: the node can say so before it asks.
    #[test]
    fn what_the_supervisor_says_it_does_not_take_is_not_asked_for() {
        let (directory, supervisor) = allowing(NOW, &all());
        let ask = |verb, target| supervisor.ask(anna(verb, target), NOW);
        assert!(supervisor.allows(RequestVerb::DisableService).unwrap());
        for (verb, target) in
            [(RequestVerb::DisableService, "ssh.service"), (RequestVerb::StopContainer, "api")]
        {
            assert!(
                matches!(ask(verb, Some(target)), Err(AskError::NotAllowed { .. })),
                "{target}"
            );
        }
        assert!(!ask(RequestVerb::DisableService, Some("cups")).unwrap().already);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        // A supervisor of before does not say what it takes: it took refreshes, and nothing else.
        let (_directory, before) = self::supervisor(NOW);
        assert!(before.allows(RequestVerb::Refresh).unwrap());
        assert!(!before.allows(RequestVerb::Rollback).unwrap());
    }

    #[test]
    fn a_target_that_is_missing_needless_or_odd_is_not_asked_for() {
        let (directory, supervisor) = allowing(NOW, &all());
        let long = "a".repeat(LONGEST_TARGET + 1);
        for (verb, target) in [
            (RequestVerb::Refresh, Some("main")),
            (RequestVerb::StopContainer, None),
            (RequestVerb::StopContainer, Some("")),
            (RequestVerb::DisableService, Some("../cups.service")),
            (RequestVerb::DisableService, Some("a..b")),
            (RequestVerb::DisableService, Some("-cups")),
            (RequestVerb::DisableService, Some("cups\n")),
            (RequestVerb::DisableService, Some(&long)),
        ] {
            let asked = supervisor.ask(anna(verb, target), NOW);
            assert!(matches!(asked, Err(AskError::Target { .. })), "{verb} {target:?}");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
