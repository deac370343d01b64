//! The face of the language-model worker: a clonable handle, a stream of tokens, a status.

use super::{
    machine::{Failure, Moment, State},
    protocol::{Completion, Generate, LoadedModel, Refusal, WorkerKind},
};
use crate::foundation::values::{ReadinessIssue, Redacted, RequestId};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// The end of the mailbox that handles hold.
pub(super) type AskTx = mpsc::Sender<Ask>;

/// Where a dropped [`Generation`] says that nobody waits any more; unbounded, for a fact is never refused.
pub(super) type LeftTx = mpsc::UnboundedSender<RequestId>;

/// The end of an answer that the task holds; unbounded, for the answer itself is bounded and the task must not wait for clients.
pub(super) type EventTx = mpsc::UnboundedSender<Result<Event, WorkerError>>;

/// A request on its way to the queue.
pub(super) struct Ask {
    pub(super) id: RequestId,
    pub(super) request: Generate,
    pub(super) events: EventTx,
    pub(super) admitted: oneshot::Sender<Result<(), WorkerError>>,
}

/// A handle to the language-model worker; cheap to clone.
#[derive(Clone, Debug)]
pub struct Llm {
    pub(super) asks: AskTx,
    pub(super) left: LeftTx,
    pub(super) status: watch::Receiver<WorkerStatus>,
}

impl Llm {
    /// Takes a place in the queue at once, or fails; the answer then streams from the [`Generation`].
    pub async fn generate(&self, request: Generate) -> Result<Generation, WorkerError> {
        let (events, stream) = mpsc::unbounded_channel();
        let (admitted, answer) = oneshot::channel();
        let id = RequestId::new();
        // Made before asking, so that a caller that goes away while it asks leaves the queue as well.
        let generation = Generation { id, stream, left: Some(self.left.clone()) };
        let ask = Ask { id, request, events, admitted };
        self.asks.send(ask).await.map_err(|_| WorkerError::Stopping)?;
        answer.await.map_err(|_| WorkerError::Stopping)??;
        Ok(generation)
    }

    /// Returns how the worker is.
    pub fn status(&self) -> WorkerStatus {
        self.status.borrow().clone()
    }

    /// Waits until the status is as wanted, and returns it; none once the worker is stopped.
    pub async fn wait_for(
        &self,
        wanted: impl FnMut(&WorkerStatus) -> bool,
    ) -> Option<WorkerStatus> {
        self.status.clone().wait_for(wanted).await.ok().map(|status| status.clone())
    }
}

/// An answer that comes. Dropping it ends it: its place is free at once, and the worker stops at the next token.
#[derive(Debug)]
pub struct Generation {
    id: RequestId,
    stream: mpsc::UnboundedReceiver<Result<Event, WorkerError>>,
    left: Option<LeftTx>,
}

impl Generation {
    /// Returns the name of this request in logs and in the worker.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Waits for the next event; none after [`Event::Done`] or an error.
    pub async fn next(&mut self) -> Option<Result<Event, WorkerError>> {
        let event = self.stream.recv().await;
        if matches!(event, None | Some(Err(_) | Ok(Event::Done(_)))) {
            self.left = None;
            self.stream.close();
        }
        event
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if let Some(left) = &self.left {
            // The task is gone only if the node stops, and then so is the worker.
            let _stopped = left.send(self.id).is_err();
        }
    }
}

/// One step of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The worker took the request up.
    Started {
        /// How long it had waited.
        queue_wait: Duration,
    },
    /// The next piece of text.
    Token {
        /// Whole UTF-8 characters; never empty.
        text: Redacted<String>,
        /// `CLOCK_MONOTONIC` when the engine returned the token, in nanoseconds.
        engine_ns: u64,
    },
    /// The answer is complete.
    Done(Completion),
}

/// Why there is no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WorkerError {
    /// There is no worker to answer.
    #[error("{} ({})", .0.message, .0.mend)]
    NotReady(ReadinessIssue),
    /// As many requests wait as may wait.
    #[error("too many requests wait for the language model; try again in {} s", .retry_after.as_secs())]
    Full {
        /// When a place is likely to be free.
        retry_after: Duration,
    },
    /// The request waited as long as a request may wait.
    #[error("the language model was busy for too long; try again later")]
    QueueTimeout,
    /// The worker died while it answered.
    #[error(
        "the language model's process ended in the middle of the answer and starts again; ask again"
    )]
    Died,
    /// The worker was silent for too long.
    #[error("the language model fell silent in the middle of the answer; ask again")]
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

/// A request that the worker has in hand.
pub(super) struct Running {
    pub(super) id: RequestId,
    pub(super) events: EventTx,
    /// When it took its place in the queue.
    pub(super) asked: Moment,
    /// When the worker got it.
    pub(super) began: Moment,
    pub(super) first_token: Option<Moment>,
}
