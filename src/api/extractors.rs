//! What handlers ask for: bodies, queries and paths that are checked field by field, and the caller.
//!
//! A handler that takes no [`Caller`] is open to everybody, and its signature says so.

use super::{
    app::App,
    error::{Failure, FieldError},
    exposure,
    exposure::Origin,
    strict,
    tokens::{self, Scope},
};
use crate::conversation::{self, Place, Who};
use crate::foundation::values::{PersonId, time};
use axum::{
    RequestPartsExt,
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, marker::PhantomData, time::Duration};
use tokio_stream::StreamExt;

/// How much of a body that is too long is read before the answer, so that its sender is there to read it.
const DISCARD: usize = 64 << 20;

/// A type whose values know what a schema alone cannot say.
pub(super) trait Validate {
    /// Returns everything that is wrong, each with its place.
    fn problems(&self) -> Vec<FieldError> {
        Vec::new()
    }
}

/// A JSON body, read within the limits and checked; as an answer, JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequest<App> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            return Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "the body must be JSON: send it with `Content-Type: application/json`",
            ));
        }
        let http = &app.node.settings.http;
        let bytes = read(request, http.max_body_bytes, http.request_timeout).await?;
        let strict::ByName(value) = parse::<strict::ByName<T>>(&bytes)?;
        let problems = value.problems();
        if problems.is_empty() { Ok(Self(value)) } else { Err(Failure::fields(problems)) }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let (main, sub) = kind.split_once('/').unwrap_or_default();
    let sub = sub.to_ascii_lowercase();
    main.eq_ignore_ascii_case("application") && (sub == "json" || sub.ends_with("+json"))
}

/// Reads a whole body of at most `limit` bytes that arrives in time.
async fn read(request: Request, limit: usize, patience: Duration) -> Result<Bytes, Failure> {
    let too_long = || {
        Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_long",
            format!(
                "the body is longer than {limit} bytes: send less, or raise http.max_body_bytes"
            ),
        )
    };
    let waits_for_a_go = request.headers().contains_key(header::EXPECT);
    let body = request.into_body();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit && (waits_for_a_go || announced > DISCARD) {
        return Err(too_long());
    }
    let bytes = tokio::time::timeout(patience, collect(body, limit)).await.map_err(|_| {
        Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            format!("the body did not arrive within {patience:?}"),
        )
    })?;
    bytes?.ok_or_else(too_long)
}

/// Collects a body, or returns `None` if it is longer than `limit`, having read it nevertheless.
async fn collect(body: Body, limit: usize) -> Result<Option<Bytes>, Failure> {
    let mut chunks = body.into_data_stream();
    let (mut collected, mut length) = (Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Failure::new(StatusCode::BAD_REQUEST, "body_broken_off", "the body broke off")
        })?;
        length += chunk.len();
        if length > limit.max(DISCARD) {
            break;
        }
        if length > limit {
            collected = Vec::new();
        } else {
            collected.extend_from_slice(&chunk);
        }
    }
    Ok((length <= limit).then(|| Bytes::from(collected)))
}

/// Parses JSON, and says where it is wrong: by position if it is no JSON, by field if it does not fit.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let broken = |detail: String| Failure::new(StatusCode::BAD_REQUEST, "invalid_json", detail);
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = error.valid_up_to();
        return Err(broken(format!("the body is not UTF-8: byte {at} starts no character")));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let (path, error) = (error.path().to_string(), error.into_inner());
        if error.is_data() {
            let (msg, path) = (reason(&error), path.trim_start_matches('.'));
            return Failure::fields(vec![FieldError::in_body(path, kind(&msg), msg)]);
        }
        broken(format!("the body is not JSON: {error}"))
    })?;
    json.end().map_err(|error| broken(format!("the body is not JSON: {error}")))?;
    Ok(value)
}

/// Returns what serde found wrong, without the position, which says little about compact JSON.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn kind(reason: &str) -> &'static str {
    [
        ("missing field", "missing"),
        ("unknown field", "unknown_field"),
        ("unknown variant", "unknown_value"),
        ("duplicate field", "duplicate_field"),
        ("invalid type", "wrong_type"),
        ("must be from", "out_of_range"),
        ("must be at most", "out_of_range"),
    ]
    .into_iter()
    .find_map(|(start, kind)| reason.starts_with(start).then_some(kind))
    .unwrap_or("invalid")
}

/// The query of a request, checked.
#[derive(Debug)]
pub(super) struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let msg = rejection.body_text();
            let msg = msg.strip_prefix("Failed to deserialize query string: ").unwrap_or(&msg);
            let (path, msg) = msg.split_once(": ").unwrap_or(("", msg));
            let named = msg.split('`').nth(1).filter(|_| path.is_empty()).unwrap_or(path);
            Failure::fields(vec![FieldError::at("query", named, kind(msg), msg)])
        })?;
        let problems = query.0.problems();
        if problems.is_empty() { Ok(Self(query.0)) } else { Err(Failure::fields(problems)) }
    }
}

/// The one variable of a path, parsed.
#[derive(Debug)]
pub(super) struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let wrong = |name: &str, msg: String| {
            Failure::fields(vec![FieldError::at("path", name, "invalid", msg)])
        };
        let params = parts.extract::<RawPathParams>().await;
        let params = params.map_err(|_| wrong("", "the path is not UTF-8".to_owned()))?;
        let (name, value) = params.iter().next().unwrap_or_default();
        value.parse().map(Self).map_err(|error: T::Err| wrong(name, error.to_string()))
    }
}

/// What a caller needs to be allowed.
pub(super) trait Needs {
    /// The scope.
    const SCOPE: Scope;
}

/// Any caller who may chat, which on a loopback node is everybody on the machine.
#[derive(Debug)]
pub(super) struct Chat;

impl Needs for Chat {
    const SCOPE: Scope = Scope::Chat;
}

/// A caller who may change the node.
#[derive(Debug)]
pub(super) struct Admin;

impl Needs for Admin {
    const SCOPE: Scope = Scope::Admin;
}

/// Somebody who is allowed to do what the handler does: `S` says which scope that takes.
#[derive(Debug)]
pub(super) struct Caller<S = Chat> {
    /// Who it is.
    pub who: Who,
    /// Whose token it is, if it is somebody's.
    pub person: Option<PersonId>,
    scopes: BTreeSet<Scope>,
    needed: PhantomData<S>,
}

impl<S> Caller<S> {
    /// Returns them as conversations know them.
    pub(super) fn at(&self, from: Place) -> conversation::Caller {
        conversation::Caller { who: self.who.clone(), from, person: self.person }
    }

    /// Whether they may do more than the handler asks for.
    pub(super) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

impl<S: Needs> FromRequestParts<App> for Caller<S> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let (who, person, scopes) = authenticate(parts, app).await?;
        if scopes.contains(&S::SCOPE) {
            return Ok(Self { who, person, scopes, needed: PhantomData });
        }
        // Whoever showed no token can mend that by showing one.
        let (status, code) = match who {
            Who::Anonymous => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Who::Token { .. } => (StatusCode::FORBIDDEN, "missing_scope"),
        };
        Err(Failure::new(
            status,
            code,
            format!(
                "this takes a token with the scope {scope}: ladylinux token create --name NAME --scope {scope}",
                scope = S::SCOPE
            ),
        ))
    }
}

/// Finds out who is calling and what they may do. A wrong token is never better than none.
async fn authenticate(
    parts: &Parts,
    app: &App,
) -> Result<(Who, Option<PersonId>, BTreeSet<Scope>), Failure> {
    let refused = |detail: &str| Failure::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail);
    let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
        let origin = parts.extensions.get::<Origin>();
        if origin.is_some_and(|origin| exposure::needs_no_token(&app.node.settings.http, *origin)) {
            return Ok((Who::Anonymous, None, [Scope::Chat].into()));
        }
        return Err(refused(
            "this node answers to tokens only: `ladylinux token create` makes one, send it as `Authorization: Bearer …`",
        ));
    };
    let bearer = authorization.to_str().ok().and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, bearer)) = bearer else {
        return Err(refused("the Authorization header must be `Bearer` and a token"));
    };
    match tokens::verify(&app.node.store, bearer.trim(), time::now()).await {
        Ok(Some(token)) => {
            Ok((Who::Token { id: token.id, name: token.name }, token.person, token.scopes))
        }
        Ok(None) => Err(refused("the token is unknown, revoked or expired")),
        Err(error) => Err(Failure::internal(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[expect(dead_code, reason = "only its parsing is looked at")]
        cups: Vec<Cup>,
    }

    #[derive(Debug, Deserialize)]
    struct Cup {
        #[expect(dead_code, reason = "only its parsing is looked at")]
        size: u8,
    }

    fn failure(body: &[u8]) -> Failure {
        parse::<Order>(body).unwrap_err()
    }

    #[test]
    fn a_wrong_type_is_found_at_its_place() {
        let wrong = failure(br#"{"cups": [{"size": 1}, {"size": "big"}]}"#);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            wrong.fields[0],
            FieldError::in_body("cups.1.size", "wrong_type", wrong.fields[0].msg.clone())
        );
        assert!(wrong.fields[0].msg.contains("expected u8"), "{wrong:?}");
    }

    #[test]
    fn a_missing_and_an_unknown_field_are_named() {
        assert_eq!(failure(b"{}").fields[0].kind, "missing");
        assert!(failure(b"{}").detail.contains("`cups`"));
        assert_eq!(failure(br#"{"cups": [], "tea": 1}"#).fields[0].kind, "unknown_field");
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_position() {
        for body in [&b""[..], b"{", b"{} x", b"{\"cups\": [1e999]}", b"nul"] {
            let refused = failure(body);
            let position = refused.detail.contains("column") || refused.detail.contains("cups");
            assert!(position, "{refused:?}");
        }
        let refused = failure(b"{\"cups\": \"\xff\"}");
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.detail.contains("byte 10"), "{refused:?}");
    }

    #[test]
    fn deep_nesting_is_refused_and_not_recursed_into() {
        let deep = format!("{{\"cups\": {}", "[".repeat(100_000));
        assert!(parse::<serde_json::Value>(deep.as_bytes()).is_err());
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_read_to_its_end_and_refused() {
        let request = Request::new(Body::from(vec![b' '; 2048]));
        let refused = read(request, 1024, Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_body_within_a_generous_limit_is_read_whole() {
        let block = Bytes::from(vec![b' '; 1 << 20]);
        let blocks = (0..(DISCARD >> 20) + 2).map(move |_| Ok::<_, std::io::Error>(block.clone()));
        let body = Body::from_stream(tokio_stream::iter(blocks));
        let limit = 2 * DISCARD;
        let read = read(Request::new(body), limit, Duration::from_mins(1)).await.unwrap();
        assert_eq!(read.len(), DISCARD + (2 << 20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_refused_in_time() {
        let trickle = Body::from_stream(tokio_stream::pending::<Result<Bytes, std::io::Error>>());
        let refused = read(Request::new(trickle), 1024, Duration::from_secs(30)).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::REQUEST_TIMEOUT);
    }
}
