//! Profiles: read by whoever decides what is told of them, and changed by approved wishes only.

use super::{
    By, Circumstances, NewPerson, People, PeopleError, Person, Value, rows, value::read_birthdate,
};
use crate::{
    foundation::{
        audit::Decision,
        store::sql::{Connection, Transaction, params},
        values::{PersonId, Redacted, time::Timestamp},
    },
    policy::{
        Date, Level, Provenance, Role, Standing, Visibility,
        events::Birthday,
        profile_update::{Field, MutableBy, Target, Wish},
    },
};
use std::sync::PoisonError;

/// How many statements of one person about another are kept.
const MOST_CLAIMS: u32 = 100;

/// One part of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileField {
    /// Which part.
    pub field: Field,
    /// What it says.
    pub value: Redacted<String>,
    /// Who may be told.
    pub visibility: Visibility,
    /// How surely it is so.
    pub confidence: Level,
    /// How it came to be known.
    pub source: Provenance,
    /// When it was written last.
    pub updated_at: Timestamp,
    /// By whom: a person's id, or `operator`.
    pub updated_by: String,
}

/// What somebody said of another. It is kept beside what others said, and is never the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whom it is about.
    pub about: PersonId,
    /// Who said it.
    pub supplied_by: PersonId,
    /// Which part of a profile it would be.
    pub field: Field,
    /// What it says.
    pub value: Redacted<String>,
    /// Who may be told.
    pub visibility: Visibility,
    /// How surely it is so.
    pub confidence: Level,
    /// When it was said first.
    pub at: Timestamp,
}

impl People {
    /// Enters a person; an act on the machine.
    pub async fn create(
        &self,
        new: NewPerson,
        (now, today): (Timestamp, Date),
    ) -> Result<Person, PeopleError> {
        let how = Circumstances::operator(now);
        let values = new.fields.iter().map(|(field, text)| Value::new(*field, text, today));
        let values: Vec<_> = values.collect::<Result<_, _>>()?;
        let people = self.clone();
        self.store
            .write(move |transaction| {
                let person = people.enter(transaction, &new, &how)?;
                for value in &values {
                    people.put_missing(transaction, person.id, value, &how)?;
                }
                Ok(person)
            })
            .await
    }

    /// Enters a person in a transaction, with its audit record.
    pub(super) fn enter(
        &self,
        transaction: &Transaction<'_>,
        new: &NewPerson,
        how: &Circumstances,
    ) -> Result<Person, PeopleError> {
        if rows::by_handle(transaction, new.name.as_str())?.is_some() {
            return Err(PeopleError::Taken(new.name.clone()));
        }
        let id = PersonId::new();
        transaction.execute(
            "INSERT INTO person (id, name, role, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![id.to_string(), new.name.as_str(), new.role.name(), how.at.0],
        )?;
        let what = (None, "person");
        let record = how.record(id, what, (Decision::Changed, "created"));
        self.audit.append(transaction, &record)?;
        if new.adult {
            self.attest(transaction, id, how)?;
        }
        rows::known(transaction, id)
    }

    /// Writes down that an operator attests that a person is of age.
    pub(super) fn attest(
        &self,
        transaction: &Transaction<'_>,
        person: PersonId,
        how: &Circumstances,
    ) -> Result<(), PeopleError> {
        transaction.execute(
            "UPDATE person SET attested_adult = ?2, attested_by = 'operator' WHERE id = ?1",
            params![person.to_string(), how.at.0],
        )?;
        let what = (None, "age");
        let record = how.record(person, what, (Decision::Changed, "attested_adult"));
        Ok(self.audit.append(transaction, &record)?)
    }

    /// Returns everybody, by their short names.
    pub async fn list(&self) -> Result<Vec<Person>, PeopleError> {
        self.store.read(rows::everybody).await
    }

    /// Returns every name that people are called by: short and preferred ones.
    pub async fn names(&self) -> Result<Vec<String>, PeopleError> {
        let named = "SELECT name FROM person UNION SELECT value FROM profile_field WHERE field = ?1 ORDER BY 1";
        self.store
            .read(move |connection| {
                let mut query = connection.prepare_cached(named)?;
                let rows =
                    query.query_map(params![Field::PreferredName.name()], |row| row.get(0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Returns a person.
    pub async fn get(&self, person: PersonId) -> Result<Person, PeopleError> {
        self.store.read(move |connection| rows::known(connection, person)).await
    }

    /// Returns the person with this short name.
    pub async fn by_handle(&self, name: &str) -> Result<Person, PeopleError> {
        let name = name.to_owned();
        self.store
            .read(move |connection| {
                rows::by_handle(connection, &name)?.ok_or(PeopleError::Unknown(name))
            })
            .await
    }

    /// Returns the person whom people call so, by their short or their preferred name: whole, in capitals or not, and never a
    /// similar one.
    pub async fn find(&self, name: &str) -> Result<Person, PeopleError> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        self.store.read(move |connection| find(connection, &name)).await
    }

    /// Returns what is known for certain of a person on a day; none if there is no such person.
    pub async fn standing(
        &self,
        person: PersonId,
        today: Date,
    ) -> Result<Option<Standing>, PeopleError> {
        let limits = self.limits;
        self.store.read(move |connection| rows::standing(connection, person, (today, limits))).await
    }

    /// Returns a person's profile. Whoever tells something of it asks `policy::privacy` first.
    pub async fn profile(&self, person: PersonId) -> Result<Vec<ProfileField>, PeopleError> {
        self.store.read(move |connection| rows::profile(connection, person)).await
    }

    /// Returns one part of a profile, if it says something.
    pub async fn field(
        &self,
        person: PersonId,
        field: Field,
    ) -> Result<Option<ProfileField>, PeopleError> {
        Ok(self.profile(person).await?.into_iter().find(|one| one.field == field))
    }

    /// Returns what others say of a person.
    pub async fn claims_about(&self, person: PersonId) -> Result<Vec<Claim>, PeopleError> {
        self.store.read(move |connection| rows::claims(connection, person, false)).await
    }

    /// Returns what a person says of others.
    pub async fn claims_by(&self, person: PersonId) -> Result<Vec<Claim>, PeopleError> {
        self.store.read(move |connection| rows::claims(connection, person, true)).await
    }

    /// Writes an approved wish, whole and with its audit record; returns what is known of the person then.
    pub async fn write(
        &self,
        wish: Wish,
        value: Value,
        how: Circumstances,
        today: Date,
    ) -> Result<Standing, PeopleError> {
        approved(&wish, &value)?;
        let people = self.clone();
        self.store
            .write(move |transaction| {
                let Target(Standing { person, .. }) = wish.target;
                rows::known(transaction, person)?;
                may_write(transaction, &wish, how.by)?;
                put(transaction, person, &value, &how)?;
                people.noted(transaction, &wish, &how, (Decision::Changed, "written"))?;
                let known = rows::standing(transaction, person, (today, people.limits))?;
                known.ok_or_else(|| PeopleError::Unknown(person.to_string()))
            })
            .await
    }

    /// Keeps what somebody said of another, beside whatever else was said; returns whether it is new.
    pub async fn keep_claim(
        &self,
        wish: Wish,
        value: Value,
        how: Circumstances,
    ) -> Result<bool, PeopleError> {
        approved(&wish, &value)?;
        let Target(Standing { person: about, .. }) = wish.target;
        let By::Person(by) = how.by else { return Err(PeopleError::OnesOwn) };
        if by == about {
            return Err(PeopleError::OnesOwn);
        }
        // What others say of a name, a language or a form of address is not even kept.
        if !matches!(wish.field, Field::Birthdate | Field::Note) {
            return Err(PeopleError::OwnersOnly);
        }
        let people = self.clone();
        self.store
            .write(move |transaction| {
                rows::known(transaction, about)?;
                rows::known(transaction, by)?;
                let new = transaction.execute(
                    "INSERT INTO claim (about, field, value, supplied_by, visibility, confidence, at)
                     VALUES (?1, ?2, ?3, ?4, 'private', 'low', ?5) ON CONFLICT DO NOTHING",
                    params![about.to_string(), wish.field.name(), value.text(), by.to_string(), how.at.0],
                )?;
                if new == 0 {
                    return Ok(false);
                }
                let made: u32 = transaction.query_row(
                    "SELECT count(*) FROM claim WHERE about = ?1 AND supplied_by = ?2",
                    params![about.to_string(), by.to_string()],
                    |row| row.get(0),
                )?;
                if made > MOST_CLAIMS {
                    return Err(PeopleError::TooManyClaims(MOST_CLAIMS));
                }
                // It concerns who said it; whom it is about need not learn from the audit that somebody talks of them.
                let what = (Some(wish.id.0), wish.field.name());
                let record = how.record(by, what, (Decision::Changed, "claim_kept"));
                people.audit.append(transaction, &record)?;
                Ok(true)
            })
            .await
    }

    /// Lets a part of one's own profile be told to others than before; nobody does that for another.
    pub async fn set_visibility(
        &self,
        (person, field): (PersonId, Field),
        visibility: Visibility,
        how: Circumstances,
    ) -> Result<(), PeopleError> {
        if how.by != By::Person(person) {
            return Err(PeopleError::OwnersOnly);
        }
        let people = self.clone();
        self.store
            .write(move |transaction| {
                let name = rows::visibility_name(visibility);
                transaction.execute(
                    "UPDATE profile_field SET visibility = ?3 WHERE person = ?1 AND field = ?2",
                    params![person.to_string(), field.name(), name],
                )?;
                let record = how.record(person, (None, field.name()), (Decision::Changed, name));
                Ok(people.audit.append(transaction, &record)?)
            })
            .await
    }

    /// Returns what is known of a person's birthday; none if nothing is.
    pub async fn birthday(&self, person: PersonId) -> Result<Option<Birthday>, PeopleError> {
        let Some(field) = self.field(person, Field::Birthdate).await? else { return Ok(None) };
        let greeted = self.greeted.lock().unwrap_or_else(PoisonError::into_inner);
        let greeted = greeted.get(&person).copied();
        let ProfileField { confidence, source, .. } = field;
        let birthdate = read_birthdate(field.value.expose());
        Ok(birthdate.map(|birthdate| Birthday { birthdate, confidence, source, greeted }))
    }

    /// Remembers that a person is greeted on a day; returns whether they were not before, so that of two who greet at once one does.
    pub fn greet(&self, person: PersonId, on: Date) -> bool {
        let mut greeted = self.greeted.lock().unwrap_or_else(PoisonError::into_inner);
        greeted.insert(person, on) != Some(on)
    }

    /// Enters what an operator knows of somebody, where nothing is known yet.
    pub(super) fn put_missing(
        &self,
        transaction: &Transaction<'_>,
        person: PersonId,
        value: &Value,
        how: &Circumstances,
    ) -> Result<(), PeopleError> {
        let known = rows::profile(transaction, person)?;
        if known.iter().any(|field| field.field == value.field()) {
            return Ok(());
        }
        put(transaction, person, value, how)?;
        let what = (None, value.field().name());
        let record = how.record(person, what, (Decision::Changed, "written"));
        Ok(self.audit.append(transaction, &record)?)
    }

    /// Writes the record of a change for whom it concerns, and for who made it if that is another.
    fn noted(
        &self,
        transaction: &Transaction<'_>,
        wish: &Wish,
        how: &Circumstances,
        decided: (Decision, &str),
    ) -> Result<(), PeopleError> {
        let Target(Standing { person, .. }) = wish.target;
        let what = || (Some(wish.id.0), wish.field.name());
        self.audit.append(transaction, &how.record(person, what(), decided))?;
        match how.by {
            By::Person(by) if by != person => {
                Ok(self.audit.append(transaction, &how.record(by, what(), decided))?)
            }
            By::Person(_) | By::Operator => Ok(()),
        }
    }
}

fn find(connection: &Connection, name: &str) -> Result<Person, PeopleError> {
    let wanted = name.to_lowercase();
    let mut found = Vec::new();
    for person in rows::everybody(connection)? {
        let preferred = rows::profile(connection, person.id)?;
        let preferred = preferred.iter().find(|field| field.field == Field::PreferredName);
        let called = preferred.is_some_and(|name| name.value.expose().to_lowercase() == wanted);
        if called || person.name.as_str() == wanted {
            found.push(person);
        }
    }
    let count = found.len();
    match (found.pop(), count) {
        (Some(person), 1) => Ok(person),
        (None, _) => Err(PeopleError::Unknown(name.to_owned())),
        (Some(_), count) => Err(PeopleError::Several { name: name.to_owned(), count }),
    }
}

/// Fails unless the value is the one that the wish names.
fn approved(wish: &Wish, value: &Value) -> Result<(), PeopleError> {
    let same = wish.field == value.field() && wish.value == value.sha256() && wish.is_possible;
    if same { Ok(()) } else { Err(PeopleError::AnotherValue) }
}

/// Holds once more, where it is written, that nobody writes another's profile: but for an owner a child's birthdate.
fn may_write(transaction: &Transaction<'_>, wish: &Wish, by: By) -> Result<(), PeopleError> {
    let Target(Standing { person, age, .. }) = wish.target;
    let guarded = wish.field.mutability().mutable_by.contains(&MutableBy::Guardian);
    match by {
        By::Operator => Ok(()),
        By::Person(by) if by == person => Ok(()),
        By::Person(by) => {
            let guards = rows::known(transaction, by)?.role == Role::Owner;
            if guarded && guards && age.is_protected() {
                Ok(())
            } else {
                Err(PeopleError::OwnersOnly)
            }
        }
    }
}

/// Writes one part of a profile; who may be told stays as it is.
fn put(
    transaction: &Transaction<'_>,
    person: PersonId,
    value: &Value,
    how: &Circumstances,
) -> Result<(), PeopleError> {
    let (source, by) = match how.by {
        By::Operator => (Provenance::Operator, "operator".to_owned()),
        By::Person(by) if by == person => (Provenance::Owner, by.to_string()),
        // A guardian acts for the household, as an operator does.
        By::Person(by) => (Provenance::Operator, by.to_string()),
    };
    transaction.execute(
        "INSERT INTO profile_field (person, field, value, visibility, confidence, source, updated_at, updated_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (person, field) DO UPDATE SET
         value = excluded.value, confidence = excluded.confidence, source = excluded.source,
         updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        params![
            person.to_string(),
            value.field().name(),
            value.text(),
            rows::visibility_name(Visibility::default()),
            rows::level_name(Level::High),
            rows::source_name(source),
            how.at.0,
            by,
        ],
    )?;
    Ok(())
}
