//! The face of the reranking worker: a question and texts in, how well each answers it out.

use super::{
    handle::{Handle, Reply, WorkerError, WorkerStatus},
    protocol::{Ranked, Rerank, Work},
};
use tokio::sync::oneshot;

/// A handle to the reranking worker; cheap to clone.
#[derive(Clone, Debug)]
pub struct Reranker(pub(super) Handle);

impl Reranker {
    /// Takes a place in the queue at once, or fails, and waits for the answer. Dropping the wait frees the place.
    pub async fn rerank(&self, request: Rerank) -> Result<Ranked, WorkerError> {
        let (reply, answer) = oneshot::channel();
        let mut place = self.0.ask(Work::Rerank(request), Reply::Ranked(reply)).await?;
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
}
