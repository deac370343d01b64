//! What is kept of a person, told to them, and taken away.

use super::{Circumstances, Claim, Handle, People, PeopleError, Person, ProfileField, roles, rows};
use crate::{
    foundation::{
        audit::Decision,
        store::sql::{self, Connection, params},
        values::{PersonId, time::Timestamp},
    },
    policy::Role,
};
use serde::Serialize;

/// A voiceprint as it is told of: without the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Printed {
    /// Names it.
    pub id: String,
    /// The model that made it.
    pub model: String,
    /// How sure it is, in thousandths.
    pub confidence: u16,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One statement, without who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Which part of a profile it would be.
    pub field: &'static str,
    /// What it says.
    pub value: String,
    /// When it was said first.
    pub at: Timestamp,
    /// The short name of whom it is about; none if it is about oneself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Handle>,
}

/// Everything that is kept of a person.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    /// Who they are.
    pub person: Person,
    /// Their profile.
    pub profile: Vec<Exported>,
    /// What they said of others.
    pub said_of_others: Vec<Told>,
    /// What somebody said of them.
    pub somebody_said: Vec<Told>,
    /// Their voiceprints, without the templates.
    pub voiceprints: Vec<Printed>,
    /// The names of their tokens.
    pub tokens: Vec<String>,
    /// The documents that only they may read, by path.
    pub documents: Vec<String>,
    /// What was decided about them: codes and names, no content.
    pub audit: Vec<serde_json::Value>,
}

/// One part of a profile, as it is exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    field: &'static str,
    value: String,
    visibility: &'static str,
    confidence: &'static str,
    source: String,
    updated_at: Timestamp,
    updated_by: String,
}

/// What was taken away with a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// How many parts their profile had.
    pub fields: u32,
    /// How many statements by them and about them there were.
    pub claims: u32,
    /// How many voiceprints they had.
    pub voiceprints: u32,
    /// The names of tokens that belong to nobody in particular now.
    pub tokens: Vec<String>,
    /// The documents that still name them as their reader, by path.
    pub documents: Vec<String>,
}

impl From<ProfileField> for Exported {
    fn from(field: ProfileField) -> Self {
        Self {
            field: field.field.name(),
            visibility: rows::visibility_name(field.visibility),
            confidence: rows::level_name(field.confidence),
            source: rows::source_name(field.source),
            updated_at: field.updated_at,
            updated_by: field.updated_by,
            value: field.value.0,
        }
    }
}

impl People {
    /// Returns everything that is kept of a person, and writes down that it was told.
    pub async fn export(
        &self,
        person: PersonId,
        how: Circumstances,
    ) -> Result<Export, PeopleError> {
        let people = self.clone();
        self.store
            .write(move |transaction| {
                let record =
                    how.record(person, (None, "export"), (Decision::Disclosed, "exported"));
                let export = everything(transaction, person)?;
                people.audit.append(transaction, &record)?;
                Ok(export)
            })
            .await
    }

    /// Returns a person's voiceprints, without the templates.
    pub async fn voiceprints(&self, person: PersonId) -> Result<Vec<Printed>, PeopleError> {
        self.store.read(move |connection| printed(connection, person)).await
    }

    /// Deletes one of a person's voiceprints; its template is overwritten.
    pub async fn delete_voiceprint(
        &self,
        person: PersonId,
        id: &str,
        how: Circumstances,
    ) -> Result<(), PeopleError> {
        let (people, id) = (self.clone(), id.to_owned());
        self.store
            .write(move |transaction| {
                let Person { name, .. } = rows::known(transaction, person)?;
                let delete = "DELETE FROM voiceprint WHERE id = ?1 AND person = ?2";
                if transaction.execute(delete, params![id, person.to_string()])? == 0 {
                    return Err(PeopleError::UnknownVoiceprint { name, id });
                }
                let what = (None, "voiceprint");
                let record = how.record(person, what, (Decision::Disclosed, "deleted"));
                Ok(people.audit.append(transaction, &record)?)
            })
            .await?;
        Ok(self.store.settle().await?)
    }

    /// Deletes a person and all that is kept of them, for good: no restored backup brings them back. The audit stays, for it holds
    /// ids and codes only. The only owner stays, unless that is forced.
    pub async fn erase(
        &self,
        person: PersonId,
        (how, force): (Circumstances, bool),
    ) -> Result<Erased, PeopleError> {
        let people = self.clone();
        let erased = self
            .store
            .write(move |transaction| {
                let known = rows::known(transaction, person)?;
                if known.role == Role::Owner && !force {
                    roles::another_owner(transaction, &known)?;
                }
                let count = |query: &str| -> Result<u32, PeopleError> {
                    let id = person.to_string();
                    Ok(transaction.query_row(query, params![id], |row| row.get(0))?)
                };
                let erased = Erased {
                    fields: count("SELECT count(*) FROM profile_field WHERE person = ?1")?,
                    claims: count("SELECT count(*) FROM claim WHERE ?1 IN (about, supplied_by)")?,
                    voiceprints: count("SELECT count(*) FROM voiceprint WHERE person = ?1")?,
                    tokens: tokens(transaction, person)?,
                    documents: documents(transaction, &known.name)?,
                };
                // The table's trigger takes away all the rest.
                transaction.execute(
                    "INSERT INTO person_erased (person, at) VALUES (?1, ?2)",
                    params![person.to_string(), how.at.0],
                )?;
                let record = how.record(person, (None, "person"), (Decision::Disclosed, "erased"));
                people.audit.append(transaction, &record)?;
                Ok::<_, PeopleError>(erased)
            })
            .await?;
        self.greeted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&person);
        self.store.settle().await?;
        Ok(erased)
    }

    /// Returns the documents that name a short name as their only reader: whoever is given that name reads them.
    pub async fn documents_of(&self, name: &Handle) -> Result<Vec<String>, PeopleError> {
        let name = name.clone();
        self.store.read(move |connection| documents(connection, &name)).await
    }
}

fn everything(connection: &Connection, person: PersonId) -> Result<Export, PeopleError> {
    let known = rows::known(connection, person)?;
    let said = rows::claims(connection, person, true)?.into_iter();
    let said_of_others = said.map(|claim| {
        let about = rows::by_id(connection, claim.about)?.map(|about| about.name);
        Ok(Told { about, ..told(claim) })
    });
    let said_of_others = said_of_others.collect::<Result<_, PeopleError>>()?;
    Ok(Export {
        profile: rows::profile(connection, person)?.into_iter().map(Exported::from).collect(),
        said_of_others,
        somebody_said: rows::claims(connection, person, false)?.into_iter().map(told).collect(),
        voiceprints: printed(connection, person)?,
        tokens: tokens(connection, person)?,
        documents: documents(connection, &known.name)?,
        audit: audited(connection, person)?,
        person: known,
    })
}

fn told(claim: Claim) -> Told {
    Told { field: claim.field.name(), value: claim.value.0, at: claim.at, about: None }
}

fn printed(connection: &Connection, person: PersonId) -> Result<Vec<Printed>, PeopleError> {
    let mut query = connection.prepare_cached(
        "SELECT id, model, confidence, created_at FROM voiceprint WHERE person = ?1 ORDER BY created_at, id",
    )?;
    let rows = query.query_map(params![person.to_string()], |row| {
        Ok(Printed {
            id: row.get(0)?,
            model: row.get(1)?,
            confidence: row.get(2)?,
            created_at: Timestamp(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

fn tokens(connection: &Connection, person: PersonId) -> Result<Vec<String>, PeopleError> {
    let query = "SELECT name FROM token WHERE person = ?1 ORDER BY name";
    texts(connection, query, &person.to_string())
}

fn documents(connection: &Connection, name: &Handle) -> Result<Vec<String>, PeopleError> {
    texts(connection, "SELECT path FROM document WHERE readers = ?1 ORDER BY path", name.as_str())
}

fn audited(
    connection: &Connection,
    person: PersonId,
) -> Result<Vec<serde_json::Value>, PeopleError> {
    let query = "SELECT record FROM audit WHERE person = ?1 ORDER BY at, rowid";
    let records = texts(connection, query, &person.to_string())?;
    // What is no JSON was changed by somebody: it is told as it is, and `audit verify` says more.
    let told =
        |text: String| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
    Ok(records.into_iter().map(told).collect())
}

fn texts(connection: &Connection, query: &str, about: &str) -> Result<Vec<String>, PeopleError> {
    let mut query = connection.prepare_cached(query)?;
    Ok(query.query_map(params![about], |row| row.get(0))?.collect::<sql::Result<_>>()?)
}
