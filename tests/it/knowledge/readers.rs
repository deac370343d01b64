//! Who may see what: a document for one person does not exist for others, not even by a score.

use super::Shelf;
use ladylinux::knowledge::{Passage, Reader};

async fn found(shelf: &Shelf, reader: &Reader) -> Vec<Passage> {
    shelf.search("What colour are the tulips of Amsterdam?", reader, 20).await
}

/// What a caller can see of a result, scores to the last bit.
fn seen(passages: &[Passage]) -> Vec<(String, String, u64)> {
    let visible = |passage: &Passage| {
        (passage.document.clone(), passage.text.clone(), passage.score.to_bits())
    };
    passages.iter().map(visible).collect()
}

#[tokio::test]
async fn a_private_document_changes_nothing_for_others() {
    let shelf = Shelf::new();
    let public = shelf
        .file("public/flowers.md", "# Tulips\n\nTulips are red.\n\n# Roses\n\nRoses have colours.");
    shelf.learn(&public).await;
    let before = seen(&found(&shelf, &Reader::Everyone).await);
    assert!(!before.is_empty());

    for number in 0..30 {
        let diary =
            format!("# Tulips {number}\n\nThe tulips of Amsterdam have a colour, the tulips!");
        let private = shelf.file(&format!("private/{number}.md"), diary);
        shelf.learn_for(&private, Reader::Person("alice".to_owned())).await;
    }
    // A name that a question uses makes a subject of a document, but only for those who may see it.
    let named = shelf.file("private/tulips.txt", "NAME\n   tulips - what alice thinks of them\n");
    shelf.learn_for(&named, Reader::Person("alice".to_owned())).await;

    assert_eq!(seen(&found(&shelf, &Reader::Everyone).await), before);
    assert_eq!(seen(&found(&shelf, &Reader::Person("bob".to_owned())).await), before);
    let alice = found(&shelf, &Reader::Person("alice".to_owned())).await;
    assert!(alice.iter().filter(|passage| passage.document.contains("/private/")).count() > 10);
}

#[tokio::test]
async fn a_document_can_be_taken_from_others_without_a_change_to_it() {
    let shelf = Shelf::new();
    let file = shelf.file("flowers.txt", "Tulips have a colour.");
    shelf.learn(&file).await;
    assert_eq!(found(&shelf, &Reader::Everyone).await.len(), 1);
    let report = shelf.learn_for(&file, Reader::Person("alice".to_owned())).await;
    assert_eq!(report.updated, 1);
    assert!(found(&shelf, &Reader::Everyone).await.is_empty());
}

#[tokio::test]
async fn learning_a_directory_again_shows_nobody_what_is_for_one_person() {
    let shelf = Shelf::new();
    let file = shelf.file("alice/flowers.txt", "Tulips have a colour.");
    shelf.learn_for(&file, Reader::Person("alice".to_owned())).await;
    assert_eq!(shelf.learn(&shelf.root()).await.unchanged, 1);
    shelf.file("alice/flowers.txt", "Tulips have a red colour.");
    assert_eq!(shelf.learn(&shelf.root()).await.updated, 1);
    assert!(found(&shelf, &Reader::Everyone).await.is_empty());
    shelf.learn_for(&file, Reader::Everyone).await;
    assert_eq!(found(&shelf, &Reader::Everyone).await.len(), 1);
}

#[tokio::test]
async fn any_question_is_searched_for_without_an_error() {
    let shelf = Shelf::new();
    shelf.learn(&shelf.file("a.txt", "NEAR and OR and NOT are words.")).await;
    let long = "tulips ".repeat(100_000);
    for question in [
        "",
        "\"",
        "\" OR text:*",
        "a AND (b",
        "NEAR(a b)",
        "^a*",
        "-- ; DROP TABLE passage",
        "\0x\0",
        "{}:",
        "🌷",
        "ß ı ﬁ",
        &long,
    ] {
        shelf.search(question, &Reader::Person("' OR 1=1".to_owned()), 4).await;
    }
}
