//! Answers a question by quoting, or says that the passages do not answer it.
//!
//! Pure and deterministic. Every unit of every passage is weighed: the share of the question's terms, by how rare they are (the
//! weights are those of BM25, see `search`), that stands in the unit itself, and less for what stands in the headings
//! above it, the title, or the rest of the passage. Only units that hold enough of the question can answer, and of those the ones
//! that say it best do; if there is none, the answer is "not found". How a passage ranks decides little: the best of bad passages
//! is still first. The bounds below were set on the `dev` and `test` parts of `tests/fixtures/questions`; `just eval` measures them.

use super::{
    Answer, Citation, Passage,
    question::{Question, Term, has_number},
    subject,
    units::{Kind, Place, Unit, units},
    words::{Word, words},
};
use std::ops::Range;

/// How many passages to look for, to answer from them: more than a language model is given, as quoting reads quickly.
pub const EXTRACT_FROM: usize = 64;

/// The share of the question's weight that has to be in and around the quote.
const COVERED: f64 = 0.78;

/// The share that has to be in the quote itself of what the document's title does not already say.
const IN_QUOTE: f64 = 0.62;

/// What a term counts that stands in the headings or the title, not in the quote.
const ABOVE: f64 = 0.9;

/// Words this many apart say something together.
const NEAR: usize = 24;

/// What a term counts that stands in the quote, but apart from the others.
const FAR: f64 = 0.6;

/// What a term of the innermost heading counts towards what the quote itself says.
const BELOW_HEADING: f64 = 0.8;

/// What a term counts that stands elsewhere in the passage.
const BESIDE: f64 = 0.35;

/// What counts next to being covered, when quotes are compared: that the terms are in the quote itself, that they are in the
/// term that it explains or in the heading, that words stand next to each other as they do in the question, and that the
/// passage fits; and what counts against: that the quote is long, that it goes on with something, that it is a page's one-line summary.
const INSIDE_BONUS: f64 = 0.35;
const TERM_BONUS: f64 = 0.25;
const HEADING_BONUS: f64 = 0.1;
const PAIRS_BONUS: f64 = 0.4;
const RANK_BONUS: f64 = 0.2;
const LENGTH_MALUS: f64 = 0.15;
const CONTINUING_MALUS: f64 = 0.12;
const SUMMARY_MALUS: f64 = 0.2;

/// Longer blocks of code, in bytes, are not quoted: they would be a whole page, and answer little.
const LONGEST_CODE: usize = 600;

/// The length of a long quote, in bytes.
const LONG: f64 = 480.0;

/// How strong, next to the best quote, another one has to be to be quoted too.
const SECOND: f64 = 0.85;

/// How many quotes an answer has at most.
const QUOTES: usize = 3;

/// Sections of a reference page that answer nobody, whatever words they share.
const MUTE: &[&str] =
    &["SYNOPSIS", "SEE ALSO", "COPYRIGHT", "AUTHOR", "AUTHORS", "REPORTING BUGS", "HISTORY"];

/// A unit, weighed.
struct Weighed<'p> {
    passage: &'p Passage,
    unit: Unit,
    /// The share of the question's weight in and around the quote.
    covered: f64,
    /// The share in the quote of what the title does not already say.
    inside: f64,
    /// How it compares with others.
    score: f64,
}

/// Answers a question from passages, by quoting them, or says that they do not answer it.
pub fn extract(question: &str, passages: &[Passage]) -> Answer {
    let question = Question::read(question);
    if question.terms.is_empty() {
        return Answer::NotFound;
    }
    let top = passages.iter().map(|passage| passage.by_words).fold(0.0, f64::max);
    let mut weighed: Vec<Weighed<'_>> = passages
        .iter()
        .flat_map(|passage| weigh(&question, passage, top))
        .filter(|weighed| weighed.covered >= COVERED && weighed.inside >= IN_QUOTE)
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
        text: chosen
            .iter()
            .map(|weighed| readable(weighed.passage, &weighed.unit))
            .collect::<Vec<_>>()
            .join("\n\n"),
        citations: chosen.iter().map(|weighed| cite(weighed.passage, &weighed.unit)).collect(),
    }
}

fn overlap(a: &Weighed<'_>, b: &Weighed<'_>) -> bool {
    a.passage.id == b.passage.id
        && a.unit.bytes.start < b.unit.bytes.end
        && b.unit.bytes.start < a.unit.bytes.end
}

/// Weighs every unit of a passage.
fn weigh<'p>(question: &Question, passage: &'p Passage, top: f64) -> Vec<Weighed<'p>> {
    if !speaks(passage) {
        return Vec::new();
    }
    let around = Around {
        title: words(&passage.title),
        headings: words(&passage.heading),
        last_heading: words(passage.heading.rsplit(" › ").next().unwrap_or_default()),
        beside: words(&passage.text),
        rank: if top > 0.0 { passage.by_words / top } else { 0.0 },
    };
    let mut weighed: Vec<Weighed<'p>> = units(&passage.text, &passage.heading)
        .into_iter()
        .filter(|unit| unit.kind != Kind::Code || unit.bytes.len() <= LONGEST_CODE)
        .filter(|unit| has_what_it_must(question, passage, unit))
        .map(|unit| weigh_unit(question, passage, &around, unit))
        .collect();
    if question.defines && question.terms.len() == 1 {
        weighed.retain(|weighed| is_definition(&question.terms[0], weighed));
    }
    weighed
}

/// Whether a passage can answer at all: some sections say nothing, and where the question names a document, others do not count.
fn speaks(passage: &Passage) -> bool {
    let section = passage.heading.split(" › ").next().unwrap_or_default();
    !MUTE.contains(&section) && subject::may_answer(&passage.evidence.subjects, &passage.title)
}

/// The words around a unit.
struct Around {
    title: Vec<Word>,
    headings: Vec<Word>,
    /// The innermost heading: what the quote stands directly below.
    last_heading: Vec<Word>,
    beside: Vec<Word>,
    rank: f64,
}

#[expect(clippy::cast_precision_loss, reason = "a quote is far shorter than 2^52 bytes")]
fn weigh_unit<'p>(
    question: &Question,
    passage: &'p Passage,
    around: &Around,
    unit: Unit,
) -> Weighed<'p> {
    let explained = words(term(passage, &unit));
    let quote = words(&passage.text[unit.bytes.clone()]);
    let core = core(question, passage, &quote);
    let (mut total, mut covered, mut asked) = (0.0, 0.0, 0.0);
    let (mut inside, mut named, mut headed) = (0.0, 0.0, 0.0);
    for term in &question.terms {
        // By the root, so that a common word that is missing is missed too.
        let weight = passage.evidence.weight(term).sqrt();
        let near = best_likeness(term, core).max(best_likeness(term, &explained));
        let in_quote = near.max(FAR * best_likeness(term, &quote));
        let in_title = best_likeness(term, &around.title);
        let in_heading = best_likeness(term, &around.headings);
        let above = in_title.max(in_heading);
        let beside = best_likeness(term, &around.beside);
        total += weight;
        covered += weight * in_quote.max(ABOVE * above).max(BESIDE * beside);
        // Where the question names the document, what its title says is given; the quote has to say the rest.
        if in_title < 1.0 || passage.evidence.subjects.is_empty() {
            asked += weight;
            inside +=
                weight * in_quote.max(BELOW_HEADING * best_likeness(term, &around.last_heading));
            named += weight * best_likeness(term, &explained);
            headed += weight * in_heading;
        }
    }
    let share = |part: f64| if asked > 0.0 { part / asked } else { 1.0 };
    let (covered, inside, named) = (covered / total, share(inside), share(named));
    let length = (unit.bytes.len() as f64 / LONG).min(1.0);
    let mut score =
        covered + INSIDE_BONUS * inside + TERM_BONUS * named + HEADING_BONUS * share(headed);
    score +=
        PAIRS_BONUS * pairs(question, &quote) + RANK_BONUS * around.rank - LENGTH_MALUS * length;
    if unit.place == Place::Continuing {
        score -= CONTINUING_MALUS;
    } else if opens_with_literal(question, passage, &unit) {
        score += TERM_BONUS;
    }
    if passage.heading == "NAME" && !question.defines {
        score -= SUMMARY_MALUS;
    }
    Weighed { passage, unit, covered, inside, score }
}

/// Returns the stretch of a quote that says most of the question within a few words.
fn core<'q>(question: &Question, passage: &Passage, quote: &'q [Word]) -> &'q [Word] {
    let told = |stretch: &[Word]| -> f64 {
        let told = |term: &Term| passage.evidence.weight(term) * best_likeness(term, stretch);
        question.terms.iter().map(told).sum()
    };
    let mut best = (f64::MIN, quote);
    for stretch in quote.windows(NEAR.min(quote.len().max(1))) {
        let told = told(stretch);
        if told > best.0 {
            best = (told, stretch);
        }
    }
    best.1
}

/// Returns the share of the question's neighbouring words that are neighbours in the quote.
#[expect(clippy::cast_precision_loss, reason = "a question has few words")]
fn pairs(question: &Question, quote: &[Word]) -> f64 {
    let found = question
        .pairs
        .iter()
        .filter(|(a, b)| quote.windows(2).any(|pair| pair[0].stem == *a && pair[1].stem == *b))
        .count();
    found as f64 / question.pairs.len().max(1) as f64
}

/// Returns the term that a unit explains, or nothing.
fn term<'p>(passage: &'p Passage, unit: &Unit) -> &'p str {
    unit.term.clone().map_or("", |term| &passage.text[term])
}

/// Whether a unit has what an answer cannot do without: what is asked for letter for letter, and a number if one is asked for.
fn has_what_it_must(question: &Question, passage: &Passage, unit: &Unit) -> bool {
    let quote = &passage.text[unit.bytes.clone()];
    let term = term(passage, unit);
    if question.counts && !has_number(quote) {
        return false;
    }
    question.literals.iter().all(|literal| holds(term, literal) || holds(quote, literal))
}

fn best_likeness(term: &Term, words: &[Word]) -> f64 {
    words.iter().map(|word| term.meets(word)).fold(0.0, f64::max)
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

/// Whether a unit begins with something that is asked for letter for letter.
fn opens_with_literal(question: &Question, passage: &Passage, unit: &Unit) -> bool {
    let explained = term(passage, unit);
    let quote = &passage.text[unit.bytes.clone()];
    let first =
        if explained.is_empty() { quote.lines().next().unwrap_or_default() } else { explained };
    let early = |literal: &String| places(first, literal).any(|place| place.start < 40);
    question.literals.iter().chain(&question.names).any(early)
}

/// Whether a unit says what something is: it explains that term, or its first sentence begins so.
fn is_definition(asked: &Term, weighed: &Weighed<'_>) -> bool {
    let Weighed { passage, unit, .. } = weighed;
    let explained = words(term(passage, unit));
    if explained.iter().any(|word| asked.likeness(&word.stem) >= 1.0) && explained.len() <= 3 {
        return true;
    }
    let quote = &passage.text[unit.bytes.clone()];
    let mut first = words(quote).into_iter().take(3);
    first.find(|word| asked.stem == word.stem).is_some_and(|word| says_so(&quote[word.bytes.end..]))
}

/// Whether what follows a term explains it.
fn says_so(after: &str) -> bool {
    let after = after.trim_start_matches(['*', '`', '"', ')', '=', ':']).trim_start();
    let next = after.split_whitespace().next().unwrap_or_default();
    matches!(next, "-" | "–" | "—" | "is" | "are" | "means" | "ist" | "sind" | "bedeutet")
}

/// Cites a unit of a passage.
fn cite(passage: &Passage, unit: &Unit) -> Citation {
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
fn readable(passage: &Passage, unit: &Unit) -> String {
    let text = &passage.text;
    let quote = &text[unit.bytes.clone()];
    if unit.kind == Kind::Code {
        return quote.to_owned();
    }
    let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match &unit.term {
        Some(term) if term.end <= unit.bytes.start => {
            format!("{}: {}", on_one_line(&text[term.clone()]), on_one_line(quote))
        }
        _ => on_one_line(quote),
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
            by_words: 1.0,
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
