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
    /// From the begin of a generation to its end.
    pub generation_timeout: Duration,
    /// Between two signs of life of a generation.
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
    /// The process generates.
    Busy {
        /// What it works on.
        id: RequestId,
        /// When the answer has to be complete.
        until: Moment,
        /// When the next sign of life is due.
        silent_until: Moment,
    },
    /// The process was told to end a generation that nobody waits for any more.
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
                let until = now + self.policy.generation_timeout;
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;

    const ONE: RequestId = RequestId(uuid::Uuid::from_u128(1));
    const TWO: RequestId = RequestId(uuid::Uuid::from_u128(2));

    fn policy() -> Policy {
        Policy {
            handshake_timeout: Duration::from_mins(2),
            generation_timeout: Duration::from_mins(5),
            stall_timeout: Duration::from_mins(1),
            restart_limit: 5,
            restart_window: Duration::from_mins(1),
        }
    }

    fn at(seconds: f64) -> Moment {
        Duration::from_secs_f64(seconds)
    }

    fn run(facts: &[(f64, Fact)]) -> (Machine, Vec<Effect>) {
        let (mut machine, mut effects) = Machine::starting(policy(), at(0.0));
        for (seconds, fact) in facts {
            effects.extend(machine.step(fact, at(*seconds)));
        }
        (machine, effects)
    }

    #[test]
    fn every_state_answers_every_fact() {
        let due = at(1000.0);
        let states = [
            State::Absent,
            State::Starting { until: due },
            State::Ready,
            State::Busy { id: ONE, until: due, silent_until: due + at(1.0) },
            State::Busy { id: ONE, until: due + at(1.0), silent_until: due },
            State::Cancelling { id: ONE, kill_at: due, fault: None },
            State::Cancelling { id: ONE, kill_at: due, fault: Some(Death::Stalled) },
            State::Ending { fault: None },
            State::Ending { fault: Some(Death::BadFrame) },
            State::Restarting { until: due, last: Death::Exited },
            State::Held { last: Death::Exited },
            State::Refused,
            State::Stopping { kill_at: Some(due) },
            State::Stopping { kill_at: None },
            State::Stopped,
        ];
        let facts = [
            Fact::NotSpawned,
            Fact::Greeted,
            Fact::RefusedLoad,
            Fact::Began(ONE),
            Fact::Spoke(ONE),
            Fact::Spoke(TWO),
            Fact::Finished(ONE),
            Fact::Finished(TWO),
            Fact::Left(ONE),
            Fact::Left(TWO),
            Fact::Broke,
            Fact::Ended,
            Fact::StopAsked,
            Fact::Woke,
        ];
        let mut table = String::new();
        for state in &states {
            writeln!(table, "{state:?}").unwrap();
            for fact in &facts {
                let mut machine =
                    Machine { policy: policy(), state: state.clone(), deaths: Vec::new() };
                let effects = machine.step(fact, due);
                if machine.state != *state || !effects.is_empty() {
                    writeln!(table, "    {fact:?} → {:?} {effects:?}", machine.state).unwrap();
                }
            }
        }
        let table = table.replace(&ONE.to_string(), "one").replace("RequestId(one)", "one");
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_worker_that_dies_in_mid_answer_fails_that_answer_and_comes_back() {
        let (machine, effects) = run(&[
            (1.0, Fact::Greeted),
            (2.0, Fact::Began(ONE)),
            (3.0, Fact::Ended),
            (3.1, Fact::Woke),
            (3.2, Fact::Woke),
        ]);
        assert_eq!(effects, [Effect::Spawn, Effect::Fail(Failure::Died), Effect::Spawn]);
        assert!(matches!(machine.state(), State::Starting { .. }));
    }

    // VOX-68: as systemd does, five deaths within a minute end the restarts.
    #[test]
    fn the_fifth_death_within_a_minute_holds_the_worker_and_turns_the_queue_away() {
        let (mut machine, mut effects) = Machine::starting(policy(), at(0.0));
        for death in 1..=5 {
            let now = at(f64::from(death) * 10.0);
            effects.extend(machine.step(&Fact::Ended, now));
            effects.extend(machine.step(&Fact::Woke, now + at(9.0)));
        }
        assert_eq!(effects.iter().filter(|effect| **effect == Effect::Spawn).count(), 5);
        assert_eq!(effects.last(), Some(&Effect::TurnAway));
        assert_eq!(*machine.state(), State::Held { last: Death::Exited });
        assert_eq!(machine.wake_at(), None);
    }

    #[test]
    fn deaths_that_lie_further_apart_are_restarted_for_ever() {
        let (mut machine, _) = Machine::starting(policy(), at(0.0));
        for death in 1..=50 {
            let now = at(f64::from(death) * 15.1);
            assert_eq!(machine.step(&Fact::Ended, now), []);
            assert_eq!(machine.step(&Fact::Woke, now + at(15.0)), [Effect::Spawn]);
        }
    }

    #[test]
    fn the_backoff_doubles_up_to_its_cap() {
        let waits: Vec<_> = (1..=8).map(|deaths| backoff(deaths).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(backoff(u32::MAX), LONGEST_BACKOFF);
    }

    #[test]
    fn a_stalled_generation_fails_is_cancelled_and_its_worker_killed_only_if_it_does_not_react() {
        let stalled = [(1.0, Fact::Greeted), (2.0, Fact::Began(ONE)), (62.0, Fact::Woke)];
        let (mut machine, effects) = run(&stalled);
        assert_eq!(effects[1..], [Effect::Fail(Failure::Stalled), Effect::Cancel(ONE)]);
        assert_eq!(machine.clone().step(&Fact::Finished(ONE), at(63.0)), []);
        assert_eq!(machine.step(&Fact::Woke, at(72.0)), [Effect::Kill]);
        assert_eq!(*machine.state(), State::Ending { fault: Some(Death::Stalled) });
    }

    #[test]
    fn every_token_renews_the_patience_but_not_the_deadline() {
        let mut facts = vec![(0.0, Fact::Greeted), (0.0, Fact::Began(ONE))];
        facts.extend((1..=6).map(|n| (f64::from(n) * 50.0 - 1.0, Fact::Spoke(ONE))));
        let (mut machine, _) = run(&facts);
        assert_eq!(machine.wake_at(), Some(at(300.0)));
        assert_eq!(
            machine.step(&Fact::Woke, at(300.0)),
            [Effect::Fail(Failure::DeadlineExceeded), Effect::Cancel(ONE)]
        );
    }

    #[test]
    fn a_client_that_leaves_again_and_again_does_not_get_the_worker_held() {
        let (mut machine, _) = Machine::starting(policy(), at(0.0));
        let mut now = at(0.0);
        for _ in 0..20 {
            assert_eq!(machine.step(&Fact::Greeted, now), []);
            assert_eq!(machine.step(&Fact::Began(ONE), now), []);
            assert_eq!(machine.step(&Fact::Left(ONE), now), [Effect::Cancel(ONE)]);
            now += CANCEL_GRACE;
            assert_eq!(machine.step(&Fact::Woke, now), [Effect::Kill]);
            assert_eq!(machine.step(&Fact::Ended, now), [Effect::Spawn]);
        }
    }

    #[test]
    fn a_refused_model_is_not_tried_again() {
        let (machine, effects) =
            run(&[(1.0, Fact::RefusedLoad), (1.1, Fact::Ended), (500.0, Fact::Woke)]);
        assert_eq!(effects, [Effect::Spawn, Effect::Kill, Effect::TurnAway]);
        assert_eq!(*machine.state(), State::Refused);
    }

    fn fact() -> impl Strategy<Value = Fact> {
        let id = || prop_oneof![3 => Just(ONE), 1 => Just(TWO)];
        prop_oneof![
            1 => Just(Fact::NotSpawned),
            4 => Just(Fact::Greeted),
            1 => Just(Fact::RefusedLoad),
            6 => id().prop_map(Fact::Began),
            3 => id().prop_map(Fact::Spoke),
            3 => id().prop_map(Fact::Finished),
            3 => id().prop_map(Fact::Left),
            1 => Just(Fact::Broke),
            2 => Just(Fact::Ended),
            1 => Just(Fact::StopAsked),
            6 => Just(Fact::Woke),
        ]
    }

    /// What a shell would know: whether a process lives and whether a request runs.
    #[derive(Default)]
    struct Model {
        alive: bool,
        running: bool,
        stopping: bool,
    }

    impl Model {
        fn happened(&mut self, fact: &Fact, before: &State) {
            match fact {
                Fact::Ended => self.alive = false,
                Fact::NotSpawned if matches!(before, State::Starting { .. }) => self.alive = false,
                Fact::Began(_) if *before == State::Ready => self.running = true,
                Fact::Finished(id) | Fact::Left(id) if matches!(before, State::Busy { id: busy, .. } if busy == id) =>
                {
                    self.running = false;
                }
                Fact::StopAsked => self.stopping = true,
                Fact::NotSpawned
                | Fact::Greeted
                | Fact::RefusedLoad
                | Fact::Began(_)
                | Fact::Spoke(_)
                | Fact::Finished(_)
                | Fact::Left(_)
                | Fact::Broke
                | Fact::Woke => {}
            }
        }

        fn done(&mut self, effect: &Effect) -> Result<(), TestCaseError> {
            match effect {
                Effect::Spawn => {
                    prop_assert!(!self.alive, "two processes of one kind");
                    prop_assert!(!self.stopping, "started while the node stops");
                    self.alive = true;
                }
                Effect::Fail(_) => {
                    prop_assert!(self.running, "a request ends once");
                    self.running = false;
                }
                Effect::Kill | Effect::CloseInput | Effect::Cancel(_) | Effect::TurnAway => {}
            }
            Ok(())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

        #[test]
        fn random_facts_never_break_the_invariant(
            facts in proptest::collection::vec((fact(), 0u64..40_000), 0..120),
        ) {
            let mut now = at(0.0);
            let (mut machine, effects) = Machine::starting(policy(), now);
            let mut model = Model::default();
            effects.iter().try_for_each(|effect| model.done(effect))?;
            for (fact, passed) in &facts {
                // A process that does not live cannot speak, and the clock only wakes whoever asked for it.
                if matches!(fact, Fact::Ended | Fact::Broke | Fact::NotSpawned) && !model.alive {
                    continue;
                }
                now += Duration::from_millis(*passed);
                let before = machine.state().clone();
                let due = machine.wake_at();
                let effects = machine.step(fact, now);
                model.happened(fact, &before);
                effects.iter().try_for_each(|effect| model.done(effect))?;

                let state = machine.state();
                prop_assert_eq!(model.running, matches!(state, State::Busy { .. }));
                let has_process = matches!(state, State::Starting { .. } | State::Ready | State::Busy { .. }
                    | State::Cancelling { .. } | State::Ending { .. } | State::Stopping { .. });
                if *state != State::Refused && *state != State::Stopped {
                    prop_assert_eq!(model.alive, has_process, "{:?}", state);
                }
                if *fact == Fact::Woke && due.is_some_and(|due| due <= now) {
                    prop_assert!(machine.wake_at().is_none_or(|next| next > now), "a wake-up that changes nothing spins");
                }
                prop_assert!(machine.deaths.len() <= 5);
            }
        }
    }
}
