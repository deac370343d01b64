//! A chain, altered behind the back of SQLite and its triggers in every way that can be thought of.

use super::*;
use crate::foundation::{
    store::{
        self, Store,
        sql::{Connection, params},
    },
    values::{PersonId, Sha256, time::Timestamp},
};
use proptest::prelude::*;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn record(at: i64, reason: &str) -> Record {
    Record {
        id: Uuid::now_v7(),
        about: Some(Uuid::now_v7()),
        at: Timestamp(NOW.0 + at),
        person: Some(PersonId::new()),
        identity: "confirmed".to_owned(),
        confidence: 900,
        age: "adult".to_owned(),
        mode: "alone".to_owned(),
        what: "refresh_node".to_owned(),
        action: Some(Sha256::of("refresh_node")),
        decision: Decision::Refused,
        reason: reason.to_owned(),
        basis: None,
    }
}

fn database() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ladylinux.db");
    store::migrate(&path).unwrap();
    (directory, path)
}

/// Writes so many records as a process of its own; their times go on from `at`.
async fn written(path: &Path, at: i64, count: i64) {
    let store = Store::open(path).unwrap();
    let audit = Audit::new(store.clone());
    for number in 0..count {
        audit.write(record(at + number, "not_permitted")).await.unwrap();
    }
    store.close().await;
}

async fn report(path: &Path, known: &[Sha256]) -> Report {
    let store = Store::open(path).unwrap();
    let report = verify(&store, known.to_vec()).await.unwrap();
    store.close().await;
    report
}

/// Runs SQL as somebody would who has the file, and takes the triggers away first.
fn behind(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    let all =
        format!("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened; {sql}");
    connection.execute_batch(&all).unwrap();
}

// Issue 6, part 7: append-only and hash-chained.
#[tokio::test]
async fn chains_of_processes_go_on_from_each_other() {
    let (_directory, path) = database();
    assert!(report(&path, &[]).await.is_clean());
    written(&path, 0, 3).await;
    written(&path, 10, 2).await;
    let found = report(&path, &[]).await;
    assert!(found.is_clean());
    assert_eq!((found.chains, found.records, found.forks, found.beginnings), (2, 5, 0, 1));
    assert_eq!(found.heads.len(), 1);
    // A head that was noted stays, whatever comes after it.
    written(&path, 20, 1).await;
    let later = report(&path, &found.heads).await;
    assert!(later.is_clean() && later.heads != found.heads);
    let store = Store::open(&path).unwrap();
    assert_eq!(heads(&store).await.unwrap(), later.heads);
}

#[tokio::test]
async fn a_row_is_neither_changed_nor_deleted_by_whoever_keeps_to_the_rules() {
    let (_directory, path) = database();
    written(&path, 0, 1).await;
    let store = Store::open(&path).unwrap();
    for sql in [
        "UPDATE audit SET at = 1",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
    ] {
        let done: Result<(), AuditError> = store.write(move |to| Ok(to.execute_batch(sql)?)).await;
        assert!(done.is_err(), "{sql}");
    }
    assert!(report(&path, &[]).await.is_clean());
}

#[tokio::test]
async fn whatever_is_altered_behind_the_triggers_is_found_and_named() {
    const ROW: &str = "record = replace(record, 'not_permitted', 'not_permittee')";
    for (sql, seq, says) in [
        (format!("UPDATE audit SET {ROW} WHERE seq = 3"), 3, "hashed"),
        ("UPDATE audit SET hash = zeroblob(32) WHERE seq = 2".to_owned(), 2, "hashed"),
        ("UPDATE audit SET previous = zeroblob(32) WHERE seq = 4".to_owned(), 4, "continue"),
        ("DELETE FROM audit WHERE seq = 3".to_owned(), 4, "missing"),
        ("DELETE FROM audit WHERE seq = 1".to_owned(), 2, "missing"),
        // Swapped.
        (
            "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;
             UPDATE audit SET seq = 3 WHERE seq = 99"
                .to_owned(),
            2,
            "continue",
        ),
        // Put in at the end, as a copy of the last.
        (
            "INSERT INTO audit SELECT chain, seq + 1, at, person, about, record, hash, randomblob(32) FROM audit WHERE seq = 5"
                .to_owned(),
            6,
            "hashed",
        ),
        // Put in between.
        (
            "UPDATE audit SET seq = seq + 100 WHERE seq > 2; UPDATE audit SET seq = seq - 99 WHERE seq > 100;
             INSERT INTO audit SELECT chain, 3, at, person, about, record, previous, randomblob(32) FROM audit WHERE seq = 2"
                .to_owned(),
            3,
            "continue",
        ),
        // A row by which a search would find something else than the record says.
        ("UPDATE audit SET at = at + 1 WHERE seq = 2".to_owned(), 2, "column at"),
        ("UPDATE audit SET person = NULL WHERE seq = 4".to_owned(), 4, "column person"),
        ("UPDATE audit SET about = 'x' WHERE seq = 5".to_owned(), 5, "column about"),
    ] {
        let (_directory, path) = database();
        written(&path, 0, 5).await;
        behind(&path, &sql);
        let found = report(&path, &[]).await;
        let broken = found.broken.unwrap_or_else(|| panic!("not found: {sql}"));
        assert_eq!(broken.seq, seq, "{sql}: {broken:?}");
        assert!(broken.what.contains(says), "{sql}: {broken:?}");
        assert!(found.heads.is_empty());
    }
}

#[tokio::test]
async fn one_byte_of_the_database_file_changed_is_found() {
    let (_directory, path) = database();
    written(&path, 0, 5).await;
    let mut bytes = fs::read(&path).unwrap();
    let needle = b"refresh_node";
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    // No text any more, either.
    bytes[at] = 0xff;
    fs::write(&path, bytes).unwrap();
    assert!(report(&path, &[]).await.broken.is_some());
}

#[tokio::test]
async fn a_chain_that_others_go_on_from_is_missed() {
    let (_directory, path) = database();
    written(&path, 0, 2).await;
    written(&path, 10, 2).await;
    behind(&path, "DELETE FROM audit WHERE chain = (SELECT min(chain) FROM audit)");
    let broken = report(&path, &[]).await.broken.unwrap();
    assert!(broken.seq == 1 && broken.what.contains("missing"), "{broken:?}");
}

// What a chain cannot show by itself, and what a head is noted for.
#[tokio::test]
async fn an_end_that_was_cut_off_shows_only_by_a_head_that_was_noted() {
    let (_directory, path) = database();
    written(&path, 0, 5).await;
    let noted = report(&path, &[]).await.heads;
    behind(&path, "DELETE FROM audit WHERE seq = 5");
    assert!(report(&path, &[]).await.is_clean());
    let found = report(&path, &noted).await;
    assert!(!found.is_clean());
    assert_eq!((found.broken, found.lost), (None, noted));
}

// C-41: a restore keeps what the backup does not know aside, and it can be imported beside what was written since.
#[tokio::test]
async fn a_restore_and_an_import_leave_a_clean_audit_with_a_fork() {
    let (directory, path) = database();
    let file = |name: &str| directory.path().join(name);
    written(&path, 0, 3).await;
    store::back_up(&path, &file("backup")).unwrap();
    written(&path, 10, 20).await;
    let noted = report(&path, &[]).await.heads;
    let restored = store::restore(&path, &file("backup"), &file("aside")).unwrap();
    assert_eq!(restored.kept["audit"], 20);
    assert_eq!(report(&path, &[]).await.records, 3);
    assert_eq!(report(&path, &noted).await.lost, noted);
    written(&path, 100, 2).await;
    let imported = store::import(&path, &file("aside")).unwrap();
    assert_eq!((imported.added["audit"], imported.conflicts.len()), (20, 0));
    let found = report(&path, &noted).await;
    assert!(found.is_clean(), "{found:?}");
    assert_eq!((found.chains, found.records, found.forks), (3, 25, 1));
    assert_eq!(found.heads.len(), 2);
    // The next process goes on from the newest by time, though the import wrote other rows last.
    written(&path, 200, 1).await;
    let next = report(&path, &noted).await;
    assert!(next.is_clean());
    assert_eq!((next.forks, next.heads.len(), next.heads[1]), (1, 2, noted[0]));
    // Importing again does nothing.
    let again = store::import(&path, &file("aside")).unwrap();
    assert_eq!((again.added.len(), again.present), (0, 20));
}

#[tokio::test]
async fn records_are_found_by_person_command_and_time() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let audit = Audit::new(store.clone());
    let records: Vec<Record> = (0..5).map(|at| record(at, "not_permitted")).collect();
    for one in &records {
        audit.write(one.clone()).await.unwrap();
    }
    let found = |filter| {
        let store = store.clone();
        async move { list(&store, filter).await.unwrap() }
    };
    assert_eq!(found(Filter::default()).await, records);
    assert_eq!(found(Filter { limit: Some(2), ..Filter::default() }).await, records[3..]);
    assert_eq!(
        found(Filter { person: records[1].person, ..Filter::default() }).await,
        records[1..2]
    );
    assert_eq!(found(Filter { about: records[2].about, ..Filter::default() }).await, records[2..3]);
    let (since, until) = (Some(records[1].at), Some(records[3].at));
    assert_eq!(found(Filter { since, until, ..Filter::default() }).await, records[1..3]);
}

/// A writer that can be read afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn exported(path: &Path) -> Vec<u8> {
    let store = Store::open(path).unwrap();
    let to = Shared::default();
    export(&store, to.clone()).await.unwrap();
    std::mem::take(&mut *to.0.lock().unwrap())
}

// Issue 6, "What bad input gets": an audit file with one byte changed.
#[tokio::test]
async fn an_exported_file_with_any_one_byte_changed_names_the_line() {
    let (directory, path) = database();
    written(&path, 0, 2).await;
    written(&path, 10, 2).await;
    let whole = exported(&path).await;
    let file = directory.path().join("audit.jsonl");
    fs::write(&file, &whole).unwrap();
    let clean = verify_file(&file, &[]).unwrap();
    assert!(clean.is_clean(), "{clean:?}");
    assert_eq!(clean, report(&path, &[]).await);
    for at in 0..whole.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            fs::write(&file, &bytes).unwrap();
            let line = whole[..at].split(|byte| *byte == b'\n').count() as u64;
            let found = verify_file(&file, &[]).unwrap().broken;
            let found = found.unwrap_or_else(|| panic!("byte {at} ^ {flip:#x} was not found"));
            // A newline that is gone, or one too many, may show at the next line only.
            let named = found.line.unwrap();
            assert!(
                named == line || named == line + 1,
                "byte {at}: line {named}, not {line}: {found:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_exported_file_that_lost_a_line_or_its_end_is_not_whole() {
    let (directory, path) = database();
    written(&path, 0, 4).await;
    let whole = String::from_utf8(exported(&path).await).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let file = directory.path().join("audit.jsonl");
    for (gone, line) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)] {
        let mut left = lines.clone();
        left.remove(gone);
        fs::write(&file, left.join("\n") + "\n").unwrap();
        assert_eq!(verify_file(&file, &[]).unwrap().broken.unwrap().line, Some(line), "{gone}");
    }
    fs::write(&file, format!("{whole}{}\n", lines[1])).unwrap();
    assert!(verify_file(&file, &[]).unwrap().broken.unwrap().what.contains("after it"));
    let unknown = verify_file(&file, &[Sha256::of("elsewhere")]).unwrap();
    assert!(!unknown.is_clean());
    fs::write(&file, b"").unwrap();
    assert!(verify_file(&file, &[]).unwrap().broken.is_some());
    assert!(verify_file(&directory.path().join("none"), &[]).is_err());
}

#[tokio::test]
async fn a_record_that_says_more_than_codes_is_not_written() {
    let (_directory, path) = database();
    let store = Store::open(&path).unwrap();
    let audit = Audit::new(store.clone());
    for reason in ["Not permitted", "where is anna?", "not permitted", "nein", &"a".repeat(65)] {
        let written = audit.write(record(0, reason)).await;
        assert_eq!(written.is_err(), reason != "nein", "{reason}");
    }
    let told = Record { basis: Some("Because".to_owned()), ..record(0, "no") };
    let refused = audit.write(told).await.unwrap_err();
    assert!(refused.to_string().contains("its basis"), "{refused}");
    assert_eq!(list(&store, Filter::default()).await.unwrap().len(), 1);
}

fn is_plain(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::Null | Value::Number(_) => true,
        Value::String(text) => {
            let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
            text.len() <= 64 && text.chars().all(|one| plain(one) || "_.-".contains(one))
        }
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

proptest! {
    // VOX-74: no content.
    #[test]
    fn a_record_that_is_written_has_codes_ids_and_numbers_and_nothing_else(
        texts in proptest::array::uniform6("[a-z0-9_.-]{0,66}|\\PC{0,8}"),
        basis: bool, confidence: u16, at: i64,
    ) {
        let [identity, age, mode, what, reason, by] = texts;
        let record = Record {
            identity, age, mode, what, reason, confidence,
            basis: basis.then_some(by), at: Timestamp(at), ..record(0, "")
        };
        let json = serde_json::to_value(&record).unwrap();
        let plain = json.as_object().unwrap().values().all(is_plain);
        prop_assert_eq!(record.says_more().is_none(), plain);
    }
}

#[test]
fn a_chain_that_somebody_begins_by_hand_is_no_chain_of_ours() {
    let (_directory, path) = database();
    let connection = Connection::open(&path).unwrap();
    let row = "INSERT INTO audit VALUES ('x', 1, 5, NULL, NULL, '{}', zeroblob(32), ?1)";
    let hash = chain::hash(&[0; 32], b"x", 1, b"{}");
    connection.execute(row, params![hash.as_bytes()]).unwrap();
    drop(connection);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let broken = runtime.block_on(report(&path, &[])).broken.unwrap();
    assert!(broken.what.contains("no record of the audit"), "{broken:?}");
}
