//! Documents in, passages out: cut, index, search, cite.
//!
//! ```text
//! learn   files ──▶ read ──▶ cut ──▶ index          ladylinux learn PATH…; PDF and HTML are read by the `extract` worker
//! ask     question ──▶ search ──▶ passages ──▶ extract ──▶ an answer that quotes and cites, or "not found"
//! ```
//!
//! Learning is incremental by content hash, one transaction a document. Searching filters by what the reader may see
//! inside every query, so that what others may not see changes neither results nor scores. [`extract()`] answers by quoting alone;
//! a language model, where there is one, gets the same passages and is none of this room's business.
//! Passages are found by their words, and by what they mean where an embedding model is there ([`Searcher`] fuses the two);
//! [`keep_vectors`] gives passages the vectors that this takes. Where a reranking model is there, what was found is read once more.
//!
//! ```
//! use ladylinux::knowledge::{Answer, Passage, extract};
//!
//! let text = "A full queue is refused with a time to retry.".to_owned();
//! let passages = [Passage { document: "guide.md".to_owned(), text, ..Passage::default() }];
//! assert!(matches!(extract("What if the queue is full?", &passages), Answer::Found { .. }));
//! assert_eq!(extract("What colour is the queue?", &passages), Answer::NotFound);
//! ```

mod cut;
mod extract;
mod files;
mod fuse;
mod index;
mod keeper;
mod learn;
mod open;
mod question;
mod rereader;
mod search;
mod searcher;
mod stem;
mod steps;
mod subject;
mod units;
mod vectors;
mod words;

pub use extract::{EXTRACT_FROM, extract};
pub use index::{Document, documents, forget};
pub use keeper::keep_vectors;
pub use learn::{Failure, LearnOptions, LearnReport, Mode, Outcome, Progress, learn};
pub use open::{Opened, Place, Stretch, open};
pub use question::Evidence;
pub use searcher::{Found, Halves, Searcher};

use crate::foundation::store::{StoreError, sql};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc};

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody unknown, who sees what everyone may see.
    Everyone,
    /// A person by name, who sees that and what is theirs.
    Person(String),
}

impl Reader {
    /// The word that stands for [`Reader::Everyone`] in the database and on the command line.
    pub const EVERYONE: &str = "everyone";

    /// Returns the name that stands in a document's `readers`.
    pub fn name(&self) -> &str {
        match self {
            Self::Everyone => Self::EVERYONE,
            Self::Person(name) => name,
        }
    }
}

impl From<&str> for Reader {
    fn from(name: &str) -> Self {
        if name == Self::EVERYONE { Self::Everyone } else { Self::Person(name.to_owned()) }
    }
}

/// A stretch of a document that a question found.
#[derive(Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Passage {
    /// Names it in the database.
    pub id: i64,
    /// The path of its document.
    pub document: String,
    /// The title of its document.
    pub title: String,
    /// The headings above it, outermost first, joined by " › "; empty where there are none.
    pub heading: String,
    /// Its page, where the document has pages.
    pub page: Option<u32>,
    /// Where it starts in its document's text, in bytes.
    pub start: u64,
    /// Where it ends in its document, in bytes.
    pub end: u64,
    /// What it says: exactly those bytes of the document.
    pub text: String,
    /// How well it fits the question; comparable within one search only.
    pub score: f64,
    /// How near it is to the question by what it means, from -1 to 1; none if it was found by its words only.
    pub likeness: Option<f64>,
    /// How well it answers the question, from 0 to 1, in the eyes of a reranking model; none if none has read it.
    pub relevance: Option<f64>,
    /// How well it fits by its words.
    #[serde(skip)]
    #[schema(ignore)]
    pub by_words: f64,
    /// What all that the reader may see tells about the question; [`extract()`] weighs by it.
    #[serde(skip)]
    #[schema(ignore)]
    pub evidence: Arc<Evidence>,
}

impl std::fmt::Debug for Passage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passage")
            .field("id", &self.id)
            .field("bytes", &(self.start..self.end))
            .field("score", &self.score)
            .finish_non_exhaustive()
    }
}

/// Returns a passage's text below what stands above it, which belongs to what it says.
fn in_context(title: &str, heading: &str, text: &str) -> String {
    let above = match (title, heading) {
        ("", heading) => heading.to_owned(),
        (title, "") => title.to_owned(),
        (title, heading) => format!("{title} › {heading}"),
    };
    format!("{above}\n{text}")
}

/// Where an answer was found, word for word.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Citation {
    /// The path of the document.
    pub document: String,
    /// The title of the document.
    pub title: String,
    /// The headings above the quote, outermost first, joined by " › "; empty where there are none.
    pub heading: String,
    /// The page, where the document has pages.
    pub page: Option<u32>,
    /// Where the quote starts in the document, in bytes.
    pub start: u64,
    /// Where the quote ends in the document, in bytes.
    pub end: u64,
    /// The quote: exactly those bytes of the document.
    pub quote: String,
}

impl std::fmt::Debug for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Citation").field("bytes", &(self.start..self.end)).finish_non_exhaustive()
    }
}

/// What the documents say to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// They say this.
    Found {
        /// The quotes, as a person reads them.
        text: String,
        /// Where each quote stands, best first.
        citations: Vec<Citation>,
    },
    /// They do not say.
    NotFound,
}

/// Why documents cannot be learned or searched.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The database failed.
    #[error("cannot use the database of documents")]
    Store(#[from] StoreError),
    /// A path cannot be resolved, so nothing below it was touched.
    #[error("cannot find {}: check its spelling, or drop what was learned from it with `ladylinux learn --forget`", path.display())]
    Root {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A reader's name is empty.
    #[error("a reader needs a name: give one, or leave it out for everyone")]
    NamelessReader,
}

impl From<sql::Error> for KnowledgeError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}
