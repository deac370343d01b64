//! The release that runs.

use super::{
    app::App,
    error::Failure,
    extractors::{Caller, Json},
    openapi::Problems,
};
use crate::foundation::{store, values};
use crate::inference::workers::Runtime;
use axum::extract::State;
use serde::Serialize;

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
pub(super) async fn show(_: Caller, State(app): State<App>) -> Result<Json<Release>, Failure> {
    let settings = app.node.settings.clone();
    let told = tokio::task::spawn_blocking(move || {
        let release = values::Release::this();
        let runtime = Runtime::find(settings.paths.onnxruntime.as_deref()).ok();
        let schemas = store::schemas();
        Release {
            version: release.version,
            commit: release.commit,
            digest: settings.release.digest,
            runtime: runtime.as_ref().map_or_else(|| release.runtime.to_owned(), Runtime::name),
            runtime_path: runtime.map(|runtime| runtime.path.display().to_string()),
            schema: Schemas { from: *schemas.start(), to: *schemas.end() },
        }
    });
    told.await.map(Json).map_err(|error| Failure::internal(&error))
}
