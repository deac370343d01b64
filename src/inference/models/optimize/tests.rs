//! What is changed in real graphs, and that nothing else is; how both answer is proven by the engine's tests.

use super::*;
use crate::foundation::values::Sha256;
use std::fs;

const HEAD: Option<HeadForm> = Some(HeadForm { bits: 8, block: 32 });

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A folder with a graph in it, and what lies beside that.
fn folder(graph: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let from = fixtures().join(graph);
    let to = folder.path().join("model.onnx");
    fs::copy(&from, &to).unwrap();
    let data = from.with_file_name("model.onnx.data");
    if data.is_file() {
        fs::copy(data, folder.path().join("model.onnx.data")).unwrap();
    }
    (folder, to)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(in crate::inference::models) fn measured() -> (Speed, Answers) {
    let speed = Speed {
        threads: 1,
        rounds: 1,
        prompt_tokens: 1,
        written_tokens: 1,
        reading_before: 1.0,
        reading_after: 1.0,
        reading_gain: 1.0,
        writing_before: 1.0,
        writing_after: 2.0,
        writing_gain: 2.0,
        answer_gain: 1.3,
    };
    let answers = Answers {
        tokens: 1,
        same_token: 1.0,
        as_likely: 1.0,
        largest_difference: 0.0,
        divergence: 0.0,
    };
    (speed, answers)
}

#[expect(clippy::unnecessary_wraps, reason = "it is what is asked whether to go on")]
fn go_on(_: u64) -> Result<(), OptimizeError> {
    Ok(())
}

#[test]
fn every_node_but_those_that_change_keeps_its_bytes() {
    let (_folder, path) = folder("optimize/q4.onnx");
    let draft = Plan::of(&path, HEAD).unwrap().write(&mut go_on).unwrap();
    let (before, after) = (Graph::read(&path).unwrap(), Graph::read(draft.graph()).unwrap());
    assert_eq!(before.nodes.len(), after.nodes.len());
    let mut changed = 0;
    for (one, other) in before.nodes.iter().zip(&after.nodes) {
        if one.is_contrib("MatMulNBits") {
            changed += 1;
            assert_eq!(other.number("accuracy_level"), Some(4), "{}", one.name);
            assert_eq!((&one.inputs, &one.outputs), (&other.inputs, &other.outputs));
            for name in ["K", "N", "bits", "block_size"] {
                assert_eq!(one.number(name), other.number(name), "{}: {name}", one.name);
            }
        } else {
            assert_eq!(one.raw, other.raw, "{}", one.name);
        }
    }
    assert!(changed > 10, "{changed}");
    assert_eq!(before.weights.len(), after.weights.len());
    let again = Plan::of(draft.graph(), HEAD).unwrap();
    assert!(again.is_empty(), "{:?}", again.changes);
}

#[test]
fn a_head_is_found_in_each_form_and_its_weight_goes_only_where_nobody_else_needs_it() {
    let forms = [
        ("llm/qwen2/transformersjs/onnx/model.onnx", 32, true),
        ("llm/qwen2/genai/model.onnx", 32, false),
        ("llm/qwen3/genai-external-data/model.onnx", 32, true),
        ("optimize/tied.onnx", 32, false),
        ("optimize/gemm.onnx", 32, true),
        ("optimize/half.onnx", 16, true),
    ];
    for (name, from_bits, alone) in forms {
        let (_folder, path) = folder(name);
        let plan = Plan::of(&path, HEAD).unwrap();
        let head = Some(HeadChange { bits: 8, block: 32, from_bits });
        assert_eq!(plan.changes, Changes { accuracy_level: 0, head }, "{name}");
        let promised = plan.bytes();
        let draft = plan.write(&mut go_on).unwrap();
        let (before, after) = (Graph::read(&path).unwrap(), Graph::read(draft.graph()).unwrap());
        let gone = before.weights.keys().filter(|name| !after.weights.contains_key(*name));
        assert_eq!(gone.count(), usize::from(alone), "{name}");
        assert!(after.contrib, "{name}");
        after.check_data().unwrap();
        let data = path.with_file_name("model.optimized.onnx_data");
        let written = [draft.graph(), &data].map(|path| fs::metadata(path).unwrap().len());
        assert_eq!(written.iter().sum::<u64>(), promised, "{name}");
    }
    let (_folder, path) = folder("llm/qwen2/genai/model.onnx");
    let kept = Plan::of(&path, None).unwrap();
    assert!(kept.is_empty() && kept.head_stays.is_some());
}

#[test]
fn the_result_counts_with_its_record_and_goes_without_a_trace() {
    let (folder, path) = folder("llm/qwen2/genai/model.onnx");
    let original = fs::read(&path).unwrap();
    let draft = Plan::of(&path, HEAD).unwrap().write(&mut go_on).unwrap();
    assert_eq!(of(&path), None);
    drop(draft);
    assert_eq!(names(folder.path()), ["model.onnx"]);

    let draft = Plan::of(&path, HEAD).unwrap().write(&mut go_on).unwrap();
    let (speed, answers) = measured();
    let record = draft.keep(speed, answers).unwrap();
    assert_eq!(of(&path).as_ref(), Some(&record));
    let all =
        ["model.onnx", "model.optimized.json", "model.optimized.onnx", "model.optimized.onnx_data"];
    assert_eq!(names(folder.path()), all);
    for (path, file) in record.files(&path) {
        assert_eq!(Sha256::of_file(&path).unwrap(), file.sha256);
    }
    assert_eq!(record.source.sha256, Sha256::of(&original));
    assert_eq!(original_of(&record.path(&path)), path);

    // Another graph in its place, or a file that is not whole: the record is of something else.
    fs::write(&path, [&original[..], b"\0"].concat()).unwrap();
    assert_eq!(of(&path), None);
    fs::write(&path, &original).unwrap();
    let data = path.with_file_name("model.optimized.onnx_data");
    let bytes = fs::read(&data).unwrap();
    fs::write(&data, &bytes[1..]).unwrap();
    assert_eq!(of(&path), None);
    assert!(forget(&path).unwrap());
    assert_eq!(names(folder.path()), ["model.onnx"]);
    assert!(!forget(&path).unwrap());
    assert_eq!(fs::read(&path).unwrap(), original);
}

#[test]
fn two_commands_do_not_write_the_same() {
    let (_folder, path) = folder("optimize/half.onnx");
    let draft = Plan::of(&path, HEAD).unwrap().write(&mut go_on).unwrap();
    let second = Plan::of(&path, HEAD).unwrap().write(&mut go_on);
    assert!(matches!(second, Err(OptimizeError::Busy(_))), "{second:?}");
    let (speed, answers) = measured();
    let record = draft.keep(speed, answers).unwrap();
    assert_eq!(of(&path), Some(record));
}

#[test]
fn whoever_stops_it_finds_the_model_as_it_was() {
    let (folder, path) = folder("optimize/half.onnx");
    let mut calls = 0;
    loop {
        let mut left = calls;
        let written = Plan::of(&path, HEAD).unwrap().write(&mut |_| {
            left -= 1;
            if left < 0 { Err(OptimizeError::Stopped) } else { Ok(()) }
        });
        if written.is_ok() {
            break;
        }
        assert!(matches!(written, Err(OptimizeError::Stopped)), "{written:?}");
        assert_eq!(names(folder.path()), ["model.onnx"]);
        calls += 1;
    }
    assert!(calls >= 3, "{calls}");
}

#[test]
fn what_is_no_language_model_or_not_whole_is_refused_with_what_to_do() {
    let told = |graph: &Path| Plan::of(graph, HEAD).unwrap_err().to_string();
    let bad = |name: &str| fixtures().join("bad-models").join(name).join("model.onnx");
    for name in ["truncated-graph", "empty-graph", "text-for-graph", "pointer-for-graph"] {
        let told = told(&bad(name));
        assert!(told.contains("whole ONNX graph") && told.contains("fetch it again"), "{told}");
    }
    assert!(told(&bad("external-data-outside")).contains("outside its folder"));
    for name in ["missing-external-data", "truncated-external-data"] {
        let told = told(&bad(name));
        assert!(told.contains("model.onnx.data") && told.contains("bytes of weights"), "{told}");
    }
    assert!(told(&bad("encoder-graph")).contains("not a causal language model"));
    assert!(told(&bad("missing-graph")).contains("cannot read"));

    // Cut anywhere, it is told; it never runs off the end.
    let (_folder, path) = folder("optimize/q4.onnx");
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(997) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(Plan::of(&path, HEAD), Err(OptimizeError::NoGraph { .. })), "{length}");
    }
}

#[test]
fn a_weight_that_is_no_number_is_refused_and_nothing_stays_behind() {
    let (folder, path) = folder("llm/qwen3/genai-external-data/model.onnx");
    let graph = Graph::read(&path).unwrap();
    let numbers = graph.weights["lm_head.MatMul.weight"].numbers.clone().unwrap();
    let data = path.with_file_name("model.onnx.data");
    let mut bytes = fs::read(&data).unwrap();
    let at = usize::try_from(numbers.offset).unwrap();
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&data, bytes).unwrap();
    let refused = Plan::of(&path, HEAD).unwrap().write(&mut go_on).unwrap_err();
    assert!(refused.to_string().contains("lm_head.MatMul.weight"), "{refused}");
    assert_eq!(names(folder.path()), ["model.onnx", "model.onnx.data"]);
}
