//! `ladylinux prepare`: all that a release needs before it serves, in one run and one report. The fourth step of a refresh.
//!
//! In this order: directories, database, models, and what else a node needs. The report is printed in every case, because
//! the supervisor reads it (its form is `refresh::contract`); only a wrong command line has none.

use super::{
    Common, doctor,
    exit::{Exit, Outcome},
    migrate, out,
};
use crate::api;
use crate::foundation::{
    layout::{self, Owner},
    settings::{Environment, Paths, Settings},
    store::{self, StoreError},
    values::{ReadinessIssue, Release, Severity, Sha256},
};
use crate::inference::models::{Digests, Inventory, Manifest, Mismatch, writable};
use crate::inference::workers::{Runtime, permits};
use anyhow::Context;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The arguments of `prepare`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 ready, 1 failed, 2 refused (wrong settings), 3 not ready; the report says why"
)]
pub(super) struct Prepare {
    /// Change nothing, and say what would be done; the node's state may be mounted read-only, and in use
    #[arg(long, conflicts_with = "provision")]
    check: bool,
    /// Migrate a copy of the database in this directory, and say what that took; nothing else is looked at, and the
    /// node's state may be mounted read-only, and in use
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "provision"])]
    rehearse: Option<PathBuf>,
    /// Create the node's directories first, such as in a fresh volume
    #[arg(long)]
    provision: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done and found.
#[derive(Debug, Serialize)]
struct Report {
    release: ReleaseFacts,
    ready: bool,
    issues: Vec<ReadinessIssue>,
    database: Database,
    models: Models,
    trees: Option<Trees>,
    #[serde(skip)]
    exit: Exit,
}

/// Hashes of what no refresh changes.
#[derive(Debug, Serialize)]
struct Trees {
    config: Sha256,
    models: Sha256,
    manifest: Sha256,
}

/// What this release says about itself.
#[derive(Debug, Serialize)]
struct ReleaseFacts {
    version: &'static str,
    commit: Option<&'static str>,
    runtime: String,
    runtime_path: Option<String>,
}

/// The database, before and after.
#[derive(Debug, Default, Serialize)]
struct Database {
    from: u32,
    to: u32,
    migrations: Vec<String>,
    applied: bool,
    backup: Option<String>,
    backup_sha256: Option<Sha256>,
    rehearsal: Option<Rehearsal>,
}

/// What the migrations took on a copy.
#[derive(Debug, Serialize)]
struct Rehearsal {
    took_ms: u64,
    database_bytes: u64,
    space_bytes: u64,
}

/// The models on this machine.
#[derive(Debug, Default, Serialize)]
struct Models {
    present: usize,
    missing: usize,
    mismatched: usize,
    writable: bool,
}

impl Prepare {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let mut report = Report::new();
        match common.load(&[]) {
            Ok(loaded) => self.prepare(&loaded.settings, &mut report),
            Err(error) => report.refuse(doctor::unusable_settings(&error)),
        }
        report.ready = report.exit == Exit::Done;
        if self.json {
            out::json(&report)?;
        } else {
            report.print(match self {
                Self { rehearse: Some(_), .. } => "the migrations go through on a copy",
                Self { check: true, .. } => "nothing keeps this release from serving here",
                _ => "ready to serve",
            });
        }
        Ok(report.exit)
    }

    fn prepare(&self, settings: &Settings, report: &mut Report) {
        report.runtime(settings);
        refusals(settings).for_each(|issue| report.refuse(issue));
        if report.exit == Exit::Refused {
            return;
        }
        if let Some(directory) = &self.rehearse {
            return rehearse(&settings.paths, directory, report);
        }
        let is_laid_out = self.directories(settings, report);
        self.database(&settings.paths, is_laid_out, report);
        self.models(settings, report);
        report.trees(&settings.paths);
        let rest = [doctor::clock(), doctor::tls(&settings.http), doctor::owners(&settings.paths)];
        rest.into_iter().filter_map(Result::err).for_each(|issue| report.note(issue));
        if let Err(issue) = doctor::disk(&settings.paths.state) {
            // Before a refresh it is a reason to leave the old release alone; after the stop, none not to serve at all.
            let severity = if self.check { issue.severity } else { Severity::Warning };
            report.note(ReadinessIssue { severity, ..issue });
        }
    }

    /// Creates the directories if that is asked for, checks them, and returns whether the node could work with them.
    fn directories(&self, settings: &Settings, report: &mut Report) -> bool {
        if self.provision && layout::unmounted(settings).is_none() {
            let paths = &settings.paths;
            if let Err(error) = layout::provision(paths, Owner::expected(paths)) {
                report.fail(ReadinessIssue {
                    severity: Severity::Critical,
                    code: "not_provisioned".to_owned(),
                    message: doctor::chain(&error),
                    path: None,
                    mend: super::command(paths, "provision"),
                });
            }
        }
        let state = if self.check { layout::State::LookedAt } else { layout::State::InUse };
        let issues = layout::readiness(settings, state);
        let is_laid_out = issues.iter().all(|issue| issue.severity != Severity::Critical);
        for issue in layout::foremost(&issues) {
            report.note(issue.clone());
        }
        is_laid_out
    }

    /// Brings the database to this release's schema, or says what that would take.
    fn database(&self, paths: &Paths, is_laid_out: bool, report: &mut Report) {
        let database = paths.database();
        match store::plan(&database) {
            Ok(plan) => {
                report.database.from = plan.from;
                report.database.migrations = plan.pending.iter().map(named).collect();
            }
            Err(error) => {
                if let StoreError::FromTheFuture { found, .. } = &error {
                    report.database.from = *found;
                }
                return report.note(doctor::database_issue(paths, &error));
            }
        }
        if self.check || !is_laid_out {
            return;
        }
        if let Err(error) = migrate::fits(paths, &database) {
            return report.fail(unfit(paths, &error));
        }
        match store::migrate(&database) {
            Ok((plan, backup)) => {
                report.database.applied = !plan.pending.is_empty();
                match backup.as_deref().map(hash).transpose() {
                    Ok(sha256) => report.database.backup_sha256 = sha256,
                    Err(error) => report.fail(unfit(paths, &error)),
                }
                report.database.backup = backup.map(|path| path.display().to_string());
            }
            Err(error) => {
                if let StoreError::Migration { backup: Some(path), .. } = &error {
                    report.database.backup = Some(path.display().to_string());
                }
                report.fail(doctor::database_issue(paths, &error));
            }
        }
    }

    fn models(&self, settings: &Settings, report: &mut Report) {
        let paths = &settings.paths;
        let mut digests = Digests::load(paths);
        match Inventory::take(paths, &mut digests) {
            Ok(found) => {
                report.models.present = found.present.len();
                report.models.missing = found.missing.len();
                report.models.mismatched = found.mismatched.len();
                found.missing.iter().for_each(|id| report.note(missing(paths, id)));
                found.mismatched.iter().for_each(|model| report.note(mismatch(paths, model)));
            }
            Err(error) => report.note(ReadinessIssue {
                severity: Severity::Critical,
                code: "manifest_invalid".to_owned(),
                message: doctor::chain(&error),
                path: Some(paths.models.clone()),
                mend: "mend the manifest, or remove it to use the one of this release".to_owned(),
            }),
        }
        // What is not kept is computed again the next time.
        if !self.check
            && let Err(error) = digests.save()
        {
            out::note(format!("the digests of models could not be kept: {error}"));
        }
        if let Some(path) = writable(paths) {
            report.models.writable = true;
            report.note(changeable(settings.environment, path));
        }
    }
}

/// Has the migrations run on a copy, and looks whether there is room for them.
fn rehearse(paths: &Paths, scratch: &Path, report: &mut Report) {
    let (plan, rehearsal) = match store::rehearse(&paths.database(), scratch) {
        Ok(rehearsed) => rehearsed,
        Err(error) => return report.note(doctor::database_issue(paths, &error)),
    };
    report.database.from = plan.from;
    report.database.migrations = plan.pending.iter().map(named).collect();
    let Some(store::Rehearsal { took, database_bytes, space_bytes }) = rehearsal else { return };
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    report.database.rehearsal = Some(Rehearsal { took_ms, database_bytes, space_bytes });
    let free = rustix::fs::statvfs(&paths.state)
        .map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    if free.is_ok_and(|free| free < space_bytes) {
        report.note(ReadinessIssue {
            severity: Severity::Critical,
            code: "no_space_to_migrate".to_owned(),
            message: format!(
                "the migration needs {space_bytes} bytes, for the backup and for what it writes, and fewer are free"
            ),
            path: Some(paths.state.clone()),
            mend: "free some space on its disk".to_owned(),
        });
    }
}

fn hash(file: &Path) -> anyhow::Result<Sha256> {
    Sha256::of_file(file)
        .with_context(|| format!("the backup {} cannot be read again", file.display()))
}

fn named(one: &store::Migration) -> String {
    format!("{:04} {}", one.number, one.name)
}

/// Returns why a node with these settings must not run at all, as `serve` would refuse it.
fn refusals(settings: &Settings) -> impl Iterator<Item = ReadinessIssue> {
    let user = rustix::process::geteuid().as_raw();
    let exposed = api::objection(&settings.http).map(|message| ReadinessIssue {
        severity: Severity::Critical,
        code: "exposed".to_owned(),
        message,
        path: None,
        mend: "change the settings that are named".to_owned(),
    });
    let permits = permits::check(settings).filter(|issue| issue.severity == Severity::Critical);
    layout::refuse_root(settings.environment, user).into_iter().chain(permits).chain(exposed)
}

fn unfit(paths: &Paths, error: &anyhow::Error) -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Critical,
        code: "database_unusable".to_owned(),
        message: format!("{error:#}"),
        path: Some(paths.database()),
        mend: "run this as the user that the node runs as".to_owned(),
    }
}

fn missing(paths: &Paths, id: &str) -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Critical,
        code: "model_missing".to_owned(),
        message: format!("missing model {id}, which the manifest requires"),
        path: Some(paths.models.clone()),
        mend: format!("`ladylinux models show {id}` names its files: put them there"),
    }
}

fn mismatch(paths: &Paths, model: &Mismatch) -> ReadinessIssue {
    let Mismatch { id, required, files } = model;
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    ReadinessIssue {
        severity: if *required { Severity::Critical } else { Severity::Warning },
        code: "model_mismatch".to_owned(),
        message: format!("model {id} is not what the manifest says: {}", names.join(", ")),
        path: Some(paths.models.clone()),
        mend: format!("check it with `ladylinux models verify {id}` and copy these files again"),
    }
}

/// Says that the node could change its models (C-45).
fn changeable(environment: Environment, path: std::path::PathBuf) -> ReadinessIssue {
    let strict = environment == Environment::Prod;
    ReadinessIssue {
        severity: if strict { Severity::Critical } else { Severity::Warning },
        code: "models_writable".to_owned(),
        message: format!("the node could change {}, and must not", path.display()),
        path: Some(path),
        mend: "mount the models read-only for the node; only `models pull` and `models import` write there"
            .to_owned(),
    }
}

impl Report {
    fn new() -> Self {
        let Release { version, commit, runtime } = Release::this();
        let release =
            ReleaseFacts { version, commit, runtime: runtime.to_owned(), runtime_path: None };
        let to = *store::schemas().end();
        Self {
            release,
            ready: false,
            issues: Vec::new(),
            database: Database { to, ..Database::default() },
            models: Models::default(),
            trees: None,
            exit: Exit::Done,
        }
    }

    /// Hashes the configuration, without the supervisor's, and the models.
    fn trees(&mut self, paths: &Paths) {
        let hashed = || -> anyhow::Result<Trees> {
            let supervisor = paths.config.join("supervisor");
            let config = layout::digest(&paths.config, &supervisor, layout::Look::Content)
                .with_context(|| format!("{} cannot be read", paths.config.display()))?;
            let models = layout::digest(&paths.models, Path::new(""), layout::Look::Times)
                .with_context(|| format!("{} cannot be read", paths.models.display()))?;
            Ok(Trees { config, models, manifest: Manifest::sha256(paths)? })
        };
        match hashed() {
            Ok(trees) => self.trees = Some(trees),
            Err(error) => self.note(ReadinessIssue {
                severity: Severity::Warning,
                code: "not_hashed".to_owned(),
                message: format!(
                    "nobody can tell whether a refresh leaves all of it alone: {error:#}"
                ),
                path: None,
                mend: "make it readable for the user that the node runs as".to_owned(),
            }),
        }
    }

    fn runtime(&mut self, settings: &Settings) {
        match Runtime::find(settings.paths.onnxruntime.as_deref()) {
            Ok(runtime) => {
                self.release.runtime = runtime.name();
                self.release.runtime_path = Some(runtime.path.display().to_string());
            }
            Err(issue) => self.note(issue),
        }
    }

    /// Takes up an issue; a critical one keeps the node from being ready.
    fn note(&mut self, issue: ReadinessIssue) {
        if issue.severity == Severity::Critical && self.exit == Exit::Done {
            self.exit = Exit::NotReady;
        }
        self.issues.push(issue);
    }

    /// Takes up why the node is refused.
    fn refuse(&mut self, issue: ReadinessIssue) {
        self.issues.push(issue);
        self.exit = Exit::Refused;
    }

    /// Takes up why something that was begun did not succeed.
    fn fail(&mut self, issue: ReadinessIssue) {
        self.issues.push(issue);
        self.exit = Exit::Failed;
    }

    /// Prints the report for people; `good` is its last line if all is well.
    fn print(&self, good: &str) {
        let ReleaseFacts { version, commit, runtime, .. } = &self.release;
        out::line(format!(
            "ladylinux {version}, commit {}, {runtime}",
            commit.unwrap_or("unknown")
        ));
        let Database { from, to, migrations, applied, backup, rehearsal, .. } = &self.database;
        if let Some(backup) = backup {
            out::line(format!("the database is backed up to {backup}"));
        }
        if let Some(Rehearsal { took_ms, database_bytes, space_bytes }) = rehearsal {
            out::line(format!(
                "rehearsed on a copy of {database_bytes} bytes: {took_ms} ms, {space_bytes} bytes of space"
            ));
        }
        let word = if *applied { "applied" } else { "pending" };
        for migration in migrations {
            out::line(format!("{word} {migration}"));
        }
        out::line(format!("the database has schema {} of {to}", if *applied { to } else { from }));
        let Models { present, missing, mismatched, .. } = &self.models;
        out::line(format!(
            "models: {present} present, {missing} missing, {mismatched} not as they should be"
        ));
        for (index, issue) in self.issues.iter().enumerate() {
            let word = match issue.severity {
                Severity::Critical => "broken ",
                Severity::Warning => "warning",
            };
            out::line(format!("{word}  {issue}"));
            // What one command mends is said once.
            if self.issues.get(index + 1).is_none_or(|next| next.mend != issue.mend) {
                out::line(format!("         mend: {}", issue.mend));
            }
        }
        out::note(if self.ready { good } else { "not ready: see what is broken" });
    }
}
