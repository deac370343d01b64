//! Guesses what comes next from what came before, so that one run of the graph computes several tokens.
//!
//! An answer from documents repeats their words. Where the last tokens occurred before, what followed them then is a draft of
//! what follows now (prompt lookup decoding, Saxena 2023, <https://github.com/apoorvumang/prompt-lookup-decoding>). The draft
//! goes through the graph with the next token; each token is still chosen from its own logits, so that a draft changes how long
//! an answer takes and not what it says.

use std::collections::HashMap;

/// How many tokens have to be repeated before a draft is made of what followed them; the longer is looked for first.
const LONG: usize = 3;
const SHORT: usize = 2;

/// How long drafts are: short until they come true. With the token before, each makes an even number.
const LENGTHS: [usize; 3] = [1, 3, 7];

/// Drafts for one answer.
#[derive(Default)]
pub(super) struct Drafts {
    /// The prompt, and the answer so far.
    tokens: Vec<u32>,
    /// Where each few tokens occurred last: the place behind them. The last tokens of all are not among them yet.
    long: HashMap<[u32; LONG], usize>,
    short: HashMap<[u32; SHORT], usize>,
    /// The same of each token alone: good for a guess of one.
    single: HashMap<u32, usize>,
    /// So many tokens were looked at.
    known: usize,
    /// Which of [`LENGTHS`] the next draft has.
    length: usize,
    /// What was drafted last.
    draft: Vec<u32>,
}

impl Drafts {
    /// Begins an answer to a prompt.
    pub(super) fn of(prompt: &[u32]) -> Self {
        Self { tokens: prompt.to_vec(), ..Self::default() }
    }

    /// Notes the next token of the answer.
    pub(super) fn saw(&mut self, token: u32) {
        self.tokens.push(token);
    }

    /// Returns what may follow, nothing if that is not worth trying; of the draft before, so many tokens did not come.
    pub(super) fn next(&mut self, left: usize) -> &[u32] {
        if let Some(came) = self.draft.len().checked_sub(left)
            && !self.draft.is_empty()
        {
            self.learn(came);
        }
        self.draft.clear();
        if let Some((place, length)) = self.look_up() {
            for ahead in place..place + length {
                // What has not come yet is what the draft itself says: a loop goes on.
                let drafted = || self.draft.get(ahead.checked_sub(self.tokens.len())?);
                let next = self.tokens.get(ahead).or_else(drafted).copied();
                self.draft.extend(next);
            }
        }
        &self.draft
    }

    /// Learns how many tokens of the last draft came.
    fn learn(&mut self, came: usize) {
        if came == self.draft.len() {
            self.length = (self.length + 1).min(LENGTHS.len() - 1);
        } else if 2 * came < self.draft.len() {
            self.length = self.length.saturating_sub(1);
        }
    }

    /// Finds the place behind an earlier occurrence of the last tokens, and how much of what follows there is a draft.
    fn look_up(&mut self) -> Option<(usize, usize)> {
        for end in self.known..self.tokens.len() {
            let tokens = &self.tokens[..end];
            if let Some(last) = tokens.last_chunk() {
                self.long.insert(*last, end);
            }
            if let Some(last) = tokens.last_chunk() {
                self.short.insert(*last, end);
            }
            if let Some(last) = tokens.last() {
                self.single.insert(*last, end);
            }
        }
        self.known = self.tokens.len();
        let long = self.tokens.last_chunk().and_then(|last| self.long.get(last));
        let repeated = long.or_else(|| self.short.get(self.tokens.last_chunk()?));
        let single = || Some((*self.single.get(self.tokens.last()?)?, LENGTHS[0]));
        repeated.map(|&place| (place, LENGTHS[self.length])).or_else(single)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft(tokens: &[u32]) -> Vec<u32> {
        Drafts::of(tokens).next(0).to_vec()
    }

    #[test]
    fn what_followed_the_same_tokens_is_the_draft() {
        assert_eq!(draft(&[1, 2, 3, 4, 5, 9, 2, 3]), [4]);
        assert_eq!(draft(&[1, 2, 3, 4, 1]), [2]);
        assert!(draft(&[1, 2, 3, 4]).is_empty() && draft(&[]).is_empty());
    }

    #[test]
    fn the_longer_match_wins_and_of_equal_ones_the_last() {
        assert_eq!(draft(&[7, 1, 2, 5, 5, 8, 1, 2, 6, 6, 7, 1, 2]), [5]);
        assert_eq!(draft(&[1, 2, 5, 5, 1, 2, 6, 6, 1, 2]), [6]);
    }

    #[test]
    fn drafts_that_come_grow_and_a_loop_goes_on() {
        let mut drafts = Drafts::of(&[4, 5, 4, 5, 4]);
        assert_eq!(drafts.next(0), [5]);
        assert_eq!(drafts.next(0), [5, 4, 5]);
        assert_eq!(drafts.next(0), [5, 4, 5, 4, 5, 4, 5]);
        assert_eq!(drafts.next(3), [5, 4, 5, 4, 5, 4, 5], "of which four came");
        assert_eq!(drafts.next(4), [5, 4, 5], "of which three came");
        assert_eq!(drafts.next(3), [5]);
    }

    proptest! {
        #[test]
        fn a_draft_continues_an_earlier_occurrence(tokens in prop::collection::vec(0u32..4, 0..60), left in 0usize..3) {
            let mut drafts = Drafts::default();
            for end in 0..tokens.len() {
                drafts.saw(tokens[end]);
                let seen = &tokens[..=end];
                let draft = drafts.next(left).to_vec();
                if !draft.is_empty() {
                    prop_assert_eq!(draft.len() % 2, 1);
                    let all = [seen, &draft].concat();
                    let last = if draft.len() > 1 { SHORT } else { 1 };
                    let tail = &all[seen.len() - last..];
                    let earlier = (0..seen.len() - last).any(|start| all[start..].starts_with(tail));
                    prop_assert!(earlier, "{draft:?} after {seen:?}");
                }
            }
        }
    }
}
