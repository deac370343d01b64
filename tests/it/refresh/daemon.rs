//! The daemon: what happens at boot, in the probation, after a death, and on request.

use super::{
    lab::{Lab, Running, text, until, write},
    socket::Refusing,
};
use ladylinux::foundation::values::time;
use rustix::process::Signal;
use serde_json::Value;
use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A node whose probation is short.
fn lab(test: &str, probation: &str) -> Option<Lab> {
    Some(Lab::new(test)?.stack(&format!("refresh.probation = \"{probation}\"")))
}

fn state(lab: &Lab) -> String {
    lab.status().word("state").to_owned()
}

fn wait_for(lab: &Lab, wanted: &str) {
    until(&format!("the state {wanted}"), PATIENCE, || state(lab) == wanted);
}

fn end(daemon: Running) {
    daemon.signal(Signal::TERM);
    let ended = daemon.ended();
    assert_eq!(ended.code, 0, "{ended:?}");
}

// LL-WF-52
#[test]
fn a_daemon_on_a_fresh_node_installs_the_channels_release() {
    let Some(lab) = lab("refresh::daemon_first_install", "1m") else { return };
    let digest = lab.publish(&lab.release("1.0.0"));
    let daemon = lab.spawn(&["run"]);
    until("the first answer", PATIENCE, || lab.answers().as_ref() == Some(&digest));
    wait_for(&lab, "on_probation");
    end(daemon);
    lab.serves(&digest);
}

// PRODUCT.md "probation"
#[test]
fn a_release_that_lives_through_its_probation_is_proven_and_older_images_are_removed() {
    let Some(lab) = lab("refresh::proven", "500ms") else { return };
    let old = lab.release("1.0.0").image();
    lab.install(&lab.release("1.0.0"));
    lab.install(&lab.release("1.1.0"));
    lab.install(&lab.release("1.2.0"));
    let daemon = lab.spawn(&["run"]);
    wait_for(&lab, "serving");
    assert_eq!(lab.status().json["standing"], "proven");
    // Of three, the current one and the one that a rollback needs stay.
    let image = |id: &str| lab.engine.ask("GET", &format!("/images/{id}/json")).status;
    until("the oldest image's end", PATIENCE, || image(&old.id()) == 404);
    assert_eq!(image(&lab.release("1.1.0").image().id()), 200);
    end(daemon);
    assert_eq!(lab.run(&["rollback", "--offline"]).code, 0);
}

// PRODUCT.md "probation": dying inside it stops and holds.
#[test]
fn a_release_that_dies_in_its_probation_is_held_and_not_started_again() {
    let Some(lab) = lab("refresh::dies_in_probation", "1m") else { return };
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("2.0.0").set("RELEASE_DIES_AFTER_MS", "1500"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    let daemon = lab.spawn(&["run"]);
    wait_for(&lab, "held");
    lab.is_held().says(&["probation", "rollback"]);
    end(daemon);
    assert_eq!(lab.run(&["rollback"]).code, 0);
    lab.serves(&good);
}

#[test]
fn a_proven_release_that_dies_is_started_again_until_it_dies_too_often() {
    let Some(lab) = lab("refresh::dies_when_proven", "200ms") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let daemon = lab.spawn(&["run"]);
    wait_for(&lab, "serving");
    lab.engine.podman(&["kill", &lab.container_name("api")]);
    until("the answer after a death", PATIENCE, || lab.answers().as_ref() == Some(&digest));
    wait_for(&lab, "serving");
    let (deadline, held) = (time::instant() + PATIENCE * 6, AtomicBool::new(false));
    thread::scope(|scope| {
        // Beside the looks, which take their time: five deaths in a minute are meant. It is killed when it answers, and the
        // engine left alone until then: it has the next one to start, beside whatever else this machine does.
        scope.spawn(|| {
            while time::instant() < deadline && !held.load(Ordering::Relaxed) {
                if lab.answers().is_some() {
                    // It may be dead already.
                    let kill = format!("/containers/{}/kill", lab.container_name("api"));
                    lab.engine.ask("POST", &kill);
                }
                thread::sleep(Duration::from_millis(50));
            }
        });
        until("the end of the patience", PATIENCE * 6, || state(&lab) == "held");
        held.store(true, Ordering::Relaxed);
    });
    lab.is_held().says(&["too often"]);
    end(daemon);
}

// C-3: a release that a reboot ended has not died, whatever keeps it from being started again at first.
#[test]
fn what_cannot_be_seen_after_a_power_cut_is_not_held_against_the_release() {
    let Some(mut lab) = lab("refresh::damaged_store", "1m") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    lab.engine.podman(&["stop", "-t", "1", &lab.container_name("api")]);
    // As Podman answers where the layer of one container is damaged; asked for that of another, it answers well.
    let engine = Refusing::before(lab.engine.socket(), lab.directory(), "/containers/json?");
    lab.through(&engine.url());
    let daemon = lab.spawn(&["run"]);
    until("the daemon's looks", PATIENCE, || engine.refused() > 20);
    assert_eq!(lab.answers(), None);
    engine.lets_pass();
    until("the answer after all", PATIENCE, || lab.answers().as_ref() == Some(&digest));
    wait_for(&lab, "on_probation");
    end(daemon);
}

// C-3: after a reboot.
#[test]
fn at_boot_the_daemon_starts_what_is_installed_but_never_what_is_held_or_stopped() {
    let Some(lab) = lab("refresh::boot", "1m") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    lab.engine.podman(&["stop", "-t", "1", &lab.container_name("api")]);
    let daemon = lab.spawn(&["run"]);
    until("the answer after the boot", PATIENCE, || lab.answers().as_ref() == Some(&digest));
    end(daemon);

    for (verb, wanted) in [("stop", "stopped"), ("hold", "held")] {
        assert_eq!(lab.run(&[verb]).code, 0);
        let daemon = lab.spawn(&["run"]);
        let told = lab.state().join("requests/status.json");
        drop(fs::remove_file(&told));
        until("the daemon's first look", PATIENCE, || told.exists());
        assert_eq!((lab.answers(), state(&lab)), (None, wanted.to_owned()));
        end(daemon);
    }
    lab.is_held();
}

/// What the daemon has told the core.
pub(crate) fn told(lab: &Lab) -> Value {
    let text = fs::read_to_string(lab.state().join("requests/status.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

// The core's only way to ask for a refresh.
#[test]
fn the_core_can_ask_for_a_refresh_with_a_file_and_reads_how_it_went() {
    let Some(lab) = lab("refresh::request", "1m") else { return };
    lab.install(&lab.release("1.0.0"));
    let daemon = lab.spawn(&["run"]);
    until("the daemon's first word", PATIENCE, || !told(&lab).is_null());
    let digest = lab.publish(&lab.release("1.1.0"));
    let requests = lab.state().join("requests");
    // What is no request is removed, and changes nothing.
    std::os::unix::fs::symlink("/etc/passwd", requests.join("a.json")).unwrap();
    write(&requests.join("b.json"), &vec![b'x'; 8192]);
    write(
        &requests.join("c.json"),
        br#"{"verb":"reboot","id":"7d444840-9dc0-11d1-b245-5ffdce74fad2"}"#,
    );
    until("their end", PATIENCE, || {
        ["a", "b", "c"]
            .iter()
            .all(|one| fs::symlink_metadata(requests.join(format!("{one}.json"))).is_err())
    });
    assert_ne!(lab.answers().as_ref(), Some(&digest));

    super::requests::ask(&lab, "refresh", None);
    until("the new release", PATIENCE, || lab.answers().as_ref() == Some(&digest));
    until("word of it", PATIENCE, || told(&lab).to_string().contains(&digest));
    let began = lab.journal().into_iter().rfind(|line| line["what"] == "began").unwrap();
    assert!(text(&began["actor"]).contains("page"), "{began}");
    end(daemon);
    lab.serves(&digest);
}

#[test]
fn a_daemon_that_is_told_to_end_leaves_the_node_serving() {
    let Some(lab) = lab("refresh::daemon_ends", "1m") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let daemon = lab.spawn(&["run"]);
    until("the daemon's first word", PATIENCE, || !told(&lab).is_null());
    end(daemon);
    lab.serves(&digest);
}

/// Asks the daemon for a refresh to a release that takes a while to start, and waits until its steps have begun.
fn under_way(lab: &Lab) -> String {
    until("the daemon's first word", PATIENCE, || !told(lab).is_null());
    let digest = lab.publish(&lab.release("1.1.0").set("RELEASE_STARTS_AFTER_MS", "3000"));
    super::requests::ask(lab, "refresh", None);
    until("the steps' beginning", PATIENCE, || {
        let mut lines = lab.journal().into_iter();
        lines.rfind(|line| line["what"] == "began").unwrap().to_string().contains(&digest)
    });
    digest
}

// The steps of a run are never left half done because somebody stops the service.
#[test]
fn a_daemon_that_is_told_to_end_in_a_refresh_goes_to_its_end_first() {
    let Some(lab) = lab("refresh::daemon_ends_late", "1m") else { return };
    lab.install(&lab.release("1.0.0"));
    let daemon = lab.spawn(&["run"]);
    let digest = under_way(&lab);
    end(daemon);
    lab.serves(&digest);
}

// C-3: what a killed run leaves behind is seen to at once, not at the next boot.
#[test]
fn a_refresh_of_the_daemon_that_is_killed_leaves_a_hold_that_says_so() {
    let Some(lab) = lab("refresh::daemon_child", "1m") else { return };
    lab.install(&lab.release("1.0.0"));
    let daemon = lab.spawn(&["run"]);
    under_way(&lab);
    let pid = daemon.pid();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let child = children.split_whitespace().next().unwrap().parse().unwrap();
    let child = rustix::process::Pid::from_raw(child).unwrap();
    rustix::process::kill_process(child, Signal::KILL).unwrap();
    wait_for(&lab, "held");
    lab.is_held().says(&["refresh"]);
    end(daemon);
    assert_eq!(lab.run(&["refresh"]).code, 0);
}

#[test]
fn a_refresh_that_is_told_to_end_or_loses_its_terminal_in_its_steps_goes_to_its_end() {
    let Some(lab) = lab("refresh::told_to_end", "1m") else { return };
    lab.install(&lab.release("1.0.0"));
    let digest = lab.publish(&lab.release("1.1.0").set("RELEASE_STARTS_AFTER_MS", "2000"));
    let lines = lab.journal_lines();
    let run = lab.spawn(&["refresh"]);
    until("the steps' beginning", PATIENCE, || lab.journal_lines() > lines);
    for signal in [Signal::HUP, Signal::TERM, Signal::INT] {
        run.signal(signal);
    }
    let ended = run.ended();
    assert_eq!((ended.code, ended.word("outcome")), (0, "done"), "{ended:?}");
    lab.serves(&digest);
}
