//! Free words that stand for somebody or something: names of people, of services and of resources.
//!
//! Whether a word is a name cannot be told from capitals: speech has none. So a name is what is no other word: every word that
//! the patterns of the language are made of is none, nor is any of the words below. Somebody the node knows by name is
//! taken for a name at once.

use super::{super::text::Said, super::vocabulary::Vocabulary, stops};
use crate::host::Language;

/// No name has more words.
const MOST_WORDS: usize = 4;

/// No name has more characters.
pub(in super::super) const MOST_CHARACTERS: usize = 64;

/// Returns the names that can be read at `at`, the longest last: where it ends, and how it is written.
pub(super) fn read<'a>(
    said: &'a Said<'_>,
    at: usize,
    strict: bool,
    vocabulary: &'a Vocabulary,
) -> impl Iterator<Item = (usize, String)> {
    let mut end = at;
    let mut found = Vec::new();
    while end < said.tokens.len() && end - at < MOST_WORDS {
        let known = vocabulary.person_at(said, at);
        let word = said.word(end);
        let inside_a_known_name = known.is_some_and(|known| end < known);
        // "Ludwig van Beethoven"; such a word neither begins nor ends a name.
        let particle = end > at && ["van", "von", "de", "la", "del", "da", "di"].contains(&word); // "Let Theodora decide": a name that begins with a capital goes on so.
        let goes_on_small = end > at && is_written_small(said, end) && !is_written_small(said, at);
        if !inside_a_known_name && !particle && (goes_on_small || !can_be_a_name(said, end, strict))
        {
            break;
        }
        end += 1;
        let ends_well = known.is_none_or(|known| end >= known) && !particle;
        // Of oneself, one says more than one word only with capitals or among words that are surely names.
        if ends_well && let Some(name) = written(said, at, end) {
            found.push((end, name));
        }
    }
    found.into_iter()
}

fn can_be_a_name(said: &Said<'_>, at: usize, strict: bool) -> bool {
    let Some(token) = said.tokens.get(at) else { return false };
    let word = token.word.as_str();
    let letters = word.chars().count() >= 2 && word.chars().all(char::is_alphabetic);
    if !letters || token.soft || stops(said.language).contains(word) {
        return false;
    }
    !strict || !sounds_like_a_quality(word, said.language) && !is_written_small(said, at)
}

/// Whether a text that has capitals writes this word without one, as it writes "tired".
fn is_written_small(said: &Said<'_>, at: usize) -> bool {
    let Some(token) = said.tokens.get(at) else { return false };
    let small = |text: &str| !text.chars().any(char::is_uppercase);
    small(&said.text[token.start..token.end]) && !small(said.text)
}

/// Whether a word ends as adjectives, participles and trades do; the exceptions are names.
fn sounds_like_a_quality(word: &str, language: Language) -> bool {
    const NAMES: &[&str] = &[
        "ludwig", "hedwig", "henning", "fleming", "manfred", "alfred", "wilfred", "winfred",
        "ahmed", "mohammed", "mohamed", "muhammed", "ingrid", "sigrid", "mehmed", "reed", "fred",
        "ted", "ned", "jared", "ying", "ming", "ling", "hamed",
    ];
    if NAMES.contains(&word) {
        return false;
    }
    let endings: &[&str] = match language {
        Language::English => &[
            "ing", "ed", "ful", "less", "ous", "able", "ible", "ish", "ian", "ive", "ical", "ese",
            "ment", "ness", "ically",
        ],
        Language::German => &[
            "ig", "lich", "isch", "los", "bar", "end", "voll", "haft", "sam", "ung", "heit",
            "keit", "schaft", "iert", "loser", "ige", "ische",
        ],
    };
    let ends = endings.iter().any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending));
    // Participles: "gestresst", "genervt". Gerhardt and Gebhardt are people.
    let participle = language == Language::German
        && word.len() >= 7
        && word.starts_with("ge")
        && word.ends_with('t')
        && !word.starts_with("ger")
        && !word.starts_with("geb");
    let person = language == Language::English
        && [
            "ian",
            "julian",
            "adrian",
            "brian",
            "vivian",
            "gillian",
            "christian",
            "sebastian",
            "fabian",
            "florian",
            "lillian",
            "damian",
            "maximilian",
            "kilian",
            "clive",
            "olive",
            "bastian",
            "dorian",
            "tristian",
        ]
        .contains(&word);
    let german_person = language == Language::German
        && ["ulrich", "friedrich", "dietrich", "heinrich", "karlos", "carlos"].contains(&word);
    (ends || participle) && !person && !german_person
}

/// Writes a name as it was spoken, with capitals.
fn written(said: &Said<'_>, from: usize, to: usize) -> Option<String> {
    let slice = said.slice(from, to);
    let allowed = slice.chars().all(|character| {
        character.is_alphabetic() || matches!(character, '-' | '\'' | '’' | ' ' | '.')
    });
    // A point is part of a title: "Dr. Frank".
    let points = slice.matches('.').count();
    if !allowed || points > 1 || (points == 1 && !slice.to_lowercase().starts_with("dr.")) {
        return None;
    }
    let mut name =
        slice.strip_suffix("'s").or(slice.strip_suffix("’s")).unwrap_or(slice).to_owned();
    let shouted = !said.text.chars().any(char::is_lowercase);
    if shouted || !name.chars().any(char::is_uppercase) {
        name = capitalized(&name.to_lowercase());
    }
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.chars().count() <= MOST_CHARACTERS).then_some(name)
}

fn capitalized(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let mut begins = true;
    for character in name.chars() {
        if begins {
            written.extend(character.to_uppercase());
        } else {
            written.push(character);
        }
        begins = matches!(character, ' ' | '-');
    }
    written
}

/// Reads the name of a systemd unit, without its ending.
pub(in super::super) fn service(said: &Said<'_>, at: usize) -> Option<(usize, String)> {
    // In "cups-Dienst" the second half says only what it is; in "cups.service" it is the ending of the unit.
    let says_what_it_is = |at: usize| {
        said.word(at) == "dienst"
            || (said.word(at) == "service" && !said.text[..said.tokens[at].start].ends_with('.'))
    };
    let mut end = at + 1;
    while said.tokens.get(end).is_some_and(|token| token.joined) && !says_what_it_is(end) {
        end += 1;
    }
    let slice = said.slice(at, end);
    let name = slice.to_lowercase();
    let name = name.strip_suffix(".service").unwrap_or(&name);
    let allowed = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '@')
    };
    (name.len() > 1 && name.len() <= MOST_CHARACTERS && name.chars().all(allowed))
        .then(|| (end, name.to_owned()))
}

/// Reads the id of a resource: one to four letters and a number, such as `R-1042`; speech has no hyphen.
pub(in super::super) fn resource(said: &Said<'_>, at: usize) -> Option<(usize, String)> {
    let id = |letters: &str, digits: &str| {
        let fits = (1..=4).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
            && (1..=10).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| format!("{}-{digits}", letters.to_uppercase()))
    };
    let word = said.word(at);
    let next = said.tokens.get(at + 1);
    let digits = word.find(|character: char| character.is_ascii_digit());
    if let Some(digits) = digits {
        let (letters, digits) = word.split_at(digits);
        return id(letters, digits).filter(|_| letters.len() <= 2).map(|id| (at + 1, id));
    }
    let next = next?;
    // Without a hyphen it is an id only if it is one letter: "R 1042", and not "mark 7".
    (next.joined || word.len() == 1).then(|| id(word, &next.word)).flatten().map(|id| (at + 2, id))
}
