//! The node's side of its supervisor: what that says about the node, and what the node may ask of it.
//!
//! The two speak through files in one directory and know nothing else of each other. The supervisor checks each request
//! against a list of its own; this room decides only that somebody is there to read it. Who may ask is decided where the
//! request comes from.

mod request;
mod status;

pub use request::{Ask, AskError, Asked};
pub use status::{Allows, Ended, Held, LastRun, Outcome, Status, StatusError};

use crate::foundation::settings::Paths;
use std::path::PathBuf;

/// The supervisor, as far as a node reaches it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Supervisor {
    directory: PathBuf,
}

impl Supervisor {
    /// Names the supervisor of the node with these paths, whether it is there or not.
    pub fn new(paths: &Paths) -> Self {
        Self { directory: paths.requests() }
    }
}
