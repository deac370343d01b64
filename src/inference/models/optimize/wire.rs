//! Protocol Buffers as they lie in a file: fields found by their places, and what is not looked at stays unread.
//!
//! A graph file is one message of up to 2 GB, nearly all of it weights. Decoded into structures it would be in memory twice, and
//! what a schema does not know would be lost; so fields are copied as they are, and only those that change are written anew.
//! The encoding is that of <https://protobuf.dev/programming-guides/encoding/>.

use std::{
    fs::File,
    io::{self, BufReader, Read},
};

/// Nobody's name, node or declaration is longer; weights are.
const LONGEST_MESSAGE: u64 = 64 << 20;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// A number of four or eight bytes.
    Fixed(&'a [u8]),
}

/// One field of a message in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) number: u64,
    pub(super) value: Value<'a>,
    /// The field as it was, its tag included.
    pub(super) raw: &'a [u8],
}

/// The place of one field in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) number: u64,
    /// Where its tag begins.
    pub(super) start: u64,
    /// Where a message or text in it begins.
    pub(super) body: u64,
    pub(super) end: u64,
    /// The number in it, where it holds one.
    pub(super) varint: Option<u64>,
}

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    #[error("it ends in the middle of a field")]
    Cut,
    #[error("it is no Protocol Buffers message")]
    Foreign,
    #[error("a part of it that should be small has {0} bytes")]
    Long(u64),
    #[error("its weights lie outside its folder")]
    Outside,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The fields of a message in memory.
pub(super) fn fields(mut rest: &[u8]) -> impl Iterator<Item = Result<Field<'_>, Malformed>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let read = field(rest);
        rest = read.as_ref().map_or(&[][..], |field| &rest[field.raw.len()..]);
        Some(read)
    })
}

fn field(message: &[u8]) -> Result<Field<'_>, Malformed> {
    let mut at = 0;
    let varint = |at: &mut usize| {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *message.get(*at).ok_or(Malformed::Cut)?;
            *at += 1;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed::Foreign)
    };
    let tag = varint(&mut at)?;
    let (length, kind) = match tag & 7 {
        0 => (0, 0),
        1 => (8, 1),
        2 => (usize::try_from(varint(&mut at)?).map_err(|_| Malformed::Cut)?, 2),
        5 => (4, 5),
        _ => return Err(Malformed::Foreign),
    };
    let number = if kind == 0 { Some(varint(&mut at)?) } else { None };
    let end = at.checked_add(length).filter(|&end| end <= message.len()).ok_or(Malformed::Cut)?;
    let body = &message[at..end];
    let value = match (number, kind) {
        (Some(number), _) => Value::Varint(number),
        (None, 2) => Value::Bytes(body),
        (None, _) => Value::Fixed(body),
    };
    Ok(Field { number: tag >> 3, value, raw: &message[..end] })
}

/// A file whose messages are walked through without reading what is in them.
pub(super) struct Walk {
    reader: BufReader<File>,
    at: u64,
    length: u64,
}

impl Walk {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { reader: BufReader::with_capacity(1 << 16, file), at: 0, length })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns the place of the field at `at` in a message that goes to `end`.
    pub(super) fn field(&mut self, at: u64, end: u64) -> Result<Place, Malformed> {
        self.go(at)?;
        let tag = self.varint()?;
        let (length, varint) = match tag & 7 {
            0 => (0, Some(self.varint()?)),
            1 => (8, None),
            2 => (self.varint()?, None),
            5 => (4, None),
            _ => return Err(Malformed::Foreign),
        };
        let (number, body) = (tag >> 3, self.at);
        if number == 0 {
            return Err(Malformed::Foreign);
        }
        let last = body.checked_add(length).filter(|&last| last <= end);
        Ok(Place { number, start: at, body, end: last.ok_or(Malformed::Cut)?, varint })
    }

    /// Returns the places of all fields of a message.
    pub(super) fn fields(&mut self, start: u64, end: u64) -> Result<Vec<Place>, Malformed> {
        let (mut places, mut at) = (Vec::new(), start);
        while at < end {
            let place = self.field(at, end)?;
            at = place.end;
            places.push(place);
        }
        Ok(places)
    }

    /// Returns what is in a field that is small.
    pub(super) fn body(&mut self, place: Place) -> Result<Vec<u8>, Malformed> {
        let length = place.end - place.body;
        if length > LONGEST_MESSAGE {
            return Err(Malformed::Long(length));
        }
        self.go(place.body)?;
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| Malformed::Long(length))?];
        self.reader.read_exact(&mut bytes).map_err(cut)?;
        self.at = place.end;
        Ok(bytes)
    }

    fn go(&mut self, to: u64) -> io::Result<()> {
        self.reader.seek_relative(to.cast_signed() - self.at.cast_signed())?;
        self.at = to;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.reader.read_exact(&mut byte).map_err(cut)?;
            self.at += 1;
            number |= u64::from(byte[0] & 0x7F) << shift;
            if byte[0] < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed::Foreign)
    }
}

fn cut(error: io::Error) -> Malformed {
    if error.kind() == io::ErrorKind::UnexpectedEof { Malformed::Cut } else { error.into() }
}

/// Appends a number, as it lies in a message.
pub(super) fn put_varint(message: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        message.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    message.push(number.to_le_bytes()[0]);
}

/// Appends a field that holds a number.
pub(super) fn put_number(message: &mut Vec<u8>, field: u64, number: u64) {
    put_varint(message, field << 3);
    put_varint(message, number);
}

/// Appends a field that holds a text or a message.
pub(super) fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_length(message, field, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

/// Appends the beginning of a field that holds so many bytes.
pub(super) fn put_length(message: &mut Vec<u8>, field: u64, length: u64) {
    put_varint(message, field << 3 | 2);
    put_varint(message, length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_unknown_fields_keep_their_bytes() {
        let mut message = Vec::new();
        put_number(&mut message, 3, 300);
        put_bytes(&mut message, 99, b"unheard of");
        message.extend([(2 << 3) | 5, 1, 2, 3, 4]);
        let read: Vec<_> = fields(&message).map(Result::unwrap).collect();
        let values: Vec<_> = read.iter().map(|field| (field.number, field.value)).collect();
        assert_eq!(
            values,
            [
                (3, Value::Varint(300)),
                (99, Value::Bytes(b"unheard of")),
                (2, Value::Fixed(&[1, 2, 3, 4]))
            ]
        );
        assert_eq!(read.iter().flat_map(|field| field.raw).copied().collect::<Vec<_>>(), message);
    }

    #[test]
    fn a_message_that_is_cut_anywhere_is_told_from_a_whole_one() {
        let mut message = Vec::new();
        put_bytes(&mut message, 1, b"name");
        put_number(&mut message, 2, u64::MAX);
        let whole = [0, 6, message.len()];
        for length in 0..=message.len() {
            let read = fields(&message[..length]).collect::<Result<Vec<_>, _>>();
            assert_eq!(read.is_ok(), whole.contains(&length), "{length}");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("m");
            std::fs::write(&path, &message[..length]).unwrap();
            let mut walk = Walk::new(File::open(&path).unwrap()).unwrap();
            assert_eq!(walk.fields(0, length as u64).is_ok(), whole.contains(&length), "{length}");
        }
    }
}
