//! The one place where a failure becomes an HTTP answer.
//!
//! A handler, an extractor or the gate says what went wrong as a [`Failure`]. It travels to the gate inside an empty
//! response, and only there gets its body: an OpenAI error object below `/v1`, problem details (RFC 9457) everywhere
//! else. So no handler needs to know which of the two its caller speaks.

use crate::foundation::{store::StoreError, values::ReadinessIssue};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The media type of [`Problem`].
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong with a request, before anybody decided how to write it down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    /// The status to answer with.
    pub status: StatusCode,
    /// A stable name for programs.
    pub code: &'static str,
    /// A sentence for the person: what happened, and what to do about it.
    pub detail: String,
    /// What is wrong with which field; empty unless the request did not fit its schema.
    pub fields: Vec<FieldError>,
    /// When it is worth trying again.
    pub retry_after: Option<Duration>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub(super) struct FieldError {
    /// Where it is: `body`, `query` or `path`, then names and positions from the outside in.
    pub loc: Vec<Location>,
    /// What is wrong with it.
    #[schema(example = "must be at most 2")]
    pub msg: String,
    /// A stable name for the kind of mistake.
    #[serde(rename = "type")]
    #[schema(example = "out_of_range")]
    pub kind: String,
}

/// One step on the way to a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum Location {
    /// A name.
    Name(String),
    /// A position in a list, from zero.
    Position(u64),
}

impl FieldError {
    /// Says what is wrong with the field at `path` of the body, such as `messages.0.role`.
    pub(super) fn in_body(path: &str, kind: &str, msg: impl Into<String>) -> Self {
        Self::at("body", path, kind, msg)
    }

    /// Says what is wrong with the field at `path` of `part` of the request.
    pub(super) fn at(part: &str, path: &str, kind: &str, msg: impl Into<String>) -> Self {
        let steps = path
            .split(['.', '['])
            .map(|step| step.trim_end_matches(']'))
            .filter(|step| !step.is_empty() && *step != "?");
        let loc = std::iter::once(part).chain(steps).map(|step| {
            step.parse().map_or_else(|_| Location::Name(step.to_owned()), Location::Position)
        });
        Self { loc: loc.collect(), msg: msg.into(), kind: kind.to_owned() }
    }

    /// Returns the way to the field without the part of the request it is in, as one word.
    fn path(&self) -> String {
        let steps = self.loc.iter().skip(1).map(|step| match step {
            Location::Name(name) => name.clone(),
            Location::Position(position) => position.to_string(),
        });
        steps.collect::<Vec<_>>().join(".")
    }
}

/// Problem details (RFC 9457): what went wrong, for programs and for people.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(super) struct Problem {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:ladylinux:problem:invalid_request")]
    pub kind: String,
    /// The status in words.
    #[schema(example = "Unprocessable Entity")]
    pub title: String,
    /// The status.
    #[schema(example = 422)]
    pub status: u16,
    /// What happened this time, and what to do about it.
    pub detail: String,
    /// A stable name for programs; the end of `type`.
    #[schema(example = "invalid_request")]
    pub code: String,
    /// The request, as the log names it.
    pub request_id: String,
    /// What is wrong with which field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// What went wrong, in the shape that OpenAI clients read.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(super) struct OpenAiError {
    /// The one member.
    pub error: OpenAiErrorBody,
}

/// The inside of an [`OpenAiError`].
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(super) struct OpenAiErrorBody {
    /// What happened, and what to do about it.
    pub message: String,
    /// The family of the error.
    #[serde(rename = "type")]
    #[schema(example = "invalid_request_error")]
    pub kind: String,
    /// The field it is about, if it is about one.
    #[schema(example = "messages.0.role")]
    pub param: Option<String>,
    /// A stable name for programs.
    pub code: Option<String>,
}

impl Failure {
    /// Fails with a status, a stable name and a sentence.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), fields: Vec::new(), retry_after: None }
    }

    /// The request does not fit its schema.
    pub(super) fn fields(fields: Vec<FieldError>) -> Self {
        let detail = fields.iter().map(|field| {
            let path = field.path();
            if path.is_empty() { field.msg.clone() } else { format!("{path}: {}", field.msg) }
        });
        let detail = detail.collect::<Vec<_>>().join("; ");
        let failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail);
        Self { fields, ..failure }
    }

    /// The request is well-formed, and asks for something this node does not do.
    pub(super) fn unsupported(field: &str, msg: impl Into<String>) -> Self {
        let field = FieldError::in_body(field, "unsupported", msg);
        let failure = Self::fields(vec![field]);
        Self { status: StatusCode::BAD_REQUEST, code: "unsupported_parameter", ..failure }
    }

    /// There is no such thing.
    pub(super) fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// Something that the answer needs is missing, and a person can mend it.
    pub(super) fn unready(issue: &ReadinessIssue) -> Self {
        let detail = format!("[{}] {}: {}", issue.code, issue.message, issue.mend);
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail)
    }

    /// Something went wrong inside; the log has the reason, the caller gets none of it.
    pub(super) fn internal(reason: &dyn std::error::Error) -> Self {
        let mut causes = vec![reason.to_string()];
        let mut next = reason.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        tracing::error!(error.causes = ?causes, "a request failed inside");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong inside the node: its log has the reason under this request's id",
        )
    }

    /// Says when it is worth trying again.
    pub(super) fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Writes the failure down in the shape that callers of `path` read.
    pub(super) fn render(self, path: &str, request_id: &str) -> Response {
        let mut response = if path.starts_with("/v1/") {
            (self.status, Json(self.open_ai())).into_response()
        } else {
            let problem = [(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))];
            (self.status, problem, Json(self.problem(request_id))).into_response()
        };
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            // Whole seconds, and never zero: a client that comes back at once finds the same queue.
            let seconds = wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u32::MAX);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    fn problem(&self, request_id: &str) -> Problem {
        Problem {
            kind: format!("urn:ladylinux:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_owned(),
            request_id: request_id.to_owned(),
            errors: self.fields.clone(),
        }
    }

    /// Returns the failure as OpenAI clients read it; also the data of an error event in a stream.
    pub(super) fn open_ai(&self) -> OpenAiError {
        let kind = match self.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        OpenAiError {
            error: OpenAiErrorBody {
                message: self.detail.clone(),
                kind: kind.to_owned(),
                param: self.fields.first().map(FieldError::path).filter(|path| !path.is_empty()),
                code: Some(self.code.to_owned()),
            },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Full | StoreError::ReadOnly) {
            let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "store_unwritable");
            return Self::new(status, code, error.to_string());
        }
        Self::internal(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_located_from_the_outside_in() {
        let error = FieldError::in_body("messages[2].content", "wrong_type", "must be text");
        assert_eq!(
            serde_json::to_value(&error).unwrap()["loc"].to_string(),
            r#"["body","messages",2,"content"]"#
        );
        assert_eq!(Failure::fields(vec![error]).detail, "messages.2.content: must be text");
    }

    #[test]
    fn callers_below_v1_read_an_openai_error_and_others_problem_details() {
        let failure = || Failure::unsupported("n", "must be 1");
        let shapes = ["/v1/chat/completions", "/api/release"].map(|path| {
            failure().render(path, "r").headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned()
        });
        assert_eq!(shapes, ["application/json", PROBLEM_JSON]);
        assert_eq!(failure().open_ai().error.param.as_deref(), Some("n"));
    }

    #[test]
    fn a_retry_is_never_suggested_in_zero_seconds() {
        let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", "full");
        let response = failure.retry_after(Duration::from_millis(20)).render("/", "r");
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
