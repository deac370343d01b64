//! The directory contract: what `ladylinux provision` creates and everything else only checks.
//!
//! The tree is one table, in `tree`. [`provision()`] brings a disk to it and [`deviations`] says how a disk differs; only
//! the `provision` verb calls the former, so that a node never hides a broken host by making directories (C-18).

mod check;
mod digest;
mod owner;
mod provision;
mod tree;

pub use check::{State, deviations, foremost, readiness, unmounted};
pub use digest::{Look, digest};
pub use owner::{Owner, refuse_root};
pub use provision::{Change, LayoutError, What, provision};
pub use tree::Directory;

use crate::foundation::settings::Paths;

/// Returns every directory of a node with these paths, parents first.
pub fn directories(paths: &Paths) -> Vec<Directory> {
    tree::directories(paths)
}
