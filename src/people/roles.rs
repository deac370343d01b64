//! Roles, and whom tokens belong to: what decides about rights.

use super::{By, Circumstances, People, PeopleError, Person, rows};
use crate::{
    foundation::{
        audit::Decision,
        store::sql::{Transaction, params},
        values::PersonId,
    },
    policy::Role,
};

impl People {
    /// Gives a person a role. Owners are made and unmade by an operator on the machine, and by nobody else.
    pub async fn set_role(
        &self,
        person: PersonId,
        role: Role,
        (how, force): (Circumstances, bool),
    ) -> Result<Person, PeopleError> {
        let people = self.clone();
        self.store
            .write(move |transaction| {
                let before = rows::known(transaction, person)?;
                if let By::Person(by) = how.by {
                    let by = rows::known(transaction, by)?;
                    let owners = [before.role, role].contains(&Role::Owner);
                    if by.role != Role::Owner || owners {
                        return Err(PeopleError::OperatorsOnly);
                    }
                }
                if before.role == role {
                    return Ok(before);
                }
                if before.role == Role::Owner && !force {
                    another_owner(transaction, &before)?;
                }
                people.change_role(transaction, person, role, &how)?;
                rows::known(transaction, person)
            })
            .await
    }

    pub(super) fn change_role(
        &self,
        transaction: &Transaction<'_>,
        person: PersonId,
        role: Role,
        how: &Circumstances,
    ) -> Result<(), PeopleError> {
        transaction.execute(
            "UPDATE person SET role = ?2 WHERE id = ?1",
            params![person.to_string(), role.name()],
        )?;
        let record = how.record(person, (None, "role"), (Decision::Changed, role.name()));
        Ok(self.audit.append(transaction, &record)?)
    }

    /// Has a token belong to a person, or to nobody in particular; an act on the machine.
    pub async fn link_token(
        &self,
        token: &str,
        person: Option<PersonId>,
        how: Circumstances,
    ) -> Result<(), PeopleError> {
        let (people, token) = (self.clone(), token.to_owned());
        self.store
            .write(move |transaction| {
                if let Some(person) = person {
                    rows::known(transaction, person)?;
                }
                let before: Option<String> = transaction
                    .query_row("SELECT person FROM token WHERE id = ?1", params![token], |row| {
                        row.get(0)
                    })
                    .map_err(|_| PeopleError::UnknownToken(token.clone()))?;
                transaction.execute(
                    "UPDATE token SET person = ?2 WHERE id = ?1",
                    params![token, person.map(|person| person.to_string())],
                )?;
                let concerned = person.or_else(|| before.and_then(|id| id.parse().ok()));
                let Some(concerned) = concerned else { return Ok(()) };
                let reason = if person.is_some() { "linked" } else { "unlinked" };
                let what = (None, "token");
                let record = how.record(concerned, what, (Decision::Changed, reason));
                Ok(people.audit.append(transaction, &record)?)
            })
            .await
    }
}

/// Fails unless there is an owner besides this one.
pub(super) fn another_owner(
    transaction: &Transaction<'_>,
    owner: &Person,
) -> Result<(), PeopleError> {
    let everybody = rows::everybody(transaction)?;
    let another = everybody.iter().any(|one| one.role == Role::Owner && one.id != owner.id);
    if another { Ok(()) } else { Err(PeopleError::LastOwner(owner.name.clone())) }
}
