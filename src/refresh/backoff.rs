//! How long to wait before something is tried again.

use std::time::Duration;

/// Growing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff {
    /// Before the second try.
    pub(super) first: Duration,
    /// The longest.
    pub(super) longest: Duration,
}

impl Backoff {
    /// What registries and engines are given.
    pub(super) const USUAL: Self =
        Self { first: Duration::from_millis(500), longest: Duration::from_mins(1) };

    /// Returns how long to wait after so many tries: twice as long each time, and up to a half more, so that nodes which
    /// failed together do not come back together.
    pub(super) fn after(self, tries: u32) -> Duration {
        let doubled = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = self.first.saturating_mul(doubled).min(self.longest);
        wait + wait.mul_f64(chance() / 2.0)
    }
}

/// Returns a random number between 0 and 1.
fn chance() -> f64 {
    // The last digits of an identifier are random, and good enough for this.
    let digits = uuid::Uuid::new_v4();
    f64::from(u16::from_le_bytes([digits.as_bytes()[14], digits.as_bytes()[15]])) / 65536.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_never_the_same_for_all() {
        let backoff =
            Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(1) };
        for (tries, least) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (99, 1000)] {
            for _ in 0..100 {
                let wait = backoff.after(tries).as_millis();
                assert!((least..=least + least / 2).contains(&wait), "{wait} after {tries} tries");
            }
        }
        let waits: std::collections::BTreeSet<_> = (0..20).map(|_| backoff.after(3)).collect();
        assert!(waits.len() > 1);
    }
}
