//! All routes on one page.

use super::{
    app::App,
    completions, conversations, docs, embeddings, first, gate, health, host,
    household::{audit, commands, confirmation, grants, identity, mode, people, profile},
    knowledge, metrics, models, openapi, pages, release, rerank, server, workers,
};
use axum::{
    Router, middleware,
    routing::{delete, get, post},
};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// Makes of one list what is served at once, and what is described when somebody asks.
///
/// A description takes more memory than all else an idle core holds, so it is not made before.
macro_rules! routes {
    ($($method:ident $path:literal => $room:ident::$handler:ident),+ $(,)?) => {
        fn served() -> Router<App> {
            Router::new()$(.route($path, $method($room::$handler)))+
        }

        /// Describes the API, from the handlers.
        pub(super) fn description() -> utoipa::openapi::OpenApi {
            OpenApiRouter::<App>::with_openapi(openapi::Description::openapi())
                $(.routes(utoipa_axum::routes!($room::$handler)))+
                .into_openapi()
        }

        #[cfg(test)]
        const LIST: &[(&str, &str)] = &[$((stringify!($method), $path)),+];
    };
}

routes! {
    post "/api/conversations" => conversations::begin,
    post "/api/conversations/{id}/turns" => conversations::turn,
    delete "/api/conversations/{id}" => conversations::forget,
    get "/api/conversations/{id}/identity" => identity::show,
    post "/api/conversations/{id}/identity" => identity::claim,
    post "/api/conversations/{id}/mode" => mode::say,
    post "/api/conversations/{id}/commands" => commands::ask,
    post "/api/conversations/{id}/confirmation" => confirmation::answer,
    get "/api/conversations/{id}/profile" => profile::show,
    post "/api/conversations/{id}/profile" => profile::change,
    delete "/api/conversations/{id}/profile" => profile::erase,
    get "/api/conversations/{id}/profile/export" => profile::export,
    post "/api/conversations/{id}/delegations" => grants::delegate,
    post "/api/conversations/{id}/consents" => grants::consent,
    post "/api/conversations/{id}/revocations" => grants::revoke,
    get "/api/conversations/{id}/audit" => audit::show,
    get "/api/conversations/{id}/people" => people::list,
    get "/api/commands" => commands::list,
    post "/v1/chat/completions" => completions::create_chat,
    post "/v1/completions" => completions::create_text,
    post "/v1/embeddings" => embeddings::create,
    post "/v1/rerank" => rerank::create,
    get "/v1/models" => models::list,
    get "/v1/models/{model}" => models::retrieve,
    get "/api/models" => models::all,
    get "/api/knowledge/search" => knowledge::search,
    get "/api/knowledge/document" => knowledge::open,
    get "/api/host/{topic}" => host::show,
    get "/api/workers" => workers::list,
    get "/api/release" => release::show,
    post "/api/release/refresh" => release::refresh,
    post "/ask_phi3" => first::ask,
    get "/ask_phi3" => first::ask_whole,
    post "/ask_firewall" => first::ask_firewall,
    post "/disable_service" => first::disable_service,
    get "/openapi.json" => openapi::describe,
    get "/health/live" => health::live,
    get "/health/ready" => health::ready,
    get "/metrics" => metrics::show,
}

/// Returns everything that is served, behind the gate.
pub(super) fn router(app: App) -> Router {
    served()
        .merge(pages::routes())
        .route("/docs", get(docs::folder))
        .route("/docs/", get(docs::page))
        .route("/docs/{asset}", get(docs::asset))
        .fallback(server::nowhere)
        .method_not_allowed_fallback(server::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), gate::gate))
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_described_is_what_is_served() {
        let description = serde_json::to_value(description()).unwrap();
        let described: BTreeSet<(String, String)> = description["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().keys();
                methods.map(|method| (method.clone(), path.clone())).collect::<Vec<_>>()
            })
            .collect();
        let listed = LIST.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
        assert_eq!(described, listed.collect());
    }
}
