//! Answers that stream: server-sent events that nothing on the way holds back.

use axum::{
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::Stream;
use std::{convert::Infallible, time::Duration};

/// How often a silent stream shows that it lives; proxies drop connections that are silent for half a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Sends events as they come. The client that closes the connection drops the stream, and with it the work behind it.
pub(super) fn answer(
    events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> impl IntoResponse {
    // nginx collects answers unless it is told that this one is read as it comes.
    let unbuffered =
        [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    (unbuffered, Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
