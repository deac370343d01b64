//! Owns one worker: its machine, its queue and its process. Nobody else touches them.
//!
//! Everything that happens becomes a fact for the machine or a change of the queue; everything that the machine answers
//! is done by `perform`. The loop waits for nothing but the next happening.

use super::{
    frame::Frame,
    handle::{Ask, Done, Handle, WorkerError, WorkerState, WorkerStatus},
    issues,
    machine::{Effect, Fact, Machine, Moment, Policy, State},
    permits::{Granted, Permits},
    process::{Process, Said},
    protocol::{FromWorker, LoadedModel, PROTOCOL_VERSION, Refusal, ToWorker, Vectors, WorkerKind},
    queue::{self, Priority, Queue, Waiting},
    running::{Job, Passed, Room, Running},
};
use crate::foundation::{
    telemetry::metrics,
    values::{ReadinessIssue, RequestId},
};
use std::{future::pending, io, mem, path::PathBuf, pin::Pin, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How many requests may be on their way to the queue; more wait at their callers, for a moment.
const MAILBOX: usize = 64;

/// Starts the worker's process.
pub(super) type Launch = Box<dyn FnMut() -> io::Result<Process> + Send>;

/// What a worker's task is told at its start.
pub(super) struct Charge {
    pub(super) kind: WorkerKind,
    /// How to start the process, or why there is nothing to start.
    pub(super) launch: Result<Launch, ReadinessIssue>,
    /// Where its model lies, for messages.
    pub(super) model: Option<PathBuf>,
    pub(super) policy: Policy,
    /// How many may wait.
    pub(super) places: usize,
    /// How long one may wait.
    pub(super) patience: Duration,
    pub(super) permits: Permits,
    pub(super) stop: CancellationToken,
}

/// Something that the loop waited for.
enum Happening {
    Said(Said),
    Left(RequestId),
    Asked(Ask),
    Granted(Granted),
    Woke,
    Stop,
}

/// What others say to the task.
struct Inbox {
    asks: mpsc::Receiver<Ask>,
    left: mpsc::UnboundedReceiver<RequestId>,
    stop: CancellationToken,
}

type Grant = Pin<Box<dyn Future<Output = Granted> + Send>>;

struct Task {
    kind: WorkerKind,
    launch: Option<Launch>,
    model_path: Option<PathBuf>,
    work_timeout: Duration,
    machine: Machine,
    queue: Queue<Job>,
    process: Option<Process>,
    running: Option<Running>,
    permits: Permits,
    grant: Option<Grant>,
    granted: Option<Granted>,
    model: Option<LoadedModel>,
    issue: Option<ReadinessIssue>,
    /// What was last observed of a process that goes wrong.
    last_words: String,
    starts: u32,
    deaths_to_hold: u32,
    status: watch::Sender<WorkerStatus>,
    epoch: Instant,
}

/// Starts a worker's task; it runs until its `stop` is cancelled or all handles are gone.
pub(super) fn start(charge: Charge) -> (Handle, impl Future<Output = ()> + Send) {
    let (asks, inbox) = mpsc::channel(MAILBOX);
    let (left, leavings) = mpsc::unbounded_channel();
    let (status, watched) = watch::channel(WorkerStatus {
        kind: charge.kind,
        state: WorkerState::Absent,
        model: None,
        pid: None,
        resident_bytes: None,
        restarts: 0,
        waiting: 0,
        issue: charge.launch.as_ref().err().cloned(),
    });
    let stop = charge.stop.clone();
    let (task, first) = Task::new(charge, status);
    task.publish();
    let run = task.run(first, Inbox { asks: inbox, left: leavings, stop });
    (Handle { asks, left, status: watched, priority: Priority::default() }, run)
}

impl Task {
    /// Returns the task, and what it has to do first.
    fn new(charge: Charge, status: watch::Sender<WorkerStatus>) -> (Self, Vec<Effect>) {
        let policy = charge.policy.clone();
        let (launch, issue, (machine, first)) = match charge.launch {
            Ok(launch) => (Some(launch), None, Machine::starting(policy, Duration::ZERO)),
            Err(issue) => (None, Some(issue), (Machine::absent(policy), Vec::new())),
        };
        let task = Self {
            kind: charge.kind,
            launch,
            model_path: charge.model,
            work_timeout: charge.policy.work_timeout,
            deaths_to_hold: charge.policy.restart_limit,
            machine,
            queue: Queue::new(charge.places, charge.patience),
            process: None,
            running: None,
            permits: charge.permits,
            grant: None,
            granted: None,
            model: None,
            issue,
            last_words: String::new(),
            starts: 0,
            status,
            epoch: Instant::now(),
        };
        (task, first)
    }

    async fn run(mut self, first: Vec<Effect>, mut inbox: Inbox) {
        self.perform(first);
        let (mut stopping, mut changed) = (false, true);
        while *self.machine.state() != State::Stopped {
            self.begin_next();
            if changed {
                self.publish();
            }
            let wake = self.wake_at();
            let happening = tokio::select! {
                said = next_said(&mut self.process) => Happening::Said(said),
                Some(id) = inbox.left.recv() => Happening::Left(id),
                asked = inbox.asks.recv(), if !stopping => asked.map_or(Happening::Stop, Happening::Asked),
                granted = next_grant(&mut self.grant) => Happening::Granted(granted),
                () = wait_until(wake) => Happening::Woke,
                () = inbox.stop.cancelled(), if !stopping => Happening::Stop,
            };
            stopping |= matches!(happening, Happening::Stop);
            // A token changes nothing that a status shows, and there are many.
            changed = !matches!(
                happening,
                Happening::Said(Said::Message(Frame { message: FromWorker::Token { .. }, .. }))
            );
            if let Happening::Asked(_) = happening {
                // Whoever left before this one asked has freed a place already.
                while let Ok(id) = inbox.left.try_recv() {
                    self.take(Happening::Left(id));
                }
            }
            self.take(happening);
        }
        self.publish();
    }

    fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Said(said) => self.hear(said),
            Happening::Left(id) => {
                if self.queue.remove(id).is_none() {
                    self.left(id);
                }
            }
            Happening::Asked(ask) => self.admit(ask),
            Happening::Granted(granted) => {
                self.grant = None;
                self.granted = Some(granted);
            }
            Happening::Woke => {
                for expired in self.queue.expired(self.now()) {
                    expired.item.reply.fail(WorkerError::QueueTimeout);
                }
                self.step(&Fact::Woke);
            }
            Happening::Stop => self.step(&Fact::StopAsked),
        }
    }

    /// Ends what the worker does for one who left, unless it does it for others as well.
    fn left(&mut self, id: RequestId) {
        let mut left = id;
        if let Some(running) = self.running.as_mut().filter(|running| running.has(id)) {
            if running.leave(id) {
                return;
            }
            left = running.id;
        }
        self.step(&Fact::Left(left));
    }

    /// Gives a request a place, or says at once why not.
    fn admit(&mut self, ask: Ask) {
        let verdict = match self.machine.state() {
            State::Absent | State::Held { .. } | State::Refused => Err(self.not_ready()),
            State::Stopping { .. } | State::Stopped => Err(WorkerError::Stopping),
            State::Starting { .. }
            | State::Ready
            | State::Busy { .. }
            | State::Cancelling { .. }
            | State::Ending { .. }
            | State::Restarting { .. } => {
                let running = match &self.running {
                    Some(running) => queue::Running::Since(running.began),
                    None => queue::Running::Nothing,
                };
                let item = Job { work: ask.work, reply: ask.reply, alone: false };
                let (id, priority) = (ask.id, ask.priority);
                let waiting = Waiting { id, priority, since: self.now(), item };
                self.queue
                    .push(waiting, running)
                    .map_err(|(full, _)| WorkerError::Full { retry_after: full.retry_after })
            }
        };
        // A caller that left while it asked may have said so before its request came; its place would never be freed.
        if ask.admitted.send(verdict).is_err() {
            self.queue.remove(ask.id);
        }
    }

    /// Hands the next request to an idle worker, once its threads are granted.
    fn begin_next(&mut self) {
        if computes(self.machine.state()) {
            return;
        }
        // An idle worker holds no threads, nor one that died before it got to work.
        if *self.machine.state() != State::Ready || self.queue.is_empty() {
            (self.grant, self.granted) = (None, None);
            return;
        }
        if self.granted.is_none() {
            if self.grant.is_none() {
                let permits = self.permits.clone();
                self.grant = Some(Box::pin(async move { permits.grant(permits.all()).await }));
            }
            return;
        }
        while *self.machine.state() == State::Ready
            && let Some(next) = self.queue.pop()
        {
            let run = self.model.as_ref().and_then(|model| model.batch_tokens).unwrap_or(0);
            let room = Room::beside(&next.item, run);
            let others = room.map(|mut room| self.queue.take(next.priority, |job| room.takes(job)));
            let together = std::iter::once(next).chain(others.into_iter().flatten());
            self.hand_over(together.collect());
        }
    }

    /// Sends requests to the worker as one; what no frame can hold is refused, and the worker stays ready.
    fn hand_over(&mut self, requests: Vec<Waiting<Job>>) {
        let Some(process) = &self.process else { return };
        let Some((running, work)) = Running::of(requests, self.now()) else { return };
        let id = running.id;
        let deadline_ms = u64::try_from(self.work_timeout.as_millis()).unwrap_or(u64::MAX);
        if let Err(error) = process.send(ToWorker::Work { id, deadline_ms, work }) {
            let refusal =
                Refusal { code: "invalid_request".to_owned(), message: error.to_string() };
            if let Passed::Apart(requests) = running.end(Err(WorkerError::Refused(refusal))) {
                self.queue.put_back(requests);
            }
            return;
        }
        for waited in running.started() {
            metrics::queue_wait(self.kind.name(), waited);
        }
        self.running = Some(running);
        self.step(&Fact::Began(id));
    }

    fn hear(&mut self, said: Said) {
        match said {
            Said::Message(Frame { message, payload }) => self.hear_message(message, &payload),
            Said::Broken(error) => {
                self.last_words = error.to_string();
                self.step(&Fact::Broke);
            }
            Said::Ended(how) => {
                self.process = None;
                // Of a process that the core itself has killed, the cause is known better.
                if !matches!(self.machine.state(), State::Ending { .. }) {
                    self.last_words = how;
                }
                self.step(&Fact::Ended);
            }
        }
    }

    fn hear_message(&mut self, message: FromWorker, payload: &[u8]) {
        match message {
            FromWorker::Ready { protocol: PROTOCOL_VERSION, model } => {
                tracing::info!(worker.kind = %self.kind, model.id = model.id, "a worker is ready");
                (self.model, self.issue) = (Some(model), None);
                self.step(&Fact::Greeted);
            }
            FromWorker::Ready { protocol, .. } => {
                let message =
                    format!("the worker speaks protocol {protocol}, the core {PROTOCOL_VERSION}");
                self.refuse(&Refusal { code: "protocol_mismatch".to_owned(), message });
            }
            FromWorker::Refused { refusal } => self.refuse(&refusal),
            FromWorker::Token { id, text, engine_ns } => {
                let now = self.now();
                if let Some(running) = self.running.as_mut().filter(|running| running.id == id) {
                    if running.first_token.is_none() {
                        running.first_token = Some(now);
                        metrics::first_token(now.saturating_sub(running.asked()));
                    }
                    if let Some(reply) = running.reply() {
                        reply.token(text, engine_ns);
                    }
                }
                self.step(&Fact::Spoke(id));
            }
            FromWorker::Working { id } => self.step(&Fact::Spoke(id)),
            FromWorker::Done { id, completion } => {
                if let Some(rate) = completion.tokens_per_second() {
                    metrics::tokens_per_second(rate);
                }
                self.finish(id, Ok(Done::Text(completion)));
            }
            FromWorker::Embedded { id, embedded } => {
                if let Some(vectors) = Vectors::read(embedded, payload) {
                    self.finish(id, Ok(Done::Vectors(vectors)));
                } else {
                    "its vectors are not whole".clone_into(&mut self.last_words);
                    self.step(&Fact::Broke);
                }
            }
            FromWorker::Ranked { id, ranked } => self.finish(id, Ok(Done::Ranked(ranked))),
            FromWorker::Failed { id, refusal } => {
                let error = match refusal.code.as_str() {
                    "deadline_exceeded" => WorkerError::DeadlineExceeded,
                    _ => WorkerError::Refused(refusal),
                };
                self.finish(id, Err(error));
            }
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.issue = Some(issues::refused(self.kind, refusal, self.model_path.as_deref()));
        self.step(&Fact::RefusedLoad);
    }

    /// Passes the last word of a request on, and frees the worker for the next.
    fn finish(&mut self, id: RequestId, last: Result<Done, WorkerError>) {
        if let Some(running) = self.running.take_if(|running| running.id == id) {
            self.queue.finished(self.now().saturating_sub(running.began));
            match running.end(last) {
                Passed::On => {}
                Passed::Apart(requests) => self.queue.put_back(requests),
                Passed::Nowhere => {
                    "it answered something else than it was asked".clone_into(&mut self.last_words);
                    return self.step(&Fact::Broke);
                }
            }
        }
        self.step(&Fact::Finished(id));
    }

    fn step(&mut self, fact: &Fact) {
        let before = self.machine.state().clone();
        let effects = self.machine.step(fact, self.now());
        if *self.machine.state() != before {
            self.explain();
            if computes(&before) && !computes(self.machine.state()) {
                self.granted = None;
            }
        }
        self.perform(effects);
    }

    /// Finds the words for a death, before anybody is told of it.
    fn explain(&mut self) {
        let (State::Restarting { last, .. } | State::Held { last }) = *self.machine.state() else {
            return;
        };
        let died = issues::death(self.kind, last, &mem::take(&mut self.last_words));
        let held = matches!(self.machine.state(), State::Held { .. });
        let issue = if held { issues::held(self.kind, self.deaths_to_hold, &died) } else { died };
        tracing::warn!(worker.kind = %self.kind, code = issue.code, "{}", issue.message);
        self.issue = Some(issue);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Spawn => self.spawn(),
                Effect::Kill => {
                    if let Some(process) = &mut self.process {
                        process.kill();
                    }
                }
                Effect::CloseInput => {
                    if let Some(process) = &mut self.process {
                        process.close_input();
                    }
                }
                Effect::Cancel(id) => {
                    self.running = None;
                    if let Some(process) = &self.process {
                        // A cancellation is never too long to send.
                        drop(process.send(ToWorker::Cancel { id }));
                    }
                }
                Effect::Fail(failure) => {
                    if let Some(running) = self.running.take() {
                        running.fail(&failure.into());
                    }
                }
                Effect::TurnAway => {
                    let stopping =
                        matches!(self.machine.state(), State::Stopping { .. } | State::Stopped);
                    let error = if stopping { WorkerError::Stopping } else { self.not_ready() };
                    for waiting in self.queue.drain() {
                        waiting.item.reply.fail(error.clone());
                    }
                }
            }
        }
    }

    fn spawn(&mut self) {
        let Some(launch) = &mut self.launch else { return };
        self.starts += 1;
        if self.starts > 1 {
            metrics::worker_restarts(self.kind.name());
        }
        let hello = ToWorker::Hello { protocol: PROTOCOL_VERSION, threads: self.permits.all() };
        match launch() {
            Ok(process) => {
                // A greeting is never too long to send.
                drop(process.send(hello));
                tracing::info!(worker.kind = %self.kind, worker.pid = process.pid(), "a worker starts");
                self.process = Some(process);
            }
            Err(error) => {
                self.last_words = error.to_string();
                self.step(&Fact::NotSpawned);
            }
        }
    }

    fn not_ready(&self) -> WorkerError {
        self.issue.clone().map_or(WorkerError::Stopping, WorkerError::NotReady)
    }

    fn publish(&self) {
        let status = WorkerStatus {
            kind: self.kind,
            state: self.machine.state().into(),
            model: self.model.clone(),
            pid: self.process.as_ref().and_then(Process::pid),
            resident_bytes: None,
            restarts: self.starts.saturating_sub(1),
            waiting: self.queue.len(),
            issue: self.issue.clone(),
        };
        self.status.send_if_modified(|published| {
            let changed = *published != status;
            if changed {
                metrics::queue_length(self.kind.name(), status.waiting);
                *published = status;
            }
            changed
        });
    }

    fn now(&self) -> Moment {
        self.epoch.elapsed()
    }

    fn wake_at(&self) -> Option<Instant> {
        let moments = [self.machine.wake_at(), self.queue.wake_at()];
        moments.into_iter().flatten().min().map(|moment| self.epoch + moment)
    }
}

/// Returns whether a worker in this state may be using its threads.
fn computes(state: &State) -> bool {
    matches!(state, State::Busy { .. } | State::Cancelling { .. } | State::Ending { .. })
}

async fn next_said(process: &mut Option<Process>) -> Said {
    match process {
        Some(process) => process.next().await,
        None => pending().await,
    }
}

async fn next_grant(grant: &mut Option<Grant>) -> Granted {
    match grant {
        Some(grant) => grant.await,
        None => pending().await,
    }
}

async fn wait_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
