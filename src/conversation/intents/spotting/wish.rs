//! Which command is probably wanted.

use super::{
    super::{
        Intent, SlotValue, Slots,
        commands::{self, ALL, Found},
        grammar,
        text::Said,
        vocabulary::Vocabulary,
    },
    Concept, Known, NO_LONGER,
    clauses::{Clauses, Denied},
    is, is_in,
    signs::{Asked, without_fine_conditions},
};

/// What a text has of a wish.
pub(super) enum Wish {
    /// This is wanted.
    For(Intent, Slots),
    /// A command is spoken of, and not wanted now, or not it alone.
    Mentioned,
    /// No command is spoken of.
    None,
}

/// Returns the command that is wanted.
pub(super) fn read(original: &Said<'_>, known: &Known, vocabulary: &Vocabulary) -> Wish {
    let Known { signs, commands, .. } = known;
    let (said, manner) = commands::asked(original, vocabulary);
    let said = without_fine_conditions(&said, original, signs);
    let clauses = Clauses::of(&said, signs);
    let fits = commands
        .iter()
        .filter_map(|concept| Some((concept, compare(concept, &said, &clauses, vocabulary)?)));
    let fits: Vec<_> = fits.collect();
    let mut wanted = fits.iter().filter(|(_, fit)| fit.wanted);
    let Some((concept, fit)) = wanted.next() else {
        return if fits.is_empty() { Wish::None } else { Wish::Mentioned };
    };
    // Two things at once are wanted one after the other.
    let another = wanted.any(|(other, _)| other.intent != concept.intent);
    let both = fit.several && said.tokens.iter().any(|token| is_in(signs.both, &token.word));
    let one_word = said.tokens.len() < 2;
    let asked = Asked { original, said: &said, clauses: &clauses, manner, signs };
    if another || both || one_word || asked.is_no_wish_for_now(concept, fit) {
        return Wish::Mentioned;
    }
    Wish::For(concept.intent.clone(), fit.slots.clone())
}

/// How a concept fits.
pub(super) struct Fit {
    /// One that was said in two ways is not here: it is asked for.
    pub(super) slots: Slots,
    /// Whether it is wanted, and not denied.
    pub(super) wanted: bool,
    /// Whether a slot was said in two ways.
    pub(super) several: bool,
    /// The clauses in which it is said.
    pub(super) clauses: Vec<usize>,
}

/// Returns how a concept fits, if it does.
pub(super) fn compare(
    concept: &Concept,
    said: &Said<'_>,
    clauses: &Clauses,
    vocabulary: &Vocabulary,
) -> Option<Fit> {
    if !concept.is_possible(said) {
        return None;
    }
    let own = |at: usize| concept.needs.iter().any(|group| group.has(said.word(at)));
    let mut used = vec![false; said.tokens.len()];
    let mut slots = Slots::new();
    let mut several = Vec::new();
    for slot in concept.slots {
        match commands::find(slot, said, &mut used, &own, vocabulary) {
            Found::One(value) => drop(slots.insert((*slot).to_owned(), value)),
            Found::Several => match level(said).filter(|_| *slot == "level") {
                Some(level) => drop(slots.insert((*slot).to_owned(), level)),
                None => several.push(*slot),
            },
            Found::Nothing => {}
        }
    }
    let last = clauses.denied.len() - 1;
    let counts = |at: usize, is_the_thing: bool| match clauses.deny(at) {
        Denied::No => true,
        Denied::AnyMore if concept.by_denial => true,
        // "I need no light here any more, turn it off": what is wanted comes afterwards.
        Denied::AnyMore | Denied::Yes => is_the_thing && clauses.of[at] < last,
    };
    let goes_on_no_longer = concept.by_denial && clauses.denied.contains(&Denied::AnyMore);
    let mut wanted = goes_on_no_longer;
    let mut denied = false;
    let mut wish = Vec::new();
    for (place, group) in concept.needs.iter().enumerate() {
        let by_slot = |slot: &&str| slots.contains_key(*slot) || several.contains(slot);
        let mut counted = group.slots.iter().any(by_slot)
            || goes_on_no_longer && group.words.contains(&NO_LONGER);
        let mut met = counted;
        for known in &group.words {
            for at in (0..said.tokens.len()).filter(|at| is(known, said.word(*at))) {
                met = true;
                counted |= counts(at, place == 0);
                let undenied = clauses.deny(at) == Denied::No;
                wanted |= undenied;
                if undenied || concept.by_denial {
                    wish.push(clauses.of[at]);
                }
            }
        }
        if !met {
            return None;
        }
        denied |= !counted;
    }
    if concept.slots.contains(&"location")
        && !slots.contains_key("location")
        && several.is_empty()
        && said.tokens.iter().any(|token| ALL.contains(&token.word.as_str()))
    {
        slots.insert("location".to_owned(), SlotValue::Word("everywhere".to_owned()));
    }
    let several = !several.is_empty();
    Some(Fit { slots, wanted: wanted && !denied, several, clauses: wish })
}

/// Returns the level that is set, where other numbers are said too: "down to 20, the little one is asleep".
fn level(said: &Said<'_>) -> Option<SlotValue> {
    let after = |at: &usize| is_in("to at on auf volume lautstaerke", said.word(*at));
    let at = (0..said.tokens.len()).find(|at| after(at) && grammar::is_number(said, at + 1))?;
    grammar::level(said, at + 1).map(|(_, level)| SlotValue::Number(level))
}
