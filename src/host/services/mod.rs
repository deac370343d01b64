//! What systemd runs here, and what of it has failed, as it says over D-Bus.
//!
//! Units are looked at and never changed. Only `ladylinux host-facts` asks them, as a process that ends: a node that serves
//! starts it, or reads what it wrote.

mod dbus;

use super::machine::Found;
use super::{HostError, Language, Machine, redact, users};
use crate::foundation::values::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, os::unix::fs::FileTypeExt, time::Duration};

pub use dbus::BusError;

/// Where the system's bus listens.
const BUS: &str = "/run/dbus/system_bus_socket";

/// How long the bus and systemd may take for everything; who asks waits five seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// No machine has so many services; what comes after them is left out and told.
const MOST_UNITS: usize = 2000;

/// How many failed units a sentence names; the others are counted.
const NAMED: usize = 6;

/// What the machine's systemd runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Services {
    /// What started the machine: `systemd`, or another program, whose services are not told.
    pub started_by: String,
    /// Its services, and what else has failed, by name; none if they cannot be told.
    pub units: Option<Vec<ServiceUnit>>,
}

/// A service, or another unit that has failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServiceUnit {
    /// Its name, such as `nginx.service`.
    pub name: String,
    /// What it is, in its own words; empty for a command that somebody ran as a unit.
    pub description: String,
    /// `active`, `inactive`, `failed`, `activating`, …
    pub active: String,
    /// The same, more closely: `running`, `exited`, `auto-restart`, …
    pub sub: String,
    /// How a failed one ended: `exit-code`, `signal`, `timeout`, …
    pub result: Option<String>,
    /// What a failed service's process returned, or the signal that ended it.
    pub exit_code: Option<i32>,
    /// Since when a failed one has been so.
    pub since: Option<Timestamp>,
}

pub(super) fn read(machine: &Machine) -> Result<Found<Services>, HostError> {
    let started_by = machine.text("/proc/1/comm")?.first_line().to_owned();
    let mut notes = Vec::new();
    if started_by != "systemd" {
        return Ok(Found { data: Services { started_by, units: None }, notes });
    }
    let bus = machine.path(BUS);
    if !bus.metadata().is_ok_and(|found| found.file_type().is_socket()) {
        notes.push(format!("there is no bus of the system at {}", bus.display()));
        return Ok(Found { data: Services { started_by, units: None }, notes });
    }
    let mut units = keep(dbus::units(&bus, PATIENCE)?, &mut notes);
    let people = users::people(machine)?;
    for unit in &mut units {
        // What somebody had run as a unit (`systemd-run`) is described by the command.
        let is_command = unit.description.starts_with(['[', '/']);
        unit.description =
            if is_command { String::new() } else { redact::redact(&unit.description, &people) };
    }
    Ok(Found { data: Services { started_by, units: Some(units) }, notes })
}

/// Keeps the services that are there, and whatever has failed.
fn keep(units: Vec<ServiceUnit>, notes: &mut Vec<String>) -> Vec<ServiceUnit> {
    let mut kept: BTreeMap<String, ServiceUnit> = BTreeMap::new();
    for unit in units {
        let service = unit.name.ends_with(".service") && unit.active != "inactive";
        if service || unit.active == "failed" {
            kept.insert(unit.name.clone(), unit);
        }
    }
    if kept.len() > MOST_UNITS {
        notes.push(format!("{} of {} units are left out", kept.len() - MOST_UNITS, kept.len()));
        // What has failed is told in any case, as far as there is room.
        let (failed, others): (Vec<_>, Vec<_>) =
            kept.into_values().partition(|unit| unit.active == "failed");
        let mut few: Vec<ServiceUnit> = failed.into_iter().chain(others).take(MOST_UNITS).collect();
        few.sort_by(|one, other| one.name.cmp(&other.name));
        return few;
    }
    kept.into_values().collect()
}

impl Services {
    pub(super) fn sentence(&self, language: Language) -> String {
        let Some(units) = &self.units else {
            let by = &self.started_by;
            return match (language, by.as_str()) {
                (Language::English, "systemd") => {
                    "Its services cannot be told: systemd is not reached from here.".to_owned()
                }
                (Language::German, "systemd") => {
                    "Seine Dienste lassen sich nicht nennen: Von hier ist systemd nicht erreichbar."
                        .to_owned()
                }
                (Language::English, _) => format!(
                    "Its services cannot be told: this machine was started by {by}, not by systemd."
                ),
                (Language::German, _) => format!(
                    "Seine Dienste lassen sich nicht nennen: Diesen Rechner hat {by} gestartet, nicht systemd."
                ),
            };
        };
        let in_state =
            |active: &'static str| units.iter().filter(move |unit| unit.active == active);
        let running = in_state("active").filter(|unit| unit.sub == "running").count();
        let failed: Vec<String> = in_state("failed").map(ServiceUnit::phrase).collect();
        // A one-shot is "activating" while it does its work; what is started again and again has a fault.
        let restarting = in_state("activating").filter(|unit| unit.sub == "auto-restart");
        let restarting: Vec<String> = restarting.map(|unit| unit.name.clone()).collect();
        let mut told = vec![match (language, failed.len()) {
            (Language::English, 0) => "No service has failed.".to_owned(),
            (Language::German, 0) => "Kein Dienst ist ausgefallen.".to_owned(),
            (Language::English, 1) => format!("1 unit has failed: {}.", named(failed, language)),
            (Language::German, 1) => {
                format!("1 Unit ist ausgefallen: {}.", named(failed, language))
            }
            (Language::English, count) => {
                format!("{count} units have failed: {}.", named(failed, language))
            }
            (Language::German, count) => {
                format!("{count} Units sind ausgefallen: {}.", named(failed, language))
            }
        }];
        if !restarting.is_empty() {
            let names = named(restarting, language);
            let ends = language.choose("Ends and is started again", "Endet und wird neu gestartet");
            told.push(format!("{ends}: {names}."));
        }
        told.push(match (language, running) {
            (Language::English, 1) => "1 service runs.".to_owned(),
            (Language::English, count) => format!("{count} services run."),
            (Language::German, 1) => "1 Dienst läuft.".to_owned(),
            (Language::German, count) => format!("{count} Dienste laufen."),
        });
        told.join(" ")
    }
}

impl ServiceUnit {
    /// Names a failed unit and how it ended, such as "nginx.service (exit-code 1)".
    fn phrase(&self) -> String {
        match (&self.result, self.exit_code) {
            (Some(result), Some(code)) if result == "exit-code" => {
                format!("{} ({result} {code})", self.name)
            }
            (Some(result), _) => format!("{} ({result})", self.name),
            (None, _) => self.name.clone(),
        }
    }
}

fn named(mut names: Vec<String>, language: Language) -> String {
    if names.len() > NAMED {
        let more = names.len() - NAMED;
        names.truncate(NAMED);
        names.push(format!("{more} {}", language.choose("more", "weitere")));
    }
    language.list(&names)
}

#[cfg(test)]
mod tests;
