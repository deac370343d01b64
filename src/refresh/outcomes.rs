//! What came of requests: which were taken, and how the last of them ended, so that the core can be told.
//!
//! Kept in a file of the supervisor's own, which the core cannot write: a request is taken once, even by the next supervisor.

use super::{
    hold,
    requests::{Request, RequestError},
};
use crate::foundation::values::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, fs, io, path::Path};
use uuid::Uuid;

/// The file's name within the supervisor's directory.
const NAME: &str = "requests.json";

/// So many names of requests are known again. One of before is stale by then, unless somebody asks every two seconds.
const KNOWN: usize = 256;

/// So many outcomes are told.
const TOLD: usize = 16;

/// How long a reason may be.
const LONGEST_REASON: usize = 600;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The request.
    pub id: Uuid,
    /// What was asked for.
    pub verb: String,
    /// Of which container or service.
    pub target: Option<String>,
    /// What came of it.
    pub outcome: Came,
    /// Why, or what there is to say of it.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It was done.
    Done,
    /// Nothing was touched.
    Refused,
    /// It was begun, and did not go through.
    Failed,
}

/// What is known of requests.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// The names of those that were taken, oldest first.
    seen: VecDeque<Uuid>,
    /// The one that is acted on.
    under_way: Option<Begun>,
    /// The last ones, oldest first.
    outcomes: VecDeque<Outcome>,
    /// Those from before this are not taken: a ledger was lost then.
    since: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    id: Uuid,
    verb: String,
    target: Option<String>,
}

impl Ledger {
    /// Opens it; what a supervisor that was ended left under way has failed. Returns what there is to say, too.
    pub fn open(directory: &Path, now: Timestamp) -> (Self, Option<String>) {
        let lost = |why: String| {
            let ledger = Self { since: Some(now), ..Self::default() };
            (ledger, Some(format!("what requests were taken is not known any more: {why}")))
        };
        let bytes = match fs::read(directory.join(NAME)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return (Self::default(), None);
            }
            Err(error) => return lost(error.to_string()),
        };
        let mut ledger: Self = match serde_json::from_slice(&bytes) {
            Ok(ledger) => ledger,
            Err(error) => return lost(error.to_string()),
        };
        if let Some(Begun { id, verb, target }) = ledger.under_way.take() {
            let reason = "the supervisor was ended meanwhile: `ladylinux-supervisor history` tells what was done";
            let (outcome, reason) = (Came::Failed, Some(reason.to_owned()));
            ledger.remember(Outcome { id, verb, target, outcome, reason, at: now });
        }
        (ledger, None)
    }

    /// Takes a request, once. From here on it is known, even if it is never heard of again.
    pub fn begin(&mut self, directory: &Path, request: &Request) -> Result<(), RequestError> {
        if self.seen.contains(&request.id) {
            return Err(RequestError::Seen(request.id));
        }
        if self.since.is_some_and(|since| request.requested_at < since) {
            return Err(RequestError::Stale(request.requested_at));
        }
        let (verb, target) = request.named();
        self.under_way = Some(Begun { id: request.id, verb, target });
        self.seen.push_back(request.id);
        self.seen.drain(..self.seen.len().saturating_sub(KNOWN));
        self.write(directory).map_err(|error| RequestError::Malformed {
            name: request.id.to_string(),
            detail: format!("it cannot be noted that it is taken ({error})"),
        })
    }

    /// Notes what came of a request.
    pub fn end(
        &mut self,
        directory: &Path,
        request: &Request,
        (outcome, reason): (Came, Option<String>),
        at: Timestamp,
    ) -> io::Result<()> {
        let (verb, target) = request.named();
        let reason = reason.map(|reason| {
            let line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
            line.chars().take(LONGEST_REASON).collect()
        });
        self.under_way = None;
        self.remember(Outcome { id: request.id, verb, target, outcome, reason, at });
        self.write(directory)
    }

    fn remember(&mut self, outcome: Outcome) {
        self.outcomes.push_back(outcome);
        self.outcomes.drain(..self.outcomes.len().saturating_sub(TOLD));
    }

    /// Returns the last outcomes, oldest first.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.outcomes.iter().cloned().collect()
    }

    fn write(&self, directory: &Path) -> io::Result<()> {
        hold::write_whole(directory, NAME, 0o600, &serde_json::to_vec(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn request() -> Request {
        let (verb, actor) = ("rollback".to_owned(), "anna".to_owned());
        Request { id: Uuid::now_v7(), verb, target: None, requested_at: NOW, actor }
    }

    #[test]
    fn a_request_is_taken_once_even_by_the_next_supervisor() {
        let directory = tempfile::tempdir().unwrap();
        let request = request();
        let (mut ledger, _) = Ledger::open(directory.path(), NOW);
        ledger.begin(directory.path(), &request).unwrap();
        let reason = Some(format!("two\n lines {}", "x".repeat(1000)));
        ledger.end(directory.path(), &request, (Came::Refused, reason), NOW).unwrap();
        let (mut next, said) = Ledger::open(directory.path(), NOW);
        assert_eq!(said, None);
        assert!(matches!(next.begin(directory.path(), &request), Err(RequestError::Seen(_))));
        let told = next.outcomes();
        assert_eq!((told.len(), told[0].outcome), (1, Came::Refused));
        let reason = told[0].reason.as_ref().unwrap();
        assert!(reason.starts_with("two lines x") && reason.len() == LONGEST_REASON);
    }

    // C-13: what a crash interrupted has failed, and is not taken up again.
    #[test]
    fn what_was_under_way_when_the_supervisor_ended_has_failed() {
        let directory = tempfile::tempdir().unwrap();
        let request = request();
        Ledger::open(directory.path(), NOW).0.begin(directory.path(), &request).unwrap();
        let (mut next, _) = Ledger::open(directory.path(), NOW);
        let told = next.outcomes();
        assert_eq!((told[0].id, told[0].outcome), (request.id, Came::Failed));
        assert!(next.begin(directory.path(), &request).is_err());
    }

    #[test]
    fn names_and_outcomes_are_bounded_and_a_lost_ledger_takes_nothing_from_before() {
        let directory = tempfile::tempdir().unwrap();
        let (mut ledger, _) = Ledger::open(directory.path(), NOW);
        for _ in 0..KNOWN + 10 {
            let request = request();
            ledger.begin(directory.path(), &request).unwrap();
            ledger.end(directory.path(), &request, (Came::Done, None), NOW).unwrap();
        }
        assert_eq!((ledger.seen.len(), ledger.outcomes().len()), (KNOWN, TOLD));
        fs::write(directory.path().join(NAME), "{").unwrap();
        let later = Timestamp(NOW.0 + 1);
        let (mut lost, said) = Ledger::open(directory.path(), later);
        assert!(said.unwrap().contains("not known"));
        assert!(matches!(lost.begin(directory.path(), &request()), Err(RequestError::Stale(_))));
        let after = Request { requested_at: later, ..request() };
        lost.begin(directory.path(), &after).unwrap();
    }
}
