//! Files of systemd's journal, read from their ends.
//!
//! The form is documented at <https://systemd.io/JOURNAL_FILE_FORMAT/>. A journal keeps, for each value of each field, a list
//! of the entries that have it: so the errors of the last day are found without reading anything else, however large a file
//! is. A file may be damaged, and is written while it is read: every offset is checked, and no chain is followed in a circle.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
};

const SIGNATURE: &[u8; 8] = b"LPKSHHRH";
const HEADER: usize = 208;

/// Flags of files that are read: packed with xz, lz4 or zstd, hashes with a key (they are not used), and compact.
const KNOWN: u32 = XZ_FILE | LZ4_FILE | KEYED | ZSTD_FILE | COMPACT;
const XZ_FILE: u32 = 1;
const LZ4_FILE: u32 = 2;
const KEYED: u32 = 4;
const ZSTD_FILE: u32 = 8;
const COMPACT: u32 = 16;

const DATA: u8 = 1;
const FIELD: u8 = 2;
const ENTRY: u8 = 3;
const ENTRY_ARRAY: u8 = 6;

const LZ4: u8 = 2;
const ZSTD: u8 = 4;
const PACKED: u8 = 7;

/// An honest file has fewer fields, values of one priority, arrays of entries, and values in an entry.
const MOST_BUCKETS: u64 = 1 << 16;
const MOST_IN_CHAIN: usize = 4096;
const MOST_ARRAYS: usize = 4096;
const MOST_ITEMS: usize = 1024;

/// How much of a value is read.
const LONGEST_VALUE: usize = 4096;

/// How many values are remembered; most entries of a unit share theirs.
const REMEMBERED: usize = 2048;

/// One file of a journal.
pub(super) struct Journal {
    file: File,
    length: u64,
    compact: bool,
    field_table: (u64, u64),
    /// When its last entry was written, in microseconds.
    pub(super) last: u64,
    values: RefCell<HashMap<u64, Option<Value>>>,
}

/// A value that says something about an entry.
pub(super) type Value = (Name, String);

/// The fields that are read (`systemd.journal-fields(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Message,
    /// The unit that systemd writes about.
    About,
    /// The unit that writes.
    Unit,
    UserUnit,
    Identifier,
    Transport,
    Facility,
    Container,
}

const NAMES: &[(&str, Name)] = &[
    ("MESSAGE=", Name::Message),
    ("UNIT=", Name::About),
    ("_SYSTEMD_UNIT=", Name::Unit),
    ("_SYSTEMD_USER_UNIT=", Name::UserUnit),
    ("SYSLOG_IDENTIFIER=", Name::Identifier),
    ("_TRANSPORT=", Name::Transport),
    ("SYSLOG_FACILITY=", Name::Facility),
    ("CONTAINER_NAME=", Name::Container),
];

/// An entry, with what it says.
pub(super) struct Entry {
    /// When it was written, in microseconds.
    pub(super) at: u64,
    pub(super) values: Vec<Value>,
}

impl Journal {
    /// Opens a file, and looks at its header.
    pub(super) fn open(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, 0)?;
        if &header[..8] != SIGNATURE {
            return Err(broken("it is no journal"));
        }
        let flags = u32_at(&header, 12);
        if flags & !KNOWN != 0 {
            let what = format!("it has features that are not known ({:#x})", flags & !KNOWN);
            return Err(io::Error::new(io::ErrorKind::Unsupported, what));
        }
        Ok(Self {
            file,
            length: metadata.len(),
            compact: flags & COMPACT != 0,
            field_table: (u64_at(&header, 120), u64_at(&header, 128)),
            last: u64_at(&header, 192),
            values: RefCell::default(),
        })
    }

    /// Returns the entries of a priority, the newest first: for each the offset of its object.
    pub(super) fn of_priority(&self, priority: usize, most: usize) -> io::Result<(Vec<u64>, bool)> {
        let wanted = format!("PRIORITY={priority}");
        let Some(field) = self.field(b"PRIORITY")? else { return Ok((Vec::new(), true)) };
        let mut next = u64_at(&self.object(field, FIELD, 40)?, 32);
        for _ in 0..MOST_IN_CHAIN {
            if next == 0 {
                return Ok((Vec::new(), true));
            }
            let (data, value) = self.data(next, wanted.len() + 1)?;
            if value == wanted.as_bytes() {
                return self.newest(&data, most);
            }
            next = u64_at(&data, 32);
        }
        Err(broken("a list of values has no end"))
    }

    /// Reads an entry.
    pub(super) fn entry(&self, offset: u64) -> io::Result<Entry> {
        let size = self.size(offset, ENTRY)?;
        let width = if self.compact { 4 } else { 16 };
        let items = usize::try_from(size.saturating_sub(64)).unwrap_or(usize::MAX) / width;
        if items > MOST_ITEMS {
            return Err(broken("an entry has too many values"));
        }
        let entry = self.object(offset, ENTRY, 64 + items * width)?;
        let mut values = Vec::new();
        for item in entry[64..].chunks_exact(width) {
            let data = if self.compact { u64::from(u32_at(item, 0)) } else { u64_at(item, 0) };
            values.extend(self.value(data)?);
        }
        Ok(Entry { at: u64_at(&entry, 24), values })
    }

    /// Returns when an entry was written.
    pub(super) fn time(&self, offset: u64) -> io::Result<u64> {
        Ok(u64_at(&self.object(offset, ENTRY, 32)?, 24))
    }

    /// Finds the object of a field. There are few fields, so all of them are looked at, which needs no hash.
    fn field(&self, name: &[u8]) -> io::Result<Option<u64>> {
        let (table, size) = self.field_table;
        let buckets = size / 16;
        if buckets > MOST_BUCKETS {
            return Err(broken("its table of fields is too large"));
        }
        let mut heads =
            vec![0; usize::try_from(buckets * 16).map_err(|_| broken("it is too large"))?];
        self.exactly(table, &mut heads)?;
        let mut left = MOST_IN_CHAIN;
        for bucket in heads.chunks_exact(16) {
            let mut next = u64_at(bucket, 0);
            while next != 0 {
                left = left.checked_sub(1).ok_or_else(|| broken("a list of fields has no end"))?;
                let length = usize::try_from(self.size(next, FIELD)?).unwrap_or(usize::MAX);
                if length == 40 + name.len() {
                    let field = self.object(next, FIELD, length)?;
                    if &field[40..] == name {
                        return Ok(Some(next));
                    }
                }
                next = u64_at(&self.object(next, FIELD, 32)?, 24);
            }
        }
        Ok(None)
    }

    /// Returns the newest entries that have a value, and whether that is all of them.
    fn newest(&self, data: &[u8], most: usize) -> io::Result<(Vec<u64>, bool)> {
        let (first, array, count) = (u64_at(data, 40), u64_at(data, 48), u64_at(data, 56));
        let width: u64 = if self.compact { 4 } else { 8 };
        // The arrays stand one behind the other, each larger than the one before.
        let (mut arrays, mut next) = (Vec::new(), array);
        let mut left = count.saturating_sub(1);
        while next != 0 && left > 0 {
            if arrays.len() == MOST_ARRAYS {
                return Err(broken("a list of entries has no end"));
            }
            let room = self.size(next, ENTRY_ARRAY)?.saturating_sub(24) / width;
            let used = room.min(left);
            left -= used;
            arrays.push((next, used));
            let after = u64_at(&self.object(next, ENTRY_ARRAY, 24)?, 16);
            if after != 0 && after <= next {
                return Err(broken("a list of entries goes in a circle"));
            }
            next = after;
        }
        let mut entries = Vec::new();
        let bytes = usize::try_from(width).unwrap_or(8);
        for (array, used) in arrays.into_iter().rev() {
            let room = most.saturating_sub(entries.len());
            let wanted = used.min(u64::try_from(room).unwrap_or(u64::MAX));
            let mut items =
                vec![0; usize::try_from(wanted * width).map_err(|_| broken("it is too large"))?];
            self.exactly(array + 24 + (used - wanted) * width, &mut items)?;
            let offset = |item: &[u8]| {
                if self.compact { u64::from(u32_at(item, 0)) } else { u64_at(item, 0) }
            };
            // What is being written is empty yet.
            entries
                .extend(items.chunks_exact(bytes).rev().map(offset).filter(|offset| *offset != 0));
            if wanted < used {
                return Ok((entries, false));
            }
        }
        if count > 0 && first != 0 {
            entries.push(first);
        }
        let complete = entries.len() <= most;
        entries.truncate(most);
        Ok((entries, complete))
    }

    /// Returns what a value says, if it is of a field that is read.
    fn value(&self, offset: u64) -> io::Result<Option<Value>> {
        if let Some(known) = self.values.borrow().get(&offset) {
            return Ok(known.clone());
        }
        let (_, bytes) = self.data(offset, LONGEST_VALUE)?;
        let found = NAMES.iter().find_map(|(prefix, name)| {
            let value = bytes.strip_prefix(prefix.as_bytes())?;
            Some((*name, String::from_utf8_lossy(value).into_owned()))
        });
        let mut values = self.values.borrow_mut();
        let of_one_entry = found.as_ref().is_some_and(|(name, _)| *name == Name::Message);
        if !of_one_entry && values.len() < REMEMBERED {
            values.insert(offset, found.clone());
        }
        Ok(found)
    }

    /// Reads a value: the head of its object, and as much of what it holds.
    fn data(&self, offset: u64, most: usize) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let begin = if self.compact { 72 } else { 64 };
        let size = usize::try_from(self.size(offset, DATA)?).unwrap_or(usize::MAX);
        let stored = size.checked_sub(begin).ok_or_else(|| broken("a value is too short"))?;
        let head = self.object(offset, DATA, begin)?;
        let packed = head[1] & PACKED;
        // The beginning of what is packed is only to be had with what follows it.
        let mut held = vec![0; stored.min(if packed == 0 { most } else { 16 * LONGEST_VALUE })];
        self.exactly(offset + u64::try_from(begin).unwrap_or(72), &mut held)?;
        let value = match packed {
            0 => held,
            LZ4 => unpack_lz4(&held, most),
            ZSTD => unpack_zstd(&held, most),
            // xz, which no systemd has written by itself since 2020.
            _ => Vec::new(),
        };
        Ok((head, value))
    }

    /// Returns the size of the object at an offset, which must be of this kind and lie in the file.
    fn size(&self, offset: u64, kind: u8) -> io::Result<u64> {
        let mut head = [0; 16];
        if !offset.is_multiple_of(8) || offset < 64 {
            return Err(broken("something stands where nothing can"));
        }
        self.exactly(offset, &mut head)?;
        let size = u64_at(&head, 8);
        let end = offset.checked_add(size).ok_or_else(|| broken("an object is too large"))?;
        if head[0] != kind || size < 16 || end > self.length {
            return Err(broken("an object is not what it should be"));
        }
        Ok(size)
    }

    /// Reads the beginning of an object.
    fn object(&self, offset: u64, kind: u8, length: usize) -> io::Result<Vec<u8>> {
        let size = self.size(offset, kind)?;
        if usize::try_from(size).is_ok_and(|size| size < length) {
            return Err(broken("an object is too short"));
        }
        let mut bytes = vec![0; length];
        self.exactly(offset, &mut bytes)?;
        Ok(bytes)
    }

    fn exactly(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset)
    }
}

/// Unpacks a block of lz4 behind its length; what is longer than can be honest is left out.
fn unpack_lz4(packed: &[u8], most: usize) -> Vec<u8> {
    let Some((length, block)) = packed.split_first_chunk::<8>() else { return Vec::new() };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > 64 * LONGEST_VALUE {
        return Vec::new();
    }
    let mut value = lz4_flex::block::decompress(block, length).unwrap_or_default();
    value.truncate(most);
    value
}

/// Unpacks the beginning of a frame of zstd.
fn unpack_zstd(packed: &[u8], most: usize) -> Vec<u8> {
    let mut value = Vec::new();
    if let Ok(frame) = ruzstd::decoding::StreamingDecoder::new(packed) {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        // Of a frame that breaks off, the beginning is still what it was.
        drop(frame.take(most).read_to_end(&mut value));
    }
    value
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().copied().map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().copied().map_or(0, u64::from_le_bytes)
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_values_are_unpacked_to_a_limit() {
        let text = "a word ".repeat(2000);
        let mut lz4 = u64::try_from(text.len()).unwrap().to_le_bytes().to_vec();
        lz4.extend(lz4_flex::block::compress(text.as_bytes()));
        assert_eq!(unpack_lz4(&lz4, 700), text.as_bytes()[..700]);
        assert!(unpack_lz4(&lz4[..60], 700).is_empty());
        assert!(unpack_lz4(&[0xff; 64], 700).is_empty());
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let zstd = ruzstd::encoding::compress_to_vec(text.as_bytes(), level);
        assert_eq!(unpack_zstd(&zstd, 700), text.as_bytes()[..700]);
        assert!(unpack_zstd(b"nothing", 700).is_empty());
    }
}
