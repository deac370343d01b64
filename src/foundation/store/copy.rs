//! Copies of a database, made by SQLite's own backup while others use it, and checked by opening them.

use super::{StoreError, open};
use rusqlite::{Connection, backup::Backup};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Copies the database, whoever uses it, to the file `target`, and returns the schema of the copy.
pub fn back_up(database: &Path, target: &Path) -> Result<u32, StoreError> {
    copy(&open::untouched(database)?, target)?;
    opened(target).map(|(_, schema)| schema)
}

/// Copies what `connection` reads to a file, which appears whole or not at all.
///
/// The copy is of one moment, whoever writes meanwhile: all of it is one read.
pub(super) fn copy(connection: &Connection, target: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Copy { path: target.to_owned(), source };
    let unwritten = |error: io::Error| failed(unwritten(error));
    let partial = beside(target, ".partial");
    if partial.exists() {
        fs::remove_file(&partial).map_err(unwritten)?;
    }
    let mut copy = Connection::open(&partial).map_err(failed)?;
    Backup::new(connection, &mut copy)
        .and_then(|backup| backup.run_to_completion(i32::MAX, Duration::ZERO, None))
        .map_err(failed)?;
    verify(&copy, &partial)?;
    copy.close().map_err(|(_, error)| failed(error))?;
    sync(&partial)
        .and_then(|()| fs::rename(&partial, target))
        .and_then(|()| target.parent().map_or(Ok(()), sync))
        .map_err(unwritten)
}

/// Fails unless every page of a database is as it should be.
pub(super) fn verify(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let bad = |detail| StoreError::BadCopy { path: path.to_owned(), detail };
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .map_err(|error| bad(error.to_string()))?;
    if verdict == "ok" { Ok(()) } else { Err(bad(verdict)) }
}

/// Opens a backup, which may lie where nothing can be written, and returns it with its schema.
pub(super) fn opened(path: &Path) -> Result<(Connection, u32), StoreError> {
    let connection = open::untouched(path)?;
    verify(&connection, path)?;
    let whole: i64 = connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        [],
        |row| row.get(0),
    )?;
    // What is cut off the end of a page may have been empty; a file that was cut off is not believed all the same.
    let missing = u64::try_from(whole).unwrap_or(0).saturating_sub(size(path));
    if missing > 0 {
        let detail = format!("{missing} bytes are missing at its end");
        return Err(StoreError::NotABackup { path: path.to_owned(), detail });
    }
    let schema = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok((connection, schema))
}

/// Returns what a database's files take, in bytes.
pub(super) fn size(database: &Path) -> u64 {
    let files = ["", "-wal", "-shm", "-journal"].map(|suffix| beside(database, suffix));
    files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

/// Names a file beside a database.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Waits until the disk has a file, or a directory's entries.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Passes on what the system said, as SQLite's errors are passed on.
pub(super) fn unwritten(error: io::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
