//! A real broker, Debian's mosquitto, with a client of another make in the part of the house.

use super::House;
use crate::node::skip;
use ladylinux::commands::Outcome;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS};
use serde_json::{Value, json};
use std::{
    fs,
    io::ErrorKind,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const QUICK: &str = "[commands.pause_music]\ntimeout = \"2s\"\n";

/// mosquitto in a directory of its own.
struct Broker {
    directory: TempDir,
    child: Child,
    port: u16,
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn program(name: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/usr/local/sbin"]
        .into_iter()
        .map(|place| Path::new(place).join(name))
        .find(|path| path.is_file())
}

impl Broker {
    /// Starts one with these lines in its configuration, or says that there is none.
    fn start(test: &str, lines: impl Fn(&Path) -> String) -> Option<Self> {
        let Some(mosquitto) = program("mosquitto") else {
            skip(test, "there is no broker: install mosquitto");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = directory.path();
        // Started by root it would become another user, who cannot read what is here.
        let user = if rustix::process::geteuid().is_root() { "user root\n" } else { "" };
        let text = format!("{user}listener {port} 127.0.0.1\npersistence false\n{}\n", lines(at));
        fs::write(at.join("mosquitto.conf"), text).unwrap();
        let child = Command::new(mosquitto)
            .arg("-c")
            .arg(at.join("mosquitto.conf"))
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut broker = Self { directory, child, port };
        while let Err(error) = TcpStream::connect(("127.0.0.1", port)) {
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            assert!(broker.child.try_wait().unwrap().is_none(), "mosquitto ended");
            std::thread::yield_now();
        }
        Some(broker)
    }

    fn open(test: &str) -> Option<Self> {
        Self::start(test, |_| "allow_anonymous true".to_owned())
    }

    fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Connects what listens in the house, once it is sure to hear.
    async fn listener(&self) -> Listener {
        let options = MqttOptions::new("house", "127.0.0.1", self.port);
        let (client, events) = AsyncClient::new(options, 10);
        client.subscribe("ladylinux/command/#", QoS::AtLeastOnce).await.unwrap();
        let mut listener = Listener { client, events };
        listener.until(|packet| matches!(packet, Packet::SubAck(_)).then_some(())).await;
        listener
    }
}

struct Listener {
    client: AsyncClient,
    events: EventLoop,
}

impl Listener {
    async fn until<T>(&mut self, mut wanted: impl FnMut(Packet) -> Option<T>) -> T {
        loop {
            if let Event::Incoming(packet) = self.events.poll().await.unwrap()
                && let Some(found) = wanted(packet)
            {
                return found;
            }
        }
    }

    /// Waits for the next command.
    async fn told(&mut self) -> (Publish, Value) {
        let publish = self
            .until(
                |packet| if let Packet::Publish(publish) = packet { Some(publish) } else { None },
            )
            .await;
        let body = serde_json::from_slice(&publish.payload).unwrap();
        (publish, body)
    }

    /// Says what came of a command, as often as there are answers, and goes on until it is told to end.
    async fn answer(mut self, answers: &'static [&'static str]) {
        let (_, body) = self.told().await;
        let topic = format!("ladylinux/outcome/{}", body["id"].as_str().unwrap());
        for answer in answers {
            self.client.publish(&topic, QoS::AtLeastOnce, false, *answer).await.unwrap();
        }
        while self.events.poll().await.is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_published_once_and_the_brokers_word_is_the_outcome() {
    let Some(broker) = Broker::open("commands::mqtt::published") else { return };
    let house = House::new("", &[("mqtt_url", &broker.url())]);
    let mut listener = broker.listener().await;
    let (id, outcome) = house.has("turn_on_light", &[("location", "Küche")]).await;
    assert_eq!(outcome, Outcome::Done);
    let (publish, body) = listener.told().await;
    assert_eq!(publish.topic, "ladylinux/command/turn_on_light");
    assert!(!publish.retain && !publish.dup);
    assert_eq!(
        body,
        json!({ "command": "turn_on_light", "slots": { "location": "kitchen" }, "id": id, "at": super::NOW.rfc3339() })
    );
    // The next one is the next thing that is heard: nothing was told twice.
    let (next, _) = house.has("pause_music", &[]).await;
    assert_eq!(listener.told().await.1["id"], json!(next));
    assert_eq!(house.last().await.decision.name(), "done");
}

// The issue: an executor that answers twice, or fails half-way, or never answers. The first answer counts.
#[tokio::test(flavor = "multi_thread")]
async fn inv_fail_1_what_is_answered_is_the_outcome_and_the_first_answer_counts() {
    let Some(broker) = Broker::open("commands::mqtt::answered") else { return };
    let set = [("mqtt_url", broker.url()), ("mqtt_outcome", "answered".to_owned())];
    let set = set.each_ref().map(|(key, value)| (*key, value.as_str()));
    let house = House::new(QUICK, &set);
    for (answers, expected) in [
        (&[r#"{"done": true}"#][..], Outcome::Done),
        (&[r#"{"done": false}"#], Outcome::Failed("refused_by_executor")),
        (&[r#"{"done": false}"#, r#"{"done": true}"#], Outcome::Failed("refused_by_executor")),
        (&[r#"{"done": true}"#, r#"{"done": false}"#], Outcome::Done),
        (&["well"], Outcome::Unknown("answer_not_understood")),
        (&[], Outcome::Unknown("timed_out")),
    ] {
        let listener = tokio::spawn(broker.listener().await.answer(answers));
        let (_, outcome) = house.has("pause_music", &[]).await;
        assert_eq!(outcome, expected, "{answers:?}");
        listener.abort();
        drop(listener.await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_does_not_know_the_node_is_told_nothing() {
    let closed = |at: &Path| {
        let file = at.join("passwords");
        let made = program("mosquitto_passwd").map(|made| {
            let arguments = ["-b", "-c", file.to_str().unwrap(), "lady", "right"];
            Command::new(made).args(arguments).status().unwrap()
        });
        assert!(made.is_none_or(|made| made.success()));
        format!("allow_anonymous false\npassword_file {}", file.display())
    };
    let Some(broker) = Broker::start("commands::mqtt::password", closed) else { return };
    for (password, expected) in
        [("right", Outcome::Done), ("wrong", Outcome::Failed("not_authorized"))]
    {
        let file = broker.directory.path().join(password);
        fs::write(&file, format!("{password}\n")).unwrap();
        let set = [
            ("mqtt_url", broker.url()),
            ("mqtt_user", "lady".to_owned()),
            ("mqtt_password_file", file.display().to_string()),
        ];
        let set = set.each_ref().map(|(key, value)| (*key, value.as_str()));
        let house = House::new(QUICK, &set);
        assert_eq!(house.has("pause_music", &[]).await.1, expected, "{password}");
    }
    let anonymous = House::new(QUICK, &[("mqtt_url", &broker.url())]);
    assert_eq!(anonymous.has("pause_music", &[]).await.1, Outcome::Failed("not_authorized"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_with_a_certificate_of_the_houses_own_is_believed_where_it_is_named() {
    let tls = |at: &Path| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(at.join("cert.pem"), made.cert.pem()).unwrap();
        fs::write(at.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let (cert, key) = (at.join("cert.pem"), at.join("key.pem"));
        format!("allow_anonymous true\ncertfile {}\nkeyfile {}", cert.display(), key.display())
    };
    let Some(broker) = Broker::start("commands::mqtt::tls", tls) else { return };
    let url = format!("mqtts://localhost:{}", broker.port);
    let ca = broker.directory.path().join("cert.pem").display().to_string();
    let trusting = House::new(QUICK, &[("mqtt_url", &url), ("ca_file", &ca)]);
    assert_eq!(trusting.has("pause_music", &[]).await.1, Outcome::Done);
    let doubting = House::new(QUICK, &[("mqtt_url", &url)]);
    assert_eq!(doubting.has("pause_music", &[]).await.1, Outcome::Failed("unreachable"));
}

/// A broker that takes connections and says nothing, or leaves: `answer` is what it does with each.
fn lying(answer: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(answer));
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_hangs_or_leaves_is_told_of_as_what_is_known() {
    use std::io::{Read, Write};
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let accepts = |mut stream: TcpStream| {
        // CONNECT comes; CONNACK goes; whatever comes next is PUBLISH, and it leaves then.
        let mut packet = [0; 512];
        drop(stream.read(&mut packet));
        drop(stream.write_all(&[0x20, 2, 0, 0]));
        drop(stream.read(&mut packet));
    };
    for (url, expected) in [
        (format!("mqtt://{gone}"), Outcome::Failed("unreachable")),
        (lying(drop), Outcome::Failed("no_broker_there")),
        (
            lying(|mut stream| drop(stream.write_all(b"HTTP/1.1 400\r\n\r\n"))),
            Outcome::Failed("no_broker_there"),
        ),
        (lying(accepts), Outcome::Unknown("connection_lost")),
    ] {
        let house = House::new(QUICK, &[("mqtt_url", &url)]);
        assert_eq!(house.has("pause_music", &[]).await.1, expected, "{url}");
    }
    // Silence before anything was told is a failure, and nothing is known after.
    let (keep, kept) = std::sync::mpsc::channel();
    let silent = lying(move |stream| drop(keep.send(stream)));
    let house = House::new(QUICK, &[("mqtt_url", &silent)]);
    let began = tokio::time::Instant::now();
    assert_eq!(house.has("pause_music", &[]).await.1, Outcome::Failed("unreachable"));
    assert!(began.elapsed() >= Duration::from_secs(2));
    drop(kept);
}
