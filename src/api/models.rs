//! Models: what is installed and what is missing, and the list that OpenAI clients ask for.

use super::{
    app::App,
    error::Failure,
    extractors::{Caller, Json, Path},
    openapi::{BadRequests, OpenAiErrors, Problems},
};
use crate::foundation::{settings::Paths, values::time};
use crate::inference::{
    models::{self, Listed, State as Installed, Task},
    workers::{LoadedModel, WorkerStatus, Workers},
};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::IntoResponse,
};
use serde::Serialize;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, UNIX_EPOCH},
};

/// Names whichever model is loaded.
pub(super) const ANY_MODEL: &str = "default";

/// How old a list may be. Reading the manifest and looking at a dozen folders takes a millisecond; being asked 50,000
/// times a second is no reason to do it each time.
const FRESH: Duration = Duration::from_secs(2);

/// The lists of models as they were a moment ago.
#[derive(Debug)]
pub(super) struct Listings {
    paths: Paths,
    workers: Workers,
    last: Mutex<Option<(Instant, Arc<Listing>)>>,
}

/// One look at the models directory.
#[derive(Debug)]
pub(super) struct Listing {
    /// Everything in the manifest and the models directory.
    pub all: Vec<Listed>,
    /// The language, embedding and reranking models that are installed.
    pub models: Vec<OpenAiModel>,
    /// The answer of `/v1/models`, ready to send.
    json: Bytes,
}

impl Listings {
    pub(super) fn new(paths: Paths, workers: Workers) -> Self {
        Self { paths, workers, last: Mutex::new(None) }
    }

    /// Returns the models, looking again if the last look was too long ago.
    pub(super) async fn get(&self) -> Result<Arc<Listing>, Failure> {
        let now = time::instant();
        if let Some((at, listing)) = &*self.last.lock().unwrap_or_else(PoisonError::into_inner)
            && now.saturating_duration_since(*at) < FRESH
        {
            return Ok(Arc::clone(listing));
        }
        let paths = self.paths.clone();
        let workers = self.workers.statuses();
        let looked = tokio::task::spawn_blocking(move || look(&paths, &workers)).await;
        let listing = Arc::new(looked.map_err(|error| Failure::internal(&error))??);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((now, Arc::clone(&listing)));
        Ok(listing)
    }
}

fn look(paths: &Paths, workers: &[WorkerStatus]) -> Result<Listing, Failure> {
    let all = models::list(paths).map_err(|error| {
        Failure::new(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            "manifest_unusable",
            format!("the list of models cannot be read: {error}"),
        )
    })?;
    let served = |model: &&Listed| matches!(model.task, Task::Llm | Task::Embed | Task::Rerank);
    let installed = all.iter().filter(served).filter(|model| model.state == Installed::Present);
    let models: Vec<_> = installed.map(|model| OpenAiModel::of(model, workers)).collect();
    let json = serde_json::to_vec(&OpenAiModels { object: "list", data: models.clone() });
    let json = Bytes::from(json.map_err(|error| Failure::internal(&error))?);
    Ok(Listing { all, models, json })
}

/// A model, as OpenAI clients know it; with what they do not know of, and need all the same.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OpenAiModel {
    /// Its manifest id, or its folder below the models directory.
    pub id: String,
    /// Always `model`.
    object: &'static str,
    /// When its folder last changed, in seconds since the Unix epoch.
    created: u64,
    /// Always `ladylinux`.
    owned_by: &'static str,
    /// What it is for: `llm` for chat completions, `embed` for embeddings, `rerank` for reranking.
    pub task: Task,
    /// Whether a worker has loaded it; only a loaded model answers.
    loaded: bool,
    /// How many tokens it takes here, prompt and answer together; none until it is loaded.
    context_length: Option<usize>,
    /// How many numbers its vectors have, if it makes vectors; none until it is loaded.
    dimensions: Option<usize>,
}

impl OpenAiModel {
    fn of(model: &Listed, workers: &[WorkerStatus]) -> Self {
        let loaded: Option<&LoadedModel> = workers
            .iter()
            .filter(|worker| worker.kind.name() == model.task.to_string())
            .find_map(|worker| worker.model.as_ref().filter(|loaded| loaded.id == model.id));
        let changed = std::fs::metadata(&model.directory).and_then(|folder| folder.modified());
        let created = changed.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Self {
            id: model.id.clone(),
            object: "model",
            created: created.map_or(0, |since| since.as_secs()),
            owned_by: "ladylinux",
            task: model.task,
            loaded: loaded.is_some(),
            context_length: loaded.map(|loaded| loaded.context_tokens),
            dimensions: loaded.and_then(|loaded| loaded.dimensions),
        }
    }
}

/// The language, embedding and reranking models that are installed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OpenAiModels {
    /// Always `list`.
    object: &'static str,
    /// The models.
    data: Vec<OpenAiModel>,
}

/// Every model that the node knows of.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Models {
    /// Those of the manifest first, then folders of no entry.
    models: Vec<Listed>,
}

/// Lists the language, embedding and reranking models that are installed.
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "openai",
    operation_id = "list_models",
    responses((status = 200, description = "The installed models", body = OpenAiModels), OpenAiErrors),
    security((), ("token" = [])),
)]
pub(super) async fn list(
    _: Caller,
    State(app): State<App>,
) -> Result<([(HeaderName, HeaderValue); 1], Bytes), Failure> {
    let listing = app.listings.get().await?;
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((json, listing.json.clone()))
}

/// Returns one installed language, embedding or reranking model.
#[utoipa::path(
    get,
    path = "/v1/models/{model}",
    tag = "openai",
    operation_id = "retrieve_model",
    params(("model" = String, Path, description = "Its id in the list")),
    responses((status = 200, description = "The model", body = OpenAiModel), OpenAiErrors),
    security((), ("token" = [])),
)]
pub(super) async fn retrieve(
    _: Caller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<OpenAiModel>, Failure> {
    let listing = app.listings.get().await?;
    let model = listing.models.iter().find(|model| model.id == id);
    model.cloned().map(Json).ok_or_else(|| unknown(&listing, None))
}

/// Returns the id of the loaded model for `task` that answers to `name`.
pub(super) async fn loaded(
    app: &App,
    name: &str,
    task: Task,
    status: WorkerStatus,
) -> Result<String, Failure> {
    let loaded = status.model.map(|model| model.id);
    if let Some(loaded) = &loaded
        && (name == ANY_MODEL || name == loaded)
    {
        return Ok(loaded.clone());
    }
    let listing = app.listings.get().await?;
    let installed = listing.models.iter().any(|model| model.task == task && model.id == name);
    match (loaded, status.issue) {
        (None, Some(issue)) => Err(Failure::unready(&issue)),
        (None, None) if installed || name == ANY_MODEL => Ok(name.to_owned()),
        (Some(loaded), _) if installed => Err(Failure::not_found(
            "model_not_loaded",
            format!(
                "that model is installed, but the node has loaded {loaded}: ask for it or for {ANY_MODEL}, or set \
                 {task}.model"
            ),
        )),
        _ => Err(unknown(&listing, Some(task))),
    }
}

/// Fails because no installed model (for a task) has the name that was asked for.
fn unknown(listing: &Listing, task: Option<Task>) -> Failure {
    let of_task = listing.models.iter().filter(|model| task.is_none_or(|task| model.task == task));
    let installed: Vec<_> = of_task.map(|model| model.id.as_str()).collect();
    let kind = match task {
        Some(Task::Embed) => "embedding model",
        Some(Task::Rerank) => "reranking model",
        Some(Task::Llm) => "language model",
        Some(_) | None => "model",
    };
    let installed = match installed.as_slice() {
        [] => "none is".to_owned(),
        ids => format!("these are: {}", ids.join(", ")),
    };
    Failure::not_found(
        "model_not_found",
        format!("no {kind} of that name is installed; {installed}"),
    )
}

/// Lists every model of the manifest and the models directory, and what is there of it.
#[utoipa::path(
    get,
    path = "/api/models",
    tag = "node",
    operation_id = "models",
    responses((status = 200, description = "Every known model", body = Models), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(super) async fn all(_: Caller, State(app): State<App>) -> Result<impl IntoResponse, Failure> {
    Ok(Json(Models { models: app.listings.get().await?.all.clone() }))
}
