//! CPU permits: how many threads all workers that run at once may use, never more than this process's CPUs.
//!
//! A worker holds permits only while it works; an idle one holds none.

use crate::foundation::{
    settings::{Environment, Settings},
    values::{ReadinessIssue, Severity},
};
use std::{num::NonZero, sync::Arc, thread};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The threads to share out; cheap to clone.
#[derive(Clone, Debug)]
pub struct Permits {
    all: usize,
    free: Arc<Semaphore>,
}

/// Threads granted to one worker; dropping it gives them back.
#[derive(Debug)]
pub struct Granted {
    _permits: Option<OwnedSemaphorePermit>,
}

impl Permits {
    /// Returns the permits that the settings ask for, but at most one a CPU.
    pub fn new(settings: &Settings) -> Self {
        let cpus = cpus();
        Self::of(settings.workers.cpu_permits.unwrap_or(cpus).clamp(1, cpus))
    }

    /// Returns so many permits.
    pub fn of(all: usize) -> Self {
        Self { all, free: Arc::new(Semaphore::new(all)) }
    }

    /// Returns how many threads a worker that runs alone may use.
    pub fn all(&self) -> usize {
        self.all
    }

    /// Waits in turn until `threads` are free.
    pub async fn grant(&self, threads: usize) -> Granted {
        let threads = u32::try_from(threads.min(self.all)).unwrap_or(u32::MAX);
        let permits = Arc::clone(&self.free).acquire_many_owned(threads).await;
        // The semaphore is never closed; if it were, working without a permit beats not working.
        Granted { _permits: permits.ok() }
    }
}

/// Returns how many CPUs this process may use: the cgroup's quota and the affinity mask are counted in.
pub fn cpus() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Finds out whether the settings ask for more threads than there are CPUs (VOX-45).
pub fn check(settings: &Settings) -> Option<ReadinessIssue> {
    check_against(settings.workers.cpu_permits?, cpus(), settings.environment)
}

fn check_against(wanted: usize, cpus: usize, environment: Environment) -> Option<ReadinessIssue> {
    let severity = match environment {
        Environment::Prod => Severity::Critical,
        Environment::Dev | Environment::Test => Severity::Warning,
    };
    (wanted > cpus).then(|| ReadinessIssue {
        severity,
        code: "cpu_oversubscribed".to_owned(),
        message: format!(
            "workers.cpu_permits is {wanted}, but this process may use {cpus} CPUs; workers get {cpus}"
        ),
        path: None,
        mend: format!("set workers.cpu_permits to 0 (every CPU) or to at most {cpus}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    // VOX-45
    #[test]
    fn more_threads_than_cpus_are_a_warning_and_refused_in_production() {
        assert_eq!(check_against(4, 4, Environment::Prod), None);
        let severity = |environment| check_against(5, 4, environment).unwrap().severity;
        assert_eq!(severity(Environment::Dev), Severity::Warning);
        assert_eq!(severity(Environment::Prod), Severity::Critical);
    }

    #[tokio::test(start_paused = true)]
    async fn threads_are_granted_in_turn_and_come_back_when_dropped() {
        let permits = Permits::of(2);
        let first = permits.grant(2).await;
        let mut second = Box::pin(permits.grant(1));
        assert!(tokio::time::timeout(Duration::from_secs(1), &mut second).await.is_err());
        drop(first);
        let _second = second.await;
        let _third = permits.grant(1).await;
    }

    #[tokio::test]
    async fn asking_for_more_than_there_are_gets_all_of_them() {
        let _granted = Permits::of(2).grant(99).await;
    }
}
