//! Chooses the next token from its logits.
//!
//! The order is that of `transformers`: repetition penalty, temperature, top-k, top-p, min-p, then one draw. Every filter
//! keeps at least the likeliest token. Vocabularies have 150,000 entries: no path sorts them all.

use super::sampling::Choice;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cmp::Ordering;

/// Tokens are compared in strides of this many lanes, which the compiler turns into vector instructions.
const LANES: usize = 16;

/// Chooses tokens for one answer.
pub(super) struct Sampler {
    choice: Choice,
    random: ChaCha8Rng,
    /// The tokens that occurred, each once, and the same as a set.
    seen: Vec<u32>,
    is_seen: Vec<bool>,
    /// Room for penalised logits, kept between tokens.
    penalised: Vec<f32>,
    /// Room for the tokens that may be drawn and their weights.
    candidates: Vec<(u32, f32)>,
}

impl Sampler {
    /// Returns a sampler for a graph with `vocabulary` logits.
    pub(super) fn new(choice: Choice, vocabulary: usize) -> Self {
        Self {
            choice,
            random: ChaCha8Rng::seed_from_u64(choice.seed),
            seen: Vec::new(),
            is_seen: vec![false; vocabulary],
            penalised: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Notes that a token occurred, in the prompt or in the answer.
    pub(super) fn saw(&mut self, token: u32) {
        if let Some(seen) = self.is_seen.get_mut(token as usize)
            && !*seen
        {
            *seen = true;
            self.seen.push(token);
        }
    }

    /// Returns the next token, or `None` if the logits hold no number.
    pub(super) fn choose(&mut self, logits: &[f32]) -> Option<u32> {
        if (self.choice.repetition_penalty - 1.0).abs() < f32::EPSILON {
            return self.choose_from(logits);
        }
        let mut penalised = std::mem::take(&mut self.penalised);
        penalised.clear();
        penalised.extend_from_slice(logits);
        for &token in &self.seen {
            if let Some(logit) = penalised.get_mut(token as usize) {
                if *logit > 0.0 {
                    *logit /= self.choice.repetition_penalty;
                } else {
                    *logit *= self.choice.repetition_penalty;
                }
            }
        }
        let chosen = self.choose_from(&penalised);
        self.penalised = penalised;
        chosen
    }

    fn choose_from(&mut self, logits: &[f32]) -> Option<u32> {
        let best = likeliest(logits)?;
        if self.choice.temperature <= 0.0 || self.choice.top_k == 1 {
            return Some(best);
        }
        let highest = logits[best as usize];
        self.candidates.clear();
        if self.choice.top_k > 0 && self.choice.top_k < logits.len() {
            keep_highest(logits, self.choice.top_k, &mut self.candidates);
        } else {
            self.candidates.extend((0u32..).zip(logits.iter().copied()));
        }
        for (_, weight) in &mut self.candidates {
            *weight = ((*weight - highest) / self.choice.temperature).exp();
        }
        self.candidates.retain(|&(_, weight)| weight > 0.0);
        if self.choice.top_p < 1.0 {
            keep_nucleus(&mut self.candidates, self.choice.top_p);
        }
        // The likeliest weighs 1.
        let least = self.choice.min_p;
        self.candidates.retain(|&(_, weight)| weight >= least);
        self.draw()
    }

    fn draw(&mut self) -> Option<u32> {
        let total = sum(&self.candidates);
        let mut left = self.random.random::<f64>() * total;
        for &(token, weight) in &self.candidates {
            left -= f64::from(weight);
            if left < 0.0 {
                return Some(token);
            }
        }
        self.candidates.last().map(|&(token, _)| token)
    }
}

/// Returns the first of the highest logits, or `None` if there is no finite one.
pub(super) fn likeliest(logits: &[f32]) -> Option<u32> {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let strides = logits.chunks_exact(LANES);
    let rest = strides.remainder();
    for stride in strides {
        for (highest, &logit) in lanes.iter_mut().zip(stride) {
            *highest = if logit > *highest { logit } else { *highest };
        }
    }
    let highest = lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    if !highest.is_finite() {
        return None;
    }
    #[expect(clippy::float_cmp, reason = "the very value is looked for")]
    let position = logits.iter().position(|&logit| logit == highest)?;
    u32::try_from(position).ok()
}

/// Collects the `count` highest logits; of equal ones the first.
pub(super) fn keep_highest(logits: &[f32], count: usize, candidates: &mut Vec<(u32, f32)>) {
    let room = count.saturating_mul(2).max(64);
    let mut least = f32::NEG_INFINITY;
    for (token, &logit) in (0u32..).zip(logits) {
        // Equal ones that come later lose against those that are kept.
        if logit > least {
            candidates.push((token, logit));
            if candidates.len() == room {
                shrink(candidates, count);
                least = candidates.iter().map(|&(_, logit)| logit).fold(f32::INFINITY, f32::min);
            }
        }
    }
    shrink(candidates, count);
}

fn shrink(candidates: &mut Vec<(u32, f32)>, count: usize) {
    if candidates.len() > count {
        candidates.select_nth_unstable_by(count - 1, by_weight);
        candidates.truncate(count);
    }
}

/// Keeps the fewest candidates whose weights make up `share` of all.
fn keep_nucleus(candidates: &mut Vec<(u32, f32)>, share: f32) {
    let total = sum(candidates);
    let wanted = total * f64::from(share);
    // Those lighter than this weigh less than what is cut off, even all together: they need no sorting.
    #[expect(clippy::cast_precision_loss, reason = "a vocabulary is far below 2^52")]
    let light = (total - wanted) / candidates.len().max(1) as f64;
    candidates.retain(|&(_, weight)| f64::from(weight) >= light);
    // Halving finds the boundary without sorting: the first `low` weigh `reached`, too little; the first `high` enough.
    let (mut low, mut high, mut reached) = (0, candidates.len(), 0.0);
    while high - low > 1 {
        let middle = low.midpoint(high);
        candidates[low..high].select_nth_unstable_by(middle - low, by_weight);
        let half = sum(&candidates[low..middle]);
        if reached + half >= wanted {
            high = middle;
        } else {
            reached += half;
            low = middle;
        }
    }
    candidates.truncate(high);
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "sorting hands out references")]
fn by_weight(one: &(u32, f32), other: &(u32, f32)) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

fn sum(candidates: &[(u32, f32)]) -> f64 {
    candidates.iter().map(|&(_, weight)| f64::from(weight)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: Choice = Choice {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        repetition_penalty: 1.0,
        seed: 7,
    };

    fn logits() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-12.0f32..12.0, 2..300)
    }

    fn draws(choice: Choice, logits: &[f32], count: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(choice, logits.len());
        (0..count).map(|_| sampler.choose(logits).unwrap()).collect()
    }

    fn probabilities(logits: &[f32], temperature: f32) -> Vec<f64> {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f64> =
            logits.iter().map(|logit| f64::from((logit - highest) / temperature).exp()).collect();
        let total: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / total).collect()
    }

    #[test]
    fn logits_without_a_number_choose_nothing() {
        assert_eq!(likeliest(&[f32::NAN; 40]), None);
        assert_eq!(likeliest(&[f32::NEG_INFINITY; 3]), None);
        assert_eq!(likeliest(&[]), None);
        assert_eq!(Sampler::new(PLAIN, 4).choose(&[f32::NAN; 4]), None);
    }

    #[test]
    fn of_equal_logits_the_first_is_the_likeliest() {
        let mut logits = vec![0.0; 100];
        logits[41] = 3.0;
        logits[97] = 3.0;
        assert_eq!(likeliest(&logits), Some(41));
    }

    #[test]
    fn a_token_that_occurred_is_penalised_whatever_its_sign() {
        let choice = Choice { temperature: 0.0, repetition_penalty: 2.0, ..PLAIN };
        let mut sampler = Sampler::new(choice, 2);
        assert_eq!(sampler.choose(&[3.0, 2.0]), Some(0));
        sampler.saw(0);
        assert_eq!(sampler.choose(&[3.0, 2.0]), Some(1));
        assert_eq!(sampler.choose(&[-1.0, -1.5]), Some(1));
        assert_eq!(sampler.choose(&[5.0, 2.0]), Some(0));
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let logits: Vec<f32> = [0.5f32, 0.3, 0.2].iter().map(|p| p.ln()).collect();
        let drawn = draws(PLAIN, &logits, 20_000);
        for (token, expected) in (0u32..).zip([0.5, 0.3, 0.2]) {
            let share =
                drawn.iter().filter(|&&drawn| drawn == token).map(|_| 1.0 / 20_000.0).sum::<f64>();
            assert!((share - expected).abs() < 0.02, "{token}: {share} instead of {expected}");
        }
    }

    proptest! {
        #[test]
        fn top_k_of_one_is_greedy(logits in logits(), temperature in 0.1f32..2.0, seed: u64) {
            let best = likeliest(&logits).unwrap();
            let choice = Choice { top_k: 1, temperature, seed, ..PLAIN };
            prop_assert_eq!(draws(choice, &logits, 3), vec![best; 3]);
        }

        #[test]
        fn a_temperature_near_zero_tends_to_greedy(mut logits in logits(), seed: u64) {
            let best = likeliest(&logits).unwrap();
            logits[best as usize] += 0.01;
            let choice = Choice { temperature: 1e-5, seed, ..PLAIN };
            prop_assert_eq!(draws(choice, &logits, 5), vec![best; 5]);
        }

        #[test]
        fn the_same_seed_gives_the_same_tokens(logits in logits(), seed: u64) {
            let choice = Choice { seed, top_p: 0.9, top_k: 40, ..PLAIN };
            prop_assert_eq!(draws(choice, &logits, 10), draws(choice, &logits, 10));
        }

        #[test]
        fn nothing_outside_the_k_likeliest_is_drawn(logits in logits(), top_k in 2usize..20, seed: u64) {
            for token in draws(Choice { top_k, seed, ..PLAIN }, &logits, 20) {
                let better = logits.iter().filter(|&&logit| logit > logits[token as usize]).count();
                prop_assert!(better < top_k);
            }
        }

        #[test]
        fn nothing_outside_the_nucleus_is_drawn(
            logits in logits(), top_p in 0.05f32..0.99, temperature in 0.2f32..2.0, seed: u64,
        ) {
            let shares = probabilities(&logits, temperature);
            for token in draws(Choice { temperature, top_p, seed, ..PLAIN }, &logits, 20) {
                let share = shares[token as usize];
                let likelier: f64 = shares.iter().filter(|&&other| other > share).sum();
                prop_assert!(likelier < f64::from(top_p) + 1e-5, "{likelier} is likelier than the one drawn");
            }
        }

        #[test]
        fn nothing_below_min_p_is_drawn(logits in logits(), min_p in 0.01f32..0.9, seed: u64) {
            let shares = probabilities(&logits, 1.0);
            let highest = shares.iter().copied().fold(0.0, f64::max);
            for token in draws(Choice { min_p, seed, ..PLAIN }, &logits, 20) {
                prop_assert!(shares[token as usize] >= highest * f64::from(min_p) * 0.9999);
            }
        }

        #[test]
        fn the_k_highest_are_those_of_a_full_sort(logits in logits(), count in 1usize..80) {
            let mut kept = Vec::new();
            keep_highest(&logits, count, &mut kept);
            kept.sort_unstable_by(by_weight);
            let mut all: Vec<(u32, f32)> = (0u32..).zip(logits.iter().copied()).collect();
            all.sort_unstable_by(by_weight);
            all.truncate(count);
            prop_assert_eq!(kept, all);
        }

        #[test]
        fn the_nucleus_is_that_of_a_full_sort(
            weights in prop::collection::vec(1e-6f32..1.0, 1..300), share in 0.05f32..0.99,
        ) {
            let mut kept: Vec<(u32, f32)> = (0u32..).zip(weights).collect();
            let mut all = kept.clone();
            let wanted = sum(&all) * f64::from(share);
            keep_nucleus(&mut kept, share);
            kept.sort_unstable_by(by_weight);
            all.sort_unstable_by(by_weight);
            let least = (1..=all.len()).find(|&count| sum(&all[..count]) >= wanted - 1e-9).unwrap();
            prop_assert!(kept.len() == least || kept.len() == least + 1, "{} of {least}", kept.len());
            prop_assert_eq!(&kept, &all[..kept.len()]);
        }

        #[test]
        fn renaming_tokens_renames_the_greedy_choice(logits in logits(), turn in 0usize..300) {
            let turn = turn % logits.len();
            let best = likeliest(&logits).unwrap() as usize;
            prop_assume!(logits.iter().filter(|&&logit| logit >= logits[best]).count() == 1);
            let mut turned = logits.clone();
            turned.rotate_left(turn);
            let expected = (best + logits.len() - turn) % logits.len();
            prop_assert_eq!(likeliest(&turned).unwrap() as usize, expected);
        }

        #[test]
        fn any_numbers_choose_a_token_or_nothing(logits in prop::collection::vec(any::<f32>(), 0..80), seed: u64) {
            let choice = Choice { seed, top_p: 0.5, min_p: 0.1, repetition_penalty: 1.3, ..PLAIN };
            let mut sampler = Sampler::new(choice, logits.len());
            sampler.saw(1);
            if let Some(token) = sampler.choose(&logits) {
                prop_assert!((token as usize) < logits.len());
            }
        }
    }
}
