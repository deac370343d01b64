//! Facts about the machine.

use super::{
    app::App,
    error::Failure,
    extractors::{Caller, Json, Path},
    openapi::{BadRequests, Problems},
};
use crate::host::{Fact, Facts, HostError, Topic};
use axum::{extract::State, http::StatusCode};

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
    facts.read(topic).await.map(Json).map_err(|error| untold(topic, &error))
}

/// Says why a fact cannot be told: that is about the machine, and its owner has to mend it.
fn untold(topic: Topic, error: &HostError) -> Failure {
    tracing::warn!(host.topic = topic.name(), %error, "a host fact could not be told");
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "host_unreadable", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    #[test]
    fn a_fact_that_cannot_be_told_says_why() {
        let damaged = HostError::Damaged {
            path: "/var/lib/dpkg/status".into(),
            what: "it is no text".to_owned(),
        };
        let failure = untold(Topic::Updates, &damaged);
        assert_eq!(failure.detail, "/var/lib/dpkg/status cannot be understood (it is no text)");
        assert_eq!(failure.into_response().status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
