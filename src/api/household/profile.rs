//! The caller's own profile: seen, changed, taken along, erased.

use super::{Acted, FieldName, LONGEST_NAME, Speaking, wrong_length};
use crate::api::{
    error::{Failure, FieldError},
    extractors::{Json, Validate},
    openapi::{BadRequests, Problems},
};
use crate::conversation::{Act, Part};
use crate::foundation::values::{ConversationId, Redacted};
use crate::people;
use serde::{Deserialize, Serialize};

/// How long a value may be, in characters.
const LONGEST_VALUE: usize = 500;

/// The caller's profile.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Profile {
    /// Its parts, as far as they are filled in.
    parts: Vec<Part>,
}

/// A change.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Change {
    /// Of which part.
    field: FieldName,
    /// What it is to say.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    value: Redacted<String>,
}

impl Validate for Change {
    fn problems(&self) -> Vec<FieldError> {
        wrong_length("value", self.value.expose(), LONGEST_VALUE).into_iter().collect()
    }
}

/// That everything is to be deleted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Erasure {
    /// One's own short name, so that nobody erases themselves by a slip.
    #[schema(min_length = 1, max_length = 100, example = "gero")]
    confirm: String,
}

impl Validate for Erasure {
    fn problems(&self) -> Vec<FieldError> {
        wrong_length("confirm", &self.confirm, LONGEST_NAME).into_iter().collect()
    }
}

/// What was deleted, and what remains to be seen to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Erased {
    /// How many parts the profile had.
    fields: u32,
    /// How many statements by them and about them there were.
    claims: u32,
    /// How many voiceprints.
    voiceprints: u32,
    /// The names of tokens that belong to nobody in particular now.
    tokens: Vec<String>,
    /// The documents that still name them as their reader, by path.
    documents: Vec<String>,
}

/// Tells the caller's own profile, as far as it may be seen here: a value that others would hear is left out.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/profile",
    tag = "household",
    operation_id = "own_profile",
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses((status = 200, description = "The profile", body = Profile), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn show(speaking: Speaking) -> Result<Json<Profile>, Failure> {
    Ok(Json(Profile { parts: speaking.household.profile(speaking.asking).await? }))
}

/// Changes a part of the caller's own profile; some parts take a confirmation.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/profile",
    tag = "household",
    operation_id = "change_profile",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Change,
    responses((status = 200, description = "What came of it", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn change(speaking: Speaking, Json(change): Json<Change>) -> Json<Acted> {
    speaking.act(Act::Update(change.field.into(), change.value.0)).await
}

/// Deletes everything that is kept of the caller, for good; the audit stays, for it holds ids and codes only.
#[utoipa::path(
    delete,
    path = "/api/conversations/{id}/profile",
    tag = "household",
    operation_id = "erase_profile",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Erasure,
    responses((status = 200, description = "What was deleted", body = Erased), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn erase(
    speaking: Speaking,
    Json(erasure): Json<Erasure>,
) -> Result<Json<Erased>, Failure> {
    let people::Erased { fields, claims, voiceprints, tokens, documents } =
        speaking.household.erase(speaking.asking, &erasure.confirm).await?;
    Ok(Json(Erased { fields, claims, voiceprints, tokens, documents }))
}

/// Hands out everything that is kept of the caller; told to who is certain, and alone.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/profile/export",
    tag = "household",
    operation_id = "export_profile",
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses((status = 200, description = "All of it, as `ladylinux person export` writes it", body = serde_json::Value), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn export(speaking: Speaking) -> Result<Json<people::Export>, Failure> {
    Ok(Json(speaking.household.export(speaking.asking).await?))
}
