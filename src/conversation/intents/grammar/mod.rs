//! The grammar: sentences with free words, which are recognised as a whole or not at all.

mod english;
mod german;
mod loose;
pub(super) mod names;
pub(super) mod pattern;
mod slots;
mod when;

pub(super) use names::{resource, service};
pub(super) use pattern::{Macros, Pattern, PatternError, macros};
pub(super) use when::level;

use super::{
    Intent, Slots,
    common::{COMMON_ENGLISH, COMMON_GERMAN, NO_NAMES, TITLES},
    index::Index,
    text::{Said, Token},
    vocabulary::Vocabulary,
};
use crate::host::Language;
use pattern::Row;
use std::{collections::HashSet, sync::LazyLock};

/// How sure a reading is that is only a guess; between the thresholds, so that it is asked about.
pub(super) const GUESS: f32 = 0.7;

/// The patterns of one language.
struct Grammar {
    patterns: Vec<(&'static Intent, Pattern)>,
    index: Index,
    /// Words that are no names.
    stops: HashSet<String>,
}

static ENGLISH: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::new(
        english::MACROS,
        english::ROWS,
        NO_NAMES.of(Language::English).iter().chain(COMMON_ENGLISH.iter()),
        Language::English,
    )
});
static GERMAN: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::new(
        german::MACROS,
        german::ROWS,
        NO_NAMES.of(Language::German).iter().chain(COMMON_GERMAN.iter()),
        Language::German,
    )
});

fn grammar(language: Language) -> &'static Grammar {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

/// Returns the words of a language that are no names.
fn stops(language: Language) -> &'static HashSet<String> {
    &grammar(language).stops
}

/// What the grammar makes of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) intent: Intent,
    pub(super) slots: Slots,
    pub(super) confidence: f32,
}

impl Grammar {
    fn new<'a>(
        macros: &[(&'static str, &'static str)],
        rows: [&'static [Row]; 4],
        others: impl Iterator<Item = &'a &'static str>,
        language: Language,
    ) -> Self {
        let vocabulary = Vocabulary::default();
        let macros = pattern::macros(macros, &vocabulary).unwrap_or_default();
        let patterns: Vec<_> = rows
            .iter()
            .flat_map(|family| *family)
            // A test sees to it that every row can be read.
            .filter_map(|(intent, text)| {
                Some((intent, Pattern::parse(text, &macros, &vocabulary).ok()?))
            })
            .collect();
        let mut stops: HashSet<String> = others.map(|word| (*word).to_owned()).collect();
        for (_, pattern) in &patterns {
            pattern.literals(&mut stops);
        }
        let around = match language {
            Language::English => slots::AROUND_ENGLISH,
            Language::German => slots::AROUND_GERMAN,
        };
        stops.extend(around.split_whitespace().map(str::to_owned));
        stops.retain(|word| !TITLES.of(language).contains(word.as_str()));
        let index = Index::new(patterns.iter().map(|(_, pattern)| pattern.anchors()));
        Self { patterns, index, stops }
    }
}

/// Reads a text as one of the sentences with free words.
pub(super) fn read(said: &Said<'_>, vocabulary: &Vocabulary) -> Option<Reading> {
    if said.tokens.is_empty() {
        return None;
    }
    if let Some(found) = first(said, vocabulary, |_| true) {
        return Some(found);
    }
    // How long a permission lasts may be said anywhere in it.
    let (shorter, lasts) = without_duration(said)?;
    let permission =
        |intent: &Intent| matches!(intent, Intent::GrantPermission | Intent::RequestPermission);
    let mut found = first(&shorter, vocabulary, permission)?;
    match lasts {
        Some(lasts) if found.intent == Intent::GrantPermission => {
            found.slots.insert("duration".to_owned(), lasts);
        }
        Some(_) => {}
        // "Until tonight" depends on when that is; the caller asks.
        None => found.confidence = GUESS,
    }
    Some(found)
}

/// Reads a text loosely; only for what no pattern fits.
pub(super) fn read_loosely(said: &Said<'_>, vocabulary: &Vocabulary) -> Option<Reading> {
    loose::read(said, vocabulary)
}

/// Reads a slot wherever it stands: where it begins and ends, and its value. Of several, the last counts: "not as a man, keep it
/// neutral"; what is about several groups is about none.
pub(super) fn spot(
    slot: &str,
    said: &Said<'_>,
    used: &[bool],
    vocabulary: &Vocabulary,
) -> Option<(usize, usize, Option<super::SlotValue>)> {
    if slot == "group" {
        return slots::one_group(said, used);
    }
    let kind = slots::Kind::named(slot, vocabulary)?;
    let read = |at: usize| {
        let longest = kind.read(said, at, vocabulary).into_iter().max_by_key(|read| read.end)?;
        Some((at, longest.end, longest.value))
    };
    if slot == "duration" {
        // "For half an hour, not a minute longer."
        return (0..said.tokens.len()).find_map(read);
    }
    (0..said.tokens.len()).rev().filter(|at| !used[*at]).find_map(|at| {
        let longest = kind.read(said, at, vocabulary).into_iter().max_by_key(|read| read.end)?;
        // A longer value may begin before: "neither male nor female".
        let before = (at.saturating_sub(4)..at).find_map(|from| {
            let reads = kind.read(said, from, vocabulary).into_iter();
            let longer =
                reads.filter(|read| read.end >= longest.end).max_by_key(|read| read.end)?;
            Some((from, longer.end, longer.value))
        });
        before.or(Some((at, longest.end, longest.value)))
    })
}

/// Whether a word is a thing that somebody may be permitted, such as "music".
pub(super) fn is_a_thing(word: &str, language: Language) -> bool {
    slots::is_a_thing(word, language)
}

/// Whether a word is a unit of time.
pub(super) fn is_a_unit(word: &str) -> bool {
    when::is_unit(word)
}

/// Whether a number stands here.
pub(super) fn is_number(said: &Said<'_>, at: usize) -> bool {
    when::number(said, at).is_some()
}

/// Returns the names that can be read here, the longest last: where each ends, and how it is written.
pub(super) fn names_at(
    said: &Said<'_>,
    at: usize,
    vocabulary: &Vocabulary,
) -> Vec<(usize, String)> {
    names::read(said, at, false, vocabulary).collect()
}

/// Makes "telling" and "told" of politeness the "tell" of a pattern: "would you mind calling me Kate".
pub(super) fn to_the_imperative(said: &mut Said<'_>) {
    let known = stops(said.language);
    let Some(verb) = said.tokens.iter_mut().find(|token| !token.soft) else { return };
    let irregular = match verb.word.as_str() {
        "told" => Some("tell"),
        "gave" => Some("give"),
        "spoke" => Some("speak"),
        "took" => Some("take"),
        "forgot" => Some("forget"),
        "kept" => Some("keep"),
        _ => None,
    };
    if let Some(irregular) = irregular {
        irregular.clone_into(&mut verb.word);
        return;
    }
    let stem = ["ing", "ed"].iter().find_map(|ending| verb.word.strip_suffix(ending));
    let Some(stem) = stem.filter(|stem| stem.len() > 1) else { return };
    let halved = &stem[..stem.len() - stem.chars().last().map_or(0, char::len_utf8)];
    let possible = [stem.to_owned(), format!("{stem}e"), halved.to_owned()];
    if let Some(base) = possible.into_iter().find(|base| known.contains(base)) {
        verb.word = base;
    }
}

/// Reads a German text by its frames, whose words may stand in any order.
pub(super) fn loosely(said: &Said<'_>, vocabulary: &Vocabulary) -> Option<Reading> {
    if let Some((shorter, lasts)) = without_duration(said)
        && let Some(mut found) = german::frames::read(&shorter, vocabulary)
        && matches!(found.intent, Intent::GrantPermission | Intent::RequestPermission)
    {
        match lasts {
            Some(lasts) if found.intent == Intent::GrantPermission => {
                found.slots.insert("duration".to_owned(), lasts);
            }
            Some(_) => {}
            None => found.confidence = GUESS,
        }
        return Some(found);
    }
    german::frames::read(said, vocabulary)
}

/// Returns the first pattern that fits.
fn first(
    said: &Said<'_>,
    vocabulary: &Vocabulary,
    wanted: impl Fn(&Intent) -> bool,
) -> Option<Reading> {
    let grammar = grammar(said.language);
    let possible = grammar.index.candidates(said.tokens.iter().map(|token| token.word.as_str()));
    for (intent, pattern) in possible.into_iter().map(|at| &grammar.patterns[at]) {
        if !wanted(intent) {
            continue;
        }
        let readings = pattern.readings(said, vocabulary);
        let Some(slots) = readings.first() else { continue };
        let names_a_known_person =
            |slots: &Slots| slots.values().any(|value| vocabulary.knows_person(value));
        let mut known = readings.iter().filter(|slots| names_a_known_person(slots));
        let (slots, sure) = match (known.next(), known.next(), readings.len()) {
            (Some(slots), None, _) => (slots, true),
            (_, _, 1) => (slots, !pattern.is_guess()),
            _ => (slots, false),
        };
        return Some(Reading {
            intent: (*intent).clone(),
            slots: slots.clone(),
            confidence: if sure { 1.0 } else { GUESS },
        });
    }
    None
}

const UNTIL: &[&str] = &["until", "till", "bis"];

/// Takes out how long something lasts; nothing lasts "until" a time that is not known here.
fn without_duration<'a>(said: &Said<'a>) -> Option<(Said<'a>, Option<super::SlotValue>)> {
    let mut words = said.tokens.iter().map(|token| token.word.as_str());
    if !words.any(|word| when::is_unit(word) || UNTIL.contains(&word)) {
        return None;
    }
    for at in 0..said.tokens.len() {
        if let Some((end, seconds)) = when::duration(said, at) {
            let lasts = super::SlotValue::Seconds(seconds);
            return Some((cut(said, at, end), Some(lasts)));
        }
        if UNTIL.contains(&said.word(at)) {
            let times = [
                "tonight",
                "tomorrow",
                "midnight",
                "noon",
                "evening",
                "morning",
                "heute",
                "morgen",
                "abend",
                "mitternacht",
                "mittag",
                "the",
                "zum",
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
                "sunday",
                "montag",
                "dienstag",
                "mittwoch",
                "donnerstag",
                "freitag",
                "samstag",
                "sonntag",
                "uhr",
                "oclock",
                "end",
                "of",
                "day",
                "week",
                "ende",
                "der",
                "woche",
                "des",
                "tages",
                "pm",
                "am",
                "further",
                "notice",
                "auf",
                "weiteres",
                "frueh",
                "i",
                "say",
                "so",
                "am",
                "next",
                "at",
                "um",
            ];
            let mut end = at + 1;
            while end < said.tokens.len()
                && (times.contains(&said.word(end)) || when::number(said, end).is_some())
            {
                end += 1;
            }
            return Some((cut(said, at, end), None));
        }
    }
    None
}

fn cut<'a>(said: &Said<'a>, from: usize, to: usize) -> Said<'a> {
    let mut tokens = said.tokens.clone();
    let at = tokens[from].start;
    tokens.drain(from..to);
    if from == 0 && said.language == Language::German {
        // "Zwei Stunden lang darf Ben …" permits; without its beginning it would ask.
        let word = |word: &str| Token {
            word: word.to_owned(),
            start: at,
            end: at,
            joined: false,
            soft: false,
        };
        tokens.splice(0..0, [word("ab"), word("jetzt")]);
    }
    Said { tokens, ..*said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_grammar_can_be_read() {
        let vocabulary = Vocabulary::default();
        for (written, rows) in [(english::MACROS, english::ROWS), (german::MACROS, german::ROWS)] {
            let macros = pattern::macros(written, &vocabulary).unwrap();
            for (intent, text) in rows.into_iter().flatten() {
                let pattern = Pattern::parse(text, &macros, &vocabulary);
                assert!(pattern.is_ok(), "{}: {text}: {:?}", intent.name(), pattern.err());
                assert!(
                    pattern.is_ok_and(|pattern| pattern.has_a_word())
                        || text.contains("{language}"),
                    "{text} fits everything"
                );
            }
        }
    }
}
