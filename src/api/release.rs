//! The release that runs.

use super::{
    extractors::{Caller, Json},
    openapi::Problems,
};
use crate::foundation::values::Release;

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
    Json(Release::this())
}
