//! Talks to a running node over HTTP, as any other client does.

mod events;

pub(super) use events::SentEvent;

use super::{Common, exit};
use crate::foundation::settings::{self, Http};
use crate::foundation::values::Redacted;
use anyhow::{Context, anyhow};
use clap::Args;
use events::Events;
use reqwest::{Certificate, RequestBuilder, Response, StatusCode, Url};
use serde_json::{Value, json};
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// How long a node on this machine may take to take a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a node may be silent: it queues, loads and reads for minutes, and then something is wrong.
const SILENCE: Duration = Duration::from_mins(10);

/// Which node to talk to, and how to be let in.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// The node's address, such as `https://box.lan:8000`; by default where this machine's settings say it listens
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A token for the node, from `ladylinux token create`; `LADYLINUX_TOKEN` keeps it out of the process list
    #[arg(long, value_name = "TOKEN")]
    token: Option<Redacted<String>>,
    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A connection to a node.
#[derive(Debug)]
pub(super) struct NodeClient {
    http: reqwest::Client,
    url: Url,
    token: Option<Redacted<String>>,
}

/// An answer that streams in.
#[derive(Debug)]
pub(super) struct Answering {
    response: Response,
    events: Events,
    waiting: std::collections::VecDeque<SentEvent>,
}

impl Target {
    /// Connects, which sends nothing yet.
    pub(super) fn client(&self, common: &Common) -> anyhow::Result<NodeClient> {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => address(&common.load(&[])?.settings.http),
        };
        let url = Url::parse(&url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                exit::refused(format!("--url {url}: write it like http://127.0.0.1:8000"))
            })?;
        let token = self
            .token
            .clone()
            .or_else(|| settings::environment().remove("LADYLINUX_TOKEN").map(Redacted))
            .filter(|token| !token.expose().is_empty());
        Ok(NodeClient { http: self.http(&url)?, url, token })
    }

    fn http(&self, url: &Url) -> anyhow::Result<reqwest::Client> {
        // Whoever installed one before did it for the same reason.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = reqwest::Client::builder()
            // A proxy of the environment is for the internet; the node is here or in the local network.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE)
            .user_agent(concat!("ladylinux/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &self.ca {
            let cannot = || format!("--ca {}: cannot read certificates", path.display());
            let pem = fs::read(path).with_context(cannot)?;
            let certificates = Certificate::from_pem_bundle(&pem).with_context(cannot)?;
            builder = builder.tls_certs_only(certificates);
        } else if url.scheme() == "http" {
            // The system's certificates are not needed, and a small image may have none.
            builder = builder.tls_certs_only([]);
        }
        builder.build().context("cannot prepare HTTP")
    }
}

/// Returns where a node with these settings is reached from its own machine.
fn address(http: &Http) -> String {
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    let here: IpAddr = match http.address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(here, http.address.port()))
}

impl NodeClient {
    /// Begins a conversation and returns its id.
    pub(super) async fn begin(&self) -> anyhow::Result<String> {
        let response = self.send(self.http.post(self.at("/api/conversations")?)).await?;
        let begun: Value = response.json().await.context("the node's answer is no JSON")?;
        let id = begun["id"].as_str().context("the node's answer has no conversation id")?;
        Ok(id.to_owned())
    }

    /// Returns what the node says about its workers.
    pub(super) async fn workers(&self) -> anyhow::Result<Value> {
        let response = self.send(self.http.get(self.at("/api/workers")?)).await?;
        response.json().await.context("the node's answer is no JSON")
    }

    /// Forgets a conversation; that it is gone already is as good.
    pub(super) async fn forget(&self, conversation: &str) -> anyhow::Result<()> {
        let url = self.at(&format!("/api/conversations/{conversation}"))?;
        let sent = self.authorized(self.http.delete(url)).send().await;
        let response = sent.map_err(|error| self.unreachable(error))?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(()),
            status if status.is_success() => Ok(()),
            _ => Err(refusal(response).await),
        }
    }

    /// Asks, and returns the answer as it streams in; dropping it stops the node's work.
    pub(super) async fn ask(&self, conversation: &str, text: &str) -> anyhow::Result<Answering> {
        let url = self.at(&format!("/api/conversations/{conversation}/turns"))?;
        let request = self
            .http
            .post(url)
            .header("accept", "text/event-stream")
            .json(&json!({ "text": text }));
        let response = self.send(request).await?;
        Ok(Answering { response, events: Events::default(), waiting: [].into() })
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let sent = self.authorized(request).send().await;
        let response = sent.map_err(|error| self.unreachable(error))?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }

    fn at(&self, path: &str) -> anyhow::Result<Url> {
        self.url.join(path).with_context(|| format!("{}{path} is no address", self.url))
    }

    /// Says that no node answers, and how to start one.
    fn unreachable(&self, error: reqwest::Error) -> anyhow::Error {
        let url = self.url.as_str().trim_end_matches('/');
        if error.is_connect() && is_refused(&error) {
            return exit::not_ready(format!(
                "no node answers at {url}: start one with `ladylinux serve` (from a clone: scripts/run), or name another with --url"
            ));
        }
        let hint = hint(&error);
        anyhow!(error.without_url()).context(format!("cannot talk to the node at {url}{hint}"))
    }
}

/// Says what to try when somebody answers and is not understood.
fn hint(error: &reqwest::Error) -> &'static str {
    let causes =
        std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let causes: String = causes.map(ToString::to_string).collect();
    if causes.contains("peer certificate") {
        ": trust its certificate with --ca FILE, and name the node with --url as the certificate does"
    } else if causes.contains("invalid HTTP version") {
        ": it may speak TLS, so try https:// in --url"
    } else {
        ""
    }
}

/// Tells whether nobody listens there, as opposed to somebody who is not understood (a certificate, a protocol).
fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && matches!(
                io.kind(),
                std::io::ErrorKind::ConnectionRefused
                    | std::io::ErrorKind::HostUnreachable
                    | std::io::ErrorKind::NetworkUnreachable
                    | std::io::ErrorKind::TimedOut
            )
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Reads the node's own words for why it says no.
async fn refusal(response: Response) -> anyhow::Error {
    let status = response.status();
    let retry_after = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok())
        .map(|seconds| format!(" (try again in {seconds} s)"))
        .unwrap_or_default();
    let problem: Value = response.json().await.unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("it gave no reason");
    let detail = super::telling::printable(detail);
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => exit::refused(format!(
            "the node does not let this in: {detail}; give a token with LADYLINUX_TOKEN or --token"
        )),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => exit::refused(detail),
        _ => anyhow!("the node answered {status}: {detail}{retry_after}"),
    }
}

impl Answering {
    /// Waits for the next event; none once the stream has ended.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<SentEvent>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            let chunk = self.response.chunk().await.map_err(|error| {
                anyhow!(error.without_url())
                    .context("the answer broke off: the node may have stopped")
            })?;
            let Some(bytes) = chunk else { return Ok(None) };
            self.waiting.extend(self.events.push(&bytes)?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::settings::Settings;
    use std::path::Path;

    #[test]
    fn a_node_that_binds_every_address_is_reached_on_this_machine() {
        let mut http = Settings::for_tests(Path::new("/nowhere")).http;
        http.address = "0.0.0.0:8000".parse().unwrap();
        assert_eq!(address(&http), "http://127.0.0.1:8000");
        http.address = "[::]:8000".parse().unwrap();
        assert_eq!(address(&http), "http://[::1]:8000");
    }
}
