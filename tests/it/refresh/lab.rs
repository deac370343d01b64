//! A node of its own for each test: a stack with its own name, port, volumes and network on the shared engine, a supervisor
//! with its own directory, and a repository of its own in the registry.

use super::{
    engine::Engine,
    registry::Registry,
    release::{Release, program},
    wire::Question,
};
use crate::node::skip;
use ladylinux::foundation::values::time;
use serde_json::Value;
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU16, AtomicU32, Ordering},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// How long a supervisor may take for anything. Only a broken one ever takes it.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often a fact that is waited for is looked at.
const EVERY: Duration = Duration::from_millis(5);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Ports below those that the kernel hands out by itself.
static PORT: AtomicU16 = AtomicU16::new(0);

/// The label of everything that belongs to a stack.
const STACK_LABEL: &str = "io.ladylinux.stack";

/// A node on an engine.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) engine: &'static Engine,
    /// The stack's name; its containers, volumes and network are called after it.
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) registry: Registry,
    directory: TempDir,
    /// Where the stack's releases come from.
    repository: String,
    /// What the stack file says besides.
    more: String,
    /// The engine's socket, as the supervisor is told it.
    socket: String,
}

/// What a run of the supervisor printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The last line of the standard output, if it is JSON.
    pub(crate) json: Value,
}

/// A supervisor that runs. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Option<thread::JoinHandle<String>>,
    stderr: Option<thread::JoinHandle<String>>,
}

impl Lab {
    /// Makes a node; none, and said so, if this machine can have none.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let engine = Engine::shared(test)?;
        Self::on(engine, test)
    }

    /// Makes a node on this engine.
    pub(crate) fn on(engine: &'static Engine, test: &str) -> Option<Self> {
        if let Err(why) = program() {
            skip(test, &why);
            return None;
        }
        let name = format!("lab{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let registry = Registry::plain(engine);
        let lab = Self {
            engine,
            port: free_port(),
            repository: format!("{}/{name}/ladylinux", registry.address),
            registry,
            directory: tempfile::tempdir().unwrap(),
            more: String::new(),
            socket: engine.url().to_owned(),
            name,
        };
        fs::create_dir(lab.state()).unwrap();
        lab.write_stack();
        lab.make_network();
        Some(lab)
    }

    /// Adds to the stack file.
    pub(crate) fn stack(mut self, more: &str) -> Self {
        self.more = merge(&self.more, more);
        self.write_stack();
        self
    }

    /// Takes releases from another registry, or through a proxy.
    pub(crate) fn use_registry(&mut self, address: &str) {
        self.repository = format!("{address}/{}/ladylinux", self.name);
        self.write_stack();
    }

    /// Reaches the engine at another address.
    pub(crate) fn through(&mut self, socket: &str) {
        socket.clone_into(&mut self.socket);
    }

    /// Reaches the engine directly again.
    pub(crate) fn directly(&mut self) {
        self.engine.url().clone_into(&mut self.socket);
    }

    /// The supervisor's own directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.directory.path().join("supervisor")
    }

    /// A place for a test's files.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn stack_file(&self) -> PathBuf {
        self.directory.path().join("stack.toml")
    }

    /// The full name of one of its releases.
    pub(crate) fn reference(&self, digest: &str) -> String {
        format!("{}@{digest}", self.repository)
    }

    /// The repository without its registry.
    pub(crate) fn repository_path(&self) -> String {
        format!("{}/ladylinux", self.name)
    }

    /// The name of a service's container.
    pub(crate) fn container_name(&self, service: &str) -> String {
        format!("{}-{service}", self.name)
    }

    pub(crate) fn volume_name(&self, which: &str) -> String {
        format!("{}-{which}", self.name)
    }

    /// Where the files of a volume lie on this machine.
    pub(crate) fn volume(&self, which: &str) -> PathBuf {
        self.engine.volume(&self.volume_name(which))
    }

    /// Makes the stack's network on a bridge that no other engine of this machine uses; the supervisor would take any.
    fn make_network(&self) {
        // Docker finds a free one.
        if self.engine.is_docker {
            return;
        }
        let bridge = format!("ll{}n{}", std::process::id() % 10_000, &self.name["lab".len()..]);
        let body = serde_json::json!({ "name": self.name, "network_interface": bridge });
        let reply = self.engine.send_to("POST", "/v4.0.0/libpod/networks/create", &body);
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    fn write_stack(&self) {
        let Self { name, port, repository, more, .. } = self;
        let mount = |volume: &str, target: &str, read_only: bool| {
            format!(
                r#"{{ source = "{name}-{volume}", target = "{target}", read_only = {read_only} }}"#
            )
        };
        let models = mount("models", "/opt/ladylinux/models", true);
        let config = mount("config", "/etc/ladylinux", true);
        let state = mount("state", "/var/lib/ladylinux", false);
        let facts = mount("facts", "/var/lib/ladylinux/facts", true);
        let own_facts = mount("facts", "/var/lib/ladylinux/facts", false);
        let text = format!(
            r#"name = "{name}"
network = "{name}"
image.repository = "{repository}"
publish.port = {port}

[volumes]
{name}-models = "/nowhere/models"
{name}-config = "/nowhere/config"
{name}-state = "/nowhere/state"
{name}-facts = "/nowhere/facts"

[containers.api]
memory = "64 MiB"
cpus = 1.0
pids = 32
timeout = "1s"
mounts = [{models}, {config}, {state}, {facts}]

[one_shots.prepare]
memory = "64 MiB"
cpus = 1.0
pids = 32
timeout = "15s"
mounts = [{models}, {config}, {state}]

[one_shots.host-facts]
mounts = [{own_facts}]

[refresh]
ready_answers = 3
ready_interval = "10ms"
ready_timeout = "15s"
probe_every = "100ms"
keep_free = "1 MiB"
fetch_retries = 1
"#
        );
        fs::write(self.stack_file(), merge(&text, more)).unwrap();
    }

    /// Returns a release of this node's own that does everything right.
    pub(crate) fn release(&self, version: &str) -> Release {
        Release::new(&self.name, version)
    }

    /// Puts a release into the registry and lets the stack's channel name it. Returns its digest.
    pub(crate) fn publish(&self, release: &Release) -> String {
        self.registry.push(&self.repository_path(), "main", &release.image())
    }

    /// Publishes a release and refreshes to it, which must go through. Returns its digest.
    pub(crate) fn install(&self, release: &Release) -> String {
        let digest = self.publish(release);
        let run = self.run(&["refresh"]);
        assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
        self.serves(&digest);
        digest
    }

    /// Runs the supervisor to its end, with `--json`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.spawn(arguments).ended()
    }

    /// Starts the supervisor.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Running {
        Running::of(&mut self.command(arguments))
    }

    /// Prepares a run of the supervisor.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ladylinux-supervisor"));
        command.args(arguments).arg("--json").args(["--socket", &self.socket]);
        command.arg("--state").arg(self.state()).arg("--stack").arg(self.stack_file());
        command.env_clear().stdin(Stdio::null());
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Says how the node is.
    pub(crate) fn status(&self) -> Run {
        self.run(&["status"])
    }

    /// Asks the published port, as anybody can, which digest answers; none if nobody does.
    pub(crate) fn answers(&self) -> Option<String> {
        let address = format!("127.0.0.1:{}", self.port);
        let question = Question { method: "GET", path: "/health/ready", ..Question::default() };
        let reply = question.tcp(&address).ok().filter(|reply| reply.status == 200)?;
        Some(reply.json()["release"]["digest"].as_str()?.to_owned())
    }

    /// The containers of the stack, in any state.
    pub(crate) fn containers(&self) -> Vec<Value> {
        self.engine.labelled(STACK_LABEL, &self.name)
    }

    /// How a service's container is in the engine's own words; `absent` if it is not there.
    pub(crate) fn state_of(&self, service: &str) -> String {
        let found = self.engine.container(&self.container_name(service));
        found.map_or_else(|| "absent".to_owned(), |one| text(&one["State"]["Status"]))
    }

    /// The engine's id of a service's container.
    pub(crate) fn id_of(&self, service: &str) -> String {
        text(&self.engine.container(&self.container_name(service)).unwrap()["Id"])
    }

    /// The node serves this release, and everybody says so: the port, the engine, `status`.
    #[track_caller]
    pub(crate) fn serves(&self, digest: &str) {
        assert_eq!(self.answers().as_deref(), Some(digest));
        assert_eq!(self.state_of("api"), "running");
        let status = self.status();
        assert_eq!(status.code, 0, "{status:?}");
        assert!(["serving", "on_probation"].contains(&status.word("state")), "{status:?}");
        assert_eq!(status.json["release"]["digest"], digest, "{status:?}");
        assert_eq!(status.json["answering"], digest, "{status:?}");
        assert_eq!(status.json["hold"], Value::Null, "{status:?}");
    }

    /// The node is stopped and held, and everybody says so. Returns what `status` says.
    #[track_caller]
    pub(crate) fn is_held(&self) -> Run {
        assert_eq!(self.answers(), None);
        for one in self.containers() {
            let state = text(&one["State"]);
            assert!(state != "running" && state != "paused", "{one}");
        }
        let status = self.status();
        assert_eq!((status.code, status.word("state")), (3, "held"), "{status:?}");
        assert!(!status.json["hold"].is_null() && !status.json["next"].is_null(), "{status:?}");
        assert!(self.state().join("hold.json").exists());
        status
    }

    /// Nothing of the stack but its containers is there: no one-shot stayed behind.
    #[track_caller]
    pub(crate) fn is_tidy(&self, containers: usize) {
        let found = self.containers();
        assert_eq!(found.len(), containers, "{found:?}");
    }

    /// The names of its volumes.
    pub(crate) fn volumes(&self) -> Vec<String> {
        let own = format!("{}-", self.name);
        self.engine.volumes().into_iter().filter(|one| one.starts_with(&own)).collect()
    }

    /// The lines of the journal.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.state().join("journal.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many whole lines the journal has; it may be written to meanwhile.
    pub(crate) fn journal_lines(&self) -> usize {
        let bytes = fs::read(self.state().join("journal.jsonl")).unwrap_or_default();
        bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).count()
    }

    /// The schema in the stand-in's database; none if there is none.
    pub(crate) fn schema(&self) -> Option<u32> {
        let text = fs::read_to_string(self.volume("state").join("data/schema")).ok()?;
        text.trim().parse().ok()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for one in self.containers() {
            let id = text(&one["Id"]);
            self.engine.ask("DELETE", &format!("/containers/{id}?force=true&v=true"));
        }
        self.engine.ask("DELETE", &format!("/networks/{}", self.name));
        for volume in self.volumes() {
            self.engine.ask("DELETE", &format!("/volumes/{volume}?force=true"));
        }
    }
}

impl Run {
    /// A word of the final JSON line.
    pub(crate) fn word(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or_default()
    }

    /// Fails unless everything that was printed contains these words.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) {
        for word in words {
            let all = format!("{}{}", self.stderr, self.stdout);
            assert!(all.contains(word), "{word:?} is missing:\n{all}");
        }
    }

    /// The run was refused before step 1, for this reason, with a next action.
    #[track_caller]
    pub(crate) fn is_refused(&self, code: &str) {
        assert_eq!((self.code, self.word("outcome")), (2, "refused"), "{self:?}");
        let refusals = self.json["refusals"].as_array().cloned().unwrap_or_default();
        let found = refusals.iter().find(|one| one["code"] == code);
        let found = found.unwrap_or_else(|| panic!("no refusal {code}: {self:?}"));
        assert!(!text(&found["next"]).is_empty(), "{found}");
    }

    /// The run failed in this step, and says so with the next action.
    #[track_caller]
    pub(crate) fn failed_in(&self, step: &str) {
        assert_eq!((self.code, self.word("outcome")), (1, "failed"), "{self:?}");
        assert_eq!(self.json["error"]["step"], step, "{self:?}");
        self.says(&[step, "next: "]);
        assert!(text(&self.json["error"]["next"]).contains("rollback"), "{self:?}");
    }
}

impl Running {
    /// Starts a prepared run.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = read(child.stdout.take().unwrap());
        let stderr = read(child.stderr.take().unwrap());
        Self { child, stdout: Some(stdout), stderr: Some(stderr) }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Kills it at once.
    pub(crate) fn kill(mut self) -> Run {
        drop(self.child.kill());
        self.ended()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Run {
        let mut status = None;
        until("the supervisor's end", PATIENCE, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let join =
            |side: &mut Option<thread::JoinHandle<String>>| side.take().unwrap().join().unwrap();
        let (stdout, stderr) = (join(&mut self.stdout), join(&mut self.stderr));
        let last = stdout.lines().last().unwrap_or_default();
        let json = serde_json::from_str(last).unwrap_or(Value::Null);
        Run { code: status.map_or(-1, code), stdout, stderr, json }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits for a fact; one that never comes true ends the test.
#[track_caller]
pub(crate) fn until(what: &str, patience: Duration, mut fact: impl FnMut() -> bool) {
    let began = time::instant();
    while !fact() {
        assert!(began.elapsed() < patience, "this never came: {what}");
        thread::sleep(EVERY);
    }
}

/// A JSON text without its quotes.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Every file below a directory, with what must not change in it: inode, mode, owner and content.
pub(crate) fn tree(directory: &Path) -> Vec<(PathBuf, u64, u32, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        let about = fs::symlink_metadata(&next).unwrap();
        let content = if about.is_dir() {
            left.extend(fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else {
            fs::read(&next).unwrap()
        };
        found.push((next, about.ino(), about.mode(), about.uid(), content));
    }
    found.sort();
    found
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

fn read(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        // What a killed process leaves behind may end anywhere.
        drop(from.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    })
}

fn free_port() -> u16 {
    let start = u16::try_from(std::process::id() % 9000).unwrap();
    loop {
        let port = 10_000 + (start + PORT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Puts one TOML text over another, table by table.
pub(crate) fn merge(under: &str, over: &str) -> String {
    fn put(under: &mut toml::Table, over: toml::Table) {
        for (key, value) in over {
            match (under.get_mut(&key), value) {
                (Some(toml::Value::Table(below)), toml::Value::Table(above)) => put(below, above),
                (_, value) => {
                    under.insert(key, value);
                }
            }
        }
    }
    let mut merged: toml::Table = under.parse().unwrap();
    put(&mut merged, over.parse().unwrap());
    merged.to_string()
}

/// Writes a file, with all its directories.
pub(crate) fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(content).unwrap();
}
