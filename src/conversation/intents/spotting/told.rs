//! What is probably told or asked.

use super::{
    super::{
        Category, Intent, SlotValue, Slots, commands, grammar,
        text::{Said, Token},
        vocabulary::Vocabulary,
    },
    Concept, Group, Known,
    clauses::{Clauses, Denied},
    is_in, is_in_documents, names,
    signs::{asks_how_to, is_asked_for, without_fine_conditions},
    wish::compare,
};

/// Returns what is told: who is here, what somebody prefers or permits.
pub(super) fn statement(
    said: &Said<'_>,
    known: &Known,
    vocabulary: &Vocabulary,
) -> Option<(Intent, Slots)> {
    let mut said = without_fine_conditions(said, said, known.signs);
    mark_if_short(&mut said);
    if is_in_documents(&said) {
        return None;
    }
    stated(&said, known, vocabulary).or_else(|| {
        let plain = commands::without_politeness(&said, vocabulary)?;
        stated(&plain, known, vocabulary)
    })
}

fn stated(said: &Said<'_>, known: &Known, vocabulary: &Vocabulary) -> Option<(Intent, Slots)> {
    let Known { signs, statements, .. } = known;
    let begins = is_in(signs.asks, said.word(0))
        && !is_in("not nicht", said.word(1))
        && !is_in(signs.fine_if.0, said.word(1));
    let you = said.tokens.iter().any(|token| is_in(signs.you, &token.word));
    let asks = (said.asks || begins) && !(you && is_asked_for(said, signs));
    let clauses = Clauses::of(said, signs);
    statements.iter().find_map(|concept| {
        if asks && *concept.intent != Intent::RequestPermission {
            return None;
        }
        let Told { slots, used, name } = told(concept, said, known, vocabulary)?;
        // "Here is Anna, she says hello" tells who is here; "Anna says that Ben may" tells what she says.
        let told_here = |at: usize| {
            concept.intent.category() != Category::Identity
                || name.is_none_or(|name| clauses.of[at] == clauses.of[name])
        };
        let goodbye = said.tokens.iter().any(|token| is_in(signs.goodbye, &token.word));
        let supposed = (0..said.tokens.len()).filter(|at| !used[*at]).any(|at| {
            is_in(signs.supposes, said.word(at))
                || !goodbye && told_here(at) && is_in(signs.reports, said.word(at))
        });
        (!supposed).then(|| (concept.intent.clone(), slots))
    })
}

/// A telegram says no more than the matter: "language: German", "logged in users".
const SHORT: usize = 4;

/// Adds a word to a short text, so that a concept can ask for it.
fn mark_if_short(said: &mut Said<'_>) {
    if !said.tokens.is_empty() && said.tokens.len() <= SHORT {
        let end = said.text.len();
        let word = "#short".to_owned();
        said.tokens.push(Token { word, start: end, end, joined: false, soft: true });
    }
}

/// Nobody greets in more words, or thanks.
const LONGEST_TALK: usize = 9;

/// Returns what is asked about, or said to be kind.
pub(super) fn question(
    said: &Said<'_>,
    known: &Known,
    vocabulary: &Vocabulary,
) -> Option<(Intent, Slots)> {
    let Known { signs, questions, .. } = known;
    if is_in_documents(said) {
        return None;
    }
    let mut said = Said { tokens: said.tokens.clone(), ..*said };
    mark_if_short(&mut said);
    let said = &said;
    let clauses = Clauses { of: vec![0; said.tokens.len()], denied: vec![Denied::No] };
    let talk = |concept: &Concept| matches!(concept.intent, Intent::Greet | Intent::SmallTalk);
    // Who asks how something is done asks the documents.
    let explains = asks_how_to(said, signs);
    let fits = |concept: &&Concept| {
        (said.tokens.len() <= LONGEST_TALK || !talk(concept))
            && !(explains && concept.intent.is_explained_by_documents())
            && compare(concept, said, &clauses, vocabulary).is_some()
    };
    let concept = questions.iter().find(fits)?;
    Some((concept.intent.clone(), Slots::new()))
}

/// What a statement says.
struct Told {
    slots: Slots,
    /// The words that the slots are made of.
    used: Vec<bool>,
    /// Where the name stands.
    name: Option<usize>,
}

/// Returns what a statement says, if it fits.
fn told(
    concept: &Concept,
    said: &Said<'_>,
    known: &Known,
    vocabulary: &Vocabulary,
) -> Option<Told> {
    if !concept.is_possible(said) {
        return None;
    }
    let mut slots = Slots::new();
    let mut used = vec![false; said.tokens.len()];
    let mut name = None;
    let clauses = Clauses::of(said, known.signs);
    let denied: Vec<bool> =
        (0..said.tokens.len()).map(|at| clauses.deny(at) == Denied::Yes).collect();
    for slot in concept.slots {
        let found = match *slot {
            "name" | "person" => names::read(concept, said, known, vocabulary),
            "data" => grammar::spot("data", said, &used, vocabulary).or_else(|| data(said, known)),
            // "I understand no English, speak German": what is denied is not chosen, if there is anything else.
            "language" | "form" => grammar::spot(slot, said, &denied, vocabulary),
            slot => grammar::spot(slot, said, &used, vocabulary),
        };
        if let Some((from, to, value)) = found {
            if matches!(*slot, "name" | "person") {
                name = Some(from);
            }
            used[from..to].iter_mut().for_each(|used| *used = true);
            if let Some(value) = value {
                slots.insert((*slot).to_owned(), value);
            }
        }
    }
    let met = |group: &Group| {
        group.slots.iter().any(|slot| slots.contains_key(*slot))
            || said.tokens.iter().any(|token| group.has(&token.word))
    };
    // Nothing is given in a clause that denies.
    let refused =
        concept.intent.gives() && name.is_some_and(|name| clauses.deny(name) != Denied::No);
    (!refused && concept.needs.iter().all(met)).then_some(Told { slots, used, name })
}

pub(super) type Place = (usize, usize, Option<SlotValue>);

/// Returns what is named of what is known about somebody; the words around it, such as "which", are part of it.
fn data(said: &Said<'_>, known: &Known) -> Option<Place> {
    let (value, at) = known.data.iter().find_map(|(value, words)| {
        let at = said.tokens.iter().position(|token| is_in(words, &token.word))?;
        Some((*value, at))
    })?;
    let asks =
        |at: &usize| is_in("how which when what wie welche welcher wann was", said.word(*at));
    let from = (at.saturating_sub(5)..at).find(asks).unwrap_or(at);
    Some((from, at + 1, Some(SlotValue::Word(value.to_owned()))))
}
