//! Rows of people's tables. A word that a later release wrote, and this one does not know, is read as the strictest.

use super::{Attestation, Claim, Handle, PeopleError, Person, ProfileField, value::read_birthdate};
use crate::{
    foundation::{
        store::sql::{self, Connection, OptionalExtension, Row, params},
        values::{PersonId, Redacted, time::Timestamp},
    },
    policy::{Date, Level, Provenance, Role, Standing, Visibility, age, profile_update::Field},
};

const PERSON: &str = "id, name, role, created_at, attested_adult, attested_by";

/// Returns everybody, by their short names.
pub(super) fn everybody(connection: &Connection) -> Result<Vec<Person>, PeopleError> {
    let mut query =
        connection.prepare_cached(&format!("SELECT {PERSON} FROM person ORDER BY name"))?;
    Ok(query.query_map([], person)?.collect::<sql::Result<_>>()?)
}

pub(super) fn by_id(connection: &Connection, id: PersonId) -> Result<Option<Person>, PeopleError> {
    let mut query =
        connection.prepare_cached(&format!("SELECT {PERSON} FROM person WHERE id = ?1"))?;
    Ok(query.query_row(params![id.to_string()], person).optional()?)
}

pub(super) fn by_handle(
    connection: &Connection,
    name: &str,
) -> Result<Option<Person>, PeopleError> {
    let mut query =
        connection.prepare_cached(&format!("SELECT {PERSON} FROM person WHERE name = ?1"))?;
    Ok(query.query_row(params![name], person).optional()?)
}

/// Returns a person who must be there.
pub(super) fn known(connection: &Connection, id: PersonId) -> Result<Person, PeopleError> {
    by_id(connection, id)?.ok_or_else(|| PeopleError::Unknown(id.to_string()))
}

fn person(row: &Row<'_>) -> sql::Result<Person> {
    let (role, at): (String, Option<i64>) = (row.get(2)?, row.get(4)?);
    Ok(Person {
        id: id(row, 0)?,
        name: row.get::<_, String>(1)?.parse::<Handle>().map_err(|error| strange(1, error))?,
        role: Role::by_name(&role).unwrap_or_default(),
        created_at: Timestamp(row.get(3)?),
        attested_adult: match (at, row.get::<_, Option<String>>(5)?) {
            (Some(at), Some(by)) => Some(Attestation { by, at: Timestamp(at) }),
            _ => None,
        },
    })
}

fn id(row: &Row<'_>, column: usize) -> sql::Result<PersonId> {
    row.get::<_, String>(column)?.parse().map_err(|error| strange(column, error))
}

fn strange(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> sql::Error {
    sql::Error::FromSqlConversionFailure(column, sql::Type::Text, Box::new(error))
}

/// Returns a profile, in the order of its parts.
pub(super) fn profile(
    connection: &Connection,
    person: PersonId,
) -> Result<Vec<ProfileField>, PeopleError> {
    let mut query = connection.prepare_cached(
        "SELECT field, value, visibility, confidence, source, updated_at, updated_by FROM profile_field WHERE person = ?1",
    )?;
    let rows = query.query_map(params![person.to_string()], |row| {
        let name: String = row.get(0)?;
        // A part that a later release has means nothing to this one.
        let Some(field) = Field::by_name(&name) else { return Ok(None) };
        Ok(Some(ProfileField {
            field,
            value: Redacted(row.get(1)?),
            visibility: visibility(&row.get::<_, String>(2)?),
            confidence: level(&row.get::<_, String>(3)?),
            source: source(&row.get::<_, String>(4)?),
            updated_at: Timestamp(row.get(5)?),
            updated_by: row.get(6)?,
        }))
    })?;
    let mut fields: Vec<_> = rows.collect::<sql::Result<Vec<_>>>()?.into_iter().flatten().collect();
    fields.sort_by_key(|field| field.field);
    Ok(fields)
}

/// Returns the claims about somebody, or those that somebody made, the oldest first.
pub(super) fn claims(
    connection: &Connection,
    person: PersonId,
    made: bool,
) -> Result<Vec<Claim>, PeopleError> {
    let column = if made { "supplied_by" } else { "about" };
    let mut query = connection.prepare_cached(&format!(
        "SELECT about, supplied_by, field, value, visibility, confidence, at FROM claim WHERE {column} = ?1 ORDER BY at, rowid"
    ))?;
    let rows = query.query_map(params![person.to_string()], |row| {
        let name: String = row.get(2)?;
        let Some(field) = Field::by_name(&name) else { return Ok(None) };
        Ok(Some(Claim {
            about: id(row, 0)?,
            supplied_by: id(row, 1)?,
            field,
            value: Redacted(row.get(3)?),
            visibility: visibility(&row.get::<_, String>(4)?),
            confidence: level(&row.get::<_, String>(5)?),
            at: Timestamp(row.get(6)?),
        }))
    })?;
    Ok(rows.collect::<sql::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Returns what is known for certain of a person on a day; none if there is no such person.
pub(super) fn standing(
    connection: &Connection,
    person: PersonId,
    (today, limits): (Date, age::Limits),
) -> Result<Option<Standing>, PeopleError> {
    let Some(Person { id, role, attested_adult, .. }) = by_id(connection, person)? else {
        return Ok(None);
    };
    let fields = profile(connection, person)?;
    let known = fields.iter().find(|field| field.field == Field::Birthdate);
    // What cannot be read is no birthdate that could be believed, and hides none that says otherwise.
    let unreadable = known.is_some_and(|field| read_birthdate(field.value.expose()).is_none());
    let known = age::Known {
        birthdate: known.and_then(|field| read_birthdate(field.value.expose())).unwrap_or_default(),
        confidence: known.map_or(Level::High, |field| field.confidence),
        attested_adult: attested_adult.is_some() && !unreadable,
    };
    Ok(Some(Standing { person: id, role, age: age::of(&known, today, limits) }))
}

pub(super) fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::Shared => "shared",
        Visibility::Public => "public",
    }
}

pub(super) fn visibility(name: &str) -> Visibility {
    match name {
        "shared" => Visibility::Shared,
        "public" => Visibility::Public,
        _ => Visibility::Private,
    }
}

pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    }
}

fn level(name: &str) -> Level {
    match name {
        "high" => Level::High,
        "medium" => Level::Medium,
        _ => Level::Low,
    }
}

pub(super) fn source_name(source: Provenance) -> String {
    match source {
        Provenance::Owner => "owner".to_owned(),
        Provenance::Operator => "operator".to_owned(),
        Provenance::ThirdParty(person) => person.to_string(),
    }
}

fn source(name: &str) -> Provenance {
    match name {
        "owner" => Provenance::Owner,
        "operator" => Provenance::Operator,
        person => Provenance::ThirdParty(person.parse().unwrap_or(PersonId(uuid::Uuid::nil()))),
    }
}
