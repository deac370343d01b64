//! The host's facts, on their way into a container: a snapshot, written by one process and read by another.

use crate::node::Root;
use serde_json::{Value, json};
use std::{fs, process::Stdio, time::Duration};

/// Waits until `fact` holds, for half a minute at most.
fn until(what: &str, mut fact: impl FnMut() -> bool) {
    let deadline = ladylinux::foundation::values::time::instant() + Duration::from_secs(30);
    while !fact() {
        assert!(ladylinux::foundation::values::time::instant() < deadline, "{what}");
        std::thread::yield_now();
    }
}

// C-38
#[tokio::test]
async fn a_node_answers_with_its_hosts_facts_and_says_how_old_they_are() {
    let root = Root::new();
    let file = root.path().join("var/lib/ladylinux/facts/host-facts.json");
    let shown = file.display().to_string();
    let written = root.run(&["host-facts", "--machine", "/", "--write", &shown]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    // A disk that this machine does not have, so that it is clear whose is told.
    let mut snapshot: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let disk = snapshot["facts"].as_array_mut().unwrap();
    let disk = disk.iter_mut().find(|fact| fact["topic"] == "disk").unwrap();
    disk["data"] = json!({ "file_systems": [{
        "mount_point": "/", "device": "/dev/nvme0n1p2", "kind": "ext4",
        "size_bytes": 252_u64 << 30, "used_bytes": 1, "available_bytes": 86_006_530_048_u64,
    }]});
    fs::write(&file, snapshot.to_string()).unwrap();

    let node = root.set("host.facts", &shown).start();
    let fact: Value = node.get("/api/host/disk").send().await.unwrap().json().await.unwrap();
    assert_eq!(fact["source"], "snapshot");
    assert!(fact["age_seconds"].is_u64(), "{fact}");
    let sentence = fact["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("80.1 GiB of 252 GiB are free on / (/dev/nvme0n1p2). As of "));

    let asked = node
        .post_raw(
            "/api/conversations/0190163d-8694-739b-aea5-966c26f8ad91/turns",
            r#"{"text":"how much disk space is free?"}"#,
        )
        .send();
    let answer = asked.await.unwrap().text().await.unwrap();
    assert!(answer.contains("80.1 GiB of 252 GiB") && answer.contains(" ago."), "{answer}");

    fs::remove_file(file).unwrap();
    let fact: Value = node.get("/api/host/disk").send().await.unwrap().json().await.unwrap();
    assert_eq!(fact["source"], "machine");
    assert!(fact["notes"][0].as_str().unwrap().contains("own container"), "{fact}");
}

// C-38
#[test]
fn facts_are_written_again_and_again_until_somebody_says_stop() {
    let root = Root::new();
    let file = root.path().join("facts.json");
    let shown = file.display().to_string();
    let mut command = root.command(&["host-facts", "--write", &shown, "--every", "1s"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let at = || {
        let text = fs::read_to_string(&file).ok()?;
        let snapshot: Value = serde_json::from_str(&text).expect("it appears whole");
        snapshot["at"].as_i64()
    };
    until("no snapshot was written", || at().is_some());
    let first = at();
    until("no second snapshot was written", || at() != first);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_machine_that_is_not_mounted_is_refused() {
    let root = Root::bare();
    let missing = root.path().join("host").display().to_string();
    let output = root.run(&["host-facts", "--machine", &missing]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not mounted there"));
}
