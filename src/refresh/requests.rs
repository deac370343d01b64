//! Requests of the core: small files that it may write, and that are acted on only if the stack allows it.
//!
//! The directory is the one place of the supervisor's that the core can write to, so nothing in it is trusted: no link is
//! followed, nothing but a regular file is read, no more than 4 KiB of it, and a request is removed before it is acted on.
//! Each is judged again here, whoever asked the person who asked the core.

use super::{services, stack::Stack};
use crate::foundation::values::{RequestVerb, time::Timestamp};
use rustix::fs::{Mode, OFlags, open};
use serde::Deserialize;
use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    time::Duration,
};
use uuid::Uuid;

/// The directory's name within the supervisor's.
pub const DIRECTORY: &str = "requests";

/// The core's group inside every container, and on the host.
const CORE_GROUP: u32 = 10001;

/// The largest request.
const LARGEST: u64 = 4096;

/// So many are looked at in one go; whoever writes more waits.
const AT_ONCE: usize = 16;

/// After so long nobody expects any more that a request is acted on.
const FRESH: Duration = Duration::from_mins(10);

/// How far a request may be ahead of this clock, which is the same machine's.
const AHEAD: Duration = Duration::from_mins(1);

/// How much of what the core wrote is told again.
const LONGEST_WORD: usize = 40;
const LONGEST_ACTOR: usize = 200;

/// What the core asks for, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Request {
    /// Names it.
    pub id: Uuid,
    /// What.
    pub verb: String,
    /// Of which container or service.
    #[serde(default)]
    pub target: Option<String>,
    /// When.
    pub requested_at: Timestamp,
    /// Who, as the core knows them.
    #[serde(default)]
    pub actor: String,
}

/// What is to be done for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Refresh to the channel.
    Refresh,
    /// Roll back, with the state as it is.
    Rollback,
    /// Start this container of the stack.
    StartContainer(String),
    /// Stop this one.
    StopContainer(String),
    /// Disable this unit of the machine.
    DisableService(String),
}

/// Why a request is not acted on.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The file is no request.
    #[error("{name} is no request: {detail}")]
    Malformed {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Nothing is called so.
    #[error("there is no verb {0:?} that could be asked for")]
    Unknown(String),
    /// The stack does not allow the verb.
    #[error("{} is not taken by request: requests.allow in the stack file does not list it", .0.name())]
    NotAllowed(RequestVerb),
    /// It says of which container or service where there is none, or not where there is.
    #[error("{} {}", .0.name(), if .0.has_target() { "needs the name of one container or service" } else { "takes no name" })]
    Target(RequestVerb),
    /// Nothing that may be called so is.
    #[error("{0:?} is no name of a container or a unit")]
    Name(String),
    /// The stack declares no such container beside the one that answers.
    #[error(
        "{0} is no container that is started and stopped by itself: the stack file declares {1}"
    )]
    Container(String, String),
    /// The stack does not list the service.
    #[error("{0} is not disabled by request: requests.services in the stack file does not list it")]
    NotListed(String),
    /// Whatever the stack lists.
    #[error("{0} is never disabled by request: {1}")]
    Protected(String, &'static str),
    /// It was asked for long ago.
    #[error("it was asked for at {}, and nobody expects it any more", .0.rfc3339())]
    Stale(Timestamp),
    /// It says that it comes from the future.
    #[error("it says that it was asked for at {}, which is yet to come: set the clock", .0.rfc3339())]
    Ahead(Timestamp),
    /// One of that name was acted on.
    #[error("a request {0} was taken before, and each is taken once")]
    Seen(Uuid),
}

/// Makes the directory: the core's group may write, and remove nothing that is not its own.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    let path = directory.join(DIRECTORY);
    fs::create_dir_all(&path)?;
    if rustix::process::geteuid().is_root() {
        // A rootless engine maps other ids, and volumes may come with the image's own owners.
        drop(chown(&path, None, Some(CORE_GROUP)));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o1770))
}

/// Takes the requests that are there, oldest name first.
pub fn take(directory: &Path) -> Vec<Result<Request, RequestError>> {
    let path = directory.join(DIRECTORY);
    let Ok(entries) = fs::read_dir(&path) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            let json = Path::new(name).extension().is_some_and(|extension| extension == "json");
            json && name != "status.json" && !name.starts_with('.')
        })
        .collect();
    names.sort();
    names.truncate(AT_ONCE);
    names
        .into_iter()
        .map(|name| {
            let read = read(&path.join(&name));
            // Gone before it is acted on: a request that crashes the supervisor must not do so twice.
            let removed =
                fs::remove_file(path.join(&name)).or_else(|_| fs::remove_dir(path.join(&name)));
            let name = told(&name);
            let malformed = |detail: String| RequestError::Malformed { name: name.clone(), detail };
            removed.map_err(|error| malformed(error.to_string()))?;
            let bytes = read.map_err(|error| malformed(error.to_string()))?;
            let request: Request =
                serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
            let actor = request.actor.chars().filter(|one| !one.is_control());
            let actor = actor.take(LONGEST_ACTOR).collect();
            Ok(Request { actor, ..request })
        })
        .collect()
}

/// Returns as much of a word of the core's as is told again.
fn told(word: &str) -> String {
    let printable = |letter: char| if letter.is_ascii_graphic() { letter } else { '?' };
    word.chars().take(LONGEST_WORD).map(printable).collect()
}

impl Request {
    /// Returns the verb and the target as they are told again.
    pub fn named(&self) -> (String, Option<String>) {
        (told(&self.verb), self.target.as_deref().map(told))
    }

    /// Judges it by what the stack declares; whether it was taken before, its name tells.
    pub fn judge(&self, stack: &Stack, now: Timestamp) -> Result<Wish, RequestError> {
        if now.since(self.requested_at) > FRESH {
            return Err(RequestError::Stale(self.requested_at));
        }
        if self.requested_at.since(now) > AHEAD {
            return Err(RequestError::Ahead(self.requested_at));
        }
        let known = RequestVerb::ALL.into_iter().find(|verb| verb.name() == self.verb);
        let verb = known.ok_or_else(|| RequestError::Unknown(told(&self.verb)))?;
        if !stack.requests.allow.contains(&verb) {
            return Err(RequestError::NotAllowed(verb));
        }
        let target = match (verb.has_target(), &self.target) {
            (false, None) => "",
            (true, Some(target)) => target,
            _ => return Err(RequestError::Target(verb)),
        };
        match verb {
            RequestVerb::Refresh => Ok(Wish::Refresh),
            RequestVerb::Rollback => Ok(Wish::Rollback),
            RequestVerb::StartContainer => container(stack, target).map(Wish::StartContainer),
            RequestVerb::StopContainer => container(stack, target).map(Wish::StopContainer),
            RequestVerb::DisableService => service(stack, target).map(Wish::DisableService),
        }
    }
}

fn container(stack: &Stack, target: &str) -> Result<String, RequestError> {
    let known: Vec<&str> = stack.can_rest().collect();
    if known.contains(&target) {
        return Ok(target.to_owned());
    }
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(RequestError::Container(told(target), known))
}

fn service(stack: &Stack, target: &str) -> Result<String, RequestError> {
    let unit = services::unit(target).ok_or_else(|| RequestError::Name(told(target)))?;
    if let Some(why) = services::protected(&stack.name, &unit) {
        return Err(RequestError::Protected(unit, why));
    }
    let mut listed = stack.requests.services.iter().filter_map(|name| services::unit(name));
    if listed.any(|one| one == unit) { Ok(unit) } else { Err(RequestError::NotListed(unit)) }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty())?);
    let about = file.metadata()?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(io::Error::other("it is no regular file of at most 4 KiB"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::stack::load, *};
    use serde_json::json;
    use std::os::unix::fs::symlink;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn place() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        make_directory(directory.path()).unwrap();
        let requests = directory.path().join(DIRECTORY);
        (directory, requests)
    }

    /// A stack with a container beside the one that answers, where everything is allowed.
    fn stack() -> Stack {
        let mut stack = load(None, None).unwrap();
        let mut watcher = stack.containers["api"].clone();
        watcher.network = crate::refresh::stack::Network::None;
        stack.containers.insert("watcher".to_owned(), watcher);
        stack.requests.allow = RequestVerb::ALL.to_vec();
        stack.requests.services = ["cups", "cups.socket", "ssh"].map(str::to_owned).to_vec();
        stack
    }

    fn asks(verb: &str, target: Option<&str>) -> Request {
        let (verb, target) = (verb.to_owned(), target.map(str::to_owned));
        Request { id: Uuid::now_v7(), verb, target, requested_at: NOW, actor: "anna".to_owned() }
    }

    #[test]
    fn a_request_is_taken_once() {
        let (directory, requests) = place();
        let request = json!({ "verb": "refresh", "actor": "an\u{7}na", "id": Uuid::nil(), "requested_at": NOW });
        fs::write(requests.join("1.json"), request.to_string()).unwrap();
        let taken = take(directory.path());
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].as_ref().unwrap().actor, "anna");
        assert!(take(directory.path()).is_empty());
    }

    #[test]
    fn links_directories_giants_and_nonsense_are_refused_and_gone() {
        let (directory, requests) = place();
        let secret = directory.path().join("secret.json");
        fs::write(&secret, r#"{"verb":"refresh"}"#).unwrap();
        symlink(&secret, requests.join("1.json")).unwrap();
        fs::create_dir(requests.join("2.json")).unwrap();
        fs::write(requests.join("3.json"), vec![b' '; 5000]).unwrap();
        fs::write(requests.join("4.json"), "{").unwrap();
        // Without a name or a time it could be acted on twice, or whenever.
        fs::write(requests.join("5.json"), r#"{"verb":"refresh"}"#).unwrap();
        let taken = take(directory.path());
        assert_eq!(taken.len(), 5);
        assert!(taken.iter().all(Result::is_err), "{taken:?}");
        assert!(secret.exists() && take(directory.path()).is_empty());
    }

    // C-38: the supervisor rechecks each against its own list.
    #[test]
    fn what_is_declared_is_granted() {
        let stack = stack();
        let judged = |verb, target| asks(verb, target).judge(&stack, NOW).unwrap();
        assert_eq!(judged("refresh", None), Wish::Refresh);
        assert_eq!(judged("rollback", None), Wish::Rollback);
        let watcher = || "watcher".to_owned();
        assert_eq!(judged("start_container", Some("watcher")), Wish::StartContainer(watcher()));
        assert_eq!(judged("stop_container", Some("watcher")), Wish::StopContainer(watcher()));
        for name in ["cups", "cups.service"] {
            let disabled = Wish::DisableService("cups.service".to_owned());
            assert_eq!(judged("disable_service", Some(name)), disabled);
        }
    }

    #[test]
    fn what_is_not_declared_is_refused_and_says_why() {
        let stack = stack();
        let long = "a".repeat(300);
        for (verb, target, says) in [
            ("reboot", None, "no verb"),
            ("Refresh", None, "no verb"),
            (&long, None, "no verb"),
            ("refresh", Some("main"), "takes no name"),
            ("rollback", Some("--restore-state"), "takes no name"),
            ("stop_container", None, "needs the name"),
            ("stop_container", Some("api"), "declares watcher"),
            ("start_container", Some("prepare"), "declares watcher"),
            ("stop_container", Some("supervisor"), "declares watcher"),
            ("stop_container", Some("watcher\n"), "declares watcher"),
            ("disable_service", Some("ssh"), "never disabled"),
            ("disable_service", Some("ladylinux-supervisor.service"), "never disabled"),
            ("disable_service", Some("nginx"), "requests.services"),
            ("disable_service", Some("../cups"), "no name"),
            ("disable_service", Some("cups.service/../ssh.service"), "no name"),
            ("disable_service", Some(&long), "no name"),
        ] {
            let refused = asks(verb, target).judge(&stack, NOW).unwrap_err().to_string();
            assert!(refused.contains(says), "{verb} {target:?}: {refused}");
            assert!(refused.len() < 200 && !refused.contains('\n'), "{refused}");
        }
    }

    #[test]
    fn what_the_stack_does_not_allow_is_refused() {
        let mut stack = load(None, None).unwrap();
        assert_eq!(asks("refresh", None).judge(&stack, NOW).unwrap(), Wish::Refresh);
        let verbs = RequestVerb::ALL.into_iter().filter(|verb| *verb != RequestVerb::Refresh);
        for verb in verbs {
            let refused = asks(verb.name(), Some("cups")).judge(&stack, NOW);
            assert!(matches!(refused, Err(RequestError::NotAllowed(_))), "{verb:?}");
        }
        stack.requests.allow.clear();
        assert!(asks("refresh", None).judge(&stack, NOW).is_err());
    }

    #[test]
    fn a_request_of_long_ago_or_of_the_future_is_refused() {
        let stack = stack();
        let at = |millis: i64| {
            let requested_at = Timestamp(NOW.0 + millis);
            Request { requested_at, ..asks("refresh", None) }.judge(&stack, NOW)
        };
        assert!(at(-600_000).is_ok() && at(0).is_ok() && at(60_000).is_ok());
        assert!(matches!(at(-600_001), Err(RequestError::Stale(_))));
        assert!(matches!(at(60_001), Err(RequestError::Ahead(_))));
        for extreme in [i64::MIN, i64::MAX] {
            let request = Request { requested_at: Timestamp(extreme), ..asks("refresh", None) };
            assert!(request.judge(&stack, NOW).unwrap_err().to_string().contains("asked for"));
        }
    }
}
