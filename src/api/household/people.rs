//! Everybody, for who manages people.

use super::Speaking;
use crate::api::{
    error::Failure,
    extractors::Json,
    openapi::{BadRequests, Problems},
};
use crate::conversation::Member;
use crate::foundation::values::ConversationId;
use serde::Serialize;

/// Everybody who is known.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Everybody {
    /// Each of them.
    people: Vec<Member>,
}

/// Lists everybody with their role and groups, and which parts of their profile are filled in; told to owners and admins who are alone.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/people",
    tag = "household",
    operation_id = "people",
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses((status = 200, description = "Everybody", body = Everybody), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn list(speaking: Speaking) -> Result<Json<Everybody>, Failure> {
    Ok(Json(Everybody { people: speaking.household.everybody(speaking.asking).await? }))
}
