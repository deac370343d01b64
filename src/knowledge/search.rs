//! Finds the passages that fit a question, among those that the reader may see.
//!
//! Two steps in one read transaction. First the full-text index names, for each term, the passages that have it; what the
//! reader may not see is taken out, and how rare a term is gets counted over what is left. So what a reader
//! may not see changes neither the results nor their scores (SQLite's own `bm25()` counts the whole index, and would tell).
//! Then the best of them are read and scored with BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25
//! and Beyond", 2009), with the weights of title, heading and text below, and a bonus for terms that stand together.

pub(super) use super::question::Question;

use super::{Evidence, Passage, index::unsigned, question::Term, subject, words::words};
use crate::foundation::store::sql::{self, Connection, Row, named_params};
use std::{collections::HashSet, sync::Arc};

/// How many passages are read and scored; those that have the rarest terms.
const CANDIDATES: usize = 120;

/// How fast more of the same term stops to matter (BM25's k1; the usual value).
const SATURATION: f64 = 1.2;

/// How much a long passage is held against (BM25's b); little, as passages are cut to one length.
const LENGTH: f64 = 0.4;

/// A passage of average length, in words. A constant: an average over the index would tell of what the reader may not see.
const USUAL_WORDS: f64 = 130.0;

/// What a term in the title, in a heading and in the text counts.
const TITLE: f64 = 2.5;
const HEADING: f64 = 1.8;
const TEXT: f64 = 1.0;

/// Terms this many words apart stand together.
const TOGETHER: usize = 12;

/// How much it counts, of all terms' weight, that they stand together.
const TOGETHER_BONUS: f64 = 0.6;

/// How much it counts, of all terms' weight, that the document is what the question asks about.
const SUBJECT_BONUS: f64 = 0.8;

/// A question, weighed by what a reader may see. All is read in one snapshot.
pub(super) struct ByWords<'c> {
    connection: &'c Connection,
    reader: &'c str,
    question: Question,
    evidence: Arc<Evidence>,
    candidates: Vec<i64>,
}

impl<'c> ByWords<'c> {
    pub(super) fn read(
        connection: &'c Connection,
        asked: &str,
        reader: &'c str,
    ) -> sql::Result<Self> {
        let question = Question::read(asked);
        let subjects = subjects(connection, asked, reader)?;
        let (evidence, candidates) = candidates(connection, &question, subjects, reader)?;
        let evidence = Arc::new(evidence);
        Ok(Self { connection, reader, question, evidence, candidates })
    }

    /// Returns the passages that fit best by their words, best first.
    pub(super) fn best(&self, limit: usize) -> sql::Result<Vec<Passage>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut found = self.these(&self.candidates)?;
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        found.truncate(limit);
        Ok(found)
    }

    /// Returns these passages, scored by the same measure, of those that the reader may see.
    pub(super) fn these(&self, passages: &[i64]) -> sql::Result<Vec<Passage>> {
        let mut found = read(self.connection, passages, self.reader)?;
        for passage in &mut found {
            passage.by_words = score(&self.question, &self.evidence, passage);
            passage.score = passage.by_words;
            passage.evidence = Arc::clone(&self.evidence);
        }
        Ok(found)
    }
}

/// Weighs the question's terms, and returns the passages that promise most.
fn candidates(
    connection: &Connection,
    question: &Question,
    subjects: Vec<String>,
    reader: &str,
) -> sql::Result<(Evidence, Vec<i64>)> {
    let mut evidence = Evidence { subjects, ..Evidence::default() };
    let visible = count_visible(connection, reader)?;
    let hidden = hidden(connection, reader)?;
    let mut promise: Vec<(i64, f64)> = Vec::new();
    for term in &question.terms {
        let having = passages_with(connection, term, &hidden)?;
        let weight = weight(visible, having.len());
        evidence.weights.insert(term.stem.clone(), weight);
        promise = joined(&promise, &having, weight);
    }
    let order = |a: &(i64, f64), b: &(i64, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if promise.len() > CANDIDATES {
        promise.select_nth_unstable_by(CANDIDATES, order);
        promise.truncate(CANDIDATES);
    }
    promise.sort_unstable_by(order);
    let candidates = promise;
    Ok((evidence, candidates.into_iter().map(|(id, _)| id).collect()))
}

/// Returns how much a term tells that `having` of `all` passages have (Robertson's and Spärck Jones's weight, never negative).
#[expect(clippy::cast_precision_loss, reason = "counts of passages are far below 2^52")]
fn weight(all: u64, having: usize) -> f64 {
    // A term that no passage has weighs what one weighs that few have: the asker's word may not be the writer's.
    let (all, having) = (all as f64, (having as f64).max(2.0));
    (1.0 + (all - having + 0.5).max(0.0) / (having + 0.5)).ln().max(0.05)
}

/// Returns the names of documents that a question asks about, among those that the reader may see.
fn subjects(connection: &Connection, asked: &str, reader: &str) -> sql::Result<Vec<String>> {
    let mut query = connection.prepare_cached(
        "SELECT title FROM document WHERE readers IN ('everyone', :reader)
         AND (title LIKE '% - %' OR title LIKE '% – %' OR title LIKE '% — %')",
    )?;
    let titles = query.query_map(named_params! { ":reader": reader }, |row| row.get(0))?;
    let mut found = Vec::new();
    for title in titles {
        let title: String = title?;
        let asked_about = subject::names(&title).filter(|name| subject::asks_about(asked, name));
        found.extend(asked_about.map(str::to_lowercase));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn count_visible(connection: &Connection, reader: &str) -> sql::Result<u64> {
    connection
        .prepare_cached(
            "SELECT coalesce(sum(passages), 0) FROM document WHERE readers IN ('everyone', :reader)",
        )?
        .query_row(named_params! { ":reader": reader }, |row| unsigned(row, 0))
}

/// Returns the passages that the reader may not see, in the order of their numbers; few as a rule, and none of them is
/// counted or found.
///
/// A cross join, so that SQLite begins with the documents: left to itself it walks through the numbers of all passages.
fn hidden(connection: &Connection, reader: &str) -> sql::Result<Vec<i64>> {
    let mut hidden: Vec<i64> = connection
        .prepare_cached(
            "SELECT passage.id FROM document CROSS JOIN passage ON passage.document_id = document.id
             WHERE readers NOT IN ('everyone', :reader)",
        )?
        .query_map(named_params! { ":reader": reader }, |row| row.get(0))?
        .collect::<sql::Result<_>>()?;
    hidden.sort_unstable();
    Ok(hidden)
}

/// Returns the passages that have a term or a word for it, but for the hidden ones, in the order of their numbers.
///
/// The index alone is asked: joined to every document, a frequent word in 100,000 passages takes ten times as long.
fn passages_with(connection: &Connection, term: &Term, hidden: &[i64]) -> sql::Result<Vec<i64>> {
    let mut query = connection.prepare_cached(
        "SELECT rowid FROM passage_text WHERE passage_text MATCH :words ORDER BY rowid",
    )?;
    let rows = query.query_map(named_params! { ":words": either(term) }, |row| row.get(0))?;
    let mut having = rows.collect::<sql::Result<Vec<i64>>>()?;
    let mut hidden = hidden;
    having.retain(|id| {
        // Both are in the order of numbers.
        while let [first, rest @ ..] = hidden
            && first < id
        {
            hidden = rest;
        }
        hidden.first() != Some(id)
    });
    Ok(having)
}

/// Adds a weight to the passages of a list. Both lists are in the order of numbers, and so is what comes of them.
fn joined(promise: &[(i64, f64)], having: &[i64], weight: f64) -> Vec<(i64, f64)> {
    let mut all = Vec::with_capacity(promise.len() + having.len());
    let (mut old, mut new) = (promise.iter().peekable(), having.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (Some(&&(id, sum)), Some(&&added)) if id == added => {
                all.push((id, sum + weight));
                old.next();
                new.next();
            }
            (Some(&&one), Some(&&added)) if one.0 < added => {
                all.push(one);
                old.next();
            }
            (_, Some(&&added)) => {
                all.push((added, weight));
                new.next();
            }
            (Some(&&one), None) => {
                all.push(one);
                old.next();
            }
            (None, None) => return all,
        }
    }
}

/// Returns the index's expression for a term or a word for it. Each is a quoted string, so nothing in it is syntax.
fn either(term: &Term) -> String {
    let quoted: Vec<String> = std::iter::once(&term.written)
        .chain(&term.alike_written)
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    quoted.join(" OR ")
}

fn read(connection: &Connection, candidates: &[i64], reader: &str) -> sql::Result<Vec<Passage>> {
    let mut query = connection.prepare_cached(
        "SELECT passage.id, path, title, heading, page, start_offset, end_offset, text
         FROM passage JOIN document ON document.id = passage.document_id
         WHERE passage.id = :id AND document.readers IN ('everyone', :reader)",
    )?;
    let mut found = Vec::with_capacity(candidates.len());
    for id in candidates {
        let rows = query.query_map(named_params! { ":id": id, ":reader": reader }, passage)?;
        found.extend(rows.collect::<sql::Result<Vec<_>>>()?);
    }
    Ok(found)
}

fn passage(row: &Row<'_>) -> sql::Result<Passage> {
    Ok(Passage {
        id: row.get(0)?,
        document: row.get(1)?,
        title: row.get(2)?,
        heading: row.get(3)?,
        page: row.get(4)?,
        start: unsigned(row, 5)?,
        end: unsigned(row, 6)?,
        text: row.get(7)?,
        ..Passage::default()
    })
}

/// Scores a passage: BM25F over its fields, and a bonus for terms that stand together.
#[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
fn score(question: &Question, evidence: &Evidence, passage: &Passage) -> f64 {
    let stems = |text: &str| words(text).into_iter().map(|word| word.stem).collect::<Vec<_>>();
    let (title, heading, text) =
        (stems(&passage.title), stems(&passage.heading), stems(&passage.text));
    let length = 1.0 - LENGTH + LENGTH * text.len() as f64 / USUAL_WORDS;
    let mut score = 0.0;
    let mut total = 0.0;
    for term in &question.terms {
        let frequency = TITLE * count(term, &title).min(1.0)
            + HEADING * count(term, &heading).min(1.0)
            + TEXT * count(term, &text) / length;
        let weight = evidence.weight(term);
        total += weight;
        score += weight * frequency * (SATURATION + 1.0) / (frequency + SATURATION);
    }
    let named =
        !evidence.subjects.is_empty() && subject::may_answer(&evidence.subjects, &passage.title);
    score
        + TOGETHER_BONUS * total * together(question, evidence, &text)
        + if named { SUBJECT_BONUS * total } else { 0.0 }
}

/// Counts a term among stems; a word that people use for it counts less.
fn count(term: &Term, stems: &[String]) -> f64 {
    stems.iter().map(|stem| term.likeness(stem)).sum()
}

/// Returns the largest share of the question's weight that stands within a few words of the text.
fn together(question: &Question, evidence: &Evidence, text: &[String]) -> f64 {
    let total: f64 = question.terms.iter().map(|term| evidence.weight(term)).sum();
    let hits: Vec<(usize, usize, f64)> = text
        .iter()
        .enumerate()
        .flat_map(|(at, stem)| {
            question.terms.iter().enumerate().filter_map(move |(number, term)| {
                let likeness = term.likeness(stem);
                (likeness > 0.0).then(|| (at, number, likeness * evidence.weight(term)))
            })
        })
        .collect();
    let mut best: f64 = 0.0;
    for (from, (start, _, _)) in hits.iter().enumerate() {
        let mut seen = HashSet::new();
        let near = hits[from..].iter().take_while(|(at, _, _)| at - start <= TOGETHER);
        let sum: f64 =
            near.filter(|(_, number, _)| seen.insert(*number)).map(|(_, _, weight)| weight).sum();
        best = best.max(sum);
    }
    if total > 0.0 { best / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn weights_are_added_to_the_passages_that_have_them_and_the_order_stays(
            old in proptest::collection::btree_map(0i64..40, 0.5f64..9.0, 0..20),
            new in proptest::collection::btree_set(0i64..40, 0..20),
        ) {
            let before: Vec<(i64, f64)> = old.clone().into_iter().collect();
            let having: Vec<i64> = new.iter().copied().collect();
            let mut expected: BTreeMap<i64, f64> = old;
            for id in new {
                *expected.entry(id).or_default() += 2.0;
            }
            let expected: Vec<(i64, f64)> = expected.into_iter().collect();
            prop_assert_eq!(joined(&before, &having, 2.0), expected);
        }
    }
}
