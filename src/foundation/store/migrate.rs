//! Numbered migrations, after a verified backup, in one transaction: all of them are done, or none is.
//!
//! A migration is SQL in `migrations/`, embedded.

use super::{StoreError, copy, open};
use crate::foundation::values::time;
use rusqlite::Connection;
use std::{
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number; the schema has the number of its newest migration.
    pub number: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    sql: &'static str,
}

/// Every migration there is, oldest first. Append only: a released one never changes.
const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "access tokens", sql: include_str!("migrations/0001_tokens.sql") },
    Migration {
        number: 2,
        name: "documents and passages",
        sql: include_str!("migrations/0002_knowledge.sql"),
    },
    Migration {
        number: 3,
        name: "vectors of passages",
        sql: include_str!("migrations/0003_vectors.sql"),
    },
    Migration {
        number: 4,
        name: "audit of decisions",
        sql: include_str!("migrations/0004_audit.sql"),
    },
    Migration {
        number: 5,
        name: "people and their profiles",
        sql: include_str!("migrations/0005_people.sql"),
    },
];

/// What `migrate` would do.
#[derive(Debug)]
pub struct MigrationPlan {
    /// The schema found; zero is an absent or empty database.
    pub from: u32,
    /// The schema of this program.
    pub to: u32,
    /// The migrations between the two, oldest first.
    pub pending: Vec<Migration>,
}

/// Returns the schemas that this program can bring to its own, which is the last of them.
pub fn schemas() -> RangeInclusive<u32> {
    MIGRATIONS.first().map_or(0, |migration| migration.number)..=newest()
}

/// Returns the schema that this program needs.
fn newest() -> u32 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// Says what [`migrate`] would do, without doing it.
pub fn plan(path: &Path) -> Result<MigrationPlan, StoreError> {
    let from = if path.exists() { version(&open::untouched(path)?)? } else { 0 };
    if from > newest() {
        return Err(StoreError::FromTheFuture {
            path: path.to_owned(),
            found: from,
            known: newest(),
        });
    }
    let pending = MIGRATIONS.iter().filter(|migration| migration.number > from).copied().collect();
    Ok(MigrationPlan { from, to: newest(), pending })
}

/// Fails unless the database has exactly the schema of this program.
pub fn check(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let plan = plan(path)?;
    if plan.pending.is_empty() {
        return Ok(());
    }
    Err(StoreError::Outdated { path: path.to_owned(), found: plan.from, needed: plan.to })
}

/// Names the backup that the migration from this schema makes, beside the database.
pub fn migration_backup(database: &Path, schema: u32) -> PathBuf {
    database.with_extension(format!("schema-{schema}.backup"))
}

/// Brings the database to the schema of this program, and returns what was done.
///
/// A database that already holds something is first backed up beside itself, and the backup is checked by opening it. If a
/// migration fails, or the process is killed, the database is as it was.
pub fn migrate(path: &Path) -> Result<(MigrationPlan, Option<PathBuf>), StoreError> {
    let plan = plan(path)?;
    if plan.pending.is_empty() {
        return Ok((plan, None));
    }
    let mut connection = open::creating(path)?;
    let backup = if plan.from > 0 {
        let backup = migration_backup(path, plan.from);
        copy::copy(&connection, &backup)?;
        Some(backup)
    } else {
        None
    };
    apply(&mut connection, &plan.pending).map_err(|(Migration { number, name, .. }, source)| {
        let backup = backup.clone();
        StoreError::Migration { number, name, source, backup }
    })?;
    Ok((plan, backup))
}

/// What a migration took on a copy, which is what it will take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// How long the copy, its check and the migrations took.
    pub took: Duration,
    /// The size of the database, in bytes.
    pub database_bytes: u64,
    /// What must be free beside it, in bytes: for the backup, and for what the migrations write.
    pub space_bytes: u64,
}

/// Migrates a copy of the database in `directory`, and removes it; none if there is nothing to migrate, or nothing to lose.
///
/// The database may be in use, and mounted read-only.
pub fn rehearse(
    path: &Path,
    directory: &Path,
) -> Result<(MigrationPlan, Option<Rehearsal>), StoreError> {
    let plan = plan(path)?;
    if plan.pending.is_empty() || plan.from == 0 {
        return Ok((plan, None));
    }
    let scratch = directory.join("rehearsal.db");
    let rehearsed = rehearse_on(&scratch, path, &plan);
    for suffix in ["", "-wal", "-shm", "-journal", ".partial"] {
        // What is left lies in a directory that goes with its container.
        drop(fs::remove_file(copy::beside(&scratch, suffix)));
    }
    rehearsed.map(|rehearsal| (plan, Some(rehearsal)))
}

fn rehearse_on(scratch: &Path, path: &Path, plan: &MigrationPlan) -> Result<Rehearsal, StoreError> {
    let clock = time::instant();
    copy::copy(&open::untouched(path)?, scratch)?;
    let database_bytes = copy::size(scratch);
    let mut connection = open::writable(scratch)?;
    apply(&mut connection, &plan.pending).map_err(|(Migration { number, name, .. }, source)| {
        StoreError::Migration { number, name, source, backup: None }
    })?;
    let (took, space_bytes) = (clock.elapsed(), copy::size(scratch));
    copy::verify(&connection, scratch)?;
    let mut loose = connection.prepare("PRAGMA foreign_key_check")?;
    let loose: Option<String> = loose.query_map([], |row| row.get(0))?.next().transpose()?;
    if let Some(table) = loose {
        let detail =
            format!("after the migration, a row of {table} refers to one that is not there");
        return Err(StoreError::BadCopy { path: scratch.to_owned(), detail });
    }
    Ok(Rehearsal { took, database_bytes, space_bytes })
}

/// Runs these migrations, or returns the one that failed and why.
fn apply(
    connection: &mut Connection,
    migrations: &[Migration],
) -> Result<(), (Migration, rusqlite::Error)> {
    let (Some(first), Some(last)) = (migrations.first(), migrations.last()) else { return Ok(()) };
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(|error| (*first, error))?;
    for migration in migrations {
        run(&transaction, migration).map_err(|error| (*migration, error))?;
    }
    transaction.commit().map_err(|error| (*last, error))
}

fn run(transaction: &rusqlite::Transaction<'_>, migration: &Migration) -> rusqlite::Result<()> {
    // Another `migrate` may have been quicker while this one waited for the lock.
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version >= migration.number {
        return Ok(());
    }
    transaction.execute_batch(migration.sql)?;
    transaction.pragma_update(None, "user_version", migration.number)
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Makes a database with the oldest schema.
#[cfg(test)]
pub(super) fn first(path: &Path) -> Result<(), StoreError> {
    let made = apply(&mut open::creating(path)?, &MIGRATIONS[..1]);
    made.map_err(|(_, error)| error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ladylinux.db");
        (directory, path)
    }

    #[test]
    fn a_migration_that_somebody_else_was_quicker_with_is_left_out() {
        let (_directory, path) = database();
        migrate(&path).unwrap();
        let mut late = open::writable(&path).unwrap();
        apply(&mut late, MIGRATIONS).unwrap();
        assert_eq!(version(&late).unwrap(), newest());
    }

    // LL-REF-34, C-41
    #[test]
    fn a_migration_that_fails_half_way_leaves_nothing_of_those_before_it() {
        let (_directory, path) = database();
        let mut connection = open::creating(&path).unwrap();
        apply(&mut connection, &MIGRATIONS[..1]).unwrap();
        let good =
            Migration { number: 2, name: "good", sql: "CREATE TABLE good (id INTEGER) STRICT;" };
        let sql = "CREATE TABLE half (id INTEGER) STRICT; INSERT INTO nowhere VALUES (1);";
        let bad = Migration { number: 3, name: "bad", sql };
        let (failed, _) = apply(&mut connection, &[good, bad]).unwrap_err();
        assert_eq!(failed.number, 3);
        drop(connection);
        let connection = open::readable(&path).unwrap();
        assert_eq!(version(&connection).unwrap(), 1);
        let left: u32 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name IN ('good', 'half')",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(left, 0);
    }

    // LL-WF-7: what is only looked at is mounted read-only, whoever else has it open.
    #[test]
    fn a_plan_leaves_no_trace_beside_a_database_that_is_closed_open_or_left_behind_by_a_crash() {
        let (directory, path) = database();
        migrate(&path).unwrap();
        let listed = || {
            let entries = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap);
            let mut found: Vec<_> = entries
                .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
                .filter(|(name, _)| !name.to_string_lossy().ends_with("-shm"))
                .collect();
            found.sort();
            found
        };
        let closed = listed();
        assert_eq!(closed.len(), 1, "a database that was closed is one file");
        assert_eq!(plan(&path).unwrap().from, newest());
        assert_eq!(listed(), closed);

        let open = open::writable(&path).unwrap();
        open.pragma_update(None, "user_version", 1).unwrap();
        let opened = listed();
        assert_eq!(plan(&path).unwrap().from, 1, "what is only in the journal counts");
        assert_eq!(listed(), opened);

        // A crash leaves the journal with, or on another machine without, the index of it.
        for index in [true, false] {
            let crashed = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap) {
                if index || !entry.file_name().to_string_lossy().ends_with("-shm") {
                    std::fs::copy(entry.path(), crashed.path().join(entry.file_name())).unwrap();
                }
            }
            let path = crashed.path().join("ladylinux.db");
            assert_eq!(plan(&path).unwrap().from, 1, "with an index: {index}");
        }
    }

    #[test]
    fn migrating_twice_changes_nothing_the_second_time() {
        let (_directory, path) = database();
        let (first, _) = migrate(&path).unwrap();
        assert_eq!((first.from, first.to), (0, newest()));
        let (second, backup) = migrate(&path).unwrap();
        assert!(second.pending.is_empty() && backup.is_none());
        check(&path).unwrap();
    }

    #[test]
    fn a_plan_creates_no_file() {
        let (_directory, path) = database();
        assert_eq!(plan(&path).unwrap().pending.len(), MIGRATIONS.len());
        assert!(!path.exists());
        assert!(matches!(check(&path), Err(StoreError::Missing(_))));
    }

    #[test]
    fn a_database_from_a_newer_release_is_refused() {
        let (_directory, path) = database();
        migrate(&path).unwrap();
        open::writable(&path).unwrap().pragma_update(None, "user_version", 9999).unwrap();
        assert!(matches!(migrate(&path), Err(StoreError::FromTheFuture { found: 9999, .. })));
    }

    #[test]
    fn an_older_database_is_backed_up_before_it_is_migrated() {
        let (_directory, path) = database();
        first(&path).unwrap();
        assert!(matches!(check(&path), Err(StoreError::Outdated { found: 1, .. })));
        let (_, backup) = migrate(&path).unwrap();
        let backup = open::readable(&backup.unwrap()).unwrap();
        assert_eq!(version(&backup).unwrap(), 1);
    }

    #[test]
    fn a_rehearsal_migrates_a_copy_and_leaves_nothing_behind() {
        let (directory, path) = database();
        let scratch = tempfile::tempdir().unwrap();
        first(&path).unwrap();
        let listed = |directory: &Path| {
            let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
            entries.map(|entry| fs::read(entry.path()).unwrap()).collect::<Vec<_>>()
        };
        let before = listed(directory.path());
        let (plan, rehearsal) = rehearse(&path, scratch.path()).unwrap();
        let rehearsal = rehearsal.unwrap();
        assert_eq!((plan.from, plan.to), (1, newest()));
        assert_eq!(rehearsal.database_bytes, path.metadata().unwrap().len());
        assert!(rehearsal.space_bytes > rehearsal.database_bytes && !rehearsal.took.is_zero());
        assert_eq!(listed(directory.path()), before);
        assert_eq!(listed(scratch.path()).len(), 0);
        // There is nothing to rehearse where nothing is, or nothing is to be done.
        migrate(&path).unwrap();
        assert_eq!(rehearse(&path, scratch.path()).unwrap().1, None);
        assert_eq!(rehearse(&directory.path().join("none"), scratch.path()).unwrap().1, None);
        fs::write(&path, "no database at all, but long enough to be looked at").unwrap();
        assert!(rehearse(&path, scratch.path()).is_err());
    }

    #[test]
    fn a_file_that_is_no_database_is_called_damaged() {
        let (_directory, path) = database();
        std::fs::write(&path, "this is not a database, but it is long enough to look").unwrap();
        assert!(matches!(migrate(&path), Err(StoreError::Damaged { .. })));
    }
}
