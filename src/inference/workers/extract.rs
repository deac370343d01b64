//! Has documents read by children of their own: `ladylinux worker extract`, one process for one document.
//!
//! ```text
//! learner ──stdin──▶ the document's bytes ──▶ child, which has locked itself up before it reads the first
//!         ◀─stdout── one frame: the text, or why there is none
//! ```
//!
//! The child holds no model and has no queue: it is started, reads one document and ends, so that no document can see or spoil
//! another. It limits itself; what it says is believed as far as it is text, and it is killed when its time is up.

use super::{
    frame::{Codec, Frame, FrameError},
    process::{Spawn, describe, kill_group},
    protocol::Refusal,
};
use crate::foundation::settings::{self, Settings};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString, io, os::unix::process::ExitStatusExt, path::PathBuf, process::ExitStatus,
    str::FromStr, time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, sink},
    time::timeout,
};
use tokio_util::codec::FramedRead;

/// Counts up when documents are read differently, so that they are learned again.
pub const EXTRACT_VERSION: u32 = 1;

/// Stands between the pages of a text that has pages.
pub const PAGE_BREAK: char = '\u{c}';

/// The clock may run so many times as long as the processor: the machine may be busy.
const CLOCK: u32 = 10;

/// So much of what a child writes to its standard error is looked at, in bytes.
const LAST_WORDS: u64 = 4096;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manuscript {
    /// HTML; its text is Markdown.
    Html,
    /// PDF; its text is Markdown with [`PAGE_BREAK`] between pages.
    Pdf,
    /// Text in another encoding than UTF-8.
    Text,
}

impl Manuscript {
    /// Returns the word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Text => "text",
        }
    }
}

impl FromStr for Manuscript {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Html, Self::Pdf, Self::Text]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| "it must be html, pdf or text".to_owned())
    }
}

/// What a child says, once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum FromExtractor {
    /// The text follows as the payload.
    Extracted {
        /// What the document calls itself, if it does.
        title: Option<String>,
    },
    /// There is no text.
    Refused {
        /// Why. `no_sandbox` is about this machine; every other code is about the document.
        refusal: Refusal,
    },
}

/// A document's text.
#[derive(Clone, PartialEq, Eq)]
pub struct Extracted {
    /// What the document calls itself, if it does.
    pub title: Option<String>,
    /// Its text.
    pub text: String,
}

impl std::fmt::Debug for Extracted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extracted").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// Why a document has no text; each reads on after the document's name.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The child says why.
    #[error("{0}")]
    Refused(Refusal),
    /// It took too long by a processor's time.
    #[error("takes longer to read than the {} s that are allowed (extract.timeout)", .0.as_secs())]
    TooLong(Duration),
    /// It took too much memory.
    #[error("takes more memory to read than the {0} bytes that are allowed (extract.memory_bytes)")]
    TooLarge(u64),
    /// It is nested so deeply that its reader has no room left.
    #[error("cannot be read: it is nested too deeply")]
    TooDeep,
    /// The child ended without a word.
    #[error("cannot be read: its reader failed, {0}")]
    Died(String),
    /// The child said something that is no answer.
    #[error("cannot be read: its reader did not answer as it should ({0})")]
    Broken(#[from] FrameError),
    /// What it said is no text.
    #[error("cannot be read: what its reader found is no text")]
    NotText,
    /// It took too long by the clock.
    #[error("was not read within {} s; the machine may be busy: learn it again", .0.as_secs())]
    Late(Duration),
    /// The child could not be started.
    #[error("cannot be read now: its reader cannot be started ({0})")]
    Start(#[source] io::Error),
}

impl ExtractError {
    /// Whether the document itself is the reason, so that trying again would change nothing.
    pub fn is_about_content(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.code != "no_sandbox",
            Self::TooLong(_) | Self::TooLarge(_) | Self::TooDeep | Self::NotText => true,
            Self::Died(_) | Self::Broken(_) | Self::Late(_) | Self::Start(_) => false,
        }
    }
}

/// Starts children that read documents; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extractor {
    program: PathBuf,
    limits: settings::Extract,
    oom_score_adj: i16,
}

impl Extractor {
    /// Returns one that starts this very binary.
    pub fn new(settings: &Settings) -> io::Result<Self> {
        Ok(Self::with(settings, std::env::current_exe()?))
    }

    /// Returns one that starts `program`, a `ladylinux` binary.
    pub fn with(settings: &Settings, program: PathBuf) -> Self {
        let limits = settings.extract.clone();
        Self { program, limits, oom_score_adj: settings.workers.oom_score_adj }
    }

    /// Returns a document's text.
    pub async fn extract(
        &self,
        document: Bytes,
        written: Manuscript,
    ) -> Result<Extracted, ExtractError> {
        let mut child = self.spawn(written).start().map_err(ExtractError::Start)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(ExtractError::Start(io::Error::other("the process has no pipes")));
        };
        let feed = async move {
            // A pipe that broke shows in the other one.
            drop(stdin.write_all(&document).await);
        };
        let pid = child.id();
        let hear = async {
            let mut frames = FramedRead::new(stdout, Codec::<FromExtractor, ()>::default());
            let said = frames.next().await;
            // Whatever it has said, it says no more; until it is waited for, its id is its own.
            if said.is_some() {
                kill_group(pid);
            }
            said
        };
        let patience = self.limits.timeout * CLOCK;
        let talk = async {
            let ((), said, words) = tokio::join!(feed, hear, last_words(stderr));
            (said, words, child.wait().await)
        };
        let Ok((said, words, ended)) = timeout(patience, talk).await else {
            kill_group(pid);
            return Err(ExtractError::Late(patience));
        };
        match said {
            Some(Ok(frame)) => answer(frame),
            Some(Err(error)) => Err(error.into()),
            None => Err(self.death(ended.map_err(ExtractError::Start)?, &words)),
        }
    }

    fn spawn(&self, written: Manuscript) -> Spawn {
        let mut arguments: Vec<OsString> = vec!["worker".into(), "extract".into()];
        for (flag, value) in [
            ("--kind", written.name().to_owned()),
            ("--max-pages", self.limits.max_pages.to_string()),
            ("--memory-bytes", self.limits.memory_bytes.to_string()),
            ("--cpu-seconds", self.limits.timeout.as_secs().max(1).to_string()),
            ("--oom-score-adj", self.oom_score_adj.to_string()),
        ] {
            arguments.extend([flag.into(), value.into()]);
        }
        Spawn { program: self.program.clone(), arguments, environment: Vec::new() }
    }

    /// Says why a child ended without a word.
    fn death(&self, status: ExitStatus, words: &str) -> ExtractError {
        use rustix::process::Signal;
        // As the standard library says them (`alloc::alloc::handle_alloc_error`, the handler of its stack's guard page).
        if words.contains("memory allocation of") {
            return ExtractError::TooLarge(self.limits.memory_bytes);
        }
        if words.contains("overflowed its stack") {
            return ExtractError::TooDeep;
        }
        match status.signal() {
            Some(signal) if signal == Signal::XCPU.as_raw() => {
                ExtractError::TooLong(self.limits.timeout)
            }
            Some(signal) if signal == Signal::SEGV.as_raw() => ExtractError::TooDeep,
            _ => ExtractError::Died(describe(status)),
        }
    }
}

fn answer(frame: Frame<FromExtractor>) -> Result<Extracted, ExtractError> {
    match frame.message {
        FromExtractor::Refused { refusal } => Err(ExtractError::Refused(refusal)),
        FromExtractor::Extracted { title } => {
            let text =
                String::from_utf8(frame.payload.into()).map_err(|_| ExtractError::NotText)?;
            Ok(Extracted { title, text })
        }
    }
}

/// Reads a stream to its end, and returns its beginning.
async fn last_words(mut stream: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    // Its end is all that is waited for.
    drop((&mut stream).take(LAST_WORDS).read_to_end(&mut words).await);
    drop(tokio::io::copy(&mut stream, &mut sink()).await);
    let words = String::from_utf8_lossy(&words).into_owned();
    for line in words.lines().filter(|line| line.contains("panicked at")) {
        tracing::warn!("the reader of a document said: {line}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    /// Has a shell script in the place of the reader.
    async fn with(script: &str, timeout: Duration) -> ExtractError {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("reader");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let mut settings = Settings::for_tests(Path::new("/nowhere"));
        settings.extract.timeout = timeout;
        // More than the pipe holds, so that a reader that reads nothing leaves its writer waiting.
        let document = Bytes::from(vec![b'x'; 1 << 20]);
        Extractor::with(&settings, program).extract(document, Manuscript::Pdf).await.unwrap_err()
    }

    /// Long enough for everything that ends by itself.
    const LONG: Duration = Duration::from_mins(5);

    #[tokio::test]
    async fn however_a_reader_ends_it_is_said_why() {
        for (script, says, about_content) in [
            ("exit 7", "it ended with exit code 7", false),
            ("kill -KILL $$", "it was killed by signal 9", false),
            ("kill -XCPU $$", "extract.timeout", true),
            ("kill -SEGV $$", "nested too deeply", true),
            ("echo memory allocation of 9 bytes failed >&2; kill -ABRT $$", "memory_bytes", true),
            ("echo thread main has overflowed its stack >&2; kill -ABRT $$", "too deeply", true),
            ("echo What is this?", "did not answer as it should", false),
            ("cat /dev/zero", "did not answer as it should", false),
            ("cat /dev/zero >&2 & echo no answer; exec sleep 600", "did not answer", false),
        ] {
            let error = with(script, LONG).await;
            assert!(error.to_string().contains(says), "{script}: {error}");
            assert_eq!(error.is_about_content(), about_content, "{script}");
        }
    }

    #[tokio::test]
    async fn a_reader_that_says_nothing_is_killed_when_its_time_is_up() {
        let error = with("exec sleep 600", Duration::from_millis(20)).await;
        assert!(matches!(error, ExtractError::Late(_)), "{error:?}");
    }
}
