//! Says how a disk differs from the tree, without changing anything.

use super::{
    Owner,
    provision::permissions,
    tree::{self, Access, Directory},
};
use crate::foundation::{
    settings::{Feature, Paths, Settings},
    values::{ReadinessIssue, Severity},
};
use rustix::fs::{Access as Rights, AtFlags, CWD, Stat};
use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// How the node's state is there for whoever looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be worked with.
    InUse,
    /// To be looked at, on a mount that may be read-only while the node itself has another.
    LookedAt,
}

/// Returns every deviation from the tree, parents first.
///
/// What the node could not work with is critical; an unexpected owner or mode that leaves it working is a warning,
/// unless it opens the directory to everybody.
pub fn deviations(paths: &Paths, state: State) -> Vec<ReadinessIssue> {
    let found = Found { paths, owner: Owner::expected(paths), state };
    let mut issues: Vec<_> = tree::directories(paths)
        .iter()
        .flat_map(|directory| found.in_directory(directory))
        .collect();
    issues.extend(found.in_env_file());
    issues.extend(found.across_filesystems());
    issues.extend(found.in_public_media());
    issues
}

/// Returns everything about the directories that keeps a node from starting, or should be known when it does.
pub fn readiness(settings: &Settings, state: State) -> Vec<ReadinessIssue> {
    unmounted(settings).into_iter().chain(deviations(&settings.paths, state)).collect()
}

/// Says that the protected root is no mounted filesystem, where the settings demand one.
///
/// Encrypted storage that is not unlocked leaves an empty directory behind, and whatever is written there stays in the
/// clear. The node mounts and unlocks nothing itself (LXA-44).
pub fn unmounted(settings: &Settings) -> Option<ReadinessIssue> {
    if !settings.features.contains(&Feature::ProtectedMount) {
        return None;
    }
    let path = &settings.paths.protected;
    let device =
        |path: &Path| rustix::fs::stat(path).map(|found| (found.st_dev, found.st_ino)).ok();
    let (own, parent) = (device(path), path.parent().and_then(device));
    let mounted = matches!((own, parent), (Some(own), Some(parent)) if own.0 != parent.0 || own.1 == parent.1);
    (!mounted).then(|| ReadinessIssue {
        severity: Severity::Critical,
        code: "protected_root_not_mounted".to_owned(),
        message: format!("{} is no mounted filesystem", path.display()),
        path: Some(path.clone()),
        mend: "mount or unlock it, or remove protected-mount from the features".to_owned(),
    })
}

/// How the codes end of what is so of everything below a directory if it is so of the directory, most of the time.
const INHERITED: [&str; 4] = ["_missing", "_read_denied", "_write_denied", "_execute_denied"];

/// Drops what is only so because it is so of a directory above: what is missing in a missing one, and what may not be
/// written where nothing may. That is what a person wants to read.
pub fn foremost(issues: &[ReadinessIssue]) -> Vec<&ReadinessIssue> {
    let kind = |issue: &ReadinessIssue| INHERITED.iter().find(|kind| issue.code.ends_with(**kind));
    let above: Vec<(&PathBuf, &&str)> =
        issues.iter().filter_map(|issue| Some((issue.path.as_ref()?, kind(issue)?))).collect();
    let is_below_another = |issue: &ReadinessIssue| {
        let (parent, kind) = (issue.path.as_deref().and_then(Path::parent), kind(issue));
        parent.zip(kind).is_some_and(|(parent, kind)| {
            above.iter().any(|(path, other)| *other == kind && parent.starts_with(path))
        })
    };
    issues.iter().filter(|issue| !is_below_another(issue)).collect()
}

struct Found<'a> {
    paths: &'a Paths,
    owner: Owner,
    state: State,
}

impl Found<'_> {
    fn in_directory(&self, directory: &Directory) -> Vec<ReadinessIssue> {
        let path = &directory.path;
        let shown = path.display();
        let severity =
            if directory.access.is_needed() { Severity::Critical } else { Severity::Warning };
        let wrong = |suffix: &str, message: String| {
            vec![self.issue(severity, format!("{}_{suffix}", directory.code), message, path)]
        };
        let stat = match rustix::fs::lstat(path) {
            Ok(stat) => stat,
            // Only a node that is supervised has them.
            Err(_) if directory.access.is_for_supervisor() => return Vec::new(),
            Err(Errno::NOENT | Errno::NOTDIR) => {
                return wrong("missing", format!("the directory {shown} is missing"));
            }
            Err(error) => {
                let message = format!("the directory {shown} cannot be reached ({error})");
                return wrong("execute_denied", message);
            }
        };
        let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
        if kind.is_symlink() {
            return wrong("not_dir", format!("{shown} is a symbolic link, not a directory"));
        }
        if !kind.is_dir() {
            return wrong("not_dir", format!("{shown} is not a directory"));
        }
        let mut issues = self.denied(directory, severity);
        // Inside the node's container an engine makes what leads to a mount, in its own way.
        if !directory.access.is_for_supervisor() || Owner::is_of_a_host(self.paths) {
            issues.extend(self.wrong_mode(directory, &stat));
            issues.extend(self.wrong_owner(directory, &stat));
        }
        issues
    }

    fn denied(&self, directory: &Directory, severity: Severity) -> Vec<ReadinessIssue> {
        let needs = [
            (directory.access.is_read(), Rights::READ_OK, "read"),
            (directory.access.is_written(), Rights::WRITE_OK, "write"),
            (true, Rights::EXEC_OK, "execute"),
        ];
        let denied = needs.into_iter().filter_map(|(needed, right, name)| {
            let refusal =
                rustix::fs::accessat(CWD, &directory.path, right, AtFlags::EACCESS).err()?;
            // The kernel says this only where the permissions themselves would allow it.
            let mounted_so = refusal == Errno::ROFS && self.state == State::LookedAt;
            (needed && !mounted_so).then(|| {
                self.issue(
                    severity,
                    format!("{}_{name}_denied", directory.code),
                    format!("this user may not {name} in {} ({refusal})", directory.path.display()),
                    &directory.path,
                )
            })
        });
        denied.collect()
    }

    fn wrong_mode(&self, directory: &Directory, stat: &Stat) -> Option<ReadinessIssue> {
        let mode = permissions(stat);
        // What the node only reads holds no secrets, apart from the env file, which has a check of its own.
        let open_to_all = directory.access == Access::Write && mode & 0o007 & !directory.mode != 0;
        (mode != directory.mode).then(|| {
            self.issue(
                if open_to_all { Severity::Critical } else { Severity::Warning },
                format!("{}_wrong_mode", directory.code),
                format!(
                    "{} has mode {mode:04o} instead of {:04o}",
                    directory.path.display(),
                    directory.mode
                ),
                &directory.path,
            )
        })
    }

    /// What a node only reads may belong to anybody: a volume, an image or the host. Whether root's directories are root's,
    /// root alone can tell: to a container's user, others may look different than they are.
    fn wrong_owner(&self, directory: &Directory, stat: &Stat) -> Option<ReadinessIssue> {
        let expected = self.owner.of(directory.access);
        let told = match directory.access {
            Access::Write => true,
            Access::Passage | Access::Supervisor | Access::Requests => {
                Owner::is_of_a_host(self.paths)
            }
            Access::Configuration | Access::Read | Access::Optional => false,
        };
        (told && stat.st_uid != expected.uid).then(|| {
            self.issue(
                Severity::Warning,
                format!("{}_wrong_owner", directory.code),
                format!(
                    "{} belongs to user {} instead of {}",
                    directory.path.display(),
                    stat.st_uid,
                    expected.uid
                ),
                &directory.path,
            )
        })
    }

    fn in_env_file(&self) -> Option<ReadinessIssue> {
        let path = self.paths.config.join("ladylinux.env");
        let stat = rustix::fs::lstat(&path).ok()?;
        let mode = permissions(&stat);
        (mode & 0o027 != 0).then(|| ReadinessIssue {
            severity: Severity::Warning,
            code: "env_file_wrong_mode".to_owned(),
            message: format!("{} has mode {mode:04o}, and may carry secrets", path.display()),
            mend: format!("run `chmod 640 {}`", path.display()),
            path: Some(path),
        })
    }

    /// Finished videos are moved into the streamable tree in one step, which only one filesystem can do.
    fn across_filesystems(&self) -> Option<ReadinessIssue> {
        let storage = rustix::fs::stat(&self.paths.storage).ok()?;
        let streamable = self.paths.storage.join("streamable_videos");
        let other = rustix::fs::stat(&streamable).ok()?;
        (storage.st_dev != other.st_dev).then(|| ReadinessIssue {
            severity: Severity::Warning,
            code: "streamable_atomic_move_cross_filesystem".to_owned(),
            message: format!("{} is on another filesystem than its parent", streamable.display()),
            mend: "mount the protected root as one filesystem".to_owned(),
            path: Some(streamable),
        })
    }

    /// What a proxy serves to everybody must not lead to what is protected (C-14).
    fn in_public_media(&self) -> Vec<ReadinessIssue> {
        let public = self.paths.protected.join("public_media");
        let Ok(entries) = std::fs::read_dir(&public) else { return Vec::new() };
        let links = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_symlink());
        let leads_to_protected = |path: &PathBuf| {
            let (Ok(target), Ok(protected)) =
                (path.canonicalize(), self.paths.protected.canonicalize())
            else {
                return false;
            };
            target.starts_with(&protected) && !target.starts_with(protected.join("public_media"))
        };
        let exposing = links.filter(leads_to_protected).map(|path| ReadinessIssue {
            severity: Severity::Critical,
            code: "public_media_exposes_protected".to_owned(),
            message: format!(
                "{} leads to protected data, which a proxy would serve to everybody",
                path.display()
            ),
            mend: format!("remove {}", path.display()),
            path: Some(path),
        });
        exposing.collect()
    }

    fn issue(
        &self,
        severity: Severity,
        code: String,
        message: String,
        path: &Path,
    ) -> ReadinessIssue {
        let root = &self.paths.root;
        let mend = if root == Path::new("/") {
            "run `ladylinux provision` as root, or in a container `ladylinux prepare --provision`"
                .to_owned()
        } else {
            format!("run `ladylinux provision --root {}`", root.display())
        };
        ReadinessIssue { severity, code, message, path: Some(path.to_owned()), mend }
    }
}
