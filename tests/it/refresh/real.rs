//! The main road once with the real image: install, ask, refresh, roll back.
//!
//! `LADYLINUX_TEST_IMAGE` names it: an OCI archive, as `scripts/image` makes one.

use super::{
    lab::{Lab, until},
    wire::Question,
};
use crate::node::skip;
use std::{path::PathBuf, time::Duration};

const TEST: &str = "refresh::real_image";

// LL-REF-36, LL-DEP-49, issue 3 "Done when"
#[test]
#[expect(clippy::too_many_lines, reason = "one life of one node, told in order")]
fn the_real_image_installs_answers_and_goes_through_refresh_and_rollback() {
    let Some(archive) = std::env::var_os("LADYLINUX_TEST_IMAGE").map(PathBuf::from) else {
        skip(
            TEST,
            "there is no image: build one with scripts/image and name its archive in LADYLINUX_TEST_IMAGE",
        );
        return;
    };
    let Some(lab) = Lab::new(TEST) else { return };
    // The real release needs more than the stand-in, and takes longer.
    let lab = lab.stack(
        r#"
[containers.api]
memory = "1 GiB"
pids = 256
timeout = "20s"
[one_shots.prepare]
memory = "1 GiB"
pids = 128
timeout = "1m"
[refresh]
ready_timeout = "1m"
"#,
    );
    let archive = archive.display().to_string();
    let run = lab.run(&["refresh", "--from-archive", &archive]);
    assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
    let first = run.word("digest").to_owned();
    lab.serves(&first);
    assert!(!run.json["commit"].is_null(), "{run:?}");
    assert_eq!(run.json["models"]["writable"], false, "{run:?}");

    // Tokenless, from the machine itself, as a browser would.
    let address = format!("127.0.0.1:{}", lab.port);
    let page = Question { method: "GET", path: "/", ..Question::default() }.tcp(&address).unwrap();
    assert_eq!(page.status, 200, "{}", page.text());
    let body = br#"{"text":"what time is it?"}"#;
    let origin = format!("http://{address}");
    let headers = [("Content-Type", "application/json"), ("Origin", origin.as_str())];
    let made =
        Question { method: "POST", path: "/api/conversations", headers: &headers, body: b"{}" };
    let made = made.tcp(&address).unwrap();
    assert!([200, 201].contains(&made.status), "{}", made.text());
    let path = format!("/api/conversations/{}/turns", made.json()["id"].as_str().unwrap());
    let turn =
        Question { method: "POST", path: &path, headers: &headers, body }.tcp(&address).unwrap();
    assert_eq!(turn.status, 200, "{}", turn.text());

    // The same program under another digest: another label makes another image.
    let next = format!("{}/{}:main", lab.registry.address, lab.repository_path());
    let file = lab.directory().join("Containerfile");
    std::fs::write(
        &file,
        format!(
            "FROM {}\nLABEL again=1\n",
            lab.engine.container(&lab.container_name("api")).unwrap()["Image"].as_str().unwrap()
        ),
    )
    .unwrap();
    lab.engine.podman(&[
        "build",
        "-q",
        "--format",
        "oci",
        "-t",
        &next,
        "-f",
        &file.display().to_string(),
        &lab.directory().display().to_string(),
    ]);
    lab.engine.podman(&["push", "-q", &next]);
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
    let second = run.word("digest").to_owned();
    assert_ne!(first, second);
    lab.serves(&second);
    let back = lab.run(&["rollback"]);
    assert_eq!((back.code, back.word("digest")), (0, first.as_str()), "{back:?}");
    lab.serves(&first);

    // The containers' own health check, as the engine runs it.
    let name = lab.container_name("api");
    until("a healthy container", Duration::from_mins(1), || {
        std::process::Command::new("podman")
            .args(["--url", lab.engine.url(), "healthcheck", "run", &name])
            .status()
            .unwrap()
            .success()
    });
}
