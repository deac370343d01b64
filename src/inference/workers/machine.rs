//! Decides when a worker process is started, cancelled, ended, restarted or held.
//!
//! ```text
//!               ┌──────────── Woke ───────────── Restarting ◀─┐
//!               ▼                                             │ Ended, fewer than 5 in 60 s
//! Absent     Starting ──Greeted──▶ Ready ──Began──▶ Busy      │
//!               │ │                  ▲               │ Left, deadline, silence
//!               │ └──RefusedLoad     └──Finished──┐  ▼        │
//!               │         ▼                       Cancelling ─┤
//!               │      Refused                        │ no reaction
//!               └── no handshake ──▶ Ending ◀─────────┘       └──▶ Held (5 deaths in 60 s)
//! ```
//!
//! No clock, process or channel here: the time comes in with each fact, and what is to be done goes out as effects.

use crate::foundation::values::RequestId;
use std::time::Duration;

/// A point in time: how long after the task's start.
pub type Moment = Duration;

/// The wait before the first restart; it doubles with every further death in the window.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// The longest wait before a restart, so that an operator with a high restart limit still gets restarts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// How long a cancelled worker may go on: the time of one prefill chunk on a slow machine.
const CANCEL_GRACE: Duration = Duration::from_secs(10);

/// How long a worker may take to end when its input is closed; it ends itself within one second.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How patient the machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// From the start of a process to its handshake.
    pub handshake_timeout: Duration,
    /// From the begin of a request's work to its end.
    pub work_timeout: Duration,
    /// Between two signs of life of that work.
    pub stall_timeout: Duration,
    /// So many deaths within the window end the restarts.
    pub restart_limit: u32,
    /// The window in which deaths are counted.
    pub restart_window: Duration,
}

/// Where a worker stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// There is no model to load, so there is no process.
    Absent,
    /// The process loads its model.
    Starting {
        /// When its handshake is due.
        until: Moment,
    },
    /// The process waits for work.
    Ready,
    /// The process works.
    Busy {
        /// What it works on.
        id: RequestId,
        /// When the answer has to be complete.
        until: Moment,
        /// When the next sign of life is due.
        silent_until: Moment,
    },
    /// The process was told to end work that nobody waits for any more.
    Cancelling {
        /// What it worked on.
        id: RequestId,
        /// When it is ended, if it has not reacted.
        kill_at: Moment,
        /// What it will have died of then; none if only the client left, which is not the worker's fault.
        fault: Option<Death>,
    },
    /// The process was killed and has not ended yet.
    Ending {
        /// What it died of; none if that is not held against it.
        fault: Option<Death>,
    },
    /// There is no process until the backoff is over.
    Restarting {
        /// When that is.
        until: Moment,
        /// What the last process died of.
        last: Death,
    },
    /// It died too often; a person has to look.
    Held {
        /// What it died of last.
        last: Death,
    },
    /// It cannot load its model; trying again would not help.
    Refused,
    /// The node stops; the process was asked to end.
    Stopping {
        /// When it is killed; none once it was.
        kill_at: Option<Moment>,
    },
    /// The node stops, and there is no process any more.
    Stopped,
}

/// What a process died of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The process could not be started.
    Unstartable,
    /// It did not greet in time.
    NoHandshake,
    /// It said something that is no message, or not one for now.
    BadFrame,
    /// It was silent for too long, or overran its time, and did not react to being cancelled.
    Stalled,
    /// It ended of itself, or was ended by someone else.
    Exited,
}

/// Something that happened. Facts are never refused; a late one changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The process could not be started.
    NotSpawned,
    /// The process greeted: its model is loaded.
    Greeted,
    /// The process refused its model.
    RefusedLoad,
    /// A request was handed to the worker.
    Began(RequestId),
    /// The worker said something about a request.
    Spoke(RequestId),
    /// The worker has ended a request, well or not.
    Finished(RequestId),
    /// Nobody waits for this request any more.
    Left(RequestId),
    /// The process said something that is no message, or not one for now.
    Broke,
    /// The process is no more.
    Ended,
    /// The node stops.
    StopAsked,
    /// The clock has reached [`Machine::wake_at`].
    Woke,
}

/// Something the shell must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Start a process and greet it.
    Spawn,
    /// Kill the process; [`Fact::Ended`] follows.
    Kill,
    /// Close the process's input, which asks it to end.
    CloseInput,
    /// Tell the process to end this request.
    Cancel(RequestId),
    /// Tell whoever waits for the running request that it failed.
    Fail(Failure),
    /// Tell those who wait in the queue that there will be no worker.
    TurnAway,
}

/// How a running request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its worker died.
    Died,
    /// Its worker was silent for too long.
    Stalled,
    /// It took too long.
    DeadlineExceeded,
    /// The node stops.
    Stopping,
}

/// A worker's state, and the deaths that count against it.
#[derive(Clone, Debug)]
pub struct Machine {
    policy: Policy,
    state: State,
    deaths: Vec<Moment>,
}

impl Machine {
    /// Returns a machine without a model: it never does anything.
    pub fn absent(policy: Policy) -> Self {
        Self { policy, state: State::Absent, deaths: Vec::new() }
    }

    /// Returns a machine that starts its process now.
    pub fn starting(policy: Policy, now: Moment) -> (Self, Vec<Effect>) {
        let mut machine = Self::absent(policy);
        let effects = machine.start(now);
        (machine, effects)
    }

    /// Returns where the worker stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns when [`Fact::Woke`] is due, if nothing happens before.
    pub fn wake_at(&self) -> Option<Moment> {
        match self.state {
            State::Starting { until } | State::Restarting { until, .. } => Some(until),
            State::Busy { until, silent_until, .. } => Some(until.min(silent_until)),
            State::Cancelling { kill_at, .. } => Some(kill_at),
            State::Stopping { kill_at } => kill_at,
            State::Absent
            | State::Ready
            | State::Ending { .. }
            | State::Held { .. }
            | State::Refused
            | State::Stopped => None,
        }
    }

    /// Takes one fact, moves to the next state, and returns what must be done now, in this order.
    #[must_use = "effects that are dropped never happen"]
    pub fn step(&mut self, fact: &Fact, now: Moment) -> Vec<Effect> {
        if *fact == Fact::Woke && self.wake_at().is_none_or(|at| now < at) {
            return Vec::new();
        }
        match (self.state.clone(), fact) {
            (_, Fact::StopAsked) => self.stop(now),
            (State::Starting { .. }, fact) => self.step_starting(fact, now),
            (State::Ready, Fact::Began(id)) => {
                let until = now + self.policy.work_timeout;
                let silent_until = now + self.policy.stall_timeout;
                self.go(State::Busy { id: *id, until, silent_until }, [])
            }
            (State::Ready | State::Cancelling { .. }, Fact::Broke) => {
                self.end(Some(Death::BadFrame), [])
            }
            (State::Ready | State::Cancelling { .. }, Fact::Ended) => {
                self.died(Death::Exited, now, [])
            }
            (State::Busy { id, until, .. }, fact) => self.step_busy(id, until, fact, now),
            (State::Cancelling { id, .. }, Fact::Finished(done)) if *done == id => {
                self.go(State::Ready, [])
            }
            (State::Cancelling { fault, .. }, Fact::Woke) => self.end(fault, []),
            (State::Ending { fault: Some(fault) }, Fact::Ended) => self.died(fault, now, []),
            (State::Ending { fault: None }, Fact::Ended)
            | (State::Restarting { .. }, Fact::Woke) => self.start(now),
            (State::Stopping { .. }, Fact::Ended | Fact::NotSpawned) => self.go(State::Stopped, []),
            (State::Stopping { .. }, Fact::Woke) => {
                self.go(State::Stopping { kill_at: None }, [Effect::Kill])
            }
            _ => Vec::new(),
        }
    }

    fn step_starting(&mut self, fact: &Fact, now: Moment) -> Vec<Effect> {
        match fact {
            Fact::Greeted => self.go(State::Ready, []),
            Fact::RefusedLoad => self.go(State::Refused, [Effect::Kill, Effect::TurnAway]),
            Fact::Woke => self.end(Some(Death::NoHandshake), []),
            Fact::Broke => self.end(Some(Death::BadFrame), []),
            Fact::NotSpawned => self.died(Death::Unstartable, now, []),
            Fact::Ended => self.died(Death::Exited, now, []),
            Fact::Began(_)
            | Fact::Spoke(_)
            | Fact::Finished(_)
            | Fact::Left(_)
            | Fact::StopAsked => Vec::new(),
        }
    }

    fn step_busy(&mut self, id: RequestId, until: Moment, fact: &Fact, now: Moment) -> Vec<Effect> {
        match fact {
            Fact::Spoke(spoken) if *spoken == id => {
                let silent_until = now + self.policy.stall_timeout;
                self.go(State::Busy { id, until, silent_until }, [])
            }
            Fact::Finished(done) if *done == id => self.go(State::Ready, []),
            Fact::Left(left) if *left == id => self.cancel(id, None, now, []),
            Fact::Woke if now >= until => {
                let failed = [Effect::Fail(Failure::DeadlineExceeded)];
                self.cancel(id, Some(Death::Stalled), now, failed)
            }
            Fact::Woke => {
                self.cancel(id, Some(Death::Stalled), now, [Effect::Fail(Failure::Stalled)])
            }
            Fact::Broke => self.end(Some(Death::BadFrame), [Effect::Fail(Failure::Died)]),
            Fact::Ended => self.died(Death::Exited, now, [Effect::Fail(Failure::Died)]),
            Fact::Spoke(_)
            | Fact::Finished(_)
            | Fact::Left(_)
            | Fact::NotSpawned
            | Fact::Greeted
            | Fact::RefusedLoad
            | Fact::Began(_)
            | Fact::StopAsked => Vec::new(),
        }
    }

    fn go(&mut self, state: State, effects: impl Into<Vec<Effect>>) -> Vec<Effect> {
        self.state = state;
        effects.into()
    }

    fn start(&mut self, now: Moment) -> Vec<Effect> {
        self.go(State::Starting { until: now + self.policy.handshake_timeout }, [Effect::Spawn])
    }

    fn cancel(
        &mut self,
        id: RequestId,
        fault: Option<Death>,
        now: Moment,
        first: impl Into<Vec<Effect>>,
    ) -> Vec<Effect> {
        let mut effects =
            self.go(State::Cancelling { id, kill_at: now + CANCEL_GRACE, fault }, first);
        effects.push(Effect::Cancel(id));
        effects
    }

    fn end(&mut self, fault: Option<Death>, first: impl Into<Vec<Effect>>) -> Vec<Effect> {
        let mut effects = self.go(State::Ending { fault }, first);
        effects.push(Effect::Kill);
        effects
    }

    fn died(&mut self, of: Death, now: Moment, first: impl Into<Vec<Effect>>) -> Vec<Effect> {
        let window = self.policy.restart_window;
        self.deaths.retain(|death| now.saturating_sub(*death) < window);
        self.deaths.push(now);
        let deaths = u32::try_from(self.deaths.len()).unwrap_or(u32::MAX);
        if deaths >= self.policy.restart_limit {
            let mut effects = self.go(State::Held { last: of }, first);
            effects.push(Effect::TurnAway);
            return effects;
        }
        self.go(State::Restarting { until: now + backoff(deaths), last: of }, first)
    }

    fn stop(&mut self, now: Moment) -> Vec<Effect> {
        let stopping = State::Stopping { kill_at: Some(now + STOP_GRACE) };
        match self.state {
            State::Stopped | State::Stopping { .. } => Vec::new(),
            State::Absent | State::Restarting { .. } | State::Held { .. } | State::Refused => {
                self.go(State::Stopped, [Effect::TurnAway])
            }
            State::Busy { .. } => self.go(
                stopping,
                [Effect::Fail(Failure::Stopping), Effect::TurnAway, Effect::CloseInput],
            ),
            State::Starting { .. }
            | State::Ready
            | State::Cancelling { .. }
            | State::Ending { .. } => self.go(stopping, [Effect::TurnAway, Effect::CloseInput]),
        }
    }
}

/// Returns how long to wait before the restart after this many deaths in the window.
fn backoff(deaths: u32) -> Duration {
    let doublings = deaths.saturating_sub(1).min(16);
    (FIRST_BACKOFF * (1 << doublings)).min(LONGEST_BACKOFF)
}

#[cfg(test)]
#[path = "tests/machine.rs"]
mod tests;
