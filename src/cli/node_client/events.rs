//! Takes a stream of server-sent events apart, as the HTML standard describes it.

use anyhow::bail;

/// The longest event that is read; the passages of a question are a few kilobytes.
const LONGEST: usize = 8 << 20;

/// One server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct SentEvent {
    /// What it is called.
    pub(in crate::cli) name: String,
    /// What it carries.
    pub(in crate::cli) data: String,
}

/// A stream of events, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// What has come since the last line end.
    line: Vec<u8>,
    /// Whether the last byte was a carriage return, which a line feed may still belong to.
    after_return: bool,
    name: String,
    data: Option<String>,
}

impl Events {
    /// Takes the next bytes and returns the events that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> anyhow::Result<Vec<SentEvent>> {
        let mut events = Vec::new();
        for byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.take(&String::from_utf8_lossy(&line)));
                }
                _ => self.line.push(*byte),
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > LONGEST {
                bail!("the node sent an event of more than {LONGEST} bytes");
            }
        }
        Ok(events)
    }

    /// Takes one line; an empty one completes an event.
    fn take(&mut self, line: &str) -> Option<SentEvent> {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            return self.data.take().map(|data| SentEvent { name, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // A comment (its field is empty), an id, or something of tomorrow.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = ": alive\n\nevent: token\ndata: {\"text\":\"ä\"}\n\nevent:done\r\ndata: a\r\ndata:b\r\n\r\nid: 7\n\nevent: lost\ndata: x";

    fn event(name: &str, data: &str) -> SentEvent {
        SentEvent { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_arrive_whole_however_the_bytes_are_cut() {
        let expected = [event("token", "{\"text\":\"ä\"}"), event("done", "a\nb")];
        for size in 1..STREAM.len() {
            let mut events = Events::default();
            let got: Vec<SentEvent> = STREAM
                .as_bytes()
                .chunks(size)
                .flat_map(|chunk| events.push(chunk).unwrap())
                .collect();
            assert_eq!(got, expected, "cut into {size}");
        }
    }

    #[test]
    fn an_endless_event_is_an_error() {
        let mut events = Events::default();
        assert!(events.push(&vec![b'x'; LONGEST + 1]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_events_or_nothing(bytes: Vec<u8>) {
            drop(Events::default().push(&bytes));
        }
    }
}
