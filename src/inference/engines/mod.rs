//! What runs inside a worker process: the only rooms that name `ort` and `tokenizers`.
//!
//! Nobody but the `worker` verb of the command line names this module: the core never loads a model.

pub mod embed;
mod files;
pub mod llm;
mod runtime;
mod session;

use super::workers::Refusal;

/// Returns a refusal with one of the codes that [`Refusal`] lists.
fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal { code: code.to_owned(), message: message.into() }
}
