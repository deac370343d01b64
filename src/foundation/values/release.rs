//! What this binary is.

use serde::Serialize;

/// The release that runs: what was built, from what, and what it runs models on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "node", derive(utoipa::ToSchema))]
pub struct Release {
    /// The version of the crate.
    pub version: &'static str,
    /// The commit it was built from, if the build said so in `LADYLINUX_COMMIT`.
    pub commit: Option<&'static str>,
    /// What workers run models on, and the oldest version of it that they can use.
    pub runtime: &'static str,
}

impl Release {
    /// Returns what this binary is.
    pub const fn this() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            // A build outside a clone may set it to nothing.
            commit: match option_env!("LADYLINUX_COMMIT") {
                Some(commit) if !commit.is_empty() => Some(commit),
                _ => None,
            },
            // `ort` is built with its feature api-24, which needs at least this version.
            runtime: "ONNX Runtime 1.24 or newer, CPU",
        }
    }
}
