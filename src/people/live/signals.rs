//! What was heard of one speaker, for as long as it counts. Bounded: nobody fills it by saying the same again.

use crate::{
    foundation::values::{PersonId, time::Timestamp},
    policy::fusion::{Signal, Source, Witness},
};
use std::{collections::BTreeMap, time::Duration};

/// How many signals of one speaker count at once; where there are more, the oldest go.
const MOST: usize = 256;

/// What one witness says of one person: of all of it, the surest and the newest count.
type Said = (Witness, Source, Option<PersonId>);

/// The signals of one speaker.
#[derive(Debug)]
pub(super) struct Heard {
    signals: BTreeMap<Said, Vec<Signal>>,
    /// When it changed last whom they are taken for, or, of somebody who is taken for a person, when they were heard last.
    pub(super) touched: Timestamp,
}

impl Heard {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { signals: BTreeMap::new(), touched: now }
    }

    /// Takes a signal in.
    pub(super) fn hear(&mut self, signal: Signal) {
        let said = (signal.witness, signal.source, signal.person);
        let kept = self.signals.entry(said).or_default();
        kept.push(signal);
        let newest = kept.iter().max_by_key(|one| one.at).copied();
        let surest = kept.iter().max_by_key(|one| (one.confidence, one.at)).copied();
        kept.clear();
        kept.extend(newest);
        kept.extend(surest.filter(|surest| Some(*surest) != newest));
        while self.signals.len() > MOST {
            let at = |said: &Vec<Signal>| said.iter().map(|one| one.at).max();
            let oldest = self.signals.iter().min_by_key(|(_, said)| at(said));
            let Some(oldest) = oldest.map(|(said, _)| *said) else { break };
            self.signals.remove(&oldest);
        }
    }

    /// Drops what does not count any more.
    pub(super) fn forget(&mut self, window: Duration, now: Timestamp) {
        self.signals.retain(|_, said| {
            said.retain(|one| now.since(one.at) <= window);
            !said.is_empty()
        });
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.signals.clear();
    }

    /// Returns what counts now.
    pub(super) fn live(&self, window: Duration, now: Timestamp) -> Vec<Signal> {
        let all = self.signals.values().flatten();
        all.filter(|one| one.at <= now && now.since(one.at) <= window).copied().collect()
    }
}
