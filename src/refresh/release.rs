//! A release: the image that a digest names, and what is known of it.

use crate::foundation::values::Sha256;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The digest of an image's manifest (OCI image spec): `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub Sha256);

/// The text is no digest.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no digest: it is written sha256: and 64 hexadecimal digits")]
pub struct ParseDigestError(String);

impl Digest {
    /// Returns the first twelve digits, as people and tags name it.
    pub fn short(&self) -> String {
        self.0.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("sha256:").and_then(|digits| digits.parse().ok());
        digits.map(Self).ok_or_else(|| ParseDigestError(text.to_owned()))
    }
}

impl TryFrom<String> for Digest {
    type Error = ParseDigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// A release that this node has, or is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// What names it.
    pub digest: Digest,
    /// What was asked for: a channel, a digest or an archive.
    pub reference: String,
    /// The engine's own name for it on this machine, which containers are created from.
    pub image_id: String,
    /// The commit it was built from.
    pub revision: Option<String>,
    /// Where its source is.
    pub source: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The schema of the database that it reads and migrates to.
    pub schema: Option<u32>,
    /// The name of the key that its signature was good by, if that was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("of unknown version");
        write!(f, "{version} ({})", self.digest.short())
    }
}
