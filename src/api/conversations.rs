//! Conversations with the assistant: begin one, ask in it, forget it.

use super::{
    app::App,
    error::{Failure, FieldError, Problem},
    extractors::{Caller, Json, Path, Validate},
    openapi::{BadRequests, Problems, ServerSentEvent},
    sse,
    strict::is_blank,
};
use crate::conversation::{Ask, LONGEST_QUESTION, Place, Refused, TurnEvent};
use crate::foundation::values::{ConversationId, Redacted};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response, sse::Event},
};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use tokio_stream::StreamExt;

/// A conversation that has begun.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Begun {
    /// Its id; it is gone when the node restarts, or after a while in which nobody asks.
    id: ConversationId,
}

/// A question.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// What is asked.
    #[schema(
        value_type = String, min_length = 1, max_length = 16_000,
        pattern = r"[^\u0000-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]",
        example = "how much disk space is free?"
    )]
    text: Redacted<String>,
}

impl Validate for Question {
    fn problems(&self) -> Vec<FieldError> {
        let length = self.text.expose().chars().count();
        if is_blank(self.text.expose()) {
            return vec![FieldError::in_body("text", "wrong_length", "is empty: write a question")];
        }
        if length > LONGEST_QUESTION {
            let msg = format!("has {length} characters, at most {LONGEST_QUESTION} are read");
            return vec![FieldError::in_body("text", "wrong_length", msg)];
        }
        Vec::new()
    }
}

/// Begins a conversation.
#[utoipa::path(
    post,
    path = "/api/conversations",
    tag = "conversations",
    operation_id = "begin_conversation",
    responses(
        (
            status = 201, description = "It has begun", body = Begun,
            headers(("Location" = String, description = "Where it is")),
            links(
                ("ask" = (operation_id = "ask", parameters(("id" = "$response.body#/id")))),
                ("forget" = (operation_id = "forget_conversation", parameters(("id" = "$response.body#/id")))),
                ("identity" = (operation_id = "identity", parameters(("id" = "$response.body#/id")))),
                ("claim_identity" = (operation_id = "claim_identity", parameters(("id" = "$response.body#/id")))),
                ("say_who_is_here" = (operation_id = "say_who_is_here", parameters(("id" = "$response.body#/id")))),
                ("command" = (operation_id = "command", parameters(("id" = "$response.body#/id")))),
                ("answer_confirmation" = (operation_id = "answer_confirmation", parameters(("id" = "$response.body#/id")))),
                ("own_profile" = (operation_id = "own_profile", parameters(("id" = "$response.body#/id")))),
                ("change_profile" = (operation_id = "change_profile", parameters(("id" = "$response.body#/id")))),
                ("erase_profile" = (operation_id = "erase_profile", parameters(("id" = "$response.body#/id")))),
                ("export_profile" = (operation_id = "export_profile", parameters(("id" = "$response.body#/id")))),
                ("delegate" = (operation_id = "delegate", parameters(("id" = "$response.body#/id")))),
                ("consent" = (operation_id = "consent", parameters(("id" = "$response.body#/id")))),
                ("revoke" = (operation_id = "revoke", parameters(("id" = "$response.body#/id")))),
                ("own_audit" = (operation_id = "own_audit", parameters(("id" = "$response.body#/id")))),
                ("people" = (operation_id = "people", parameters(("id" = "$response.body#/id")))),
            ),
        ),
        Problems,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn begin(
    caller: Caller,
    State(app): State<App>,
) -> (StatusCode, [(HeaderName, String); 1], Json<Begun>) {
    let id = app.node.conversations.begin(&caller.who);
    let location = [(header::LOCATION, format!("/api/conversations/{id}"))];
    (StatusCode::CREATED, location, Json(Begun { id }))
}

/// Asks in a conversation; the answer streams.
///
/// Each event's name is its kind, and its data a JSON object: `intent` (what the question was taken for), `passages` (what was
/// found), `decision` (what was decided about something that was asked for), `token` (a piece of the answer, Markdown), `citations`,
/// `note`, `timings`, and at the end `done` or `error`. Closing
/// the connection stops the answer. A conversation that is not known (any more) begins anew, and a `note` says so.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/turns",
    tag = "conversations",
    operation_id = "ask",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Question,
    responses(
        (status = 200, description = "The answer, as server-sent events", body = ServerSentEvent, content_type = "text/event-stream"),
        Problems,
        BadRequests,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn turn(
    caller: Caller,
    State(app): State<App>,
    Path(id): Path<ConversationId>,
    headers: HeaderMap,
    Json(question): Json<Question>,
) -> Result<Response, Failure> {
    let caller = caller.at(place(&headers));
    let turn = app.node.conversations.turn(id, Ask { text: question.text, caller }).await?;
    Ok(sse::answer(turn.map(|event| Ok::<_, Infallible>(sent(&event)))).into_response())
}

/// Forgets a conversation, and everything that was said in it.
#[utoipa::path(
    delete,
    path = "/api/conversations/{id}",
    tag = "conversations",
    operation_id = "forget_conversation",
    params(("id" = ConversationId, Path, description = "The conversation")),
    responses(
        (status = 204, description = "It is forgotten"),
        (status = 404, description = "The caller has no such conversation (any more)", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The id is none", body = Problem, content_type = "application/problem+json"),
        Problems,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn forget(
    caller: Caller,
    State(app): State<App>,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode, Failure> {
    if app.node.conversations.forget(id, &caller.who) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Failure::not_found("no_such_conversation", "you have no such conversation (any more)"))
}

/// Guesses where a question comes from; it decides nothing but how the answer is worded.
pub(super) fn place(headers: &HeaderMap) -> Place {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    if headers.contains_key("sec-fetch-site") {
        Place::Browser
    } else if agent.is_some_and(|agent| agent.starts_with("ladylinux/")) {
        Place::Terminal
    } else {
        Place::Api
    }
}

fn sent(event: &TurnEvent) -> Event {
    Event::default().event(event.name()).json_data(event).unwrap_or_else(|error| {
        // Numbers and text always become JSON; should they not, the client must not wait for the end in vain.
        tracing::error!(%error, "an event of a turn is no JSON");
        Event::default().event("error").data(r#"{"code":"internal","message":"an event was lost"}"#)
    })
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::Empty | Refused::TooLong { .. } => {
                Self::fields(vec![FieldError::in_body("text", "wrong_length", detail)])
            }
            Refused::Busy { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", detail)
                    .retry_after(retry_after)
            }
            Refused::Knowledge(error) => Self::internal(&error),
            Refused::People(error) => Self::internal(&error),
        }
    }
}
