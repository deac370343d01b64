//! SQLite: one file, one writer, readers in a pool, numbered migrations.
//!
//! [`Store`] is for using a database whose schema is already right; only [`migrate()`] changes a schema, and only the
//! verbs `migrate` and `prepare` call it. Every table declares in [`tables()`] what a [`restore()`] may do with it. Other
//! rooms write their queries against [`sql`], and name `rusqlite` nowhere.

mod copy;
mod migrate;
mod open;
mod records;
mod restore;
mod tables;
mod task;

pub use copy::back_up;
pub use migrate::{
    Migration, MigrationPlan, Rehearsal, check, migrate, migration_backup, plan, rehearse, schemas,
};
pub use records::{Imported, import};
pub use restore::{Restored, restorable, restore};
pub use tables::{Class, Table, tables};
pub use task::Store;

/// The names of `rusqlite` that queries need.
pub mod sql {
    pub use rusqlite::{
        Connection, Error, OptionalExtension, Result, Row, Statement, Transaction, named_params,
        params, types::Type,
    };
}

use std::path::PathBuf;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no database file.
    #[error("there is no database at {}: run `ladylinux migrate`", .0.display())]
    Missing(PathBuf),
    /// The file cannot be opened as a database.
    #[error("cannot open the database {}", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file is damaged, or is no database.
    #[error("the database {} is damaged: stop the node and restore its backup ({detail})", path.display())]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The schema is older than this program: `ladylinux migrate` was not run.
    #[error("the database {} has schema {found}, this program needs {needed}: run `ladylinux migrate`", path.display())]
    Outdated {
        /// The database file.
        path: PathBuf,
        /// The schema found.
        found: u32,
        /// The schema of this program.
        needed: u32,
    },
    /// The schema is newer than this program: it belongs to a later release.
    #[error("the database {} has schema {found}, this program knows {known}: use the newer release, or restore an older backup", path.display())]
    FromTheFuture {
        /// The database file.
        path: PathBuf,
        /// The schema found.
        found: u32,
        /// The newest schema this program knows.
        known: u32,
    },
    /// The database cannot be written.
    #[error("the database is read-only: make its directory writable for this user and start again")]
    ReadOnly,
    /// The disk is full.
    #[error("the disk that holds the database is full: free some space and try again")]
    Full,
    /// A migration failed; the database is as it was.
    #[error("migration {number} ({name}) failed, the database is unchanged")]
    Migration {
        /// Its number.
        number: u32,
        /// Its name.
        name: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
        /// The backup made before, if there was anything to lose.
        backup: Option<PathBuf>,
    },
    /// A copy could not be made: a backup, or what is to be restored.
    #[error("cannot copy the database to {}, so nothing was changed", path.display())]
    Copy {
        /// The copy.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A copy does not open cleanly.
    #[error("the copy {} does not check out, so nothing was changed ({detail})", path.display())]
    BadCopy {
        /// The copy.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The file cannot be restored from.
    #[error("{} is no backup that can be restored here: {detail}", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Somebody uses the database.
    #[error("the database {} is in use: stop the node first", .0.display())]
    InUse(PathBuf),
    /// The journal of a database that is gone lies where another is to be put.
    #[error("{} is the journal of a database that is gone: move it away, too, and restore again", .0.display())]
    LeftBehind(PathBuf),
    /// What was taken away since the backup cannot be taken away from it.
    #[error(
        "the backup is of a schema without the table {table}, whose {rows} rows say what is gone: it would come back"
    )]
    Unreplayable {
        /// The table.
        table: &'static str,
        /// How many rows there are.
        rows: u64,
    },
    /// A file of records cannot be written or read.
    #[error("cannot use the file of records {}", path.display())]
    Aside {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of records is not as it should be; nothing of it was taken.
    #[error("{}, line {line}: {detail}", path.display())]
    Records {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// A query failed.
    #[error("the database refused a query")]
    Query(#[source] rusqlite::Error),
    /// The store was closed, which happens when the node stops.
    #[error("the database is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DiskFull, ReadOnly};
        match error.sqlite_error_code() {
            Some(ReadOnly) => Self::ReadOnly,
            Some(DiskFull) => Self::Full,
            _ => Self::Query(error),
        }
    }
}
