//! Decisions that are no machines, over everything that they depend on: each combination is held against the oracle.

use super::{
    oracle::{agrees, confirms, is_right, is_told, may_command, may_tell},
    *,
};
use crate::foundation::values::{ConsentId, UpdateId};
use crate::policy::{
    Refusal, Visibility,
    command::authorize,
    confirmation::{Answer, Asked, Judgement, Word, judge, word},
    consent::{self, Consent},
    delegation,
    mode::Room,
    privacy::{Datum, Disclosure, Purpose, Readership, disclose, readership},
    profile_update::{self, Field, Fields, Target, Verdict, validate},
};

const MODES: [Mode; 3] = [Mode::Private, Mode::SharedVerified, Mode::SharedUnverified];
const AGES: [Age; 4] = [Age::Unknown, Age::Child, Age::Teen, Age::Adult];
const RISKS: [Risk; 3] = [Risk::Low, Risk::Medium, Risk::High];

fn identities(person: PersonId) -> [Identity; 6] {
    let likely = likely(person);
    [
        Identity::Unknown,
        Identity::Probable(likely),
        Identity::Confirmed(likely),
        Identity::ConfirmedActive(likely),
        Identity::Ambiguous,
        Identity::Rejected,
    ]
}

// INV-CMD-1, VOX-22: each combination of who, age, right, company, harm, origin and certainty.
#[test]
fn a_command_is_allowed_exactly_when_everything_holds() {
    let mut seen = 0_u32;
    let mut allowed = 0_u32;
    for (person, delegated) in [(OLGA, false), (GERO, false), (GERO, true)] {
        for identity in identities(person) {
            for age in AGES {
                for mode in MODES {
                    let mut facts = Facts::of(person);
                    if delegated {
                        facts = facts.given(Group::HomeAutomation);
                    }
                    facts.identity = identity;
                    facts.mode = mode;
                    facts.standing = Some(Standing { age, ..standing(person) });
                    for request in requests() {
                        let decided = authorize(&request, &facts.context());
                        let ought = may_command(&request, &facts.context());
                        assert!(
                            agrees(decided, ought),
                            "{identity:?} {age:?} {mode:?} {request:?}: {decided:?}"
                        );
                        if let Ok(authority) = decided {
                            assert!(is_right(&authority, &request, &facts.context()));
                            assert_eq!((authority.person, authority.age), (person, age));
                            allowed += 1;
                        }
                        seen += 1;
                    }
                }
            }
        }
    }
    assert_eq!((seen, allowed), (93_312, 990));
}

fn requests() -> Vec<Request> {
    let mut all = Vec::new();
    for group in [Group::HomeAutomation, Group::System] {
        for risk in RISKS {
            for confirm in [false, true] {
                for origin in [Origin::Recognized, Origin::Chosen, Origin::Proposed] {
                    for certainty in [599, 600, 799, 800] {
                        for (complete, available) in [(true, true), (false, true), (true, false)] {
                            let nature = Nature { group, risk, confirm };
                            let certainty = Confidence::thousandths(certainty);
                            all.push(Request {
                                origin,
                                certainty,
                                complete,
                                available,
                                ..request(nature)
                            });
                        }
                    }
                }
            }
        }
    }
    all
}

// The reason is the first that holds, and says nothing of what is behind it.
#[test]
fn a_refusal_says_the_first_reason() {
    let why = |facts: &Facts, request: &Request| authorize(request, &facts.context()).unwrap_err();
    let mut facts = Facts::of(GERO);
    let unsure = |thousandths, nature| Request {
        certainty: Confidence::thousandths(thousandths),
        ..request(nature)
    };
    assert_eq!(why(&facts, &unsure(599, LIGHT)), Refusal::Unclear);
    assert_eq!(why(&facts, &unsure(799, WIPE)), Refusal::UnclearHighRisk);
    assert_eq!(why(&facts, &Request { complete: false, ..request(LIGHT) }), Refusal::Incomplete);
    assert_eq!(why(&facts, &request(LIGHT)), Refusal::NotPermitted);
    facts.standing = None;
    assert_eq!(why(&facts, &request(LIGHT)), Refusal::UnknownPerson);
    facts.standing = Some(standing(OLGA));
    assert_eq!(why(&facts, &request(LIGHT)), Refusal::UnknownPerson);
    for (identity, expected) in [
        (Identity::Unknown, Refusal::NotIdentified),
        (Identity::Probable(likely(OLGA)), Refusal::NotIdentified),
        (Identity::Ambiguous, Refusal::Ambiguous),
        (Identity::Rejected, Refusal::NotValidated),
    ] {
        facts.identity = identity;
        assert_eq!(why(&facts, &request(LIGHT)), expected);
    }
    let mut olga = Facts::of(OLGA);
    assert_eq!(why(&olga, &Request { available: false, ..request(LIGHT) }), Refusal::Unavailable);
    olga.mode = Mode::SharedUnverified;
    assert_eq!(why(&olga, &request(DOOR)), Refusal::NotWhileOthersAreHere);
    olga.standing = Some(Standing { age: Age::Teen, ..standing(OLGA) });
    assert_eq!(why(&olga, &request(DOOR)), Refusal::AdultsOnly);
}

#[test]
fn roles_command_what_the_household_gives_them_and_no_more() {
    let mut facts = Facts::of(GERO);
    facts.rules.roles.operator = Group::System.into();
    facts.rules.roles.admin = Group::Media.into();
    for role in Role::ALL {
        facts.standing = Some(Standing { role, ..standing(GERO) });
        for group in Group::ALL {
            let nature = Nature { group, ..LIGHT };
            let may = authorize(&request(nature), &facts.context()).is_ok();
            let ought = match role {
                Role::Owner => true,
                Role::Admin => group == Group::Media,
                Role::Operator => group == Group::System,
                Role::Guest => false,
            };
            assert_eq!(may, ought, "{role:?} {group:?}");
        }
    }
}

// INV-CMD-4, INV-CMD-5
#[test]
fn an_answer_confirms_exactly_when_everything_is_as_it_was_asked() {
    let asked = Asked {
        id: command(1),
        person: OLGA,
        speaker: FIRST,
        age: Age::Adult,
        mode: Mode::Private,
        conversation: HERE,
        until: later(30),
    };
    let mut confirmed = 0;
    for identity in identities(OLGA).into_iter().chain([super::confirmed(GERO)]) {
        for age in AGES {
            for mode in MODES {
                for now in [0, 29, 30, 31].map(later) {
                    for about in [None, Some(command(1)), Some(command(2))] {
                        for conversation in [HERE, ELSEWHERE] {
                            for (speaker, said) in [
                                (FIRST, Word::Confirm),
                                (SECOND, Word::Confirm),
                                (FIRST, Word::Decline),
                                (FIRST, Word::Neither),
                            ] {
                                let person = identity.confirmed().unwrap_or(OLGA);
                                let facts = Facts {
                                    identity,
                                    mode,
                                    now,
                                    standing: Some(Standing { age, ..standing(person) }),
                                    ..Facts::of(OLGA)
                                };
                                let answer = Answer { speaker, conversation, about, word: said };
                                let context = facts.context();
                                let judged = judge(&asked, &answer, &context);
                                let ought = confirms(&asked, &answer, &context);
                                assert_eq!(
                                    judged == Judgement::Confirmed,
                                    ought,
                                    "{answer:?} {context:?}"
                                );
                                confirmed += u32::from(ought);
                            }
                        }
                    }
                }
            }
        }
    }
    // Confirmed or active; two moments in time; about it or about nothing; said as either speaker.
    assert_eq!(confirmed, 2 * 2 * 2 * 2);
}

#[test]
fn an_answer_that_does_not_confirm_is_ignored_or_ends_it() {
    let asked = Asked {
        id: command(1),
        person: OLGA,
        speaker: FIRST,
        age: Age::Adult,
        mode: Mode::Private,
        conversation: HERE,
        until: later(30),
    };
    let yes = Answer { speaker: FIRST, conversation: HERE, about: None, word: Word::Confirm };
    let judged = |facts: &Facts, answer| judge(&asked, &answer, &facts.context());
    let olga = Facts::of(OLGA);
    assert_eq!(judged(&olga, yes), Judgement::Confirmed);
    let ignored = |why| Judgement::Ignored(why);
    let cancelled = |why| Judgement::Cancelled(why);
    let about = Answer { about: Some(command(2)), ..yes };
    assert_eq!(judged(&olga, about), ignored(Refusal::AnotherCommand));
    let next_room = Answer { conversation: ELSEWHERE, ..yes };
    assert_eq!(judged(&olga, next_room), ignored(Refusal::AnotherConversation));
    let mumbled = Answer { word: Word::Neither, ..yes };
    assert_eq!(judged(&olga, mumbled), ignored(Refusal::NotExplicit));
    let gero = Facts::of(GERO);
    assert_eq!(judged(&gero, Answer { speaker: SECOND, ..yes }), ignored(Refusal::AnotherPerson));
    assert_eq!(judged(&gero, yes), cancelled(Refusal::Changed));
    let no = Answer { word: Word::Decline, ..yes };
    assert_eq!(judged(&olga, no), cancelled(Refusal::Declined));
    assert_eq!(
        judged(&Facts { now: later(30), ..Facts::of(OLGA) }, yes),
        cancelled(Refusal::TooLate)
    );
    let older = Some(Standing { age: Age::Teen, ..standing(OLGA) });
    assert_eq!(
        judged(&Facts { standing: older, ..Facts::of(OLGA) }, yes),
        cancelled(Refusal::Changed)
    );
    assert_eq!(
        judged(&Facts { standing: None, ..Facts::of(OLGA) }, yes),
        cancelled(Refusal::Changed)
    );
    assert_eq!(
        judged(&Facts { mode: Mode::SharedVerified, ..Facts::of(OLGA) }, yes),
        cancelled(Refusal::ModeChanged)
    );
}

// PEERS: Enter alone never confirms.
#[test]
fn only_explicit_words_confirm() {
    for yes in [
        "yes",
        "Yes!",
        "Yes, do it.",
        "yes do it",
        "CONFIRM",
        "I confirm",
        "Ja",
        "ja, mach das!",
        "Ich bestätige das.",
        "bestätigen",
        "Yes, please.",
    ] {
        assert_eq!(word(yes), Word::Confirm, "{yes:?}");
    }
    for no in [
        "no",
        "No, don't!",
        "cancel",
        "Stop.",
        "nein",
        "Nein danke",
        "abbrechen",
        "lass es",
        "never mind",
    ] {
        assert_eq!(word(no), Word::Decline, "{no:?}");
    }
    for neither in [
        "",
        "\n",
        " ",
        "later",
        "sure, I guess",
        "okay",
        "ok",
        "yes?",
        "yes if Ben agrees",
        "yes and no",
        "maybe",
        "I think so",
        "yep maybe",
        "y",
        "1",
        "true",
        "vielleicht",
        "später",
        "na gut",
        "von mir aus",
        "ja?",
        "ja aber nicht jetzt",
        "jaja",
        "do not say yes",
        "yes 1",
        "yes\u{200b}",
        "\u{202e}sey",
        "yes; no",
        "\"yes\"",
        "yes yes",
        "if I say yes",
        "ja nein",
        "🙂",
        "yes/no",
        "(yes)",
        "yes please open the garage and then say yes please to everything that is asked",
    ] {
        assert_eq!(word(neither), Word::Neither, "{neither:?}");
    }
}

fn proposal(
    delegation_to: PersonId,
    groups: crate::policy::Groups,
    lasts: Option<u64>,
) -> delegation::Wish {
    delegation::Wish { id: GIVEN, to: delegation_to, groups, lasts: lasts.map(Duration::from_secs) }
}

#[test]
fn an_answer_is_read_up_to_its_length() {
    let padded = |length: usize| format!("yes{}", " ".repeat(length - 3));
    assert_eq!(word(&padded(64)), Word::Confirm);
    assert_eq!(word(&padded(65)), Word::Neither);
}

// INV-CMD-2, INV-CMD-3
#[test]
fn nobody_gives_what_is_not_theirs() {
    let home = Group::HomeAutomation.into();
    let propose =
        |facts: &Facts, wish: &delegation::Wish| delegation::propose(wish, HERE, &facts.context());
    let mut olga = Facts::of(OLGA);
    let wish = proposal(GERO, home, None);
    let ought = Delegation { until: later(3600), ..given(Group::HomeAutomation) };
    assert_eq!(propose(&olga, &wish), Ok(ought));
    let exactly = proposal(GERO, home, Some(24 * 3600));
    assert_eq!(propose(&olga, &exactly).unwrap().until, later(24 * 3600));
    for (wish, why) in [
        (proposal(GERO, home, Some(24 * 3600 + 1)), Refusal::TooLong),
        (proposal(GERO, home, Some(0)), Refusal::TooLong),
        (proposal(OLGA, home, None), Refusal::NothingToGive),
        (proposal(GERO, crate::policy::Groups::NONE, None), Refusal::NothingToGive),
    ] {
        assert_eq!(propose(&olga, &wish), Err(why));
    }
    olga.mode = Mode::SharedVerified;
    assert!(propose(&olga, &wish).is_ok());
    olga.mode = Mode::SharedUnverified;
    assert_eq!(propose(&olga, &wish), Err(Refusal::NotWhileOthersAreHere));
    // What was given is not given on.
    let gero = Facts::of(GERO).given(Group::HomeAutomation);
    assert_eq!(propose(&gero, &proposal(KAI, home, None)), Err(Refusal::NotPermitted));
    let mut admin = Facts::of(GERO).given(Group::HomeAutomation);
    admin.standing = Some(Standing { role: Role::Admin, ..standing(GERO) });
    admin.rules.roles.admin = Group::Media.into();
    assert_eq!(propose(&admin, &proposal(KAI, home, None)), Err(Refusal::MoreThanOnesOwn));
    assert!(propose(&admin, &proposal(KAI, Group::Media.into(), None)).is_ok());
    for (facts, why) in [
        (
            Facts { identity: Identity::Probable(likely(OLGA)), ..Facts::of(OLGA) },
            Refusal::NotIdentified,
        ),
        (
            Facts {
                standing: Some(Standing { age: Age::Teen, ..standing(OLGA) }),
                ..Facts::of(OLGA)
            },
            Refusal::AdultsOnly,
        ),
    ] {
        assert_eq!(propose(&facts, &wish), Err(why));
    }
}

#[test]
fn a_delegation_gives_its_groups_to_its_person_for_its_time() {
    let mut all = Delegations::default();
    all.begin(given(Group::Media));
    let media = |all: &Delegations, person, group, now| all.allow(person, group, now);
    assert_eq!(media(&all, GERO, Group::Media, NOW), Some(GIVEN));
    assert_eq!(media(&all, GERO, Group::Media, later(3599)), Some(GIVEN));
    assert_eq!(media(&all, GERO, Group::Media, later(3600)), None);
    assert_eq!(media(&all, GERO, Group::Security, NOW), None);
    assert_eq!(media(&all, KAI, Group::Media, NOW), None);
    assert_eq!(all.iter().count(), 1);
    assert_eq!(all.get(GIVEN), Some(&given(Group::Media)));
    assert!(all.sweep(Some(ELSEWHERE), later(3599)).is_empty());
    assert_eq!(all.clone().sweep(Some(HERE), NOW), [GIVEN]);
    assert_eq!(all.clone().sweep(None, later(3600)), [GIVEN]);
    assert!(all.end(GIVEN) && !all.end(GIVEN));
    assert_eq!(all, Delegations::default());
}

// INV-PRIVACY-4
#[test]
fn a_consent_says_what_and_to_whom_and_for_how_long() {
    let id = ConsentId(Uuid::from_u128(300));
    let fields = Fields::from(Field::Birthdate);
    let wish = |to, fields, lasts: Option<u64>| consent::Wish {
        id,
        to,
        fields,
        lasts: lasts.map(Duration::from_secs),
    };
    let propose =
        |facts: &Facts, wish: &consent::Wish| consent::propose(wish, HERE, &facts.context());
    let olga = Facts::of(OLGA);
    let consent =
        Consent { id, owner: OLGA, to: Some(GERO), fields, conversation: HERE, until: later(3600) };
    assert_eq!(propose(&olga, &wish(Some(GERO), fields, None)), Ok(consent));
    assert_eq!(
        propose(&olga, &wish(None, fields, Some(60))),
        Ok(Consent { to: None, until: later(60), ..consent })
    );
    assert!(propose(&olga, &wish(Some(GERO), fields, Some(24 * 3600))).is_ok());
    for (refused, why) in [
        (wish(Some(OLGA), fields, None), Refusal::NothingToGive),
        (wish(Some(GERO), Fields::NONE, None), Refusal::NothingToGive),
        (wish(Some(GERO), fields, Some(24 * 3600 + 1)), Refusal::TooLong),
        (wish(Some(GERO), fields, Some(0)), Refusal::TooLong),
    ] {
        assert_eq!(propose(&olga, &refused), Err(why));
    }
    assert_eq!(propose(&Facts::of(KAI), &wish(Some(GERO), fields, None)), Err(Refusal::AdultsOnly));
    let unsure = Facts { identity: Identity::Unknown, ..Facts::of(OLGA) };
    assert_eq!(propose(&unsure, &wish(Some(GERO), fields, None)), Err(Refusal::NotIdentified));

    let mut all = consent::Consents::default();
    all.begin(consent);
    let here = Consent { id: ConsentId(Uuid::from_u128(301)), to: None, ..consent };
    all.begin(here);
    assert!(all.hold(OLGA, GERO, Field::Birthdate, later(3599)));
    assert!(!all.hold(OLGA, GERO, Field::Birthdate, later(3600)));
    assert!(!all.hold(OLGA, GERO, Field::LegalName, NOW));
    assert!(!all.hold(OLGA, KAI, Field::Birthdate, NOW));
    assert!(!all.hold(GERO, GERO, Field::Birthdate, NOW));
    assert!(all.hold_here(OLGA, Field::Birthdate, HERE, later(3599)));
    for (owner, field, conversation, now) in [
        (GERO, Field::Birthdate, HERE, NOW),
        (OLGA, Field::Note, HERE, NOW),
        (OLGA, Field::Birthdate, ELSEWHERE, NOW),
        (OLGA, Field::Birthdate, HERE, later(3600)),
    ] {
        assert!(!all.hold_here(owner, field, conversation, now));
    }
    assert_eq!((all.iter().count(), all.get(id)), (2, Some(&consent)));
    let mut changed = all.clone();
    changed.company_changed(ELSEWHERE);
    assert_eq!(changed, all);
    changed.company_changed(HERE);
    assert!(changed.get(id).is_some() && changed.get(here.id).is_none());
    let mut swept = all.clone();
    swept.sweep(Some(ELSEWHERE), later(3599));
    assert_eq!(swept, all);
    swept.sweep(Some(HERE), NOW);
    assert_eq!(swept, consent::Consents::default());
    let mut late = all.clone();
    late.sweep(None, later(3600));
    assert_eq!(late, consent::Consents::default());
    assert!(all.end(id) && !all.end(id));
}

// INV-PRIVACY-1, INV-PRIVACY-3, INV-MULTI-1, INV-PRIVACY-FACT-2
#[test]
fn a_datum_is_told_exactly_to_those_who_may_hear_it() {
    let consent = |number: u128, to| Consent {
        id: ConsentId(Uuid::from_u128(300 + number)),
        owner: OLGA,
        to,
        fields: Field::Birthdate.into(),
        conversation: HERE,
        until: later(60),
    };
    let consents = [
        vec![],
        vec![consent(1, None)],
        vec![consent(2, Some(GERO))],
        vec![consent(2, Some(GERO)), consent(3, Some(KAI))],
    ];
    let (mut seen, mut told) = (0, 0);
    for given in consents {
        let mut all = consent::Consents::default();
        for one in given {
            all.begin(one);
        }
        for speaker in [OLGA, GERO, KAI] {
            for identity in identities(speaker) {
                for known in [vec![], vec![OLGA], vec![GERO], vec![KAI], vec![GERO, KAI]] {
                    for seen_strangers in [0, 1] {
                        let known = known.iter().copied().filter(|person| *person != speaker);
                        let room = Room { known: known.collect(), seen: seen_strangers, said: 0 };
                        let facts = Facts { identity, mode: room.mode(), ..Facts::of(speaker) };
                        for visibility in
                            [Visibility::Private, Visibility::Shared, Visibility::Public]
                        {
                            for supplied_by in [None, Some(GERO), Some(KAI)] {
                                for field in [Field::Birthdate, Field::Note, Field::LegalName] {
                                    let datum =
                                        Datum { owner: OLGA, field, visibility, supplied_by };
                                    let context = facts.context();
                                    let decided = disclose(
                                        &datum,
                                        Purpose::Talk,
                                        (&context, &room, HERE),
                                        &all,
                                    );
                                    let ought = may_tell(&datum, &context, &room, HERE, &all);
                                    assert_eq!(
                                        is_told(decided),
                                        ought,
                                        "{datum:?} {context:?} {room:?} {all:?}"
                                    );
                                    seen += 1;
                                    told += u32::from(ought);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(seen, 4 * 3 * 6 * 5 * 2 * 27);
    assert!(told > 500 && told < seen / 3, "{told}");
}

#[test]
fn what_is_withheld_says_why_and_not_what() {
    let datum = Datum {
        owner: OLGA,
        field: Field::Birthdate,
        visibility: Visibility::Private,
        supplied_by: None,
    };
    let none = consent::Consents::default();
    let alone = Room::default();
    let told = |facts: &Facts, datum: &Datum, purpose, room: &Room| {
        disclose(datum, purpose, (&facts.context(), room, HERE), &none)
    };
    let mut olga = Facts::of(OLGA);
    let legal = Datum { field: Field::LegalName, ..datum };
    assert_eq!(told(&olga, &legal, Purpose::Talk, &alone), Disclosure::Withhold(Refusal::Withheld));
    assert_eq!(told(&olga, &legal, Purpose::Formal, &alone), Disclosure::Tell);
    let gero = Facts::of(GERO);
    assert_eq!(told(&gero, &datum, Purpose::Talk, &alone), Disclosure::Withhold(Refusal::Withheld));
    assert_eq!(
        told(&gero, &legal, Purpose::Formal, &alone),
        Disclosure::Withhold(Refusal::Withheld)
    );
    olga.mode = Mode::SharedVerified;
    let with_gero = Room { known: [GERO].into(), ..Room::default() };
    assert_eq!(told(&olga, &datum, Purpose::Talk, &with_gero), Disclosure::AskFirst);
    let unknown = Facts { identity: Identity::Ambiguous, ..Facts::of(OLGA) };
    assert_eq!(
        told(&unknown, &datum, Purpose::Talk, &alone),
        Disclosure::Withhold(Refusal::Ambiguous)
    );
}

#[test]
fn documents_and_turns_of_ones_own_are_for_oneself_alone() {
    for mode in MODES {
        for identity in identities(OLGA) {
            let facts = Facts { identity, mode, ..Facts::of(OLGA) };
            let own = mode == Mode::Private && identity.confirmed().is_some();
            let ought = if own { Readership::Person(OLGA) } else { Readership::Everyone };
            assert_eq!(readership(&facts.context()), ought);
        }
    }
    let (olga, gero) = (Readership::Person(OLGA), Readership::Person(GERO));
    assert!(olga.covers(olga) && olga.covers(Readership::Everyone));
    assert!(!olga.covers(gero) && !Readership::Everyone.covers(olga));
}

fn wish(target: Standing, field: Field) -> profile_update::Wish {
    let id = UpdateId(Uuid::from_u128(400));
    profile_update::Wish {
        id,
        target: Target(target),
        field,
        value: Sha256::of("x"),
        is_possible: true,
    }
}

// INV-OWN-1, INV-OWN-2, INV-AGE-3, INV-AGE-4, INV-LEARN-2
#[test]
fn a_profile_is_changed_by_its_owner() {
    let mut rows = Vec::new();
    for (asking, target) in [
        (OLGA, OLGA),
        (GERO, OLGA),
        (OLGA, KAI),
        (GERO, KAI),
        (KAI, KAI),
        (KAI, OLGA),
        (OLGA, GERO),
    ] {
        for field in Field::ALL {
            for mode in MODES {
                let facts = Facts { mode, ..Facts::of(asking) };
                let decided = validate(&wish(standing(target), field), &facts.context());
                let own = asking == target;
                let ought = match (own, field) {
                    (true, Field::Birthdate) if asking == KAI => Err(Refusal::MinorsBirthdate),
                    (true, Field::Birthdate | Field::LegalName) => Ok(Verdict::Confirm),
                    (true, _) if mode == Mode::Private => Ok(Verdict::Apply),
                    (true, _) => Ok(Verdict::Confirm),
                    (false, Field::Birthdate) if asking == OLGA && target == KAI => {
                        Ok(Verdict::Confirm)
                    }
                    (false, Field::Birthdate | Field::Note) => Ok(Verdict::KeepAsClaim),
                    (false, _) => Err(Refusal::OwnersOnly),
                };
                assert_eq!(decided, ought, "{} {} {field:?} {mode:?}", name(asking), name(target));
                rows.push(decided);
            }
        }
    }
    assert_eq!(rows.len(), 7 * 6 * 3);
    let impossible =
        profile_update::Wish { is_possible: false, ..wish(standing(OLGA), Field::Birthdate) };
    assert_eq!(validate(&impossible, &Facts::of(OLGA).context()), Err(Refusal::NoSuchBirthdate));
    let young_owner = Facts {
        standing: Some(Standing { age: Age::Unknown, ..standing(OLGA) }),
        ..Facts::of(OLGA)
    };
    assert_eq!(
        validate(&wish(standing(KAI), Field::Birthdate), &young_owner.context()),
        Ok(Verdict::KeepAsClaim)
    );
    let unsure = Facts { identity: Identity::Probable(likely(OLGA)), ..Facts::of(OLGA) };
    assert_eq!(
        validate(&wish(standing(OLGA), Field::Note), &unsure.context()),
        Err(Refusal::NotIdentified)
    );
}

#[test]
fn every_part_of_a_profile_says_who_may_change_it() {
    for field in Field::ALL {
        let rule = field.mutability();
        assert_eq!((rule.field, rule.requires_audit), (field, true));
        assert_eq!(Field::by_name(field.name()), Some(field));
        assert!(rule.mutable_by.contains(&profile_update::MutableBy::Owner));
        for other in Field::ALL {
            assert_eq!(Fields::from(field).has(other), field == other);
        }
    }
    let all = Field::ALL.into_iter().fold(Fields::NONE, Fields::with);
    assert!(all.iter().eq(Field::ALL) && Fields::NONE.is_empty() && !all.is_empty());
    assert_eq!(Fields::NONE.iter().count(), 0);
    assert_eq!(Field::by_name("shoe_size"), None);
    assert_eq!(wish(standing(KAI), Field::Note).target.0.person, KAI);
}
