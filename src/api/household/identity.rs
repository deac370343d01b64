//! For whom the caller is taken, and the word that they are somebody.

use super::{Acted, LONGEST_NAME, Speaking, wrong_length};
use crate::api::{
    error::{Failure, FieldError},
    extractors::{Json, Validate},
    openapi::{BadRequests, Problems},
};
use crate::conversation::{Act, Here};
use crate::foundation::values::{ConversationId, Redacted};
use serde::Deserialize;

/// That one is somebody.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Claim {
    /// The short name, or what that person is called.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "olga")]
    name: Redacted<String>,
}

impl Validate for Claim {
    fn problems(&self) -> Vec<FieldError> {
        wrong_length("name", self.name.expose(), LONGEST_NAME).into_iter().collect()
    }
}

/// Says for whom the caller is taken and why, who else is here, and what waits.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/identity",
    tag = "household",
    operation_id = "identity",
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses((status = 200, description = "How things stand", body = Here), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn show(speaking: Speaking) -> Json<Here> {
    Json(speaking.household.here(speaking.asking).await)
}

/// Says that the caller is somebody; only a token of that very person makes sure of it.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/identity",
    tag = "household",
    operation_id = "claim_identity",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Claim,
    responses((status = 200, description = "For whom they are taken now", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn claim(
    speaking: Speaking,
    Json(claim): Json<Claim>,
) -> Result<Json<Acted>, Failure> {
    Ok(speaking.act(Act::Identify(claim.name.0)).await)
}
