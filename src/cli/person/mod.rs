//! `ladylinux person`: people, entered, shown and erased on the machine itself, by whoever holds its database.
//!
//! Every change is audited as the operator's.

mod show;
mod take;

use super::{Common, exit, exit::Outcome};
use crate::foundation::{
    audit::Audit,
    settings::Settings,
    store::Store,
    values::{
        PersonId,
        time::{self, Timestamp},
    },
};
use crate::people::{self, Circumstances, Handle, Owners, People, PeopleError, Person as Known};
use crate::policy::{Date, Role, RoleGroups, age, profile_update::Field};
use clap::{Args, Subcommand, builder::PossibleValuesParser, builder::TypedValueParser};
use std::{collections::BTreeMap, path::PathBuf};

/// The arguments of `person`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ladylinux person add anna --preferred-name Anna --language de
  ladylinux person add tom --birthdate 2015-03
  ladylinux person role anna operator
  ladylinux token create --name \"Anna's laptop\" --scope chat --person anna
  ladylinux person export anna anna.json
  ladylinux person erase anna

Owners are named in owners.toml in the configuration directory; nothing that is said to the node makes one.

Exit codes: 0 done, 1 failed, 2 refused: nothing was changed")]
pub(super) struct Person {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Enter a person
    Add(Add),
    /// List everybody
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a person and their profile
    Show {
        /// Their short name
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a person a role: owner, admin, operator or guest
    Role {
        /// Their short name
        name: String,
        /// The role
        #[arg(value_parser = roles())]
        role: Role,
        /// Even if nobody would be owner any more
        #[arg(long)]
        force: bool,
    },
    /// Show what others said of a person, which is kept apart and changes nothing
    Claims {
        /// Their short name
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List a person's voiceprints, or delete one
    Voiceprints {
        /// Their short name
        name: String,
        /// Delete the one with this id
        #[arg(long, value_name = "ID")]
        delete: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write down everything that is kept of a person, as JSON
    Export {
        /// Their short name
        name: String,
        /// The file, which must not be there yet; standard output if not given
        file: Option<PathBuf>,
    },
    /// Delete a person and everything that is kept of them, for good
    Erase(take::Erase),
}

/// Somebody to be entered.
#[derive(Debug, Args)]
struct Add {
    /// Their short name, such as anna: a-z, 0-9, - and _; documents and tokens name them by it
    name: String,
    /// Their role: owner, admin, operator or guest
    #[arg(long, default_value = "guest", value_parser = roles())]
    role: Role,
    /// What they are called
    #[arg(long)]
    preferred_name: Option<String>,
    /// The language they are spoken to in: en or de
    #[arg(long)]
    language: Option<String>,
    /// The grammatical form they are addressed in: masculine, feminine or neutral
    #[arg(long)]
    form_of_address: Option<String>,
    /// When they were born, such as 2015-03-21, 2015-03 or 2015; who is not known to be of age counts as a child
    #[arg(long, value_name = "DATE")]
    birthdate: Option<String>,
    /// Attest that they are of age
    #[arg(long)]
    adult: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn roles() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name))
        .map(|name| Role::by_name(&name).unwrap_or_default())
}

/// What every verb works with.
struct Desk {
    people: People,
    store: Store,
    settings: Settings,
    now: Timestamp,
    today: Date,
}

impl Person {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let store = super::open_store(&settings.paths)?;
        let rules = people::rules(&settings.policy, RoleGroups::default());
        let people = People::new(store.clone(), Audit::new(store.clone()), rules.age);
        let now = time::now();
        let desk = Desk { people, store, settings, now, today: people::day(now) };
        super::block_on(async {
            let done = self.done(&desk).await;
            // What was erased must not lie in the journal when this returns.
            desk.store.close().await;
            done
        })
    }

    async fn done(&self, desk: &Desk) -> Outcome {
        match &self.verb {
            Verb::Add(add) => show::added(desk, &add.enter(desk).await?, add.json).await,
            Verb::List { json } => show::list(desk, *json).await,
            Verb::Show { name, json } => show::person(desk, &desk.named(name).await?, *json).await,
            Verb::Role { name, role, force } => {
                take::role(desk, &desk.named(name).await?, (*role, *force)).await
            }
            Verb::Claims { name, json } => {
                show::claims(desk, &desk.named(name).await?, *json).await
            }
            Verb::Voiceprints { name, delete: Some(id), .. } => {
                take::voiceprint(desk, &desk.named(name).await?, id).await
            }
            Verb::Voiceprints { name, delete: None, json } => {
                show::voiceprints(desk, &desk.named(name).await?, *json).await
            }
            Verb::Export { name, file } => {
                take::export(desk, &desk.named(name).await?, file.as_deref()).await
            }
            Verb::Erase(erase) => erase.run(desk).await,
        }
    }
}

impl Add {
    async fn enter(&self, desk: &Desk) -> anyhow::Result<Known> {
        let said = [
            (Field::PreferredName, &self.preferred_name),
            (Field::Language, &self.language),
            (Field::FormOfAddress, &self.form_of_address),
            (Field::Birthdate, &self.birthdate),
        ];
        let said = said.into_iter().filter_map(|(field, text)| Some((field, text.clone()?)));
        let fields: BTreeMap<_, _> = said.collect();
        let name: Handle = self.name.parse().map_err(said_so)?;
        let new = people::NewPerson { name, role: self.role, adult: self.adult, fields };
        desk.people.create(new, (desk.now, desk.today)).await.map_err(said_so)
    }
}

impl Desk {
    async fn named(&self, name: &str) -> anyhow::Result<Known> {
        self.people.by_handle(name).await.map_err(said_so)
    }

    /// Returns the owners whom the operator names.
    fn owners(&self) -> anyhow::Result<Owners> {
        let path = Owners::path(&self.settings.paths);
        Owners::load(&path, self.today).map_err(|error| exit::refused(error.to_string()))
    }
}

/// Ends the run as the error means it: what is not allowed is refused, and what broke has failed.
fn said_so(error: PeopleError) -> anyhow::Error {
    if matches!(error, PeopleError::Store(_) | PeopleError::Audit(_)) {
        return error.into();
    }
    exit::refused(error.to_string())
}

/// Opens the people of a database, for whoever asks nothing about ages.
fn opened(store: &Store) -> People {
    People::new(store.clone(), Audit::new(store.clone()), age::Limits::default())
}

/// Finds a person by their short name.
pub(super) async fn named(store: &Store, name: &str) -> anyhow::Result<Known> {
    opened(store).by_handle(name).await.map_err(said_so)
}

/// Has a token belong to a person.
pub(super) async fn link(store: &Store, token: &str, person: PersonId) -> anyhow::Result<()> {
    let how = Circumstances::operator(time::now());
    opened(store).link_token(token, Some(person), how).await.map_err(said_so)
}

/// Returns everybody.
pub(super) async fn everybody(store: &Store) -> anyhow::Result<Vec<Known>> {
    Ok(opened(store).list().await?)
}
