//! Durable records in a file of their own: kept aside by a restore, and imported again.
//!
//! One JSON object a line: a header, then a row a line, then how many there were, so that a file that was cut off is not
//! taken for a whole one. A blob is written as `{"$base64": "…"}` (RFC 4648, section 4).

use super::{
    StoreError, copy, migrate, open,
    restore::{columns, list},
    tables::{Class, tables},
};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use rusqlite::{
    ErrorCode, Row, Transaction, TransactionBehavior, params_from_iter,
    types::{Value as Sql, ValueRef},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// What the first line calls the file.
const FORMAT: &str = "ladylinux-records";

/// The version of its form.
const VERSION: u32 = 1;

/// No line is longer than this, in bytes.
const LONGEST_LINE: u64 = 64 << 20;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Header {
        format: String,
        version: u32,
        /// The schema that the rows are of.
        schema: u32,
        /// The schema of the backup that was restored.
        restored: u32,
    },
    Row {
        table: String,
        row: Map<String, Value>,
    },
    End {
        records: u64,
    },
}

/// Writes a file of records, once there is a first one.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    path: &'a Path,
    header: Line,
    file: Option<BufWriter<File>>,
    written: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(path: &'a Path, schema: u32, restored: u32) -> Self {
        let header = Line::Header { format: FORMAT.to_owned(), version: VERSION, schema, restored };
        Self { path, header, file: None, written: 0 }
    }

    /// Writes a row with these columns, in their order.
    pub(super) fn write(
        &mut self,
        table: &str,
        columns: &BTreeSet<String>,
        row: &Row<'_>,
    ) -> Result<(), StoreError> {
        let mut object = Map::new();
        for (index, name) in columns.iter().enumerate() {
            let value = json_of(row.get_ref(index)?).ok_or_else(|| StoreError::Records {
                path: self.path.to_owned(),
                line: self.written + 2,
                detail: format!("{table}.{name} holds a value that JSON cannot write"),
            })?;
            object.insert(name.clone(), value);
        }
        self.line(&Line::Row { table: table.to_owned(), row: object })?;
        self.written += 1;
        Ok(())
    }

    /// Ends the file, and returns its name once it would survive a power cut; none if there was nothing to write.
    pub(super) fn finish(mut self) -> Result<Option<PathBuf>, StoreError> {
        if self.file.is_none() {
            return Ok(None);
        }
        self.line(&Line::End { records: self.written })?;
        let path = self.path.to_owned();
        let mut file = self.file.take();
        let ended = file.as_mut().map_or(Ok(()), |file| {
            file.flush()?;
            file.get_ref().sync_all()?;
            fs::rename(partial(&path), &path)?;
            path.parent().map_or(Ok(()), copy::sync)
        });
        ended.map_err(|source| StoreError::Aside { path: path.clone(), source })?;
        Ok(Some(path))
    }

    fn line(&mut self, line: &Line) -> Result<(), StoreError> {
        let failed = |source| StoreError::Aside { path: self.path.to_owned(), source };
        if self.file.is_none() {
            let mut file = self.begin().map_err(failed)?;
            put(&mut file, &self.header).map_err(failed)?;
            self.file = Some(file);
        }
        self.file.as_mut().map_or(Ok(()), |file| put(file, line)).map_err(failed)
    }

    fn begin(&self) -> io::Result<BufWriter<File>> {
        if self.path.exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is there already"));
        }
        if let Some(parent) = self.path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(partial(self.path)).map(BufWriter::new)
    }
}

fn partial(path: &Path) -> PathBuf {
    copy::beside(path, ".partial")
}

fn put(file: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *file, line)?;
    file.write_all(b"\n")
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The records that were added, by table.
    pub added: BTreeMap<String, u64>,
    /// How many were there already.
    pub present: u64,
    /// How many are about somebody who was erased since. They were left out.
    pub erased: u64,
    /// The records that contradict one that is there: table and line of the file. They were left out.
    pub conflicts: Vec<String>,
    /// The columns that this schema does not have, as `table.column`. They were left out.
    pub unknown_columns: BTreeSet<String>,
}

/// Adds the records of a file to the database, which may be in use: all of them that contradict nothing, or none if the
/// file is not whole.
pub fn import(database: &Path, file: &Path) -> Result<Imported, StoreError> {
    migrate::check(database)?;
    let mut lines = Lines::open(file)?;
    match lines.next()? {
        Some(Line::Header { format, version, .. }) if format == FORMAT && version == VERSION => {}
        Some(Line::Header { version, .. }) => {
            return Err(
                lines.bad(format!("it has version {version}, and this program reads {VERSION}"))
            );
        }
        _ => {
            return Err(lines
                .bad(format!("it is no file of records: its first line has no format {FORMAT}")));
        }
    }
    let mut connection = open::writable(database)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // A record may come before the one that it refers to.
    transaction.pragma_update(None, "defer_foreign_keys", true)?;
    let (mut imported, mut read) = (Imported::default(), 0);
    loop {
        match lines.next()? {
            Some(Line::Row { table, row }) => {
                add(&transaction, &table, &row, &lines, &mut imported)?;
                read += 1;
            }
            Some(Line::End { records }) if records == read => break,
            Some(Line::End { records }) => {
                return Err(
                    lines.bad(format!("it has {read} records, and says that there were {records}"))
                );
            }
            Some(Line::Header { .. }) => return Err(lines.bad("a second header".to_owned())),
            None => return Err(lines.bad("it was cut off: its last line is missing".to_owned())),
        }
    }
    transaction.commit()?;
    Ok(imported)
}

fn add(
    transaction: &Transaction<'_>,
    table: &str,
    row: &Map<String, Value>,
    lines: &Lines<'_>,
    imported: &mut Imported,
) -> Result<(), StoreError> {
    let declared = tables().iter().find(|one| one.name == table && one.class != Class::Rebuildable);
    if declared.is_none() {
        return Err(lines.bad(format!("{table:?} is no table of durable records")));
    }
    let known = columns(transaction, "main", table)?;
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for (name, value) in row {
        if !known.contains(name) {
            imported.unknown_columns.insert(format!("{table}.{name}"));
            continue;
        }
        names.push(name.clone());
        values.push(
            sql_of(value)
                .ok_or_else(|| lines.bad(format!("{table}.{name} is no value of a database")))?,
        );
    }
    let same =
        names.iter().map(|name| format!("\"{name}\" IS ?")).collect::<Vec<_>>().join(" AND ");
    let there: bool = transaction.query_row(
        &format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {same})"),
        params_from_iter(&values),
        |found| found.get(0),
    )?;
    if there {
        imported.present += 1;
        return Ok(());
    }
    let marks = vec!["?"; names.len()].join(", ");
    let insert = format!("INSERT INTO {table} ({}) VALUES ({marks})", list(&names));
    match transaction.execute(&insert, params_from_iter(&values)) {
        // A trigger let it pass by.
        Ok(0) => imported.erased += 1,
        Ok(_) => *imported.added.entry(table.to_owned()).or_default() += 1,
        Err(error) if is_taken(&error) => {
            imported.conflicts.push(format!("{table} (line {})", lines.number));
        }
        Err(error) => return Err(lines.bad(error.to_string())),
    }
    Ok(())
}

/// Whether a row with the same key is there.
fn is_taken(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.sqlite_error().is_some_and(|error| {
            [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE].contains(&error.extended_code)
        })
}

/// The lines of a file, counted.
struct Lines<'a> {
    path: &'a Path,
    file: BufReader<File>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Self, StoreError> {
        let file = File::open(path)
            .map_err(|source| StoreError::Aside { path: path.to_owned(), source })?;
        Ok(Self { path, file: BufReader::new(file), number: 0 })
    }

    fn next(&mut self) -> Result<Option<Line>, StoreError> {
        let mut text = Vec::new();
        self.number += 1;
        let read = self.file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text);
        read.map_err(|source| StoreError::Aside { path: self.path.to_owned(), source })?;
        if text.is_empty() {
            return Ok(None);
        }
        if !text.ends_with(b"\n") {
            return Err(self.bad("the line has no end".to_owned()));
        }
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| self.bad(format!("it is no record: {error}")))
    }

    fn bad(&self, detail: String) -> StoreError {
        StoreError::Records { path: self.path.to_owned(), line: self.number, detail }
    }
}

fn json_of(value: ValueRef<'_>) -> Option<Value> {
    Some(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => Value::Number(serde_json::Number::from_f64(number)?),
        ValueRef::Text(text) => Value::String(std::str::from_utf8(text).ok()?.to_owned()),
        ValueRef::Blob(bytes) => json!({ "$base64": BASE64.encode(bytes) }),
    })
}

fn sql_of(value: &Value) -> Option<Sql> {
    Some(match value {
        Value::Null => Sql::Null,
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Sql::Integer(integer),
            None => Sql::Real(number.as_f64()?),
        },
        Value::String(text) => Sql::Text(text.clone()),
        Value::Object(object) if object.len() == 1 => {
            Sql::Blob(BASE64.decode(object.get("$base64")?.as_str()?).ok()?)
        }
        Value::Object(_) | Value::Array(_) | Value::Bool(_) => return None,
    })
}
