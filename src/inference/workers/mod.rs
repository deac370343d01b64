//! Worker processes: children of this binary that hold one model each, spoken to in frames over pipes.
//!
//! ```text
//! core                                   child: `ladylinux worker llm`
//!  Llm ──mailbox──▶ task ──stdin──▶ Hello, Work, Cancel ──▶ child
//!      ◀──stream──      ◀─stdout──  Ready | Refused, Token…, Done | Failed
//!
//!  Embedder             the same, with Embedded and its vectors instead of Token… and Done
//!  Reranker             the same, with Ranked
//! ```
//!
//! Documents are read by children, too, which live for one document each: [`Extractor`].
//!
//! What crosses the pipe is in [`protocol`], its bytes in [`frame`]. What is decided about starts, deaths and restarts is
//! in [`machine`], who waits in [`queue`], how many threads run in [`permits`]; `task` does it, to a `process`. The
//! other end of the pipe is [`child`]. A worker ends when its standard input closes, so that none outlives the core.
//!
//! ```no_run
//! # async fn example(settings: &ladylinux::foundation::settings::Settings) -> Result<(), Box<dyn std::error::Error>> {
//! use ladylinux::inference::workers::{Event, Generate, Workers};
//!
//! let workers = Workers::start(settings)?;
//! let mut answer = workers.llm.generate(Generate { max_tokens: 16, ..Generate::default() }).await?;
//! while let Some(event) = answer.next().await {
//!     if let Event::Token { text, .. } = event? {
//!         assert!(!text.expose().is_empty());
//!     }
//! }
//! workers.stop().await;
//! # Ok(())
//! # }
//! ```

pub mod child;
mod embed;
mod extract;
pub mod frame;
mod handle;
mod issues;
mod llm;
mod log_lines;
pub mod machine;
pub mod permits;
mod process;
pub mod protocol;
pub mod queue;
mod rerank;
mod running;
mod runtime;
mod start;
mod task;
mod trial;

pub use embed::Embedder;
pub use extract::{
    EXTRACT_VERSION, ExtractError, Extracted, Extractor, FromExtractor, Manuscript, PAGE_BREAK,
};
pub use handle::{WorkerError, WorkerState, WorkerStatus};
pub use llm::{Event, Generation, Llm};
pub use process::Spawn;
pub use protocol::{
    ChatMessage, Completion, Embed, Embedded, Finish, Format, Generate, Likely, LoadedModel,
    Prompt, Ranked, Refusal, Rerank, Sampling, TextRole, TokenLogprob, Vectors, Work, WorkerKind,
};
pub use rerank::Reranker;
pub use runtime::Runtime;
pub use start::{Post, Workers};
pub use trial::Trial;

#[cfg(test)]
mod tests;
