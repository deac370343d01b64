//! What a release says about itself, as its supervisor reads it.

use crate::node::{Node, Root};
use ladylinux::{foundation::store, refresh::contract};
use reqwest::StatusCode;
use serde_json::Value;

/// The digest of an image that nobody has.
fn digest() -> String {
    format!("sha256:{}", "0a".repeat(32))
}

/// Returns a root whose node is published in a container, as far as it knows.
fn published(at: &str) -> Root {
    Root::new()
        .set("http.exposure", "published")
        .set("http.host", "127.0.0.1")
        .set("http.published_address", at)
}

// LL-REF-36
#[tokio::test]
async fn a_probe_without_a_token_learns_which_release_answers() {
    for root in [Root::new(), published("")] {
        let node = root.set("release.digest", digest()).start();
        let ready = node.get("/health/ready").send().await.unwrap();
        assert_eq!(ready.status(), StatusCode::OK);
        let health: contract::Health = ready.json().await.unwrap();
        assert!(health.ready);
        assert_eq!(health.release.version, env!("CARGO_PKG_VERSION"));
        assert_eq!(health.release.digest, Some(digest()));
    }
    let node = Node::start();
    let ready = node.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.json::<contract::Health>().await.unwrap().release.digest, None);
}

// LL-REF-37, LL-REF-38, LL-WF-41
#[tokio::test]
async fn the_release_names_its_digest_its_runtime_and_its_schema() {
    let root = Root::new().set("release.digest", digest());
    let library = root.path().join("libonnxruntime.so");
    std::fs::write(&library, b"\x7fELF VERS_1.31.1\0").unwrap();
    let node = root.set("paths.onnxruntime", library.display()).start();
    let release: Value = node.get("/api/release").send().await.unwrap().json().await.unwrap();
    assert_eq!(release["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(release["digest"], digest());
    assert_eq!(release["runtime"], "ONNX Runtime 1.31.1, CPU");
    assert_eq!(release["runtime_path"], library.display().to_string());
    let schemas = store::schemas();
    assert_eq!(release["schema"]["from"], *schemas.start());
    assert_eq!(release["schema"]["to"], *schemas.end());
}

// C-39, VOX-63
#[tokio::test]
async fn a_container_published_on_loopback_needs_no_account_and_keeps_its_rules() {
    let node = published("127.0.0.1").start();
    assert_eq!(node.get("/").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(node.get("/api/release").send().await.unwrap().status(), StatusCode::OK);
    let begun = node.post("/api/conversations").send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::CREATED);
    let rebound = node.get("/api/release").header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);
    let foreign = node.post("/api/conversations").header("origin", "http://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let forwarded = node.get("/api/release").header("x-forwarded-for", "203.0.113.9");
    assert_eq!(forwarded.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

// C-39, VOX-64
#[test]
fn a_container_published_to_others_without_tls_is_refused() {
    let (code, said) = published("0.0.0.0").refused();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("http.published_address") && said.contains("TLS"), "{said}");
}

// C-39, VOX-62
#[tokio::test]
async fn a_container_published_to_others_behind_a_proxy_wants_tokens() {
    let node = published("192.0.2.1").set("http.trusted_proxies", "10.0.0.9").start();
    assert_eq!(node.get("/api/release").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let token = node.root.token("chat");
    let release = node.get("/api/release").bearer_auth(token).send().await.unwrap();
    assert_eq!(release.status(), StatusCode::OK);
    assert_eq!(node.get("/health/ready").send().await.unwrap().status(), StatusCode::OK);
}
