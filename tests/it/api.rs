//! What the HTTP face answers, above all to what it should not be asked.

use crate::node::{Node, Root};
use futures_util::future::join_all;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends `head` as it is, and returns everything that comes back until the node closes.
async fn raw(node: &Node, head: &str) -> String {
    let mut stream = TcpStream::connect(node.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Checks that an answer is problem details that say everything, and returns them.
async fn problem(response: reqwest::Response, status: StatusCode) -> Value {
    assert_eq!(response.status(), status, "{response:?}");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["request_id"], id);
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    problem
}

#[tokio::test]
async fn a_fresh_node_is_alive_and_ready_without_any_model() {
    let node = Node::start();
    let live = node.get("/health/live").send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);
    let ready = node.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["ready"], true);
    let critical = |issue: &Value| issue["severity"] == "critical";
    assert!(!ready["issues"].as_array().unwrap().iter().any(critical), "{ready}");
}

// LL-DEP-46
#[tokio::test]
async fn every_model_of_the_manifest_is_listed_with_its_state() {
    let node = Node::start();
    let listed: Value = node.get("/api/models").send().await.unwrap().json().await.unwrap();
    let models = listed["models"].as_array().unwrap();
    let state = |format: &str| {
        let model = models.iter().find(|model| model["format"] == format).unwrap();
        model["state"]["state"].as_str().unwrap()
    };
    assert_eq!((state("onnx"), state("gguf")), ("missing", "unsupported"), "{listed}");
}

#[tokio::test]
async fn the_description_is_openapi_3_1_and_names_every_route() {
    let node = Node::start();
    let document: Value = node.get("/openapi.json").send().await.unwrap().json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in ["/health/live", "/v1/models", "/api/release", "/api/host/{topic}"] {
        assert!(document["paths"][path].is_object(), "{path} is missing");
    }
    let answers = &document["paths"]["/api/knowledge/search"]["get"]["responses"];
    for status in ["200", "401", "403", "422", "429", "500"] {
        assert!(answers[status].is_object(), "{status} is missing");
    }
}

#[tokio::test]
async fn the_docs_come_from_the_binary_and_from_nowhere_else() {
    let node = Node::start();
    let page = node.get("/docs").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-eval"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(!page.contains("//cdn") && !page.contains("https://"), "{page}");
    for asset in page.split(['"', '\'']).filter(|part| part.starts_with("./")) {
        let url = node.at(&format!("/docs/{}", asset.trim_start_matches("./")));
        let status = node.client.get(&url).send().await.unwrap().status();
        assert_eq!(status, StatusCode::OK, "{url}");
    }
    let start = node.get("/docs/swagger-initializer.js").send().await.unwrap();
    assert!(start.text().await.unwrap().contains("/openapi.json"));
}

#[tokio::test]
async fn every_answer_carries_a_request_id_and_security_headers() {
    let node = Node::start();
    let own = node.get("/api/release").header("x-request-id", "from-here.1").send().await.unwrap();
    assert_eq!(own.headers()["x-request-id"], "from-here.1");
    assert_eq!(own.headers()["x-content-type-options"], "nosniff");
    assert!(own.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    for page in ["/", "/docs/"] {
        let page = node.get(page).send().await.unwrap();
        assert_eq!(page.headers()["x-frame-options"], "DENY");
        assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    }
    let odd = node.get("/api/release").header("x-request-id", "a b\u{e4}").send().await.unwrap();
    assert_eq!(odd.headers()["x-request-id"].len(), 36);
    let (_, log) = node.stop();
    assert!(!log.contains("a b"));
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_problems() {
    let node = Node::start();
    let nowhere = node.get("/api/nothing").send().await.unwrap();
    assert_eq!(problem(nowhere, StatusCode::NOT_FOUND).await["code"], "no_such_path");
    let wrong = node.client.delete(node.at("/api/release")).send().await.unwrap();
    assert!(wrong.headers()[header::ALLOW].to_str().unwrap().contains("GET"));
    assert_eq!(problem(wrong, StatusCode::METHOD_NOT_ALLOWED).await["code"], "wrong_method");
}

#[tokio::test]
async fn a_wrong_query_and_path_are_422_with_a_location() {
    let node = Node::start();
    for (path, loc) in [
        ("/api/knowledge/search?q=", json!(["query", "q"])),
        ("/api/knowledge/search", json!(["query", "q"])),
        ("/api/knowledge/search?q=x&limit=0", json!(["query", "limit"])),
        ("/api/knowledge/search?q=x&limit=many", json!(["query", "limit"])),
        ("/api/knowledge/search?q=x&shoe=1", json!(["query", "shoe"])),
        ("/api/host/weather", json!(["path", "topic"])),
    ] {
        let response = node.get(path).send().await.unwrap();
        let problem = problem(response, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["loc"], loc, "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_foreign_host_name_and_a_foreign_page_are_refused() {
    let node = Node::start();
    let rebound = node.get("/api/release").header("host", "evil.example").send().await.unwrap();
    assert_eq!(problem(rebound, StatusCode::MISDIRECTED_REQUEST).await["code"], "unknown_host");
    let nameless = raw(&node, "GET /api/release HTTP/1.0\r\n\r\n").await;
    assert!(nameless.starts_with("HTTP/1.0 421"), "{nameless}");
    let foreign = node.post("/api/conversations").header("origin", "https://evil.example");
    let foreign = foreign.send().await.unwrap();
    assert_eq!(problem(foreign, StatusCode::FORBIDDEN).await["code"], "cross_origin");
    let cross = node.post("/api/conversations").header("sec-fetch-site", "cross-site");
    assert_eq!(cross.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_refused_by_the_running_node_at_once() {
    let node = Node::start();
    let token = node.root.token("chat");
    let ask = || node.get("/api/release").bearer_auth(&token).send();
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
    let id = token.split('_').nth(1).unwrap();
    assert!(node.root.run(&["token", "revoke", id]).status.success());
    let refused = ask().await.unwrap();
    assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert_eq!(problem(refused, StatusCode::UNAUTHORIZED).await["code"], "unauthenticated");
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which_one_it_lacks() {
    let node = Node::start();
    let token = node.root.token("satellite");
    let refused = node.get("/api/release").bearer_auth(token).send().await.unwrap();
    let problem = problem(refused, StatusCode::FORBIDDEN).await;
    assert!(problem["detail"].as_str().unwrap().contains("--scope chat"));
}

// VOX-62: what is reachable from outside needs a token for everything but probes and page assets.
#[tokio::test]
async fn a_published_node_wants_a_token_for_everything_but_probes() {
    let node = Root::new().set("http.exposure", "published").set("http.host", "127.0.0.1").start();
    for path in ["/api/release", "/v1/models", "/metrics", "/openapi.json", "/api/host/disk"] {
        let status = node.get(path).send().await.unwrap().status();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(node.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
    let ready: Value = node.get("/health/ready").send().await.unwrap().json().await.unwrap();
    assert_eq!((ready["ready"].as_bool(), ready.get("issues")), (Some(true), None));
    let token = node.root.token("chat");
    let ready = node.get("/health/ready").bearer_auth(&token).send().await.unwrap();
    assert!(ready.json::<Value>().await.unwrap()["issues"].is_array());
    let release = node.get("/api/release").bearer_auth(&token).send().await.unwrap();
    assert_eq!(release.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_somebody_forwarded_is_nobody_on_this_machine() {
    let node = Node::start();
    let forwarded = node.get("/api/release").header("x-forwarded-for", "203.0.113.9");
    assert_eq!(forwarded.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let node = Root::new().set("http.requests_per_minute", 3).start();
    for _ in 0..3 {
        assert_eq!(node.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
    }
    let refused = node.get("/health/live").send().await.unwrap();
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    problem(refused, StatusCode::TOO_MANY_REQUESTS).await;
}

#[tokio::test]
async fn a_thousand_requests_at_once_are_all_answered() {
    let node = Root::new().set("http.max_connections", 64).start();
    let asked = (0..1000).map(|_| node.get("/v1/models").send());
    for answer in join_all(asked).await {
        let status = answer.unwrap().status();
        assert!(status.is_success() || status == StatusCode::TOO_MANY_REQUESTS, "{status}");
    }
    assert_eq!(node.get("/health/ready").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn slow_loris_clients_lose_their_places_to_others() {
    let node = Root::new().set("http.max_connections", 4).set("http.header_timeout", "1s").start();
    let mut lorises = Vec::new();
    for start in ["", "GET", "GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ", "POST"] {
        let mut stream = TcpStream::connect(node.address()).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        lorises.push(stream);
    }
    // All places are taken; this one is answered as soon as the first of them is thrown out.
    assert_eq!(node.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
    for mut stream in lorises {
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest));
        assert!(closed.await.is_ok(), "a slow client was kept");
    }
}

#[tokio::test]
async fn the_metrics_count_by_route_and_never_by_path() {
    let node = Node::start();
    node.get("/api/host/disk?secret=canary").send().await.unwrap();
    node.get("/canary").send().await.unwrap();
    let metrics = node.get("/metrics").send().await.unwrap();
    assert!(metrics.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/plain"));
    let text = metrics.text().await.unwrap();
    assert!(text.contains("route=\"/api/host/{topic}\",status=\"200\"} 1"), "{text}");
    assert!(text.contains("route=\"unmatched\",status=\"404\"} 1"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    let (_, log) = node.stop();
    assert!(!log.contains("canary"), "{log}");
}
