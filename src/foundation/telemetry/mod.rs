//! Logs and metrics; neither ever carries speech, prompts, documents or secrets.
//!
//! Every log line is one event, with a readable message and dotted fields:
//!
//! | field | what it is |
//! |---|---|
//! | `request.id` | the identifier of one request, from the socket to the last line; also in the `x-request-id` header |
//! | `conversation.id`, `turn.id` | where the request belongs |
//! | `worker.kind`, `worker.pid` | the worker that is spoken of |
//! | `model.id` | the model that is spoken of |
//! | `duration_ms` | how long it took |
//! | `error` | what went wrong, as a chain of causes |
//!
//! A span that carries `request.id` is opened once, at the edge; everything logged inside it has the field.
//!
//! Metrics are recorded by the functions in [`metrics`], one for each, and by nothing else.

mod logs;
pub mod metrics;

pub use logs::init_logs;
pub use metrics::{MetricsHandle, install};
