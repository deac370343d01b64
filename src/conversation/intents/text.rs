//! A text as words: once as the bags of words read it ([`words`]), once as the grammar does ([`Said`]).
//!
//! The grammar needs to know more of a word than the bags do: where it stands in the text (so that a name keeps its
//! capitals), and whether it is tied to the word before it (`Karl-Heinz`, `17.5.1990`, `avahi-daemon`).

use super::common::{COMMON_ENGLISH, COMMON_GERMAN, NOISE, OPENINGS, SOFT};
use crate::host::Language;
use std::collections::HashSet;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// In lower case, without apostrophes, umlauts written out.
    pub(super) word: String,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether only a sign stands between it and the word before, such as a hyphen.
    pub(super) joined: bool,
    /// Whether it may be passed over: it says when or how, and not what.
    pub(super) soft: bool,
}

/// What somebody said, as the grammar of one language reads it.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
    pub(super) tokens: Vec<Token>,
    /// Whether something in it is quoted: what somebody quotes is not what they want.
    pub(super) quotes: bool,
    /// Whether it ends as a question does.
    pub(super) asks: bool,
}

impl<'a> Said<'a> {
    pub(super) fn new(text: &'a str, language: Language) -> Self {
        let mut raw = split(text);
        let quotes = text.contains(['"', '“', '”', '„', '«', '»', '‹', '›', '‚', '‘'])
            || raw.iter().any(|(start, end)| opens_a_quotation(&text[*start..*end]));
        let mut tokens: Vec<Token> = Vec::with_capacity(raw.len() + 4);
        let mut before = 0;
        for (start, end) in raw.drain(..) {
            let joined = !tokens.is_empty()
                && matches!(&text[before..start], "-" | "." | "/" | "@" | "_" | "");
            before = end;
            let lower = text[start..end].to_lowercase().replace(['’', '`', '‘'], "'");
            let lower = lower.trim_matches('\'');
            let mut first = true;
            expand(lower, language, &mut |word| {
                let mut token =
                    Token { word: plain(word), start, end, joined: joined && first, soft: false };
                token.soft = SOFT.of(language).contains(token.word.as_str());
                first = false;
                if !token.word.is_empty() {
                    tokens.push(token);
                }
            });
        }
        drop_noise(&mut tokens, language);
        let asks = text.trim_end_matches([' ', '!', '"', ')']).ends_with('?');
        Self { text, language, tokens, quotes, asks }
    }

    /// Returns the words as they stand in the text.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        match (self.tokens.get(from), to.checked_sub(1).and_then(|last| self.tokens.get(last))) {
            (Some(first), Some(last)) if first.start <= last.end => {
                &self.text[first.start..last.end]
            }
            _ => "",
        }
    }

    pub(super) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.word.as_str())
    }

    /// Tells whether these words stand at `at`.
    pub(super) fn has_at(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.word(at + offset) == *word)
    }
}

/// Tells whether a word begins with a single quotation mark that closes nothing.
fn opens_a_quotation(word: &str) -> bool {
    word.starts_with('\'') && word.len() > 3
}

/// Returns where the words stand; a percent sign is a word.
fn split(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices() {
        let inside = character.is_alphanumeric() || matches!(character, '\'' | '’' | '`');
        if inside {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            found.push((start, at));
        }
        if character == '%' {
            found.push((at, at + 1));
        }
    }
    if let Some(start) = start {
        found.push((start, text.len()));
    }
    found
}

/// Gives the words that a contraction stands for.
fn expand(word: &str, language: Language, give: &mut dyn FnMut(&str)) {
    match language {
        Language::English => expand_english(word, give),
        Language::German => {
            if let "fuers" | "fürs" | "aufs" | "übers" | "uebers" = word {
                give(&word[..word.len() - 1]);
                give("das");
                return;
            }
            let short = word.strip_suffix("'s").or(match word {
                "bins" | "stehts" | "siehts" | "wirds" | "gehts" | "gibts" | "ists" | "habs"
                | "wars" => word.strip_suffix('s'),
                _ => None,
            });
            if let Some(verb) = short {
                give(verb);
                give("es");
            } else {
                give(word);
            }
        }
    }
}

fn expand_english(word: &str, give: &mut dyn FnMut(&str)) {
    let whole: &[&str] = match word {
        "im" => &["i", "am"],
        "id" => &["i", "would"],
        "ive" => &["i", "have"],
        "its" => &["it", "is"],
        "thats" => &["that", "is"],
        "whats" => &["what", "is"],
        "whos" => &["who", "is"],
        "hows" => &["how", "is"],
        "theres" => &["there", "is"],
        "heres" => &["here", "is"],
        "youre" => &["you", "are"],
        "theyre" => &["they", "are"],
        "youve" => &["you", "have"],
        "weve" => &["we", "have"],
        "lets" | "let's" => &["let", "us"],
        "dont" => &["do", "not"],
        "doesnt" => &["does", "not"],
        "didnt" => &["did", "not"],
        "isnt" => &["is", "not"],
        "arent" => &["are", "not"],
        "cant" | "can't" | "cannot" => &["can", "not"],
        "wont" | "won't" => &["will", "not"],
        "shouldnt" => &["should", "not"],
        "mustnt" => &["must", "not"],
        "wanna" => &["want", "to"],
        "gimme" => &["give", "me"],
        "favourite" => &["favorite"],
        _ => &[],
    };
    if !whole.is_empty() {
        for word in whole {
            give(word);
        }
        return;
    }
    for (ending, meaning) in [
        ("n't", "not"),
        ("'m", "am"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'d", "would"),
    ] {
        if let Some(stem) = word.strip_suffix(ending) {
            give(stem);
            give(meaning);
            return;
        }
    }
    match word.strip_suffix("'s") {
        Some(
            stem @ ("it" | "that" | "what" | "who" | "there" | "here" | "he" | "she" | "name"
            | "how" | "where" | "birthday" | "everyone" | "everybody" | "someone"
            | "somebody" | "nobody"),
        ) => {
            give(stem);
            give("is");
        }
        Some(stem) => {
            give(stem);
            // What it stands for is left to the phrase: "Ben's gone", "Ben's permission".
            give("+s");
        }
        None => give(word),
    }
}

/// Takes out what says nothing at all: hesitations, politeness, and the assistant's own name.
fn drop_noise(tokens: &mut Vec<Token>, language: Language) {
    let noise = NOISE.of(language);
    // "Noch mal" is one word, and "mal" is none.
    for at in 1..tokens.len() {
        if tokens[at].word == "mal" && tokens[at - 1].word == "noch" {
            "nochmal".clone_into(&mut tokens[at - 1].word);
            tokens[at - 1].soft = true;
        }
    }
    let (mut after_lady, mut after_article) = (false, false);
    tokens.retain(|token| {
        let own_name = after_lady && token.word == "linux";
        // "Address me as a lady."
        let somebody = after_article && token.word == "lady";
        after_lady = token.word == "lady";
        after_article = matches!(token.word.as_str(), "a" | "the" | "old" | "young" | "this");
        !own_name && (somebody || !noise.contains(token.word.as_str()))
    });
    // A greeting before the matter; a greeting alone is somebody else's to recognise.
    for opening in OPENINGS.of(language) {
        let words: Vec<&str> = opening.split(' ').collect();
        let opens = tokens.len() > words.len()
            && words.iter().zip(&*tokens).all(|(word, token)| *word == token.word);
        if opens {
            tokens.drain(..words.len());
        }
    }
}

/// Writes umlauts out and drops what is neither letter nor digit.
fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for character in word.chars() {
        push_plain(character, &mut plain);
    }
    plain
}

fn push_plain(character: char, plain: &mut String) {
    match character {
        'ä' => plain.push_str("ae"),
        'ö' => plain.push_str("oe"),
        'ü' => plain.push_str("ue"),
        'ß' => plain.push_str("ss"),
        '\'' | '’' | '`' => {}
        character => plain.push(character),
    }
}

/// Splits a text into lower-case words without apostrophes; umlauts are written out.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut all = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() || matches!(character, '\'' | '’' | '`') {
            push_plain(character, &mut all);
        } else {
            all.push(' ');
        }
    }
    all.split_whitespace().map(str::to_owned).collect()
}

/// Whether a text can be of a language: it has not more words of the other one.
pub(super) fn can_be(text: &str, language: Language) -> bool {
    let words = words(text);
    let count =
        |common: &HashSet<&str>| words.iter().filter(|word| common.contains(word.as_str())).count();
    match language {
        Language::English => count(&COMMON_ENGLISH) >= count(&COMMON_GERMAN),
        Language::German => count(&COMMON_GERMAN) >= count(&COMMON_ENGLISH),
    }
}

/// Guesses the language of a text from its commonest words.
pub fn language_of(text: &str) -> Language {
    let head: String = text.chars().take(400).collect();
    let words = words(&head);
    let count =
        |common: &HashSet<&str>| words.iter().filter(|word| common.contains(word.as_str())).count();
    if count(&COMMON_GERMAN) > count(&COMMON_ENGLISH) {
        Language::German
    } else {
        Language::English
    }
}
