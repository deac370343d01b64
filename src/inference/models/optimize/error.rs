//! Why there is no faster graph.

use std::{io, path::PathBuf};

/// Why there is no faster graph; nothing was left behind.
#[derive(Debug, thiserror::Error)]
pub enum OptimizeError {
    /// The file is no ONNX graph, or not a whole one.
    #[error("{} is not a whole ONNX graph ({why}): remove the model and fetch it again", path.display())]
    NoGraph {
        /// The graph.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The graph is no language model.
    #[error("{} is not a causal language model: it has no {lacks}, and only those can be optimised", path.display())]
    NotCausal {
        /// The graph.
        path: PathBuf,
        /// The input or output that is not there.
        lacks: &'static str,
    },
    /// The weights beside the graph are not all there.
    #[error("{} must hold {needed} bytes of weights, but {}: fetch the model again", path.display(), found.map_or("is missing".to_owned(), |found| format!("has {found}")))]
    NoData {
        /// The file with the weights.
        path: PathBuf,
        /// How long it must be.
        needed: u64,
        /// How long it is, if it is there.
        found: Option<u64>,
    },
    /// A weight holds what is no number.
    #[error("the weight {name} in {} holds something that is no number: check the model with `ladylinux models verify`", path.display())]
    NoNumbers {
        /// The file with the weight.
        path: PathBuf,
        /// Its name in the graph.
        name: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is too little room.
    #[error("the faster graph needs {needed} bytes in {}, which has {free}: make room first", path.display())]
    NoRoom {
        /// The model's folder.
        path: PathBuf,
        /// How many are needed.
        needed: u64,
        /// How many are free.
        free: u64,
    },
    /// The faster graph would be longer than a graph can be.
    #[error("the faster graph of {} would be longer than 2 GB, which no graph can be", .0.display())]
    TooLong(PathBuf),
    /// Nothing can be written there.
    #[error("cannot write in {}: run it as the user who may change the models; in a container only their one-shot may, `podman compose --profile models run models models optimize ID`", path.display())]
    Unwritable {
        /// The model's folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another command is at it.
    #[error("another command is making {} faster: wait until it has ended", .0.display())]
    Busy(PathBuf),
    /// Writing failed.
    #[error("cannot write the faster graph")]
    Write(#[source] io::Error),
    /// The caller wanted no more.
    #[error("stopped")]
    Stopped,
}

impl OptimizeError {
    pub(super) fn writing(source: io::Error) -> Self {
        Self::Write(source)
    }
}
