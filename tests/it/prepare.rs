//! What a release does before it serves, as the fourth step of a refresh runs it and reads its report.

use crate::node::{Root, skip};
use crate::run::{self, Node};
use ladylinux::{
    foundation::store::{self, sql::Connection},
    refresh::contract::Prepared,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Runs `prepare` with these flags, and returns its exit code and its report.
pub(crate) fn prepare(root: &Root, flags: &[&str]) -> (i32, Prepared) {
    let output = root.run(&[&["prepare", "--json"], flags].concat());
    let report = serde_json::from_slice(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), report.unwrap_or_else(|error| panic!("{error}: {said}")))
}

fn codes(report: &Prepared) -> Vec<(&str, &str)> {
    let issues = report.issues.iter();
    issues.map(|issue| (issue.severity.as_str(), issue.code.as_str())).collect()
}

fn has(report: &Prepared, severity: &str, code: &str) -> bool {
    let found = codes(report).contains(&(severity, code));
    let mends = report.issues.iter().all(|issue| !issue.mend.is_empty());
    assert!(mends, "{report:?}");
    found
}

// LL-WF-37, LL-WF-52, LL-REF-30, LL-REF-33
#[test]
fn a_fresh_root_is_prepared_in_one_run_and_a_check_changes_nothing() {
    let root = Root::bare();
    let (code, checked) = prepare(&root, &["--check"]);
    assert_eq!((code, checked.ready), (3, false));
    assert!(has(&checked, "critical", "state_missing"), "{checked:?}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);

    let (code, made) = prepare(&root, &["--provision"]);
    assert_eq!((code, made.ready), (0, true), "{made:?}");
    let newest = *store::schemas().end();
    assert_eq!((made.database.from, made.database.to, made.database.applied), (0, newest, true));
    assert_eq!(made.database.migrations.len(), newest as usize);
    assert_eq!(made.database.backup, None);
    assert_eq!(made.release.version, env!("CARGO_PKG_VERSION"));

    // LL-WF-56
    let (code, again) = prepare(&root, &["--provision"]);
    assert_eq!((code, again.database.from, again.database.applied), (0, newest, false));
    let (code, checked) = prepare(&root, &["--check"]);
    assert_eq!((code, checked.ready, checked.database.migrations.len()), (0, true, 0));
}

/// Makes the database as a release before this one left it, with `more` in it.
pub(crate) fn older(root: &Root, more: &str) -> PathBuf {
    let path = root.paths().database();
    fs::remove_file(&path).unwrap();
    let sql = include_str!("../../src/foundation/store/migrations/0001_tokens.sql");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(&format!("{sql} PRAGMA user_version = 1; {more}")).unwrap();
    path
}

// LL-REF-30, C-41
#[test]
fn an_older_database_is_backed_up_and_migrated_and_a_check_only_says_so() {
    let root = Root::new();
    let path = older(&root, "");
    let before = fs::read(&path).unwrap();
    let (code, checked) = prepare(&root, &["--check"]);
    assert_eq!((code, checked.ready, checked.database.applied), (0, true, false), "{checked:?}");
    assert_eq!(
        (checked.database.from, checked.database.migrations[0].as_str()),
        (1, "0002 documents and passages")
    );
    assert_eq!(fs::read(&path).unwrap(), before);

    let (code, made) = prepare(&root, &[]);
    assert_eq!((code, made.database.from, made.database.applied), (0, 1, true), "{made:?}");
    let backup = made.database.backup.unwrap();
    assert_eq!(store::plan(Path::new(&backup)).unwrap().from, 1);
    store::check(&path).unwrap();
}

// LL-REF-34, C-41
#[test]
fn a_migration_that_fails_is_named_with_its_backup_and_leaves_the_database_as_it_was() {
    let root = Root::new();
    // Somebody was here before: the migration finds its table taken.
    let path = older(&root, "CREATE TABLE passage (id INTEGER);");
    let (code, failed) = prepare(&root, &[]);
    assert_eq!((code, failed.ready, failed.database.applied), (1, false, false), "{failed:?}");
    assert!(has(&failed, "critical", "migration_failed"), "{failed:?}");
    assert!(failed.issues.iter().any(|issue| issue.message.contains("migration 2")), "{failed:?}");
    assert!(Path::new(&failed.database.backup.unwrap()).exists());
    assert_eq!(store::plan(&path).unwrap().from, 1);
}

#[test]
fn a_database_of_a_newer_release_and_a_damaged_one_are_not_touched() {
    let root = Root::new();
    let path = root.paths().database();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9999).unwrap();
    for flags in [&["--check"][..], &[]] {
        let (code, report) = prepare(&root, flags);
        assert_eq!((code, report.database.from), (3, 9999), "{report:?}");
        assert!(has(&report, "critical", "database_too_new"), "{report:?}");
    }
    let garbage = "this is not a database, however long one looks at it";
    fs::write(&path, garbage).unwrap();
    for flags in [&["--check"][..], &[]] {
        let (code, report) = prepare(&root, flags);
        assert_eq!(code, 3, "{report:?}");
        assert!(has(&report, "critical", "database_damaged"), "{report:?}");
    }
    assert_eq!(fs::read_to_string(path).unwrap(), garbage);
}

#[test]
fn settings_that_serve_would_refuse_are_refused_with_a_report() {
    let root = Root::new().set("http.exposure", "lan");
    let (code, report) = prepare(&root, &[]);
    assert_eq!(code, 2, "{report:?}");
    assert!(has(&report, "critical", "settings_invalid"), "{report:?}");
}

// LL-WF-48, LL-REF-42, LL-REF-45, C-43
#[test]
fn a_required_model_that_is_missing_or_wrong_keeps_the_node_from_being_ready() {
    let root = Root::new();
    let models = root.paths().models;
    let manifest = |required: bool| {
        let text = format!(
            r#"{{"schema_version":"0.2","models":[{{"id":"tiny","display_name":"Tiny","task":"llm","format":"onnx",
            "required":{required},"local_path":"tiny","filename":"model.onnx",
            "checksum":{{"algorithm":"sha256","value":"{}"}}}}]}}"#,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        );
        fs::write(models.join("manifest.json"), text).unwrap();
    };
    manifest(true);
    let (code, report) = prepare(&root, &[]);
    assert_eq!((code, report.models.missing), (3, 1), "{report:?}");
    assert!(has(&report, "critical", "model_missing"), "{report:?}");

    fs::create_dir(models.join("tiny")).unwrap();
    fs::write(models.join("tiny/model.onnx"), "abd").unwrap();
    let (code, report) = prepare(&root, &[]);
    assert_eq!((code, report.models.mismatched), (3, 1), "{report:?}");
    assert!(has(&report, "critical", "model_mismatch"), "{report:?}");
    manifest(false);
    let (code, report) = prepare(&root, &["--check"]);
    assert_eq!((code, report.models.mismatched), (0, 1), "{report:?}");
    assert!(has(&report, "warning", "model_mismatch"), "{report:?}");

    fs::write(models.join("tiny/model.onnx"), "abc").unwrap();
    let (code, report) = prepare(&root, &[]);
    assert_eq!((code, report.models.present, report.models.mismatched), (0, 1, 0), "{report:?}");
    assert_eq!(fs::read(models.join("tiny/model.onnx")).unwrap(), b"abc");
}

// C-45, LL-REF-41
#[test]
fn a_node_in_prod_that_could_change_its_models_is_not_ready() {
    let name = "a_node_in_prod_that_could_change_its_models_is_not_ready";
    if !rustix::process::geteuid().is_root() {
        return skip(name, "only root can be two users");
    }
    let node = Node::provisioned();
    node.open_to(10001);
    let prod = [("LADYLINUX_ENV", "prod")];
    let prepare = || {
        let run = node.run_as(10001, &["prepare", "--json"], &prod);
        let report: Prepared = serde_json::from_value(run::json(&run)).unwrap();
        (run.code, report)
    };
    let (code, report) = prepare();
    assert_eq!((code, report.models.writable), (3, true), "{report:?}");
    assert!(has(&report, "critical", "models_writable"), "{report:?}");
    std::os::unix::fs::chown(node.root().join("opt/ladylinux/models"), Some(0), Some(0)).unwrap();
    let models = node.root().join("opt/ladylinux/models");
    fs::set_permissions(models, fs::Permissions::from_mode(0o755)).unwrap();
    let (code, report) = prepare();
    assert_eq!((code, report.models.writable), (0, false), "{report:?}");
}

/// A second, read-only mount of a directory; gone when it is dropped.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn of(directory: &Path, at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let run = |command: &mut Command| {
            let status = command.stderr(std::process::Stdio::null()).status();
            status.is_ok_and(|status| status.success())
        };
        if !run(Command::new("mount").arg("--bind").arg(directory).arg(at)) {
            return None;
        }
        let mounted = Self(at.to_owned());
        run(Command::new("mount").args(["-o", "remount,bind,ro"]).arg(at)).then_some(mounted)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

// LL-WF-7: a check runs before the first step, on state that it cannot change and that the old release has in use.
#[tokio::test]
async fn a_check_works_on_a_read_only_mount_of_state_that_is_closed_in_use_or_left_by_a_crash() {
    let root = Root::new();
    let other = tempfile::tempdir().unwrap();
    let Some(mount) = ReadOnly::of(root.path(), &other.path().join("root")) else {
        return skip("a_check_works_on_a_read_only_mount", "mounting needs root");
    };
    let seen = mount.0.display().to_string();
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ladylinux"));
        let output = command
            .args(["prepare", "--check", "--json", "--root", &seen])
            .env_clear()
            .output()
            .unwrap();
        let report: Prepared = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), report)
    };
    let closed = check();
    assert_eq!((closed.0, closed.1.ready), (0, true), "{closed:?}");
    assert!(!closed.1.models.writable, "{closed:?}");
    // Whoever is to do more than to look needs more than that.
    let output = Command::new(env!("CARGO_BIN_EXE_ladylinux"))
        .args(["prepare", "--json", "--root", &seen])
        .env_clear()
        .output()
        .unwrap();
    let refused: Prepared = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), refused.ready), (Some(3), false), "{refused:?}");
    // Three directories, and not the fifty below them.
    let denied = ["protected_root_write_denied", "cache_write_denied", "logs_write_denied"];
    assert!(denied.iter().all(|code| has(&refused, "critical", code)), "{refused:?}");
    assert!(refused.issues.len() < 8, "{refused:?}");

    let node = root.start();
    let journal = node.root.paths().database().with_extension("db-wal");
    node.root.token("chat");
    let in_use = check();
    assert_eq!((in_use.0, in_use.1.ready), (0, true), "{in_use:?}");
    assert_eq!(node.get("/health/ready").send().await.unwrap().status(), 200);

    rustix::process::kill_process(node.pid(), rustix::process::Signal::KILL).unwrap();
    assert!(journal.exists(), "a crash leaves the journal");
    let crashed = check();
    assert_eq!((crashed.0, crashed.1.ready), (0, true), "{crashed:?}");
    fs::remove_file(node.root.paths().database().with_extension("db-shm")).unwrap();
    let without_index = check();
    assert_eq!((without_index.0, without_index.1.ready), (0, true), "{without_index:?}");
}
