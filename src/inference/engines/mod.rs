//! What runs inside a worker process: the only rooms that name `ort` and `tokenizers`.
//!
//! Nobody but the `worker` verb of the command line names this module: the core never loads a model.

pub mod llm;
