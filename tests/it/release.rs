//! What a release says about itself, as its supervisor reads it.

use crate::node::{Node, Root};
use ladylinux::{
    foundation::{store, values::time},
    refresh::{
        contract, look, record,
        requests::{self, Request},
        stack, status,
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::fs;

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

/// Has a supervisor say that the node serves and when it last refreshed, as the supervisor's own code writes it.
fn supervised(root: &Root) {
    let said = status::Status {
        schema: status::SCHEMA,
        at: time::now(),
        state: look::State::Serving,
        digest: Some(digest().parse().unwrap()),
        revision: Some("0123abc".to_owned()),
        version: Some("0.1.0".to_owned()),
        hold: None,
        last: Some(status::Last {
            verb: record::Verb::Refresh,
            outcome: "failed".to_owned(),
            step: Some(record::Step::Prepare),
            message: Some("the migration failed".to_owned()),
            at: time::now(),
        }),
        allows: status::Allows::of(&stack::load(None, None).unwrap()),
        outcomes: Vec::new(),
    };
    let directory = root.paths().state.join("supervisor");
    requests::make_directory(&directory).unwrap();
    said.publish(&directory).unwrap();
}

/// Takes what was asked for, and grants it, as the supervisor does.
fn taken(root: &Root) -> Vec<Request> {
    let directory = root.paths().state.join("supervisor");
    let taken = requests::take(&directory);
    let taken: Vec<Request> = taken.into_iter().map(Result::unwrap).collect();
    let stack = stack::load(None, None).unwrap();
    for request in &taken {
        assert_eq!(request.judge(&stack, time::now()).unwrap(), requests::Wish::Refresh);
    }
    taken
}

// LL-REF-54
#[tokio::test]
async fn an_admin_asks_for_a_refresh_and_the_supervisor_understands_it() {
    let root = Root::new();
    supervised(&root);
    let node = root.start();
    let release: Value = node.get("/api/release").send().await.unwrap().json().await.unwrap();
    assert_eq!(release["supervisor"]["state"], "serving");
    assert_eq!(release["supervisor"]["digest"], digest());
    assert_eq!(release["supervisor"]["last"]["step"], "prepare");

    let ask = |token: Option<String>| {
        let request = node.post("/api/release/refresh");
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    };
    assert_eq!(ask(None).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let chat = node.root.token("chat");
    assert_eq!(ask(Some(chat)).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert!(taken(&node.root).is_empty());

    let admin = node.root.token("admin");
    let asked = ask(Some(admin.clone())).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::ACCEPTED);
    let asked: Value = asked.json().await.unwrap();
    assert_eq!(
        (&asked["already"], &asked["supervisor"]["state"]),
        (&json!(false), &json!("serving"))
    );
    let again: Value = ask(Some(admin.clone())).send().await.unwrap().json().await.unwrap();
    assert_eq!((&again["already"], &again["id"]), (&json!(true), &asked["id"]));
    let requests = taken(&node.root);
    assert_eq!(requests.len(), 1);
    assert!(requests[0].actor.starts_with("test (token "), "{requests:?}");

    // What is no status is none, and says so.
    let file = node.root.paths().requests().join("status.json");
    fs::write(&file, "{").unwrap();
    let release: Value = node.get("/api/release").send().await.unwrap().json().await.unwrap();
    assert_eq!(release["supervisor"], Value::Null);
    assert!(release["supervisor_note"].as_str().unwrap().contains("status.json"), "{release}");
    assert_eq!(ask(Some(admin)).send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

// INV-CMD-1, INV-CMD-4: the scope of a token gives no right here; a person's role does, and their word.
#[tokio::test]
async fn in_a_conversation_an_owner_has_the_node_refreshed_after_a_word() {
    let root = Root::new();
    let owner = root.person("olga", "owner", "chat");
    supervised(&root);
    let node = root.start();
    let say = async |token: Option<&str>, text: &str| {
        let path = "/api/conversations/0190163d-8694-739b-aea5-966c26f8ad91/turns";
        let request = node.post_raw(path, json!({ "text": text }).to_string());
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap().text().await.unwrap()
    };
    let admin = node.root.token("chat,admin");
    for token in [None, Some(admin.as_str()), Some(owner.as_str())] {
        let answer = say(token, "refresh yourself").await;
        assert!(answer.contains("\"reason\":\"not_identified\""), "{answer}");
    }
    say(Some(&owner), "Ich bin Olga").await;
    let question = say(Some(&owner), "did you update yourself?").await;
    assert!(!question.contains("to_be_confirmed"), "{question}");
    let answer = say(Some(&owner), "Aktualisiere dich bitte").await;
    assert!(answer.contains("\"decision\":\"asked\",\"reason\":\"to_be_confirmed\""), "{answer}");
    assert!(taken(&node.root).is_empty());
    let answer = say(Some(&owner), "Ja, mach das").await;
    assert!(answer.contains("\"what\":\"refresh_node\",\"decision\":\"done\""), "{answer}");
    assert_eq!(taken(&node.root).len(), 1);
}

/// Waits until a question about what is in the manual finds `words` in this many documents.
async fn until_found(node: &Node, words: &str, expected: usize) -> Vec<Value> {
    let deadline = time::instant() + std::time::Duration::from_secs(30);
    loop {
        let path = format!("/api/knowledge/search?q={words}");
        let found: Value = node.get(&path).send().await.unwrap().json().await.unwrap();
        let passages = found["passages"].as_array().unwrap().clone();
        if passages.len() == expected {
            return passages;
        }
        assert!(time::instant() < deadline, "{words}: {passages:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_node_learns_the_manual_of_its_release_and_forgets_what_is_no_more_in_it() {
    let root = Root::new();
    let manual = root.path().join("usr/share/doc");
    fs::create_dir_all(manual.join("docs")).unwrap();
    fs::write(
        manual.join("docs/REFRESH_WORKFLOW.md"),
        "# Refresh\n\nA failed refresh stays zanzibar.\n",
    )
    .unwrap();
    fs::write(manual.join("docs/OLD.md"), "# Old\n\nThis is about quokkas.\n").unwrap();
    let node = root.set("knowledge.manual", manual.display()).start();
    let found = until_found(&node, "zanzibar", 1).await;
    assert!(found[0]["document"].as_str().unwrap().ends_with("docs/REFRESH_WORKFLOW.md"));
    until_found(&node, "quokkas", 1).await;

    // The next release has another manual.
    fs::remove_file(manual.join("docs/OLD.md")).unwrap();
    let root = node.stop_and_keep();
    let node = root.start();
    until_found(&node, "quokkas", 0).await;
    until_found(&node, "zanzibar", 1).await;

    // One that has none serves all the same, and keeps what it knows.
    fs::remove_dir_all(manual).unwrap();
    let root = node.stop_and_keep();
    let node = root.start();
    assert_eq!(node.get("/health/ready").send().await.unwrap().status(), StatusCode::OK);
    until_found(&node, "zanzibar", 1).await;
}

#[test]
fn the_command_line_asks_the_supervisor_and_says_if_there_is_none() {
    let root = Root::new();
    let nobody = root.run(&["refresh"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("ladylinux-supervisor refresh"));
    supervised(&root);
    let status = root.run(&["refresh", "--status"]);
    let told = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(told.contains("release 0.1.0 0a0a0a0a0a0a serves"), "{told}");
    assert!(told.contains("failed in step prepare"), "{told}");
    assert!(taken(&root).is_empty());
    let asked = root.run(&["refresh", "--json"]);
    assert_eq!(asked.status.code(), Some(0));
    let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(asked["already"], false);
    assert_eq!(taken(&root).len(), 1);
}
