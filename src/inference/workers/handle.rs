//! What all workers' faces share: a place in the queue, and where the answer goes; errors, and a status.

use super::{
    llm::Event,
    machine::{Failure, State},
    protocol::{Completion, LoadedModel, Ranked, Refusal, Vectors, Work, WorkerKind},
    queue::Priority,
};
use crate::foundation::values::{ReadinessIssue, Redacted, RequestId};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// The end of the mailbox that handles hold.
type AskTx = mpsc::Sender<Ask>;

/// Where a dropped [`Place`] says that nobody waits any more; unbounded, for a fact is never refused.
type LeftTx = mpsc::UnboundedSender<RequestId>;

/// A request on its way to the queue.
pub(super) struct Ask {
    pub(super) id: RequestId,
    pub(super) priority: Priority,
    pub(super) work: Work,
    pub(super) reply: Reply,
    pub(super) admitted: oneshot::Sender<Result<(), WorkerError>>,
}

/// Where an answer goes. Unbounded, for the answer itself is bounded and the task must not wait for clients; a client that
/// has gone has said so through the other channel, so that nothing here fails.
#[derive(Debug)]
pub(super) enum Reply {
    /// Piece by piece.
    Text(mpsc::UnboundedSender<Result<Event, WorkerError>>),
    /// At once.
    Vectors(oneshot::Sender<Result<Vectors, WorkerError>>),
    /// At once.
    Ranked(oneshot::Sender<Result<Ranked, WorkerError>>),
}

/// A piece of work, done.
#[derive(Debug)]
pub(super) enum Done {
    Text(Completion),
    Vectors(Vectors),
    Ranked(Ranked),
}

impl Reply {
    /// Says that the worker took the request up.
    pub(super) fn started(&self, queue_wait: Duration) {
        if let Self::Text(events) = self {
            drop(events.send(Ok(Event::Started { queue_wait })));
        }
    }

    /// Passes a piece of text on.
    pub(super) fn token(&self, text: Redacted<String>, engine_ns: u64) {
        if let Self::Text(events) = self {
            drop(events.send(Ok(Event::Token { text, engine_ns })));
        }
    }

    /// Says the last word; returns whether it was of the kind that was asked for.
    pub(super) fn end(self, outcome: Result<Done, WorkerError>) -> bool {
        match (self, outcome) {
            (Self::Text(events), Ok(Done::Text(completion))) => {
                drop(events.send(Ok(Event::Done(completion))));
            }
            (Self::Vectors(vectors), Ok(Done::Vectors(made))) => drop(vectors.send(Ok(made))),
            (Self::Ranked(ranked), Ok(Done::Ranked(made))) => drop(ranked.send(Ok(made))),
            (reply, Ok(_)) => {
                reply.fail(WorkerError::Died);
                return false;
            }
            (reply, Err(error)) => reply.fail(error),
        }
        true
    }

    pub(super) fn fail(self, error: WorkerError) {
        match self {
            Self::Text(events) => drop(events.send(Err(error))),
            Self::Vectors(vectors) => drop(vectors.send(Err(error))),
            Self::Ranked(ranked) => drop(ranked.send(Err(error))),
        }
    }
}

/// A handle to a worker, whatever it does; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) asks: AskTx,
    pub(super) left: LeftTx,
    pub(super) status: watch::Receiver<WorkerStatus>,
    /// Of what is asked through this handle.
    pub(super) priority: Priority,
}

impl Handle {
    /// Takes a place in the queue at once, or fails.
    pub(super) async fn ask(&self, work: Work, reply: Reply) -> Result<Place, WorkerError> {
        let (admitted, answer) = oneshot::channel();
        let id = RequestId::new();
        // Made before asking, so that a caller that goes away while it asks leaves the queue as well.
        let place = Place { id, left: Some(self.left.clone()) };
        let ask = Ask { id, priority: self.priority, work, reply, admitted };
        self.asks.send(ask).await.map_err(|_| WorkerError::Stopping)?;
        answer.await.map_err(|_| WorkerError::Stopping)??;
        Ok(place)
    }

    /// Returns a handle whose requests let conversations go first.
    pub(super) fn for_batch(&self) -> Self {
        Self { priority: Priority::Batch, ..self.clone() }
    }

    /// Returns how the worker is.
    pub(super) fn status(&self) -> WorkerStatus {
        self.status.borrow().clone()
    }

    /// Waits until the status is as wanted, and returns it; none once the worker is stopped.
    pub(super) async fn wait_for(
        &self,
        wanted: impl FnMut(&WorkerStatus) -> bool,
    ) -> Option<WorkerStatus> {
        self.status.clone().wait_for(wanted).await.ok().map(|status| status.clone())
    }
}

/// A place in the queue or at the worker. Dropping it frees it at once, and the worker stops what it does for it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) id: RequestId,
    left: Option<LeftTx>,
}

impl Place {
    /// Notes that the answer has ended, so that there is nothing to free.
    pub(super) fn ended(&mut self) {
        self.left = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(left) = &self.left {
            // The task is gone only if the node stops, and then so is the worker.
            let _stopped = left.send(self.id).is_err();
        }
    }
}

/// Why there is no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WorkerError {
    /// There is no worker to answer.
    #[error("{} ({})", .0.message, .0.mend)]
    NotReady(ReadinessIssue),
    /// As many requests wait as may wait.
    #[error("too many requests wait for the model; try again in {} s", .retry_after.as_secs())]
    Full {
        /// When a place is likely to be free.
        retry_after: Duration,
    },
    /// The request waited as long as a request may wait.
    #[error("the model was busy for too long; try again later")]
    QueueTimeout,
    /// The worker died while it answered.
    #[error("the model's process ended in the middle of the answer and starts again; ask again")]
    Died,
    /// The worker was silent for too long.
    #[error("the model fell silent in the middle of the answer; ask again")]
    Stalled,
    /// The answer took too long.
    #[error("the answer was not complete in time; ask for a shorter one")]
    DeadlineExceeded,
    /// The worker cannot answer this request.
    #[error("{0}")]
    Refused(Refusal),
    /// The node stops.
    #[error("LadyLinux is stopping; try again in a moment")]
    Stopping,
}

impl From<Failure> for WorkerError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Died => Self::Died,
            Failure::Stalled => Self::Stalled,
            Failure::DeadlineExceeded => Self::DeadlineExceeded,
            Failure::Stopping => Self::Stopping,
        }
    }
}

/// How a worker is, for readiness, the page and `/api/workers`.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct WorkerStatus {
    /// What it is for.
    pub kind: WorkerKind,
    /// Where it stands.
    pub state: WorkerState,
    /// What it has loaded; none until it is ready.
    pub model: Option<LoadedModel>,
    /// Its process, if there is one.
    pub pid: Option<u32>,
    /// How much memory its process holds just now, in bytes, as the system counts it; none where it is not asked.
    pub resident_bytes: Option<u64>,
    /// How often it was started again.
    pub restarts: u32,
    /// How many requests wait for it.
    pub waiting: usize,
    /// What is wrong, and how to mend it.
    pub issue: Option<ReadinessIssue>,
}

/// Where a worker stands, for people and programs outside this room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// Its model is not installed.
    Absent,
    /// It loads its model.
    Starting,
    /// It waits for work.
    Ready,
    /// It works.
    Busy,
    /// It died, and is started again after a pause.
    Restarting,
    /// It died too often, and is not started again until LadyLinux is.
    Held,
    /// It cannot load its model.
    Refused,
    /// LadyLinux stops.
    Stopping,
}

impl From<&State> for WorkerState {
    fn from(state: &State) -> Self {
        match state {
            State::Absent => Self::Absent,
            State::Starting { .. } => Self::Starting,
            State::Ready => Self::Ready,
            State::Busy { .. } | State::Cancelling { .. } => Self::Busy,
            State::Ending { .. } | State::Restarting { .. } => Self::Restarting,
            State::Held { .. } => Self::Held,
            State::Refused => Self::Refused,
            State::Stopping { .. } | State::Stopped => Self::Stopping,
        }
    }
}
