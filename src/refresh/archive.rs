//! An OCI archive: a tar of an OCI image layout, checked blob by blob before anything is done with it.

use super::release::Digest;
use crate::foundation::values::Sha256;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// The largest manifest or index.
const LARGEST_JSON: u64 = 4 << 20;

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The digest of the image's manifest.
    pub digest: Digest,
    /// The engine's own name for the image once it is loaded: the digest of its configuration.
    pub image_id: String,
    /// How much its layers take, compressed, in bytes.
    pub size: u64,
    /// Its name, if the archive tells one.
    pub reference: Option<String>,
}

/// Why an archive is not used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read.
    #[error("cannot read the archive {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is damaged, cut off, or no OCI archive.
    #[error("{} is no whole OCI archive ({detail}): copy it again, or make it anew with scripts/image --save", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// It holds nothing for this machine.
    #[error("{} holds an image for {found}, and this machine is {wanted}", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What this machine is.
        wanted: String,
    },
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Clone, Deserialize)]
struct Descriptor {
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Config {
    architecture: String,
}

/// Reads an archive to its end, checks every blob against its digest, and says what it holds.
pub fn inspect(path: &Path, architecture: &str) -> Result<Archived, ArchiveError> {
    let damaged = |detail: String| ArchiveError::Damaged { path: path.to_owned(), detail };
    let unread = |source| ArchiveError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(unread)?;
    let mut archive = tar::Archive::new(io::BufReader::with_capacity(1 << 20, file));
    let mut index = None;
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    let mut small: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for entry in archive.entries().map_err(unread)? {
        let mut entry = entry.map_err(|error| damaged(error.to_string()))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path().map_err(|error| damaged(error.to_string()))?;
        let name = name.to_string_lossy().trim_start_matches("./").to_owned();
        let size = entry.size();
        let mut bytes = Vec::new();
        if name == "index.json" {
            if size > LARGEST_JSON {
                return Err(damaged("its index is far too large".to_owned()));
            }
            entry.read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
            index = Some(bytes);
        } else if let Some(digits) = name.strip_prefix("blobs/sha256/") {
            let found = if size <= LARGEST_JSON {
                entry.read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
                Sha256::of(&bytes)
            } else {
                Sha256::of_reader(&mut entry, |_| ()).map_err(|error| damaged(error.to_string()))?
            };
            if found.to_string() != digits {
                return Err(damaged(format!("{name} does not have its own digest")));
            }
            let digest = format!("sha256:{digits}");
            sizes.insert(digest.clone(), size);
            if !bytes.is_empty() {
                small.insert(digest, bytes);
            }
        }
    }
    let index: Index = json(index.as_deref(), "index.json").map_err(damaged)?;
    let [descriptor] = index.manifests.as_slice() else {
        return Err(damaged(format!("it holds {} images, and not one", index.manifests.len())));
    };
    let blob = |one: &Descriptor| small.get(&one.digest).map(Vec::as_slice);
    let manifest: Manifest = json(blob(descriptor), &descriptor.digest).map_err(damaged)?;
    let config: Config = json(blob(&manifest.config), &manifest.config.digest).map_err(damaged)?;
    for layer in manifest.layers.iter().chain([&manifest.config]) {
        if sizes.get(&layer.digest) != Some(&layer.size) {
            return Err(damaged(format!("{} is missing, or cut off", layer.digest)));
        }
    }
    if config.architecture != architecture {
        return Err(ArchiveError::Architecture {
            path: path.to_owned(),
            found: config.architecture,
            wanted: architecture.to_owned(),
        });
    }
    Ok(Archived {
        digest: descriptor.digest.parse().map_err(|error| damaged(format!("{error}")))?,
        image_id: manifest.config.digest.clone(),
        size: manifest.layers.iter().map(|layer| layer.size).sum(),
        reference: descriptor.annotations.get("org.opencontainers.image.ref.name").cloned(),
    })
}

fn json<T: for<'de> Deserialize<'de>>(bytes: Option<&[u8]>, name: &str) -> Result<T, String> {
    let bytes = bytes.ok_or_else(|| format!("{name} is missing"))?;
    serde_json::from_slice(bytes).map_err(|error| format!("{name}: {error}"))
}
