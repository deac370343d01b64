//! The Porter stemmer (M. F. Porter, "An algorithm for suffix stripping", 1980), in the variant that SQLite's full-text index
//! uses, so that a word of a passage and a word of a question meet here exactly when they meet in the index.
//!
//! It knows English. Words of other languages come out shortened now and then, but always the same way.

/// Words of this many bytes or fewer are left alone, as the index leaves them.
const TOO_SHORT: usize = 2;

/// Words of this many bytes or more are left alone, as the index leaves them.
const TOO_LONG: usize = 64;

/// A suffix and what takes its place.
type Rule = (&'static str, &'static str);

/// Applied where something pronounceable is left before the suffix; of suffixes that fit, the first one decides.
const STEP_2: &[Rule] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("logi", "log"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
];

const STEP_3: &[Rule] = &[
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

/// Dropped where at least two syllables are left.
const STEP_4: &[&str] = &[
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "sion",
    "tion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
];

/// Returns the stem of a lower-case word.
pub(super) fn stem(word: &str) -> String {
    let mut word = word.to_owned();
    if word.len() <= TOO_SHORT || word.len() >= TOO_LONG {
        return word;
    }
    plural(&mut word);
    past_and_gerund(&mut word);
    if word.ends_with('y') && has_vowel(&word[..word.len() - 1]) {
        word.pop();
        word.push('i');
    }
    replace(&mut word, STEP_2);
    replace(&mut word, STEP_3);
    drop_long_suffix(&mut word);
    final_letters(&mut word);
    word
}

fn plural(word: &mut String) {
    let length = word.len();
    let remaining = match word.as_bytes() {
        [.., b's', b's', b'e', b's'] if length > 4 => length - 2,
        [.., b'i', b'e', b's'] if length > 3 => length - 2,
        [.., b's', b's'] => length,
        [.., b's'] => length - 1,
        _ => length,
    };
    word.truncate(remaining);
}

fn past_and_gerund(word: &mut String) {
    if let Some(before) = before(word, "eed") {
        if measure(before) > 0 {
            word.pop();
        }
        return;
    }
    let Some(shorter) = ["ed", "ing"].iter().find_map(|suffix| before(word, suffix)) else {
        return;
    };
    if !has_vowel(shorter) {
        return;
    }
    let length = shorter.len();
    word.truncate(length);
    match word.as_bytes() {
        [.., b'a', b't'] | [.., b'b', b'l'] | [.., b'i', b'z'] if length > 2 => word.push('e'),
        [.., a, b] if a == b && b.is_ascii() && !is_vowel(*b) && !b"lsz".contains(b) => {
            word.pop();
        }
        _ if measure(word) == 1 && ends_short(word) => word.push('e'),
        _ => {}
    }
}

fn replace(word: &mut String, rules: &[Rule]) {
    let found =
        rules.iter().find_map(|(suffix, other)| Some((before(word, suffix)?.len(), *other)));
    if let Some((length, other)) = found
        && measure(&word[..length]) > 0
    {
        word.truncate(length);
        word.push_str(other);
    }
}

fn drop_long_suffix(word: &mut String) {
    let found = STEP_4.iter().find_map(|suffix| Some((before(word, suffix)?.len(), *suffix)));
    if let Some((length, suffix)) = found {
        // Of "sion" and "tion" only "ion" goes.
        let length = if suffix.ends_with("ion") { length + 1 } else { length };
        if measure(&word[..length]) > 1 {
            word.truncate(length);
        }
    }
}

fn final_letters(word: &mut String) {
    if let Some(before) = word.strip_suffix('e') {
        let syllables = measure(before);
        if syllables > 1 || (syllables == 1 && !ends_short(before)) {
            word.pop();
        }
    }
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

/// Returns what stands before the suffix, if anything does.
fn before<'w>(word: &'w str, suffix: &str) -> Option<&'w str> {
    word.strip_suffix(suffix).filter(|rest| !rest.is_empty())
}

fn is_vowel(letter: u8) -> bool {
    b"aeiou".contains(&letter)
}

/// Says for each letter whether it is a vowel: "y" is one after a consonant.
fn vowels(text: &str) -> impl Iterator<Item = bool> {
    text.bytes().scan(true, |before, letter| {
        let vowel = is_vowel(letter) || (letter == b'y' && !*before);
        *before = vowel;
        Some(vowel)
    })
}

fn has_vowel(text: &str) -> bool {
    vowels(text).any(|vowel| vowel)
}

/// Counts how often a vowel is followed by a consonant.
fn measure(text: &str) -> usize {
    let vowels: Vec<bool> = vowels(text).collect();
    vowels.windows(2).filter(|pair| pair[0] && !pair[1]).count()
}

/// Whether the text ends consonant, vowel, consonant, and the last is none of w, x, y.
fn ends_short(text: &str) -> bool {
    let vowels: Vec<bool> = vowels(text).collect();
    matches!(vowels.as_slice(), [.., false, true, false]) && !text.ends_with(['w', 'x', 'y'])
}

#[cfg(test)]
mod tests {
    use super::stem;
    use crate::foundation::store::sql::Connection;

    /// Returns the stem that SQLite's index keeps of a word.
    fn indexed(words: &[&str]) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE t USING fts5(x, tokenize = 'porter unicode61 remove_diacritics 2');
                 CREATE VIRTUAL TABLE v USING fts5vocab(t, instance);",
            )
            .unwrap();
        for word in words {
            connection.execute("INSERT INTO t VALUES (?1)", [word]).unwrap();
        }
        let mut query = connection.prepare("SELECT term FROM v ORDER BY doc").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    const WORDS: &str = "caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized \
        hopping tanned falling hissing fizzed failing filing happy sky relational conditional rational valenci digitizer \
        conformabli radicalli differentli vileli analogousli vietnamization predication operator feudalism decisiveness \
        hopefulness callousness formaliti sensitiviti sensibiliti triplicate formative formalize electriciti electrical \
        hopeful goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement \
        adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize probate \
        rate cease controll roll dies died dying yes is as a ssses eed ing able y yy sooyses";

    #[test]
    fn stems_are_those_of_the_index() {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let mine: Vec<String> = words.iter().map(|word| stem(word)).collect();
        assert_eq!(mine, indexed(&words));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn stems_of_any_words_are_those_of_the_index(
            words in proptest::collection::vec(
                "[a-z]{1,5}[aeiouy]?(ational|tional|ness|ative|ement|ion|sion|ies|sses|ing|ed|eed|ll|e|s|y|ization|er|ful|ible)?(s|ed|ing|ly|li)?",
                1..200,
            )
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mine: Vec<String> = words.iter().map(|word| stem(word)).collect();
            proptest::prop_assert_eq!(mine, indexed(&words));
        }
    }
}
