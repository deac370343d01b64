//! Commands: only these may ever be executed, so a command is recognised only if every word of the sentence is accounted for.
//!
//! The words of a command may stand in any order (German separates its verbs), but each must be one that the command
//! knows: its own words, its slots, or words that say nothing. Whatever makes something else of a sentence is a
//! word that no command knows: a negation, "when", "if", "tomorrow", "said", "why", "and", a name, a past tense. One such word is
//! enough, and the sentence is not this command. There is no similarity.
//!
//! Some words are understood in company only; in the tables they end in a sign:
//!
//! ```text
//! opened*    only in a wish: "I'd like the garage opened"; alone it tells what happened
//! machst+    only in a request: "könntest du …", "machst du bitte …"
//! ausmachen~ not in a wish: "ich möchte das Licht ausmachen" is no order
//! ```

mod asking;
mod english;
mod german;
mod german_table;
#[path = "verbs.rs"]
mod german_verbs;

use super::{
    CommandName, Intent, SlotValue, Slots,
    common::{NEGATIONS, SOFT},
    grammar::{self, Pattern},
    index::Index,
    text::{Said, Token},
    vocabulary::Vocabulary,
};
use crate::host::Language;
use std::sync::LazyLock;

/// A way to say a command, as it is written down.
#[derive(Debug)]
pub(super) struct Written {
    command: &'static str,
    /// Each must be met by a word of its own, or by a slot: `{door}`.
    needs: &'static [&'static str],
    /// Words that fit as well.
    also: &'static str,
    slots: &'static [&'static str],
}

const fn say(
    command: &'static str,
    needs: &'static [&'static str],
    also: &'static str,
    slots: &'static [&'static str],
) -> Written {
    Written { command, needs, also, slots }
}

/// A way to say a command that is ready to be compared.
struct Phrase {
    command: &'static str,
    needs: Vec<Vec<&'static str>>,
    also: Vec<&'static str>,
    slots: &'static [&'static str],
}

/// The phrases of a language.
struct Table {
    phrases: Vec<Phrase>,
    index: Index,
    requests: Vec<Pattern>,
    wishes: Vec<Pattern>,
    gerunds: Vec<Pattern>,
    passing: Vec<Pattern>,
    tellings: Vec<Pattern>,
}

fn ready(written: &'static [Written]) -> Table {
    let split = |words: &'static str| words.split_whitespace().collect::<Vec<_>>();
    let phrases: Vec<Phrase> = written
        .iter()
        .map(|one| Phrase {
            command: one.command,
            needs: one.needs.iter().map(|group| split(group)).collect(),
            also: split(one.also),
            slots: one.slots,
        })
        .collect();
    // A group that a slot can meet is met by what nobody can know beforehand.
    let groups = |phrase: &Phrase| {
        let by_words =
            phrase.needs.iter().filter(|group| !group.iter().any(|word| word.starts_with('{')));
        by_words
            .map(|group| {
                group.iter().map(|word| word.trim_end_matches(['*', '+', '~'])).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
    };
    let index = Index::new(phrases.iter().map(groups));
    Table {
        phrases,
        index,
        requests: Vec::new(),
        wishes: Vec::new(),
        gerunds: Vec::new(),
        passing: Vec::new(),
        tellings: Vec::new(),
    }
}

/// Reads the frames around commands; a test sees to it that each can be read.
fn frames(written: &[&'static str]) -> Vec<Pattern> {
    let vocabulary = Vocabulary::default();
    let macros = grammar::macros(english::PARTS, &vocabulary).unwrap_or_default();
    let parse = |text: &&'static str| Pattern::parse(text, &macros, &vocabulary).ok();
    written.iter().filter_map(parse).collect()
}

static ENGLISH: LazyLock<Table> = LazyLock::new(|| Table {
    requests: frames(english::REQUESTS),
    wishes: frames(english::WISHES),
    gerunds: frames(english::GERUNDS),
    passing: frames(english::PASSING),
    tellings: frames(english::TELLINGS),
    ..ready(english::PHRASES)
});
static GERMAN: LazyLock<Table> = LazyLock::new(|| ready(german_table::PHRASES));

fn table(language: Language) -> &'static Table {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

/// How a command was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a way to ask, and one sentence can have several"
)]
pub(super) struct Manner {
    /// "Could you …", "machst du bitte …".
    pub(super) request: bool,
    /// "I'd like …", "ich hätte gern …".
    pub(super) wish: bool,
    /// "Kann ich …": what may be had is asked for, what may be done is not.
    may: bool,
    /// "Das Licht muss … werden", "ich will, dass …".
    passive: bool,
}

/// What the commands make of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) intent: Intent,
    pub(super) slots: Slots,
    pub(super) confidence: f32,
    /// Whether it is this command and nothing else.
    pub(super) whole: bool,
}

/// Reads a text as a command.
pub(super) fn read(original: &Said<'_>, vocabulary: &Vocabulary) -> Option<Reading> {
    let (said, manner) = asked(original, vocabulary);
    if said.tokens.iter().any(|token| NEGATIONS.of(said.language).contains(token.word.as_str())) {
        return None;
    }
    let table = table(said.language);
    let possible = table.index.candidates(said.tokens.iter().map(|token| token.word.as_str()));
    let phrases = possible.into_iter().map(|at| &table.phrases[at]);
    // An owner's phrase is looked for as it was said, and without what asks for it.
    let own =
        vocabulary.own_commands(original).into_iter().chain(vocabulary.own_commands(&said)).map(
            |(command, slots)| Reading {
                intent: Intent::Command(command.clone()),
                slots,
                confidence: 1.0,
                whole: true,
            },
        );
    let mut best: Option<Reading> = None;
    for next in phrases.filter_map(|phrase| compare(phrase, &said, manner, vocabulary)).chain(own) {
        match &mut best {
            Some(best)
                if best.whole
                    && next.whole
                    && (best.intent != next.intent || best.slots != next.slots) =>
            {
                // The same words with more of them understood are no second reading.
                if best.intent == next.intent && next.slots.len() != best.slots.len() {
                    if next.slots.len() > best.slots.len() {
                        *best = next;
                    }
                } else {
                    return Some(Reading { whole: false, confidence: grammar::GUESS, ..next });
                }
            }
            Some(best) if (best.whole, best.confidence) >= (next.whole, next.confidence) => {}
            _ => best = Some(next),
        }
    }
    let mut best = best?;
    // Whoever asks "licht aus?" asks; whoever asks "could you …?" does not.
    let asks = said.asks && !manner.request && !manner.wish;
    if said.quotes || asks {
        best.whole = false;
    }
    Some(best)
}

/// Takes out how something is asked for, and tells how it was.
pub(super) fn asked<'a>(said: &Said<'a>, vocabulary: &Vocabulary) -> (Said<'a>, Manner) {
    if said.language == Language::German {
        let (tokens, manner) = asking::read(said, vocabulary);
        return (Said { tokens, ..*said }, manner);
    }
    let mut tokens = said.tokens.clone();
    // "No longer marked" is the only denial that is part of a command; it is one word from here on.
    fold(&mut tokens, &["no longer", "not anymore"], "no_longer");
    fold(&mut tokens, &["un mark", "un flag", "un tag"], "unmark");
    // "Please to turn it off" and "please you turn it off" are said by who learnt the language.
    if tokens.first().is_some_and(|token| matches!(token.word.as_str(), "to" | "you"))
        && said.text.to_lowercase().starts_with("please")
    {
        tokens.remove(0);
    }
    let mut manner = Manner::default();
    let table = table(said.language);
    let mut said = Said { tokens, ..*said };
    manner.request |= english::asks_at_the_end(&mut said);
    manner.wish |= take_all(&mut said, &table.gerunds, vocabulary);
    manner.request |= take_all(&mut said, &table.requests, vocabulary);
    manner.wish |= take_all(&mut said, &table.wishes, vocabulary);
    take_all(&mut said, &table.passing, vocabulary);
    (said, manner)
}

/// Takes out how something is asked for or told; nothing if it is not put politely.
pub(super) fn without_politeness<'a>(said: &Said<'a>, vocabulary: &Vocabulary) -> Option<Said<'a>> {
    if said.language != Language::English {
        return None;
    }
    let mut plain = Said { tokens: said.tokens.clone(), ..*said };
    let table = table(said.language);
    let mut polite = false;
    while take_beginning(&mut plain, &table.tellings, vocabulary) {
        polite = true;
    }
    if take_beginning(&mut plain, &table.gerunds, vocabulary) {
        grammar::to_the_imperative(&mut plain);
        polite = true;
        plain.asks = false;
    } else if take_beginning(&mut plain, &table.requests, vocabulary) {
        grammar::to_the_imperative(&mut plain);
        polite = true;
        plain.asks = false;
        while take_beginning(&mut plain, &table.requests, vocabulary) {}
    }
    polite |= take_all(&mut plain, &table.passing, vocabulary);
    (polite && !plain.tokens.is_empty()).then_some(plain)
}

/// Tells whether a clause is only politeness, or a reason.
pub(super) fn says_nothing(clause: &str, language: Language, vocabulary: &Vocabulary) -> bool {
    if language != Language::English {
        return false;
    }
    let mut said = Said::new(clause, language);
    take_all(&mut said, &table(language).passing, vocabulary);
    said.tokens.iter().all(|token| is_filler(&token.word, language))
}

/// Takes out what these frames fit at the beginning, and tells whether there was any.
fn take_beginning(said: &mut Said<'_>, frames: &[Pattern], vocabulary: &Vocabulary) -> bool {
    let fits = |frame: &Pattern| frame.end_from(said, 0, vocabulary);
    let Some(end) = frames.iter().filter_map(fits).max() else { return false };
    said.tokens.drain(..end);
    true
}

/// Makes one word of each of these pairs.
fn fold(tokens: &mut Vec<Token>, pairs: &[&str], into: &str) {
    for at in (1..tokens.len()).rev() {
        let pair = pairs.iter().filter_map(|pair| pair.split_once(' '));
        if pair
            .into_iter()
            .any(|(first, second)| tokens[at - 1].word == first && tokens[at].word == second)
        {
            tokens.remove(at);
            into.clone_into(&mut tokens[at - 1].word);
        }
    }
}

/// Takes out what these frames fit, each where it first stands, and tells whether there was any.
fn take_all(said: &mut Said<'_>, frames: &[Pattern], vocabulary: &Vocabulary) -> bool {
    let mut taken = false;
    for frame in frames {
        let possible = frame
            .anchors()
            .all(|mut group| group.any(|word| said.tokens.iter().any(|token| token.word == *word)));
        let found = (0..if possible { said.tokens.len() } else { 0 })
            .filter(|at| !said.tokens[*at].soft)
            .find_map(|at| Some((at, frame.end_from(said, at, vocabulary)?)));
        if let Some((at, end)) = found {
            said.tokens.drain(at..end);
            taken = true;
        }
    }
    taken
}

/// Returns how a phrase fits what was said.
fn compare(
    phrase: &Phrase,
    said: &Said<'_>,
    manner: Manner,
    vocabulary: &Vocabulary,
) -> Option<Reading> {
    let mut used = vec![false; said.tokens.len()];
    let mut slots = Slots::new();
    let mut ambiguous = false;
    let own = |at: usize| {
        phrase
            .needs
            .iter()
            .flatten()
            .chain(&phrase.also)
            .any(|known| fits(known, said.word(at), manner))
    };
    for slot in phrase.slots {
        match find(slot, said, &mut used, &own, vocabulary) {
            Found::One(value) => drop(slots.insert((*slot).to_owned(), value)),
            Found::Several => ambiguous = true,
            Found::Nothing => {}
        }
    }
    let mut taken = used.clone();
    let met = phrase
        .needs
        .iter()
        .filter(|group| {
            !group
                .iter()
                .any(|word| is_slot_of(word, &slots) || (ambiguous && word.starts_with('{')))
        })
        .collect::<Vec<_>>();
    if !each_has_its_own(&met, said, manner, &mut taken) {
        return None;
    }
    let fillers = match said.language {
        Language::English => english::FILLERS,
        Language::German => german::FILLERS,
    };
    let (mut explained, mut left_over) = (0_u8, 0_u8);
    let mut everywhere = false;
    for (at, token) in said.tokens.iter().enumerate() {
        let word = token.word.as_str();
        let own = used[at]
            || phrase
                .needs
                .iter()
                .flatten()
                .chain(&phrase.also)
                .any(|known| fits(known, word, manner));
        // "The open garage" is no order to open it, and "the door shut" tells what happened.
        let described = at > 0
            && (matches!(word, "open" | "close" | "shut")
                && matches!(said.word(at - 1), "the" | "a" | "my" | "an" | "this" | "that")
                || word == "shut"
                    && manner == Manner::default()
                    && matches!(said.word(0), "the" | "my" | "our" | "a"));
        if own && !described {
            explained = explained.saturating_add(1);
        } else if phrase.slots.contains(&"location") && ALL.contains(&word) {
            everywhere = true;
        } else if !(fillers.iter().any(|known| fits(known, word, manner))
            || SOFT.of(said.language).contains(word)
            || manner.wish && english::FILLERS_OF_WISHES.contains(&word))
        {
            left_over = left_over.saturating_add(1);
        }
    }
    if everywhere && !slots.contains_key("location") && !ambiguous {
        slots.insert("location".to_owned(), SlotValue::Word("everywhere".to_owned()));
    }
    // Whoever speaks of their own data does not speak of everybody's.
    let mine = ["my", "me", "mine", "our", "us"];
    if joins_two(said)
        || phrase.command == "delete_all_data"
            && said.language == Language::English
            && said.tokens.iter().any(|token| mine.contains(&token.word.as_str()))
    {
        left_over = left_over.saturating_add(1);
    }
    Some(Reading {
        intent: Intent::Command(CommandName::builtin(phrase.command)),
        slots,
        confidence: f32::from(explained) / (f32::from(explained) + f32::from(left_over)),
        whole: left_over == 0 && !ambiguous,
    })
}

/// Tells whether something is said to happen after something else: "stop it, then start it again".
fn joins_two(said: &Said<'_>) -> bool {
    said.language == Language::English
        && said
            .tokens
            .windows(2)
            .enumerate()
            .any(|(at, pair)| pair[1].word == "then" && !pair[0].soft && at + 2 < said.tokens.len())
}

/// "All the lights" are those everywhere.
pub(super) const ALL: &[&str] = &["all", "alle", "saemtliche", "every"];

/// What was found of a slot.
pub(super) enum Found {
    One(SlotValue),
    Several,
    Nothing,
}

/// Looks for the value of a slot, and marks the words it is made of.
pub(super) fn find(
    slot: &str,
    said: &Said<'_>,
    used: &mut [bool],
    own: &dyn Fn(usize) -> bool,
    vocabulary: &Vocabulary,
) -> Found {
    let mut found: Vec<SlotValue> = Vec::new();
    let mut at = 0;
    while at < said.tokens.len() {
        let next = match slot {
            // "Ein" is a particle or an article, and no level.
            "level"
                if said.word(at).starts_with("ein")
                    && !said.word(at).ends_with("ig")
                    && said.word(at) != "eins" =>
            {
                None
            }
            // "R-55" is no level.
            "level" if at > 0 && grammar::resource(said, at - 1).is_some() => None,
            "level" => grammar::level(said, at).map(|(end, level)| (end, SlotValue::Number(level))),
            "resource" => grammar::resource(said, at).map(|(end, id)| (end, SlotValue::Word(id))),
            // After the word "service" anything may be its name; elsewhere it must be the name of a service.
            "service" => grammar::service(said, at)
                .filter(|(end, name)| {
                    let beside = |at: usize| SERVICE_WORDS.contains(&said.word(at));
                    // In "avahi-daemon" the second half is part of the name.
                    let after = at > 0 && beside(at - 1) && !used[at - 1];
                    let named = after || beside(*end);
                    let free = named
                        && !own(at)
                        && !SERVICE_STOPS.contains(&name.as_str())
                        && !is_filler(name, said.language)
                        && !is_filler(said.word(at), said.language);
                    free || vocabulary.is_of_a_service(name)
                        || said.slice(at, *end).to_lowercase().ends_with(".service")
                })
                .map(|(end, name)| (end, SlotValue::Word(name))),
            slot => vocabulary
                .values_at(slot, said, at)
                .next()
                .map(|(end, id)| (end, SlotValue::Word(id.to_owned()))),
        };
        match next {
            Some((end, value)) => {
                used[at..end].iter_mut().for_each(|used| *used = true);
                if !found.contains(&value) {
                    found.push(value);
                }
                at = end;
            }
            None => at += 1,
        }
    }
    // A word beside "service" may be anything; a service that is known is the one that is meant.
    let is_known = |value: &SlotValue| matches!(value, SlotValue::Word(name) if slot == "service" && vocabulary.is_of_a_service(name));
    if found.iter().any(is_known) {
        found.retain(is_known);
    }
    match found.len() {
        0 => Found::Nothing,
        1 => found.pop().map_or(Found::Nothing, Found::One),
        _ => Found::Several,
    }
}

const SERVICE_WORDS: &[&str] =
    &["service", "dienst", "unit", "daemon", "systemdienst", "services", "dienste"];

/// Words beside "service" that do not name one.
const SERVICE_STOPS: &[&str] = &[
    "alarm",
    "light",
    "lights",
    "music",
    "watcher",
    "licht",
    "musik",
    "system",
    "that",
    "this",
    "named",
    "called",
    "which",
    "some",
    "any",
    "all",
    "one",
    "alle",
    "namens",
    "einen",
    "irgendeinen",
    "systemd",
    "not",
    "nicht",
    "and",
    "und",
    "or",
    "oder",
    "if",
    "wenn",
    "when",
    "tomorrow",
    "morgen",
    "again",
    "wieder",
    "every",
    "jeden",
    "on",
    "auf",
    "in",
    "im",
    "with",
    "mit",
    "from",
    "von",
    "to",
    "zu",
    "is",
    "ist",
    "it",
    "es",
    "later",
    "spaeter",
    "until",
    "bis",
    "alarmanlage",
    "nie",
    "never",
    "first",
    "last",
    "second",
    "name",
    "heisst",
    "was",
    "war",
    "only",
    "nur",
    "the",
    "why",
    "how",
    "customer",
    "kundendienst",
    "print",
    "web",
    "mail",
    "new",
    "old",
    "neuen",
    "alten",
    "unused",
    "broken",
    "als",
    "as",
];

fn is_filler(word: &str, language: Language) -> bool {
    let fillers = match language {
        Language::English => english::FILLERS,
        Language::German => german::FILLERS,
    };
    fillers.contains(&word) || SOFT.of(language).contains(word)
}

fn is_slot_of(word: &str, slots: &Slots) -> bool {
    word.strip_prefix('{')
        .and_then(|slot| slot.strip_suffix('}'))
        .is_some_and(|slot| slots.contains_key(slot))
}

/// Whether a word of a phrase is this word, in this manner of asking.
fn fits(known: &str, word: &str, manner: Manner) -> bool {
    match known.as_bytes().last() {
        Some(b'*') => (manner.wish || manner.passive) && known[..known.len() - 1] == *word,
        Some(b'+') => manner.request && known[..known.len() - 1] == *word,
        Some(b'~') => (manner.request || !manner.wish) && known[..known.len() - 1] == *word,
        _ => known == word,
    }
}

/// Tells whether every group has a word that no other group takes.
fn each_has_its_own(
    groups: &[&Vec<&str>],
    said: &Said<'_>,
    manner: Manner,
    taken: &mut [bool],
) -> bool {
    let Some((first, rest)) = groups.split_first() else { return true };
    for at in 0..said.tokens.len() {
        if !taken[at] && first.iter().any(|known| fits(known, said.word(at), manner)) {
            taken[at] = true;
            if each_has_its_own(rest, said, manner, taken) {
                return true;
            }
            taken[at] = false;
        }
    }
    false
}

/// Returns every command that the tables know.
#[cfg(test)]
pub(super) fn all() -> std::collections::BTreeSet<&'static str> {
    english::PHRASES.iter().chain(german_table::PHRASES).map(|phrase| phrase.command).collect()
}
