//! Releases that do not do what they should: the node stays stopped, is held, and says how to go on.

use super::{
    lab::{Lab, Run, write},
    release::Release,
};

/// Installs a good release, then refreshes to a bad one, which must fail in this step.
fn refused_after_the_stop(lab: &Lab, bad: &Release, step: &str) -> (String, Run) {
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(bad);
    let run = lab.run(&["refresh"]);
    run.failed_in(step);
    assert!(run.word("service_status") == "stopped", "{run:?}");
    (good, run)
}

/// The node is held, nothing revives it, and a rollback brings the good release back.
fn is_held_until_the_rollback(lab: &Lab, good: &str) {
    let status = lab.is_held();
    status.says(&["rollback"]);
    assert_eq!(status.json["last"]["outcome"], "failed");
    let start = lab.run(&["start"]);
    assert_eq!(start.code, 3, "{start:?}");
    lab.is_held();
    let back = lab.run(&["rollback"]);
    assert_eq!((back.code, back.word("outcome")), (0, "done"), "{back:?}");
    lab.serves(good);
    lab.is_tidy(1);
}

// LL-REF-46..48, C-1, C-3
#[test]
fn a_release_that_exits_at_once_leaves_the_node_held_with_its_last_words() {
    let Some(lab) = Lab::new("refresh::exits_at_once") else { return };
    let bad = lab.release("2.0.0").set("RELEASE_SERVE", "exits");
    let (good, run) = refused_after_the_stop(&lab, &bad, "restart");
    let log = run.json["error"]["log"].as_str().unwrap_or_default();
    let log = std::fs::read_to_string(log).unwrap_or_default();
    assert!(log.contains("this release cannot start"), "{log:?} {run:?}");
    is_held_until_the_rollback(&lab, &good);
}

// LL-REF-36
#[test]
fn a_release_that_never_answers_is_given_up_after_its_time() {
    let Some(lab) = Lab::new("refresh::never_answers") else { return };
    let lab = lab.stack("refresh.ready_timeout = \"1s\"");
    let bad = lab.release("2.0.0").set("RELEASE_SERVE", "deaf");
    let (good, run) = refused_after_the_stop(&lab, &bad, "restart");
    run.says(&["1s"]);
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_release_that_takes_questions_and_never_answers_them_is_given_up_after_its_time() {
    let Some(lab) = Lab::new("refresh::silent") else { return };
    let lab = lab.stack("refresh.ready_timeout = \"1s\"");
    let bad = lab.release("2.0.0").set("RELEASE_SERVE", "silent");
    let (good, _) = refused_after_the_stop(&lab, &bad, "restart");
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_release_that_says_it_is_not_ready_is_given_up_after_its_time() {
    let Some(lab) = Lab::new("refresh::unready") else { return };
    let lab = lab.stack("refresh.ready_timeout = \"1s\"");
    let bad = lab.release("2.0.0").set("RELEASE_SERVE", "unready");
    let (good, run) = refused_after_the_stop(&lab, &bad, "restart");
    run.says(&["not ready"]);
    is_held_until_the_rollback(&lab, &good);
}

// LL-REF-36: the expected digest, and not just an answer.
#[test]
fn a_release_that_answers_with_another_digest_is_not_believed() {
    let Some(lab) = Lab::new("refresh::wrong_digest") else { return };
    let bad = lab.release("2.0.0").set("RELEASE_SERVE", "wrong-digest");
    let (good, run) = refused_after_the_stop(&lab, &bad, "restart");
    run.says(&["sha256:0000"]);
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_release_that_dies_while_it_is_asked_is_not_called_ready() {
    let Some(lab) = Lab::new("refresh::dies_while_asked") else { return };
    let lab = lab.stack("[refresh]\nready_answers = 40\nready_interval = \"50ms\"");
    let good = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("2.0.0").set("RELEASE_DIES_AFTER_MS", "300"));
    lab.run(&["refresh"]).failed_in("restart");
    is_held_until_the_rollback(&lab, &good);
}

// LL-REF-34, C-41
#[test]
fn a_migration_that_fails_leaves_the_old_schema_its_backup_and_a_hold() {
    let Some(lab) = Lab::new("refresh::migration_fails") else { return };
    let bad = lab.release("2.0.0").schema(2).set("RELEASE_PREPARE", "fails");
    let (good, run) = refused_after_the_stop(&lab, &bad, "prepare");
    run.says(&["0002_step"]);
    assert_eq!(lab.schema(), Some(1));
    assert!(lab.volume("state").join("data/backup-1").exists());
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_migration_that_hangs_is_killed_after_its_time() {
    let Some(lab) = Lab::new("refresh::migration_hangs") else { return };
    let lab = lab.stack("one_shots.prepare.timeout = \"5s\"");
    let bad = lab.release("2.0.0").schema(2).set("RELEASE_PREPARE", "hangs");
    let (good, run) = refused_after_the_stop(&lab, &bad, "prepare");
    run.says(&["5s"]);
    // The one-shot is gone, so that nothing writes to the state any more.
    assert!(lab.containers().iter().all(|one| one["State"] != "running"));
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_migration_that_dies_half_way_leaves_a_hold_and_a_good_release_converges() {
    let Some(lab) = Lab::new("refresh::migration_dies") else { return };
    let bad = lab.release("2.0.0").schema(2).set("RELEASE_PREPARE", "dies");
    let (_, run) = refused_after_the_stop(&lab, &bad, "prepare");
    run.says(&["137"]);
    let half = lab.volume("state").join("data/schema.half");
    assert!(half.exists() && lab.schema() == Some(1));
    lab.is_held();
    let mended = lab.install(&lab.release("2.0.1").schema(2));
    lab.serves(&mended);
    assert!(!half.exists() && lab.schema() == Some(2));
}

#[test]
fn a_release_whose_preparation_says_nothing_sensible_is_not_started() {
    let Some(lab) = Lab::new("refresh::migration_garbage") else { return };
    let bad = lab.release("2.0.0").schema(2).set("RELEASE_PREPARE", "garbage");
    let (good, _) = refused_after_the_stop(&lab, &bad, "prepare");
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_release_that_refuses_in_its_preparation_is_not_started() {
    let Some(lab) = Lab::new("refresh::prepare_refuses") else { return };
    let bad = lab.release("2.0.0").schema(2).set("RELEASE_PREPARE", "refuses");
    let (good, run) = refused_after_the_stop(&lab, &bad, "prepare");
    run.says(&["this node is not for this release"]);
    is_held_until_the_rollback(&lab, &good);
}

// PRODUCT.md "before step 1"
#[test]
fn a_release_that_fails_its_check_is_refused_while_the_old_one_serves() {
    let Some(lab) = Lab::new("refresh::check_fails") else { return };
    let lab = lab.stack("one_shots.prepare.timeout = \"5s\"");
    let good = lab.install(&lab.release("1.0.0"));
    let id = lab.id_of("api");
    for (version, how) in [("2.0.0", "fails"), ("2.0.1", "refuses"), ("2.0.2", "hangs")] {
        lab.publish(&lab.release(version).set("RELEASE_CHECK", how));
        let run = lab.run(&["refresh"]);
        assert_eq!((run.code, run.word("outcome")), (2, "refused"), "{how}: {run:?}");
        assert_eq!(lab.id_of("api"), id, "{how}");
        lab.serves(&good);
        lab.is_tidy(1);
    }
}

// C-1: after a migration that ran, the way back is named and not taken.
#[test]
fn a_release_that_migrates_and_then_exits_can_be_mended_forwards_only() {
    let Some(lab) = Lab::new("refresh::migrates_and_exits") else { return };
    let bad = lab.release("2.0.0").schema(2).set("RELEASE_SERVE", "exits");
    let (_, run) = refused_after_the_stop(&lab, &bad, "restart");
    assert_eq!(run.json["migrated"][1], 2, "{run:?}");
    let back = lab.run(&["rollback"]);
    back.is_refused("schema_too_new");
    back.says(&["backup"]);
    lab.is_held();
    let mended = lab.install(&lab.release("2.0.1").schema(2));
    lab.serves(&mended);
}

#[test]
fn a_container_that_ignores_the_signal_is_killed_after_its_time_and_that_is_said() {
    let Some(lab) = Lab::new("refresh::term_ignored") else { return };
    lab.install(&lab.release("1.0.0").set("RELEASE_TERM", "ignored"));
    let digest = lab.publish(&lab.release("1.1.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.json["steps"][0]["detail"].to_string().contains("killed"), "{run:?}");
    lab.serves(&digest);
}

#[test]
fn a_first_install_that_fails_is_held_and_a_mended_release_installs() {
    let Some(lab) = Lab::new("refresh::first_install_fails") else { return };
    lab.publish(&lab.release("1.0.0").set("RELEASE_SERVE", "exits"));
    lab.run(&["refresh"]).failed_in("restart");
    lab.is_held();
    lab.run(&["rollback"]).is_refused("no_previous_release");
    let mended = lab.install(&lab.release("1.0.1"));
    lab.serves(&mended);
}

// Ready is not enough: what this machine has models for must work.
#[test]
fn a_release_that_answers_and_cannot_work_with_the_models_is_not_good() {
    let Some(lab) = Lab::new("refresh::cannot_work") else { return };
    let bad = lab.release("2.0.0").set("RELEASE_WORK", "failed");
    let (good, run) = refused_after_the_stop(&lab, &bad, "restart");
    run.says(&["cannot work with this machine's models: llm"]);
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_release_that_never_shows_that_it_works_is_given_up_after_its_time() {
    let Some(lab) = Lab::new("refresh::never_works") else { return };
    let lab = lab.stack("refresh.work_timeout = \"1s\"");
    let bad = lab.release("2.0.0").set("RELEASE_WORK", "untested");
    let (good, run) = refused_after_the_stop(&lab, &bad, "restart");
    run.says(&["1s", "llm"]);
    is_held_until_the_rollback(&lab, &good);
}

#[test]
fn a_worker_that_needs_its_time_is_waited_for() {
    let Some(lab) = Lab::new("refresh::works_later") else { return };
    lab.install(&lab.release("1.0.0").set("RELEASE_WORK", "works"));
    let slow =
        lab.release("2.0.0").set("RELEASE_WORK", "works").set("RELEASE_WORKS_AFTER_MS", "700");
    let two = lab.publish(&slow);
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.serves(&two);
}

#[test]
fn what_was_broken_before_is_no_fault_of_the_release_and_keeps_nobody_from_going_back() {
    let Some(lab) = Lab::new("refresh::broken_before") else { return };
    let release = |version: &str| {
        let broken = "/var/lib/ladylinux/broken";
        lab.release(version).set("RELEASE_WORK", "works").set("RELEASE_BROKEN_ON_FILE", broken)
    };
    let one = lab.install(&release("1.0.0"));
    // A model goes bad on this machine's disk.
    write(&lab.volume("state").join("broken"), b"");
    let two = lab.publish(&release("2.0.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.json["warnings"].to_string().contains("llm does not work, as before"), "{run:?}");
    lab.serves(&two);
    lab.engine.podman(&["stop", "-t", "1", &lab.container_name("api")]);
    let back = lab.run(&["rollback"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert!(back.json["warnings"].to_string().contains("llm"), "{back:?}");
    lab.serves(&one);
}
