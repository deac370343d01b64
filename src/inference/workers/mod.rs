//! Worker processes: children of this binary that hold one model each, spoken to in frames over pipes.
//!
//! ```text
//! core                                   child: `ladylinux worker llm`
//! LlmHandle ──mailbox──▶ task ──stdin──▶ Hello, Generate, Cancel
//!           ◀──stream──      ◀─stdout──  Ready | Refused, Token…, Done | Failed
//! ```
//!
//! What crosses the pipe is in [`protocol`]; what is decided about restarts is in `machine`. A worker ends when its
//! standard input closes, so that none outlives the core.

pub mod frame;
pub mod machine;
pub mod permits;
pub mod protocol;
pub mod queue;

pub use protocol::{ChatMessage, Completion, Generate, Refusal, Sampling, WorkerKind};
