//! Whole nodes: real processes, real SQLite, real HTTP.
