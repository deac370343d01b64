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
//! Who is speaking, what they may hear and what is done for them is decided by `policy`, and goes through `household`.
//!
//! ```
//! use ladylinux::conversation::{Intent, Recognition, Thresholds, Vocabulary, recognize};
//! use ladylinux::host::Topic;
//!
//! let vocabulary = Vocabulary::builtin();
//! let recognize = |text| recognize(text, &vocabulary, Thresholds::default());
//! let Recognition::Clear(recognized) = recognize("how much disk space is free?") else {
//!     panic!("that is clear")
//! };
//! assert_eq!(recognized.intent, Intent::Host(Topic::Disk));
//! assert_eq!(recognize("how do I check disk space with df?"), Recognition::Nothing);
//!
//! let Recognition::Clear(recognized) = recognize("could you turn on the light in the kitchen?") else {
//!     panic!("that is clear")
//! };
//! assert_eq!(recognized.intent.name(), "turn_on_light");
//! assert_eq!(recognized.slots["location"].to_string(), "kitchen");
//! assert_eq!(recognize("don't turn on the light in the kitchen"), Recognition::Nothing);
//! ```

mod answer;
mod cite;
mod event;
mod household;
mod intents;
mod machine;
mod memory;
mod model;
mod prompt;
mod reply;
mod surely;
mod task;
mod turn;

#[cfg(test)]
mod red_team;
#[cfg(test)]
mod tests;

pub use event::{AnsweredBy, Basis, Cited, Timings, TurnEvent};
pub use household::{
    Act, Asking, Consented, Decided, Delegated, Here, Household, HouseholdError, Member, Part,
    Pending, Reply, Somebody, Statement, Why,
};
pub use intents::{
    Category, CommandName, Intent, Recognition, Recognized, SlotValue, Slots, Thresholds,
    Vocabulary, VocabularyError, language_of, recognize,
};
pub use task::{Conversations, LONGEST_QUESTION};
pub use turn::Turn;

use crate::foundation::values::{PersonId, Redacted};
use crate::knowledge::KnowledgeError;
use crate::people::PeopleError;
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
    /// Whose token it comes with; none if it is nobody's in particular, or there is none.
    pub person: Option<PersonId>,
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
    /// People cannot be read, so that nobody knows who is asking.
    #[error("the people of this node cannot be read")]
    People(#[from] PeopleError),
    /// The documents cannot be searched.
    #[error("the documents cannot be searched")]
    Knowledge(#[from] KnowledgeError),
}
