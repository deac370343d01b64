//! A program that is told of commands by HTTP: one that behaves, and every other one.

use super::House;
use ladylinux::commands::Outcome;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

/// What it was told: the head and the body.
type Told = (String, Value);

const BY_WEBHOOK: &str = r#"
[commands.pause_music]
executor = "webhook"
timeout = "2s"

[commands.set_volume]
executor = "webhook"
"#;

/// Serves each connection by `answer`, and hands on what was asked.
fn program(answer: impl Fn(&mut dyn Write) + Send + Sync + 'static) -> (String, Receiver<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let told = request(&stream);
            if tell.send(told).is_err() {
                return;
            }
            let answer = Arc::clone(&answer);
            thread::spawn(move || answer(&mut &stream));
        }
    });
    (url, told)
}

fn request(stream: &TcpStream) -> Told {
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    while lines.read_line(&mut head).unwrap() > 2 {}
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
        .unwrap();
    let mut body = vec![0; length];
    lines.read_exact(&mut body).unwrap();
    (head, serde_json::from_slice(&body).unwrap())
}

fn says(answer: &'static str) -> impl Fn(&mut dyn Write) + Send + Sync + 'static {
    move |stream| stream.write_all(answer.as_bytes()).unwrap()
}

fn house(url: &str) -> House {
    House::new(BY_WEBHOOK, &[("webhook_url", url)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_the_action_once_and_its_status_is_the_outcome() {
    let (url, told) = program(says("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "s3cret-of-the-house\n").unwrap();
    let file = secret.path().display().to_string();
    let house = House::new(BY_WEBHOOK, &[("webhook_url", &url), ("webhook_secret_file", &file)]);
    let (id, outcome) = house.has("set_volume", &[("level", "040")]).await;
    assert_eq!(outcome, Outcome::Done);
    let (head, body) = told.recv().unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /hook "), "{head}");
    assert!(head.contains("authorization: bearer s3cret-of-the-house"), "{head}");
    assert!(head.contains(&format!("idempotency-key: {id}")), "{head}");
    assert_eq!(
        body,
        serde_json::json!({
            "command": "set_volume",
            "slots": { "level": "40" },
            "id": id,
            "at": super::NOW.rfc3339(),
        })
    );
    let record = house.last().await;
    assert_eq!((record.decision.name(), record.about), ("done", Some(id.0)));
    assert!(told.try_recv().is_err(), "it was told twice");
}

// INV-FAIL-1: whatever a program does, the outcome is said as it is, and it is not asked again.
#[tokio::test(flavor = "multi_thread")]
async fn inv_fail_1_a_webhook_that_misbehaves_is_not_believed_and_not_asked_again() {
    type Answer = Box<dyn Fn(&mut dyn Write) + Send + Sync>;
    let cases: Vec<(&str, Answer, Outcome)> = vec![
        (
            "fails half-way",
            Box::new(says(
                "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhalf",
            )),
            Outcome::Failed("refused_by_executor"),
        ),
        (
            "sends elsewhere",
            Box::new(says(
                "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            )),
            Outcome::Failed("redirected"),
        ),
        (
            "does not know the node",
            Box::new(says("HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n")),
            Outcome::Failed("not_authorized"),
        ),
        (
            "drops the connection",
            Box::new(|_: &mut dyn Write| ()),
            Outcome::Unknown("connection_lost"),
        ),
        (
            "answers half",
            Box::new(says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")),
            Outcome::Unknown("half_an_answer"),
        ),
        (
            "talks nonsense",
            Box::new(says("yes, of course\r\n\r\n")),
            Outcome::Unknown("connection_lost"),
        ),
        (
            "answers twice",
            Box::new(says(
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
            )),
            Outcome::Done,
        ),
        (
            "answers without end",
            Box::new(|stream: &mut dyn Write| {
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
                let mut sent = stream.write_all(head.as_bytes());
                while sent.is_ok() {
                    sent = stream.write_all(&[b'x'; 4096]);
                }
            }),
            Outcome::Done,
        ),
    ];
    for (what, answer, expected) in cases {
        let (url, told) = program(answer);
        let house = house(&url);
        assert_eq!(house.has("pause_music", &[]).await.1, expected, "{what}");
        let code = match expected {
            Outcome::Done => "done",
            Outcome::Failed(code) | Outcome::Unknown(code) => code,
        };
        assert_eq!(house.last().await.reason, code, "{what}");
        told.recv().unwrap();
        assert!(told.try_recv().is_err(), "{what}: it was asked again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_hangs_is_given_up_at_its_time() {
    let (hang, hangs) = mpsc::channel::<()>();
    let hangs = std::sync::Mutex::new(hangs);
    // It answers when the test is over.
    let (url, told) = program(move |_| {
        hangs.lock().unwrap().recv().ok();
    });
    let house = house(&url);
    let began = tokio::time::Instant::now();
    assert_eq!(house.has("pause_music", &[]).await.1, Outcome::Unknown("timed_out"));
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(house.last().await.decision.name(), "unknown");
    told.recv().unwrap();
    assert!(told.try_recv().is_err(), "it was asked again");
    drop(hang);
}

#[tokio::test]
async fn a_webhook_that_is_not_there_was_told_nothing() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let house = house(&format!("http://127.0.0.1:{port}/"));
    assert_eq!(house.has("pause_music", &[]).await.1, Outcome::Failed("unreachable"));
    assert_eq!(house.last().await.decision.name(), "failed");
    assert!(house.path().exists());
}
