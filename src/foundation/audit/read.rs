//! Reading records, oldest first.

use super::{AuditError, Record, chain};
use crate::foundation::{
    store::{Store, sql::named_params},
    values::{PersonId, Sha256, time::Timestamp},
};
use uuid::Uuid;

/// Which records are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Those that concern this person.
    pub person: Option<PersonId>,
    /// Those about this command, update or delegation.
    pub about: Option<Uuid>,
    /// None from before this.
    pub since: Option<Timestamp>,
    /// None from this on.
    pub until: Option<Timestamp>,
    /// So many of the last; all of them if not given.
    pub limit: Option<u32>,
}

const LISTED: &str = "SELECT chain, seq, record FROM audit
    WHERE (:person IS NULL OR person = :person) AND (:about IS NULL OR about = :about)
      AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
    ORDER BY at DESC, chain DESC, seq DESC LIMIT :limit";

/// Returns the records that the filter lets through, oldest first.
pub async fn list(store: &Store, filter: Filter) -> Result<Vec<Record>, AuditError> {
    let Filter { person, about, since, until, limit } = filter;
    store
        .read(move |connection| {
            let mut query = connection.prepare(LISTED)?;
            let mut rows = query.query(named_params! {
                ":person": person.map(|person| person.to_string()),
                ":about": about.map(|about| about.to_string()),
                ":since": since.map(|since| since.0),
                ":until": until.map(|until| until.0),
                ":limit": limit.map_or(-1, i64::from),
            })?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                let (chain, seq): (String, i64) = (row.get(0)?, row.get(1)?);
                let text = row.get_ref(2)?.as_bytes().unwrap_or_default();
                let record: Record = serde_json::from_slice(text)
                    .map_err(|_| AuditError::Unreadable { chain, seq })?;
                records.push(record);
            }
            records.reverse();
            Ok(records)
        })
        .await
}

/// Returns the hashes that nothing goes on from yet, newest first: to be noted elsewhere.
pub async fn heads(store: &Store) -> Result<Vec<Sha256>, AuditError> {
    store.read(chain::heads).await
}
