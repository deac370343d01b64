//! The manual says what is there: its links lead somewhere, and it knows every verb, exit code and refusal of the supervisor.

use ladylinux::refresh::exit::Exit;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap()
}

/// The pages of the manual, and those at the top.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/decisions"] {
        let entries = fs::read_dir(project().join(folder)).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|kind| kind == "md")));
    }
    assert!(pages.len() > 20, "{pages:?}");
    pages
}

/// Returns the places that a page leads to, within the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target).filter(|target| !target.contains("://"))
}

/// Returns the name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || "-_ ".contains(*letter);
    heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(target.exists(), "{}: {link}", page.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#').trim()));
                assert!(anchors.any(|one| one == heading), "{}: {link}", page.display());
            }
        }
    }
}

// LL-DEP-4: structure here, procedure there, and each leads to the other.
#[test]
fn structure_and_procedure_are_two_pages_that_lead_to_each_other() {
    let (structure, procedure) = (read("docs/DEPLOYMENT.md"), read("docs/REFRESH_WORKFLOW.md"));
    assert!(links(&structure).any(|link| link.starts_with("REFRESH_WORKFLOW.md")));
    assert!(links(&procedure).any(|link| link.starts_with("DEPLOYMENT.md")));
    let mut last = 0;
    for (number, step) in
        ["stop", "sync", "rebuild", "prepare", "restart", "status"].iter().enumerate()
    {
        let row = format!("\n| {} {step} |", number + 1);
        assert!(!structure.contains(&row), "{row}");
        let at = procedure.find(&row).unwrap_or_else(|| panic!("no row {row}"));
        assert!(at > last, "{row}");
        last = at;
    }
}

#[test]
fn the_manual_knows_every_verb_of_the_supervisor() {
    let mut supervisor = Command::new(env!("CARGO_BIN_EXE_ladylinux-supervisor"));
    let output = supervisor.arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    // A line that goes on with the one before is further in.
    let begun = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let begun = begun.filter(|line| !line.starts_with(' '));
    let verbs: Vec<&str> = begun.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.len() > 8, "{verbs:?}");
    let manual = read("docs/REFRESH_WORKFLOW.md")
        + &read("docs/OPERATIONS.md")
        + &read("docs/DEPLOYMENT.md");
    for verb in verbs.iter().filter(|verb| **verb != "help") {
        assert!(manual.contains(&format!("ladylinux-supervisor {verb}")), "{verb}");
    }
}

// LL-REF-53
#[test]
fn the_manual_knows_every_exit_code_of_the_supervisor() {
    let manual = read("docs/REFRESH_WORKFLOW.md");
    let all =
        [Exit::Done, Exit::Failed, Exit::Refused, Exit::Held, Exit::Locked, Exit::Interrupted];
    for exit in all {
        assert!(manual.contains(&format!("\n| {} |", exit as u8)), "{exit:?}");
    }
}

/// Returns the names of refusals that a source file gives.
fn refusals(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for marker in ["refuse(", "because(", "code: "] {
        for rest in source.split(marker).skip(1) {
            let Some(literal) = rest.trim_start().strip_prefix('"') else { continue };
            let name = literal.split('"').next().unwrap_or_default();
            let is_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            if name.contains('_') && name.chars().all(is_name) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

// LL-REF-47: whoever meets a refusal finds it.
#[test]
fn the_manual_knows_every_refusal_of_the_supervisor() {
    let sources = read("src/refresh/plan.rs") + &read("src/refresh/supervisor.rs");
    let refusals = refusals(&sources);
    assert!(refusals.len() > 12, "{refusals:?}");
    let manual = read("docs/REFRESH_WORKFLOW.md");
    for refusal in refusals {
        assert!(manual.contains(&format!("`{refusal}`")), "{refusal}");
    }
}

/// Returns the rows of a snapshot in which something happens: another state, something to do, a greeting.
fn what_happens(snapshot: &str) -> Vec<&str> {
    let rows = snapshot.lines().filter(|line| line.starts_with('|'));
    let (head, rows): (Vec<&str>, Vec<&str>) =
        (rows.clone().take(2).collect(), rows.skip(2).collect());
    let happens = |row: &&str| !row.ends_with("| · | · |") && !row.contains("| none: ");
    head.into_iter().chain(rows.into_iter().filter(happens)).collect()
}

// Part 8 of the conscience: the tables of the page are those that the tests of the policy make.
#[test]
fn the_page_about_policy_has_every_row_in_which_something_happens_and_no_other() {
    let page = read("docs/policy.md");
    let tables = page.split("\n## The nine machines").nth(1).unwrap();
    let mut sections = BTreeSet::new();
    for section in tables.split("\n### ").skip(1) {
        let name = section.split('`').nth(1).unwrap();
        let snapshot = read(&format!("src/policy/tests/snapshots/{name}.snap"));
        let told: Vec<&str> = section.lines().filter(|line| line.starts_with('|')).collect();
        let happens = what_happens(&snapshot);
        assert!(happens.len() > 8, "{name}: {happens:?}");
        assert_eq!(told, happens, "docs/policy.md, {name}: should be\n{}", happens.join("\n"));
        sections.insert(name.to_owned());
    }
    let snapshots = fs::read_dir(project().join("src/policy/tests/snapshots")).unwrap();
    let names = snapshots.map(|entry| entry.unwrap().path());
    let names = names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    assert_eq!(sections, names.collect());
}

#[test]
fn the_page_about_policy_knows_every_refusal_and_every_number_that_can_be_set() {
    let page = read("docs/policy.md");
    let source = read("src/policy/refusal.rs");
    let variants = source.split("\nrefusals! {").nth(1).unwrap().split("\n}").next().unwrap();
    let variants = variants.lines().filter(|line| line.ends_with("\","));
    let codes: Vec<&str> = variants.filter_map(|line| line.split('"').nth(1)).collect();
    assert!(codes.len() > 30, "{codes:?}");
    let settings = read("src/foundation/settings/keys.rs");
    let keys: Vec<&str> = settings.split('"').filter(|text| text.starts_with("policy.")).collect();
    assert!(keys.len() > 15, "{keys:?}");
    for name in codes.into_iter().chain(keys) {
        assert!(page.contains(&format!("`{name}`")), "docs/policy.md does not tell of {name}");
    }
}
