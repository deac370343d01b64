//! What is measured about workers, under names that stay.

use super::protocol::{Completion, WorkerKind};
use std::time::Duration;

/// Records how long a request waited for its worker.
pub(super) fn queue_wait(kind: WorkerKind, wait: Duration) {
    metrics::histogram!("ladylinux_queue_wait_seconds", "worker" => kind.name())
        .record(wait.as_secs_f64());
}

/// Records the time from handing a request to its worker to the first token.
pub(super) fn first_token(time: Duration) {
    metrics::histogram!("ladylinux_time_to_first_token_seconds").record(time.as_secs_f64());
}

/// Records how fast an answer came, if it had more than one token.
pub(super) fn tokens_per_second(completion: &Completion) {
    if completion.completion_tokens > 1 && completion.decode_ms > 0.0 {
        let intervals = u32::try_from(completion.completion_tokens - 1).unwrap_or(u32::MAX);
        metrics::histogram!("ladylinux_tokens_per_second")
            .record(f64::from(intervals) * 1_000.0 / completion.decode_ms);
    }
}

/// Counts one restart of a worker.
pub(super) fn worker_restarts(kind: WorkerKind) {
    metrics::counter!("ladylinux_worker_restarts_total", "worker" => kind.name()).increment(1);
}
