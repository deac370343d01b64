//! The state of a node over refreshes and rollbacks: rehearsed before it is migrated, and restored without losing what was
//! written since.

use super::lab::{Lab, Run, until, write};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::{MetadataExt, chown},
    thread,
    time::Duration,
};

/// Installs a release of schema 1, writes two records, and publishes one of schema 2.
fn ready_to_migrate(lab: &Lab, two: super::release::Release) -> (String, String) {
    let one = lab.install(&lab.release("1.0.0"));
    let data = lab.volume("state").join("data");
    write(&data.join("records"), b"one\ntwo\n");
    // Whoever wrote the schema writes the records.
    let owner = data.join("schema").metadata().unwrap();
    chown(data.join("records"), Some(owner.uid()), Some(owner.gid())).unwrap();
    (one, lab.publish(&two.schema(2)))
}

fn record(lab: &Lab, text: &str) {
    let file = lab.volume("state").join("data/records");
    let before = fs::read_to_string(&file).unwrap();
    write(&file, format!("{before}{text}\n").as_bytes());
}

fn records(lab: &Lab) -> String {
    fs::read_to_string(lab.volume("state").join("data/records")).unwrap()
}

/// What a run has kept aside.
fn kept_aside(lab: &Lab, run: &Run) -> String {
    let file = run.json["restored"]["kept_aside"].as_str().unwrap();
    let inside = file.strip_prefix("/var/lib/ladylinux/").unwrap();
    fs::read_to_string(lab.volume("state").join(inside)).unwrap()
}

#[test]
fn a_migration_is_rehearsed_before_anything_is_stopped_and_the_plan_says_what_it_took() {
    let Some(lab) = Lab::new("refresh::rehearsal") else { return };
    let (one, two) = ready_to_migrate(&lab, lab.release("2.0.0"));
    let before = (lab.volumes(), lab.containers().len());
    // The image is not here yet, so that nobody can rehearse.
    let plan = lab.run(&["plan", "--rehearse"]);
    assert_eq!((plan.code, plan.json["rehearsal"].is_null()), (0, true), "{plan:?}");
    let plain: &[&str] = if lab.engine.is_docker { &[] } else { &["--tls-verify=false"] };
    lab.engine.podman(&[&["pull", "-q"], plain, &[&lab.reference(&two)]].concat());
    let plan = lab.run(&["plan", "--rehearse"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    assert_eq!(plan.json["rehearsal"]["took_ms"], 7, "{plan:?}");
    lab.serves(&one);
    assert_eq!(lab.schema(), Some(1));

    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.json["rehearsal"]["space_bytes"], 4, "{run:?}");
    run.says(&["schema 1 to 2 on a copy"]);
    assert_eq!((lab.volumes(), lab.containers().len()), before);
    // The volume of a rehearsal has no name, and goes with it; other tests may be in the midst of one.
    until("no volume is left behind", Duration::from_secs(10), || {
        lab.engine
            .podman(&["volume", "ls", "-q", "--filter", "dangling=true"])
            .lines()
            .all(|name| name.len() != 64)
    });
}

#[test]
fn a_rehearsal_that_fails_hangs_or_says_nothing_is_a_refusal_and_the_node_serves_on() {
    let Some(lab) = Lab::new("refresh::bad_rehearsal") else { return };
    let lab = lab.stack("[one_shots.prepare]\ntimeout = \"1s\"");
    let one = lab.install(&lab.release("1.0.0"));
    for (how, code) in
        [("fails", "check_failed"), ("refuses", "not_ready"), ("silent", "not_rehearsed")]
    {
        let bad = lab.release(&format!("2.0.0-{how}")).set("RELEASE_REHEARSAL", how).schema(2);
        lab.publish(&bad);
        lab.run(&["refresh"]).is_refused(code);
        lab.serves(&one);
    }
    lab.publish(&lab.release("2.0.0-hangs").set("RELEASE_REHEARSAL", "hangs").schema(2));
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("outcome")), (2, "refused"), "{run:?}");
    run.says(&["--rehearse", "1s"]);
    lab.serves(&one);
    assert_eq!(lab.schema(), Some(1));
    lab.is_tidy(1);
}

// C-41
#[test]
fn a_migration_that_passes_its_rehearsal_and_fails_live_holds_the_node_with_the_state_as_it_was() {
    let Some(lab) = Lab::new("refresh::fails_live") else { return };
    let (one, _) = ready_to_migrate(&lab, lab.release("2.0.0").set("RELEASE_PREPARE", "fails"));
    let run = lab.run(&["refresh"]);
    run.failed_in("prepare");
    assert_eq!(lab.schema(), Some(1));
    lab.is_held();
    let back = lab.run(&["rollback"]);
    assert_eq!(back.code, 0, "{back:?}");
    lab.serves(&one);
    assert_eq!(records(&lab), "one\ntwo\n");
}

// LL-REF-34, C-41
#[test]
fn a_rollback_restores_the_state_of_its_release_and_keeps_aside_what_was_written_since() {
    let Some(lab) = Lab::new("refresh::restore_state") else { return };
    let (one, two) = ready_to_migrate(&lab, lab.release("2.0.0"));
    assert_eq!(lab.run(&["refresh"]).code, 0);
    lab.serves(&two);
    record(&lab, "three");

    let refused = lab.run(&["rollback"]);
    refused.is_refused("schema_too_new");
    refused.says(&["--restore-state"]);
    lab.serves(&two);

    let back = lab.run(&["rollback", "--restore-state"]);
    assert_eq!((back.code, back.word("outcome")), (0, "done"), "{back:?}");
    lab.serves(&one);
    assert_eq!((lab.schema(), records(&lab)), (Some(1), "one\ntwo\n".to_owned()));
    assert_eq!(kept_aside(&lab, &back), "three\n");
    assert_eq!(back.json["restored"]["kept"]["record"], 1);
    let why = lab.run(&["why"]);
    why.says(&["schema 2 to 1", "1 records written since", "kept-aside-"]);
    assert_eq!(lab.run(&["verify-receipts"]).code, 0);

    // Forth again: the state is migrated anew, and back needs no backup, for nothing is to be restored twice.
    let forth = lab.run(&["refresh", &two]);
    assert_eq!(forth.code, 0, "{forth:?}");
    assert_eq!(lab.schema(), Some(2));
    assert_eq!(lab.run(&["rollback", "--restore-state"]).code, 0);
    lab.serves(&one);
    let again = lab.run(&["rollback", "--restore-state"]);
    assert_eq!(again.code, 0, "{again:?}");
    lab.serves(&two);
    assert!(again.json["restored"].is_null(), "{again:?}");
}

#[test]
fn a_rollback_after_a_refresh_that_failed_behind_its_migration_restores_the_state() {
    let Some(lab) = Lab::new("refresh::restore_after_failure") else { return };
    let (one, _) = ready_to_migrate(&lab, lab.release("2.0.0").set("RELEASE_SERVE", "exits"));
    lab.run(&["refresh"]).failed_in("restart");
    assert_eq!(lab.schema(), Some(2));
    lab.is_held();
    lab.run(&["rollback"]).is_refused("schema_too_new");
    lab.is_held();
    let back = lab.run(&["rollback", "--restore-state"]);
    assert_eq!(back.code, 0, "{back:?}");
    lab.serves(&one);
    assert_eq!(lab.schema(), Some(1));
    assert!(back.json["restored"]["kept_aside"].is_null(), "{back:?}");
}

#[test]
fn a_backup_that_cannot_be_opened_is_refused_before_anything_is_stopped() {
    let Some(lab) = Lab::new("refresh::bad_backup") else { return };
    let (_, two) = ready_to_migrate(&lab, lab.release("2.0.0").set("RELEASE_RESTORE", "unusable"));
    assert_eq!(lab.run(&["refresh"]).code, 0);
    let refused = lab.run(&["rollback", "--restore-state"]);
    refused.is_refused("backup_unusable");
    refused.says(&["cannot be opened"]);
    lab.serves(&two);
}

#[test]
fn a_restore_that_fails_holds_the_node_and_the_state_is_as_it_was() {
    let Some(lab) = Lab::new("refresh::bad_restore") else { return };
    let (_, two) = ready_to_migrate(&lab, lab.release("2.0.0").set("RELEASE_RESTORE", "fails"));
    assert_eq!(lab.run(&["refresh"]).code, 0);
    record(&lab, "three");
    let run = lab.run(&["rollback", "--restore-state"]);
    run.failed_in("prepare");
    run.says(&["could not be restored"]);
    lab.is_held();
    assert_eq!((lab.schema(), records(&lab)), (Some(2), "one\ntwo\nthree\n".to_owned()));
    // The receipts name where the records would have been, whatever became of them.
    lab.run(&["why"]).says(&["kept-aside-"]);
    // Back from what failed: to the release that knows the state.
    assert_eq!(lab.run(&["rollback"]).code, 0);
    lab.serves(&two);
}

// C-1
#[test]
fn where_it_is_declared_a_refresh_that_fails_goes_back_by_itself() {
    let Some(lab) = Lab::new("refresh::on_failure") else { return };
    let lab = lab.stack("refresh.on_failure = \"rollback\"");
    let one = lab.install(&lab.release("1.0.0"));
    lab.publish(&lab.release("2.0.0").set("RELEASE_SERVE", "exits"));
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, run.word("outcome")), (1, "rolled_back"), "{run:?}");
    assert_eq!(run.json["error"]["step"], "restart");
    run.says(&["goes back to the release before", "the release before serves"]);
    lab.serves(&one);
    let status = lab.status();
    assert_eq!((status.code, status.word("state")), (0, "on_probation"), "{status:?}");
    assert_eq!(lab.run(&["verify-receipts"]).code, 0);
    lab.is_tidy(1);
}

// C-1: never behind a migration.
#[test]
fn a_refresh_that_migrated_and_failed_is_held_even_where_a_rollback_is_declared() {
    let Some(lab) = Lab::new("refresh::on_failure_migrated") else { return };
    let lab = lab.stack("refresh.on_failure = \"rollback\"");
    ready_to_migrate(&lab, lab.release("2.0.0").set("RELEASE_SERVE", "exits"));
    lab.run(&["refresh"]).failed_in("restart");
    lab.is_held();
    assert_eq!(lab.schema(), Some(2));
}

// Both halves of the same moment: the release says what belongs to its state.
#[test]
fn an_operators_backup_is_gone_back_to_through_the_same_steps() {
    let Some(lab) = Lab::new("refresh::backup") else { return };
    let (_, two) = ready_to_migrate(&lab, lab.release("2.0.0"));
    assert_eq!(lab.run(&["backup", "nothing/here"]).code, 2);
    let made = lab.run(&["backup", "before"]);
    assert_eq!((made.code, made.json["about"]["schema"].clone()), (0, 1.into()), "{made:?}");
    // A name is taken once.
    let again = lab.run(&["backup", "before"]);
    again.says(&["before"]);
    assert_ne!(again.code, 0, "{again:?}");
    record(&lab, "three");
    // The release that is there takes a state of before it, and migrates it.
    assert_eq!(lab.run(&["refresh"]).code, 0);
    let back = lab.run(&["restore", "before"]);
    assert_eq!((back.code, back.word("outcome")), (0, "done"), "{back:?}");
    lab.serves(&two);
    assert_eq!((lab.schema(), records(&lab)), (Some(2), "one\ntwo\n".to_owned()));
    assert_eq!(kept_aside(&lab, &back), "three\n");
    lab.run(&["why"]).says(&["restore", "schema 2 to 1", "schema 1 to 2"]);
    assert_eq!(lab.run(&["verify-receipts"]).code, 0);
    // What is not there is refused before anything is stopped.
    lab.run(&["restore", "nothing"]).is_refused("backup_unusable");
    lab.run(&["restore", "../../etc"]).is_refused("no_name");
    lab.serves(&two);
}

/// Takes one request, answers it, and returns what was posted.
fn listen(listener: TcpListener, answer: &'static str) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut said = Vec::new();
        let mut block = [0; 4096];
        loop {
            let count = client.read(&mut block).unwrap();
            said.extend_from_slice(&block[..count]);
            if count == 0 || said.ends_with(b"}") {
                break;
            }
        }
        client.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(said).unwrap()
    })
}

#[test]
fn what_happens_is_told_to_the_journal_to_a_webhook_and_to_prometheus() {
    let Some(lab) = Lab::new("refresh::notify") else { return };
    lab.install(&lab.release("1.0.0"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let textfile = lab.directory().join("node.prom");
    let notify = format!(
        "[notify]\nwebhook = \"http://{address}/secret-path\"\ntextfile = \"{}\"",
        textfile.display()
    );
    let lab = lab.stack(&notify);
    let posted = listen(listener, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
    lab.publish(&lab.release("2.0.0").set("RELEASE_SERVE", "exits"));
    let run = lab.run(&["refresh"]);
    run.failed_in("restart");
    let posted = posted.join().unwrap();
    let body: serde_json::Value =
        serde_json::from_str(posted.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert!(posted.starts_with("POST /secret-path"), "{posted}");
    assert_eq!((body["event"].clone(), body["step"].clone()), ("failed".into(), "restart".into()));
    assert!(body["next"].to_string().contains("rollback"), "{body}");
    let line = run.stderr.lines().find(|line| line.starts_with("NOTICE ")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&line[7..]).unwrap(), body);

    // Nobody listens any more: that is said, without the address' secret, and fails nothing.
    let back = lab.run(&["rollback"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert!(back.stderr.contains("the webhook could not be told: 127.0.0.1"), "{back:?}");
    assert!(!back.stderr.contains("secret-path"), "{back:?}");

    // The daemon writes the metrics at every look.
    let daemon = lab.spawn(&["run"]);
    until("the metrics", Duration::from_secs(30), || {
        fs::read_to_string(&textfile).is_ok_and(|text| text.contains("state=\"on_probation\"} 1"))
    });
    let own = fs::read_to_string(lab.state().join("ladylinux.prom")).unwrap();
    assert!(own.contains("ladylinux_release_info{digest=\"sha256:"), "{own}");
    assert!(
        own.contains("ladylinux_last_run_timestamp_seconds{verb=\"rollback\",outcome=\"done\"}"),
        "{own}"
    );
    daemon.kill();
}

// C-1
#[test]
fn where_it_is_declared_a_release_that_dies_on_probation_is_gone_back_from_by_the_daemon() {
    let Some(lab) = Lab::new("refresh::on_failure_died") else { return };
    let lab = lab.stack("refresh.on_failure = \"rollback\"\nrefresh.probe_every = \"100ms\"");
    let one = lab.install(&lab.release("1.0.0"));
    let dies = "/var/lib/ladylinux/dies";
    let two = lab.publish(&lab.release("2.0.0").set("RELEASE_DIES_ON_FILE", dies));
    assert_eq!(lab.run(&["refresh"]).code, 0);
    lab.serves(&two);
    let daemon = lab.spawn(&["run"]);
    write(&lab.volume("state").join("dies"), b"");
    until("the release before", Duration::from_mins(1), || {
        lab.answers().as_deref() == Some(one.as_str())
    });
    let said = daemon.kill().stderr;
    assert!(
        said.contains("died in its probation") && said.contains("\"event\":\"died\""),
        "{said}"
    );
    assert!(lab.journal().iter().any(|entry| entry["actor"] == "on_failure"));
}
