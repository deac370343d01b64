//! Every invariant of vox-core by its name, in whole conversations. Each of these fails when its guard is taken out.

use super::*;
use crate::foundation::values::{ConsentId, UpdateId};
use crate::policy::{
    Refusal, Step, Visibility,
    command::{self, Authorization, authorize},
    confirmation::{Answer, Word},
    consent::{self, Consents},
    delegation,
    events::{self, Birthday},
    fusion::{Fused, Signal, Source, Witness, fuse},
    identity::{self, Fact as Is},
    mode::{self, Room},
    privacy::{Datum, Disclosure, Purpose, Readership, disclose, readership},
    profile_update::{self, Field, Target, Verdict, validate},
    scene::{self, Effect, Fact, Scene},
};

/// A conversation with what was given in it, walked through fact by fact.
pub(super) struct Walk {
    pub(super) scene: Scene,
    pub(super) facts: Facts,
}

impl Walk {
    /// Begins with a speaker who is certain.
    pub(super) fn of(person: PersonId) -> Self {
        let mut walk = Self { scene: Scene::new(HERE), facts: Facts::of(person) };
        walk.becomes(FIRST, person);
        walk
    }

    pub(super) fn becomes(&mut self, speaker: SpeakerId, person: PersonId) {
        let known = Some(standing(person));
        self.is(Fact::Identity(speaker, Is::Claimed(person), known));
        self.is(Fact::Identity(speaker, Is::Validated(person), known));
        self.is(Fact::Identity(speaker, Is::Spoke, known));
    }

    pub(super) fn is(&mut self, fact: Fact) -> Vec<Effect> {
        let scene = std::mem::replace(&mut self.scene, Scene::new(HERE));
        let Step { state, effects } = scene::step(scene, fact, &self.facts.world());
        self.scene = state;
        for effect in &effects {
            match effect {
                Effect::Delegate(delegation) => self.facts.grants.delegations.begin(*delegation),
                Effect::Consent(consent) => self.facts.grants.consents.begin(*consent),
                Effect::CompanyChanged => self.facts.grants.consents.company_changed(HERE),
                Effect::AskWho(_)
                | Effect::ModeChanged(..)
                | Effect::AskToConfirm(_)
                | Effect::Issue(_)
                | Effect::Write(..)
                | Effect::KeepClaim(..)
                | Effect::Refuse(_)
                | Effect::Ignore(_)
                | Effect::Cancel(..) => {}
            }
        }
        effects
    }

    pub(super) fn command(&mut self, nature: Nature) -> Vec<Effect> {
        self.is(Fact::Commanded(FIRST, command(1), request(nature)))
    }

    pub(super) fn says(&mut self, speaker: SpeakerId, word: Word) -> Vec<Effect> {
        self.is(Fact::Answered(Answer { speaker, conversation: HERE, about: None, word }))
    }

    fn context(&self) -> Context<'_> {
        self.scene.context(FIRST, &self.facts.world())
    }

    fn told(&self, datum: &Datum) -> Disclosure {
        let company = self.scene.company(FIRST);
        let about = (&self.context(), &company, HERE);
        disclose(datum, Purpose::Talk, about, &self.facts.grants.consents)
    }
}

fn issued(effects: &[Effect]) -> Option<&Authorization> {
    effects.iter().find_map(|effect| match effect {
        Effect::Issue(authorization) => Some(authorization),
        _ => None,
    })
}

fn refused(effects: &[Effect]) -> Option<Refusal> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refuse(why) | Effect::Ignore(why) | Effect::Cancel(_, why) => Some(*why),
        _ => None,
    })
}

fn birthdate(owner: PersonId) -> Datum {
    Datum { owner, field: Field::Birthdate, visibility: Visibility::Private, supplied_by: None }
}

fn wish(target: PersonId, field: Field) -> profile_update::Wish {
    let id = UpdateId(Uuid::from_u128(400));
    let target = Target(standing(target));
    profile_update::Wish { id, target, field, value: Sha256::of("x"), is_possible: true }
}

#[test]
fn inv_identity_2_a_confirmed_identity_is_left_by_a_strong_conflict_only() {
    let mut walk = Walk::of(OLGA);
    let weak = [
        Is::TimedOut,
        Is::NotValidated,
        Is::Fused(Fused::Nobody),
        Is::Fused(Fused::Probable(likely(OLGA))),
        Is::Claimed(OLGA),
        Is::Validated(OLGA),
        Is::Clarified(GERO),
        Is::FellSilent,
        Is::TimedOut,
    ];
    for fact in weak {
        walk.is(Fact::Identity(FIRST, fact, None));
        assert_eq!(walk.scene.speaker(FIRST).identity.confirmed(), Some(OLGA), "{fact:?}");
    }
    // A second speaker's word does not shake it; his proof does, for both.
    walk.is(Fact::Identity(SECOND, Is::Claimed(OLGA), Some(standing(OLGA))));
    assert_eq!(walk.scene.speaker(FIRST).identity.confirmed(), Some(OLGA));
    assert_eq!(walk.scene.speaker(SECOND).identity, Identity::Ambiguous);
    let effects = walk.is(Fact::Identity(FIRST, Is::Conflicted, None));
    assert_eq!(effects[0], Effect::AskWho(FIRST));
    assert_eq!(walk.scene.speaker(FIRST).identity, Identity::Ambiguous);
}

// Two people claiming one name.
#[test]
fn two_speakers_are_never_one_person() {
    let mut walk = Walk::of(OLGA);
    walk.is(Fact::Identity(SECOND, Is::Claimed(OLGA), Some(standing(OLGA))));
    let effects = walk.is(Fact::Identity(SECOND, Is::Validated(OLGA), Some(standing(OLGA))));
    assert!(effects.contains(&Effect::AskWho(FIRST)));
    for speaker in [FIRST, SECOND] {
        assert_eq!(walk.scene.speaker(speaker).identity, Identity::Ambiguous);
    }
    // Whatever names her: neither signals nor a clarification make two of one.
    for proof in [Is::Clarified(OLGA), Is::Fused(Fused::Confirmed(likely(OLGA)))] {
        let mut walk = Walk::of(OLGA);
        walk.is(Fact::Identity(SECOND, Is::Conflicted, None));
        walk.is(Fact::Identity(SECOND, proof, Some(standing(OLGA))));
        for speaker in [FIRST, SECOND] {
            assert_eq!(walk.scene.speaker(speaker).identity, Identity::Ambiguous, "{proof:?}");
        }
    }
    let mut walk = Walk::of(OLGA);
    walk.is(Fact::Identity(SECOND, Is::Fused(Fused::Probable(likely(OLGA))), Some(standing(OLGA))));
    assert_eq!(walk.scene.speaker(FIRST).identity.confirmed(), Some(OLGA));
    assert_eq!(walk.scene.speaker(SECOND).identity, Identity::Ambiguous);
    // Where the first is not certain either, words are enough to doubt both.
    let mut walk = Walk { scene: Scene::new(HERE), facts: Facts::of(OLGA) };
    walk.is(Fact::Identity(FIRST, Is::Claimed(OLGA), Some(standing(OLGA))));
    walk.is(Fact::Identity(SECOND, Is::Claimed(OLGA), Some(standing(OLGA))));
    for speaker in [FIRST, SECOND] {
        assert_eq!(walk.scene.speaker(speaker).identity, Identity::Ambiguous);
    }
}

// One person claiming two names.
#[test]
fn one_speaker_is_never_two_persons() {
    let mut walk = Walk { scene: Scene::new(HERE), facts: Facts::of(OLGA) };
    walk.is(Fact::Identity(FIRST, Is::Claimed(OLGA), Some(standing(OLGA))));
    let effects = walk.is(Fact::Identity(FIRST, Is::Claimed(GERO), Some(standing(GERO))));
    assert_eq!(effects, [Effect::AskWho(FIRST)]);
    let mut walk = Walk::of(OLGA);
    walk.command(DOOR);
    let effects = walk.is(Fact::Identity(FIRST, Is::Claimed(GERO), Some(standing(GERO))));
    assert_eq!(effects, [Effect::AskWho(FIRST), Effect::Cancel(command(1), Refusal::Changed)]);
}

#[test]
fn inv_identity_3_nothing_becomes_surer_by_itself() {
    let mut state = Identity::Probable(likely(OLGA));
    for fact in [
        Is::Spoke,
        Is::Spoke,
        Is::FellSilent,
        Is::Claimed(OLGA),
        Is::Claimed(OLGA),
        Is::Fused(Fused::Probable(likely(OLGA))),
        Is::Clarified(OLGA),
    ] {
        state = identity::step(state, fact).state;
        assert_eq!(state.confirmed(), None, "{fact:?}");
    }
    assert_eq!(identity::step(state, Is::Validated(OLGA)).state.confirmed(), Some(OLGA));
    // A proof that nobody asked for proves nothing.
    assert_eq!(identity::step(Identity::Unknown, Is::Validated(OLGA)).state, Identity::Unknown);
}

// An unknown person with a perfect voice match.
#[test]
fn somebody_without_a_profile_is_nobody_however_well_the_voice_matches() {
    let stranger = PersonId(Uuid::from_u128(99));
    let perfect = [Source::Voice, Source::Vision]
        .map(|source| Signal::new(source, Witness::Node, (Some(stranger), 1.0), NOW, NOW).unwrap());
    let fused = fuse(&perfect, None, &Rules::default().fusion, NOW);
    let mut walk = Walk { scene: Scene::new(HERE), facts: Facts::of(OLGA) };
    walk.is(Fact::Identity(FIRST, Is::Fused(fused), None));
    assert_eq!(walk.scene.speaker(FIRST).identity.confirmed(), Some(stranger));
    assert_eq!(refused(&walk.command(LIGHT)), Some(Refusal::UnknownPerson));
    assert_eq!(walk.told(&birthdate(OLGA)), Disclosure::Withhold(Refusal::UnknownPerson));
    assert_eq!(readership(&walk.context()), Readership::Everyone);
}

#[test]
fn inv_age_1_age_follows_from_the_birthdate_and_matters_at_once() {
    let mut walk = Walk::of(OLGA);
    walk.command(DOOR);
    let younger = Standing { age: Age::Teen, ..standing(OLGA) };
    let effects = walk.is(Fact::Profile(younger));
    assert_eq!(effects, [Effect::Cancel(command(1), Refusal::Changed)]);
    assert_eq!(walk.scene.speaker(FIRST).standing, Some(younger));
    // Somebody else's birthday changes nothing here.
    walk.is(Fact::Profile(Standing { age: Age::Adult, ..standing(KAI) }));
    assert_eq!(walk.scene.speaker(FIRST).standing, Some(younger));
}

#[test]
fn inv_age_2_an_unknown_age_is_treated_as_a_minors() {
    for age in [Age::Unknown, Age::Child, Age::Teen] {
        let mut facts = Facts::of(GERO).given(Group::HomeAutomation);
        facts.standing = Some(Standing { age, ..standing(GERO) });
        let decided = |nature, facts: &Facts| authorize(&request(nature), &facts.context());
        assert!(decided(LIGHT, &facts).is_ok(), "what is harmless is not kept from children");
        assert_eq!(decided(DOOR, &facts), Err(Refusal::AdultsOnly));
        let opens = Nature { risk: Risk::High, confirm: false, ..LIGHT };
        assert_eq!(decided(opens, &facts), Err(Refusal::AdultsOnly));
        let about = (&facts.context(), &Room::default(), HERE);
        let shared = Datum { visibility: Visibility::Shared, ..birthdate(OLGA) };
        let told = disclose(&shared, Purpose::Talk, about, &Consents::default());
        assert_eq!(told, Disclosure::Withhold(Refusal::Withheld));
    }
}

#[test]
fn inv_age_3_a_minor_does_not_change_a_birthdate() {
    let mut walk = Walk::of(KAI);
    let effects = walk.is(Fact::Updated(FIRST, wish(KAI, Field::Birthdate)));
    assert_eq!(effects, [Effect::Refuse(Refusal::MinorsBirthdate)]);
    assert_eq!(walk.scene.waiting(), None);
    assert!(validate(&wish(KAI, Field::PreferredName), &walk.context()).is_ok());
}

#[test]
fn inv_age_4_a_birthdate_is_changed_by_its_grown_up_owner_or_a_guardian() {
    let mut walk = Walk::of(OLGA);
    for target in [OLGA, KAI] {
        walk.is(Fact::Updated(FIRST, wish(target, Field::Birthdate)));
        let effects = walk.says(FIRST, Word::Confirm);
        assert_eq!(effects, [Effect::Write(wish(target, Field::Birthdate), OLGA)]);
        walk.is(Fact::Written);
    }
    let about_an_adult = validate(&wish(GERO, Field::Birthdate), &walk.context());
    assert_eq!(about_an_adult, Ok(Verdict::KeepAsClaim));
    assert!(Field::Birthdate.mutability().requires_audit);
}

#[test]
fn inv_privacy_1_a_profile_is_private_by_default() {
    assert_eq!(Visibility::default(), Visibility::Private);
    for field in Field::ALL {
        let datum = Datum { field, ..birthdate(OLGA) };
        let told = Walk::of(GERO).told(&datum);
        assert_eq!(told, Disclosure::Withhold(Refusal::Withheld), "{field:?}");
    }
    assert_eq!(Walk::of(OLGA).told(&birthdate(OLGA)), Disclosure::Tell);
}

#[test]
fn inv_privacy_name_1_a_legal_name_is_not_for_talk() {
    let legal =
        Datum { field: Field::LegalName, visibility: Visibility::Public, ..birthdate(OLGA) };
    let olga = Walk::of(OLGA);
    assert_eq!(olga.told(&legal), Disclosure::Withhold(Refusal::Withheld));
    let about = (&olga.context(), &Room::default(), HERE);
    let formal = disclose(&legal, Purpose::Formal, about, &Consents::default());
    assert_eq!(formal, Disclosure::Tell);
}

#[test]
fn inv_privacy_2_what_was_said_to_one_is_not_used_for_another() {
    let mut walk = Walk::of(OLGA);
    let then = readership(&walk.context());
    assert_eq!(then, Readership::Person(OLGA));
    walk.is(Fact::Room(mode::Fact::SaidToCome));
    assert!(!readership(&walk.context()).covers(then));
    assert!(!Readership::Person(GERO).covers(then));
}

#[test]
fn inv_privacy_3_ones_own_is_told_among_others_after_ones_explicit_word() {
    let mut walk = Walk::of(OLGA);
    walk.is(Fact::Room(mode::Fact::Detected(Some(GERO))));
    assert_eq!(walk.told(&birthdate(OLGA)), Disclosure::AskFirst);
    let id = ConsentId(Uuid::from_u128(300));
    let fields = Field::Birthdate.into();
    walk.is(Fact::Consented(FIRST, consent::Wish { id, to: None, fields, lasts: None }));
    assert_eq!(walk.told(&birthdate(OLGA)), Disclosure::AskFirst);
    walk.says(FIRST, Word::Confirm);
    assert_eq!(walk.told(&birthdate(OLGA)), Disclosure::Tell);
    // Another friend comes, and the mode is the same: he was not among those who were to hear it.
    assert_eq!(walk.is(Fact::Room(mode::Fact::Detected(Some(KAI)))), [Effect::CompanyChanged]);
    assert_eq!(walk.told(&birthdate(OLGA)), Disclosure::AskFirst);
    walk.is(Fact::Consented(FIRST, consent::Wish { id, to: None, fields, lasts: None }));
    let effects = walk.is(Fact::Room(mode::Fact::SeenLeaving(Some(KAI))));
    assert_eq!(
        effects,
        [Effect::CompanyChanged, Effect::Cancel(CommandId(id.0), Refusal::ModeChanged)]
    );
    walk.is(Fact::Consented(FIRST, consent::Wish { id, to: None, fields, lasts: None }));
    walk.says(FIRST, Word::Confirm);
    assert_eq!(walk.told(&birthdate(OLGA)), Disclosure::Tell);
    // Others hear it now: it is asked anew.
    walk.is(Fact::Room(mode::Fact::SaidToCome));
    assert_eq!(walk.told(&birthdate(OLGA)), Disclosure::AskFirst);
}

#[test]
fn inv_privacy_4_consent_is_its_owners_and_for_a_while() {
    let id = ConsentId(Uuid::from_u128(300));
    let fields = Field::Birthdate.into();
    let to_gero = consent::Wish { id, to: Some(GERO), fields, lasts: None };
    let mut walk = Walk::of(OLGA);
    walk.is(Fact::Consented(FIRST, to_gero));
    assert_eq!(refused(&walk.says(FIRST, Word::Neither)), Some(Refusal::NotExplicit));
    assert_eq!(walk.facts.grants.consents, Consents::default());
    walk.says(FIRST, Word::Confirm);
    let mut gero = Walk::of(GERO);
    gero.facts.grants = walk.facts.grants.clone();
    assert_eq!(gero.told(&birthdate(OLGA)), Disclosure::Tell);
    // It is for him and not for whoever is with him, nor for strangers.
    gero.is(Fact::Room(mode::Fact::Detected(Some(KAI))));
    assert_eq!(gero.told(&birthdate(OLGA)), Disclosure::Withhold(Refusal::Withheld));
    gero.is(Fact::Room(mode::Fact::SeenLeaving(Some(KAI))));
    gero.is(Fact::Room(mode::Fact::Detected(None)));
    assert_eq!(gero.told(&birthdate(OLGA)), Disclosure::Withhold(Refusal::Withheld));
    gero.is(Fact::Room(mode::Fact::SeenLeaving(None)));
    gero.facts.now = later(3600);
    assert_eq!(gero.told(&birthdate(OLGA)), Disclosure::Withhold(Refusal::Withheld));
    assert_eq!(
        refused(&Walk::of(KAI).is(Fact::Consented(FIRST, to_gero))),
        Some(Refusal::AdultsOnly)
    );
}

#[test]
fn inv_privacy_fact_1_what_the_owner_said_stands_whatever_others_say() {
    let mut walk = Walk::of(GERO);
    let claim = wish(OLGA, Field::Birthdate);
    assert_eq!(walk.is(Fact::Updated(FIRST, claim)), [Effect::KeepClaim(claim, GERO)]);
    assert_eq!(walk.scene.update, profile_update::State::None);
}

#[test]
fn inv_privacy_fact_2_somebody_sees_what_they_said_and_never_the_owners_value() {
    let claim = Datum { supplied_by: Some(GERO), ..birthdate(OLGA) };
    let gero = Walk::of(GERO);
    assert_eq!(gero.told(&claim), Disclosure::Tell);
    assert_eq!(gero.told(&birthdate(OLGA)), Disclosure::Withhold(Refusal::Withheld));
    assert_eq!(Walk::of(KAI).told(&claim), Disclosure::Withhold(Refusal::Withheld));
    let mut among_others = Walk::of(GERO);
    among_others.is(Fact::Room(mode::Fact::SaidToCome));
    assert_eq!(among_others.told(&claim), Disclosure::Withhold(Refusal::Withheld));
}

#[test]
fn inv_own_1_nobody_else_changes_a_profile_for_good() {
    for (asking, target) in [(GERO, OLGA), (OLGA, GERO), (KAI, OLGA)] {
        for field in Field::ALL {
            let decided = validate(&wish(target, field), &Walk::of(asking).context());
            assert!(!matches!(decided, Ok(Verdict::Apply | Verdict::Confirm)), "{field:?}");
        }
    }
    // Not by a delegation either.
    let gero = Facts::of(GERO).given(Group::System);
    let decided = validate(&wish(OLGA, Field::Note), &gero.context());
    assert_eq!(decided, Ok(Verdict::KeepAsClaim));
}

#[test]
fn inv_own_2_names_forms_and_languages_are_their_owners() {
    for field in [Field::PreferredName, Field::FormOfAddress, Field::Language] {
        let own = validate(&wish(GERO, field), &Walk::of(GERO).context());
        assert_eq!(own, Ok(Verdict::Apply));
        let others = validate(&wish(GERO, field), &Walk::of(OLGA).context());
        assert_eq!(others, Err(Refusal::OwnersOnly));
    }
}

#[test]
fn inv_own_3_identity_is_not_changed_by_third_parties() {
    let decided = validate(&wish(OLGA, Field::LegalName), &Walk::of(GERO).context());
    assert_eq!(decided, Err(Refusal::OwnersOnly));
    // Nor does one speaker's word about another change who that is.
    let mut walk = Walk::of(OLGA);
    walk.is(Fact::Identity(SECOND, Is::Claimed(GERO), Some(standing(GERO))));
    assert_eq!(walk.scene.speaker(FIRST).identity.confirmed(), Some(OLGA));
}

#[test]
fn inv_learn_1_knowing_gives_no_authority() {
    let mut walk = Walk::of(GERO);
    walk.is(Fact::Updated(FIRST, wish(OLGA, Field::Note)));
    assert_eq!(refused(&walk.command(LIGHT)), Some(Refusal::NotPermitted));
}

#[test]
fn inv_learn_2_a_profile_is_written_when_approved_and_never_on_the_way() {
    let mut walk = Walk::of(OLGA);
    let effects = walk.is(Fact::Updated(FIRST, wish(OLGA, Field::LegalName)));
    assert!(matches!(effects[..], [Effect::AskToConfirm(_)]));
    assert!(matches!(walk.says(FIRST, Word::Neither)[..], [Effect::Ignore(Refusal::NotExplicit)]));
    let effects = walk.is(Fact::Room(mode::Fact::SaidToCome));
    assert!(
        effects.contains(&Effect::Cancel(CommandId(Uuid::from_u128(400)), Refusal::ModeChanged))
    );
    assert_eq!(refused(&walk.says(FIRST, Word::Confirm)), Some(Refusal::NothingPending));
}

#[test]
fn inv_learn_3_claims_are_kept_apart() {
    for field in [Field::Birthdate, Field::Note] {
        let decided = validate(&wish(OLGA, field), &Walk::of(GERO).context());
        assert_eq!(decided, Ok(Verdict::KeepAsClaim));
    }
}

#[test]
fn inv_learn_4_pressure_changes_nothing() {
    let mut walk = Walk::of(GERO);
    for _ in 0..100 {
        assert_eq!(refused(&walk.command(WIPE)), Some(Refusal::NotPermitted));
        assert_eq!(
            walk.is(Fact::Updated(FIRST, wish(OLGA, Field::PreferredName))),
            [Effect::Refuse(Refusal::OwnersOnly)]
        );
        assert_eq!(refused(&walk.says(FIRST, Word::Confirm)), Some(Refusal::NothingPending));
    }
}

#[test]
fn inv_learn_5_a_conflict_protects_the_owner_and_is_not_told() {
    // The same words, whether there is something to hide or not: the refusal knows nothing of the value.
    let with_claim = Datum { supplied_by: Some(KAI), ..birthdate(OLGA) };
    let gero = Walk::of(GERO);
    assert_eq!(gero.told(&birthdate(OLGA)), gero.told(&with_claim));
}

#[test]
fn inv_conv_1_among_others_private_things_are_not_said() {
    for (fact, expected) in [
        (mode::Fact::Detected(Some(GERO)), Mode::SharedVerified),
        (mode::Fact::Detected(None), Mode::SharedUnverified),
        (mode::Fact::SaidToCome, Mode::SharedUnverified),
    ] {
        let mut walk = Walk::of(OLGA);
        assert_eq!(walk.scene.mode(FIRST), Mode::Private);
        assert!(walk.is(Fact::Room(fact)).contains(&Effect::ModeChanged(FIRST, expected)));
        assert_ne!(walk.told(&birthdate(OLGA)), Disclosure::Tell);
    }
    // Whoever speaks along is there, too.
    let mut walk = Walk::of(OLGA);
    walk.is(Fact::Identity(SECOND, Is::Spoke, None));
    assert_eq!(walk.scene.mode(FIRST), Mode::SharedUnverified);
    walk.becomes(SECOND, GERO);
    assert_eq!(
        (walk.scene.mode(FIRST), walk.scene.mode(SECOND)),
        (Mode::SharedVerified, Mode::SharedVerified)
    );
    assert_eq!(walk.scene.company(FIRST), Room { known: [GERO].into(), seen: 0, said: 0 });
    // To be seen and to speak is to be there once.
    walk.is(Fact::Room(mode::Fact::Detected(Some(OLGA))));
    assert_eq!(walk.scene.company(FIRST).known, [GERO].into());
}

#[test]
fn inv_conv_2_only_a_word_that_counts_or_what_was_seen_changes_the_mode() {
    let mut walk = Walk { scene: Scene::new(HERE), facts: Facts::of(OLGA) };
    walk.is(Fact::Identity(FIRST, Is::Spoke, None));
    walk.is(Fact::Room(mode::Fact::SaidToCome));
    let alone = |by_confirmed| Fact::Room(mode::Fact::SaidAlone { by_confirmed });
    assert_eq!(walk.is(alone(false)), [Effect::Refuse(Refusal::NotIdentified)]);
    assert_eq!(walk.scene.mode(FIRST), Mode::SharedUnverified);
    let private = [Effect::ModeChanged(FIRST, Mode::Private), Effect::CompanyChanged];
    assert_eq!(walk.is(alone(true)), private);
    walk.is(Fact::Room(mode::Fact::Detected(None)));
    assert_eq!(walk.is(alone(true)), [Effect::Refuse(Refusal::NotAlone)]);
    // One stranger leaves, another stays.
    walk.is(Fact::Room(mode::Fact::Detected(None)));
    walk.is(Fact::Room(mode::Fact::SeenLeaving(None)));
    assert_eq!(walk.scene.mode(FIRST), Mode::SharedUnverified);
}

#[test]
fn inv_conv_bday_1_a_greeting_is_for_who_is_certain_and_once_a_day() {
    let birthday = Birthday {
        birthdate: crate::policy::age::Birthdate { day: Some(30), month: Some(11), year: None },
        confidence: crate::policy::Level::High,
        source: crate::policy::Provenance::Owner,
        greeted: None,
    };
    let olga = Walk::of(OLGA);
    let greeting = events::birthday(&birthday, Some(TODAY), &olga.context()).unwrap();
    assert_eq!(greeting.to.person, OLGA);
    let again = Birthday { greeted: Some(greeting.on), ..birthday };
    assert!(events::birthday(&again, Some(TODAY), &olga.context()).is_err());
    let unsure = Facts { identity: Identity::Probable(likely(OLGA)), ..Facts::of(OLGA) };
    assert!(events::birthday(&birthday, Some(TODAY), &unsure.context()).is_err());
}

#[test]
fn inv_cmd_1_who_has_no_right_commands_nothing() {
    for nature in [LIGHT, DOOR, WIPE] {
        let mut gero = Walk::of(GERO);
        let effects = gero.command(nature);
        assert_eq!(effects, [Effect::Refuse(Refusal::NotPermitted)]);
        assert_eq!(gero.scene.command, command::State::Idle);
    }
    let mut olga = Walk::of(OLGA);
    let effects = olga.command(LIGHT);
    let issued = issued(&effects).unwrap();
    assert_eq!(issued.action(), request(LIGHT).action);
    assert_eq!(issued.authority().person, OLGA);
    assert_eq!(
        (issued.id(), issued.conversation(), issued.mode()),
        (command(1), HERE, Mode::Private)
    );
    assert_eq!((issued.issued_at(), issued.expires_at()), (NOW, later(10)));
    assert_eq!(issued.identity().confirmed(), Some(OLGA));
    let mut among_friends = Walk::of(OLGA);
    among_friends.is(Fact::Room(mode::Fact::Detected(Some(GERO))));
    let effects = among_friends.command(LIGHT);
    assert_eq!(self::issued(&effects).unwrap().mode(), Mode::SharedVerified);
    assert_eq!(olga.scene.command, command::State::Executed(command(1)));
    olga.is(Fact::Carried { done: true });
    assert_eq!(olga.scene.command, command::State::Idle);
}

fn delegates(walk: &mut Walk, to: PersonId, group: Group) -> Vec<Effect> {
    let wish = delegation::Wish { id: GIVEN, to, groups: group.into(), lasts: None };
    walk.is(Fact::Delegated(FIRST, wish))
}

#[test]
fn inv_cmd_2_a_delegation_is_confirmed_by_its_giver_and_given_on_by_nobody() {
    let mut olga = Walk::of(OLGA);
    let effects = delegates(&mut olga, GERO, Group::HomeAutomation);
    assert!(matches!(effects[..], [Effect::AskToConfirm(scene::Matter::Delegation(_))]));
    assert_eq!(olga.facts.grants, Grants::default());
    olga.says(FIRST, Word::Confirm);
    let mut gero = Walk::of(GERO);
    gero.facts.grants = olga.facts.grants.clone();
    assert!(issued(&gero.command(LIGHT)).is_some());
    assert_eq!(refused(&gero.command(WIPE)), Some(Refusal::NotPermitted));
    assert_eq!(
        delegates(&mut gero, KAI, Group::HomeAutomation),
        [Effect::Refuse(Refusal::NotPermitted)]
    );
}

#[test]
fn inv_cmd_3_what_is_not_a_clear_yes_grants_nothing() {
    for word in [Word::Neither, Word::Decline] {
        let mut olga = Walk::of(OLGA);
        delegates(&mut olga, GERO, Group::HomeAutomation);
        olga.says(FIRST, word);
        assert_eq!(olga.facts.grants, Grants::default());
    }
    // Nor does the one it is for.
    let mut olga = Walk::of(OLGA);
    olga.becomes(SECOND, GERO);
    delegates(&mut olga, GERO, Group::HomeAutomation);
    assert_eq!(olga.says(SECOND, Word::Confirm), [Effect::Ignore(Refusal::AnotherPerson)]);
    assert!(matches!(olga.says(FIRST, Word::Confirm)[..], [Effect::Delegate(_)]));
}

#[test]
fn inv_cmd_grp_1_a_command_belongs_to_its_group() {
    for group in Group::ALL {
        let gero = Facts::of(GERO).given(group);
        for other in Group::ALL {
            let nature = Nature { group: other, ..LIGHT };
            assert_eq!(authorize(&request(nature), &gero.context()).is_ok(), group == other);
        }
    }
}

#[test]
fn inv_cmd_grp_2_rights_are_not_transitive() {
    // Olga may command home and system; whom she gave home may not command system.
    let gero = Facts::of(GERO).given(Group::HomeAutomation);
    assert_eq!(authorize(&request(WIPE), &gero.context()), Err(Refusal::NotPermitted));
}

#[test]
fn inv_cmd_grp_3_a_right_to_the_group_is_needed_when_it_is_carried_out() {
    let mut gero = Walk::of(GERO);
    gero.facts = Facts::of(GERO).given(Group::HomeAutomation);
    let effects = gero.command(LIGHT);
    let authorization = issued(&effects).unwrap();
    assert_eq!(authorization.still_holds(&gero.context()), Ok(()));
    gero.facts.grants.delegations.end(GIVEN);
    assert_eq!(authorization.still_holds(&gero.context()), Err(Refusal::AuthorityGone));
}

#[test]
fn an_authorization_holds_while_everything_is_as_it_was() {
    let mut olga = Walk::of(OLGA);
    let effects = olga.command(LIGHT);
    let authorization = issued(&effects).unwrap();
    let holds = |facts: Facts| authorization.still_holds(&facts.context());
    assert_eq!(holds(Facts::of(OLGA)), Ok(()));
    assert_eq!(holds(Facts { now: later(9), ..Facts::of(OLGA) }), Ok(()));
    assert_eq!(holds(Facts { now: later(10), ..Facts::of(OLGA) }), Err(Refusal::TooLate));
    assert_eq!(
        holds(Facts { now: Timestamp(NOW.0 - 1), ..Facts::of(OLGA) }),
        Err(Refusal::FromTheFuture)
    );
    assert_eq!(holds(Facts::of(GERO)), Err(Refusal::Changed));
    assert_eq!(
        holds(Facts { identity: Identity::Ambiguous, ..Facts::of(OLGA) }),
        Err(Refusal::Changed)
    );
    assert_eq!(
        holds(Facts { mode: Mode::SharedVerified, ..Facts::of(OLGA) }),
        Err(Refusal::ModeChanged)
    );
    let older = Standing { age: Age::Teen, ..standing(OLGA) };
    assert_eq!(holds(Facts { standing: Some(older), ..Facts::of(OLGA) }), Err(Refusal::Changed));
    // By another right than the one it was asked by.
    let demoted = Standing { role: Role::Guest, ..standing(OLGA) };
    let mut by_delegation = Facts { standing: Some(demoted), ..Facts::of(OLGA) };
    assert_eq!(authorization.still_holds(&by_delegation.context()), Err(Refusal::AuthorityGone));
    by_delegation.grants.delegations.begin(Delegation { to: OLGA, ..given(Group::HomeAutomation) });
    assert_eq!(authorization.still_holds(&by_delegation.context()), Err(Refusal::AuthorityGone));
}

#[test]
fn inv_cmd_4_what_is_risky_waits_for_a_word_and_not_for_ever() {
    let mut olga = Walk::of(OLGA);
    let effects = olga.command(DOOR);
    assert!(issued(&effects).is_none() && matches!(effects[..], [Effect::AskToConfirm(_)]));
    olga.facts.now = later(29);
    assert_eq!(olga.is(Fact::Woke), []);
    olga.facts.now = later(30);
    assert_eq!(olga.is(Fact::Woke), [Effect::Cancel(command(1), Refusal::TooLate)]);
    assert_eq!(refused(&olga.says(FIRST, Word::Confirm)), Some(Refusal::NothingPending));
    // Late without a clock that told.
    let mut olga = Walk::of(OLGA);
    olga.command(DOOR);
    olga.facts.now = later(30);
    let effects = olga.says(FIRST, Word::Confirm);
    assert_eq!(effects, [Effect::Cancel(command(1), Refusal::TooLate)]);
}

#[test]
fn inv_cmd_5_only_who_asked_confirms() {
    let mut olga = Walk::of(OLGA);
    olga.becomes(SECOND, GERO);
    olga.facts.grants.delegations.begin(given(Group::HomeAutomation));
    olga.command(DOOR);
    assert_eq!(olga.says(SECOND, Word::Confirm), [Effect::Ignore(Refusal::AnotherPerson)]);
    assert_eq!(olga.says(SECOND, Word::Decline), [Effect::Ignore(Refusal::AnotherPerson)]);
    let effects = olga.says(FIRST, Word::Confirm);
    assert_eq!(issued(&effects).map(|issued| issued.authority().person), Some(OLGA));
    // Twice is once.
    assert_eq!(olga.says(FIRST, Word::Confirm), [Effect::Ignore(Refusal::NothingPending)]);
    // A child who was given the house's lights confirms nothing.
    let mut kai = Walk::of(KAI);
    kai.facts.grants.delegations.begin(Delegation { to: KAI, ..given(Group::HomeAutomation) });
    assert_eq!(refused(&kai.command(DOOR)), Some(Refusal::AdultsOnly));
    assert!(issued(&kai.command(LIGHT)).is_some());
}

// A delegation that is revoked between asking and confirming.
#[test]
fn what_was_asked_by_a_right_that_is_gone_is_off() {
    let mut gero = Walk::of(GERO);
    gero.facts = Facts::of(GERO).given(Group::HomeAutomation);
    gero.command(DOOR);
    gero.facts.grants.delegations.end(GIVEN);
    assert_eq!(gero.is(Fact::Woke), [Effect::Cancel(command(1), Refusal::AuthorityGone)]);
    let mut gero = Walk::of(GERO);
    gero.facts = Facts::of(GERO).given(Group::HomeAutomation);
    gero.command(DOOR);
    gero.facts.grants.delegations.end(GIVEN);
    assert_eq!(
        gero.says(FIRST, Word::Confirm),
        [Effect::Cancel(command(1), Refusal::AuthorityGone)]
    );
    // By another right than the one it was asked by, it is not what was asked.
    let mut olga = Walk::of(OLGA);
    olga.command(DOOR);
    olga.facts.grants.delegations.begin(Delegation { to: OLGA, ..given(Group::HomeAutomation) });
    olga.is(Fact::Profile(Standing { role: Role::Guest, ..standing(OLGA) }));
    let effects = olga.says(FIRST, Word::Confirm);
    assert_eq!(effects, [Effect::Cancel(command(1), Refusal::AuthorityGone)]);
    // One that is over is as good as none.
    let mut gero = Walk::of(GERO);
    gero.facts = Facts::of(GERO);
    gero.facts
        .grants
        .delegations
        .begin(Delegation { until: later(20), ..given(Group::HomeAutomation) });
    gero.command(DOOR);
    gero.facts.now = later(20);
    assert_eq!(gero.is(Fact::Woke), [Effect::Cancel(command(1), Refusal::AuthorityGone)]);
}

#[test]
fn something_new_takes_the_place_of_what_waits() {
    let mut olga = Walk::of(OLGA);
    olga.command(DOOR);
    let effects = olga.is(Fact::Commanded(FIRST, command(2), request(WIPE)));
    assert!(
        matches!(effects[..], [Effect::Cancel(id, Refusal::Replaced), Effect::AskToConfirm(_)] if id == command(1))
    );
    let effects = delegates(&mut olga, GERO, Group::Media);
    assert_eq!(effects[0], Effect::Cancel(command(2), Refusal::Replaced));
    let id = ConsentId(Uuid::from_u128(300));
    let fields = Field::Birthdate.into();
    let effects =
        olga.is(Fact::Consented(FIRST, consent::Wish { id, to: Some(GERO), fields, lasts: None }));
    assert_eq!(effects[0], Effect::Cancel(CommandId(GIVEN.0), Refusal::Replaced));
    let effects = olga.is(Fact::Updated(FIRST, wish(OLGA, Field::LegalName)));
    assert_eq!(effects[0], Effect::Cancel(CommandId(id.0), Refusal::Replaced));
    let effects = olga.command(LIGHT);
    assert_eq!(effects[0], Effect::Cancel(CommandId(Uuid::from_u128(400)), Refusal::Replaced));
    assert!(issued(&effects).is_some() && olga.scene.waiting().is_none());
    // "Yes" confirms what was asked last, or nothing.
    assert_eq!(refused(&olga.says(FIRST, Word::Confirm)), Some(Refusal::NothingPending));
}

#[test]
fn everything_that_waits_ends_with_the_conversation() {
    let mut olga = Walk::of(OLGA);
    olga.command(DOOR);
    assert_eq!(olga.is(Fact::Over), [Effect::Cancel(command(1), Refusal::ConversationOver)]);
    assert_eq!(olga.scene, Scene::new(HERE));
}

#[test]
fn a_wish_that_may_not_be_any_more_is_not_granted_when_confirmed() {
    // Between asking and confirming Olga is no owner any more; her age is the same.
    let demote = |walk: &mut Walk| {
        walk.is(Fact::Profile(Standing { role: Role::Guest, ..standing(OLGA) }));
    };
    let mut olga = Walk::of(OLGA);
    delegates(&mut olga, GERO, Group::Media);
    demote(&mut olga);
    assert_eq!(
        olga.says(FIRST, Word::Confirm),
        [Effect::Cancel(CommandId(GIVEN.0), Refusal::AuthorityGone)]
    );
    assert_eq!(olga.facts.grants, Grants::default());
    let mut olga = Walk::of(OLGA);
    olga.is(Fact::Updated(FIRST, wish(KAI, Field::Birthdate)));
    demote(&mut olga);
    let id = CommandId(Uuid::from_u128(400));
    let kept = olga.says(FIRST, Word::Confirm);
    assert!(!kept.iter().any(|effect| matches!(effect, Effect::Write(..))), "{kept:?}");
    assert_eq!(kept, [Effect::Cancel(id, Refusal::AuthorityGone)]);
    let mut olga = Walk::of(OLGA);
    olga.command(DOOR);
    demote(&mut olga);
    assert_eq!(
        olga.says(FIRST, Word::Confirm),
        [Effect::Cancel(command(1), Refusal::AuthorityGone)]
    );
}

#[test]
fn inv_multi_1_company_makes_stricter() {
    let medium = Nature { risk: Risk::Medium, confirm: false, ..LIGHT };
    let mut olga = Walk::of(OLGA);
    assert!(issued(&olga.command(medium)).is_some());
    olga.is(Fact::Room(mode::Fact::Detected(Some(GERO))));
    assert!(matches!(olga.command(medium)[..], [Effect::AskToConfirm(_)]));
    assert!(issued(&olga.command(LIGHT)).is_some());
    olga.is(Fact::Room(mode::Fact::Detected(None)));
    assert_eq!(olga.command(medium), [Effect::Refuse(Refusal::NotWhileOthersAreHere)]);
    assert!(issued(&olga.command(LIGHT)).is_some());
}

#[test]
fn inv_multi_2_nobody_gains_by_being_there() {
    let mut walk = Walk::of(OLGA);
    walk.becomes(SECOND, GERO);
    let effects = walk.is(Fact::Commanded(SECOND, command(1), request(LIGHT)));
    assert_eq!(effects, [Effect::Refuse(Refusal::NotPermitted)]);
    let company = walk.scene.company(SECOND);
    let context = walk.scene.context(SECOND, &walk.facts.world());
    assert_eq!(context.identity.confirmed(), Some(GERO));
    let told =
        disclose(&birthdate(OLGA), Purpose::Talk, (&context, &company, HERE), &Consents::default());
    assert_eq!(told, Disclosure::Withhold(Refusal::Withheld));
}

#[test]
fn inv_llm_1_what_a_model_proposes_is_confirmed_whatever_it_is() {
    let proposed = Request { origin: Origin::Proposed, ..request(LIGHT) };
    let mut olga = Walk::of(OLGA);
    let effects = olga.is(Fact::Commanded(FIRST, command(1), proposed));
    assert!(matches!(effects[..], [Effect::AskToConfirm(_)]));
    let mut gero = Walk::of(GERO);
    let effects = gero.is(Fact::Commanded(FIRST, command(1), proposed));
    assert_eq!(effects, [Effect::Refuse(Refusal::NotPermitted)]);
}

#[test]
fn inv_fail_1_what_is_not_known_does_nothing_and_tells_nothing() {
    for identity in [
        Identity::Unknown,
        Identity::Ambiguous,
        Identity::Rejected,
        Identity::Probable(likely(OLGA)),
    ] {
        let facts = Facts { identity, ..Facts::of(OLGA) };
        assert!(authorize(&request(LIGHT), &facts.context()).is_err());
        let about = (&facts.context(), &Room::default(), HERE);
        let told = disclose(&birthdate(OLGA), Purpose::Talk, about, &Consents::default());
        assert!(matches!(told, Disclosure::Withhold(_)));
        assert_eq!(readership(&facts.context()), Readership::Everyone);
        assert!(
            delegation::propose(
                &delegation::Wish { id: GIVEN, to: GERO, groups: Group::Media.into(), lasts: None },
                HERE,
                &facts.context()
            )
            .is_err()
        );
    }
    for incomplete in [
        Request { complete: false, ..request(LIGHT) },
        Request { certainty: Confidence::NONE, ..request(LIGHT) },
        Request { available: false, ..request(LIGHT) },
    ] {
        assert!(authorize(&incomplete, &Facts::of(OLGA).context()).is_err());
    }
}

#[test]
fn inv_fail_2_a_failure_leaves_nothing_waiting() {
    let mut olga = Walk::of(OLGA);
    olga.command(LIGHT);
    olga.is(Fact::Carried { done: false });
    assert_eq!((olga.scene.command, olga.scene.waiting()), (command::State::Idle, None));
    olga.command(DOOR);
    assert_eq!(olga.is(Fact::Failed), [Effect::Cancel(command(1), Refusal::Failed)]);
    assert_eq!(refused(&olga.says(FIRST, Word::Confirm)), Some(Refusal::NothingPending));
    // An answer from elsewhere, or to something else, is no failure: it still waits.
    olga.command(DOOR);
    let elsewhere =
        Answer { speaker: FIRST, conversation: ELSEWHERE, about: None, word: Word::Confirm };
    assert_eq!(olga.is(Fact::Answered(elsewhere)), [Effect::Ignore(Refusal::AnotherConversation)]);
    let another = Answer { conversation: HERE, about: Some(command(2)), ..elsewhere };
    assert_eq!(olga.is(Fact::Answered(another)), [Effect::Ignore(Refusal::AnotherCommand)]);
    assert!(olga.scene.waiting().is_some());
}

#[test]
fn inv_llm_2_nothing_of_another_is_given_to_a_model() {
    // What a prompt may draw on is decided here, and by who speaks: never by what is asked.
    assert_eq!(readership(&Walk::of(GERO).context()), Readership::Person(GERO));
    let mut olga = Walk::of(OLGA);
    olga.becomes(SECOND, GERO);
    assert_eq!(readership(&olga.context()), Readership::Everyone);
}
