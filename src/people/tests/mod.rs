//! People in a real database: who may change what of whom, and what becomes of it.

mod erase;
mod owners;
mod profile;

use super::{By, Circumstances, Handle, NewPerson, People, PeopleError, Value};
use crate::{
    foundation::{
        audit::{Audit, Record},
        store::{self, Store, StoreError},
        values::{PersonId, time::Timestamp},
    },
    policy::{Date, Role, Standing, age, profile_update::Field},
};
use std::{collections::BTreeMap, path::PathBuf};

pub(super) const TODAY: Date = Date { year: 2026, month: 11, day: 30 };
pub(super) const NOW: Timestamp = Timestamp(1_796_000_000_000);

/// A database of its own, with people in it.
pub(super) struct Bench {
    directory: tempfile::TempDir,
    store: Store,
    pub(super) people: People,
}

impl Bench {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ladylinux.db");
        store::migrate(&path).unwrap();
        let store = Store::open(&path).unwrap();
        let people = People::new(store.clone(), Audit::new(store.clone()), age::Limits::default());
        Self { directory, store, people }
    }

    fn database(&self) -> PathBuf {
        self.directory.path().join("ladylinux.db")
    }

    /// Opens the database anew, as after a restart.
    pub(super) async fn reopened(self) -> Self {
        self.store.close().await;
        let store = Store::open(&self.database()).unwrap();
        let people = People::new(store.clone(), Audit::new(store.clone()), age::Limits::default());
        Self { store, people, ..self }
    }

    /// Enters an adult.
    pub(super) async fn add(&self, name: &str, role: Role) -> PersonId {
        let name: Handle = name.parse().unwrap();
        let new = NewPerson { name, role, adult: true, fields: BTreeMap::new() };
        self.people.create(new, (NOW, TODAY)).await.unwrap().id
    }

    /// Enters somebody of whom this is known.
    pub(super) async fn known(&self, name: &str, fields: &[(Field, &str)]) -> PersonId {
        let fields = fields.iter().map(|(field, text)| (*field, (*text).to_owned())).collect();
        let name: Handle = name.parse().unwrap();
        let new = NewPerson { name, role: Role::Guest, adult: false, fields };
        self.people.create(new, (NOW, TODAY)).await.unwrap().id
    }

    pub(super) async fn standing(&self, person: PersonId) -> Standing {
        self.people.standing(person, TODAY).await.unwrap().unwrap()
    }

    /// Has somebody write a part of somebody's profile, as if policy had approved it.
    async fn write(
        &self,
        by: PersonId,
        of: PersonId,
        field: Field,
        text: &str,
    ) -> Result<Standing, PeopleError> {
        let value = Value::new(field, text, TODAY)?;
        let wish = value.wish(self.standing(of).await);
        self.people.write(wish, value, circumstances(by), TODAY).await
    }

    /// Has somebody say something of another.
    async fn say(
        &self,
        by: PersonId,
        of: PersonId,
        field: Field,
        text: &str,
    ) -> Result<bool, PeopleError> {
        let value = Value::new(field, text, TODAY)?;
        let wish = value.wish(self.standing(of).await);
        self.people.keep_claim(wish, value, circumstances(by)).await
    }

    async fn text(&self, person: PersonId, field: Field) -> Option<String> {
        self.people.field(person, field).await.unwrap().map(|one| one.value.0)
    }

    async fn execute(&self, sql: String) {
        let done = self.store.write(move |transaction| {
            transaction.execute_batch(&sql)?;
            Ok::<_, StoreError>(())
        });
        done.await.unwrap();
    }

    async fn list(&self, query: &'static str) -> Vec<String> {
        let found = self.store.read(move |connection| {
            let mut query = connection.prepare(query)?;
            let rows = query.query_map([], |row| row.get::<_, String>(0))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        });
        found.await.unwrap()
    }

    async fn audit(&self) -> Vec<Record> {
        let records = self.list("SELECT record FROM audit ORDER BY rowid").await;
        records.iter().map(|record| serde_json::from_str(record).unwrap()).collect()
    }
}

/// A person who is certain, and alone.
fn circumstances(by: PersonId) -> Circumstances {
    let operator = Circumstances::operator(NOW);
    Circumstances { by: By::Person(by), identity: "confirmed_active", ..operator }
}
