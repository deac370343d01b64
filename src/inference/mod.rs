//! The machinery behind the workers: models on disk, child processes, and the engines that run inside them.

pub mod engines;
pub mod models;
pub mod workers;
