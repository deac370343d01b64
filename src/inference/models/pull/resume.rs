//! What an answer means for a file of which there is something already: pure, by its status and two of its headers.
//!
//! Range requests are those of RFC 9110, section 14.

use std::time::Duration;

/// What an answer says before its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// How long its body is, if it says so.
    pub(super) length: Option<u64>,
    /// Its `Content-Range`, if it has one that can be read.
    pub(super) range: Option<Range>,
    /// When to ask again, if it says so.
    pub(super) retry_after: Option<Duration>,
}

/// Which bytes an answer has: from where, if it has any, and of how many, if it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: Option<u64>,
    pub(super) total: Option<u64>,
}

/// How to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The body belongs behind what is here; then the file has so many bytes, if that is known.
    Append(Option<u64>),
    /// The body is the file from its beginning; it has so many bytes, if that is known.
    Begin(Option<u64>),
    /// Nothing is missing.
    Whole,
    /// What is here is of another file, or is none: throw it away, and ask for all of it.
    Discard,
    /// Ask again later.
    Again(Option<Duration>),
    /// It is not given to us.
    Forbidden,
    /// It is not there.
    Gone,
    /// It has another length than it should.
    Length(u64),
    /// None of this.
    Odd,
}

/// Decides how to go on with a file of which `have` bytes are here, and which should have `expected`, if that is known.
pub(super) fn decide(answer: &Answer, have: u64, expected: Option<u64>) -> Next {
    let differs = |total: u64| expected.is_some_and(|expected| expected != total);
    match (answer.status, answer.range) {
        (200, _) => match answer.length {
            Some(total) if differs(total) => Next::Length(total),
            total => Next::Begin(total.or(expected)),
        },
        (206, Some(Range { total: Some(total), .. })) if differs(total) => Next::Length(total),
        (206, Some(Range { start: Some(start), total })) if start == have => {
            Next::Append(total.or(expected))
        }
        (416, Some(Range { total: Some(total), .. })) if total == have && !differs(total) => {
            Next::Whole
        }
        // Ranges are not understood there, or are of something else. The beginning is asked for without one.
        (206 | 416, _) if have > 0 => Next::Discard,
        (401 | 403, _) => Next::Forbidden,
        (404 | 410, _) => Next::Gone,
        (408 | 425 | 429 | 500..=599, _) => Next::Again(answer.retry_after),
        _ => Next::Odd,
    }
}

/// Reads a `Content-Range`, such as `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
pub(super) fn range(text: &str) -> Option<Range> {
    let (bytes, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let total = match total {
        "*" => None,
        number => Some(number.parse().ok()?),
    };
    let start = match bytes {
        "*" => None,
        bytes => Some(bytes.split_once('-')?.0.parse().ok()?),
    };
    Some(Range { start, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, length: Option<u64>, content_range: &str) -> Answer {
        Answer { status, length, range: range(content_range), retry_after: None }
    }

    #[test]
    fn every_answer_means_one_thing() {
        let cases = [
            // Nothing is here yet.
            (of(200, Some(10), ""), 0, Some(10), Next::Begin(Some(10))),
            (of(200, None, ""), 0, Some(10), Next::Begin(Some(10))),
            (of(200, None, ""), 0, None, Next::Begin(None)),
            (of(200, Some(11), ""), 0, Some(10), Next::Length(11)),
            // Something is.
            (of(206, Some(6), "bytes 4-9/10"), 4, Some(10), Next::Append(Some(10))),
            (of(206, Some(6), "bytes 4-9/*"), 4, None, Next::Append(None)),
            (of(206, Some(7), "bytes 4-10/11"), 4, Some(10), Next::Length(11)),
            (of(206, Some(10), "bytes 0-9/10"), 4, Some(10), Next::Discard),
            (of(206, Some(6), "nonsense"), 4, Some(10), Next::Discard),
            // It ignores ranges: the body is all of it.
            (of(200, Some(10), ""), 4, Some(10), Next::Begin(Some(10))),
            (of(416, None, "bytes */10"), 10, Some(10), Next::Whole),
            (of(416, None, "bytes */10"), 10, None, Next::Whole),
            (of(416, None, "bytes */9"), 10, Some(10), Next::Discard),
            (of(416, None, ""), 10, Some(10), Next::Discard),
            // Nobody asked for a range of nothing.
            (of(206, Some(6), "bytes 4-9/10"), 0, Some(10), Next::Odd),
            (of(416, None, ""), 0, Some(10), Next::Odd),
            (of(401, None, ""), 0, None, Next::Forbidden),
            (of(403, None, ""), 4, None, Next::Forbidden),
            (of(404, None, ""), 0, None, Next::Gone),
            (of(503, None, ""), 4, None, Next::Again(None)),
            (of(204, None, ""), 0, None, Next::Odd),
            (of(302, None, ""), 0, None, Next::Odd),
        ];
        for (answer, have, expected, next) in cases {
            assert_eq!(decide(&answer, have, expected), next, "{answer:?} {have} {expected:?}");
        }
    }

    #[test]
    fn a_content_range_is_read_or_is_none() {
        assert_eq!(range("bytes 5-9/10"), Some(Range { start: Some(5), total: Some(10) }));
        assert_eq!(range("bytes 5-9/*"), Some(Range { start: Some(5), total: None }));
        assert_eq!(range("bytes */10"), Some(Range { start: None, total: Some(10) }));
        for wrong in
            ["", "bytes", "bytes 5", "bytes 5/10", "bytes -1-9/10", "items 5-9/10", "bytes 5-9/ten"]
        {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
