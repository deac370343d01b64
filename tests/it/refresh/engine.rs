//! A private container engine with registries of its own, from `scripts/podman-env`; one for all tests of a run.

use super::wire::{Question, Reply};
use crate::node::skip;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// A private engine.
#[derive(Debug)]
pub(crate) struct Engine {
    /// What `scripts/podman-env` prints.
    environment: BTreeMap<String, String>,
    /// Whether Docker takes the place of the engine, beside the same registries.
    pub(crate) is_docker: bool,
}

static SHARED: OnceLock<Result<Engine, String>> = OnceLock::new();

/// How many engines this run has started besides the shared one.
static OTHERS: AtomicU32 = AtomicU32::new(0);

impl Engine {
    /// Returns the engine that all tests share; says why `test` is skipped if there can be none.
    pub(crate) fn shared(test: &str) -> Option<&'static Self> {
        let name = format!("it-{}", std::process::id());
        match SHARED.get_or_init(|| Self::start(&name, &[])) {
            Ok(engine) => Some(engine),
            Err(why) => {
                skip(test, why);
                None
            }
        }
    }

    /// Starts an engine of its own for one test, whose store is so small. Like the shared one, it ends with the process.
    pub(crate) fn small(test: &str, size: &str) -> Option<&'static Self> {
        if Self::shared(test)?.is_docker {
            skip(test, "a store of its own is made for Podman only");
            return None;
        }
        let number = OTHERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("it-{}-{number}", std::process::id());
        Some(Box::leak(Box::new(Self::start(&name, &["--store-size", size]).unwrap())))
    }

    fn start(name: &str, options: &[&str]) -> Result<Self, String> {
        // It ends by itself when this process does, however that ends.
        let me = std::process::id().to_string();
        let output = script()
            .args(["start", "--as-is", "--health", "0", "--while", &me])
            .args(options)
            .arg(name)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if !output.status.success() {
            return Err(said);
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let mut environment: BTreeMap<String, String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let docker =
            std::env::var_os("LADYLINUX_TEST_DOCKER").and_then(|one| one.into_string().ok());
        let is_docker = docker.is_some();
        environment.extend(docker.map(|socket| ("DOCKER_HOST".to_owned(), socket)));
        Ok(Self { environment, is_docker })
    }

    /// Returns one of the values that `scripts/podman-env` prints.
    pub(crate) fn value(&self, name: &str) -> &str {
        &self.environment[name]
    }

    /// The address that clients are given: `unix://…`.
    pub(crate) fn url(&self) -> &str {
        self.value("DOCKER_HOST")
    }

    pub(crate) fn socket(&self) -> &Path {
        Path::new(self.url().strip_prefix("unix://").unwrap())
    }

    /// Asks the engine itself.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Reply {
        self.send(method, path, &Value::Null)
    }

    /// Tells the engine something.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send_to(method, &format!("/v1.41{path}"), body)
    }

    /// Tells the engine something that is no part of the common API.
    pub(crate) fn send_to(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers = [("Content-Type", "application/json")];
        Question { method, path, headers: &headers, body: &body }.unix(self.socket()).unwrap()
    }

    /// Returns what the engine says of a container; none if it does not know it.
    pub(crate) fn container(&self, name: &str) -> Option<Value> {
        let reply = self.ask("GET", &format!("/containers/{name}/json"));
        match reply.status {
            200 => Some(reply.json()),
            404 => None,
            _ => panic!("{reply:?}"),
        }
    }

    /// Returns all containers, in any state, whose label has this value.
    pub(crate) fn labelled(&self, label: &str, value: &str) -> Vec<Value> {
        let filter = format!("%7B%22label%22%3A%5B%22{label}%3D{value}%22%5D%7D");
        let reply = self.ask("GET", &format!("/containers/json?all=true&filters={filter}"));
        reply.json().as_array().cloned().unwrap_or_default()
    }

    /// Returns the names of all volumes.
    pub(crate) fn volumes(&self) -> Vec<String> {
        let found = self.ask("GET", "/volumes").json();
        let volumes = found["Volumes"].as_array().cloned().unwrap_or_default();
        volumes.iter().map(|one| one["Name"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns where a volume lies, which is made if it is not there.
    pub(crate) fn volume(&self, name: &str) -> PathBuf {
        let reply = self.send("POST", "/volumes/create", &serde_json::json!({ "Name": name }));
        assert_eq!(reply.status, 201, "{reply:?}");
        PathBuf::from(reply.json()["Mountpoint"].as_str().unwrap())
    }

    /// Removes a container, whatever it does.
    pub(crate) fn remove(&self, name: &str) {
        let reply = self.ask("DELETE", &format!("/containers/{name}?force=true"));
        assert!([200, 204].contains(&reply.status), "{reply:?}");
    }

    /// Runs the `podman` (or `docker`) command on this engine, and returns what it printed.
    pub(crate) fn podman(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "podman {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn command(&self) -> Command {
        self.within(Command::new(if self.is_docker { "docker" } else { "podman" }))
    }

    /// Has a command find this engine, and no other.
    pub(crate) fn within(&self, mut command: Command) -> Command {
        command.stdin(Stdio::null()).envs(&self.environment);
        if !self.is_docker {
            command.env_remove("DOCKER_HOST").env("HOME", self.directory().join("home"));
        }
        command
    }

    /// The engine's own directory.
    pub(crate) fn directory(&self) -> &Path {
        Path::new(self.value("PODMAN_ENV_DIR"))
    }
}

fn script() -> Command {
    let mut command =
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/podman-env"));
    command.stdin(Stdio::null());
    command
}
