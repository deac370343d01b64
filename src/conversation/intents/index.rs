//! Finds the phrases that a text can be at all, so that only those are compared with it.

use std::collections::HashMap;

/// Which phrases need which words.
#[derive(Debug)]
pub(super) struct Index {
    /// The phrases that a word counts for, and the group it is in.
    places: HashMap<String, Vec<(usize, u32)>>,
    /// The groups of each phrase that a word must meet.
    needed: Vec<u32>,
}

impl Index {
    /// Makes an index of phrases; each has groups of words, of which a text must have one.
    pub(super) fn new<'a, Phrase, Group>(phrases: impl Iterator<Item = Phrase>) -> Self
    where
        Phrase: IntoIterator<Item = Group>,
        Group: IntoIterator<Item = &'a str>,
    {
        let mut index = Self { places: HashMap::new(), needed: Vec::new() };
        for (at, phrase) in phrases.enumerate() {
            let mut needed = 0;
            // More groups than bits are looked at later, when the phrase is compared.
            for (group, words) in phrase.into_iter().take(32).enumerate() {
                needed |= 1 << group;
                for word in words {
                    index.places.entry(word.to_owned()).or_default().push((at, 1 << group));
                }
            }
            index.needed.push(needed);
        }
        index
    }

    /// Returns the phrases whose groups are all met, in their order.
    pub(super) fn candidates<'a>(&self, words: impl Iterator<Item = &'a str>) -> Vec<usize> {
        let mut met = vec![0_u32; self.needed.len()];
        for word in words {
            for (at, group) in self.places.get(word).map_or(&[][..], Vec::as_slice) {
                met[*at] |= group;
            }
        }
        let all_met = |(at, needed): (usize, &u32)| (met[at] == *needed).then_some(at);
        self.needed.iter().enumerate().filter_map(all_met).collect()
    }
}
