//! Facts about the machine.

use super::{
    app::App,
    error::Failure,
    extractors::{Caller, Json, Path},
    openapi::{BadRequests, Problems},
};
use crate::host::{Fact, Facts, Topic};
use axum::extract::State;

/// Reads one fact about the machine that the node runs on.
///
/// In a container it comes from a snapshot of the host, and tells its age.
#[utoipa::path(
    get,
    path = "/api/host/{topic}",
    tag = "node",
    operation_id = "host_fact",
    params(("topic" = Topic, Path, description = "What to read")),
    responses((status = 200, description = "The fact", body = Fact), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(super) async fn show(
    _: Caller,
    State(app): State<App>,
    Path(topic): Path<Topic>,
) -> Result<Json<Fact>, Failure> {
    let facts = Facts::new(&app.node.settings.host);
    facts.read(topic).await.map(Json).map_err(|error| Failure::internal(&error))
}
