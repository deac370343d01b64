//! The conscience by itself; see `Cargo.toml`.

pub mod commands;
pub mod foundation;
#[path = "../../src/policy/mod.rs"]
pub mod policy;
