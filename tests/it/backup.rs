//! Backups and what becomes of a node that is restored from one: nothing that was written since is lost, and nothing that was
//! taken away since comes back.

use crate::node::{Node, Root};
use crate::prepare::{older, prepare};
use ladylinux::foundation::store;
use reqwest::StatusCode;
use serde_json::Value;
use std::{fs, path::Path, process::Output};

fn json(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

async fn opens(node: &Node, token: &str) -> bool {
    let status = node.get("/api/release").bearer_auth(token).send().await.unwrap().status();
    assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&status), "{status}");
    status == StatusCode::OK
}

// LXA-134, LXA-135, C-41
#[tokio::test]
async fn a_backup_of_a_running_node_brings_everything_back_but_what_was_revoked_since() {
    let node = Node::start();
    let (revoked, kept) = (node.root.token("chat"), node.root.token("chat"));
    let backup = node.root.path().join("backup");
    let name = backup.to_str().unwrap();
    let made = json(&node.root.run(&["backup", name, "--json"]));
    assert_eq!(made["about"]["schema"], *store::schemas().end());
    // What was there before is left alone.
    refused(&node.root.run(&["backup", name]));
    let id = revoked.split('_').nth(1).unwrap();
    assert!(node.root.run(&["token", "revoke", id]).status.success());
    let since = node.root.token("chat");

    // LXA-135: a running node is not restored beneath its feet.
    let said = refused(&node.root.run(&["restore", name]));
    assert!(said.contains("in use") && said.contains("stop"), "{said}");
    assert!(opens(&node, &since).await);

    let root = node.stop_and_keep();
    let checked = json(&root.run(&["restore", name, "--check", "--json"]));
    assert_eq!(checked["from"], checked["to"]);
    let restored = json(&root.run(&["restore", name, "--json"]));
    assert_eq!((&restored["kept"]["token"], &restored["replayed"]), (&1.into(), &1.into()));
    let aside = restored["kept_aside"].as_str().unwrap().to_owned();
    let node = root.start();
    assert!(opens(&node, &kept).await);
    assert!(!opens(&node, &revoked).await && !opens(&node, &since).await);

    let imported = json(&node.root.run(&["import", &aside, "--json"]));
    assert_eq!((&imported["added"]["token"], &imported["present"]), (&1.into(), &1.into()));
    assert!(opens(&node, &since).await && !opens(&node, &revoked).await);
}

#[test]
fn a_backup_that_was_changed_is_refused_and_nothing_is_touched() {
    let root = Root::new();
    let config = root.paths().config.join("ladylinux.env");
    fs::write(&config, "LADYLINUX_LLM_QUEUE=3\n").unwrap();
    let backup = root.path().join("backup");
    let name = backup.to_str().unwrap();
    json(&root.run(&["backup", name, "--json"]));
    let before = fs::read(root.paths().database()).unwrap();
    let refuses = |file: &str, content: Option<&[u8]>| {
        let path = backup.join(file);
        let was = fs::read(&path).ok();
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let said = refused(&root.run(&["restore", name]));
        match was {
            Some(was) => fs::write(&path, was).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        assert_eq!(fs::read(root.paths().database()).unwrap(), before);
        said
    };
    let database = fs::read(backup.join("ladylinux.db")).unwrap();
    let mut flipped = database.clone();
    flipped[database.len() / 2] ^= 1;
    assert!(refuses("ladylinux.db", Some(&flipped)).contains("SHA-256"));
    assert!(refuses("ladylinux.db", Some(&database[..database.len() - 1])).contains("SHA-256"));
    assert!(refuses("ladylinux.db", None).contains("lacks"));
    assert!(
        refuses("config/ladylinux.env", Some(b"LADYLINUX_EXPOSURE=network\n")).contains("SHA-256")
    );
    assert!(refuses("config/more.env", Some(b"")).contains("added"));
    assert!(refuses("backup.json", Some(b"{")).contains("backup.json"));
    assert!(
        refuses(
            "backup.json",
            Some(br#"{"form":2,"at":"","version":"","commit":null,"schema":1,"files":{}}"#)
        )
        .contains("form 2")
    );
    let escapes = format!(
        r#"{{"form":1,"at":"","version":"","commit":null,"schema":1,"files":{{"../x":"{}"}}}}"#,
        "0".repeat(64)
    );
    assert!(refuses("backup.json", Some(escapes.as_bytes())).contains("outside"));
    // Whole again, it is taken.
    json(&root.run(&["restore", name, "--json"]));
    let said = refused(&root.run(&["restore", name, "--sha256", &"0".repeat(64)]));
    assert!(said.contains("another SHA-256"), "{said}");
    refused(&root.run(&["restore", "/nowhere"]));
    refused(&root.run(&["restore", "--of-schema", "1"]));
}

#[test]
fn the_configuration_of_the_same_moment_is_compared_and_put_back_if_asked_for() {
    let root = Root::new();
    let (env, supervisor) =
        (root.paths().config.join("ladylinux.env"), root.paths().config.join("supervisor"));
    fs::write(&env, "LADYLINUX_LLM_QUEUE=3\n").unwrap();
    fs::create_dir_all(&supervisor).unwrap();
    fs::write(supervisor.join("auth.json"), "{}").unwrap();
    json(&root.run(&["backup", "--json"]));
    let backups = root.paths().state.join("data/backups");
    let backup = fs::read_dir(&backups).unwrap().next().unwrap().unwrap().path();
    assert!(
        !backup.join("config/supervisor").exists(),
        "what the supervisor knows is in no backup"
    );
    fs::write(&env, "LADYLINUX_LLM_QUEUE=4\n").unwrap();
    let name = backup.to_str().unwrap();
    let restored = json(&root.run(&["restore", name, "--json"]));
    assert_eq!(restored["config"]["differs"][0], "ladylinux.env");
    assert_eq!(fs::read_to_string(&env).unwrap(), "LADYLINUX_LLM_QUEUE=4\n");
    let restored = json(&root.run(&["restore", name, "--config", "--json"]));
    assert_eq!(restored["config"]["restored"], true);
    assert_eq!(fs::read_to_string(&env).unwrap(), "LADYLINUX_LLM_QUEUE=3\n");
    // A person is told the same.
    let output = root.run(&["restore", name]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("restored: schema"));
}

#[test]
fn migrations_are_rehearsed_on_a_copy_and_the_state_is_as_it_was() {
    let root = Root::new();
    let database = older(&root, "");
    let before = fs::read(&database).unwrap();
    let scratch = root.path().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let (code, rehearsed) = prepare(&root, &["--rehearse", scratch.to_str().unwrap()]);
    assert_eq!((code, rehearsed.ready, rehearsed.database.applied), (0, true, false));
    let rehearsal = rehearsed.database.rehearsal.unwrap();
    assert_eq!(rehearsal.database_bytes, before.len() as u64);
    assert!(rehearsal.space_bytes > rehearsal.database_bytes);
    assert_eq!(fs::read(&database).unwrap(), before);
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);

    // What would fail live fails here, and is named.
    older(&root, "CREATE TABLE passage (id INTEGER);");
    let (code, failed) = prepare(&root, &["--rehearse", scratch.to_str().unwrap()]);
    assert_eq!((code, failed.ready), (3, false));
    assert!(failed.issues.iter().any(|issue| issue.code == "migration_failed"), "{failed:?}");
    let (code, _) = prepare(&root, &["--rehearse", "/nowhere"]);
    assert_eq!(code, 3);

    // What a migration made can be restored by its number, and only as long as it is what it was.
    older(&root, "");
    let (_, made) = prepare(&root, &[]);
    let (backup, sha256) = (made.database.backup.unwrap(), made.database.backup_sha256.unwrap());
    let sha256 = sha256.to_string();
    let restored = json(&root.run(&["restore", "--of-schema", "1", "--sha256", &sha256, "--json"]));
    let newest = *store::schemas().end();
    assert_eq!((&restored["from"], &restored["to"]), (&newest.into(), &1.into()));
    let mut bytes = fs::read(Path::new(&backup)).unwrap();
    bytes.push(0);
    fs::write(Path::new(&backup), bytes).unwrap();
    refused(&root.run(&["restore", "--of-schema", "1", "--sha256", &sha256]));
}
