//! Whole nodes: real processes, real SQLite, real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod api;
mod ask;
mod audit;
mod backup;
mod chat;
mod commands;
mod conversation;
mod disk;
mod embeddings;
mod first;
mod handed_over;
mod host;
mod knowledge;
mod layout;
mod manual;
mod models;
mod node;
mod people;
mod prepare;
mod refresh;
mod release;
mod rerank;
mod run;
mod serve;
mod settings;
mod stack;
mod workers;
