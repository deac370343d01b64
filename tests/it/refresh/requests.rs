//! What the core asks for by request files: granted only as the stack file allows, and told back.

use super::{
    daemon::told,
    lab::{Lab, Running, text, until, write},
};
use ladylinux::foundation::values::time;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{fs, time::Duration};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

/// Leaves a request, as the core does, and returns its name.
pub(crate) fn ask(lab: &Lab, verb: &str, target: Option<&str>) -> Uuid {
    let id = Uuid::now_v7();
    let mut request =
        json!({ "verb": verb, "id": id, "requested_at": time::now(), "actor": "page" });
    if let Some(target) = target {
        request["target"] = json!(target);
    }
    let requests = lab.state().join("requests");
    write(&requests.join(".partial"), request.to_string().as_bytes());
    fs::rename(requests.join(".partial"), requests.join(format!("{id}.json"))).unwrap();
    id
}

/// Asks, and waits until the core is told what came of it.
fn came(lab: &Lab, verb: &str, target: Option<&str>) -> Value {
    let id = ask(lab, verb, target);
    let find = || {
        let outcomes = told(lab)["outcomes"].as_array().cloned().unwrap_or_default();
        outcomes.into_iter().find(|one| one["id"] == json!(id))
    };
    until(&format!("word of {verb}"), PATIENCE, || find().is_some());
    find().unwrap()
}

#[track_caller]
fn is(came: &Value, outcome: &str, says: &str) {
    assert_eq!(came["outcome"], outcome, "{came}");
    assert!(text(&came["reason"]).contains(says), "{came}");
}

/// A node with a container beside the one that answers, and everything allowed.
fn lab(test: &str) -> Option<Lab> {
    Some(Lab::new(test)?.stack(
        r#"
[containers.watcher]
command = ["serve"]
user = "10001:10001"
memory = "64 MiB"
cpus = 1.0
pids = 32
timeout = "1s"
[requests]
allow = ["refresh", "rollback", "start_container", "stop_container", "disable_service"]
services = ["lab-nowhere.service"]
"#,
    ))
}

fn started(lab: &Lab) -> Running {
    let told_at = lab.state().join("requests/status.json");
    drop(fs::remove_file(&told_at));
    let daemon = lab.spawn(&["run"]);
    until("the daemon's first word", PATIENCE, || told_at.exists());
    daemon
}

fn end(daemon: Running) -> String {
    daemon.signal(Signal::TERM);
    let ended = daemon.ended();
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.stderr
}

/// Whether the container is there and does not run, in whichever of its words the engine says so.
fn rests(lab: &Lab) -> bool {
    ["created", "exited", "stopped"].contains(&lab.state_of("watcher").as_str())
}

fn actors(lab: &Lab, what: &str) -> Vec<String> {
    let lines = lab.journal().into_iter().filter(|line| line["what"] == what);
    lines.map(|line| text(&line["actor"])).collect()
}

// Issue 6, part 3: what touches containers goes to the supervisor, which alone does it. A container that somebody stopped by
// itself is neither dead nor broken, and stays stopped through a refresh and a boot.
#[test]
fn a_declared_container_is_stopped_and_started_by_request_and_rests_in_between() {
    let Some(lab) = lab("refresh::rest") else { return };
    lab.install(&lab.release("1.0.0"));
    let daemon = started(&lab);
    let stop = |service| came(&lab, "stop_container", Some(service));
    is(&stop("api"), "refused", "declares watcher");
    is(&stop("nobody"), "refused", "declares watcher");
    is(&stop("watcher"), "done", "");
    assert!(rests(&lab));
    assert_eq!(actors(&lab, "container_stopped"), ["request of page"]);
    // The node serves, on probation: nobody takes the container for dead.
    assert_eq!(lab.status().word("state"), "on_probation");

    let digest = lab.publish(&lab.release("1.1.0"));
    is(&came(&lab, "refresh", None), "done", "");
    assert_eq!(lab.answers().as_ref(), Some(&digest));
    is(&came(&lab, "refresh", None), "done", "already runs");
    assert!(rests(&lab));
    end(daemon);
    // As systemd may, at boot.
    lab.engine.podman(&["start", &lab.container_name("watcher")]);
    let daemon = started(&lab);
    until("the container's rest", PATIENCE, || rests(&lab));

    is(&came(&lab, "start_container", Some("watcher")), "done", "");
    assert_eq!(lab.state_of("watcher"), "running");
    assert_eq!(actors(&lab, "container_started"), ["request of page"]);
    end(daemon);
    lab.serves(&digest);

    // By hand, too.
    assert_eq!(lab.run(&["stop", "watcher"]).code, 0);
    assert_eq!((rests(&lab), lab.status().code), (true, 0));
    assert_eq!(lab.run(&["start", "watcher"]).code, 0);
    assert_eq!(lab.state_of("watcher"), "running");
    lab.run(&["stop", "api"]).says(&["watcher"]);
    lab.serves(&digest);
}

// Rollback by request obeys the verb's own rules: never with the state of before.
#[test]
fn a_rollback_by_request_goes_back_unless_the_state_was_migrated() {
    let Some(lab) = lab("refresh::requested_rollback") else { return };
    let daemon = started(&lab);
    let nothing = came(&lab, "rollback", None);
    is(&nothing, "refused", "");
    assert!(!text(&nothing["reason"]).is_empty());
    let old = lab.install(&lab.release("1.0.0"));
    lab.install(&lab.release("1.1.0"));
    is(&came(&lab, "rollback", None), "done", "");
    lab.serves(&old);
    let began = lab.journal().into_iter().rfind(|line| line["what"] == "began").unwrap();
    assert_eq!(
        (text(&began["verb"]), text(&began["actor"])),
        ("rollback".to_owned(), "request of page".to_owned())
    );

    let migrated = lab.install(&lab.release("2.0.0").schema(2));
    let refused = came(&lab, "rollback", None);
    is(&refused, "refused", "--restore-state");
    assert_eq!(lab.answers().as_ref(), Some(&migrated));
    let said = end(daemon);
    assert!(said.contains("NOTICE"), "{said}");
}

#[test]
fn requests_that_are_not_granted_are_told_back_and_change_nothing() {
    let Some(lab) = lab("refresh::not_granted") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let daemon = started(&lab);
    assert_eq!(told(&lab)["allows"]["containers"], json!(["watcher"]));
    assert_eq!(told(&lab)["allows"]["services"], json!(["lab-nowhere.service"]));
    let lines = lab.journal_lines();
    is(&came(&lab, "reboot", None), "refused", "no verb");
    is(&came(&lab, "disable_service", Some("ssh.service")), "refused", "never disabled");
    is(&came(&lab, "disable_service", Some("nginx")), "refused", "requests.services");
    // Whether there is a systemd here or not, it knows no such unit.
    let nowhere = came(&lab, "disable_service", Some("lab-nowhere"));
    let reason = text(&nowhere["reason"]);
    assert!(reason.contains("/run/dbus") || reason.contains("systemd"), "{nowhere}");
    is(&nowhere, "failed", "");
    // The same request again, by its name.
    let id = ask(&lab, "start_container", Some("watcher"));
    let file = lab.state().join(format!("requests/{id}.json"));
    let written = |requested_at: Value| json!({ "verb": "refresh", "id": id, "requested_at": requested_at, "actor": "page" });
    until("its end", PATIENCE, || told(&lab)["outcomes"].to_string().contains(&id.to_string()));
    write(&file, written(json!(time::now())).to_string().as_bytes());
    until("the removal of the same again", PATIENCE, || !file.exists());
    let stale = Uuid::now_v7();
    let old = json!({ "verb": "refresh", "id": stale, "requested_at": 1, "actor": "page" });
    write(&lab.state().join("requests/.old"), old.to_string().as_bytes());
    fs::rename(lab.state().join("requests/.old"), lab.state().join("requests/old.json")).unwrap();
    until("word of the stale one", PATIENCE, || {
        told(&lab)["outcomes"].to_string().contains("nobody expects it")
    });
    let said = end(daemon);
    assert!(said.contains("NOTICE") && said.contains("request_refused"), "{said}");
    assert!(said.contains("was taken before"), "{said}");
    // A container that was started though it ran is all there is a receipt of.
    assert_eq!(lab.journal_lines(), lines + 1);
    lab.serves(&digest);
}
