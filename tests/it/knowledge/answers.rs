//! How well questions are answered by quoting: a fixed set, about the project's own pages and about Debian's manual pages.
//!
//! The set has three parts. `dev` and `test` were looked at while the bounds and word lists of `knowledge` were tuned; `fresh` was
//! written afterwards and only its figures were looked at, so it tells how well other questions fare. `just eval` prints the figures
//! of each, and every question of the first two that is answered wrongly. The whole set has to reach the figures; each part
//! has a floor of its own below them, so that no part can decay unseen.

#![expect(clippy::print_stderr, reason = "the figures are what this is run for")]

use super::Shelf;
use ladylinux::knowledge::{Answer, Citation, Halves, Passage, Reader, Searcher};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The least share of answerable questions that a citation of the answer is right for.
const RIGHT: f64 = 0.80;

/// The largest share of unanswerable questions that get an answer.
const FALSE: f64 = 0.05;

/// The same two for one part of the set.
const RIGHT_IN_PART: f64 = 0.70;
const FALSE_IN_PART: f64 = 0.08;

#[derive(Deserialize)]
struct Answerable {
    part: Part,
    question: String,
    /// The documents that answer it.
    documents: Vec<String>,
    /// What the quote says, one of these.
    phrases: Vec<String>,
}

#[derive(Deserialize)]
struct Unanswerable {
    part: Part,
    question: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Part {
    Dev,
    Test,
    Fresh,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let path = repository().join("tests/fixtures/questions").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Fetches the manual pages, or says why that cannot be done here.
fn manual_pages() -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man-corpus");
    let output =
        Command::new(repository().join("scripts/man-corpus")).arg(&directory).output().unwrap();
    if output.status.success() {
        return Some(directory.join("pages"));
    }
    let why = String::from_utf8_lossy(&output.stderr);
    crate::node::skip("answers from manual pages", why.trim());
    None
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

async fn answer(searcher: &Searcher, question: &str) -> Answer {
    searcher.answer(question, &Reader::Everyone).await.unwrap()
}

impl Answerable {
    fn is_about(&self, path: &str) -> bool {
        self.documents.iter().any(|document| path.ends_with(&format!("/{document}")))
    }

    /// Whether a citation is of a right document, and its quote says what was asked for.
    fn is_right(&self, citation: &Citation) -> bool {
        let quote = on_one_line(&citation.quote);
        let said = self.phrases.iter().any(|phrase| quote.contains(&on_one_line(phrase)));
        self.is_about(&citation.document) && said
    }

    /// Says what is wrong with an answer, if anything is.
    fn fault(&self, answer: &Answer) -> Option<String> {
        let Answer::Found { citations, .. } = answer else { return Some("not found".to_owned()) };
        let first = &citations[0];
        let quote = on_one_line(&first.quote);
        if citations.iter().any(|citation| self.is_right(citation)) {
            return None;
        }
        Some(format!("{} › {}: {quote}", first.document.rsplit('/').next()?, first.heading))
    }
}

/// Counts of one part.
#[derive(Default)]
struct Figures {
    answerable: usize,
    right: usize,
    unanswerable: usize,
    answered: usize,
}

#[expect(clippy::cast_precision_loss, reason = "counts of questions are small")]
impl Figures {
    fn right(&self) -> f64 {
        self.right as f64 / self.answerable as f64
    }

    fn wrong(&self) -> f64 {
        self.answered as f64 / self.unanswerable as f64
    }

    fn add(&mut self, other: &Self) {
        self.answerable += other.answerable;
        self.right += other.right;
        self.unanswerable += other.unanswerable;
        self.answered += other.answered;
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} of {} answerable questions cited rightly ({:.1} %), {} of {} unanswerable ones answered ({:.1} %)",
            self.right,
            self.answerable,
            self.right() * 100.0,
            self.answered,
            self.unanswerable,
            self.wrong() * 100.0
        )
    }
}

async fn measure(
    searcher: &Searcher,
    part: Part,
    answerable: &[Answerable],
    unanswerable: &[Unanswerable],
) -> Figures {
    let mut figures = Figures::default();
    for asked in answerable.iter().filter(|asked| asked.part == part) {
        figures.answerable += 1;
        match asked.fault(&answer(searcher, &asked.question).await) {
            None => figures.right += 1,
            Some(fault) if part != Part::Fresh => {
                eprintln!("missed: {}\n    {fault}", asked.question);
            }
            Some(_) => {}
        }
    }
    for asked in unanswerable.iter().filter(|asked| asked.part == part) {
        figures.unanswerable += 1;
        if let Answer::Found { text, citations } = answer(searcher, &asked.question).await {
            figures.answered += 1;
            if part != Part::Fresh {
                let document = &citations[0].document;
                eprintln!("made up: {}\n    {document}: {text}", asked.question);
            }
        }
    }
    figures
}

#[tokio::test]
async fn questions_are_answered_rightly_or_not_at_all() {
    let shelf = Shelf::new();
    shelf.learn(&repository().join("docs")).await;
    let mut answerable: Vec<Answerable> = fixture("answerable.jsonl");
    let unanswerable: Vec<Unanswerable> = fixture("unanswerable.jsonl");
    if let Some(pages) = manual_pages() {
        shelf.learn(&pages).await;
    } else {
        let ours = |asked: &Answerable| asked.documents[0].starts_with("docs/");
        answerable.retain(ours);
    }
    let words = Searcher::new(shelf.store.clone(), None);
    let mut whole = Figures::default();
    let mut parts = Vec::new();
    for part in [Part::Dev, Part::Test, Part::Fresh] {
        let figures = measure(&words, part, &answerable, &unanswerable).await;
        eprintln!("{part:?}: {figures}");
        whole.add(&figures);
        parts.push((part, figures));
    }
    eprintln!("Whole set: {whole}");
    for (part, figures) in parts {
        assert!(figures.right() >= RIGHT_IN_PART, "{part:?}: too few right citations");
        assert!(figures.wrong() <= FALSE_IN_PART, "{part:?}: too many false answers");
    }
    assert!(whole.right() >= RIGHT, "too few right citations");
    assert!(whole.wrong() <= FALSE, "too many false answers");
}

/// How many of some questions have the passage that answers them among the first found.
#[derive(Debug, Default)]
struct Ranked {
    questions: usize,
    /// Among as many as a language model is given.
    first_four: usize,
    first_ten: usize,
}

async fn ranked(searcher: &Searcher, questions: &[Answerable]) -> Ranked {
    let mut ranked = Ranked { questions: questions.len(), ..Ranked::default() };
    for asked in questions {
        let found = searcher.search(&asked.question, &Reader::Everyone, 10).await.unwrap();
        let answers = |passage: &Passage| {
            let text = on_one_line(&passage.text);
            asked.is_about(&passage.document)
                && asked.phrases.iter().any(|phrase| text.contains(&on_one_line(phrase)))
        };
        let place = found.passages.iter().position(answers);
        ranked.first_four += usize::from(place.is_some_and(|place| place < 4));
        ranked.first_ten += usize::from(place.is_some());
    }
    ranked
}

/// With a real model, over the questions and over paraphrases of them that share hardly a word with the documents.
///
/// Its vectors take a minute to make, so that it runs where it is asked for: `scripts/test --full`, `just eval`.
#[tokio::test]
async fn by_words_and_meaning_more_is_found_than_by_either() {
    let wanted = std::env::var_os("LADYLINUX_TEST_QUESTIONS").is_some();
    let model = std::env::var_os("LADYLINUX_TEST_EMBEDDINGS").map(PathBuf::from);
    let Some(model) = model.filter(|model| wanted && model.is_dir()) else {
        return crate::node::skip(
            "questions by words and meaning",
            "a minute's work for a real embedding model: scripts/test --full, or just eval",
        );
    };
    let Some(pages) = manual_pages() else { return };
    let shelf = Shelf::new();
    shelf.learn(&repository().join("docs")).await;
    shelf.learn(&pages).await;
    let librarian = shelf.with_meaning(&model);
    librarian.complete().await;
    let mut questions: Vec<Answerable> = fixture("paraphrases.jsonl");
    questions.extend(fixture::<Answerable>("answerable.jsonl"));
    let mut found = Vec::new();
    for halves in [Halves::Words, Halves::Meaning, Halves::WordsAndMeaning] {
        let ranked = ranked(&librarian.searcher.clone().by(halves), &questions).await;
        eprintln!("{halves:?}: {ranked:?}");
        found.push(ranked);
    }
    let [words, meaning, both] = <[Ranked; 3]>::try_from(found).unwrap();
    for half in [words, meaning] {
        assert!(both.first_four > half.first_four, "{both:?} is no better than {half:?}");
        assert!(both.first_ten > half.first_ten, "{both:?} is no better than {half:?}");
    }
    assert!(both.first_four * 100 >= both.questions * 72, "{both:?}");
    assert!(both.first_ten * 100 >= both.questions * 82, "{both:?}");
    librarian.stop().await;
}

// LL-DEP-4
#[tokio::test]
async fn what_happens_when_a_refresh_fails_is_answered_from_the_refresh_workflow() {
    let shelf = Shelf::new();
    shelf.learn(&repository().join("docs")).await;
    let Answer::Found { citations, .. } =
        answer(&Searcher::new(shelf.store.clone(), None), "what happens when a refresh fails?")
            .await
    else {
        panic!("not found")
    };
    let first = &citations[0];
    assert!(first.document.ends_with("/docs/REFRESH_WORKFLOW.md"), "{}", first.document);
    assert!(first.quote.contains("stays stopped and is held"), "{}", first.quote);
}

#[tokio::test]
async fn what_happens_when_a_worker_dies_is_answered_from_the_projects_own_pages() {
    let shelf = Shelf::new();
    shelf.learn(&repository().join("docs")).await;
    let Answer::Found { citations, .. } =
        answer(&Searcher::new(shelf.store.clone(), None), "what happens when a worker dies?").await
    else {
        panic!("not found")
    };
    let first = &citations[0];
    assert!(first.document.ends_with("/docs/architecture.md"), "{}", first.document);
    assert!(first.quote.contains("goes on serving"), "{}", first.quote);
    let page = std::fs::read_to_string(&first.document).unwrap();
    let (start, end) = (usize::try_from(first.start).unwrap(), usize::try_from(first.end).unwrap());
    assert_eq!(page[start..end], first.quote);
}
