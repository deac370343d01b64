//! What a search found, read once more by a reranking model.

use super::Shelf;
use crate::workers::vacant;
use ladylinux::foundation::settings::Settings;
use ladylinux::inference::{
    models::{Installed, Task},
    workers::{Post, Spawn, WorkerState, Workers},
};
use ladylinux::knowledge::{Reader, Searcher};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Starts the tiny cross-encoder, whose opinions mean nothing and are always the same.
async fn reranker(settings: &mut Settings) -> Workers {
    settings.paths.onnxruntime = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rerank/one");
    let graph = directory.join("onnx/model.onnx");
    let id = "tiny".to_owned();
    let installed = Installed { id, directory, graph, task: Task::Rerank, embedding: None };
    let program = env!("CARGO_BIN_EXE_ladylinux").into();
    let spawn = Ok(Spawn::rerank(settings, program, &installed));
    let workers = Workers::with(settings, vacant(), vacant(), Post { spawn, model: None });
    while workers.reranker.status().state != WorkerState::Ready {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    workers
}

#[tokio::test]
async fn what_was_found_is_put_into_the_order_in_which_it_answers_and_what_is_quoted_stays() {
    let shelf = Shelf::new();
    for number in 0..12 {
        let text = format!("Tulip number {number} is red. {}", "It grows. ".repeat(number));
        shelf.learn(&shelf.file(&format!("{number}.txt"), text)).await;
    }
    let question = "Is tulip number 7 red?";
    let mut settings = Settings::for_tests(shelf.directory.path());
    settings.rerank.candidates = 8;
    let workers = reranker(&mut settings).await;
    let plain = Searcher::new(shelf.store.clone(), None);
    let found = plain.search(question, &Reader::Everyone, 12).await.unwrap();
    assert!(!found.reranked && found.passages.len() == 12);

    let again = plain.clone().reread_by(workers.reranker.clone(), &settings.rerank);
    let reread = again.search(question, &Reader::Everyone, 12).await.unwrap();
    assert!(reread.reranked);
    let ids = |passages: &[ladylinux::knowledge::Passage]| -> Vec<i64> {
        passages.iter().map(|passage| passage.id).collect()
    };
    let (before, after) = (ids(&found.passages), ids(&reread.passages));
    assert_ne!(before[..8], after[..8]);
    let sorted = |ids: &[i64]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(&before[..8]), sorted(&after[..8]), "the first are the same ones");
    assert_eq!(before[8..], after[8..], "what was not read stays where it was");
    let relevance: Vec<_> = reread.passages.iter().map(|passage| passage.relevance).collect();
    assert!(relevance[..8].is_sorted_by(|a, b| a >= b && b.is_some()));
    assert!(relevance[8..].iter().all(Option::is_none));
    // A search for few chooses from as many.
    let few = again.search(question, &Reader::Everyone, 3).await.unwrap();
    assert_eq!(ids(&few.passages), after[..3]);

    let quoted = again.answer(question, &Reader::Everyone).await.unwrap();
    assert_eq!(quoted, plain.answer(question, &Reader::Everyone).await.unwrap());

    // Nobody waits for a model that takes too long, and none is asked where none is to be.
    for (candidates, patience) in [(8, Duration::ZERO), (0, Duration::from_mins(1))] {
        settings.rerank.candidates = candidates;
        settings.rerank.patience = patience;
        let hasty = plain.clone().reread_by(workers.reranker.clone(), &settings.rerank);
        let kept = hasty.search(question, &Reader::Everyone, 12).await.unwrap();
        assert!(!kept.reranked);
        assert_eq!(ids(&kept.passages), before);
    }
    workers.stop().await;
    let alone = again.search(question, &Reader::Everyone, 12).await.unwrap();
    assert!(!alone.reranked);
}
