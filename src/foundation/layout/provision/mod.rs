//! Brings a disk to the tree. The only code that creates directories of the tree.
//!
//! Every step below the root goes from an open directory to its child without following symbolic links, so that nobody
//! who can write somewhere in the tree can turn an ownership change to a place outside it.

use super::{
    Owner,
    tree::{self, Access},
};
use crate::foundation::settings::Paths;
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::{AtFlags, Mode, OFlags, Stat},
    io::Errno,
};
use serde::Serialize;
use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown},
    path::{Component, Path, PathBuf},
};

/// What an operator starts from; every line is a comment until somebody needs it.
const ENV_TEMPLATE: &str = include_str!("../ladylinux.env");

/// The mode of the env file, which may carry secrets.
const ENV_MODE: u32 = 0o640;

/// Directories above the tree, such as `/var/lib`, when they are missing.
const ABOVE_MODE: u32 = 0o755;

/// Something that [`provision`] changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What was changed.
    pub path: PathBuf,
    /// How.
    #[serde(flatten)]
    pub what: What,
}

/// How something was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum What {
    /// It was not there.
    Created,
    /// It had other permission bits.
    Mode {
        /// What they were, in octal.
        from: String,
        /// What they are, in octal.
        to: String,
    },
    /// It belonged to somebody else.
    Owner {
        /// Who that was, as `uid:gid`.
        from: String,
        /// Who owns it, as `uid:gid`.
        to: String,
    },
}

/// Why the tree could not be brought into shape.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// Something else stands where a directory belongs.
    #[error("{} is no directory: move it away, then run `ladylinux provision` again", .0.display())]
    NotADirectory(PathBuf),
    /// A symbolic link stands where a directory belongs.
    #[error("{} is a symbolic link, which is not followed: name the directory it leads to in the settings, or mount it there", .0.display())]
    SymbolicLink(PathBuf),
    /// This user may not create a directory.
    #[error(
        "user {uid} may not create {}: run `ladylinux provision` as root, or mount a volume there that belongs to this user",
        path.display()
    )]
    NotYours {
        /// The directory.
        path: PathBuf,
        /// The user.
        uid: u32,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system refused a step.
    #[error("cannot {action} {}", path.display())]
    Refused {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Creates what is missing and mends modes and owners; returns what it changed, which is nothing the second time.
pub fn provision(paths: &Paths, owner: Owner) -> Result<Vec<Change>, LayoutError> {
    let mut changes = Vec::new();
    'directories: for directory in tree::directories(paths) {
        if directory.access.is_for_supervisor() && !Owner::is_of_a_host(paths) {
            continue;
        }
        let anchor = anchor(&paths.root, &directory.path);
        let mut at = open_anchor(&anchor, &mut changes)?;
        let mut path = anchor.clone();
        let below = directory.path.strip_prefix(&anchor).unwrap_or(Path::new(""));
        for part in below.components() {
            let Component::Normal(name) = part else { continue };
            path.push(name);
            at = match enter(&at, name.as_ref(), &path, &mut changes) {
                // In a container it lies in what root made, and may not be mounted there at all; the check tells.
                Err(LayoutError::NotYours { .. }) if !directory.access.is_needed() => {
                    continue 'directories;
                }
                entered => entered?,
            };
        }
        if directory.access != Access::Write && !is_mine(&at, &path)? {
            continue;
        }
        shape(&at, &path, directory.mode, owner.of(directory.access), &mut changes)?;
    }
    env_file(paths, owner.of(Access::Configuration), &mut changes)?;
    Ok(changes)
}

/// Whether this user may shape a directory at all. In a container what the node only reads belongs to somebody else and
/// is mounted read-only, and that is as it should be.
fn is_mine(at: &OwnedFd, path: &Path) -> Result<bool, LayoutError> {
    let me = rustix::process::geteuid();
    let stat = rustix::fs::fstat(at).map_err(|errno| named(errno, path, "look at"))?;
    Ok(me.is_root() || stat.st_uid == me.as_raw())
}

/// Returns the deepest directory whose symbolic links are the operator's own business.
fn anchor(root: &Path, path: &Path) -> PathBuf {
    if root != Path::new("/") && path.starts_with(root) {
        return root.to_owned();
    }
    path.parent().unwrap_or(Path::new("/")).to_owned()
}

fn open_anchor(anchor: &Path, changes: &mut Vec<Change>) -> Result<OwnedFd, LayoutError> {
    let missing: Vec<_> = anchor.ancestors().take_while(|path| !path.exists()).collect();
    for path in missing.into_iter().rev() {
        fs::create_dir(path).map_err(|source| refused("create", path, source))?;
        fs::set_permissions(path, fs::Permissions::from_mode(ABOVE_MODE))
            .map_err(|source| refused("set the mode of", path, source))?;
        changes.push(Change { path: path.to_owned(), what: What::Created });
    }
    rustix::fs::open(anchor, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| named(errno, anchor, "open"))
}

/// Goes from an open directory to its child, which is created if it is missing.
fn enter(
    parent: &OwnedFd,
    name: &Path,
    path: &Path,
    changes: &mut Vec<Change>,
) -> Result<OwnedFd, LayoutError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(parent, name, flags, Mode::empty()) {
        Ok(child) => return Ok(child),
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(named(errno, path, "open")),
    }
    rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o700)).map_err(|errno| match errno {
        Errno::ACCESS | Errno::PERM | Errno::ROFS => LayoutError::NotYours {
            path: path.to_owned(),
            uid: rustix::process::geteuid().as_raw(),
            source: errno.into(),
        },
        errno => named(errno, path, "create"),
    })?;
    changes.push(Change { path: path.to_owned(), what: What::Created });
    let child = rustix::fs::openat(parent, name, flags, Mode::empty())
        .map_err(|errno| named(errno, path, "open"))?;
    // The mode is set after creation: the umask must not decide about it. `shape` narrows it for rows of the table.
    set_mode(&child, path, ABOVE_MODE)?;
    Ok(child)
}

/// Gives an open directory its mode and owner.
fn shape(
    at: &OwnedFd,
    path: &Path,
    mode: u32,
    owner: Owner,
    changes: &mut Vec<Change>,
) -> Result<(), LayoutError> {
    let fresh = changes.last().is_some_and(|change| change.path == path);
    let mut report = |what| {
        if !fresh {
            changes.push(Change { path: path.to_owned(), what });
        }
    };
    let stat = rustix::fs::fstat(at).map_err(|errno| named(errno, path, "look at"))?;
    if (stat.st_uid, stat.st_gid) != (owner.uid, owner.gid) {
        let (uid, gid) =
            (rustix::fs::Uid::from_raw(owner.uid), rustix::fs::Gid::from_raw(owner.gid));
        rustix::fs::chownat(at, "", Some(uid), Some(gid), AtFlags::EMPTY_PATH)
            .map_err(|errno| named(errno, path, "change the owner of"))?;
        report(What::Owner {
            from: format!("{}:{}", stat.st_uid, stat.st_gid),
            to: format!("{}:{}", owner.uid, owner.gid),
        });
    }
    if permissions(&stat) != mode {
        set_mode(at, path, mode)?;
        report(What::Mode {
            from: format!("{:04o}", permissions(&stat)),
            to: format!("{mode:04o}"),
        });
    }
    Ok(())
}

/// Returns the permission bits that the table speaks about; a set-group-id bit is the operator's choice.
pub(super) fn permissions(stat: &Stat) -> u32 {
    stat.st_mode & 0o5777
}

/// Sets the mode of a directory that was opened without any right to it, by its entry in `/proc`.
fn set_mode(at: &OwnedFd, path: &Path, mode: u32) -> Result<(), LayoutError> {
    let entry = format!("/proc/self/fd/{}", at.as_raw_fd());
    let old = rustix::fs::fstat(at).map_err(|errno| named(errno, path, "look at"))?;
    let set_group_id = old.st_mode & 0o2000;
    fs::set_permissions(entry, fs::Permissions::from_mode(mode | set_group_id))
        .map_err(|source| refused("set the mode of", path, source))
}

/// Writes the env file's template, only where there is nothing.
fn env_file(paths: &Paths, owner: Owner, changes: &mut Vec<Change>) -> Result<(), LayoutError> {
    let path = paths.config.join("ladylinux.env");
    let mut options = fs::OpenOptions::new();
    // `create_new` follows no symbolic link, not even one that leads nowhere.
    match options.write(true).create_new(true).mode(ENV_MODE).open(&path) {
        Ok(mut file) => {
            file.write_all(ENV_TEMPLATE.as_bytes())
                .and_then(|()| file.set_permissions(fs::Permissions::from_mode(ENV_MODE)))
                .and_then(|()| fchown(&file, Some(owner.uid), Some(owner.gid)))
                .map_err(|source| refused("write", &path, source))?;
            changes.push(Change { path, what: What::Created });
            Ok(())
        }
        // Configuration that somebody else owns and mounts is theirs to write.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::AlreadyExists
                    | ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Ok(())
        }
        Err(source) => Err(refused("create", &path, source)),
    }
}

fn refused(action: &'static str, path: &Path, source: std::io::Error) -> LayoutError {
    LayoutError::Refused { action, path: path.to_owned(), source }
}

fn named(errno: Errno, path: &Path, action: &'static str) -> LayoutError {
    let is_link = || fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    match errno {
        Errno::LOOP => LayoutError::SymbolicLink(path.to_owned()),
        Errno::NOTDIR if is_link() => LayoutError::SymbolicLink(path.to_owned()),
        Errno::NOTDIR => LayoutError::NotADirectory(path.to_owned()),
        errno => refused(action, path, errno.into()),
    }
}

#[cfg(test)]
mod tests;
