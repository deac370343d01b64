//! The HTTP face: who may come in, what they may ask, and what they get, including when it goes wrong.
//!
//! ```text
//! socket ─▶ server ─▶ gate ─▶ router ─▶ extractors ─▶ handler (one file per noun) ─▶ a room below
//!    connections,   host, origin,        JSON, query, path,
//!    TLS, drain     rate, ids, panics    caller and scope
//! ```
//!
//! All routes stand in `router`; what goes wrong becomes an answer in `error` and nowhere else. A handler extracts, asks a
//! room, and answers; what it decides belongs into that room.

mod app;
mod completions;
mod conversations;
mod docs;
mod embeddings;
mod error;
mod exposure;
mod extractors;
mod first;
mod gate;
mod health;
mod host;
mod household;
mod inherited;
mod knowledge;
mod metrics;
mod models;
mod neighbours;
mod openapi;
mod pages;
mod rate;
mod release;
mod rerank;
mod router;
mod server;
mod sse;
mod strict;
pub mod tokens;
mod unread;
mod workers;

pub use app::Node;
pub use exposure::objection;
pub use inherited::Inherited;
pub use server::{Listener, ServeError};

/// Serves the node on an open port until `shutdown`, and then until running answers have ended or the drain timeout has.
pub async fn serve(node: Node, listener: Listener, shutdown: impl Future<Output = ()>) {
    let app = app::App::new(node);
    server::run(listener, router::router(app.clone()), app, shutdown).await;
}
