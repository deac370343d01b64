//! What a worker writes to its standard error, re-emitted in the core's log.
//!
//! Workers never write content there (their panic hook sees to it), native libraries are noisy: lines are cut and counted.

use super::protocol::WorkerKind;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    time::Instant,
};

/// So many lines per window are passed on; the rest is counted.
const LINES: u32 = 50;

/// The window in which lines are counted.
const WINDOW: Duration = Duration::from_secs(10);

/// A longer line is cut here, in bytes.
const LINE_BYTES: u64 = 1_000;

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

/// Emits a line at the level that it begins with.
fn emit(kind: WorkerKind, line: &str) {
    let (level, rest) = line.trim_start().split_once(' ').unwrap_or(("", line));
    match level {
        "ERROR" => tracing::error!(worker.kind = %kind, "{}", rest.trim_start()),
        "WARN" => tracing::warn!(worker.kind = %kind, "{}", rest.trim_start()),
        "INFO" => tracing::info!(worker.kind = %kind, "{}", rest.trim_start()),
        "DEBUG" | "TRACE" => tracing::debug!(worker.kind = %kind, "{}", rest.trim_start()),
        _ => tracing::warn!(worker.kind = %kind, "{line}"),
    }
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

    #[tokio::test]
    async fn endless_lines_and_bytes_that_are_no_text_are_survived() {
        let noise = [vec![0xff; 10_000], b"\nERROR last words".to_vec()].concat();
        forward(&noise[..], WorkerKind::Llm).await;
    }
}
