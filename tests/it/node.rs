//! A real node in a process of its own, below a directory of its own, on a port of its own.

use ladylinux::foundation::{
    layout::{self, Owner},
    settings::Settings,
    store,
};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// How long a node may take to say where it listens, or to end. Only a broken node ever takes it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A root with directories and a database, and what its node is to be told.
pub(crate) struct Root {
    directory: TempDir,
    settings: BTreeMap<String, String>,
}

impl Root {
    /// Provisions a fresh root, as `ladylinux provision` and `ladylinux migrate` do.
    pub(crate) fn new() -> Self {
        let root = Self::bare();
        let paths = root.paths();
        layout::provision(&paths, Owner::expected(&paths)).unwrap();
        store::migrate(&paths.database()).unwrap();
        root
    }

    /// Makes an empty root, which no node starts from.
    pub(crate) fn bare() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory, settings: BTreeMap::new() }
    }

    /// Sets one setting of the node.
    pub(crate) fn set(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.settings.insert(key.to_owned(), value.to_string());
        self
    }

    /// Puts a language model of `tests/fixtures/llm` into the models directory.
    pub(crate) fn with_model(self, name: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm").join(name);
        copy(&from, &self.paths().models.join(name));
        self
    }

    /// Puts an embedding model of `tests/fixtures/embed` into the models directory.
    pub(crate) fn with_embedder(self, name: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/embed").join(name);
        self.with_folder(&from, name)
    }

    /// Puts any folder into the models directory.
    pub(crate) fn with_folder(self, from: &Path, name: &str) -> Self {
        copy(from, &self.paths().models.join(name));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn paths(&self) -> ladylinux::foundation::settings::Paths {
        Settings::for_tests(self.path()).paths
    }

    /// Prepares a run of the binary below this root, with nothing inherited that could change its settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ladylinux"));
        command.args(arguments).arg("--root").arg(self.path());
        command.env_clear().stdin(Stdio::null());
        for name in ["PATH", "HOME", "ORT_DYLIB_PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for (key, value) in &self.settings {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts a node that must refuse to start, and returns its exit code and what it said.
    pub(crate) fn refused(&self) -> (i32, String) {
        let output = self.run(&["serve", "--port", "0"]);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Makes a token.
    pub(crate) fn token(&self, scope: &str) -> String {
        let output = self.run(&["token", "create", "--name", "test", "--scope", scope]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Enters a person, and makes a token that is theirs.
    pub(crate) fn person(&self, name: &str, role: &str, scope: &str) -> String {
        let add = ["person", "add", name, "--role", role, "--adult"];
        let token = ["token", "create", "--name", name, "--scope", scope, "--person", name];
        let mut said = Vec::new();
        for arguments in [&add[..], &token[..]] {
            let output = self.run(arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            said = output.stdout;
        }
        String::from_utf8(said).unwrap().trim().to_owned()
    }

    /// Starts a node and waits until it says where it listens.
    pub(crate) fn start(self) -> Node {
        self.start_by(|command| command)
    }

    /// The same, by another command that this one is made into.
    pub(crate) fn start_by(self, by: impl FnOnce(Command) -> Command) -> Node {
        self.start_with(&["serve", "--port", "0"], by)
    }

    pub(crate) fn start_with(
        self,
        arguments: &[&str],
        by: impl FnOnce(Command) -> Command,
    ) -> Node {
        let mut command = by(self.command(arguments));
        command.stdin(Stdio::null());
        command.env("LADYLINUX_LOG_FORMAT", "json");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        if !url.starts_with("http") {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the node did not start: {line:?}\n{}", log.join().unwrap());
        }
        Node { root: self, child, url, log: Some(log), client: client() }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Returns a client that trusts nobody's certificate and asks no proxy.
pub(crate) fn client() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// A running node. Dropping it kills it.
pub(crate) struct Node {
    pub(crate) root: Root,
    child: Child,
    pub(crate) url: String,
    log: Option<thread::JoinHandle<String>>,
    pub(crate) client: reqwest::Client,
}

impl Node {
    /// Starts a node with the defaults, without any model.
    pub(crate) fn start() -> Self {
        Root::new().start()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.url.split("://").nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(self.at(path))
    }

    pub(crate) fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(self.at(path))
    }

    pub(crate) fn post_raw(
        &self,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::RequestBuilder {
        self.post(path).header("content-type", "application/json").body(body)
    }

    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Asks the node to stop.
    pub(crate) fn terminate(&self) {
        rustix::process::kill_process(self.pid(), rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for the node's end, and returns how it ended and what it logged.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        self.wait()
    }

    /// Waits for the node's end, and keeps its root to be looked at.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// Asks the node to stop, and returns its root for the next one.
    pub(crate) fn stop_and_keep(mut self) -> Root {
        self.terminate();
        let (status, log) = self.wait();
        assert!(status.success(), "{log}");
        std::mem::replace(&mut self.root, Root::bare())
    }

    /// Asks the node to stop, and returns how it ended and what it logged.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        self.terminate();
        self.ended()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Says in the test script's list, and here, that a test did not run and why.
pub(crate) fn skip(test: &str, why: &str) {
    #![expect(clippy::print_stderr, reason = "a skipped test is never silent")]
    use std::io::Write;
    eprintln!("SKIPPED {test}: {why}");
    if let Some(list) = std::env::var_os("LADYLINUX_TEST_SKIPS").map(PathBuf::from) {
        let mut list = fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "{test}: {why}").unwrap();
    }
}
