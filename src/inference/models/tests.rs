//! Installing, finding and checking models in real directories.

use super::*;
use crate::foundation::settings::Paths;
use crate::foundation::values::Sha256;
use std::{
    fs,
    path::{Path, PathBuf},
};

struct Node {
    directory: tempfile::TempDir,
    paths: Paths,
}

fn node() -> Node {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().to_owned();
    let paths = Paths {
        config: root.join("etc"),
        models: root.join("models"),
        containers: root.join("containers"),
        state: root.join("state"),
        protected: root.join("state/data"),
        storage: root.join("state/data/storage"),
        onnxruntime: None,
        root,
    };
    fs::create_dir_all(&paths.models).unwrap();
    Node { directory, paths }
}

/// A node whose model lies elsewhere, and has a link in its place.
fn linked() -> Node {
    let node = node();
    node.manifest("graph");
    node.install("elsewhere", "graph");
    fs::create_dir_all(node.paths.models.join("llm")).unwrap();
    let outside = node.directory.path().join("elsewhere");
    std::os::unix::fs::symlink(&outside, node.paths.models.join("llm/tiny")).unwrap();
    node
}

impl Node {
    fn write(&self, path: &str, content: &str) {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A manifest with one model, `tiny`, whose graph holds `content`.
    fn manifest(&self, content: &str) {
        let digest = Sha256::of(content);
        let bytes = content.len();
        self.write(
            "models/manifest.json",
            &format!(
                r#"{{"schema_version":"0.2","models":[{{"id":"tiny","display_name":"Tiny","task":"llm","format":"onnx",
                "local_path":"llm/tiny","filename":"model.onnx",
                "files":[{{"path":"model.onnx","bytes":{bytes},"sha256":"{digest}"}},{{"path":"tokenizer.json"}}]}},
                {{"id":"old","display_name":"Old","format":"gguf","local_path":"gguf","filename":"old.gguf","onnx_equivalent":"tiny"}}]}}"#
            ),
        );
    }

    fn install(&self, folder: &str, content: &str) {
        self.write(&format!("{folder}/model.onnx"), content);
        self.write(&format!("{folder}/tokenizer.json"), "{}");
    }

    fn state(&self, id: &str) -> State {
        list(&self.paths).unwrap().into_iter().find(|model| model.id == id).unwrap().state
    }

    fn everything(&self) -> Vec<String> {
        let walk = walkdir::WalkDir::new(&self.paths.models).sort_by_file_name();
        walk.into_iter().map(|entry| entry.unwrap().path().display().to_string()).collect()
    }
}

#[test]
fn a_model_is_missing_then_present_then_not_what_it_should_be() {
    let node = node();
    node.manifest("graph");
    assert!(matches!(node.state("tiny"), State::Missing { files } if files.len() == 2));
    node.install("models/llm/tiny", "graph");
    assert_eq!(node.state("tiny"), State::Present);
    node.install("models/llm/tiny", "gra");
    assert!(matches!(node.state("tiny"), State::Mismatch { .. }));
}

// LL-REF-43
#[test]
fn verifying_tells_a_changed_byte_of_the_same_length() {
    let node = node();
    node.manifest("graph");
    node.install("models/llm/tiny", "grapf");
    assert_eq!(node.state("tiny"), State::Present);
    let manifest = Manifest::load(&node.paths).unwrap();
    let digests = &mut Digests::load(&node.paths);
    let verified = verify(&node.paths, manifest.get("tiny").unwrap(), digests, |_| ());
    assert!(matches!(verified[0].verdict, Verdict::Mismatch { .. }));
    assert!(matches!(verified[1].verdict, Verdict::Unknown { .. }));
    assert!(verified[0].verdict.is_fault() && !verified[1].verdict.is_fault());
}

#[test]
fn a_remedy_names_the_folder_and_the_files_it_expects() {
    let node = node();
    node.manifest("graph");
    let issue = resolve(&node.paths, Task::Llm, None).unwrap_err();
    assert_eq!(issue.code, "model_missing");
    let folder = node.paths.models.join("llm/tiny");
    assert_eq!(
        issue.mend,
        format!(
            "run `ladylinux models pull tiny`, or put its files (model.onnx, tokenizer.json) in {}",
            folder.display()
        )
    );
}

#[test]
fn a_gguf_file_is_answered_with_the_onnx_equivalent() {
    let node = node();
    node.manifest("graph");
    node.write("models/gguf/old.gguf", "GGUF");
    for wanted in [None, Some("old"), Some("gguf/old.gguf")] {
        let issue = resolve(&node.paths, Task::Llm, wanted).unwrap_err();
        assert_eq!(issue.code, "model_format", "{wanted:?}");
        assert!(issue.mend.contains("use tiny instead"), "{}", issue.mend);
    }
    assert!(matches!(node.state("old"), State::Unsupported { present: true, .. }));
    let refused = import(&node.paths, &node.paths.models.join("gguf/old.gguf"), None, |_| ());
    assert!(matches!(refused, Err(ImportError::Gguf { .. })));
}

#[test]
fn a_folder_that_no_entry_names_is_found_and_can_be_named() {
    let node = node();
    node.manifest("graph");
    node.install("models/mine", "anything");
    let found = resolve(&node.paths, Task::Llm, None).unwrap();
    assert_eq!(
        (found.id.as_str(), found.graph.clone()),
        ("mine", node.paths.models.join("mine/model.onnx"))
    );
    assert_eq!(resolve(&node.paths, Task::Llm, Some("mine")).unwrap(), found);
    assert_eq!(node.state("mine"), State::Present);
}

#[test]
fn what_the_manifest_names_comes_before_what_merely_lies_there() {
    let node = node();
    node.manifest("graph");
    node.install("models/a-stray", "anything");
    node.install("models/llm/tiny", "graph");
    assert_eq!(resolve(&node.paths, Task::Llm, None).unwrap().id, "tiny");
}

// LL-DEP-43
#[test]
fn a_link_out_of_the_models_directory_is_refused() {
    let node = linked();
    assert_eq!(resolve(&node.paths, Task::Llm, None).unwrap_err().code, "model_outside");
    assert_eq!(
        resolve(&node.paths, Task::Llm, Some("../elsewhere")).unwrap_err().code,
        "model_outside"
    );
}

#[test]
fn an_import_is_whole_and_checked() {
    let node = node();
    node.manifest("graph");
    node.install("download", "graph");
    let mut bytes = 0;
    let imported =
        import(&node.paths, &node.directory.path().join("download"), Some("tiny"), |block| {
            bytes += block;
        })
        .unwrap();
    assert_eq!((imported.files, imported.bytes, bytes), (2, 7, 7));
    assert_eq!(imported.unverified, [Path::new("tokenizer.json")]);
    assert_eq!(node.state("tiny"), State::Present);
}

// LL-REF-41, LL-REF-45: whatever goes wrong, what was there stays and nothing half-written is left.
#[test]
fn an_import_that_fails_leaves_everything_as_it_was() {
    let node = node();
    node.manifest("graph");
    node.install("download", "other");
    node.install("models/mine", "anything");
    let before = node.everything();
    let download = node.directory.path().join("download");
    let wrong = import(&node.paths, &download, Some("tiny"), |_| ());
    assert!(matches!(wrong, Err(ImportError::Mismatch { .. })), "{wrong:?}");
    let taken = import(&node.paths, &download, Some("mine"), |_| ());
    assert!(matches!(taken, Err(ImportError::Exists(_))), "{taken:?}");
    let name = import(&node.paths, &download, Some("../x"), |_| ());
    assert!(matches!(name, Err(ImportError::BadName(_))), "{name:?}");
    fs::remove_file(download.join("tokenizer.json")).unwrap();
    let missing = import(&node.paths, &download, Some("tiny"), |_| ());
    assert!(matches!(missing, Err(ImportError::MissingFile { .. })), "{missing:?}");
    assert_eq!(node.everything(), before);
}

// LL-REF-43, LL-WF-48
#[test]
fn an_inventory_tells_what_is_right_and_reads_a_file_again_only_if_it_changed() {
    let node = node();
    node.manifest("graph");
    fs::create_dir_all(node.paths.cache()).unwrap();
    let take = || {
        let mut digests = Digests::load(&node.paths);
        let found = Inventory::take(&node.paths, &mut digests).unwrap();
        digests.save().unwrap();
        found
    };
    assert_eq!(take(), Inventory::default());
    node.install("models/llm/tiny", "graph");
    let right = Inventory { present: vec!["tiny".to_owned()], ..Inventory::default() };
    assert_eq!(take(), right);
    assert_eq!(take(), right);

    // A digest that is known is believed, which shows that the file is not read again.
    let cache = node.paths.cache().join("model-digests.json");
    let known = fs::read_to_string(&cache).unwrap();
    let (old, new) = (Sha256::of("graph").to_string(), Sha256::of("other").to_string());
    assert!(known.contains(&old));
    fs::write(&cache, known.replace(&old, &new)).unwrap();
    assert_eq!(take().mismatched[0].files, [Path::new("model.onnx")]);

    // Whoever trusts nobody reads it all the same.
    let manifest = Manifest::load(&node.paths).unwrap();
    let mut read = 0;
    let mut verdict = |digests: &mut Digests| {
        let files =
            verify(&node.paths, manifest.get("tiny").unwrap(), digests, |bytes| read += bytes);
        files[0].verdict.clone()
    };
    let mut digests = Digests::load(&node.paths);
    assert!(matches!(verdict(&mut digests), Verdict::Mismatch { .. }));
    digests.distrust();
    assert_eq!(verdict(&mut digests), Verdict::Verified);
    assert_eq!(read, 9, "five bytes of the graph in the second, and the tokenizer in both");

    // One byte, the same length: the file is another, whatever is known of it.
    node.install("models/llm/tiny", "grapg");
    fs::write(&cache, known).unwrap();
    let wrong = take();
    assert_eq!((wrong.present.len(), wrong.mismatched[0].id.as_str()), (0, "tiny"));
    fs::write(&cache, "nonsense").unwrap();
    assert_eq!(take(), wrong);
}

// C-43
#[test]
fn only_a_required_model_is_missing() {
    let node = node();
    node.manifest("graph");
    let path = node.paths.models.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replacen(r#""id":"tiny","#, r#""id":"tiny","required":true,"#, 1))
        .unwrap();
    let found = Inventory::take(&node.paths, &mut Digests::load(&node.paths)).unwrap();
    assert_eq!(found.missing, ["tiny"]);
}

// C-45
#[test]
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn whoever_could_change_a_model_is_found_and_leaves_no_trace() {
    let node = node();
    node.install("models/llm/tiny", "graph");
    let before = node.everything();
    assert_eq!(writable(&node.paths), Some(node.paths.models.clone()));
    assert_eq!(node.everything(), before);
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped in part: root may write everything");
        return;
    }
    let file = node.paths.models.join("llm/tiny/model.onnx");
    let set = |path: &Path, mode| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for directory in ["", "llm", "llm/tiny"] {
        set(&node.paths.models.join(directory), 0o555);
    }
    assert_eq!(writable(&node.paths), Some(file.clone()));
    set(&file, 0o444);
    set(&node.paths.models.join("llm/tiny/tokenizer.json"), 0o444);
    assert_eq!(writable(&node.paths), None);
    for directory in ["", "llm", "llm/tiny"] {
        set(&node.paths.models.join(directory), 0o755);
    }
}

// LL-REF-45: a model goes only by its name, with all of its folder and nothing else.
#[test]
fn a_model_is_removed_by_its_name_alone() {
    let node = node();
    node.manifest("graph");
    node.install("models/llm/tiny", "graph");
    node.install("models/mine", "anything");
    let before = node.everything();
    for wrong in ["nobody", "llm", "", "..", "llm/tiny"] {
        let refused = remove(&node.paths, wrong);
        assert!(matches!(refused, Err(RemoveError::Absent(_))), "{wrong:?}: {refused:?}");
    }
    assert_eq!(node.everything(), before);
    let removed = remove(&node.paths, "tiny").unwrap();
    assert_eq!((removed.bytes, removed.directory), (7, node.paths.models.join("llm/tiny")));
    assert!(matches!(node.state("tiny"), State::Missing { .. }));
    assert_eq!(node.state("mine"), State::Present);
    remove(&node.paths, "mine").unwrap();
    let left: Vec<_> = node
        .everything()
        .into_iter()
        .filter(|path| path.contains("mine") || path.contains(".remove"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_link_is_removed_and_not_what_it_leads_to() {
    let node = linked();
    remove(&node.paths, "tiny").unwrap();
    assert!(node.directory.path().join("elsewhere/model.onnx").exists());
    assert!(fs::symlink_metadata(node.paths.models.join("llm/tiny")).is_err());
}

#[test]
fn a_faster_graph_is_loaded_listed_verified_and_removed_with_its_model() {
    let node = node();
    let folder = node.paths.models.join("mine");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm/qwen2/genai");
    fs::create_dir_all(&folder).unwrap();
    for name in ["model.onnx", "tokenizer.json", "genai_config.json"] {
        fs::copy(fixture.join(name), folder.join(name)).unwrap();
    }
    let graph = || resolve(&node.paths, Task::Llm, Some("mine")).unwrap().graph;
    let listed = || list(&node.paths).unwrap().into_iter().find(|one| one.id == "mine").unwrap();
    let original = graph();
    assert!(original.ends_with("mine/model.onnx") && !listed().optimized);

    let head = Some(optimize::HeadForm { bits: 8, block: 32 });
    let draft = optimize::Plan::of(&original, head).unwrap().write(&mut |_| Ok(())).unwrap();
    assert_eq!(graph(), original, "what is only tried is not used");
    let (speed, answers) = optimize::tests::measured();
    let record = draft.keep(speed, answers).unwrap();
    let made = graph();
    assert!(made.ends_with("mine/model.optimized.onnx") && listed().optimized);

    let digests = &mut Digests::load(&node.paths);
    let mut faults = || {
        let verified = verify_optimized(&original, &record, digests, |_| ());
        assert_eq!(verified.len(), 2);
        verified.iter().filter(|file| file.verdict.is_fault()).count()
    };
    assert_eq!(faults(), 0);
    let mut bytes = fs::read(&made).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&made, bytes).unwrap();
    assert_eq!(faults(), 1);

    let removed = remove(&node.paths, "mine").unwrap();
    assert!(removed.bytes > record.graph.bytes && !folder.exists());
}

#[test]
fn an_inventory_holds_a_faster_graph_to_its_record() {
    let node = node();
    let folder = node.paths.models.join("mine");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm/qwen2/genai");
    fs::create_dir_all(&folder).unwrap();
    for name in ["model.onnx", "tokenizer.json"] {
        fs::copy(fixture.join(name), folder.join(name)).unwrap();
    }
    node.write(
        "models/manifest.json",
        r#"{"schema_version":"0.2","models":[{"id":"mine","display_name":"Mine","task":"llm","format":"onnx",
        "local_path":"mine","filename":"model.onnx"}]}"#,
    );
    let head = Some(optimize::HeadForm { bits: 8, block: 32 });
    let graph = folder.join("model.onnx");
    let draft = optimize::Plan::of(&graph, head).unwrap().write(&mut |_| Ok(())).unwrap();
    let (speed, answers) = optimize::tests::measured();
    draft.keep(speed, answers).unwrap();
    let taken = || Inventory::take(&node.paths, &mut Digests::load(&node.paths)).unwrap();
    assert_eq!(taken().present, ["mine"]);
    let data = folder.join("model.optimized.onnx_data");
    let mut bytes = fs::read(&data).unwrap();
    bytes[0] ^= 1;
    fs::write(&data, bytes).unwrap();
    let mismatched = taken().mismatched;
    assert_eq!(mismatched[0].files, [PathBuf::from("model.optimized.onnx_data")]);
}
