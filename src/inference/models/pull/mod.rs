//! Fetching a model's files: an explicit act, resumable, checked while they stream, in their folder whole or not at all.
//!
//! ```text
//! what is missing ──▶ fetch ──▶ a part of a file ──sha256──▶ a file ──▶ the model's folder, in one step
//!                      ▲  │
//!                      └──┘ it broke off: [`resume`] decides how to go on
//! ```
//!
//! The only room of the node that asks somebody outside for anything; nobody but `ladylinux models pull` names it, and what
//! reads the manifest cannot reach it (LL-DEP-47). What was fetched stays in a hidden folder of the models directory until
//! the model is whole, so that whoever is interrupted goes on from there.

mod fetch;
mod part;
mod resume;
mod stage;

#[cfg(test)]
mod tests;

use super::{Format, Model, ModelFile};
use crate::foundation::{settings::Paths, values::Sha256};
use fetch::Wanted;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use stage::Stage;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// How files are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many files of a model are fetched at once.
    pub at_once: usize,
    /// How often in a row a file is asked for that does not come one byte further.
    pub tries: u32,
    /// How long to wait before the second try; twice as long before each further one.
    pub pause: Duration,
    /// How long somebody who is asked may be silent.
    pub silence: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            at_once: 4,
            tries: 6,
            pause: Duration::from_secs(1),
            silence: Duration::from_secs(30),
        }
    }
}

/// What happens while a model is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A file is asked for.
    Asking {
        /// Its place below the model's folder.
        file: PathBuf,
        /// How much of it is here already, in bytes.
        have: u64,
        /// How long it is, if that is known.
        total: Option<u64>,
    },
    /// Some of it came.
    Came {
        /// Its place below the model's folder.
        file: PathBuf,
        /// How many bytes.
        bytes: u64,
    },
    /// It does not come, and is asked for again.
    Waiting {
        /// Its place below the model's folder.
        file: PathBuf,
        /// What is in the way.
        why: String,
        /// When it is asked for again.
        pause: Duration,
    },
    /// What is here of it cannot be gone on from, and it begins again.
    Afresh {
        /// Its place below the model's folder.
        file: PathBuf,
    },
    /// It is here, and is what it should be.
    Whole {
        /// Its place below the model's folder.
        file: PathBuf,
    },
}

/// A model that was fetched, or was there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// Its manifest id.
    pub id: String,
    /// Where it is.
    pub directory: PathBuf,
    /// The files that were fetched; none if all were there.
    pub files: Vec<PulledFile>,
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PulledFile {
    /// Its place below the model's folder.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// Whose word for the digest was held against it.
    pub vouched_by: Voucher,
}

/// Who says what a file's digest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voucher {
    /// The manifest.
    Manifest,
    /// The place it came from; the manifest has no digest.
    Source,
    /// Nobody: it came over TLS from the revision that the manifest names, and that is all that is known.
    Nobody,
}

/// A file that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its place below the model's folder.
    pub path: PathBuf,
    /// Its length, if the manifest knows it.
    pub bytes: Option<u64>,
}

/// Why a model was not fetched. What came of it is kept, but for what is wrong, and is gone on from the next time.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// A format that this node does not run.
    #[error(
        "{id} is in a format this node does not run ({format}): `ladylinux models show {id}` says what to use instead"
    )]
    Unsupported {
        /// The manifest id.
        id: String,
        /// Its format.
        format: String,
    },
    /// The manifest does not say where a file comes from.
    #[error("the manifest does not say where {} of {id} comes from: fetch it yourself, then `ladylinux models import`", file.display())]
    NoSource {
        /// The manifest id.
        id: String,
        /// The file.
        file: PathBuf,
    },
    /// A file's address is none that files are fetched from.
    #[error(
        "{url} is no address to fetch a model from: it must be https://…, or http:// on this machine"
    )]
    Address {
        /// The address.
        url: String,
    },
    /// A file is there and is another one; files are never overwritten.
    #[error(
        "{} is there and is not what the manifest says ({detail}): `ladylinux models rm {id}` first, then fetch it again", path.display()
    )]
    Different {
        /// The manifest id.
        id: String,
        /// The file.
        path: PathBuf,
        /// In what it differs.
        detail: String,
    },
    /// The models directory cannot be written.
    #[error(
        "{} cannot be written: in a container only the one-shot for models may (`systemctl start ladylinux-models`, or \
         `podman compose run --rm models`); elsewhere run this as the user who owns it", path.display()
    )]
    ReadOnly {
        /// The models directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is too little room.
    #[error("{id} needs {needed} bytes more, and {} has {free} free: make room, or fetch a smaller model", path.display())]
    NoRoom {
        /// The manifest id.
        id: String,
        /// What is needed.
        needed: u64,
        /// What is free.
        free: u64,
        /// The models directory.
        path: PathBuf,
    },
    /// Somebody else fetches the same.
    #[error("{0} is being fetched by another command: wait for it, or end it")]
    Busy(String),
    /// HTTP cannot be prepared, as without the system's certificates.
    #[error("cannot prepare HTTPS: are the system's certificates installed (ca-certificates)?")]
    Client(#[source] reqwest::Error),
    /// Whoever has the file does not give it to everybody.
    #[error(
        "{url} is not given to everybody (status {status}): accept its terms there, fetch it yourself, then `ladylinux models import`"
    )]
    Forbidden {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The file is not there.
    #[error(
        "{url} is not there (status {status}): is the manifest older than the release it belongs to?"
    )]
    Gone {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// An answer that means nothing here.
    #[error("{url} was answered in a way that files are not ({detail})")]
    Answer {
        /// The address.
        url: String,
        /// What is odd about it.
        detail: String,
    },
    /// The file has another length.
    #[error(
        "{url} has {found} bytes, and the manifest says {expected}: it is another file, and was not kept"
    )]
    Length {
        /// The address.
        url: String,
        /// The manifest's length.
        expected: u64,
        /// The length found, or the least that it is.
        found: u64,
    },
    /// The file is another one.
    #[error("{url} is another file than {} says, and was not kept: its sha256 is {found}, expected {expected}", match by { Voucher::Source => "its source itself", Voucher::Manifest | Voucher::Nobody => "the manifest" })]
    Mismatch {
        /// The address.
        url: String,
        /// Who said what it is.
        by: Voucher,
        /// What it should be.
        expected: Sha256,
        /// What it is.
        found: Sha256,
    },
    /// It was asked for as often as it is asked for.
    #[error(
        "{url} does not come ({why}); {have} bytes of it are kept: run the same again to go on from there"
    )]
    GaveUp {
        /// The address.
        url: String,
        /// What was in the way at last.
        why: String,
        /// How much of it is here.
        have: u64,
    },
    /// A file cannot be written or read.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PullError {
    fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }
}

/// Returns what would be fetched: the files that are not there. One that is there with another length is an error.
pub fn missing(paths: &Paths, model: &Model) -> Result<Vec<Missing>, PullError> {
    if let Format::Other(format) = &model.format {
        return Err(PullError::Unsupported { id: model.id.clone(), format: format.clone() });
    }
    let directory = model.directory(paths);
    let mut found = Vec::new();
    for file in &model.files {
        let path = directory.join(&file.path);
        match (fs::metadata(&path), file.bytes) {
            (Ok(there), Some(bytes)) if there.len() != bytes => {
                return Err(PullError::Different {
                    id: model.id.clone(),
                    path,
                    detail: format!("it has {} bytes instead of {bytes}", there.len()),
                });
            }
            (Ok(_), _) => {}
            (Err(_), bytes) => found.push(Missing { path: file.path.clone(), bytes }),
        }
    }
    Ok(found)
}

/// Fetches what is missing of a model, and tells `seen` how it goes.
pub async fn pull(
    paths: &Paths,
    model: &Model,
    options: &Options,
    seen: &(dyn Fn(Progress) + Sync),
) -> Result<Pulled, PullError> {
    let (id, directory) = (model.id.clone(), model.directory(paths));
    let missing = missing(paths, model)?;
    if missing.is_empty() {
        return Ok(Pulled { id, directory, files: Vec::new() });
    }
    let wanted: Vec<Wanted> = model
        .files
        .iter()
        .filter(|file| missing.iter().any(|missing| missing.path == file.path))
        .map(|file| wanted(model, file))
        .collect::<Result<_, _>>()?;
    let stage = Stage::open(paths, &id)?;
    enough_room(paths, &id, &wanted, &stage)?;
    let client = fetch::client(options)?;
    let fetching = wanted.iter().map(|file| fetch::fetch(&client, file, &stage, options, seen));
    let files: Vec<PulledFile> =
        stream::iter(fetching).buffered(options.at_once.max(1)).try_collect().await?;
    stage.move_into(&directory)?;
    Ok(Pulled { id, directory, files })
}

fn wanted(model: &Model, file: &ModelFile) -> Result<Wanted, PullError> {
    let source = file
        .url
        .as_ref()
        .ok_or_else(|| PullError::NoSource { id: model.id.clone(), file: file.path.clone() })?;
    Ok(Wanted {
        path: file.path.clone(),
        url: fetch::address(source)?,
        bytes: file.bytes,
        sha256: file.sha256,
    })
}

/// Refuses to begin what cannot be finished.
fn enough_room(paths: &Paths, id: &str, wanted: &[Wanted], stage: &Stage) -> Result<(), PullError> {
    let needed =
        wanted.iter().filter_map(|file| Some(file.bytes?.saturating_sub(stage.has_of(&file.path))));
    let needed: u64 = needed.sum();
    let Ok(about) = rustix::fs::statvfs(&paths.models) else { return Ok(()) };
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    if needed <= free {
        return Ok(());
    }
    Err(PullError::NoRoom { id: id.to_owned(), needed, free, path: paths.models.clone() })
}
