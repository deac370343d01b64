//! Concept spotting: what is probably wanted where a sentence says more than a command does, or says it in unforeseen words.
//!
//! "I can't see a thing in the cellar, turn the light on down there" has a thing, an action and a place of `turn_on_light`, and
//! words that nobody listed. The strict reader rightly leaves it alone. Here it is a guess, of a confidence below
//! [`Thresholds::act_from`](super::Thresholds): never acted on, but asked back. So this may be generous about unknown
//! words; but it does not guess where a sentence asks, reports, denies, puts off or chains, since asking back is a nuisance
//! there.
//!
//! A group of words is met by one word of it; `lamp*` stands for every word that begins so, `*rechte` for every
//! word that ends so.
//!
//! What is wanted of the node is read more strictly here than what is told it or asked of it: a statement may have a past, and a
//! question asks.

mod clauses;
mod english;
mod german;
mod names;
mod signs;
#[cfg(test)]
mod tests;
mod told;
mod wish;

use super::{Category, Intent, Slots, text::Said, vocabulary::Vocabulary};
use crate::host::Language;
use signs::Signs;
use std::sync::LazyLock;
use told::{question, statement};
use wish::Wish;

/// What an intent is known by, as it is written down.
#[derive(Debug)]
struct Written {
    intent: Intent,
    /// Each must be met, by a word or by a slot: `{door}`. The thing stands first: it may have been denied before, as in "I need
    /// no light here, turn it off".
    needs: &'static [&'static [&'static str]],
    /// Words that make something else of it.
    never: &'static str,
    slots: &'static [&'static str],
}

const fn spot(
    intent: Intent,
    needs: &'static [&'static [&'static str]],
    never: &'static str,
    slots: &'static [&'static str],
) -> Written {
    Written { intent, needs, never, slots }
}

/// What an intent is known by, ready to be compared.
struct Concept {
    intent: &'static Intent,
    needs: Vec<Group>,
    never: Vec<&'static str>,
    slots: &'static [&'static str],
    /// Whether it ends that something goes on: then the denial is the order.
    by_denial: bool,
}

#[derive(Default)]
struct Group {
    words: Vec<&'static str>,
    slots: Vec<&'static str>,
}

impl Group {
    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| is(known, word))
    }
}

const NO_LONGER: &str = "no_longer";

fn ready(written: &'static [Written]) -> Vec<Concept> {
    let group = |lists: &&'static [&'static str]| {
        let mut group = Group::default();
        for known in lists.iter().flat_map(|list| list.split_whitespace()) {
            match known.strip_prefix('{').and_then(|known| known.strip_suffix('}')) {
                Some(slot) => group.slots.push(slot),
                None => group.words.push(known),
            }
        }
        group
    };
    let concept = |written: &'static Written| {
        let needs: Vec<Group> = written.needs.iter().map(group).collect();
        Concept {
            intent: &written.intent,
            by_denial: needs.iter().any(|group| group.words.contains(&NO_LONGER)),
            needs,
            never: written.never.split_whitespace().collect(),
            slots: written.slots,
        }
    };
    written.iter().map(concept).collect()
}

impl Concept {
    /// Whether a text can be this at all, so that its slots are worth reading.
    fn is_possible(&self, said: &Said<'_>) -> bool {
        let says = |known: &&str| said.tokens.iter().any(|token| is(known, &token.word));
        let met = |group: &Group| {
            !group.slots.is_empty()
                || group.words.contains(&NO_LONGER)
                || group.words.iter().any(says)
        };
        self.needs.iter().all(met) && !self.never.iter().any(says)
    }
}

/// What is known of a language.
struct Known {
    signs: &'static Signs,
    commands: Vec<Concept>,
    statements: Vec<Concept>,
    questions: Vec<Concept>,
    /// Where names stand; `_` is the name.
    names: &'static [(&'static str, &'static str)],
    /// How data about somebody is named in other words than the grammar knows.
    data: &'static [(&'static str, &'static str)],
}

static ENGLISH: LazyLock<Known> = LazyLock::new(english::known);
static GERMAN: LazyLock<Known> = LazyLock::new(german::known);

fn known(language: Language) -> &'static Known {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

/// What was spotted in a text.
pub(super) enum Spotted {
    /// This is probably wanted.
    Wanted(Intent, Slots),
    /// It speaks of a command, and does not ask for it now.
    AboutCommand,
    /// Nothing that is known.
    Nothing,
}

/// Returns what is probably wanted.
pub(super) fn read(said: &Said<'_>, vocabulary: &Vocabulary) -> Spotted {
    if said.quotes {
        return Spotted::Nothing;
    }
    let known = known(said.language);
    let (found, about_a_command) = match wish::read(said, known, vocabulary) {
        Wish::For(intent, slots) => (Some((intent, slots)), false),
        // Whoever speaks of a command without wanting it may speak of who may have it, and of nothing else.
        Wish::Mentioned => {
            let found = statement(said, known, vocabulary);
            (found.filter(|(intent, _)| intent.category() == Category::Permission), true)
        }
        Wish::None => {
            let told = statement(said, known, vocabulary);
            (told.or_else(|| question(said, known, vocabulary)), false)
        }
    };
    match found {
        Some((intent, slots)) => Spotted::Wanted(intent, slots),
        None if about_a_command => Spotted::AboutCommand,
        None => Spotted::Nothing,
    }
}

/// Whether a text asks for something that is written in documents.
pub(super) fn is_in_documents(said: &Said<'_>) -> bool {
    let elsewhere = known(said.language).signs.elsewhere;
    said.tokens.iter().any(|token| is_in(elsewhere, &token.word))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| is(known, word))
}

fn is(known: &str, word: &str) -> bool {
    match (known.strip_prefix('*'), known.strip_suffix('*')) {
        (Some(ends), _) => word.ends_with(ends),
        (_, Some(begins)) => word.starts_with(begins),
        _ => known == word,
    }
}
