//! Bags of words: a phrase needs a word of each of its groups, in any order; words it cannot explain count against it.
//!
//! So "how much disk space is free?" is about this machine, while "how do I check disk space with df?" has words left over
//! and goes to the documents. This is for questions, whose wrong answer does no harm; what changes something has a grammar.

use super::{
    Intent,
    common::{COMMON_ENGLISH, COMMON_GERMAN, EXPLAINING, POLITE_ENGLISH},
    index::Index,
    machine, questions, talk,
};
use crate::host::Language;
use std::sync::LazyLock;

/// One way to ask for something, as it is written down: each group is one string.
#[derive(Debug)]
pub(super) struct Written {
    intent: Intent,
    language: Language,
    /// Each group must be met by a word of its own.
    needs: &'static [&'static str],
    /// Words that fit as well; `#` stands for any number.
    also: &'static str,
}

pub(super) const fn en(
    intent: Intent,
    needs: &'static [&'static str],
    also: &'static str,
) -> Written {
    Written { intent, language: Language::English, needs, also }
}

pub(super) const fn de(
    intent: Intent,
    needs: &'static [&'static str],
    also: &'static str,
) -> Written {
    Written { intent, language: Language::German, needs, also }
}

/// A phrase that is ready to be compared.
struct Phrase {
    intent: &'static Intent,
    language: Language,
    needs: Vec<Vec<&'static str>>,
    also: Vec<&'static str>,
}

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let split = |words: &'static str| words.split(' ').filter(|word| !word.is_empty()).collect();
    talk::PERSONAL
        .iter()
        .chain(machine::PHRASES)
        .chain(talk::PHRASES)
        .chain(questions::PHRASES)
        .map(|written| Phrase {
            intent: &written.intent,
            language: written.language,
            needs: written.needs.iter().map(|group| split(group)).collect(),
            also: split(written.also),
        })
        .collect()
});

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    Index::new(PHRASES.iter().map(|phrase| phrase.needs.iter().map(|group| group.iter().copied())))
});

/// Returns what a text asks for most surely, and how surely; of equally sure phrases the first wins.
pub(super) fn best(words: &[String]) -> Option<(&'static Intent, Language, f32)> {
    let explaining = EXPLAINING.iter().any(|phrase| contains(words, phrase));
    INDEX
        .candidates(words.iter().map(String::as_str))
        .into_iter()
        .map(|at| &PHRASES[at])
        // Who asks what something is or how it is done asks the documents, unless they ask about themselves or the node.
        .filter(|phrase| !(explaining && phrase.intent.is_explained_by_documents()))
        .filter_map(|phrase| Some((phrase.intent, phrase.language, confidence(phrase, words)?)))
        .fold(None, |best: Option<(&Intent, Language, f32)>, next| match best {
            Some(best) if best.2 >= next.2 => Some(best),
            _ => Some(next),
        })
}

fn contains(words: &[String], phrase: &str) -> bool {
    let length = phrase.split(' ').count();
    words.windows(length).any(|window| window.iter().map(String::as_str).eq(phrase.split(' ')))
}

/// Returns how much of `words` a phrase explains, or nothing if it does not fit.
fn confidence(phrase: &Phrase, words: &[String]) -> Option<f32> {
    if !each_has_its_own(&phrase.needs, words, &mut Vec::new()) {
        return None;
    }
    let common = match phrase.language {
        Language::English => &COMMON_ENGLISH,
        Language::German => &COMMON_GERMAN,
    };
    let (mut explained, mut left_over) = (0_u8, 0_u8);
    let mut said_nothing = 0_u8;
    for word in words.iter().map(String::as_str) {
        let number = word.bytes().all(|byte| byte.is_ascii_digit());
        if phrase.needs.iter().any(|group| group.contains(&word)) || phrase.also.contains(&word) {
            explained = explained.saturating_add(1);
            continue;
        }
        let polite = phrase.language == Language::English && POLITE_ENGLISH.contains(word);
        let says_nothing =
            common.contains(&word) || polite || (number && phrase.also.contains(&"#"));
        if says_nothing {
            said_nothing = said_nothing.saturating_add(1);
        } else {
            left_over = left_over.saturating_add(1);
        }
    }
    // German says the same with more small words; they are half a sign that nothing else is meant.
    let small = match phrase.language {
        Language::English => 0.0,
        Language::German => f32::from(said_nothing) / 3.0,
    };
    let understood = f32::from(explained) + small;
    Some(understood / (understood + f32::from(left_over)))
}

/// Tells whether every group has a word that no other group takes.
fn each_has_its_own(groups: &[Vec<&str>], words: &[String], taken: &mut Vec<usize>) -> bool {
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
