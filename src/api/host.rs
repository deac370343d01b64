//! Facts about the machine.

use super::{
    error::Failure,
    extractors::{Caller, Json, Path},
    openapi::{BadRequests, Problems},
};
use crate::host::{self, Fact, Topic};

/// Reads one fact about the machine that the node runs on.
#[utoipa::path(
    get,
    path = "/api/host/{topic}",
    tag = "node",
    operation_id = "host_fact",
    params(("topic" = Topic, Path, description = "What to read")),
    responses((status = 200, description = "The fact", body = Fact), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(super) async fn show(_: Caller, Path(topic): Path<Topic>) -> Result<Json<Fact>, Failure> {
    host::read(topic).await.map(Json).map_err(|error| Failure::internal(&error))
}
