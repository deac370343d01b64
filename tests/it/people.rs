//! People, as an operator enters and erases them on the machine, with the real binary.

use crate::node::Root;
use serde_json::Value;
use std::{fs, process::Output};

fn text(output: &Output) -> (i32, String, String) {
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), said(&output.stdout), said(&output.stderr))
}

fn json(output: &Output) -> Value {
    let (code, stdout, stderr) = text(output);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
}

/// Runs what must be refused, and returns what it said.
fn refused(root: &Root, arguments: &[&str]) -> String {
    let (code, _, stderr) = text(&root.run(arguments));
    assert_eq!(code, 2, "{arguments:?}: {stderr}");
    stderr
}

fn owners(root: &Root, text: &str) {
    fs::write(root.paths().config.join("owners.toml"), text).unwrap();
}

// VOX-71, INV-AGE-2
#[test]
fn a_person_is_entered_shown_given_a_role_exported_and_erased() {
    let root = Root::new();
    let add = [
        "person",
        "add",
        "anna",
        "--preferred-name",
        "Änne",
        "--language",
        "de",
        "--birthdate",
        "1980-05",
        "--json",
    ];
    let added = json(&root.run(&add));
    assert_eq!((&added["name"], &added["age"]), (&"anna".into(), &"adult".into()));
    assert!(refused(&root, &add).contains("person show anna"));
    let (code, _, stderr) = text(&root.run(&["person", "add", "tom"]));
    assert!(code == 0 && stderr.contains("counts as a child"), "{stderr}");
    assert!(refused(&root, &["person", "add", "Anna"]).contains("short name"));
    assert!(
        refused(&root, &["person", "add", "eva", "--birthdate", "2999-01-01"])
            .contains("day that has been")
    );
    assert!(refused(&root, &["person", "show", "nobody-here"]).contains("person list"));

    let token =
        ["token", "create", "--name", "laptop", "--scope", "chat", "--person", "anna", "--json"];
    assert_eq!(json(&root.run(&token))["person"], added["id"]);
    let nobody = ["token", "create", "--name", "x", "--scope", "chat", "--person", "eva"];
    assert!(refused(&root, &nobody).contains("no person eva"));
    assert_eq!(json(&root.run(&["token", "list", "--json"]))[0]["person_name"], "anna");
    let (_, listed, _) = text(&root.run(&["token", "list"]));
    assert!(listed.contains("of anna"), "{listed}");

    let (code, said, stderr) = text(&root.run(&["person", "role", "anna", "operator"]));
    assert_eq!((code, said.trim()), (0, "anna is operator now"), "{stderr}");
    let everybody = json(&root.run(&["person", "list", "--json"]));
    assert_eq!(everybody.as_array().unwrap().len(), 2);
    assert_eq!(everybody[0]["role"], "operator");
    let shown = json(&root.run(&["person", "show", "anna", "--json"]));
    assert_eq!(shown["profile"][0]["value"], "Änne");
    assert_eq!(json(&root.run(&["person", "claims", "anna", "--json"])), Value::Array(vec![]));
    let gone = refused(&root, &["person", "voiceprints", "anna", "--delete", "v1"]);
    assert!(gone.contains("no voiceprint v1"), "{gone}");

    let file = root.path().join("anna.json");
    let export = ["person", "export", "anna", file.to_str().unwrap()];
    assert_eq!(text(&root.run(&export)).0, 0);
    let exported: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(exported["tokens"][0], "laptop");
    assert!(exported["audit"].as_array().unwrap().iter().any(|one| one["what"] == "role"));
    assert!(exported["audit"].as_array().unwrap().iter().any(|one| one["reason"] == "linked"));
    assert!(refused(&root, &export).contains("not there yet"));

    // Nobody is asked where nobody can answer.
    assert!(refused(&root, &["person", "erase", "anna"]).contains("--yes"));
    let erased = json(&root.run(&["person", "erase", "anna", "--yes", "--json"]));
    assert_eq!((&erased["fields"], &erased["tokens"][0]), (&3.into(), &"laptop".into()));
    refused(&root, &["person", "show", "anna"]);
    assert_eq!(json(&root.run(&["token", "list", "--json"]))[0]["person_name"], Value::Null);
    let bytes = fs::read(root.paths().database()).unwrap();
    assert!(!bytes.windows("Änne".len()).any(|window| window == "Änne".as_bytes()));
}

// C-35
#[test]
fn the_operators_file_makes_owners_at_each_start() {
    let root = Root::new();
    owners(&root, "[[owner]]\nname = \"olga\"\npreferred_name = \"Olga\"\nadult = true\n");
    let doctor = json_of_doctor(&root);
    assert!(doctor["found"].as_str().unwrap().contains("names olga"), "{doctor}");
    let node = root.start();
    let olga = json(&node.root.run(&["person", "show", "olga", "--json"]));
    assert_eq!((&olga["role"], &olga["age"]), (&"owner".into(), &"adult".into()));
    let erase = refused(&node.root, &["person", "erase", "olga", "--force"]);
    assert!(erase.contains("owners.toml"), "{erase}");
    let root = node.stop_and_keep();
    // Whoever is not named any more stays an owner, and the operator is told how that is changed.
    owners(&root, "[[owner]]\nname = \"otto\"\n");
    let node = root.start();
    let everybody = json(&node.root.run(&["person", "list", "--json"]));
    let roles: Vec<_> = everybody.as_array().unwrap().iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["owner", "owner"]);
    assert_eq!(everybody[1]["age"], "unknown");
    let (_, log) = node.stop();
    assert!(log.contains("ladylinux person role olga guest"), "{log}");
}

fn json_of_doctor(root: &Root) -> Value {
    let (_, stdout, stderr) = text(&root.run(&["doctor", "--json"]));
    let findings: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}"));
    let mut all = findings.as_array().unwrap().iter();
    all.find(|finding| finding["check"] == "owners").unwrap().clone()
}

#[test]
fn a_file_of_owners_that_is_wrong_starts_nothing_and_is_named_with_its_line() {
    let root = Root::new();
    owners(&root, "[[owner]]\nname = \"olga\"\nadlut = true\n");
    let (code, said) = root.refused();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("owners.toml:3: ") && said.contains("adlut"), "{said}");
    let issue = &json_of_doctor(&root)["issues"][0];
    assert_eq!(issue["code"], "owners_invalid", "{issue}");
    let (code, report, _) = text(&root.run(&["prepare", "--check", "--json"]));
    assert_eq!(code, 3, "{report}");
    assert!(report.contains("owners_invalid"), "{report}");
    // Nobody was entered by halves.
    owners(&root, "");
    assert_eq!(json(&root.run(&["person", "list", "--json"])), Value::Array(vec![]));
}
