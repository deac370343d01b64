//! `ladylinux commands`: the catalogue in force, and a check of the owner's part of it.

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::commands::{
    self, Availability, BuiltIns, Catalogue, CatalogueErrors, Command, Kind, Listed, Problem,
    Source, Unusable,
};
use crate::foundation::{settings::Settings, values::time};
use crate::host::Language;
use crate::supervisor::Supervisor;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The commands that `serve` carries out itself.
pub(super) const CARRIED_OUT_HERE: &[&str] = &["delete_all_data"];

const EXAMPLES: &str = "Examples:
  ladylinux commands list
  ladylinux commands list --json | jq '.commands[].name'
  ladylinux commands list --check ./commands.toml   exits 2 and names the lines if something is wrong";

/// The arguments of `commands`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Commands {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List every command, with its risk, what it needs, and whether something here carries it out
    #[command(after_help = EXAMPLES)]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Use this file in the place of the owner's; exits 2 if something in it is wrong
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
    },
}

impl Commands {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let Verb::List { json, check } = &self.verb;
        let catalogue = match check {
            Some(file) => read(file)?,
            None => Catalogue::load(&settings.paths.config)?,
        };
        let listed = listed(&catalogue, &settings)?;
        if *json {
            out::json(&json!({
                "commands": listed.iter().map(described).collect::<Vec<_>>(),
                "disabled": catalogue.disabled().collect::<Vec<_>>(),
            }))?;
        } else {
            table(&catalogue, &listed);
        }
        if let Some(file) = check {
            out::note(format!("{} is fine", file.display()));
        }
        Ok(Exit::Done)
    }
}

/// Reads a file that must be there, for somebody named it.
fn read(file: &Path) -> anyhow::Result<Catalogue> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        let message =
            format!("this file cannot be read ({error}): mend its name or its permissions");
        CatalogueErrors(vec![Problem { file: name.clone(), line: 1, message }])
    })?;
    Ok(Catalogue::with(Some((&name, &text)))?)
}

/// Returns every command, and whether a node with these settings carries it out.
pub(super) fn listed(catalogue: &Catalogue, settings: &Settings) -> Result<Vec<Listed>, Unusable> {
    let built_in = CARRIED_OUT_HERE.iter().fold(BuiltIns::default(), |built_in, name| {
        built_in.with(name, |_order| std::future::pending())
    });
    let supervisor = Supervisor::new(&settings.paths);
    commands::list(catalogue, supervisor, &settings.commands, built_in, time::now())
}

fn table(catalogue: &Catalogue, listed: &[Listed]) {
    let longest = listed.iter().map(|one| shape(&one.command).len()).max().unwrap_or(0);
    for Listed { command, availability } in listed {
        let nature = command.nature;
        let kind = if nature.confirm { "confirm" } else { "immediate" };
        let own = if command.source == Source::Owner { "  (the owner's)" } else { "" };
        let line = format!(
            "{:longest$}  {:15}  {:6}  {kind:9}  {:10}  {}{own}",
            shape(command),
            nature.group.name(),
            nature.risk.name(),
            command.executor.name(),
            match availability {
                Availability::Available => "available",
                Availability::Unavailable { .. } => "unavailable",
            },
        );
        out::line(line.trim_end());
    }
    for name in catalogue.disabled() {
        out::line(format!("{name:longest$}  taken away by the owner"));
    }
    // What several commands lack is said once.
    let mut said: Vec<&str> = Vec::new();
    for Listed { command, availability } in listed {
        if let Availability::Unavailable { why, .. } = availability
            && !said.contains(&why.as_str())
        {
            out::note(format!("unavailable, such as {}: {why}", command.name));
            said.push(why);
        }
    }
}

/// Writes a command with what it needs: `set_volume {level: 0–100}`.
fn shape(command: &Command) -> String {
    let slots = command.slots.iter().map(|(name, slot)| {
        let optional = if slot.required { "" } else { "?" };
        match &slot.kind {
            Kind::Number { from, to } => format!("{{{name}{optional}: {from}–{to}}}"),
            Kind::Choice { .. } | Kind::Unit | Kind::Resource => format!("{{{name}{optional}}}"),
        }
    });
    std::iter::once(command.name.clone()).chain(slots).collect::<Vec<_>>().join(" ")
}

fn described(listed: &Listed) -> Value {
    let Listed { command, availability } = listed;
    let (available, code, why) = match availability {
        Availability::Available => (true, None, None),
        Availability::Unavailable { code, why } => (false, Some(code), Some(why)),
    };
    let slot = |kind: &Kind| match kind {
        Kind::Choice { values, .. } => {
            json!({ "kind": "choice", "values": values.iter().map(|value| &value.id).collect::<Vec<_>>() })
        }
        Kind::Number { from, to } => json!({ "kind": "number", "from": from, "to": to }),
        Kind::Unit => json!({ "kind": "unit" }),
        Kind::Resource => json!({ "kind": "resource" }),
    };
    let slots = command.slots.iter().map(|(name, one)| {
        let mut value = slot(&one.kind);
        value["required"] = one.required.into();
        (name.clone(), value)
    });
    json!({
        "name": command.name,
        "aliases": command.aliases,
        "owners": command.source == Source::Owner,
        "group": command.nature.group.name(),
        "permissions": [command.permission()],
        "risk": command.nature.risk.name(),
        "kind": if command.nature.confirm { "confirm" } else { "immediate" },
        "undo": command.undo,
        "executor": command.executor.name(),
        "timeout_seconds": command.timeout.map(|timeout| timeout.as_secs()),
        "slots": slots.collect::<serde_json::Map<_, _>>(),
        "wording": {
            "en": command.wording.of(Language::English),
            "de": command.wording.of(Language::German),
        },
        "available": available,
        "code": code,
        "why": why,
    })
}
