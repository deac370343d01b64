//! What is kept of a person is told to them, and taken away for good.

use super::*;
use crate::foundation::store::{back_up, import, restore};
use std::fs;

/// A person with something of everything.
async fn filled(bench: &Bench) -> (PersonId, PersonId) {
    let (anna, ben) = (bench.add("anna", Role::Guest).await, bench.add("ben", Role::Guest).await);
    bench.write(anna, anna, Field::Note, "canary-of-the-note").await.unwrap();
    bench.say(ben, anna, Field::Note, "canary-of-a-claim").await.unwrap();
    bench.say(anna, ben, Field::Note, "canary-of-her-claim").await.unwrap();
    bench
        .execute(format!(
            "INSERT INTO voiceprint VALUES ('v1', '{anna}', 'a model', CAST('canary-of-the-voice' AS BLOB), 900, 1);
             INSERT INTO token (id, name, secret_sha256, scopes, created_at) VALUES ('t1', 'her laptop', x'01', 'chat', 1);
             INSERT INTO document (path, root, title, sha256, cut, bytes, passages, readers, learned_at)
             VALUES ('/hers', '/', 'hers', x'00', '1', 1, 1, 'anna', 1)"
        ))
        .await;
    bench.people.link_token("t1", Some(anna), Circumstances::operator(NOW)).await.unwrap();
    (anna, ben)
}

#[tokio::test]
async fn an_export_has_everything_and_does_not_say_who_said_it() {
    let bench = Bench::new();
    let (anna, ben) = filled(&bench).await;
    let export = bench.people.export(anna, circumstances(anna)).await.unwrap();
    let text = serde_json::to_string(&export).unwrap();
    for told in [
        "canary-of-the-note",
        "canary-of-a-claim",
        "canary-of-her-claim",
        "her laptop",
        "/hers",
        "a model",
        "attested_adult",
    ] {
        assert!(text.contains(told), "{told}");
    }
    assert!(!text.contains("canary-of-the-voice"), "templates stay where they are");
    assert!(!text.contains(&ben.to_string()), "who said it is not told");
    assert_eq!(export.somebody_said.len(), 1);
    assert_eq!(export.said_of_others[0].about.as_ref().unwrap().as_str(), "ben");
    assert_eq!(bench.audit().await.last().unwrap().reason, "exported");
}

#[tokio::test]
async fn somebody_who_is_erased_is_gone_from_every_byte_of_the_database() {
    let bench = Bench::new();
    let (anna, ben) = filled(&bench).await;
    let operator = Circumstances::operator(NOW);
    let erased = bench.people.erase(anna, (operator, false)).await.unwrap();
    assert_eq!((erased.fields, erased.claims, erased.voiceprints), (1, 2, 1));
    assert_eq!(erased.tokens, ["her laptop"]);
    assert_eq!(erased.documents, ["/hers"]);
    assert!(matches!(bench.people.get(anna).await, Err(PeopleError::Unknown(_))));
    assert_eq!(bench.people.standing(anna, TODAY).await.unwrap(), None);
    assert!(bench.people.claims_about(ben).await.unwrap().is_empty());
    assert_eq!(bench.list("SELECT id FROM token WHERE person IS NULL").await, ["t1"]);
    // The node runs on: neither the file nor its journal holds any of it.
    for file in fs::read_dir(bench.directory.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(10).any(|window| window == b"canary-of-"), "{}", path.display());
    }
    let last = bench.audit().await.pop().unwrap();
    assert_eq!((last.person, last.reason.as_str()), (Some(anna), "erased"));
    // Nobody writes them back.
    bench
        .execute(format!(
            "INSERT INTO person VALUES ('{anna}', 'anna', 'owner', 1, NULL, NULL);
             INSERT INTO profile_field VALUES ('{anna}', 'note', 'x', 'private', 'high', 'owner', 1, 'x');
             INSERT INTO claim VALUES ('{ben}', 'note', 'x', '{anna}', 'private', 'low', 1);
             INSERT INTO voiceprint VALUES ('v2', '{anna}', 'm', x'00', 1, 1);
             INSERT INTO token VALUES ('t2', 'n', x'02', 'chat', 1, NULL, '{anna}')"
        ))
        .await;
    let left = "SELECT name FROM person UNION ALL SELECT value FROM profile_field UNION ALL SELECT value FROM claim \
                UNION ALL SELECT id FROM voiceprint UNION ALL SELECT id FROM token WHERE person IS NOT NULL";
    assert_eq!(bench.list(left).await, ["ben"]);
}

// C-41: what was taken away since a backup does not come back with it.
#[tokio::test]
async fn a_restored_backup_brings_nobody_back_and_no_right() {
    let bench = Bench::new();
    let (anna, _) = filled(&bench).await;
    let olga = bench.add("olga", Role::Owner).await;
    bench.add("otto", Role::Owner).await;
    bench
        .execute(format!("INSERT INTO voiceprint VALUES ('v9', '{olga}', 'm', x'00', 1, 1)"))
        .await;
    bench.write(olga, olga, Field::Note, "shown before").await.unwrap();
    let public = crate::policy::Visibility::Public;
    bench.people.set_visibility((olga, Field::Note), public, circumstances(olga)).await.unwrap();
    let file = |name: &str| bench.directory.path().join(name);
    let (backup, aside, later) = (file("backup"), file("aside"), file("later"));
    bench.store.settle().await.unwrap();
    back_up(&bench.database(), &backup).unwrap();

    let operator = Circumstances::operator(NOW);
    bench.people.set_role(olga, Role::Guest, (operator, false)).await.unwrap();
    bench.people.delete_voiceprint(olga, "v9", operator).await.unwrap();
    let private = crate::policy::Visibility::Private;
    bench.people.set_visibility((olga, Field::Note), private, circumstances(olga)).await.unwrap();
    let eva = bench.add("eva", Role::Guest).await;
    bench.people.erase(anna, (operator, false)).await.unwrap();
    bench.store.close().await;
    restore(&bench.database(), &backup, &aside).unwrap();

    let bench = bench.reopened().await;
    assert!(bench.people.get(anna).await.is_err());
    assert_eq!(bench.standing(olga).await.role, Role::Guest, "taken since the backup");
    assert!(bench.people.voiceprints(olga).await.unwrap().is_empty());
    assert_eq!(bench.text(olga, Field::Note).await, None, "it was shown to others then");
    let left = "SELECT value FROM claim UNION ALL SELECT id FROM token WHERE person IS NOT NULL";
    assert_eq!(bench.list(left).await.len(), 0);

    // What was written since is aside, and somebody who is erased by then is not taken in from there.
    assert!(bench.people.get(eva).await.is_err());
    let imported = import(&bench.database(), &aside).unwrap();
    assert_eq!(imported.conflicts, Vec::<String>::new());
    assert!(bench.people.get(eva).await.is_ok());
    assert_eq!(bench.text(olga, Field::Note).await.as_deref(), Some("shown before"));
    bench.people.erase(eva, (operator, false)).await.unwrap();
    fs::copy(&aside, &later).unwrap();
    let again = import(&bench.database(), &later).unwrap();
    assert!(again.erased > 0 && bench.people.get(eva).await.is_err(), "{again:?}");
}

#[tokio::test]
async fn a_token_is_linked_to_a_person_who_is_there_and_unlinked_again() {
    let bench = Bench::new();
    let (anna, _) = filled(&bench).await;
    let operator = Circumstances::operator(NOW);
    let nobody = bench.people.link_token("t1", Some(PersonId::new()), operator).await;
    assert!(matches!(nobody, Err(PeopleError::Unknown(_))));
    let nothing = bench.people.link_token("t7", Some(anna), operator).await;
    assert!(matches!(nothing, Err(PeopleError::UnknownToken(_))));
    bench.people.link_token("t1", None, operator).await.unwrap();
    let reasons: Vec<_> = bench.audit().await.into_iter().map(|one| one.reason).collect();
    assert_eq!(reasons[reasons.len() - 2..], ["linked", "unlinked"]);
}

#[tokio::test]
async fn one_voiceprint_is_deleted_and_nobody_elses() {
    let bench = Bench::new();
    let (anna, ben) = filled(&bench).await;
    let operator = Circumstances::operator(NOW);
    let refused = bench.people.delete_voiceprint(ben, "v1", operator).await.unwrap_err();
    assert!(matches!(refused, PeopleError::UnknownVoiceprint { .. }), "{refused}");
    assert_eq!(bench.people.voiceprints(anna).await.unwrap().len(), 1);
    bench.people.delete_voiceprint(anna, "v1", operator).await.unwrap();
    assert!(bench.people.voiceprints(anna).await.unwrap().is_empty());
    let bytes = fs::read(bench.database()).unwrap();
    assert!(!bytes.windows(19).any(|window| window == b"canary-of-the-voice"));
}
