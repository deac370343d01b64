//! Deterministic intents: what a person wants when it can be told without a model.
//!
//! Recognition is a pure function over a table ([`table`]). A phrase needs all of its groups of words; the words it cannot
//! explain count against it. So "how much disk space is free?" is about this machine, while "how do I check disk space with
//! df?" has words left over and goes to the documents. What is not clear is no intent: the caller asks, or searches.

mod table;

use crate::host::{Language, Topic};
use table::{ASKING, COMMON_ENGLISH, COMMON_GERMAN, EXPLAINING, Phrase};

/// How sure recognition must be. One word in five may be left over; with fewer words, none.
const CLEAR: f32 = 0.8;

/// Below this there is not even a guess to offer; upstream's threshold for asking back.
const GUESS: f32 = 0.6;

/// Intents are short; anything longer is a question for the documents, and is not read to its end.
const LONGEST: usize = 160;

/// What a person can want without a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// To be greeted.
    Greet,
    /// To know what can be asked.
    Help,
    /// The time of day.
    Time,
    /// Today's date.
    Date,
    /// A fact about this machine.
    Host(Topic),
    /// That this conversation is forgotten.
    Forget,
    /// That the supervisor refreshes the node to a newer release.
    Refresh,
}

/// An intent that was recognised, and how surely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recognized {
    /// What is wanted.
    pub intent: Intent,
    /// The part of the words that the intent explains, up to 1.
    pub confidence: f32,
    /// The language it was said in.
    pub language: Language,
}

/// What recognition makes of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recognition {
    /// This is wanted.
    Clear(Recognized),
    /// This may be wanted; it is never acted on, only offered.
    Unclear(Recognized),
    /// Something else is wanted.
    Nothing,
}

impl Intent {
    /// Returns the intent's name in events, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Greet => "greet",
            Self::Help => "help",
            Self::Time => "time",
            Self::Date => "date",
            Self::Host(topic) => topic.name(),
            Self::Forget => "forget",
            Self::Refresh => "refresh",
        }
    }
}

impl Intent {
    /// Whether it changes more than the conversation: then nothing that may be a question about it is taken for it.
    fn changes_the_node(self) -> bool {
        self == Self::Refresh
    }
}

/// Recognises what `text` asks for, in English or German.
pub fn recognize(text: &str) -> Recognition {
    if text.len() > LONGEST {
        return Recognition::Nothing;
    }
    let words = words(text);
    if EXPLAINING.iter().any(|phrase| contains(&words, phrase)) {
        return Recognition::Nothing;
    }
    let questions = words.iter().any(|word| ASKING.contains(&word.as_str()));
    let best = table::PHRASES
        .iter()
        .filter(|phrase| !(questions && phrase.intent.changes_the_node()))
        .filter_map(|phrase| Some((phrase, confidence(phrase, &words)?)))
        // The first of equals stays, so that the order of the table decides.
        .fold(None, |best: Option<(&Phrase, f32)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        });
    let Some((phrase, confidence)) = best else { return Recognition::Nothing };
    let recognized = Recognized { intent: phrase.intent, confidence, language: phrase.language };
    if confidence >= CLEAR {
        Recognition::Clear(recognized)
    } else if confidence >= GUESS {
        Recognition::Unclear(recognized)
    } else {
        Recognition::Nothing
    }
}

/// Guesses the language of a text from its commonest words.
pub fn language_of(text: &str) -> Language {
    let head: String = text.chars().take(400).collect();
    let words = words(&head);
    let count =
        |common: &[&str]| words.iter().filter(|word| common.contains(&word.as_str())).count();
    if count(COMMON_GERMAN) > count(COMMON_ENGLISH) { Language::German } else { Language::English }
}

/// Splits a text into lower-case words without apostrophes; umlauts are written out.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            '\'' | '’' | '`' => {}
            character if character.is_alphanumeric() => plain.push(character),
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().map(str::to_owned).collect()
}

fn contains(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).any(|window| window == phrase)
}

/// Returns how much of `words` a phrase explains, or nothing if it does not fit.
fn confidence(phrase: &Phrase, words: &[String]) -> Option<f32> {
    if !each_has_its_own(phrase.needs, words, &mut Vec::new()) {
        return None;
    }
    let common = match phrase.language {
        Language::English => COMMON_ENGLISH,
        Language::German => COMMON_GERMAN,
    };
    let (mut explained, mut left_over) = (0_u8, 0_u8);
    for word in words.iter().map(String::as_str) {
        let number = word.bytes().all(|byte| byte.is_ascii_digit());
        if phrase.needs.iter().any(|group| group.contains(&word)) || phrase.also.contains(&word) {
            explained += 1;
            continue;
        }
        let says_nothing = common.contains(&word) || (number && phrase.also.contains(&"#"));
        if !says_nothing {
            left_over += 1;
        }
    }
    Some(f32::from(explained) / f32::from(explained + left_over))
}

/// Tells whether every group has a word that no other group takes.
fn each_has_its_own(groups: &[&[&str]], words: &[String], taken: &mut Vec<usize>) -> bool {
    let Some((first, rest)) = groups.split_first() else { return true };
    words.iter().enumerate().any(|(at, word)| {
        if taken.contains(&at) || !first.contains(&word.as_str()) {
            return false;
        }
        taken.push(at);
        let fits = each_has_its_own(rest, words, taken);
        taken.pop();
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads `intent | phrase` lines; `-` is no intent.
    fn cases() -> impl Iterator<Item = (&'static str, &'static str)> {
        include_str!("../../../tests/fixtures/conversation/intents.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                line.split_once('|').map(|(name, text)| (name.trim(), text.trim())).unwrap()
            })
    }

    fn name(text: &str) -> &'static str {
        match recognize(text) {
            Recognition::Clear(recognized) => recognized.intent.name(),
            Recognition::Unclear(_) | Recognition::Nothing => "-",
        }
    }

    #[test]
    fn every_phrase_of_the_table_is_understood_as_it_should_be() {
        let wrong: Vec<String> = cases()
            .filter(|(expected, text)| name(text) != *expected)
            .map(|(expected, text)| format!("{text:?} is {}, not {expected}", name(text)))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(cases().filter(|(expected, _)| *expected == "-").count() >= 60);
        assert!(cases().filter(|(expected, _)| *expected != "-").count() >= 100);
    }

    #[test]
    fn recognition_is_deterministic_and_blind_to_case_and_punctuation() {
        // VOX-25
        for (_, text) in cases() {
            let shouted = format!("  {}!!! ", text.to_uppercase());
            assert_eq!(name(text), name(&shouted), "{text:?}");
            assert_eq!(recognize(text), recognize(text));
        }
    }

    #[test]
    fn german_is_answered_in_german() {
        let Recognition::Clear(recognized) = recognize("Wie viel Speicherplatz ist noch frei?")
        else {
            panic!("not recognised")
        };
        assert_eq!(recognized.language, Language::German);
        assert_eq!(language_of("Was passiert, wenn ein Worker stirbt?"), Language::German);
        assert_eq!(language_of("What happens when a worker dies?"), Language::English);
    }

    #[test]
    fn a_doubtful_phrase_is_offered_and_not_acted_on() {
        let recognition = recognize("is there free disk space for tomorrow");
        assert!(matches!(recognition, Recognition::Unclear(_)), "{recognition:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_not(text in "\\PC*|([a-z]{1,8} ?){0,40}") {
            if let Recognition::Clear(recognized) = recognize(&text) {
                prop_assert!(recognized.confidence <= 1.0 && recognized.confidence >= CLEAR);
            }
        }
    }
}
