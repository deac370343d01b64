//! The API's own description: OpenAPI 3.1, generated from the handlers.

use super::{
    app::App,
    error::{OpenAiError, PROBLEM_JSON, Problem},
    extractors::Caller,
    router,
};
use crate::conversation::TurnEvent;
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
};
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, Modify, OpenApi, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// Everything about the description that no handler says.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "LadyLinux",
        description = "A private assistant that lives on one small Linux box.\n\n\
            `/v1` speaks the OpenAI protocol and is the bare model; the assistant is `/api/conversations`. \
            Errors are problem details (RFC 9457), below `/v1` OpenAI error objects. \
            On a loopback node, callers on the machine need no token; everywhere else they do.",
        license(name = "GPL-3.0-or-later", identifier = "GPL-3.0-or-later"),
    ),
    components(schemas(Problem, OpenAiError, TurnEvent)),
    modifiers(&Finish),
    tags(
        (name = "conversations", description = "Ask in several turns; answers stream and cite"),
        (name = "household", description = "Who is speaking, who else is here, and what may be done and told then"),
        (name = "openai", description = "The bare model, as OpenAI clients know it"),
        (name = "node", description = "What this node is, has and lacks"),
        (name = "probes", description = "For supervisors and dashboards"),
    ),
)]
pub(super) struct Description;

/// Adds what the derive cannot express.
#[derive(Debug)]
struct Finish;

impl Modify for Finish {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("ll_…")
            .description(Some("A token from `ladylinux token create`"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// Describes the API.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "node",
    operation_id = "describe_api",
    responses((status = 200, description = "This description", body = serde_json::Value), Problems),
    security((), ("token" = [])),
)]
pub(super) async fn describe(_: Caller, State(app): State<App>) -> impl IntoResponse {
    let document = app.document.get_or_init(|| {
        Bytes::from(serde_json::to_vec(&router::description()).unwrap_or_default())
    });
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], document.clone())
}

/// The failures that any request can meet.
#[derive(Debug)]
pub(super) struct Problems;

/// The failures of a request with a body, a query or a variable in its path.
#[derive(Debug)]
pub(super) struct BadRequests;

/// [`Problems`] and [`BadRequests`] as OpenAI clients read them.
#[derive(Debug)]
pub(super) struct OpenAiErrors;

const ALWAYS: &[(&str, &str)] = &[
    ("401", "No token where one is needed, or a token that is unknown, revoked or expired"),
    ("403", "The token lacks the scope, or a page of another site wants to change something"),
    ("405", "The path does not take this method"),
    ("421", "The Host header names something that this node is not"),
    ("429", "Too many requests; `Retry-After` says when to try again"),
    ("500", "Something broke inside the node"),
    ("503", "Something that the answer needs is missing; the message says how to mend it"),
    ("504", "No answer was found in time"),
];

const BAD: &[(&str, &str)] = &[
    ("400", "The request is no JSON, or asks for what this node does not do"),
    ("404", "There is no such thing"),
    ("408", "The body did not arrive in time"),
    ("413", "The body is too long"),
    ("415", "The body is not declared as JSON"),
    ("422", "A field is wrong; `errors` says which and why"),
];

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Problems {
    fn responses() -> Responses {
        documented(ALWAYS, PROBLEM_JSON, &Problem::name())
    }
}

impl IntoResponses for BadRequests {
    fn responses() -> Responses {
        documented(BAD, PROBLEM_JSON, &Problem::name())
    }
}

impl IntoResponses for OpenAiErrors {
    fn responses() -> Responses {
        let mut responses = documented(ALWAYS, "application/json", &OpenAiError::name());
        responses.extend(documented(BAD, "application/json", &OpenAiError::name()));
        responses
    }
}

fn documented(failures: &[(&str, &str)], media: &str, schema: &str) -> Responses {
    let response = |(status, description): &(&str, &str)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
        let mut response = ResponseBuilder::new().description(*description).content(media, content);
        if *status == "429" {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).build();
            let header = HeaderBuilder::new().schema(Some(seconds)).build();
            response = response.header("Retry-After", header);
        }
        ((*status).to_owned(), RefOr::T(response.build()))
    };
    failures.iter().map(response).collect()
}

/// One of the server-sent events that an answer consists of.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes what is sent")]
pub(super) struct ServerSentEvent {
    /// What kind of event it is; OpenAI's streams have no kinds.
    #[schema(required = false)]
    event: String,
    /// A JSON object; OpenAI's streams end with `[DONE]`.
    data: String,
}
