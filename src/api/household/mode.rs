//! Who else is here, as the caller says.

use super::{Acted, Speaking};
use crate::api::{
    extractors::{Json, Validate},
    openapi::{BadRequests, Problems},
};
use crate::conversation::{Act, Statement};
use crate::foundation::values::ConversationId;
use serde::Deserialize;

/// What the caller says about who is here.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct WhoIsHere {
    /// What.
    statement: Statement,
}

impl Validate for WhoIsHere {}

/// Says that somebody came, that somebody left, or that nobody else is here.
///
/// That somebody came is believed of everybody; that nobody is here only of who is certain.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/mode",
    tag = "household",
    operation_id = "say_who_is_here",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = WhoIsHere,
    responses((status = 200, description = "How careful the node is now", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn say(speaking: Speaking, Json(said): Json<WhoIsHere>) -> Json<Acted> {
    speaking.act(Act::State(said.statement)).await
}
