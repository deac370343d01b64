//! The engine against sentence-transformers, whose vectors are in `tests/fixtures/embed`.

use super::{Engine, Options};
use crate::inference::{
    engines::copied,
    models::{Embedding, Pooling},
    workers::{Embed, Refusal, TextRole, Vectors},
};
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// How far a number of a vector of length 1 may be from the reference's.
const NEAR: f32 = 1e-4;

/// What sentence-transformers made of some texts.
#[derive(Deserialize)]
struct Expected {
    texts: Vec<String>,
    tokens: Vec<usize>,
    truncated: Vec<usize>,
    dimensions: usize,
    roles: Vec<TextRole>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/embed")
}

fn options() -> Options {
    let onnxruntime = std::env::var_os("ORT_DYLIB_PATH").expect(
        "these tests need ORT_DYLIB_PATH to name libonnxruntime.so: run scripts/test, which sets it",
    );
    Options {
        threads: 1,
        batch_tokens: 512,
        onnxruntime: Some(onnxruntime.into()),
        ..Options::default()
    }
}

fn load(folder: &Path, options: &Options) -> Engine {
    Engine::load("tiny", folder, options).unwrap()
}

fn embed(engine: &mut Engine, texts: &[String], role: TextRole) -> Vectors {
    let texts = texts.iter().cloned().map(Into::into).collect();
    engine.embed(&Embed { texts, role }, &mut || true).unwrap()
}

fn reference(name: &str, role: TextRole) -> Vec<f32> {
    let role = serde_json::to_value(role).unwrap();
    let path = fixtures().join(format!("{name}/expected.{}.f32", role.as_str().unwrap()));
    let bytes = fs::read(path).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

fn furthest(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max)
}

/// Compares an engine with the reference, for every role that the fixture has.
fn same_as_the_reference(name: &str, folder: &Path) {
    let expected = fs::read_to_string(fixtures().join(name).join("expected.json")).unwrap();
    let expected: Expected = serde_json::from_str(&expected).unwrap();
    let mut engine = load(folder, &options());
    for role in expected.roles {
        let vectors = embed(&mut engine, &expected.texts, role);
        assert_eq!(vectors.embedded.dimensions, expected.dimensions);
        let off = furthest(&vectors.values, &reference(name, role));
        assert!(off <= NEAR, "{name}, {role:?}: {off}");
        if role == TextRole::Plain {
            assert_eq!(vectors.embedded.tokens, expected.tokens);
            assert_eq!(vectors.embedded.truncated, expected.truncated);
        }
    }
}

#[test]
fn mean_pooling_gives_the_vectors_of_sentence_transformers() {
    same_as_the_reference("mean", &fixtures().join("mean"));
}

#[test]
fn cls_pooling_and_prefixes_give_the_vectors_of_sentence_transformers() {
    same_as_the_reference("cls", &fixtures().join("cls"));
}

#[test]
fn a_text_has_the_same_vector_alone_and_in_any_company() {
    let texts: Vec<String> =
        ["yes", "a longer text than that", &"long ".repeat(50), "?"].map(str::to_owned).into();
    let together = embed(&mut load(&fixtures().join("mean"), &options()), &texts, TextRole::Plain);
    let single = Options { batch_tokens: 0, ..options() };
    let alone = embed(&mut load(&fixtures().join("mean"), &single), &texts, TextRole::Plain);
    assert!(furthest(&together.values, &alone.values) < 1e-5);
}

/// What the manifest says counts where the model's files say nothing.
#[test]
fn the_manifest_speaks_for_a_folder_without_the_files_of_sentence_transformers() {
    let folder = copied(&fixtures().join("cls"));
    for name in [
        "1_Pooling/config.json",
        "config_sentence_transformers.json",
        "modules.json",
        "sentence_bert_config.json",
    ] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let embedding = Embedding {
        pooling: Pooling::Cls,
        max_tokens: Some(40),
        query_prefix: "query: ".to_owned(),
        passage_prefix: "passage: ".to_owned(),
    };
    same_with(folder.path(), &Options { embedding, ..options() });
}

fn same_with(folder: &Path, options: &Options) {
    let expected = fs::read_to_string(fixtures().join("cls/expected.json")).unwrap();
    let expected: Expected = serde_json::from_str(&expected).unwrap();
    let vectors = embed(&mut load(folder, options), &expected.texts, TextRole::Query);
    assert!(furthest(&vectors.values, &reference("cls", TextRole::Query)) <= NEAR);
}

#[test]
fn a_request_that_nobody_waits_for_ends_before_its_next_batch() {
    let mut engine = load(&fixtures().join("mean"), &Options { batch_tokens: 0, ..options() });
    let texts = vec!["a".to_owned().into(); 5];
    let mut asked = 0;
    let refused = engine.embed(&Embed { texts, role: TextRole::Plain }, &mut || {
        asked += 1;
        asked < 3
    });
    assert_eq!((refused.unwrap_err().code.as_str(), asked), ("cancelled", 3));
}

#[test]
fn no_texts_and_too_many_are_refused() {
    let mut engine = load(&fixtures().join("mean"), &options());
    let mut with = |count| {
        let texts = vec!["a".to_owned().into(); count];
        engine.embed(&Embed { texts, role: TextRole::Plain }, &mut || true)
    };
    for count in [0, 200_000] {
        assert_eq!(with(count).unwrap_err().code, "invalid_request");
    }
}

/// Loads a copy of a good folder with one thing changed.
fn damaged(change: impl FnOnce(&Path)) -> Refusal {
    let folder = copied(&fixtures().join("mean"));
    change(folder.path());
    Engine::load("damaged", folder.path(), &options()).map(|_| ()).unwrap_err()
}

#[test]
fn a_folder_that_is_not_whole_or_of_another_model_is_refused_with_what_is_wrong() {
    let remove =
        |name: &'static str| damaged(move |folder| fs::remove_file(folder.join(name)).unwrap());
    let write = |name: &'static str, content: &'static str| {
        damaged(move |folder| fs::write(folder.join(name), content).unwrap())
    };
    let llm = fixtures().join("../llm/llama/transformersjs/onnx/model.onnx");
    for (refusal, code, words) in [
        (remove("tokenizer.json"), "missing_file", "tokenizer.json"),
        (remove("onnx/model.onnx"), "missing_file", "ONNX export"),
        (write("tokenizer.json", "{}"), "foreign_tokenizer", "tokenizer.json"),
        (write("config.json", "{"), "bad_config", "config.json"),
        (write("config.json", r#"{"vocab_size": 7}"#), "foreign_tokenizer", "the model knows 7"),
        (write("onnx/model.onnx", "<!doctype html>"), "unreadable_graph", "web page"),
        (write("onnx/model.onnx", "junk"), "unreadable_graph", "model.onnx"),
        (write("sentence_bert_config.json", r#"{"max_seq_length": 1}"#), "bad_config", "1 tokens"),
        (
            damaged(|folder| fs::copy(&llm, folder.join("onnx/model.onnx")).map(drop).unwrap()),
            "foreign_graph",
            "position_ids",
        ),
    ] {
        assert_eq!(refusal.code, code, "{refusal}");
        assert!(refusal.message.contains(words), "{refusal}");
    }
    let nowhere = Path::new("/nonexistent/model");
    let refusal = Engine::load("none", nowhere, &options()).map(|_| ()).unwrap_err();
    assert_eq!(refusal.code, "missing_file");
}
