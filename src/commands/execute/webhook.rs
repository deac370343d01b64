//! An executor elsewhere, by HTTP: one POST with the action, and what its status says.
//!
//! The command's id is the idempotency key, so that a program behind a proxy that repeats requests acts once. Nobody is followed
//! elsewhere, and nothing is asked again.

use super::{
    Order, Outcome,
    net::{self, Unusable},
};
use crate::foundation::{settings, values::Redacted};
use reqwest::{Client, Response, redirect::Policy};
use std::{path::Path, time::Duration};

/// How long a connection may take; what was not connected was not told anything.
const CONNECTING: Duration = Duration::from_secs(5);

/// How much of an answer is read to its end; nothing of it is kept.
const LONGEST_ANSWER: usize = 64 << 10;

/// Another program that carries out commands.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    client: Client,
    url: String,
    secret: Option<Redacted<String>>,
}

impl Webhook {
    pub(super) fn new(settings: &settings::Webhook, ca: Option<&Path>) -> Result<Self, Unusable> {
        let client = Client::builder()
            .tls_backend_preconfigured(net::tls(ca)?.as_ref().clone())
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECTING)
            // A connection that was kept may be dead, and then nobody knows whether it was told.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .user_agent(concat!("ladylinux/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Unusable::Tls(error.to_string()))?;
        let secret = settings.secret_file.as_deref();
        let secret =
            secret.map(|path| net::secret("commands.webhook_secret_file", path)).transpose()?;
        Ok(Self { client, url: settings.url.clone(), secret })
    }

    pub(super) async fn carry_out(&self, order: Order) -> Outcome {
        let mut request = self
            .client
            .post(&self.url)
            .header("Idempotency-Key", order.id().to_string())
            .json(&order.message());
        if let Some(secret) = &self.secret {
            request = request.bearer_auth(secret.expose());
        }
        match request.send().await {
            Ok(answer) => said(answer).await,
            // Nobody was told anything.
            Err(error) if error.is_connect() || error.is_builder() => {
                Outcome::Failed("unreachable")
            }
            Err(_) => Outcome::Unknown("connection_lost"),
        }
    }
}

async fn said(mut answer: Response) -> Outcome {
    let status = answer.status();
    if status.is_redirection() {
        return Outcome::Failed("redirected");
    }
    if matches!(status.as_u16(), 401 | 403) {
        return Outcome::Failed("not_authorized");
    }
    if !status.is_success() {
        return Outcome::Failed("refused_by_executor");
    }
    let mut read = 0;
    while read < LONGEST_ANSWER {
        match answer.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) => return Outcome::Done,
            Err(_) => return Outcome::Unknown("half_an_answer"),
        }
    }
    Outcome::Done
}
