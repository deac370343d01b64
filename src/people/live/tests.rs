//! The live half, with real profiles: who is known by what, and how long it lasts.

use super::*;
use crate::{
    foundation::values::{CommandId, ConsentId, DelegationId, Sha256},
    people::tests::{Bench, NOW, TODAY},
    policy::{
        Confidence, Date, Group, Refusal, Risk, Role, Visibility, command,
        confirmation::{Answer, Word},
        consent, delegation,
        fusion::{BadSignal, Source, Witness},
        identity, mode,
        privacy::{Datum, Disclosure, Purpose, disclose},
        profile_update::Field,
    },
};
use std::time::Duration;
use uuid::Uuid;

const WHEN: (Timestamp, Date) = (NOW, TODAY);

/// A conversation and who types in it.
fn place() -> Place {
    ConversationId::new().into()
}

fn other(place: Place, speaker: u8) -> Place {
    Place { speaker: SpeakerId(speaker), ..place }
}

fn scenes() -> Scenes {
    Scenes::new(Rules::default(), 8)
}

fn later(minutes: u64) -> Timestamp {
    NOW.plus(Duration::from_mins(minutes))
}

/// A voice that was heard by the node.
fn voice(person: Option<PersonId>, confidence: f32) -> Hint {
    Hint { source: Source::Voice, witness: Witness::Node, person, confidence, at: NOW }
}

/// Has the holder of a token say who they are.
async fn sign_in(scenes: &Scenes, bench: &Bench, place: Place, person: PersonId) {
    let bearer = Bearer::Person(person);
    scenes.turn(&bench.people, place, bearer, WHEN).await.unwrap();
    scenes.claim(&bench.people, (place, bearer), person, WHEN).await.unwrap();
    scenes.turn(&bench.people, place, bearer, WHEN).await.unwrap();
    let view = scenes.view(place, NOW);
    assert_eq!(view.identity.name(), "confirmed_active");
    assert_eq!(view.identity.confirmed(), Some(person));
}

fn answer(place: Place, word: Word) -> Fact {
    let Place { speaker, conversation } = place;
    Fact::Answered(Answer { speaker, conversation, about: None, word })
}

fn request(group: Group) -> command::Request {
    command::Request {
        action: Sha256::of("something"),
        nature: command::Nature { group, risk: Risk::Medium, confirm: true },
        origin: command::Origin::Recognized,
        certainty: Confidence::FULL,
        complete: true,
        available: true,
    }
}

// INV-IDENTITY-1, VOX-20
#[tokio::test]
async fn inv_identity_1_no_single_signal_makes_somebody_certain() {
    let (bench, scenes) = (Bench::new(), scenes());
    let anna = bench.add("anna", Role::Guest).await;
    let standing = Some(bench.standing(anna).await);
    for source in [Source::Explicit, Source::Satellite, Source::Vision, Source::Voice] {
        let place = place();
        for _ in 0..50 {
            let hint = Hint { source, ..voice(Some(anna), 1.0) };
            scenes.signal(place, hint, standing, NOW).unwrap();
        }
        assert_eq!(scenes.view(place, NOW).identity.name(), "probable", "{source:?}");
    }
    // A token is one signal among others.
    let place = place();
    for _ in 0..3 {
        scenes.turn(&bench.people, place, Bearer::Person(anna), WHEN).await.unwrap();
    }
    let view = scenes.view(place, NOW);
    assert_eq!((view.identity.name(), view.signals.len()), ("probable", 1));
    // Two that agree are enough, and who is certain is speaking from the next turn on.
    scenes.signal(place, voice(Some(anna), 0.9), standing, NOW).unwrap();
    assert_eq!(scenes.view(place, NOW).identity.name(), "confirmed");
    scenes.turn(&bench.people, place, Bearer::Person(anna), WHEN).await.unwrap();
    assert_eq!(scenes.view(place, NOW).identity.name(), "confirmed_active");
}

#[tokio::test]
async fn what_somebody_says_of_themselves_is_validated_by_their_own_token_and_nothing_else() {
    let (bench, scenes) = (Bench::new(), scenes());
    let (anna, ben) = (bench.add("anna", Role::Guest).await, bench.add("ben", Role::Guest).await);
    sign_in(&scenes, &bench, place(), anna).await;
    for (bearer, becomes) in [
        // Saying it again, and firmly, changes nothing.
        (Bearer::NoToken, "probable"),
        (Bearer::Nobody, "rejected"),
        (Bearer::Person(ben), "rejected"),
    ] {
        let place = place();
        for _ in 0..3 {
            scenes.claim(&bench.people, (place, bearer), anna, WHEN).await.unwrap();
        }
        let view = scenes.view(place, NOW);
        assert_eq!(view.identity.name(), becomes, "{bearer:?}");
        assert_eq!(view.circumstances(NOW), None);
        // Nothing came of it for too long.
        scenes.expire(later(5));
        assert_eq!(scenes.view(place, later(5)).identity.name(), "unknown", "{bearer:?}");
    }
}

// "One person claiming two names", INV-IDENTITY-2
#[tokio::test]
async fn one_who_says_two_names_is_asked_and_clears_it_up_with_their_token() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let (anna, ben) = (bench.add("anna", Role::Guest).await, bench.add("ben", Role::Guest).await);
    sign_in(&scenes, &bench, place, anna).await;
    let bearer = Bearer::Person(anna);
    let effects = scenes.claim(&bench.people, (place, bearer), ben, WHEN).await.unwrap();
    assert!(effects.contains(&Effect::AskWho(place.speaker)), "{effects:?}");
    assert_eq!(scenes.view(place, NOW).identity, Identity::Ambiguous);
    // Saying the other name once more does not help, whoever's token it is.
    scenes.claim(&bench.people, (place, bearer), ben, WHEN).await.unwrap();
    scenes.claim(&bench.people, (place, Bearer::NoToken), anna, WHEN).await.unwrap();
    assert_eq!(scenes.view(place, NOW).identity, Identity::Ambiguous);
    scenes.claim(&bench.people, (place, bearer), anna, WHEN).await.unwrap();
    scenes.turn(&bench.people, place, bearer, WHEN).await.unwrap();
    assert_eq!(scenes.view(place, NOW).identity.confirmed(), Some(anna));
}

// "Two people claiming one name"
#[tokio::test]
async fn two_who_say_one_name_are_never_both_that_person() {
    let (bench, scenes, first) = (Bench::new(), scenes(), place());
    let anna = bench.add("anna", Role::Guest).await;
    let standing = Some(bench.standing(anna).await);
    let second = other(first, 1);
    sign_in(&scenes, &bench, first, anna).await;
    // Words do not shake who is certain; the second is asked.
    let effects = scenes.claim(&bench.people, (second, Bearer::NoToken), anna, WHEN).await.unwrap();
    assert!(effects.contains(&Effect::AskWho(second.speaker)), "{effects:?}");
    assert_eq!(scenes.view(first, NOW).identity.confirmed(), Some(anna));
    assert_eq!(scenes.view(second, NOW).identity, Identity::Ambiguous);
    let certain = |place| scenes.view(place, NOW).identity.confirmed().is_some();
    // If the second proves it, both are asked.
    let bearer = Bearer::Person(anna);
    scenes.claim(&bench.people, (second, bearer), anna, WHEN).await.unwrap();
    assert!(!certain(first) && !certain(second));
    // Whoever clears it up first is that person, and the other is not.
    scenes.claim(&bench.people, (first, bearer), anna, WHEN).await.unwrap();
    assert!(certain(first) && !certain(second));
    // Nor do signals make a second one of them: two sources that agree are as good as a proof, and both are asked.
    let third = other(first, 2);
    scenes.signal(third, voice(Some(anna), 0.9), standing, NOW).unwrap();
    assert!(certain(first) && !certain(third));
    let seen = Hint { source: Source::Vision, ..voice(Some(anna), 0.9) };
    scenes.signal(third, seen, standing, NOW).unwrap();
    assert!(!certain(first) && !certain(third));
}

#[tokio::test]
async fn signals_of_the_future_or_of_no_confidence_change_nothing() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let anna = bench.add("anna", Role::Guest).await;
    let standing = Some(bench.standing(anna).await);
    for confidence in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
        let bad = scenes.signal(place, voice(Some(anna), confidence), standing, NOW);
        assert!(matches!(bad, Err(BadSignal::Confidence(_))), "{confidence}");
    }
    let bad = Hint { at: later(1), ..voice(Some(anna), 1.0) };
    assert_eq!(scenes.signal(place, bad, standing, NOW), Err(BadSignal::FromTheFuture));
    assert!(scenes.is_empty());
    // One of long ago counts for nothing.
    let old = Hint { at: Timestamp(NOW.0 - 3_600_000), ..voice(Some(anna), 1.0) };
    scenes.signal(place, old, standing, NOW).unwrap();
    assert_eq!(scenes.view(place, NOW).identity, Identity::Unknown);
}

// "An unknown person with a perfect voice match"
#[tokio::test]
async fn somebody_without_a_profile_may_nothing_however_well_they_match() {
    let (scenes, place) = (scenes(), place());
    scenes.signal(place, voice(None, 1.0), None, NOW).unwrap();
    assert_eq!(scenes.view(place, NOW).identity, Identity::Unknown);
    let stranger = Some(PersonId::new());
    scenes.signal(place, voice(stranger, 1.0), None, NOW).unwrap();
    let seen = Hint { source: Source::Vision, ..voice(stranger, 1.0) };
    scenes.signal(place, seen, None, NOW).unwrap();
    let commanded = Fact::Commanded(place.speaker, CommandId::new(), request(Group::Media));
    let effects = scenes.act(place.conversation, commanded, NOW);
    assert_eq!(effects, [Effect::Refuse(Refusal::UnknownPerson)]);
}

// "A satellite that lies"
#[tokio::test]
async fn a_satellite_that_lies_confirms_nobody_and_can_only_make_it_stricter() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let (anna, ben) = (bench.add("anna", Role::Owner).await, bench.add("ben", Role::Guest).await);
    let standing = Some(bench.standing(anna).await);
    let liar = Witness::Satellite(Uuid::now_v7());
    for source in [Source::Explicit, Source::Satellite, Source::Vision, Source::Voice] {
        for _ in 0..50 {
            let hint = Hint { source, witness: liar, ..voice(Some(anna), 1.0) };
            scenes.signal(place, hint, standing, NOW).unwrap();
        }
    }
    assert_eq!(scenes.view(place, NOW).identity.name(), "probable");
    // Against somebody who is certain it brings a question, and no other person.
    let place = other(place, 1);
    sign_in(&scenes, &bench, place, ben).await;
    let hint = Hint { source: Source::Vision, witness: liar, ..voice(Some(anna), 1.0) };
    let effects = scenes.signal(place, hint, standing, NOW).unwrap();
    assert!(effects.contains(&Effect::AskWho(place.speaker)));
    assert_eq!(scenes.view(place, NOW).identity, Identity::Ambiguous);
}

#[tokio::test]
async fn nobody_floods_away_what_was_heard_before() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let (anna, ben) = (bench.add("anna", Role::Guest).await, bench.add("ben", Role::Guest).await);
    scenes.signal(place, voice(Some(ben), 0.9), None, NOW).unwrap();
    let liar = Witness::Satellite(Uuid::now_v7());
    for _ in 0..2000 {
        let hint = Hint { source: Source::Vision, witness: liar, ..voice(Some(anna), 0.5) };
        scenes.signal(place, hint, None, NOW).unwrap();
    }
    let signals = scenes.view(place, NOW).signals;
    assert!(signals.len() <= 4, "{}", signals.len());
    assert!(signals.iter().any(|one| one.person == Some(ben)));
    for _ in 0..1000 {
        scenes.signal(place, voice(Some(PersonId::new()), 0.1), None, NOW).unwrap();
    }
    assert!(scenes.view(place, NOW).signals.len() <= 512);
}

/// Has somebody who is certain let another command a group.
fn delegate(scenes: &Scenes, place: Place, to: PersonId, group: Group) -> DelegationId {
    let id = DelegationId::new();
    let wish = delegation::Wish { id, to, groups: group.into(), lasts: None };
    scenes.act(place.conversation, Fact::Delegated(place.speaker, wish), NOW);
    let effects = scenes.act(place.conversation, answer(place, Word::Confirm), NOW);
    assert!(matches!(effects[..], [Effect::Delegate(_)]), "{effects:?}");
    id
}

// INV-CMD-2, VOX-69
#[tokio::test]
async fn a_delegation_that_is_taken_back_ends_what_waits_under_it_in_every_conversation() {
    let (bench, scenes, hers, his) = (Bench::new(), scenes(), place(), place());
    let (olga, ben) = (bench.add("olga", Role::Owner).await, bench.add("ben", Role::Guest).await);
    let eva = bench.add("eva", Role::Admin).await;
    sign_in(&scenes, &bench, hers, olga).await;
    sign_in(&scenes, &bench, his, ben).await;
    let id = delegate(&scenes, hers, ben, Group::HomeAutomation);
    let command = CommandId::new();
    let asks = || Fact::Commanded(his.speaker, command, request(Group::HomeAutomation));
    let effects = scenes.act(his.conversation, asks(), NOW);
    assert!(matches!(effects[..], [Effect::AskToConfirm(_)]), "{effects:?}");
    assert_eq!(scenes.view(his, NOW).delegations.len(), 1);
    for by in [ben, eva] {
        let refused = scenes.revoke_delegation(&bench.standing(by).await, id, NOW);
        assert_eq!(refused, Err(Refusal::NotPermitted));
    }
    let by = bench.standing(olga).await;
    let (revoked, touched) = scenes.revoke_delegation(&by, id, NOW).unwrap();
    assert_eq!(revoked.id, id);
    let cancelled = Effect::Cancel(command, Refusal::AuthorityGone);
    assert_eq!(touched, [(his.conversation, vec![cancelled])]);
    let effects = scenes.act(his.conversation, answer(his, Word::Confirm), NOW);
    assert_eq!(effects, [Effect::Ignore(Refusal::NothingPending)]);
    assert_eq!(scenes.revoke_delegation(&by, id, NOW), Err(Refusal::NothingPending));
    // And it ends with the conversation in which it was given.
    delegate(&scenes, hers, ben, Group::HomeAutomation);
    scenes.act(his.conversation, asks(), NOW);
    let touched = scenes.over(hers.conversation, NOW);
    assert!(
        touched.iter().any(|(id, effects)| *id == his.conversation
            && *effects == [Effect::Cancel(command, Refusal::AuthorityGone)]),
        "{touched:?}"
    );
    assert_eq!(scenes.act(his.conversation, asks(), NOW), [Effect::Refuse(Refusal::NotPermitted)]);
}

#[tokio::test]
async fn time_ends_what_nobody_answered_and_what_was_given_for_a_while() {
    let (bench, scenes, hers, his) = (Bench::new(), scenes(), place(), place());
    let (olga, ben) = (bench.add("olga", Role::Owner).await, bench.add("ben", Role::Guest).await);
    sign_in(&scenes, &bench, hers, olga).await;
    sign_in(&scenes, &bench, his, ben).await;
    delegate(&scenes, hers, ben, Group::Media);
    let command = CommandId::new();
    let asks = Fact::Commanded(his.speaker, command, request(Group::Media));
    scenes.act(his.conversation, asks, later(59));
    let touched = scenes.expire(later(60));
    assert_eq!(
        touched,
        [(his.conversation, vec![Effect::Cancel(command, Refusal::AuthorityGone)])]
    );
    // Silence ends the activity, and not who it is.
    assert_eq!(scenes.view(his, later(60)).identity.name(), "confirmed");
    assert!(scenes.view(hers, later(60)).delegations.is_empty());
}

/// Returns whether a speaker may be told somebody's note.
fn told(scenes: &Scenes, place: Place, owner: PersonId) -> Disclosure {
    let datum =
        Datum { owner, field: Field::Note, visibility: Visibility::Private, supplied_by: None };
    scenes.look(place, NOW, |context, room, consents| {
        disclose(&datum, Purpose::Talk, (context, room, place.conversation), consents)
    })
}

fn consent(scenes: &Scenes, place: Place, to: Option<PersonId>) -> ConsentId {
    let id = ConsentId::new();
    let wish = consent::Wish { id, to, fields: Field::Note.into(), lasts: None };
    scenes.act(place.conversation, Fact::Consented(place.speaker, wish), NOW);
    let effects = scenes.act(place.conversation, answer(place, Word::Confirm), NOW);
    assert!(matches!(effects[..], [Effect::Consent(_)]), "{effects:?}");
    id
}

// INV-PRIVACY-2, INV-PRIVACY-4
#[tokio::test]
async fn inv_privacy_2_a_profile_is_used_for_others_with_consent_only_and_only_as_long() {
    let (bench, scenes, hers, his) = (Bench::new(), scenes(), place(), place());
    let (anna, ben) = (bench.add("anna", Role::Guest).await, bench.add("ben", Role::Guest).await);
    sign_in(&scenes, &bench, hers, anna).await;
    sign_in(&scenes, &bench, his, ben).await;
    assert_eq!(told(&scenes, his, anna), Disclosure::Withhold(Refusal::Withheld));
    let id = consent(&scenes, hers, Some(ben));
    assert_eq!(told(&scenes, his, anna), Disclosure::Tell);
    assert_eq!(scenes.revoke_consent(ben, id, NOW).unwrap_err(), Refusal::NotPermitted);
    assert_eq!(scenes.revoke_consent(anna, id, NOW).unwrap().0.id, id);
    assert_eq!(told(&scenes, his, anna), Disclosure::Withhold(Refusal::Withheld));
    // It ends with the conversation in which it was given.
    consent(&scenes, hers, Some(ben));
    scenes.over(hers.conversation, NOW);
    assert_eq!(told(&scenes, his, anna), Disclosure::Withhold(Refusal::Withheld));
}

// INV-PRIVACY-3, INV-MULTI-1
#[tokio::test]
async fn a_consent_to_those_who_are_here_does_not_hold_for_who_comes_later() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let anna = bench.add("anna", Role::Guest).await;
    sign_in(&scenes, &bench, place, anna).await;
    let comes = || Fact::Room(mode::Fact::Detected(None));
    scenes.act(place.conversation, comes(), NOW);
    assert_eq!(told(&scenes, place, anna), Disclosure::AskFirst);
    consent(&scenes, place, None);
    assert_eq!(told(&scenes, place, anna), Disclosure::Tell);
    // A second stranger: the mode is the same, and the company is not.
    let effects = scenes.act(place.conversation, comes(), NOW);
    assert_eq!(effects, [Effect::CompanyChanged]);
    assert_eq!(told(&scenes, place, anna), Disclosure::AskFirst);
    consent(&scenes, place, None);
    let seen = Fact::Identity(SpeakerId(1), identity::Fact::Spoke, None);
    scenes.act(place.conversation, seen, NOW);
    assert_eq!(told(&scenes, place, anna), Disclosure::AskFirst, "somebody else speaks");
}

// VOX-70, VOX-71, VOX-72, C-13
#[tokio::test]
async fn after_a_restart_profiles_are_there_and_nothing_else_is() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let olga = bench.add("olga", Role::Owner).await;
    let ben = bench.known("ben", &[(Field::Note, "likes tea")]).await;
    sign_in(&scenes, &bench, place, olga).await;
    delegate(&scenes, place, ben, Group::System);
    consent(&scenes, place, Some(ben));
    let command = Fact::Commanded(place.speaker, CommandId::new(), request(Group::System));
    scenes.act(place.conversation, command, NOW);
    assert!(scenes.view(place, NOW).waiting.is_some());

    let bench = bench.reopened().await;
    let scenes = super::tests::scenes();
    assert!(scenes.is_empty());
    let view = scenes.view(place, NOW);
    assert_eq!((view.identity, view.waiting), (Identity::Unknown, None));
    assert_eq!((view.delegations.len(), view.consents.len()), (0, 0));
    let effects = scenes.act(place.conversation, answer(place, Word::Confirm), NOW);
    assert_eq!(effects, [Effect::Ignore(Refusal::NothingPending)]);
    assert_eq!(bench.people.profile(ben).await.unwrap().len(), 1);
    assert_eq!(bench.standing(olga).await.role, Role::Owner);
}

#[tokio::test]
async fn a_role_that_is_taken_counts_from_the_next_turn_on_and_who_is_erased_is_nobody() {
    let (bench, scenes, place, his) = (Bench::new(), scenes(), place(), place());
    let (olga, ben) = (bench.add("olga", Role::Owner).await, bench.add("ben", Role::Guest).await);
    bench.add("otto", Role::Owner).await;
    sign_in(&scenes, &bench, place, olga).await;
    sign_in(&scenes, &bench, his, ben).await;
    delegate(&scenes, place, ben, Group::Media);
    let operator = crate::people::Circumstances::operator(NOW);
    bench.people.set_role(olga, Role::Guest, (operator, false)).await.unwrap();
    let bearer = Bearer::Person(olga);
    scenes.turn(&bench.people, place, bearer, WHEN).await.unwrap();
    assert_eq!(scenes.view(place, NOW).standing.unwrap().role, Role::Guest);
    bench.people.erase(olga, (operator, false)).await.unwrap();
    scenes.turn(&bench.people, place, bearer, WHEN).await.unwrap();
    let view = scenes.view(place, NOW);
    assert_eq!((view.identity, view.standing), (Identity::Unknown, None));
    assert!(scenes.view(his, NOW).delegations.is_empty(), "what they gave is gone with them");
}

#[tokio::test]
async fn no_more_conversations_are_kept_than_there_may_be() {
    let (bench, scenes) = (Bench::new(), Scenes::new(Rules::default(), 2));
    let olga = bench.add("olga", Role::Owner).await;
    let ben = bench.add("ben", Role::Guest).await;
    let first = place();
    sign_in(&scenes, &bench, first, olga).await;
    delegate(&scenes, first, ben, Group::Media);
    for minute in 1..5 {
        scenes.act(ConversationId::new(), Fact::Woke, later(minute));
        assert!(scenes.len() <= 2);
    }
    // Whoever was idle longest is gone, with what was given there.
    assert_eq!(scenes.view(first, NOW).identity, Identity::Unknown);
    let his = place();
    sign_in(&scenes, &bench, his, ben).await;
    assert!(scenes.view(his, NOW).delegations.is_empty());
}

#[tokio::test]
async fn what_was_cleared_up_is_not_doubted_by_what_was_heard_before() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let (anna, ben) = (bench.add("anna", Role::Guest).await, bench.add("ben", Role::Guest).await);
    sign_in(&scenes, &bench, place, anna).await;
    scenes.signal(place, voice(Some(ben), 0.9), None, NOW).unwrap();
    assert_eq!(scenes.view(place, NOW).identity, Identity::Ambiguous);
    let bearer = Bearer::Person(anna);
    scenes.turn(&bench.people, place, bearer, WHEN).await.unwrap();
    assert_eq!(scenes.view(place, NOW).identity, Identity::Ambiguous, "a token clears nothing up");
    scenes.claim(&bench.people, (place, bearer), anna, WHEN).await.unwrap();
    scenes.turn(&bench.people, place, bearer, WHEN).await.unwrap();
    assert_eq!(scenes.view(place, NOW).identity.confirmed(), Some(anna));
    // What is heard from then on counts.
    scenes.signal(place, voice(Some(ben), 0.9), None, NOW).unwrap();
    assert_eq!(scenes.view(place, NOW).identity, Identity::Ambiguous);
}

// VOX-69
#[tokio::test]
async fn a_profile_that_changes_ends_what_was_asked_under_it_in_every_conversation() {
    let (bench, scenes, place) = (Bench::new(), scenes(), place());
    let olga = bench.add("olga", Role::Owner).await;
    sign_in(&scenes, &bench, place, olga).await;
    let command = CommandId::new();
    let asks = Fact::Commanded(place.speaker, command, request(Group::System));
    scenes.act(place.conversation, asks, NOW);
    let same = bench.standing(olga).await;
    assert_eq!(scenes.profile_changed(same, NOW), []);
    let younger = Standing { age: crate::policy::age::Age::Teen, ..same };
    let touched = scenes.profile_changed(younger, NOW);
    assert_eq!(touched, [(place.conversation, vec![Effect::Cancel(command, Refusal::Changed)])]);
    // And whoever is gone is nobody at once.
    let touched = scenes.gone(olga, NOW);
    assert_eq!(touched, []);
    assert_eq!(scenes.view(place, NOW).identity, Identity::Unknown);
}
