//! One file, from its address to the disk: asked for by HTTP as often as it takes, hashed while it comes.

use super::{
    Options, Progress, PullError, PulledFile, Voucher,
    part::Part,
    resume::{self, Answer, Next},
    stage::Stage,
};
use crate::foundation::values::Sha256;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{self, HeaderMap, HeaderName},
    redirect::Policy,
};
use std::{net::IpAddr, path::PathBuf, time::Duration};

/// How often an answer may send us elsewhere; hubs do it once or twice.
const REDIRECTS: usize = 10;

/// Whoever wants more patience than this is asked another day.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The digest of a large file as model hubs name it, beside the address to which they send whoever asks for it.
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    pub(super) url: Url,
    pub(super) bytes: Option<u64>,
    pub(super) sha256: Option<Sha256>,
}

/// How one try ended.
enum Try {
    Whole,
    Again { why: String, after: Option<Duration> },
}

/// Reads an address, if it is one that files are fetched from: nobody between us and it can change what comes.
pub(super) fn address(text: &str) -> Result<Url, PullError> {
    let url = Url::parse(text).ok().filter(is_safe);
    url.ok_or_else(|| PullError::Address { url: text.to_owned() })
}

fn is_safe(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let here = || {
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    };
    !host.is_empty() && (url.scheme() == "https" || url.scheme() == "http" && here())
}

/// Prepares HTTP. Whoever sends us elsewhere is followed by hand: each address is looked at, and hubs name digests on the way.
pub(super) fn client(options: &Options) -> Result<Client, PullError> {
    // Whoever installed one before did it for the same reason.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(options.silence)
        .read_timeout(options.silence)
        .user_agent(concat!("ladylinux/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(PullError::Client)
}

/// Fetches a file into the stage, and holds it against what is known of it.
pub(super) async fn fetch(
    client: &Client,
    wanted: &Wanted,
    stage: &Stage,
    options: &Options,
    seen: &(dyn Fn(Progress) + Sync),
) -> Result<PulledFile, PullError> {
    // What an earlier run brought to its end is looked at as what comes now is.
    let before = stage.file(&wanted.path);
    let path = if before.is_file() { before } else { stage.part(&wanted.path) };
    let mut file = Fetching {
        part: Part::open(path, stage.tag(&wanted.path))?,
        claimed: None,
        client,
        wanted,
        options,
        seen,
    };
    loop {
        let resumed = file.part.length() > 0;
        file.bring().await?;
        let found = file.part.sha256();
        let (expected, by) = match (wanted.sha256, file.claimed) {
            (Some(expected), _) => (expected, Voucher::Manifest),
            (None, Some(expected)) => (expected, Voucher::Source),
            (None, None) => (found, Voucher::Nobody),
        };
        if found == expected {
            let bytes = file.part.length();
            file.part.become_whole(&stage.file(&wanted.path))?;
            seen(Progress::Whole { file: wanted.path.clone() });
            return Ok(PulledFile {
                path: wanted.path.clone(),
                bytes,
                sha256: found,
                vouched_by: by,
            });
        }
        file.afresh()?;
        // What was here before may have been the wrong half: all of it has another chance.
        if !resumed {
            return Err(PullError::Mismatch { url: wanted.url.to_string(), by, expected, found });
        }
    }
}

/// A file on its way.
struct Fetching<'a> {
    part: Part,
    /// What its source says its digest is.
    claimed: Option<Sha256>,
    client: &'a Client,
    wanted: &'a Wanted,
    options: &'a Options,
    seen: &'a (dyn Fn(Progress) + Sync),
}

impl Fetching<'_> {
    /// Asks for the file until all of it is here.
    async fn bring(&mut self) -> Result<(), PullError> {
        let mut tries = 0;
        // All of it is here, and only its digest was not looked at.
        while self.wanted.bytes.is_none_or(|bytes| bytes != self.part.length()) {
            let before = self.part.length();
            let Try::Again { why, after } = self.ask().await? else { break };
            tries = if self.part.length() > before { 1 } else { tries + 1 };
            if tries >= self.options.tries {
                let (url, have) = (self.wanted.url.to_string(), self.part.length());
                return Err(PullError::GaveUp { url, why, have });
            }
            let pause = after.unwrap_or(self.options.pause * (1 << (tries - 1).min(8)));
            let pause = pause.min(LONGEST_PAUSE);
            (self.seen)(Progress::Waiting { file: self.wanted.path.clone(), why, pause });
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// Throws away what is here.
    fn afresh(&mut self) -> Result<(), PullError> {
        (self.seen)(Progress::Afresh { file: self.wanted.path.clone() });
        self.part.begin(None)
    }

    /// Asks once, and takes what comes.
    async fn ask(&mut self) -> Result<Try, PullError> {
        // Without a digest or a tag nobody could tell that the rest is of another file.
        if self.part.length() > 0 && self.wanted.sha256.is_none() && self.part.tag().is_none() {
            self.afresh()?;
        }
        let mut response = match self.response().await? {
            Ok(response) => response,
            Err(why) => return Ok(Try::Again { why, after: None }),
        };
        let answer = read(&response);
        let url = || self.wanted.url.to_string();
        let total = match resume::decide(&answer, self.part.length(), self.wanted.bytes) {
            Next::Append(total) => total,
            Next::Begin(total) => {
                self.part.begin(tag(response.headers()))?;
                total
            }
            Next::Whole => return Ok(Try::Whole),
            Next::Discard => {
                self.afresh()?;
                let why = "what is here of it cannot be gone on from".to_owned();
                return Ok(Try::Again { why, after: Some(Duration::ZERO) });
            }
            Next::Again(after) => {
                return Ok(Try::Again { why: format!("status {}", answer.status), after });
            }
            Next::Forbidden => {
                return Err(PullError::Forbidden { url: url(), status: answer.status });
            }
            Next::Gone => return Err(PullError::Gone { url: url(), status: answer.status }),
            Next::Length(found) => return Err(self.length(found)),
            Next::Odd => {
                let detail = format!("status {}", answer.status);
                return Err(PullError::Answer { url: url(), detail });
            }
        };
        let (file, have) = (self.wanted.path.clone(), self.part.length());
        (self.seen)(Progress::Asking { file, have, total });
        loop {
            match response.chunk().await {
                Ok(Some(block)) => self.take(&block, total)?,
                Ok(None) => break,
                Err(error) => return Ok(Try::Again { why: told(&error), after: None }),
            }
        }
        match total {
            Some(total) if self.part.length() < total => {
                let why = format!("it broke off after {} of {total} bytes", self.part.length());
                Ok(Try::Again { why, after: None })
            }
            _ => Ok(Try::Whole),
        }
    }

    fn take(&mut self, block: &[u8], total: Option<u64>) -> Result<(), PullError> {
        let (bytes, length) = (block.len() as u64, self.part.length() + block.len() as u64);
        if total.is_some_and(|total| length > total) {
            self.part.begin(None)?;
            return Err(self.length(length));
        }
        self.part.append(block)?;
        (self.seen)(Progress::Came { file: self.wanted.path.clone(), bytes });
        Ok(())
    }

    fn length(&self, found: u64) -> PullError {
        let url = self.wanted.url.to_string();
        match self.wanted.bytes {
            Some(expected) => PullError::Length { url, expected, found },
            None => PullError::Answer { url, detail: "it is longer than it says".to_owned() },
        }
    }

    /// Asks, wherever the answers lead to, and returns the one with the file; or what is in the way for now.
    async fn response(&mut self) -> Result<Result<Response, String>, PullError> {
        let mut url = self.wanted.url.clone();
        for _ in 0..=REDIRECTS {
            let mut request = self
                .client
                .get(url.clone())
                // What is compressed on its way has neither this length nor these ranges.
                .header(header::ACCEPT_ENCODING, "identity");
            if self.part.length() > 0 {
                request = request.header(header::RANGE, format!("bytes={}-", self.part.length()));
                if let Some(tag) = self.part.tag() {
                    request = request.header(header::IF_RANGE, tag);
                }
            }
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) => return Ok(Err(told(&error))),
            };
            let named = response.headers().get(LINKED_ETAG).and_then(|tag| tag.to_str().ok());
            // An entity tag stands in quotes (RFC 9110, 8.8.3).
            let digest = named.and_then(|tag| tag.trim_matches('"').parse().ok());
            self.claimed = digest.or(self.claimed);
            let Some(next) = elsewhere(&response, &url) else { return Ok(Ok(response)) };
            // Who was safe is not left for who is not.
            let safe = is_safe(&next) && (next.scheme() == "https" || url.scheme() == "http");
            if !safe {
                let (url, detail) = (
                    self.wanted.url.to_string(),
                    "it leads to where nobody can be sure of what comes".to_owned(),
                );
                return Err(PullError::Answer { url, detail });
            }
            url = next;
        }
        let (url, detail) = (
            self.wanted.url.to_string(),
            format!("it leads elsewhere more than {REDIRECTS} times"),
        );
        Err(PullError::Answer { url, detail })
    }
}

/// Returns where an answer leads to, if it leads elsewhere.
fn elsewhere(response: &Response, from: &Url) -> Option<Url> {
    let leads = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(header::LOCATION).filter(|_| leads)?;
    from.join(location.to_str().ok()?).ok()
}

fn read(response: &Response) -> Answer {
    let text =
        |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    Answer {
        status: response.status().as_u16(),
        length: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        range: text(header::CONTENT_RANGE).and_then(resume::range),
        retry_after: text(header::RETRY_AFTER)
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs),
    }
}

/// Returns what names the content, if it is one that ranges may be asked with (RFC 9110, 13.1.5).
fn tag(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(header::ETAG)?.to_str().ok()?;
    (!tag.starts_with("W/")).then(|| tag.to_owned())
}

/// Says what went wrong, without the address: one that was led to may carry a secret.
fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "nobody answers in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let what = if error.is_connect() { "no connection" } else { "the connection broke off" };
    format!("{what}: {cause}")
}
