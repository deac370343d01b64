//! Refreshes that go well: what is done, in which order, what is left alone, and what is said about it.

use super::lab::{Lab, text, tree, write};
use serde_json::Value;
use std::{fs, process::Command};

// LL-WF-52, LL-REF-2, LL-REF-35..40, LL-WF-39..41, C-6
#[test]
fn a_first_install_from_a_baseline_is_a_refresh_with_nothing_to_stop() {
    let Some(lab) = Lab::new("refresh::first_install") else { return };
    let before = lab.status();
    assert_eq!((before.code, before.word("state")), (3, "not_installed"), "{before:?}");
    before.says(&["refresh"]);

    let release = lab.release("1.0.0");
    let digest = lab.publish(&release);
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
    lab.serves(&digest);
    lab.is_tidy(1);
    assert_eq!(lab.schema(), Some(1));
    assert_eq!(run.json["changed"], true);
    assert_eq!(run.json["from"], Value::Null);
    assert_eq!(run.word("digest"), digest);
    assert_eq!(run.word("commit").len(), 40);
    assert_eq!(run.json["drift"], serde_json::json!([]));
    assert_eq!(run.word("runtime_version"), "stand-in 1.0");
    assert_eq!(run.word("runtime_path"), "/usr/local/bin/ladylinux");
    assert_eq!(run.word("service_status"), "running");
    assert_eq!(run.json["models"]["writable"], false);
    let steps: Vec<&str> = run.json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["stop", "sync", "rebuild", "prepare", "restart", "status"]);
    let file = fs::read_to_string(run.word("file")).unwrap();
    let report: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(
        (&report["digest"], &report["outcome"]),
        (&run.json["digest"], &run.json["outcome"])
    );
}

// LL-REF-37..40: the human lines name the same as the JSON.
#[test]
fn without_json_a_person_reads_commit_digest_runtime_and_status() {
    let Some(lab) = Lab::new("refresh::human_lines") else { return };
    let digest = lab.publish(&lab.release("1.0.0"));
    let mut command = lab.command(&["refresh"]);
    let arguments: Vec<_> =
        command.get_args().filter(|one| *one != "--json").map(ToOwned::to_owned).collect();
    command = Command::new(command.get_program());
    let output = command.args(arguments).env_clear().output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    for line in ["commit  ", "digest  ", "runtime  ", "runtime_path", "service_status", "models  "]
    {
        assert!(said.contains(line), "{line} is missing:\n{said}");
    }
    assert!(said.contains(&digest), "{said}");
}

// LL-REF-2, LL-REF-20..26, LL-WF-26, LL-DEP-28, LL-WF-17..19
#[test]
fn a_refresh_brings_a_new_digest_and_touches_neither_models_nor_config_nor_data() {
    let Some(lab) = Lab::new("refresh::new_digest") else { return };
    write(&lab.volume("models").join("phi/model.onnx"), &[7; 4096]);
    write(&lab.volume("config").join("ladylinux.env"), b"LADYLINUX_ENV=prod\n");
    lab.install(&lab.release("1.0.0"));
    write(&lab.volume("state").join("data/notes.txt"), b"precious");
    write(&lab.volume("state").join("logs/audit.jsonl"), b"{}\n");
    let places = ["models", "config", "state"].map(|which| lab.volume(which));
    let (before, volumes) = (places.clone().map(|place| tree(&place)), lab.volumes());
    let old = lab.id_of("api");

    let digest = lab.publish(&lab.release("1.1.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
    assert_eq!(
        run.json["drift"],
        serde_json::json!([]),
        "a container that nobody touched has not drifted"
    );
    lab.serves(&digest);
    assert_ne!(lab.id_of("api"), old, "the container is made anew");
    assert!(before == places.map(|place| tree(&place)), "something in the volumes was touched");
    assert!(volumes.iter().all(|one| lab.volumes().contains(one)));
    lab.is_tidy(1);
    let status = lab.status();
    assert_eq!(status.json["last"]["outcome"], "done");
    assert_eq!(status.json["release"]["version"], "1.1.0");
    assert_ne!(status.json["previous"]["digest"], digest);
}

// LL-WF-56, LL-REF-28
#[test]
fn a_refresh_that_finds_nothing_new_stops_nothing_and_says_so() {
    let Some(lab) = Lab::new("refresh::unchanged") else { return };
    lab.install(&lab.release("1.0.0"));
    let (id, journal) = (lab.id_of("api"), lab.journal().len());
    let started = lab.engine.container(&id).unwrap()["State"]["StartedAt"].clone();

    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("outcome")), (0, "unchanged"), "{run:?}");
    assert_eq!(run.json["changed"], false);
    assert_eq!(lab.id_of("api"), id);
    assert_eq!(lab.engine.container(&id).unwrap()["State"]["StartedAt"], started);
    assert_eq!(lab.journal().len(), journal);
}

// LL-REF-27
#[test]
fn always_recreate_makes_the_containers_anew_even_if_nothing_is_new() {
    let Some(lab) = Lab::new("refresh::always_recreate") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let old = lab.id_of("api");
    let run = lab.run(&["refresh", "--always-recreate"]);
    assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
    assert_ne!(lab.id_of("api"), old);
    lab.serves(&digest);
}

// LL-REF-28: the container's declaration counts as much as the digest.
#[test]
fn a_changed_declaration_makes_the_containers_anew() {
    let Some(lab) = Lab::new("refresh::changed_declaration") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let old = lab.id_of("api");
    let lab = lab.stack("[containers.api]\npids = 33\n");
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
    let now =
        lab.engine.container("api").or_else(|| lab.engine.container(&lab.container_name("api")));
    assert_eq!(now.unwrap()["HostConfig"]["PidsLimit"], 33);
    assert_ne!(lab.id_of("api"), old);
    lab.serves(&digest);
}

// LL-REF-53
#[test]
fn a_script_can_tell_changed_from_unchanged_by_the_exit_code() {
    let Some(lab) = Lab::new("refresh::exit_code_if_changed") else { return };
    lab.publish(&lab.release("1.0.0"));
    assert_eq!(lab.run(&["refresh", "--exit-code-if-changed", "10"]).code, 10);
    assert_eq!(lab.run(&["refresh", "--exit-code-if-changed", "10"]).code, 0);
}

// LL-REF-18, LL-REF-51
#[test]
fn a_refresh_needs_no_terminal_and_no_standard_input() {
    let Some(lab) = Lab::new("refresh::stdin_closed") else { return };
    let digest = lab.publish(&lab.release("1.0.0"));
    let command = lab.command(&["refresh"]);
    let output = Command::new("sh")
        .args(["-c", r#"exec "$@" <&-"#, "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    lab.serves(&digest);
}

// LL-REF-52
#[test]
fn the_same_inputs_give_the_same_plan_and_a_plan_changes_nothing() {
    let Some(lab) = Lab::new("refresh::plan") else { return };
    lab.install(&lab.release("1.0.0"));
    let digest = lab.publish(&lab.release("1.1.0"));
    let (id, journal) = (lab.id_of("api"), lab.journal().len());
    let (one, two) = (lab.run(&["plan"]), lab.run(&["plan"]));
    assert_eq!((one.code, one.word("to")), (0, digest.as_str()), "{one:?}");
    assert_eq!(one.json["unchanged"], false);
    assert!(one.word("hash").len() == 64 && one.word("hash") == two.word("hash"), "{one:?}");
    assert_eq!((lab.id_of("api"), lab.journal().len()), (id, journal));

    lab.publish(&lab.release("1.2.0"));
    let other = lab.run(&["plan"]);
    assert_ne!(other.word("hash"), one.word("hash"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.word("plan"), other.word("hash"), "a refresh follows the plan");
}

// LL-REF-2: another channel, and a digest.
#[test]
fn a_refresh_goes_to_a_named_channel_or_digest() {
    let Some(lab) = Lab::new("refresh::named_target") else { return };
    lab.publish(&lab.release("1.0.0"));
    let image = lab.release("2.0.0-dev").image();
    let develop = lab.registry.push(&lab.repository_path(), "develop", &image);
    assert_eq!(lab.run(&["refresh", "develop"]).code, 0);
    lab.serves(&develop);
    let other = lab.registry.push(&lab.repository_path(), "old", &lab.release("0.9.0").image());
    assert_eq!(lab.run(&["refresh", &other]).code, 0);
    lab.serves(&other);
}

// C-1, LL-REF-46, PRODUCT.md "failed refresh"
#[test]
fn a_rollback_goes_back_through_the_same_steps_and_another_one_forth_again() {
    let Some(lab) = Lab::new("refresh::rollback") else { return };
    let none = lab.run(&["rollback"]);
    none.is_refused("no_previous_release");
    let one = lab.install(&lab.release("1.0.0"));
    let two = lab.install(&lab.release("1.1.0"));
    let run = lab.run(&["rollback"]);
    assert_eq!(
        (run.code, run.word("outcome"), run.word("verb")),
        (0, "done", "rollback"),
        "{run:?}"
    );
    assert_eq!(run.json["steps"].as_array().unwrap().len(), 6);
    lab.serves(&one);
    assert_eq!(lab.run(&["rollback"]).code, 0);
    lab.serves(&two);
}

// C-1, PRODUCT.md "failed refresh"
#[test]
fn a_rollback_is_refused_where_the_newer_release_migrated_the_schema() {
    let Some(lab) = Lab::new("refresh::rollback_after_migration") else { return };
    lab.install(&lab.release("1.0.0"));
    let two = lab.publish(&lab.release("2.0.0").schema(2));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.json["migrated"][0], 1, "{run:?}");
    assert_eq!(run.json["migrated"][1], 2, "{run:?}");
    assert_eq!(lab.schema(), Some(2));
    assert!(lab.volume("state").join("data/backup-1").exists());

    let back = lab.run(&["rollback"]);
    back.is_refused("schema_too_new");
    back.says(&["schema 2", "backup"]);
    lab.serves(&two);
}

// LL-REF-23, LL-REF-24, LL-WF-35
#[test]
fn drift_in_the_old_container_is_reported_and_then_discarded() {
    let Some(lab) = Lab::new("refresh::drift") else { return };
    lab.install(&lab.release("1.0.0"));
    // What is written into a container lies in its upper layer.
    let patched = || {
        let container = lab.engine.container(&lab.container_name("api")).unwrap();
        let upper = text(&container["GraphDriver"]["Data"]["UpperDir"]);
        std::path::Path::new(&upper).join("usr/local/bin/patched")
    };
    // A layer that is mounted does not show what is written beneath it.
    lab.engine.podman(&["stop", "-t", "1", &lab.container_name("api")]);
    fs::create_dir_all(patched().parent().unwrap()).unwrap();
    write(&patched(), b"by hand");
    lab.engine.podman(&["start", &lab.container_name("api")]);
    lab.publish(&lab.release("1.1.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.json["drift"].to_string().contains("usr/local/bin/patched"), "{run:?}");
    assert!(!patched().exists());
}

/// A second container, which needs the first.
const WATCHER: &str = r#"
[containers.watcher]
command = ["serve"]
user = "10001:10001"
network = "stack"
memory = "64 MiB"
cpus = 1.0
pids = 32
timeout = "1s"
after = ["api"]
"#;

// LL-REF-24, LL-WF-35
#[test]
fn what_the_stack_no_longer_declares_is_removed_and_its_volumes_are_not() {
    let Some(lab) = Lab::new("refresh::leftovers") else { return };
    let lab = lab.stack(WATCHER);
    lab.install(&lab.release("1.0.0"));
    lab.is_tidy(2);
    let volumes = lab.volumes();
    // An operator takes it out of the stack again, and a one-shot was left behind by a crash.
    let image = text(&lab.engine.container(&lab.container_name("api")).unwrap()["Image"]);
    let leftover = lab.container_name("prepare-leftover");
    lab.engine.podman(&[
        "create",
        "--name",
        &leftover,
        "--label",
        &format!("io.ladylinux.stack={}", lab.name),
        "--label",
        "io.ladylinux.service=prepare",
        "--label",
        "io.ladylinux.kind=one-shot",
        &image,
    ]);
    let file = fs::read_to_string(lab.stack_file()).unwrap();
    let mut stack: toml::Table = file.parse().unwrap();
    stack["containers"].as_table_mut().unwrap().remove("watcher");
    fs::write(lab.stack_file(), stack.to_string()).unwrap();
    let digest = lab.publish(&lab.release("1.1.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.is_tidy(1);
    lab.serves(&digest);
    assert!(volumes.iter().all(|one| lab.volumes().contains(one)));
}

// LL-WF-32, LL-REF-35, VOX-18
#[test]
fn containers_start_after_those_they_need_and_stop_before_them() {
    let Some(lab) = Lab::new("refresh::order") else { return };
    let lab = lab.stack(WATCHER);
    lab.install(&lab.release("1.0.0"));
    let state = |service: &str, when: &str| {
        text(&lab.engine.container(&lab.container_name(service)).unwrap()["State"][when])
    };
    assert!(state("api", "StartedAt") < state("watcher", "StartedAt"));
    let run = lab.run(&["stop"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(state("watcher", "FinishedAt") < state("api", "FinishedAt"));
    assert_eq!(lab.status().word("state"), "stopped");
    assert_eq!(lab.run(&["start"]).code, 0);
    assert_eq!(
        (lab.state_of("api"), lab.state_of("watcher")),
        ("running".into(), "running".into())
    );
}

// LL-REF-48
#[test]
fn if_one_container_fails_all_of_them_are_stopped() {
    let Some(lab) = Lab::new("refresh::all_or_none") else { return };
    let lab = lab
        .stack(WATCHER)
        .stack("containers.watcher.environment.RELEASE_SERVE = \"exits\"\nrefresh.ready_interval = \"500ms\"");
    lab.publish(&lab.release("1.0.0"));
    let run = lab.run(&["refresh"]);
    run.failed_in("restart");
    run.says(&["watcher"]);
    lab.is_held();
    assert_ne!(lab.state_of("api"), "running");
}

// C-3, LL-REF-46
#[test]
fn a_hold_keeps_the_node_stopped_until_somebody_ends_it() {
    let Some(lab) = Lab::new("refresh::hold") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let held = lab.run(&["hold", "--reason", "moving house"]);
    assert_eq!(held.code, 0, "{held:?}");
    lab.is_held().says(&["moving house", "release-hold"]);

    let start = lab.run(&["start"]);
    assert_eq!(start.code, 3, "{start:?}");
    start.says(&["moving house"]);
    lab.publish(&lab.release("1.1.0"));
    lab.run(&["refresh"]).is_refused("held_by_hand");
    lab.is_held();

    assert_eq!(lab.run(&["release-hold"]).code, 0);
    assert_eq!(lab.answers(), None, "nothing starts by itself");
    assert_eq!(lab.run(&["start"]).code, 0);
    lab.serves(&digest);
}

// LL-DEP-10, C-44
#[test]
fn an_image_that_does_not_say_what_it_was_built_from_is_refused() {
    let Some(lab) = Lab::new("refresh::no_revision") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("1.1.0").without_label("org.opencontainers.image.revision"));
    lab.run(&["refresh"]).is_refused("no_revision");
    lab.serves(&digest);
}

// The image's own labels: architecture, memory, schema.
#[test]
fn an_image_that_is_not_for_this_machine_is_refused_before_anything_is_stopped() {
    let Some(lab) = Lab::new("refresh::labels") else { return };
    let digest = lab.install(&lab.release("1.0.0").schema(3));
    lab.publish(&lab.release("1.1.0").schema(3).architecture("s390x"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 2, "{run:?}");
    run.says(&["s390x"]);
    lab.publish(&lab.release("1.2.0").schema(3).label("io.ladylinux.memory", "99000000000"));
    lab.run(&["refresh"]).is_refused("too_little_memory");
    lab.publish(&lab.release("1.3.0").schema(9).label("io.ladylinux.schema.from", "7"));
    lab.run(&["refresh"]).is_refused("schema_too_old");
    lab.publish(&lab.release("1.4.0").schema(2));
    lab.run(&["refresh"]).is_refused("schema_too_new");
    lab.serves(&digest);
}

// LL-REF-47: what happened can be read afterwards.
#[test]
fn the_history_tells_what_happened_newest_last() {
    let Some(lab) = Lab::new("refresh::history") else { return };
    lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("1.1.0").set("RELEASE_SERVE", "exits"));
    lab.run(&["refresh"]).failed_in("restart");
    let run = lab.run(&["history"]);
    assert_eq!(run.code, 0, "{run:?}");
    let entries = run.json.as_array().unwrap();
    assert_eq!(entries.len(), lab.journal().len());
    assert_eq!(entries[0]["what"], "began");
    let failed = entries.iter().rposition(|one| one["what"] == "failed").unwrap();
    let ready = entries.iter().rposition(|one| one["what"] == "ready").unwrap();
    assert!(ready < failed);
}
