//! Tests of the catalogue, and of the way from a decision to its outcome.

mod catalogue;
mod flow;
