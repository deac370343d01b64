//! What the node has learned: searched, and opened at a place.

use super::{
    app::App,
    error::{Failure, FieldError},
    extractors::{Caller, Json, Query, Validate},
    openapi::{BadRequests, Problems},
    strict::is_blank,
};
use crate::knowledge::{self, Halves, Opened, Passage, Place, Reader};
use axum::extract::State;
use serde::{Deserialize, Serialize};

/// The longest question, in characters.
const QUESTION_CHARS: usize = 2000;

/// What to search for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// The words or the question to search for.
    #[param(
        min_length = 1,
        max_length = 2000,
        example = "worker",
        pattern = r"[^\u0000-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
    )]
    q: String,
    /// How many passages to return at most.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 50, default = 10)]
    limit: usize,
}

fn ten() -> usize {
    10
}

impl Validate for Search {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if is_blank(&self.q) || self.q.chars().count() > QUESTION_CHARS {
            let msg = format!("must have 1 to {QUESTION_CHARS} characters");
            problems.push(FieldError::at("query", "q", "wrong_length", msg));
        }
        if !(1..=50).contains(&self.limit) {
            problems.push(FieldError::at("query", "limit", "out_of_range", "must be from 1 to 50"));
        }
        problems
    }
}

/// What was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Found {
    /// The best passages, best first.
    passages: Vec<Passage>,
    /// By what they were found.
    by: Halves,
    /// Whether a reranking model has read the first of them again, and put them into its order.
    reranked: bool,
}

/// Searches the documents that the caller may see.
#[utoipa::path(
    get,
    path = "/api/knowledge/search",
    tag = "node",
    operation_id = "search_knowledge",
    params(Search),
    responses((status = 200, description = "The best passages; none is an answer, too", body = Found), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(super) async fn search(
    _: Caller,
    State(app): State<App>,
    Query(search): Query<Search>,
) -> Result<Json<Found>, Failure> {
    let found = app.node.searcher.search(&search.q, &Reader::Everyone, search.limit).await;
    let knowledge::Found { passages, by, reranked } =
        found.map_err(|error| Failure::internal(&error))?;
    Ok(Json(Found { passages, by, reranked }))
}

/// The longest path of a document, in characters.
const PATH_CHARS: usize = 4096;

/// Which document to open, and where.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Where {
    /// The path of the document, as a citation or a passage names it.
    #[param(min_length = 1, max_length = 4096, example = "/srv/manuals/boiler.pdf")]
    document: String,
    /// A place in its text, in bytes, such as a citation's `start`.
    #[serde(default)]
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64, default = 0)]
    at: u64,
    /// How many passages before that place to return as well.
    #[serde(default)]
    #[param(minimum = 0, maximum = 100, default = 0)]
    before: usize,
    /// How many passages to return at most, those before it included.
    #[serde(default = "twenty")]
    #[param(minimum = 1, maximum = 200, default = 20)]
    limit: usize,
}

fn twenty() -> usize {
    20
}

impl Validate for Where {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if self.document.is_empty() || self.document.chars().count() > PATH_CHARS {
            let msg = format!("must have 1 to {PATH_CHARS} characters");
            problems.push(FieldError::at("query", "document", "wrong_length", msg));
        }
        let out_of_range = |field, msg| FieldError::at("query", field, "out_of_range", msg);
        if self.at > (1 << 53) - 1 {
            problems.push(out_of_range("at", "must be from 0 to 9007199254740991"));
        }
        if self.before > 100 {
            problems.push(out_of_range("before", "must be from 0 to 100"));
        }
        if !(1..=200).contains(&self.limit) {
            problems.push(out_of_range("limit", "must be from 1 to 200"));
        }
        problems
    }
}

/// Opens a document that the caller may see, so that a citation can be read where it stands.
#[utoipa::path(
    get,
    path = "/api/knowledge/document",
    tag = "node",
    operation_id = "open_document",
    params(Where),
    responses(
        (status = 200, description = "The document's text from that place on, passage by passage", body = Opened),
        Problems,
        BadRequests,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn open(
    _: Caller,
    State(app): State<App>,
    Query(asked): Query<Where>,
) -> Result<Json<Opened>, Failure> {
    let Where { document, at, before, limit } = asked;
    let place = Place { document, at, before, limit };
    let opened = knowledge::open(app.node.searcher.store(), place, &Reader::Everyone).await;
    let opened = opened.map_err(|error| Failure::internal(&error))?.ok_or_else(|| {
        Failure::not_found(
            "no_such_document",
            "there is no such document that you may see; it may have been forgotten",
        )
    })?;
    Ok(Json(opened))
}
