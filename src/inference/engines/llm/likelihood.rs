//! How likely a token was, and what else might have come.

use super::{sampler::keep_highest, tokenizer::Text};
use crate::inference::workers::{Likely, TokenLogprob};

/// Tells how likely a token was by these logits, with the `top` likeliest, likeliest first.
pub(super) fn of(token: u32, logits: &[f32], top: usize, text: &Text) -> TokenLogprob {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // In 64 bits: 150,000 small numbers are added.
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit - highest).exp()).sum();
    let likely = |(token, logit): (u32, f32)| {
        #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
        let logprob = (f64::from(logit - highest) - sum.ln()) as f32;
        Likely { bytes: text.bytes(token), logprob }
    };
    let mut likeliest = Vec::new();
    if top > 0 {
        keep_highest(logits, top, &mut likeliest);
        likeliest.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        likeliest.retain(|(_, logit)| logit.is_finite());
    }
    let came = logits.get(token as usize).copied().unwrap_or(f32::NEG_INFINITY);
    TokenLogprob { token: likely((token, came)), top: likeliest.into_iter().map(likely).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::engines::llm::tokenizer::tests::byte_level;

    #[test]
    fn probabilities_are_those_of_a_softmax_and_come_likeliest_first() {
        let text = byte_level();
        let mut logits = vec![f32::NEG_INFINITY; 260];
        for (word, logit) in [("a", 1.0), ("b", 3.0), ("the", 2.0)] {
            logits[text.encode(word).unwrap()[0] as usize] = logit;
        }
        let told = of(text.encode("a").unwrap()[0], &logits, 5, &text);
        let tops: Vec<_> = told.top.iter().map(|likely| likely.bytes.clone()).collect();
        assert_eq!(tops, [b"b".to_vec(), b"the".to_vec(), b"a".to_vec()]);
        let total: f32 = told.top.iter().map(|likely| likely.logprob.exp()).sum();
        assert!((total - 1.0).abs() < 1e-5, "{total}");
        assert!((told.token.logprob - told.top[2].logprob).abs() < 1e-6);
        assert!(of(0, &logits, 0, &text).top.is_empty());
    }
}
