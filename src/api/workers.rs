//! Worker processes, as the node sees them.

use super::{
    app::App,
    extractors::{Caller, Json},
    openapi::Problems,
};
use crate::inference::workers::WorkerStatus;
use axum::extract::State;
use serde::Serialize;

/// Every worker of the node.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct WorkerList {
    /// One for each kind.
    workers: Vec<WorkerStatus>,
}

/// Lists the workers: what each has loaded, how it fares, and what it lacks.
#[utoipa::path(
    get,
    path = "/api/workers",
    tag = "node",
    operation_id = "workers",
    responses((status = 200, description = "Every worker", body = WorkerList), Problems),
    security((), ("token" = [])),
)]
pub(super) async fn list(_: Caller, State(app): State<App>) -> Json<WorkerList> {
    Json(WorkerList { workers: app.node.workers.statuses_with_memory() })
}
