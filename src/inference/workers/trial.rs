//! The first work of every worker: one fixed request, so that a release which loads this box's models and cannot work with
//! them is found out before it is called good.

use super::{
    embed::Embedder,
    handle::{Handle, WorkerError, WorkerState},
    llm::{Event, Llm},
    protocol::{ChatMessage, Completion, Embed, Finish, Generate, Rerank, Sampling},
    rerank::Reranker,
};
use serde::Serialize;
use std::time::Duration;

/// What the language model is asked; the answer is thrown away.
const PROMPT: &str = "Say yes.";

/// How long its answer may get, in tokens.
const LONGEST: usize = 8;

/// How often a worker may die of it.
const TRIES: u32 = 2;

/// How long to leave a worker alone that others keep busy.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether a worker has shown that it can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trial {
    /// It has no model, so nothing is expected of it.
    Absent,
    /// It loads its model, or is at work on it.
    Untested,
    /// It has answered.
    Works,
    /// It could not.
    Failed,
}

/// Asks the language model, as soon as it can be asked.
pub(super) async fn of_llm(llm: Llm) -> Trial {
    let work = || {
        let llm = llm.clone();
        async move { Ok(has_worked(&answer(&llm).await?)) }
    };
    of(&llm.0, work).await
}

/// The same of the embedding model.
pub(super) async fn of_embedder(embedder: Embedder) -> Trial {
    let work = || {
        let embedder = embedder.clone();
        let request = Embed { texts: vec![PROMPT.to_owned().into()], ..Embed::default() };
        async move { Ok(embedder.embed(request).await?.iter().len() == 1) }
    };
    of(&embedder.0, work).await
}

/// The same of the reranking model.
pub(super) async fn of_reranker(reranker: Reranker) -> Trial {
    let work = || {
        let reranker = reranker.clone();
        let text = || PROMPT.to_owned().into();
        let request = Rerank { query: text(), documents: vec![text()] };
        async move { Ok(reranker.rerank(request).await?.logits.len() == 1) }
    };
    of(&reranker.0, work).await
}

async fn of<W>(worker: &Handle, work: impl Fn() -> W) -> Trial
where
    W: Future<Output = Result<bool, WorkerError>>,
{
    let mut tries = 0;
    loop {
        let settled = worker.wait_for(|status| {
            !matches!(status.state, WorkerState::Starting | WorkerState::Restarting)
        });
        match settled.await.map(|status| status.state) {
            Some(WorkerState::Absent) => return Trial::Absent,
            Some(WorkerState::Ready | WorkerState::Busy) => {}
            Some(
                WorkerState::Held
                | WorkerState::Refused
                | WorkerState::Stopping
                | WorkerState::Starting
                | WorkerState::Restarting,
            )
            | None => return Trial::Failed,
        }
        match work().await {
            Ok(true) => return Trial::Works,
            Ok(false) => return Trial::Failed,
            // Others are served, or wait: their turn first.
            Err(WorkerError::Full { .. } | WorkerError::QueueTimeout) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                tries += 1;
                tracing::warn!(%error, "a worker could not do its first work");
                if tries == TRIES || matches!(error, WorkerError::Refused(_)) {
                    return Trial::Failed;
                }
            }
        }
    }
}

async fn answer(llm: &Llm) -> Result<Completion, WorkerError> {
    let message = ChatMessage::new("user", PROMPT.to_owned());
    let request = Generate {
        messages: vec![message],
        max_tokens: LONGEST,
        sampling: Sampling { temperature: Some(0.0), ..Sampling::default() },
        ..Generate::default()
    };
    let mut generation = llm.generate(request).await?;
    while let Some(event) = generation.next().await {
        if let Event::Done(completion) = event? {
            return Ok(completion);
        }
    }
    Err(WorkerError::Stopping)
}

/// Whether tokens came, or the model chose to say nothing.
fn has_worked(completion: &Completion) -> bool {
    completion.finish != Finish::Cancelled
        && (completion.completion_tokens > 0 || completion.finish == Finish::Stop)
}
