//! Every state and every fact; the stories that matter; and random facts against a small model.

use super::*;
use proptest::prelude::*;
use std::fmt::Write;

const ONE: RequestId = RequestId(uuid::Uuid::from_u128(1));
const TWO: RequestId = RequestId(uuid::Uuid::from_u128(2));

fn policy() -> Policy {
    Policy {
        handshake_timeout: Duration::from_mins(2),
        work_timeout: Duration::from_mins(5),
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
