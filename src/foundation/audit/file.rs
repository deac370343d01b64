//! The audit as a file, which can be checked without the node.
//!
//! One JSON object a line: a header, then a record a line, ordered by chain and number, then how many there were and what nothing
//! goes on from. A record is its very text, because that is what was hashed. Hashes are written as hexadecimal digits.

use super::{
    AuditError, chain,
    verify::{Broken, Check, Report, Row, Start},
};
use crate::foundation::{
    store::{Store, sql::Connection},
    values::Sha256,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
};

/// What the first line calls the file.
const FORMAT: &str = "ladylinux-audit";

/// The version of its form.
const VERSION: u32 = 1;

/// No line is longer than this, in bytes.
const LONGEST_LINE: u64 = 1 << 20;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Header { format: String, version: u32 },
    Record { chain: String, seq: i64, record: String, previous: Sha256, hash: Sha256 },
    End { records: u64, heads: Vec<Sha256> },
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// How many records.
    pub records: u64,
    /// What nothing goes on from yet, newest first.
    pub heads: Vec<Sha256>,
}

/// Writes every record.
pub async fn export(
    store: &Store,
    mut to: impl Write + Send + 'static,
) -> Result<Exported, AuditError> {
    store.read(move |connection| write(connection, &mut to)).await
}

fn write(connection: &Connection, to: &mut impl Write) -> Result<Exported, AuditError> {
    let moment = connection.unchecked_transaction()?;
    put(to, &Line::Header { format: FORMAT.to_owned(), version: VERSION })?;
    let mut query = moment
        .prepare("SELECT chain, seq, record, previous, hash FROM audit ORDER BY chain, seq")?;
    let mut rows = query.query([])?;
    let mut records = 0;
    while let Some(row) = rows.next()? {
        let (chain, seq, record) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (previous, hash): ([u8; 32], [u8; 32]) = (row.get(3)?, row.get(4)?);
        put(
            to,
            &Line::Record { chain, seq, record, previous: previous.into(), hash: hash.into() },
        )?;
        records += 1;
    }
    let heads = chain::heads(&moment)?;
    put(to, &Line::End { records, heads: heads.clone() })?;
    to.flush()?;
    Ok(Exported { records, heads })
}

fn put(to: &mut impl Write, line: &Line) -> Result<(), AuditError> {
    let text = serde_json::to_string(line).map_err(io::Error::from)?;
    Ok(writeln!(to, "{text}")?)
}

/// Checks every record in a file that was exported, and whether those that were `known` as heads are in it.
pub fn verify_file(path: &Path, known: &[Sha256]) -> Result<Report, AuditError> {
    let mut starts = Vec::new();
    let mut lines = Lines::open(path)?;
    // What is wrong with a line is told when its turn comes.
    while let Ok(Some(line)) = lines.next()? {
        if let Line::Record { chain, seq: 1, previous, .. } = line {
            let (chain, previous) = (chain.into_bytes(), previous.as_bytes().to_vec());
            starts.push(Start { chain, previous, line: Some(lines.number) });
        }
    }
    let mut check = Check::new(starts, known);
    let mut lines = Lines::open(path)?;
    let at = |line, chain: &str, seq, what: String| Broken {
        chain: chain.to_owned(),
        seq,
        line: Some(line),
        what,
    };
    let mut read = 0;
    loop {
        let next = lines.next()?;
        let number = lines.number;
        let wrong = match next {
            Ok(Some(Line::Header { format, version })) if number == 1 => {
                if format == FORMAT && version == VERSION {
                    continue;
                }
                format!(
                    "it is {format:?} of version {version}, and this program reads {FORMAT} of version {VERSION}"
                )
            }
            Ok(_) if number == 1 => {
                format!("its first line has no format {FORMAT}: it is no audit file")
            }
            Ok(Some(Line::Record { chain, seq, record, previous, hash })) => {
                let row = Row {
                    chain: chain.as_bytes(),
                    seq,
                    record: record.as_bytes(),
                    previous: previous.as_bytes(),
                    hash: hash.as_bytes(),
                };
                match check.take(&row) {
                    Ok(_) => {
                        read += 1;
                        continue;
                    }
                    Err(what) => return Ok(check.broken(at(number, &chain, seq, what))),
                }
            }
            Ok(Some(Line::End { records, heads })) => {
                if let Ok(None) = lines.next()? {
                    return Ok(ended(check.finish(), (records, read), &heads, number));
                }
                "there is something after it, and it is the last line".to_owned()
            }
            Ok(Some(Line::Header { .. })) => "it is a second header".to_owned(),
            Ok(None) => "the file was cut off: its last line is missing".to_owned(),
            Err(what) => what,
        };
        return Ok(check.broken(at(number, "", 0, wrong)));
    }
}

/// Compares what the last line says with what was found.
fn ended(report: Report, (said, read): (u64, u64), heads: &[Sha256], line: u64) -> Report {
    if report.broken.is_some() || (said == read && report.heads == heads) {
        return report;
    }
    let what = if said == read {
        "it names other heads than those that are there".to_owned()
    } else {
        format!("it says that there are {said} records, and there are {read}")
    };
    let broken = Broken { chain: String::new(), seq: 0, line: Some(line), what };
    Report { broken: Some(broken), heads: Vec::new(), ..report }
}

/// The lines of a file, counted.
struct Lines {
    file: BufReader<File>,
    number: u64,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufReader::new(File::open(path)?), number: 0 })
    }

    /// Returns the next line; what is wrong with it, if it is none of an audit file.
    fn next(&mut self) -> io::Result<Result<Option<Line>, String>> {
        let mut text = Vec::new();
        self.number += 1;
        self.file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            return Ok(Ok(None));
        }
        let Some(text) = text.strip_suffix(b"\n") else {
            return Ok(Err("the line has no end".to_owned()));
        };
        Ok(match serde_json::from_slice::<Line>(text) {
            Err(_) => Err("it is no line of an audit file".to_owned()),
            // Written otherwise, somebody else wrote it, even if it says the same.
            Ok(line) if serde_json::to_vec(&line).is_ok_and(|same| same == text) => Ok(Some(line)),
            Ok(_) => Err("it is not as it was written".to_owned()),
        })
    }
}
