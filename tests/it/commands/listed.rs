//! `ladylinux commands list`, and what a broken file of the owner's does to a start.

use crate::run::{Node, json};

const BROKEN: &str = "[commands.open_garage]\nrisk = \"low\"\n";

#[test]
fn the_catalogue_in_force_is_listed_with_what_is_unavailable_and_why() {
    let node = Node::provisioned();
    node.write(
        "etc/ladylinux/commands.toml",
        "[commands.disable_alarm]\nenabled = false\n\n[commands.pause_music]\nexecutor = \"webhook\"\n",
    );
    let run = node.run(&["commands", "list"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("set_volume {level: 0–100}"), "{run:?}");
    assert!(run.stdout.contains("taken away by the owner"), "{run:?}");
    assert!(run.stderr.contains("set commands.mqtt_url"), "{run:?}");
    let url = "commands.webhook_url=http://127.0.0.1:9/";
    let listed = json(&node.run(&["commands", "list", "--json", "--set", url]));
    let commands = listed["commands"].as_array().unwrap();
    let of = |name: &str| commands.iter().find(|one| one["name"] == name);
    assert_eq!(of("pause_music").unwrap()["available"], true);
    assert_eq!(of("open_garage").unwrap()["code"], "no_broker");
    assert_eq!(of("mark_for_export").unwrap()["code"], "not_in_this_release");
    assert_eq!(of("refresh_node").unwrap()["code"], "no_supervisor");
    assert!(of("disable_alarm").is_none());
    assert_eq!(listed["disabled"], serde_json::json!(["disable_alarm"]));
}

// The issue: `commands.toml` with a mistake is a start-up error that names the line.
#[test]
fn a_broken_file_of_the_owners_is_refused_by_its_line() {
    let node = Node::provisioned();
    node.write("etc/ladylinux/commands.toml", BROKEN);
    let says = "commands.toml:2: open_garage is of high risk, which cannot be lowered to low";
    for (arguments, code) in
        [(&["commands", "list"][..], 2), (&["serve", "--port", "0"], 2), (&["doctor"], 3)]
    {
        let run = node.run(arguments);
        assert_eq!(run.code, code, "{run:?}");
        assert!(format!("{}{}", run.stdout, run.stderr).contains(says), "{run:?}");
    }
    let fine = node.root().join("fine.toml");
    std::fs::write(&fine, "").unwrap();
    let check = |file: &str| node.run(&["commands", "list", "--check", file]).code;
    assert_eq!(check(fine.to_str().unwrap()), 0);
    assert_eq!(check(node.root().join("etc/ladylinux/commands.toml").to_str().unwrap()), 2);
    assert_eq!(check("/nowhere/commands.toml"), 2);
}
