//! What was said in each conversation: in memory only, bounded, and gone after a restart (VOX-70).
//!
//! Pure: time comes in as an argument. A conversation belongs to who began it; the same id under somebody else's name is
//! another conversation.

use super::Who;
use crate::foundation::settings;
use crate::foundation::values::{ConversationId, Redacted, time::Timestamp};
use std::collections::{HashMap, VecDeque};

/// One question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exchange {
    pub(super) question: Redacted<String>,
    pub(super) answer: Redacted<String>,
}

/// Whose conversation it is, and which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) who: Who,
    pub(super) id: ConversationId,
}

/// Every conversation that is remembered.
#[derive(Debug)]
pub(super) struct Memory {
    limits: settings::Conversation,
    conversations: HashMap<Key, Remembered>,
}

#[derive(Debug)]
struct Remembered {
    exchanges: VecDeque<Exchange>,
    used: Timestamp,
}

impl Memory {
    pub(super) fn new(limits: settings::Conversation) -> Self {
        Self { limits, conversations: HashMap::new() }
    }

    /// Begins a conversation, or goes on with it; the one that was idle longest makes room.
    pub(super) fn begin(&mut self, key: Key, now: Timestamp) {
        self.drop_idle(now);
        if let Some(known) = self.conversations.get_mut(&key) {
            known.used = now;
            return;
        }
        while self.conversations.len() >= self.limits.max_conversations.max(1) {
            let Some(oldest) = self
                .conversations
                .iter()
                .min_by_key(|(key, remembered)| (remembered.used, key.id))
                .map(|(key, _)| key.clone())
            else {
                break;
            };
            self.conversations.remove(&oldest);
        }
        self.conversations.insert(key, Remembered { exchanges: VecDeque::new(), used: now });
    }

    /// Returns what was said so far, oldest first; nothing if the conversation is not known (any more).
    pub(super) fn recall(&mut self, key: &Key, now: Timestamp) -> Option<Vec<Exchange>> {
        self.drop_idle(now);
        let known = self.conversations.get_mut(key)?;
        known.used = now;
        Some(known.exchanges.iter().cloned().collect())
    }

    /// Adds what was said; a conversation that was forgotten meanwhile stays forgotten.
    pub(super) fn remember(&mut self, key: &Key, exchange: Exchange, now: Timestamp) {
        let Some(known) = self.conversations.get_mut(key) else { return };
        known.used = now;
        known.exchanges.push_back(exchange);
        while known.exchanges.len() > self.limits.memory_turns {
            known.exchanges.pop_front();
        }
    }

    /// Forgets a conversation; returns whether there was one.
    pub(super) fn forget(&mut self, key: &Key) -> bool {
        self.conversations.remove(key).is_some()
    }

    /// Forgets what was said in a conversation that goes on.
    pub(super) fn clear(&mut self, key: &Key) {
        if let Some(known) = self.conversations.get_mut(key) {
            known.exchanges.clear();
        }
    }

    fn drop_idle(&mut self, now: Timestamp) {
        let timeout = self.limits.idle_timeout;
        self.conversations.retain(|_, remembered| now.since(remembered.used) < timeout);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn memory() -> Memory {
        Memory::new(settings::Conversation {
            memory_turns: 2,
            max_conversations: 3,
            idle_timeout: Duration::from_millis(100),
        })
    }

    fn key(number: u128) -> Key {
        Key { who: Who::Anonymous, id: ConversationId(uuid::Uuid::from_u128(number)) }
    }

    fn exchange(text: &str) -> Exchange {
        Exchange { question: Redacted(text.to_owned()), answer: Redacted(text.to_owned()) }
    }

    fn said(memory: &mut Memory, key: &Key, now: i64) -> Option<Vec<String>> {
        let exchanges = memory.recall(key, Timestamp(now))?;
        Some(exchanges.into_iter().map(|exchange| exchange.question.0).collect())
    }

    #[test]
    fn only_the_last_turns_are_remembered() {
        let mut memory = memory();
        memory.begin(key(1), Timestamp(0));
        for text in ["a", "b", "c"] {
            memory.remember(&key(1), exchange(text), Timestamp(0));
        }
        assert_eq!(said(&mut memory, &key(1), 0).unwrap(), ["b", "c"]);
    }

    #[test]
    fn the_conversation_that_was_idle_longest_makes_room() {
        let mut memory = memory();
        for (number, now) in [(1, 0), (2, 1), (3, 2)] {
            memory.begin(key(number), Timestamp(now));
        }
        assert!(memory.recall(&key(1), Timestamp(3)).is_some());
        memory.begin(key(4), Timestamp(4));
        assert_eq!(memory.recall(&key(2), Timestamp(5)), None);
        assert!(memory.recall(&key(1), Timestamp(5)).is_some());
    }

    #[test]
    fn an_idle_conversation_is_forgotten() {
        let mut memory = memory();
        memory.begin(key(1), Timestamp(0));
        assert!(memory.recall(&key(1), Timestamp(99)).is_some());
        assert_eq!(memory.recall(&key(1), Timestamp(199)), None);
    }

    #[test]
    fn a_conversation_that_was_forgotten_meanwhile_stays_forgotten() {
        let mut memory = memory();
        memory.begin(key(1), Timestamp(0));
        assert!(memory.forget(&key(1)));
        memory.remember(&key(1), exchange("late"), Timestamp(1));
        assert_eq!(memory.recall(&key(1), Timestamp(1)), None);
        assert!(!memory.forget(&key(1)));
    }

    #[test]
    fn the_same_id_under_another_name_is_another_conversation() {
        let mut memory = memory();
        memory.begin(key(1), Timestamp(0));
        memory.remember(&key(1), exchange("mine"), Timestamp(0));
        let other = Key { who: Who::Token { id: "t".to_owned(), name: "t".to_owned() }, ..key(1) };
        assert_eq!(memory.recall(&other, Timestamp(0)), None);
    }

    proptest! {
        #[test]
        fn memory_is_bounded_whatever_happens(steps in prop::collection::vec((0_u8..4, 0_u128..8, 0_i64..300), 0..200)) {
            let mut memory = memory();
            for (action, number, now) in steps {
                let (key, now) = (key(number), Timestamp(now));
                match action {
                    0 => memory.begin(key, now),
                    1 => memory.remember(&key, exchange("x"), now),
                    2 => drop(memory.recall(&key, now)),
                    _ => drop(memory.forget(&key)),
                }
                prop_assert!(memory.conversations.len() <= 3);
                prop_assert!(memory.conversations.values().all(|one| one.exchanges.len() <= 2));
            }
        }
    }
}
