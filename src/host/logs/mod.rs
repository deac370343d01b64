//! What went wrong lately: the errors of the last day in systemd's journal, by the unit that wrote them.
//!
//! A journal holds secrets and what people did, and facts are for everybody who may ask. So what is told of it is how often
//! and when something failed, and of the newest message the words of the program alone (`redact`). Of what people do in
//! their sessions, of log-ins, and of what runs in containers no message is told at all.

mod journal;

use super::machine::Found;
use super::{HostError, Language, Machine, redact, users};
use crate::foundation::values::time::{self, Timestamp};
use journal::{Entry, Journal, Name};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

const JOURNALS: [&str; 2] = ["/var/log/journal", "/run/log/journal"];

/// How far back is looked.
const BACK: Duration = Duration::from_hours(24);

/// How long looking may take, and how many errors of one priority in one file are counted.
const PATIENCE: Duration = Duration::from_secs(2);
const MOST_ERRORS: usize = 5000;

/// No machine has more files of a journal.
const MOST_FILES: usize = 4096;

/// How many units are told, and how many of them by a sentence.
const MOST_UNITS: usize = 200;
const NAMED: usize = 4;

/// What stands for everything that ran in the sessions of people.
const SESSIONS: &str = "sessions";

/// The facilities `auth` and `authpriv` (`syslog(3)`): who logs in, and who may not.
const LOG_INS: [&str; 2] = ["4", "10"];

const PRIORITIES: [&str; 4] = ["emergency", "alert", "critical", "error"];

/// The errors of the last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Logs {
    /// Whether there is a journal, and whether it could be read.
    pub journal: JournalState,
    /// Since when errors are counted.
    pub errors_since: Timestamp,
    /// How many there were.
    pub errors: u64,
    /// Whether all of them were counted.
    pub complete: bool,
    /// By what wrote them, the most errors first.
    pub by_unit: Vec<UnitErrors>,
}

/// What can be seen of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JournalState {
    /// It was read.
    Read,
    /// There is none.
    Absent,
    /// This user may not read it.
    Hidden,
}

/// The errors of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnitErrors {
    /// The unit, or `kernel`, or the program; `sessions` stands for all that ran in the sessions of people.
    pub unit: String,
    /// How many errors.
    pub count: u64,
    /// The worst of them: `error`, `critical`, `alert` or `emergency`.
    pub worst: String,
    /// When the last one was written.
    pub last_at: Timestamp,
    /// What the last one says, without names, addresses, paths and secrets; none where even that is not for everybody.
    pub message: Option<String>,
}

pub(super) fn read(machine: &Machine, now: Timestamp) -> Result<Found<Logs>, HostError> {
    let since =
        Timestamp(now.0.saturating_sub(i64::try_from(BACK.as_millis()).unwrap_or(i64::MAX)));
    let mut logs = Logs {
        journal: JournalState::Absent,
        errors_since: since,
        errors: 0,
        complete: true,
        by_unit: Vec::new(),
    };
    let people = users::people(machine)?;
    let (mut notes, mut hidden, mut damaged) = (Vec::new(), 0_usize, Vec::new());
    let mut found: BTreeMap<String, UnitErrors> = BTreeMap::new();
    let (begun, since_micros) = (time::instant(), micros(since));
    for path in files(machine, &mut hidden)? {
        let read = File::open(&path).and_then(Journal::open).and_then(|journal| {
            logs.journal = JournalState::Read;
            if journal.last < since_micros {
                return Ok(true);
            }
            let mut add = |entry: &Entry, priority| add(&mut found, entry, priority, &people);
            count(&journal, since_micros, &mut add, &|| begun.elapsed() < PATIENCE)
        });
        match read {
            Ok(complete) => logs.complete &= complete,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => hidden += 1,
            // Removed by the journal's own housekeeping.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => damaged.push((path, error)),
        }
    }
    if logs.journal == JournalState::Absent {
        if let Some((path, error)) = damaged.pop() {
            return Err(HostError::Damaged { path, what: error.to_string() });
        }
        if hidden > 0 {
            logs.journal = JournalState::Hidden;
        }
    } else if hidden > 0 {
        logs.complete = false;
        notes.push(format!(
            "{hidden} files of the journal are left out: this user may not read them"
        ));
    }
    for (path, error) in damaged {
        logs.complete = false;
        notes.push(format!("the rest of {} is left out: {error}", path.display()));
    }
    logs.errors = found.values().map(|unit| unit.count).sum();
    logs.by_unit = found.into_values().collect();
    logs.by_unit.sort_by(|one, other| other.count.cmp(&one.count).then(one.unit.cmp(&other.unit)));
    if logs.by_unit.len() > MOST_UNITS {
        notes.push(format!(
            "{} units with fewer errors are left out",
            logs.by_unit.len() - MOST_UNITS
        ));
        logs.by_unit.truncate(MOST_UNITS);
    }
    Ok(Found { data: logs, notes })
}

/// Returns the machine's own files, without those of people's sessions; counts places that this user may not see.
fn files(machine: &Machine, hidden: &mut usize) -> Result<Vec<PathBuf>, HostError> {
    let id = machine.text_if_any("/etc/machine-id")?;
    let id = id.as_ref().map(|text| text.first_line().to_owned());
    let mut found = Vec::new();
    for place in JOURNALS {
        let place = machine.path(place);
        let folders: Vec<PathBuf> = match &id {
            // Journals of other machines may have been brought here.
            Some(id) if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                vec![place.join(id)]
            }
            _ => listed(&place, hidden)?.into_iter().filter(|path| path.is_dir()).collect(),
        };
        for folder in folders {
            found.extend(listed(&folder, hidden)?.into_iter().filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let journal = name.ends_with(".journal") || name.ends_with(".journal~");
                // What is no file might never begin or end.
                journal && !name.starts_with("user-") && path.is_file()
            }));
        }
    }
    Ok(found)
}

fn listed(folder: &Path, hidden: &mut usize) -> Result<Vec<PathBuf>, HostError> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            Ok(entries.take(MOST_FILES).filter_map(|entry| Some(entry.ok()?.path())).collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            *hidden += 1;
            Ok(Vec::new())
        }
        Err(source) => Err(HostError::Read { path: folder.to_owned(), source }),
    }
}

/// Counts the errors of one file since a moment, and returns whether that was all of them.
fn count(
    journal: &Journal,
    since: u64,
    add: &mut dyn FnMut(&Entry, usize),
    goes_on: &dyn Fn() -> bool,
) -> io::Result<bool> {
    let mut complete = true;
    for priority in 0..PRIORITIES.len() {
        let (entries, all) = journal.of_priority(priority, MOST_ERRORS)?;
        let mut older = false;
        for offset in entries {
            if journal.time(offset)? < since {
                older = true;
                break;
            }
            if !goes_on() {
                return Ok(false);
            }
            add(&journal.entry(offset)?, priority);
        }
        complete &= all || older;
    }
    Ok(complete)
}

fn add(
    found: &mut BTreeMap<String, UnitErrors>,
    entry: &Entry,
    priority: usize,
    people: &BTreeSet<String>,
) {
    let (unit, message) = told(entry, people);
    let last_at = Timestamp(i64::try_from(entry.at / 1000).unwrap_or(i64::MAX));
    let known = found.entry(unit.clone()).or_insert_with(|| UnitErrors {
        unit,
        count: 0,
        worst: PRIORITIES[priority].to_owned(),
        last_at: Timestamp(i64::MIN),
        message: None,
    });
    known.count += 1;
    if PRIORITIES[..=priority].iter().all(|worse| known.worst != *worse) {
        PRIORITIES[priority].clone_into(&mut known.worst);
    }
    if last_at > known.last_at {
        (known.last_at, known.message) = (last_at, message);
    }
}

/// Returns whose error it is, and what may be told of its message.
fn told(entry: &Entry, people: &BTreeSet<String>) -> (String, Option<String>) {
    let of = |wanted: Name| {
        entry.values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    };
    let writer = of(Name::Unit).unwrap_or_default();
    // What systemd writes about a unit is the unit's.
    let about = of(Name::About).filter(|_| matches!(writer, "init.scope" | ""));
    let unit = about.unwrap_or(writer);
    let in_session = of(Name::UserUnit).is_some()
        || (unit.starts_with("session-") && unit.strip_suffix(".scope").is_some())
        || unit.starts_with("user@");
    if in_session {
        return (SESSIONS.to_owned(), None);
    }
    let kernel = (of(Name::Transport) == Some("kernel")).then_some("kernel");
    let named = kernel.or((!unit.is_empty()).then_some(unit)).or(of(Name::Identifier));
    let unit = without_ids(named.unwrap_or("unknown"));
    let log_in = of(Name::Facility).is_some_and(|facility| LOG_INS.contains(&facility));
    let message = of(Name::Message).filter(|_| !log_in && of(Name::Container).is_none());
    let message = message.map(|message| redact::redact(message, people));
    (unit, message.filter(|told| !told.is_empty()))
}

/// Returns a name without the ids of containers in it, so that all of a kind are counted together.
fn without_ids(name: &str) -> String {
    let parts = name.split_inclusive(['-', '.', ':']).map(|part| {
        let digits = part.trim_end_matches(['-', '.', ':']);
        let is_id = digits.len() >= 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_id { format!("*{}", &part[digits.len()..]) } else { part.to_owned() }
    });
    let name: String = parts.collect();
    name.chars().filter(|letter| !letter.is_control()).take(120).collect()
}

fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.0.saturating_mul(1000)).unwrap_or(0)
}

impl Logs {
    pub(super) fn sentence(&self, language: Language) -> String {
        match (language, self.journal) {
            (Language::English, JournalState::Absent) => {
                return "What went wrong cannot be told: there is no journal of systemd here."
                    .to_owned();
            }
            (Language::German, JournalState::Absent) => {
                return "Was schiefging, lässt sich nicht sagen: Hier gibt es kein Journal von systemd.".to_owned();
            }
            (Language::English, JournalState::Hidden) => {
                return "What went wrong cannot be told: this user may not read the journal, which the group systemd-journal may.".to_owned();
            }
            (Language::German, JournalState::Hidden) => {
                return "Was schiefging, lässt sich nicht sagen: Dieser Benutzer darf das Journal nicht lesen, die Gruppe systemd-journal darf es.".to_owned();
            }
            (_, JournalState::Read) => {}
        }
        let least = if self.complete { "" } else { language.choose("at least ", "mindestens ") };
        let count = self.errors;
        let told = match (language, count) {
            (Language::English, 0) if self.complete => {
                "No error was logged in the last day.".to_owned()
            }
            (Language::German, 0) if self.complete => {
                "Am letzten Tag wurde kein Fehler protokolliert.".to_owned()
            }
            (Language::English, 0) => {
                "No error of the last day stands in what could be read of the journal.".to_owned()
            }
            (Language::German, 0) => {
                "In dem, was vom Journal lesbar war, steht kein Fehler vom letzten Tag.".to_owned()
            }
            (Language::English, 1) => format!("In the last day {least}1 error was logged"),
            (Language::English, _) => format!("In the last day {least}{count} errors were logged"),
            (Language::German, 1) => format!("Am letzten Tag wurde {least}1 Fehler protokolliert"),
            (Language::German, _) => {
                format!("Am letzten Tag wurden {least}{count} Fehler protokolliert")
            }
        };
        if self.by_unit.is_empty() {
            return told;
        }
        let mut units: Vec<String> =
            self.by_unit.iter().take(NAMED).map(|unit| unit.phrase(language)).collect();
        if self.by_unit.len() > NAMED {
            let more = self.by_unit.len() - NAMED;
            units.push(match language {
                Language::English => format!("and of {more} more"),
                Language::German => format!("und von {more} weiteren"),
            });
        }
        format!("{told}: {}.", units.join("; "))
    }
}

impl UnitErrors {
    fn phrase(&self, language: Language) -> String {
        let unit = if self.unit == SESSIONS {
            language.choose("people's sessions", "Sitzungen von Personen")
        } else {
            &self.unit
        };
        let said = self.message.as_ref().map(|message| match language {
            Language::English => format!(" (the last: \"{message}\")"),
            Language::German => format!(" (der letzte: „{message}“)"),
        });
        let of = language.choose("of", "von");
        format!("{} {of} {unit}{}", self.count, said.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
