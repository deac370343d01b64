//! Why a node is as it is: the journal's receipts of one run, told in words.
//!
//! Nothing is found out here that the receipts do not say; what they do not say is not told.

use super::{
    contract::Trees,
    journal::Entry,
    record::{Record, Step, Verb},
};
use crate::foundation::values::{Sha256, time::Timestamp};
use serde::Serialize;
use uuid::Uuid;

/// One run, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Names the run.
    pub id: Uuid,
    /// What it was for.
    pub verb: Verb,
    /// When it began.
    pub began: Timestamp,
    /// What happened, a sentence each, in order.
    pub sentences: Vec<String>,
}

/// Explains the last run whose identifier begins or ends like this, or the last one if none is named.
pub fn explain(entries: &[Entry], wanted: Option<&str>) -> Option<Why> {
    let is_wanted = |id: &Uuid| {
        let id = id.to_string();
        wanted.is_none_or(|wanted| id.starts_with(wanted) || id.ends_with(wanted))
    };
    let (at, id, verb, began) = entries.iter().enumerate().rev().find_map(|(at, entry)| {
        let Record::Began { id, verb, .. } = &entry.record else { return None };
        is_wanted(id).then_some((at, *id, *verb, entry.at))
    })?;
    let mut sentences = Vec::new();
    for entry in &entries[at..] {
        // The next run is another story; until then, whatever happened is this one's.
        if matches!(&entry.record, Record::Began { id: other, .. } if *other != id) {
            break;
        }
        sentences.extend(sentence(entry));
    }
    Some(Why { id, verb, began, sentences })
}

fn sentence(entry: &Entry) -> Option<String> {
    let at = entry.at.rfc3339();
    Some(match &entry.record {
        began @ Record::Began { .. } => return how_it_began(&at, began),
        // Their ends say that they began; where there is none, the run says in which step it was.
        Record::StepBegan { .. } | Record::Migrating { .. } => return None,
        Record::StepDone { step, took_ms, .. } => format!("{} in {took_ms} ms.", did(*step)),
        Record::Restoring { kept_aside, .. } => format!(
            "The state was about to be restored; whatever the backup did not know is in {kept_aside}."
        ),
        Record::Restored { from, to, kept_aside, kept, replayed, .. } => {
            let records = kept.values().sum();
            format!(
                "The state went back from schema {from} to {to}: {}, and {replayed} revocations were replayed.",
                aside(kept_aside.as_deref(), records)
            )
        }
        Record::Migrated { from, to, backup, backup_sha256, .. } => {
            let hash = backup_sha256
                .as_ref()
                .map_or_else(String::new, |hash| format!(" ({})", short(hash)));
            let backup = backup.as_ref().map_or_else(
                || "without a backup, for there was nothing before".to_owned(),
                |file| format!("and what was before is kept in {file}{hash}"),
            );
            format!("The state went from schema {from} to {to}, {backup}.")
        }
        Record::Failed { step, message, .. } => {
            format!("At {at} it failed in {step}: {message}. So the node was stopped.")
        }
        Record::Interrupted { step, .. } => format!(
            "It was interrupted in {step}, by a crash or a power cut; that was found at {at}, and the node stopped."
        ),
        Record::Ready { answers, trees, .. } => {
            let trees =
                trees.as_ref().map_or_else(String::new, |trees| format!(" {}", hashes(trees)));
            let answers = if *answers == 0 {
                "often enough".to_owned()
            } else {
                format!("{answers} times in a row")
            };
            format!(
                "At {at} it had answered {answers} by the published port: its probation began.{trees}"
            )
        }
        Record::Proven { digest } => {
            format!("At {at} it had outlived its probation: {} is proven.", digest.short())
        }
        Record::Died { .. }
        | Record::Restarted { .. }
        | Record::Held { .. }
        | Record::Released { .. }
        | Record::Started { .. }
        | Record::Stopped { .. }
        | Record::ContainerStopped { .. }
        | Record::ContainerStarted { .. }
        | Record::ServiceDisabled { .. }
        | Record::SetAside { .. }
        | Record::BackedUp { .. }
        | Record::HandingOver { .. }
        | Record::HandedOver { .. }
        | Record::TakenBack { .. }
        | Record::Unknown => format!("At {at}: {}.", entry.record),
    })
}

fn how_it_began(at: &str, record: &Record) -> Option<String> {
    let Record::Began { verb, from, to, plan, actor, trees, .. } = record else { return None };
    // After a release that never became ready, the one that is installed is the one that is gone back to.
    let from = match from {
        Some(digest) if *digest == to.digest => String::new(),
        Some(digest) => format!(" from {}", digest.short()),
        None => " from no release".to_owned(),
    };
    let commit = to.revision.as_deref().unwrap_or("an unknown commit");
    let signed = to.signer.as_ref().map_or_else(
        || "Its signature was not asked for, or only warned of.".to_owned(),
        |signer| format!("It is signed by the key {signer}."),
    );
    let trees = trees.as_ref().map_or_else(String::new, |trees| format!(" {}", hashes(trees)));
    Some(format!(
        "At {at}, a {verb}{from} to {to} began, because {actor} wanted it. That release is {} of {}, built \
                 from {commit}. {signed} The plan was {}.{trees}",
        to.digest,
        to.reference,
        short(plan)
    ))
}

fn aside(file: Option<&str>, records: u64) -> String {
    file.map_or_else(
        || "nothing durable had been written since".to_owned(),
        |file| format!("{records} records written since are kept in {file}"),
    )
}

fn short(hash: &Sha256) -> String {
    hash.to_string().chars().take(12).collect()
}

fn hashes(trees: &Trees) -> String {
    let Trees { config, models, manifest } = trees;
    format!(
        "The configuration was {}, the models {} by the manifest {}.",
        short(config),
        short(models),
        short(manifest)
    )
}

fn did(step: Step) -> &'static str {
    match step {
        Step::Stop => "The old containers were stopped and seen to have ended",
        Step::Sync => "The release was made the wanted one and what was before cleared away",
        Step::Rebuild => "The containers were made from what is declared",
        Step::Prepare => "Database, models and readiness were seen to",
        Step::Restart => "The release was started and asked until it answered",
        Step::Status => "What runs was written down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::release::{Digest, Release};

    fn release(name: &str, signer: Option<&str>) -> Release {
        Release {
            digest: Digest(Sha256::of(name)),
            reference: "registry.example/ladylinux:main".to_owned(),
            image_id: "sha256:1d".to_owned(),
            revision: Some("c0ffee".to_owned()),
            source: None,
            version: Some(name.to_owned()),
            schema: Some(2),
            signer: signer.map(str::to_owned),
        }
    }

    fn entries(records: Vec<Record>) -> Vec<Entry> {
        let entry = |(at, record)| Entry { at: Timestamp(at), after: Sha256::of(""), record };
        (1_795_282_867_000..).step_by(1000).zip(records).map(entry).collect()
    }

    fn began(id: u128, to: Release) -> Record {
        Record::Began {
            id: Uuid::from_u128(id),
            verb: Verb::Refresh,
            from: None,
            to: Box::new(to),
            plan: Sha256::of("plan"),
            actor: "request of anna".to_owned(),
            trees: None,
        }
    }

    #[test]
    fn a_run_is_told_from_its_beginning_to_what_became_of_it() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let trees = Trees {
            config: Sha256::of("config"),
            models: Sha256::of("models"),
            manifest: Sha256::of("manifest"),
        };
        let journal = entries(vec![
            began(1, release("1.0.0", Some("releases"))),
            Record::StepBegan { id: one, step: Step::Stop },
            Record::StepDone { id: one, step: Step::Stop, took_ms: 53 },
            Record::Migrated {
                id: one,
                from: 1,
                to: 2,
                backup: Some("/b".to_owned()),
                backup_sha256: None,
            },
            Record::Ready { id: one, answers: 5, trees: Some(trees) },
            Record::Proven { digest: Digest(Sha256::of("1.0.0")) },
            began(2, release("1.1.0", None)),
            Record::Failed { id: two, step: Step::Restart, message: "nobody answers".to_owned() },
            Record::Held { reason: "it failed".to_owned() },
        ]);
        let last = explain(&journal, None).unwrap();
        assert_eq!(last.id, two);
        let told = last.sentences.join("\n");
        assert!(told.contains("not asked for") && told.contains("nobody answers"), "{told}");
        let first = explain(&journal, Some(&one.to_string())).unwrap();
        let told = first.sentences.join("\n");
        let config = Sha256::of("config").to_string();
        for word in [
            "anna",
            "releases",
            "c0ffee",
            "53 ms",
            "schema 1 to 2",
            "/b",
            "5 times",
            &config[..12],
            "proven",
        ] {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("1.1.0"), "{told}");
        assert_eq!(explain(&journal, Some("nothing")), None);
        assert_eq!(explain(&[], None), None);
    }
}
