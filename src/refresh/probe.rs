//! One question through the published port: which release answers, and is it ready?

use super::{contract::Health, stack::Publish};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// A release that takes longer than this for a probe is not well.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Somebody answered in the way of a release.
    Told(Health),
    /// Nobody did, for this reason.
    None(String),
}

/// Asks through the published port.
#[derive(Debug)]
pub struct Prober {
    client: reqwest::Client,
    url: String,
}

impl Prober {
    /// Prepares to ask.
    pub fn new(publish: &Publish) -> anyhow::Result<Self> {
        // Whoever was first installed the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            // We ask our own machine, whose certificate names it by another address; the digest is what is checked.
            .tls_danger_accept_invalid_certs(true)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()?;
        let ip = match publish.address {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let scheme = if publish.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}/health/ready", SocketAddr::new(ip, publish.port));
        Ok(Self { client, url })
    }

    /// Asks once.
    pub async fn ask(&self) -> Answer {
        self.ask_within(PATIENCE).await
    }

    /// Asks once, and waits no longer than this for the answer.
    pub async fn ask_within(&self, patience: Duration) -> Answer {
        let none = |error: reqwest::Error| {
            let mut reason = format!("no answer from {}", self.url);
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = cause {
                cause = error.source();
                if cause.is_none() {
                    reason = format!("{reason}: {error}");
                }
            }
            Answer::None(reason)
        };
        let answer = match self.client.get(&self.url).timeout(patience).send().await {
            Ok(answer) => answer,
            Err(error) => return none(error),
        };
        let status = answer.status();
        match answer.json().await {
            Ok(health) => Answer::Told(health),
            Err(_) => {
                Answer::None(format!("{} answered {status}, and not as a release does", self.url))
            }
        }
    }
}
