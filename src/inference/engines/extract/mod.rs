//! Reads one document in a process that has locked itself up: HTML, PDF and text in old encodings become UTF-8 text.
//!
//! ```text
//! serve   walls (sandbox) ──▶ standard input to its end ──▶ encoding | html | pdf ──▶ one frame
//! ```
//!
//! HTML and PDF become Markdown, so that what cuts texts finds headings, lists and tables; the pages of a PDF are kept apart by
//! [`PAGE_BREAK`](crate::inference::workers::PAGE_BREAK). What is refused is told, with a code: `encrypted`, `too_many_pages`,
//! `no_text`, `unreadable`, `not_text`, `text_too_long`, `reader_failed`, and `no_sandbox`, which alone is about the machine.

mod attempts;
mod encoding;
mod html;
mod markdown;
mod pdf;
mod sandbox;

pub use attempts::{Attempt, attempts};
pub use sandbox::{Limits, Walls};

use super::{super::workers::Refusal, refusal};
use crate::inference::workers::{
    Extracted, FromExtractor, Manuscript,
    frame::{Codec, Frame, MAX_PAYLOAD_BYTES},
};
use bytes::BytesMut;
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::fd::AsFd,
    panic::{self, AssertUnwindSafe},
};
use tokio_util::codec::Encoder;

/// What a process that reads one document is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How the document is written.
    pub written: Manuscript,
    /// How many pages it may have.
    pub max_pages: usize,
    /// What it may take.
    pub limits: Limits,
    /// How readily the kernel ends this process when memory runs out.
    pub oom_score_adj: i16,
}

/// Locks this process up, reads a document from standard input, and says on standard output what it found.
pub fn serve(options: &Options) -> io::Result<()> {
    let (mut input, mut output) = streams(options.oom_score_adj)?;
    let message = match sandbox::enter(options.limits) {
        Ok(_) => {
            let mut document = Vec::new();
            input.read_to_end(&mut document)?;
            told(read(document, options))
        }
        Err(refusal) => FromExtractor::Refused { refusal }.into(),
    };
    let mut bytes = BytesMut::new();
    Codec::<(), FromExtractor>::default().encode(message, &mut bytes).map_err(io::Error::other)?;
    output.write_all(&bytes)
}

/// Locks this process up, and tries to get out in every way that a hostile document might.
pub fn try_to_escape(limits: Limits) -> Result<(Walls, Vec<Attempt>), Refusal> {
    // Asked before the walls are up: afterwards nobody answers.
    let parent = rustix::process::getppid();
    let walls = sandbox::enter(limits)?;
    Ok((walls, attempts(parent, limits.memory_bytes)))
}

/// Returns both ends of the pipes; whatever else writes to standard output ends up on standard error.
fn streams(oom_score_adj: i16) -> io::Result<(File, File)> {
    // The message of a panic may quote the document.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        // Where even that fails, there is nobody to tell.
        drop(writeln!(io::stderr(), "panicked at {place}"));
    }));
    // A wish: where it is not granted, the limits hold all the same.
    drop(fs::write("/proc/self/oom_score_adj", oom_score_adj.to_string()));
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((input.into(), output.into()))
}

fn read(document: Vec<u8>, options: &Options) -> Result<Extracted, Refusal> {
    unpanicked(|| match options.written {
        Manuscript::Text => encoding::decode(&document, None)
            .map(|text| Extracted { title: None, text: text.into_owned() }),
        Manuscript::Html => {
            encoding::decode(&document, encoding::declared(&document)).map(|text| html::read(&text))
        }
        Manuscript::Pdf => pdf::read(document, options.max_pages),
    })
}

fn unpanicked(read: impl FnOnce() -> Result<Extracted, Refusal>) -> Result<Extracted, Refusal> {
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(refusal("reader_failed", "cannot be read: its reader failed on what is in it"))
    })
}

fn told(read: Result<Extracted, Refusal>) -> Frame<FromExtractor> {
    match read {
        Ok(Extracted { text, .. }) if text.trim().is_empty() => {
            let refusal = refusal("no_text", "has no text in it");
            FromExtractor::Refused { refusal }.into()
        }
        Ok(Extracted { text, .. }) if text.len() > MAX_PAYLOAD_BYTES => {
            let long = format!("has more than {MAX_PAYLOAD_BYTES} bytes of text in it: divide it");
            FromExtractor::Refused { refusal: refusal("text_too_long", long) }.into()
        }
        Ok(Extracted { title, text }) => {
            let title = title.map(|title| markdown::on_one_line(&title)).filter(|t| !t.is_empty());
            Frame { message: FromExtractor::Extracted { title }, payload: text.into() }
        }
        Err(refusal) => FromExtractor::Refused { refusal }.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(read: Result<Extracted, Refusal>) -> String {
        match told(read).message {
            FromExtractor::Refused { refusal } => refusal.code,
            FromExtractor::Extracted { .. } => "extracted".to_owned(),
        }
    }

    #[test]
    fn a_reader_that_panics_is_told_as_a_refusal() {
        assert_eq!(refused(unpanicked(|| panic!("on purpose"))), "reader_failed");
    }

    #[test]
    fn text_of_white_space_only_is_none_and_text_has_a_bound() {
        let text = |text: String| Ok(Extracted { title: None, text });
        assert_eq!(refused(text("\n \u{c} \n".to_owned())), "no_text");
        assert_eq!(refused(text("x".repeat(MAX_PAYLOAD_BYTES + 1))), "text_too_long");
        assert_eq!(refused(text("x".repeat(MAX_PAYLOAD_BYTES))), "extracted");
    }
}
