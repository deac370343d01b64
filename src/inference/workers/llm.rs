//! The face of the language-model worker: a clonable handle, and a stream of tokens.

use super::{
    handle::{Handle, Place, Reply, WorkerError, WorkerStatus},
    protocol::{Completion, Generate, Work},
};
use crate::foundation::values::{Redacted, RequestId};
use std::time::Duration;
use tokio::sync::mpsc;

/// A handle to the language-model worker; cheap to clone.
#[derive(Clone, Debug)]
pub struct Llm(pub(super) Handle);

impl Llm {
    /// Takes a place in the queue at once, or fails; the answer then streams from the [`Generation`].
    pub async fn generate(&self, request: Generate) -> Result<Generation, WorkerError> {
        let (events, stream) = mpsc::unbounded_channel();
        let place = self.0.ask(Work::Generate(Box::new(request)), Reply::Text(events)).await?;
        Ok(Generation { place, stream })
    }

    /// Returns a handle for a program, whose requests let conversations go first.
    #[must_use]
    pub fn for_batch(&self) -> Self {
        Self(self.0.for_batch())
    }

    /// Returns how the worker is.
    pub fn status(&self) -> WorkerStatus {
        self.0.status()
    }

    /// Waits until the status is as wanted, and returns it; none once the worker is stopped.
    pub async fn wait_for(
        &self,
        wanted: impl FnMut(&WorkerStatus) -> bool,
    ) -> Option<WorkerStatus> {
        self.0.wait_for(wanted).await
    }
}

/// An answer that comes. Dropping it ends it: its place is free at once, and the worker stops at the next token.
#[derive(Debug)]
pub struct Generation {
    place: Place,
    stream: mpsc::UnboundedReceiver<Result<Event, WorkerError>>,
}

impl Generation {
    /// Returns the name of this request in logs and in the worker.
    pub fn id(&self) -> RequestId {
        self.place.id
    }

    /// Waits for the next event; none after [`Event::Done`] or an error.
    pub async fn next(&mut self) -> Option<Result<Event, WorkerError>> {
        let event = self.stream.recv().await;
        if matches!(event, None | Some(Err(_) | Ok(Event::Done(_)))) {
            self.place.ended();
            self.stream.close();
        }
        event
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
