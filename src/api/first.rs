//! What the first LadyLinux answered, at the same addresses: `/ask_phi3`, `/ask_firewall` and `/disable_service`.
//!
//! Their answers are plain text, and their names history: the model is whichever the node has. What was wrong with them is
//! mended: an error has a status, the output of a GET is the answer alone, what is said of the firewall is what was read, and no
//! service is disabled by whoever asks: that takes who may, and a confirmation.

use super::{
    app::App,
    conversations::place,
    error::{Failure, FieldError, Problem},
    extractors::{Caller, Json, Query, Validate},
    household::Speaking,
    openapi::{BadRequests, Problems},
    strict::is_blank,
};
use crate::conversation::{Act, Ask, Conversations, LONGEST_QUESTION, Turn, TurnEvent, Who};
use crate::foundation::values::{ConversationId, Redacted};
use crate::host::{Data, Facts, Topic};
use crate::inference::workers::{ChatMessage, Event, Generate, Generation, Sampling, WorkerState};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, convert::Infallible};
use uuid::Uuid;

/// The longest name of a service, in bytes, which systemd allows.
const LONGEST_UNIT: usize = 255;

/// What a model is told before it explains the firewall.
const EXPLAIN: &str = "You explain the firewall of this machine. Use only the facts that you are given, and say so if they do \
     not answer the question. Be brief.";

/// A question, by the name that the first LadyLinux had for it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Prompt {
    /// What is asked.
    #[schema(
        value_type = String, min_length = 1, max_length = 16_000,
        pattern = r"[^\u0000-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]",
        example = "how much disk space is free?"
    )]
    prompt: Redacted<String>,
}

/// The same in an address.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PromptQuery {
    /// What is asked.
    #[param(
        value_type = String, min_length = 1, max_length = 16_000,
        pattern = r"[^\u0000-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]",
        example = "how much disk space is free?"
    )]
    prompt: Redacted<String>,
}

/// A whole answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Output {
    /// The answer.
    #[schema(value_type = String)]
    output: Redacted<String>,
}

fn problems(part: &str, prompt: &Redacted<String>) -> Vec<FieldError> {
    if is_blank(prompt.expose()) || prompt.expose().chars().count() > LONGEST_QUESTION {
        let msg = format!("must have 1 to {LONGEST_QUESTION} characters");
        return vec![FieldError::at(part, "prompt", "wrong_length", msg)];
    }
    Vec::new()
}

impl Validate for Prompt {
    fn problems(&self) -> Vec<FieldError> {
        problems("body", &self.prompt)
    }
}

impl Validate for PromptQuery {
    fn problems(&self) -> Vec<FieldError> {
        problems("query", &self.prompt)
    }
}

/// Asks the assistant; the answer streams as plain text.
///
/// The same assistant as in a conversation, which this is, of one question.
#[utoipa::path(
    post,
    path = "/ask_phi3",
    tag = "first",
    operation_id = "ask_phi3",
    request_body = Prompt,
    responses(
        (status = 200, description = "The answer, piece by piece", body = String, content_type = "text/plain"),
        Problems,
        BadRequests,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn ask(
    caller: Caller,
    State(app): State<App>,
    headers: HeaderMap,
    Json(asked): Json<Prompt>,
) -> Result<Response, Failure> {
    let mut question = Question::ask(&app, caller, &headers, asked.prompt).await?;
    let first = question.first().await?;
    let rest = stream::unfold(question, |mut question| async move {
        let piece = said(question.turn.next().await?)
            .unwrap_or_else(|failure| format!("\n\nThe answer ends here: {}", failure.detail));
        Some((piece, question))
    });
    Ok(plain(stream::iter([first]).chain(rest)))
}

/// Asks the assistant, and waits for the whole answer.
#[utoipa::path(
    get,
    path = "/ask_phi3",
    tag = "first",
    operation_id = "ask_phi3_whole",
    params(PromptQuery),
    responses((status = 200, description = "The answer", body = Output), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(super) async fn ask_whole(
    caller: Caller,
    State(app): State<App>,
    headers: HeaderMap,
    Query(asked): Query<PromptQuery>,
) -> Result<Json<Output>, Failure> {
    let mut question = Question::ask(&app, caller, &headers, asked.prompt).await?;
    let mut output = question.first().await?;
    while let Some(event) = question.turn.next().await {
        output.push_str(&said(event)?);
    }
    Ok(Json(Output { output: Redacted(output) }))
}

/// Asks about the firewall; the answer streams as plain text.
///
/// First comes what was read of it, with its files and its age, then what the language model makes of that, if there is one.
#[utoipa::path(
    post,
    path = "/ask_firewall",
    tag = "first",
    operation_id = "ask_firewall",
    request_body = Prompt,
    responses(
        (status = 200, description = "What was read, then an explanation", body = String, content_type = "text/plain"),
        Problems,
        BadRequests,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn ask_firewall(
    _: Caller,
    State(app): State<App>,
    Json(asked): Json<Prompt>,
) -> Result<Response, Failure> {
    let facts = Facts::new(&app.node.settings.host);
    let fact = facts.read(Topic::Firewall).await.map_err(|error| Failure::internal(&error))?;
    let mut lines = vec![format!("Lady Linux: {}", fact.sentence())];
    lines.extend(fact.notes.iter().map(|note| format!("({note})")));
    lines.extend(quoted(&fact.data));
    let told = lines.join("\n") + "\n";
    let explained = explain(&app, asked.prompt.expose(), &told).await;
    let explained = stream::unfold(explained, |explained| async move {
        let mut generation = explained?;
        Some(match generation.next().await? {
            Ok(Event::Token { text, .. }) => (text.0, Some(generation)),
            Ok(Event::Started { .. }) => ("\n".to_owned(), Some(generation)),
            Ok(Event::Done(_)) => ("\n".to_owned(), None),
            Err(error) => (format!("\n(There is no more of an explanation: {error}.)\n"), None),
        })
    });
    Ok(plain(stream::iter([told]).chain(explained)))
}

/// A service to be disabled.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ServiceQuery {
    /// Its name, without `.service`.
    #[param(min_length = 1, max_length = 255, example = "cups")]
    target: String,
    /// Who the caller is; only a token of that very person makes sure of it.
    #[serde(rename = "as")]
    #[param(value_type = Option<String>, min_length = 1, max_length = 100, example = "olga")]
    person: Option<Redacted<String>>,
}

impl Validate for ServiceQuery {
    fn problems(&self) -> Vec<FieldError> {
        let person = self.person.as_ref().map(|name| ("as", name.expose(), 100));
        let fields = [Some(("target", self.target.as_str(), LONGEST_UNIT)), person];
        let wrong = |(field, text, longest): (&str, &str, usize)| {
            let msg = format!("must have 1 to {longest} characters");
            let right = (1..=longest).contains(&text.chars().count());
            (!right).then(|| FieldError::at("query", field, "wrong_length", msg))
        };
        fields.into_iter().flatten().filter_map(wrong).collect()
    }
}

/// What came of a service that was to be disabled.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Disabling {
    /// `confirmation_required`, `ok` or `refused`.
    status: &'static str,
    /// What is said to that.
    #[schema(value_type = String)]
    message: Redacted<String>,
    /// The conversation in which it is confirmed; none if nothing waits.
    conversation: Option<ConversationId>,
    /// What is to be confirmed at `/api/conversations/{id}/confirmation`; none if nothing waits.
    confirmation: Option<Uuid>,
}

/// Asks for a service of the machine to be stopped, and kept from starting.
///
/// It is a command like any other, in a conversation of its own: it takes who may command it, and their confirmation there.
#[utoipa::path(
    post,
    path = "/disable_service",
    tag = "first",
    operation_id = "disable_service",
    params(ServiceQuery),
    responses(
        Problems,
        BadRequests,
        (status = 200, description = "It is disabled", body = Disabling),
        (status = 202, description = "It waits for a confirmation", body = Disabling),
        (status = 403, description = "It was refused", content((Disabling = "application/json"), (Problem = "application/problem+json"))),
    ),
    security((), ("token" = [])),
)]
pub(super) async fn disable_service(
    caller: Caller,
    State(app): State<App>,
    headers: HeaderMap,
    Query(asked): Query<ServiceQuery>,
) -> Result<(StatusCode, Json<Disabling>), Failure> {
    let conversations = &app.node.conversations;
    let id = conversations.begin(&caller.who);
    let Speaking { household, asking, mut before } =
        Speaking::of(&app, &caller, id, &headers).await?;
    if let Some(name) = asked.person {
        before = before.and(household.act(asking, Act::Identify(name.0)).await);
    }
    let slots = BTreeMap::from([("service".to_owned(), asked.target)]);
    let command = Act::Command("disable_service".to_owned(), slots);
    let told = before.and(household.act(asking.later(), command).await);
    let last = told.decisions.last().map(|decided| (decided.decision, decided.id));
    let (code, status, confirmation) = match last {
        Some(("asked", waits)) => (StatusCode::ACCEPTED, "confirmation_required", Some(waits)),
        Some(("done", _)) => (StatusCode::OK, "ok", None),
        _ => (StatusCode::FORBIDDEN, "refused", None),
    };
    if confirmation.is_none() {
        conversations.forget(id, &caller.who);
    }
    let (message, conversation) = (told.text.into(), confirmation.map(|_| id));
    Ok((code, Json(Disabling { status, message, conversation, confirmation })))
}

/// Quotes the rules that were read, each with its file.
fn quoted(data: &Data) -> Vec<String> {
    let Data::Firewall(firewall) = data else { return Vec::new() };
    let rules = firewall.programs.iter().flat_map(|program| program.rules.iter().flatten());
    rules.map(|rule| format!("- {}: {}", rule.file, rule.written)).collect()
}

/// Asks the language model to explain; none if it is not there, or too many wait for it: the facts stand by themselves.
async fn explain(app: &App, question: &str, facts: &str) -> Option<Generation> {
    let llm = &app.node.workers.llm;
    if !matches!(llm.status().state, WorkerState::Ready | WorkerState::Busy) {
        return None;
    }
    let asked = format!("Facts:\n{facts}\nQuestion: {question}");
    let request = Generate {
        messages: vec![
            ChatMessage::new("system", EXPLAIN.to_owned()),
            ChatMessage::new("user", asked),
        ],
        sampling: Sampling { temperature: Some(0.0), ..Sampling::default() },
        max_tokens: app.node.settings.llm.max_tokens,
        ..Generate::default()
    };
    llm.generate(request).await.ok()
}

/// A conversation of one question; it is forgotten when nobody reads on.
struct Question {
    turn: Turn,
    conversations: Conversations,
    id: ConversationId,
    who: Who,
}

impl Question {
    async fn ask(
        app: &App,
        caller: Caller,
        headers: &HeaderMap,
        text: Redacted<String>,
    ) -> Result<Self, Failure> {
        let conversations = app.node.conversations.clone();
        let who = caller.who.clone();
        let id = conversations.begin(&who);
        let caller = caller.at(place(headers));
        let turn = conversations.turn(id, Ask { text, caller }).await?;
        Ok(Self { turn, conversations, id, who })
    }

    /// Waits for the first words, so that a failure before them is a failure and no answer.
    async fn first(&mut self) -> Result<String, Failure> {
        while let Some(event) = self.turn.next().await {
            let piece = said(event)?;
            if !piece.is_empty() {
                return Ok(piece);
            }
        }
        Ok(String::new())
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.conversations.forget(self.id, &self.who);
    }
}

/// Returns what an event adds to an answer as text, or why there is no more of it.
fn said(event: TurnEvent) -> Result<String, Failure> {
    match event {
        TurnEvent::Token { text, .. } => Ok(text.0),
        TurnEvent::Error { message, mend, .. } => {
            let detail = match mend {
                Some(mend) => format!("{message}: {mend}"),
                None => message,
            };
            Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "no_answer", detail))
        }
        TurnEvent::Intent { .. }
        | TurnEvent::Passages { .. }
        | TurnEvent::Decision(_)
        | TurnEvent::Note { .. }
        | TurnEvent::Citations { .. }
        | TurnEvent::Timings(_)
        | TurnEvent::Done { .. } => Ok(String::new()),
    }
}

fn plain(pieces: impl Stream<Item = String> + Send + 'static) -> Response {
    let pieces = pieces.map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from_stream(pieces))
        .into_response()
}
