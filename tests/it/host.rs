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

// C-38: what is read by a process of its own is told by a node as by the command, with its source.
#[tokio::test]
async fn services_updates_and_errors_are_told_by_a_node_and_when_asked() {
    let node = Root::new().start();
    for (topic, question, shows) in [
        ("services", "which services have failed?", "started_by"),
        ("updates", "is a reboot needed?", "restart"),
        ("logs", "what went wrong today?", "by_unit"),
    ] {
        let fact = node.get(&format!("/api/host/{topic}")).send().await.unwrap();
        let fact: Value = fact.json().await.unwrap();
        assert_eq!((&fact["topic"], &fact["source"]), (&json!(topic), &json!("machine")));
        assert!(!fact["data"][shows].is_null() && fact["read_at"].is_number(), "{fact}");
        let body = json!({ "text": question }).to_string();
        let path = "/api/conversations/0190163d-8694-739b-aea5-966c26f8ad91/turns";
        let answer = node.post_raw(path, body).send().await.unwrap().text().await.unwrap();
        let begins = fact["sentence"].as_str().unwrap().split(' ').next().unwrap().to_owned();
        assert!(answer.contains(topic) && answer.contains(&begins), "{answer}");
    }
}

#[test]
fn what_is_damaged_is_named_and_hides_nothing_else() {
    let root = Root::bare();
    let machine = root.path().join("host");
    for (path, content) in [
        ("etc/passwd", "ana:x:1000:1000::/home/ana:/bin/sh\n"),
        ("proc/1/comm", "runit\n"),
        ("var/lib/dpkg/status", "nonsense\n"),
        ("var/log/journal/a/system.journal", "nonsense\n"),
    ] {
        fs::create_dir_all(machine.join(path).parent().unwrap()).unwrap();
        fs::write(machine.join(path), content).unwrap();
    }
    let (shown, file) = (machine.display().to_string(), root.path().join("facts.json"));
    let written = file.display().to_string();
    let output = root.run(&["host-facts", "--machine", &shown, "--write", &written]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let snapshot: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let told = |list: &str, topic: &str| {
        snapshot[list].as_array().unwrap().iter().find(|one| one["topic"] == topic).cloned()
    };
    assert!(told("facts", "users").is_some() && told("facts", "services").is_some());
    for (topic, names) in [("updates", "var/lib/dpkg/status"), ("logs", "system.journal")] {
        let reason = told("untold", topic).unwrap()["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains(names) && reason.contains("cannot be understood"), "{reason}");
    }
    let one = root.run(&["host-facts", "updates", "--machine", &shown]);
    assert_eq!(one.status.code(), Some(1));
}

#[test]
fn a_machine_that_is_not_mounted_is_refused() {
    let root = Root::bare();
    let missing = root.path().join("host").display().to_string();
    let output = root.run(&["host-facts", "--machine", &missing]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not mounted there"));
}
