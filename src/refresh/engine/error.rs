//! Why the engine did not do what it was asked, and what that means for a refresh.
//!
//! Both engines tell most of it only in words. The words are kept, but they are read here and nowhere else.

use bollard::errors::Error;
use std::{path::PathBuf, time::Duration};

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nobody answers at the socket.
    #[error(
        "no container engine answers at {socket}: is it running? `systemctl start podman.socket`, or name another with --socket"
    )]
    Unreachable {
        /// The socket.
        socket: String,
        /// What was said.
        source: Said,
    },
    /// The engine is older than the support floor.
    #[error("{found} is too old: Podman 4.3 or Docker 24 is needed, or a newer one")]
    TooOld {
        /// Its name and version.
        found: String,
    },
    /// The engine stopped answering.
    #[error(
        "the engine's socket is gone while it was asked to {what}: see `systemctl status podman.socket`, then run again"
    )]
    Gone {
        /// What it was asked.
        what: String,
        /// What was said.
        source: Said,
    },
    /// The disk is full.
    #[error(
        "the disk is full while the engine was asked to {what}: free some space (`podman system df`)"
    )]
    DiskFull {
        /// What it was asked.
        what: String,
        /// What was said.
        source: Said,
    },
    /// The port is taken.
    #[error("somebody else has the published port: `ss -ltnp` shows who")]
    PortTaken {
        /// What was said.
        source: Said,
    },
    /// The name is taken.
    #[error(
        "another container is called {name}: rename or remove it (`podman rename`, `podman rm`)"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// What was said.
        source: Said,
    },
    /// The registry does not let us in.
    #[error(
        "the registry does not let us fetch {reference}: name its password file with --auth-file"
    )]
    Unauthorized {
        /// The image.
        reference: String,
        /// What was said.
        source: Said,
    },
    /// The registry has no such image.
    #[error("the registry has no {reference}: was it removed, or never pushed?")]
    NoSuchImage {
        /// The image.
        reference: String,
        /// What was said.
        source: Said,
    },
    /// A fetch failed, however often it was tried.
    #[error(
        "{reference} could not be fetched in {tries} tries: try again later, or use --from-archive"
    )]
    Fetch {
        /// The image.
        reference: String,
        /// How often it was tried.
        tries: u32,
        /// What was said last.
        source: Said,
    },
    /// It took too long.
    #[error("{what} took longer than {}, and was ended{}", spoken(*.after), last_words(.last))]
    Deadline {
        /// What.
        what: String,
        /// How long it was given.
        after: Duration,
        /// The last that it said.
        last: String,
    },
    /// The archive cannot be read.
    #[error("cannot read the archive {}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine makes no image of an archive.
    #[error(
        "the engine makes no image of {}: `podman load -i`, or `docker load -i`, shows more",
        path.display()
    )]
    NotLoaded {
        /// The file.
        path: PathBuf,
        /// What was said.
        source: Said,
    },
    /// Anything else.
    #[error("the engine refused to {what}")]
    Refused {
        /// What it was asked.
        what: String,
        /// What was said.
        source: Said,
    },
}

fn spoken(time: Duration) -> String {
    super::super::stack::Time(time).to_string()
}

fn last_words(last: &str) -> String {
    let last = last.trim();
    if last.is_empty() { String::new() } else { format!("; its last words: {last}") }
}

impl EngineError {
    /// Says what it means that the engine did not do this.
    pub(super) fn of(what: impl Into<String>, source: impl Into<Said>) -> Self {
        let (what, source) = (what.into(), source.into());
        match source.meaning() {
            Meaning::Lost => Self::Gone { what, source },
            Meaning::DiskFull => Self::DiskFull { what, source },
            Meaning::PortTaken => Self::PortTaken { source },
            Meaning::Other => Self::Refused { what, source },
        }
    }
}

/// How engines say that a registry wants another password. What is denied by the system is not meant.
const UNAUTHORIZED: &[&str] =
    &["unauthorized", "authentication required", "no basic auth", ": denied", "access denied"];

/// How engines say that a container is not there to be told something. It may end while it is told.
const ENDED: &[&str] = &[
    "is not running",
    "can only kill running containers",
    "no such process",
    "process already finished",
];

/// What was said against it, in the engine's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Said {
    status: Option<u16>,
    lost: bool,
    text: String,
}

enum Meaning {
    Lost,
    DiskFull,
    PortTaken,
    Other,
}

/// Whether it helps to try a fetch again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hope {
    /// It may.
    Again,
    /// It does not: the registry wants another password, or one at all.
    Unauthorized,
    /// It does not: there is no such image.
    Absent,
    /// It does not: the registry is not the one that it should be, or does not speak as it should.
    Untrusted,
    /// It does not: the disk is full.
    DiskFull,
    /// It does not: the engine itself is gone.
    Lost,
}

impl Said {
    /// An answer that is a complaint.
    pub(super) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status: Some(status), lost: false, text: text.into() }
    }

    /// No answer.
    pub(super) fn lost(text: impl Into<String>) -> Self {
        Self { status: None, lost: true, text: text.into() }
    }

    /// A complaint without a status.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { status: None, lost: false, text: text.into() }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.status == Some(404)
    }

    /// Whether the same question may have an answer in a moment.
    pub(super) fn is_momentary(&self) -> bool {
        self.status.is_some_and(|status| status >= 500)
    }

    /// Whether it is as wanted already.
    pub(super) fn is_so_already(&self) -> bool {
        self.status == Some(304)
    }

    /// Whether a container cannot be told to end because it has ended: 409 on Docker, words on Podman.
    pub(super) fn has_ended(&self) -> bool {
        self.is_absent() || self.has(ENDED)
    }

    /// Whether a name is in use: 409 on Docker, words on Podman.
    pub(super) fn is_name_taken(&self) -> bool {
        self.has(&["is already in use", "already exists", "already used"])
    }

    /// Whether a container or another name still needs an image.
    pub(super) fn is_needed(&self) -> bool {
        self.status == Some(409)
            || self.has(&["is in use by", "is using", "being used", "is referenced in multiple"])
    }

    /// Whether somebody else removes the same container at this moment.
    pub(super) fn is_under_way(&self) -> bool {
        self.has(&["is already in progress", "is being removed"])
    }

    fn has(&self, words: &[&str]) -> bool {
        let text = self.text.to_lowercase();
        words.iter().any(|word| text.contains(word))
    }

    fn is_disk_full(&self) -> bool {
        self.has(&["no space left on device", "disk quota exceeded"])
    }

    fn meaning(&self) -> Meaning {
        if self.lost {
            Meaning::Lost
        } else if self.is_disk_full() {
            Meaning::DiskFull
        } else if self.has(&["address already in use", "port is already allocated"]) {
            Meaning::PortTaken
        } else {
            Meaning::Other
        }
    }

    /// Says whether it helps to try a fetch again.
    pub(super) fn hope(&self) -> Hope {
        // A registry that cannot be reached is told in words like those of an engine that cannot.
        if self.lost {
            Hope::Lost
        } else if self.is_disk_full() {
            Hope::DiskFull
        } else if self.has(&["toomanyrequests", "too many requests"]) {
            // Before the next, for Docker Hub says in the same breath that one may log in.
            Hope::Again
        } else if self.has(UNAUTHORIZED) {
            Hope::Unauthorized
        } else if self.has(&["manifest unknown", "name unknown", "statuscode: 404"]) {
            Hope::Absent
        } else if self.has(&[
            "x509:",
            "server gave http response to https client",
            "does not match",
        ]) {
            Hope::Untrusted
        } else {
            Hope::Again
        }
    }
}

impl From<Error> for Said {
    fn from(error: Error) -> Self {
        if let Error::DockerResponseServerError { status_code, message } = error {
            Self::new(status_code, message)
        } else if let Error::DockerStreamError { error } = error {
            Self::text(error)
        } else if matches!(error, Error::JsonDataError { .. } | Error::JsonSerdeError { .. }) {
            Self::text(format!("the engine's answer cannot be read: {error}"))
        } else {
            Self::lost(causes(&error))
        }
    }
}

/// Returns an error with its causes: what bollard's says in its first line is often only that there is one.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = "initializing source docker://127.0.0.1:5000/x@sha256:e378: ";

    // Said by Podman 4.3.1 of registries that did just that.
    #[test]
    fn what_podman_says_of_a_registry_tells_whether_it_helps_to_try_again() {
        for (said, hope) in [
            ("reading manifest sha256:e378 in 127.0.0.1:5000/x: unauthorized", Hope::Unauthorized),
            (
                "reading manifest sha256:e378 in 127.0.0.1:5000/x: unauthorized: authentication required",
                Hope::Unauthorized,
            ),
            ("reading manifest sha256:e378 in 127.0.0.1:5000/x: denied", Hope::Unauthorized),
            ("reading manifest sha256:e378 in 127.0.0.1:5000/x: manifest unknown", Hope::Absent),
            ("reading manifest sha256:e378 in 127.0.0.1:5000/x: name unknown", Hope::Absent),
            (
                "reading manifest sha256:e378 in 127.0.0.1:5000/x: StatusCode: 404, nope",
                Hope::Absent,
            ),
            (
                "reading manifest sha256:e378 in 127.0.0.1:5000/x: received unexpected HTTP status: 500 Internal Server Error",
                Hope::Again,
            ),
            (
                "reading manifest sha256:e378 in 127.0.0.1:5000/x: received unexpected HTTP status: 503 Service Unavailable",
                Hope::Again,
            ),
            (
                "reading manifest sha256:e378 in 127.0.0.1:5000/x: toomanyrequests: slow down",
                Hope::Again,
            ),
            ("Get \"http://127.0.0.1:5000/v2/x/manifests/sha256:e378\": EOF", Hope::Again),
            (
                "pinging container registry 127.0.0.1:1: Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
                Hope::Again,
            ),
            (
                "pinging container registry registry.invalid: Get \"https://registry.invalid/v2/\": dial tcp: lookup registry.invalid on 10.0.0.1:53: no such host",
                Hope::Again,
            ),
            (
                "pinging container registry 127.0.0.2:1: Get \"https://127.0.0.2:1/v2/\": x509: certificate signed by unknown authority",
                Hope::Untrusted,
            ),
            (
                "pinging container registry 127.0.0.2:1: Get \"https://127.0.0.2:1/v2/\": http: server gave HTTP response to HTTPS client",
                Hope::Untrusted,
            ),
            (
                "determining manifest MIME type for docker://127.0.0.1:5000/x@sha256:e378: Manifest does not match provided manifest digest sha256:e378",
                Hope::Untrusted,
            ),
        ] {
            let said = Said::from(Error::DockerStreamError { error: format!("{IMAGE}{said}") });
            assert_eq!(said.hope(), hope, "{said}");
        }
        for (said, hope) in [
            (
                "writing blob: storing blob to file \"/var/tmp/storage1/5\": happened during read: unexpected EOF",
                Hope::Again,
            ),
            ("mkdir /var/lib/containers/storage: permission denied", Hope::Again),
            (
                "writing blob: adding layer with blob \"sha256:7e47\": Error processing tar file(exit status 1): write /big: no space left on device",
                Hope::DiskFull,
            ),
        ] {
            assert_eq!(Said::text(said).hope(), hope, "{said}");
        }
    }

    // As its source and its documentation have it.
    #[test]
    fn what_docker_says_of_a_registry_tells_the_same() {
        for (said, hope) in [
            (
                "pull access denied for x, repository does not exist or may require 'docker login'",
                Hope::Unauthorized,
            ),
            ("Head \"https://x/v2/x/manifests/y\": no basic auth credentials", Hope::Unauthorized),
            (
                "manifest for x@sha256:e378 not found: manifest unknown: manifest unknown",
                Hope::Absent,
            ),
            (
                "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading",
                Hope::Again,
            ),
            (
                "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
                Hope::Again,
            ),
            ("failed to register layer: write /x: no space left on device", Hope::DiskFull),
        ] {
            assert_eq!(Said::new(500, said).hope(), hope, "{said}");
        }
    }

    #[test]
    fn a_complaint_becomes_what_it_means() {
        let of = |status, text: &str| EngineError::of("start a container", Said::new(status, text));
        let taken = "cannot listen on the TCP port: listen tcp4 127.0.0.1:18092: bind: address already in use";
        assert!(matches!(of(500, taken), EngineError::PortTaken { .. }));
        let docker = "driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:80 failed: port is already allocated";
        assert!(matches!(of(500, docker), EngineError::PortTaken { .. }));
        assert!(matches!(of(500, "x: no space left on device"), EngineError::DiskFull { .. }));
        assert!(matches!(of(500, "crun: x"), EngineError::Refused { .. }));
        let lost = EngineError::of("start a container", Said::lost("connection refused"));
        assert!(matches!(lost, EngineError::Gone { .. }));
    }

    #[test]
    fn both_engines_say_that_a_container_has_ended_or_a_name_is_taken() {
        let podman =
            "can only kill running containers. 60ea is in state exited: container state improper";
        assert!(Said::new(500, podman).has_ended());
        assert!(Said::new(409, "Container 60ea is not running").has_ended());
        assert!(!Said::new(500, "permission denied").has_ended());
        let podman = "container create: creating container storage: the container name \"c1\" is already in use by 60ea. You have to remove that container to be able to reuse that name: that name is already in use";
        assert!(Said::new(500, podman).is_name_taken());
        let docker =
            "Conflict. The container name \"/c1\" is already in use by container \"60ea\".";
        assert!(Said::new(409, docker).is_name_taken());
    }

    #[test]
    fn an_end_by_the_clock_repeats_the_last_words() {
        let mut error = EngineError::Deadline {
            what: "the one-shot prepare".to_owned(),
            after: Duration::from_secs(90),
            last: String::new(),
        };
        assert_eq!(
            error.to_string(),
            "the one-shot prepare took longer than 1m 30s, and was ended"
        );
        if let EngineError::Deadline { last, .. } = &mut error {
            *last = "waiting for a lock\n".to_owned();
        }
        assert!(error.to_string().ends_with("was ended; its last words: waiting for a lock"));
    }
}
