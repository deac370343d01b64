//! Metrics: one function for each, so that a name is written once and its labels come from closed sets.
//!
//! Labels are worker kinds, methods, route *patterns* and status codes; never a path, a model's text or a person.

use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{cell::RefCell, sync::OnceLock, time::Duration};

const QUEUE_WAIT: &str = "ladylinux_queue_wait_seconds";
const QUEUE_LENGTH: &str = "ladylinux_queue_length";
const FIRST_TOKEN: &str = "ladylinux_time_to_first_token_seconds";
const TOKENS_PER_SECOND: &str = "ladylinux_tokens_per_second";
const WORKER_RESTARTS: &str = "ladylinux_worker_restarts_total";
const HTTP_REQUESTS: &str = "ladylinux_http_requests_total";
const HTTP_DURATION: &str = "ladylinux_http_request_duration_seconds";

/// From a request that finds everything in memory to one that waits for a whole generation.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0, 300.0,
];

/// From a large model on a small box to a tiny one.
const RATES: &[f64] = &[0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0, 512.0];

/// Renders what was measured; cheap to clone.
#[derive(Clone)]
pub struct MetricsHandle(PrometheusHandle);

impl std::fmt::Debug for MetricsHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsHandle")
    }
}

impl MetricsHandle {
    /// Returns all metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds the samples that wait into their buckets, which bounds memory when nobody scrapes.
    ///
    /// The node calls it every few seconds; rendering does the same.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// Starts measuring in this process; a later call returns the handle of the first.
pub fn install() -> MetricsHandle {
    static HANDLE: OnceLock<MetricsHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = builder().build_recorder();
            let handle = MetricsHandle(recorder.handle());
            // The only failure is another recorder, and this is the only place that installs one.
            drop(metrics::set_global_recorder(recorder));
            describe();
            handle
        })
        .clone()
}

fn builder() -> PrometheusBuilder {
    PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(TOKENS_PER_SECOND.to_owned()), RATES)
        })
        .expect("the buckets are not empty")
}

fn describe() {
    for (name, text) in [
        (QUEUE_WAIT, "How long a request waited for its worker"),
        (FIRST_TOKEN, "From a question to the first token of its answer"),
        (HTTP_DURATION, "From a request's head to the first byte of its answer"),
    ] {
        describe_histogram!(name, Unit::Seconds, text);
    }
    describe_histogram!(TOKENS_PER_SECOND, "How fast answers were generated");
    describe_gauge!(QUEUE_LENGTH, "How many requests wait for a worker");
    describe_counter!(WORKER_RESTARTS, "How often a worker was started again after it died");
    describe_counter!(HTTP_REQUESTS, "Requests answered, by method, route pattern and status");
}

/// Records how long a request waited for its worker.
pub fn queue_wait(worker: &'static str, waited: Duration) {
    histogram!(QUEUE_WAIT, "worker" => worker).record(waited);
}

/// Records how many requests wait for a worker.
pub fn queue_length(worker: &'static str, waiting: usize) {
    gauge!(QUEUE_LENGTH, "worker" => worker).set(u32::try_from(waiting).unwrap_or(u32::MAX));
}

/// Records the time from a question to the first token of its answer (VOX-75's counterpart for text).
pub fn first_token(after: Duration) {
    histogram!(FIRST_TOKEN).record(after);
}

/// Records how fast an answer was generated.
pub fn tokens_per_second(rate: f64) {
    histogram!(TOKENS_PER_SECOND).record(rate);
}

/// Counts a worker that was started again after it died.
pub fn worker_restarts(worker: &'static str) {
    counter!(WORKER_RESTARTS, "worker" => worker).increment(1);
}

/// Records one request; `route` is the pattern that matched, so that there are few of them.
pub fn http(method: &'static str, route: &str, status: u16, took: Duration) {
    HTTP.with_borrow_mut(|known| {
        let same = |one: &Http| one.status == status && one.method == method && one.route == route;
        let at = known.iter().position(same).unwrap_or_else(|| {
            known.push(Http::new(method, route, status));
            known.len() - 1
        });
        known[at].requests.increment(1);
        known[at].duration.record(took);
    });
}

/// What is counted and measured about one method, route and status: few, for each is of a closed set.
struct Http {
    method: &'static str,
    route: String,
    status: u16,
    requests: Counter,
    duration: Histogram,
}

thread_local! {
    /// What this thread has counted before: the recorder would copy and hash every label each time.
    static HTTP: RefCell<Vec<Http>> = const { RefCell::new(Vec::new()) };
}

impl Http {
    fn new(method: &'static str, route: &str, status: u16) -> Self {
        let route = route.to_owned();
        let requests = counter!(
            HTTP_REQUESTS,
            "method" => method, "route" => route.clone(), "status" => status.to_string(),
        );
        let duration = histogram!(HTTP_DURATION, "method" => method, "route" => route.clone());
        Self { method, route, status, requests, duration }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_rendered_with_its_help_and_its_buckets() {
        let recorder = builder().build_recorder();
        let handle = MetricsHandle(recorder.handle());
        metrics::with_local_recorder(&recorder, || {
            describe();
            queue_wait("llm", Duration::from_millis(20));
            queue_length("llm", 3);
            first_token(Duration::from_millis(700));
            tokens_per_second(9.5);
            worker_restarts("llm");
            http("GET", "/v1/models", 200, Duration::from_micros(300));
        });
        handle.upkeep();
        let text = handle.render();
        for line in [
            "# TYPE ladylinux_queue_wait_seconds histogram",
            "ladylinux_queue_wait_seconds_bucket{worker=\"llm\",le=\"0.025\"} 1",
            "ladylinux_queue_length{worker=\"llm\"} 3",
            "ladylinux_time_to_first_token_seconds_bucket{le=\"1\"} 1",
            "ladylinux_tokens_per_second_bucket{le=\"12\"} 1",
            "ladylinux_worker_restarts_total{worker=\"llm\"} 1",
            "ladylinux_http_requests_total{method=\"GET\",route=\"/v1/models\",status=\"200\"} 1",
            "# HELP ladylinux_http_request_duration_seconds From",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
