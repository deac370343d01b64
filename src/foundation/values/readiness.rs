//! What keeps a node from being ready, and how to mend it.

use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf};

/// How much an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "node", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The node works without it, and says so.
    Warning,
    /// The node refuses to start, or is not ready.
    Critical,
}

/// One thing that is missing or wrong, found by a readiness check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "node", derive(utoipa::ToSchema))]
pub struct ReadinessIssue {
    /// How much it matters.
    pub severity: Severity,
    /// A stable name for programs, in `snake_case`.
    pub code: String,
    /// What was found, in a sentence for a person.
    pub message: String,
    /// The path it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "node", schema(value_type = Option<String>))]
    pub path: Option<PathBuf>,
    /// What the person can do about it, usually a command.
    pub mend: String,
}

impl fmt::Display for ReadinessIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}
