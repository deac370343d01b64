//! Vectors beside words: made, searched, forgotten, and made anew by another model.

use super::{Librarian, Shelf};
use ladylinux::foundation::store::StoreError;
use ladylinux::knowledge::{Halves, Reader, forget};
use std::path::{Path, PathBuf};

/// A tiny model: its vectors mean nothing, and are always the same.
fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/embed").join(name)
}

/// Asks with no word that a document has.
async fn by_meaning(librarian: &Librarian, question: &str, reader: &Reader) -> Vec<String> {
    let found = librarian.searcher.clone().by(Halves::Meaning).search(question, reader, 10).await;
    found.unwrap().passages.into_iter().map(|passage| passage.text).collect()
}

async fn count(shelf: &Shelf, what: &'static str) -> i64 {
    let counted = shelf.store.read(move |connection| {
        Ok::<_, StoreError>(connection.query_row(
            &format!("SELECT count(*) FROM {what}"),
            [],
            |row| row.get(0),
        )?)
    });
    counted.await.unwrap()
}

#[tokio::test]
async fn what_shares_no_word_with_the_question_is_found_by_what_it_means() {
    let shelf = Shelf::new();
    shelf.learn(&shelf.file("a.txt", "Tulips are red.")).await;
    let librarian = shelf.with_meaning(&model("mean"));
    librarian.complete().await;
    let question = "wholly different vocabulary";
    assert!(shelf.search(question, &Reader::Everyone, 9).await.is_empty());
    let found = librarian.searcher.search(question, &Reader::Everyone, 9).await.unwrap();
    assert_eq!((found.by, found.passages.len()), (Halves::WordsAndMeaning, 1));
    assert!(found.passages[0].likeness.is_some() && found.passages[0].score > 0.0);
    librarian.stop().await;
}

#[tokio::test]
async fn what_is_learned_changed_and_forgotten_later_is_found_changed_and_gone() {
    let shelf = Shelf::new();
    shelf.learn(&shelf.file("a.txt", "Tulips are red.")).await;
    let librarian = shelf.with_meaning(&model("mean"));
    librarian.complete().await;
    let other = shelf.file("b.txt", "Roses are white.");
    shelf.learn(&other).await;
    librarian.until(async || by_meaning(&librarian, "x", &Reader::Everyone).await.len() == 2).await;
    shelf.file("b.txt", "Roses are yellow.");
    shelf.learn(&other).await;
    let changed = async || {
        let found = by_meaning(&librarian, "x", &Reader::Everyone).await;
        found.len() == 2 && found.iter().any(|text| text.contains("yellow"))
    };
    librarian.until(changed).await;
    forget(&shelf.store, &shelf.root()).await.unwrap();
    assert!(by_meaning(&librarian, "x", &Reader::Everyone).await.is_empty());
    // Not a number of them is left.
    assert_eq!(count(&shelf, "passage_vector").await, 0);
    assert_eq!(count(&shelf, "passage_near_1").await, 0);
    librarian.stop().await;
}

#[tokio::test]
async fn a_private_document_takes_nobody_elses_place_and_moves_with_its_readers() {
    let shelf = Shelf::new();
    let alice = Reader::Person("alice".to_owned());
    // More of hers than are ever compared by their numbers.
    for number in 0..150 {
        let file = shelf.file(&format!("hers/{number}.txt"), format!("Secret number {number}."));
        shelf.learn_for(&file, alice.clone()).await;
    }
    let public = shelf.file("public.txt", "Tulips are red.");
    shelf.learn(&public).await;
    let librarian = shelf.with_meaning(&model("mean"));
    librarian.complete().await;
    assert_eq!(
        by_meaning(&librarian, "Secret number 7.", &Reader::Everyone).await,
        ["Tulips are red."]
    );
    assert_eq!(
        by_meaning(&librarian, "x", &Reader::Person("bob".to_owned())).await,
        ["Tulips are red."]
    );
    assert_eq!(by_meaning(&librarian, "Secret number 7.", &alice).await.len(), 10);
    shelf.learn_for(&public, alice.clone()).await;
    assert!(by_meaning(&librarian, "x", &Reader::Everyone).await.is_empty());
    shelf.learn_for(&shelf.root().join("hers/7.txt"), Reader::Everyone).await;
    assert_eq!(by_meaning(&librarian, "x", &Reader::Everyone).await, ["Secret number 7."]);
    librarian.stop().await;
}

#[tokio::test]
async fn the_vectors_of_another_model_take_the_place_of_the_old_ones_at_once_and_those_of_the_same_are_kept()
 {
    let shelf = Shelf::new();
    for number in 0..40 {
        shelf.learn(&shelf.file(&format!("{number}.txt"), format!("Tulip number {number}."))).await;
    }
    let librarian = shelf.with_meaning(&model("mean"));
    librarian.complete().await;
    librarian.stop().await;
    let again = shelf.with_meaning(&model("mean"));
    again.complete().await;
    assert_eq!(
        count(&shelf, "vector_index WHERE id = 1 AND serves").await,
        1,
        "nothing was made anew"
    );
    again.stop().await;

    let other = shelf.with_meaning(&model("cls"));
    // As long as the new vectors are not complete, the old ones stand, and are not compared with the new model's.
    other.complete().await;
    assert_eq!(count(&shelf, "vector_index").await, 1);
    assert_eq!(count(&shelf, "vector_index WHERE id = 2 AND serves").await, 1);
    assert_eq!(count(&shelf, "passage_vector WHERE index_id = 2").await, 40);
    assert_eq!(count(&shelf, "sqlite_schema WHERE name LIKE 'passage_near_1%'").await, 0);
    assert_eq!(by_meaning(&other, "x", &Reader::Everyone).await.len(), 10);
    other.stop().await;
}

#[tokio::test]
async fn what_a_restored_backup_brought_back_without_its_passage_is_swept_out() {
    let shelf = Shelf::new();
    shelf.learn(&shelf.file("a.txt", "Tulips are red.")).await;
    let librarian = shelf.with_meaning(&model("mean"));
    librarian.complete().await;
    librarian.stop().await;
    // As a restore does it, which knows nothing of vectors.
    let gone = shelf.store.write(|transaction| {
        transaction.execute_batch("DELETE FROM document; DELETE FROM passage_text")?;
        Ok::<_, StoreError>(())
    });
    gone.await.unwrap();
    assert_eq!(count(&shelf, "passage_near_1").await, 1);
    shelf.learn(&shelf.file("b.txt", "Roses are white.")).await;
    let again = shelf.with_meaning(&model("mean"));
    again
        .until(async || by_meaning(&again, "x", &Reader::Everyone).await == ["Roses are white."])
        .await;
    assert_eq!(count(&shelf, "passage_near_1").await, 1);
    again.stop().await;
}
