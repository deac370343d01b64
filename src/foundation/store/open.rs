//! Opening SQLite files with the settings that every connection of ours has.

use super::StoreError;
use rusqlite::{
    Connection, ErrorCode, OpenFlags,
    auto_extension::{RawAutoExtension, register_auto_extension},
};
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How long a statement waits for a writer in another process, such as `ladylinux learn`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens an existing database for writing.
pub(super) fn writable(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, path.as_os_str(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // WAL lets readers go on while one writer works; NORMAL loses no commit when the process dies, FULL none when the power does.
    connection.pragma_update(None, "journal_mode", "wal").map_err(|error| named(path, error))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A row that is replaced is deleted, too: whatever forbids the one forbids the other.
    connection.pragma_update(None, "recursive_triggers", true)?;
    // What is deleted is overwritten, and not just marked as free.
    connection.query_row("PRAGMA secure_delete = on", [], |_| Ok(()))?;
    Ok(connection)
}

/// Opens an existing database for reading.
pub(super) fn readable(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, path.as_os_str(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens an existing database to be looked at, on a file system that may be mounted read-only, and leaves no trace there.
///
/// Without a journal beside it, nobody writes, and SQLite is told that nothing changes: it would otherwise want to make
/// an index beside the database. With one, SQLite reads it, and the index is not written.
pub(super) fn untouched(path: &Path) -> Result<Connection, StoreError> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        Path::new(&name).metadata()
    };
    let has_journal = beside("-wal").is_ok_and(|journal| journal.len() > 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let opened = |how| open(path, &uri(path, how), flags);
    if !has_journal {
        return opened("mode=ro&immutable=1");
    }
    if beside("-shm").is_ok() {
        return opened("mode=ro&readonly_shm=1");
    }
    // Somebody copied the two without the index. SQLite makes one where it can, and elsewhere the journal goes unread.
    opened("mode=ro").or_else(|_| opened("mode=ro&immutable=1"))
}

/// Writes a path as SQLite reads it in a URI.
fn uri(path: &Path, parameters: &str) -> OsString {
    let mut uri = b"file:".to_vec();
    if path.is_absolute() {
        uri.extend(b"//");
    }
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'?' | b'#' | b'%' => uri.extend(format!("%{byte:02X}").bytes()),
            byte => uri.push(*byte),
        }
    }
    uri.push(b'?');
    uri.extend(parameters.bytes());
    OsString::from_vec(uri)
}

/// Opens an existing database, or creates an empty one.
pub(super) fn creating(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    drop(open(path, path.as_os_str(), flags)?);
    writable(path)
}

/// Lets every connection that is opened from now on use the tables and functions of sqlite-vec; once is enough.
#[expect(
    unsafe_code,
    reason = "SQLite takes an extension as a C function, and sqlite-vec declares its own without arguments"
)]
fn with_vectors() -> rusqlite::Result<()> {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if REGISTERED.load(Ordering::Acquire) {
        return Ok(());
    }
    // SAFETY: the function is sqlite-vec's entry point, which has the arguments of every extension's entry point; it
    // opens and closes no connection and registers no other extension. SQLite ignores one that it knows already.
    unsafe {
        let entry: RawAutoExtension =
            std::mem::transmute(sqlite_vec::sqlite3_vec_init as *const ());
        register_auto_extension(entry)?;
    }
    REGISTERED.store(true, Ordering::Release);
    Ok(())
}

/// Opens the database at `path` by its name for SQLite.
fn open(path: &Path, name: &OsStr, flags: OpenFlags) -> Result<Connection, StoreError> {
    with_vectors()?;
    if !flags.contains(OpenFlags::SQLITE_OPEN_CREATE) && !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let connection = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
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
