//! Trials of the conscience that this binary contains. They are few next to the tests of a release; they say that it is the same code.

use crate::foundation::values::{CommandId, ConversationId, PersonId, Sha256, time::Timestamp};
use crate::policy::{
    Confidence, Group, Refusal, Risk, Role, Rules, Standing, Visibility,
    age::Age,
    command::{Nature, Origin, Request},
    confirmation::{Answer, SpeakerId, Word, word},
    consent::Consents,
    fusion::{BadSignal, Fused, Signal, Source, Witness, fuse},
    identity, mode,
    privacy::{Datum, Disclosure, Purpose, Readership, disclose, readership},
    profile_update::Field,
    scene::{Effect, Fact, Grants, Scene, World, step},
};
use uuid::Uuid;

/// A trial: what ought to hold, and whether it does.
pub(super) type Trial = (&'static str, fn() -> bool);

const OWNER: PersonId = PersonId(Uuid::from_u128(1));
const GUEST: PersonId = PersonId(Uuid::from_u128(2));
const HERE: ConversationId = ConversationId(Uuid::from_u128(3));
const NOW: Timestamp = Timestamp(1_800_000_000_000);
const FIRST: SpeakerId = SpeakerId(0);
const SECOND: SpeakerId = SpeakerId(1);
const LIGHT: Nature = Nature { group: Group::HomeAutomation, risk: Risk::Low, confirm: false };
const GARAGE: Nature = Nature { group: Group::HomeAutomation, risk: Risk::High, confirm: true };

/// VOX-79
pub(super) const INVARIANTS: &[Trial] = &[
    ("an owner has a light turned on", || House::of(OWNER).command(LIGHT).issues()),
    ("a guest does not", || House::of(GUEST).command(LIGHT).refuses(Refusal::NotPermitted)),
    ("nobody unknown does", || House::empty().command(LIGHT).refuses(Refusal::NotIdentified)),
    ("a child confirms nothing", || {
        let mut house = House::empty();
        house.aged(OWNER, Age::Child);
        house.command(GARAGE).refuses(Refusal::AdultsOnly)
    }),
    ("among strangers nothing risky is done", || {
        let mut house = House::of(OWNER);
        house.is(Fact::Room(mode::Fact::Detected(None)));
        house.command(GARAGE).refuses(Refusal::NotWhileOthersAreHere)
    }),
    ("what a model proposes is confirmed", || {
        let mut house = House::of(OWNER);
        let proposed = Request { origin: Origin::Proposed, ..request(LIGHT) };
        house.is(Fact::Commanded(FIRST, command(), proposed));
        house.waits()
    }),
    ("a birthdate is for its owner alone", || {
        House::of(OWNER).tells() == Disclosure::Tell
            && House::of(GUEST).tells() == Disclosure::Withhold(Refusal::Withheld)
    }),
    ("a legal name is not for talk", || {
        House::of(OWNER).told(Field::LegalName) == Disclosure::Withhold(Refusal::Withheld)
    }),
    ("documents of one's own are for oneself alone", || {
        let mut house = House::of(OWNER);
        let alone = house.reads() == Readership::Person(OWNER);
        house.is(Fact::Room(mode::Fact::SaidToCome));
        alone && house.reads() == Readership::Everyone
    }),
];

/// VOX-80
pub(super) const FUSION: &[Trial] = &[
    ("voice and face together confirm", || {
        let both = [signal(Source::Voice, OWNER, 0.75), signal(Source::Vision, OWNER, 0.90)];
        matches!(fused(&both), Fused::Confirmed(one) if one.person == OWNER)
    }),
    ("no source confirms alone", || {
        matches!(fused(&[signal(Source::Explicit, OWNER, 1.0)]), Fused::Probable(_))
    }),
    ("saying it again adds nothing", || {
        fused(&[signal(Source::Voice, OWNER, 0.5); 20]) == Fused::Nobody
    }),
    ("two persons are a conflict", || {
        let two = [signal(Source::Voice, OWNER, 0.82), signal(Source::Vision, GUEST, 0.88)];
        fused(&two) == Fused::Conflict
    }),
    ("a number that is none is refused", || {
        let none = (Some(OWNER), f32::NAN);
        matches!(
            Signal::new(Source::Voice, Witness::Node, none, NOW, NOW),
            Err(BadSignal::Confidence(_))
        )
    }),
];

/// VOX-81
pub(super) const CONFIRMATION: &[Trial] = &[
    ("a garage waits for a word", || {
        let mut house = House::of(OWNER);
        !house.command(GARAGE).issues() && house.waits()
    }),
    ("and is opened by it", || {
        let mut house = House::of(OWNER);
        house.command(GARAGE);
        house.says(FIRST, Word::Confirm).issues()
    }),
    ("by nobody else's", || {
        let mut house = House::of(OWNER);
        house.becomes(SECOND, GUEST, Age::Adult);
        house.command(GARAGE);
        !house.says(SECOND, Word::Confirm).issues() && house.waits()
    }),
    ("not when somebody has come meanwhile", || {
        let mut house = House::of(OWNER);
        house.command(GARAGE);
        house.is(Fact::Room(mode::Fact::SaidToCome));
        !house.waits() && !house.says(FIRST, Word::Confirm).issues()
    }),
    ("not when it is late", || {
        let mut house = House::of(OWNER);
        house.command(GARAGE);
        house.now = NOW.plus(Rules::default().confirm_within);
        !house.says(FIRST, Word::Confirm).issues()
    }),
    ("only by explicit words", || {
        word("Yes, do it.") == Word::Confirm
            && ["later", "sure, I guess", "okay", "", "yes?"]
                .iter()
                .all(|text| word(text) == Word::Neither)
    }),
];

fn signal(source: Source, person: PersonId, confidence: f32) -> Signal {
    let confidence = Confidence::new(confidence).unwrap_or_default();
    Signal { source, witness: Witness::Node, person: Some(person), confidence, at: NOW }
}

fn fused(signals: &[Signal]) -> Fused {
    fuse(signals, None, &Rules::default().fusion, NOW)
}

fn command() -> CommandId {
    CommandId(Uuid::from_u128(4))
}

fn request(nature: Nature) -> Request {
    Request {
        action: Sha256::of("a trial"),
        nature,
        origin: Origin::Recognized,
        certainty: Confidence::FULL,
        complete: true,
        available: true,
    }
}

/// A conversation that is tried.
struct House {
    scene: Scene,
    grants: Grants,
    rules: Rules,
    now: Timestamp,
}

/// What came of a fact.
struct Came(Vec<Effect>);

impl Came {
    fn issues(&self) -> bool {
        self.0.iter().any(|effect| matches!(effect, Effect::Issue(_)))
    }

    fn refuses(&self, why: Refusal) -> bool {
        !self.issues() && self.0.contains(&Effect::Refuse(why))
    }
}

impl House {
    fn empty() -> Self {
        let (grants, rules) = (Grants::default(), Rules::default());
        Self { scene: Scene::new(HERE), grants, rules, now: NOW }
    }

    fn of(person: PersonId) -> Self {
        let mut house = Self::empty();
        house.aged(person, Age::Adult);
        house
    }

    fn aged(&mut self, person: PersonId, age: Age) {
        self.becomes(FIRST, person, age);
    }

    fn becomes(&mut self, speaker: SpeakerId, person: PersonId, age: Age) {
        let role = if person == OWNER { Role::Owner } else { Role::Guest };
        let known = Some(Standing { person, role, age });
        for fact in [
            identity::Fact::Claimed(person),
            identity::Fact::Validated(person),
            identity::Fact::Spoke,
        ] {
            self.is(Fact::Identity(speaker, fact, known));
        }
    }

    fn is(&mut self, fact: Fact) -> Came {
        let world = World { grants: &self.grants, rules: &self.rules, now: self.now };
        let next = step(self.scene.clone(), fact, &world);
        self.scene = next.state;
        Came(next.effects)
    }

    fn command(&mut self, nature: Nature) -> Came {
        self.is(Fact::Commanded(FIRST, command(), request(nature)))
    }

    fn says(&mut self, speaker: SpeakerId, word: Word) -> Came {
        self.is(Fact::Answered(Answer { speaker, conversation: HERE, about: None, word }))
    }

    fn waits(&self) -> bool {
        self.scene.waiting().is_some()
    }

    fn world(&self) -> World<'_> {
        World { grants: &self.grants, rules: &self.rules, now: self.now }
    }

    fn tells(&self) -> Disclosure {
        self.told(Field::Birthdate)
    }

    fn told(&self, field: Field) -> Disclosure {
        let visibility = Visibility::Private;
        let datum = Datum { owner: OWNER, field, visibility, supplied_by: None };
        let context = self.scene.context(FIRST, &self.world());
        let company = self.scene.company(FIRST);
        disclose(&datum, Purpose::Talk, (&context, &company, HERE), &Consents::default())
    }

    fn reads(&self) -> Readership {
        readership(&self.scene.context(FIRST, &self.world()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // VOX-79, VOX-80, VOX-81
    #[test]
    fn every_trial_holds() {
        for (what, holds) in [INVARIANTS, FUSION, CONFIRMATION].into_iter().flatten() {
            assert!(holds(), "{what}");
        }
    }
}
