//! Which texts answer a question, through a whole node: for API clients, and in searches.

use crate::node::{Node, Root};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{fs, path::Path, path::PathBuf};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rerank/one")
}

fn with_reranker() -> Root {
    Root::new().with_folder(&fixture(), "crossed")
}

async fn post(node: &Node, body: &Value) -> (StatusCode, Value) {
    let response = node.post("/v1/rerank").json(body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn rerank(node: &Node, body: Value) -> Value {
    let (status, answer) = post(node, &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn indexes(answer: &Value) -> Vec<u64> {
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|result| result["index"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn texts_are_reranked_as_clients_of_cohere_and_jina_expect() {
    let node = with_reranker().start();
    let expected = fs::read_to_string(fixture().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let (documents, case) = (&expected["documents"], &expected["cases"][0]);
    let all = rerank(&node, json!({"query": case["query"], "documents": documents})).await;
    assert_eq!((&all["object"], &all["model"]), (&json!("list"), &json!("crossed")));
    assert_eq!(all["usage"]["total_tokens"], case["tokens"]);
    let results = all["results"].as_array().unwrap();
    assert_eq!(results.len(), documents.as_array().unwrap().len());
    assert!(results.is_sorted_by(|a, b| {
        a["relevance_score"].as_f64().unwrap() >= b["relevance_score"].as_f64().unwrap()
    }));
    for result in results {
        let place = usize::try_from(result["index"].as_u64().unwrap()).unwrap();
        let logit = case["logits"][place].as_f64().unwrap();
        let score = result["relevance_score"].as_f64().unwrap();
        assert!((score - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-4, "{result}");
        let truncated = case["truncated"].as_array().unwrap().contains(&json!(place));
        assert_eq!((&result["truncated"], &result["document"]), (&json!(truncated), &Value::Null));
    }
    let wrapped: Vec<Value> =
        documents.as_array().unwrap().iter().map(|text| json!({"text": text})).collect();
    let best = rerank(
        &node,
        json!({"model": "crossed", "query": case["query"], "documents": wrapped, "top_n": 2, "return_documents": true}),
    )
    .await;
    assert_eq!(indexes(&best), indexes(&all)[..2]);
    let first = &best["results"][0];
    let place = usize::try_from(first["index"].as_u64().unwrap()).unwrap();
    assert_eq!(first["document"]["text"], documents[place]);

    let list: Value = node.get("/v1/models").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&list["data"][0]["id"], &list["data"][0]["task"]),
        (&json!("crossed"), &json!("rerank"))
    );
}

#[tokio::test]
async fn what_cannot_be_reranked_is_refused_by_name() {
    let node = with_reranker().with_embedder("mean").start();
    for (body, status, code, param) in [
        (json!({"documents": ["a"]}), 422, "invalid_request", None),
        (json!({"query": "a"}), 422, "invalid_request", None),
        (json!({"query": "", "documents": ["a"]}), 422, "invalid_request", Some("query")),
        (json!({"query": "a", "documents": []}), 422, "invalid_request", Some("documents")),
        (
            json!({"query": "a", "documents": ["a", ""]}),
            422,
            "invalid_request",
            Some("documents.1"),
        ),
        (
            json!({"query": "a", "documents": vec!["a"; 1001]}),
            422,
            "invalid_request",
            Some("documents"),
        ),
        (json!({"query": "a", "documents": [["a"]]}), 422, "invalid_request", Some("documents.0")),
        (
            json!({"query": "a", "documents": [{"text": "a", "b": 1}]}),
            422,
            "invalid_request",
            Some("documents.0"),
        ),
        (
            json!({"query": "a", "documents": ["a"], "top_n": 0}),
            422,
            "invalid_request",
            Some("top_n"),
        ),
        (
            json!({"query": "a", "documents": ["a"], "unheard_of": 1}),
            422,
            "invalid_request",
            Some("unheard_of"),
        ),
        (json!({"model": "mean", "query": "a", "documents": ["a"]}), 404, "model_not_found", None),
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
async fn a_node_without_a_reranking_model_says_so_and_lacks_nothing() {
    let node = Node::start();
    let (status, error) = post(&node, &json!({"query": "a", "documents": ["a"]})).await;
    assert_eq!(
        (status, &error["error"]["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("not_ready"))
    );
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("ONNX export of a reranking model"), "{message}");
    let ready: Value = node.get("/health/ready").send().await.unwrap().json().await.unwrap();
    assert_eq!(ready["capabilities"]["rerank"], "absent");
    let issues = ready["issues"].as_array().unwrap();
    assert!(
        issues.iter().all(|issue| !issue["message"].as_str().unwrap().contains("rerank")),
        "{issues:?}"
    );
    let node = Root::new().set("rerank.model", "nowhere").start();
    let ready: Value = node.get("/health/ready").send().await.unwrap().json().await.unwrap();
    let missed = ready["issues"].as_array().unwrap().iter();
    let mut missed = missed.filter(|issue| issue["code"] == "model_missing");
    assert!(
        missed.any(|issue| issue["message"].as_str().unwrap().contains("reranking")),
        "{ready}"
    );
}
