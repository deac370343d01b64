//! The conscience: who is speaking, who else hears it, and what may be said and done then. Pure.
//!
//! ```text
//! signals ──fusion──▶ identity ─┐
//! birthdate ─────────▶ age ─────┤
//! who is here ───────▶ mode ────┼──▶ command ──▶ Authorization (what a ticket is made of)
//! role, delegation ──▶ standing ┘──▶ privacy ──▶ Disclosure
//! ```
//!
//! State, a fact and the time come in; a state and effects, or a typed [`Refusal`], come out. There is no I/O here, no clock, no
//! chance, no log. Unclear is refused: whatever is not known for certain is treated as the stricter of what it may be.
//! Nothing here can be talked to: text of people and of models arrives as facts of closed types, or not at all.
//!
//! Nine machines, a file each: [`identity`], [`addressing`], [`age`], [`mode`], [`command`], [`profile_update`], [`delegation`],
//! [`consent`], [`events`]. [`scene`] puts together those that a conversation needs; the exhaustive search walks through it.
//! Sources: the state machines, invariants and numbers of vox-core's documents, with their contradictions resolved as
//! `docs/decisions/0031-the-conscience-is-pure.md` says.

pub mod addressing;
pub mod age;
pub mod command;
pub mod confirmation;
pub mod consent;
pub mod delegation;
pub mod events;
pub mod fusion;
pub mod identity;
pub mod mode;
pub mod privacy;
pub mod profile_update;
mod refusal;
mod rules;
pub mod scene;
mod terms;

#[cfg(test)]
mod tests;

pub use refusal::Refusal;
pub use rules::{Certainty, FusionRules, RoleGroups, Rules, Weights};
pub use terms::{
    Confidence, Date, Group, Groups, Level, NotAConfidence, Provenance, Risk, Role, Standing,
    Visibility,
};

/// What a machine decided: its next state, and what is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "effects that are dropped never happen"]
pub struct Step<S, E> {
    /// The state to keep before any effect is carried out.
    pub state: S,
    /// What to do, in this order.
    pub effects: Vec<E>,
}

impl<S, E> Step<S, E> {
    /// Nothing is to be done.
    pub(crate) fn rest(state: S) -> Self {
        Self { state, effects: Vec::new() }
    }

    /// One thing is to be done.
    pub(crate) fn then(state: S, effect: E) -> Self {
        Self { state, effects: vec![effect] }
    }
}
