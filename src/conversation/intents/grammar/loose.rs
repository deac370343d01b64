//! Loose sentences: words of an intent in any order around one free name, for what no pattern foresees.
//!
//! Every word must be one of the intent's, a slot's, glue that means nothing, or part of the one name; one word in five
//! may be left over, as for questions, for none of these intents is ever executed. What asks, supposes, reports or denies
//! is not read here, unless the intent is a denial.

use super::{
    super::{Intent, SlotValue, Slots, text::Said, vocabulary::Vocabulary},
    Reading, TITLES, names, pattern,
    slots::{Kind, group_of, is_about_a_group},
    stops,
};
use crate::host::Language;
use std::{collections::HashSet, sync::LazyLock};

/// One way to say something loosely, as it is written down.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) intent: Intent,
    /// Each group must be met by a word of its own, or by a slot: `{data}`.
    pub(super) needs: &'static [&'static str],
    /// Words that fit as well.
    pub(super) also: &'static str,
    /// Slots that may be named; `name` and `person` are free words.
    pub(super) slots: &'static [&'static str],
    /// Words that make something else of it.
    pub(super) never: &'static str,
}

struct Phrase {
    intent: &'static Intent,
    needs: Vec<HashSet<&'static str>>,
    also: HashSet<&'static str>,
    slots: Vec<(&'static str, Kind)>,
    never: HashSet<&'static str>,
}

static ENGLISH: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let vocabulary = Vocabulary::default();
    let set = |text: &'static str| text.split_whitespace().collect::<HashSet<_>>();
    let ready = |written: &'static Written| Phrase {
        intent: &written.intent,
        needs: written.needs.iter().map(|group| set(group)).collect(),
        also: set(written.also),
        slots: written
            .slots
            .iter()
            .filter_map(|slot| Some((*slot, Kind::named(slot, &vocabulary)?)))
            .collect(),
        never: set(written.never),
    };
    super::english::LOOSE.iter().map(ready).collect()
});

static GLUE: LazyLock<HashSet<&str>> =
    LazyLock::new(|| super::english::GLUE.split_whitespace().collect());
static STOPPERS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| super::english::STOPPERS.split_whitespace().collect());

/// Reads a sentence loosely; the surest phrase wins, and of equally sure ones the first.
pub(super) fn read(said: &Said<'_>, vocabulary: &Vocabulary) -> Option<Reading> {
    let stopped = said.tokens.iter().any(|token| STOPPERS.contains(token.word.as_str()));
    let asks = ["is", "are", "has", "have", "did", "was", "were", "does", "do", "will", "who"];
    if said.language != Language::English
        || said.quotes
        || stopped
        || said.tokens.len() > 24
        || asks.contains(&said.word(0)) && said.word(1) != "not"
    {
        return None;
    }
    let mut best: Option<Reading> = None;
    let possible =
        ENGLISH.iter().filter(|phrase| !said.asks || *phrase.intent == Intent::RequestPermission);
    for next in possible.filter_map(|phrase| compare(phrase, said, vocabulary)) {
        if best.as_ref().is_none_or(|best| best.confidence < next.confidence) {
            best = Some(next);
        }
    }
    best
}

fn compare(phrase: &Phrase, said: &Said<'_>, vocabulary: &Vocabulary) -> Option<Reading> {
    if said.tokens.iter().any(|token| phrase.never.contains(token.word.as_str())) {
        return None;
    }
    let by_words =
        |group: &HashSet<&str>| said.tokens.iter().any(|token| group.contains(token.word.as_str()));
    let by_slot = |group: &HashSet<&str>| group.iter().any(|word| word.starts_with('{'));
    if !phrase.needs.iter().all(|group| by_slot(group) || by_words(group)) {
        return None;
    }
    let mut used = vec![false; said.tokens.len()];
    let mut slots = Slots::new();
    for (key, kind) in &phrase.slots {
        if matches!(kind, Kind::Name { .. }) {
            continue;
        }
        let value = if matches!(kind, Kind::Group { .. }) {
            one_group(said, &used).map(|group| group.map(|group| SlotValue::Word(group.to_owned())))
        } else {
            read_once(kind, said, vocabulary, &mut used)
        };
        if let Some(value) = value.ok()? {
            slots.insert((*key).to_owned(), value);
        }
    }
    let about_a_group = phrase.slots.iter().any(|(_, kind)| matches!(kind, Kind::Group { .. }));
    for (at, token) in said.tokens.iter().enumerate() {
        let word = token.word.as_str();
        used[at] |= token.soft
            || phrase.also.contains(word)
            || GLUE.contains(word)
            || phrase.needs.iter().any(|group| group.contains(word))
            || about_a_group && is_about_a_group(word);
    }
    if let Some((key, kind)) =
        phrase.slots.iter().find(|(_, kind)| matches!(kind, Kind::Name { .. }))
    {
        let strict = matches!(kind, Kind::Name { strict: true });
        if let Some(name) = one_name(said, &mut used, strict, vocabulary).ok()? {
            slots.insert(pattern::key_of(key).to_owned(), name);
        }
    }
    let met = |group: &HashSet<&str>| {
        by_words(group)
            || group.iter().any(|word| {
                word.strip_prefix('{')
                    .and_then(|word| word.strip_suffix('}'))
                    .is_some_and(|slot| slots.contains_key(slot))
            })
    };
    if !phrase.needs.iter().all(met) {
        return None;
    }
    let explained = used.iter().filter(|used| **used).count();
    #[expect(clippy::cast_precision_loss, reason = "a sentence has few words")]
    let confidence = explained as f32 / used.len() as f32;
    (confidence >= super::GUESS).then(|| Reading {
        intent: phrase.intent.clone(),
        slots,
        confidence,
    })
}

/// Two different values were said for one slot.
struct Several;

/// Returns the group that the things belong to that are named; nothing at all if they belong to several.
fn one_group(said: &Said<'_>, used: &[bool]) -> Result<Option<&'static str>, Several> {
    let mut found: Option<&'static str> = None;
    for (at, token) in said.tokens.iter().enumerate() {
        let Some(group) = group_of(&token.word).filter(|_| !used[at]) else {
            continue;
        };
        let system = matches!(token.word.as_str(), "system" | "systems");
        match found {
            // In "alarm system" the system is no group of its own.
            Some(before) if before != group && !system => return Err(Several),
            Some(_) => {}
            None => found = Some(group),
        }
    }
    Ok(found)
}

/// Reads a slot that may stand anywhere, the longest value.
fn read_once(
    kind: &Kind,
    said: &Said<'_>,
    vocabulary: &Vocabulary,
    used: &mut [bool],
) -> Result<Option<SlotValue>, Several> {
    let mut at = 0;
    let mut named: Option<Option<SlotValue>> = None;
    while at < said.tokens.len() {
        let Some(found) =
            kind.read(said, at, vocabulary).into_iter().max_by_key(|reading| reading.end)
        else {
            at += 1;
            continue;
        };
        used[at..found.end].iter_mut().for_each(|used| *used = true);
        at = found.end.max(at + 1);
        if named.as_ref().is_some_and(|named| *named != found.value) {
            return Err(Several);
        }
        named = Some(found.value);
    }
    Ok(named.flatten())
}

/// Reads the one name among the words that nothing else explains; nothing at all if there are several.
fn one_name(
    said: &Said<'_>,
    used: &mut [bool],
    strict: bool,
    vocabulary: &Vocabulary,
) -> Result<Option<SlotValue>, Several> {
    let mut name = None;
    let mut at = 0;
    while at < said.tokens.len() {
        let known = vocabulary.values_at("location", said, at).next().is_some();
        let candidate = (!used[at] && !known && !stops(said.language).contains(said.word(at)))
            .then(|| {
                names::read(said, at, strict, vocabulary)
                    .filter(|(end, _)| {
                        used[at..*end].iter().all(|used| !used) && stands_as_a_name(said, at, *end)
                    })
                    .last()
            })
            .flatten();
        match candidate {
            Some((end, found)) => {
                let found = SlotValue::Word(found);
                if name.as_ref().is_some_and(|name| *name != found) {
                    return Err(Several);
                }
                used[at..end].iter_mut().for_each(|used| *used = true);
                name = Some(found);
                at = end;
            }
            None => at += 1,
        }
    }
    Ok(name)
}

/// Words before a name.
const BEFORE: &str = "let allow permit give grant to from tell with by meet called named forbid is brother sister mother \
    father son daughter wife husband friend neighbour colleague partner cousin that me telling for guest \
    hereby arrival boss strip uncle aunt introduce call say name";

/// Words after a name.
const AFTER: &str = "may can has gets +s should loses must left just arrived came joined could entered knows learns sees \
    hears went shall gone showed";

/// Whether words that may be a name are one by their capitals, or by the words beside them: speech has no capitals, and a
/// verb that nobody listed is no name.
fn stands_as_a_name(said: &Said<'_>, at: usize, end: usize) -> bool {
    let capital = |at: usize| {
        said.tokens
            .get(at)
            .is_some_and(|token| said.text[token.start..].starts_with(char::is_uppercase))
    };
    let shouted = !said.text.chars().any(char::is_lowercase);
    let starts_the_text = shouted || said.tokens.get(at).is_some_and(|token| token.start == 0);
    let is_in = |list: &str, word: &str| list.split_whitespace().any(|known| known == word);
    let beside = is_in(AFTER, said.word(end)) || at > 0 && is_in(BEFORE, said.word(at - 1));
    if capital(at) && !starts_the_text {
        return (at..end).all(capital) || beside && end - at == 1;
    }
    // "Mrs Hughes is sitting here."
    if TITLES.of(said.language).contains(said.word(at)) && end - at == 2 {
        return true;
    }
    beside && end - at <= 2 && !matches!(said.word(at), "rid" | "rest" | "wait" | "bother")
}
