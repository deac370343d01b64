//! The machine around a refresh: full disks, read-only places, clocks, engines that go away, journals that were edited, and
//! two people at once.

use super::{
    engine::Engine,
    lab::{Lab, Run, merge, text, until, write},
    registry::{Fault, Faulty, What},
    release::digest,
    socket::Fragile,
};
use crate::node::skip;
use serde_json::Value;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A file system of its own, unmounted when it is dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, options: &str) -> Self {
        fs::create_dir_all(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).status();
        assert!(mounted.unwrap().success());
        Self(at.to_owned())
    }

    /// Mounts one within a node's directory, for its containers.
    fn for_containers(lab: &Lab, test: &str) -> Option<Self> {
        if lab.engine.is_docker {
            skip(test, "the tests' Docker does not see what is mounted after its start");
            return None;
        }
        let at = lab.directory().join("small");
        Some(Self::mount(&at, "size=1m,mode=0755,uid=10001,gid=10001"))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(
            Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success()
        );
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

/// Rewrites the journal's lines, and chains them again as a supervisor would have.
fn rewrite(lab: &Lab, change: impl Fn(&mut Value)) {
    let mut text = String::new();
    let mut last = String::new();
    for mut line in lab.journal() {
        change(&mut line);
        line["after"] = Value::String(digest(last.as_bytes()).split_off("sha256:".len()));
        last = format!("{line}\n");
        text += &last;
    }
    fs::write(lab.state().join("journal.jsonl"), text).unwrap();
}

// LL-DEP-28
#[test]
fn a_disk_without_room_for_the_release_is_told_before_anything_is_fetched() {
    let test = "refresh::no_space";
    let Some(engine) = Engine::small(test, "24m") else { return };
    let Some(lab) = Lab::on(engine, test) else { return };
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("1.1.0").filler(16 << 10));
    let run = lab.run(&["refresh"]);
    run.is_refused("no_space");
    run.says(&["MiB"]);
    lab.serves(&good);
}

#[test]
fn a_disk_that_fills_up_in_the_fetch_is_named_and_the_old_release_serves() {
    let test = "refresh::full_in_the_fetch";
    let Some(engine) = Engine::small(test, "24m") else { return };
    let Some(lab) = Lab::on(engine, test) else { return };
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("1.1.0").filler(40 << 10));
    // As if it could not see how full the store is.
    let elsewhere = lab.directory().display().to_string();
    let run = lab.run(&["refresh", "--image-store", &elsewhere]);
    assert_eq!((run.code, run.word("outcome")), (2, "refused"), "{run:?}");
    run.says(&["space"]);
    lab.serves(&good);
    // What was half fetched does not stand in the way of a smaller one.
    let small = lab.publish(&lab.release("1.2.0"));
    assert_eq!(lab.run(&["refresh"]).code, 0);
    lab.serves(&small);
}

#[test]
fn a_state_that_fills_up_in_the_migration_leaves_a_hold_and_the_old_data() {
    let test = "refresh::full_in_the_migration";
    let Some(lab) = Lab::new(test) else { return };
    let Some(disk) = Disk::for_containers(&lab, test) else { return };
    let place = disk.0.display().to_string();
    let mount = format!(r#"mounts = [{{ source = "{place}", target = "/var/lib/ladylinux" }}]"#);
    let lab = lab.stack(&format!("[containers.api]\n{mount}\n[one_shots.prepare]\n{mount}\n"));
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("2.0.0").schema(2).set("RELEASE_WRITES_KIB", "4096"));
    let run = lab.run(&["refresh"]);
    run.failed_in("prepare");
    run.says(&["No space left"]);
    assert_eq!(fs::read_to_string(disk.0.join("data/schema")).unwrap().trim(), "1");
    lab.is_held();
    fs::remove_file(disk.0.join("data/schema.half")).unwrap();
    assert_eq!(lab.run(&["rollback"]).code, 0);
    lab.serves(&good);
}

#[test]
fn a_state_that_can_only_be_read_is_found_in_the_preparation_and_held() {
    let test = "refresh::read_only_state";
    let Some(lab) = Lab::new(test) else { return };
    let Some(disk) = Disk::for_containers(&lab, test) else { return };
    let place = disk.0.display().to_string();
    let mount = format!(r#"mounts = [{{ source = "{place}", target = "/var/lib/ladylinux" }}]"#);
    let lab = lab.stack(&format!("[containers.api]\n{mount}\n[one_shots.prepare]\n{mount}\n"));
    lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("2.0.0").schema(2));
    disk.remount("ro");
    let run = lab.run(&["refresh"]);
    run.failed_in("prepare");
    run.says(&["Read-only"]);
    lab.is_held();
    disk.remount("rw");
    assert_eq!(lab.run(&["refresh"]).code, 0);
}

#[test]
fn a_supervisor_that_cannot_write_its_journal_does_nothing() {
    let Some(lab) = Lab::new("refresh::read_only_supervisor") else { return };
    let disk = Disk::mount(&lab.state(), "size=1m,mode=0700");
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("1.1.0"));
    disk.remount("ro");
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 2, "{run:?}");
    run.says(&[&lab.state().display().to_string(), "mount"]);
    lab.serves(&good);
    disk.remount("rw");
    // Full is as bad as read-only.
    fs::File::create(lab.state().join("filler")).unwrap().write_all(&vec![0; 2 << 20]).unwrap_err();
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 2, "{run:?}");
    lab.serves(&good);
    fs::remove_file(lab.state().join("filler")).unwrap();
    assert_eq!(lab.run(&["refresh"]).code, 0);
}

/// Refreshes through a socket that goes away when a question with these words comes for the nth time.
fn socket_gone_at(test: &str, words: &[&str], nth: usize) -> Option<(Lab, String, Run)> {
    let mut lab = Lab::new(test)?;
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("2.0.0").schema(2));
    let (id, name) = (lab.id_of("api"), format!("name={}", lab.container_name("api")));
    let words = words.iter().map(|word| word.replace("ID", &id).replace("NAME", &name)).collect();
    let fragile = Fragile::before(lab.engine.socket(), lab.directory(), words, nth);
    lab.through(&fragile.url());
    let run = lab.run(&["refresh"]);
    assert!(fragile.is_cut(), "that was never asked: {run:?}");
    lab.directly();
    Some((lab, good, run))
}

#[test]
fn an_engine_that_goes_away_before_step_1_costs_nothing() {
    for (test, words) in [
        ("refresh::socket_pull", ["POST", "/images/create"]),
        ("refresh::socket_check", ["POST", "/start"]),
        ("refresh::socket_rehearsal", ["POST", "/start"]),
    ] {
        let nth = if test.ends_with("rehearsal") { 2 } else { 1 };
        let Some((lab, good, run)) = socket_gone_at(test, &words, nth) else { return };
        assert_eq!((run.code, run.word("outcome")), (2, "refused"), "{test}: {run:?}");
        lab.serves(&good);
    }
}

#[test]
fn an_engine_that_goes_away_in_a_step_leaves_a_hold_and_a_refresh_converges() {
    for (test, step, words, nth) in [
        ("refresh::socket_stop", "stop", ["ID", "/kill"], 1),
        ("refresh::socket_sync", "sync", ["DELETE", "ID"], 1),
        ("refresh::socket_rebuild", "rebuild", ["/create", "NAME"], 1),
        // The check was the first start, the rehearsal the second, and the containers are the fourth.
        ("refresh::socket_prepare", "prepare", ["POST", "/start"], 3),
        ("refresh::socket_restart", "restart", ["POST", "/start"], 4),
    ] {
        let Some((lab, _, run)) = socket_gone_at(test, &words, nth) else { return };
        assert_eq!((run.code, run.word("outcome")), (1, "failed"), "{test}: {run:?}");
        assert_eq!(run.json["error"]["step"], step, "{test}: {run:?}");
        run.says(&["next: "]);
        let status = lab.status();
        assert_eq!((status.code, status.word("state")), (3, "held"), "{test}: {status:?}");
        let again = lab.run(&["refresh"]);
        assert_eq!((again.code, again.word("outcome")), (0, "done"), "{test}: {again:?}");
        lab.serves(again.word("digest"));
        lab.is_tidy(1);
    }
}

#[test]
fn an_engine_that_is_not_there_is_named() {
    let Some(mut lab) = Lab::new("refresh::no_engine") else { return };
    lab.through("unix:///nowhere/podman.sock");
    for verb in ["refresh", "status", "rollback", "start"] {
        let run = lab.run(&[verb]);
        assert!([2, 3].contains(&run.code), "{verb}: {run:?}");
        run.says(&["/nowhere/podman.sock"]);
    }
}

// PRODUCT.md "one supervisor at a time"
#[test]
fn the_second_of_two_refreshes_is_told_who_is_at_work_and_since_when() {
    let Some(mut lab) = Lab::new("refresh::two_at_once") else { return };
    lab.install(&lab.release("1.0.0"));
    let proxy = Faulty::before(&lab.registry);
    lab.use_registry(&proxy.address);
    let digest = lab.publish(&lab.release("1.1.0").filler(1024));
    proxy.misbehave(What::Blobs, Fault::Gate, usize::MAX);
    let first = lab.spawn(&["refresh"]);
    until("a question for a layer", Duration::from_secs(20), || proxy.asked("/blobs/") > 0);
    for verb in ["refresh", "rollback", "start", "stop", "hold", "release-hold"] {
        let second = lab.run(&[verb]);
        assert_eq!(second.code, 4, "{verb}: {second:?}");
        second.says(&["refresh is at work", &first.pid().to_string(), " s)"]);
    }
    // Whoever waits gets its turn.
    let third = lab.spawn(&["refresh", "--lock-wait", "1m"]);
    proxy.behave();
    assert_eq!(first.ended().code, 0);
    let third = third.ended();
    assert_eq!((third.code, third.word("outcome")), (0, "unchanged"), "{third:?}");
    lab.serves(&digest);
}

#[test]
fn the_lock_of_a_killed_supervisor_is_stale_and_nothing_it_started_keeps_it() {
    let Some(mut lab) = Lab::new("refresh::stale_lock") else { return };
    let good = lab.install(&lab.release("1.0.0"));
    let proxy = Faulty::before(&lab.registry);
    lab.use_registry(&proxy.address);
    let digest = lab.publish(&lab.release("1.1.0").filler(512));
    proxy.misbehave(What::Blobs, Fault::Slow(1000), usize::MAX);
    let first = lab.spawn(&["refresh"]);
    until("a question for a layer", Duration::from_secs(20), || proxy.asked("/blobs/") > 0);
    first.kill();
    lab.serves(&good);
    proxy.behave();
    let second = lab.run(&["refresh"]);
    assert_eq!(second.code, 0, "{second:?}");
    second.says(&["was killed at work"]);
    lab.serves(&digest);
}

// LL-REF-6
#[test]
fn a_journal_edited_by_hand_is_not_believed_and_the_way_out_works() {
    let Some(lab) = Lab::new("refresh::edited_journal") else { return };
    let good = lab.install(&lab.release("1.0.0"));
    let path = lab.state().join("journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"step\":\"sync\"", "\"step\":\"stop\"", 1)).unwrap();

    let status = lab.status();
    assert_eq!((status.code, status.word("state")), (3, "held"), "{status:?}");
    status.says(&["journal.jsonl", "release-hold", "line "]);
    lab.publish(&lab.release("1.1.0"));
    for verb in ["refresh", "rollback", "start", "stop", "plan", "history"] {
        let run = lab.run(&[verb]);
        assert!([2, 3].contains(&run.code), "{verb}: {run:?}");
        run.says(&["release-hold"]);
    }
    assert_eq!(lab.answers(), Some(good), "what ran was not touched");

    let released = lab.run(&["release-hold"]);
    assert_eq!(released.code, 0, "{released:?}");
    let kept = fs::read_dir(lab.state()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(kept.into_iter().any(|name| name.to_string_lossy().contains("set-aside")));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.serves(run.word("digest"));
    lab.is_tidy(1);
}

#[test]
fn a_journal_whose_last_line_was_torn_is_read_up_to_there() {
    let Some(lab) = Lab::new("refresh::torn_journal") else { return };
    let good = lab.install(&lab.release("1.0.0"));
    let path = lab.state().join("journal.jsonl");
    fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"{\"at\":17,\"aft")
        .unwrap();
    lab.serves(&good);
    let digest = lab.install(&lab.release("1.1.0"));
    lab.serves(&digest);
    assert!(lab.journal().len() > 10);
}

// C-3: killed after the release answered and before that was written down.
#[test]
fn a_run_that_lost_only_its_last_word_is_told_as_interrupted_and_start_says_the_word() {
    let Some(lab) = Lab::new("refresh::lost_word") else { return };
    lab.install(&lab.release("1.0.0"));
    let slow = lab.release("1.1.0").set("RELEASE_STARTS_AFTER_MS", "500");
    let digest = lab.publish(&slow);
    let run = lab.spawn(&["refresh"]);
    let hold = lab.state().join("hold.json");
    until("the hold of the run", Duration::from_secs(30), || hold.exists());
    let held = fs::read(&hold).unwrap();
    assert_eq!(run.ended().code, 0);
    let path = lab.state().join("journal.jsonl");
    let journal = fs::read_to_string(&path).unwrap();
    let ready = journal.rfind(r#""what":"ready""#).unwrap();
    let line = journal[..ready].rfind('\n').unwrap();
    fs::write(&path, &journal[..=line]).unwrap();
    write(&hold, &held);

    let status = lab.status();
    assert_eq!((status.code, status.word("state")), (3, "interrupted"), "{status:?}");
    status.says(&["went through", "start"]);
    assert_eq!(status.word("answering"), digest);
    assert_eq!(lab.run(&["start"]).code, 0);
    lab.serves(&digest);
}

#[test]
fn a_hold_that_cannot_be_understood_still_holds() {
    let Some(lab) = Lab::new("refresh::garbled_hold") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    lab.run(&["stop"]);
    write(&lab.state().join("hold.json"), b"{\"reason\":");
    lab.is_held().says(&["release-hold"]);
    assert_eq!(lab.run(&["start"]).code, 3);
    assert_eq!(lab.run(&["release-hold"]).code, 0);
    assert_eq!(lab.run(&["start"]).code, 0);
    lab.serves(&digest);
}

#[test]
fn a_clock_that_was_set_back_is_told_before_anything_is_touched() {
    let Some(lab) = Lab::new("refresh::clock") else { return };
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("1.1.0"));
    let shift =
        |by: i64| move |line: &mut Value| line["at"] = (line["at"].as_i64().unwrap() + by).into();
    // As if everything in it had happened tomorrow.
    rewrite(&lab, shift(86_400_000));
    let run = lab.run(&["refresh"]);
    run.is_refused("clock_set_back");
    run.says(&["timedatectl"]);
    lab.serves(&good);
    rewrite(&lab, shift(-86_400_000));
    assert_eq!(lab.run(&["refresh"]).code, 0);
}

#[test]
fn a_stack_that_contradicts_itself_or_exposes_the_node_is_refused() {
    let Some(lab) = Lab::new("refresh::bad_stack") else { return };
    let good = lab.install(&lab.release("1.0.0"));
    let whole = fs::read_to_string(lab.stack_file()).unwrap();
    for (more, word) in [
        ("this is = = no toml", "line "),
        ("[publish]\naddress = \"0.0.0.0\"", "TLS"),
        ("[containers.api]\nprivileged = true", "privileged"),
        ("[containers.api]\nafter = [\"nobody\"]", "nobody"),
        ("profile = \"vax\"", "vax"),
    ] {
        let stack = if more.contains("no toml") { more.to_owned() } else { merge(&whole, more) };
        fs::write(lab.stack_file(), stack).unwrap();
        lab.publish(&lab.release("1.1.0"));
        let run = lab.run(&["refresh"]);
        assert_eq!(run.code, 2, "{more}: {run:?}");
        run.says(&[word]);
        assert_eq!(lab.run(&["stack", "check"]).code, 2, "{more}");
        assert_eq!(lab.answers(), Some(good.clone()), "{more}");
    }
}

#[test]
fn a_port_that_somebody_else_has_is_named_and_the_node_is_held() {
    let Some(lab) = Lab::new("refresh::port_taken") else { return };
    lab.publish(&lab.release("1.0.0"));
    let listener = std::net::TcpListener::bind(("127.0.0.1", lab.port)).unwrap();
    let run = lab.run(&["refresh"]);
    assert!([1, 2].contains(&run.code), "{run:?}");
    run.says(&[&lab.port.to_string()]);
    assert!(lab.containers().iter().all(|one| text(&one["State"]) != "running"));
    drop(listener);
    let again = lab.run(&["refresh"]);
    assert_eq!(again.code, 0, "{again:?}");
    lab.serves(again.word("digest"));
}
