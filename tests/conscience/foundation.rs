//! Of the ground, what the conscience stands on.

#[path = "../../src/foundation/values/mod.rs"]
pub mod values;
