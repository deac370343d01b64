//! `/v1/chat/completions` and `/v1/completions`: the bare model, as OpenAI clients know it. No retrieval, no memory, no commands.

mod answer;
mod chat;
mod schema;
mod stream;
mod text;
mod tools;

pub(super) use answer::ChatCompletion;
pub(super) use chat::ChatRequest;
pub(super) use text::{TextCompletion, TextRequest};

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
    workers::{Completion, Event, Finish, Generate, Generation, Llm, WorkerError},
};
use answer::{Head, Shape, Spoken, Tell, Usage};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::{collections::VecDeque, time::Duration};

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
    request_body(content = ChatRequest, example = json!({
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
pub(super) async fn create_chat(
    _: Caller,
    State(app): State<App>,
    Json(request): Json<ChatRequest>,
) -> Result<Response, Failure> {
    request.supported()?;
    let (name, manner) =
        (request.model.clone(), Manner::of(request.stream, request.stream_options));
    let each = request.answers();
    let (asked, calling) = request.generate(app.node.settings.llm.max_tokens);
    // A `stop` text may cut an answer anywhere.
    let formed = asked.format.is_some() && asked.stop.is_empty();
    let reading = Reading { calling, formed };
    let answers = several(&asked, each).collect();
    complete(&app, &name, Wanted { answers, each, shape: Shape::Chat, manner, reading }).await
}

/// Continues a text.
///
/// The older of OpenAI's two: the text goes to the model as it stands, without a chat template. Several prompts are continued one
/// after the other. With `stream` the answers come as server-sent events, as with `/v1/chat/completions`.
#[utoipa::path(
    post,
    path = "/v1/completions",
    tag = "openai",
    operation_id = "create_completion",
    request_body(content = TextRequest, example = json!({"model": "default", "max_tokens": 16, "prompt": "Once upon a time"})),
    responses(
        (status = 200, description = "What comes next", content(
            (TextCompletion = "application/json"),
            (super::openapi::ServerSentEvent = "text/event-stream"),
        )),
        OpenAiErrors,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn create_text(
    _: Caller,
    State(app): State<App>,
    Json(request): Json<TextRequest>,
) -> Result<Response, Failure> {
    request.supported()?;
    let (name, manner) =
        (request.model.clone(), Manner::of(request.stream, request.stream_options));
    let each = request.answers();
    let answers = request.generate().iter().flat_map(|asked| several(asked, each)).collect();
    let reading = Reading { calling: None, formed: false };
    complete(&app, &name, Wanted { answers, each, shape: Shape::Text, manner, reading }).await
}

/// How an answer goes back.
#[derive(Clone, Copy, Debug)]
struct Manner {
    streams: bool,
    tell: Tell,
}

impl Manner {
    fn of(stream: Option<bool>, options: Option<chat::StreamOptions>) -> Self {
        let tell = match options.and_then(|options| options.include_usage) {
            Some(true) => Tell::Usage,
            Some(false) | None => Tell::Nothing,
        };
        Self { streams: stream == Some(true), tell }
    }
}

/// What is asked of the model, and how its answers are read and written.
struct Wanted {
    answers: VecDeque<Generate>,
    /// How many of them continue one prompt.
    each: usize,
    shape: Shape,
    manner: Manner,
    reading: Reading,
}

/// Has the model that is called `name` answer.
async fn complete(app: &App, name: &str, asked: Wanted) -> Result<Response, Failure> {
    let Wanted { answers: mut wanted, each, shape, manner, reading } = asked;
    let llm = app.node.workers.llm.for_batch();
    let model = models::loaded(app, name, Task::Llm, llm.status()).await?;
    // The first place in the queue is taken before anything is said, so that a full queue can be answered as such.
    let first = llm.generate(wanted.pop_front().unwrap_or_default()).await?;
    let id = format!("{}-{}", shape.prefix(), RequestId::new().0.simple());
    let head = Head { id, created: time::now().0 / 1000, model, shape };
    if manner.streams {
        let later = stream::Later { llm, wanted, each };
        return Ok(stream::answer(head, manner.tell, (first, later), reading)
            .await?
            .into_response());
    }
    let (mut answers, mut usage) = (Vec::new(), Usage::default());
    let mut next = Some(first);
    while let Some(generation) = next {
        let (spoken, completion) = whole(generation, &reading).await?;
        usage.add(&completion, answers.len().is_multiple_of(each));
        answers.push((spoken, completion));
        next = match wanted.pop_front() {
            Some(asked) => Some(one_more(&llm, asked).await?),
            None => None,
        };
    }
    Ok(match shape {
        Shape::Chat => Json(head.whole(answers, usage)).into_response(),
        Shape::Text => Json(TextCompletion::of(head, answers, usage)).into_response(),
    })
}

/// Returns the requests for so many answers, each from the next seed.
fn several(asked: &Generate, answers: usize) -> impl Iterator<Item = Generate> {
    (0..answers as u64).map(|number| {
        let mut asked = asked.clone();
        asked.sampling.seed = asked.sampling.seed.map(|seed| seed.wrapping_add(number));
        asked
    })
}

/// Takes a place for one more answer to a request that has some already; where there is none, it waits for one.
async fn one_more(llm: &Llm, asked: Generate) -> Result<Generation, WorkerError> {
    loop {
        match llm.generate(asked.clone()).await {
            Err(WorkerError::Full { retry_after }) => tokio::time::sleep(retry_after).await,
            taken => return taken,
        }
    }
}

/// What an answer is read for.
#[derive(Clone, Debug)]
struct Reading {
    /// Which calls of tools.
    calling: Option<tools::Calling>,
    /// Whether it has to be JSON.
    formed: bool,
}

impl Reading {
    /// Reads a whole answer. One that had to have a form and has none although it was ended in good order is no answer.
    fn read(&self, text: String, finish: Finish) -> Result<Spoken, Failure> {
        let json = || serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        if self.formed && finish == Finish::Stop && !json() {
            let detail = "the answer does not have the form that was asked for; ask again";
            return Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "engine_failed", detail));
        }
        match self.calling.as_ref().and_then(|calling| calling.read(&text)) {
            Some((text, calls)) => Ok(Spoken { text, calls }),
            None => Ok(Spoken { text, calls: Vec::new() }),
        }
    }
}

/// Waits for a whole answer.
async fn whole(
    mut generation: Generation,
    reading: &Reading,
) -> Result<(Spoken, Completion), Failure> {
    let mut text = String::new();
    while let Some(event) = generation.next().await {
        match event? {
            Event::Started { .. } => {}
            Event::Token { text: piece, .. } => text.push_str(piece.expose()),
            Event::Done(completion) => {
                return Ok((reading.read(text, completion.finish)?, completion));
            }
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
                    "bad_schema" => (StatusCode::BAD_REQUEST, "bad_schema"),
                    "template_refused" => (StatusCode::BAD_REQUEST, "template_refused"),
                    "deadline_exceeded" => (StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded"),
                    _ => (StatusCode::INTERNAL_SERVER_ERROR, "engine_failed"),
                };
                Self::new(status, code, detail)
            }
        }
    }
}
