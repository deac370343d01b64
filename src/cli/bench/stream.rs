//! `bench stream`: one streamed answer of a running node, and when each token reached this process's socket.
//!
//! The worker stamps `CLOCK_MONOTONIC` when the engine returns a token, and the node puts the stamp into its event when the
//! feature `token-timing` is on. Here the same clock is read as soon as the `read` that completed the event returns.

use super::answer::{Answer, SentEvent};
use crate::{
    cli::{
        exit::{Exit, Outcome},
        out,
    },
    foundation::values::time,
};
use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// A node that says nothing for this long has hung: longer than any stall it tolerates in its worker.
const PATIENCE: Duration = Duration::from_mins(2);

/// Stream one answer of a running node and time each token's way to the socket
#[derive(Debug, Args)]
pub(super) struct StreamRun {
    /// Where the node answers, such as `http://127.0.0.1:8000`
    #[arg(long)]
    url: String,
    /// What to ask; something that goes to the language model
    #[arg(long, default_value = "tell me a story")]
    question: String,
    /// Print JSON with every token's stamps
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    tokens: Vec<Arrival>,
}

/// One token's way: both stamps are `CLOCK_MONOTONIC` in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Arrival {
    engine_ns: u64,
    arrived_ns: u64,
}

impl Arrival {
    fn cost_ns(self) -> u64 {
        self.arrived_ns.saturating_sub(self.engine_ns)
    }
}

impl StreamRun {
    /// Asks, listens to the end, and prints.
    pub(super) fn run(&self) -> Outcome {
        let report = Report { tokens: self.listen()? };
        if self.json {
            out::json(&report)?;
        } else {
            print(&report);
        }
        Ok(Exit::Done)
    }

    fn listen(&self) -> anyhow::Result<Vec<Arrival>> {
        let address = self.url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let address =
            address.with_context(|| format!("--url {} does not begin with http://", self.url))?;
        let mut socket = TcpStream::connect(address)
            .with_context(|| format!("cannot reach {address}: is `ladylinux serve` running?"))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(self.request(address)?.as_bytes())?;

        let mut answer = Answer::default();
        let mut tokens = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        while !answer.has_ended() {
            let count = socket.read(&mut buffer).context("the node stopped answering")?;
            let arrived_ns = time::monotonic_ns();
            if count == 0 {
                bail!("the node closed the connection in mid-answer");
            }
            for event in answer.push(&buffer[..count])? {
                tokens.extend(arrival(&event, arrived_ns)?);
            }
        }
        Ok(tokens)
    }

    fn request(&self, address: &str) -> anyhow::Result<String> {
        let body = serde_json::to_string(&serde_json::json!({ "text": self.question }))?;
        let conversation = uuid::Uuid::new_v4();
        Ok(format!(
            "POST /api/conversations/{conversation}/turns HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Accept: text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

/// Returns a token's stamps, nothing for other events, and an error for an answer that failed.
fn arrival(event: &SentEvent, arrived_ns: u64) -> anyhow::Result<Option<Arrival>> {
    match event.name.as_str() {
        "token" => {
            let data: serde_json::Value =
                serde_json::from_str(&event.data).context("a token event is not JSON")?;
            let engine_ns = data["engine_ns"].as_u64().context(
                "tokens carry no engine_ns: start the node with LADYLINUX_FEATURES=token-timing",
            )?;
            Ok(Some(Arrival { engine_ns, arrived_ns }))
        }
        "error" => bail!("the answer failed: {}", event.data),
        _ => Ok(None),
    }
}

fn print(report: &Report) {
    let mut costs: Vec<u64> = report.tokens.iter().map(|token| token.cost_ns() / 1000).collect();
    costs.sort_unstable();
    let Some(last) = costs.len().checked_sub(1) else {
        out::line("no tokens: the question was answered without the language model");
        return;
    };
    let at = |percent: usize| costs[last * percent / 100];
    out::line(format!(
        "{} tokens; from the engine to the socket: p50 {} µs, p95 {} µs, p99 {} µs",
        costs.len(),
        at(50),
        at(95),
        at(99)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> SentEvent {
        SentEvent { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn a_token_without_a_stamp_names_the_feature_that_adds_it() {
        let error = arrival(&event("token", r#"{"text":"a"}"#), 5).unwrap_err();
        assert!(error.to_string().contains("LADYLINUX_FEATURES=token-timing"), "{error}");
    }

    #[test]
    fn only_tokens_are_timed() {
        let token =
            arrival(&event("token", r#"{"text":"a","engine_ns":2000}"#), 5000).unwrap().unwrap();
        assert_eq!(token.cost_ns(), 3000);
        assert!(arrival(&event("passages", "{}"), 5000).unwrap().is_none());
        assert!(arrival(&event("error", "{}"), 5000).is_err());
    }
}
