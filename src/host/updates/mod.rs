//! Which updates of packages wait, and whether a restart does, from the files of dpkg and apt.
//!
//! Nothing is fetched: what is told is as old as the lists that apt fetched last, and says so. The packages of rpm, pacman
//! and others are not read, and a machine that has those says that. Pins (`apt_preferences(5)`) are not applied.

mod lists;
mod reboot;
mod stanzas;
mod version;

use super::machine::Found;
use super::{HostError, Language, Machine};
use crate::foundation::values::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::HashMap,
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::BufReader,
    os::unix::fs::MetadataExt,
    path::Path,
    time::Duration,
};

pub use reboot::Restart;

const STATUS: &str = "/var/lib/dpkg/status";

/// How many packages a sentence names; the others are counted.
const NAMED: usize = 5;

/// The updates that wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Updates {
    /// What manages the packages: `dpkg`, or one that is not read, such as `rpm`; none if nobody knows.
    pub package_manager: Option<String>,
    /// What waits, by name; none if it cannot be told.
    pub waiting: Option<Vec<Update>>,
    /// Whether every list of packages was read to its end.
    pub complete: bool,
    /// Names the state of the files that were compared: as long as it is the same, the same waits.
    #[serde(default)]
    pub state: String,
    /// How long ago apt last fetched lists, in seconds.
    pub lists_age_seconds: Option<u64>,
    /// Whether the machine has to be restarted.
    pub restart: Restart,
}

/// One package that there is a newer version of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Update {
    /// The package.
    pub package: String,
    /// The version that is installed.
    pub installed: String,
    /// The version that is there.
    pub available: String,
    /// The archive that has it.
    pub archive: String,
    /// Whether a security archive has a newer version than the installed one.
    pub security: bool,
    /// Whether somebody asked that the package stays as it is.
    pub held: bool,
}

/// A package as dpkg knows it, with what the lists have.
struct Installed {
    package: String,
    architecture: String,
    version: String,
    held: bool,
    /// The newest of the archives that apt takes from, and whether there is one at all that is as new.
    normal: Option<Candidate>,
    /// The newest of those it only keeps current.
    kept: Option<Candidate>,
    security: bool,
}

struct Candidate {
    version: String,
    archive: String,
}

/// Reads what waits; what was found `before` is taken over if nothing has changed since, for lists are long.
pub(super) fn read(
    machine: &Machine,
    now: Timestamp,
    before: Option<&Updates>,
) -> Result<Found<Updates>, HostError> {
    let manager = manager(machine)?;
    let mut notes = Vec::new();
    let mut updates = Updates {
        package_manager: manager.map(str::to_owned),
        waiting: None,
        complete: true,
        state: String::new(),
        lists_age_seconds: None,
        restart: Restart::default(),
    };
    let mut packages = Vec::new();
    if manager == Some("dpkg") {
        match machine.open(STATUS) {
            Ok(file) => packages = installed(file, &machine.path(STATUS))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                notes.push(format!("{} is not here", machine.path(STATUS).display()));
            }
            Err(source) => {
                return Err(HostError::Read { path: machine.path(STATUS), source });
            }
        }
    }
    let names = packages.iter().map(|it| it.package.as_str());
    updates.restart = reboot::read(machine, names)?;
    let lists = if packages.is_empty() { Vec::new() } else { lists::find(machine)? };
    if !lists.is_empty() {
        updates.state = state(machine, &lists);
        let same = before.filter(|before| before.complete && before.state == updates.state);
        if let Some(Updates { waiting: Some(waiting), .. }) = same {
            updates.waiting = Some(waiting.clone());
        } else {
            updates.complete = compare(&mut packages, &lists, &mut notes);
            updates.waiting = Some(packages.into_iter().filter_map(Installed::update).collect());
        }
        updates.lists_age_seconds = fetched(machine).map(|at| now.since(at).as_secs());
        let pins = ["/etc/apt/preferences", "/etc/apt/preferences.d"];
        if pins.iter().any(|path| has_pins(&machine.path(path))) {
            notes.push("pins in /etc/apt/preferences are not applied".to_owned());
        }
    }
    Ok(Found { data: updates, notes })
}

/// Returns what manages the packages here, by its database or by what the system says it is.
fn manager(machine: &Machine) -> Result<Option<&'static str>, HostError> {
    let databases = [
        (STATUS, "dpkg"),
        ("/usr/lib/sysimage/rpm", "rpm"),
        ("/var/lib/rpm", "rpm"),
        ("/var/lib/pacman/local", "pacman"),
        ("/lib/apk/db/installed", "apk"),
        ("/nix/var/nix/db", "nix"),
    ];
    if let Some((_, name)) = databases.iter().find(|(path, _)| machine.path(path).exists()) {
        return Ok(Some(name));
    }
    let release = match machine.text_if_any("/etc/os-release")? {
        Some(text) => Some(text),
        None => machine.text_if_any("/usr/lib/os-release")?,
    };
    let Some(release) = release else { return Ok(None) };
    let ids = release
        .lines()
        .filter_map(|(_, line)| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")));
    let manager = ids.flat_map(|ids| ids.split([' ', '"', '\''])).find_map(|id| match id {
        "debian" | "ubuntu" => Some("dpkg"),
        "fedora" | "rhel" | "suse" | "opensuse" => Some("rpm"),
        "arch" => Some("pacman"),
        "alpine" => Some("apk"),
        "nixos" => Some("nix"),
        _ => None,
    });
    Ok(manager)
}

fn has_pins(path: &Path) -> bool {
    if path.is_dir() {
        return path.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    }
    path.exists()
}

/// Returns a name for the state of what is compared: which files there are, how long each is and when it was written.
fn state(machine: &Machine, lists: &[lists::List]) -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    let status = machine.path(STATUS);
    for path in lists.iter().map(|list| &list.path).chain([&status]) {
        let metadata = path.metadata().ok();
        let times =
            metadata.map(|it| (it.len(), it.ino(), it.mtime(), it.mtime_nsec(), it.ctime()));
        (path, times).hash(&mut hasher);
    }
    for list in lists {
        let lists::Archive { name, is_security, on_request, kept_current } = &list.archive;
        (name, is_security, on_request, kept_current).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Reads which packages are installed.
fn installed(file: File, path: &Path) -> Result<Vec<Installed>, HostError> {
    let mut found: Vec<Installed> = Vec::new();
    let fields = ["Package", "Status", "Architecture", "Version"];
    let file = BufReader::with_capacity(64 << 10, file);
    let read = stanzas::each(file, fields, |[package, status, architecture, version]| {
        let mut words = status.split(' ');
        let (wanted, state) = (words.next(), words.nth(1));
        let there = matches!(
            state,
            Some(
                "installed"
                    | "unpacked"
                    | "half-configured"
                    | "triggers-awaited"
                    | "triggers-pending"
            )
        );
        if there && !package.is_empty() && !version.is_empty() {
            found.push(Installed {
                package: package.clone(),
                architecture: architecture.clone(),
                version: version.clone(),
                held: wanted == Some("hold"),
                normal: None,
                kept: None,
                security: false,
            });
        }
    });
    let unreadable = |source| HostError::Read { path: path.to_owned(), source };
    let stanzas = read.map_err(unreadable)?;
    if found.is_empty() {
        let what = format!("of {stanzas} stanzas none is of an installed package");
        return Err(HostError::Damaged { path: path.to_owned(), what });
    }
    found.sort_by(|one, other| one.package.cmp(&other.package));
    Ok(found)
}

/// Compares what is installed with what the lists have, and returns whether all of them could be read.
fn compare(packages: &mut [Installed], lists: &[lists::List], notes: &mut Vec<String>) -> bool {
    // A package for all architectures is of the machine's own, which is the one that dpkg is of.
    let native = packages.iter().find(|it| it.package == "dpkg").map(|it| it.architecture.clone());
    let own = |architecture: &str| match (architecture, &native) {
        ("all", Some(native)) => native.clone(),
        (other, _) => other.to_owned(),
    };
    let mut places: HashMap<String, Vec<(String, usize)>> = HashMap::new();
    for (at, package) in packages.iter().enumerate() {
        let place = (own(&package.architecture), at);
        places.entry(package.package.clone()).or_default().push(place);
    }
    let mut complete = true;
    for list in lists {
        let archive = &list.archive;
        // apt takes nothing from these by itself.
        if archive.on_request && !archive.kept_current {
            continue;
        }
        let read = list.each(|[package, architecture, version]| {
            let Some(places) = places.get(package) else { return };
            let is_own = |own: &str| {
                architecture == own || (architecture == "all" && native.as_deref() == Some(own))
            };
            for (_, at) in places.iter().filter(|(own, _)| is_own(own)) {
                packages[*at].offer(version, archive);
            }
        });
        if let Err(error) = read {
            complete = false;
            notes.push(format!("{} is left out: {error}", list.path.display()));
        }
    }
    complete
}

impl Installed {
    /// Takes notice of a version that an archive has.
    fn offer(&mut self, version: &str, archive: &lists::Archive) {
        let order = version::compare(version, &self.version);
        if order == Ordering::Less || version.is_empty() {
            return;
        }
        self.security |= archive.is_security && order == Ordering::Greater;
        let best = if archive.on_request { &mut self.kept } else { &mut self.normal };
        let better = best.as_ref().is_none_or(|best| {
            let order = version::compare(version, &best.version);
            // Of two archives that have it, the security one is named.
            order == Ordering::Greater || (order == Ordering::Equal && archive.is_security)
        });
        if better {
            *best = Some(Candidate { version: version.to_owned(), archive: archive.name.clone() });
        }
    }

    fn update(self) -> Option<Update> {
        // What apt only keeps current counts where the other archives have nothing as new as what is installed.
        let candidate = self.normal.or(self.kept)?;
        let newer = version::compare(&candidate.version, &self.version) == Ordering::Greater;
        newer.then_some(Update {
            package: self.package,
            installed: self.version,
            available: candidate.version,
            archive: candidate.archive,
            security: self.security,
            held: self.held,
        })
    }
}

/// Returns when apt last fetched lists, as far as its directories tell.
fn fetched(machine: &Machine) -> Option<Timestamp> {
    let traces =
        ["/var/lib/apt/periodic/update-success-stamp", lists::PLACE, "/var/lib/apt/lists/partial"];
    let times = traces.iter().filter_map(|path| {
        let modified = machine.path(path).metadata().ok()?.modified().ok()?;
        let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    });
    times.max().map(Timestamp)
}

impl Updates {
    pub(super) fn sentence(&self, language: Language) -> String {
        let (waits, restart) = (self.waits(language), self.restart.sentence(language));
        // Who has to do something is told so first.
        if self.restart.needed == Some(true) {
            return format!("{restart} {waits}");
        }
        format!("{waits} {restart}")
    }

    fn waits(&self, language: Language) -> String {
        let Some(waiting) = &self.waiting else {
            return match (language, self.package_manager.as_deref()) {
                (Language::English, Some("dpkg")) => "Whether updates wait cannot be told: there are no lists of packages here.".to_owned(),
                (Language::German, Some("dpkg")) => "Ob Updates bereitstehen, lässt sich nicht sagen: Hier liegen keine Paketlisten.".to_owned(),
                (Language::English, Some(other)) => format!("Whether updates wait cannot be told: the packages of {other} are not read."),
                (Language::German, Some(other)) => format!("Ob Updates bereitstehen, lässt sich nicht sagen: Die Pakete von {other} werden nicht gelesen."),
                (Language::English, None) => "Whether updates wait cannot be told: no package manager is known here.".to_owned(),
                (Language::German, None) => "Ob Updates bereitstehen, lässt sich nicht sagen: Hier ist keine Paketverwaltung bekannt.".to_owned(),
            };
        };
        let (held, free): (Vec<&Update>, Vec<&Update>) =
            waiting.iter().partition(|update| update.held);
        let (security, others): (Vec<&Update>, Vec<&Update>) =
            free.iter().partition(|update| update.security);
        let mut told = vec![match (language, free.len(), self.complete) {
            (Language::English, 0, true) => "No update waits.".to_owned(),
            (Language::English, 0, false) => {
                "No update waits in the lists that could be read; some could not.".to_owned()
            }
            (Language::German, 0, true) => "Es stehen keine Updates bereit.".to_owned(),
            (Language::German, 0, false) => {
                "In den lesbaren Paketlisten stehen keine Updates bereit; nicht alle waren lesbar."
                    .to_owned()
            }
            (language, count, complete) => {
                let mut names: Vec<String> = security
                    .iter()
                    .chain(&others)
                    .take(NAMED)
                    .map(|update| update.package.clone())
                    .collect();
                if count > NAMED {
                    names.push(format!("{} {}", count - NAMED, language.choose("more", "weitere")));
                }
                let least = if complete { "" } else { language.choose("At least ", "Mindestens ") };
                let waits = match (language, count) {
                    (Language::English, 1) => "1 update waits".to_owned(),
                    (Language::English, _) => format!("{count} updates wait"),
                    (Language::German, 1) => "1 Update steht bereit".to_owned(),
                    (Language::German, _) => format!("{count} Updates stehen bereit"),
                };
                let safety = match (language, security.len()) {
                    (Language::English, 0) => ", none of them for security".to_owned(),
                    (Language::English, count) => format!(", {count} of them for security"),
                    (Language::German, 0) => ", keines davon für die Sicherheit".to_owned(),
                    (Language::German, count) => format!(", {count} davon für die Sicherheit"),
                };
                format!("{least}{waits}{safety}: {}.", language.list(&names))
            }
        }];
        told.extend(match (language, &held[..]) {
            (_, []) => None,
            (Language::English, [one]) => Some(format!("1 package is held back: {}.", one.package)),
            (Language::German, [one]) => {
                Some(format!("1 Paket wird zurückgehalten: {}.", one.package))
            }
            (Language::English, held) => Some(format!("{} packages are held back.", held.len())),
            (Language::German, held) => {
                Some(format!("{} Pakete werden zurückgehalten.", held.len()))
            }
        });
        if let Some(seconds) = self.lists_age_seconds {
            let age = language.rough(Duration::from_secs(seconds));
            told.push(match language {
                Language::English => format!("The package lists were fetched {age} ago."),
                Language::German => format!("Die Paketlisten wurden vor {age} geholt."),
            });
        }
        told.join(" ")
    }
}

#[cfg(test)]
mod tests;
