//! `/v1/chat/completions`: the bare model, as OpenAI clients know it. No retrieval, no memory, no commands.

mod answer;
mod request;
mod schema;
mod stream;

pub(super) use answer::ChatCompletion;
pub(super) use request::CompletionRequest;

use super::{
    app::App,
    error::Failure,
    extractors::{Caller, Json},
    models,
    openapi::OpenAiErrors,
};
use crate::foundation::values::{RequestId, time};
use crate::inference::{
    models::Task,
    workers::{Event, Generation, WorkerError},
};
use answer::{Head, Tell};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::time::Duration;

/// How long a worker that just died is given to come back.
const RECOVERY: Duration = Duration::from_secs(2);

/// Completes a conversation.
///
/// With `stream` the answer comes as server-sent events: one chunk a piece, then `[DONE]`. Should the worker fail in the middle,
/// the stream ends with an object that has `error` instead.
#[utoipa::path(
    post,
    path = "/v1/chat/completions",
    tag = "openai",
    operation_id = "create_chat_completion",
    request_body(content = CompletionRequest, example = json!({
        "model": "default", "max_tokens": 16, "messages": [{"role": "user", "content": "Say hello."}],
    })),
    responses(
        (status = 200, description = "The answer", content(
            (ChatCompletion = "application/json"),
            (super::openapi::ServerSentEvent = "text/event-stream"),
        )),
        OpenAiErrors,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn create(
    _: Caller,
    State(app): State<App>,
    Json(request): Json<CompletionRequest>,
) -> Result<Response, Failure> {
    request.supported()?;
    let tell = match request.stream_options.as_ref().and_then(|options| options.include_usage) {
        Some(true) => Tell::Usage,
        Some(false) | None => Tell::Nothing,
    };
    let streams = request.stream == Some(true);
    let llm = &app.node.workers.llm;
    let model = models::loaded(&app, &request.model, Task::Llm, llm.status()).await?;
    let asked = request.generate(app.node.settings.llm.max_tokens);
    let generation = llm.generate(asked).await?;
    let id = format!("chatcmpl-{}", RequestId::new().0.simple());
    let head = Head { id, created: time::now().0 / 1000, model };
    if streams {
        return Ok(stream::answer(head, tell, generation).await?.into_response());
    }
    Ok(Json(whole(head, generation).await?).into_response())
}

/// Waits for the whole answer.
async fn whole(head: Head, mut generation: Generation) -> Result<ChatCompletion, Failure> {
    let mut text = String::new();
    while let Some(event) = generation.next().await {
        match event? {
            Event::Started { .. } => {}
            Event::Token { text: piece, .. } => text.push_str(piece.expose()),
            Event::Done(completion) => return Ok(head.whole(text, &completion)),
        }
    }
    Err(WorkerError::Died.into())
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        let detail = error.to_string();
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        match error {
            WorkerError::NotReady(issue) => Self::unready(&issue),
            WorkerError::Full { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", detail)
                    .retry_after(retry_after)
            }
            WorkerError::QueueTimeout => {
                Self::new(unavailable, "queue_timeout", detail).retry_after(RECOVERY)
            }
            WorkerError::Died => {
                Self::new(unavailable, "worker_died", detail).retry_after(RECOVERY)
            }
            WorkerError::Stalled => {
                Self::new(unavailable, "worker_stalled", detail).retry_after(RECOVERY)
            }
            WorkerError::Stopping => {
                Self::new(unavailable, "stopping", detail).retry_after(RECOVERY)
            }
            WorkerError::DeadlineExceeded => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", detail)
            }
            WorkerError::Refused(refusal) => {
                let (status, code) = match refusal.code.as_str() {
                    "context_overflow" => (StatusCode::BAD_REQUEST, "context_length_exceeded"),
                    "invalid_request" => (StatusCode::BAD_REQUEST, "invalid_request"),
                    "template_refused" => (StatusCode::BAD_REQUEST, "template_refused"),
                    "deadline_exceeded" => (StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded"),
                    _ => (StatusCode::INTERNAL_SERVER_ERROR, "engine_failed"),
                };
                Self::new(status, code, detail)
            }
        }
    }
}
