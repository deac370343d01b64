//! The audit: what was decided, of whom and why, refused or not; never what was said.
//!
//! The table is the authority. A record is written in the transaction of the decision that it is about, so that neither is there
//! without the other. Records are chained by hashes: whoever changes one breaks every one after it. What a chain cannot show is
//! its own end: whoever cuts records off there leaves a whole, shorter chain, and so does whoever writes all of it anew. For
//! that a head is noted elsewhere, and [`verify()`] is told it.

mod chain;
mod file;
mod read;
mod record;
mod verify;

#[cfg(test)]
mod tests;

pub use chain::{Audit, AuditError};
pub use file::{Exported, export, verify_file};
pub use read::{Filter, heads, list};
pub use record::{Decision, Record};
pub use verify::{Broken, Report, verify};
