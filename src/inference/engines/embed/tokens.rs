//! Text to tokens, cut where the model stops reading.

use crate::inference::{engines::refusal, workers::Refusal};
use std::path::Path;
use tokenizers::{EncodeInput, PostProcessor, Tokenizer, TruncationParams};

/// A text as the model reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) ids: Vec<u32>,
    pub(super) types: Vec<u32>,
    /// Whether there was more of the text.
    pub(super) cut: bool,
}

/// A model's tokenizer.
#[derive(Debug)]
pub(super) struct Text(Tokenizer);

impl Text {
    /// Reads a `tokenizer.json`. Its own limit, that of its training, is not the model's: `max_tokens` is.
    pub(super) fn read(
        path: &Path,
        max_tokens: usize,
        known: Option<usize>,
    ) -> Result<Self, Refusal> {
        Self::of(path, (max_tokens, known), false)
    }

    /// Reads one for texts that are read in pairs, which `max_tokens` hold together.
    pub(super) fn of_pairs(
        path: &Path,
        max_tokens: usize,
        known: Option<usize>,
    ) -> Result<Self, Refusal> {
        Self::of(path, (max_tokens, known), true)
    }

    fn of(
        path: &Path,
        (max_tokens, known): (usize, Option<usize>),
        pairs: bool,
    ) -> Result<Self, Refusal> {
        let foreign = |what: String| {
            refusal("foreign_tokenizer", format!("{} {what}; fetch the file again", path.display()))
        };
        let mut tokenizer = Tokenizer::from_file(path)
            .map_err(|error| foreign(format!("is no tokenizer that can be read ({error})")))?;
        let highest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0) as usize;
        if let Some(known) = known.filter(|known| highest >= *known) {
            return Err(foreign(format!(
                "has tokens up to {highest}, but the model knows {known}: they belong to different models"
            )));
        }
        // With less room than its special tokens take, the tokenizer panics.
        let special = tokenizer.get_post_processor().map_or(0, |post| post.added_tokens(pairs));
        if max_tokens <= special {
            return Err(refusal(
                "bad_config",
                format!(
                    "the model's files let it read {max_tokens} tokens of a text, {special} of them not of the text"
                ),
            ));
        }
        tokenizer.with_padding(None);
        let limit = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(limit)).map_err(|error| {
            refusal("bad_config", format!("the model reads {max_tokens} tokens of a text: {error}"))
        })?;
        Ok(Self(tokenizer))
    }

    /// Returns the number of entries in the vocabulary.
    pub(super) fn size(&self) -> usize {
        self.0.get_vocab_size(true)
    }

    /// Returns the token that fills shorter texts up, by the names that it usually has.
    pub(super) fn padding(&self) -> Option<u32> {
        ["[PAD]", "<pad>"].iter().find_map(|name| self.0.token_to_id(name))
    }

    /// Returns the tokens of a text, special ones included.
    pub(super) fn encode(&self, text: &str) -> Result<Tokens, Refusal> {
        self.encoded(text)
    }

    /// Returns the tokens of two texts together. If they are too long, the longer one is cut until it is as short as the other,
    /// then both.
    pub(super) fn encode_pair(&self, one: &str, other: &str) -> Result<Tokens, Refusal> {
        self.encoded((one, other))
    }

    fn encoded<'s>(&self, text: impl Into<EncodeInput<'s>>) -> Result<Tokens, Refusal> {
        let encoding = self.0.encode(text, true).map_err(|error| {
            refusal("invalid_request", format!("a text cannot be cut into tokens: {error}"))
        })?;
        Ok(Tokens {
            ids: encoding.get_ids().to_vec(),
            types: encoding.get_type_ids().to_vec(),
            cut: !encoding.get_overflowing().is_empty(),
        })
    }
}
