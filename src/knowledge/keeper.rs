//! Gives every passage its vector, as long as the node runs.
//!
//! Whoever learns documents writes passages without vectors, in any process; this finds them and has them made, a few at a
//! time, and only while nobody waits for a language model. The vectors of another model than before are made beside those that
//! serve, and take their place all at once.

use super::{
    KnowledgeError, in_context,
    vectors::{self, Index, Maker, Pending},
};
use crate::foundation::{store::Store, values::time};
use crate::inference::workers::{Embed, Embedder, Llm, TextRole, WorkerError, WorkerState};
use std::time::Duration;

/// Passages that are embedded together: little enough that a question waits for them only for a moment.
const TOGETHER: usize = 16;

/// A batch that takes longer than this is too large for others to wait for.
const LONG: Duration = Duration::from_secs(1);

/// How often new passages are looked for; looking costs a millisecond.
const LOOK: Duration = Duration::from_secs(2);

/// How long to leave a worker or a database alone that failed.
const PAUSE: Duration = Duration::from_secs(5);

/// How long to wait for whoever is served first.
const YIELD: Duration = Duration::from_millis(250);

/// Runs until it is dropped, or the embedding worker is stopped. What goes wrong is logged and tried again.
pub async fn keep_vectors(store: Store, embedder: Embedder, llm: Llm) {
    let ready = |status: &crate::inference::workers::WorkerStatus| status.model.is_some();
    loop {
        let Some(status) = embedder.wait_for(ready).await else { return };
        let Some(maker) = status.model.and_then(|model| Maker::of(&model)) else { return };
        if maker.dimensions % 8 != 0 {
            tracing::warn!(
                dimensions = maker.dimensions,
                "this model's vectors cannot be indexed: documents are found by their words"
            );
            return;
        }
        let (store, embedder, llm) = (store.clone(), embedder.clone(), llm.clone());
        let mut keeper = Keeper { store, embedder, llm, maker, together: TOGETHER };
        match keeper.keep().await {
            Ok(never) => match never {},
            Err(Halt::Stopped) => return,
            Err(Halt::AnotherModel) => {}
            Err(Halt::Failed(error)) => {
                tell(&error);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn tell(error: &KnowledgeError) {
    let error: &dyn std::error::Error = error;
    tracing::warn!(error, "the vectors of passages wait for a while");
}

struct Keeper {
    store: Store,
    embedder: Embedder,
    llm: Llm,
    maker: Maker,
    /// How many passages are embedded together: fewer where that takes long.
    together: usize,
}

/// Why the keeper does not go on.
enum Halt {
    Stopped,
    /// The worker came back with another model than before.
    AnotherModel,
    Failed(KnowledgeError),
}

impl<E: Into<KnowledgeError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// There is no such value.
enum Never {}

impl Keeper {
    async fn keep(&mut self) -> Result<Never, Halt> {
        let maker = self.maker.clone();
        let mut index = self
            .write(move |transaction| {
                let index = vectors::open(transaction, &maker)?;
                vectors::sweep(transaction, &index)?;
                Ok(index)
            })
            .await?;
        loop {
            let seen = self.edition().await?;
            let made = self.fill(&index).await?;
            if !index.serves {
                let complete = index.clone();
                self.write(move |transaction| vectors::serve(transaction, &complete)).await?;
                index.serves = true;
                tracing::info!(
                    model.id = index.maker.model,
                    "documents are found by what they mean as well"
                );
            } else if made > 0 {
                tracing::info!(passages = made, "new passages have their vectors");
            }
            while self.edition().await? == seen {
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// Makes what vectors are missing, and returns how many.
    async fn fill(&mut self, index: &Index) -> Result<usize, Halt> {
        let (mut made, mut after) = (0, 0);
        loop {
            let (looked, together) = (index.clone(), self.together);
            let pending = self
                .store
                .read(move |connection| {
                    Ok::<_, KnowledgeError>(vectors::pending(connection, &looked, after, together)?)
                })
                .await?;
            let Some(last) = pending.last() else { return Ok(made) };
            (after, made) = (last.id, made + pending.len());
            self.yield_to_others().await;
            let kept = self.embed(pending).await?;
            let index = index.clone();
            self.write(move |transaction| {
                for (passage, vector) in &kept {
                    vectors::put(transaction, &index, passage, vector.as_deref())?;
                }
                Ok(())
            })
            .await?;
        }
    }

    async fn yield_to_others(&self) {
        loop {
            let (llm, embedder) = (self.llm.status(), self.embedder.status());
            if llm.state != WorkerState::Busy && llm.waiting == 0 && embedder.waiting == 0 {
                return;
            }
            tokio::time::sleep(YIELD).await;
        }
    }

    /// Embeds passages. One that the model cannot make anything of is kept as having no vector; one that merely failed gets none
    /// now, and is tried again when documents change or the node starts.
    async fn embed(
        &mut self,
        passages: Vec<Pending>,
    ) -> Result<Vec<(Pending, Option<Vec<f32>>)>, Halt> {
        let began = time::instant();
        let made = self.vectors(&passages).await?;
        let took = began.elapsed();
        match made {
            Ok(vectors) => {
                // Whoever asks meanwhile waits for the whole batch.
                self.together = match took {
                    long if long > LONG => (self.together / 2).max(1),
                    short if short < LONG / 4 => (self.together * 2).min(TOGETHER),
                    _ => self.together,
                };
                Ok(passages.into_iter().zip(vectors.into_iter().map(Some)).collect())
            }
            Err(error) if passages.len() == 1 => {
                let hopeless = matches!(&error, WorkerError::Refused(refusal) if refusal.code == "invalid_request");
                tracing::warn!(%error, "a passage has no vector, and is found by its words only");
                Ok(passages
                    .into_iter()
                    .filter(|_| hopeless)
                    .map(|passage| (passage, None))
                    .collect())
            }
            Err(_) => {
                let mut kept = Vec::new();
                for passage in passages {
                    kept.extend(Box::pin(self.embed(vec![passage])).await?);
                }
                Ok(kept)
            }
        }
    }

    /// Makes the vectors of passages, or says what these passages made fail. Waits for a worker that is not there.
    async fn vectors(
        &self,
        passages: &[Pending],
    ) -> Result<Result<Vec<Vec<f32>>, WorkerError>, Halt> {
        let text =
            |passage: &Pending| in_context(&passage.title, &passage.heading, &passage.text).into();
        let texts = || passages.iter().map(text).collect();
        loop {
            match self.embedder.embed(Embed { texts: texts(), role: TextRole::Passage }).await {
                Ok(vectors) => {
                    let maker = self.embedder.status().model.and_then(|model| Maker::of(&model));
                    if maker.is_some_and(|maker| maker != self.maker) {
                        return Err(Halt::AnotherModel);
                    }
                    return Ok(Ok(vectors.iter().map(<[f32]>::to_vec).collect()));
                }
                Err(WorkerError::Stopping) => return Err(Halt::Stopped),
                // Others are served, or the worker is away.
                Err(
                    WorkerError::NotReady(_) | WorkerError::Full { .. } | WorkerError::QueueTimeout,
                ) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    async fn edition(&self) -> Result<(i64, i64, i64, i64), Halt> {
        let edition =
            self.store.read(|connection| Ok::<_, KnowledgeError>(vectors::edition(connection)?));
        Ok(edition.await?)
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(
            &crate::foundation::store::sql::Transaction<'_>,
        ) -> crate::foundation::store::sql::Result<T>
        + Send
        + 'static,
    ) -> Result<T, Halt> {
        let written =
            self.store.write(move |transaction| Ok::<_, KnowledgeError>(work(transaction)?));
        Ok(written.await?)
    }
}
