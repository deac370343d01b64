//! The answer to what waits for one.

use super::{Acted, Speaking};
use crate::api::{
    extractors::{Json, Validate},
    openapi::{BadRequests, Problems},
};
use crate::conversation::Act;
use crate::foundation::values::ConversationId;
use serde::Deserialize;
use uuid::Uuid;

/// Yes or no.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Confirmation {
    /// What it answers, as `pending` or a decision named it.
    id: Uuid,
    /// Whether it is to be done.
    confirm: bool,
}

impl Validate for Confirmation {}

/// Confirms what waits, or not. Only who asked for it can, in the same conversation, in time.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/confirmation",
    tag = "household",
    operation_id = "answer_confirmation",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Confirmation,
    responses((status = 200, description = "What came of it", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn answer(
    speaking: Speaking,
    Json(answer): Json<Confirmation>,
) -> Json<Acted> {
    if speaking.before.decisions.iter().any(|decided| decided.id == answer.id) {
        // It went off a moment ago, and why was said.
        return speaking.nothing().await;
    }
    speaking.act(Act::Answer(answer.id, answer.confirm)).await
}
