//! Fusion: the document's cases, the bands' edges, and what must not matter.

use super::*;
use crate::policy::{
    FusionRules, NotAConfidence, Refusal, Weights,
    fusion::{BadSignal, Fused, Signal, Source, Witness, fuse},
};
use proptest::prelude::*;

const KITCHEN: Witness = Witness::Satellite(Uuid::from_u128(500));
const HALL: Witness = Witness::Satellite(Uuid::from_u128(501));

fn signal(source: Source, person: PersonId, confidence: f32) -> Signal {
    Signal::new(source, Witness::Node, (Some(person), confidence), NOW, NOW).unwrap()
}

fn fused(signals: &[Signal]) -> Fused {
    fuse(signals, None, &FusionRules::default(), NOW)
}

fn who(fused: Fused) -> (&'static str, Option<(PersonId, f32)>) {
    match fused {
        Fused::Nobody => ("nobody", None),
        Fused::Probable(one) => ("probable", Some((one.person, one.confidence.value()))),
        Fused::Confirmed(one) => ("confirmed", Some((one.person, one.confidence.value()))),
        Fused::Conflict => ("conflict", None),
    }
}

// VOX-20, VOX-55; the cases of the document.
#[test]
fn the_cases_of_the_document() {
    let voice = |person, confidence| signal(Source::Voice, person, confidence);
    let vision = |person, confidence| signal(Source::Vision, person, confidence);
    let agree = fused(&[voice(OLGA, 0.75), vision(OLGA, 0.90)]);
    assert_eq!(who(agree), ("confirmed", Some((OLGA, 1.0))));
    let unknown = Signal::new(Source::Vision, Witness::Node, (None, 0.99), NOW, NOW).unwrap();
    assert_eq!(fused(&[unknown]), Fused::Nobody);
    // C-31: the document's own example of a conflict, which its weights would not find.
    assert_eq!(fused(&[voice(OLGA, 0.82), vision(GERO, 0.88)]), Fused::Conflict);
    // Locked: another voice at 0.70 is a contradiction.
    let rules = FusionRules::default();
    assert_eq!(fuse(&[voice(GERO, 0.70)], Some(OLGA), &rules, NOW), Fused::Conflict);
    assert_eq!(fuse(&[voice(GERO, 0.59)], Some(OLGA), &rules, NOW), Fused::Nobody);
    assert_eq!(fused(&[]), Fused::Nobody);
}

// INV-IDENTITY-1, C-30: one source alone never confirms, however sure it is of itself.
#[test]
fn inv_identity_1_a_single_signal_never_confirms() {
    for source in [Source::Explicit, Source::Satellite, Source::Vision, Source::Voice] {
        for thousandths in 0..=1000_u16 {
            let confidence = f32::from(thousandths) / 1000.0;
            assert_ne!(who(fused(&[signal(source, OLGA, confidence)])).0, "confirmed");
        }
    }
    assert_eq!(who(fused(&[signal(Source::Explicit, OLGA, 1.0)])), ("probable", Some((OLGA, 1.0))));
    // A second one that is hardly sure does not make two of one.
    let sure = signal(Source::Explicit, OLGA, 1.0);
    assert_eq!(who(fused(&[sure, signal(Source::Voice, OLGA, 0.59)])).0, "probable");
    assert_eq!(who(fused(&[sure, signal(Source::Voice, OLGA, 0.60)])).0, "confirmed");
}

// C-32
#[test]
fn bands_are_half_open() {
    let rules = FusionRules {
        weights: Weights { explicit: Confidence::FULL, ..FusionRules::default().weights },
        ..FusionRules::default()
    };
    let explicit =
        |confidence| fuse(&[signal(Source::Explicit, OLGA, confidence)], None, &rules, NOW);
    assert_eq!(who(explicit(0.599)).0, "nobody");
    assert_eq!(who(explicit(0.600)).0, "probable");
    // Two sources, each of half a weight.
    let half = Confidence::thousandths(500);
    let rules =
        FusionRules { weights: Weights { vision: half, voice: half, ..rules.weights }, ..rules };
    let both = |one: u16, other: u16| {
        let at = |thousandths: u16| f32::from(thousandths) / 1000.0;
        let signals =
            [signal(Source::Vision, OLGA, at(one)), signal(Source::Voice, OLGA, at(other))];
        who(fuse(&signals, None, &rules, NOW))
    };
    assert_eq!(both(850, 848), ("probable", Some((OLGA, 0.849))));
    assert_eq!(both(850, 850), ("confirmed", Some((OLGA, 0.85))));
}

#[test]
fn each_source_counts_by_its_weight() {
    for (source, expected) in [
        (Source::Explicit, 1.0),
        (Source::Satellite, 0.9),
        (Source::Vision, 0.8),
        (Source::Voice, 0.7),
    ] {
        assert_eq!(who(fused(&[signal(source, OLGA, 1.0)])), ("probable", Some((OLGA, expected))));
    }
}

// A satellite that lies: whatever kinds of signals it claims to have, it is one witness.
#[test]
fn what_one_satellite_says_is_one_source() {
    let says = |witness, source, person, confidence| {
        Signal::new(source, witness, (Some(person), confidence), NOW, NOW).unwrap()
    };
    let all = [Source::Explicit, Source::Satellite, Source::Vision, Source::Voice];
    let lies: Vec<_> = all.iter().map(|source| says(KITCHEN, *source, OLGA, 1.0)).collect();
    assert_eq!(who(fused(&lies)), ("probable", Some((OLGA, 1.0))));
    let with_another = [lies[1], says(HALL, Source::Voice, OLGA, 0.9)];
    assert_eq!(who(fused(&with_another)).0, "confirmed");
    let and_the_node = [lies[1], signal(Source::Voice, OLGA, 0.9)];
    assert_eq!(who(fused(&and_the_node)).0, "confirmed");
    // It contradicts somebody else's ears: nobody is believed.
    assert_eq!(fused(&[lies[1], signal(Source::Voice, GERO, 0.7)]), Fused::Conflict);
}

// VOX-25: neither its order nor its repetition matters.
#[test]
fn inv_learn_4_saying_it_again_adds_nothing() {
    let weak = signal(Source::Voice, OLGA, 0.5);
    assert_eq!(fused(&[weak; 20]), Fused::Nobody);
    let claims = [signal(Source::Explicit, OLGA, 0.9); 20];
    assert_eq!(who(fused(&claims)), ("probable", Some((OLGA, 0.9))));
}

// Several weak signals never outweigh a strong conflict.
#[test]
fn weak_signals_never_outweigh_a_conflict() {
    let olga = [Source::Satellite, Source::Vision, Source::Voice].map(|s| signal(s, OLGA, 0.95));
    let against = [olga.as_slice(), &[signal(Source::Voice, GERO, 0.61)]].concat();
    assert_eq!(fused(&against), Fused::Conflict);
    // Two who are both probable contradict each other, even where each is so by little things only.
    let little = |person| [Source::Explicit, Source::Satellite].map(|s| signal(s, person, 0.55));
    assert_eq!(fused(&[little(OLGA), little(GERO)].concat()), Fused::Conflict);
    assert_eq!(who(fused(&little(OLGA))).0, "probable");
}

#[test]
fn a_signal_counts_for_its_window() {
    let window = FusionRules::default().window;
    let seen = signal(Source::Explicit, OLGA, 0.9);
    let at = |now| fuse(&[seen], None, &FusionRules::default(), now);
    assert_eq!(who(at(NOW.plus(window))).0, "probable");
    assert_eq!(at(NOW.plus(window + Duration::from_millis(1))), Fused::Nobody);
    // A clock that was set back makes of it one from the future.
    assert_eq!(at(Timestamp(NOW.0 - 1)), Fused::Nobody);
}

// INV-FAIL-1: signals from the future or of NaN confidence.
#[test]
fn a_signal_that_cannot_be_is_refused() {
    let new = |confidence, at| {
        Signal::new(Source::Voice, Witness::Node, (Some(OLGA), confidence), at, NOW)
    };
    assert_eq!(new(0.5, Timestamp(NOW.0 + 1)), Err(BadSignal::FromTheFuture));
    assert!(new(0.5, NOW).is_ok());
    for wrong in [f32::NAN, 1.5, -0.1] {
        assert!(matches!(new(wrong, NOW), Err(BadSignal::Confidence(_))));
    }
    assert_eq!(Refusal::from(BadSignal::FromTheFuture), Refusal::FromTheFuture);
    assert_eq!(Refusal::from(BadSignal::Confidence(NotAConfidence(2.0))), Refusal::NotIdentified);
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let source = prop_oneof![
        Just(Source::Explicit),
        Just(Source::Satellite),
        Just(Source::Vision),
        Just(Source::Voice)
    ];
    let witness = prop_oneof![Just(Witness::Node), Just(KITCHEN), Just(HALL)];
    let person = prop_oneof![Just(None), Just(Some(OLGA)), Just(Some(GERO))];
    (source, witness, person, 0..=1000_u16).prop_map(|(source, witness, person, thousandths)| {
        Signal {
            source,
            witness,
            person,
            confidence: Confidence::thousandths(thousandths),
            at: NOW,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // VOX-25
    #[test]
    fn order_and_repetition_never_matter(signals in prop::collection::vec(any_signal(), 0..8)) {
        let mut backwards = signals.clone();
        backwards.reverse();
        prop_assert_eq!(fused(&signals), fused(&backwards));
        prop_assert_eq!(fused(&signals), fused(&[signals.clone(), signals.clone()].concat()));
    }

    #[test]
    fn who_is_confirmed_was_seen_by_two_and_contradicted_by_none(signals in prop::collection::vec(any_signal(), 0..8)) {
        if let Fused::Confirmed(one) = fused(&signals) {
            let strong = |signal: &&Signal| signal.confidence >= Confidence::thousandths(600);
            let theirs = signals.iter().filter(|signal| signal.person == Some(one.person)).filter(strong);
            let kinds: std::collections::BTreeSet<_> = theirs
                .map(|signal| (signal.witness, (signal.witness == Witness::Node).then_some(signal.source)))
                .collect();
            prop_assert!(kinds.len() >= 2);
            let others = signals.iter().filter(|signal| signal.person.is_some_and(|person| person != one.person));
            prop_assert_eq!(others.filter(strong).count(), 0);
        }
    }

    // In doubt the confidence goes down: a contradiction never makes anybody surer.
    #[test]
    fn a_contradiction_confirms_nobody(signals in prop::collection::vec(any_signal(), 0..6), thousandths in 600..=1000_u16) {
        let against = Signal { confidence: Confidence::thousandths(thousandths), ..signal(Source::Voice, GERO, 1.0) };
        let with = [signals, vec![against]].concat();
        let olga = matches!(fused(&with), Fused::Confirmed(one) | Fused::Probable(one) if one.person == OLGA);
        prop_assert!(!olga);
    }
}
