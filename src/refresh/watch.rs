//! What the daemon does about what it sees: proves a release that has lived long enough, holds one that died too early,
//! starts a proven one again that died. Pure: the time comes in, acts go out.

use super::release::Digest;
use crate::foundation::values::time::Timestamp;
use std::{collections::VecDeque, time::Duration};

/// So many deaths within the window end the restarts.
const DEATHS: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);

/// How patient the daemon is.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How long a release must live without a death or a failed probe.
    pub probation: Duration,
    /// How often to look for a newer release; zero is never.
    pub check_every: Duration,
    /// The wait after the first failed try of a first install; it doubles.
    pub first_retry: Duration,
    /// The longest such wait.
    pub longest_retry: Duration,
}

/// Which containers serve, and since which record: other ones without a record were started by somebody else, which systemd
/// does with what has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// The engine's own names for them.
    pub containers: Vec<String>,
    /// When the last record was written.
    pub record: Option<Timestamp>,
}

/// What the daemon sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The engine does not answer, so nothing can be said.
    Unknown,
    /// No release was ever installed.
    NotInstalled,
    /// The node is held or stopped, or somebody works on it.
    Rests,
    /// A release is installed and should serve.
    Installed {
        /// Which.
        digest: Digest,
        /// Whether it is proven.
        proven: bool,
        /// A container that has ended, and its exit code.
        dead: Option<(String, Option<i64>)>,
        /// Whether the published port gave the right answer.
        right: bool,
        /// What it lives by.
        life: Life,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Look for a newer release, and refresh to it.
    Check,
    /// The release has outlived its probation.
    Prove(Digest),
    /// The release died in its probation: hold the node.
    HoldDead {
        /// Which release.
        digest: Digest,
        /// Which container.
        service: String,
        /// Its exit code.
        code: Option<i64>,
    },
    /// Start a proven release again.
    Restart {
        /// Which release.
        digest: Digest,
    },
    /// It died too often: hold the node.
    GiveUp {
        /// Which release.
        digest: Digest,
    },
}

/// What the daemon remembers between two looks.
#[derive(Debug)]
pub struct Watch {
    policy: Policy,
    /// Since when the release has answered rightly at every look.
    good: Option<(Digest, Duration)>,
    /// What it lived by at the last look.
    life: Option<Life>,
    deaths: VecDeque<Duration>,
    checked: Option<Duration>,
    retry: Duration,
}

impl Watch {
    /// Begins to watch.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            good: None,
            life: None,
            deaths: VecDeque::new(),
            checked: None,
            retry: policy.first_retry,
        }
    }

    /// Takes in what is seen at `now`, the time since the daemon's start, and says what to do.
    ///
    /// `open` says whether the daemon may refresh by itself at this time of day.
    pub fn look(&mut self, now: Duration, seen: &Seen, open: bool) -> Vec<Act> {
        let mut acts = Vec::new();
        match seen {
            Seen::Unknown | Seen::Rests => {
                (self.good, self.life) = (None, None);
                return acts;
            }
            Seen::NotInstalled => {
                (self.good, self.life) = (None, None);
                if self.checked.is_none_or(|at| now >= at + self.retry) {
                    if self.checked.is_some() {
                        self.retry = (2 * self.retry).min(self.policy.longest_retry);
                    }
                    self.checked = Some(now);
                    acts.push(Act::Check);
                }
                return acts;
            }
            Seen::Installed { digest, proven, dead, right, life } => {
                let revived = self.life.replace(life.clone()).is_some_and(|known| {
                    known.record == life.record && known.containers != life.containers
                });
                let revived = revived.then(|| ("a container".to_owned(), None));
                if let Some((service, code)) = dead.clone().or(revived) {
                    self.good = None;
                    acts.push(if *proven {
                        self.died(now, *digest)
                    } else {
                        Act::HoldDead { digest: *digest, service, code }
                    });
                    return acts;
                }
                self.good = match self.good {
                    Some(good) if *right && good.0 == *digest => Some(good),
                    _ => right.then_some((*digest, now)),
                };
                let lived =
                    self.good.is_some_and(|(_, since)| now >= since + self.policy.probation);
                if lived && !proven {
                    acts.push(Act::Prove(*digest));
                }
            }
        }
        let every = self.policy.check_every;
        let due = *self.checked.get_or_insert(now) + every;
        if every > Duration::ZERO && open && now >= due {
            self.checked = Some(now);
            acts.push(Act::Check);
        }
        acts
    }

    /// Notes that what had to be done is done: the next check is due so long after the end of the last one, for it may take
    /// longer than the wait, and somebody else may want the lock.
    pub fn done(&mut self, now: Duration, acts: &[Act]) {
        if acts.contains(&Act::Check) {
            self.checked = Some(now);
        }
    }

    fn died(&mut self, now: Duration, digest: Digest) -> Act {
        self.deaths.push_back(now);
        self.deaths.retain(|at| now.saturating_sub(*at) < WINDOW);
        if self.deaths.len() >= DEATHS {
            self.deaths.clear();
            return Act::GiveUp { digest };
        }
        Act::Restart { digest }
    }
}

/// Whether a time of day lies in a window such as `02:00-05:00`, which may go past midnight; an empty one is always open.
pub fn is_open(window: &str, now: jiff::civil::Time) -> bool {
    let Some((from, to)) = parse_window(window) else { return window.is_empty() };
    if from <= to { from <= now && now < to } else { now >= from || now < to }
}

/// Reads a window; none if it is none.
pub fn parse_window(window: &str) -> Option<(jiff::civil::Time, jiff::civil::Time)> {
    let (from, to) = window.split_once('-')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::values::Sha256;

    fn digest(name: &str) -> Digest {
        Digest(Sha256::of(name))
    }

    fn watch(check_every: u64) -> Watch {
        Watch::new(Policy {
            probation: Duration::from_mins(10),
            check_every: Duration::from_secs(check_every),
            first_retry: Duration::from_secs(5),
            longest_retry: Duration::from_mins(1),
        })
    }

    fn lives(proven: bool, right: bool) -> Seen {
        Seen::Installed { digest: digest("a"), proven, dead: None, right, life: Life::default() }
    }

    fn dead(proven: bool) -> Seen {
        let dead = Some(("api".to_owned(), Some(137)));
        Seen::Installed { digest: digest("a"), proven, dead, right: false, life: Life::default() }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_release_is_proven_when_it_has_answered_rightly_for_its_whole_probation() {
        let mut watch = watch(0);
        assert_eq!(watch.look(at(0), &lives(false, true), true), []);
        assert_eq!(watch.look(at(599), &lives(false, true), true), []);
        assert_eq!(watch.look(at(600), &lives(false, true), true), [Act::Prove(digest("a"))]);
        assert_eq!(watch.look(at(605), &lives(true, true), true), []);
    }

    #[test]
    fn a_failed_probe_begins_the_probation_anew() {
        let mut watch = watch(0);
        watch.look(at(0), &lives(false, true), true);
        watch.look(at(300), &lives(false, false), true);
        watch.look(at(305), &lives(false, true), true);
        assert_eq!(watch.look(at(900), &lives(false, true), true), []);
        assert_eq!(watch.look(at(905), &lives(false, true), true), [Act::Prove(digest("a"))]);
    }

    #[test]
    fn a_release_that_dies_in_its_probation_is_held_and_a_proven_one_started_again() {
        let held =
            Act::HoldDead { digest: digest("a"), service: "api".to_owned(), code: Some(137) };
        assert_eq!(watch(0).look(at(5), &dead(false), true), [held]);
        assert_eq!(watch(0).look(at(5), &dead(true), true), [Act::Restart { digest: digest("a") }]);
    }

    // What systemd starts again between two looks had died all the same.
    #[test]
    fn a_release_that_somebody_else_has_started_again_had_died() {
        let lives = |proven, containers: &str, record| {
            let life =
                Life { containers: vec![containers.to_owned()], record: Some(Timestamp(record)) };
            Seen::Installed { digest: digest("a"), proven, dead: None, right: true, life }
        };
        for proven in [false, true] {
            let mut watch = watch(0);
            assert_eq!(watch.look(at(0), &lives(proven, "one", 1), true), []);
            assert_eq!(watch.look(at(5), &lives(proven, "one", 1), true), []);
            // Whoever does so by our verbs leaves a record.
            assert_eq!(watch.look(at(10), &lives(proven, "two", 2), true), []);
            let acts = watch.look(at(15), &lives(proven, "three", 2), true);
            match acts.as_slice() {
                [Act::Restart { .. }] => assert!(proven),
                [Act::HoldDead { .. }] => assert!(!proven),
                acts => panic!("{acts:?}"),
            }
        }
    }

    #[test]
    fn five_deaths_in_a_minute_end_the_restarts() {
        let mut quick = watch(0);
        let last = (0..5).map(|n| quick.look(at(10 * n), &dead(true), true)).last().unwrap();
        assert_eq!(last, [Act::GiveUp { digest: digest("a") }]);
        let mut slow = watch(0);
        let last = (0..9).map(|n| slow.look(at(20 * n), &dead(true), true)).last().unwrap();
        assert_eq!(last, [Act::Restart { digest: digest("a") }]);
    }

    #[test]
    fn a_first_install_is_tried_at_once_and_again_after_longer_and_longer_waits() {
        let mut watch = watch(0);
        let tries: Vec<u64> = (0..200)
            .filter(|second| !watch.look(at(*second), &Seen::NotInstalled, true).is_empty())
            .collect();
        assert_eq!(tries, [0, 5, 15, 35, 75, 135, 195]);
    }

    #[test]
    fn a_try_that_takes_long_leaves_time_for_others_before_the_next_one() {
        let mut watch = watch(0);
        let first = watch.look(at(0), &Seen::NotInstalled, true);
        watch.done(at(20), &first);
        assert_eq!(watch.look(at(21), &Seen::NotInstalled, true), []);
        assert_eq!(watch.look(at(25), &Seen::NotInstalled, true), [Act::Check]);
    }

    #[test]
    fn the_channel_is_looked_at_in_its_turn_and_in_its_window_only() {
        let mut watch = watch(60);
        let check = |watch: &mut Watch, second, open| {
            watch.look(at(second), &lives(true, true), open) == [Act::Check]
        };
        assert!(!check(&mut watch, 0, true));
        assert!(!check(&mut watch, 60, false));
        assert!(check(&mut watch, 61, true));
        assert!(!check(&mut watch, 62, true));
    }

    #[test]
    fn nothing_is_done_about_a_node_that_rests_or_cannot_be_seen() {
        for seen in [Seen::Rests, Seen::Unknown] {
            assert_eq!(watch(1).look(at(900), &seen, true), []);
        }
    }

    #[test]
    fn a_window_may_go_past_midnight() {
        let time = |text: &str| text.parse().unwrap();
        assert!(is_open("", time("12:00")));
        assert!(is_open("02:00-05:00", time("02:00")) && !is_open("02:00-05:00", time("05:00")));
        assert!(is_open("22:00-03:00", time("23:30")) && is_open("22:00-03:00", time("01:00")));
        assert!(!is_open("22:00-03:00", time("12:00")) && !is_open("nonsense", time("12:00")));
    }
}
