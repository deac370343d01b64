//! The files below the paths that are learned: which there are, and what is in them.

use super::cut::Format;
use crate::foundation::values::Sha256;
use crate::inference::workers::Manuscript;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

/// Endings of files that are text, in lower case; a directory's other files are left alone unless they are named themselves.
const TEXT: &[&str] = &["txt", "text", "rst", "adoc", "org"];

/// Endings of files that are Markdown.
const MARKDOWN: &[&str] = &["md", "markdown", "mkd", "mdown"];

/// Endings of files that are HTML, and of those that are PDF.
const HTML: &[&str] = &["html", "htm", "xhtml"];
const PDF: &[&str] = &["pdf"];

/// Where binary content shows itself: a NUL byte among the first so many.
const LOOKED_AT: usize = 8192;

/// Why a file is not learned.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileProblem {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It is larger than the setting allows.
    #[error(
        "has {found} bytes, more than the {allowed} that are allowed (knowledge.max_file_bytes)"
    )]
    TooLarge {
        /// Its size.
        found: u64,
        /// The setting.
        allowed: u64,
    },
    /// It is not text.
    #[error("is not text: it has a NUL byte near its start")]
    Binary,
    /// Its path is not UTF-8, and could not be cited.
    #[error("has a name that is not UTF-8: rename it")]
    Name,
}

impl FileProblem {
    /// Whether the file's content is known to be none that can be learned, so that what was learned before is out of date.
    pub(super) fn is_about_content(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Binary)
    }
}

/// What a walk below a path found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files to learn, in order of their paths.
    pub(super) files: Vec<PathBuf>,
    /// Places that could not be entered, and why.
    pub(super) closed: Vec<(PathBuf, io::Error)>,
    /// How many files were left alone because of their endings.
    pub(super) other: u64,
}

/// Returns the files at or below a path. Hidden ones are left out below it, and links are not followed.
pub(super) fn walk(root: &Path) -> Found {
    let mut found = Found::default();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_shown) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                if entry.depth() == 0 || is_document(entry.path()) {
                    found.files.push(entry.into_path());
                } else {
                    found.other += 1;
                }
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                found.closed.push((path, error.into()));
            }
        }
    }
    found
}

fn is_shown(entry: &DirEntry) -> bool {
    // Version control keeps its directories hidden, CVS does not.
    entry.depth() == 0
        || !(entry.file_name().as_encoded_bytes().starts_with(b".") || entry.file_name() == "CVS")
}

fn is_document(path: &Path) -> bool {
    match ending(path) {
        Some(ending) => {
            [TEXT, MARKDOWN, HTML, PDF].iter().any(|known| known.contains(&ending.as_str()))
        }
        // README, LICENSE and the like.
        None => path.file_name().is_some_and(|name| {
            name.as_encoded_bytes()
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || b"_-".contains(byte))
        }),
    }
}

fn ending(path: &Path) -> Option<String> {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase())
}

/// Returns how a file is written, by its name.
pub(super) fn format(path: &Path) -> Format {
    match ending(path) {
        Some(ending) if MARKDOWN.contains(&ending.as_str()) => Format::Markdown,
        _ => Format::Plain,
    }
}

/// What a file holds.
pub(super) enum Content {
    /// UTF-8 text.
    Text(String),
    /// Something that becomes text when it is read by a worker.
    Manuscript(Manuscript, Vec<u8>),
}

/// Reads a file, and hashes it.
pub(super) fn read(path: &Path, allowed: u64) -> Result<(Content, Sha256), FileProblem> {
    let file = File::open(path).map_err(FileProblem::Unreadable)?;
    let found = file.metadata().map_err(FileProblem::Unreadable)?.len();
    if found > allowed {
        return Err(FileProblem::TooLarge { found, allowed });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found).unwrap_or(0));
    // It may be growing while it is read.
    file.take(allowed + 1).read_to_end(&mut bytes).map_err(FileProblem::Unreadable)?;
    let found = bytes.len() as u64;
    if found > allowed {
        return Err(FileProblem::TooLarge { found, allowed });
    }
    let hash = Sha256::of(&bytes);
    Ok((content(path, bytes)?, hash))
}

/// Tells what bytes are: by how they begin where that is certain, else by the file's name.
fn content(path: &Path, bytes: Vec<u8>) -> Result<Content, FileProblem> {
    let ending = ending(path);
    let named = |endings: &[&str]| ending.as_deref().is_some_and(|it| endings.contains(&it));
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let manuscript = match () {
        () if bytes.starts_with(b"%PDF-") || named(PDF) => Some(Manuscript::Pdf),
        () if named(HTML) => Some(Manuscript::Html),
        () if marked => Some(Manuscript::Text),
        () => None,
    };
    if let Some(manuscript) = manuscript {
        return Ok(Content::Manuscript(manuscript, bytes));
    }
    if bytes[..bytes.len().min(LOOKED_AT)].contains(&0) {
        return Err(FileProblem::Binary);
    }
    if !named(TEXT) && !named(MARKDOWN) && begins_as_html(&bytes) {
        return Ok(Content::Manuscript(Manuscript::Html, bytes));
    }
    Ok(String::from_utf8(bytes).map_or_else(
        |error| Content::Manuscript(Manuscript::Text, error.into_bytes()),
        Content::Text,
    ))
}

fn begins_as_html(bytes: &[u8]) -> bool {
    let head = bytes.trim_ascii_start();
    ["<!doctype html", "<html"].iter().any(|begins| {
        head.get(..begins.len()).is_some_and(|head| head.eq_ignore_ascii_case(begins.as_bytes()))
    })
}
