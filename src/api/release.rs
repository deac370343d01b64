//! The release that runs.

use super::{
    app::App,
    error::Failure,
    extractors::{Admin, Caller, Json},
    openapi::Problems,
    tokens::Scope,
};
use crate::foundation::{
    audit::Decision,
    store,
    values::{self, time},
};
use crate::inference::workers::Runtime;
use crate::supervisor::{AskError, Status, StatusError, Supervisor};
use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use uuid::Uuid;

/// How the audit names a refresh; the command has the same name.
const AUDITED: &str = "refresh_node";

/// The release that runs: what was built, from what, and what it runs models on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Release {
    /// Its version.
    version: &'static str,
    /// The commit it was built from, if the build said so.
    commit: Option<&'static str>,
    /// The digest of the image it was created from, as its supervisor says; none where nobody supervises it.
    digest: Option<String>,
    /// What workers run models on, and its version.
    runtime: String,
    /// Where that lies.
    runtime_path: Option<String>,
    /// The databases that it can bring to its own schema.
    schema: Schemas,
    /// What the supervisor says about the node; none where there is no supervisor.
    supervisor: Option<Status>,
    /// Whether the caller may ask for a refresh, and there is a supervisor to do it.
    may_refresh: bool,
    /// Why nothing is known of a supervisor that should be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    supervisor_note: Option<String>,
}

/// A refresh that was asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RefreshAsked {
    /// The request.
    id: Uuid,
    /// Whether it had been made before and still waits.
    already: bool,
    /// What the supervisor said last, before it was asked.
    supervisor: Status,
}

/// A range of database schemas.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Schemas {
    /// The oldest that it can migrate from.
    from: u32,
    /// Its own.
    to: u32,
}

/// Says which release runs here.
#[utoipa::path(
    get,
    path = "/api/release",
    tag = "node",
    operation_id = "release",
    responses((status = 200, description = "The release that runs", body = Release), Problems),
    security((), ("token" = [])),
)]
pub(super) async fn show(caller: Caller, State(app): State<App>) -> Result<Json<Release>, Failure> {
    let settings = app.node.settings.clone();
    let is_admin = caller.may(Scope::Admin);
    let told = tokio::task::spawn_blocking(move || {
        let release = values::Release::this();
        let runtime = Runtime::find(settings.paths.onnxruntime.as_deref()).ok();
        let schemas = store::schemas();
        let (supervisor, supervisor_note) = match Supervisor::new(&settings.paths).status() {
            Ok(status) => (Some(status), None),
            Err(StatusError::Absent(_)) => (None, None),
            Err(error) => (None, Some(error.to_string())),
        };
        Release {
            version: release.version,
            commit: release.commit,
            digest: settings.release.digest,
            runtime: runtime.as_ref().map_or_else(|| release.runtime.to_owned(), Runtime::name),
            runtime_path: runtime.map(|runtime| runtime.path.display().to_string()),
            schema: Schemas { from: *schemas.start(), to: *schemas.end() },
            may_refresh: is_admin && supervisor.is_some(),
            supervisor,
            supervisor_note,
        }
    });
    told.await.map(Json).map_err(|error| Failure::internal(&error))
}

/// Asks the node's supervisor for a refresh, which it begins within seconds if it finds a newer release.
///
/// The node answers before that, and is away for a moment while it is replaced. How it went says `GET /api/release`.
#[utoipa::path(
    post,
    path = "/api/release/refresh",
    tag = "node",
    operation_id = "ask_for_refresh",
    responses((status = 202, description = "It is asked for", body = RefreshAsked), Problems),
    security(("token" = [])),
)]
pub(super) async fn refresh(
    caller: Caller<Admin>,
    State(app): State<App>,
) -> Result<(StatusCode, Json<RefreshAsked>), Failure> {
    let household = app.node.conversations.household();
    let unwritten = |error| Failure::internal(&error);
    household.operated(AUDITED, (Decision::Allowed, "operator")).await.map_err(unwritten)?;
    let supervisor = Supervisor::new(&app.node.settings.paths);
    let actor = caller.who.to_string();
    let asking =
        tokio::task::spawn_blocking(move || supervisor.ask_for_refresh(&actor, time::now()));
    let asked = asking.await.map_err(|error| Failure::internal(&error))?.map_err(Failure::from);
    let outcome = match &asked {
        Ok(_) => (Decision::Done, "asked_for"),
        Err(failure) => (Decision::Failed, failure.code),
    };
    household.operated(AUDITED, outcome).await.map_err(unwritten)?;
    let asked = asked?;
    let asked = RefreshAsked { id: asked.id, already: asked.already, supervisor: asked.status };
    Ok((StatusCode::ACCEPTED, Json(asked)))
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        let code = match error {
            AskError::Nobody(_) => "no_supervisor",
            AskError::Silent(_) => "supervisor_silent",
            AskError::NotAllowed { .. } | AskError::Target { .. } => "supervisor_disallows",
            AskError::Refused { .. } => "requests_unwritable",
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, error.to_string())
    }
}
