//! Loading: finds the files, reads each source once, and brings written, merged and validated together.

mod legacy;

use super::{
    Environment, Settings,
    keys::{self, Key},
    merged::{self, Merged},
    problem::{Fault, Origin, Problem, SettingsErrors},
    validated,
    written::{self, Entry, Layer, Value, Written},
};
use serde::Serialize;
use serde_json::json;
use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// What settings are read from, besides the files.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Dotted keys with their values, from the command line.
    pub flags: Vec<(String, String)>,
    /// The process environment, from [`environment`].
    pub environment: BTreeMap<String, String>,
}

/// Settings, and where each of them came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Every key with its value and origin, in the order of `ladylinux.toml`; what is derived comes last.
    pub effective: Vec<Effective>,
    /// What is odd but harmless.
    pub warnings: Vec<String>,
}

/// A key with the value that is in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effective {
    /// The dotted key.
    pub key: String,
    /// Its environment variable; empty for what is derived and has none.
    pub env: &'static str,
    /// The value in force; masked if it is a secret.
    pub value: serde_json::Value,
    /// Who set it.
    pub origin: Origin,
    /// Whether it is a secret.
    pub secret: bool,
}

impl Sources {
    /// Returns the sources of this process, with the flags of its command line.
    pub fn of_process(flags: Vec<(String, String)>) -> Self {
        Self { flags, environment: environment() }
    }
}

/// Returns what the process environment says to this program; the only place that reads it.
///
/// Other variables are not taken: they may be somebody's secrets.
pub fn environment() -> BTreeMap<String, String> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, _)| keys::is_ours(name))
        .collect()
}

/// Loads the settings, or says everything that is wrong with them.
pub fn load(sources: Sources) -> Result<Loaded, SettingsErrors> {
    let mut flags = written::flags(sources.flags);
    let mut process = written::environment(sources.environment);
    let place = place(&mut flags, &mut process)?;
    let mut toml = read(&place.config.join("ladylinux.toml"), |text, path| {
        written::toml(text, &|line| Origin::File { path: path.to_owned(), line })
    })
    .unwrap_or_default();
    let mut env_file = env_file(&place, &toml, &process, &flags);
    let mut problems = Vec::new();
    for layer in [&mut toml, &mut env_file, &mut process, &mut flags] {
        problems.append(&mut layer.problems);
    }
    problems.extend(too_late(&place, toml.entries.iter().chain(&env_file.entries)));

    let settled = merged::settle(&mut env_file, &mut process);
    problems.extend(settled.problems);
    let mut merged = Merged::defaults();
    for entries in [toml.entries, settled.entries, flags.entries] {
        problems.extend(merged.lay(entries));
    }
    let mut warnings = env_file.warnings;
    let storage_dir = process.storage_dir.or(env_file.storage_dir);
    let settings = match validated::validate(&merged, storage_dir) {
        Ok(settings) => settings,
        Err(more) => {
            problems.extend(more);
            return Err(SettingsErrors(problems));
        }
    };
    if settings.environment == Environment::Prod {
        problems.extend(
            warnings.drain(..).map(|(warning, at)| Problem { at, fault: Fault::Strict(warning) }),
        );
    }
    if !problems.is_empty() {
        return Err(SettingsErrors(problems));
    }
    let effective = effective(&merged, &settings);
    let notices = settled.notices.into_iter().chain(env_file.notices);
    let warnings =
        warnings.into_iter().chain(notices).map(|(text, at)| format!("{at}: {text}")).collect();
    Ok(Loaded { settings, effective, warnings })
}

impl Settings {
    /// Returns the defaults below `root`, for tests: environment `test`, any free port, no files read.
    pub fn for_tests(root: &Path) -> Self {
        let root = root.display().to_string();
        let flags = [("paths.root", root.as_str()), ("environment", "test"), ("http.port", "0")];
        let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut merged = Merged::defaults();
        let problems = merged.lay(written::flags(flags.to_vec()).entries);
        assert_eq!(problems, [], "the settings for tests have the right types");
        validated::validate(&merged, None).expect("the defaults are valid below an absolute root")
    }
}

/// The two settings that decide where the files are.
struct Place {
    root: PathBuf,
    config: PathBuf,
}

/// Finds out where the files are, from what is not a file; a relative root becomes absolute.
fn place(flags: &mut Layer, process: &mut Layer) -> Result<Place, SettingsErrors> {
    for entry in flags.entries.iter_mut().chain(&mut process.entries) {
        if entry.key.name == "paths.root"
            && let Written::Raw(text) = &mut entry.value
            && let Ok(absolute) = std::path::absolute(&*text)
        {
            *text = without_dots(&absolute).display().to_string();
        }
    }
    let mut merged = Merged::defaults();
    let deciding = |entry: &&Entry| matches!(entry.key.name, "paths.root" | "paths.config");
    let entries = process.entries.iter().chain(&flags.entries).filter(deciding).cloned().collect();
    let problems = merged.lay(entries);
    if !problems.is_empty() {
        return Err(SettingsErrors(problems));
    }
    let root = path_of(&merged, "paths.root");
    let config = validated::below(&root, &path_of(&merged, "paths.config"));
    Ok(Place { root, config })
}

/// Removes `.` and resolves `..` by name, as a person who types `../var` means it.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir {
            clean.pop();
        } else {
            clean.push(part);
        }
    }
    clean
}

/// Reads the env file; where the state directory is, and thus an old file beside the data, is said elsewhere.
fn env_file(place: &Place, toml: &Layer, process: &Layer, flags: &Layer) -> Layer {
    let mut merged = Merged::defaults();
    let layers = [&toml.entries, &process.entries, &flags.entries];
    let says_state = |entry: &&Entry| entry.key.name == "paths.state";
    // What does not fit is reported when everything is merged.
    drop(merged.lay(layers.into_iter().flatten().filter(says_state).cloned().collect()));
    let state = validated::below(&place.root, &path_of(&merged, "paths.state"));
    let (ours, old) = (place.config.join("ladylinux.env"), state.join(".env.systemd"));
    let [our_layer, old_layer] = [&ours, &old].map(|path| read(path, written::env_file));
    legacy::settle(our_layer, &ours, old_layer, &old)
}

fn path_of(merged: &Merged, key: &'static str) -> PathBuf {
    match &merged.get(key).value {
        Value::Text(text) => PathBuf::from(text),
        Value::Number(_) | Value::List(_) => PathBuf::new(),
    }
}

/// Reads one file, if it is there.
fn read(path: &Path, parse: impl Fn(&str, &Path) -> Layer) -> Option<Layer> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(parse(&text, path)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            let at = Origin::File { path: path.to_owned(), line: 1 };
            let fault = Fault::Unreadable(error.to_string());
            Some(Layer { problems: vec![Problem { at, fault }], ..Layer::default() })
        }
    }
}

/// Refuses a file that sets where it is, unless it only repeats what is in force.
fn too_late<'a>(place: &Place, entries: impl Iterator<Item = &'a Entry>) -> Vec<Problem> {
    let wrong = entries.filter_map(|entry| {
        let (in_force, flag) = match entry.key.name {
            "paths.root" => (&place.root, " or --root"),
            "paths.config" => (&place.config, ""),
            _ => return None,
        };
        let (Written::Raw(text) | Written::Typed(Value::Text(text))) = &entry.value else {
            return None;
        };
        if validated::below(&place.root, Path::new(text)) == *in_force {
            return None;
        }
        let Key { name: key, env, .. } = *entry.key;
        Some(Problem { at: entry.origin.clone(), fault: Fault::TooLate { key, env, flag } })
    });
    wrong.collect()
}

fn effective(merged: &Merged, settings: &Settings) -> Vec<Effective> {
    let paths = &settings.paths;
    let keys = keys::KEYS.iter().map(|key| {
        let setting = merged.get(key.name);
        let value = match (key.name, &setting.value) {
            ("paths.config", _) => json!(paths.config),
            ("paths.models", _) => json!(paths.models),
            ("paths.containers", _) => json!(paths.containers),
            ("paths.state", _) => json!(paths.state),
            ("paths.protected", _) => json!(paths.protected),
            ("http.host", _) => json!(settings.http.address.ip()),
            (_, Value::Text(text)) => json!(text),
            (_, Value::Number(number)) => json!(number),
            (_, Value::List(items)) => json!(items),
        };
        let value = if key.secret { json!(keys::MASK) } else { value };
        let origin = setting.origin.clone();
        Effective { key: key.name.to_owned(), env: key.env, value, origin, secret: key.secret }
    });
    // LXA-96: the derived roots are shown beside what they are derived from.
    let derived = [
        ("paths.storage", keys::STORAGE_DIR, paths.storage.clone()),
        ("paths.streamable_raw", "", paths.storage.join("streamable_videos/raw")),
        ("paths.streamable_processed", "", paths.storage.join("streamable_videos/processed")),
        ("paths.database", "", paths.database()),
    ];
    keys.chain(derived.map(|(key, env, path)| Effective {
        key: key.to_owned(),
        env,
        value: json!(path),
        origin: Origin::Derived,
        secret: false,
    }))
    .collect()
}

#[cfg(test)]
mod tests;
