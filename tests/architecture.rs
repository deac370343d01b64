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
            "commands",
            "conversation",
            "host",
            "knowledge",
            "people",
            "policy",
            "supervisor",
            "inference::engines",
            "inference::models",
            "inference::models::pull",
            "inference::workers",
            "foundation",
        ],
    ),
    (
        "api",
        &[
            "commands",
            "conversation",
            "host",
            "knowledge",
            "people",
            "policy",
            "supervisor",
            "inference::models",
            "inference::workers",
            "foundation",
        ],
    ),
    (
        "conversation",
        &[
            "commands",
            "host",
            "knowledge",
            "people",
            "policy",
            "supervisor",
            "inference::models",
            "inference::workers",
            "foundation",
        ],
    ),
    ("knowledge", &["inference::models", "inference::workers", "foundation"]),
    ("host", &["foundation"]),
    // Keeps what policy decides about.
    ("people", &["policy", "foundation"]),
    // It asks the supervisor, and is told by the policy; it tells in the languages that facts are told in.
    ("commands", &["policy", "host", "supervisor", "foundation"]),
    // Decides, and knows nothing but what it is given.
    ("policy", &["foundation::values"]),
    // It tells what it knows in the languages that facts are told in.
    ("supervisor", &["host", "foundation"]),
    ("bin", &["refresh"]),
    ("refresh", &["foundation"]),
    ("inference::engines", &["inference::models", "inference::workers", "foundation"]),
    ("inference::workers", &["inference::models", "foundation"]),
    ("inference::models", &["foundation"]),
    ("inference::models::pull", &["inference::models", "foundation"]),
    ("inference", &[]),
    ("foundation", &["foundation"]),
];

/// Crates that stay in their rooms, so that each can be replaced, and so that the core never loads a model.
const CRATES: &[(&str, &[&str])] = &[
    ("ort", &["inference::engines"]),
    ("tokenizers", &["inference::engines"]),
    ("llguidance", &["inference::engines"]),
    // Documents are parsed where nothing can be opened, and nowhere else.
    ("hayro_syntax", &["inference::engines"]),
    ("hayro_cmap", &["inference::engines"]),
    ("html5gum", &["inference::engines"]),
    ("chardetng", &["inference::engines"]),
    ("encoding_rs", &["inference::engines"]),
    ("landlock", &["inference::engines"]),
    ("seccompiler", &["inference::engines"]),
    ("minijinja", &["inference::engines", "api"]),
    ("axum", &["api"]),
    ("axum_server", &["api"]),
    ("listenfd", &["api"]),
    ("tower", &["api"]),
    ("tower_http", &["api"]),
    ("hyper", &["api"]),
    ("utoipa_axum", &["api"]),
    ("utoipa_swagger_ui", &["api"]),
    ("rusqlite", &["foundation"]),
    ("toml_edit", &["foundation", "commands"]),
    // The broker's protocol and its TLS.
    ("rumqttc", &["commands"]),
    ("tokio_rustls", &["commands"]),
    ("rustls_platform_verifier", &["commands"]),
    ("bollard", &["refresh"]),
    ("oci_client", &["refresh"]),
    ("sd_notify", &["refresh"]),
    ("zbus", &["refresh", "host"]),
    ("clap", &["cli", "refresh"]),
    ("anyhow", &["cli", "refresh"]),
    ("indicatif", &["cli", "refresh"]),
    // LL-DEP-47: what reads the manifest has no HTTP client to download with.
    ("reqwest", &["cli", "refresh", "commands", "inference::models::pull"]),
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
    ARROWS
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| below(room, modules))
        .max_by_key(|room| room.len())
}

fn below(room: &str, modules: &[String]) -> bool {
    let joined = modules.join("::");
    joined == room || joined.starts_with(&format!("{room}::"))
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
                // A room may be open to another in part.
                Some(_) if allowed.iter().any(|part| below(part, &path[1..])) => {}
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
    assert_eq!(violations("policy", "use crate::foundation::values::{PersonId, time};").len(), 0);
    assert_eq!(violations("policy", "use crate::foundation::store::Store;").len(), 1);
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

/// Returns why a file may not be committed, if it may not: it is a machine's or a container's image, or weights.
fn refused(name: &str, size: u64, head: &[u8]) -> Option<&'static str> {
    const LIMIT: u64 = 1 << 20;
    const IMAGES: &[&str] = &[
        ".iso",
        ".img",
        ".qcow2",
        ".vmdk",
        ".vdi",
        ".vhd",
        ".vhdx",
        ".ova",
        ".squashfs",
        ".oci.tar",
    ];
    const WEIGHTS: &[&str] =
        &[".gguf", ".safetensors", ".pt", ".pth", ".ckpt", ".h5", ".tflite", ".npz"];
    const BEGINNINGS: &[(usize, &[u8])] = &[
        (0, b"GGUF"),
        (0, b"QFI\xfb"),
        (0, b"KDMV"),
        (0, b"conectix"),
        (0, b"vhdxfile"),
        (0, b"hsqs"),
        (0x8001, b"CD001"),
    ];
    let name = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let begins = BEGINNINGS
        .iter()
        .any(|(at, what)| head.get(*at..).is_some_and(|rest| rest.starts_with(what)));
    match () {
        () if ends(IMAGES) => Some("it is named as an operating system's or a container's image"),
        // Fixtures of bad weights are a few bytes; a graph with real weights is megabytes.
        () if ends(WEIGHTS) && size > 64 << 10 => Some("it is named as a model's weights"),
        () if begins && size > 64 << 10 => Some("it begins as weights or as a machine's image do"),
        () if size > LIMIT => Some("it is larger than 1 MiB"),
        () => None,
    }
}

/// Model weights, operating-system images and other large artifacts stay outside the repository, also under another
/// name, and also in its history.
///
/// LL-DEP-9, LL-DEP-11, LL-DEP-12, LL-DEP-42, LL-WF-42
#[test]
fn no_weights_and_no_images_are_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for name in committed() {
        let Ok(text) = fs::read(folder.join(&name)) else { continue };
        let size = u64::try_from(text.len()).expect("a file's size is a number");
        found.extend(refused(&name, size, &text).map(|why| format!("{name}: {why}")));
    }
    let objects =
        git(&["rev-list", "--objects", "--no-object-names", "--filter=blob:limit=1m", "HEAD"]);
    let all = git(&["rev-list", "--objects", "--no-object-names", "HEAD"]);
    let objects: BTreeSet<&str> = objects.lines().collect();
    found.extend(all.lines().filter(|object| !objects.contains(object)).map(|object| {
        format!("{object} in the history is 1 MiB or larger: git log --find-object={object}")
    }));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn weights_and_images_are_recognised_by_name_beginning_and_size() {
    assert!(refused("vm/mint.ISO", 10, b"").is_some());
    assert!(refused("next.oci.tar", 10, b"").is_some());
    assert!(refused("models/phi3/model.onnx", 2 << 20, b"").is_some());
    assert!(refused("models/model.safetensors", 100 << 10, b"").is_some());
    assert!(refused("notes.txt", 100 << 10, b"GGUF\x03").is_some());
    let mut disc = vec![0; 0x8800];
    disc[0x8001..0x8006].copy_from_slice(b"CD001");
    assert!(refused("backup", 400 << 10, &disc).is_some());
    assert!(refused("tests/fixtures/llm/llama/model.onnx", 300 << 10, b"\x08\x08").is_none());
    assert!(refused("tests/fixtures/cut.gguf", 10, b"GGUF").is_none());
}

fn git(arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("git is there, for the source came from it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("file names are text")
}

fn committed() -> Vec<String> {
    git(&["ls-files", "-z"]).split_terminator('\0').map(str::to_owned).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
        .expect("the file is there, and is text")
}

/// What ships runs on every CPU of its architecture: an N100 has no AVX-512, and a Pi 5 no SVE.
#[test]
fn nothing_is_built_for_one_cpu() {
    let flag = concat!("target", "-cpu");
    for name in committed() {
        let Ok(text) = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name)) else {
            continue;
        };
        let prose = Path::new(&name).extension().is_some_and(|extension| extension == "md");
        let compiles_c = ["-march=", "-mcpu=native"].iter().any(|flag| text.contains(flag));
        assert!(
            prose || name == "tests/architecture.rs" || !(text.contains(flag) || compiles_c),
            "{name} builds for one CPU"
        );
    }
}

/// A build that is told nothing, as compose does it, gets labels that are true.
#[test]
fn the_containerfile_says_what_the_source_says() {
    let text = read("Containerfile");
    let argument = |name: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(&format!("ARG {name}=")));
        found.expect("the Containerfile has a default for it").to_owned()
    };
    assert_eq!(argument("VERSION"), env!("CARGO_PKG_VERSION"));
    let mut migrations: Vec<u32> = committed()
        .iter()
        .filter_map(|name| name.strip_prefix("src/foundation/store/migrations/"))
        .map(|name| name[..4].parse().expect("a migration begins with its number"))
        .collect();
    migrations.sort_unstable();
    assert_eq!(argument("SCHEMA_FROM"), migrations[0].to_string());
    assert_eq!(argument("SCHEMA_TO"), migrations[migrations.len() - 1].to_string());
    assert_eq!(argument("PROFILE"), "release");
    let toolchain = read("rust-toolchain.toml");
    let version = argument("RUST_IMAGE");
    let version = version.split([':', '-']).nth(1).expect("the image has a tag").to_owned();
    assert!(toolchain.contains(&format!("channel = \"{version}\"")), "{version}");
}

/// A change of the source compiles no dependency, fetches no runtime, and leaves the image's lower layers as they were.
///
/// LL-DEP-6, LL-DEP-7
#[test]
fn the_image_has_what_changes_least_at_the_bottom() {
    let text = read("Containerfile");
    let stage = |name: &str| {
        let after = text.split(&format!(" AS {name}\n")).nth(1).expect("the stage is there");
        let end = after.find("\nFROM ").unwrap_or(after.len());
        after[..end].lines().filter(|line| line.starts_with("COPY ")).collect::<Vec<_>>()
    };
    assert_eq!(stage("onnxruntime"), ["COPY scripts/onnxruntime.txt ."]);
    let dependencies = stage("dependencies");
    assert!(dependencies.iter().all(|line| !line.contains(" src")), "{dependencies:?}");
    let place = |what: &str| stage("image").iter().position(|line| line.contains(what));
    let order = [
        "--from=onnxruntime",
        "--from=dependencies",
        "docs/",
        "bin/ladylinux-supervisor",
        "--from=release",
    ]
    .map(|what| place(what).expect("it is copied"));
    assert!(order.is_sorted(), "{order:?}");
}

/// Each invariant that vox-core's documents hold has a test by its name.
///
/// VOX-3, VOX-79
#[test]
fn every_invariant_is_the_name_of_a_test() {
    const INVARIANTS: &[(&str, std::ops::RangeInclusive<u32>)] = &[
        ("identity", 1..=3),
        ("age", 1..=4),
        ("privacy", 1..=4),
        ("privacy_name", 1..=1),
        ("privacy_fact", 1..=2),
        ("own", 1..=3),
        ("learn", 1..=5),
        ("conv", 1..=2),
        ("conv_bday", 1..=1),
        ("cmd", 1..=5),
        ("cmd_grp", 1..=3),
        ("multi", 1..=2),
        ("llm", 1..=2),
        ("fail", 1..=2),
    ];
    let tests: String = committed()
        .iter()
        .filter(|name| name.starts_with("src/policy/tests/"))
        .map(|name| read(name))
        .collect();
    for (family, numbers) in INVARIANTS {
        for number in numbers.clone() {
            let test = format!("\nfn inv_{family}_{number}_");
            assert!(tests.contains(&test), "no test is named inv_{family}_{number}_…");
        }
    }
}
