//! `/v1/rerank`: which of some texts answer a question, as clients of Cohere and Jina know it.

use super::{
    app::App,
    error::{Failure, FieldError},
    extractors::{Caller, Json, Validate},
    models::{self, ANY_MODEL},
    openapi::OpenAiErrors,
    strict::{ByName, Whole},
};
use crate::foundation::values::Redacted;
use crate::inference::{
    models::Task,
    workers::{Ranked, Rerank},
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{
    OneOfBuilder, Ref, RefOr, Schema,
    schema::{ArrayBuilder, ObjectBuilder, Type},
};

/// Texts of one request.
const MOST_TEXTS: usize = 1000;

/// A question, and texts that may answer it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RerankRequest {
    /// An id from `/v1/models`, or `default` for whichever reranking model the node has loaded.
    #[serde(default = "any")]
    #[schema(example = "default", min_length = 1, default = "default")]
    model: String,
    /// What is asked.
    #[schema(value_type = String, min_length = 1)]
    query: Redacted<String>,
    /// Up to 1000 texts, none of them empty; each a string, or an object with a `text`.
    #[schema(schema_with = documents)]
    documents: Vec<Document>,
    /// How many of the best to return; all if it is not given.
    #[schema(minimum = 1, value_type = Option<u64>)]
    top_n: Option<Whole>,
    /// Whether to return the texts as well.
    #[serde(default)]
    return_documents: Option<bool>,
}

fn any() -> String {
    ANY_MODEL.to_owned()
}

/// A text that may answer.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "must be text, or an object with a text")]
enum Document {
    /// As it is.
    Bare(Redacted<String>),
    /// As Jina's and older Cohere clients send it.
    Wrapped(ByName<Wrapped>),
}

/// A text within an object.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    /// The text.
    #[schema(value_type = String, min_length = 1)]
    text: Redacted<String>,
}

impl Document {
    fn text(&self) -> &Redacted<String> {
        match self {
            Self::Bare(text) | Self::Wrapped(ByName(Wrapped { text })) => text,
        }
    }
}

/// Returns the schema of the documents.
fn documents() -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let wrapped = Ref::from_schema_name("Wrapped");
    let document = OneOfBuilder::new().item(text).item(wrapped);
    ArrayBuilder::new().items(document).min_items(Some(1)).max_items(Some(MOST_TEXTS)).into()
}

/// The texts that answer best, best first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Reranking {
    /// Always `list`.
    object: &'static str,
    /// The texts, by their places in the request.
    results: Vec<RerankResult>,
    /// The model that read them.
    model: String,
    /// What it took.
    usage: RerankUsage,
}

/// How well one text answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RerankResult {
    /// Which text it is.
    index: usize,
    /// How well it answers, from 0 to 1; comparable within one model only.
    relevance_score: f64,
    /// The text, if it was to be returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Wrapped>,
    /// Whether the text was longer than the model reads beside the question, so that only its beginning counts.
    truncated: bool,
}

/// What reranking took, in tokens.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
struct RerankUsage {
    /// That were read, the question once with each text.
    prompt_tokens: usize,
    /// The same.
    total_tokens: usize,
}

impl Validate for RerankRequest {
    fn problems(&self) -> Vec<FieldError> {
        let wrong = |path: &str, msg: String| FieldError::in_body(path, "wrong_length", msg);
        let mut problems = Vec::new();
        if self.query.expose().is_empty() {
            problems.push(wrong("query", "is empty: there is nothing to answer".to_owned()));
        }
        if !(1..=MOST_TEXTS).contains(&self.documents.len()) {
            problems.push(wrong("documents", format!("must be 1 to {MOST_TEXTS} texts")));
            return problems;
        }
        if self.top_n.is_some_and(|top| top.0 == 0) {
            let msg = "must be at least 1";
            problems.push(FieldError::in_body("top_n", "out_of_range", msg));
        }
        let empty = |(at, document): (usize, &Document)| {
            let msg = "is empty: there is nothing to read".to_owned();
            document.text().expose().is_empty().then(|| wrong(&format!("documents.{at}"), msg))
        };
        problems.extend(self.documents.iter().enumerate().filter_map(empty));
        problems
    }
}

/// Says how well texts answer a question.
///
/// A text that is longer than the model reads beside the question is read by its beginning, and `truncated` says so.
#[utoipa::path(
    post,
    path = "/v1/rerank",
    tag = "openai",
    operation_id = "create_reranking",
    request_body(content = RerankRequest, example = json!({
        "query": "What if the queue is full?",
        "documents": ["A full queue is refused with a time to retry.", "Tulips are red."],
        "top_n": 1,
    })),
    responses((status = 200, description = "The texts that answer best, best first", body = Reranking), OpenAiErrors),
    security((), ("token" = [])),
)]
pub(super) async fn create(
    _: Caller,
    State(app): State<App>,
    Json(request): Json<RerankRequest>,
) -> Result<Json<Reranking>, Failure> {
    let reranker = &app.node.workers.reranker.for_batch();
    let model = models::loaded(&app, &request.model, Task::Rerank, reranker.status()).await?;
    let documents = request.documents.iter().map(|document| document.text().clone()).collect();
    let ranked = reranker.rerank(Rerank { query: request.query.clone(), documents }).await?;
    // Whoever asked for any model asked before it was loaded.
    let model = reranker.status().model.map_or(model, |loaded| loaded.id);
    Ok(Json(told(model, &ranked, &request)))
}

fn told(model: String, ranked: &Ranked, request: &RerankRequest) -> Reranking {
    let relevance: Vec<f64> = ranked.relevance().collect();
    let result = |index: usize| {
        let document =
            request.documents.get(index).filter(|_| request.return_documents == Some(true));
        RerankResult {
            index,
            relevance_score: relevance[index],
            document: document.map(|document| Wrapped { text: document.text().clone() }),
            truncated: ranked.truncated.contains(&index),
        }
    };
    let most = request.top_n.map_or(usize::MAX, |top| usize::try_from(top.0).unwrap_or(usize::MAX));
    let (prompt_tokens, total_tokens) = (ranked.tokens, ranked.tokens);
    Reranking {
        object: "list",
        results: ranked.order().into_iter().take(most).map(result).collect(),
        model,
        usage: RerankUsage { prompt_tokens, total_tokens },
    }
}
