//! How alike two graphs of one model answer: the second is led along what the first would have said, and both are compared at
//! each token.

use super::{engine::Engine, sampler::likeliest};
use crate::inference::{engines::refusal, models::optimize::Answers, workers::Refusal};

/// A choice whose logit is no further below the best is as good as the best: with a temperature of 1 it comes nine times out of ten
/// as often.
const AS_LIKELY: f32 = 0.1;
/// The longest part of a text that is read.
const LONGEST_PROMPT: usize = 128;

/// What a graph would say after a text, with what it thought of every other token.
#[derive(Debug)]
pub struct Spoken {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    logits: Vec<Vec<f32>>,
}

/// What was found so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alike {
    tokens: usize,
    same: usize,
    as_likely: usize,
    largest: f32,
    divergence: f64,
}

impl Engine {
    /// Reads a text and goes on with the likeliest tokens.
    pub fn speak(&mut self, text: &str, tokens: usize) -> Result<Spoken, Refusal> {
        let mut prompt = self.text.encode(text).map_err(|error| {
            refusal("foreign_tokenizer", format!("a plain text cannot be cut into tokens: {error}"))
        })?;
        prompt.truncate(LONGEST_PROMPT.min(self.model.context_tokens.saturating_sub(tokens)));
        let mut spoken = Spoken { prompt, tokens: Vec::new(), logits: Vec::new() };
        self.reset();
        self.prefill(&spoken.prompt)?;
        for _ in 0..tokens {
            let token = self.likeliest().ok_or_else(no_numbers)?;
            spoken.logits.push(self.logits().to_vec());
            spoken.tokens.push(token);
            self.decode(token)?;
        }
        Ok(spoken)
    }

    /// Is led along what another graph said, and compares.
    pub fn follow(&mut self, spoken: &Spoken, alike: &mut Alike) -> Result<(), Refusal> {
        self.reset();
        self.prefill(&spoken.prompt)?;
        for (&token, before) in spoken.tokens.iter().zip(&spoken.logits) {
            let now = self.logits();
            let choice = likeliest(now).ok_or_else(no_numbers)?;
            if now.len() != before.len() {
                let text = format!("{} logits became {}", before.len(), now.len());
                return Err(refusal("foreign_graph", text));
            }
            alike.add(token, choice, before, now);
            self.decode(token)?;
        }
        Ok(())
    }
}

impl Alike {
    fn add(&mut self, token: u32, choice: u32, before: &[f32], now: &[f32]) {
        self.tokens += 1;
        self.same += usize::from(token == choice);
        let loss = before[token as usize] - before[choice as usize];
        self.as_likely += usize::from(loss <= AS_LIKELY);
        let differences = before.iter().zip(now).map(|(one, other)| (one - other).abs());
        self.largest = differences.fold(self.largest, f32::max);
        self.divergence += divergence(before, now);
    }

    /// Returns what all tokens together say.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred tokens are counted")]
    pub fn answers(&self) -> Answers {
        let tokens = self.tokens.max(1) as f64;
        Answers {
            tokens: self.tokens,
            same_token: self.same as f64 / tokens,
            as_likely: self.as_likely as f64 / tokens,
            largest_difference: self.largest.into(),
            divergence: self.divergence / tokens,
        }
    }
}

/// Returns the divergence of Kullback and Leibler of what these logits say from what those say, in nats.
fn divergence(before: &[f32], now: &[f32]) -> f64 {
    let total = |logits: &[f32]| {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|&logit| f64::from(logit - highest).exp()).sum();
        f64::from(highest) + sum.ln()
    };
    let (whole, other) = (total(before), total(now));
    let parts = before.iter().zip(now).map(|(&one, &now)| {
        let likely = f64::from(one) - whole;
        let part = likely.exp() * (likely - (f64::from(now) - other));
        if part.is_finite() { part } else { 0.0 }
    });
    parts.sum::<f64>().max(0.0)
}

fn no_numbers() -> Refusal {
    refusal("engine_failed", "the model's logits are not numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divergence_is_that_of_the_textbook_and_of_equals_nothing() {
        // Of 1/2, 1/2 from 1/4, 3/4: ln(2)/2 + ln(2/3)/2.
        let (half, quarter) = ([0.0, 0.0], [0.25_f32.ln(), 0.75_f32.ln()]);
        let expected = 0.5 * 2.0_f64.ln() + 0.5 * (2.0_f64 / 3.0).ln();
        assert!((divergence(&half, &quarter) - expected).abs() < 1e-6);
        assert!(divergence(&quarter, &quarter).abs() < 1e-9);
    }

    #[test]
    fn another_choice_counts_as_good_only_where_the_first_graph_held_it_for_as_likely() {
        let mut alike = Alike::default();
        alike.add(0, 0, &[1.0, 0.0], &[1.0, 0.5]);
        alike.add(0, 1, &[1.0, 0.95], &[1.0, 1.1]);
        alike.add(0, 1, &[1.0, 0.0], &[1.0, 1.1]);
        let answers = alike.answers();
        assert_eq!(answers.tokens, 3);
        assert!((answers.same_token - 1.0 / 3.0).abs() < 1e-9, "{answers:?}");
        assert!((answers.as_likely - 2.0 / 3.0).abs() < 1e-9, "{answers:?}");
        assert!((answers.largest_difference - 1.1).abs() < 1e-6, "{answers:?}");
        assert!(!answers.are_close());
    }
}
