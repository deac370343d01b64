//! What the node can ask of its supervisor: the words that both binaries know.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a supervisor can be asked for. Whether it does it, it decides by a list of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestVerb {
    /// Look for a newer release, and refresh to it.
    Refresh,
    /// Go back to the release before, with the state as it is.
    Rollback,
    /// Start a container that is declared beside the one that answers.
    StartContainer,
    /// Stop one, until it is started again.
    StopContainer,
    /// Stop a service of the machine, and have it not start at boot.
    DisableService,
}

impl RequestVerb {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Refresh,
        Self::Rollback,
        Self::StartContainer,
        Self::StopContainer,
        Self::DisableService,
    ];

    /// Returns its name, as the supervisor knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Rollback => "rollback",
            Self::StartContainer => "start_container",
            Self::StopContainer => "stop_container",
            Self::DisableService => "disable_service",
        }
    }

    /// Whether it needs to be told which container or service.
    pub fn has_target(self) -> bool {
        matches!(self, Self::StartContainer | Self::StopContainer | Self::DisableService)
    }
}

impl fmt::Display for RequestVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
