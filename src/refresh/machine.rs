//! What a node's journal amounts to: which release is installed, whether it is proven, what a crash left behind.
//!
//! ```text
//!                      StepDone × 4           Ready                 Proven
//! (installed) ──Began──▶ under way ──────────▶ on probation ──────▶ proven
//!                          │    │                  │
//!                  Failed ─┘    └─ no end:         └─ Died: held
//!                  held            Interrupted, held
//! ```
//!
//! Pure: records in, state out. The steps write the records, in `steps`; the daemon acts on the state, in `daemon`.

use super::{
    record::{Record, Step, Verb},
    release::{Digest, Release},
};
use crate::foundation::values::{Sha256, time::Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What is known of a node's releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Releases that became ready, oldest first; the last one is the one installed.
    installed: Vec<Installed>,
    /// A run through the steps that has no end yet.
    pub under_way: Option<UnderWay>,
    /// How the last run that has an end ended.
    pub last: Option<Last>,
    /// The schema of the state, as far as the supervisor knows it.
    pub schema: Option<u32>,
    /// What migrations have left, one for each schema, the newest last.
    backups: Vec<Backup>,
    /// When the last record was written.
    pub at: Option<Timestamp>,
    /// Whether somebody stopped the node, who did not start it again.
    pub stopped: bool,
    /// The containers that somebody stopped by themselves, and did not start again.
    pub resting: BTreeSet<String>,
}

/// What a migration left behind: the way back to the schema before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The schema that it has.
    pub schema: u32,
    /// Its hash; none if the release was interrupted before it could say it.
    pub sha256: Option<Sha256>,
    /// The release that migrated.
    pub by: Release,
}

/// A release that became ready on this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The release.
    pub release: Release,
    /// When it became ready.
    pub since: Timestamp,
    /// Whether it is proven.
    pub standing: Standing,
}

/// How far a release is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It answered, and has to go on doing so for a while.
    OnProbation,
    /// It has outlived its probation.
    Proven,
    /// It died in its probation.
    Died,
}

/// A run through the steps, as far as it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Names it.
    pub id: Uuid,
    /// What for.
    pub verb: Verb,
    /// Where to.
    pub to: Release,
    /// The step that it is in.
    pub step: Step,
    /// Whether that step is done.
    pub done: bool,
    /// Whether the state was migrated in it, or may have been.
    pub migrated: bool,
    /// When it began.
    pub since: Timestamp,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Last {
    /// Names it.
    pub id: Uuid,
    /// What for.
    pub verb: Verb,
    /// Where to.
    pub digest: Digest,
    /// How.
    pub outcome: Ended,
    /// The step in which it ended, unless it went through.
    pub step: Option<Step>,
    /// What went wrong.
    pub message: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// Whether the state was migrated in it, or may have been.
    pub migrated: bool,
}

/// How a run ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The release became ready.
    Done,
    /// A step failed.
    Failed,
    /// The supervisor was killed, or the power went.
    Interrupted,
}

impl Node {
    /// Reads a whole journal.
    pub fn of<'a>(records: impl IntoIterator<Item = (Timestamp, &'a Record)>) -> Self {
        let mut node = Self::default();
        for (at, record) in records {
            node.learn(at, record);
        }
        node
    }

    /// Takes one more fact in.
    pub fn learn(&mut self, at: Timestamp, record: &Record) {
        self.at = Some(at);
        match record {
            Record::Began { id, verb, to, .. } => {
                // A run that never ended and was never called interrupted: the next one tells.
                self.end(at, Ended::Interrupted, None);
                self.under_way = Some(UnderWay {
                    id: *id,
                    verb: *verb,
                    to: (**to).clone(),
                    step: Step::Stop,
                    done: false,
                    migrated: false,
                    since: at,
                });
                self.stopped = false;
            }
            Record::StepBegan { id, step } => self.reach(*id, *step, false),
            Record::StepDone { id, step, .. } => self.reach(*id, *step, true),
            Record::Migrating { id, from, .. } => self.back_up(*id, *from, None),
            Record::Restoring { id, .. } => self.migrates(*id),
            Record::Restored { to, .. } => self.schema = Some(*to),
            Record::Migrated { id, from, to, backup_sha256, .. } => {
                self.schema = Some(*to);
                self.back_up(*id, *from, *backup_sha256);
                self.migrates(*id);
            }
            Record::Failed { id, step, message } if self.is_under_way(*id) => {
                self.reach(*id, *step, false);
                self.end(at, Ended::Failed, Some(message.clone()));
            }
            Record::Interrupted { id, .. } if self.is_under_way(*id) => {
                self.end(at, Ended::Interrupted, None);
            }
            Record::Ready { id, .. } if self.is_under_way(*id) => {
                let release = self.under_way.as_ref().map(|run| run.to.clone());
                self.end(at, Ended::Done, None);
                self.installed.extend(release.map(|release| Installed {
                    release,
                    since: at,
                    standing: Standing::OnProbation,
                }));
            }
            Record::Proven { digest } => self.stand(*digest, Standing::Proven),
            Record::Died { digest, .. } => {
                let on_probation = |one: &&mut Installed| {
                    one.release.digest == *digest && one.standing == Standing::OnProbation
                };
                if let Some(one) = self.installed.last_mut().filter(on_probation) {
                    one.standing = Standing::Died;
                }
            }
            Record::Started { .. } => self.stopped = false,
            Record::Stopped { .. } => self.stopped = true,
            Record::ContainerStopped { service, .. } => {
                self.resting.insert(service.clone());
            }
            Record::ContainerStarted { service, .. } => {
                self.resting.remove(service);
            }
            Record::Failed { .. }
            | Record::Interrupted { .. }
            | Record::Ready { .. }
            | Record::Restarted { .. }
            | Record::Held { .. }
            | Record::Released { .. }
            | Record::SetAside { .. }
            | Record::ServiceDisabled { .. }
            | Record::BackedUp { .. }
            | Record::HandingOver { .. }
            | Record::HandedOver { .. }
            | Record::TakenBack { .. }
            | Record::Unknown => {}
        }
    }

    /// Returns what a migration from this schema has left.
    pub fn backup_of(&self, schema: u32) -> Option<&Backup> {
        self.backups.iter().find(|backup| backup.schema == schema)
    }

    /// Returns the release that migrated last, or began to: it knows the schema of the state, and those before it.
    pub fn migrator(&self) -> Option<&Release> {
        self.backups.last().map(|backup| &backup.by)
    }

    fn migrates(&mut self, id: Uuid) {
        if let Some(run) = self.under_way.as_mut().filter(|run| run.id == id) {
            run.migrated = true;
        }
    }

    fn back_up(&mut self, id: Uuid, from: u32, sha256: Option<Sha256>) {
        self.migrates(id);
        // What was not there before has no way back.
        let Some(run) = self.under_way.as_ref().filter(|run| run.id == id && from > 0) else {
            return;
        };
        self.backups.retain(|backup| backup.schema != from);
        self.backups.push(Backup { schema: from, sha256, by: run.to.clone() });
    }

    /// Returns the release that is installed: the last one that became ready.
    pub fn current(&self) -> Option<&Installed> {
        self.installed.last()
    }

    /// Returns the release that a rollback goes to.
    ///
    /// After a run that failed, or a release that died in its probation, that is the last one that became ready and was not
    /// this one; otherwise the one before the current one.
    pub fn rollback_target(&self) -> Option<&Installed> {
        let failed = self.last.as_ref().filter(|last| last.outcome != Ended::Done);
        let not = match failed {
            Some(last) => Some(last.digest),
            None => self.current().map(|current| current.release.digest),
        };
        self.installed
            .iter()
            .rev()
            .find(|one| Some(one.release.digest) != not && one.standing != Standing::Died)
    }

    /// Whether the release before can be gone back to without a person: it is there, and the state is as it left it.
    pub fn can_go_back(&self) -> bool {
        let refreshed = self.last.as_ref().filter(|last| last.verb == Verb::Refresh);
        refreshed.is_some_and(|last| !last.migrated) && self.rollback_target().is_some()
    }

    /// Returns the digests that must stay on this machine, because a run may need them.
    pub fn needed(&self) -> Vec<Digest> {
        let run = self.under_way.as_ref().map(|run| run.to.digest);
        let current = self.current().map(|one| one.release.digest);
        let back = self.rollback_target();
        // The state may be of another schema than the release before knows.
        let failed = self.last.as_ref().is_some_and(|last| last.outcome != Ended::Done);
        let moved = failed || back.is_some_and(|one| one.release.schema != self.schema);
        let migrator = self.migrator().filter(|_| moved).map(|one| one.digest);
        let back = back.map(|one| one.release.digest);
        run.into_iter().chain(current).chain(back).chain(migrator).collect()
    }

    /// Whether the run that has no end got as far as a release that answered: only its report is missing.
    pub fn only_report_missing(&self) -> bool {
        self.under_way
            .as_ref()
            .is_some_and(|run| run.step == Step::Status || (run.step == Step::Restart && run.done))
    }

    fn is_under_way(&self, id: Uuid) -> bool {
        self.under_way.as_ref().is_some_and(|run| run.id == id)
    }

    fn reach(&mut self, id: Uuid, step: Step, done: bool) {
        if let Some(run) = self.under_way.as_mut().filter(|run| run.id == id) {
            (run.step, run.done) = (step, done);
        }
    }

    fn stand(&mut self, digest: Digest, standing: Standing) {
        if let Some(one) = self.installed.last_mut().filter(|one| one.release.digest == digest) {
            one.standing = standing;
        }
    }

    fn end(&mut self, at: Timestamp, outcome: Ended, message: Option<String>) {
        let Some(run) = self.under_way.take() else { return };
        self.last = Some(Last {
            id: run.id,
            verb: run.verb,
            digest: run.to.digest,
            outcome,
            step: (outcome != Ended::Done).then_some(run.step),
            message,
            began: run.since,
            at,
            migrated: run.migrated,
        });
        if outcome == Ended::Done && run.to.schema.is_some() {
            self.schema = run.to.schema;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn release(name: &str) -> Release {
        Release {
            digest: Digest(Sha256::of(name)),
            reference: name.to_owned(),
            image_id: format!("sha256:{name}"),
            revision: None,
            source: None,
            version: Some(name.to_owned()),
            schema: Some(2),
            signer: None,
        }
    }

    fn began(id: u128, name: &str) -> Record {
        Record::Began {
            id: Uuid::from_u128(id),
            verb: Verb::Refresh,
            from: None,
            to: Box::new(release(name)),
            plan: Sha256::of("plan"),
            actor: "test".to_owned(),
            trees: None,
        }
    }

    fn ready(id: u128) -> Record {
        Record::Ready { id: Uuid::from_u128(id), answers: 5, trees: None }
    }

    fn failed(id: u128) -> Record {
        Record::Failed {
            id: Uuid::from_u128(id),
            step: Step::Restart,
            message: "no answer".to_owned(),
        }
    }

    fn node(records: &[Record]) -> Node {
        Node::of(
            records
                .iter()
                .enumerate()
                .map(|(index, record)| (Timestamp(i64::try_from(index).unwrap()), record)),
        )
    }

    fn target(node: &Node) -> Option<&str> {
        node.rollback_target().map(|one| one.release.reference.as_str())
    }

    // LL-REF-46, C-1
    #[test]
    fn after_a_failed_refresh_a_rollback_goes_to_what_was_there_before() {
        let node = node(&[began(1, "a"), ready(1), began(2, "b"), failed(2)]);
        assert_eq!(node.current().unwrap().release.reference, "a");
        assert_eq!(target(&node), Some("a"));
        assert_eq!(node.last.as_ref().unwrap().step, Some(Step::Restart));
    }

    #[test]
    fn after_a_good_refresh_a_rollback_goes_to_the_one_before_and_then_back() {
        let mut records = vec![began(1, "a"), ready(1), began(2, "b"), ready(2)];
        assert_eq!(target(&node(&records)), Some("a"));
        records.extend([began(3, "a"), ready(3)]);
        assert_eq!(target(&node(&records)), Some("b"));
    }

    #[test]
    fn a_release_that_died_in_its_probation_is_never_rolled_back_to() {
        let died = |name: &str| Record::Died {
            digest: release(name).digest,
            service: "api".to_owned(),
            code: Some(1),
        };
        let records = [began(1, "a"), ready(1), began(2, "b"), ready(2), died("b")];
        assert_eq!(target(&node(&records)), Some("a"));
        let records = [began(1, "a"), ready(1), died("a")];
        assert_eq!(target(&node(&records)), None);
    }

    #[test]
    fn a_run_without_an_end_is_under_way_until_somebody_calls_it_interrupted() {
        let id = Uuid::from_u128(2);
        let mut records = vec![
            began(1, "a"),
            ready(1),
            began(2, "b"),
            Record::StepBegan { id, step: Step::Sync },
        ];
        let found = node(&records);
        assert_eq!(found.under_way.as_ref().unwrap().step, Step::Sync);
        assert!(!found.only_report_missing());
        records.push(Record::Interrupted { id, step: Step::Sync });
        let found = node(&records);
        assert!(found.under_way.is_none());
        assert_eq!(found.last.as_ref().unwrap().outcome, Ended::Interrupted);
        assert_eq!(target(&found), Some("a"));
    }

    #[test]
    fn after_the_release_has_answered_only_the_report_is_missing() {
        let id = Uuid::from_u128(1);
        let done = Record::StepDone { id, step: Step::Restart, took_ms: 1 };
        assert!(node(&[began(1, "a"), done]).only_report_missing());
    }

    #[test]
    fn a_migration_is_remembered_even_if_the_refresh_then_fails() {
        let id = Uuid::from_u128(2);
        let migrated = Record::Migrated { id, from: 2, to: 3, backup: None, backup_sha256: None };
        let found = node(&[began(1, "a"), ready(1), began(2, "b"), migrated, failed(2)]);
        assert_eq!(found.schema, Some(3));
        assert!(found.last.unwrap().migrated);
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let id = 0..4u128;
        let name = prop::sample::select(vec!["a", "b", "c"]);
        let step = prop::sample::select(Step::ALL.to_vec());
        (id, name, step, 0..9usize).prop_map(|(id, name, step, kind)| {
            let (uuid, digest) = (Uuid::from_u128(id), release(name).digest);
            match kind {
                0 => began(id, name),
                1 => ready(id),
                2 => failed(id),
                3 => Record::StepBegan { id: uuid, step },
                4 => Record::StepDone { id: uuid, step, took_ms: 0 },
                5 => Record::Interrupted { id: uuid, step },
                6 => Record::Proven { digest },
                7 => Record::Died { digest, service: "api".to_owned(), code: None },
                _ => {
                    Record::Migrated { id: uuid, from: 0, to: 1, backup: None, backup_sha256: None }
                }
            }
        })
    }

    proptest! {
        /// Whatever a journal says, nobody is rolled back to what just failed, and what a rollback needs is kept.
        #[test]
        fn a_rollback_never_goes_to_what_failed(records in prop::collection::vec(any_record(), 0..40)) {
            let node = node(&records);
            if let Some(target) = node.rollback_target() {
                let digest = target.release.digest;
                prop_assert_ne!(target.standing, Standing::Died);
                prop_assert!(node.needed().contains(&digest));
                if let Some(last) = node.last.as_ref().filter(|last| last.outcome != Ended::Done) {
                    prop_assert_ne!(last.digest, digest);
                }
            }
            if let Some(current) = node.current() {
                prop_assert!(node.needed().contains(&current.release.digest));
            }
        }
    }
}
