//! LadyLinux: a private assistant that lives on one small Linux box.
//!
//! Start reading at [`cli`], which has one file per verb, and follow the arrows down:
//!
//! ```text
//! edges         cli · api
//! capabilities  conversation ──▶ people, commands ──▶ policy; knowledge, host, supervisor       refresh (a binary of its own)
//! inference     workers ◀── engines (in the child process only) · models
//! ground        foundation: settings · layout · store · telemetry · values
//! ```
//!
//! Two binaries come of it: `ladylinux` (feature `node`) is all of it but [`refresh`], and `ladylinux-supervisor` (feature
//! `supervisor`) is [`refresh`] on the ground's [`foundation::values`], so that what holds the container socket contains
//! neither ONNX Runtime nor the API.
//!
//! Every `use` points down this picture, never up; `tests/architecture.rs` reads them and holds it.
//! `docs/architecture.md` walks a question, a worker's death and a start-up through the rooms.

#[cfg(feature = "node")]
pub mod api;
#[cfg(feature = "node")]
pub mod cli;

#[cfg(feature = "node")]
pub mod commands;
#[cfg(feature = "node")]
pub mod conversation;
#[cfg(feature = "node")]
pub mod host;
#[cfg(feature = "node")]
pub mod knowledge;
#[cfg(feature = "node")]
pub mod people;
#[cfg(feature = "node")]
pub mod policy;
#[cfg(feature = "supervisor")]
pub mod refresh;
#[cfg(feature = "node")]
pub mod supervisor;

#[cfg(feature = "node")]
pub mod inference;

pub mod foundation;
