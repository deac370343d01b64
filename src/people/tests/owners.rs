//! Roles: given on the machine, and by nothing that is said.

use super::*;
use crate::people::{Applied, Owners};
use std::path::Path;

fn named(text: &str) -> Owners {
    Owners::read(text, Path::new("owners.toml"), TODAY).unwrap()
}

const OLGA: &str =
    "[[owner]]\nname = \"olga\"\npreferred_name = \"Olga\"\nadult = true\nlanguage = \"de\"\n";

// C-35
#[tokio::test]
async fn the_operators_file_makes_owners_and_doing_it_again_changes_nothing() {
    let bench = Bench::new();
    let applied = bench.people.apply(named(OLGA), NOW).await.unwrap();
    let olga: Handle = "olga".parse().unwrap();
    let first =
        Applied { created: vec![olga.clone()], attested: vec![olga.clone()], ..Applied::default() };
    assert_eq!(applied, first);
    let person = bench.people.by_handle("olga").await.unwrap();
    let standing = bench.standing(person.id).await;
    assert_eq!((standing.role, standing.age), (Role::Owner, age::Age::Adult));
    let records = bench.audit().await;
    assert!(records.iter().all(|one| one.identity == "operator" && one.person == Some(person.id)));
    // What the person changed since is theirs.
    bench.write(person.id, person.id, Field::PreferredName, "Oma").await.unwrap();
    let before = bench.audit().await.len();
    assert_eq!(bench.people.apply(named(OLGA), NOW).await.unwrap(), Applied::default());
    assert_eq!(bench.audit().await.len(), before);
    assert_eq!(bench.text(person.id, Field::PreferredName).await.as_deref(), Some("Oma"));
}

#[tokio::test]
async fn somebody_who_is_there_is_raised_and_nobody_is_lowered_silently() {
    let bench = Bench::new();
    let (olga, otto) = (bench.add("olga", Role::Guest).await, bench.add("otto", Role::Owner).await);
    let applied = bench.people.apply(named(OLGA), NOW).await.unwrap();
    assert_eq!(applied.raised, ["olga".parse().unwrap()]);
    assert_eq!(applied.warnings.len(), 1);
    assert!(applied.warnings[0].contains("ladylinux person role otto guest"));
    assert_eq!(bench.standing(olga).await.role, Role::Owner);
    assert_eq!(bench.standing(otto).await.role, Role::Owner);
}

// INV-CMD-2: no conversational path makes an owner, or unmakes one.
#[tokio::test]
async fn a_person_gives_roles_but_never_the_owners() {
    let bench = Bench::new();
    let (olga, otto) = (bench.add("olga", Role::Owner).await, bench.add("otto", Role::Owner).await);
    let (anna, admin) = (bench.add("anna", Role::Guest).await, bench.add("ada", Role::Admin).await);
    let give = |by, to, role| bench.people.set_role(to, role, (circumstances(by), true));
    assert_eq!(give(olga, anna, Role::Operator).await.unwrap().role, Role::Operator);
    for (by, to, role) in [
        (olga, anna, Role::Owner),
        (olga, otto, Role::Guest),
        (olga, olga, Role::Guest),
        (anna, anna, Role::Owner),
        (anna, anna, Role::Admin),
        (admin, anna, Role::Guest),
    ] {
        let refused = give(by, to, role).await;
        assert!(matches!(refused, Err(PeopleError::OperatorsOnly)), "{role:?}");
    }
    assert_eq!(bench.standing(anna).await.role, Role::Operator);
}

#[tokio::test]
async fn the_only_owner_stays_one_unless_that_is_forced() {
    let bench = Bench::new();
    let olga = bench.add("olga", Role::Owner).await;
    let operator = Circumstances::operator(NOW);
    let refused = bench.people.set_role(olga, Role::Guest, (operator, false)).await.unwrap_err();
    assert!(matches!(refused, PeopleError::LastOwner(_)), "{refused}");
    let refused = bench.people.erase(olga, (circumstances(olga), false)).await.unwrap_err();
    assert!(matches!(refused, PeopleError::LastOwner(_)), "{refused}");
    bench.add("otto", Role::Owner).await;
    bench.people.set_role(olga, Role::Guest, (operator, false)).await.unwrap();
    assert_eq!(bench.standing(olga).await.role, Role::Guest);
}
