//! The face of the embedding worker: texts in, vectors out.

use super::{
    handle::{Handle, Reply, WorkerError, WorkerStatus},
    protocol::{Embed, Vectors, Work},
};
use tokio::sync::oneshot;

/// A handle to the embedding worker; cheap to clone.
#[derive(Clone, Debug)]
pub struct Embedder(pub(super) Handle);

impl Embedder {
    /// Takes a place in the queue at once, or fails, and waits for the vectors. Dropping the wait frees the place.
    pub async fn embed(&self, request: Embed) -> Result<Vectors, WorkerError> {
        let (reply, answer) = oneshot::channel();
        let mut place = self.0.ask(Work::Embed(request), Reply::Vectors(reply)).await?;
        let outcome = answer.await;
        place.ended();
        outcome.unwrap_or(Err(WorkerError::Stopping))
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
