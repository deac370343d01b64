//! Fetching: registries that are down, slow, closed, busy, broken or lying. The old release serves all the while.

use super::{
    lab::{Lab, Run, until, write},
    registry::{Fault, Faulty, Registry, What, login, nobody},
    release::{architecture, index},
};
use crate::node::skip;
use std::time::Duration;

/// A node with a good release, whose next one comes through a proxy.
fn behind_a_proxy(test: &str) -> Option<(Lab, Faulty, String)> {
    let mut lab = Lab::new(test)?;
    let good = lab.install(&lab.release("1.0.0"));
    let proxy = Faulty::before(&lab.registry);
    lab.use_registry(&proxy.address);
    Some((lab, proxy, good))
}

/// The run was refused before step 1, and the old release serves on, in the same container.
fn nothing_was_touched(lab: &Lab, run: &Run, good: &str) {
    assert_eq!((run.code, run.word("outcome")), (2, "refused"), "{run:?}");
    lab.serves(good);
    lab.is_tidy(1);
}

// LL-WF-9, C-2
#[test]
fn a_registry_that_is_down_costs_nothing_but_the_refresh() {
    let Some(mut lab) = Lab::new("refresh::registry_down") else { return };
    let good = lab.install(&lab.release("1.0.0"));
    lab.use_registry(&nobody());
    let run = lab.run(&["refresh"]);
    nothing_was_touched(&lab, &run, &good);
    run.says(&["cannot"]);
    assert_ne!(lab.run(&["plan"]).code, 0, "unknown is never up to date");
}

#[test]
fn a_registry_that_is_slow_is_waited_for_while_the_old_release_serves() {
    let Some((lab, proxy, good)) = behind_a_proxy("refresh::registry_slow") else { return };
    let digest = lab.publish(&lab.release("1.1.0").filler(512));
    proxy.misbehave(What::Blobs, Fault::Slow(256 << 10), usize::MAX);
    let running = lab.spawn(&["refresh"]);
    until("a question for a layer", Duration::from_secs(20), || proxy.asked("/blobs/") > 0);
    assert_eq!(lab.answers(), Some(good));
    let status = lab.status();
    assert_eq!(status.word("state"), "refreshing", "{status:?}");
    assert_eq!(status.json["at_work"]["verb"], "refresh");
    assert_eq!(running.ended().code, 0);
    lab.serves(&digest);
}

#[test]
fn a_registry_that_never_answers_is_given_up() {
    let Some((lab, proxy, good)) = behind_a_proxy("refresh::registry_silent") else { return };
    lab.publish(&lab.release("1.1.0"));
    proxy.misbehave(What::Manifests, Fault::Silent, usize::MAX);
    let run = lab.run(&["refresh"]);
    nothing_was_touched(&lab, &run, &good);
}

#[test]
fn a_registry_that_is_busy_for_a_moment_is_asked_again_when_it_says() {
    let Some((lab, proxy, _)) = behind_a_proxy("refresh::registry_busy") else { return };
    let digest = lab.publish(&lab.release("1.1.0"));
    proxy.misbehave(What::Manifests, Fault::Status(429, "Retry-After: 1\r\n"), 1);
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.json["duration_ms"].as_u64().unwrap() >= 1000, "it did not wait: {run:?}");
    lab.serves(&digest);
}

#[test]
fn a_registry_that_stays_busy_or_broken_is_given_up_after_the_retries() {
    let Some((lab, proxy, good)) = behind_a_proxy("refresh::registry_broken") else { return };
    lab.publish(&lab.release("1.1.0"));
    for (status, headers) in [(429, "Retry-After: 0\r\n"), (503, ""), (500, "")] {
        proxy.misbehave(What::Manifests, Fault::Status(status, headers), usize::MAX);
        let run = lab.run(&["refresh"]);
        nothing_was_touched(&lab, &run, &good);
        run.says(&[&status.to_string()]);
        proxy.behave();
    }
    // Where only the layers fail, the engine is the one that is told.
    proxy.misbehave(What::Blobs, Fault::Status(503, ""), usize::MAX);
    let run = lab.run(&["refresh"]);
    nothing_was_touched(&lab, &run, &good);
}

#[test]
fn a_layer_that_breaks_off_is_fetched_again_and_the_others_are_not() {
    let Some((lab, proxy, _)) = behind_a_proxy("refresh::layer_cut") else { return };
    let digest = lab.publish(&lab.release("1.1.0").filler(2048));
    let layer = 2048 << 10;
    proxy.misbehave(What::Blobs, Fault::Cut(300 << 10), 1);
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.serves(&digest);
    assert!(proxy.sent() < 2 * layer + (1 << 20), "{} bytes were sent", proxy.sent());
}

#[test]
fn a_layer_that_always_breaks_off_is_given_up() {
    let Some((lab, proxy, good)) = behind_a_proxy("refresh::layer_always_cut") else { return };
    lab.publish(&lab.release("1.1.0").filler(512));
    proxy.misbehave(What::Blobs, Fault::Cut(1000), usize::MAX);
    let run = lab.run(&["refresh"]);
    nothing_was_touched(&lab, &run, &good);
}

#[test]
fn content_that_is_not_what_its_digest_says_is_refused() {
    let Some((lab, proxy, good)) = behind_a_proxy("refresh::garbage") else { return };
    lab.publish(&lab.release("1.1.0").filler(64));
    for what in [What::Manifests, What::Blobs] {
        proxy.misbehave(what, Fault::Garbage, usize::MAX);
        let run = lab.run(&["refresh"]);
        nothing_was_touched(&lab, &run, &good);
        proxy.behave();
    }
}

#[test]
fn what_the_registry_does_not_have_is_said_and_not_tried_again() {
    let Some((lab, proxy, good)) = behind_a_proxy("refresh::not_found") else { return };
    let before = proxy.asked("nightly");
    let run = lab.run(&["refresh", "nightly"]);
    nothing_was_touched(&lab, &run, &good);
    run.says(&["nightly"]);
    assert!(proxy.asked("nightly") - before <= 2, "it is no use to ask again");
}

// LL-WF-26, LL-REF-21: resolved once, then pinned.
#[test]
fn a_tag_that_moves_between_plan_and_pull_does_not_move_the_refresh() {
    let Some((lab, proxy, _)) = behind_a_proxy("refresh::moved_tag") else { return };
    let planned = lab.publish(&lab.release("1.1.0"));
    let (registry, path) = (lab.registry.clone(), lab.repository_path());
    let moved = lab.release("1.2.0").image();
    let then = moved.digest();
    proxy.after_manifest(move || drop(registry.push(&path, "main", &moved)));
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("digest")), (0, planned.as_str()), "{run:?}");
    lab.serves(&planned);
    assert_eq!(lab.run(&["refresh"]).code, 0);
    lab.serves(&then);
}

// LL-DEP-53
#[test]
fn an_index_for_several_architectures_leads_to_the_image_of_this_machine() {
    let Some(lab) = Lab::new("refresh::index") else { return };
    let (ours, theirs) =
        (lab.release("1.0.0").image(), lab.release("1.0.0").architecture("s390x").image());
    let path = lab.repository_path();
    for image in [&ours, &theirs] {
        lab.registry.push(&path, &image.digest(), image);
    }
    let both = index(&[(&theirs, "s390x"), (&ours, architecture())]);
    lab.registry.put_manifest(&path, "main", &both);
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.serves(run.word("digest"));
    assert_eq!(lab.run(&["refresh"]).word("outcome"), "unchanged");

    lab.registry.put_manifest(&path, "main", &index(&[(&theirs, "s390x")]));
    let other = lab.run(&["refresh"]);
    assert_eq!(other.code, 2, "{other:?}");
    other.says(&[architecture()]);
}

#[test]
fn a_registry_with_a_login_is_used_with_it_and_the_password_is_never_said() {
    let Some(mut lab) = Lab::new("refresh::login") else { return };
    lab.registry = Registry::with_login(lab.engine);
    lab.use_registry(lab.engine.value("REGISTRY_AUTH"));
    let digest = lab.publish(&lab.release("1.0.0"));
    let without = lab.run(&["refresh"]);
    assert_eq!(without.code, 2, "{without:?}");
    without.says(&["login"]);

    let file = lab.directory().join("auth.json");
    let password = lab.engine.value("REGISTRY_AUTH_PASSWORD");
    let mut runs = vec![without];
    for (login, code) in [("dGVzdGVyOndyb25n".to_owned(), 2), (login(lab.engine), 0)] {
        let address = &lab.registry.address;
        let content = serde_json::json!({ "auths": { address.as_str(): { "auth": login } } });
        write(&file, content.to_string().as_bytes());
        let run = lab.run(&["refresh", "--auth-file", &file.display().to_string()]);
        assert_eq!(run.code, code, "{run:?}");
        runs.push(run);
    }
    lab.serves(&digest);
    let base64 = login(lab.engine);
    for run in runs {
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains(password) && !all.contains(&base64), "the password was said");
    }
}

#[test]
fn a_registry_with_a_certificate_of_its_own_authority_is_used_with_that_authority_only() {
    let Some(mut lab) = Lab::new("refresh::tls") else { return };
    if lab.engine.is_docker {
        return skip(
            "refresh::tls",
            "Docker would have to be told of the authority before it starts",
        );
    }
    lab.use_registry(lab.engine.value("REGISTRY_TLS"));
    let file = lab.directory().join("image.tar");
    write(&file, &lab.release("1.0.0").image().archive());
    let address = format!("{}/{}:main", lab.engine.value("REGISTRY_TLS"), lab.repository_path());
    lab.engine.podman(&["pull", "-q", &format!("oci-archive:{}", file.display())]);
    lab.engine.podman(&["push", "-q", "localhost/release:archived", &address]);
    lab.engine.podman(&["rmi", "localhost/release:archived"]);
    let without = lab.run(&["refresh"]);
    assert_eq!(without.code, 2, "{without:?}");
    let run = lab.run(&["refresh", "--registry-ca", lab.engine.value("REGISTRY_TLS_CA")]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.serves(run.word("digest"));
}

// LL-WF-9
#[test]
fn offline_takes_what_is_here_and_asks_nobody() {
    let Some((lab, proxy, good)) = behind_a_proxy("refresh::offline") else { return };
    let digest = lab.install(&lab.release("1.1.0"));
    let asked = proxy.asked("");
    let run = lab.run(&["refresh", "--offline", &digest]);
    assert_eq!((run.code, run.word("outcome")), (0, "unchanged"), "{run:?}");
    assert_eq!(lab.run(&["rollback", "--offline"]).code, 0);
    lab.serves(&good);
    assert_eq!(lab.run(&["refresh", "--offline", &digest]).code, 0);
    lab.serves(&digest);
    lab.run(&["refresh", "--offline", "nightly"]).is_refused("not_here");
    assert_eq!(proxy.asked(""), asked, "the registry was asked");
}
