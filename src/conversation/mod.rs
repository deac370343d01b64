//! A turn, from a question to an answer: deterministic intents, then retrieval, then the language model.
//!
//! ```text
//! question ──▶ intents ──clear──▶ the node's own words, or a fact about the machine
//!                 │
//!                 └──▶ knowledge::search ──▶ language model, with the passages ──▶ answer that cites
//!                                        └─▶ no model: quotes from the passages, or an honest "not found"
//! ```
//!
//! A turn is a stream of [`TurnEvent`]s that works only while it is read; dropping it stops everything at once. Who stands in for
//! whom is decided in `machine`. Conversations live in memory and are gone after a restart; what is said in them is in no log.
//! Nothing here changes the machine. One thing is asked of somebody who does: "refresh yourself" leaves a request for the
//! supervisor, if the caller may change the node.
//!
//! ```
//! use ladylinux::conversation::{Intent, Recognition, recognize};
//! use ladylinux::host::Topic;
//!
//! let Recognition::Clear(recognized) = recognize("how much disk space is free?") else {
//!     panic!("that is clear")
//! };
//! assert_eq!(recognized.intent, Intent::Host(Topic::Disk));
//! assert_eq!(recognize("how do I check disk space with df?"), Recognition::Nothing);
//! ```

mod answer;
mod cite;
mod event;
mod intents;
mod machine;
mod memory;
mod model;
mod prompt;
mod reply;
mod task;
mod turn;

#[cfg(test)]
mod tests;

pub use event::{AnsweredBy, Basis, Cited, Timings, TurnEvent};
pub use intents::{Intent, Recognition, Recognized, language_of, recognize};
pub use task::{Conversations, LONGEST_QUESTION};
pub use turn::Turn;

use crate::foundation::values::Redacted;
use crate::knowledge::KnowledgeError;
use std::time::Duration;

/// What a person asks, who that is and where.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The question.
    pub text: Redacted<String>,
    /// Who asks, and where.
    pub caller: Caller,
}

/// Who asks, and where; values only, decisions about them come with the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who asks.
    pub who: Who,
    /// Where the question comes from.
    pub from: Place,
    /// Whether they may change the node; somebody without an account never may.
    pub may_administer: bool,
}

/// Who asks. A conversation belongs to who began it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// Somebody on this machine without an account.
    Anonymous,
    /// Whoever holds this token.
    Token {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => f.write_str("somebody without an account"),
            Self::Token { id, name } => write!(f, "{name} (token {id})"),
        }
    }
}

/// Where a question comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The page.
    Browser,
    /// The command line.
    Terminal,
    /// Another program.
    Api,
}

/// Why a question is not taken up; nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no question in it.
    #[error("the question is empty: write one")]
    Empty,
    /// It is longer than a question may be.
    #[error(
        "the question has {characters} characters, at most {limit} are read: shorten it, or learn the text as a document"
    )]
    TooLong {
        /// What it has.
        characters: usize,
        /// What it may have.
        limit: usize,
    },
    /// The language model's queue is full.
    #[error("too many questions wait for the language model: try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// When a place is likely to be free.
        retry_after: Duration,
    },
    /// The documents cannot be searched.
    #[error("the documents cannot be searched")]
    Knowledge(#[from] KnowledgeError),
}
