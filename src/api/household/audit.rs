//! What the audit says of the caller.

use super::Speaking;
use crate::api::{
    error::Failure,
    extractors::Json,
    openapi::{BadRequests, Problems},
};
use crate::foundation::{
    audit::Record,
    values::{ConversationId, time::Timestamp},
};
use serde::Serialize;
use uuid::Uuid;

/// The latest of what concerned the caller.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct AuditRecords {
    /// Each decision, the newest first; at most a hundred.
    records: Vec<AuditRecord>,
}

/// One decision, or what came of one: codes and numbers, and nothing that anybody said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditRecord {
    /// Names it; `ladylinux audit why` takes it, too.
    id: Uuid,
    /// What it is about, so that a decision and its outcome are found together.
    about: Option<Uuid>,
    /// When.
    at: Timestamp,
    /// Who the speaker was taken for.
    identity: String,
    /// How surely, in thousandths.
    confidence: u16,
    /// Their age class.
    age: String,
    /// Who else was there.
    mode: String,
    /// What: a command's name, a part of a profile.
    what: String,
    /// What was decided, or came of it.
    decision: &'static str,
    /// Why: a stable code.
    reason: String,
    /// By which right, if there was one.
    basis: Option<String>,
}

impl From<Record> for AuditRecord {
    fn from(record: Record) -> Self {
        let Record { id, about, at, identity, confidence, age, mode, what, reason, basis, .. } =
            record;
        let decision = record.decision.name();
        Self { id, about, at, identity, confidence, age, mode, what, decision, reason, basis }
    }
}

/// Tells what was decided about the caller; told to who is certain, and alone.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/audit",
    tag = "household",
    operation_id = "own_audit",
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses((status = 200, description = "What concerned the caller", body = AuditRecords), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn show(speaking: Speaking) -> Result<Json<AuditRecords>, Failure> {
    let records = speaking.household.audit(speaking.asking).await?;
    Ok(Json(AuditRecords { records: records.into_iter().map(AuditRecord::from).collect() }))
}
