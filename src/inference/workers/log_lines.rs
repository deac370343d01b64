//! What a worker writes to its standard error, re-emitted in the core's log.
//!
//! Workers never write content there (their panic hook sees to it), native libraries are noisy: lines are cut and counted.

use super::protocol::WorkerKind;
use serde_json::Value;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    time::Instant,
};
use tracing::Level;

/// So many lines per window are passed on; the rest is counted.
const LINES: u32 = 50;

/// The window in which lines are counted.
const WINDOW: Duration = Duration::from_secs(10);

/// A longer line is cut here, in bytes.
const LINE_BYTES: u64 = 4_000;

/// Passes lines on until the stream ends.
pub(super) async fn forward(stream: impl AsyncRead + Unpin, kind: WorkerKind) {
    let mut lines = BufReader::new(stream);
    let mut budget = Budget { ends: Instant::now() + WINDOW, left: LINES, dropped: 0 };
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut lines).take(LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if !text.is_empty() && budget.allows(kind) {
            emit(kind, text);
        }
    }
    budget.report(kind);
}

/// Emits a line: one of the worker's own at its level, and whatever else came as a warning.
fn emit(kind: WorkerKind, line: &str) {
    let Some((level, said)) = parse(line) else {
        tracing::warn!(worker.kind = %kind, "{line}");
        return;
    };
    match level {
        Level::ERROR => tracing::error!(worker.kind = %kind, "{said}"),
        Level::WARN => tracing::warn!(worker.kind = %kind, "{said}"),
        Level::INFO => tracing::info!(worker.kind = %kind, "{said}"),
        _ => tracing::debug!(worker.kind = %kind, "{said}"),
    }
}

/// Reads one event of a worker's log: its level, and its message followed by its fields.
fn parse(line: &str) -> Option<(Level, String)> {
    let event: serde_json::Map<String, Value> = serde_json::from_str(line).ok()?;
    let level = event.get("level")?.as_str()?.parse().ok()?;
    let mut said = event.get("message")?.as_str()?.to_owned();
    for (name, value) in &event {
        if !["timestamp", "level", "target", "message"].contains(&name.as_str()) {
            said.extend([" ", name, "=", &value.to_string()]);
        }
    }
    Some((level, said))
}

struct Budget {
    ends: Instant,
    left: u32,
    dropped: u32,
}

impl Budget {
    fn allows(&mut self, kind: WorkerKind) -> bool {
        let now = Instant::now();
        if now >= self.ends {
            self.report(kind);
            *self = Self { ends: now + WINDOW, left: LINES, dropped: 0 };
        }
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        self.dropped += u32::from(!allowed);
        allowed
    }

    fn report(&self, kind: WorkerKind) {
        if self.dropped > 0 {
            tracing::warn!(worker.kind = %kind, lines = self.dropped, "a worker wrote too many lines");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_noisy_worker_is_cut_off_and_heard_again_in_the_next_window() {
        let mut budget = Budget { ends: Instant::now() + WINDOW, left: LINES, dropped: 0 };
        let heard = (0..LINES * 3).filter(|_| budget.allows(WorkerKind::Llm)).count();
        assert_eq!(heard, LINES as usize);
        assert_eq!(budget.dropped, LINES * 2);
        tokio::time::advance(WINDOW).await;
        assert!(budget.allows(WorkerKind::Llm));
        assert_eq!(budget.dropped, 0);
    }

    #[test]
    fn a_workers_own_line_keeps_its_level_and_its_fields() {
        let line =
            r#"{"timestamp":"t","level":"ERROR","message":"it broke","code":7,"target":"x"}"#;
        assert_eq!(parse(line), Some((Level::ERROR, "it broke code=7".to_owned())));
        for other in
            ["", "{}", "[1]", "2026 native library says", r#"{"level":"LOUD","message":"x"}"#]
        {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn endless_lines_and_bytes_that_are_no_text_are_survived() {
        let noise = [vec![0xff; 10_000], b"\nERROR last words".to_vec()].concat();
        forward(&noise[..], WorkerKind::Llm).await;
    }
}
