//! Finds passages by their words, and where an embedding model is ready by what they mean as well.

use super::{
    Answer, EXTRACT_FROM, KnowledgeError, Passage, Reader, extract, fuse,
    rereader::Rereader,
    search::{ByWords, Question},
    vectors::{self, Maker},
};
use crate::foundation::{
    settings,
    store::{Store, StoreError},
};
use crate::inference::workers::{Embed, Embedder, Reranker, TextRole, WorkerError, WorkerState};
use serde::Serialize;
use std::{collections::HashMap, time::Duration};

/// How long a question waits for its vector; a language model that is at work may hold all processors for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a place among the nearest counts, next to the same place among those with the right words; chosen on the questions
/// of `tests/fixtures/questions`.
const MEANING: f64 = 1.5;

/// How many passages each half brings to their fusion.
const FROM_EACH: usize = EXTRACT_FROM;

/// Finds passages and answers; cheap to clone.
#[derive(Clone, Debug)]
pub struct Searcher {
    store: Store,
    embedder: Option<Embedder>,
    halves: Halves,
    rereader: Option<Rereader>,
}

/// By what passages are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Halves {
    /// By their words.
    Words,
    /// By what they mean; for comparison.
    Meaning,
    /// By both.
    WordsAndMeaning,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The passages, best first.
    pub passages: Vec<Passage>,
    /// By what they were found: only by their words as long as there are no vectors.
    pub by: Halves,
    /// Whether a reranking model has read the first of them again, and put them into its order.
    pub reranked: bool,
}

/// A question's vector, and who made it.
struct Asked {
    maker: Maker,
    vector: Vec<f32>,
}

impl Searcher {
    /// Searches by words, and by meaning where an embedder is there and has made vectors.
    pub fn new(store: Store, embedder: Option<Embedder>) -> Self {
        Self { store, embedder, halves: Halves::WordsAndMeaning, rereader: None }
    }

    /// Reads what is found once more, where a reranking model is there; nothing of what is quoted.
    #[must_use]
    pub fn reread_by(self, reranker: Reranker, settings: &settings::Rerank) -> Self {
        Self { rereader: Some(Rereader::new(reranker, settings)), ..self }
    }

    /// Searches by these halves alone, to see what each is worth.
    #[must_use]
    pub fn by(self, halves: Halves) -> Self {
        Self { halves, ..self }
    }

    /// Returns the database that is searched.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the passages that fit a question best, among those that the reader may see.
    pub async fn search(
        &self,
        question: &str,
        reader: &Reader,
        limit: usize,
    ) -> Result<Found, KnowledgeError> {
        let asked = self.asked(question).await;
        let rereader = self.rereader.as_ref().filter(|rereader| rereader.is_there());
        let most = rereader.map_or(limit, |rereader| limit.max(rereader.candidates));
        let mut found = self.find(question, asked, reader, most).await?;
        if let Some(rereader) = rereader.filter(|_| !found.passages.is_empty()) {
            let question = &question[..question.floor_char_boundary(Question::LONGEST)];
            found.reranked = rereader.reread(question, &mut found.passages).await;
        }
        found.passages.truncate(limit);
        Ok(found)
    }

    /// Answers a question by quoting, or says that the documents do not.
    ///
    /// What is quoted has to have the question's own words. What merely means something like it may be an answer or its opposite,
    /// and no distance between vectors tells the two apart.
    pub async fn answer(&self, question: &str, reader: &Reader) -> Result<Answer, KnowledgeError> {
        let asked = self.asked(question).await;
        let found = self.find(question, asked, reader, EXTRACT_FROM).await?;
        Ok(extract(question, &found.passages))
    }

    /// Returns a question's vector, if there are vectors to compare it with and a worker to make it in time.
    async fn asked(&self, question: &str) -> Option<Asked> {
        let embedder = self.embedder.as_ref().filter(|_| self.halves != Halves::Words)?;
        let status = embedder.status();
        let model = status
            .model
            .filter(|_| matches!(status.state, WorkerState::Ready | WorkerState::Busy))?;
        let maker = Maker::of(&model)?;
        let serving =
            self.store.read(|connection| Ok::<_, KnowledgeError>(vectors::serving(connection)?));
        // Without vectors to compare it with, the question's own is not worth the wait.
        serving.await.ok().flatten().filter(|index| index.maker == maker)?;
        let texts =
            vec![question[..question.floor_char_boundary(Question::LONGEST)].to_owned().into()];
        let embedding = embedder.embed(Embed { texts, role: TextRole::Query });
        let embedded = tokio::time::timeout(PATIENCE, embedding).await;
        match embedded.unwrap_or(Err(WorkerError::QueueTimeout)) {
            Ok(vectors) => Some(Asked { maker, vector: vectors.values }),
            Err(error) => {
                tracing::warn!(%error, "a question was searched for by its words only");
                None
            }
        }
    }

    async fn find(
        &self,
        question: &str,
        asked: Option<Asked>,
        reader: &Reader,
        limit: usize,
    ) -> Result<Found, KnowledgeError> {
        let question = question[..question.floor_char_boundary(Question::LONGEST)].to_owned();
        let (reader, halves) = (reader.name().to_owned(), self.halves);
        self.store
            .read(move |connection| {
                // One snapshot for both halves, while a learner may be writing.
                let snapshot = connection.unchecked_transaction().map_err(StoreError::from)?;
                let near = match asked {
                    Some(Asked { maker, vector }) => vectors::serving(&snapshot)?
                        .filter(|index| index.maker == maker)
                        .map(|index| {
                            vectors::nearest(&snapshot, &index, &vector, (&reader, FROM_EACH))
                        })
                        .transpose()?,
                    None => None,
                };
                let words = ByWords::read(&snapshot, &question, &reader)?;
                let Some(near) = near else {
                    let limit = if halves == Halves::Meaning { 0 } else { limit };
                    let passages = words.best(limit)?;
                    return Ok(Found { passages, by: Halves::Words, reranked: false });
                };
                let passages = together(&words, near, limit, halves)?;
                Ok(Found { passages, by: halves, reranked: false })
            })
            .await
    }
}

/// Fuses what was found by words with what is near by meaning.
fn together(
    words: &ByWords<'_>,
    near: Vec<(i64, f64)>,
    limit: usize,
    halves: Halves,
) -> Result<Vec<Passage>, KnowledgeError> {
    let by_words = match halves {
        Halves::Meaning => Vec::new(),
        Halves::Words | Halves::WordsAndMeaning => words.best(FROM_EACH)?,
    };
    let rankings = [
        (1.0, by_words.iter().map(|passage| passage.id).collect::<Vec<_>>()),
        (MEANING, near.iter().map(|(id, _)| *id).collect()),
    ];
    let likeness: HashMap<i64, f64> = near.into_iter().collect();
    let fused = fuse::fuse(&rankings);
    let known: HashMap<i64, Passage> =
        by_words.into_iter().map(|passage| (passage.id, passage)).collect();
    let wanted: Vec<i64> = fused.iter().take(limit).map(|(id, _)| *id).collect();
    let missing: Vec<i64> = wanted.iter().copied().filter(|id| !known.contains_key(id)).collect();
    let mut all = known;
    for passage in words.these(&missing)? {
        all.insert(passage.id, passage);
    }
    Ok(fused
        .into_iter()
        .take(limit)
        .filter_map(|(id, score)| {
            let passage = all.remove(&id)?;
            Some(Passage { score, likeness: likeness.get(&id).copied(), ..passage })
        })
        .collect())
}
