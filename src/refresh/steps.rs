//! The six steps, in their literal order: stop, sync, rebuild, prepare, restart, status.
//!
//! From step 1 on there is no way back but through the end: either the release answers through the published port, or the
//! node is stopped and held. The run is journaled and the hold written before the first container is stopped, and each step
//! is journaled before it begins and after it is done, so that a crash anywhere leaves the truth behind.

use super::{
    ask::{self, WayBack},
    contract::{Prepared, Restored, Trees},
    engine::{Create, Found, Kind},
    hold::{self, Hold},
    journal::Journal,
    out::Tell,
    record::{Record, Step, Verb},
    release::Release,
    report::{Outcome, Report, StepReport, Trouble},
    stack::fingerprint,
    supervisor::{Order, Ready, Supervisor, millis, next_after},
};
use crate::foundation::values::time;
use anyhow::{Context, bail};
use std::{
    fs,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// How many lines of each container's log a failure keeps.
const LOG_LINES: usize = 100;

/// One run through the steps.
pub(super) struct Run<'a> {
    pub(super) supervisor: &'a Supervisor,
    pub(super) id: Uuid,
    pub(super) verb: Verb,
    pub(super) ready: &'a Ready,
    pub(super) journal: &'a mut Journal,
    pub(super) report: &'a mut Report,
    pub(super) tell: &'a dyn Tell,
    pub(super) made: Made,
}

/// What a run has made so far.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The containers that were created, in the order in which they are started.
    created: Vec<(String, String)>,
    /// The containers that were there before.
    old: Vec<Found>,
    /// When the first container was told to stop.
    stopped_at: Option<Instant>,
}

impl Supervisor {
    /// Stops everything of ours that runs, dependants first, and returns what was killed because it did not end in time.
    pub(super) async fn stop_all(&self) -> anyhow::Result<Vec<String>> {
        // What may start again by itself is kept from it first.
        let rests = self.rest().await;
        let killed = self.stop_these(&self.in_stop_order().await?).await?;
        rests.map(|()| killed)
    }

    /// Returns everything of ours, dependants first.
    async fn in_stop_order(&self) -> anyhow::Result<Vec<Found>> {
        let mut found = self.engine.ours(&self.stack.name).await?;
        let order = self.start_order();
        // What the stack does not know (any more) depends on the rest, for all we know.
        let place = |one: &Found| {
            order.iter().position(|name| Some(name) == one.service.as_ref()).unwrap_or(usize::MAX)
        };
        found.sort_by_key(|one| std::cmp::Reverse(place(one)));
        Ok(found)
    }

    /// Stops these, one after the other, and returns what was killed because it did not end in time.
    pub(super) async fn stop_these(&self, found: &[Found]) -> anyhow::Result<Vec<String>> {
        let mut killed = Vec::new();
        for one in found.iter().filter(|one| one.state.runs()) {
            let declared = one.service.as_ref().and_then(|name| self.stack.containers.get(name));
            let patience =
                declared.map_or(Duration::from_secs(10), |container| container.timeout.0);
            let had_to_be_killed = self
                .stop_one(one, patience)
                .await
                .with_context(|| format!("the container {} could not be stopped", one.name))?;
            if had_to_be_killed {
                killed.push(one.name.clone());
            }
        }
        Ok(killed)
    }

    /// Returns the containers of the stack, each after those it needs.
    pub(super) fn start_order(&self) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        let mut left: Vec<&String> = self.stack.containers.keys().collect();
        while !left.is_empty() {
            let (now, later): (Vec<&String>, Vec<&String>) = left.iter().partition(|name| {
                self.stack.containers[**name].after.iter().all(|earlier| order.contains(earlier))
            });
            // The stack was checked for circles; if there is one all the same, some order is better than none.
            let now = if now.is_empty() { later.clone() } else { now };
            order.extend(now.iter().map(|name| (*name).clone()));
            left.retain(|name| !order.contains(name));
        }
        order
    }

    /// Describes a container of the stack for a release.
    pub(super) fn declared(&self, service: &str, release: &Release) -> Create {
        Create {
            name: self.container_name(service),
            service: service.to_owned(),
            kind: Kind::Container,
            image_id: release.image_id.clone(),
            digest: release.digest.to_string(),
            spec: fingerprint(&self.stack, service).to_string(),
            container: self.stack.containers[service].clone(),
            scratch: None,
            program: None,
        }
    }
}

type Stepped = Result<(), (Step, anyhow::Error)>;

impl Run<'_> {
    /// Goes through the steps; how that went is in the report.
    pub(super) async fn go_through(mut self, order: &Order) {
        if let Err((step, error)) = self.go(order).await {
            self.fail(step, &error).await;
        }
    }

    async fn go(&mut self, order: &Order) -> Stepped {
        self.begin(order).map_err(|error| (Step::Stop, error))?;
        let begins = |id, step| Record::StepBegan { id, step };
        let first = self.journal.append(begins(self.id, Step::Stop));
        first.map_err(|error| (Step::Stop, error.into()))?;
        for step in Step::ALL {
            let done = self.step(step).await.map_err(|error| (step, error))?;
            let next = Step::ALL.get(step.number()).map(|next| begins(self.id, *next));
            let noted = self.journal.append_all([done].into_iter().chain(next));
            noted.map_err(|error| (step, error.into()))?;
        }
        Ok(())
    }

    /// Holds the node, and notes that the run begins.
    fn begin(&mut self, order: &Order) -> anyhow::Result<()> {
        let Ready { release, plan, .. } = self.ready;
        let hold = Hold {
            reason: format!("a {} to {release} is under way", self.verb),
            step: None,
            by_hand: false,
            since: time::now(),
            next:
                "wait for its end; if its supervisor was killed, run `ladylinux-supervisor status`"
                    .to_owned(),
        };
        // In this order: a run without a hold is ended by the next supervisor, a hold without a run by nobody.
        self.journal.append(Record::Began {
            id: self.id,
            verb: self.verb,
            from: plan.from,
            to: Box::new(release.clone()),
            plan: plan.hash,
            actor: order.actor.clone(),
            trees: self.ready.prepared.trees,
        })?;
        hold::write(&self.supervisor.directory, &hold).context("cannot write the hold")?;
        self.supervisor.begin_wait()
    }

    /// Goes through one step, and returns what is to be noted of it.
    async fn step(&mut self, step: Step) -> anyhow::Result<Record> {
        self.tell.begins(step);
        let clock = time::instant();
        let detail = match step {
            Step::Stop => self.stop().await,
            Step::Sync => self.sync().await,
            Step::Rebuild => self.rebuild().await,
            Step::Prepare => self.prepare().await,
            Step::Restart => self.restart().await,
            Step::Status => self.status().await,
        }?;
        let took_ms = millis(clock.elapsed());
        self.tell.done(step, took_ms, &detail);
        self.report.steps.push(StepReport {
            number: step.number(),
            step,
            duration_ms: took_ms,
            detail,
        });
        Ok(Record::StepDone { id: self.id, step, took_ms })
    }

    /// Step 1. LL-WF-32, LL-REF-20
    async fn stop(&mut self) -> anyhow::Result<String> {
        self.made.old = self.supervisor.in_stop_order().await?;
        self.made.stopped_at = Some(time::instant());
        let killed = self.supervisor.stop_these(&self.made.old).await?;
        Ok(if killed.is_empty() {
            "everything has ended".to_owned()
        } else {
            format!("killed, because they did not end in time: {}", killed.join(", "))
        })
    }

    /// Step 2: what was is cleared away, and never a volume. LL-WF-33, 34, 35, LL-REF-21..24
    async fn sync(&mut self) -> anyhow::Result<String> {
        let release = &self.ready.release;
        let engine = &self.supervisor.engine;
        // The node is away by now, and the engine does both at once.
        let (here, removed) = tokio::join!(engine.image(&release.image_id), async {
            for one in &self.made.old {
                engine.remove(&one.id).await?;
            }
            anyhow::Ok(self.made.old.len())
        });
        if here?.is_none() {
            bail!("the image {} was fetched, and is gone", release.image_id);
        }
        let removed = removed?;
        self.report.drift.clone_from(&self.ready.drift);
        let drift = match self.ready.drift.len() {
            0 => String::new(),
            count => format!(", {count} changes in them discarded"),
        };
        Ok(format!("{} is wanted; {removed} old containers removed{drift}", release.digest.short()))
    }

    /// Step 3: containers are created from what is declared, never from what was found. LL-WF-36, LL-REF-26
    async fn rebuild(&mut self) -> anyhow::Result<String> {
        let supervisor = self.supervisor;
        for service in supervisor.start_order() {
            let id = supervisor.make(&service, &self.ready.release).await?;
            self.made.created.push((service, id));
        }
        Ok(format!("{} containers created", self.made.created.len()))
    }

    /// Step 4: with a migration, the release migrates after a verified backup. Without one, what it found before step 1 still
    /// holds, for nobody but `migrate` changes a schema. LL-WF-37, LL-REF-30..34
    async fn prepare(&mut self) -> anyhow::Result<String> {
        let Ready { release, prepared, restore, .. } = self.ready;
        if let Some(way) = restore {
            self.restore(way).await?;
        } else if prepared.ready && prepared.database.migrations.is_empty() {
            return Ok(format!("checked before step 1: schema {}, ready", prepared.database.to));
        }
        // A node without a database is a fresh one, whose directories the release makes.
        let fresh = prepared.database.from == 0 && restore.is_none();
        let (from, to) = match restore {
            Some(way) => (way.schema, release.schema.unwrap_or(way.schema)),
            None => (prepared.database.from, prepared.database.to),
        };
        if !fresh && from < to {
            self.journal.append(Record::Migrating { id: self.id, from, to })?;
        }
        let provision: &[&str] = if fresh { &["--provision"] } else { &[] };
        let command = [&["prepare", "--json"], provision].concat();
        let ran = self.supervisor.asked(release, &command, ask::State::Written).await?;
        let prepared: Prepared = serde_json::from_str(&ran.stdout).with_context(|| {
            format!("`prepare` ended with {} and no report: {}", ran.code, ran.stderr.trim())
        })?;
        let database = &prepared.database;
        if database.applied {
            let (from, to, backup) = (database.from, database.to, database.backup.clone());
            self.journal.append(Record::Migrated {
                id: self.id,
                from,
                to,
                backup: backup.clone(),
                backup_sha256: database.backup_sha256,
            })?;
            self.report.migrated = Some((from, to, backup));
        }
        if ran.code != 0 {
            let critical: Vec<String> = prepared
                .issues
                .iter()
                .filter(|issue| issue.severity == "critical")
                .map(|issue| format!("[{}] {}", issue.code, issue.message))
                .collect();
            bail!("`prepare` ended with {}: {}", ran.code, critical.join("; "));
        }
        self.report.release_says(&prepared.release, &prepared.models);
        Ok(format!("schema {} to {}, ready", database.from, database.to))
    }

    /// Restores the state that belongs to the release; what was written since is kept aside, and named before it is written.
    async fn restore(&mut self, way: &WayBack) -> anyhow::Result<()> {
        let kept_aside = WayBack::kept_aside(self.id);
        let command = way.command(&["--keep-aside", &kept_aside]);
        let (id, from, to) = (self.id, way.from, way.schema);
        self.journal.append(Record::Restoring { id, from, to, kept_aside })?;
        let ran =
            self.supervisor.asked(&way.by, &ask::words(&command), ask::State::Written).await?;
        let restored =
            ask::said::<Restored>(&ran).filter(|_| ran.code == 0).with_context(|| {
                format!("`restore` of {} ended with {}: {}", way.by, ran.code, ran.stderr.trim())
            })?;
        let Restored { from, to, kept_aside, kept, replayed } = restored.clone();
        self.journal.append(Record::Restored { id, from, to, kept_aside, kept, replayed })?;
        self.report.restored = Some(restored);
        Ok(())
    }

    /// Step 5: all of them or none. LL-WF-38, LL-REF-35, 36, 48
    async fn restart(&mut self) -> anyhow::Result<String> {
        let supervisor = self.supervisor;
        // What somebody stopped by itself was made, and rests on.
        let resting = &self.journal.node().resting;
        let started = self.made.created.iter().filter(|(service, _)| !resting.contains(service));
        let started: Vec<_> = started.cloned().collect();
        for (service, id) in &started {
            supervisor.start_made(service, id, &self.ready.release).await?;
        }
        let first = supervisor.until_ready(&self.ready.release, &started).await?;
        self.report.downtime_ms = self.made.stopped_at.map(|at| millis(first - at));
        let working = supervisor.until_working(&self.ready.broken, &started).await;
        match (working, self.verb) {
            (Ok(said), _) => self.report.warnings.extend(said),
            (Err(error), Verb::Refresh) => return Err(error),
            // Who goes back wants a node that answers.
            (Err(error), Verb::Rollback | Verb::Restore) => {
                self.report.warnings.push(error.to_string());
            }
        }
        if let Err(error) = supervisor.name_current(&self.ready.release).await {
            // The node serves; what the machine runs beside it is of the release before.
            self.tell
                .note(&format!("the release is not named for the machine's one-shots: {error:#}"));
        }
        Ok(format!("{} answers", self.ready.release.digest.short()))
    }

    /// Step 6. LL-WF-39..41, LL-REF-37..40
    async fn status(&mut self) -> anyhow::Result<String> {
        let trees = self.untouched().await;
        hold::clear(&self.supervisor.directory).context("cannot end the hold")?;
        self.supervisor.end_wait()?;
        let answers = self.supervisor.stack.refresh.ready_answers;
        self.journal.append(Record::Ready { id: self.id, answers, trees })?;
        self.report.outcome = Outcome::Done;
        self.report.changed = true;
        Ok("on probation".to_owned())
    }

    /// Hashes models and configuration again, and warns if they are not what they were. LL-REF-41, LL-REF-45
    async fn untouched(&mut self) -> Option<Trees> {
        let before = self.ready.prepared.trees?;
        // The node serves by now: what cannot be told is a warning.
        let after = match self.supervisor.trees(&self.ready.release).await {
            Ok(after) => after?,
            Err(error) => {
                self.report
                    .warnings
                    .push(format!("models and configuration were not looked at again: {error:#}"));
                return None;
            }
        };
        for (what, changed) in [
            ("the configuration", before.config != after.config),
            ("the models", before.models != after.models || before.manifest != after.manifest),
        ] {
            if changed {
                self.report.warnings.push(format!(
                    "{what} changed during the {}: not by it, for it can only read them",
                    self.verb
                ));
            }
        }
        self.report.untouched = Some(before == after);
        Some(after)
    }

    /// The node is stopped, and held. LL-REF-46..48
    async fn fail(&mut self, step: Step, error: &anyhow::Error) {
        let supervisor = self.supervisor;
        let message = error.to_string();
        let hold = Hold {
            reason: format!(
                "the {} to {} failed in {step}: {message}",
                self.verb, self.ready.release
            ),
            step: Some(step),
            by_hand: false,
            since: time::now(),
            next: next_after(self.verb).to_owned(),
        };
        let mut causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        // The hold that was written before step 1 is there whatever becomes of these.
        let log = self.keep_logs().await;
        let written = hold::write(&supervisor.directory, &hold).map_err(anyhow::Error::from);
        let stopped = supervisor.stop_all().await.map(drop);
        let noted =
            self.journal.append(Record::Failed { id: self.id, step, message: message.clone() });
        let held = self.journal.append(Record::Held { reason: hold.reason });
        let after = [written, stopped, noted.map_err(Into::into), held.map_err(Into::into)];
        for failed in after.into_iter().filter_map(Result::err) {
            causes.push(format!("and after that: {failed:#}"));
        }
        self.tell.failed(step, &message);
        self.report.outcome = Outcome::Failed;
        self.report.changed = true;
        self.report.error =
            Some(Trouble { step, message, causes, next: next_after(self.verb).to_owned(), log });
    }

    /// Keeps the last lines of every new container, before anybody removes it.
    async fn keep_logs(&self) -> Option<String> {
        let mut text = String::new();
        for (service, id) in &self.made.created {
            if let Ok(tail) = self.supervisor.engine.log_tail(id, LOG_LINES).await {
                text = format!("{text}--- {service}\n{tail}\n");
            }
        }
        if text.is_empty() {
            return self.made.created.first().and_then(|(one, _)| self.supervisor.last_words(one));
        }
        let reports = self.supervisor.directory.join("reports");
        let name = format!("{}.log", self.id);
        fs::create_dir_all(&reports).ok()?;
        hold::write_whole(&reports, &name, 0o600, text.as_bytes()).ok()?;
        Some(reports.join(name).display().to_string())
    }
}
