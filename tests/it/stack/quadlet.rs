//! Reads Quadlet units: sections, keys, and what `PodmanArgs=` adds for generators older than the newest.

use super::{Declared, Denied, bytes, project};
use std::{collections::BTreeMap, fs};

#[derive(Default)]
pub(super) struct Units {
    pub(super) containers: BTreeMap<String, Unit>,
    pub(super) volumes: BTreeMap<String, Unit>,
    pub(super) networks: BTreeMap<String, Unit>,
}

/// Section, key, value, in the order of the file.
#[derive(Clone, Debug)]
pub(super) struct Unit(Vec<(String, String, String)>);

/// Reads the Quadlet files of a folder; their names without what they end with are the keys.
pub(super) fn read(folder: &str) -> Units {
    let mut units = Units::default();
    for entry in fs::read_dir(project(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let into = match path.extension().and_then(|extension| extension.to_str()) {
            Some("container") => &mut units.containers,
            Some("volume") => &mut units.volumes,
            Some("network") => &mut units.networks,
            _ => continue,
        };
        into.insert(name, Unit::parse(&fs::read_to_string(&path).unwrap()));
    }
    units
}

impl Unit {
    fn parse(text: &str) -> Self {
        let mut section = String::new();
        let mut lines = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                name.trim_end_matches(']').clone_into(&mut section);
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
            assert!(!value.ends_with('\\'), "this test reads no continued lines: {line}");
            lines.push((section.clone(), key.to_owned(), value.to_owned()));
        }
        Self(lines)
    }

    /// Returns every value of a key.
    pub(super) fn all(&self, section: &str, key: &str) -> Vec<&str> {
        let wanted = |line: &&(String, String, String)| line.0 == section && line.1 == key;
        self.0.iter().filter(wanted).map(|line| line.2.as_str()).collect()
    }

    /// Returns the only value of a key.
    pub(super) fn one(&self, section: &str, key: &str) -> &str {
        let all = self.all(section, key);
        let [value] = all[..] else { panic!("[{section}] {key}= is there {} times", all.len()) };
        value
    }

    /// Returns the value of an option in `PodmanArgs=`.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let options = self.all("Container", "PodmanArgs");
        options
            .into_iter()
            .flat_map(str::split_whitespace)
            .find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether `PodmanArgs=` has an option without a value.
    pub(super) fn has(&self, option: &str) -> bool {
        let options = self.all("Container", "PodmanArgs");
        options.into_iter().flat_map(str::split_whitespace).any(|one| one == option)
    }

    pub(super) fn denied(&self) -> Denied {
        Denied {
            read_only: self.all("Container", "ReadOnly") == ["true"],
            dropped: self
                .all("Container", "DropCapability")
                .iter()
                .map(|&name| name.to_owned())
                .collect(),
            no_new_privileges: self.all("Container", "NoNewPrivileges") == ["true"],
            tmpfs: self.all("Container", "Tmpfs").iter().map(|&path| path.to_owned()).collect(),
        }
    }

    pub(super) fn declared(&self, units: &Units) -> Declared {
        let known = [
            "ContainerName",
            "DropCapability",
            "Environment",
            "Exec",
            "Group",
            "Image",
            "LogDriver",
            "Network",
            "NoNewPrivileges",
            "Notify",
            "PodmanArgs",
            "PublishPort",
            "ReadOnly",
            "SecurityLabelDisable",
            "Tmpfs",
            "User",
            "Volume",
        ];
        for (_, key, _) in self.0.iter().filter(|(section, ..)| section == "Container") {
            assert!(known.contains(&key.as_str()), "this test does not compare {key}=: teach it");
        }
        let commands = self.all("Container", "Exec");
        let network = match self.one("Container", "Network") {
            "none" => None,
            named => Some(named.strip_suffix(".network").unwrap_or(named).to_owned()),
        };
        Declared {
            command: commands
                .iter()
                .flat_map(|line| line.split_whitespace())
                .map(str::to_owned)
                .collect(),
            user: format!("{}:{}", self.one("Container", "User"), self.one("Container", "Group")),
            mounts: self
                .all("Container", "Volume")
                .into_iter()
                .map(|volume| mount(volume, units))
                .collect(),
            network,
            published: None,
            environment: self
                .all("Container", "Environment")
                .into_iter()
                .map(|line| line.split_once('=').unwrap())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            memory: bytes(self.option("--memory").unwrap()),
            cpus: self.option("--cpus").unwrap().parse().unwrap(),
            pids: self.option("--pids-limit").unwrap().parse().unwrap(),
            health: None,
        }
    }
}

/// Reads `source:target[:ro[,…]]`; a `.volume` unit stands for the name of its volume.
fn mount(volume: &str, units: &Units) -> (String, (String, bool)) {
    let mut parts = volume.split(':');
    let (source, target) = (parts.next().unwrap(), parts.next().unwrap());
    let read_only = parts.next().is_some_and(|options| options.split(',').any(|one| one == "ro"));
    let source = match source.strip_suffix(".volume") {
        Some(unit) => units.volumes[unit].one("Volume", "VolumeName"),
        None => source,
    };
    (target.to_owned(), (source.to_owned(), read_only))
}
