//! Containers that are there: what they are called, what they do, and to whom they belong.

use super::{
    Engine,
    error::{EngineError, Said},
    socket::encoded,
};
use crate::{foundation::values::time, refresh::contract::container_labels as labels};
use bollard::{container::LogOutput, errors::Error, query_parameters as query};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

/// The most that is kept of what a container said.
pub(super) const OUTPUT: usize = 1 << 20;

/// How long a killed container may take to be gone: the kernel may still write out what it held.
const AFTER_KILL: Duration = Duration::from_secs(30);

/// How long a container may take to be removed that somebody else removes already.
const REMOVAL: Duration = Duration::from_secs(30);

/// The waits between two looks at a container that is about to end.
const FIRST_LOOK: Duration = Duration::from_millis(4);
const LAST_LOOK: Duration = Duration::from_millis(64);

/// What engines themselves make in a container's own layer, each with the directories that it lies in.
const MADE_BY_ENGINES: [&str; 14] = [
    "/.dockerenv",
    "/dev",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/mtab",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/proc",
    "/run",
    "/sys",
    "/tmp",
    "/var/tmp",
];

/// A container that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The engine's own name for it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name in the stack, if it is ours.
    pub service: Option<String>,
    /// What it does.
    pub state: State,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The image it was created from.
    pub image_id: String,
    /// How often the engine restarted it.
    pub restarts: i64,
    /// What the health check says, if it has said anything.
    pub health: Option<String>,
    /// Who owns it, if that is not a supervisor.
    pub owner: Option<String>,
    /// The unit of systemd that owns it, if one does.
    pub unit: Option<String>,
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was created and never started.
    Created,
    /// It runs.
    Running,
    /// It is frozen.
    Paused,
    /// It has ended.
    Exited(Option<i64>),
}

impl State {
    /// Whether it has processes, if only frozen ones.
    pub fn runs(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }

    /// Returns it in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Exited(_) => "stopped",
        }
    }

    /// Returns the exit code, if it has one.
    pub fn code(self) -> Option<i64> {
        match self {
            Self::Exited(code) => code,
            Self::Created | Self::Running | Self::Paused => None,
        }
    }

    /// Reads an engine's word; Podman has more of them than Docker.
    fn of(word: &str, code: Option<i64>) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "created" | "configured" | "initialized" => Self::Created,
            "paused" => Self::Paused,
            // Podman's `stopped`: it has ended, and is not cleaned up after yet.
            "exited" | "stopped" | "dead" | "removing" => Self::Exited(code),
            // What is not known to have ended must be taken as running.
            _ => Self::Running,
        }
    }
}

/// How a container ended that was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code.
    pub code: Option<i64>,
    /// Whether it had to be killed.
    pub killed: bool,
}

/// One line of the engine's list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    names: Option<Vec<String>>,
    #[serde(rename = "ImageID", default)]
    image_id: String,
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    state: String,
}

/// What the engine tells of one container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
    #[serde(default)]
    restart_count: i64,
    state: InspectedState,
    config: InspectedConfig,
    mounts: Option<Vec<InspectedMount>>,
    host_config: Option<InspectedHostConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedState {
    status: String,
    exit_code: Option<i64>,
    health: Option<InspectedHealth>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedHealth {
    #[serde(default)]
    status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedConfig {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedMount {
    destination: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedHostConfig {
    tmpfs: Option<BTreeMap<PathBuf, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    path: PathBuf,
}

impl Engine {
    /// Returns every container of a stack, whatever it is called and whatever it does.
    pub async fn ours(&self, stack: &str) -> Result<Vec<Found>, EngineError> {
        let filters = json!({ "label": [format!("{}={stack}", labels::STACK)] }).to_string();
        let target = format!("/containers/json?all=true&filters={}", encoded(&filters));
        let listed: Option<Vec<Listed>> = self.read("list containers", &target).await?;
        Ok(listed.unwrap_or_default().into_iter().map(Found::from).collect())
    }

    /// Returns the container with this name or id.
    pub async fn find(&self, name: &str) -> Result<Option<Found>, EngineError> {
        Ok(self.inspect(name).await?.map(Found::from))
    }

    async fn inspect(&self, name: &str) -> Result<Option<Inspected>, EngineError> {
        let target = format!("/containers/{}/json", encoded(name));
        self.read(&format!("look for the container {name}"), &target).await
    }

    /// Starts a container.
    pub async fn start(&self, id: &str) -> Result<(), EngineError> {
        let options = None::<query::StartContainerOptions>;
        let started = self.docker.start_container(id, options).await.map_err(Said::from);
        done_or_so_already(started).map_err(|said| EngineError::of("start a container", said))
    }

    /// Lets a frozen container go on.
    pub async fn unpause(&self, id: &str) -> Result<(), EngineError> {
        let gone_on = self.docker.unpause_container(id).await;
        gone_on.map_err(|error| EngineError::of("let a frozen container go on", error))
    }

    /// Stops a container: SIGTERM, after the patience SIGKILL; and looks until it has ended.
    ///
    /// Engines have a call that does all of this, but Podman 4.3's looks only ten times a second, and cleans up before it
    /// answers: for as long as that takes, longer than need be, nobody would be served.
    pub async fn stop(&self, found: &Found, patience: Duration) -> Result<Exit, EngineError> {
        if found.state == State::Paused {
            self.unpause(&found.id).await?;
        }
        self.signal(found, "SIGTERM").await?;
        if let Some(state) = self.until_ended(&found.id, patience).await? {
            return Ok(Exit { code: state.code(), killed: false });
        }
        self.signal(found, "SIGKILL").await?;
        let state = self.until_ended(&found.id, AFTER_KILL).await?;
        let state = state.ok_or_else(|| EngineError::Deadline {
            what: format!("the end of {}", found.name),
            after: patience + AFTER_KILL,
            last: "it does not even end when it is killed".to_owned(),
        })?;
        Ok(Exit { code: state.code(), killed: true })
    }

    async fn signal(&self, found: &Found, signal: &str) -> Result<(), EngineError> {
        let options = query::KillContainerOptionsBuilder::default().signal(signal).build();
        match self.docker.kill_container(&found.id, Some(options)).await.map_err(Said::from) {
            Err(said) if !said.has_ended() => {
                Err(EngineError::of(format!("send {signal} to {}", found.name), said))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Looks until a container has ended or is gone, and returns how; nothing if the patience ends first.
    pub(super) async fn until_ended(
        &self,
        id: &str,
        patience: Duration,
    ) -> Result<Option<State>, EngineError> {
        let (began, mut wait) = (time::instant(), FIRST_LOOK);
        loop {
            let state = self.find(id).await?.map_or(State::Exited(None), |found| found.state);
            if !state.runs() {
                return Ok(Some(state));
            }
            let left = patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            tokio::time::sleep(wait.min(left)).await;
            wait = (2 * wait).min(LAST_LOOK);
        }
    }

    /// Removes a container that has ended, with the volumes that have no name.
    pub async fn remove(&self, id: &str) -> Result<(), EngineError> {
        self.discard(id, false).await
    }

    /// Removes a container, whatever it does.
    pub async fn end(&self, id: &str) -> Result<(), EngineError> {
        self.discard(id, true).await
    }

    /// Removes a container, whatever it does if that is meant, with the volumes that have no name.
    pub(super) async fn discard(&self, id: &str, by_force: bool) -> Result<(), EngineError> {
        let options =
            query::RemoveContainerOptionsBuilder::default().v(true).force(by_force).build();
        let began = time::instant();
        loop {
            let removed = self.docker.remove_container(id, Some(options.clone())).await;
            match removed.map_err(Said::from) {
                Ok(()) => return Ok(()),
                Err(said) if said.is_absent() => return Ok(()),
                Err(said) if said.is_under_way() && began.elapsed() < REMOVAL => {
                    tokio::time::sleep(LAST_LOOK).await;
                }
                Err(said) => return Err(EngineError::of("remove a container", said)),
            }
        }
    }

    /// Returns what has changed in a container's own layer, apart from what engines themselves put there.
    pub async fn drift(&self, id: &str) -> Result<Vec<String>, EngineError> {
        let Some(container) = self.inspect(id).await? else { return Ok(Vec::new()) };
        let target = format!("/containers/{}/changes", encoded(id));
        let what = "tell what changed in a container";
        let changes: Option<Option<Vec<Change>>> = self.read(what, &target).await?;
        Ok(drifted(&container, changes.flatten().unwrap_or_default()))
    }

    /// Returns the last lines of a container's log.
    pub async fn log_tail(&self, id: &str, lines: usize) -> Result<String, EngineError> {
        let lines = lines.to_string();
        let options = query::LogsOptionsBuilder::default().stdout(true).stderr(true).tail(&lines);
        let mut all = Vec::new();
        self.read_log(id, options.build(), |_, message| keep(&mut all, message)).await?;
        Ok(text(&all))
    }

    /// Returns what a container said, and what else.
    pub(super) async fn output(&self, id: &str) -> Result<(String, String), EngineError> {
        let options = query::LogsOptionsBuilder::default().stdout(true).stderr(true).build();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        self.read_log(id, options, |is_error, message| {
            keep(if is_error { &mut err } else { &mut out }, message);
        })
        .await?;
        Ok((text(&out), text(&err)))
    }

    async fn read_log(
        &self,
        id: &str,
        options: query::LogsOptions,
        mut seen: impl FnMut(bool, &[u8]),
    ) -> Result<(), EngineError> {
        let mut stream = self.docker.logs(id, Some(options));
        while let Some(piece) = stream.next().await {
            let piece: Result<LogOutput, Error> = piece;
            let piece = piece.map_err(|error| EngineError::of("read a container's log", error))?;
            let is_error = matches!(piece, LogOutput::StdErr { .. });
            seen(is_error, &piece.into_bytes());
        }
        Ok(())
    }
}

/// Keeps the last of what was said.
fn keep(kept: &mut Vec<u8>, message: &[u8]) {
    kept.extend_from_slice(message);
    if kept.len() > 2 * OUTPUT {
        kept.drain(..kept.len() - OUTPUT);
    }
}

fn text(kept: &[u8]) -> String {
    String::from_utf8_lossy(&kept[kept.len().saturating_sub(OUTPUT)..]).into_owned()
}

fn done_or_so_already(done: Result<(), Said>) -> Result<(), Said> {
    match done {
        Err(said) if said.is_so_already() => Ok(()),
        other => other,
    }
}

impl From<Listed> for Found {
    fn from(listed: Listed) -> Self {
        let labels = listed.labels.unwrap_or_default();
        let name = listed.names.unwrap_or_default().into_iter().next().unwrap_or_default();
        Self {
            id: listed.id,
            name: name.trim_start_matches('/').to_owned(),
            service: labels.get(labels::SERVICE).cloned(),
            state: State::of(&listed.state, None),
            image_id: with_algorithm(&listed.image_id),
            restarts: 0,
            health: None,
            owner: owner(&labels),
            unit: unit(&labels).cloned(),
            labels,
        }
    }
}

impl From<Inspected> for Found {
    fn from(inspected: Inspected) -> Self {
        let labels = inspected.config.labels.unwrap_or_default();
        let health = inspected.state.health.map(|health| health.status);
        Self {
            id: inspected.id,
            name: inspected.name.trim_start_matches('/').to_owned(),
            service: labels.get(labels::SERVICE).cloned(),
            state: State::of(&inspected.state.status, inspected.state.exit_code),
            image_id: with_algorithm(&inspected.image),
            restarts: inspected.restart_count,
            // Podman says nothing where there is no check, and Docker may say `none`.
            health: health.filter(|status| !status.is_empty() && status != "none"),
            owner: owner(&labels),
            unit: unit(&labels).cloned(),
            labels,
        }
    }
}

/// Podman leaves the algorithm out of some ids.
pub(super) fn with_algorithm(id: &str) -> String {
    if id.is_empty() || id.contains(':') { id.to_owned() } else { format!("sha256:{id}") }
}

/// Returns the unit of systemd that a container belongs to, if its labels name one.
fn unit(labels: &BTreeMap<String, String>) -> Option<&String> {
    labels.get("PODMAN_SYSTEMD_UNIT").filter(|value| !value.is_empty())
}

/// Returns who owns a container, if its labels name somebody other than a supervisor.
fn owner(labels: &BTreeMap<String, String>) -> Option<String> {
    let label = |name: &str| labels.get(name).filter(|value| !value.is_empty());
    unit(labels).map(|unit| format!("the systemd unit {unit}")).or_else(|| {
        ["io.podman.compose.project", "com.docker.compose.project"]
            .iter()
            .find_map(|name| label(name))
            .map(|project| format!("the compose project {project}"))
    })
}

/// Leaves out what engines put into a container's own layer: where something is mounted, and what they make themselves.
fn drifted(container: &Inspected, changes: Vec<Change>) -> Vec<String> {
    let mounted = container.mounts.iter().flatten().map(|mount| mount.destination.as_path());
    let in_memory = container.host_config.iter().flat_map(|config| config.tmpfs.iter());
    let in_memory = in_memory.flat_map(|tmpfs| tmpfs.keys()).map(PathBuf::as_path);
    let expected: BTreeSet<&Path> = mounted
        .chain(in_memory)
        .chain(MADE_BY_ENGINES.iter().map(Path::new))
        .flat_map(Path::ancestors)
        .collect();
    // Engines keep a lot in there, and it is gone at each start.
    let passing = |path: &Path| path.starts_with("/run");
    let unexpected = changes
        .into_iter()
        .filter(|change| !expected.contains(change.path.as_path()) && !passing(&change.path));
    unexpected.map(|change| change.path.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspected(state: &serde_json::Value, labels: &serde_json::Value) -> Found {
        let told = json!({
            "Id": "60ea", "Name": "/ladylinux-api", "Image": "7313", "RestartCount": 2,
            "State": state, "Config": { "Labels": labels, "Hostname": "60ea" },
            "Mounts": null, "HostConfig": { "Tmpfs": null },
        });
        serde_json::from_value::<Inspected>(told).unwrap().into()
    }

    #[test]
    fn every_word_of_both_engines_is_a_state() {
        for (word, state) in [
            ("created", State::Created),
            ("configured", State::Created),
            ("initialized", State::Created),
            ("running", State::Running),
            ("restarting", State::Running),
            ("stopping", State::Running),
            ("paused", State::Paused),
            ("exited", State::Exited(Some(7))),
            ("stopped", State::Exited(Some(7))),
            ("dead", State::Exited(Some(7))),
            ("removing", State::Exited(Some(7))),
            ("Exited", State::Exited(Some(7))),
            ("unknown", State::Running),
            ("", State::Running),
        ] {
            let found = inspected(&json!({ "Status": word, "ExitCode": 7 }), &json!({}));
            assert_eq!(found.state, state, "{word:?}");
        }
    }

    #[test]
    fn a_container_is_told_by_its_labels_and_not_by_its_name() {
        let labels = json!({ labels::STACK: "ladylinux", labels::SERVICE: "api" });
        let found = inspected(&json!({ "Status": "running" }), &labels);
        assert_eq!(found.name, "ladylinux-api");
        assert_eq!(found.service.as_deref(), Some("api"));
        assert_eq!((found.image_id.as_str(), found.restarts), ("sha256:7313", 2));
        let foreign = inspected(&json!({ "Status": "running" }), &serde_json::Value::Null);
        assert_eq!((foreign.service, foreign.owner), (None, None));
    }

    #[test]
    fn health_is_told_only_where_something_checks_it() {
        for (health, told) in [
            (json!({ "Status": "healthy", "FailingStreak": 0 }), Some("healthy")),
            (json!({ "Status": "", "Log": null }), None),
            (json!({ "Status": "none" }), None),
            (serde_json::Value::Null, None),
        ] {
            let found = inspected(&json!({ "Status": "running", "Health": health }), &json!({}));
            assert_eq!(found.health.as_deref(), told, "{health}");
        }
    }

    // LL-REF-52: one container has one owner.
    #[test]
    fn systemd_and_compose_are_known_as_owners() {
        for (label, owner) in [
            ("PODMAN_SYSTEMD_UNIT", Some("the systemd unit x")),
            ("io.podman.compose.project", Some("the compose project x")),
            ("com.docker.compose.project", Some("the compose project x")),
            ("io.ladylinux.stack", None),
        ] {
            let found = inspected(&json!({ "Status": "running" }), &json!({ label: "x" }));
            assert_eq!(found.owner.as_deref(), owner, "{label}");
            let found = inspected(&json!({ "Status": "running" }), &json!({ label: "" }));
            assert_eq!(found.owner, None, "an empty {label}");
        }
    }

    #[test]
    fn a_list_of_containers_is_read_as_both_engines_write_it() {
        let podman = json!({
            "Id": "a", "Names": ["/ladylinux-api"], "Image": "r/x@sha256:1", "ImageID": "sha256:73",
            "Labels": { "io.ladylinux.service": "api" }, "State": "stopped", "Status": "",
        });
        let docker = json!({
            "Id": "b", "Names": ["/other"], "ImageID": "74", "Labels": {}, "State": "exited",
        });
        let bare = json!({ "Id": "c", "Names": null, "Labels": null, "State": "created" });
        let read = |value| Found::from(serde_json::from_value::<Listed>(value).unwrap());
        let (podman, docker, bare) = (read(podman), read(docker), read(bare));
        assert_eq!((podman.name.as_str(), podman.state), ("ladylinux-api", State::Exited(None)));
        assert_eq!(podman.service.as_deref(), Some("api"));
        assert_eq!((docker.name.as_str(), docker.image_id.as_str()), ("other", "sha256:74"));
        assert_eq!((bare.name.as_str(), bare.state), ("", State::Created));
    }

    // LL-WF-33: what an engine puts there itself is no drift, and everything else is.
    #[test]
    fn drift_is_what_neither_engine_put_there() {
        let container: Inspected = serde_json::from_value(json!({
            "Id": "a", "State": { "Status": "running" }, "Config": { "Labels": null },
            "Mounts": [{ "Destination": "/var/lib/deep/down" }, { "Destination": "/host" }],
            "HostConfig": { "Tmpfs": { "/cache/tmp": "rw" } },
        }))
        .unwrap();
        // The first two lines are what Podman 4.3 tells of a container that nobody touched.
        let changed = [
            "/etc",
            "/etc/group",
            "/etc/passwd",
            "/host",
            "/tmp",
            "/var",
            "/var/lib",
            "/var/lib/deep",
            "/var/lib/deep/down",
            "/var/tmp",
            "/cache",
            "/cache/tmp",
            "/run",
            "/run/secrets",
            "/etc/shadow",
            "/usr",
            "/usr/local/bin/ladylinux",
            "/var/lib/other",
            "/tmp2",
        ];
        let changes = changed.map(|path| Change { path: path.into() }).into();
        let drift = drifted(&container, changes);
        let by_hand =
            ["/etc/shadow", "/usr", "/usr/local/bin/ladylinux", "/var/lib/other", "/tmp2"];
        assert_eq!(drift, by_hand);
    }

    #[test]
    fn of_what_a_container_said_the_last_is_kept() {
        let mut kept = Vec::new();
        for number in 0..40_u8 {
            keep(&mut kept, &vec![b'a' + number % 26; OUTPUT / 8]);
        }
        let text = text(&kept);
        assert_eq!((text.len(), kept.len() <= 2 * OUTPUT), (OUTPUT, true));
        assert!(text.ends_with('n'), "the fortieth letter");
    }
}
