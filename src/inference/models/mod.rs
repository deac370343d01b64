//! Models on disk: the manifest that describes them, which are installed, and whether their files are what they should be.
//!
//! The manifest is descriptive only: nothing here opens a network connection (LL-DEP-47) but [`pull`], which is a room of its
//! own; and nothing here deletes a model but [`remove()`], by its name.

mod digests;
mod folder;
mod import;
mod installed;
mod inventory;
mod manifest;
pub mod optimize;
pub mod pull;
mod remove;
mod verify;

#[cfg(test)]
mod tests;

pub use digests::Digests;
pub use folder::graph_in;
pub use import::{ImportError, Imported, import};
pub use installed::{Installed, Listed, State, expected_files, list, resolve};
pub use inventory::{Inventory, Mismatch, writable};
pub use manifest::{
    Embedding, Format, Manifest, ManifestError, Model, ModelFile, Pooling, Source, Task,
};
pub use remove::{RemoveError, Removed, removable, remove};
pub use verify::{Verdict, VerifiedFile, verify, verify_optimized};
