//! Questions to the engine's socket that bollard cannot ask, or whose answers it cannot read.
//!
//! Podman calls a container `stopped` between its end and the engine's cleaning up after it. That word is in none of
//! bollard's lists, and with it the whole answer is lost. And what `/version` and `/info` tell takes Podman 4.3 more than
//! half a second each, because it runs other programs to answer; what is needed of it stands in the header of `/_ping`,
//! which bollard keeps to itself.

use super::error::Said;
use serde::de::DeserializeOwned;
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The longest answer that is read.
const LONGEST: u64 = 32 << 20;

/// The engine's socket.
#[derive(Clone, Debug)]
pub(super) struct Socket {
    path: PathBuf,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Socket {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Asks, and returns the answer, whatever its status.
    pub(super) async fn get(&self, target: &str) -> Result<Answer, Said> {
        let asked = tokio::time::timeout(PATIENCE, self.ask(target)).await;
        let bytes = asked
            .map_err(|_| Said::lost(format!("no answer within {} s", PATIENCE.as_secs())))?
            .map_err(|error| Said::lost(error.to_string()))?;
        Answer::parse(&bytes).ok_or_else(|| Said::lost("the answer broke off"))
    }

    async fn ask(&self, target: &str) -> io::Result<Vec<u8>> {
        let mut stream = UnixStream::connect(&self.path).await?;
        // An answer of HTTP/1.0 comes in one piece and ends with the connection.
        let question = format!("GET {target} HTTP/1.0\r\nHost: engine\r\n\r\n");
        stream.write_all(question.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.take(LONGEST).read_to_end(&mut bytes).await?;
        Ok(bytes)
    }

    /// Asks for something, and returns it; nothing if the engine has no such thing.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, target: &str) -> Result<Option<T>, Said> {
        let answer = self.get(target).await?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body).map(Some).map_err(|error| {
                Said::new(200, format!("the engine's answer cannot be read: {error}"))
            }),
            404 => Ok(None),
            status => Err(Said::new(status, answer.complaint())),
        }
    }
}

impl Answer {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        let announced = answer.header("content-length").map(str::parse);
        match announced {
            Some(Ok(length)) if answer.body.len() < length => None,
            Some(Err(_)) => None,
            Some(Ok(_)) | None => Some(answer),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Returns what speaks against it: `message` in both engines' form, or all that was said.
    fn complaint(&self) -> String {
        let message = serde_json::from_slice::<serde_json::Value>(&self.body)
            .ok()
            .and_then(|said| Some(said.get("message")?.as_str()?.to_owned()));
        message.unwrap_or_else(|| String::from_utf8_lossy(&self.body).trim().to_owned())
    }
}

/// Writes what may stand in a URL as it is, and the rest as `%` and two digits.
pub(super) fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                written.push(char::from(byte));
            }
            _ => {
                let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
                written.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{super::error::Hope, *};

    const GOOD: &str = "HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\n[]";

    #[test]
    fn an_answer_is_read_to_its_announced_end() {
        let answer = Answer::parse(GOOD.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.header("api-version")), (200, Some("1.41")));
        assert_eq!(answer.body, b"[]");
        for cut in 0..GOOD.len() {
            assert_eq!(Answer::parse(&GOOD.as_bytes()[..cut]), None, "{cut} bytes of it");
        }
        let endless = GOOD.replace("Content-Length: 2\r\n", "");
        assert_eq!(Answer::parse(endless.as_bytes()).unwrap().body, b"[]");
    }

    #[test]
    fn what_is_no_http_is_no_answer() {
        for text in ["", "\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.0 many OK\r\n\r\n"] {
            assert_eq!(Answer::parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn both_engines_complaints_are_found() {
        for (body, complaint) in [
            (r#"{"cause":"x","message":"no such container","response":404}"#, "no such container"),
            (r#"{"message":"No such container: x"}"#, "No such container: x"),
            ("page not found\n", "page not found"),
        ] {
            let answer = format!("HTTP/1.0 404 Not Found\r\n\r\n{body}");
            assert_eq!(Answer::parse(answer.as_bytes()).unwrap().complaint(), complaint);
        }
    }

    #[test]
    fn names_cannot_leave_their_place_in_a_url() {
        assert_eq!(encoded("ladylinux-api_1.2~3"), "ladylinux-api_1.2~3");
        assert_eq!(encoded("../a b?c#d\r\n%"), "..%2Fa%20b%3Fc%23d%0D%0A%25");
        assert_eq!(encoded(r#"{"label":["ä"]}"#), "%7B%22label%22%3A%5B%22%C3%A4%22%5D%7D");
    }

    #[tokio::test]
    async fn a_socket_that_closes_early_answers_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(&GOOD.as_bytes()[..40]).await.unwrap();
        });
        let socket = Socket::new(&path);
        let said = socket.get("/_ping").await.unwrap_err();
        assert!(matches!(said.hope(), Hope::Lost), "{said:?}");
        server.await.unwrap();
        assert!(
            socket.get("/_ping").await.unwrap_err().hope() == Hope::Lost,
            "nobody listens any more"
        );
    }
}
