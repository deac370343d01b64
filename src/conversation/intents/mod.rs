//! Deterministic intents: what a person wants when it can be told without a model.
//!
//! Recognition is a pure function of the text, a [`Vocabulary`] and [`Thresholds`]. Three readers look at a text; each has
//! the strictness that its intents need:
//!
//! ```text
//! commands   every word accounted for, in any order; the only ones that are ever carried out without asking back
//! grammar    whole sentences with free words in them: who somebody is, what they prefer, what they permit
//! bag        words of a topic, with one word in five left over: questions that can be answered from here
//! ```
//!
//! In English, politeness is taken off before a second look, a sentence that no pattern fits is read by its words around one name
//! (`grammar::loose`, never a command), and a text that is nothing as a whole is read clause by clause (`clauses`).
//! German has more: the verbs of commands are brought into one form (`commands/asking`), and what nobody understood at first is
//! looked at again (`second`): by frames whose words stand in any order, by topics (`topics`), and clause by clause. A second
//! look never finds a command.
//!
//! Where none of them is sure, `spotting` says what is probably wanted by its concepts. That is a guess: it is asked about or offered,
//! and never acted on.
//!
//! To teach it something: a command goes into both tables of `commands/`, a sentence with a name into `grammar/`, a question
//! about the machine into `machine`, and what each is known by into `spotting`; then write utterances for it into
//! `tests/corpus/intents`, and have somebody else write more. The corpus (`corpus`) is what says whether it is understood; a phrase that only fits one of its lines is no help.
//!
//! What is not clear is never acted on: the caller asks, or searches. Nothing here acts.

mod bag;
mod clauses;
mod commands;
mod common;
#[cfg(test)]
mod corpus;
mod grammar;
mod index;
mod intent;
mod machine;
mod questions;
mod second;
mod slots;
mod spotting;
mod talk;
#[cfg(test)]
mod tests;
mod text;
mod topics;
mod vocabulary;

pub use intent::{Category, CommandName, Intent};
pub use slots::{SlotValue, Slots};
pub use text::language_of;
pub use vocabulary::{Vocabulary, VocabularyError};

use crate::host::Language;
use text::{Said, words};

/// Intents are short; anything longer is a question for the documents, and is not read to its end.
const LONGEST: usize = 240;

/// How sure recognition must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Below this there is not even a guess to offer.
    pub ask_below: f32,
    /// From this on an intent is clear.
    pub act_from: f32,
}

impl Default for Thresholds {
    /// Upstream's: one word in five may be left over; with fewer words, none.
    fn default() -> Self {
        Self { ask_below: 0.6, act_from: 0.8 }
    }
}

/// An intent that was recognised, and how surely.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognized {
    /// What is wanted.
    pub intent: Intent,
    /// With what; a slot that was not said is not here, and nobody guesses it.
    pub slots: Slots,
    /// The part of the words that the intent explains, up to 1.
    pub confidence: f32,
    /// The language it was said in.
    pub language: Language,
}

/// What recognition makes of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Recognition {
    /// This is wanted.
    Clear(Recognized),
    /// This may be wanted; it is never acted on, only offered.
    Unclear(Recognized),
    /// Something else is wanted.
    Nothing,
}

/// A reading of one of the readers.
struct Candidate {
    recognized: Recognized,
    /// Whether the reader would have it acted on; being sure of most words is not enough for a command.
    whole: bool,
}

/// Recognises what `text` asks for, in English or German.
pub fn recognize(text: &str, vocabulary: &Vocabulary, thresholds: Thresholds) -> Recognition {
    if text.len() > LONGEST {
        return Recognition::Nothing;
    }
    let whole = read_whole(text, vocabulary, thresholds);
    if matches!(whole, Recognition::Clear(_)) {
        return whole;
    }
    if let Some(found) = clauses::read(text, vocabulary, thresholds) {
        return Recognition::Clear(found);
    }
    let possible = languages(text).into_iter().filter(|language| text::can_be(text, *language));
    let mut found = worth_asking(whole, text);
    if grammar::GUESS < thresholds.ask_below {
        return found;
    }
    for language in possible {
        match spotting::read(&Said::new(text, language), vocabulary) {
            spotting::Spotted::Wanted(intent, slots) => {
                // Who may be taking a right away is never asked whether to give it.
                let takes = matches!(&found, Recognition::Unclear(guess) if guess.intent.takes());
                if takes && intent.gives() {
                    return found;
                }
                let confidence = grammar::GUESS;
                return Recognition::Unclear(Recognized { intent, slots, confidence, language });
            }
            spotting::Spotted::AboutCommand => found = Recognition::Nothing,
            spotting::Spotted::Nothing => {}
        }
    }
    found
}

/// A command is guessed by concepts alone: that most words are understood says little when one is "not". What is in documents is
/// looked for there.
fn worth_asking(found: Recognition, text: &str) -> Recognition {
    let Recognition::Unclear(guess) = &found else { return found };
    let said = Said::new(text, guess.language);
    if guess.intent.category() == Category::Command || spotting::is_in_documents(&said) {
        return Recognition::Nothing;
    }
    found
}

/// The language that a text is in, and the other one.
fn languages(text: &str) -> [Language; 2] {
    match language_of(text) {
        Language::English => [Language::English, Language::German],
        Language::German => [Language::German, Language::English],
    }
}

/// Recognises a text as one thing that is wanted.
fn read_whole(text: &str, vocabulary: &Vocabulary, thresholds: Thresholds) -> Recognition {
    let mut commands = Vec::new();
    let mut sentences = Vec::new();
    for language in languages(text) {
        let said = Said::new(text, language);
        if let Some(read) = commands::read(&said, vocabulary) {
            let commands::Reading { intent, slots, confidence, whole } = read;
            commands.push(Candidate {
                recognized: Recognized { intent, slots, confidence, language },
                whole,
            });
        }
        let read = grammar::read(&said, vocabulary).or_else(|| {
            let plain = commands::without_politeness(&said, vocabulary)?;
            grammar::read(&plain, vocabulary)
        });
        if let Some(read) = read {
            let grammar::Reading { intent, slots, confidence } = read;
            sentences.push(Candidate {
                recognized: Recognized { intent, slots, confidence, language },
                whole: confidence > grammar::GUESS,
            });
        }
    }
    let asked = bag::best(&words(text)).map(|(intent, language, confidence)| {
        let recognized =
            Recognized { intent: intent.clone(), slots: Slots::new(), confidence, language };
        Candidate { recognized, whole: true }
    });
    let may_be_a_command = commands.iter().any(|candidate| {
        candidate.whole || candidate.recognized.confidence >= thresholds.ask_below
    });
    let strict = choose(commands, sentences, asked, thresholds);
    if matches!(strict, Recognition::Clear(_)) {
        return strict;
    }
    if let Some(found) = read_loosely(text, vocabulary, thresholds) {
        return unless_it_changes_rights(found);
    }
    if may_be_a_command || !text::can_be(text, Language::German) {
        return strict;
    }
    second::look(text, vocabulary)
        .filter(|found| found.confidence >= thresholds.act_from)
        .map_or(strict, unless_it_changes_rights)
}

/// Nothing is given or taken away on words that were not all understood: one of them may be "lost", and "Derek is still up" is no
/// word about his rights.
fn unless_it_changes_rights(found: Recognized) -> Recognition {
    if found.intent.gives() || found.intent.takes() {
        Recognition::Unclear(Recognized { confidence: grammar::GUESS, ..found })
    } else {
        Recognition::Clear(found)
    }
}

/// Reads what nothing else fits by the words that are in it.
fn read_loosely(text: &str, vocabulary: &Vocabulary, thresholds: Thresholds) -> Option<Recognized> {
    let language = Language::English;
    let said = Said::new(text, language);
    let grammar::Reading { intent, slots, confidence } = grammar::read_loosely(&said, vocabulary)
        .or_else(|| {
        let plain = commands::without_politeness(&said, vocabulary)?;
        grammar::read_loosely(&plain, vocabulary)
    })?;
    (confidence >= thresholds.act_from).then_some(Recognized {
        intent,
        slots,
        confidence,
        language,
    })
}

/// Decides between the readings: a whole sentence before a topic, and nothing between two different whole sentences.
fn choose(
    commands: Vec<Candidate>,
    sentences: Vec<Candidate>,
    asked: Option<Candidate>,
    thresholds: Thresholds,
) -> Recognition {
    let clear = |candidate: &Candidate| {
        candidate.whole && candidate.recognized.confidence >= thresholds.act_from
    };
    let mut whole = commands
        .iter()
        .filter(|candidate| clear(candidate))
        .chain(sentences.iter().filter(|candidate| clear(candidate)));
    if let Some(first) = whole.next() {
        let other = |next: &Candidate| {
            next.recognized.intent != first.recognized.intent
                || next.recognized.slots != first.recognized.slots
        };
        let doubtful = first.recognized.intent.category() == Category::Command && whole.any(other);
        let recognized = first.recognized.clone();
        return if doubtful {
            Recognition::Unclear(recognized)
        } else {
            Recognition::Clear(recognized)
        };
    }
    if let Some(asked) = &asked
        && clear(asked)
    {
        return Recognition::Clear(asked.recognized.clone());
    }
    commands
        .into_iter()
        .chain(sentences)
        .chain(asked)
        .map(|candidate| candidate.recognized)
        .filter(|recognized| recognized.confidence >= thresholds.ask_below)
        .max_by(|one, other| one.confidence.total_cmp(&other.confidence))
        .map_or(Recognition::Nothing, Recognition::Unclear)
}
