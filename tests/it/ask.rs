//! `ladylinux ask` and `ladylinux chat` against a scripted node: what they send, print and exit with.

use crate::run::{Node, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    thread::{self, JoinHandle},
};

const BEGUN: &str = r#"{"id":"01900000-0000-7000-8000-000000000000"}"#;

/// Answers each request with the next of `answers`, and returns the heads and bodies of the requests.
fn scripted(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            requests.push(request(&connection));
            connection.write_all(answer.as_bytes()).unwrap();
        }
        requests
    });
    (url, served)
}

fn request(connection: &TcpStream) -> String {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n{body}")
}

fn begun() -> String {
    answer("201 Created", "application/json", BEGUN)
}

fn forgotten() -> String {
    "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned()
}

fn stream(events: &[(&str, &str)]) -> String {
    let lines: Vec<String> =
        events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect();
    answer("200 OK", "text/event-stream", &lines.concat())
}

fn quoted() -> String {
    stream(&[
        ("intent", r#"{"name":"question"}"#),
        ("note", r#"{"code":"x","message":"Mind this."}"#),
        ("token", r#"{"text":"It starts \u001b[31magain"}"#),
        ("token", r#"{"text":" [1]."}"#),
        (
            "citations",
            r#"{"basis":"quoted","citations":[{"number":1,"title":"Workers","heading":"Deaths","page":null,"document":"docs/a.md"}]}"#,
        ),
        ("timings", r#"{"total_ms":1.5}"#),
        ("done", r#"{"answered_by":{"kind":"documents"},"finish":"stop"}"#),
    ])
}

#[test]
fn an_answer_is_printed_with_its_sources_and_nothing_that_commands_a_terminal() {
    let (url, served) = scripted(vec![begun(), quoted(), forgotten()]);
    let run = Node::fresh().run_with(
        &["ask", "--url", &url, "what", "happens?"],
        &[("LADYLINUX_TOKEN", "ll_secret"), ("HTTP_PROXY", "http://127.0.0.1:1")],
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        run.stdout,
        "It starts [31magain [1].\n\nSources:\n[1] Workers, Deaths (docs/a.md)\n"
    );
    assert_eq!(run.stderr, "(Mind this.)\n");
    let requests = served.join().unwrap();
    assert!(requests[1].contains("/api/conversations/01900000-0000-7000-8000-000000000000/turns"));
    assert!(requests[1].contains("authorization: Bearer ll_secret"), "{}", requests[1]);
    assert!(requests[1].ends_with(r#"{"text":"what happens?"}"#), "{}", requests[1]);
    assert!(requests[2].starts_with("DELETE "), "{}", requests[2]);
}

#[test]
fn json_has_the_answer_its_citations_and_who_gave_it() {
    let (url, served) = scripted(vec![begun(), quoted(), forgotten()]);
    let run = Node::fresh().run(&["ask", "--json", "--url", &url, "what happens?"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = json(&run);
    assert_eq!(told["answer"], "It starts [31magain [1].");
    assert_eq!(told["answered_by"]["kind"], "documents");
    assert_eq!(told["citations"][0]["document"], "docs/a.md");
    assert_eq!(told["error"], serde_json::Value::Null);
    served.join().unwrap();
}

#[test]
fn an_error_event_is_told_with_its_mend_and_exits_1() {
    let failing = stream(&[
        ("token", r#"{"text":"It "}"#),
        ("error", r#"{"code":"worker_died","message":"It died.","mend":"Ask again."}"#),
    ]);
    let (url, served) = scripted(vec![begun(), failing, forgotten()]);
    let run = Node::fresh().run(&["ask", "--no-stream", "--url", &url, "what happens?"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.stderr, "ladylinux: It died. Ask again.\n");
    served.join().unwrap();
}

#[test]
fn a_stream_that_breaks_off_is_an_error() {
    let (url, served) = scripted(vec![begun(), stream(&[("token", r#"{"text":"It "}"#)])]);
    let run = Node::fresh().run(&["ask", "--url", &url, "what happens?"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("broke off"), "{}", run.stderr);
    served.join().unwrap();
}

#[test]
fn a_busy_node_is_told_with_the_time_to_retry() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-type: application/problem+json\r\n\
                connection: close\r\n\r\n{\"detail\":\"too many questions wait\"}";
    let (url, served) = scripted(vec![begun(), busy.to_owned()]);
    let run = Node::fresh().run(&["ask", "--url", &url, "what happens?"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("too many questions wait (try again in 7 s)"), "{}", run.stderr);
    served.join().unwrap();
}

#[test]
fn without_a_node_it_is_told_how_to_start_one() {
    let port = {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        taken.local_addr().unwrap().port().to_string()
    };
    let node = Node::fresh();
    for verb in [&["ask", "hello"][..], &["chat"][..]] {
        let run = node.run_with(verb, &[("LADYLINUX_PORT", &port)]);
        assert_eq!(run.code, 3, "{run:?}");
        let expected = format!("no node answers at http://127.0.0.1:{port}: start one");
        assert!(run.stderr.contains(&expected), "{}", run.stderr);
    }
}

#[test]
fn an_address_that_is_none_is_refused() {
    let run = Node::fresh().run(&["ask", "--url", "ftp://box", "hello"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("write it like http://127.0.0.1:8000"), "{}", run.stderr);
}

#[test]
fn a_chat_from_a_pipe_asks_line_by_line() {
    let answers = vec![begun(), quoted(), forgotten(), begun(), quoted(), forgotten()];
    let (url, served) = scripted(answers);
    let mut chat = Command::new(env!("CARGO_BIN_EXE_ladylinux"))
        .args(["chat", "--url", &url])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"first?\n/new\n\n/unknown\nsecond?\n";
    chat.stdin.take().unwrap().write_all(lines).unwrap();
    let output = chat.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.matches("again [1].\n").count(), 2, "{stdout}");
    assert!(!stdout.contains("> "), "{stdout}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("/unknown is no command"));
    let requests = served.join().unwrap();
    assert!(requests[1].contains("first?") && requests[4].contains("second?"));
}

#[test]
fn ctrl_c_stops_the_answer_and_the_next_one_ends_the_chat() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut chat = Command::new(env!("CARGO_BIN_EXE_ladylinux"))
        .args(["chat", "--url", &url])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = chat.stdin.take().unwrap();
    let pid = rustix::process::Pid::from_child(&chat);
    let interrupt = || {
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    };
    let accept = || listener.accept().unwrap().0;

    let mut connection = accept();
    request(&connection);
    connection.write_all(begun().as_bytes()).unwrap();
    drop(connection);
    stdin.write_all(b"a long question\n").unwrap();
    let mut connection = accept();
    request(&connection);
    connection.write_all(stream(&[("token", r#"{"text":"It goes on"}"#)]).as_bytes()).unwrap();
    let mut stdout = chat.stdout.take().unwrap();
    let mut said = [0; 10];
    stdout.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"It goes on");
    interrupt();
    // The node sees that nobody listens any more.
    assert_eq!(connection.read(&mut [0; 1]).unwrap_or(0), 0);
    let mut stderr = BufReader::new(chat.stderr.take().unwrap());
    let mut told = String::new();
    while !told.contains("(stopped)") {
        assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "{told}");
    }
    interrupt();
    let mut connection = accept();
    assert!(request(&connection).starts_with("DELETE "));
    connection.write_all(forgotten().as_bytes()).unwrap();
    assert_eq!(chat.wait().unwrap().code(), Some(130));
    drop(stdin);
}
