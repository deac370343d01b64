//! Search in what the node has learned.

use super::{
    app::App,
    error::{Failure, FieldError},
    extractors::{Caller, Json, Query, Validate},
    openapi::{BadRequests, Problems},
    strict::is_blank,
};
use crate::knowledge::{self, Halves, Passage, Reader};
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
