//! Restoring a backup, without losing what was written since, and without bringing back what was taken away since.
//!
//! Each table's [`Class`] says what becomes of its rows. Durable records that the backup does not know are kept aside in a
//! file first (`records`); tombstones are replayed onto the backup; then it takes the database's place, all at once.

use super::{
    StoreError, copy, migrate, open,
    records::Writer,
    tables::{Class, Table, tables},
};
use rusqlite::{Connection, ErrorCode};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a restore waits for whoever uses the database.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The schema before; zero if there was no database.
    pub from: u32,
    /// The schema of the backup, which is the schema now.
    pub to: u32,
    /// The durable records that were kept aside, by table.
    pub kept: BTreeMap<String, u64>,
    /// The file that they are in, if there were any.
    pub kept_aside: Option<PathBuf>,
    /// How many tombstones were replayed.
    pub replayed: u64,
    /// How many rows of the backup were not brought back, because they were deleted or changed since.
    pub forgotten: u64,
}

/// Puts a backup in the database's place, and keeps aside in the file `aside` what the backup does not know.
///
/// Nobody may use the database meanwhile. If this fails, or the process is killed, the database is as it was, or as it
/// is to be: the last act is a rename.
pub fn restore(database: &Path, backup: &Path, aside: &Path) -> Result<Restored, StoreError> {
    let (source, to) = source(backup)?;
    if database.exists() {
        alone(database)?;
    }
    // SQLite would work the journal of one database into another that takes its place.
    let journals = ["-wal", "-journal"].map(|suffix| copy::beside(database, suffix));
    if let Some(left) = journals.into_iter().find(|journal| journal.exists()) {
        return Err(StoreError::LeftBehind(left));
    }
    let restoring = copy::beside(database, ".restoring");
    let restored = copy::copy(&source, &restoring).and_then(|()| {
        let replayed = if database.exists() {
            replay(database, &restoring, aside, tables())
        } else {
            Ok(Restored::default())
        };
        replayed.and_then(|restored| {
            fs::rename(&restoring, database)
                .and_then(|()| database.parent().map_or(Ok(()), copy::sync))
                .map_err(|error| copy_failed(database, copy::unwritten(error)))?;
            Ok(Restored { to, ..restored })
        })
    });
    if restored.is_err() {
        // It is of no use to anybody; the database is as it was.
        drop(fs::remove_file(&restoring));
    }
    restored
}

/// Fails unless the file can be restored from, and returns its schema.
pub fn restorable(backup: &Path) -> Result<u32, StoreError> {
    source(backup).map(|(_, schema)| schema)
}

fn source(backup: &Path) -> Result<(Connection, u32), StoreError> {
    let (source, schema) = copy::opened(backup)?;
    if migrate::schemas().contains(&schema) {
        return Ok((source, schema));
    }
    let detail = format!("it has schema {schema}, and this program knows {:?}", migrate::schemas());
    Err(StoreError::NotABackup { path: backup.to_owned(), detail })
}

fn copy_failed(path: &Path, source: rusqlite::Error) -> StoreError {
    StoreError::Copy { path: path.to_owned(), source }
}

/// Fails if somebody else has the database open; then takes its journal in, so that it is one file.
fn alone(database: &Path) -> Result<(), StoreError> {
    let connection = open::writable(database)?;
    connection.busy_timeout(PATIENCE)?;
    // SQLite leaves the write-ahead log only for a connection that is the only one.
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))
        .map_err(|error| in_use(database, error))?;
    if mode == "delete" { Ok(()) } else { Err(StoreError::InUse(database.to_owned())) }
}

/// Names what keeps a restore out.
fn in_use(database: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::InUse(database.to_owned())
        }
        _ => error.into(),
    }
}

/// Makes of the backup's copy what is to take the database's place.
fn replay(
    database: &Path,
    restoring: &Path,
    aside: &Path,
    tables: &[Table],
) -> Result<Restored, StoreError> {
    let connection = open::writable(restoring)?;
    connection.busy_timeout(PATIENCE)?;
    // The journal of a file that is to be renamed must be worked in.
    connection.pragma_update(None, "journal_mode", "delete")?;
    // Under another name SQLite would find nothing, and make an empty database.
    let name =
        database.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(database.to_owned()))?;
    connection.execute("ATTACH ?1 AS newer", [name])?;
    connection.execute_batch("BEGIN EXCLUSIVE").map_err(|error| in_use(database, error))?;
    let from: u32 = connection.query_row("PRAGMA newer.user_version", [], |row| row.get(0))?;
    let known = *migrate::schemas().end();
    if from > known {
        return Err(StoreError::FromTheFuture { path: database.to_owned(), found: from, known });
    }
    let to: u32 = connection.query_row("PRAGMA main.user_version", [], |row| row.get(0))?;
    let mut restored = Restored { from, ..Restored::default() };
    let mut records = Writer::new(aside, from, to);
    for table in tables {
        let (now, then) =
            (columns(&connection, "newer", table.name)?, columns(&connection, "main", table.name)?);
        if now.is_empty() {
            continue;
        }
        if matches!(table.class, Class::Ledger | Class::Tombstone) {
            let kept = keep(&connection, table.name, &now, &then, &mut records)?;
            if kept > 0 {
                restored.kept.insert(table.name.to_owned(), kept);
            }
            if table.class == Class::Tombstone && kept > 0 {
                if then.is_empty() {
                    return Err(StoreError::Unreplayable { table: table.name, rows: kept });
                }
                let common = list(now.intersection(&then));
                let name = table.name;
                connection.execute(
                    &format!("INSERT OR REPLACE INTO main.{name} ({common}) SELECT {common} FROM newer.{name}"),
                    [],
                )?;
                restored.replayed += kept;
            }
        }
        if !table.replay.is_empty() && !then.is_empty() {
            restored.forgotten += connection.execute(table.replay, [])? as u64;
        }
    }
    restored.kept_aside = records.finish()?;
    connection.execute_batch("COMMIT")?;
    connection.close().map_err(|(_, error)| StoreError::from(error))?;
    Ok(restored)
}

/// Keeps aside the rows of a table that the backup does not have just so, and returns how many they are.
///
/// Where the table has another shape in the backup, nobody can tell what has changed: all of it is kept.
fn keep(
    connection: &Connection,
    table: &'static str,
    now: &BTreeSet<String>,
    then: &BTreeSet<String>,
    records: &mut Writer<'_>,
) -> Result<u64, StoreError> {
    let all = list(now);
    let but =
        if now == then { format!("EXCEPT SELECT {all} FROM main.{table}") } else { String::new() };
    let mut query = connection.prepare(&format!("SELECT {all} FROM newer.{table} {but}"))?;
    let mut rows = query.query([])?;
    let mut kept = 0;
    while let Some(row) = rows.next()? {
        records.write(table, now, row)?;
        kept += 1;
    }
    Ok(kept)
}

/// Returns the columns of a table; none if there is no such table.
pub(super) fn columns(
    connection: &Connection,
    schema: &str,
    table: &str,
) -> Result<BTreeSet<String>, StoreError> {
    let mut query = connection.prepare("SELECT name FROM pragma_table_info(?1, ?2)")?;
    let columns = query.query_map([table, schema], |row| row.get(0))?;
    Ok(columns.collect::<Result<_, _>>()?)
}

/// Lists columns as SQL does.
pub(super) fn list<'a>(columns: impl IntoIterator<Item = &'a String>) -> String {
    columns.into_iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::store::{Store, back_up, import, migrate::first};
    use proptest::prelude::*;
    use tempfile::TempDir;

    /// A database, what is beside it, and a clock that only goes on.
    struct Bench {
        directory: TempDir,
        files: u32,
    }

    impl Bench {
        /// Makes a database with the oldest schema.
        fn new() -> Self {
            let bench = Self { directory: tempfile::tempdir().unwrap(), files: 0 };
            first(&bench.database()).unwrap();
            bench
        }

        fn database(&self) -> PathBuf {
            self.directory.path().join("ladylinux.db")
        }

        fn file(&mut self, name: &str) -> PathBuf {
            self.files += 1;
            self.directory.path().join(format!("{name}-{}", self.files))
        }

        fn execute(&self, sql: &str) {
            open::writable(&self.database()).unwrap().execute_batch(sql).unwrap();
        }

        fn add(&self, token: u32) {
            self.execute(&format!(
                "INSERT INTO token (id, name, secret_sha256, scopes, created_at)
                 VALUES ('t{token}', 'n', x'{token:08x}', '[]', {token})"
            ));
        }

        fn revoke(&self, token: u32) {
            self.execute(&format!(
                "INSERT OR IGNORE INTO token_revocation SELECT id, secret_sha256, 7 FROM token WHERE id = 't{token}'"
            ));
        }

        fn learn(&self, path: &str, content: &str) {
            self.execute(&format!(
                "INSERT OR REPLACE INTO document (path, root, title, sha256, cut, bytes, passages, learned_at)
                 VALUES ('{path}', '/', '{path}', CAST('{content}' AS BLOB), '1', 1, 1, 1);
                 INSERT INTO passage (document_id, ordinal, heading, start_offset, end_offset, text)
                 SELECT id, 0, '', 0, 1, '{content}' FROM document WHERE path = '{path}';
                 INSERT INTO passage_text (rowid, title, heading, text)
                 SELECT id, '', '', text FROM passage WHERE text = '{content}'"
            ));
        }

        fn list(&self, query: &str) -> Vec<String> {
            let connection = open::readable(&self.database()).unwrap();
            let mut query = connection.prepare(query).unwrap();
            query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        }

        /// The tokens that open something.
        fn valid(&self) -> Vec<String> {
            self.list("SELECT id FROM token WHERE id NOT IN (SELECT token_id FROM token_revocation) ORDER BY id")
        }

        fn schema(&self) -> u32 {
            migrate::plan(&self.database()).unwrap().from
        }
    }

    // C-41, LL-REF-34
    #[test]
    fn what_was_written_since_is_kept_aside_and_what_was_revoked_stays_revoked() {
        let mut bench = Bench::new();
        bench.add(1);
        bench.add(2);
        let (_, backup) = migrate::migrate(&bench.database()).unwrap();
        bench.add(3);
        bench.revoke(1);
        bench.learn("/a", "something that can be learned again");
        let aside = bench.file("aside");
        let restored = restore(&bench.database(), &backup.unwrap(), &aside).unwrap();
        let newest = *migrate::schemas().end();
        assert_eq!((restored.from, restored.to, bench.schema()), (newest, 1, 1));
        assert_eq!(bench.valid(), ["t2"], "t1 was revoked, and t3 is aside");
        assert_eq!(restored.kept_aside.as_deref(), Some(aside.as_path()));
        let kept: Vec<_> =
            restored.kept.iter().map(|(name, rows)| (name.as_str(), *rows)).collect();
        // A table that has another shape than the backup's is kept whole.
        assert_eq!(kept, [("token", 3), ("token_revocation", 1)]);
        assert_eq!(restored.replayed, 1);

        migrate::migrate(&bench.database()).unwrap();
        let imported = import(&bench.database(), &aside).unwrap();
        assert_eq!((imported.added["token"], imported.present), (1, 3));
        assert_eq!(bench.valid(), ["t2", "t3"]);
        let again = import(&bench.database(), &aside).unwrap();
        assert_eq!((again.added.len(), again.present), (0, 4));
    }

    #[test]
    fn what_was_forgotten_or_hidden_since_does_not_come_back() {
        let mut bench = Bench::new();
        migrate::migrate(&bench.database()).unwrap();
        for (path, content) in
            [("/stays", "same"), ("/goes", "secret"), ("/changes", "old"), ("/hides", "shown")]
        {
            bench.learn(path, content);
        }
        let (backup, aside) = (bench.file("backup"), bench.file("aside"));
        assert_eq!(back_up(&bench.database(), &backup).unwrap(), *migrate::schemas().end());
        bench.execute("PRAGMA foreign_keys = on; DELETE FROM document WHERE path = '/goes'");
        bench.execute("UPDATE document SET readers = 'anna' WHERE path = '/hides'");
        bench.learn("/changes", "new");
        let restored = restore(&bench.database(), &backup, &aside).unwrap();
        assert_eq!(bench.list("SELECT path FROM document"), ["/stays"]);
        assert_eq!(bench.list("SELECT text FROM passage"), ["same"]);
        assert_eq!(bench.list("SELECT 'found' FROM passage_text WHERE passage_text MATCH 'secret OR old OR shown'").len(), 0);
        assert_eq!(
            bench.list("SELECT 'found' FROM passage_text WHERE passage_text MATCH 'same'").len(),
            1
        );
        assert!(restored.forgotten >= 3 && restored.kept_aside.is_none() && !aside.exists());
    }

    #[tokio::test]
    async fn a_database_that_is_in_use_is_left_alone() {
        let mut bench = Bench::new();
        migrate::migrate(&bench.database()).unwrap();
        let (backup, aside) = (bench.file("backup"), bench.file("aside"));
        back_up(&bench.database(), &backup).unwrap();
        bench.add(1);
        let store = Store::open(&bench.database()).unwrap();
        let refused = restore(&bench.database(), &backup, &aside).unwrap_err();
        assert!(matches!(refused, StoreError::InUse(_)), "{refused}");
        assert_eq!(bench.valid(), ["t1"]);
        store.close().await;
        assert_eq!(restore(&bench.database(), &backup, &aside).unwrap().kept["token"], 1);
    }

    #[test]
    fn what_is_no_backup_is_refused_and_nothing_is_touched() {
        let mut bench = Bench::new();
        bench.add(1);
        let (backup, aside) = (bench.file("backup"), bench.file("aside"));
        back_up(&bench.database(), &backup).unwrap();
        let whole = fs::read(&backup).unwrap();
        let before = bench.list("SELECT id FROM token");
        let refused = |content: &[u8]| {
            fs::write(&backup, content).unwrap();
            restore(&bench.database(), &backup, &aside).unwrap_err().to_string()
        };
        refused(b"");
        refused(b"this is not a database, but it is long enough to look like one");
        // Cut at every page, and in the midst of each.
        for length in (100..whole.len()).step_by(1024) {
            refused(&whole[..length]);
        }
        fs::write(&backup, &whole).unwrap();
        Connection::open(&backup).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let strange = fs::read(&backup).unwrap();
        assert!(refused(&strange).contains("schema 99"));
        let missing = bench.file("missing");
        assert!(restore(&bench.database(), &missing, &aside).is_err());
        assert_eq!(bench.list("SELECT id FROM token"), before);
        assert!(!aside.exists() && !copy::beside(&bench.database(), ".restoring").exists());
    }

    #[test]
    fn a_journal_without_its_database_is_not_worked_into_another() {
        let mut bench = Bench::new();
        let (backup, aside) = (bench.file("backup"), bench.file("aside"));
        back_up(&bench.database(), &backup).unwrap();
        // Somebody moves a database away while it is open, or after a crash, and forgets what lies beside it.
        let left = copy::beside(&bench.database(), "-wal");
        fs::write(&left, "frames of a database that is gone").unwrap();
        fs::remove_file(bench.database()).unwrap();
        let refused = restore(&bench.database(), &backup, &aside).unwrap_err();
        assert!(matches!(&refused, StoreError::LeftBehind(path) if *path == left), "{refused}");
        assert!(!bench.database().exists());
        fs::remove_file(left).unwrap();
        let restored = restore(&bench.database(), &backup, &aside).unwrap();
        assert_eq!((restored.from, restored.to), (0, 1));
    }

    #[test]
    fn a_file_of_records_is_taken_whole_or_not_at_all() {
        let mut bench = Bench::new();
        let (backup, aside) = (bench.file("backup"), bench.file("aside"));
        back_up(&bench.database(), &backup).unwrap();
        (1..4).for_each(|token| bench.add(token));
        bench.revoke(3);
        restore(&bench.database(), &backup, &aside).unwrap();
        migrate::migrate(&bench.database()).unwrap();
        let whole = fs::read(&aside).unwrap();
        let cut = bench.file("cut");
        for length in 0..whole.len() {
            fs::write(&cut, &whole[..length]).unwrap();
            assert!(import(&bench.database(), &cut).is_err(), "cut at byte {length}");
            assert_eq!(bench.list("SELECT id FROM token").len(), 0, "cut at byte {length}");
        }
        for strange in [
            r#"{"table":"document","row":{"id":1}}"#,
            r#"{"table":"sqlite_schema","row":{"name":"x"}}"#,
            r#"{"table":"token","row":{"id":["a"]}}"#,
            r#"{"table":"token","row":{"id":"alone"}}"#,
            "nonsense",
        ] {
            let text = String::from_utf8(whole.clone()).unwrap();
            let (header, rest) = text.split_once('\n').unwrap();
            fs::write(&cut, format!("{header}\n{strange}\n{rest}")).unwrap();
            let said = import(&bench.database(), &cut).unwrap_err().to_string();
            assert!(said.contains("line 2"), "{said}");
            assert_eq!(bench.list("SELECT id FROM token").len(), 0, "{strange}");
        }
        assert_eq!(import(&bench.database(), &aside).unwrap().added["token"], 3);
        assert_eq!(bench.valid(), ["t1", "t2"]);
    }

    #[test]
    fn a_record_that_contradicts_one_that_is_there_is_told_and_left_out() {
        let mut bench = Bench::new();
        let (backup, aside) = (bench.file("backup"), bench.file("aside"));
        back_up(&bench.database(), &backup).unwrap();
        bench.add(1);
        restore(&bench.database(), &backup, &aside).unwrap();
        migrate::migrate(&bench.database()).unwrap();
        bench.add(1);
        bench.execute("UPDATE token SET name = 'another'");
        let imported = import(&bench.database(), &aside).unwrap();
        assert_eq!(imported.conflicts, ["token (line 2)"]);
        assert_eq!(bench.list("SELECT name FROM token"), ["another"]);
    }

    #[test]
    fn a_table_of_another_shape_is_kept_whole_and_a_tombstone_that_cannot_be_replayed_refuses() {
        let mut bench = Bench::new();
        bench.add(1);
        let restoring = bench.file("restoring");
        back_up(&bench.database(), &restoring).unwrap();
        bench.execute("ALTER TABLE token ADD COLUMN color TEXT; UPDATE token SET color = 'green'");
        bench.execute(
            "CREATE TABLE erased (who TEXT PRIMARY KEY) STRICT; INSERT INTO erased VALUES ('anna')",
        );
        let tables = |class| {
            [
                Table { name: "token", class: Class::Ledger, replay: "" },
                Table { name: "erased", class, replay: "" },
            ]
        };
        let aside = bench.file("aside");
        let restored =
            replay(&bench.database(), &restoring, &aside, &tables(Class::Ledger)).unwrap();
        assert_eq!((restored.kept["token"], restored.kept["erased"]), (1, 1));
        assert!(fs::read_to_string(&aside).unwrap().contains("green"));
        let aside = bench.file("aside");
        let refused =
            replay(&bench.database(), &restoring, &aside, &tables(Class::Tombstone)).unwrap_err();
        assert!(
            matches!(refused, StoreError::Unreplayable { table: "erased", rows: 1 }),
            "{refused}"
        );
        assert!(!aside.exists());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]

        /// Whatever is written in whatever order, over 25 migrations and restores: with what was kept aside every token is
        /// there in the end, and none that was revoked opens anything at any time.
        #[test]
        fn no_record_is_lost_and_no_revocation_forgotten(
            pairs in prop::collection::vec(prop::collection::vec((any::<bool>(), any::<bool>(), 0..60u32), 0..5), 25),
        ) {
            let mut bench = Bench::new();
            let (mut made, mut revoked, mut asides) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
            let mut traffic = |bench: &Bench, writes: &[(bool, bool, u32)], later: bool| {
                for (_, revokes, token) in writes.iter().filter(|(when, ..)| *when == later) {
                    // A token that is aside is made again by nobody.
                    if *revokes && bench.valid().contains(&format!("t{token}")) {
                        bench.revoke(*token);
                        revoked.insert(format!("t{token}"));
                    } else if made.insert(format!("t{token}")) {
                        bench.add(*token);
                    }
                }
                bench.valid().iter().all(|token| !revoked.contains(token))
            };
            for writes in &pairs {
                prop_assert!(traffic(&bench, writes, false));
                let (_, backup) = migrate::migrate(&bench.database()).unwrap();
                prop_assert!(traffic(&bench, writes, true));
                let aside = bench.file("aside");
                let restored = restore(&bench.database(), &backup.unwrap(), &aside).unwrap();
                asides.extend(restored.kept_aside);
                prop_assert!(traffic(&bench, &[], true));
            }
            migrate::migrate(&bench.database()).unwrap();
            for aside in &asides {
                prop_assert!(import(&bench.database(), aside).unwrap().conflicts.is_empty());
            }
            prop_assert!(traffic(&bench, &[], true));
            let found: BTreeSet<_> = bench.list("SELECT id FROM token").into_iter().collect();
            prop_assert_eq!(found, made);
            let found: BTreeSet<_> = bench.list("SELECT token_id FROM token_revocation").into_iter().collect();
            prop_assert_eq!(found, revoked);
        }
    }
}
