//! `/metrics`: counters and timings in Prometheus' text format; never any content.

use super::{app::App, extractors::Caller, openapi::Problems};
use axum::{
    extract::State,
    http::{HeaderName, header},
};

/// Returns the metrics of this process.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "probes",
    operation_id = "metrics",
    responses(
        (status = 200, description = "Prometheus text format", body = String, content_type = "text/plain"),
        Problems,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn show(
    _: Caller,
    State(app): State<App>,
) -> ([(HeaderName, &'static str); 1], String) {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, app.node.metrics.render())
}
