//! `/docs`: the description to read and to try out, from assets inside the binary.

use super::error::Failure;
use axum::{
    extract::Path,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use std::sync::{Arc, OnceLock};
use utoipa_swagger_ui::Config;

/// What Swagger UI needs: its own scripts, styles that it writes into the page, and images in data URLs. No `eval`.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Sends a browser to the folder, so that the page finds its assets beside itself.
pub(super) async fn folder() -> Redirect {
    Redirect::permanent("/docs/")
}

/// Serves the page.
pub(super) async fn page() -> Response {
    serve("index.html")
}

/// Serves one of the page's assets.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    serve(&name)
}

fn serve(name: &str) -> Response {
    static CONFIG: OnceLock<Arc<Config<'static>>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        Arc::new(Config::from("/openapi.json").try_it_out_enabled(true).validator_url("none"))
    });
    match utoipa_swagger_ui::serve(name, Arc::clone(config)) {
        Ok(Some(file)) => (headers(&file.content_type), file.bytes.into_owned()).into_response(),
        Ok(None) => {
            Failure::not_found("no_such_path", "the docs have no such asset").into_response()
        }
        Err(error) => {
            tracing::error!(%error, "cannot configure the docs");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn headers(content_type: &str) -> [(HeaderName, HeaderValue); 3] {
    let plain = HeaderValue::from_static("application/octet-stream");
    [
        (header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap_or(plain)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600")),
    ]
}
