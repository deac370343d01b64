//! The operating system, from `os-release` and the kernel.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine};
use serde::{Deserialize, Serialize};

/// The operating system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Os {
    /// The distribution and its version, such as "Debian GNU/Linux 13 (trixie)".
    pub pretty_name: String,
    /// The distribution's short name, such as "debian".
    pub id: String,
    /// The version, such as "13"; rolling distributions have none.
    pub version: Option<String>,
    /// The kernel's version, such as "6.12.8-amd64".
    pub kernel: String,
    /// The processor's architecture, such as `x86_64`.
    pub architecture: String,
    /// The machine's name.
    pub hostname: String,
}

pub(super) fn read(machine: &Machine) -> Result<Found<Os>, HostError> {
    let (release, notes) = match machine.text_if_any("/etc/os-release")? {
        Some(text) => parse(&text),
        None => parse(&machine.text("/usr/lib/os-release")?),
    };
    let line = |path: &str| machine.text(path).map(|text| text.first_line().to_owned());
    let architecture = machine.text_if_any("/proc/sys/kernel/arch")?;
    let data = Os {
        kernel: line("/proc/sys/kernel/osrelease")?,
        // Kernels before 6.1 do not tell; a program runs on the architecture it was built for.
        architecture: architecture
            .map_or_else(|| std::env::consts::ARCH.to_owned(), |text| text.first_line().to_owned()),
        // To a container the kernel tells the container's name.
        hostname: match machine.text_if_any("/etc/hostname") {
            Ok(Some(name)) if machine.is_elsewhere() => name.first_line().to_owned(),
            _ => line("/proc/sys/kernel/hostname")?,
        },
        ..release
    };
    Ok(Found { data, notes })
}

/// Reads the `NAME=value` lines of `os-release(5)`, whose defaults are "Linux" and "linux".
fn parse(text: &Text) -> (Os, Vec<String>) {
    let mut notes = Vec::new();
    let mut os = Os {
        pretty_name: "Linux".to_owned(),
        id: "linux".to_owned(),
        version: None,
        kernel: String::new(),
        architecture: String::new(),
        hostname: String::new(),
    };
    for (number, line) in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            notes.push(text.skipped(number, "NAME=value"));
            continue;
        };
        match name {
            "PRETTY_NAME" => os.pretty_name = unquote(value),
            "ID" => os.id = unquote(value),
            "VERSION_ID" => os.version = Some(unquote(value)),
            _ => {}
        }
    }
    (os, notes)
}

/// Takes shell quotes and backslashes away.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    let mut plain = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            character if character.is_control() => {}
            character => plain.push(character),
        }
    }
    plain
}

impl Os {
    pub(super) fn sentence(&self, language: Language) -> String {
        let Self { pretty_name, kernel, architecture, hostname, .. } = self;
        match language {
            Language::English => {
                format!("{hostname} runs {pretty_name} with Linux {kernel} on {architecture}.")
            }
            Language::German => {
                format!("Auf {hostname} läuft {pretty_name} mit Linux {kernel} auf {architecture}.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_and_comments_of_os_release_are_understood() {
        let text = Text::of(
            "/etc/os-release",
            "# made by hand\nID=debian\nPRETTY_NAME=\"Debian \\\"13\\\" (trixie)\"\nVERSION_ID='13'\nbroken line\n",
        );
        let (os, notes) = parse(&text);
        assert_eq!(os.pretty_name, "Debian \"13\" (trixie)");
        assert_eq!((os.id.as_str(), os.version.as_deref()), ("debian", Some("13")));
        assert_eq!(notes, ["skipped line 5 of /etc/os-release: not as expected (NAME=value)"]);
    }

    // C-38
    #[test]
    fn a_mounted_host_is_told_by_its_own_files_even_where_links_begin_at_its_root() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &str| {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        write("etc/hostname", "minipc\n");
        write("nix/os-release", "PRETTY_NAME=\"Somebody's Linux\"\n");
        write("proc/sys/kernel/hostname", "3f0c8a1b22\n");
        write("proc/sys/kernel/osrelease", "6.12.8\n");
        let link = directory.path().join("etc/os-release");
        std::os::unix::fs::symlink("/nix/os-release", link).unwrap();
        let never = |_: &std::path::Path| Err(std::io::ErrorKind::Unsupported.into());
        let machine = Machine::mounted(directory.path(), std::path::Path::new("/nowhere"), never);
        let os = read(&machine).unwrap().data;
        assert_eq!((os.hostname.as_str(), os.pretty_name.as_str()), ("minipc", "Somebody's Linux"));
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_noted(content in "((ID|PRETTY_NAME)=[\"'\\\\]?\\PC*\n?)*|\\PC*") {
            drop(parse(&Text::of("/etc/os-release", &content)));
        }
    }
}
