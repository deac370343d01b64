//! The env file of an lx-annotate installation, `.env.systemd` beside the data root.
//!
//! It is read only where there is no env file of ours, and never silently beside one (C-8).

use super::super::{
    problem::{Fault, Problem},
    written::{Entry, Layer},
};
use std::path::Path;

/// Returns the env file's layer: ours, or the old one where ours is absent.
pub(super) fn settle(
    ours: Option<Layer>,
    our_path: &Path,
    old: Option<Layer>,
    old_path: &Path,
) -> Layer {
    match (ours, old) {
        (Some(ours), None) => ours,
        (None, None) => Layer::default(),
        (None, Some(mut old)) => {
            if let Some(first) = old.entries.first() {
                let warning = format!(
                    "{} is read because there is no {}: move it there",
                    old_path.display(),
                    our_path.display()
                );
                old.notices.push((warning, first.origin.clone()));
            }
            old
        }
        (Some(mut ours), Some(old)) => {
            let repeated = |entry: &Entry| {
                ours.entries.iter().any(|own| own.name == entry.name && own.value == entry.value)
            };
            let left_behind: Vec<_> = old
                .entries
                .into_iter()
                .filter(|entry| !repeated(entry))
                .map(|entry| Problem {
                    at: entry.origin,
                    fault: Fault::LeftBehind { name: entry.name, file: our_path.to_owned() },
                })
                .collect();
            ours.problems.extend(left_behind);
            ours
        }
    }
}
