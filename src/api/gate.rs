//! What every request passes on its way in and every answer on its way out.
//!
//! One middleware instead of ten: `/v1/models` is asked far more often than it changes, and each layer costs an allocation.

use super::{app::App, error::Failure, exposure, server::Peer};
use crate::foundation::{
    telemetry::metrics,
    values::{RequestId, time},
};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::PoisonError, time::Duration};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers that may take as long as a worker works; the worker's own deadlines end them.
const PATIENT: &[&str] =
    &["/v1/chat/completions", "/v1/embeddings", "/v1/rerank", "/ask_phi3", "/ask_firewall"];

/// Set on every answer that does not say otherwise itself. Pages bring their own content policy.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Set on pages besides: data is never framed, links nowhere and opens nothing.
const PAGE_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Lets a request in, watches over its handler, and finishes its answer.
pub(super) async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = time::instant();
    let id = request_id(&request);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", request.id = %id);
    let (mut response, secure) = match admit(&app, &mut request) {
        Ok(secure) => (answer(&app, request, next, &path).instrument(span.clone()).await, secure),
        Err(refused) => (refused.into_response(), false),
    };
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = failure.render(&path, &id);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    finish(&mut response, &id, secure);
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    span.in_scope(|| log(&method, route, response.status(), started.elapsed()));
    response
}

/// Returns the caller's own id for the request if it can be logged as it is, else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let plain = |id: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=64).contains(&id.len()) && id.bytes().all(plain)
    };
    given.filter(plain).map_or_else(|| RequestId::new().to_string(), str::to_owned)
}

/// Decides whether the request may come in, and remembers where it came from. Returns whether it came by TLS.
fn admit(app: &App, request: &mut Request) -> Result<bool, Failure> {
    let http = &app.node.settings.http;
    let Some(peer) = request.extensions().get::<Peer>().copied() else {
        return Err(Failure::new(StatusCode::FORBIDDEN, "no_peer", "the request has no sender"));
    };
    let origin = exposure::origin(http, peer, request.headers());
    exposure::check_transport(http, peer, request.uri().path())?;
    exposure::check_host(http, request.uri(), request.headers())?;
    exposure::check_same_origin(request.method(), origin, request.headers())?;
    let mut rate = app.rate.lock().unwrap_or_else(PoisonError::into_inner);
    rate.take(origin.client, time::instant()).map_err(|wait| {
        Failure::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            format!(
                "this client started more than {} requests within a minute: wait, or raise http.requests_per_minute",
                http.requests_per_minute
            ),
        )
        .retry_after(wait)
    })?;
    drop(rate);
    request.extensions_mut().insert(origin);
    Ok(origin.secure)
}

/// Runs the handler: a panic is an answer, and so is the end of our patience.
async fn answer(app: &App, request: Request, next: Next, path: &str) -> Response {
    let handler = AssertUnwindSafe(next.run(request)).catch_unwind();
    let patience = app.node.settings.http.request_timeout;
    let answered = if PATIENT.contains(&path) {
        handler.await
    } else {
        // A body may take this long to arrive, and its reader says so better than we do.
        match tokio::time::timeout(patience + Duration::from_secs(5), handler).await {
            Ok(answered) => answered,
            Err(_) => return too_slow(patience).into_response(),
        }
    };
    answered.unwrap_or_else(|_| {
        // The panic hook has logged where and why.
        Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something broke inside the node: its log has the place under this request's id",
        )
        .into_response()
    })
}

fn too_slow(patience: Duration) -> Failure {
    Failure::new(
        StatusCode::GATEWAY_TIMEOUT,
        "too_slow",
        format!("the node found no answer within {patience:?}: try again when it is less busy"),
    )
}

fn finish(response: &mut Response, id: &str, secure: bool) {
    let headers = response.headers_mut();
    for (name, value) in &HEADERS {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    let page = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/html");
    if headers.get(header::CONTENT_TYPE).is_some_and(page) {
        headers.extend(PAGE_HEADERS.map(|(name, value)| (Some(name), value)));
    }
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// Counts the request and writes its line: the route and not the path, for paths and queries are content.
///
/// Reading that went well is only said at `debug`: probes and pages would drown what matters.
fn log(method: &Method, route: &str, status: StatusCode, took: Duration) {
    metrics::http(name(method), route, status.as_u16(), took);
    let reading = matches!(*method, Method::GET | Method::HEAD);
    let (status, duration_ms) = (status.as_u16(), took.as_secs_f64() * 1e3);
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                http.method = %method, http.route = route, http.status = status, duration_ms, "answered"
            )
        };
    }
    match status {
        500.. => answered!(warn),
        ..400 if reading => answered!(debug),
        _ => answered!(info),
    }
}

/// Returns a method's name; a label comes from a closed set, and clients invent methods.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    /// Sends one request from this machine through the gate to a handler that panics, hangs or answers.
    async fn answered(path: &str) -> Response {
        let directory = tempfile::tempdir().unwrap();
        let app = App::for_tests(directory.path(), |_| ());
        let router = Router::new()
            .route("/panics", get(async || -> StatusCode { panic!("the canary died") }))
            .route("/hangs", get(async || std::future::pending::<StatusCode>().await))
            .route("/answers", get(async || [(header::CACHE_CONTROL, "max-age=60")]))
            .layer(middleware::from_fn_with_state(app.clone(), gate))
            .with_state(app);
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
        let peer = Peer { address: ([127, 0, 0, 1], 5000).into(), tls: true, here: true };
        request.extensions_mut().insert(peer);
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_says_nothing_of_it() {
        let response = answered("/panics").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("request_id") && !body.contains("canary"), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_hangs_is_given_up() {
        assert_eq!(answered("/hangs").await.status(), StatusCode::GATEWAY_TIMEOUT);
    }

    #[tokio::test]
    async fn an_answer_keeps_its_own_headers_and_gets_the_rest() {
        let response = answered("/answers").await;
        assert_eq!(response.headers()[header::CACHE_CONTROL], "max-age=60");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(response.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
