//! What the supervisor says about the node, in the file that it keeps (its form is `refresh::status`).
//!
//! A newer supervisor may say more, and in words that are not known here: what is not understood is passed on.

use super::Supervisor;
use crate::foundation::values::{RequestVerb, time::Timestamp};
use crate::host::Language;
use rustix::{
    fs::{Mode, OFlags, open},
    io::Errno,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};
use uuid::Uuid;

/// The file's name within the directory.
pub(super) const NAME: &str = "status.json";

/// A sentence about each of a few things is far shorter.
const LONGEST_FILE: u64 = 64 << 10;

/// What the supervisor says about the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Status {
    /// When it said so.
    pub at: Timestamp,
    /// How the node is, in a word: `serving`, `on_probation`, `refreshing`, `held` and others.
    pub state: String,
    /// The release that is installed, by the digest of its image.
    pub digest: Option<String>,
    /// The commit it was built from.
    pub revision: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The hold, if there is one.
    pub hold: Option<Held>,
    /// How the last run ended.
    pub last: Option<LastRun>,
    /// A newer release that the supervisor knows of, by its digest.
    #[serde(default)]
    pub newer: Option<String>,
    /// What it takes by request; a supervisor of before does not say. It is the node's own business, and told to nobody.
    #[serde(default, skip_serializing)]
    #[schema(ignore)]
    pub allows: Option<Allows>,
    /// What came of the last requests, oldest first. Likewise.
    #[serde(default, skip_serializing)]
    #[schema(ignore)]
    pub outcomes: Vec<Outcome>,
}

/// What a supervisor takes by request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allows {
    /// The verbs; this node may not know all of them.
    pub verbs: Vec<String>,
    /// The services of the machine that it disables, as systemd calls them: `cups.service`.
    #[serde(default)]
    pub services: Vec<String>,
    /// The containers that it starts and stops.
    #[serde(default)]
    pub containers: Vec<String>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The request.
    pub id: Uuid,
    /// What was asked for.
    pub verb: String,
    /// Of which container or service.
    #[serde(default)]
    pub target: Option<String>,
    /// What came of it.
    pub outcome: Ended,
    /// Why, or what there is to say of it.
    #[serde(default)]
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It was done.
    Done,
    /// Nothing was touched.
    Refused,
    /// It was begun, and did not go through.
    Failed,
    /// In a word that only a later supervisor knows.
    #[serde(other)]
    Unknown,
}

/// Why the node is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Held {
    /// Why.
    pub reason: String,
    /// The step that failed, if one did.
    pub step: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// What a person can do.
    pub next: String,
}

/// How the last refresh or rollback ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LastRun {
    /// What it was: `refresh` or `rollback`.
    pub verb: String,
    /// How it ended: `done`, `unchanged`, `refused`, `failed` or `interrupted`.
    pub outcome: String,
    /// The step in which it ended, unless it went through.
    pub step: Option<String>,
    /// What went wrong.
    pub message: Option<String>,
    /// When it ended.
    pub at: Timestamp,
}

/// Why nothing is known of the supervisor.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// It has never said anything, most likely because there is none.
    #[error("no supervisor looks after this node: there is no {}", .0.display())]
    Absent(PathBuf),
    /// What it says cannot be read.
    #[error("what the supervisor says cannot be read at {} ({source})", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What stands there is not what a supervisor says.
    #[error("{} is not what a supervisor writes ({detail}): look into its log", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

impl Supervisor {
    /// Returns what the supervisor said last. This blocks, for a moment.
    pub fn status(&self) -> Result<Status, StatusError> {
        let path = self.directory.join(NAME);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match open(&path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(StatusError::Absent(path)),
            Err(errno) => return Err(StatusError::Unreadable { path, source: errno.into() }),
        };
        let mut bytes = Vec::new();
        let read = file.metadata().and_then(|about| {
            if !about.is_file() || about.len() > LONGEST_FILE {
                return Err(io::Error::other("it is no regular file of at most 64 KiB"));
            }
            file.take(LONGEST_FILE).read_to_end(&mut bytes)
        });
        if let Err(source) = read {
            return Err(StatusError::Unreadable { path, source });
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| StatusError::Malformed { path, detail: error.to_string() })
    }
}

impl Supervisor {
    /// Whether the supervisor takes this by request, as it says itself. This blocks, for a moment.
    pub fn allows(&self, verb: RequestVerb) -> Result<bool, StatusError> {
        Ok(self.status()?.takes(verb))
    }

    /// Returns what came of a request; nothing while it waits or is under way, and once sixteen others came after it. This
    /// blocks, for a moment.
    pub fn outcome(&self, id: Uuid) -> Result<Option<Outcome>, StatusError> {
        Ok(self.status()?.outcomes.into_iter().rfind(|outcome| outcome.id == id))
    }
}

impl Status {
    /// Whether the supervisor says that it takes this by request, of this container or service.
    pub fn allows(&self, verb: RequestVerb, target: Option<&str>) -> bool {
        let Some(target) = target else { return self.takes(verb) };
        let allows = self.allows.as_ref();
        let listed = |list: &[String], name: &str| list.iter().any(|one| one == name);
        self.takes(verb)
            && allows.is_some_and(|allows| match verb {
                RequestVerb::Refresh | RequestVerb::Rollback => false,
                RequestVerb::StartContainer | RequestVerb::StopContainer => {
                    listed(&allows.containers, target)
                }
                RequestVerb::DisableService => {
                    listed(&allows.services, target)
                        || listed(&allows.services, &format!("{target}.service"))
                }
            })
    }

    fn takes(&self, verb: RequestVerb) -> bool {
        let before = verb == RequestVerb::Refresh;
        self.allows
            .as_ref()
            .map_or(before, |allows| allows.verbs.iter().any(|name| name == verb.name()))
    }

    /// Tells how the node is, in a few sentences for a person.
    pub fn sentences(&self, language: Language, now: Timestamp) -> String {
        let mut told = vec![self.state_in(language)];
        if let Some(Held { reason, next, .. }) = &self.hold {
            told.push(format!("{} {}", ended(reason), ended(next)));
        }
        told.extend(self.last.as_ref().map(|last| last.sentence(language, now)));
        if self.newer.is_some() {
            told.push(
                language
                    .choose("A newer release is known.", "Ein neueres Release ist bekannt.")
                    .to_owned(),
            );
        }
        told.join(" ")
    }

    fn state_in(&self, language: Language) -> String {
        let release = self.release(language);
        let choose =
            |english: String, german: String| language.choose(&english, &german).to_owned();
        match self.state.as_str() {
            "serving" => choose(
                format!("The supervisor says that {release} serves and is proven."),
                format!("Der Supervisor sagt, dass {release} läuft und sich bewährt hat."),
            ),
            "on_probation" => choose(
                format!("The supervisor says that {release} serves and is on probation."),
                format!("Der Supervisor sagt, dass {release} auf Probe läuft."),
            ),
            "refreshing" => choose(
                "The supervisor is at work on a refresh.".to_owned(),
                "Der Supervisor arbeitet gerade an einem Refresh.".to_owned(),
            ),
            "held" => choose(
                "The supervisor holds the node.".to_owned(),
                "Der Supervisor hält den Knoten an.".to_owned(),
            ),
            other => choose(
                format!("The supervisor says: {}.", other.replace('_', " ")),
                format!("Der Supervisor sagt: {}.", other.replace('_', " ")),
            ),
        }
    }

    /// Names the release as people do: its version, and the first digits of its digest.
    fn release(&self, language: Language) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        let digits = self.digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:"));
        let digits: String = digits.unwrap_or_default().chars().take(12).collect();
        let word = language.choose("release", "Release");
        let named = [word, version, &digits].into_iter().filter(|part| !part.is_empty());
        named.collect::<Vec<_>>().join(" ")
    }
}

impl LastRun {
    fn sentence(&self, language: Language, now: Timestamp) -> String {
        let age = language.rough(now.since(self.at));
        let Self { verb, outcome, step, message, .. } = self;
        let why = message.as_ref().map(|why| format!(" {}", ended(why))).unwrap_or_default();
        let step = step.as_ref().map(|step| match language {
            Language::English => format!(" in step {step}"),
            Language::German => format!(" im Schritt {step}"),
        });
        let step = step.unwrap_or_default();
        match (language, outcome.as_str()) {
            (Language::English, "done") => format!("The last {verb} was done {age} ago."),
            (Language::English, "unchanged") => {
                format!("The last {verb} found nothing newer, {age} ago.")
            }
            (Language::English, "failed") => {
                format!("The last {verb} failed{step}, {age} ago.{why}")
            }
            (Language::English, outcome) => {
                format!("The last {verb} was {outcome}{step}, {age} ago.{why}")
            }
            (Language::German, "done") => format!("Der letzte {verb} gelang vor {age}."),
            (Language::German, "unchanged") => {
                format!("Der letzte {verb} fand vor {age} nichts Neueres.")
            }
            (Language::German, outcome) => {
                let how = match outcome {
                    "failed" => "gescheitert",
                    "refused" => "abgelehnt",
                    "interrupted" => "unterbrochen",
                    other => other,
                };
                format!("Der letzte {verb} endete vor {age}{step}: {how}.{why}")
            }
        }
    }
}

/// Makes a sentence of a message, which has no capital letter and no full stop.
fn ended(text: &str) -> String {
    let mut letters = text.trim().trim_end_matches('.').chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn supervisor() -> (tempfile::TempDir, Supervisor) {
        let directory = tempfile::tempdir().unwrap();
        let supervisor = Supervisor { directory: directory.path().to_owned() };
        (directory, supervisor)
    }

    fn serving() -> Status {
        Status {
            at: NOW,
            state: "serving".to_owned(),
            digest: Some(format!("sha256:{}", "0a".repeat(32))),
            revision: None,
            version: Some("0.1.0".to_owned()),
            hold: None,
            last: Some(LastRun {
                verb: "refresh".to_owned(),
                outcome: "done".to_owned(),
                step: None,
                message: None,
                at: Timestamp(NOW.0 - 7_200_000),
            }),
            newer: None,
            allows: None,
            outcomes: Vec::new(),
        }
    }

    #[test]
    fn what_came_of_a_request_is_found_by_its_id() {
        let (directory, supervisor) = supervisor();
        let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
        let outcome = |id: Uuid, how: &str| serde_json::json!({ "id": id, "verb": "stop_container", "target": "watcher", "outcome": how, "reason": null, "at": NOW });
        let mut status = serde_json::to_value(serving()).unwrap();
        assert!(status.get("outcomes").is_none() && status.get("allows").is_none());
        status["outcomes"] = serde_json::json!([outcome(other, "refused"), outcome(id, "done")]);
        std::fs::write(directory.path().join(NAME), status.to_string()).unwrap();
        let found = |id| supervisor.outcome(id).unwrap().map(|found| found.outcome);
        assert_eq!((found(id), found(other)), (Some(Ended::Done), Some(Ended::Refused)));
        assert_eq!(found(Uuid::now_v7()), None);
        status["outcomes"] = serde_json::json!([outcome(id, "postponed")]);
        std::fs::write(directory.path().join(NAME), status.to_string()).unwrap();
        assert_eq!(found(id), Some(Ended::Unknown));
    }

    #[test]
    fn what_the_supervisor_says_is_told_in_both_languages() {
        assert_eq!(
            serving().sentences(Language::English, NOW),
            "The supervisor says that release 0.1.0 0a0a0a0a0a0a serves and is proven. The last refresh was done 2 hours ago."
        );
        assert_eq!(
            serving().sentences(Language::German, NOW),
            "Der Supervisor sagt, dass Release 0.1.0 0a0a0a0a0a0a läuft und sich bewährt hat. Der letzte refresh gelang vor 2 Stunden."
        );
        let hold = Held {
            reason: "the migration failed".to_owned(),
            step: Some("prepare".to_owned()),
            since: NOW,
            next: "run `ladylinux-supervisor rollback`".to_owned(),
        };
        let last = LastRun {
            outcome: "failed".to_owned(),
            step: Some("prepare".to_owned()),
            message: Some("migration 3 failed".to_owned()),
            ..serving().last.unwrap()
        };
        let held =
            Status { state: "held".to_owned(), hold: Some(hold), last: Some(last), ..serving() };
        assert_eq!(
            held.sentences(Language::English, NOW),
            "The supervisor holds the node. The migration failed. Run `ladylinux-supervisor rollback`. \
             The last refresh failed in step prepare, 2 hours ago. Migration 3 failed."
        );
    }

    #[test]
    fn a_file_that_is_absent_malformed_a_link_or_a_giant_is_nothing_that_a_supervisor_said() {
        let (directory, supervisor) = supervisor();
        assert!(matches!(supervisor.status(), Err(StatusError::Absent(_))));
        let path = directory.path().join(NAME);
        std::fs::write(&path, serde_json::to_vec(&serving()).unwrap()).unwrap();
        assert_eq!(supervisor.status().unwrap(), serving());
        for wrong in ["", "{}", "[1]", "{\"at\":1,\"state\":3}"] {
            std::fs::write(&path, wrong).unwrap();
            assert!(matches!(supervisor.status(), Err(StatusError::Malformed { .. })), "{wrong}");
        }
        std::fs::write(&path, vec![b' '; 100_000]).unwrap();
        assert!(matches!(supervisor.status(), Err(StatusError::Unreadable { .. })));
        let elsewhere = directory.path().join("elsewhere");
        std::fs::write(&elsewhere, serde_json::to_vec(&serving()).unwrap()).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(elsewhere, &path).unwrap();
        assert!(matches!(supervisor.status(), Err(StatusError::Unreadable { .. })));
    }

    proptest! {
        #[test]
        fn any_status_is_told(state in "\\PC{0,20}", outcome in "\\PC{0,20}", digest in "\\PC{0,80}", at: i64) {
            let last = LastRun { outcome, at: Timestamp(at), ..serving().last.unwrap() };
            let status = Status { state, digest: Some(digest), last: Some(last), ..serving() };
            for language in [Language::English, Language::German] {
                prop_assert!(status.sentences(language, NOW).ends_with(['.', '!', '?']));
            }
        }
    }
}
