//! Texts to vectors, through a whole node.

use crate::node::{Node, Root, skip};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};

/// How far a number of a vector of length 1 may be from that of sentence-transformers.
const NEAR: f64 = 1e-4;

async fn post(node: &Node, body: &Value) -> (StatusCode, Value) {
    let response = node.post("/v1/embeddings").json(body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// Embeds, with a node that has a model.
async fn embed(node: &Node, body: Value) -> Value {
    let (status, answer) = post(node, &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn numbers(answer: &Value, index: usize) -> Vec<f64> {
    let vector = answer["data"][index]["embedding"].as_array().unwrap();
    vector.iter().map(|number| number.as_f64().unwrap()).collect()
}

fn same(left: &[f64], right: &[f64]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| (a - b).abs() <= NEAR)
}

#[tokio::test]
async fn texts_are_embedded_as_openai_clients_expect() {
    let node = Root::new().with_embedder("cls").start();
    let many =
        embed(&node, json!({"model": "default", "input": ["yes", "word ".repeat(99)]})).await;
    assert_eq!((&many["object"], &many["model"]), (&json!("list"), &json!("cls")));
    let truncated: Vec<_> =
        [0, 1].map(|at| many["data"][at]["truncated"].as_bool().unwrap()).into();
    assert_eq!(truncated, [false, true], "what the model does not read is told");
    let usage = &many["usage"];
    assert_eq!(usage["prompt_tokens"], usage["total_tokens"]);
    assert!(usage["prompt_tokens"].as_u64().unwrap() > 40, "{usage}");
    let length: f64 = numbers(&many, 0).iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-5, "{length}");

    let one = embed(&node, json!({"model": "cls", "input": "yes", "dimensions": 32})).await;
    assert!(same(&numbers(&one, 0), &numbers(&many, 0)));
    let packed = json!({"model": "cls", "input": "yes", "encoding_format": "base64"});
    let packed = embed(&node, packed).await;
    let bytes = STANDARD.decode(packed["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let unpacked: Vec<f64> =
        bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number).into()).collect();
    assert!(same(&unpacked, &numbers(&one, 0)));

    // The prefix that the model was trained with.
    let query = embed(&node, json!({"model": "cls", "input": "yes", "input_type": "query"})).await;
    let written = embed(&node, json!({"model": "cls", "input": "query: yes"})).await;
    assert!(same(&numbers(&query, 0), &numbers(&written, 0)));
    assert!(!same(&numbers(&query, 0), &numbers(&one, 0)));
}

#[tokio::test]
async fn many_clients_get_the_vectors_that_each_would_get_alone() {
    let node = Root::new().with_embedder("mean").start();
    let text = |number: usize| format!("text number {number} {}", "and more ".repeat(number % 5));
    let mut alone = Vec::new();
    for number in 0..12 {
        alone.push(embed(&node, json!({"model": "mean", "input": text(number)})).await);
    }
    let at_once =
        (0..12).map(|number| embed(&node, json!({"model": "mean", "input": text(number)})));
    for (one, other) in futures_util::future::join_all(at_once).await.iter().zip(&alone) {
        assert!(same(&numbers(one, 0), &numbers(other, 0)));
        assert_eq!(one["usage"], other["usage"]);
        assert_eq!(one["data"][0]["truncated"], other["data"][0]["truncated"]);
    }
}

#[tokio::test]
async fn the_list_of_models_tells_what_each_is_for_and_how_much_it_takes() {
    let node = Root::new().with_embedder("mean").with_model("curt").start();
    embed(&node, json!({"model": "mean", "input": "until it is loaded"})).await;
    let chat =
        json!({"model": "curt", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]});
    node.post("/v1/chat/completions").json(&chat).send().await.unwrap().error_for_status().unwrap();
    let list: Value = loop {
        let list = node.get("/v1/models").send().await.unwrap().json::<Value>().await.unwrap();
        // A list may be two seconds old.
        if list["data"].as_array().unwrap().iter().all(|model| model["loaded"] == true) {
            break list;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let of = |id: &str| {
        let mut models = list["data"].as_array().unwrap().iter();
        models.find(|model| model["id"] == id).unwrap_or_else(|| panic!("{list}")).clone()
    };
    assert_eq!(of("mean")["task"], "embed");
    assert_eq!(
        (&of("mean")["context_length"], &of("mean")["dimensions"]),
        (&json!(24), &json!(32))
    );
    assert_eq!((&of("curt")["context_length"], &of("curt")["task"]), (&json!(1024), &json!("llm")));
    // Neither does the other's work.
    let (status, error) = post(&node, &json!({"model": "curt", "input": "x"})).await;
    assert_eq!(
        (status, &error["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("model_not_found"))
    );
    assert!(error["error"]["message"].as_str().unwrap().contains("these are: mean"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_embedded_is_refused_by_name() {
    let node = Root::new().with_embedder("mean").start();
    for (body, status, code, param) in [
        (json!({"model": "mean"}), 422, "invalid_request", None),
        (json!({"model": "mean", "input": ""}), 422, "invalid_request", Some("input")),
        (json!({"model": "mean", "input": []}), 422, "invalid_request", Some("input")),
        (json!({"model": "mean", "input": ["a", ""]}), 422, "invalid_request", Some("input.1")),
        (json!({"model": "mean", "input": vec!["a"; 2049]}), 422, "invalid_request", Some("input")),
        (json!({"model": "mean", "input": [1, 2]}), 400, "unsupported_parameter", Some("input")),
        (
            json!({"model": "mean", "input": [[1], [2]]}),
            400,
            "unsupported_parameter",
            Some("input"),
        ),
        (json!({"model": "mean", "input": {"a": 1}}), 422, "invalid_request", Some("input")),
        (
            json!({"model": "mean", "input": "a", "dimensions": 16}),
            400,
            "unsupported_parameter",
            Some("dimensions"),
        ),
        (json!({"model": "other", "input": "a"}), 404, "model_not_found", None),
        (
            json!({"model": "mean", "input": "a", "unheard_of": 1}),
            422,
            "invalid_request",
            Some("unheard_of"),
        ),
    ] {
        let (got, error) = post(&node, &body).await;
        let error = &error["error"];
        assert_eq!(
            (got.as_u16(), error["code"].as_str(), error["param"].as_str()),
            (status, Some(code), param),
            "{body}: {error}"
        );
    }
}

#[tokio::test]
async fn a_node_without_an_embedding_model_says_how_to_get_one_and_lacks_nothing() {
    let node = Node::start();
    let (status, error) = post(&node, &json!({"model": "default", "input": "a"})).await;
    assert_eq!(
        (status, &error["error"]["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("not_ready"))
    );
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("ladylinux models pull"), "{message}");
    let ready: Value = node.get("/health/ready").send().await.unwrap().json().await.unwrap();
    assert_eq!(ready["capabilities"]["embed"], "absent");
    let issues = ready["issues"].as_array().unwrap();
    assert!(
        issues.iter().all(|issue| !issue["message"].as_str().unwrap().contains("embed")),
        "{ready}"
    );
}

#[tokio::test]
async fn an_embedding_model_that_the_settings_name_and_that_is_not_there_is_missed() {
    let node = Root::new().set("embed.model", "multilingual-e5-small").start();
    let ready: Value = node.get("/health/ready").send().await.unwrap().json().await.unwrap();
    let issues = ready["issues"].as_array().unwrap();
    let missed =
        |issue: &Value| issue["message"].as_str().unwrap().contains("multilingual-e5-small");
    assert!(issues.iter().any(missed), "{ready}");
    drop(node);
    // A model for something else is no embedding model.
    let node = Root::new().with_model("curt").set("embed.model", "curt").start();
    let (_, error) = post(&node, &json!({"model": "default", "input": "a"})).await;
    assert!(error["error"]["message"].as_str().unwrap().contains("[model_task]"), "{error}");
}

/// The vectors of sentence-transformers for a real model, whose weights are not in the tree.
#[tokio::test]
async fn a_real_model_gives_the_vectors_of_sentence_transformers() {
    let Some(model) =
        std::env::var_os("LADYLINUX_TEST_EMBEDDINGS").filter(|folder| Path::new(folder).is_dir())
    else {
        return skip(
            "embeddings::a_real_model",
            "LADYLINUX_TEST_EMBEDDINGS names no model: scripts/test fetches it",
        );
    };
    let node = Root::new().with_folder(Path::new(&model), "minilm").start();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/embed/minilm");
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(fixture.join("expected.json")).unwrap()).unwrap();
    let reference = fs::read(fixture.join("expected.plain.f32")).unwrap();
    let reference: Vec<f64> = reference
        .as_chunks::<4>()
        .0
        .iter()
        .map(|number| f32::from_le_bytes(*number).into())
        .collect();
    let answer = embed(&node, json!({"model": "minilm", "input": expected["texts"]})).await;
    let texts = expected["texts"].as_array().unwrap().len();
    for (at, reference) in reference.chunks_exact(384).enumerate() {
        assert!(same(&numbers(&answer, at), reference), "text {at}");
        let cut = expected["truncated"].as_array().unwrap().contains(&json!(at));
        assert_eq!(answer["data"][at]["truncated"], cut, "text {at}");
    }
    assert_eq!(reference.len(), texts * 384);
}
