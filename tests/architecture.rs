//! Holds the arrows of the house, by reading the source.
//!
//! A room may name the rooms that [`ARROWS`] gives it, and itself; a crate in [`CRATES`] may be named in its rooms only.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use syn::visit::Visit;

/// From each room, the rooms it may name. `cli` and `api` are edges and may name any capability; nobody names them.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "api",
            "conversation",
            "host",
            "knowledge",
            "inference::engines",
            "inference::models",
            "inference::workers",
            "foundation",
        ],
    ),
    (
        "api",
        &[
            "conversation",
            "host",
            "knowledge",
            "inference::models",
            "inference::workers",
            "foundation",
        ],
    ),
    (
        "conversation",
        &["host", "knowledge", "inference::models", "inference::workers", "foundation"],
    ),
    ("knowledge", &["inference::models", "inference::workers", "foundation"]),
    ("host", &["foundation"]),
    ("bin", &["refresh"]),
    ("refresh", &["foundation"]),
    ("inference::engines", &["inference::models", "inference::workers", "foundation"]),
    ("inference::workers", &["inference::models", "foundation"]),
    ("inference::models", &["foundation"]),
    ("inference", &[]),
    ("foundation", &["foundation"]),
];

/// Crates that stay in their rooms, so that each can be replaced, and so that the core never loads a model.
const CRATES: &[(&str, &[&str])] = &[
    ("ort", &["inference::engines"]),
    ("tokenizers", &["inference::engines"]),
    ("minijinja", &["inference::engines", "api"]),
    ("axum", &["api"]),
    ("axum_server", &["api"]),
    ("tower", &["api"]),
    ("tower_http", &["api"]),
    ("hyper", &["api"]),
    ("utoipa_axum", &["api"]),
    ("utoipa_swagger_ui", &["api"]),
    ("rusqlite", &["foundation"]),
    ("toml_edit", &["foundation"]),
    ("bollard", &["refresh"]),
    ("oci_client", &["refresh"]),
    ("sd_notify", &["refresh"]),
    ("clap", &["cli", "refresh"]),
    ("anyhow", &["cli", "refresh"]),
    ("indicatif", &["cli", "refresh"]),
    // LL-DEP-47: what reads the manifest has no HTTP client to download with.
    ("reqwest", &["cli", "refresh"]),
];

/// The paths that a source file names, wherever it names them.
#[derive(Default)]
struct Named {
    paths: BTreeSet<Vec<String>>,
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        collect(&item.tree, &mut Vec::new(), &mut self.paths);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.paths.insert(path.segments.iter().map(|part| part.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }
}

fn collect(tree: &syn::UseTree, prefix: &mut Vec<String>, paths: &mut BTreeSet<Vec<String>>) {
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            collect(&path.tree, prefix, paths);
            prefix.pop();
        }
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|item| collect(item, prefix, paths));
        }
        syn::UseTree::Name(name) => {
            paths.insert(prefix.iter().cloned().chain([name.ident.to_string()]).collect());
        }
        syn::UseTree::Rename(rename) => {
            paths.insert(prefix.iter().cloned().chain([rename.ident.to_string()]).collect());
        }
        syn::UseTree::Glob(_) => {
            paths.insert(prefix.clone());
        }
    }
}

/// Returns the room that a path of modules lies in; the longest name wins.
fn room(modules: &[String]) -> Option<&'static str> {
    let joined = modules.join("::");
    ARROWS
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| joined == *room || joined.starts_with(&format!("{room}::")))
        .max_by_key(|room| room.len())
}

/// Returns what `source`, which lies in `here`, names and must not.
fn violations(here: &str, source: &str) -> Vec<String> {
    let mut named = Named::default();
    named.visit_file(&syn::parse_file(source).expect("the source compiles, so it parses"));
    let allowed = ARROWS.iter().find(|(room, _)| *room == here).map_or(&[][..], |(_, rooms)| rooms);
    let mut found = Vec::new();
    for path in &named.paths {
        let text = path.join("::");
        if path[0] == "crate" {
            match room(&path[1..]) {
                Some(there) if there == here || allowed.contains(&there) => {}
                Some(there) => found.push(format!("{here} names {there}: {text}")),
                None => found.push(format!("{here} names something outside every room: {text}")),
            }
        }
        if let Some((name, rooms)) = CRATES.iter().find(|(name, _)| *name == path[0])
            && !rooms.contains(&here)
        {
            found.push(format!("{here} names the crate {name}: {text}"));
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the source is readable") {
        let path = entry.expect("the source is readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn modules(source: &Path, file: &Path) -> Vec<String> {
    let relative =
        file.strip_prefix(source).expect("files lie below the source").with_extension("");
    let mut modules: Vec<String> =
        relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if modules.last().is_some_and(|name| name == "mod") {
        modules.pop();
    }
    modules
}

#[test]
fn arrows_point_down_and_crates_stay_in_their_rooms() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in sources(&source) {
        let modules = modules(&source, &file);
        if modules == ["main"] || modules == ["lib"] {
            continue;
        }
        let Some(here) = room(&modules) else {
            found.push(format!("{} lies in no room", file.display()));
            continue;
        };
        let text = fs::read_to_string(&file).expect("the source is readable");
        found.extend(
            violations(here, &text).into_iter().map(|what| format!("{}: {what}", file.display())),
        );
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in sources(&source) {
        let text = fs::read_to_string(&file).expect("the source is readable");
        assert!(text.starts_with("//! "), "{} does not open with what it is for", file.display());
    }
}

#[test]
fn an_arrow_that_points_up_is_found() {
    assert_eq!(violations("knowledge", "use crate::conversation::Turn;").len(), 1);
    assert_eq!(
        violations("api", "use crate::{host, inference::{engines::llm, workers}};").len(),
        1
    );
    assert_eq!(violations("foundation", "fn f() -> crate::api::Error { loop {} }").len(), 1);
    assert_eq!(violations("conversation", "use crate::knowledge::Passage;").len(), 0);
}

#[test]
fn a_crate_outside_its_room_is_found() {
    assert_eq!(violations("knowledge", "use rusqlite::params;").len(), 1);
    assert_eq!(violations("inference::workers", "fn f(_: ort::session::Session) {}").len(), 1);
    assert_eq!(
        violations("inference::engines", "use ort::{session::Session, value::Tensor};").len(),
        0
    );
}

/// What holds the container socket contains neither the runtime of models, nor the API, nor the database.
#[test]
fn the_supervisor_links_neither_onnx_runtime_nor_the_api() {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none"])
        .args(["--no-default-features", "--features", "supervisor"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo is there, for it runs this test");
    let tree = String::from_utf8(output.stdout).expect("crate names are text");
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("bollard"), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["ort", "ort-sys", "tokenizers", "axum", "utoipa", "rusqlite", "minijinja"] {
        assert!(!crates.contains(name), "the supervisor links {name}");
    }
}

/// Model weights, operating-system images and other large artifacts stay outside the repository.
///
/// LL-DEP-9, LL-DEP-11, LL-DEP-12, LL-DEP-42, LL-WF-42
#[test]
fn no_weights_and_no_images_are_committed() {
    const LIMIT: u64 = 1 << 20;
    let heavy = ["onnx", "gguf", "safetensors", "bin", "data", "iso", "img", "qcow2"];
    let output = std::process::Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("git is there, for the source came from it");
    let names = String::from_utf8(output.stdout).expect("file names are text");
    for name in names.split_terminator('\0') {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let Ok(found) = fs::metadata(&path) else { continue };
        let suspicious =
            path.extension().is_some_and(|extension| heavy.iter().any(|heavy| extension == *heavy));
        assert!(!suspicious || found.len() < LIMIT, "{name} has {} bytes", found.len());
    }
}
