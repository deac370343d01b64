//! Turns tokens into text as they come, whole characters only.
//!
//! A character may be spread over several tokens, and how a token reads may depend on the one before it. So the last few
//! tokens are decoded together, before and after each new one, and the difference is the new text. Put together, the pieces
//! are what decoding all tokens at once gives.

use super::tokenizer::Text;

/// Stands for bytes that are no character, or not yet.
const REPLACEMENT: char = '\u{FFFD}';

/// Tokens held back at most; a longer run of bytes is no character any more.
const LONGEST_HELD: usize = 256;

/// Decodes one answer.
#[derive(Default)]
pub(super) struct Detokenizer {
    tokens: Vec<u32>,
    /// Tokens before this one were shown and are no longer looked at.
    start: usize,
    /// Tokens before this one were shown.
    shown: usize,
}

impl Detokenizer {
    /// Takes the next token and returns the text that is certain now; may be empty.
    pub(super) fn push(&mut self, text: &Text, token: u32) -> String {
        self.tokens.push(token);
        if text.is_silent(token) {
            return String::new();
        }
        // A run of byte tokens is read as a whole: whether its first bytes are characters is known at its end.
        let held = self.tokens.len() - self.shown;
        if text.is_byte(token) && held < LONGEST_HELD {
            return String::new();
        }
        let after = text.decode(&self.tokens[self.start..]);
        if after.ends_with(REPLACEMENT) && held < LONGEST_HELD {
            return String::new();
        }
        self.difference(text, &after)
    }

    /// Returns what was held back, once no more tokens come; broken characters become U+FFFD.
    pub(super) fn finish(&mut self, text: &Text) -> String {
        let after = text.decode(&self.tokens[self.start..]);
        self.difference(text, &after)
    }

    fn difference(&mut self, text: &Text, after: &str) -> String {
        let before = text.decode(&self.tokens[self.start..self.shown]);
        let piece = match after.strip_prefix(before.as_str()) {
            Some(piece) => piece.to_owned(),
            // No decoder found in the wild rewrites what it said; if one does, what is common stands.
            None => after[common(&before, after)..].to_owned(),
        };
        if !piece.is_empty() {
            self.start = self.shown;
            self.shown = self.tokens.len();
        }
        piece
    }
}

fn common(one: &str, other: &str) -> usize {
    let differ = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    differ.map_or(one.len().min(other.len()), |((at, _), _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::engines::llm::tokenizer::tests::{byte_fallback, byte_level};
    use proptest::prelude::*;
    use std::path::Path;

    fn pieces(text: &Text, tokens: &[u32]) -> Vec<String> {
        let mut detokenizer = Detokenizer::default();
        let mut pieces: Vec<String> =
            tokens.iter().map(|&token| detokenizer.push(text, token)).collect();
        pieces.push(detokenizer.finish(text));
        pieces
    }

    #[test]
    fn a_character_is_shown_when_its_last_byte_came() {
        for text in [byte_level(), byte_fallback()] {
            let tokens: Vec<u32> = text.encode("a🙂é b").unwrap();
            let pieces = pieces(&text, &tokens);
            assert!(pieces.iter().all(|piece| !piece.contains(REPLACEMENT)), "{pieces:?}");
            assert_eq!(pieces.concat(), "a🙂é b");
        }
    }

    #[test]
    fn a_broken_character_is_shown_at_the_end_and_not_before() {
        let text = byte_level();
        let mut tokens = text.encode("a🙂").unwrap();
        tokens.pop();
        let pieces = pieces(&text, &tokens);
        let (last, before) = pieces.split_last().unwrap();
        assert_eq!(before.concat(), "a");
        assert_eq!(last, "\u{FFFD}");
    }

    #[test]
    fn every_golden_text_is_cut_and_put_together_as_in_transformers() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm");
        let cases = std::fs::read_to_string(folder.join("tokenizer-cases.json")).unwrap();
        let cases: serde_json::Value = serde_json::from_str(&cases).unwrap();
        let tokenizer = folder.join(cases["tokenizer"].as_str().unwrap());
        let text = Text::read(&tokenizer).unwrap();
        for case in cases["cases"].as_array().unwrap() {
            let whole = case["text"].as_str().unwrap();
            let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
            assert_eq!(text.encode(whole).unwrap(), ids, "{whole:?}");
            assert_eq!(pieces(&text, &ids).concat(), text.decode(&ids), "{whole:?}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_whole_for_any_tokens_of_the_fixtures(
            tokens in prop::collection::vec(0u32..400, 0..60),
        ) {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm");
            let text = Text::read(&folder.join("qwen2/genai/tokenizer.json")).unwrap();
            prop_assert_eq!(pieces(&text, &tokens).concat(), text.decode(&tokens));
        }

        #[test]
        fn the_pieces_are_the_whole_for_any_bytes(tokens in prop::collection::vec(0u32..260, 0..40)) {
            let text = byte_level();
            prop_assert_eq!(pieces(&text, &tokens).concat(), text.decode(&tokens));
        }

        #[test]
        fn the_pieces_are_the_whole_for_any_tokens_with_byte_fallback(
            tokens in prop::collection::vec(0u32..270, 0..40),
        ) {
            let text = byte_fallback();
            prop_assert_eq!(pieces(&text, &tokens).concat(), text.decode(&tokens));
        }
    }
}
