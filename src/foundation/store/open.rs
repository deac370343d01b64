//! Opening SQLite files with the settings that every connection of ours has.

use super::StoreError;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::{path::Path, time::Duration};

/// How long a statement waits for a writer in another process, such as `ladylinux learn`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens an existing database for writing.
pub(super) fn writable(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // WAL lets readers go on while one writer works; NORMAL loses no commit when the process dies, FULL none when the power does.
    connection.pragma_update(None, "journal_mode", "wal").map_err(|error| named(path, error))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Opens an existing database for reading.
pub(super) fn readable(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens an existing database, or creates an empty one.
pub(super) fn creating(path: &Path) -> Result<Connection, StoreError> {
    drop(open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?);
    writable(path)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    if !flags.contains(OpenFlags::SQLITE_OPEN_CREATE) && !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| named(path, error))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // The first read finds out whether the file is a database at all.
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(|error| named(path, error))?;
    Ok(connection)
}

fn named(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged { path: path.to_owned(), detail: error.to_string() }
        }
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        _ => StoreError::Open { path: path.to_owned(), source: error },
    }
}
