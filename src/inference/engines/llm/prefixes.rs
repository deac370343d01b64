//! Keys and values of beginnings that were computed before, for prompts that begin alike.
//!
//! Conversations share a system prompt and take turns with each other; each would compute the same again. What leaves the cache is
//! kept here in blocks of tokens, each known by the block before it and its own tokens, so that what conversations have in common
//! is kept once (as in the prefix caching of vLLM, <https://docs.vllm.ai/en/stable/design/prefix_caching/>). When the room is used
//! up, what was not needed for longest goes first, and a block never before those that follow it.

use std::collections::HashMap;

/// Tokens in a block; what a prompt has in common beyond whole ones is computed again.
pub(super) const BLOCK: usize = 32;

/// The block before the first.
const ROOT: u64 = 0;

/// Blocks in memory, up to a budget.
pub(super) struct Prefixes {
    /// Bytes of keys and values at most, and so far.
    budget: usize,
    bytes: usize,
    blocks: HashMap<u64, Block>,
    /// Names a block by the one before it and its tokens.
    names: HashMap<(u64, [u32; BLOCK]), u64>,
    named: u64,
    /// Counts the prompts, to tell what was needed when.
    time: u64,
}

struct Block {
    before: u64,
    tokens: [u32; BLOCK],
    rows: Vec<f32>,
    used: u64,
    /// How many blocks follow it.
    followers: usize,
}

impl Block {
    fn bytes(&self) -> usize {
        size_of_val(self.rows.as_slice())
    }
}

impl Prefixes {
    /// Returns room for so many bytes of keys and values.
    pub(super) fn new(budget: usize) -> Self {
        let (blocks, names) = (HashMap::new(), HashMap::new());
        Self { budget, bytes: 0, blocks, names, named: ROOT, time: 0 }
    }

    /// Keeps the whole blocks of `tokens` that are not here yet; `rows` copies those of a block, if it can.
    pub(super) fn keep(&mut self, tokens: &[u32], mut rows: impl FnMut(usize) -> Option<Vec<f32>>) {
        self.time += 1;
        let (mut before, known) = self.walk(tokens);
        for (number, block) in tokens.as_chunks::<BLOCK>().0.iter().enumerate().skip(known) {
            let Some(rows) = rows(number * BLOCK) else { return };
            let size = size_of_val(rows.as_slice());
            while self.bytes + size > self.budget {
                if !self.drop_oldest() {
                    return;
                }
            }
            self.named += 1;
            self.bytes += size;
            self.names.insert((before, *block), self.named);
            if let Some(before) = self.blocks.get_mut(&before) {
                before.followers += 1;
            }
            let block = Block { before, tokens: *block, rows, used: self.time, followers: 0 };
            self.blocks.insert(self.named, block);
            before = self.named;
        }
    }

    /// Returns the rows of the blocks that a prompt begins with, in order.
    pub(super) fn find(&mut self, prompt: &[u32]) -> Vec<&[f32]> {
        self.time += 1;
        let (mut last, count) = self.walk(prompt);
        let mut found = Vec::with_capacity(count);
        while let Some(block) = self.blocks.get(&last) {
            found.push(block.rows.as_slice());
            last = block.before;
        }
        found.reverse();
        found
    }

    /// Goes from block to block as long as they are here, and returns the last and their number.
    fn walk(&mut self, tokens: &[u32]) -> (u64, usize) {
        let (mut last, mut count) = (ROOT, 0);
        for block in tokens.as_chunks::<BLOCK>().0 {
            let Some(&next) = self.names.get(&(last, *block)) else { break };
            if let Some(block) = self.blocks.get_mut(&next) {
                block.used = self.time;
            }
            (last, count) = (next, count + 1);
        }
        (last, count)
    }

    /// Drops the block that was not needed for longest; returns false if all are needed now.
    fn drop_oldest(&mut self) -> bool {
        let leaves = self.blocks.iter().filter(|(_, block)| block.followers == 0);
        let oldest = leaves.min_by_key(|(_, block)| block.used);
        let Some((&name, _)) = oldest.filter(|(_, block)| block.used < self.time) else {
            return false;
        };
        if let Some(block) = self.blocks.remove(&name) {
            self.bytes -= block.bytes();
            self.names.remove(&(block.before, block.tokens));
            if let Some(before) = self.blocks.get_mut(&block.before) {
                before.followers -= 1;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows that tell which token they belong to and what came before it.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn rows(tokens: &[u32], start: usize) -> Vec<f32> {
        (start..start + BLOCK).map(|end| tokens[..=end].iter().sum::<u32>() as f32).collect()
    }

    fn keep(prefixes: &mut Prefixes, tokens: &[u32]) {
        prefixes.keep(tokens, |start| Some(rows(tokens, start)));
    }

    fn conversation(system: u32, rest: u32, length: usize) -> Vec<u32> {
        [vec![system; 2 * BLOCK], vec![rest; length]].concat()
    }

    #[test]
    fn what_conversations_have_in_common_is_kept_once() {
        let mut prefixes = Prefixes::new(1 << 20);
        keep(&mut prefixes, &conversation(1, 2, 3 * BLOCK + 5));
        keep(&mut prefixes, &conversation(1, 3, BLOCK));
        assert_eq!(prefixes.blocks.len(), 6);
        assert_eq!(prefixes.find(&conversation(1, 2, 400)).len(), 5);
        assert_eq!(prefixes.find(&conversation(1, 4, 400)).len(), 2);
        assert_eq!(prefixes.find(&conversation(9, 2, 400)).len(), 0);
        let other = conversation(1, 3, BLOCK);
        assert_eq!(prefixes.find(&other)[2], rows(&other, 2 * BLOCK));
    }

    #[test]
    fn what_was_not_needed_for_longest_goes_first_and_never_the_common_beginning() {
        let block = BLOCK * size_of::<f32>();
        let mut prefixes = Prefixes::new(4 * block);
        for rest in [2, 3] {
            keep(&mut prefixes, &conversation(1, rest, BLOCK));
        }
        prefixes.find(&conversation(1, 2, BLOCK));
        keep(&mut prefixes, &conversation(1, 4, BLOCK));
        let lengths = [2, 3, 4].map(|rest| prefixes.find(&conversation(1, rest, BLOCK)).len());
        assert_eq!(lengths, [3, 2, 3]);
        assert!(prefixes.bytes <= 4 * block);
    }

    #[test]
    fn without_room_nothing_is_kept_and_nothing_breaks() {
        let mut prefixes = Prefixes::new(0);
        keep(&mut prefixes, &conversation(1, 2, BLOCK));
        assert!(prefixes.find(&conversation(1, 2, BLOCK)).is_empty());
        let mut prefixes = Prefixes::new(1 << 20);
        prefixes.keep(&conversation(1, 2, BLOCK), |_| None);
        assert!(prefixes.blocks.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_found_was_computed_for_this_very_beginning(
            prompts in prop::collection::vec(prop::collection::vec(0u32..2, 0..4), 1..40), room in 0usize..12,
        ) {
            let budget = room * BLOCK * size_of::<f32>();
            let mut prefixes = Prefixes::new(budget);
            for prompt in prompts {
                let prompt: Vec<u32> = prompt.iter().flat_map(|&token| vec![token; BLOCK]).collect();
                for (number, found) in prefixes.find(&prompt).into_iter().enumerate() {
                    prop_assert_eq!(found, rows(&prompt, number * BLOCK));
                }
                keep(&mut prefixes, &prompt);
                prop_assert!(prefixes.bytes <= budget);
                let held: usize = prefixes.blocks.values().map(Block::bytes).sum();
                prop_assert_eq!((held, prefixes.names.len()), (prefixes.bytes, prefixes.blocks.len()));
            }
        }
    }
}
