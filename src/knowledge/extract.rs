//! Answers a question by quoting, or says that the passages do not answer it.
//!
//! Pure and deterministic. Every unit of every passage is weighed: the share of the question's terms, by rarity, that stands
//! in the unit itself, and less for what stands in the headings above it, the title, or the rest of the passage. The best
//! unit answers if enough of the question is in it and around it; otherwise the answer is "not found". That is coverage of
//! the question by weight of evidence (Lin, "Is Question Answering Better Than Information Retrieval? A Task-Based Evaluation
//! Framework", 2006, compares such baselines); the bounds below were set on the development half of `tests/fixtures/questions`.

use super::{
    Answer, Citation, Passage,
    question::{Question, Term},
    units::{Kind, Unit, units},
    words::words,
};
use std::ops::Range;

/// The share of the question's weight that has to be in and around the quote.
const COVERED: f64 = 0.72;

/// The share of the question's weight that has to be in the quote itself.
const IN_QUOTE: f64 = 0.34;

/// What a term counts that stands in the headings or the title, not in the quote.
const ABOVE: f64 = 0.9;

/// What a term counts that stands elsewhere in the passage.
const BESIDE: f64 = 0.35;

/// How much of a second quote's evidence must be as strong as the first's, to be quoted too.
const SECOND: f64 = 0.97;

/// How many quotes an answer has at most.
const QUOTES: usize = 2;

/// A unit, weighed.
struct Weighed<'p> {
    passage: &'p Passage,
    unit: Unit,
    covered: f64,
    in_quote: f64,
    score: f64,
}

/// Answers a question from passages, by quoting them, or says that they do not answer it.
pub fn extract(question: &str, passages: &[Passage]) -> Answer {
    let question = Question::read(question);
    if question.terms.is_empty() {
        return Answer::NotFound;
    }
    let top = passages.iter().map(|passage| passage.score).fold(0.0, f64::max);
    let mut weighed: Vec<Weighed<'_>> = passages
        .iter()
        .flat_map(|passage| weigh(&question, passage, top))
        .filter(|weighed| weighed.covered >= COVERED && weighed.in_quote >= IN_QUOTE)
        .collect();
    weighed.sort_by(|a, b| b.score.total_cmp(&a.score));
    let Some(best) = weighed.first() else { return Answer::NotFound };
    let bound = best.score * SECOND;
    let mut chosen: Vec<&Weighed<'_>> = Vec::new();
    for candidate in weighed.iter().filter(|candidate| candidate.score >= bound) {
        if chosen.len() < QUOTES && !chosen.iter().any(|other| overlap(other, candidate)) {
            chosen.push(candidate);
        }
    }
    Answer::Found {
        text: chosen.iter().map(|weighed| readable(weighed)).collect::<Vec<_>>().join("\n\n"),
        citations: chosen.iter().map(|weighed| cite(weighed)).collect(),
    }
}

fn overlap(a: &Weighed<'_>, b: &Weighed<'_>) -> bool {
    a.passage.id == b.passage.id
        && a.unit.bytes.start < b.unit.bytes.end
        && b.unit.bytes.start < a.unit.bytes.end
}

/// Weighs every unit of a passage.
fn weigh<'p>(question: &Question, passage: &'p Passage, top: f64) -> Vec<Weighed<'p>> {
    let above = stems(&passage.heading).chain(stems(&passage.title)).collect::<Vec<_>>();
    let beside: Vec<String> = stems(&passage.text).collect();
    let mut weighed = Vec::new();
    for unit in units(&passage.text, &passage.heading) {
        let quote = &passage.text[unit.bytes.clone()];
        let lead = unit.lead.clone().map_or("", |lead| &passage.text[lead]);
        if !question.literals.iter().all(|literal| holds(lead, literal) || holds(quote, literal)) {
            continue;
        }
        let own: Vec<String> = stems(lead).chain(stems(quote)).collect();
        let (mut total, mut covered, mut in_quote) = (0.0, 0.0, 0.0);
        for term in &question.terms {
            let weight = passage.rarity.weight(term);
            let inside = best_likeness(term, &own);
            let around =
                (ABOVE * best_likeness(term, &above)).max(BESIDE * best_likeness(term, &beside));
            total += weight;
            covered += weight * inside.max(around);
            in_quote += weight * inside;
        }
        let rank = if top > 0.0 { passage.score / top } else { 0.0 };
        let (covered, in_quote) = (covered / total, in_quote / total);
        let score = covered + 0.3 * in_quote + 0.15 * rank + 0.1 * opening(question, lead, quote);
        weighed.push(Weighed { passage, unit, covered, in_quote, score });
    }
    if question.defines && question.terms.len() == 1 {
        weighed.retain(|weighed| is_definition(&question.terms[0], weighed));
    }
    weighed
}

fn stems(text: &str) -> impl Iterator<Item = String> {
    words(text).into_iter().map(|word| word.stem)
}

fn best_likeness(term: &Term, stems: &[String]) -> f64 {
    stems.iter().map(|stem| term.likeness(stem)).fold(0.0, f64::max)
}

/// Whether a text has a literal that no letter, digit or hyphen continues.
fn holds(text: &str, literal: &str) -> bool {
    places(text, literal).next().is_some()
}

fn places<'t>(text: &'t str, literal: &'t str) -> impl Iterator<Item = Range<usize>> {
    let continues = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    text.match_indices(literal).map(|(at, found)| at..at + found.len()).filter(move |place| {
        !text[..place.start].ends_with(continues) && !text[place.end..].starts_with(continues)
    })
}

/// Says how much a unit is about what is asked for letter for letter: whether it begins with it.
fn opening(question: &Question, lead: &str, quote: &str) -> f64 {
    let first = if lead.is_empty() { quote.lines().next().unwrap_or_default() } else { lead };
    let early = |literal: &String| places(first, literal).any(|place| place.start < 40);
    if question.literals.iter().any(early) { 1.0 } else { 0.0 }
}

/// Whether a unit says what something is: it is named so, or the sentence begins so.
fn is_definition(term: &Term, weighed: &Weighed<'_>) -> bool {
    let quote = &weighed.passage.text[weighed.unit.bytes.clone()];
    let lead = weighed.unit.lead.clone().map_or("", |lead| &weighed.passage.text[lead]);
    let opens = if lead.is_empty() { quote } else { lead };
    let named = words(opens)
        .into_iter()
        .take(3)
        .find(|word| term.stem == word.stem)
        .is_some_and(|word| says_so(&opens[word.bytes.end..]));
    named
        || (!lead.is_empty()
            && term
                .likeness(&words(lead).first().map(|word| word.stem.clone()).unwrap_or_default())
                > 0.9)
}

/// Whether what follows a term explains it.
fn says_so(after: &str) -> bool {
    let after = after.trim_start_matches(['*', '`', '"', ')', '=', ':']);
    let after = after
        .split_once(") ")
        .filter(|_| after.trim_start().starts_with('('))
        .map_or(after, |(_, rest)| rest);
    let words: Vec<&str> = after.split_whitespace().take(1).collect();
    matches!(
        words.as_slice(),
        [
            "-" | "–"
                | "—"
                | "is"
                | "are"
                | "means"
                | "ist"
                | "sind"
                | "provides"
                | "describes"
                | "displays"
                | "prints"
                | "shows",
            ..
        ]
    ) || after.starts_with("   ")
        || after.starts_with('\n')
}

fn cite(weighed: &Weighed<'_>) -> Citation {
    let Weighed { passage, unit, .. } = weighed;
    Citation {
        document: passage.document.clone(),
        title: passage.title.clone(),
        heading: passage.heading.clone(),
        page: passage.page,
        start: passage.start + unit.bytes.start as u64,
        end: passage.start + unit.bytes.end as u64,
        quote: passage.text[unit.bytes.clone()].to_owned(),
    }
}

/// Returns a quote as a person reads it: prose on one line after the term it explains, code as it stands.
fn readable(weighed: &Weighed<'_>) -> String {
    let text = &weighed.passage.text;
    let quote = &text[weighed.unit.bytes.clone()];
    if weighed.unit.kind == Kind::Code {
        return quote.to_owned();
    }
    let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match &weighed.unit.lead {
        Some(lead) => format!("{}: {}", on_one_line(&text[lead.clone()]), on_one_line(quote)),
        None => on_one_line(quote),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(heading: &str, text: &str) -> Passage {
        Passage {
            document: "guide.md".to_owned(),
            title: "Guide".to_owned(),
            heading: heading.to_owned(),
            start: 100,
            end: 100 + text.len() as u64,
            text: text.to_owned(),
            score: 1.0,
            ..Passage::default()
        }
    }

    #[test]
    fn an_answer_quotes_exactly_and_says_where() {
        let found =
            passage("Use", "Nothing here.\n\nA full queue is refused with a time to retry.\n");
        let answer = extract("what happens to a request when the queue is full?", &[found]);
        let Answer::NotFound = answer else { panic!("request stands nowhere: {answer:?}") };
        let found =
            passage("Use", "Nothing here.\n\nA full queue is refused with a time to retry.\n");
        let Answer::Found { text, citations } = extract("what if the queue is full?", &[found])
        else {
            panic!("not found")
        };
        assert_eq!(text, "A full queue is refused with a time to retry.");
        assert_eq!((citations[0].start, citations[0].end), (115, 115 + text.len() as u64));
    }

    #[test]
    fn a_question_that_shares_only_words_is_not_answered() {
        let found = passage("Use", "The queue is bounded. Colours are not supported.");
        assert_eq!(
            extract("which colour does the queue have on sundays?", &[found]),
            Answer::NotFound
        );
        assert_eq!(extract("", &[]), Answer::NotFound);
    }

    #[test]
    fn an_option_is_asked_for_letter_for_letter() {
        let found =
            passage("OPTIONS", "-s     print the size of each file\n\n-S     sort by file size");
        let Answer::Found { text, .. } = extract("what does -S do?", &[found]) else {
            panic!("not found")
        };
        assert_eq!(text, "-S sort by file size");
    }

    proptest::proptest! {
        #[test]
        fn any_question_and_passage_give_an_answer(question in ".{0,80}", text in "(?s).{0,300}") {
            let found = passage("A › B", &text);
            if let Answer::Found { citations, .. } = extract(&question, std::slice::from_ref(&found)) {
                for citation in citations {
                    let from = usize::try_from(citation.start - 100).unwrap();
                    let to = usize::try_from(citation.end - 100).unwrap();
                    proptest::prop_assert_eq!(&text[from..to], citation.quote);
                }
            }
        }
    }
}
