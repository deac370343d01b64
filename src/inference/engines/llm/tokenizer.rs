//! Text to tokens and back, by the model's own `tokenizer.json`.

use crate::inference::engines::refusal;
use crate::inference::workers::Refusal;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::LazyLock,
};
use tokenizers::{DecoderWrapper, Tokenizer};

/// A normalizer may shrink text before it is cut into tokens; by no more than this, in bytes.
const SHRINKING: usize = 4;

/// A model's tokenizer.
#[derive(Debug)]
pub(super) struct Text {
    tokenizer: Tokenizer,
    /// The tokens that stand for one byte each, if the decoder joins such runs.
    bytes: HashSet<u32>,
    /// The special tokens: they are not shown.
    silent: HashSet<u32>,
    /// Whether tokens are written in letters that stand for bytes, as GPT-2 writes them.
    byte_level: bool,
    /// The longest token, in bytes.
    longest: usize,
    /// The highest token and one, special tokens left out: text models keep those of their siblings that see images.
    size: usize,
}

impl Text {
    /// Reads a `tokenizer.json`.
    pub(super) fn read(path: &Path) -> Result<Self, Refusal> {
        Tokenizer::from_file(path).map(Self::new).map_err(|error| {
            refusal(
                "foreign_tokenizer",
                format!(
                    "{} is no tokenizer that can be read ({error}); fetch the file again",
                    path.display()
                ),
            )
        })
    }

    fn new(mut tokenizer: Tokenizer) -> Self {
        // Some files carry the limits of their training; a prompt is never cut silently here.
        tokenizer.with_padding(None);
        // Only a limit can be wrong, not its absence.
        drop(tokenizer.with_truncation(None).map(drop));
        let vocabulary = tokenizer.get_vocab(true);
        let bytes = if tokenizer.get_decoder().is_some_and(joins_bytes) {
            let ids = (0..=u8::MAX).filter_map(|byte| vocabulary.get(&format!("<0x{byte:02X}>")));
            ids.copied().collect()
        } else {
            HashSet::new()
        };
        let added = tokenizer.get_added_tokens_decoder();
        let silent: HashSet<u32> =
            added.iter().filter(|(_, token)| token.special).map(|(&id, _)| id).collect();
        let ordinary = vocabulary.values().filter(|id| !silent.contains(id));
        Self {
            size: ordinary.max().map_or(0, |&last| last as usize + 1),
            byte_level: tokenizer.get_decoder().is_some_and(writes_bytes_as_letters),
            bytes,
            silent,
            longest: vocabulary.keys().map(String::len).max().unwrap_or(1).max(1),
            tokenizer,
        }
    }

    /// Returns the bytes that a token adds to a text; none for special tokens and for numbers that are no token's.
    pub(super) fn bytes(&self, token: u32) -> Vec<u8> {
        if self.silent.contains(&token) {
            return Vec::new();
        }
        let Some(written) = self.tokenizer.id_to_token(token) else { return Vec::new() };
        if self.byte_level {
            // What is no such letter stands in an added token, and for itself.
            let bytes: Option<Vec<u8>> =
                written.chars().map(|letter| BYTE_OF_LETTER.get(&letter).copied()).collect();
            return bytes.unwrap_or_else(|| written.into_bytes());
        }
        let byte = written.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if self.is_byte(token) => vec![byte],
            _ => written.replace('▁', " ").into_bytes(),
        }
    }

    /// Returns how many logits a graph must have for the ordinary tokens of this tokenizer.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Returns whether a token stands for one byte of a run that is read as a whole.
    pub(super) fn is_byte(&self, token: u32) -> bool {
        self.bytes.contains(&token)
    }

    /// Returns whether a token shows no text: special ones, and those with which a graph's vocabulary is padded.
    pub(super) fn is_silent(&self, token: u32) -> bool {
        self.silent.contains(&token) || !self.knows(token)
    }

    /// Returns whether there is such a token.
    pub(super) fn knows(&self, token: u32) -> bool {
        self.tokenizer.id_to_token(token).is_some()
    }

    /// Returns the number of a token that is written like this.
    pub(super) fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// Returns how many tokens a text of this length has at least.
    pub(super) fn at_least(&self, bytes: usize) -> usize {
        bytes / self.longest.saturating_mul(SHRINKING)
    }

    /// Returns the tokens of a text; nothing is put before or after them, for templates write it themselves.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding =
            self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Returns the tokens of a text, with what the model wants before and after one.
    pub(super) fn encode_whole(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.tokenizer.encode_fast(text, true).map_err(|error| error.to_string())?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Returns the text of some tokens, without special ones.
    pub(super) fn decode(&self, tokens: &[u32]) -> String {
        // Fails only for decoders that cannot read their own tokens; then there is nothing to show.
        self.tokenizer.decode(tokens, true).unwrap_or_default()
    }
}

/// GPT-2 writes each byte as a letter that can be seen: most as themselves, the others as letters from U+0100 on.
static BYTE_OF_LETTER: LazyLock<HashMap<char, u8>> = LazyLock::new(|| {
    let seen = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let hidden = (u8::MIN..=u8::MAX).filter(|byte| !seen(*byte));
    let others = hidden.zip('\u{100}'..).map(|(byte, letter)| (letter, byte));
    let themselves =
        (u8::MIN..=u8::MAX).filter(|byte| seen(*byte)).map(|byte| (char::from(byte), byte));
    themselves.chain(others).collect()
});

fn writes_bytes_as_letters(decoder: &DecoderWrapper) -> bool {
    if let DecoderWrapper::Sequence(sequence) = decoder {
        return sequence.get_decoders().iter().any(writes_bytes_as_letters);
    }
    matches!(decoder, DecoderWrapper::ByteLevel(_))
}

fn joins_bytes(decoder: &DecoderWrapper) -> bool {
    if let DecoderWrapper::Sequence(sequence) = decoder {
        return sequence.get_decoders().iter().any(joins_bytes);
    }
    matches!(decoder, DecoderWrapper::ByteFallback(_))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// Returns a tokenizer of the 256 bytes as GPT-2 writes them, two merges and two special tokens.
    pub(in super::super) fn byte_level() -> Text {
        let mut letters: Vec<char> = ('!'..='~').chain('¡'..='¬').chain('®'..='ÿ').collect();
        letters.extend(
            (0..256 - letters.len())
                .filter_map(|more| char::from_u32(256 + u32::try_from(more).ok()?)),
        );
        let mut vocabulary: serde_json::Map<String, serde_json::Value> = letters
            .iter()
            .enumerate()
            .map(|(id, letter)| (letter.to_string(), id.into()))
            .collect();
        vocabulary.insert("th".to_owned(), 256.into());
        vocabulary.insert("the".to_owned(), 257.into());
        let special = |id: usize, content: &str| {
            json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                   "normalized": false, "special": true})
        };
        let file = json!({
            "version": "1.0", "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
            "padding": null, "added_tokens": [special(258, "<|end|>"), special(259, "<|begin|>")],
            "normalizer": null,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
            "post_processor": null,
            "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
            "model": {"type": "BPE", "vocab": vocabulary, "merges": [["t", "h"], ["th", "e"]]},
        });
        Text::new(Tokenizer::from_bytes(file.to_string()).unwrap())
    }

    /// Returns a tokenizer as Llama 2 has it: words with a leading `▁`, and bytes where there is no word.
    pub(in super::super) fn byte_fallback() -> Text {
        let mut vocabulary = serde_json::Map::new();
        for byte in 0..256 {
            vocabulary.insert(format!("<0x{byte:02X}>"), byte.into());
        }
        for (id, word) in
            ["<unk>", "▁", "a", "b", "▁a", "é", "▁▁", "c", "▁b", "d"].iter().enumerate()
        {
            vocabulary.insert((*word).to_owned(), (256 + id).into());
        }
        let special = json!([{"id": 266, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
                              "normalized": false, "special": true}]);
        let file = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": special,
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
            "pre_tokenizer": null, "post_processor": null,
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"}, {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {"type": "BPE", "vocab": vocabulary, "merges": [["▁", "a"], ["▁", "b"]], "byte_fallback": true,
                      "unk_token": "<unk>", "fuse_unk": true},
        });
        Text::new(Tokenizer::from_bytes(file.to_string()).unwrap())
    }

    #[test]
    fn nothing_is_cut_even_if_the_file_says_so() {
        let text = byte_level();
        assert_eq!(text.encode("hello there").unwrap().len(), 9);
        assert_eq!(text.decode(&text.encode("hello there").unwrap()), "hello there");
    }

    #[test]
    fn a_token_is_the_bytes_that_it_adds() {
        let text = byte_level();
        let token = |word: &str| text.encode(word).unwrap()[0];
        assert_eq!(
            (text.bytes(token("the")), text.bytes(token(" "))),
            (b"the".to_vec(), b" ".to_vec())
        );
        assert_eq!(text.bytes(token("ä")), [0xc3]);
        assert!(text.bytes(258).is_empty() && text.bytes(9_999).is_empty());
        let text = byte_fallback();
        assert_eq!((text.bytes(0x0a), text.bytes(259)), (vec![b'\n'], b"b".to_vec()));
        assert_eq!(text.bytes(260), b" a");
    }

    #[test]
    fn special_tokens_written_in_the_text_are_one_token_each() {
        let text = byte_level();
        assert_eq!(text.encode("<|begin|>the<|end|>").unwrap(), [259, 257, 258]);
        assert_eq!(text.decode(&[259, 257, 258]), "the");
        assert_eq!((text.size(), text.id("<|end|>")), (258, Some(258)));
        assert!(text.knows(259) && !text.knows(260));
    }

    #[test]
    fn a_file_that_is_no_tokenizer_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        std::fs::write(&path, "{}").unwrap();
        let refusal = Text::read(&path).unwrap_err();
        assert_eq!(refusal.code, "foreign_tokenizer");
        assert!(refusal.message.contains("tokenizer.json"));
    }

    #[test]
    fn the_least_number_of_tokens_is_never_more_than_there_are() {
        let text = byte_level();
        let long = "the ".repeat(500);
        assert!(text.at_least(long.len()) <= text.encode(&long).unwrap().len());
        assert!(text.at_least(10_000_000) > 100_000);
    }
}
