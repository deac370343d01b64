//! The catalogue: every command that exists, complete and checked.

use super::{
    Action, ActionError, CatalogueErrors, Incomplete, Problem, Vocabulary, rules, written::Draft,
};
use crate::foundation::values::Sha256;
use crate::host::Language;
use crate::policy::{
    Confidence, RoleGroups,
    command::{Nature, Origin, Request},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The commands of this release.
pub(super) const BUILT_IN: &str = include_str!("commands.toml");

/// How the file of this release is named where something is wrong with it.
pub(super) const BUILT_IN_NAME: &str = "src/commands/commands.toml";

/// Returns where an owner's file lies.
pub fn file(config: &Path) -> PathBuf {
    config.join("commands.toml")
}

/// Every command that exists on this node.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(super) commands: BTreeMap<String, Arc<Command>>,
    /// Other names of commands.
    pub(super) aliases: BTreeMap<String, String>,
    /// Commands that the owner took away.
    pub(super) disabled: BTreeSet<String>,
    pub(super) values: BTreeMap<String, Vec<Value>>,
    pub(super) roles: RoleGroups,
}

/// Where a command comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It came with the release.
    BuiltIn,
    /// The owner wrote it.
    Owner,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name.
    pub name: String,
    /// Other names that mean the same.
    pub aliases: Vec<String>,
    /// Where it comes from.
    pub source: Source,
    /// Its group, its risk, and whether it is always confirmed.
    pub nature: Nature,
    /// The command that undoes it; none where nothing does.
    pub undo: Option<String>,
    /// What it needs to know, by name.
    pub slots: BTreeMap<String, Slot>,
    /// What it would do: "open {garage}".
    pub wording: Spoken,
    /// What carries it out.
    pub executor: Executor,
    /// The container it is about, as the stack file names it, if it is about one.
    pub container: Option<String>,
    /// How long its executor may take; the setting's if none.
    pub timeout: Option<Duration>,
    /// What else is said for it.
    pub phrases: Phrases,
}

impl Command {
    /// Returns the permission that it takes.
    pub fn permission(&self) -> String {
        format!("{}.execute", self.nature.group.name())
    }
}

/// What carries a command out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// Code of this node.
    BuiltIn,
    /// Another program, by HTTP.
    Webhook,
    /// Whoever listens at a broker.
    Mqtt,
    /// The supervisor, which alone reaches containers and systemd.
    Supervisor,
}

impl Executor {
    /// Every executor there is.
    pub const ALL: [Self; 4] = [Self::BuiltIn, Self::Webhook, Self::Mqtt, Self::Supervisor];

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Webhook => "webhook",
            Self::Mqtt => "mqtt",
            Self::Supervisor => "supervisor",
        }
    }

    /// Finds an executor by its exact name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|executor| executor.name() == name)
    }
}

/// Something that a command needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What can stand in it.
    pub kind: Kind,
    /// Whether the command needs it.
    pub required: bool,
}

/// What can stand in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of these.
    Choice {
        /// The list they are from.
        list: String,
        /// Those that may be chosen.
        values: Vec<Value>,
    },
    /// A whole number.
    Number {
        /// The least.
        from: i64,
        /// The most.
        to: i64,
    },
    /// The name of a systemd service, without `.service`.
    Unit,
    /// The id of a resource, such as `R-1042`.
    Resource,
}

/// One of the values of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its id.
    pub id: String,
    /// The words that name it.
    pub words: Words,
    /// How it stands in a wording.
    pub said: Spoken,
}

/// Words, by language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub en: Vec<String>,
    /// In German.
    pub de: Vec<String>,
}

/// What is said for a command, by language, with its slots in braces.
pub type Phrases = Words;

impl Words {
    /// Returns those of a language.
    pub fn of(&self, language: Language) -> &[String] {
        match language {
            Language::English => &self.en,
            Language::German => &self.de,
        }
    }

    /// Returns all of them.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.en.iter().chain(&self.de)
    }
}

/// Something that this node says, in each of its languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// In English.
    pub en: String,
    /// In German.
    pub de: String,
}

impl Spoken {
    /// Returns what is said in a language.
    pub fn of(&self, language: Language) -> &str {
        language.choose(&self.en, &self.de)
    }
}

impl Catalogue {
    /// Returns the commands of this release, of which an owner changed nothing.
    pub fn built_in() -> Self {
        Self::with(None).expect("a test reads the embedded catalogue")
    }

    /// Reads the commands of this release, and lays the owner's file over them if there is one.
    pub fn load(config: &Path) -> Result<Self, CatalogueErrors> {
        let path = file(config);
        match fs::read_to_string(&path) {
            Ok(text) => Self::with(Some((&path.display().to_string(), &text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::with(None),
            Err(error) => Err(CatalogueErrors(vec![Problem {
                file: path.display().to_string(),
                line: 1,
                message: format!(
                    "this file cannot be read ({error}): mend its permissions or its content"
                ),
            }])),
        }
    }

    /// Lays an owner's file, with its name, over the commands of this release.
    pub fn with(owners: Option<(&str, &str)>) -> Result<Self, CatalogueErrors> {
        let mut problems = Vec::new();
        let mut draft = Draft::built_in(&mut problems);
        if let Some((name, text)) = owners {
            draft.lay(name, text, &mut problems);
        }
        let catalogue = rules::check(draft, &mut problems);
        if problems.is_empty() {
            return Ok(catalogue);
        }
        problems.sort();
        problems.dedup();
        Err(CatalogueErrors(problems))
    }

    /// Finds a command by its exact name, or by its exact alias. Nothing is found by similarity.
    pub fn find(&self, name: &str) -> Option<&Arc<Command>> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.commands.get(name)
    }

    /// Returns every command, by name.
    pub fn commands(&self) -> impl Iterator<Item = &Arc<Command>> {
        self.commands.values()
    }

    /// Returns the names of the commands that the owner took away.
    pub fn disabled(&self) -> impl Iterator<Item = &str> {
        self.disabled.iter().map(String::as_str)
    }

    /// Returns what roles may command by themselves.
    pub fn roles(&self) -> RoleGroups {
        self.roles
    }

    /// Makes the action of a command by its exact name, with its slots normalised.
    pub fn action<'a>(
        &self,
        name: &str,
        slots: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Action, ActionError> {
        Action::of(self.find(name).ok_or(ActionError::Unlisted)?, slots)
    }

    /// Returns the words and phrases by which commands and their slots are recognised.
    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary::of(self)
    }
}

/// Asks the policy for an action; `available` is whether its executor can act here.
pub(super) fn request(
    action: &Action,
    origin: Origin,
    certainty: Confidence,
    available: bool,
) -> Request {
    let nature = action.command().nature;
    Request { action: action.hash(), nature, origin, certainty, complete: true, available }
}

/// Asks the policy for a command of which something was not said: it refuses it, and says why.
pub(super) fn incomplete(
    incomplete: &Incomplete,
    origin: Origin,
    certainty: Confidence,
    available: bool,
) -> Request {
    let action = Sha256::of(format!("incomplete {}", incomplete.command.name));
    let nature = incomplete.command.nature;
    Request { action, nature, origin, certainty, complete: false, available }
}
