//! LadyLinux: a private assistant that lives on one small Linux box.
//!
//! Start reading at [`cli`], which has one file per verb, and follow the arrows down:
//!
//! ```text
//! edges         cli · api
//! capabilities  conversation ──▶ knowledge, host
//! inference     workers ◀── engines (in the child process only) · models
//! ground        foundation: settings · layout · store · telemetry · values
//! ```
//!
//! Every `use` points down this picture, never up; `tests/architecture.rs` reads them and holds it.
//! `docs/architecture.md` walks a question, a worker's death and a start-up through the rooms.

pub mod api;
pub mod cli;

pub mod conversation;
pub mod host;
pub mod knowledge;

pub mod inference;

pub mod foundation;
