//! Checking that every record continues the one before, as they are stored.

use super::{AuditError, Record, chain};
use crate::foundation::{
    store::{
        Store,
        sql::{self, Connection},
    },
    values::Sha256,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the first record of the first chain goes on from.
pub(super) const NOTHING: [u8; 32] = [0; 32];

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many chains there are: one for each process that wrote.
    pub chains: u64,
    /// How many records.
    pub records: u64,
    /// How often two chains go on from the same record: after a restore, and where two processes wrote at once.
    pub forks: u64,
    /// How many chains go on from nothing: one, and one more for each whose beginnings were only imported later.
    pub beginnings: u64,
    /// What nothing goes on from yet, newest first. None if something is broken.
    pub heads: Vec<Sha256>,
    /// Those that were known before, and are gone.
    pub lost: Vec<Sha256>,
    /// The first record that is not as it was written, or does not continue the one before.
    pub broken: Option<Broken>,
}

impl Report {
    /// Whether everything is as it was written, as far as that can be told.
    pub fn is_clean(&self) -> bool {
        self.broken.is_none() && self.lost.is_empty()
    }
}

/// A record that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Its chain; empty for a line that is no record.
    pub chain: String,
    /// Its number in the chain.
    pub seq: i64,
    /// Its line, in a file.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// Checks every record in the database, and whether those that were `known` as heads are still there.
pub async fn verify(store: &Store, known: Vec<Sha256>) -> Result<Report, AuditError> {
    store.read(move |connection| of_table(connection, &known)).await
}

/// One record, as it is stored.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) chain: &'a [u8],
    pub(super) seq: i64,
    pub(super) record: &'a [u8],
    pub(super) previous: &'a [u8],
    pub(super) hash: &'a [u8],
}

/// Takes all records, ordered by chain and number.
#[derive(Debug)]
pub(super) struct Check {
    /// What chains go on from: how many do, and whether it was found.
    wanted: BTreeMap<Vec<u8>, (u64, bool)>,
    /// The chains by what they go on from, to name one that goes on from what is gone.
    starts: Vec<Start>,
    known: Vec<(Sha256, bool)>,
    last: Option<Last>,
    /// The last records of chains that nobody goes on from, by their time and chain.
    heads: BTreeMap<(i64, Vec<u8>), Sha256>,
    report: Report,
}

/// The first record of a chain.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) chain: Vec<u8>,
    pub(super) previous: Vec<u8>,
    pub(super) line: Option<u64>,
}

#[derive(Debug)]
struct Last {
    chain: Vec<u8>,
    seq: i64,
    hash: Vec<u8>,
    at: i64,
}

impl Check {
    pub(super) fn new(starts: Vec<Start>, known: &[Sha256]) -> Self {
        let mut wanted: BTreeMap<Vec<u8>, (u64, bool)> = BTreeMap::new();
        for start in starts.iter().filter(|start| start.previous != NOTHING) {
            wanted.entry(start.previous.clone()).or_default().0 += 1;
        }
        Self {
            wanted,
            starts,
            known: known.iter().map(|known| (*known, false)).collect(),
            last: None,
            heads: BTreeMap::new(),
            report: Report::default(),
        }
    }

    /// Takes the next record, and returns it as it is to be read; an error says what is wrong with it.
    pub(super) fn take(&mut self, row: &Row<'_>) -> Result<Record, String> {
        let Row { chain, seq, record, previous, hash } = *row;
        let last = self.last.take();
        match &last {
            Some(last) if last.chain == chain => {
                if seq != last.seq + 1 {
                    return Err(format!(
                        "record {} is missing, or another was put in",
                        last.seq + 1
                    ));
                }
                if previous != last.hash {
                    return Err("it does not continue the record before".to_owned());
                }
            }
            other => {
                if other.as_ref().is_some_and(|last| last.chain.as_slice() > chain) {
                    return Err("its chain was over before".to_owned());
                }
                if seq != 1 {
                    return Err("the records before it in its chain are missing".to_owned());
                }
                self.report.chains += 1;
                self.report.beginnings += u64::from(previous == NOTHING);
            }
        }
        if chain::hash(previous, chain, seq, record).as_bytes() != hash {
            return Err("it is not what was hashed when it was written".to_owned());
        }
        let read: Record = serde_json::from_slice(record)
            .map_err(|_| "it has its hash, and is no record of the audit".to_owned())?;
        if let Some(last) = last {
            let goes_on = last.chain == chain;
            self.leave(last, goes_on);
        }
        for (_, found) in self.known.iter_mut().filter(|(known, _)| known.as_bytes() == hash) {
            *found = true;
        }
        if let Some((_, found)) = self.wanted.get_mut(hash) {
            *found = true;
        }
        self.report.records += 1;
        let (chain, hash, at) = (chain.to_vec(), hash.to_vec(), read.at.0);
        self.last = Some(Last { chain, seq, hash, at });
        Ok(read)
    }

    /// Counts who goes on from a record, once it is known whether its own chain does.
    fn leave(&mut self, left: Last, goes_on: bool) {
        let others = self.wanted.get(&left.hash).map_or(0, |(chains, _)| *chains);
        let all = others + u64::from(goes_on);
        self.report.forks += all.saturating_sub(1);
        if all == 0
            && let Ok(hash) = <[u8; 32]>::try_from(left.hash)
        {
            self.heads.insert((left.at, left.chain), hash.into());
        }
    }

    /// Ends the check after the last record.
    pub(super) fn finish(mut self) -> Report {
        if let Some(last) = self.last.take() {
            self.leave(last, false);
        }
        let is_gone = |start: &&Start| self.wanted.get(&start.previous).is_some_and(|one| !one.1);
        if let Some(start) = self.starts.iter().find(is_gone) {
            let broken = Broken {
                chain: String::from_utf8_lossy(&start.chain).into_owned(),
                seq: 1,
                line: start.line,
                what: "it goes on from a record that is missing".to_owned(),
            };
            return self.broken(broken);
        }
        self.report.heads = self.heads.values().rev().copied().collect();
        let lost = self.known.iter().filter(|(_, found)| !found);
        self.report.lost = lost.map(|(known, _)| *known).collect();
        self.report
    }

    /// Ends the check at a record that is not as it was written.
    pub(super) fn broken(self, broken: Broken) -> Report {
        Report { broken: Some(broken), ..self.report }
    }
}

// Indexes are left out: what they say of the table may be as wrong as the table.
const STARTS: &str = "SELECT chain, previous FROM audit NOT INDEXED WHERE seq = 1 ORDER BY chain";
const ROWS: &str =
    "SELECT chain, seq, record, previous, hash, at, person, about FROM audit NOT INDEXED
    ORDER BY chain, seq";

fn of_table(connection: &Connection, known: &[Sha256]) -> Result<Report, AuditError> {
    // Both queries see the same moment.
    let moment = connection.unchecked_transaction()?;
    let mut query = moment.prepare(STARTS)?;
    let starts = query.query_map([], |row| {
        let (chain, previous) = (bytes(row, 0)?, bytes(row, 1)?);
        Ok(Start { chain, previous, line: None })
    })?;
    let mut check = Check::new(starts.collect::<Result<_, _>>()?, known);
    let mut query = moment.prepare(ROWS)?;
    let mut rows = query.query([])?;
    while let Some(stored) = rows.next()? {
        let (chain, record) = (bytes(stored, 0)?, bytes(stored, 2)?);
        let (seq, previous, hash) = (stored.get(1)?, bytes(stored, 3)?, bytes(stored, 4)?);
        let row = Row { chain: &chain, seq, record: &record, previous: &previous, hash: &hash };
        let taken = check.take(&row).and_then(|record| match contradicts(stored, &record) {
            Ok(None) => Ok(()),
            Ok(Some(column)) => {
                Err(format!("its column {column} says something else than the record"))
            }
            Err(error) => Err(error.to_string()),
        });
        if let Err(what) = taken {
            let chain = String::from_utf8_lossy(&chain).into_owned();
            return Ok(check.broken(Broken { chain, seq, line: None, what }));
        }
    }
    Ok(check.finish())
}

/// Returns a text or a blob as it is stored, whether it is valid or not.
fn bytes(row: &sql::Row<'_>, column: usize) -> sql::Result<Vec<u8>> {
    Ok(row.get_ref(column)?.as_bytes().map(<[u8]>::to_vec).unwrap_or_default())
}

/// Names the column by which a record would be found, or not, against what it says.
fn contradicts(row: &sql::Row<'_>, record: &Record) -> sql::Result<Option<&'static str>> {
    let (at, person, about): (i64, Option<Vec<u8>>, Option<Vec<u8>>) =
        (row.get(5)?, text(row, 6)?, text(row, 7)?);
    let same =
        |found: &Option<Vec<u8>>, said: Option<String>| *found == said.map(String::into_bytes);
    Ok(if at != record.at.0 {
        Some("at")
    } else if !same(&person, record.person.map(|person| person.to_string())) {
        Some("person")
    } else if !same(&about, record.about.map(|about| about.to_string())) {
        Some("about")
    } else {
        None
    })
}

fn text(row: &sql::Row<'_>, column: usize) -> sql::Result<Option<Vec<u8>>> {
    Ok(row.get_ref(column)?.as_bytes_or_null().ok().flatten().map(<[u8]>::to_vec))
}
