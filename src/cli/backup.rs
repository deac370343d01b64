//! `ladylinux backup`: copies what a node must not lose, of one moment, while it serves or not.
//!
//! A backup is a directory: `backup.json`, `ladylinux.db`, and `config/` with the configuration as it was. It appears whole
//! or not at all. The supervisor's own directory is in no backup: what it knows is of the machine, not of the state.

use super::{Common, exit, exit::Exit, exit::Outcome, out};
use crate::foundation::{
    settings::Paths,
    store,
    values::{Release, Sha256, time},
};
use anyhow::{Context, anyhow};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// The file that says what a backup is.
pub(super) const ABOUT: &str = "backup.json";

/// The database in it.
pub(super) const DATABASE: &str = "ladylinux.db";

/// The configuration in it.
pub(super) const CONFIG: &str = "config";

/// The version of its form.
pub(super) const FORM: u32 = 1;

/// The arguments of `backup`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ladylinux backup                          to a directory of its own below the node's state
  ladylinux backup /mnt/stick/ladylinux     to a directory that is not there yet
  ladylinux restore /mnt/stick/ladylinux    and back, once the node is stopped")]
pub(super) struct Backup {
    /// The directory to make [default: data/backups/ and the time, below the node's state]
    directory: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a backup says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    /// The version of its form.
    pub(super) form: u32,
    /// When it was made, in RFC 3339 form.
    pub(super) at: String,
    /// The release that made it.
    pub(super) version: String,
    /// Its commit.
    pub(super) commit: Option<String>,
    /// The schema of the database.
    pub(super) schema: u32,
    /// The SHA-256 of every other file, by its path in the backup.
    pub(super) files: BTreeMap<PathBuf, Sha256>,
}

impl Backup {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let paths = common.load(&[])?.settings.paths;
        let now = time::now();
        let directory =
            self.directory.clone().unwrap_or_else(|| directory_of_all(&paths).join(now.stamp()));
        if directory.exists() {
            return Err(exit::refused(format!(
                "{} is there already: name a directory that is not",
                directory.display()
            )));
        }
        let about = make(&paths, &directory, now.rfc3339())?;
        if self.json {
            out::json(&serde_json::json!({ "backup": directory, "about": about }))?;
        } else {
            out::line(format!(
                "backed up to {}: schema {}, {} files",
                directory.display(),
                about.schema,
                about.files.len()
            ));
            out::note(format!(
                "to restore it, stop the node and {}",
                super::command(&paths, &format!("restore {}", directory.display()))
            ));
        }
        Ok(Exit::Done)
    }
}

/// Returns where backups lie, and what restores keep aside, if nobody names another place.
pub(super) fn directory_of_all(paths: &Paths) -> PathBuf {
    paths.state.join("data/backups")
}

/// Makes a backup, which appears whole or not at all.
fn make(paths: &Paths, directory: &Path, at: String) -> anyhow::Result<About> {
    let mut name = directory.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    if partial.exists() {
        fs::remove_dir_all(&partial).with_context(|| {
            format!("cannot remove {}, which an earlier backup left", partial.display())
        })?;
    }
    let made = fill(paths, &partial, at).and_then(|about| {
        fs::rename(&partial, directory)
            .and_then(|()| sync(directory.parent().unwrap_or(Path::new("/"))))
            .with_context(|| format!("cannot name the backup {}", directory.display()))?;
        Ok(about)
    });
    if made.is_err() {
        // What is not whole is no backup.
        drop(fs::remove_dir_all(&partial));
    }
    made
}

fn fill(paths: &Paths, directory: &Path, at: String) -> anyhow::Result<About> {
    // What is in it is nobody else's business.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let schema = store::back_up(&paths.database(), &directory.join(DATABASE))?;
    copy_config(paths, &directory.join(CONFIG))?;
    let mut files = BTreeMap::new();
    for file in files_in(directory)? {
        let opened = File::open(directory.join(&file))?;
        opened.sync_all()?;
        files.insert(file, Sha256::of_reader(opened, |_| {})?);
    }
    let Release { version, commit, .. } = Release::this();
    let (version, commit) = (version.to_owned(), commit.map(str::to_owned));
    let about = About { form: FORM, at, version, commit, schema, files };
    fs::write(directory.join(ABOUT), serde_json::to_vec_pretty(&about)?)?;
    sync(&directory.join(ABOUT))?;
    for entry in WalkDir::new(directory) {
        let entry = entry?;
        if entry.file_type().is_dir() {
            sync(entry.path())?;
        }
    }
    Ok(about)
}

/// Copies the configuration with its modes: names of keys and tokens may be in it.
fn copy_config(paths: &Paths, to: &Path) -> anyhow::Result<()> {
    fs::create_dir(to)?;
    if !paths.config.is_dir() {
        return Ok(());
    }
    for entry in config_entries(&paths.config) {
        let entry = entry.with_context(|| format!("cannot read {}", paths.config.display()))?;
        let target = to.join(entry.path().strip_prefix(&paths.config)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target)?;
        } else if entry.file_type().is_file() {
            fs::copy(entry.path(), &target)
                .with_context(|| format!("cannot copy {}", entry.path().display()))?;
        } else {
            out::note(format!("{} is no file, and left out", entry.path().display()));
        }
    }
    Ok(())
}

/// Lists the configuration of the node, without its supervisor's.
fn config_entries(config: &Path) -> impl Iterator<Item = walkdir::Result<walkdir::DirEntry>> {
    let supervisor = config.join("supervisor");
    WalkDir::new(config)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| entry.path() != supervisor)
}

/// Lists the files of a directory, by their paths in it.
fn files_in(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && entry.path() != directory.join(ABOUT) {
            files.push(entry.path().strip_prefix(directory)?.to_owned());
        }
    }
    Ok(files)
}

/// Reads what a backup says about itself, and fails unless it is whole and as it was made.
pub(super) fn verified(directory: &Path) -> anyhow::Result<About> {
    let file = directory.join(ABOUT);
    let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let about: About = serde_json::from_slice(&text)
        .with_context(|| format!("{} does not say what this backup is", file.display()))?;
    if about.form != FORM {
        return Err(anyhow!("the backup has form {}, and this release knows {FORM}", about.form));
    }
    for (name, expected) in &about.files {
        let path = directory.join(name);
        let escapes =
            name.components().any(|part| !matches!(part, std::path::Component::Normal(_)));
        if escapes {
            return Err(anyhow!("{} names a file outside: {}", file.display(), name.display()));
        }
        let opened =
            File::open(&path).with_context(|| format!("the backup lacks {}", name.display()))?;
        let found = Sha256::of_reader(opened, |_| {})
            .with_context(|| format!("cannot read {}", path.display()))?;
        if found != *expected {
            return Err(anyhow!(
                "{} is not what was backed up: its SHA-256 differs",
                path.display()
            ));
        }
    }
    let unlisted = files_in(directory)?.into_iter().find(|name| !about.files.contains_key(name));
    if let Some(name) = unlisted {
        return Err(anyhow!("{} was added to the backup later", name.display()));
    }
    Ok(about)
}

/// Returns the files of the configuration that differ from the backup's.
pub(super) fn differing(paths: &Paths, directory: &Path, about: &About) -> Vec<PathBuf> {
    let then = directory.join(CONFIG);
    let names = about.files.keys().filter_map(|name| name.strip_prefix(CONFIG).ok());
    let differs =
        |name: &&Path| fs::read(paths.config.join(name)).ok() != fs::read(then.join(name)).ok();
    names.filter(differs).map(Path::to_owned).collect()
}

/// Puts a file of the backup's configuration back, whole or not at all, with its mode.
pub(super) fn put_back(paths: &Paths, directory: &Path, name: &Path) -> anyhow::Result<()> {
    let (from, to) = (directory.join(CONFIG).join(name), paths.config.join(name));
    let partial = to.with_extension("restoring");
    let put = || {
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::copy(&from, &partial)?;
        fs::set_permissions(
            &partial,
            fs::Permissions::from_mode(from.metadata()?.permissions().mode()),
        )?;
        sync(&partial)?;
        fs::rename(&partial, &to)?;
        to.parent().map_or(Ok(()), sync)
    };
    put().with_context(|| format!("cannot put {} back", to.display()))
}

fn sync(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}
