//! The documents and passages in the database: written one document a transaction, listed, forgotten.

use super::{
    KnowledgeError,
    cut::{Cut, Piece},
    vectors,
};
use crate::foundation::{
    store::{
        Store,
        sql::{self, Connection, OptionalExtension, Row, Transaction, named_params, params},
    },
    values::{Sha256, time::Timestamp},
};
use serde::Serialize;
use std::path::Path;

/// A document that was learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Document {
    /// Its path.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Who may see it: "everyone", or one person's name.
    pub readers: String,
    /// Its size.
    pub bytes: u64,
    /// How many passages it was cut into.
    pub passages: u64,
    /// When it was learned.
    pub learned_at: Timestamp,
}

/// What is known of a document before it is learned again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) sha256: Vec<u8>,
    pub(super) cut: String,
    pub(super) readers: String,
}

/// A document about to be written.
pub(super) struct Fresh {
    pub(super) path: String,
    pub(super) root: String,
    pub(super) readers: String,
    pub(super) text: String,
    pub(super) sha256: Sha256,
    /// How it was cut; another way of cutting makes it new.
    pub(super) how: String,
    pub(super) cut: Cut,
    pub(super) learned_at: Timestamp,
}

/// Returns what was learned, in order of paths.
pub async fn documents(store: &Store) -> Result<Vec<Document>, KnowledgeError> {
    store
        .read(|connection| {
            let mut query = connection.prepare(
                "SELECT path, title, readers, bytes, passages, learned_at FROM document ORDER BY path",
            )?;
            let rows = query.query_map([], |row| {
                Ok(Document {
                    path: row.get(0)?,
                    title: row.get(1)?,
                    readers: row.get(2)?,
                    bytes: unsigned(row, 3)?,
                    passages: unsigned(row, 4)?,
                    learned_at: Timestamp(row.get(5)?),
                })
            })?;
            Ok(rows.collect::<sql::Result<Vec<_>>>()?)
        })
        .await
}

/// Forgets the documents at and below a path, to the last word of them, and returns their paths.
pub async fn forget(store: &Store, path: &Path) -> Result<Vec<String>, KnowledgeError> {
    let path = path.to_string_lossy().into_owned();
    store
        .write(move |transaction| {
            let paths = at_or_below(transaction, &path)?;
            for path in &paths {
                remove(transaction, path)?;
            }
            if !paths.is_empty() {
                purge(transaction)?;
            }
            Ok(paths)
        })
        .await
}

/// Returns the paths of the documents at and below a path.
pub(super) fn at_or_below(connection: &Connection, path: &str) -> sql::Result<Vec<String>> {
    // Not LIKE, which ignores case and has wildcards.
    connection
        .prepare(
            "SELECT path FROM document
             WHERE path = :path OR substr(path, 1, length(:below)) = :below ORDER BY path",
        )?
        .query_map(
            named_params! { ":path": path, ":below": format!("{}/", path.trim_end_matches('/')) },
            |row| row.get(0),
        )?
        .collect()
}

/// Returns what is known of the document at a path.
pub(super) fn known(connection: &Connection, path: &str) -> sql::Result<Option<Known>> {
    connection
        .query_row("SELECT sha256, cut, readers FROM document WHERE path = ?1", [path], |row| {
            Ok(Known { sha256: row.get(0)?, cut: row.get(1)?, readers: row.get(2)? })
        })
        .optional()
}

/// Lets others see a document.
pub(super) fn set_readers(
    transaction: &Transaction<'_>,
    path: &str,
    readers: &str,
) -> sql::Result<()> {
    transaction.execute("UPDATE document SET readers = ?2 WHERE path = ?1", [path, readers])?;
    vectors::set_readers(transaction, path, readers)
}

/// Removes a document and its passages, if it is there.
pub(super) fn remove(transaction: &Transaction<'_>, path: &str) -> sql::Result<()> {
    vectors::forget(transaction, path)?;
    transaction.execute(
        "DELETE FROM passage_text WHERE rowid IN
         (SELECT passage.id FROM passage JOIN document ON document.id = document_id WHERE path = ?1)",
        [path],
    )?;
    transaction.execute("DELETE FROM document WHERE path = ?1", [path]).map(drop)
}

/// Takes the words of what was removed out of the full-text index, where they are only marked as gone otherwise.
///
/// That writes the whole index anew: once for all that was removed.
pub(super) fn purge(transaction: &Transaction<'_>) -> sql::Result<()> {
    let optimize = "INSERT INTO passage_text (passage_text) VALUES ('optimize')";
    transaction.execute(optimize, []).map(drop)
}

/// Writes a document in place of what was there at its path.
pub(super) fn write(transaction: &Transaction<'_>, fresh: &Fresh) -> sql::Result<()> {
    remove(transaction, &fresh.path)?;
    let title = fresh.cut.title.clone().unwrap_or_else(|| name_of(&fresh.path));
    transaction.execute(
        "INSERT INTO document (path, root, title, sha256, cut, bytes, passages, readers, learned_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            fresh.path,
            fresh.root,
            title,
            fresh.sha256.as_bytes(),
            fresh.how,
            signed(fresh.text.len()),
            signed(fresh.cut.pieces.len()),
            fresh.readers,
            fresh.learned_at.0
        ],
    )?;
    let document = transaction.last_insert_rowid();
    let mut passage = transaction.prepare_cached(
        "INSERT INTO passage (document_id, ordinal, heading, page, start_offset, end_offset, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut index = transaction.prepare_cached(
        "INSERT INTO passage_text (rowid, title, heading, text) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (ordinal, Piece { bytes, heading, page }) in fresh.cut.pieces.iter().enumerate() {
        let text = &fresh.text[bytes.clone()];
        passage.execute(params![
            document,
            signed(ordinal),
            heading,
            page,
            signed(bytes.start),
            signed(bytes.end),
            text
        ])?;
        index.execute(params![transaction.last_insert_rowid(), title, heading, text])?;
    }
    Ok(())
}

/// Reads a length, which SQLite keeps with a sign.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> sql::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn name_of(path: &str) -> String {
    Path::new(path)
        .file_stem()
        .map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}
