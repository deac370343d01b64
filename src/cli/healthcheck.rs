//! `ladylinux healthcheck`: asks the node on this machine how it is, for container engines that have no shell.

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::foundation::settings::Http;
use clap::Args;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// An engine asks every half minute or so; a node that takes longer than this is not well.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long to wait while nobody listens: an engine asks at once when it has started a container, and what was asked too soon would
/// count as failed for half a minute.
const PAUSE: Duration = Duration::from_millis(100);

/// The arguments of `healthcheck`.
#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    /// Ask whether the node is ready, and not only whether it lives
    #[arg(long)]
    ready: bool,
    /// Ask at this port instead of the one in the settings
    #[arg(long)]
    port: Option<u16>,
}

impl Healthcheck {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let port = self.port.map(|port| ("http.port", port.to_string()));
        let settings = common.load(&port.into_iter().collect::<Vec<_>>())?.settings;
        let path = if self.ready { "/health/ready" } else { "/health/live" };
        let url = url(&settings.http, path);
        super::block_on(async {
            let healthy = match ask_patiently(&url).await {
                Ok(status) if status.is_success() => true,
                Ok(status) => {
                    out::note(format!("{url} answered {status}"));
                    false
                }
                Err(error) => {
                    out::error(
                        &anyhow::Error::from(error).context(format!("no answer from {url}")),
                    );
                    false
                }
            };
            Ok(if healthy { Exit::Done } else { Exit::Failed })
        })
    }
}

/// Returns where the node on this machine is found: what listens on all addresses listens on loopback, too.
fn url(http: &Http, path: &str) -> String {
    let ip = match http.address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}{path}", SocketAddr::new(ip, http.address.port()))
}

/// Asks until somebody listens, or patience ends.
async fn ask_patiently(url: &str) -> reqwest::Result<reqwest::StatusCode> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask(url).await {
            Err(error) if error.is_connect() && Instant::now() < deadline => sleep(PAUSE).await,
            answer => return answer,
        }
    }
}

async fn ask(url: &str) -> reqwest::Result<reqwest::StatusCode> {
    // The node may have been here first; both would install the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder()
        // We talk to our own process on our own machine, whose certificate names it by another address.
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(PATIENCE)
        .build()?;
    Ok(client.get(url).send().await?.status())
}
