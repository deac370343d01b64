//! Takes a streamed HTTP/1.1 answer apart while it arrives: head, chunks, server-sent events.
//!
//! Written for one client on one socket whose reads are timed; a general client would put its own buffers and wake-ups
//! between the socket and the clock.

use anyhow::{Context as _, bail};

/// One server-sent event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SentEvent {
    /// What it is called.
    pub(super) name: String,
    /// What it carries.
    pub(super) data: String,
}

/// An answer that is arriving.
#[derive(Debug, Default)]
pub(super) struct Answer {
    raw: Vec<u8>,
    body: Vec<u8>,
    part: Part,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    ChunkSize,
    /// A chunk of which this many bytes are to come, its closing line end included.
    Chunk(usize),
    Ended,
}

impl Answer {
    /// Takes the next bytes from the socket and returns the events that they complete.
    ///
    /// An answer other than a chunked 200 is an error that names the status line.
    pub(super) fn push(&mut self, bytes: &[u8]) -> anyhow::Result<Vec<SentEvent>> {
        self.raw.extend_from_slice(bytes);
        while self.advance()? {}
        Ok(self.take_events())
    }

    /// Returns whether the last chunk has come.
    pub(super) fn has_ended(&self) -> bool {
        self.part == Part::Ended
    }

    /// Takes one step if enough bytes are there.
    fn advance(&mut self) -> anyhow::Result<bool> {
        match self.part {
            Part::Ended => Ok(false),
            Part::Head => {
                let Some(head) = take_until(&mut self.raw, b"\r\n\r\n") else { return Ok(false) };
                check_head(&String::from_utf8_lossy(&head))?;
                self.part = Part::ChunkSize;
                Ok(true)
            }
            Part::ChunkSize => {
                let Some(line) = take_until(&mut self.raw, b"\r\n") else { return Ok(false) };
                let line = String::from_utf8_lossy(&line);
                let digits = line.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(digits, 16)
                    .with_context(|| format!("the answer has a chunk of size {digits:?}"))?;
                self.part = if size == 0 { Part::Ended } else { Part::Chunk(size + 2) };
                Ok(true)
            }
            Part::Chunk(left) => {
                if self.raw.len() < left {
                    return Ok(false);
                }
                self.body.extend(self.raw.drain(..left).take(left - 2));
                self.part = Part::ChunkSize;
                Ok(true)
            }
        }
    }

    fn take_events(&mut self) -> Vec<SentEvent> {
        let mut events = Vec::new();
        while let Some(block) = take_until(&mut self.body, b"\n\n") {
            let block = String::from_utf8_lossy(&block);
            let field = |wanted: &str| {
                let lines = block.lines().filter_map(|line| line.split_once(':'));
                let values =
                    lines.filter(|(name, _)| *name == wanted).map(|(_, value)| value.trim_start());
                values.collect::<Vec<_>>().join("\n")
            };
            let event = SentEvent { name: field("event"), data: field("data") };
            // A comment keeps the connection alive and is no event.
            if !event.data.is_empty() {
                events.push(event);
            }
        }
        events
    }
}

fn check_head(head: &str) -> anyhow::Result<()> {
    let status = head.lines().next().unwrap_or_default();
    if status.split_whitespace().nth(1) != Some("200") {
        bail!("the node answered {status:?} instead of a stream");
    }
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        bail!("the node answered all at once instead of in chunks");
    }
    Ok(())
}

/// Removes and returns what comes before `end`, and drops `end`.
fn take_until(bytes: &mut Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    let place = bytes.windows(end.len()).position(|window| window == end)?;
    let taken = bytes.drain(..place + end.len()).take(place).collect();
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    fn event(name: &str, data: &str) -> SentEvent {
        SentEvent { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn an_answer_cut_anywhere_gives_the_same_events() {
        let first = "event: token\ndata: {\"text\":\"a\"}\n\n: alive\n\n";
        let second = "event: done\ndata: {}\n\n";
        let whole = format!(
            "{HEAD}{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        );
        for cut in 0..whole.len() {
            let mut answer = Answer::default();
            let mut events = answer.push(&whole.as_bytes()[..cut]).unwrap();
            events.extend(answer.push(&whole.as_bytes()[cut..]).unwrap());
            assert_eq!(
                events,
                [event("token", "{\"text\":\"a\"}"), event("done", "{}")],
                "cut at {cut}"
            );
            assert!(answer.has_ended());
        }
    }

    #[test]
    fn a_refusal_is_named_by_its_status_line() {
        let error = Answer::default().push(b"HTTP/1.1 429 Too Many Requests\r\n\r\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the node answered \"HTTP/1.1 429 Too Many Requests\" instead of a stream"
        );
    }

    #[test]
    fn a_chunk_without_a_size_is_an_error() {
        let error = Answer::default().push(format!("{HEAD}zz\r\n").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the answer has a chunk of size \"zz\"");
    }
}
