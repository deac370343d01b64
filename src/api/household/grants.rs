//! What one person gives another: the right to command something, or that they are told something. Both can be taken back.

use super::{Acted, FieldName, GroupName, LONGEST_NAME, Speaking, wrong_count, wrong_length};
use crate::api::{
    error::FieldError,
    extractors::{Json, Validate},
    openapi::{BadRequests, Problems},
    strict::Whole,
};
use crate::conversation::Act;
use crate::foundation::values::{ConsentId, ConversationId, DelegationId, Redacted};
use crate::policy::profile_update::{Field, Fields};
use serde::Deserialize;
use std::time::Duration;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat, Type,
        schema::AdditionalProperties,
    },
};

/// How many names of groups or parts are taken at once.
const MOST_NAMES: usize = 20;

/// How long a delegation may be asked for, in seconds; policy allows less.
const LONGEST: i64 = 30 * 86_400;

/// A delegation that is wished for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DelegationWish {
    /// To whom: a short name, or what that person is called.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "gero")]
    to: Redacted<String>,
    /// Which groups.
    #[schema(min_items = 1, max_items = 20)]
    groups: Vec<GroupName>,
    /// For how long; as long as the settings say, if not given.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 2_592_000)]
    seconds: Option<Whole>,
}

impl Validate for DelegationWish {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        problems.extend(wrong_length("to", self.to.expose(), LONGEST_NAME));
        problems.extend(wrong_count("groups", self.groups.len(), MOST_NAMES));
        if self.seconds.is_some_and(|seconds| !(1..=LONGEST).contains(&seconds.0)) {
            let msg = format!("must be from 1 to {LONGEST}");
            problems.push(FieldError::in_body("seconds", "out_of_range", msg));
        }
        problems
    }
}

/// A consent that is wished for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ConsentWish {
    /// To whom: a short name, or what that person is called.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "gero")]
    to: Redacted<String>,
    /// Which parts of one's own profile.
    #[schema(min_items = 1, max_items = 20)]
    fields: Vec<FieldName>,
}

impl Validate for ConsentWish {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        problems.extend(wrong_length("to", self.to.expose(), LONGEST_NAME));
        problems.extend(wrong_count("fields", self.fields.len(), MOST_NAMES));
        problems
    }
}

/// What is taken back: one of the two.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum Revocation {
    /// A delegation: one's own, or any if one is an owner.
    Delegation(DelegationId),
    /// A consent of one's own.
    Consent(ConsentId),
}

impl Validate for Revocation {}

impl ToSchema for Revocation {}

impl PartialSchema for Revocation {
    /// Either of the two alone, which the derive does not say.
    fn schema() -> RefOr<Schema> {
        let alone = |name: &str| {
            let id = SchemaFormat::KnownFormat(KnownFormat::Uuid);
            let id = ObjectBuilder::new().schema_type(Type::String).format(Some(id));
            let more = AdditionalProperties::<Schema>::FreeForm(false);
            ObjectBuilder::new().property(name, id).required(name).additional_properties(Some(more))
        };
        let either = OneOfBuilder::new().item(alone("delegation")).item(alone("consent"));
        RefOr::T(either.description(Some("What is taken back: one of the two")).into())
    }
}

/// Lets somebody command some groups for a while; it takes a confirmation.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/delegations",
    tag = "household",
    operation_id = "delegate",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = DelegationWish,
    responses((status = 200, description = "What came of it", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn delegate(
    speaking: Speaking,
    Json(wish): Json<DelegationWish>,
) -> Json<Acted> {
    let groups = wish.groups.into_iter().map(Into::into).collect();
    let seconds = wish.seconds.and_then(|seconds| u64::try_from(seconds.0).ok());
    speaking.act(Act::Delegate(wish.to.0, groups, seconds.map(Duration::from_secs))).await
}

/// Lets somebody be told parts of one's own profile; it takes a confirmation.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/consents",
    tag = "household",
    operation_id = "consent",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = ConsentWish,
    responses((status = 200, description = "What came of it", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn consent(
    speaking: Speaking,
    Json(wish): Json<ConsentWish>,
) -> Json<Acted> {
    let fields = wish.fields.into_iter().map(Field::from);
    let fields = fields.fold(Fields::default(), Fields::with);
    speaking.act(Act::Consent(wish.to.0, fields)).await
}

/// Takes a delegation or a consent back, at once.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/revocations",
    tag = "household",
    operation_id = "revoke",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Revocation,
    responses((status = 200, description = "What came of it", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn revoke(
    speaking: Speaking,
    Json(revocation): Json<Revocation>,
) -> Json<Acted> {
    let act = match revocation {
        Revocation::Delegation(id) => Act::RevokeDelegation(id),
        Revocation::Consent(id) => Act::RevokeConsent(id),
    };
    speaking.act(act).await
}
