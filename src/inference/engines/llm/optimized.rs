//! Proves that a graph that was made faster answers as the one it was made of, by ONNX Runtime itself.

use super::{
    Alike, Engine, Options,
    parity::{fixtures, options},
};
use crate::inference::{
    engines::copied,
    models::optimize::{Answers, HeadForm, Plan},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A model's directory, with another graph in it where one is named.
fn directory(model: &str, graph: Option<&str>) -> (tempfile::TempDir, PathBuf) {
    let folder = copied(&fixtures().join(model));
    let path = ["model.onnx", "onnx/model.onnx"].map(|name| folder.path().join(name));
    let path = path.into_iter().find(|path| path.is_file()).unwrap();
    if let Some(graph) = graph {
        fs::copy(fixtures().join("../optimize").join(graph), &path).unwrap();
    }
    (folder, path)
}

fn load(folder: &Path, graph: &Path) -> Engine {
    let options = Options { graph: Some(graph.to_owned()), ..options(64) };
    Engine::load("tiny", folder, &options)
        .unwrap_or_else(|refusal| panic!("{}: {refusal}", graph.display()))
}

/// What both say after plain texts, and how much memory of the original was left in the new graph's answers.
fn compared(model: &str, graph: Option<&str>, head: HeadForm) -> Answers {
    let (folder, path) = directory(model, graph);
    let draft = Plan::of(&path, Some(head)).unwrap().write(&mut |_| Ok(())).unwrap();
    let mut before = load(folder.path(), &path);
    let mut after = load(folder.path(), draft.graph());
    assert_ne!(before.model().digest, after.model().digest, "the same graph was loaded twice");
    let mut alike = Alike::default();
    for text in ["The river runs", "1 + 1 =", "Größe und Maß"] {
        let spoken = before.speak(text, 24).unwrap();
        after.follow(&spoken, &mut alike).unwrap();
    }
    alike.answers()
}

#[test]
fn a_head_of_eight_bits_chooses_the_same_tokens_in_every_form_of_head() {
    let forms = [
        ("llama/transformersjs", None),
        ("llama/transformersjs-num-logits", None),
        ("qwen2/genai-last-logits", None),
        ("qwen3/genai-external-data", None),
        // 36 numbers go in: the last block is not full.
        ("gemma3/transformersjs", None),
        ("qwen2/genai", Some("tied.onnx")),
        ("qwen2/genai", Some("gemm.onnx")),
        ("qwen2/genai", Some("half.onnx")),
    ];
    for (model, graph) in forms {
        for block in [16, 32, 128] {
            let answers = compared(model, graph, HeadForm { bits: 8, block });
            assert!(answers.are_close(), "{model} {graph:?} {block}: {answers:?}");
            assert!(answers.same_token > 0.97, "{model} {graph:?} {block}: {answers:?}");
            assert!(answers.largest_difference > 0.0, "{model} {graph:?}: nothing was changed");
        }
    }
}

#[test]
fn a_head_of_four_bits_is_coarser_and_still_the_same_head() {
    for (model, graph) in [("llama/transformersjs", None), ("qwen2/genai", Some("gemm.onnx"))] {
        let of = |bits| compared(model, graph, HeadForm { bits, block: 32 });
        let (four, eight) = (of(4), of(8));
        assert!(four.divergence > eight.divergence, "{model}: {four:?} {eight:?}");
        // Scales or halves of bytes in the wrong place would leave nothing of it.
        assert!(four.same_token > 0.6, "{model}: {four:?}");
    }
}

#[test]
fn matrices_of_four_bits_answer_alike_at_accuracy_level_4() {
    let answers = compared("qwen2/genai", Some("q4.onnx"), HeadForm { bits: 8, block: 32 });
    assert!(answers.are_close(), "{answers:?}");
}
