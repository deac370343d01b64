//! Learns what is at and below some paths: new and changed files in, unchanged ones skipped, gone ones out.
//!
//! One document is one transaction, and is told of only when that is durable: what was told of survives SIGKILL, and a
//! later run goes on from there. A file that cannot be read stops nobody else. What was learned from it stays if it merely cannot
//! be read now, and goes if its content can no longer be learned.

use super::{
    KnowledgeError, Reader,
    cut::{self, Format},
    files::{self, Content, FileProblem},
    index::{self, Fresh},
};
use crate::foundation::{
    store::{Store, StoreError, sql},
    values::{Sha256, time},
};
use crate::inference::workers::{EXTRACT_VERSION, Extracted, Extractor, Manuscript};
use serde::Serialize;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

/// How to learn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnOptions {
    /// Who may see what is learned; none keeps it as it is, and is everyone for what is new.
    pub reader: Option<Reader>,
    /// The longest passage, in characters.
    pub passage_chars: usize,
    /// The largest file that is learned, in bytes.
    pub max_file_bytes: u64,
    /// Who reads what is no UTF-8 text.
    pub extractor: Extractor,
    /// Whether to write, or only to say what would be written.
    pub mode: Mode,
}

/// Whether to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write.
    Write,
    /// Only say what would be done.
    DryRun,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was learned for the first time.
    Added,
    /// It was learned anew: its content, or who may see it, is another.
    Updated,
    /// It is as it was.
    Unchanged,
    /// It is gone, and so is what was learned from it.
    Removed,
    /// It could not be learned.
    Failed {
        /// Why.
        reason: String,
    },
}

/// One file's turn, told of when it is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The file.
    pub path: PathBuf,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How many files had their turn, this one included.
    pub done: usize,
    /// How many files there are.
    pub total: usize,
}

/// What was learned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LearnReport {
    /// How many files are new.
    pub added: u64,
    /// How many files were learned anew.
    pub updated: u64,
    /// How many files are as they were.
    pub unchanged: u64,
    /// How many documents are gone.
    pub removed: u64,
    /// How many files were left alone because they are of another kind.
    pub other: u64,
    /// How many bytes of text were learned.
    pub bytes: u64,
    /// How many passages they were cut into.
    pub passages: u64,
    /// What could not be learned, and why.
    pub failed: Vec<Failure>,
}

/// A file that could not be learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// Learns what is at and below `paths`, and tells `progress` of each file when it is durable.
pub async fn learn(
    store: &Store,
    paths: &[PathBuf],
    options: &LearnOptions,
    progress: impl FnMut(Progress),
) -> Result<LearnReport, KnowledgeError> {
    if options.reader.as_ref().is_some_and(|reader| reader.name().trim().is_empty()) {
        return Err(KnowledgeError::NamelessReader);
    }
    let mut roots = Vec::new();
    for path in paths {
        let root = path.canonicalize();
        roots.push(root.map_err(|source| KnowledgeError::Root { path: path.clone(), source })?);
    }
    let mut run = Run {
        store,
        options,
        progress,
        report: LearnReport::default(),
        done: 0,
        total: 0,
        removed: false,
    };
    for root in &roots {
        run.root(root).await?;
    }
    if run.removed {
        run.write(index::purge).await?;
    }
    Ok(run.report)
}

struct Run<'r, P> {
    store: &'r Store,
    options: &'r LearnOptions,
    progress: P,
    report: LearnReport,
    done: usize,
    total: usize,
    /// Whether something was removed, of which the full-text index still has the words.
    removed: bool,
}

impl<P: FnMut(Progress)> Run<'_, P> {
    async fn root(&mut self, root: &Path) -> Result<(), KnowledgeError> {
        let walked = root.to_owned();
        let found = tokio::task::spawn_blocking(move || files::walk(&walked))
            .await
            .map_err(|_| StoreError::Closed)?;
        self.report.other += found.other;
        self.total += found.files.len();
        for file in &found.files {
            let outcome = self.file(root, file).await?;
            self.tell(file.clone(), outcome);
        }
        for (path, error) in &found.closed {
            self.total += 1;
            self.tell(path.clone(), failed(&FileProblem::Unreadable(clone_of(error))));
        }
        let closed = found.closed.into_iter().map(|(path, _)| path).collect();
        self.remove_what_is_gone(root, found.files, closed).await
    }

    async fn file(&mut self, root: &Path, file: &Path) -> Result<Outcome, KnowledgeError> {
        let Some(path) = file.to_str().map(str::to_owned) else {
            return Ok(failed(&FileProblem::Name));
        };
        let (source, allowed) = (file.to_owned(), self.options.max_file_bytes);
        let read = tokio::task::spawn_blocking(move || files::read(&source, allowed))
            .await
            .map_err(|_| StoreError::Closed)?;
        match read {
            Ok((content, sha256)) => self.content(root, path, content, sha256).await,
            Err(problem) => {
                if problem.is_about_content() {
                    self.remove(path).await?;
                }
                Ok(failed(&problem))
            }
        }
    }

    async fn content(
        &mut self,
        root: &Path,
        path: String,
        content: Content,
        sha256: Sha256,
    ) -> Result<Outcome, KnowledgeError> {
        let limit = self.options.passage_chars;
        let how = match content {
            Content::Text(_) => format!("{}/{limit}", cut::VERSION),
            Content::Manuscript(..) => format!("{}/{limit}/{EXTRACT_VERSION}", cut::VERSION),
        };
        let asked = path.clone();
        let known = self.store.read(move |connection| known(connection, &asked)).await?;
        // Learning a directory again must not show everyone what in it is for one person.
        let readers = match (&self.options.reader, &known) {
            (Some(reader), _) => reader.name().to_owned(),
            (None, Some(known)) => known.readers.clone(),
            (None, None) => Reader::EVERYONE.to_owned(),
        };
        if let Some(known) = &known
            && (known.sha256.as_slice(), &known.cut) == (sha256.as_bytes().as_slice(), &how)
        {
            if known.readers == readers {
                return Ok(Outcome::Unchanged);
            }
            self.write(move |transaction| index::set_readers(transaction, &path, &readers)).await?;
            return Ok(Outcome::Updated);
        }
        let format = files::format(Path::new(&path));
        let (Extracted { title, text }, format) = match content {
            Content::Text(text) => (Extracted { title: None, text }, format),
            Content::Manuscript(written, bytes) => {
                match self.options.extractor.extract(bytes.into(), written).await {
                    Ok(extracted) => (extracted, becomes(written, format)),
                    Err(error) => {
                        if error.is_about_content() {
                            self.remove(path).await?;
                        }
                        return Ok(failed(&error));
                    }
                }
            }
        };
        let mut cut = cut::cut(&text, format, limit);
        cut.title = title.or(cut.title);
        self.report.bytes += text.len() as u64;
        self.report.passages += cut.pieces.len() as u64;
        let root = root.to_string_lossy().into_owned();
        let learned_at = time::now();
        let fresh = Fresh { path, root, readers, text, sha256, how, cut, learned_at };
        self.write(move |transaction| index::write(transaction, &fresh)).await?;
        Ok(if known.is_some() { Outcome::Updated } else { Outcome::Added })
    }

    /// Removes documents below `root` that were not found there, unless they may be where nobody could look.
    async fn remove_what_is_gone(
        &mut self,
        root: &Path,
        found: Vec<PathBuf>,
        closed: Vec<PathBuf>,
    ) -> Result<(), KnowledgeError> {
        let found: HashSet<PathBuf> = found.into_iter().collect();
        let below = root.to_string_lossy().into_owned();
        let known = self.store.read(move |connection| at_or_below(connection, &below)).await?;
        for path in known {
            let file = PathBuf::from(&path);
            if found.contains(&file) || closed.iter().any(|closed| file.starts_with(closed)) {
                continue;
            }
            self.remove(path).await?;
            self.total += 1;
            self.tell(file, Outcome::Removed);
        }
        Ok(())
    }

    async fn remove(&mut self, path: String) -> Result<(), KnowledgeError> {
        self.removed = true;
        self.write(move |transaction| index::remove(transaction, &path)).await
    }

    async fn write(
        &self,
        work: impl FnOnce(&sql::Transaction<'_>) -> sql::Result<()> + Send + 'static,
    ) -> Result<(), KnowledgeError> {
        match self.options.mode {
            Mode::DryRun => Ok(()),
            Mode::Write => self.store.write(move |transaction| Ok(work(transaction)?)).await,
        }
    }

    fn tell(&mut self, path: PathBuf, outcome: Outcome) {
        self.done += 1;
        match &outcome {
            Outcome::Added => self.report.added += 1,
            Outcome::Updated => self.report.updated += 1,
            Outcome::Unchanged => self.report.unchanged += 1,
            Outcome::Removed => self.report.removed += 1,
            Outcome::Failed { reason } => {
                self.report.failed.push(Failure { path: path.clone(), reason: reason.clone() });
            }
        }
        (self.progress)(Progress { path, outcome, done: self.done, total: self.total });
    }
}

fn known(connection: &sql::Connection, path: &str) -> Result<Option<index::Known>, KnowledgeError> {
    Ok(index::known(connection, path)?)
}

fn at_or_below(connection: &sql::Connection, path: &str) -> Result<Vec<String>, KnowledgeError> {
    Ok(index::at_or_below(connection, path)?)
}

/// Returns how the text of a document is written, whose name says `format`.
fn becomes(written: Manuscript, format: Format) -> Format {
    match written {
        Manuscript::Html => Format::Markdown,
        Manuscript::Pdf => Format::Pages,
        Manuscript::Text => format,
    }
}

fn failed(problem: &dyn std::error::Error) -> Outcome {
    Outcome::Failed { reason: problem.to_string() }
}

/// Returns the same error again; `io::Error` cannot be cloned.
fn clone_of(error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), error.to_string())
}
