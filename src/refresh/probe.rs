//! One question through the published port: which release answers, and is it ready?

use super::{contract::Health, stack::Publish};
use futures_util::StreamExt;
use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// A release that takes longer than this for a probe is not well.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// How long a connection may take. While a container is replaced, what is sent to its port is lost, and a system that waits
/// for an answer sends it again only after a second: asking anew is quicker.
const CONNECTION: Duration = Duration::from_millis(250);

/// The longest answer that is read.
const LONGEST: usize = 1 << 20;

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
            // None is trusted more than another, and to read all that are known takes memory.
            .tls_certs_only([])
            .no_proxy()
            // Whoever sends us elsewhere is no release.
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECTION)
            .build()?;
        let scheme = if publish.tls { "https" } else { "http" };
        Ok(Self { client, url: format!("{scheme}://{}/health/ready", asked(publish)) })
    }

    /// Asks once.
    pub async fn ask(&self) -> Answer {
        self.ask_within(PATIENCE).await
    }

    /// Asks once, and waits no longer than this for the answer.
    pub async fn ask_within(&self, patience: Duration) -> Answer {
        match self.try_to_ask(patience).await {
            Ok(Ok(health)) => Answer::Told(health),
            Ok(Err(other)) => Answer::None(format!("{} answered {other}", self.url)),
            Err(error) => Answer::None(format!("no answer from {}: {}", self.url, root(&error))),
        }
    }

    /// Returns what was told, or what else was answered.
    async fn try_to_ask(&self, patience: Duration) -> reqwest::Result<Result<Health, String>> {
        let answer = self.client.get(&self.url).timeout(patience).send().await?;
        let status = answer.status();
        let mut pieces = answer.bytes_stream();
        let mut body = Vec::new();
        while let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece?);
            if body.len() > LONGEST {
                return Ok(Err(format!("{status}, and does not come to an end")));
            }
        }
        Ok(serde_json::from_slice(&body)
            .map_err(|_| format!("{status}, and not as a release does")))
    }
}

/// Returns where to ask: what is published everywhere is published here, too.
fn asked(publish: &Publish) -> SocketAddr {
    let ip = match publish.address {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, publish.port)
}

/// Returns what is behind an error: the rest says only that there is something.
fn root(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    fn publish(address: &str, port: u16) -> Publish {
        let address = address.parse().unwrap();
        Publish { address, port, container_port: 8000, tls: false, proxy: false }
    }

    /// Answers one question with this.
    async fn answered(with: Vec<u8>) -> Answer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let prober = Prober::new(&publish("127.0.0.1", listener.local_addr().unwrap().port()));
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 1024];
            let length = stream.read(&mut question).await.unwrap();
            // Whoever asks may have had enough before everything is written.
            drop(stream.write_all(&with).await);
            String::from_utf8_lossy(&question[..length]).into_owned()
        });
        let answer = prober.unwrap().ask().await;
        let question = server.await.unwrap();
        assert!(question.starts_with("GET /health/ready HTTP/1.1\r\n"), "{question}");
        answer
    }

    fn http(status: &str, body: &str) -> Vec<u8> {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .into_bytes()
    }

    // LL-REF-36: a release that is not ready tells so with 503, and still tells who it is.
    #[tokio::test]
    async fn a_release_is_told_by_what_it_says_and_not_by_the_status() {
        let body = r#"{"ready": false, "release": {"version": "1.0.0", "digest": "sha256:ab"}, "more": 1}"#;
        for status in ["200 OK", "503 Service Unavailable"] {
            let Answer::Told(health) = answered(http(status, body)).await else { panic!() };
            assert_eq!(
                (health.ready, health.release.digest.as_deref()),
                (false, Some("sha256:ab"))
            );
        }
    }

    #[tokio::test]
    async fn anything_else_is_no_answer() {
        let elsewhere =
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let mut endless = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n".to_vec();
        endless.resize(2 * LONGEST, b' ');
        for (with, word) in [
            (http("200 OK", "<html>"), "not as a release does"),
            (http("404 Not Found", r#"{"detail": "no such page"}"#), "404"),
            (elsewhere.to_vec(), "302"),
            (endless, "does not come to an end"),
            (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "no answer from"),
            (Vec::new(), "no answer from"),
        ] {
            let Answer::None(reason) = answered(with).await else { panic!("{word}") };
            assert!(reason.contains(word), "{reason}");
        }
    }

    #[tokio::test]
    async fn a_port_that_nobody_listens_on_is_no_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let Answer::None(reason) = Prober::new(&publish("127.0.0.1", port)).unwrap().ask().await
        else {
            panic!()
        };
        assert!(reason.contains("refused"), "{reason}");
    }

    #[test]
    fn what_is_published_everywhere_is_asked_here() {
        for (address, wanted) in [
            ("127.0.0.1", "127.0.0.1:80"),
            ("192.168.1.7", "192.168.1.7:80"),
            ("0.0.0.0", "127.0.0.1:80"),
            ("::", "[::1]:80"),
        ] {
            assert_eq!(asked(&publish(address, 80)).to_string(), wanted);
        }
    }
}
