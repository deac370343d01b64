//! How a node starts, refuses to start, and stops.

use crate::node::{Node, Root, client, skip};
use ladylinux::foundation::{
    store::{self, sql::Connection},
    values::time,
};
use reqwest::StatusCode;
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    time::Duration,
};

// LL-DEP-39
#[tokio::test]
async fn a_node_that_is_asked_to_stop_ends_well_and_can_start_again() {
    for _ in 0..2 {
        let node = Node::start();
        assert_eq!(node.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
        let (status, log) = node.stop();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("draining") && log.contains("stopped"), "{log}");
    }
}

// LL-DEP-39, LL-REF-20
#[tokio::test]
async fn a_clean_stop_leaves_the_database_as_one_file() {
    let mut node = Node::start();
    node.root.token("chat");
    let journal = node.root.paths().database().with_extension("db-wal");
    assert!(fs::metadata(&journal).is_ok_and(|found| found.len() > 0), "something was written");
    // An answer is on its way while the node is asked to stop.
    let asked = node.get("/api/host/os").send();
    node.terminate();
    drop(asked.await);
    let (status, log) = node.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!journal.exists(), "{log}");
    assert!(store::check(&node.root.paths().database()).is_ok());
}

/// A process that is the first of a process namespace of its own, as in a container.
struct First {
    outer: Child,
    inner: rustix::process::Pid,
}

impl First {
    /// Starts the binary below `root`, if this user may make namespaces.
    fn start(root: &Root, arguments: &[&str]) -> Option<Self> {
        let binary = root.command(arguments);
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child"]).arg(binary.get_program());
        command.args(binary.get_args()).stdin(Stdio::null()).env_clear();
        command.envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut outer = command.spawn().ok()?;
        let children = format!("/proc/{0}/task/{0}/children", outer.id());
        let inner = poll(|| {
            let pid =
                fs::read_to_string(&children).ok()?.split_whitespace().next()?.parse().ok()?;
            // What is sent before it listens to signals is lost, as the kernel promises.
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
            let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
            (caught & (1 << 14) != 0).then(|| rustix::process::Pid::from_raw(pid))?
        });
        if inner.is_none() {
            drop(outer.kill());
            drop(outer.wait());
        }
        Some(Self { outer, inner: inner? })
    }

    /// Asks it to stop, and returns its exit code.
    fn stop(mut self) -> Option<i32> {
        rustix::process::kill_process(self.inner, rustix::process::Signal::TERM).unwrap();
        self.outer.wait().unwrap().code()
    }
}

/// Asks again and again, for a minute at most: other tests keep the machine busy.
fn poll<T>(mut fact: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = time::instant() + Duration::from_mins(1);
    while time::instant() < deadline {
        if let Some(found) = fact() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

// LL-DEP-39: the kernel lets the first process of a container ignore what it does not handle.
#[test]
fn the_first_process_of_a_container_ends_when_it_is_asked_to_whatever_it_does() {
    let name = "the_first_process_of_a_container_ends_when_it_is_asked_to_whatever_it_does";
    let root = Root::new();
    let path = root.paths().database();
    fs::remove_file(&path).unwrap();
    // Whoever migrates waits as long as somebody else writes.
    let writer = Connection::open(&path).unwrap();
    writer
        .execute_batch("CREATE TABLE held (id INTEGER); PRAGMA user_version = 1; BEGIN EXCLUSIVE")
        .unwrap();
    let Some(first) = First::start(&root, &["prepare"]) else {
        return skip(name, "making a process namespace needs root");
    };
    assert_eq!(first.stop(), Some(143));
    writer.execute_batch("ROLLBACK; DROP TABLE held; PRAGMA user_version = 0").unwrap();
    drop(writer);
    assert!(root.run(&["migrate"]).status.success());

    let address = root.path().join("address");
    let file = address.display().to_string();
    let served = First::start(&root, &["serve", "--port", "0", "--address-file", &file]).unwrap();
    assert!(poll(|| address.exists().then_some(())).is_some(), "the node did not start");
    assert_eq!(served.stop(), Some(0));
    assert!(!path.with_extension("db-wal").exists());
}

// LL-DEP-19: serve checks the tree, and never makes it.
#[test]
fn a_root_without_the_tree_is_refused_and_stays_as_it_is() {
    let root = Root::bare();
    let (code, said) = root.refused();
    assert_eq!(code, 3, "{said}");
    assert!(said.lines().any(|line| line.starts_with('[') && line.contains("] ")), "{said}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn a_node_without_a_database_says_to_run_migrate() {
    let root = Root::new();
    fs::remove_file(root.paths().database()).unwrap();
    let (code, said) = root.refused();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("ladylinux migrate"), "{said}");
}

#[test]
fn a_damaged_database_is_named_and_left_alone() {
    let root = Root::new();
    let path = root.paths().database();
    let garbage = "this is not a database, however long one looks at it";
    fs::write(&path, garbage).unwrap();
    let (code, said) = root.refused();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("damaged") && said.contains("restore its backup"), "{said}");
    assert_eq!(fs::read_to_string(path).unwrap(), garbage);
}

#[test]
fn a_read_only_database_is_refused_with_what_to_do() {
    let name = "a_read_only_database_is_refused_with_what_to_do";
    if rustix::process::geteuid().is_root() {
        return skip(name, "root may write everything: run the tests as a plain user");
    }
    let root = Root::new();
    let path = root.paths().database();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    let (code, said) = root.refused();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("writable"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Root::new().run(&["serve", "--port", &port]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&port) && said.contains("--port"), "{said}");
}

#[test]
fn broken_settings_are_refused_with_source_and_line() {
    let root = Root::new();
    fs::write(root.paths().config.join("ladylinux.toml"), "[http]\nport = \"many\"\nprot = 1\n")
        .unwrap();
    let (code, said) = root.refused();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("ladylinux.toml:2") && said.contains("ladylinux.toml:3"), "{said}");
}

// C-39, VOX-64
#[test]
fn lan_without_tls_is_refused() {
    let root = Root::new().set("http.exposure", "lan");
    let (code, said) = root.refused();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("tls_certificate"), "{said}");
}

// LL-DEP-16
#[test]
fn prod_refuses_to_run_as_root() {
    let name = "prod_refuses_to_run_as_root";
    if !rustix::process::geteuid().is_root() {
        return skip(name, "only root can be refused for being root");
    }
    let (code, said) = Root::new().set("environment", "prod").refused();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("root"), "{said}");
}

// VOX-64
#[tokio::test]
async fn a_node_with_a_certificate_speaks_tls_and_nothing_else() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let root = Root::new();
    let (certificate, key) = (root.path().join("node.pem"), root.path().join("node.key"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let root = root
        .set("http.exposure", "lan")
        .set("http.host", "127.0.0.1")
        .set("http.tls_certificate", certificate.display())
        .set("http.tls_key", key.display());
    let token = root.token("chat");
    let node = root.start();
    assert!(node.url.starts_with("https://"));
    assert_eq!(node.get("/api/release").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let release = node.get("/api/release").bearer_auth(token).send().await.unwrap();
    assert_eq!(release.status(), StatusCode::OK);
    assert!(release.headers().contains_key("strict-transport-security"));
    let plain = node.at("/health/live").replace("https", "http");
    assert!(client().get(plain).send().await.is_err());
}

#[test]
fn a_certificate_that_is_none_is_named() {
    let root = Root::new();
    let file = root.path().join("node.pem");
    fs::write(&file, "-----BEGIN NOTHING-----").unwrap();
    let root = root.set("http.tls_certificate", file.display()).set("http.tls_key", file.display());
    let (code, said) = root.refused();
    assert_ne!(code, 0);
    assert!(said.contains("node.pem"), "{said}");
}

#[tokio::test]
async fn the_healthcheck_asks_the_running_node() {
    let node = Node::start();
    let port = node.address().port().to_string();
    let healthy = node.root.run(&["healthcheck", "--ready", "--port", &port]);
    assert_eq!(healthy.status.code(), Some(0), "{}", String::from_utf8_lossy(&healthy.stderr));
    let root = Root::new();
    let (status, _) = node.stop();
    assert!(status.success());
    let dead = root.run(&["healthcheck", "--port", &port]);
    assert_eq!(dead.status.code(), Some(1));
}

/// An engine asks at once when it has started a container; the node listens a moment later.
#[tokio::test]
async fn a_healthcheck_that_comes_before_the_node_waits_for_it() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let root = Root::new().set("http.port", port);
    let mut early = root.command(&["healthcheck"]);
    let early = early.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let node = root.start_with(&["serve"], |command| command);
    assert_eq!(early.wait_with_output().unwrap().status.code(), Some(0));
    drop(node);
}

// LL-DEP-41
#[test]
fn an_older_schema_is_not_served() {
    let root = Root::new();
    let path = root.paths().database();
    fs::remove_file(&path).unwrap();
    // An empty file is a database without a schema.
    fs::write(&path, "").unwrap();
    let (code, said) = root.refused();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("ladylinux migrate"), "{said}");
    assert!(store::check(&path).is_err());
}
