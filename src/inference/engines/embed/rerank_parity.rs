//! The cross-encoder against sentence-transformers', whose logits are in `tests/fixtures/rerank`.

use super::{Options, Reranker};
use crate::inference::{
    engines::copied,
    workers::{Ranked, Rerank},
};
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// How far a logit may be from the reference's.
const NEAR: f32 = 1e-4;

/// What sentence-transformers made of some pairs.
#[derive(Deserialize)]
struct Expected {
    documents: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    query: String,
    logits: Vec<f32>,
    tokens: usize,
    truncated: Vec<usize>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rerank").join(name)
}

fn options(batch_tokens: usize) -> Options {
    let onnxruntime = std::env::var_os("ORT_DYLIB_PATH").expect(
        "these tests need ORT_DYLIB_PATH to name libonnxruntime.so: run scripts/test, which sets it",
    );
    Options {
        threads: 1,
        batch_tokens,
        onnxruntime: Some(onnxruntime.into()),
        ..Options::default()
    }
}

fn expected(name: &str) -> Expected {
    let text = fs::read_to_string(fixture(name).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn rerank(reranker: &mut Reranker, query: &str, documents: &[String]) -> Ranked {
    let documents = documents.iter().cloned().map(Into::into).collect();
    let request = Rerank { query: query.to_owned().into(), documents };
    reranker.rerank(&request, &mut || true).unwrap()
}

fn same_as_the_reference(name: &str, batch_tokens: usize) {
    let Expected { documents, cases } = expected(name);
    let mut reranker = Reranker::load("tiny", &fixture(name), &options(batch_tokens)).unwrap();
    assert_eq!(reranker.model().context_tokens, 48);
    for case in cases {
        let ranked = rerank(&mut reranker, &case.query, &documents);
        let apart = ranked.logits.iter().zip(&case.logits).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f32::max);
        assert!(apart <= NEAR, "{name}, {}: {apart}", case.query);
        assert_eq!(ranked.logits.len(), case.logits.len());
        assert_eq!(
            (ranked.tokens, ranked.truncated),
            (case.tokens, case.truncated),
            "{}",
            case.query
        );
    }
}

#[test]
fn a_cross_encoder_gives_the_logits_of_sentence_transformers_together_and_alone() {
    same_as_the_reference("one", 4096);
    same_as_the_reference("one", 0);
}

#[test]
fn of_two_labels_the_second_counts_against_the_first() {
    same_as_the_reference("two", 256);
}

#[test]
fn an_order_that_nobody_waits_for_ends_before_its_next_batch() {
    let mut reranker = Reranker::load("tiny", &fixture("one"), &options(0)).unwrap();
    let documents = vec!["a".to_owned().into(); 5];
    let mut asked = 0;
    let refused = reranker.rerank(&Rerank { query: "a".to_owned().into(), documents }, &mut || {
        asked += 1;
        asked < 3
    });
    assert_eq!((refused.unwrap_err().code.as_str(), asked), ("cancelled", 3));
}

#[test]
fn no_documents_and_too_many_are_refused() {
    let mut reranker = Reranker::load("tiny", &fixture("one"), &options(0)).unwrap();
    for count in [0, 1001] {
        let documents = vec!["a".to_owned().into(); count];
        let request = Rerank { query: "a".to_owned().into(), documents };
        assert_eq!(reranker.rerank(&request, &mut || true).unwrap_err().code, "invalid_request");
    }
}

#[test]
fn a_graph_that_makes_vectors_is_refused_with_what_it_lacks() {
    let folder = copied(&fixture("one"));
    let encoder = fixture("../embed/mean/onnx/model.onnx");
    fs::copy(encoder, folder.path().join("onnx/model.onnx")).unwrap();
    let refused = Reranker::load("wrong", folder.path(), &options(0)).map(|_| ()).unwrap_err();
    assert_eq!(refused.code, "foreign_graph");
    assert!(refused.message.contains("sequence classification"), "{refused}");
}
