//! The audit, as somebody reads it who has the command line: listed, explained, exported, checked.

use crate::node::Root;
use ladylinux::foundation::{
    audit::{Audit, Decision, Record},
    store::Store,
    values::{PersonId, time::Timestamp},
};
use serde_json::Value;
use std::{fs, process::Output};
use uuid::Uuid;

/// Writes what became of one command: who asked was asked back, and somebody else confirmed.
async fn written(root: &Root) -> (Uuid, PersonId) {
    let (command, person) = (Uuid::now_v7(), PersonId::new());
    let store = Store::open(&root.paths().database()).unwrap();
    let audit = Audit::new(store.clone());
    for (at, decision, reason) in
        [(0, Decision::Asked, "confirm_first"), (1, Decision::Refused, "another_person")]
    {
        let record = Record {
            id: Uuid::now_v7(),
            about: Some(command),
            at: Timestamp(1_795_000_000_000 + at),
            person: Some(person),
            identity: "confirmed".to_owned(),
            confidence: 915,
            age: "adult".to_owned(),
            mode: "public".to_owned(),
            what: "disable_service".to_owned(),
            action: None,
            decision,
            reason: reason.to_owned(),
            basis: None,
        };
        audit.write(record).await.unwrap();
    }
    store.close().await;
    (command, person)
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

// VOX-74, issue 6 part 7
#[tokio::test]
async fn a_command_is_listed_and_explained_while_the_node_runs() {
    let root = Root::new();
    let (command, person) = written(&root).await;
    let node = root.start();
    let root = &node.root;
    let listed = root.run(&["audit", "list", "--json", "--person", &person.to_string()]);
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((listed.len(), &listed[1]["decision"]), (2, &Value::from("refused")));
    let why = text(&root.run(&["audit", "why", &command.to_string()]));
    let (asked, refused) = why.trim().split_once('\n').unwrap();
    assert!(asked.contains("disable_service waited for a confirmation"), "{why}");
    assert!(refused.contains("Somebody else than who had asked tried to confirm."), "{why}");
    assert_eq!(root.run(&["audit", "verify"]).status.code(), Some(0));
    let unknown = root.run(&["audit", "why", &Uuid::now_v7().to_string()]);
    assert_eq!(unknown.status.code(), Some(2));
    // What is noted of it elsewhere: the log has the head at the start and at the end.
    let verified = text(&root.run(&["audit", "verify"]));
    let head = verified.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_owned();
    let (_, log) = node.stop();
    assert_eq!(log.matches(&head).count(), 2, "{log}");
}

// Issue 6, "What bad input gets": an audit file with one byte changed.
#[tokio::test]
async fn an_exported_file_is_checked_without_a_node_and_names_the_line_that_was_changed() {
    let root = Root::new();
    written(&root).await;
    let file = root.path().join("audit.jsonl");
    let name = file.display().to_string();
    assert_eq!(root.run(&["audit", "export", &name]).status.code(), Some(0));
    assert_eq!(root.run(&["audit", "export", &name]).status.code(), Some(2), "it is there already");
    let nowhere = Root::bare();
    assert_eq!(nowhere.run(&["audit", "verify", &name]).status.code(), Some(0));
    let changed =
        fs::read_to_string(&file).unwrap().replacen("another_person", "another_persom", 1);
    fs::write(&file, changed).unwrap();
    let found = nowhere.run(&["audit", "verify", &name]);
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found).contains("broken: line 3"), "{found:?}");
}
