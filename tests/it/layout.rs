//! Directories, the database and the doctor, by the verbs that an operator runs.

use crate::node::skip;
use crate::run::{Node, json};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

/// Somebody who owns nothing here.
const STRANGER: u32 = 65_534;

// LL-DEP-19, LXA-102
#[test]
fn provision_makes_a_fresh_root_pass_its_own_check() {
    let node = Node::fresh();
    let before = node.run(&["provision", "--check"]);
    assert_eq!(before.code, 3, "{before:?}");
    assert!(before.stdout.contains("[state_missing]"), "{}", before.stdout);
    assert!(before.stderr.contains("provision --root"), "{}", before.stderr);
    assert!(!node.root().exists(), "a check creates nothing");

    let first = node.run(&["provision"]);
    assert_eq!(first.code, 0, "{first:?}");
    let after = node.run(&["provision", "--check"]);
    assert_eq!((after.code, after.stdout.as_str()), (0, "every directory is as it should be\n"));
    let second = json(&node.run(&["provision", "--json"]));
    assert_eq!(second, serde_json::json!([]));
}

// LXA-101
#[test]
fn a_deleted_sap_directory_is_found_by_check_and_doctor() {
    let node = Node::provisioned();
    fs::remove_dir(node.root().join("var/lib/ladylinux/data/import/sap_import_failed")).unwrap();
    let issues = node.run(&["provision", "--check", "--json"]);
    assert_eq!(issues.code, 3);
    let issues = json(&issues);
    assert_eq!(issues[0]["code"], "sap_import_failed_missing");
    assert_eq!(issues[0]["severity"], "critical");
    let doctor = node.run(&["doctor"]);
    assert_eq!(doctor.code, 3);
    assert!(doctor.stdout.contains("[sap_import_failed_missing]"), "{}", doctor.stdout);
}

// LL-DEP-17, LXA-97
#[test]
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn another_user_is_told_what_it_may_not_do() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can run a program as somebody else");
        return;
    }
    let node = Node::provisioned();
    node.open_to(STRANGER);
    let knowledge = node.root().join("var/lib/ladylinux/data/knowledge");
    for (mode, code) in [
        (0o350, "knowledge_read_denied"),
        (0o550, "knowledge_write_denied"),
        (0o650, "knowledge_execute_denied"),
        (0o750, ""),
    ] {
        fs::set_permissions(&knowledge, fs::Permissions::from_mode(mode)).unwrap();
        let issues = json(&node.run_as(STRANGER, &["provision", "--check", "--json"], &[]));
        let found: Vec<_> =
            issues.as_array().unwrap().iter().map(|issue| issue["code"].clone()).collect();
        let expected = if code.is_empty() { vec![] } else { vec![code, "knowledge_wrong_mode"] };
        assert_eq!(found, expected, "{mode:o}");
    }
}

// LL-DEP-16, LL-DEP-17
#[test]
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn on_a_host_root_provisions_for_the_service_user() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root provisions a host");
        return;
    }
    if fs::read_to_string("/etc/passwd").is_ok_and(|users| users.contains("\nladylinux:")) {
        eprintln!("skipped: this host has a service user of its own");
        return;
    }
    let host = tempfile::tempdir().unwrap();
    fs::set_permissions(host.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let at = |relative: &str| host.path().join(relative);
    let shown = |relative: &str| at(relative).display().to_string();
    let environment = [
        ("LADYLINUX_CONFIG_DIR", shown("etc")),
        ("LADYLINUX_MODELS_DIR", shown("opt/models")),
        ("LADYLINUX_CONTAINERS_DIR", shown("opt/containers")),
        ("LADYLINUX_STATE_ROOT", shown("lib")),
    ];
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let node = Node::host();
    let provision = node.run_with(&["provision"], &environment);
    assert_eq!(provision.code, 0, "{provision:?}");
    let owner = |relative: &str| {
        let found = fs::metadata(at(relative)).unwrap();
        (found.uid(), found.gid())
    };
    assert_eq!(owner("lib/data/import/sap_import"), (10001, 10001));
    assert_eq!(owner("opt/models"), (10001, 10001));
    // The node reads its configuration and cannot change it.
    assert_eq!(owner("etc"), (0, 10001));
    assert_eq!(owner("etc/ladylinux.env"), (0, 10001));
    // What lies in the state directory is the node's, and the directory is not: it cannot rename what is its supervisor's.
    let mode = |relative: &str| fs::metadata(at(relative)).unwrap().mode() & 0o7777;
    assert_eq!((owner("lib"), mode("lib")), ((0, 0), 0o755));
    for own in ["lib/data", "lib/cache", "lib/logs", "lib/facts"] {
        assert_eq!((owner(own), mode(own)), ((10001, 10001), 0o750), "{own}");
    }
    assert_eq!((owner("lib/supervisor"), mode("lib/supervisor")), ((0, 0), 0o711));
    let requests = "lib/supervisor/requests";
    assert_eq!((owner(requests), mode(requests)), ((0, 10001), 0o1770));
    assert_eq!(node.run_with(&["provision", "--check"], &environment).code, 0);
    assert_eq!(node.run_as(10001, &["provision", "--check"], &environment).code, 0);

    // In a container, configuration and models belong to somebody else; the service user provisions the rest.
    for foreign in ["etc", "opt/models"] {
        std::os::unix::fs::chown(at(foreign), Some(0), Some(0)).unwrap();
        fs::set_permissions(at(foreign), fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::remove_file(at("etc/ladylinux.env")).unwrap();
    fs::remove_dir(at("lib/data/import/sap_import")).unwrap();
    let provision = node.run_as(10001, &["provision", "--json"], &environment);
    assert_eq!((provision.code, json(&provision)[0]["change"].as_str()), (0, Some("created")));
    let issues = json(&node.run_as(10001, &["provision", "--check", "--json"], &environment));
    let codes: Vec<_> = issues.as_array().unwrap().iter().map(|issue| &issue["code"]).collect();
    assert_eq!(codes, ["config_wrong_mode", "models_wrong_mode"]);
    assert!(issues.as_array().unwrap().iter().all(|issue| issue["severity"] == "warning"));

    let migrate = node.run_with(&["migrate"], &environment);
    assert_eq!(migrate.code, 2, "{migrate:?}");
    assert!(migrate.stderr.contains("belongs to user 10001"), "{}", migrate.stderr);
    let migrate = node.run_as(10001, &["migrate"], &environment);
    assert_eq!(migrate.code, 0, "{migrate:?}");
}

// LL-DEP-17, LL-WF-25
#[test]
fn in_a_container_the_service_user_provisions_a_fresh_volume() {
    let name = "in_a_container_the_service_user_provisions_a_fresh_volume";
    if !rustix::process::geteuid().is_root() {
        return skip(name, "only root can make what an engine makes");
    }
    let container = tempfile::tempdir().unwrap();
    fs::set_permissions(container.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // What the image has: root's directories, and in the state directory the service user's.
    for made in
        ["etc", "models", "containers", "lib", "lib/data", "lib/cache", "lib/logs", "lib/facts"]
    {
        fs::create_dir(container.path().join(made)).unwrap();
        if made.contains('/') {
            std::os::unix::fs::chown(container.path().join(made), Some(10001), Some(10001))
                .unwrap();
        }
    }
    // What an engine makes to mount something there.
    fs::create_dir_all(container.path().join("lib/supervisor/requests")).unwrap();
    let shown = |relative: &str| container.path().join(relative).display().to_string();
    let environment = [
        ("LADYLINUX_CONFIG_DIR", shown("etc")),
        ("LADYLINUX_MODELS_DIR", shown("models")),
        ("LADYLINUX_CONTAINERS_DIR", shown("containers")),
        ("LADYLINUX_STATE_ROOT", shown("lib")),
    ];
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let node = Node::host();
    let provision = node.run_as(10001, &["provision"], &environment);
    assert_eq!(provision.code, 0, "{provision:?}");
    assert_eq!(node.run_as(10001, &["migrate"], &environment).code, 0);
    let issues = json(&node.run_as(10001, &["provision", "--check", "--json"], &environment));
    let codes: Vec<_> = issues.as_array().unwrap().iter().map(|issue| &issue["code"]).collect();
    let modes = ["config_wrong_mode", "models_wrong_mode", "containers_wrong_mode"];
    assert_eq!(codes, [&modes[..], &["requests_write_denied"]].concat());
    assert!(issues.as_array().unwrap().iter().all(|issue| issue["severity"] == "warning"));

    // A volume that belongs to somebody else is named, with what to do.
    fs::remove_dir_all(container.path().join("lib/cache")).unwrap();
    let refused = node.run_as(10001, &["provision"], &environment);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("user 10001 may not create"), "{}", refused.stderr);
}

// LXA-44
#[test]
fn nothing_is_provisioned_where_protected_storage_is_not_mounted() {
    let node = Node::fresh();
    let run = node.run(&["provision", "--set", "features=protected-mount"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("[protected_root_not_mounted]"), "{}", run.stderr);
    assert!(!node.root().exists());
    let node = Node::provisioned();
    assert_eq!(node.run(&["migrate"]).code, 0);
    let run = node.run(&["serve", "--set", "features=protected-mount", "--set", "http.port=0"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("[protected_root_not_mounted]"), "{}", run.stderr);
}

#[test]
fn migrate_brings_a_new_database_to_the_schema_once() {
    let node = Node::provisioned();
    assert_eq!(node.run(&["migrate", "--check"]).code, 3);
    let dry = json(&node.run(&["migrate", "--dry-run", "--json"]));
    assert_eq!(dry["stage"], "pending");
    assert_eq!(dry["from"], 0);
    assert!(!node.root().join("var/lib/ladylinux/data/ladylinux.db").exists());

    let applied = node.run(&["migrate"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert!(applied.stdout.contains("applied 0001"), "{}", applied.stdout);
    assert_eq!(node.run(&["migrate", "--check"]).code, 0);
    assert!(node.run(&["migrate"]).stdout.contains("nothing to do"));
}

#[test]
fn migrate_before_provision_says_what_comes_first() {
    let run = Node::fresh().run(&["migrate"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("run `ladylinux provision --root"), "{}", run.stderr);
}

#[test]
fn a_damaged_database_is_named_with_its_mend() {
    let node = Node::provisioned();
    node.write("var/lib/ladylinux/data/ladylinux.db", &"no database ".repeat(100));
    let migrate = node.run(&["migrate"]);
    assert_eq!(migrate.code, 1, "{migrate:?}");
    assert!(migrate.stderr.contains("is damaged"), "{}", migrate.stderr);
    let doctor = json(&node.run(&["doctor", "--json"]));
    assert_eq!(issue(&doctor, "database")["code"], "database_damaged");
}

#[test]
fn the_doctor_finds_what_a_fresh_node_lacks_and_each_issue_has_its_mend() {
    let node = Node::provisioned();
    assert_eq!(node.run(&["migrate"]).code, 0);
    node.write("tool.txt", "not a library");
    let library = node.root().join("tool.txt").display().to_string();
    let run = node
        .run_with(&["doctor", "--json", "--set", "http.port=0"], &[("ORT_DYLIB_PATH", &library)]);
    // A node without models and documents works, and says what it does without.
    assert_eq!(run.code, 0, "{run:?}");
    let doctor = json(&run);
    for check in ["settings", "user", "layout", "clock", "database", "extract", "port"] {
        assert!(issue(&doctor, check).is_null(), "{check}: {}", issue(&doctor, check));
    }
    assert_eq!(issue(&doctor, "knowledge")["code"], "knowledge_empty");
    assert_eq!(issue(&doctor, "runtime")["code"], "onnxruntime_missing");
    let mends = doctor.as_array().unwrap().iter().flat_map(|one| one["issues"].as_array().unwrap());
    assert!(
        mends.into_iter().all(|issue| issue["mend"].as_str().is_some_and(|mend| !mend.is_empty()))
    );
}

#[test]
fn the_doctor_tells_a_taken_port_from_a_free_one() {
    let node = Node::provisioned();
    let somebody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = somebody.local_addr().unwrap().port().to_string();
    let closes = std::thread::spawn(move || drop(somebody.accept()));
    let doctor = json(&node.run_with(&["doctor", "--json"], &[("LADYLINUX_PORT", &port)]));
    closes.join().unwrap();
    assert_eq!(issue(&doctor, "port")["code"], "port_taken");
}

#[test]
fn the_doctor_survives_settings_it_cannot_use() {
    let node = Node::provisioned();
    node.write("etc/ladylinux/ladylinux.toml", "nonsense");
    let doctor = node.run(&["doctor"]);
    assert_eq!(doctor.code, 3);
    assert!(doctor.stdout.contains("[settings_invalid]"), "{}", doctor.stdout);
    assert!(doctor.stdout.contains("ladylinux.toml:1"), "{}", doctor.stdout);
}

/// Returns the first issue that a check of the doctor found.
fn issue<'a>(doctor: &'a serde_json::Value, check: &str) -> &'a serde_json::Value {
    let found = doctor.as_array().unwrap().iter().find(|one| one["check"] == check).unwrap();
    &found["issues"][0]
}
