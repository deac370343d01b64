//! Probes: whether the process lives, and whether the node is ready, worker by worker and issue by issue.

use super::{
    app::App,
    error::Failure,
    extractors::{Caller, Json},
};
use crate::foundation::{
    layout,
    store::StoreError,
    values::{ReadinessIssue, Release, Severity},
};
use crate::inference::workers::{Trial, WorkerKind, WorkerStatus};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Says that the process lives.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Live {
    /// Always `live`.
    status: &'static str,
}

/// Says whether the node is ready, and what it lacks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Readiness {
    /// Whether requests are welcome.
    ready: bool,
    /// The version of the node.
    version: &'static str,
    /// Which release answers: how a probe tells it from the one before.
    release: Answering,
    /// Which kinds of workers have shown on this box's own models that they can work.
    capabilities: BTreeMap<WorkerKind, Trial>,
    /// What is wrong or missing; only critical issues keep the node from being ready. Left out for callers without a token
    /// on a node that asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    issues: Option<Vec<ReadinessIssue>>,
    /// Every worker. Left out as `issues` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<Vec<WorkerStatus>>,
}

/// Which release answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Answering {
    /// Its version.
    version: &'static str,
    /// The commit it was built from.
    commit: Option<&'static str>,
    /// The digest of the image it was created from, as its supervisor says.
    digest: Option<String>,
}

/// Answers as long as the process lives.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "probes",
    responses((status = 200, description = "The process lives", body = Live)),
    security(()),
)]
pub(super) async fn live() -> Json<Live> {
    Json(Live { status: "live" })
}

/// Says whether the node is ready.
///
/// A node without a model is ready: it answers from the machine and from documents, and says what it lacks.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "probes",
    responses(
        (status = 200, description = "The node is ready", body = Readiness),
        (status = 503, description = "The node is not ready", body = Readiness),
    ),
    security((), ("token" = [])),
)]
pub(super) async fn ready(caller: Result<Caller, Failure>, State(app): State<App>) -> Response {
    let workers = app.node.workers.statuses();
    let mut issues = Vec::new();
    if app.is_draining() {
        issues.push(stopping());
    }
    issues.extend(store_issue(&app).await);
    issues.extend(layout_issues(&app).await);
    issues.extend(app.node.workers.issues());
    let ready = issues.iter().all(|issue| issue.severity != Severity::Critical);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let details = caller.is_ok();
    let release = Release::this();
    let report = Readiness {
        ready,
        version: release.version,
        release: Answering {
            version: release.version,
            commit: release.commit,
            digest: app.node.settings.release.digest.clone(),
        },
        capabilities: app.node.workers.trials(),
        issues: details.then_some(issues),
        workers: details.then_some(workers),
    };
    (status, Json(report)).into_response()
}

fn stopping() -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Critical,
        code: "stopping".to_owned(),
        message: "the node is about to stop".to_owned(),
        path: None,
        mend: "wait until it has started again".to_owned(),
    }
}

/// Asks the database something that costs nothing.
async fn store_issue(app: &App) -> Option<ReadinessIssue> {
    let asked = app.node.store.read(|connection| {
        connection.query_row("SELECT count(*) FROM token", [], |_| Ok(())).map_err(StoreError::from)
    });
    let error = asked.await.err()?;
    Some(ReadinessIssue {
        severity: Severity::Critical,
        code: "store_unusable".to_owned(),
        message: error.to_string(),
        path: Some(app.node.settings.paths.database()),
        mend: "run `ladylinux doctor`".to_owned(),
    })
}

async fn layout_issues(app: &App) -> Vec<ReadinessIssue> {
    let settings = app.node.settings.clone();
    tokio::task::spawn_blocking(move || layout::readiness(&settings, layout::State::InUse))
        .await
        .unwrap_or_default()
}
