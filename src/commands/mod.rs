//! Commands: what this node can do in the world, and the only way to have it done.
//!
//! ```text
//! name, slots ──catalogue──▶ Action ──policy decides──▶ Authorization ──issue, audited──▶ Ticket
//!                                                                                          │ redeemed at this very moment
//!                                   audit ◀── done, failed, unknown ── an executor ◀── Order ◀┘
//! ```
//!
//! The [`Catalogue`] lists every command; what is not listed does not exist, and nothing is found by similarity. An [`Action`] is a
//! command with its slots, normalised, and has one hash. A [`Ticket`] carries one decision to one executor, once. Executors reach
//! what is outside: code of the node itself, a webhook, a broker, the supervisor. They are never asked twice.
//!
//! This room decides nothing: who may do what is [`crate::policy`]'s. It recognises nothing either: words become commands in the
//! conversation, which takes the catalogue's [`Vocabulary`] for it.

mod action;
mod catalogue;
mod execute;
mod handle;
mod problem;
mod read;
mod record;
mod rules;
mod ticket;
mod vocabulary;
mod written;

#[cfg(test)]
mod tests;

pub use action::{Action, ActionError, Incomplete};
pub use catalogue::{
    Catalogue, Command, Executor, Kind, Phrases, Slot, Source, Spoken, Value, Words, file,
};
pub use execute::{BuiltIns, Order, Outcome, Unusable};
pub use handle::{Availability, Commands, IssueError, Listed, list};
pub use problem::{CatalogueErrors, Problem};
pub use record::{Circumstances, What};
pub use ticket::{Redeemed, Ticket};
pub use vocabulary::Vocabulary;
