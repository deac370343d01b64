//! A search through the states that a conversation can be in: identity, company, command, delegation, consent and age together.
//!
//! From an empty room everything that can happen happens, in every order, as far as the search goes; what is done or told on the way
//! is held against the oracle. Time goes in steps, so that deadlines are met and missed. States are counted by what they are, not by
//! how they came about.

use super::{
    invariants::Walk,
    oracle::{confirms, is_told, may_command, may_tell},
    *,
};
use crate::foundation::values::ConsentId;
use crate::policy::{
    Refusal, Visibility,
    confirmation::{Answer, Word},
    consent, delegation,
    fusion::Fused,
    identity::Fact as Is,
    mode,
    privacy::{Datum, Purpose, disclose},
    profile_update::Field,
    scene::{Effect, Fact, Matter, Scene},
};
use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, Hash, RandomState},
};

/// How many states are looked at. `tests/conscience` looks at a million of them, with an optimising compiler.
const STATES: usize = match option_env!("CONSCIENCE_SEARCH") {
    Some(_) => 1_050_000,
    None => 10_000,
};

/// How long time goes on, in steps of ten seconds, and then stands still.
const STEPS: u64 = 4;

/// Where the search is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Joint {
    scene: Scene,
    grants: Grants,
    step: u64,
}

fn is(speaker: SpeakerId, is: Is, person: Option<PersonId>) -> Fact {
    Fact::Identity(speaker, is, person.map(standing))
}

/// Everything that can happen.
fn everything() -> Vec<Fact> {
    let mut all = Vec::new();
    for speaker in [FIRST, SECOND] {
        for person in [OLGA, GERO, KAI] {
            all.push(is(speaker, Is::Claimed(person), Some(person)));
            all.push(is(speaker, Is::Validated(person), Some(person)));
            all.push(is(speaker, Is::Clarified(person), Some(person)));
        }
        for person in [OLGA, GERO] {
            all.push(is(speaker, Is::Fused(Fused::Confirmed(likely(person))), Some(person)));
        }
        for fact in [Is::NotValidated, Is::Spoke, Is::TimedOut, Is::Conflicted] {
            all.push(is(speaker, fact, None));
        }
        for (number, nature) in [LIGHT, DOOR, WIPE].into_iter().enumerate() {
            all.push(Fact::Commanded(speaker, command(number as u128), request(nature)));
        }
        let proposed = Request { origin: Origin::Proposed, ..request(LIGHT) };
        all.push(Fact::Commanded(speaker, command(9), proposed));
        for word in [Word::Confirm, Word::Decline, Word::Neither] {
            all.push(Fact::Answered(Answer { speaker, conversation: HERE, about: None, word }));
        }
        for to in [GERO, KAI] {
            let groups = Group::HomeAutomation.into();
            all.push(Fact::Delegated(
                speaker,
                delegation::Wish { id: GIVEN, to, groups, lasts: Some(Duration::from_secs(20)) },
            ));
        }
        for to in [None, Some(GERO)] {
            let id = ConsentId(Uuid::from_u128(300));
            let fields = Field::Birthdate.into();
            all.push(Fact::Consented(speaker, consent::Wish { id, to, fields, lasts: None }));
        }
    }
    for (who, age) in
        [(GERO, Age::Teen), (GERO, Age::Adult), (OLGA, Age::Unknown), (OLGA, Age::Adult)]
    {
        all.push(Fact::Profile(Standing { age, ..standing(who) }));
    }
    for fact in [
        mode::Fact::Detected(Some(GERO)),
        mode::Fact::SeenLeaving(Some(GERO)),
        mode::Fact::Detected(None),
        mode::Fact::SeenLeaving(None),
        mode::Fact::SaidToCome,
        mode::Fact::SaidAlone { by_confirmed: true },
        mode::Fact::SaidAlone { by_confirmed: false },
    ] {
        all.push(Fact::Room(fact));
    }
    all.push(Fact::Carried { done: true });
    all.push(Fact::Over);
    all
}

#[derive(Default, Debug)]
struct Found {
    states: usize,
    transitions: u64,
    executed: u64,
    confirmed: u64,
    told: u64,
    delegated: u64,
    consented: u64,
}

// VOX-3: nothing is executed without authority, nothing private is told, nobody confirms for somebody else.
#[test]
fn no_state_holds_a_surprise() {
    let facts = everything();
    let begin = Joint { scene: Scene::new(HERE), grants: Grants::default(), step: 0 };
    let mut seen = HashSet::new();
    let hasher = RandomState::new();
    let mut queue = VecDeque::from([begin]);
    let mut found = Found::default();
    while let Some(joint) = queue.pop_front() {
        if found.states >= STATES {
            break;
        }
        found.states += 1;
        look(&joint, &mut found);
        for fact in &facts {
            // What would only make a crowd of the same is left out.
            let crowded = joint.scene.room.strangers() > 1;
            if crowded
                && matches!(fact, Fact::Room(mode::Fact::Detected(None) | mode::Fact::SaidToCome))
            {
                continue;
            }
            let next = happens(&joint, Happening::Fact(*fact), &mut found);
            keep(next, &mut seen, &hasher, &mut queue);
        }
        keep(happens(&joint, Happening::Revoked, &mut found), &mut seen, &hasher, &mut queue);
        if joint.step < STEPS {
            keep(
                happens(&joint, Happening::TimePassed, &mut found),
                &mut seen,
                &hasher,
                &mut queue,
            );
        }
    }
    #[expect(clippy::print_stdout, reason = "the figure that is published")]
    {
        println!("searched: {found:?}, violations: 0");
    }
    assert!(found.states >= STATES, "{found:?}");
    assert!(
        found.executed > 0
            && found.confirmed > 0
            && found.told > 0
            && found.delegated > 0
            && found.consented > 0,
        "{found:?}"
    );
}

#[derive(Clone, Copy)]
enum Happening {
    Fact(Fact),
    Revoked,
    TimePassed,
}

fn keep(joint: Joint, seen: &mut HashSet<u64>, hasher: &RandomState, queue: &mut VecDeque<Joint>) {
    // Two states in 2^64 that look alike would only make the search smaller. What will not be looked at is not kept.
    if seen.len() < STATES && seen.insert(hasher.hash_one(&joint)) {
        queue.push_back(joint);
    }
}

fn happens(joint: &Joint, happening: Happening, found: &mut Found) -> Joint {
    found.transitions += 1;
    let Joint { scene, grants, mut step } = joint.clone();
    let before = scene.clone();
    let mut walk = Walk { scene, facts: Facts { grants, ..Facts::of(OLGA) } };
    let fact = match happening {
        Happening::Fact(fact) => fact,
        Happening::Revoked => {
            walk.facts.grants.delegations.end(GIVEN);
            Fact::Woke
        }
        Happening::TimePassed => {
            step += 1;
            Fact::Woke
        }
    };
    walk.facts.now = later(10 * step);
    let given = walk.facts.grants.clone();
    let effects = walk.is(fact);
    let world = World { grants: &given, rules: &walk.facts.rules, now: walk.facts.now };
    for effect in &effects {
        check(effect, fact, &before, &world, found);
    }
    if fact == Fact::Over {
        walk.facts.grants.delegations.sweep(Some(HERE), walk.facts.now);
        walk.facts.grants.consents.sweep(Some(HERE), walk.facts.now);
    }
    // Nobody is two speakers, and what was granted to those who were here is over when others are.
    let [first, second] = [FIRST, SECOND].map(|id| walk.scene.speaker(id).identity.confirmed());
    assert!(first.is_none() || first != second, "{before:?} {fact:?}");
    let others = [FIRST, SECOND].iter().any(|id| {
        before.speakers.contains_key(id) && before.company(*id) != walk.scene.company(*id)
    });
    let here = walk.facts.grants.consents.iter().any(|one| one.to.is_none());
    assert!(!(others && here), "{before:?} {fact:?}");
    Joint { scene: walk.scene, grants: walk.facts.grants, step }
}

fn check(effect: &Effect, fact: Fact, before: &Scene, world: &World<'_>, found: &mut Found) {
    match (effect, fact) {
        (Effect::Issue(issued), Fact::Commanded(speaker, _, request)) => {
            let context = before.context(speaker, world);
            assert_eq!(may_command(&request, &context), Some(false), "{before:?} {fact:?}");
            assert_eq!(issued.still_holds(&context), Ok(()));
            found.executed += 1;
        }
        (Effect::Issue(issued), Fact::Answered(answer)) => {
            let Some(Matter::Command(pending)) = before.waiting() else {
                panic!("nothing waited: {before:?}")
            };
            let context = before.context(answer.speaker, world);
            assert!(confirms(&pending.asked, &answer, &context), "{before:?} {answer:?}");
            assert_eq!(may_command(&pending.request, &context), Some(true), "{before:?}");
            assert_eq!(issued.authority().person, pending.asked.person);
            found.confirmed += 1;
        }
        (Effect::Delegate(given), Fact::Answered(answer)) => {
            let Some(Matter::Delegation(proposal)) = before.waiting() else {
                panic!("nothing waited: {before:?}")
            };
            let context = before.context(answer.speaker, world);
            assert!(confirms(&proposal.asked, &answer, &context), "{before:?} {answer:?}");
            assert_eq!(given.by, OLGA, "nobody else has anything to give");
            found.delegated += 1;
        }
        (Effect::Consent(given), Fact::Answered(answer)) => {
            let Some(Matter::Consent(proposal)) = before.waiting() else {
                panic!("nothing waited: {before:?}")
            };
            let context = before.context(answer.speaker, world);
            assert!(confirms(&proposal.asked, &answer, &context), "{before:?} {answer:?}");
            assert_eq!(Some(given.owner), context.identity.confirmed());
            found.consented += 1;
        }
        (Effect::Issue(_) | Effect::Delegate(_) | Effect::Consent(_), _) => {
            panic!("{effect:?} without a word: {before:?} {fact:?}")
        }
        (Effect::Cancel(_, why), _) => assert_ne!(*why, Refusal::NothingPending),
        _ => {}
    }
}

/// What is told in a state is what may be told.
fn look(joint: &Joint, found: &mut Found) {
    let rules = Rules::default();
    let world = World { grants: &joint.grants, rules: &rules, now: later(10 * joint.step) };
    for speaker in [FIRST, SECOND] {
        let context = joint.scene.context(speaker, &world);
        let company = joint.scene.company(speaker);
        for owner in [OLGA, GERO] {
            let datum = Datum {
                owner,
                field: Field::Birthdate,
                visibility: Visibility::Private,
                supplied_by: None,
            };
            let consents = &joint.grants.consents;
            let told =
                is_told(disclose(&datum, Purpose::Talk, (&context, &company, HERE), consents));
            let ought = may_tell(&datum, &context, &company, HERE, consents);
            assert_eq!(told, ought, "{joint:?}", joint = joint.scene);
            found.told += u64::from(told);
        }
    }
    if let Some(matter) = joint.scene.waiting() {
        let asked = matter.asked();
        let speaker = joint.scene.speaker(asked.speaker);
        assert_eq!(speaker.identity.confirmed(), Some(asked.person));
        assert_eq!(joint.scene.mode(asked.speaker), asked.mode);
    }
}
