//! An executor at a broker, by MQTT 3.1.1: one message with quality 1, and what comes back.
//!
//! ```text
//! CONNECT ─▶ CONNACK ─▶ (SUBSCRIBE to the outcome ─▶ SUBACK) ─▶ PUBLISH ─▶ PUBACK ─▶ (the outcome) ─▶ DISCONNECT
//!                                                                │
//!                                    before: failed  ◀───────────┴───────▶  after: unknown, unless it is said
//! ```
//!
//! Each command has a connection of its own and a session that is forgotten with it, so that no client library and no broker sends
//! it again later, when nobody expects it any more.

use super::{
    Order, Outcome,
    net::{self, Unusable},
};
use crate::foundation::{
    settings,
    values::{CommandId, Redacted},
};
use futures_util::{SinkExt, StreamExt};
use rumqttc::mqttbytes::{
    QoS,
    v4::{
        Codec, Connect, ConnectReturnCode, Packet, PubAck, Publish, Subscribe, SubscribeReasonCode,
    },
};
use rustls::{ClientConfig, pki_types::ServerName};
use std::{fmt, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tokio_util::codec::Framed;

/// How long a connection may take; what was not connected was not told anything.
const CONNECTING: Duration = Duration::from_secs(5);

/// The largest packet, there or back.
const LARGEST: usize = 64 << 10;

/// A broker, with whoever listens there.
#[derive(Clone)]
pub(super) struct Broker {
    host: String,
    port: u16,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    login: Option<(String, Redacted<String>)>,
    /// Whether whoever carries commands out says what came of them.
    answered: bool,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({}:{})", self.host, self.port)
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

type Session = Framed<Box<dyn Stream>, Codec>;

impl Broker {
    pub(super) fn new(settings: &settings::Mqtt, ca: Option<&Path>) -> Result<Self, Unusable> {
        let tls = if settings.tls {
            let name = ServerName::try_from(settings.host.clone())
                .map_err(|error| Unusable::Tls(error.to_string()))?;
            Some((net::tls(ca)?, name))
        } else {
            None
        };
        let password = settings.password_file.as_deref();
        let password =
            password.map(|path| net::secret("commands.mqtt_password_file", path)).transpose()?;
        let login =
            settings.user.clone().map(|user| (user, password.unwrap_or(Redacted(String::new()))));
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            tls,
            login,
            answered: settings.answered,
        })
    }

    pub(super) async fn carry_out(&self, order: Order, timeout: Duration) -> Outcome {
        let until = tokio::time::Instant::now() + timeout;
        let opening = CONNECTING.min(timeout);
        let mut session = match tokio::time::timeout(opening, self.open(&order)).await {
            Ok(Ok(session)) => session,
            Ok(Err(code)) => return Outcome::Failed(code),
            Err(_) => return Outcome::Failed("unreachable"),
        };
        let topic = format!("ladylinux/command/{}", order.action().command().name);
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, order.message().to_string());
        publish.pkid = 2;
        let told = async {
            if session.send(Packet::Publish(publish)).await.is_err() {
                return Outcome::Unknown("connection_lost");
            }
            self.outcome(&mut session, order.id()).await
        };
        let outcome =
            tokio::time::timeout_at(until, told).await.unwrap_or(Outcome::Unknown("timed_out"));
        // Whether the broker hears the farewell changes nothing.
        drop(tokio::time::timeout(Duration::from_secs(1), session.send(Packet::Disconnect)).await);
        outcome
    }

    /// Connects and subscribes; nobody is told of the command yet.
    async fn open(&self, order: &Order) -> Result<Session, &'static str> {
        let mut session = self.connect().await.map_err(|_| "unreachable")?;
        let mut connect = Connect::new(format!("ladylinux-{}", order.id().0.simple()));
        connect.keep_alive = 0;
        if let Some((user, password)) = &self.login {
            connect.set_login(user, password.expose());
        }
        session.send(Packet::Connect(connect)).await.map_err(|_| "unreachable")?;
        match session.next().await {
            Some(Ok(Packet::ConnAck(answer))) if answer.code == ConnectReturnCode::Success => {}
            Some(Ok(Packet::ConnAck(_))) => return Err("not_authorized"),
            _ => return Err("no_broker_there"),
        }
        if self.answered {
            let mut subscribe = Subscribe::new(outcome_topic(order.id()), QoS::AtLeastOnce);
            subscribe.pkid = 1;
            session.send(Packet::Subscribe(subscribe)).await.map_err(|_| "unreachable")?;
            match session.next().await {
                Some(Ok(Packet::SubAck(answer)))
                    if !answer.return_codes.contains(&SubscribeReasonCode::Failure) => {}
                _ => return Err("not_authorized"),
            }
        }
        Ok(session)
    }

    async fn connect(&self) -> std::io::Result<Session> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                Box::new(connector.connect(name.clone(), stream).await?)
            }
            None => Box::new(stream),
        };
        let codec = Codec { max_incoming_size: LARGEST, max_outgoing_size: LARGEST };
        Ok(Framed::new(stream, codec))
    }

    /// Waits for what comes of a command that the broker was told of. The first answer counts.
    async fn outcome(&self, session: &mut Session, id: CommandId) -> Outcome {
        while let Some(Ok(packet)) = session.next().await {
            if matches!(packet, Packet::PubAck(_)) && !self.answered {
                return Outcome::Done;
            }
            if let Packet::Publish(answer) = packet
                && answer.topic == outcome_topic(id)
            {
                let acknowledged = Packet::PubAck(PubAck::new(answer.pkid));
                drop(session.send(acknowledged).await);
                return said(&answer.payload);
            }
        }
        Outcome::Unknown("connection_lost")
    }
}

fn outcome_topic(id: CommandId) -> String {
    format!("ladylinux/outcome/{id}")
}

/// Reads `{"done": true}` or `{"done": false}`; anything else says nothing.
fn said(payload: &[u8]) -> Outcome {
    let done = serde_json::from_slice::<serde_json::Value>(payload)
        .ok()
        .and_then(|answer| answer.get("done")?.as_bool());
    match done {
        Some(true) => Outcome::Done,
        Some(false) => Outcome::Failed("refused_by_executor"),
        None => Outcome::Unknown("answer_not_understood"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_done_or_not_or_nothing() {
        assert_eq!(said(br#"{"done": true, "more": 1}"#), Outcome::Done);
        assert_eq!(said(br#"{"done": false}"#), Outcome::Failed("refused_by_executor"));
        for wrong in
            [&b"done"[..], b"", br#"{"done": "yes"}"#, br#"{"done": 1}"#, b"[true]", b"\xff"]
        {
            assert_eq!(said(wrong), Outcome::Unknown("answer_not_understood"));
        }
    }
}
