//! Opens a document at a place, so that a citation can be read where it stands.

use super::{KnowledgeError, Reader, index::unsigned};
use crate::foundation::store::{
    Store,
    sql::{self, OptionalExtension, named_params},
};
use serde::Serialize;

/// Where to open a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the document.
    pub document: String,
    /// A place in its text, in bytes.
    pub at: u64,
    /// How many passages before that place to show.
    pub before: usize,
    /// How many passages to show, those before it included.
    pub limit: usize,
}

/// A document, open at a place.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Opened {
    /// Its path.
    pub document: String,
    /// Its title.
    pub title: String,
    /// How long its text is, in bytes.
    pub bytes: u64,
    /// Its last page, where the document has pages.
    pub pages: Option<u32>,
    /// How many passages it has.
    pub passages: u64,
    /// How many passages come before those that are shown.
    pub before: u64,
    /// Passages that follow each other; together all passages are its whole text but for white space between them.
    pub shown: Vec<Stretch>,
}

/// A passage in its place.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Stretch {
    /// The headings above it, outermost first, joined by " › "; empty where there are none.
    pub heading: String,
    /// Its page, where the document has pages.
    pub page: Option<u32>,
    /// Where it starts in the document's text, in bytes.
    pub start: u64,
    /// Where it ends, in bytes.
    pub end: u64,
    /// What it says: exactly those bytes.
    pub text: String,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stretch").field("bytes", &(self.start..self.end)).finish_non_exhaustive()
    }
}

/// Opens a document, if there is one at that path that the reader may see; whether there is another is not told.
pub async fn open(
    store: &Store,
    place: Place,
    reader: &Reader,
) -> Result<Option<Opened>, KnowledgeError> {
    let reader = reader.name().to_owned();
    store.read(move |connection| Ok(opened(connection, &place, &reader)?)).await
}

fn opened(
    connection: &sql::Connection,
    place: &Place,
    reader: &str,
) -> sql::Result<Option<Opened>> {
    // One snapshot, while a learner may be writing.
    let snapshot = connection.unchecked_transaction()?;
    let mut document = snapshot.prepare_cached(
        "SELECT id, path, title, bytes, passages,
             (SELECT max(page) FROM passage WHERE document_id = document.id),
             (SELECT min(ordinal) FROM passage WHERE document_id = document.id AND end_offset > :at)
         FROM document WHERE path = :path AND readers IN ('everyone', :reader)",
    )?;
    let asked = named_params! {
        ":path": place.document,
        ":reader": reader,
        ":at": i64::try_from(place.at).unwrap_or(i64::MAX),
    };
    let found = document.query_row(asked, |row| {
        let passages = unsigned(row, 4)?;
        let at = row.get::<_, Option<i64>>(6)?.and_then(|at| u64::try_from(at).ok());
        let opened = Opened {
            document: row.get(1)?,
            title: row.get(2)?,
            bytes: unsigned(row, 3)?,
            passages,
            pages: row.get(5)?,
            before: at.unwrap_or(passages).saturating_sub(place.before as u64),
            shown: Vec::new(),
        };
        Ok((row.get::<_, i64>(0)?, opened))
    });
    let Some((id, mut opened)) = found.optional()? else { return Ok(None) };
    let mut passages = snapshot.prepare_cached(
        "SELECT heading, page, start_offset, end_offset, text FROM passage
         WHERE document_id = :id AND ordinal >= :first ORDER BY ordinal LIMIT :limit",
    )?;
    let wanted = named_params! {
        ":id": id,
        ":first": i64::try_from(opened.before).unwrap_or(i64::MAX),
        ":limit": i64::try_from(place.limit).unwrap_or(i64::MAX),
    };
    let stretches = passages.query_map(wanted, |row| {
        Ok(Stretch {
            heading: row.get(0)?,
            page: row.get(1)?,
            start: unsigned(row, 2)?,
            end: unsigned(row, 3)?,
            text: row.get(4)?,
        })
    })?;
    opened.shown = stretches.collect::<sql::Result<_>>()?;
    Ok(Some(opened))
}
