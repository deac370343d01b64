//! The addresses of the first LadyLinux, with its defects mended (REQUIREMENTS 2.C).

use crate::node::{Node, Root};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

async fn text(node: &Node, path: &str, prompt: &str) -> String {
    let answer = node.post(path).json(&json!({"prompt": prompt})).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn a_prompt_is_answered_as_text_and_in_whole_as_json() {
    let node = Node::start();
    let streamed = text(&node, "/ask_phi3", "which operating system is this?").await;
    let path = "/ask_phi3?prompt=which%20operating%20system%20is%20this%3F";
    let whole: Value = node.get(path).send().await.unwrap().json().await.unwrap();
    // It was the raw lines of another program's protocol.
    assert_eq!(whole["output"], streamed);
    assert!(streamed.ends_with('.') && !streamed.contains('{'), "{streamed}");
}

#[tokio::test]
async fn a_model_answers_piece_by_piece_and_a_missing_prompt_is_named() {
    let node = Root::new().with_model("curt").start();
    assert!(!text(&node, "/ask_phi3", "say something about ships").await.is_empty());
    for body in [json!({}), json!({"prompt": " "}), json!({"prompt": 3})] {
        let refused = node.post("/ask_phi3").json(&body).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let refused = node.get("/ask_phi3").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_firewall_is_told_as_it_was_read_and_then_explained() {
    let bare = Node::start();
    let told = text(&bare, "/ask_firewall", "what is let in?").await;
    assert!(told.starts_with("Lady Linux: ") && told.contains("irewall"), "{told}");
    let node = Root::new().with_model("curt").start();
    // Until the model is there, the facts stand by themselves.
    text(&node, "/ask_phi3", "say something about ships").await;
    let explained = text(&node, "/ask_firewall", "what is let in?").await;
    assert!(explained.len() > told.len() && explained.starts_with("Lady Linux: "), "{explained}");
    let fact: Value = bare.get("/api/host/firewall").send().await.unwrap().json().await.unwrap();
    assert!(fact["data"]["programs"].is_array() && fact["read_at"].is_number(), "{fact}");
}

#[tokio::test]
async fn the_pages_are_there_and_say_nothing_before_the_node_is_asked() {
    let node = Node::start();
    for path in ["/os", "/users", "/firewall"] {
        let page = node.get(path).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert!(page.text().await.unwrap().contains("/assets/machine.js"));
    }
    assert_eq!(node.post("/users").send().await.unwrap().status(), StatusCode::OK);
}
