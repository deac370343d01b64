//! The daemon, `ladylinux-supervisor run`: starts the node at boot, proves releases, keeps proven ones alive, takes requests.
//!
//! It decides nothing that a person could not: every act goes through the verbs' own functions, under the same lock. What it
//! does at each look is decided by [`watch::Watch`], which is pure.

use super::{
    exit::Exit,
    hold,
    interrupt::Interrupts,
    journal::Journal,
    lock::Lock,
    look::{Look, State},
    machine::Standing,
    notify::Notice,
    out::{Lines, Tell},
    outcomes::Ledger,
    record::{Record, Verb},
    report::{self, Outcome},
    requests,
    status::{Last, Status},
    supervisor::{ON_FAILURE, Supervisor},
    watch::{self, Act, Watch},
};
use crate::foundation::values::time;
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use std::{
    ffi::OsString,
    process::Stdio,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{process::Command, sync};

/// How long the daemon waits for a verb that somebody runs by hand.
pub(super) const LOCK_WAIT: Duration = Duration::from_mins(1);

/// The first and the longest wait between two tries of a first install.
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_mins(10);

/// How often the requests are looked at.
const REQUESTS_EVERY: Duration = Duration::from_secs(1);

/// Watches over the node until it is told to stop. The node serves on: who stops the supervisor does not stop the node.
pub(super) async fn run(supervisor: Supervisor, options: Vec<OsString>) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let (tell_end, ending) = sync::watch::channel(false);
    let (ledger, lost) = Ledger::open(&supervisor.directory, time::now());
    let tell = Lines::default();
    if let Some(lost) = lost {
        tell.note(&lost);
    }
    let daemon = Daemon {
        supervisor,
        options,
        ending,
        tell,
        ledger: Mutex::new(ledger),
        handed: AtomicBool::new(false),
        succeeds: AtomicBool::new(false),
        recovered: AtomicBool::new(true),
        not_started: Mutex::default(),
        told: Mutex::default(),
    };
    let watching = daemon.watch();
    tokio::pin!(watching);
    loop {
        tokio::select! {
            ended = &mut watching => return ended.map(|()| Exit::Done),
            () = interrupts.next() => {
                drop(sd_notify::notify(&[sd_notify::NotifyState::Stopping]));
                tell_end.send_replace(true);
            }
        }
    }
}

pub(super) struct Daemon {
    pub(super) supervisor: Supervisor,
    /// The options that it was started with, for the runs that it starts.
    options: Vec<OsString>,
    /// Whether it is to end.
    ending: sync::watch::Receiver<bool>,
    pub(super) tell: Lines,
    /// What requests were taken, and what came of them.
    pub(super) ledger: Mutex<Ledger>,
    /// Whether another supervisor takes over.
    handed: AtomicBool,
    /// Whether it is one that was handed over to, and has to last yet.
    succeeds: AtomicBool,
    /// Whether what a crash left behind has been ended: before that, what is seen says nothing of a release.
    recovered: AtomicBool,
    /// Why the node could not be started, as it was last told.
    not_started: Mutex<String>,
    /// How the node was when it was last told, so that the journal of the machine has each change once.
    told: Mutex<String>,
}

impl Daemon {
    async fn watch(&self) -> anyhow::Result<()> {
        let mut ending = self.ending.clone();
        let settings = &self.supervisor.stack.refresh;
        requests::make_directory(&self.supervisor.directory)?;
        self.boot().await;
        drop(sd_notify::notify(&[sd_notify::NotifyState::Ready]));
        let mut watch = Watch::new(watch::Policy {
            probation: settings.probation.0,
            check_every: settings.check_every.0,
            first_retry: FIRST_RETRY,
            longest_retry: LONGEST_RETRY,
        });
        let mut looks = tokio::time::interval(settings.probe_every.0);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut asked = tokio::time::interval(REQUESTS_EVERY);
        asked.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let began = time::instant();
        loop {
            tokio::select! {
                _ = looks.tick() => {
                    if !self.recovered.load(Ordering::Relaxed) {
                        self.boot().await;
                        continue;
                    }
                    let mut look = self.supervisor.look().await;
                    let open = watch::is_open(&settings.window, jiff::Zoned::now().time());
                    let acts = watch.look(began.elapsed(), &seen(&look), open);
                    if !acts.is_empty() {
                        for act in &acts {
                            self.act(act).await;
                        }
                        watch.done(began.elapsed(), &acts);
                        look = self.supervisor.look().await;
                    }
                    self.publish(&look, None);
                    self.last(began.elapsed()).await;
                    if self.handed.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                }
                _ = asked.tick() => self.take_requests().await,
                _ = ending.wait_for(|ending| *ending) => return Ok(()),
            }
        }
    }

    async fn act(&self, act: &Act) {
        if let Err(error) = self.try_to(act).await {
            self.tell.note(&format!("{act:?} did not work: {error:#}"));
        }
    }

    async fn try_to(&self, act: &Act) -> anyhow::Result<()> {
        let supervisor = &self.supervisor;
        match act {
            Act::Check => {
                self.go(Verb::Refresh, &["--", &supervisor.stack.image.channel], "the daemon")
                    .await;
            }
            Act::Prove(digest) => {
                let (_lock, mut journal) = self.begin("prove").await?;
                journal.append(Record::Proven { digest: *digest })?;
                self.tell.note(&format!("{} is proven", digest.short()));
                let removed = supervisor.prune(journal.node()).await?;
                if !removed.is_empty() {
                    self.tell.note(&format!("releases removed: {}", removed.join(", ")));
                }
                self.hand_over(&mut journal).await;
            }
            Act::HoldDead { digest, service, code } => {
                let (lock, mut journal) = self.begin("hold").await?;
                let code = *code;
                journal.append(Record::Died { digest: *digest, service: service.clone(), code })?;
                let code = code.map_or(String::new(), |code| format!(" with {code}"));
                let reason =
                    format!("{} died in its probation: {service} ended{code}", digest.short());
                let next = "run `ladylinux-supervisor rollback` to go back, or `ladylinux-supervisor refresh` towards a mended release";
                supervisor.hold(&mut journal, &reason, Some(next)).await?;
                self.tell.note(&reason);
                let died = Notice::about("died", *digest, &reason, next);
                supervisor.tell_others(&died, &self.tell).await;
                if supervisor.goes_back(journal.node()) {
                    drop((journal, lock));
                    self.go(Verb::Rollback, &["--offline"], ON_FAILURE).await;
                }
            }
            Act::Restart { digest } => {
                let (_lock, mut journal) = self.begin("restart").await?;
                supervisor.start_containers(&mut journal).await?;
                journal.append(Record::Restarted { digest: *digest })?;
                self.tell.note(&format!("{} had died and was started again", digest.short()));
            }
            Act::GiveUp { digest } => {
                let (_lock, mut journal) = self.begin("hold").await?;
                let reason = format!("{} died too often, and is not started again", digest.short());
                let next = "look at `journalctl CONTAINER_NAME=ladylinux-api`, then run `ladylinux-supervisor rollback`, or `release-hold` and `start`";
                supervisor.hold(&mut journal, &reason, Some(next)).await?;
                self.tell.note(&reason);
                let held = Notice::about("held", *digest, &reason, next);
                supervisor.tell_others(&held, &self.tell).await;
            }
        }
        Ok(())
    }

    /// Hands over to the supervisor in the release that is installed; if that does not work, this one goes on.
    async fn hand_over(&self, journal: &mut Journal) {
        match self.supervisor.hand_over(journal, &self.tell).await {
            Ok(handed) => self.handed.store(handed, Ordering::Relaxed),
            Err(error) => self.tell.note(&format!("the supervisor was not handed over: {error:#}")),
        }
    }

    /// Says that this supervisor has taken over, once it has lasted.
    async fn last(&self, age: Duration) {
        if age < self.supervisor.lasts() || !self.succeeds.load(Ordering::Relaxed) {
            return;
        }
        let lasted = async {
            let (_lock, mut journal) = self.begin("hand-over").await?;
            self.supervisor.has_lasted(&mut journal)
        };
        match lasted.await {
            Ok(()) => {
                self.succeeds.store(false, Ordering::Relaxed);
                self.tell.note("this supervisor has taken over");
            }
            Err(error) => self.tell.note(&format!("the hand-over has no end yet: {error:#}")),
        }
    }

    /// Takes the lock, and looks again: what was seen without it may have changed.
    async fn begin(&self, verb: &str) -> anyhow::Result<(Lock, Journal)> {
        self.begin_within(Duration::ZERO, verb).await
    }

    pub(super) async fn begin_within(
        &self,
        wait: Duration,
        verb: &str,
    ) -> anyhow::Result<(Lock, Journal)> {
        let directory = &self.supervisor.directory;
        let lock = Lock::take(directory, verb, wait).await?;
        if hold::read(directory).context("cannot read the hold")?.is_some() {
            anyhow::bail!("the node is held by now");
        }
        let journal = Journal::open(directory)?;
        if journal.node().under_way.is_some() {
            anyhow::bail!("a run was begun by now");
        }
        Ok((lock, journal))
    }

    /// At boot: ends what a crash left behind, and starts what is installed unless it is held.
    async fn boot(&self) {
        let booted = async {
            let directory = &self.supervisor.directory;
            let _lock = Lock::take(directory, "start", LOCK_WAIT).await?;
            let mut journal = Journal::open(directory)?;
            let recovered = self.supervisor.recover(&mut journal, &self.tell).await;
            self.recovered.store(recovered.is_ok(), Ordering::Relaxed);
            recovered?;
            let succeeds = self.supervisor.taken_over(&mut journal, &self.tell).await?;
            self.succeeds.store(succeeds, Ordering::Relaxed);
            if journal.node().current().is_none() || journal.node().stopped {
                return Ok(());
            }
            self.supervisor.start(&mut journal, "the daemon").await?;
            // A hand-over may have been cut off.
            self.hand_over(&mut journal).await;
            anyhow::Ok(())
        };
        let failed = booted.await.map_or_else(|error| format!("{error:#}"), |()| String::new());
        self.tell_why_not_started(failed);
        self.publish(&self.supervisor.look().await, None);
    }

    /// Tells why the node was not started, once for each reason: it is tried again.
    fn tell_why_not_started(&self, failed: String) {
        let mut told = self.not_started.lock().unwrap_or_else(PoisonError::into_inner);
        if !failed.is_empty() && *told != failed {
            self.tell.note(&format!("the node was not started: {failed}"));
        }
        *told = failed;
    }

    /// Goes through a run, and tells how the node is.
    async fn go(&self, verb: Verb, arguments: &[&str], actor: &str) {
        let gone = self.goes(verb, arguments, actor).await;
        self.publish(&self.supervisor.look().await, gone.asked(verb));
    }

    /// Goes through a run in a process of its own: what it takes to speak to a registry is given back when that ends.
    pub(super) async fn goes(&self, verb: Verb, arguments: &[&str], actor: &str) -> Gone {
        match self.gone(verb, arguments, actor).await {
            Ok(gone) => gone,
            Err(error) => {
                let why = format!("a {verb} came to no end: {error:#}");
                self.tell.note(&why);
                // It may have been killed within a step.
                self.boot().await;
                Gone::Nowhere(why)
            }
        }
    }

    async fn gone(&self, verb: Verb, arguments: &[&str], actor: &str) -> anyhow::Result<Gone> {
        // By this name it is the same program even if the file was replaced.
        let mut command = Command::new("/proc/self/exe");
        command.arg(verb.name()).args(&self.options).args(["--json", "--actor", actor]);
        command.args(["--lock-wait", &format!("{}s", LOCK_WAIT.as_secs())]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.spawn().context("cannot start it")?;
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let ended = child.wait_with_output();
        tokio::pin!(ended);
        let mut looks = tokio::time::interval(self.supervisor.stack.refresh.probe_every.0);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut ending = self.ending.clone();
        let ended = loop {
            tokio::select! {
                ended = &mut ended => break ended?,
                _ = looks.tick() => self.publish(&self.supervisor.look().await, None),
                told = ending.wait_for(|ending| *ending) => {
                    // It stops before step 1, and goes to its end after that.
                    if let (Ok(_), Some(pid)) = (told, pid)
                        && kill_process(pid, Signal::TERM).is_ok()
                    {
                        self.tell.note(&format!("a {verb} is under way: it is told to end, and waited for"));
                    }
                    break ended.await?;
                }
            }
        };
        if ended.status.code() == Some(i32::from(Exit::Interrupted as u8)) {
            return Ok(Gone::Interrupted);
        }
        let said = String::from_utf8_lossy(&ended.stdout);
        let Some(report) = said.lines().next_back() else {
            bail!("it ended with {}", ended.status)
        };
        let told: Told = serde_json::from_str(report).context("it told no report")?;
        if told.outcome != Outcome::Unchanged {
            super::out::line(report);
        }
        Ok(Gone::Ended(told))
    }

    /// Tells systemd, and whoever reads the status file, how the node is.
    pub(super) fn publish(&self, look: &Look, asked: Option<Last>) {
        let sentence = match &look.because {
            Some(because) => format!("{} ({because})", look.sentence()),
            None => look.sentence(),
        };
        drop(sd_notify::notify(&[sd_notify::NotifyState::Status(&sentence)]));
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != sentence {
            self.tell.note(&sentence);
            told.clone_from(&sentence);
        }
        drop(told);
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let outcomes = ledger.outcomes();
        drop(ledger);
        let status = Status::of(look, asked).told(&self.supervisor.stack, outcomes);
        if let Err(error) = status.publish(&self.supervisor.directory) {
            self.tell.note(&format!("the status file could not be written: {error}"));
        }
        if let Err(error) = self.supervisor.write_metrics(look) {
            self.tell.note(&format!("the metrics could not be written: {error}"));
        }
    }
}

/// How a run in a process of its own went.
pub(super) enum Gone {
    /// It ended, and said so.
    Ended(Told),
    /// It was told to end before it began.
    Interrupted,
    /// It ended without saying how.
    Nowhere(String),
}

impl Gone {
    /// What the journal does not tell: a run that did not begin.
    pub(super) fn asked(&self, verb: Verb) -> Option<Last> {
        let Self::Ended(told) = self else { return None };
        let outcome = match told.outcome {
            Outcome::Unchanged => "unchanged",
            Outcome::Refused => "refused",
            Outcome::Done | Outcome::Failed | Outcome::RolledBack => return None,
        };
        let (outcome, message) = (outcome.to_owned(), told.refused_because.clone());
        Some(Last { verb, outcome, step: None, message, at: time::now() })
    }
}

/// What a run's report says that matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) outcome: Outcome,
    pub(super) refused_because: Option<String>,
    #[serde(default)]
    pub(super) error: Option<Wrong>,
}

/// What went wrong in it.
#[derive(Debug, Deserialize)]
pub(super) struct Wrong {
    pub(super) message: String,
}

/// Sums up what was seen, for the decision.
fn seen(look: &Look) -> watch::Seen {
    if look.engine.is_none() {
        return watch::Seen::Unknown;
    }
    match look.state {
        State::NotInstalled => watch::Seen::NotInstalled,
        State::Held | State::Stopped | State::Interrupted | State::Refreshing => watch::Seen::Rests,
        State::Broken | State::OnProbation | State::Serving => {
            let Some(release) = &look.release else { return watch::Seen::Unknown };
            let is_dead =
                |one: &&report::Service| one.is_dead() && !look.resting.contains(&one.name);
            let dead = look.services.iter().find(is_dead);
            watch::Seen::Installed {
                digest: release.digest,
                proven: look.standing == Some(Standing::Proven),
                dead: dead.map(|service| (service.name.clone(), service.exit_code)),
                right: look.state != State::Broken,
                life: look.life.clone(),
            }
        }
    }
}
