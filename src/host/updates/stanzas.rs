//! Files of stanzas, as dpkg and apt write them (`deb822(5)`), read one stanza at a time.

use std::io::{self, BufRead};

/// No line that is read here is longer; dependencies of meta-packages come to some ten thousand bytes.
const LONGEST_LINE: usize = 256 << 10;

/// The values of the fields that were asked for, in their order; empty if a stanza has none.
pub(super) type Values<const N: usize> = [String; N];

/// Calls `visit` with the fields of each stanza, and returns how many there were.
///
/// A line that is too long, and bytes that are no text, are an error: nothing of what follows could be believed.
pub(super) fn each<const N: usize>(
    mut file: impl BufRead,
    fields: [&str; N],
    mut visit: impl FnMut(&Values<N>),
) -> io::Result<u64> {
    let mut values: Values<N> = std::array::from_fn(|_| String::new());
    let (mut line, mut count, mut any) = (Vec::new(), 0_u64, false);
    loop {
        line.clear();
        let read = bounded(&mut file, &mut line)?;
        let text = line.trim_ascii_end();
        if text.is_empty() {
            if any {
                visit(&values);
                count += 1;
                values.iter_mut().for_each(String::clear);
                any = false;
            }
            if read == 0 {
                return Ok(count);
            }
            continue;
        }
        any = true;
        // A line that goes on begins with space.
        if matches!(text[0], b' ' | b'\t') {
            continue;
        }
        let wanted = fields.iter().position(|field| {
            text.strip_prefix(field.as_bytes()).is_some_and(|rest| rest.first() == Some(&b':'))
        });
        if let Some(at) = wanted {
            let value = text[fields[at].len() + 1..].trim_ascii();
            let value = std::str::from_utf8(value).map_err(|_| malformed("it is no text"))?;
            value.clone_into(&mut values[at]);
        }
    }
}

/// Reads a line with its end, whose length is limited.
fn bounded(file: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let limit = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
    let read = io::Read::take(file.by_ref(), limit).read_until(b'\n', line)?;
    if read == LONGEST_LINE {
        return Err(malformed("a line of it has no end"));
    }
    Ok(read)
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8]) -> io::Result<Vec<[String; 2]>> {
        let mut found = Vec::new();
        each(text, ["Package", "Version"], |values| found.push(values.clone()))?;
        Ok(found)
    }

    #[test]
    fn stanzas_are_told_apart_and_lines_that_go_on_are_passed_over() {
        let text = b"\nPackage: a\nPackages: b\nDescription: one\n Version: 9\n .\nVersion: 1\n\n\nVersion:2";
        let found = all(text).unwrap();
        assert_eq!(found, [["a".to_owned(), "1".to_owned()], [String::new(), "2".to_owned()]]);
        assert!(all(b"").unwrap().is_empty());
    }

    #[test]
    fn what_could_be_anything_is_an_error() {
        assert!(all(&vec![b'x'; LONGEST_LINE + 1]).is_err());
        assert!(all(b"Package: \xff\xfe\n").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_stanzas_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(all(&bytes));
        }
    }
}
