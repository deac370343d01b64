//! The hold: a file that keeps the node stopped, across reboots, until somebody ends it.
//!
//! It is written before step 1 and taken away when the release has answered, so that whatever happens in between leaves a
//! held node. Nothing that starts containers does so while the file is there.

use super::record::Step;
use crate::foundation::values::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// The file's name within the supervisor's directory.
pub const NAME: &str = "hold.json";

/// Why a node is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why, in a sentence.
    pub reason: String,
    /// The step that failed, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// Whether a person wanted it: then nothing but a person ends it.
    #[serde(default)]
    pub by_hand: bool,
    /// Since when.
    pub since: Timestamp,
    /// What a person can do.
    pub next: String,
}

/// Returns the hold, if there is one. A file that cannot be understood is a hold, too.
pub fn read(directory: &Path) -> io::Result<Option<Hold>> {
    let text = match fs::read_to_string(directory.join(NAME)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(serde_json::from_str(&text).unwrap_or_else(|error| Hold {
        reason: format!("{NAME} cannot be understood ({error})"),
        step: None,
        by_hand: true,
        since: Timestamp(0),
        next: "look at it, then run `ladylinux-supervisor release-hold`".to_owned(),
    })))
}

/// Holds the node; when this returns, the hold survives a power cut.
pub fn write(directory: &Path, hold: &Hold) -> io::Result<()> {
    write_whole(directory, NAME, 0o600, serde_json::to_string_pretty(hold)?.as_bytes())
}

/// Ends the hold.
pub fn clear(directory: &Path) -> io::Result<()> {
    remove(directory, NAME)
}

/// Removes a file, if it is there; when this returns, it is gone after a power cut, too.
pub(super) fn remove(directory: &Path, name: &str) -> io::Result<()> {
    match fs::remove_file(directory.join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => File::open(directory)?.sync_all(),
    }
}

/// Writes a file that appears whole or not at all, and is there after a power cut.
pub(super) fn write_whole(
    directory: &Path,
    name: &str,
    mode: u32,
    content: &[u8],
) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let partial = directory.join(format!(".{name}.partial"));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&partial)?;
    file.write_all(content)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.sync_all()?;
    fs::rename(&partial, directory.join(name))?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_is_there_until_it_is_cleared() {
        let directory = tempfile::tempdir().unwrap();
        let hold = Hold {
            reason: "no answer".to_owned(),
            step: Some(Step::Restart),
            by_hand: false,
            since: Timestamp(5),
            next: "run `ladylinux-supervisor rollback`".to_owned(),
        };
        assert_eq!(read(directory.path()).unwrap(), None);
        write(directory.path(), &hold).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Some(hold));
        clear(directory.path()).unwrap();
        clear(directory.path()).unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
    }

    #[test]
    fn a_hold_that_cannot_be_understood_still_holds() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(NAME), "{").unwrap();
        assert!(read(directory.path()).unwrap().unwrap().next.contains("release-hold"));
    }
}
