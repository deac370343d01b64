//! Logs: to standard error, one event a line, for people on a terminal and for machines elsewhere.
//!
//! The journal reads standard error, so nothing here knows about journald; the JSON form has no colours and one object
//! a line, which it keeps as it is.

use crate::foundation::settings::{LogFormat, Telemetry};
use std::io::{self, IsTerminal};
use tracing_subscriber::{
    EnvFilter, fmt,
    fmt::MakeWriter,
    layer::{Layer, SubscriberExt},
    registry::Registry,
    util::SubscriberInitExt,
};

/// Starts the logs of this process. A second call changes nothing, so that tests may call it too.
pub fn init_logs(settings: &Telemetry) {
    let subscriber = tracing_subscriber::registry().with(layer(settings, io::stderr));
    // The only failure is that logs were started before.
    drop(subscriber.try_init());
}

/// Builds the one layer of the logs.
fn layer<W>(settings: &Telemetry, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The filter was checked when the settings were validated.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = io::stderr().is_terminal();
    let human = match settings.log_format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    if human {
        fmt::layer()
            .with_writer(writer)
            .with_ansi(terminal)
            .with_target(false)
            .with_filter(filter)
            .boxed()
    } else {
        fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(writer)
            .with_filter(filter)
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::values::Redacted;
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(log: &str, log_format: LogFormat, say: impl FnOnce()) -> String {
        let written = Written::default();
        let settings = Telemetry { log: log.to_owned(), log_format };
        let writer = written.clone();
        let subscriber =
            tracing_subscriber::registry().with(layer(&settings, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, say);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    // VOX-73, LL-DEP-40
    #[test]
    fn json_is_one_object_a_line_with_the_requests_id() {
        let lines = logged("info", LogFormat::Json, || {
            let _request = tracing::info_span!("request", request.id = "r-1").entered();
            tracing::info!(worker.kind = "llm", duration_ms = 12, "the worker is ready");
        });
        assert_eq!(lines.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
        assert_eq!(line["message"], "the worker is ready");
        assert_eq!(line["worker.kind"], "llm");
        assert_eq!(line["span"]["request.id"], "r-1");
    }

    // VOX-77, VOX-78
    #[test]
    fn content_that_is_redacted_stays_out_of_every_level_and_form() {
        for format in [LogFormat::Json, LogFormat::Human] {
            let lines = logged("trace", format, || {
                let prompt = Redacted("the canary sings at dawn");
                tracing::error!(?prompt, "a careless line");
            });
            assert!(lines.contains("24 bytes redacted"), "{lines}");
            assert!(!lines.contains("canary"), "{lines}");
        }
    }

    #[test]
    fn the_filter_holds_back_what_it_names() {
        let lines = logged("warn,ladylinux=debug", LogFormat::Human, || {
            tracing::info!(target: "elsewhere", "not this");
            tracing::debug!(target: "ladylinux::api", "but this");
        });
        assert!(lines.contains("but this") && !lines.contains("not this"), "{lines}");
    }
}
