//! How a run of the supervisor's command line ends.

use super::{
    lock::LockError,
    report::{Outcome, Report},
    supervisor::Refused,
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing was to do.
    Done = 0,
    /// A refresh failed after step 1: the node is stopped, and held, or went back to the release before.
    Failed = 1,
    /// Refused before anything was touched: wrong usage, wrong stack, not possible.
    Refused = 2,
    /// The node is held, or is not as it should be.
    Held = 3,
    /// Another supervisor is at work.
    Locked = 4,
    /// Stopped by Ctrl-C before anything was touched.
    Interrupted = 130,
}

impl Exit {
    /// Returns how a refresh or rollback ends.
    pub fn of(report: &Report, refused: Option<&Refused>) -> Self {
        match (report.outcome, refused) {
            (Outcome::Done | Outcome::Unchanged, _) => Self::Done,
            (Outcome::Failed | Outcome::RolledBack, _) => Self::Failed,
            (Outcome::Refused, Some(Refused::Locked(LockError::Held(_)))) => Self::Locked,
            (Outcome::Refused, _) => Self::Refused,
        }
    }
}
