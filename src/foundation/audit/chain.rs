//! The chain: each record is hashed together with the hash of the one before.
//!
//! `hash = SHA-256(previous ‖ chain ‖ "\n" ‖ seq ‖ "\n" ‖ record)`, where `record` is the JSON text as it is stored. The first record
//! of a chain goes on from the newest record that there was, or from 32 zero bytes.

use super::Record;
use crate::foundation::{
    store::{
        Store, StoreError,
        sql::{self, Connection, OptionalExtension, Transaction, params},
    },
    values::{Sha256, Sha256Hasher},
};
use std::io;
use uuid::Uuid;

/// Why the audit was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is no record of codes, so that there may be something in it that somebody said.
    #[error(
        "an audit record takes codes of small letters, digits and _.- alone, and its {0} is none"
    )]
    NoCode(&'static str),
    /// A record cannot be read.
    #[error("record {seq} of the chain {chain} cannot be read: run `ladylinux audit verify`")]
    Unreadable {
        /// Its chain.
        chain: String,
        /// Its number in it.
        seq: i64,
    },
    /// A file cannot be written or read.
    #[error("cannot use the audit file")]
    File(#[from] io::Error),
}

impl From<sql::Error> for AuditError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Writes the audit of one process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Audit {
    store: Store,
    chain: Uuid,
}

impl Audit {
    /// Begins a chain, which has no record yet.
    pub fn new(store: Store) -> Self {
        Self { store, chain: Uuid::now_v7() }
    }

    /// Returns where it is written, for whoever reads it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Writes one record, of a decision that changes nothing durable by itself.
    pub async fn write(&self, record: Record) -> Result<(), AuditError> {
        let audit = self.clone();
        self.store.write(move |transaction| audit.append(transaction, &record)).await
    }

    /// Appends a record in the transaction of what it is about.
    pub fn append(&self, transaction: &Transaction<'_>, record: &Record) -> Result<(), AuditError> {
        if let Some(field) = record.says_more() {
            return Err(AuditError::NoCode(field));
        }
        let chain = self.chain.to_string();
        let own = "SELECT seq, hash FROM audit WHERE chain = ?1 ORDER BY seq DESC LIMIT 1";
        let last: Option<(i64, [u8; 32])> = transaction
            .query_row(own, params![chain], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (seq, previous) = match last {
            Some((seq, hash)) => (seq + 1, hash),
            None => (1, newest(transaction)?),
        };
        let text = serde_json::to_string(record)
            .map_err(|error| sql::Error::ToSqlConversionFailure(Box::new(error)))?;
        let hash = hash(&previous, chain.as_bytes(), seq, text.as_bytes());
        transaction.execute(
            "INSERT INTO audit (chain, seq, at, person, about, record, previous, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                chain,
                seq,
                record.at.0,
                record.person.map(|person| person.to_string()),
                record.about.map(|about| about.to_string()),
                text,
                previous,
                hash.as_bytes(),
            ],
        )?;
        Ok(())
    }
}

/// The last records of chains after which no other chain goes on, newest first. By the time and not by the row: what a restore
/// kept aside comes back in any order.
const HEADS: &str = "WITH ends AS (SELECT chain, max(seq) AS seq FROM audit GROUP BY chain)
    SELECT hash FROM audit JOIN ends USING (chain, seq)
    WHERE hash NOT IN (SELECT previous FROM audit WHERE seq = 1)
    ORDER BY at DESC, chain DESC";

/// Returns the hashes that nothing goes on from yet, newest first: usually one.
pub(super) fn heads(connection: &Connection) -> Result<Vec<Sha256>, AuditError> {
    let mut query = connection.prepare(HEADS)?;
    let heads = query.query_map([], |row| row.get::<_, [u8; 32]>(0))?;
    Ok(heads.map(|head| head.map(Sha256::from)).collect::<Result<_, _>>()?)
}

/// Returns the hash that a new chain goes on from.
fn newest(transaction: &Transaction<'_>) -> Result<[u8; 32], AuditError> {
    Ok(heads(transaction)?.first().map(|head| *head.as_bytes()).unwrap_or_default())
}

/// Returns the hash that a record has.
pub(super) fn hash(previous: &[u8], chain: &[u8], seq: i64, record: &[u8]) -> Sha256 {
    let mut hasher = Sha256Hasher::new();
    hasher.update(previous);
    hasher.update(chain);
    hasher.update(format!("\n{seq}\n").as_bytes());
    hasher.update(record);
    hasher.finish()
}
