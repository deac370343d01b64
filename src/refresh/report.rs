//! What a run says when it ends: lines for people, one JSON line for programs, and the same in a file.

use super::{
    contract::{Models, Rehearsal, ReleaseFacts, Restored},
    engine::Found,
    hold,
    plan::{Plan, Refusal},
    record::{Step, Verb},
    release::{Digest, Release},
    stack::OnFailure,
};
use crate::foundation::values::{Sha256, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};
use uuid::Uuid;

/// How many reports are kept.
const KEPT: usize = 100;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The release runs and answers.
    Done,
    /// It already did, and nothing was touched.
    Unchanged,
    /// Nothing was begun; what ran still runs.
    Refused,
    /// A step failed: the node is stopped, and held.
    Failed,
    /// A step failed, and the release before serves again.
    RolledBack,
}

/// One container after the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Its name in the stack.
    pub name: String,
    /// What it does: `running`, `stopped`, …
    pub status: String,
    /// Its exit code, if it has ended.
    pub exit_code: Option<i64>,
    /// What the engine's health check says, if it has said anything.
    pub health: Option<String>,
    /// How often the engine restarted it.
    pub restarts: i64,
}

impl Service {
    /// Describes a service by its container, if it has one.
    pub fn of(name: &str, found: Option<Found>) -> Self {
        let name = name.to_owned();
        let Some(found) = found else {
            let status = "absent".to_owned();
            return Self { name, status, exit_code: None, health: None, restarts: 0 };
        };
        let status = found.state.word().to_owned();
        let exit_code = found.state.code();
        Self { name, status, exit_code, health: found.health, restarts: found.restarts }
    }

    /// Whether its container has ended, or is gone.
    pub fn is_dead(&self) -> bool {
        matches!(self.status.as_str(), "stopped" | "absent" | "created")
    }
}

/// One step of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// Its number.
    pub number: usize,
    /// Which.
    pub step: Step,
    /// How long it took.
    pub duration_ms: u64,
    /// What was done.
    pub detail: String,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The step it went wrong in.
    pub step: Step,
    /// What.
    pub message: String,
    /// Because of what, one cause an entry.
    pub causes: Vec<String>,
    /// What a person can do.
    pub next: String,
    /// The file with the containers' last lines.
    pub log: Option<String>,
}

/// The whole report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Names the run; none if it did not begin.
    pub id: Option<Uuid>,
    /// What for.
    pub verb: Verb,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether another release, or the same one anew, runs now.
    pub changed: bool,
    /// The release before.
    pub from: Option<Digest>,
    /// The release that was wanted.
    pub release: Option<Release>,
    /// The commit that runs (LL-REF-37).
    pub commit: Option<String>,
    /// The digest that runs.
    pub digest: Option<Digest>,
    /// What the release runs models on.
    pub runtime_version: Option<String>,
    /// Where that lies in the image (LL-REF-38).
    pub runtime_path: Option<String>,
    /// Whether the node serves (LL-REF-39).
    pub service_status: String,
    /// Every container.
    pub services: Vec<Service>,
    /// The models, as the release found them.
    pub models: Option<Models>,
    /// Whether models and configuration are what they were, if the release told their hashes before and after.
    pub untouched: Option<bool>,
    /// What was migrated: schema before, schema after, backup.
    pub migrated: Option<(u32, u32, Option<String>)>,
    /// What the migrations took on a copy before step 1.
    pub rehearsal: Option<Rehearsal>,
    /// What was restored: schema before, schema after, and what was kept aside.
    pub restored: Option<Restored>,
    /// What differed in the old containers and was discarded.
    pub drift: Vec<String>,
    /// The steps that were gone through.
    pub steps: Vec<StepReport>,
    /// From the stop to the first right answer.
    pub downtime_ms: Option<u64>,
    /// What happens, or happened, on failure.
    pub on_failure: OnFailure,
    /// What the release warns of.
    pub warnings: Vec<String>,
    /// What the plan, or the release, has against it.
    pub refusals: Vec<Refusal>,
    /// Why nothing was begun, in a sentence.
    pub refused_because: Option<String>,
    /// What went wrong.
    pub error: Option<Trouble>,
    /// The rollback that followed, if one did.
    pub rollback: Option<Uuid>,
    /// The hash of the plan it followed.
    pub plan: Option<Sha256>,
    /// When it began.
    pub began: Timestamp,
    /// How long all of it took, with the fetch.
    pub duration_ms: u64,
    /// The file of this report.
    pub file: Option<String>,
}

impl Report {
    /// Begins a report.
    pub fn new(verb: Verb, on_failure: OnFailure, began: Timestamp) -> Self {
        Self {
            id: None,
            verb,
            outcome: Outcome::Refused,
            changed: false,
            from: None,
            release: None,
            commit: None,
            digest: None,
            runtime_version: None,
            runtime_path: None,
            service_status: "unknown".to_owned(),
            services: Vec::new(),
            models: None,
            untouched: None,
            migrated: None,
            rehearsal: None,
            restored: None,
            drift: Vec::new(),
            steps: Vec::new(),
            downtime_ms: None,
            on_failure,
            warnings: Vec::new(),
            refusals: Vec::new(),
            refused_because: None,
            error: None,
            rollback: None,
            plan: None,
            began,
            duration_ms: 0,
            file: None,
        }
    }

    /// Notes what a plan says.
    pub fn planned(&mut self, plan: &Plan) {
        (self.from, self.plan) = (plan.from, Some(plan.hash));
        self.rehearsal = plan.rehearsal;
    }

    /// Notes what the release says of itself.
    pub fn release_says(&mut self, facts: &ReleaseFacts, models: &Models) {
        self.commit.clone_from(&facts.commit);
        self.runtime_version = Some(facts.runtime.clone());
        self.runtime_path.clone_from(&facts.runtime_path);
        self.models = Some(models.clone());
    }

    /// Writes the report to a file of its own, and forgets the oldest ones.
    pub fn keep(&mut self, directory: &Path) -> io::Result<()> {
        let Some(id) = self.id else { return Ok(()) };
        let reports = directory.join("reports");
        fs::create_dir_all(&reports)?;
        let name = format!("{id}.json");
        self.file = Some(reports.join(&name).display().to_string());
        hold::write_whole(&reports, &name, 0o600, serde_json::to_string_pretty(self)?.as_bytes())?;
        let mut names: Vec<_> =
            fs::read_dir(&reports)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
        // Identifiers sort by time; a run has a report and perhaps a log.
        names.sort();
        for old in names.iter().take(names.len().saturating_sub(2 * KEPT)) {
            fs::remove_file(old)?;
        }
        Ok(())
    }

    /// Returns the lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |key: &str, value: Option<String>| {
            lines.extend(value.map(|value| format!("{key:<15} {value}")));
        };
        line("outcome", Some(outcome(self)));
        line("commit", self.commit.clone());
        line("digest", self.digest.map(|digest| digest.to_string()));
        line("image", self.release.as_ref().map(|release| release.reference.clone()));
        line("signed by", self.release.as_ref().and_then(|release| release.signer.clone()));
        line("runtime", self.runtime_version.clone());
        line("runtime_path", self.runtime_path.clone());
        line("service_status", Some(self.service_status.clone()));
        line("models", self.models.as_ref().map(models));
        line(
            "untouched",
            self.untouched.map(|same| {
                if same {
                    "models and configuration, by their hashes"
                } else {
                    "no: see the warnings"
                }
                .to_owned()
            }),
        );
        if let Some((from, to, backup)) = &self.migrated {
            let backup = backup.as_ref().map_or(String::new(), |file| format!(", backup {file}"));
            line("migrated", Some(format!("schema {from} to {to}{backup}")));
        }
        if let Some(Rehearsal { took_ms, database_bytes, .. }) = &self.rehearsal {
            line(
                "rehearsed",
                Some(format!("in {took_ms} ms, on a copy of {database_bytes} bytes")),
            );
        }
        if let Some(Restored { from, to, kept, kept_aside, replayed, .. }) = &self.restored {
            line(
                "restored",
                Some(format!("schema {from} to {to}, {replayed} revocations replayed")),
            );
            line(
                "kept aside",
                kept_aside.as_ref().map(|file| {
                    let tables: Vec<_> =
                        kept.iter().map(|(name, rows)| format!("{rows} of {name}")).collect();
                    format!("{} in {file}", tables.join(", "))
                }),
            );
        }
        line("drift", (!self.drift.is_empty()).then(|| self.drift.join(", ")));
        line("downtime", self.downtime_ms.map(|ms| format!("{ms} ms")));
        line("plan", self.plan.map(|hash| hash.to_string().chars().take(12).collect()));
        line("report", self.file.clone());
        for warning in &self.warnings {
            line("warning", Some(warning.clone()));
        }
        lines
    }
}

fn outcome(report: &Report) -> String {
    match report.outcome {
        Outcome::Done => format!("done: {} finished in {} ms", report.verb, report.duration_ms),
        Outcome::Unchanged => "unchanged: this release already runs".to_owned(),
        Outcome::Refused => format!("{} refused: nothing was touched", report.verb),
        Outcome::Failed => format!("{} failed: the node is stopped, and held", report.verb),
        Outcome::RolledBack => {
            format!("{} failed: the release before serves again", report.verb)
        }
    }
}

fn models(models: &Models) -> String {
    let writable = if models.writable { ", WRITABLE" } else { "" };
    format!(
        "{} present, {} missing, {} mismatched{writable}",
        models.present, models.missing, models.mismatched
    )
}
