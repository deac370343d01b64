//! All routes on one page.

use super::{
    app::App, chat_completions, conversations, docs, gate, health, host, knowledge, metrics,
    models, openapi, pages, release, server, workers,
};
use axum::{Router, middleware, routing::get};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Returns every route that the description lists.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(conversations::begin))
        .routes(routes!(conversations::turn))
        .routes(routes!(conversations::forget))
        .routes(routes!(chat_completions::create))
        .routes(routes!(models::list))
        .routes(routes!(models::retrieve))
        .routes(routes!(models::all))
        .routes(routes!(knowledge::search))
        .routes(routes!(host::show))
        .routes(routes!(workers::list))
        .routes(routes!(release::show))
        .routes(routes!(openapi::describe))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::show))
}

/// Returns everything that is served, behind the gate.
pub(super) fn router(app: App) -> Router {
    Router::from(routes())
        .merge(pages::routes())
        .route("/docs", get(docs::folder))
        .route("/docs/", get(docs::page))
        .route("/docs/{asset}", get(docs::asset))
        .fallback(server::nowhere)
        .method_not_allowed_fallback(server::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), gate::gate))
        .with_state(app)
}
