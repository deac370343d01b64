//! Questions to the assistant and to the bare model, by clients that behave and clients that do not.

use crate::node::{Node, Root, skip};
use futures_util::future::join_all;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

const COMPLETIONS: &str = "/v1/chat/completions";

/// Starts a node with the talkative model and waits until it is loaded; none where there is no ONNX Runtime.
async fn talkative(test: &str, settings: &[(&str, &str)]) -> Option<Node> {
    if std::env::var_os("ORT_DYLIB_PATH").is_none() {
        skip(test, "ORT_DYLIB_PATH names no ONNX Runtime; scripts/test fetches one");
        return None;
    }
    let root = settings.iter().fold(Root::new(), |root, (key, value)| root.set(key, value));
    let node = root.with_model("chatty").start();
    until(&node, "ready").await;
    Some(node)
}

/// Waits until the language model's worker is in this state.
async fn until(node: &Node, state: &str) -> Value {
    loop {
        let workers: Value = node.get("/api/workers").send().await.unwrap().json().await.unwrap();
        let worker = workers["workers"][0].clone();
        if worker["state"] == state {
            return worker;
        }
        assert!(worker["state"] != "refused" && worker["state"] != "held", "{worker}");
        tokio::task::yield_now().await;
    }
}

fn question(extra: &Value) -> Value {
    let mut body = json!({"model": "default", "messages": [{"role": "user", "content": "hello"}]});
    for (name, value) in extra.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Checks that an answer is an OpenAI error, and returns its inside.
async fn refused(response: reqwest::Response, status: StatusCode) -> Value {
    assert_eq!(response.status(), status, "{response:?}");
    let error: Value = response.json().await.unwrap();
    assert!(!error["error"]["message"].as_str().unwrap().is_empty(), "{error}");
    error["error"].clone()
}

/// Asks in a new conversation, and returns the events of the answer, each with its name and data.
async fn ask(node: &Node, text: &str) -> Vec<(String, Value)> {
    let begun = node.post("/api/conversations").send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::CREATED);
    let place = begun.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let turn =
        node.post(&format!("{place}/turns")).json(&json!({"text": text})).send().await.unwrap();
    assert_eq!(turn.status(), StatusCode::OK);
    assert_eq!(turn.headers()[header::CONTENT_TYPE], "text/event-stream");
    let text = turn.text().await.unwrap();
    let events = text.split("\n\n").filter_map(|event| {
        let (name, data) = event.split_once('\n')?;
        let data = serde_json::from_str(data.strip_prefix("data: ")?).unwrap();
        Some((name.strip_prefix("event: ")?.to_owned(), data))
    });
    events.collect()
}

#[tokio::test]
async fn a_node_without_a_model_answers_from_the_machine_and_says_who_did() {
    let node = Node::start();
    let events = ask(&node, "how much disk space is free?").await;
    assert_eq!(events.first().unwrap().0, "intent");
    let answer: String = events.iter().filter_map(|(_, data)| data["text"].as_str()).collect();
    assert!(answer.contains("free"), "{answer}");
    let (name, done) = events.last().unwrap();
    assert_eq!((name.as_str(), &done["answered_by"]["kind"]), ("done", &json!("host")));
}

#[tokio::test]
async fn a_forgotten_conversation_is_gone() {
    let node = Node::start();
    let begun = node.post("/api/conversations").send().await.unwrap();
    let place = begun.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let forget = || node.client.delete(node.at(&place)).send();
    assert_eq!(forget().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(forget().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_a_model_the_bare_model_answers_503_with_the_remedy() {
    let node = Node::start();
    let models: Value = node.get("/v1/models").send().await.unwrap().json().await.unwrap();
    assert_eq!(models["data"], json!([]));
    let response = node.post(COMPLETIONS).json(&question(&json!({}))).send().await.unwrap();
    let error = refused(response, StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(error["message"].as_str().unwrap().contains("models"), "{error}");
}

#[tokio::test]
async fn broken_bodies_are_refused_by_kind_and_place() {
    let node = Node::start();
    let text = |text: &str| text.as_bytes().to_vec();
    for (body, status, said) in [
        (text("{\"model\": "), StatusCode::BAD_REQUEST, "column"),
        (text(""), StatusCode::BAD_REQUEST, "not JSON"),
        (b"{\"model\": \"\xff\"}".to_vec(), StatusCode::BAD_REQUEST, "byte 11"),
        (text("[]"), StatusCode::UNPROCESSABLE_ENTITY, "object"),
        (text("{\"model\": 1, \"messages\": []}"), StatusCode::UNPROCESSABLE_ENTITY, "model"),
        (text("{\"model\": \"m\"}"), StatusCode::UNPROCESSABLE_ENTITY, "messages"),
        (text("{\"model\": \"m\", \"wine\": 1}"), StatusCode::UNPROCESSABLE_ENTITY, "wine"),
        (vec![b' '; 10 << 20], StatusCode::PAYLOAD_TOO_LARGE, "max_body_bytes"),
    ] {
        let response = node.post_raw(COMPLETIONS, body).send().await.unwrap();
        let error = refused(response, status).await;
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
    let untyped = node.post(COMPLETIONS).body("{}").send().await.unwrap();
    refused(untyped, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
}

#[tokio::test]
async fn a_question_that_is_empty_too_long_or_no_text_is_422() {
    let node = Node::start();
    let place = format!("/api/conversations/{}/turns", uuid::Uuid::nil());
    for body in
        [json!({"text": " "}), json!({"text": "x".repeat(16_001)}), json!({"text": 1}), json!({})]
    {
        let response = node.post(&place).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["errors"][0]["loc"][0], "body", "{problem}");
    }
    let huge = json!({"text": "x".repeat(10 << 20)});
    let response = node.post(&place).json(&huge).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let odd = node.post("/api/conversations/seven/turns").json(&json!({"text": "x"}));
    assert_eq!(odd.send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
}

// VOX-16, VOX-36
#[tokio::test]
async fn a_full_queue_is_429_with_a_time_to_retry_and_everybody_else_is_answered() {
    let test = "a_full_queue_is_429_with_a_time_to_retry_and_everybody_else_is_answered";
    let Some(node) = talkative(test, &[("llm.queue", "2")]).await else { return };
    let asked =
        (0..40).map(|_| node.post(COMPLETIONS).json(&question(&json!({"max_tokens": 64}))).send());
    let mut full = 0;
    let meanwhile = async {
        until(&node, "busy").await;
        node.get("/api/host/uptime").send().await.unwrap().status()
    };
    let (answers, status) = tokio::join!(join_all(asked), meanwhile);
    assert_eq!(status, StatusCode::OK);
    for answer in answers.into_iter().map(Result::unwrap) {
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            let wait: u32 =
                answer.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
            assert!(wait >= 1);
            full += 1;
        } else {
            assert_eq!(answer.status(), StatusCode::OK);
        }
    }
    assert!(full > 0, "40 requests did not fill a queue of two");
}

#[tokio::test]
async fn a_client_that_disconnects_in_mid_stream_stops_the_generation() {
    let test = "a_client_that_disconnects_in_mid_stream_stops_the_generation";
    let Some(node) = talkative(test, &[]).await else { return };
    let body = question(&json!({"stream": true, "max_tokens": 4000}));
    let mut response = node.post(COMPLETIONS).json(&body).send().await.unwrap();
    response.chunk().await.unwrap().unwrap();
    assert_eq!(until(&node, "busy").await["waiting"], 0);
    drop(response);
    until(&node, "ready").await;
    let plain =
        node.post(COMPLETIONS).json(&question(&json!({"max_tokens": 4}))).send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_worker_that_is_killed_in_mid_answer_is_an_error_event_and_the_next_question_works() {
    let test =
        "a_worker_that_is_killed_in_mid_answer_is_an_error_event_and_the_next_question_works";
    let Some(node) = talkative(test, &[]).await else { return };
    let body = question(&json!({"stream": true, "max_tokens": 4000}));
    let mut response = node.post(COMPLETIONS).json(&body).send().await.unwrap();
    response.chunk().await.unwrap().unwrap();
    let pid = until(&node, "busy").await["pid"].as_i64().unwrap();
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let rest = response.text().await.unwrap();
    let last = rest.trim_end().rsplit("data: ").next().unwrap();
    let error: Value = serde_json::from_str(last).unwrap();
    assert_eq!(error["error"]["code"], "worker_died", "{error}");
    until(&node, "ready").await;
    let plain =
        node.post(COMPLETIONS).json(&question(&json!({"max_tokens": 4}))).send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::OK);
}

// LL-DEP-39
#[tokio::test]
async fn a_stop_lets_a_running_answer_end_and_takes_no_new_one() {
    let test = "a_stop_lets_a_running_answer_end_and_takes_no_new_one";
    let Some(node) = talkative(test, &[]).await else { return };
    let body = question(&json!({"stream": true, "max_tokens": 1000}));
    let mut response = node.post(COMPLETIONS).json(&body).send().await.unwrap();
    response.chunk().await.unwrap().unwrap();
    node.terminate();
    let rest = response.text().await.unwrap();
    assert!(
        rest.trim_end().ends_with("data: [DONE]"),
        "{}",
        &rest[rest.len().saturating_sub(200)..]
    );
    assert!(node.get("/health/live").send().await.is_err());
    assert_eq!(node.ended().0.code(), Some(0));
}

// VOX-77, VOX-78
#[tokio::test]
async fn what_is_asked_and_answered_is_in_no_log() {
    let test = "what_is_asked_and_answered_is_in_no_log";
    let Some(node) = talkative(test, &[]).await else { return };
    let events = ask(&node, "does the canary sing at midnight?").await;
    assert_eq!(events.last().unwrap().0, "done");
    let messages = json!([{"role": "user", "content": "a canary sings"}]);
    let body = question(&json!({"messages": messages, "max_tokens": 8, "user": "canary"}));
    let plain: Value =
        node.post(COMPLETIONS).json(&body).send().await.unwrap().json().await.unwrap();
    let answer = plain["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    let wrong = question(&json!({"messages": [{"role": "canary", "content": 1}]}));
    node.post(COMPLETIONS).json(&wrong).send().await.unwrap();
    let (_, log) = node.stop();
    assert!(log.contains("answered"), "{log}");
    assert!(!log.contains("canary") && !log.contains(answer.trim()), "{log}");
}

/// Asks until the language model is no longer untested, and returns what it is then.
async fn capability(node: &Node) -> Value {
    loop {
        let ready: Value = node.get("/health/ready").send().await.unwrap().json().await.unwrap();
        let llm = ready["capabilities"]["llm"].clone();
        if llm != "untested" {
            return llm;
        }
        tokio::task::yield_now().await;
    }
}

// What the supervisor asks a new release for: real work, on this machine's own models.
#[tokio::test]
async fn a_node_shows_by_real_work_whether_its_language_model_works() {
    let Some(node) = talkative("chat::capability", &[]).await else { return };
    assert_eq!(capability(&node).await, "works");
    assert_eq!(capability(&Node::start()).await, "absent");
    // What is loaded from a file that is no graph is a worker that refuses.
    let root = Root::new().with_model("chatty");
    std::fs::write(root.paths().models.join("chatty/model.onnx"), "no graph").unwrap();
    assert_eq!(capability(&root.start()).await, "failed");
}
