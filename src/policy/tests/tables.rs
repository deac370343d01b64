//! Every transition of every machine: each state with each fact. `docs/policy.md` shows the same tables.

use super::*;
use crate::foundation::values::{ConsentId, UpdateId};
use crate::policy::{
    Groups, Level, Provenance, Refusal, Step,
    addressing::{self, Addressing, Form},
    age::{self, Birthdate, Known, Limits},
    command::{self, Authority, Basis, Pending},
    confirmation::{Answer, Asked, Word},
    consent, delegation, events,
    fusion::Fused,
    identity,
    mode::{self, Room},
    profile_update::{self, Field, Target},
};
use std::fmt::{Debug, Write};

/// Writes a row for each state and fact; `·` is nothing: the state stays, and there is nothing to do.
fn table<S: Clone + PartialEq, F: Clone, E: Debug>(
    states: &[(&str, S)],
    facts: &[(&str, F)],
    step: impl Fn(S, F) -> Step<S, E>,
) -> String {
    let mut text = "| state | fact | next | effects |\n|---|---|---|---|\n".to_owned();
    for (state_name, state) in states {
        for (fact_name, fact) in facts {
            let next = step(state.clone(), fact.clone());
            let known = states.iter().find(|(_, state)| *state == next.state);
            let next_name = match known {
                _ if next.state == *state => "·",
                Some((name, _)) => name,
                None => "another state",
            };
            let effects: Vec<_> = next.effects.iter().map(kind).collect();
            let effects = if effects.is_empty() { "·".to_owned() } else { effects.join(", ") };
            writeln!(text, "| {state_name} | {fact_name} | {next_name} | {effects} |").unwrap();
        }
    }
    text
}

/// Holds a table against the one that was looked at. Its name is the same wherever this is compiled.
fn snapshot(name: &str, table: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, table);
    });
}

/// An effect's name, without what is in it.
fn kind<E: Debug>(effect: &E) -> String {
    let text = format!("{effect:?}");
    let name = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let why = Refusal::ALL.iter().find(|why| text.contains(&format!("{why:?}")));
    why.map_or_else(|| name.to_owned(), |why| format!("{name} {why}"))
}

#[test]
fn identity() {
    use identity::{
        Fact,
        Identity::{Ambiguous, Confirmed, ConfirmedActive, Probable, Rejected, Unknown},
    };
    let said = |person| Likely { person, confidence: Confidence::thousandths(600) };
    let sure = |person| Likely { person, confidence: Confidence::FULL };
    let states = [
        ("unknown", Unknown),
        ("probable Olga", Probable(likely(OLGA))),
        ("probable Olga, by her word", Probable(said(OLGA))),
        ("probable Gero, by his word", Probable(said(GERO))),
        ("probable Gero", Probable(likely(GERO))),
        ("confirmed Olga", Confirmed(likely(OLGA))),
        ("confirmed Gero", Confirmed(likely(GERO))),
        ("active Olga", ConfirmedActive(likely(OLGA))),
        ("active Olga, validated", ConfirmedActive(sure(OLGA))),
        ("ambiguous", Ambiguous),
        ("rejected", Rejected),
        ("confirmed Olga, validated", Confirmed(sure(OLGA))),
        ("confirmed Gero, validated", Confirmed(sure(GERO))),
    ];
    let facts = [
        ("signals: nobody", Fact::Fused(Fused::Nobody)),
        ("signals: probably Olga", Fact::Fused(Fused::Probable(likely(OLGA)))),
        ("signals: probably Gero", Fact::Fused(Fused::Probable(likely(GERO)))),
        ("signals: Olga", Fact::Fused(Fused::Confirmed(likely(OLGA)))),
        ("signals: Gero", Fact::Fused(Fused::Confirmed(likely(GERO)))),
        ("signals: conflict", Fact::Fused(Fused::Conflict)),
        ("claims to be Olga", Fact::Claimed(OLGA)),
        ("claims to be Gero", Fact::Claimed(GERO)),
        ("validated Olga", Fact::Validated(OLGA)),
        ("validated Gero", Fact::Validated(GERO)),
        ("not validated", Fact::NotValidated),
        ("speaks", Fact::Spoke),
        ("silent", Fact::FellSilent),
        ("timed out", Fact::TimedOut),
        ("conflict", Fact::Conflicted),
        ("clarified Olga", Fact::Clarified(OLGA)),
        ("conversation over", Fact::Ended),
    ];
    snapshot(
        "identity",
        &table(&states[..11], &facts, identity::step)
            .replace("another state", "confirmed, validated"),
    );
}

#[test]
fn identities_have_names_of_their_own() {
    use identity::Identity::{Ambiguous, Confirmed, ConfirmedActive, Probable, Rejected, Unknown};
    let one = likely(OLGA);
    let all = [Unknown, Probable(one), Confirmed(one), ConfirmedActive(one), Ambiguous, Rejected];
    let names = ["unknown", "probable", "confirmed", "confirmed_active", "ambiguous", "rejected"];
    assert_eq!(all.map(identity::Identity::name), names);
    assert_eq!(all.map(|one| one.likely().is_some()), [false, true, true, true, false, false]);
}

#[test]
fn addressing() {
    use addressing::{
        Addressing::{Confirmed, Inferred, Unknown},
        Fact,
    };
    let states = [
        ("unknown", Unknown { asked: false }),
        ("unknown, asked", Unknown { asked: true }),
        ("inferred feminine", Inferred { form: Form::Feminine, asked: false }),
        ("inferred feminine, asked", Inferred { form: Form::Feminine, asked: true }),
        ("confirmed neutral", Confirmed(Form::Neutral)),
        ("confirmed masculine", Confirmed(Form::Masculine)),
    ];
    let facts = [
        ("prefers masculine", Fact::Preferred(Form::Masculine)),
        ("inferred feminine, high", Fact::Inferred(Form::Feminine, Level::High)),
        ("inferred feminine, medium", Fact::Inferred(Form::Feminine, Level::Medium)),
        ("inferred feminine, low", Fact::Inferred(Form::Feminine, Level::Low)),
        ("contradicted", Fact::Contradicted),
        ("matters", Fact::Matters),
    ];
    snapshot("addressing", &table(&states, &facts, addressing::step));
    let forms: Vec<_> =
        states.iter().map(|(_, state): &(_, Addressing)| state.form().name()).collect();
    assert_eq!(forms, ["neutral", "neutral", "feminine", "feminine", "neutral", "masculine"]);
    assert!(Form::ALL.iter().all(|form| Form::by_name(form.name()) == Some(*form)));
    assert_eq!(Addressing::default(), Unknown { asked: false });
}

fn born(year: Option<i16>, month: Option<u8>, day: Option<u8>) -> Known {
    let birthdate = Birthdate { day, month, year };
    Known { birthdate, confidence: Level::High, attested_adult: false }
}

#[test]
fn age() {
    use age::Fact;
    let states = [
        ("unknown", Age::Unknown),
        ("child", Age::Child),
        ("teen", Age::Teen),
        ("adult", Age::Adult),
    ];
    let child = born(Some(2016), Some(5), Some(17));
    let grown = born(Some(1990), Some(5), Some(17));
    let facts = [
        ("born in 2016", Fact::Known(child, TODAY)),
        ("born in 1990", Fact::Known(grown, TODAY)),
        ("updated: born in 1990", Fact::Updated(grown, TODAY)),
        (
            "a day later, born in 2008-12-01",
            Fact::DateTick(
                born(Some(2008), Some(12), Some(1)),
                Date { month: 12, day: 1, ..TODAY },
            ),
        ),
        ("the day before", Fact::DateTick(born(Some(2008), Some(12), Some(1)), TODAY)),
        ("doubted", Fact::Doubted),
        ("an edit was attempted", Fact::EditAttempted),
    ];
    let step = |state, fact| age::step(state, fact, Limits::default());
    snapshot("age", &table(&states, &facts, step));
    assert_eq!(
        [Age::Unknown, Age::Child, Age::Teen, Age::Adult].map(Age::name),
        ["unknown", "child", "teen", "adult"]
    );
}

// INV-AGE-1, INV-AGE-2
#[test]
fn ages_follow_from_birthdates_and_what_is_missing_makes_younger() {
    let of = |known: Known| age::of(&known, TODAY, Limits::default());
    let on = |year, month, day| of(born(Some(year), Some(month), Some(day)));
    for (year, month, day, expected) in [
        (2026, 11, 30, Age::Child),
        (2013, 12, 1, Age::Child),
        (2013, 11, 30, Age::Teen),
        (2013, 11, 29, Age::Teen),
        (2008, 12, 1, Age::Teen),
        (2008, 11, 30, Age::Adult),
        (1890, 1, 1, Age::Adult),
        (1889, 12, 31, Age::Unknown),
        (2026, 12, 1, Age::Unknown),
        (2027, 1, 1, Age::Unknown),
    ] {
        assert_eq!(on(year, month, day), expected, "{year}-{month}-{day}");
    }
    // A year alone: the last day of it.
    assert_eq!(of(born(Some(2008), None, None)), Age::Teen);
    assert_eq!(of(born(Some(2007), None, None)), Age::Adult);
    assert_eq!(of(born(Some(2008), Some(11), None)), Age::Teen);
    assert_eq!(of(born(Some(2008), Some(10), None)), Age::Adult);
    assert_eq!(of(born(None, Some(5), Some(17))), Age::Unknown);
    assert_eq!(of(Known { attested_adult: true, ..born(None, None, None) }), Age::Adult);
    // An attestation does not make a child of age.
    assert_eq!(of(Known { attested_adult: true, ..born(Some(2016), None, None) }), Age::Child);
    assert_eq!(of(Known { confidence: Level::Low, ..born(Some(1990), None, None) }), Age::Unknown);
    assert_eq!(of(Known { confidence: Level::Medium, ..born(Some(1990), None, None) }), Age::Adult);
    // The 29th of February: of age on the 1st of March.
    let leap = born(Some(2008), Some(2), Some(29));
    let at = |month, day| age::of(&leap, Date { year: 2026, month, day }, Limits::default());
    assert_eq!((at(2, 28), at(3, 1)), (Age::Teen, Age::Adult));
    let limits = Limits { teen_from: 10, adult_from: 21 };
    assert_eq!(age::of(&born(Some(2006), None, None), TODAY, limits), Age::Teen);
    assert_eq!(age::of(&born(Some(2015), None, None), TODAY, limits), Age::Teen);
    for (birthdate, possible) in [
        (born(Some(2023), Some(2), Some(29)), false),
        (born(None, Some(2), Some(29)), true),
        (born(None, Some(2), Some(30)), false),
        (born(None, Some(13), None), false),
        (born(None, None, Some(32)), false),
        (born(None, None, Some(31)), true),
        (born(None, None, Some(0)), false),
        (born(Some(2026), Some(11), Some(30)), true),
        (born(Some(2026), Some(12), Some(1)), false),
        (born(Some(2027), None, None), false),
        (born(Some(2026), None, None), true),
        (born(None, None, None), true),
    ] {
        assert_eq!(birthdate.birthdate.is_possible(TODAY), possible, "{birthdate:?}");
    }
    assert!([Age::Unknown, Age::Child, Age::Teen].iter().all(|age| age.is_protected()));
    assert!(!Age::Adult.is_protected());
}

#[test]
fn mode() {
    use mode::Fact;
    let room = |known: &[PersonId], seen, said| Room {
        known: known.iter().copied().collect(),
        seen,
        said,
    };
    let states = [
        ("nobody: private", room(&[], 0, 0)),
        ("Gero: shared, verified", room(&[GERO], 0, 0)),
        ("a stranger was seen: shared, unverified", room(&[], 1, 0)),
        ("somebody is said to be here: shared, unverified", room(&[], 0, 1)),
        ("Gero and a stranger: shared, unverified", room(&[GERO], 1, 0)),
    ];
    let facts = [
        ("Gero is seen", Fact::Detected(Some(GERO))),
        ("a stranger is seen", Fact::Detected(None)),
        ("Gero is seen leaving", Fact::SeenLeaving(Some(GERO))),
        ("a stranger is seen leaving", Fact::SeenLeaving(None)),
        ("\"somebody has come\"", Fact::SaidToCome),
        ("\"they have left\", says a confirmed speaker", Fact::SaidToLeave { by_confirmed: true }),
        ("\"they have left\", says anybody", Fact::SaidToLeave { by_confirmed: false }),
        ("\"we are alone\", says a confirmed speaker", Fact::SaidAlone { by_confirmed: true }),
        ("\"we are alone\", says anybody", Fact::SaidAlone { by_confirmed: false }),
        ("it is Gero", Fact::IdentityConfirmed(GERO)),
        ("it is not Gero any more", Fact::IdentityLost(GERO)),
    ];
    let text = table(&states, &facts, mode::step);
    snapshot("mode", &text.replace("another state", "more of them: shared, unverified"));
    let modes: Vec<_> = states.iter().map(|(_, room)| room.mode().name()).collect();
    assert_eq!(
        modes,
        [
            "private",
            "shared_verified",
            "shared_unverified",
            "shared_unverified",
            "shared_unverified"
        ]
    );
    // Numbers neither run over nor below nothing.
    let crowd = room(&[], u8::MAX, u8::MAX);
    assert_eq!(mode::step(crowd.clone(), Fact::Detected(None)).state, crowd);
    assert_eq!(mode::step(crowd.clone(), Fact::SaidToCome).state, crowd);
    assert_eq!(crowd.strangers(), 510);
}

fn asked(id: CommandId) -> Asked {
    Asked {
        id,
        person: OLGA,
        speaker: FIRST,
        age: Age::Adult,
        mode: Mode::Private,
        conversation: HERE,
        until: later(30),
    }
}

#[test]
fn commands() {
    use command::{Fact, State};
    let ask = request(DOOR);
    let pending = Pending { asked: asked(command(1)), request: ask, basis: Basis::Role };
    let states = [
        ("idle", State::Idle),
        ("pending authorization", State::PendingAuthorization(command(1), ask)),
        ("pending confirmation", State::PendingConfirmation(pending)),
        ("executed", State::Executed(command(1))),
        ("denied", State::Denied(Refusal::NotPermitted)),
        ("cancelled, too late", State::Cancelled(Refusal::TooLate)),
        ("cancelled, declined", State::Cancelled(Refusal::Declined)),
        ("cancelled, mode changed", State::Cancelled(Refusal::ModeChanged)),
    ];
    let granted = |confirm| {
        let authority = Authority { person: OLGA, age: Age::Adult, basis: Basis::Role, confirm };
        Fact::Granted(authority, FIRST, HERE)
    };
    let answer = |word, conversation| {
        Fact::Answered(Answer { speaker: FIRST, conversation, about: None, word })
    };
    let facts = [
        ("detected", Fact::Detected(command(1), ask)),
        ("granted", granted(false)),
        ("granted, to be confirmed", granted(true)),
        ("refused", Fact::Refused(Refusal::NotPermitted)),
        ("\"yes\"", answer(Word::Confirm, HERE)),
        ("\"no\"", answer(Word::Decline, HERE)),
        ("\"later\"", answer(Word::Neither, HERE)),
        ("\"yes\", in another conversation", answer(Word::Confirm, ELSEWHERE)),
        ("time passes", Fact::Woke),
        ("the company changes", Fact::ContextChanged(Refusal::ModeChanged)),
        ("done", Fact::Succeeded),
        ("failed", Fact::Failed),
        ("told", Fact::Told),
    ];
    let facts_of = Facts::of(OLGA);
    let in_time =
        table(&states, &facts, |state, fact| command::step(state, fact, &facts_of.context()));
    snapshot("commands", &in_time);
    let late = Facts { now: later(30), ..Facts::of(OLGA) };
    let too_late = table(&states[2..6], &facts[4..9], |state, fact| {
        command::step(state, fact, &late.context())
    });
    snapshot("commands_too_late", &too_late);
}

#[test]
fn profile_updates() {
    use profile_update::{Fact, Pending, State, Wish};
    let wish = Wish {
        id: UpdateId(Uuid::from_u128(1001)),
        target: Target(standing(OLGA)),
        field: Field::PreferredName,
        value: Sha256::of("Olli"),
        is_possible: true,
    };
    let states = [
        ("none", State::None),
        ("pending validation", State::PendingValidation(wish)),
        (
            "pending confirmation",
            State::PendingConfirmation(Pending { wish, asked: asked(command(1)) }),
        ),
        ("approved", State::Approved(wish)),
        ("rejected", State::Rejected(Refusal::OwnersOnly)),
        ("rejected, declined", State::Rejected(Refusal::Declined)),
        ("cancelled, too late", State::Cancelled(Refusal::TooLate)),
        ("cancelled, mode changed", State::Cancelled(Refusal::ModeChanged)),
    ];
    let facts = [
        ("requested", Fact::Requested(wish)),
        ("verified", Fact::Verified),
        ("verified, to be confirmed", Fact::VerifiedToConfirm(asked(command(1)))),
        ("no authority", Fact::AuthorityDenied(Refusal::OwnersOnly)),
        ("confirmed", Fact::Confirmed),
        ("declined", Fact::Declined),
        ("time passes", Fact::Woke(later(29))),
        ("time is over", Fact::Woke(later(30))),
        ("the company changes", Fact::ContextChanged(Refusal::ModeChanged)),
        ("written", Fact::Applied),
        ("told", Fact::Told),
    ];
    snapshot("profile_updates", &table(&states, &facts, profile_update::step));
    let targets: Vec<_> = states.iter().map(|(_, state)| state.target().is_some()).collect();
    assert_eq!(targets, [false, true, true, true, false, false, false, false]);
}

#[test]
fn delegations() {
    use delegation::{Fact, Proposal, State};
    let proposal = Proposal { delegation: given(Group::Media), asked: asked(command(1)) };
    let states = [
        ("none", State::None),
        ("pending confirmation", State::PendingConfirmation(proposal)),
        ("active", State::Active(given(Group::Media))),
        ("revoked", State::Revoked),
        ("expired", State::Expired),
    ];
    let facts = [
        ("detected", Fact::Detected(proposal)),
        ("confirmed", Fact::Confirmed),
        ("declined", Fact::Declined),
        ("revoked", Fact::Revoked),
        ("29 seconds", Fact::Woke(later(29))),
        ("30 seconds", Fact::Woke(later(30))),
        ("an hour", Fact::Woke(later(3600))),
        ("conversation over", Fact::ConversationEnded),
        ("told", Fact::Told),
    ];
    snapshot("delegations", &table(&states, &facts, delegation::step));
    assert!(Groups::ALL.has(Group::Media));
}

#[test]
fn consents() {
    use consent::{Consent, Fact, Proposal, State};
    let consent = Consent {
        id: ConsentId(Uuid::from_u128(300)),
        owner: OLGA,
        to: Some(GERO),
        fields: Field::Birthdate.into(),
        conversation: HERE,
        until: later(3600),
    };
    let proposal = Proposal { consent, asked: asked(command(1)) };
    let states = [
        ("none", State::None),
        ("pending", State::Pending(proposal)),
        ("granted", State::Granted(consent)),
        ("expired", State::Expired),
        ("revoked", State::Revoked),
    ];
    let facts = [
        ("requested", Fact::Requested(proposal)),
        ("granted", Fact::Granted),
        ("denied", Fact::Denied),
        ("revoked", Fact::Revoked),
        ("29 seconds", Fact::Woke(later(29))),
        ("30 seconds", Fact::Woke(later(30))),
        ("an hour", Fact::Woke(later(3600))),
        ("conversation over", Fact::ConversationEnded),
        ("told", Fact::Told),
    ];
    snapshot("consents", &table(&states, &facts, consent::step));
}

// INV-CONV-BDAY-1
#[test]
fn birthdays() {
    let today = events::Birthday {
        birthdate: Birthdate { day: Some(30), month: Some(11), year: Some(1990) },
        confidence: Level::High,
        source: Provenance::Owner,
        greeted: None,
    };
    let yesterday = Date { day: 29, ..TODAY };
    let another =
        |day| events::Birthday { birthdate: Birthdate { day, ..today.birthdate }, ..today };
    let birthdays = [
        ("today", today),
        (
            "today, of an unknown year",
            events::Birthday { birthdate: Birthdate { year: None, ..today.birthdate }, ..today },
        ),
        ("today, greeted yesterday", events::Birthday { greeted: Some(yesterday), ..today }),
        ("today, greeted today", events::Birthday { greeted: Some(TODAY), ..today }),
        ("another day", another(Some(29))),
        ("an unknown day", another(None)),
        (
            "another month",
            events::Birthday {
                birthdate: Birthdate { month: Some(10), ..today.birthdate },
                ..today
            },
        ),
        ("today, rather sure", events::Birthday { confidence: Level::Medium, ..today }),
        (
            "today, somebody said",
            events::Birthday { source: Provenance::ThirdParty(GERO), ..today },
        ),
        ("today, an operator wrote", events::Birthday { source: Provenance::Operator, ..today }),
        (
            "today, but in the future",
            events::Birthday {
                birthdate: Birthdate { year: Some(2027), ..today.birthdate },
                ..today
            },
        ),
    ];
    let shared = |mode, person| Facts { mode, ..Facts::of(person) };
    let contexts = [
        ("Olga, alone", Facts::of(OLGA)),
        ("Olga, among strangers", shared(Mode::SharedUnverified, OLGA)),
        ("Kai, alone", Facts::of(KAI)),
        ("Kai, among friends", shared(Mode::SharedVerified, KAI)),
        ("Kai, among strangers", shared(Mode::SharedUnverified, KAI)),
        ("ambiguous", Facts { identity: Identity::Ambiguous, ..Facts::of(OLGA) }),
        ("probably Olga", Facts { identity: Identity::Probable(likely(OLGA)), ..Facts::of(OLGA) }),
        (
            "Olga of unknown age, among friends",
            Facts {
                mode: Mode::SharedVerified,
                standing: Some(Standing { age: Age::Unknown, ..standing(OLGA) }),
                ..Facts::of(OLGA)
            },
        ),
    ];
    let mut text = "| birthday | speaker | greeting |\n|---|---|---|\n".to_owned();
    for (day, birthday) in &birthdays {
        for (speaker, facts) in &contexts {
            let told = match events::birthday(birthday, Some(TODAY), &facts.context()) {
                Ok(greeting) => format!("{} on {}", name(greeting.to.person), greeting.on),
                Err(why) => format!("none: {why}"),
            };
            writeln!(text, "| {day} | {speaker} | {told} |").unwrap();
        }
    }
    snapshot("birthdays", &text);
    assert_eq!(events::birthday(&today, None, &Facts::of(OLGA).context()), Err(Refusal::Unclear));
}
