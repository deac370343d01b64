//! The supervisor's own update: by hand-over, with a check before, and a way back.
//!
//! Which of the two supervisors starts is decided by an image's name alone; here the same binary plays both, and the name tells
//! which one it is.

use super::{
    lab::{Lab, Run, Running, until},
    release::Release,
};
use crate::node::skip;
use serde_json::Value;
use std::{fs, path::Path, process::Command, time::Duration};

const PATIENCE: Duration = Duration::from_secs(30);

/// A node whose supervisor runs from an image of this name.
struct Handing {
    lab: Lab,
    name: String,
}

impl Handing {
    /// Installs a release, and takes the supervisor from it.
    fn new(test: &str) -> Option<Self> {
        let lab = Lab::new(test)?;
        if lab.engine.is_docker {
            skip(test, "the unit that starts a supervisor anew is Podman's");
            return None;
        }
        let lab = lab.stack("refresh.probation = \"300ms\"\nrefresh.probe_every = \"100ms\"");
        lab.install(&lab.release("1.0.0"));
        let handing = Self { name: format!("localhost/{}-supervisor", lab.name), lab };
        handing.name_it(&handing.image_of_the_node(), "installed");
        Some(handing)
    }

    fn name_it(&self, id: &str, tag: &str) {
        self.lab.engine.podman(&["tag", id, &format!("{}:{tag}", self.name)]);
    }

    fn image_of_the_node(&self) -> String {
        let container = self.lab.engine.container(&self.lab.container_name("api")).unwrap();
        container["Image"].as_str().unwrap().trim_start_matches("sha256:").to_owned()
    }

    /// What a name stands for; nothing if it stands for nothing.
    fn named(&self, tag: &str) -> String {
        let name = format!("{}:{tag}", self.name);
        let found = self.lab.engine.podman(&["images", "--quiet", "--no-trunc", &name]);
        found.trim().trim_start_matches("sha256:").to_owned()
    }

    fn daemon(&self) -> Running {
        self.lab.spawn(&["run", "--installed-as", &format!("{}:installed", self.name)])
    }

    /// Refreshes, and returns the image that was before.
    fn refresh(&self, release: &Release) -> String {
        let before = self.image_of_the_node();
        self.lab.install(release);
        before
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.lab.state().join(name)
    }

    fn has_said(&self, what: &str) -> bool {
        self.lab.journal().iter().any(|entry| entry["what"] == what)
    }

    /// Runs the daemon until it ends by itself, which it does to hand over.
    fn hands_over(&self) -> Run {
        let mut daemon = self.daemon();
        until("the daemon's end", PATIENCE, || daemon.has_ended());
        let run = daemon.ended();
        assert_eq!(run.code, 0, "{run:?}");
        run
    }

    /// Runs the daemon until it has taken over.
    fn takes_over(&self) {
        let daemon = self.daemon();
        until("the end of the hand-over", PATIENCE, || {
            self.has_said("handed_over") && !self.file("hand-over.json").exists()
        });
        daemon.kill();
    }

    /// Runs the script that the unit runs before each start.
    fn starts(&self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/hand-over");
        let mut command = Command::new(script);
        command.arg(self.lab.state()).arg(format!("{}:installed", self.name));
        assert!(self.lab.engine.within(command).status().unwrap().success());
    }
}

#[test]
fn a_supervisor_hands_over_to_the_one_in_a_proven_release_and_the_node_serves_on() {
    let Some(handing) = Handing::new("refresh::hand_over") else { return };
    let before = handing.refresh(&handing.lab.release("2.0.0"));
    let answering = handing.lab.answers();
    handing.hands_over();
    assert_eq!(handing.named("installed"), handing.image_of_the_node());
    assert_eq!(handing.named("previous"), before);
    assert!(handing.has_said("handing_over") && !handing.has_said("handed_over"));
    handing.starts();
    handing.takes_over();
    assert_eq!(handing.lab.answers(), answering);
    // From there on it is the one, and goes on.
    let mut daemon = handing.daemon();
    until("a look", PATIENCE, || handing.lab.status().word("state") == "serving");
    assert!(!daemon.has_ended());
    assert_eq!(handing.lab.run(&["verify-receipts"]).code, 0);
    daemon.kill();
}

#[test]
fn a_successor_that_fails_its_look_is_not_handed_over_to_and_that_is_told_once() {
    let Some(handing) = Handing::new("refresh::bad_successor") else { return };
    let before = handing.refresh(&handing.lab.release("2.0.0").set("RELEASE_SUPERVISOR", "fails"));
    for told in [true, false] {
        // It writes its metrics once it has decided at its start.
        drop(fs::remove_file(handing.file("ladylinux.prom")));
        let daemon = handing.daemon();
        until("its start", PATIENCE, || handing.file("ladylinux.prom").exists());
        until("a proven release", PATIENCE, || handing.lab.status().word("state") == "serving");
        until("the decision", PATIENCE, || handing.file("hand-over.taken-back.json").exists());
        let said = daemon.kill().stderr;
        assert_eq!(said.contains("cannot read the journal"), told, "{said}");
        assert_eq!(handing.named("installed"), before);
    }
}

// Whatever is cut off, one of the two starts, and it ends in a supervisor that has taken over.
#[test]
fn a_hand_over_that_was_killed_anywhere_comes_to_its_end() {
    for (number, cut) in ["receipt", "previous", "file", "name"].into_iter().enumerate() {
        let Some(handing) = Handing::new("refresh::cut_hand_over") else { return };
        let before = handing.refresh(&handing.lab.release("2.0.0"));
        handing.hands_over();
        // The names go back to what they were at the moment of the cut.
        if number < 3 {
            handing.name_it(&before, "installed");
        }
        if number < 2 {
            fs::remove_file(handing.file("hand-over.json")).unwrap();
        }
        if number < 1 {
            handing.lab.engine.podman(&["untag", &before, &format!("{}:previous", handing.name)]);
        }
        handing.starts();
        if number < 3 {
            handing.hands_over();
        }
        assert_eq!(handing.named("installed"), handing.image_of_the_node(), "{cut}");
        assert_eq!(handing.named("previous"), before, "{cut}");
        handing.takes_over();
    }
}

#[test]
fn a_supervisor_that_does_not_last_three_starts_is_taken_back_by_the_unit() {
    let Some(handing) = Handing::new("refresh::taken_back") else { return };
    let before = handing.refresh(&handing.lab.release("2.0.0"));
    handing.hands_over();
    for _ in 0..3 {
        handing.starts();
        assert_eq!(handing.named("installed"), handing.image_of_the_node());
    }
    handing.starts();
    assert_eq!(handing.named("installed"), before);
    assert!(!handing.file("hand-over.json").exists());
    // The supervisor before says so, once, and does not try it again.
    let daemon = handing.daemon();
    until("the receipt", PATIENCE, || handing.has_said("taken_back"));
    until("a look", PATIENCE, || handing.lab.status().word("state") == "serving");
    let said = daemon.kill().stderr;
    assert!(said.contains("\"event\":\"taken_back\""), "{said}");
    let back: Value =
        serde_json::from_slice(&fs::read(handing.file("hand-over.taken-back.json")).unwrap())
            .unwrap();
    assert_eq!(back["told"], true);
    assert_eq!(handing.named("installed"), before);
}
