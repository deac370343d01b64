//! Names among words that nobody listed: where a name stands is known by the words beside it.
//!
//! `call me _`, `_ may`: of several places the first in the table wins. Several words are one name only if they are tied by a
//! hyphen or a title, written with capitals where the text has small letters, or known.

use super::{
    super::{
        Category, Intent, SlotValue, common::TITLES, grammar, text::Said, vocabulary::Vocabulary,
    },
    Concept, Known,
    clauses::{Clauses, Denied},
    is, is_in,
    told::Place,
};
use crate::host::Language;

/// Returns the name that a statement is about.
pub(super) fn read(
    concept: &Concept,
    said: &Said<'_>,
    known: &Known,
    vocabulary: &Vocabulary,
) -> Option<Place> {
    let clauses = Clauses::of(said, known.signs);
    let takes_back = matches!(concept.intent, Intent::RevokePermission | Intent::RevokeConsent);
    // "Don't call me Lucille, call me Lucy."
    let counts = |at: usize| takes_back || clauses.deny(at) != Denied::Yes;
    let family = if concept.intent.category() == Category::Permission {
        "permission"
    } else {
        concept.intent.name()
    };
    let snippets =
        known.names.iter().filter(|(of, _)| *of == family).flat_map(|(_, all)| all.split('|'));
    for snippet in snippets {
        for at in (0..said.tokens.len()).filter(|at| counts(*at)) {
            if let Some((from, to, name)) = stands(snippet, said, at, vocabulary) {
                return Some((from, to, Some(SlotValue::Word(name))));
            }
        }
    }
    None
}

/// Returns the name if the words of a snippet stand here.
fn stands(
    snippet: &str,
    said: &Said<'_>,
    start: usize,
    vocabulary: &Vocabulary,
) -> Option<(usize, usize, String)> {
    let mut at = start;
    let mut found: Option<(usize, usize, String)> = None;
    for known in snippet.split_whitespace() {
        while at > start
            && said.tokens.get(at).is_some_and(|token| token.soft && !is(known, &token.word))
        {
            at += 1;
        }
        if known.starts_with('_') {
            let (to, name) = longest(said, at, vocabulary)?;
            let name = match known.strip_prefix('_') {
                Some("") | None => name,
                Some(ending) => name.strip_suffix(ending)?.to_owned(),
            };
            found = Some((at, to, name));
            at = to;
            // "Ben's": what follows a name may be its possession.
            continue;
        }
        if !said.tokens.get(at).is_some_and(|token| is(known, &token.word)) {
            return None;
        }
        at += 1;
    }
    found
}

/// Whose sister somebody is.
const OWN: &str = "my your his her our their mein* dein* sein* ihr* unser* euer* eure* der die";

/// Returns the longest name that begins here.
fn longest(said: &Said<'_>, at: usize, vocabulary: &Vocabulary) -> Option<(usize, String)> {
    let thing = |slot: &str| vocabulary.values_at(slot, said, at).next().is_some();
    let nobody = [
        "him", "her", "them", "me", "us", "you", "it", "he", "she", "ihm", "ihr", "ihn", "ihnen",
        "sie", "er", "es",
    ];
    if nobody.contains(&said.word(at))
        || grammar::is_number(said, at)
        || ["location", "door", "garage"].into_iter().any(thing)
        || grammar::is_a_unit(said.word(at))
        || grammar::is_a_thing(said.word(at), said.language)
    {
        return None;
    }
    let capital = |at: usize| {
        said.tokens
            .get(at)
            .is_some_and(|token| said.text[token.start..].starts_with(char::is_uppercase))
    };
    // Whoever writes capitals writes names with them.
    let writes_capitals = (1..said.tokens.len()).any(|at| capital(at) && said.word(at).len() > 1);
    if writes_capitals && !capital(at) {
        return None;
    }
    let has_small = said.tokens.iter().skip(1).any(|token| {
        said.text[token.start..].starts_with(char::is_lowercase) && token.word.len() > 2
    });
    // German writes every noun with a capital.
    let tells = said.language == Language::English && has_small;
    let known = vocabulary.person_at(said, at);
    let title = TITLES.of(said.language).contains(said.word(at))
        // "Schwester Agnieszka" nurses; "meine Schwester Agnieszka" is called Agnieszka.
        || matches!(said.word(at), "schwester" | "pfleger" | "nurse" | "sister")
            && (at == 0 || !is_in(OWN, said.word(at - 1)));
    let of_several = |to: usize| {
        known == Some(to)
            || (at + 1..to).all(|at| said.tokens[at].joined)
            || title && to == at + 2
            || tells && (at..to).all(capital)
    };
    if title && grammar::names_at(said, at, vocabulary).is_empty() {
        // The title is a word that is no name by itself.
        let (end, _) = grammar::names_at(said, at + 1, vocabulary).into_iter().next()?;
        return Some((end, said.slice(at, end).to_owned()));
    }
    grammar::names_at(said, at, vocabulary)
        .into_iter()
        .rfind(|(to, _)| *to == at + 1 || of_several(*to))
}
