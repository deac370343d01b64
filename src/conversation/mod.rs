//! A turn, from a question to an answer: deterministic intents, then retrieval, then the language model.
//!
//! Conversations live in memory and are gone after a restart.

mod intents;

pub use intents::{Intent, Recognition, Recognized, language_of, recognize};
