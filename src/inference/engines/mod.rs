//! What runs inside a worker process: the only rooms that name `ort` and `tokenizers`, and the parsers of documents.
//!
//! Nobody but the `worker` verb of the command line names this module: the core never loads a model.

pub mod embed;
pub mod extract;
mod files;
pub mod llm;
mod runtime;
mod session;

use super::workers::Refusal;

/// Returns a refusal with one of the codes that [`Refusal`] lists.
fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal { code: code.to_owned(), message: message.into() }
}

/// Copies a model directory of the fixtures, for a test that damages it.
#[cfg(test)]
fn copied(from: &std::path::Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(from).min_depth(1) {
        let entry = entry.unwrap();
        let to = folder.path().join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir(to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    folder
}
