//! Whether the machine has to be restarted for what is installed to be what runs.

use super::super::{HostError, Language, Machine};
use super::version;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What packages write when they need a restart: Ubuntu does so always, Debian with unattended-upgrades or needrestart.
const ASKED: &str = "/run/reboot-required";
const ASKED_FOR: &str = "/run/reboot-required.pkgs";
const ASKS: [&str; 2] = [
    "/usr/share/update-notifier/notify-reboot-required",
    "/etc/kernel/postinst.d/unattended-upgrades",
];

/// How many packages are named as the reason.
const NAMED: usize = 5;

/// Whether the machine has to be restarted, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Restart {
    /// None if it cannot be told.
    pub needed: Option<bool>,
    /// The packages that need it.
    pub packages: Vec<String>,
    /// Whether the newest installed kernel runs; none if the one that runs is of no package.
    pub newest_kernel_runs: Option<bool>,
}

/// Looks at what packages have asked for, and at the kernels among them.
pub(super) fn read<'p>(
    machine: &Machine,
    installed: impl Iterator<Item = &'p str>,
) -> Result<Restart, HostError> {
    let running = machine.text_if_any("/proc/sys/kernel/osrelease")?;
    let kernel = kernel(running.as_ref().map_or("", |text| text.first_line()), installed);
    let newest_kernel_runs = match kernel {
        Kernel::Newest => Some(true),
        Kernel::Older(_) => Some(false),
        Kernel::Unknown => None,
    };
    let told = |needed, packages| Ok(Restart { needed, packages, newest_kernel_runs });
    if machine.path(ASKED).exists() {
        let mut packages: Vec<String> = Vec::new();
        if let Some(text) = machine.text_if_any(ASKED_FOR)? {
            let plain = |line: &str| line.chars().filter(|c| !c.is_control()).take(80).collect();
            let names = text.lines().map(|(_, line)| line.trim());
            packages.extend(names.filter(|name| !name.is_empty()).map(plain));
        }
        packages.sort();
        packages.dedup();
        return told(Some(true), packages);
    }
    if let Kernel::Older(package) = kernel {
        return told(Some(true), vec![package]);
    }
    // From a container nobody sees whether packages have asked for it.
    let is_seen = !machine.is_elsewhere();
    let would_ask = ASKS.iter().any(|path| machine.path(path).exists());
    let nothing_asks = is_seen && (would_ask || newest_kernel_runs == Some(true));
    told(nothing_asks.then_some(false), Vec::new())
}

/// What the kernel that runs is beside the installed ones.
enum Kernel {
    Newest,
    /// Older than the one of this package.
    Older(String),
    /// None of a package.
    Unknown,
}

fn kernel<'p>(running: &str, installed: impl Iterator<Item = &'p str>) -> Kernel {
    let Some((_, flavour)) = running.rsplit_once('-') else { return Kernel::Unknown };
    let mut known = false;
    let mut newest: Option<&str> = None;
    for package in installed {
        let Some(release) = package.strip_prefix("linux-image-") else { continue };
        let release = release.strip_prefix("unsigned-").unwrap_or(release);
        let same = release.starts_with(|first: char| first.is_ascii_digit())
            && release.rsplit_once('-').is_some_and(|(_, its)| its == flavour);
        if !same {
            continue;
        }
        known |= release == running;
        let newer = |than: &str| version::compare(release, than) == Ordering::Greater;
        if newer(running) && newest.is_none_or(newer) {
            newest = Some(release);
        }
    }
    match newest {
        _ if !known => Kernel::Unknown,
        Some(release) => Kernel::Older(format!("linux-image-{release}")),
        None => Kernel::Newest,
    }
}

impl Restart {
    pub(super) fn sentence(&self, language: Language) -> String {
        let newest = self.newest_kernel_runs == Some(true);
        match (language, self.needed) {
            (Language::English, None) if newest => {
                "The newest installed kernel runs; whether anything else needs a restart is not seen from here.".to_owned()
            }
            (Language::German, None) if newest => {
                "Der neueste installierte Kernel läuft; ob sonst etwas einen Neustart braucht, ist von hier nicht zu sehen.".to_owned()
            }
            (Language::English, None) => "Whether a restart is needed cannot be told.".to_owned(),
            (Language::German, None) => {
                "Ob ein Neustart nötig ist, lässt sich nicht sagen.".to_owned()
            }
            (Language::English, Some(false)) => "Nothing asks for a restart.".to_owned(),
            (Language::German, Some(false)) => "Nichts verlangt einen Neustart.".to_owned(),
            (language, Some(true)) => {
                let told = language.choose(
                    "The machine has to be restarted",
                    "Der Rechner muss neu gestartet werden",
                );
                if self.packages.is_empty() {
                    return format!("{told}.");
                }
                let mut names: Vec<String> = self.packages.iter().take(NAMED).cloned().collect();
                if self.packages.len() > NAMED {
                    let more = self.packages.len() - NAMED;
                    names.push(format!("{more} {}", language.choose("more", "weitere")));
                }
                format!("{told}, {} {}.", language.choose("for", "wegen"), language.list(&names))
            }
        }
    }
}
