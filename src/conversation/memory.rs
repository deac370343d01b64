//! What was said in each conversation: in memory only, bounded, and gone after a restart (VOX-70).
//!
//! Pure: time comes in as an argument. A conversation belongs to who began it; the same id under somebody else's name is
//! another conversation.

use super::Who;
use crate::foundation::settings;
use crate::foundation::values::{ConversationId, Redacted, time::Timestamp};
use crate::policy::privacy::Readership;
use std::collections::{HashMap, VecDeque};

/// One question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exchange {
    pub(super) question: Redacted<String>,
    pub(super) answer: Redacted<String>,
    /// For whom it was said: where that is not heard by them alone, it is as if it had not been.
    pub(super) readership: Readership,
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
    /// Those that are over and of which nobody has been told yet.
    ended: Vec<Key>,
}

#[derive(Debug)]
struct Remembered {
    exchanges: VecDeque<Exchange>,
    used: Timestamp,
}

impl Memory {
    pub(super) fn new(limits: settings::Conversation) -> Self {
        Self { limits, conversations: HashMap::new(), ended: Vec::new() }
    }

    /// Begins a conversation, or goes on with it. Where there is no room, who has the most loses the one that was idle longest:
    /// nobody ends another's conversation, and what waits in it, by beginning many.
    pub(super) fn begin(&mut self, key: Key, now: Timestamp) {
        self.drop_idle(now);
        if let Some(known) = self.conversations.get_mut(&key) {
            known.used = now;
            return;
        }
        while self.conversations.len() >= self.limits.max_conversations.max(1) {
            let Some(oldest) = self.first_to_go() else { break };
            self.conversations.remove(&oldest);
            self.ended.push(oldest);
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

    /// Returns whether a conversation is known, without going on with it.
    pub(super) fn knows(&mut self, key: &Key, now: Timestamp) -> bool {
        self.drop_idle(now);
        self.conversations.contains_key(key)
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

    /// Forgets every conversation, and returns which there were.
    pub(super) fn forget_all(&mut self) -> Vec<Key> {
        self.conversations.drain().map(|(key, _)| key).collect()
    }

    /// Returns the conversations that have ended by themselves since this was asked last.
    pub(super) fn take_ended(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.ended)
    }

    /// Forgets what was said in a conversation that goes on.
    pub(super) fn clear(&mut self, key: &Key) {
        if let Some(known) = self.conversations.get_mut(key) {
            known.exchanges.clear();
        }
    }

    fn first_to_go(&self) -> Option<Key> {
        let mut held: HashMap<&Who, usize> = HashMap::new();
        for key in self.conversations.keys() {
            *held.entry(&key.who).or_default() += 1;
        }
        let most = held.values().copied().max()?;
        let of_who_has_most = self.conversations.iter().filter(|(key, _)| held[&key.who] == most);
        of_who_has_most
            .min_by_key(|(key, remembered)| (remembered.used, key.id))
            .map(|(key, _)| key.clone())
    }

    fn drop_idle(&mut self, now: Timestamp) {
        let timeout = self.limits.idle_timeout;
        let over = |remembered: &mut Remembered| now.since(remembered.used) >= timeout;
        let over = self.conversations.extract_if(|_, remembered| over(remembered));
        self.ended.extend(over.map(|(key, _)| key));
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
        Exchange {
            question: Redacted(text.to_owned()),
            answer: Redacted(text.to_owned()),
            readership: Readership::Everyone,
        }
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
    fn nobody_ends_the_conversation_of_another_by_beginning_many() {
        let mut memory = memory();
        let mine = Key { who: Who::Token { id: "t".to_owned(), name: "t".to_owned() }, ..key(1) };
        memory.begin(mine.clone(), Timestamp(0));
        for number in 2..10 {
            memory.begin(key(number), Timestamp(1));
        }
        assert!(memory.knows(&mine, Timestamp(2)));
        assert!(memory.knows(&key(8), Timestamp(2)) && memory.knows(&key(9), Timestamp(2)));
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
