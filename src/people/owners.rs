//! `/etc/ladylinux/owners.toml`: who owns this household. Whoever can write that file holds the machine; nothing that is said in a
//! conversation makes an owner.
//!
//! ```toml
//! [[owner]]
//! name = "olga"
//! preferred_name = "Olga"
//! adult = true
//! language = "de"
//! ```

use super::{Circumstances, Handle, NewPerson, People, PeopleError, Person, Value, day, rows};
use crate::{
    foundation::{
        settings::Paths,
        values::{ReadinessIssue, Severity, time::Timestamp},
    },
    policy::{Date, Role, profile_update::Field},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use toml::Spanned;

/// The owners that the operator names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Each of them, in the order of the file.
    pub owners: Vec<Owner>,
}

/// One owner, as the operator names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Their short name.
    pub name: Handle,
    /// Whether the operator attests that they are of age.
    pub adult: bool,
    /// What the operator knows of them, checked; it is entered where nothing is known yet.
    pub values: Vec<Value>,
}

/// Why the file cannot be used. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {detail}", path.display())]
pub struct OwnersError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// What came of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The owners who were not there before.
    pub created: Vec<Handle>,
    /// Those who were there, and are owners now.
    pub raised: Vec<Handle>,
    /// Those who are attested to be of age now.
    pub attested: Vec<Handle>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    owner: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    preferred_name: Option<Spanned<String>>,
    language: Option<Spanned<String>>,
    form_of_address: Option<Spanned<String>>,
    birthdate: Option<Spanned<String>>,
    #[serde(default)]
    adult: bool,
}

impl Owners {
    /// Returns where the file is.
    pub fn path(paths: &Paths) -> PathBuf {
        paths.config.join("owners.toml")
    }

    /// Reads the file; without one, nobody is named.
    pub fn load(path: &Path, today: Date) -> Result<Self, OwnersError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::read(&text, path, today),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(OwnersError {
                path: path.to_owned(),
                line: 1,
                detail: format!(
                    "this file cannot be read ({error}): mend its permissions or its content"
                ),
            }),
        }
    }

    /// Reads the text of such a file.
    pub fn read(text: &str, path: &Path, today: Date) -> Result<Self, OwnersError> {
        let wrong = |at: usize, detail: String| {
            let before = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            OwnersError { path: path.to_owned(), line: 1 + before, detail }
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let detail = error.message().lines().collect::<Vec<_>>().join(", ");
            wrong(error.span().map_or(0, |span| span.start), detail)
        })?;
        let mut owners: Vec<Owner> = Vec::new();
        for entry in file.owner {
            let Entry { name, preferred_name, language, form_of_address, birthdate, adult } =
                entry.into_inner();
            let at = name.span().start;
            let name: Handle = name
                .get_ref()
                .parse()
                .map_err(|error: PeopleError| wrong(at, error.to_string()))?;
            if owners.iter().any(|owner| owner.name == name) {
                return Err(wrong(at, format!("{name} is named twice: keep one of them")));
            }
            let said = [
                (Field::PreferredName, preferred_name),
                (Field::Language, language),
                (Field::FormOfAddress, form_of_address),
                (Field::Birthdate, birthdate),
            ];
            let said = said.into_iter().filter_map(|(field, text)| Some((field, text?)));
            let values = said.map(|(field, text)| {
                Value::new(field, text.get_ref(), today)
                    .map_err(|bad| wrong(text.span().start, format!("{}: {bad}", field.name())))
            });
            owners.push(Owner { name, adult, values: values.collect::<Result<_, _>>()? });
        }
        Ok(Self { owners })
    }

    /// Returns whether the file names somebody.
    pub fn name(&self, person: &Handle) -> bool {
        self.owners.iter().any(|owner| owner.name == *person)
    }
}

impl OwnersError {
    /// Returns what keeps a node from being ready, and how to mend it.
    pub fn issue(&self) -> ReadinessIssue {
        ReadinessIssue {
            severity: Severity::Critical,
            code: "owners_invalid".to_owned(),
            message: self.to_string(),
            path: Some(self.path.clone()),
            mend: "correct the line that is named; docs/people.md shows what the file looks like"
                .to_owned(),
        }
    }
}

impl People {
    /// Reads the file and does as it says: what every start of a node begins with.
    pub async fn begin(&self, paths: &Paths, now: Timestamp) -> Result<Applied, PeopleError> {
        let owners = Owners::load(&Owners::path(paths), day(now))?;
        self.apply(owners, now).await
    }

    /// Makes owners of those whom the operator names, and takes nothing from anybody. Doing it again changes nothing.
    pub async fn apply(&self, owners: Owners, now: Timestamp) -> Result<Applied, PeopleError> {
        if owners.owners.is_empty() && self.list().await?.is_empty() {
            return Ok(Applied::default());
        }
        let people = self.clone();
        self.store
            .write(move |transaction| {
                let how = &Circumstances::operator(now);
                let mut applied = Applied::default();
                for owner in &owners.owners {
                    let there = rows::by_handle(transaction, owner.name.as_str())?;
                    let person = if let Some(person) = there { person } else {
                            applied.created.push(owner.name.clone());
                            let (name, fields) = (owner.name.clone(), BTreeMap::new());
                            let new = NewPerson { name, role: Role::Owner, adult: false, fields };
                            people.enter(transaction, &new, how)?
                    };
                    let Person { id, role, attested_adult, .. } = person;
                    if role != Role::Owner {
                        people.change_role(transaction, id, Role::Owner, how)?;
                        applied.raised.push(owner.name.clone());
                    }
                    if owner.adult && attested_adult.is_none() {
                        people.attest(transaction, id, how)?;
                        applied.attested.push(owner.name.clone());
                    }
                    for value in &owner.values {
                        people.put_missing(transaction, id, value, how)?;
                    }
                }
                let everybody = rows::everybody(transaction)?;
                let others = everybody.iter().filter(|one| one.role == Role::Owner && !owners.name(&one.name));
                applied.warnings.extend(others.map(|one| {
                    let name = &one.name;
                    format!("{name} is an owner, and owners.toml does not name them: `ladylinux person role {name} guest` takes that away")
                }));
                Ok(applied)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date { year: 2026, month: 11, day: 30 };

    fn read(text: &str) -> Result<Owners, String> {
        Owners::read(text, Path::new("owners.toml"), TODAY).map_err(|error| error.to_string())
    }

    // C-35
    #[test]
    fn an_owner_is_named_with_what_the_operator_knows_of_them() {
        let read = read(
            "[[owner]]\nname = \"olga\"\npreferred_name = \"Olga\"\nadult = true\nlanguage = \"de\"\n\n[[owner]]\nname = \"otto\"\n",
        )
        .unwrap();
        assert_eq!(read.owners.len(), 2);
        assert!(read.owners[0].adult && !read.owners[1].adult);
        assert_eq!(read.owners[0].values.len(), 2);
        assert_eq!(super::Owners::read("", Path::new("x"), TODAY).unwrap(), Owners::default());
    }

    #[test]
    fn whatever_is_wrong_is_named_with_its_line() {
        let olga = "[[owner]]\nname = \"olga\"\n";
        for (text, line, named) in [
            ("[[owner]\nname = \"olga\"", 1, "owners.toml"),
            ("\n[[owner]]\nname = \"Olga\"\n", 3, "short name"),
            ("[[owner]]\nname = \"everyone\"\n", 2, "short name"),
            ("[[owner]]\nadult = true\n", 1, "name"),
            (&format!("{olga}\n{olga}"), 5, "twice"),
            (&format!("{olga}adlut = true\n"), 3, "adlut"),
            (&format!("{olga}adult = \"yes\"\n"), 3, "bool"),
            (&format!("{olga}language = \"fr\"\n"), 3, "en, de"),
            (&format!("{olga}birthdate = \"2026-12-01\"\n"), 3, "birthdate"),
            ("[[owners]]\nname = \"olga\"\n", 1, "owners"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(&format!("owners.toml:{line}: ")), "{text:?}: {error}");
            assert!(error.contains(named), "{text:?}: {error}");
        }
    }
}
