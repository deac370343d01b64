//! Words of a text, as the full-text index sees them: letters and digits, lower case, without diacritics, stemmed.

use super::stem::stem;
use std::ops::Range;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Its bytes in the text.
    pub(super) bytes: Range<usize>,
    /// Lower case, without diacritics.
    pub(super) plain: String,
    /// The stem of that.
    pub(super) stem: String,
}

/// Returns the words of a text in their order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        match (letter.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push(word(text, from..at));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        words.push(word(text, from..text.len()));
    }
    words
}

fn word(text: &str, bytes: Range<usize>) -> Word {
    let plain: String =
        text[bytes.clone()].chars().flat_map(char::to_lowercase).map(bare).collect();
    Word { bytes, stem: stem(&plain), plain }
}

/// Returns a Latin letter without its diacritic, any other as it is.
fn bare(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ţ' | 'ť' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_keep_their_place() {
        let text = "Die Größen: --sort=SIZE";
        let found = words(text);
        let plain: Vec<_> = found.iter().map(|word| word.plain.as_str()).collect();
        assert_eq!(plain, ["die", "großen", "sort", "size"]);
        assert_eq!(&text[found[1].bytes.clone()], "Größen");
    }
}
