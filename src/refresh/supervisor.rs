//! The supervisor: a stack, an engine and a directory of its own; and what comes before the six steps.
//!
//! Everything here leaves the node as it is: find the release, plan, fetch, check. Whatever goes wrong here is a refusal.

use super::{
    archive::{self, Archived},
    ask::WayBack,
    believe::Trust,
    contract::{Prepared, image_labels},
    disk,
    engine::{Engine, EngineError, Found, ImageFacts, Kind},
    hold,
    journal::{self, Journal, JournalError},
    lock::{Lock, LockError},
    machine::Node,
    notify::Notice,
    out::{Lines, Tell},
    owner::Units,
    plan::{self, Inputs, Labels, Machine, Plan, Refusal, Running, Target},
    record::{Record, Verb},
    registry,
    release::{Digest, Release},
    report::{Outcome, Report, Service},
    signature,
    stack::{OnFailure, PREPARES, Stack, objections},
    steps::{Made, Run},
};
use crate::foundation::values::time;
use anyhow::Context;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use uuid::Uuid;

/// Who wants a rollback that the stack file declares.
pub(super) const ON_FAILURE: &str = "on_failure";

/// The local name of releases that must not be cleared away as leftovers.
const LOCAL: &str = "localhost";

/// The tag of the release that serves; Quadlet's one-shots run from it.
const CURRENT: &str = "current";

/// What a supervisor works with.
#[derive(Debug)]
pub struct Supervisor {
    /// What is declared.
    pub stack: Stack,
    /// The container engine.
    pub engine: Engine,
    /// The units, where systemd owns the containers.
    pub units: Units,
    /// Journal, hold, lock, reports.
    pub directory: PathBuf,
    /// Where the engine stores images, if somebody said so.
    pub store: Option<PathBuf>,
    /// How registries are spoken to.
    pub registry: registry::Options,
    /// The file with their passwords.
    pub auth_file: Option<PathBuf>,
    /// The operator's stack file, if there is one.
    pub stack_file: Option<PathBuf>,
    /// The name of the image that this supervisor is started from, if somebody starts it anew when it ends.
    pub installed_as: Option<String>,
    /// Whether step 1 of a run has begun: from there on it goes to its end.
    pub begun: AtomicBool,
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Order {
    /// What for.
    pub verb: Verb,
    /// Which release.
    pub wanted: Wanted,
    /// Whether the containers are recreated even if nothing has changed.
    pub always_recreate: bool,
    /// Whether no registry is asked: the release must be on this machine.
    pub offline: bool,
    /// Which state is restored.
    pub restore: Restore,
    /// Who wants it.
    pub actor: String,
    /// How long to wait for another supervisor.
    pub lock_wait: Duration,
}

/// Which state is restored with a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restore {
    /// None: the release takes what is there.
    Nothing,
    /// The one that belongs to the release, if the schema has moved since.
    OfRelease,
    /// The one in this backup, by its name among the node's.
    Backup(String),
}

/// Which release is wanted.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What this tag of the stack's repository names.
    Channel(String),
    /// This one.
    Digest(Digest),
    /// The one in this OCI archive.
    Archive(PathBuf),
    /// The one before.
    Previous,
    /// The one that is installed.
    Installed,
}

/// Why nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The plan, or the release itself, has something against it.
    #[error("{}", .0.iter().map(|one| format!("{} ({}): {}", one.message, one.code, one.next)).collect::<Vec<_>>().join("\n"))]
    Plan(Vec<Refusal>),
    /// Another supervisor works.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Something that is needed first did not work.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl Refused {
    pub(super) fn because(
        code: &'static str,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self::Plan(vec![Refusal { code, message: message.into(), next: next.into() }])
    }
}

/// A release that is here and has nothing against being started.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) release: Release,
    pub(super) prepared: Prepared,
    /// The state to restore in step 4, if there is one.
    pub(super) restore: Option<WayBack>,
    pub(super) plan: Plan,
    pub(super) drift: Vec<String>,
    /// The workers of the release before that cannot work.
    pub(super) broken: BTreeSet<String>,
}

/// What the time before step 1 led to.
#[derive(Debug)]
pub(super) enum Before {
    /// The steps may begin.
    Ready(Box<Ready>),
    /// There is nothing to do.
    Unchanged(Box<Plan>),
}

impl Supervisor {
    /// Goes through everything, and says how it went. A refusal leaves what runs running.
    pub async fn go(&self, order: &Order, tell: &dyn Tell) -> (Report, Option<Refused>) {
        let (began, clock) = (time::now(), time::instant());
        let mut report = Report::new(order.verb, self.stack.refresh.on_failure, began);
        let refused = match self.try_to(order, &mut report, tell).await {
            Ok(()) => None,
            Err(refused) => {
                if let Refused::Plan(refusals) = &refused {
                    report.refusals.clone_from(refusals);
                }
                report.refused_because = Some(format!("{refused:#}"));
                Some(refused)
            }
        };
        self.describe(&mut report).await;
        report.duration_ms = millis(clock.elapsed());
        if let Some(notice) = Notice::of(&report) {
            self.tell_others(&notice, tell).await;
        }
        if let Err(error) = report.keep(&self.directory) {
            report.warnings.push(format!("the report could not be kept: {error}"));
        }
        (report, refused)
    }

    async fn try_to(
        &self,
        order: &Order,
        report: &mut Report,
        tell: &dyn Tell,
    ) -> Result<(), Refused> {
        let lock = Lock::take(&self.directory, order.verb.name(), order.lock_wait).await?;
        if let Some(stale) = &lock.stale {
            tell.note(&format!("{} (process {}) was killed at work", stale.verb, stale.pid));
        }
        let mut journal = Journal::open(&self.directory)?;
        self.recover(&mut journal, tell).await?;
        match self.before(order, journal.node(), report, tell).await? {
            Before::Unchanged(plan) => {
                report.planned(&plan);
                report.outcome = Outcome::Unchanged;
            }
            Before::Ready(ready) => {
                let id = self.begins(&ready, report);
                let run = Run {
                    supervisor: self,
                    id,
                    verb: order.verb,
                    ready: &ready,
                    journal: &mut journal,
                    report,
                    tell,
                    made: Made::default(),
                };
                run.go_through(order).await;
                if report.outcome == Outcome::Failed && self.goes_back(journal.node()) {
                    self.go_back(&mut journal, report, tell).await;
                }
            }
        }
        Ok(())
    }

    /// Notes that a run begins, and names it.
    fn begins(&self, ready: &Ready, report: &mut Report) -> Uuid {
        let id = Uuid::now_v7();
        report.planned(&ready.plan);
        report.id = Some(id);
        self.begun.store(true, Ordering::SeqCst);
        id
    }

    /// Whether a failure is answered by a rollback, as declared.
    pub(super) fn goes_back(&self, node: &Node) -> bool {
        self.stack.refresh.on_failure == OnFailure::Rollback && node.can_go_back()
    }

    /// Goes back to the release before after a refresh that failed, through the same steps.
    async fn go_back(&self, journal: &mut Journal, report: &mut Report, tell: &dyn Tell) {
        tell.note("the refresh failed, and goes back to the release before, as declared");
        let order = Order {
            verb: Verb::Rollback,
            wanted: Wanted::Previous,
            always_recreate: true,
            offline: true,
            restore: Restore::Nothing,
            actor: ON_FAILURE.to_owned(),
            lock_wait: Duration::ZERO,
        };
        let mut back = Report::new(order.verb, self.stack.refresh.on_failure, time::now());
        match self.before(&order, journal.node(), &mut back, tell).await {
            Ok(Before::Ready(ready)) => {
                let id = self.begins(&ready, &mut back);
                let run = Run {
                    supervisor: self,
                    id,
                    verb: order.verb,
                    ready: &ready,
                    journal,
                    report: &mut back,
                    tell,
                    made: Made::default(),
                };
                run.go_through(&order).await;
            }
            Ok(Before::Unchanged(_)) => {}
            Err(refused) => report.warnings.push(format!("the rollback was refused: {refused:#}")),
        }
        self.describe(&mut back).await;
        report.rollback = back.id;
        if back.outcome == Outcome::Done {
            report.outcome = Outcome::RolledBack;
            if let Some(trouble) = &mut report.error {
                "the release before serves: `ladylinux-supervisor refresh` towards a mended release"
                    .clone_into(&mut trouble.next);
            }
        }
        if let Err(error) = back.keep(&self.directory) {
            report.warnings.push(format!("the rollback's report could not be kept: {error}"));
        }
    }

    /// Whether step 1 of a run has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// Plans, and changes nothing: no fetch. With `rehearse`, a release that is here already rehearses its migrations.
    pub async fn plan(&self, order: &Order, rehearse: bool) -> Result<Plan, Refused> {
        // What rehearses makes containers, as only the holder of the lock may.
        let _lock = if rehearse {
            Some(Lock::take(&self.directory, "plan", order.lock_wait).await?)
        } else {
            None
        };
        let (_, node) = journal::read(&self.directory)?;
        let (target, here) = self.target(order, &node).await?;
        let mut plan = self.plan_for(order, &node, &target).await?;
        if let Some(image) = here.filter(|_| rehearse && plan.refusals.is_empty()) {
            match self.check(&release(&target, &image), &node, &Lines::default()).await {
                Ok(prepared) => plan.rehearsal = prepared.database.rehearsal,
                Err(Refused::Plan(refusals)) => plan.refusals.extend(refusals),
                Err(other) => return Err(other),
            }
        }
        match self.believe(order, target.digest).await {
            Ok(trust) => plan.signer = trust.signer,
            Err(Refused::Plan(refusals)) => plan.refusals.extend(refusals),
            Err(other) => return Err(other),
        }
        Ok(plan)
    }

    /// Everything before step 1, while the old release serves.
    async fn before(
        &self,
        order: &Order,
        node: &Node,
        report: &mut Report,
        tell: &dyn Tell,
    ) -> Result<Before, Refused> {
        let (target, here) = self.target(order, node).await?;
        let plan = self.plan_for(order, node, &target).await?;
        refuse(&plan)?;
        report.planned(&plan);
        if plan.unchanged {
            return Ok(Before::Unchanged(Box::new(plan)));
        }
        let Trust { signer, signed, warning } = self.believe(order, target.digest).await?;
        report.warnings.extend(warning);
        if signer.is_some() {
            signature::keep(&self.directory, target.digest, &signed)
                .context("cannot keep the release's signature")?;
        }
        tell.note(&format!("{} to {} ({})", order.verb, target.digest.short(), target.reference));
        let image = match here {
            Some(image) => image,
            None => self.fetch(order, &target, tell).await?,
        };
        let target = Target { download_bytes: 0, labels: Some(labels(&image)), ..target };
        let mut plan = self.plan_for(order, node, &target).await?;
        refuse(&plan)?;
        self.protect(&image, target.digest).await?;
        let release = Release { signer, ..release(&target, &image) };
        let restore = self.restorable(order, node, &release).await?;
        let prepared = match &restore {
            // It cannot read what is there now; step 4 asks it when it can.
            Some(_) => {
                let trees = self.trees(&release).await?;
                Prepared { trees, ..Prepared::default() }
            }
            None => self.check(&release, node, tell).await?,
        };
        plan.rehearsal = prepared.database.rehearsal;
        plan.restores = restore.as_ref().map(|way| way.schema);
        let drift = self.drift().await?;
        self.engine.ensure_network(&self.stack.network).await?;
        // What was fetched must survive a power cut before the old release is stopped.
        if let Some(store) = self.image_store().await? {
            disk::sync(&store)
                .with_context(|| format!("cannot sync the image store {}", store.display()))?;
        }
        report.release_says(&prepared.release, &prepared.models);
        report.release = Some(release.clone());
        report.warnings.extend(prepared.issues.iter().map(|issue| issue.message.clone()));
        report.planned(&plan);
        Ok(Before::Ready(Box::new(Ready {
            release,
            prepared,
            restore,
            plan,
            drift,
            broken: self.broken().await,
        })))
    }

    async fn plan_for(&self, order: &Order, node: &Node, target: &Target) -> Result<Plan, Refused> {
        let about = self.engine.about();
        let running = self.running().await?;
        let hold = hold::read(&self.directory).context("cannot read the hold")?;
        let plan_with = |free_bytes| {
            plan::plan(&Inputs {
                verb: order.verb,
                stack: &self.stack,
                node,
                target,
                machine: &Machine { architecture: about.architecture.clone(), free_bytes },
                running: &running,
                always_recreate: order.always_recreate,
                restores: order.restore != Restore::Nothing,
                hold: hold.as_ref(),
                now: time::now(),
            })
        };
        let mut plan = plan_with(None);
        if !plan.unchanged {
            plan = plan_with(self.free().await?);
        }
        plan.refusals.extend(objections(&self.stack).into_iter().map(|message| Refusal {
            code: "stack_objection",
            message,
            next: "mend the stack file; `ladylinux-supervisor stack check` checks it".to_owned(),
        }));
        plan.refusals.extend(self.unit_refusals().await);
        Ok(plan)
    }

    /// Returns where the engine stores images, if that can be seen from here. Engines take long to tell.
    ///
    /// From then on, what is made there is flushed.
    pub(super) async fn image_store(&self) -> Result<Option<PathBuf>, EngineError> {
        let store = match &self.store {
            Some(store) => Some(store.clone()),
            None => Some(self.engine.store().await?.to_owned()).filter(|store| store.is_dir()),
        };
        if let Some(store) = &store {
            self.engine.flush_to(store);
        }
        Ok(store)
    }

    /// Returns how much is free where images are stored, if that can be told.
    async fn free(&self) -> anyhow::Result<Option<u64>> {
        let Some(store) = self.image_store().await? else { return Ok(None) };
        let free = disk::free(&store).with_context(|| {
            format!("cannot tell how much is free in the image store {}", store.display())
        });
        free.map(Some)
    }

    /// Lists what has one of our names, or our label.
    async fn running(&self) -> anyhow::Result<Vec<Running>> {
        let mut found = self.engine.ours(&self.stack.name).await?;
        for service in self.stack.containers.keys() {
            let name = self.container_name(service);
            if !found.iter().any(|one| one.name == name) {
                found.extend(self.engine.find(&name).await?);
            }
        }
        Ok(found.iter().map(|one| self.as_running(one)).collect())
    }

    fn as_running(&self, found: &Found) -> Running {
        use super::contract::container_labels as labels;
        let label = |name: &str| found.labels.get(name).cloned();
        let ours = label(labels::STACK).as_deref() == Some(self.stack.name.as_str());
        Running {
            name: found.name.clone(),
            service: label(labels::SERVICE).filter(|_| ours),
            runs: found.state.runs(),
            digest: label(labels::DIGEST),
            spec: label(labels::SPEC).filter(|_| self.is_made_as_declared(found)),
            owner: self.foreign_owner(found),
        }
    }

    /// Returns the name of a service's container.
    pub(super) fn container_name(&self, service: &str) -> String {
        format!("{}-{service}", self.stack.name)
    }

    /// Fetches what is not here, from the archive or from the registry.
    async fn fetch(
        &self,
        order: &Order,
        target: &Target,
        tell: &dyn Tell,
    ) -> Result<ImageFacts, Refused> {
        if let Wanted::Archive(path) = &order.wanted {
            tell.note(&format!("loading {}", path.display()));
            let archived = self.archived(path).await?;
            return Ok(self.engine.load(path, &archived).await?);
        }
        let name = format!("{}@{}", self.stack.image.repository, target.digest);
        let auth = self.credentials()?;
        let retries = self.stack.refresh.fetch_retries;
        let image = self
            .engine
            .pull(&name, auth.as_ref(), retries, &mut |pulled| tell.fetching(&pulled))
            .await
            .with_context(|| format!("cannot fetch {name}"))?;
        tell.fetched();
        Ok(image)
    }

    /// Looks into an archive.
    pub(super) async fn archived(&self, path: &Path) -> anyhow::Result<Archived> {
        let (path, architecture) = (path.to_owned(), self.engine.about().architecture.clone());
        Ok(tokio::task::spawn_blocking(move || archive::inspect(&path, &architecture)).await??)
    }

    /// Gives the image a name of ours, so that nobody's cleaning takes it while it may be needed.
    async fn protect(&self, image: &ImageFacts, digest: Digest) -> anyhow::Result<()> {
        let repository = format!("{LOCAL}/{}", self.stack.name);
        self.engine.tag(&image.id, &repository, &digest.short()).await?;
        Ok(())
    }

    /// Gives the release that serves the name by which the machine's own units run its one-shots.
    pub(super) async fn name_current(&self, release: &Release) -> anyhow::Result<()> {
        let repository = format!("{LOCAL}/{}", self.stack.name);
        self.engine.tag(&release.image_id, &repository, CURRENT).await?;
        Ok(())
    }

    /// Removes the releases of ours that no run may need any more. No volume is ever touched.
    pub(super) async fn prune(&self, node: &Node) -> anyhow::Result<Vec<String>> {
        let needed: Vec<String> = node.needed().iter().map(Digest::short).collect();
        let repository = format!("{LOCAL}/{}", self.stack.name);
        let mut removed = Vec::new();
        for image in self.engine.images_of(&repository).await? {
            let tags: Vec<&str> = image
                .tags
                .iter()
                .filter_map(|name| name.strip_prefix(&repository)?.strip_prefix(':'))
                .collect();
            if tags.is_empty() || tags.iter().any(|tag| needed.iter().any(|one| one == tag)) {
                continue;
            }
            if self
                .engine
                .remove_image(&image.id, &[&repository, &self.stack.image.repository])
                .await?
            {
                removed.push(tags.join(", "));
            }
        }
        Ok(removed)
    }

    /// What differs in the running containers from what they were created from.
    async fn drift(&self) -> anyhow::Result<Vec<String>> {
        let mut drift = Vec::new();
        for found in self.engine.ours(&self.stack.name).await? {
            for change in self.engine.drift(&found.id).await? {
                drift.push(format!("{}: {change}", found.name));
            }
        }
        Ok(drift)
    }

    /// Fills in what runs now.
    pub(super) async fn describe(&self, report: &mut Report) {
        let mut serving = !self.stack.containers.is_empty();
        let known = journal::read(&self.directory).map(|(_, node)| node.resting);
        let resting = known.unwrap_or_default();
        for service in self.stack.containers.keys() {
            let found = match self.engine.find(&self.container_name(service)).await {
                Ok(found) => found,
                Err(error) => {
                    report.service_status = format!("unknown: {:#}", anyhow::Error::from(error));
                    return;
                }
            };
            serving &=
                resting.contains(service) || found.as_ref().is_some_and(|one| one.state.runs());
            if let Some(one) = &found {
                report.digest = one
                    .labels
                    .get(super::contract::container_labels::DIGEST)
                    .and_then(|digest| digest.parse().ok());
            }
            report.services.push(Service::of(service, found));
        }
        let status = if serving { "running" } else { "stopped" };
        status.clone_into(&mut report.service_status);
    }

    /// Removes the one-shots that a killed supervisor left behind: whoever holds the lock has none yet.
    async fn sweep(&self) -> Result<(), EngineError> {
        use super::contract::container_labels as labels;
        for found in self.engine.ours(&self.stack.name).await? {
            let is =
                |label: &str, value: &str| found.labels.get(label).is_some_and(|one| one == value);
            if is(labels::KIND, Kind::OneShot.name()) && is(labels::SERVICE, PREPARES) {
                self.engine.end(&found.id).await?;
            }
        }
        Ok(())
    }

    /// Ends what a killed supervisor left without an end; never continues it.
    pub(super) async fn recover(
        &self,
        journal: &mut Journal,
        tell: &dyn Tell,
    ) -> Result<(), Refused> {
        self.sweep().await?;
        self.end_wait()?;
        let Some(run) = journal.node().under_way.clone() else { return Ok(()) };
        if journal.node().only_report_missing() {
            hold::clear(&self.directory).context("cannot end the hold")?;
            journal.append(Record::Ready { id: run.id, answers: 0, trees: None })?;
            tell.note(&format!(
                "the {} to {} had gone through; only its report was lost",
                run.verb, run.to
            ));
            return Ok(());
        }
        let (verb, step) = (run.verb, run.step);
        let hold = hold::Hold {
            reason: format!("the {verb} to {} was interrupted in {step}", run.to),
            step: Some(step),
            by_hand: false,
            since: time::now(),
            next: next_after(verb).to_owned(),
        };
        hold::write(&self.directory, &hold).context("cannot write the hold")?;
        self.stop_all().await?;
        journal.append(Record::Interrupted { id: run.id, step })?;
        journal.append(Record::Held { reason: hold.reason.clone() })?;
        tell.note(&hold.reason);
        Ok(())
    }
}

/// Why nothing can be done with the release that is installed.
pub(super) fn not_installed() -> Refused {
    Refused::because(
        "not_installed",
        "no release was ever installed on this node",
        "run `ladylinux-supervisor refresh`",
    )
}

/// What a person can do after a run that did not go through.
pub(super) fn next_after(verb: Verb) -> &'static str {
    match verb {
        Verb::Refresh => {
            "run `ladylinux-supervisor rollback` to go back, or `ladylinux-supervisor refresh` towards a mended release"
        }
        Verb::Rollback => {
            "run `ladylinux-supervisor rollback` again, or `ladylinux-supervisor refresh` towards a good release"
        }
        Verb::Restore => {
            "run `ladylinux-supervisor restore` with another backup, or `ladylinux-supervisor refresh --always-recreate` with \
             the state as it is"
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn refuse(plan: &Plan) -> Result<(), Refused> {
    if plan.refusals.is_empty() { Ok(()) } else { Err(Refused::Plan(plan.refusals.clone())) }
}

pub(super) fn target(
    digest: Digest,
    reference: String,
    download_bytes: u64,
    here: Option<&ImageFacts>,
) -> Target {
    Target { digest, reference, download_bytes, labels: here.map(labels) }
}

fn labels(image: &ImageFacts) -> Labels {
    let label = |name: &str| image.labels.get(name).cloned().filter(|value| !value.is_empty());
    Labels {
        revision: label(image_labels::REVISION),
        architecture: image.architecture.clone(),
        schema_from: label(image_labels::SCHEMA_FROM).and_then(|value| value.parse().ok()),
        schema_to: label(image_labels::SCHEMA_TO).and_then(|value| value.parse().ok()),
        memory: label(image_labels::MEMORY).and_then(|value| value.parse().ok()),
    }
}

fn release(target: &Target, image: &ImageFacts) -> Release {
    let label = |name: &str| image.labels.get(name).cloned().filter(|value| !value.is_empty());
    Release {
        digest: target.digest,
        reference: target.reference.clone(),
        image_id: image.id.clone(),
        revision: label(image_labels::REVISION),
        source: label(image_labels::SOURCE),
        version: label(image_labels::VERSION),
        schema: label(image_labels::SCHEMA_TO).and_then(|value| value.parse().ok()),
        signer: None,
    }
}

/// Returns the digest of an image that is here; one that was never in a registry is named by its own id.
pub(super) fn digest_of(image: &ImageFacts) -> Result<Digest, Refused> {
    let digest = image.digests.iter().find_map(|name| name.rsplit_once('@')?.1.parse().ok());
    digest.or_else(|| image.id.parse().ok()).ok_or_else(|| {
        Refused::because(
            "no_digest",
            format!("the engine tells no digest of the image {}", image.id),
            "pull it by digest, or load it with --from-archive",
        )
    })
}

/// Turns an engine's error into a refusal.
impl From<EngineError> for Refused {
    fn from(error: EngineError) -> Self {
        Self::Other(error.into())
    }
}
