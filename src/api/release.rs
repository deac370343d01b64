//! The release that runs.

use super::{
    extractors::{Caller, Json},
    openapi::Problems,
};
use serde::Serialize;

/// What runs here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Release {
    /// The version of the node.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// The commit it was built from, if the build was told.
    commit: Option<&'static str>,
    /// The program that runs.
    runtime: String,
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
pub(super) async fn show(_: Caller) -> Json<Release> {
    let program = std::env::current_exe().map(|path| path.display().to_string());
    Json(Release {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("LADYLINUX_COMMIT"),
        runtime: program.unwrap_or_else(|_| "unknown".to_owned()),
    })
}
