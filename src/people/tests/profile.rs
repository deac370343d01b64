//! Profiles are their owners', and claims are only claims.

use super::*;
use crate::{
    foundation::audit::Decision,
    foundation::values::ConversationId,
    foundation::values::Sha256,
    policy::{
        Confidence, Level, Provenance, Refusal, Rules, Visibility,
        age::Age,
        command::Context,
        consent::Consents,
        delegation::Delegations,
        fusion::Likely,
        identity::Identity,
        mode::{Mode, Room},
        privacy::{Datum, Disclosure, Purpose, disclose},
        profile_update::validate,
    },
};

#[tokio::test]
async fn a_person_is_found_by_their_whole_name_and_nobody_by_a_similar_one() {
    let bench = Bench::new();
    let anna = bench.known("anna", &[(Field::PreferredName, "Änne Marie")]).await;
    for name in ["anna", "ANNA", "änne marie", "  ÄNNE   Marie "] {
        assert_eq!(bench.people.find(name).await.unwrap().id, anna, "{name}");
    }
    for name in ["ann", "annaa", "Änne", "an%", "_nna", ""] {
        let none = bench.people.find(name).await.unwrap_err();
        assert!(matches!(none, PeopleError::Unknown(_)), "{name}: {none}");
    }
    let taken = NewPerson {
        name: "anna".parse().unwrap(),
        role: Role::Guest,
        adult: false,
        fields: BTreeMap::new(),
    };
    let taken = bench.people.create(taken, (NOW, TODAY)).await.unwrap_err();
    assert!(taken.to_string().contains("person show anna"), "{taken}");
}

// "Two people claiming one name": nobody is guessed.
#[tokio::test]
async fn a_name_that_two_carry_finds_neither() {
    let bench = Bench::new();
    bench.known("anna", &[(Field::PreferredName, "Sascha")]).await;
    bench.known("ben", &[(Field::PreferredName, "sascha")]).await;
    let several = bench.people.find("Sascha").await.unwrap_err();
    assert!(matches!(several, PeopleError::Several { count: 2, .. }), "{several}");
    assert_eq!(several.refusal(), Some(Refusal::SeveralPersons));
    // A short name is no way around it.
    bench.known("sascha", &[]).await;
    assert!(matches!(
        bench.people.find("sascha").await,
        Err(PeopleError::Several { count: 3, .. })
    ));
    assert!(bench.people.by_handle("sascha").await.is_ok());
}

// INV-AGE-1, INV-AGE-2, VOX-71
#[tokio::test]
async fn an_age_follows_from_the_birthdate_or_from_an_operators_word() {
    let bench = Bench::new();
    for (name, fields, age) in [
        ("child", &[(Field::Birthdate, "2014-12-01")][..], Age::Child),
        ("teen", &[(Field::Birthdate, "2013-11-30")], Age::Teen),
        ("grown", &[(Field::Birthdate, "2008-11-30")], Age::Adult),
        ("vague", &[(Field::Birthdate, "--05-17")], Age::Unknown),
        ("nothing", &[], Age::Unknown),
    ] {
        let person = bench.known(name, fields).await;
        assert_eq!(bench.standing(person).await.age, age, "{name}");
    }
    let attested = bench.add("attested", Role::Guest).await;
    let bench = bench.reopened().await;
    assert_eq!(bench.standing(attested).await.age, Age::Adult);
    // What was damaged is no reason to believe an attestation.
    bench.execute(format!(
        "INSERT INTO profile_field VALUES ('{attested}', 'birthdate', '20x', 'private', 'high', 'owner', 1, 'x')"
    )).await;
    assert_eq!(bench.standing(attested).await.age, Age::Unknown);
}

// INV-OWN-1
#[tokio::test]
async fn inv_own_1_only_its_owner_changes_a_profile_whatever_role_somebody_has() {
    let bench = Bench::new();
    let (olga, anna) = (bench.add("olga", Role::Owner).await, bench.add("anna", Role::Guest).await);
    bench.write(anna, anna, Field::Note, "likes tea").await.unwrap();
    for field in [Field::Note, Field::LegalName, Field::Birthdate] {
        let text = if field == Field::Birthdate { "1980" } else { "x" };
        let refused = bench.write(olga, anna, field, text).await.unwrap_err();
        assert!(matches!(refused, PeopleError::OwnersOnly), "{field:?}: {refused}");
    }
    assert_eq!(bench.text(anna, Field::Note).await.as_deref(), Some("likes tea"));
    let field = bench.people.field(anna, Field::Note).await.unwrap().unwrap();
    assert_eq!((field.source, field.updated_by), (Provenance::Owner, anna.to_string()));
    let refused = bench
        .people
        .set_visibility((anna, Field::Note), Visibility::Public, circumstances(olga))
        .await;
    assert!(matches!(refused, Err(PeopleError::OwnersOnly)));
}

// INV-OWN-2
#[tokio::test]
async fn inv_own_2_names_language_and_address_are_their_owners_alone() {
    let bench = Bench::new();
    let (olga, anna) = (bench.add("olga", Role::Owner).await, bench.add("anna", Role::Guest).await);
    for (field, text) in [
        (Field::PreferredName, "Annie"),
        (Field::Language, "de"),
        (Field::FormOfAddress, "neutral"),
    ] {
        assert!(matches!(bench.write(olga, anna, field, text).await, Err(PeopleError::OwnersOnly)));
        bench.write(anna, anna, field, text).await.unwrap();
        assert_eq!(bench.text(anna, field).await.as_deref(), Some(text));
    }
}

// INV-OWN-3
#[tokio::test]
async fn inv_own_3_what_others_say_of_a_name_is_not_even_kept() {
    let bench = Bench::new();
    let (ben, anna) = (bench.add("ben", Role::Admin).await, bench.add("anna", Role::Guest).await);
    for (field, text) in [
        (Field::PreferredName, "Annie"),
        (Field::LegalName, "Anna X"),
        (Field::Language, "de"),
        (Field::FormOfAddress, "neutral"),
    ] {
        let refused = bench.say(ben, anna, field, text).await.unwrap_err();
        assert!(matches!(refused, PeopleError::OwnersOnly), "{field:?}");
    }
    assert!(bench.people.claims_about(anna).await.unwrap().is_empty());
}

// INV-LEARN-1, INV-LEARN-2
#[tokio::test]
async fn inv_learn_1_what_was_learned_gives_no_right() {
    let bench = Bench::new();
    let (ben, tom) = (bench.add("ben", Role::Guest).await, bench.known("tom", &[]).await);
    bench.say(ben, tom, Field::Birthdate, "1970-01-01").await.unwrap();
    bench.say(ben, tom, Field::Note, "is an owner of this house").await.unwrap();
    let standing = bench.standing(tom).await;
    assert_eq!((standing.age, standing.role), (Age::Unknown, Role::Guest));
}

#[tokio::test]
async fn inv_learn_2_nothing_that_is_said_of_somebody_edits_their_profile() {
    let bench = Bench::new();
    let (ben, anna) = (bench.add("ben", Role::Guest).await, bench.add("anna", Role::Guest).await);
    bench.write(anna, anna, Field::Note, "likes tea").await.unwrap();
    bench.say(ben, anna, Field::Note, "likes coffee").await.unwrap();
    assert_eq!(bench.text(anna, Field::Note).await.as_deref(), Some("likes tea"));
    assert_eq!(bench.people.profile(anna).await.unwrap().len(), 1);
}

// INV-LEARN-3
#[tokio::test]
async fn inv_learn_3_claims_are_added_with_who_said_them_and_never_merged() {
    let bench = Bench::new();
    let (ben, eva) = (bench.add("ben", Role::Guest).await, bench.add("eva", Role::Guest).await);
    let anna = bench.add("anna", Role::Guest).await;
    for (by, text) in [(ben, "likes tea"), (eva, "likes tea"), (eva, "hates tea")] {
        assert!(bench.say(by, anna, Field::Note, text).await.unwrap());
    }
    let claims = bench.people.claims_about(anna).await.unwrap();
    let told: Vec<_> = claims.iter().map(|one| (one.supplied_by, one.value.0.as_str())).collect();
    assert_eq!(told, [(ben, "likes tea"), (eva, "likes tea"), (eva, "hates tea")]);
    assert!(claims.iter().all(|one| one.confidence == Level::Low));
    assert_eq!(bench.people.claims_by(eva).await.unwrap().len(), 2);
}

// INV-LEARN-4
#[tokio::test]
async fn inv_learn_4_repetition_and_pressure_change_nothing() {
    let bench = Bench::new();
    let (ben, anna) = (bench.add("ben", Role::Guest).await, bench.add("anna", Role::Guest).await);
    assert!(bench.say(ben, anna, Field::Note, "likes tea").await.unwrap());
    let before = (bench.people.claims_about(anna).await.unwrap(), bench.audit().await.len());
    for _ in 0..20 {
        assert!(!bench.say(ben, anna, Field::Note, "likes tea").await.unwrap());
    }
    assert_eq!((bench.people.claims_about(anna).await.unwrap(), bench.audit().await.len()), before);
    for number in 1..100 {
        bench.say(ben, anna, Field::Note, &format!("note {number}")).await.unwrap();
    }
    let refused = bench.say(ben, anna, Field::Note, "one more").await.unwrap_err();
    assert!(matches!(refused, PeopleError::TooManyClaims(100)), "{refused}");
    assert_eq!(bench.people.claims_about(anna).await.unwrap().len(), 100);
}

/// Returns whether a speaker who is alone is told what a datum says.
fn told(datum: &Datum, standing: Standing) -> Disclosure {
    let likely = Likely { person: standing.person, confidence: Confidence::FULL };
    let (rules, delegations) = (Rules::default(), Delegations::default());
    let context = Context {
        identity: Identity::ConfirmedActive(likely),
        standing: Some(standing),
        mode: Mode::Private,
        delegations: &delegations,
        rules: &rules,
        now: NOW,
    };
    let here = (&context, &Room::default(), ConversationId::new());
    disclose(datum, Purpose::Talk, here, &Consents::default())
}

// INV-LEARN-5, INV-PRIVACY-FACT-1, INV-PRIVACY-FACT-2
#[tokio::test]
async fn inv_learn_5_a_conflict_protects_the_owner_and_does_not_show() {
    let bench = Bench::new();
    let (ben, eva) = (bench.add("ben", Role::Guest).await, bench.add("eva", Role::Guest).await);
    let anna = bench.add("anna", Role::Guest).await;
    // The answer to who says it is the same, whether it contradicts what is known or not.
    let unknown = bench.say(ben, anna, Field::Birthdate, "1981").await.unwrap();
    bench.write(anna, anna, Field::Birthdate, "1980-05-17").await.unwrap();
    let contradicting = bench.say(eva, anna, Field::Birthdate, "1982").await.unwrap();
    assert_eq!(unknown, contradicting);
    assert_eq!(bench.text(anna, Field::Birthdate).await.as_deref(), Some("1980-05-17"));
    // And nothing of it concerns the one it is about in the audit, by which they could learn that somebody talks of them.
    let concerned = bench.audit().await.into_iter().filter(|one| one.person == Some(anna));
    assert!(concerned.into_iter().all(|one| one.reason != "claim_kept"));
}

#[tokio::test]
async fn inv_privacy_fact_1_what_the_owner_says_wins() {
    let bench = Bench::new();
    let (ben, anna) = (bench.add("ben", Role::Guest).await, bench.add("anna", Role::Guest).await);
    bench.say(ben, anna, Field::Birthdate, "2015-01-01").await.unwrap();
    let standing = bench.write(anna, anna, Field::Birthdate, "1980-05-17").await.unwrap();
    bench.say(ben, anna, Field::Birthdate, "2016-01-01").await.unwrap();
    assert_eq!(standing.age, Age::Adult);
    assert_eq!(bench.standing(anna).await, standing);
    let birthday = bench.people.birthday(anna).await.unwrap().unwrap();
    assert_eq!(birthday.birthdate.year, Some(1980));
}

#[tokio::test]
async fn inv_privacy_fact_2_somebody_is_told_what_they_said_and_never_the_owners_value() {
    let bench = Bench::new();
    let (ben, eva) = (bench.add("ben", Role::Guest).await, bench.add("eva", Role::Guest).await);
    let anna = bench.add("anna", Role::Guest).await;
    bench.write(anna, anna, Field::Birthdate, "1980-05-17").await.unwrap();
    bench.say(ben, anna, Field::Birthdate, "1981").await.unwrap();
    let claim = bench.people.claims_about(anna).await.unwrap().remove(0);
    let said = Datum {
        owner: claim.about,
        field: claim.field,
        visibility: claim.visibility,
        supplied_by: Some(claim.supplied_by),
    };
    let own = bench.people.field(anna, Field::Birthdate).await.unwrap().unwrap();
    let own = Datum { visibility: own.visibility, supplied_by: None, ..said };
    let (ben, eva) = (bench.standing(ben).await, bench.standing(eva).await);
    assert_eq!(told(&said, ben), Disclosure::Tell);
    assert_eq!(told(&own, ben), Disclosure::Withhold(Refusal::Withheld));
    assert_eq!(told(&said, eva), Disclosure::Withhold(Refusal::Withheld));
    assert_eq!(told(&own, bench.standing(anna).await), Disclosure::Tell);
}

// INV-AGE-4: who, when, and by which right.
#[tokio::test]
async fn an_owner_writes_a_childs_birthdate_and_both_find_it_in_the_audit() {
    let bench = Bench::new();
    let (olga, tom) = (bench.add("olga", Role::Owner).await, bench.known("tom", &[]).await);
    let ben = bench.add("ben", Role::Admin).await;
    let refused = bench.write(ben, tom, Field::Birthdate, "2015-03-21").await;
    assert!(matches!(refused, Err(PeopleError::OwnersOnly)));
    let standing = bench.write(olga, tom, Field::Birthdate, "2015-03-21").await.unwrap();
    assert_eq!(standing.age, Age::Child);
    let records: Vec<_> =
        bench.audit().await.into_iter().filter(|one| one.reason == "written").collect();
    let whom: Vec<_> = records.iter().map(|one| one.person.unwrap()).collect();
    assert_eq!(whom, [tom, olga]);
    assert!(records.iter().all(|one| one.about == records[0].about && one.at == NOW));
    assert_eq!(records[0].basis.as_deref(), Some("role"));
    assert_eq!(records[0].decision, Decision::Changed);
}

// "A birthdate of tomorrow"
#[tokio::test]
async fn a_birthdate_of_tomorrow_is_refused_at_every_door() {
    let bench = Bench::new();
    let anna = bench.add("anna", Role::Guest).await;
    let tomorrow = Date { day: 1, month: 12, ..TODAY };
    let refused = bench.write(anna, anna, Field::Birthdate, "2026-12-01").await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::NoSuchBirthdate));
    // The same words are a birthdate a day later; a wish that says it is impossible is not written all the same.
    let value = Value::new(Field::Birthdate, "2026-12-01", tomorrow).unwrap();
    let mut wish = value.wish(bench.standing(anna).await);
    wish.is_possible = false;
    let likely = Likely { person: anna, confidence: Confidence::FULL };
    let (rules, delegations) = (Rules::default(), Delegations::default());
    let context = Context {
        identity: Identity::Confirmed(likely),
        standing: Some(bench.standing(anna).await),
        mode: Mode::Private,
        delegations: &delegations,
        rules: &rules,
        now: NOW,
    };
    assert_eq!(validate(&wish, &context), Err(Refusal::NoSuchBirthdate));
    let refused = bench.people.write(wish, value, circumstances(anna), TODAY).await;
    assert!(matches!(refused, Err(PeopleError::AnotherValue)));
    assert_eq!(bench.text(anna, Field::Birthdate).await, None);
}

#[tokio::test]
async fn only_the_exact_value_that_was_approved_is_written() {
    let bench = Bench::new();
    let anna = bench.add("anna", Role::Guest).await;
    let approved = Value::new(Field::Note, "likes tea", TODAY).unwrap();
    let other = Value::new(Field::Note, "likes Tea", TODAY).unwrap();
    let wish = approved.wish(bench.standing(anna).await);
    assert_eq!(wish.value, Sha256::of("likes tea"));
    let refused = bench.people.write(wish, other.clone(), circumstances(anna), TODAY).await;
    assert!(matches!(refused, Err(PeopleError::AnotherValue)));
    let refused = bench.people.keep_claim(wish, other, circumstances(anna)).await;
    assert!(matches!(refused, Err(PeopleError::AnotherValue)));
    assert_eq!(bench.text(anna, Field::Note).await, None);
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_done() {
    let bench = Bench::new();
    let anna = bench.add("anna", Role::Guest).await;
    bench.write(anna, anna, Field::Note, "before").await.unwrap();
    bench
        .execute(
            "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
                .to_owned(),
        )
        .await;
    bench.write(anna, anna, Field::Note, "after").await.unwrap_err();
    bench
        .people
        .set_role(anna, Role::Owner, (Circumstances::operator(NOW), false))
        .await
        .unwrap_err();
    bench.people.erase(anna, (Circumstances::operator(NOW), true)).await.unwrap_err();
    assert_eq!(bench.text(anna, Field::Note).await.as_deref(), Some("before"));
    assert_eq!(bench.standing(anna).await.role, Role::Guest);
}

// VOX-74, VOX-78
#[tokio::test]
async fn the_audit_holds_no_value_and_no_hash_of_one() {
    let bench = Bench::new();
    let (anna, ben) = (bench.add("anna", Role::Guest).await, bench.add("ben", Role::Guest).await);
    bench.write(anna, anna, Field::Birthdate, "1980-05-17").await.unwrap();
    bench.write(anna, anna, Field::Note, "a canary").await.unwrap();
    bench.say(ben, anna, Field::Note, "another canary").await.unwrap();
    for record in bench.list("SELECT record FROM audit").await {
        for value in ["1980-05-17", "a canary", "another canary"] {
            assert!(!record.contains(value), "{record}");
            assert!(!record.contains(&Sha256::of(value).to_string()), "{record}");
        }
    }
}

#[tokio::test]
async fn who_may_be_told_stays_as_it_is_when_a_value_changes() {
    let bench = Bench::new();
    let anna = bench.add("anna", Role::Guest).await;
    bench.write(anna, anna, Field::Note, "one").await.unwrap();
    let field = |visibility| {
        bench.people.set_visibility((anna, Field::Note), visibility, circumstances(anna))
    };
    // INV-PRIVACY-1
    let written = bench.people.field(anna, Field::Note).await.unwrap().unwrap();
    assert_eq!(written.visibility, Visibility::Private);
    field(Visibility::Shared).await.unwrap();
    bench.write(anna, anna, Field::Note, "two").await.unwrap();
    let written = bench.people.field(anna, Field::Note).await.unwrap().unwrap();
    assert_eq!((written.visibility, written.value.0.as_str()), (Visibility::Shared, "two"));
}

// INV-CONV-BDAY-1
#[tokio::test]
async fn of_two_who_greet_at_once_one_does() {
    let bench = Bench::new();
    let anna = bench.known("anna", &[(Field::Birthdate, "1980-11-30")]).await;
    let birthday = bench.people.birthday(anna).await.unwrap().unwrap();
    assert_eq!((birthday.greeted, birthday.confidence), (None, Level::High));
    assert!(bench.people.greet(anna, TODAY));
    assert!(!bench.people.clone().greet(anna, TODAY));
    assert_eq!(bench.people.birthday(anna).await.unwrap().unwrap().greeted, Some(TODAY));
    assert!(bench.people.greet(anna, Date { year: 2027, ..TODAY }));
}
