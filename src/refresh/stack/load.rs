//! Reading: the defaults, then a profile, then what the operator wrote; table by table, key by key.

use super::{
    ENVIRONMENT, EXPOSURE, Environment, Network, PORT, PREPARES, PUBLISHED_ADDRESS, SCHEMA, Stack,
    check,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// The defaults, spelled out and version-controlled; `ladylinux-supervisor stack default` prints them.
pub const DEFAULTS: &str = include_str!("../../../quadlet/stack.toml");

/// Why a stack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The operator's file cannot be read.
    #[error("cannot read the stack file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is no TOML, or does not say what a stack says.
    #[error("{origin}: {detail}")]
    Malformed {
        /// The file, or what stands for it.
        origin: String,
        /// What is wrong, with its line.
        detail: String,
    },
    /// There is no such profile.
    #[error("there is no profile {wrong:?}: choose one of {known}")]
    Profile {
        /// The name.
        wrong: String,
        /// Those that exist.
        known: String,
    },
    /// The form is of another release.
    #[error(
        "the stack file has schema {0}, this supervisor knows {SCHEMA}: use the supervisor that belongs to it"
    )]
    Schema(u32),
    /// The stack contradicts itself, or the rules.
    #[error("the stack is refused:\n  {}", .0.join("\n  "))]
    Refused(Vec<String>),
}

/// Loads the stack: the embedded defaults, the profile, and the operator's file if there is one.
pub fn load(file: Option<&Path>, profile: Option<&str>) -> Result<Stack, StackError> {
    let mut merged = parse(DEFAULTS, "the embedded stack.toml")?;
    let mut written = Table::new();
    if let Some(path) = file {
        let text = fs::read_to_string(path)
            .map_err(|source| StackError::Read { path: path.to_owned(), source })?;
        written = parse(&text, &path.display().to_string())?;
    }
    // The operator's file may name the profile; the command line beats it.
    let named = written.remove("profile").and_then(|name| name.as_str().map(str::to_owned));
    let profiles = table(&mut merged, "profiles");
    let own = table(&mut written, "profiles");
    let profiles = merge_tables(profiles, own);
    if let Some(name) = profile.map(str::to_owned).or(named) {
        let known = profiles.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let chosen = profiles.get(&name).and_then(Value::as_table).cloned();
        let chosen = chosen.ok_or(StackError::Profile { wrong: name, known })?;
        merged = merge_tables(merged, chosen);
    }
    let merged = merge_tables(merged, written);
    let origin = file.map_or_else(
        || "the embedded stack.toml".to_owned(),
        |path| format!("{} over the defaults", path.display()),
    );
    let mut stack: Stack =
        serde_path(merged).map_err(|detail| StackError::Malformed { origin, detail })?;
    if stack.schema != SCHEMA {
        return Err(StackError::Schema(stack.schema));
    }
    tell_what_it_is_run_for(&mut stack);
    tell_where_it_is_published(&mut stack);
    tell_what_prepares(&mut stack);
    let objections = check::contradictions(&stack);
    if objections.is_empty() { Ok(stack) } else { Err(StackError::Refused(objections)) }
}

/// Tells the containers that the node is run in prod; whoever tells them otherwise is refused.
fn tell_what_it_is_run_for(stack: &mut Stack) {
    if stack.environment == Environment::Prod {
        for container in stack.containers.values_mut() {
            container
                .environment
                .entry(ENVIRONMENT.to_owned())
                .or_insert_with(|| "prod".to_owned());
        }
    }
}

/// Tells the published container where it is reached, unless somebody has; whoever tells it otherwise is refused.
fn tell_where_it_is_published(stack: &mut Stack) {
    let (address, port) = (stack.publish.address, stack.publish.container_port);
    for container in stack.containers.values_mut() {
        if container.network == Network::Published {
            let mut tell = |name: &str, value: String| {
                container.environment.entry(name.to_owned()).or_insert(value);
            };
            tell(EXPOSURE, "published".to_owned());
            tell(PUBLISHED_ADDRESS, address.to_string());
            tell(PORT, port.to_string());
        }
    }
}

/// Tells the one-shot that prepares what the node will be told: settings that the node would refuse are found before step 1.
fn tell_what_prepares(stack: &mut Stack) {
    let published = stack.containers.values().find(|one| one.network == Network::Published);
    let environment = published.map(|one| one.environment.clone()).unwrap_or_default();
    if let Some(prepare) = stack.one_shots.get_mut(PREPARES) {
        for (name, value) in environment {
            prepare.environment.entry(name).or_insert(value);
        }
    }
}

fn serde_path(table: Table) -> Result<Stack, String> {
    serde_path_to_error::deserialize(Value::Table(table))
        .map_err(|error| format!("{}: {}", error.path(), error.inner().message()))
}

fn parse(text: &str, origin: &str) -> Result<Table, StackError> {
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| text[..span.start].lines().count());
        let detail = format!("line {line}: {}", error.message());
        StackError::Malformed { origin: origin.to_owned(), detail }
    })
}

/// Takes a table out of another; none is an empty one.
fn table(from: &mut Table, key: &str) -> Table {
    match from.remove(key) {
        Some(Value::Table(table)) => table,
        _ => Table::new(),
    }
}

/// Puts `over` on `under`: tables merge, everything else is replaced.
fn merge_tables(mut under: Table, over: Table) -> Table {
    for (key, value) in over {
        let merged = match (under.remove(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => {
                Value::Table(merge_tables(under, over))
            }
            (_, value) => value,
        };
        under.insert(key, merged);
    }
    under
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::stack::Owner;

    #[test]
    fn the_defaults_are_a_stack() {
        let stack = load(None, None).unwrap();
        assert_eq!((stack.schema, stack.owner), (SCHEMA, Owner::Engine));
        assert!(stack.containers.contains_key("api"));
    }

    #[test]
    fn an_operator_writes_only_what_differs_and_beats_the_profile() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(
            file.path(),
            "profile = \"n100\"\n[publish]\nport = 9000\n[containers.api]\npids = 77\n",
        )
        .unwrap();
        let (plain, stack) = (load(None, None).unwrap(), load(Some(file.path()), None).unwrap());
        assert_eq!((stack.publish.port, stack.containers["api"].pids), (9000, 77));
        assert_eq!(stack.containers["api"].command, plain.containers["api"].command);
        assert_ne!(stack.containers["api"].memory, plain.containers["api"].memory);
    }

    #[test]
    fn what_prepares_is_told_what_the_node_will_be_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let written = "[containers.api.environment]\nLADYLINUX_LLM_QUEUE = \"3\"\nLADYLINUX_LOG = \"info\"\n\
             [one_shots.prepare.environment]\nLADYLINUX_LOG = \"debug\"\n";
        fs::write(file.path(), written).unwrap();
        let stack = load(Some(file.path()), None).unwrap();
        let told = &stack.one_shots["prepare"].environment;
        assert_eq!((&*told["LADYLINUX_LLM_QUEUE"], &*told[EXPOSURE]), ("3", "published"));
        assert_eq!(told["LADYLINUX_LOG"], "debug");
        assert!(stack.one_shots["host-facts"].environment.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = |text: &str| {
            fs::write(file.path(), text).unwrap();
            load(Some(file.path()), None).unwrap_err().to_string()
        };
        assert!(refused("[publish]\nport = \"no\"").contains("publish.port"));
        assert!(refused("[containers.api]\nprivileged = true").contains("privileged"));
        assert!(refused("[publish\n").contains("line 1"));
        assert!(refused("profile = \"vax\"").contains("n100"));
        assert!(refused("schema = 9").contains("schema 9"));
    }
}
