//! Identity fusion: what the signals about one speaker come to.
//!
//! Each source counts by its weight; confirmation looks at the weighted sum of two sources that agree, conflict at raw confidences. So
//! weak signals never add up to a strong one's opposite, one source alone never confirms, and saying it again changes nothing.
//! Bands are half open: probable is [0.60, 0.85), confirmed from 0.85. Several speakers are several calls, never merged.

use super::{Confidence, FusionRules, NotAConfidence, Refusal};
use crate::foundation::values::{PersonId, time::Timestamp};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Where a signal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The speaker says so.
    Explicit,
    /// A device or a token that belongs to somebody.
    Satellite,
    /// A face.
    Vision,
    /// A voice.
    Voice,
}

/// Who found it out. What one satellite says, of whatever kind, is one witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Witness {
    /// The node itself.
    Node,
    /// A satellite, which may lie.
    Satellite(Uuid),
}

/// A hint at who is speaking; never a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal {
    /// Where it comes from.
    pub source: Source,
    /// Who found it out.
    pub witness: Witness,
    /// Whom it points at; none is somebody whom the source does not know.
    pub person: Option<PersonId>,
    /// How surely.
    pub confidence: Confidence,
    /// When.
    pub at: Timestamp,
}

/// Why a signal is not taken.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadSignal {
    /// Its confidence is none.
    #[error(transparent)]
    Confidence(#[from] NotAConfidence),
    /// It says that it was seen later than now.
    #[error("the signal is of a moment that has not come yet: set the satellite's clock")]
    FromTheFuture,
}

/// What signals come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fused {
    /// Nobody in particular.
    Nobody,
    /// Probably this person.
    Probable(Likely),
    /// This person: two sources agree.
    Confirmed(Likely),
    /// Two persons, or another than the one who was confirmed.
    Conflict,
}

/// A person, and how surely it is them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Likely {
    /// Who.
    pub person: PersonId,
    /// How surely.
    pub confidence: Confidence,
}

impl Signal {
    /// Takes a signal as it arrives, unless it cannot be.
    pub fn new(
        source: Source,
        witness: Witness,
        (person, confidence): (Option<PersonId>, f32),
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Self, BadSignal> {
        let confidence = Confidence::new(confidence)?;
        if at > now {
            return Err(BadSignal::FromTheFuture);
        }
        Ok(Self { source, witness, person, confidence, at })
    }
}

impl From<BadSignal> for Refusal {
    fn from(bad: BadSignal) -> Self {
        match bad {
            BadSignal::Confidence(_) => Self::NotIdentified,
            BadSignal::FromTheFuture => Self::FromTheFuture,
        }
    }
}

/// Returns what signals come to, where `holder` is who the speaker is confirmed to be already.
pub fn fuse(
    signals: &[Signal],
    holder: Option<PersonId>,
    rules: &FusionRules,
    now: Timestamp,
) -> Fused {
    let live =
        signals.iter().filter(|signal| signal.at <= now && now.since(signal.at) <= rules.window);
    // For each person and witness, the best of what it said: to say it again, or in two ways, adds nothing.
    let mut heard: BTreeMap<PersonId, BTreeMap<(Witness, Option<Source>), &Signal>> =
        BTreeMap::new();
    for signal in live {
        let Some(person) = signal.person else { continue };
        let kind = matches!(signal.witness, Witness::Node).then_some(signal.source);
        let best = heard.entry(person).or_default().entry((signal.witness, kind)).or_insert(signal);
        let better = |one: &Signal| (worth(one, rules), one.confidence);
        if better(signal) > better(best) {
            *best = signal;
        }
    }
    let heard = heard.into_iter().map(|(person, signals)| {
        let shares = signals.values().map(|signal| worth(signal, rules)).sum();
        let strong = signals.values().filter(|signal| signal.confidence >= rules.probable);
        (Likely { person, confidence: Confidence::sum(shares) }, strong.count())
    });
    // Probable by a sum, or by one source that would be enough to contradict.
    let mut probable =
        heard.filter(|(one, strong)| *strong > 0 || one.confidence >= rules.probable);
    let Some((likely, strong)) = probable.next() else { return Fused::Nobody };
    if probable.next().is_some() || holder.is_some_and(|holder| holder != likely.person) {
        return Fused::Conflict;
    }
    if likely.confidence < rules.probable {
        return Fused::Nobody;
    }
    if likely.confidence >= rules.confirmed && strong >= 2 {
        Fused::Confirmed(likely)
    } else {
        Fused::Probable(likely)
    }
}

fn worth(signal: &Signal, rules: &FusionRules) -> u32 {
    let weight = match signal.source {
        Source::Explicit => rules.weights.explicit,
        Source::Satellite => rules.weights.satellite,
        Source::Vision => rules.weights.vision,
        Source::Voice => rules.weights.voice,
    };
    signal.confidence.weighted(weight)
}
