//! Reads passages that a search found once more, each together with the question, and puts those first that answer it best.
//!
//! A cross-encoder sees what two vectors cannot: whether a passage answers, or merely speaks of the same. It takes as long for one
//! passage as an embedding model, so it reads few, and a search that has waited long enough keeps the order it had.

use super::{Passage, in_context};
use crate::foundation::settings;
use crate::inference::workers::{Ranked, Rerank, Reranker, WorkerError, WorkerState};
use std::time::Duration;

/// Reads passages once more; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Rereader {
    reranker: Reranker,
    /// How many passages are read.
    pub(super) candidates: usize,
    patience: Duration,
}

impl Rereader {
    /// Reads as many passages, and waits as long, as the settings say.
    pub(super) fn new(reranker: Reranker, settings: &settings::Rerank) -> Self {
        Self { reranker, candidates: settings.candidates, patience: settings.patience }
    }

    /// Whether there is a model that could read now.
    pub(super) fn is_there(&self) -> bool {
        let status = self.reranker.status();
        let works = matches!(status.state, WorkerState::Ready | WorkerState::Busy);
        self.candidates > 0 && status.model.is_some() && works
    }

    /// Puts the first passages into the order in which they answer; returns whether that was done in time.
    pub(super) async fn reread(&self, question: &str, passages: &mut Vec<Passage>) -> bool {
        let most = passages.len().min(self.candidates);
        let text =
            |passage: &Passage| in_context(&passage.title, &passage.heading, &passage.text).into();
        let documents = passages[..most].iter().map(text).collect();
        let request = Rerank { query: question.to_owned().into(), documents };
        let read = tokio::time::timeout(self.patience, self.reranker.rerank(request)).await;
        match read.unwrap_or(Err(WorkerError::QueueTimeout)) {
            Ok(ranked) if ranked.logits.len() == most => {
                reorder(passages, &ranked);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::warn!(%error, "what a search found was not read again, and keeps its order");
                false
            }
        }
    }
}

/// Puts the passages that were ranked into that order; those behind them stay behind them.
fn reorder(passages: &mut Vec<Passage>, ranked: &Ranked) {
    let relevance: Vec<f64> = ranked.relevance().collect();
    let behind = passages.split_off(relevance.len().min(passages.len()));
    let mut read: Vec<Option<Passage>> = passages.drain(..).map(Some).collect();
    for place in ranked.order() {
        let passage = read.get_mut(place).and_then(Option::take);
        let told = |passage| Passage { relevance: Some(relevance[place]), ..passage };
        passages.extend(passage.map(told));
    }
    passages.extend(behind);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_best_comes_first_and_what_was_not_read_stays_behind() {
        let mut passages: Vec<_> = (1..=4).map(|id| Passage { id, ..Passage::default() }).collect();
        let ranked = Ranked { logits: vec![-1.0, 9.0, -1.0], ..Ranked::default() };
        reorder(&mut passages, &ranked);
        assert_eq!(passages.iter().map(|passage| passage.id).collect::<Vec<_>>(), [2, 1, 3, 4]);
        let relevance: Vec<_> = passages.iter().map(|passage| passage.relevance).collect();
        assert!(
            relevance[0] > Some(0.99) && relevance[1] == relevance[2] && relevance[3].is_none()
        );
    }
}
