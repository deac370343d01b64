//! Random histories: whatever happens in whatever order, no invariant breaks.

use super::{
    invariants::Walk,
    oracle::{confirms, may_command},
    *,
};
use crate::foundation::values::UpdateId;
use crate::policy::{
    confirmation::{Answer, Word},
    delegation,
    fusion::Fused,
    identity::Fact as Is,
    mode,
    profile_update::{self, Field, Target},
    scene::{Effect, Fact, Matter},
};
use proptest::prelude::*;

fn person() -> impl Strategy<Value = PersonId> {
    prop_oneof![Just(OLGA), Just(GERO), Just(KAI)]
}

fn speaker() -> impl Strategy<Value = SpeakerId> {
    prop_oneof![Just(FIRST), Just(SECOND)]
}

fn identity() -> impl Strategy<Value = Fact> {
    let is = prop_oneof![
        person().prop_map(|person| (Is::Claimed(person), Some(person))),
        person().prop_map(|person| (Is::Validated(person), Some(person))),
        person().prop_map(|person| (Is::Clarified(person), Some(person))),
        person().prop_map(|person| (Is::Fused(Fused::Probable(likely(person))), Some(person))),
        person().prop_map(|person| (Is::Fused(Fused::Confirmed(likely(person))), Some(person))),
        Just((Is::Fused(Fused::Conflict), None)),
        Just((Is::NotValidated, None)),
        Just((Is::Spoke, None)),
        Just((Is::FellSilent, None)),
        Just((Is::TimedOut, None)),
        Just((Is::Conflicted, None)),
        Just((Is::Ended, None)),
    ];
    (speaker(), is).prop_map(|(id, (is, person))| Fact::Identity(id, is, person.map(standing)))
}

fn room() -> impl Strategy<Value = Fact> {
    prop_oneof![
        person().prop_map(|person| mode::Fact::Detected(Some(person))),
        Just(mode::Fact::Detected(None)),
        person().prop_map(|person| mode::Fact::SeenLeaving(Some(person))),
        Just(mode::Fact::SeenLeaving(None)),
        Just(mode::Fact::SaidToCome),
        any::<bool>().prop_map(|by_confirmed| mode::Fact::SaidAlone { by_confirmed }),
        any::<bool>().prop_map(|by_confirmed| mode::Fact::SaidToLeave { by_confirmed }),
    ]
    .prop_map(Fact::Room)
}

fn asks() -> impl Strategy<Value = Fact> {
    let nature = prop_oneof![Just(LIGHT), Just(DOOR), Just(WIPE)];
    let origin = prop_oneof![Just(Origin::Recognized), Just(Origin::Proposed)];
    (speaker(), nature, origin, 1..9_u128).prop_map(|(id, nature, origin, number)| {
        Fact::Commanded(id, command(number), Request { origin, ..request(nature) })
    })
}

fn wishes() -> impl Strategy<Value = Fact> {
    let field = prop::sample::select(&Field::ALL[..]);
    prop_oneof![
        (speaker(), person(), field).prop_map(|(id, target, field)| {
            let target = Target(standing(target));
            let update = UpdateId(Uuid::from_u128(400));
            let value = Sha256::of("x");
            Fact::Updated(
                id,
                profile_update::Wish { id: update, target, field, value, is_possible: true },
            )
        }),
        (speaker(), person()).prop_map(|(id, to)| {
            let groups = Group::HomeAutomation.into();
            Fact::Delegated(id, delegation::Wish { id: GIVEN, to, groups, lasts: None })
        }),
    ]
}

fn answers() -> impl Strategy<Value = Fact> {
    let word =
        prop_oneof![4 => Just(Word::Confirm), 1 => Just(Word::Decline), 1 => Just(Word::Neither)];
    let conversation = prop_oneof![9 => Just(HERE), 1 => Just(ELSEWHERE)];
    (speaker(), word, conversation).prop_map(|(speaker, word, conversation)| {
        Fact::Answered(Answer { speaker, conversation, about: None, word })
    })
}

fn facts() -> impl Strategy<Value = Vec<(Fact, u64)>> {
    let fact = prop_oneof![
        4 => identity(),
        2 => room(),
        3 => asks(),
        2 => wishes(),
        4 => answers(),
        1 => Just(Fact::Woke),
        1 => Just(Fact::Carried { done: true }),
        1 => Just(Fact::Written),
    ];
    prop::collection::vec((fact, 0..12_u64), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_nothing_is_done_or_given_without_a_right(history in facts()) {
        let mut walk = Walk { scene: crate::policy::scene::Scene::new(HERE), facts: Facts::of(OLGA) };
        let mut now = 0;
        for (fact, seconds) in history {
            now += seconds;
            walk.facts.now = later(now);
            let before = walk.scene.clone();
            let given = walk.facts.grants.clone();
            let effects = walk.is(fact);
            let world = World { grants: &given, rules: &walk.facts.rules, now: walk.facts.now };
            for effect in &effects {
                match (effect, fact) {
                    (Effect::Issue(issued), Fact::Commanded(speaker, id, request)) => {
                        let context = before.context(speaker, &world);
                        prop_assert_eq!(may_command(&request, &context), Some(false));
                        prop_assert_eq!((issued.id(), issued.action()), (id, request.action));
                    }
                    (Effect::Issue(issued), Fact::Answered(answer)) => {
                        let Some(Matter::Command(pending)) = before.waiting() else {
                            return Err(TestCaseError::fail("nothing waited"));
                        };
                        let context = before.context(answer.speaker, &world);
                        prop_assert!(confirms(&pending.asked, &answer, &context));
                        prop_assert_eq!(may_command(&pending.request, &context), Some(true));
                        prop_assert_eq!(issued.action(), pending.request.action);
                    }
                    (Effect::Delegate(given), Fact::Answered(answer)) => {
                        let Some(Matter::Delegation(proposal)) = before.waiting() else {
                            return Err(TestCaseError::fail("nothing waited"));
                        };
                        prop_assert_eq!(given.by, OLGA);
                        prop_assert!(confirms(&proposal.asked, &answer, &before.context(answer.speaker, &world)));
                    }
                    (Effect::Write(wish, by), _) => {
                        let target = wish.target.0;
                        let guards = *by == OLGA && target.age.is_protected() && wish.field == Field::Birthdate;
                        prop_assert!(*by == target.person || guards);
                        prop_assert!(!(wish.field == Field::Birthdate && *by == KAI));
                    }
                    (Effect::Issue(_) | Effect::Delegate(_), _) => {
                        return Err(TestCaseError::fail("nobody asked for it"));
                    }
                    _ => {}
                }
            }
            // What waits is always as it was asked, and never too late.
            if let Some(matter) = walk.scene.waiting() {
                let asked = matter.asked();
                prop_assert_eq!(walk.scene.speaker(asked.speaker).identity.confirmed(), Some(asked.person));
                prop_assert_eq!(walk.scene.mode(asked.speaker), asked.mode);
                prop_assert!(walk.facts.now < asked.until);
            }
        }
    }
}
