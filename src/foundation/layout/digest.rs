//! One hash for everything below a directory, to show that it is untouched.

use crate::foundation::values::Sha256;
use std::{
    fs,
    io::{self, Write},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::Path,
};
use walkdir::WalkDir;

/// How closely files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Their content is read.
    Content,
    /// Size, inode and times are taken for the content: for gigabytes. What is written changes the time of the last change,
    /// which nobody can set.
    Times,
}

/// Hashes names, kinds, owners, modes and files below `directory`, and leaves out `except`; nothing there is a tree, too.
///
/// What cannot be read, such as another service's key, is taken by its times, for it cannot be written either.
pub fn digest(directory: &Path, except: &Path, look: Look) -> io::Result<Sha256> {
    let mut said = Vec::new();
    if !directory.exists() {
        return Ok(Sha256::of(said));
    }
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.path() != except) {
        let entry = match entry {
            Err(error) if is_closed(&error) => {
                // The directory itself was the entry before.
                if let Some(about) = error.path().and_then(|path| fs::metadata(path).ok()) {
                    write!(said, "closed {} {}\0", about.ctime(), about.ctime_nsec())?;
                }
                continue;
            }
            entry => entry?,
        };
        let (about, kind) = (entry.metadata()?, entry.file_type());
        let name = entry.path().strip_prefix(directory).unwrap_or(entry.path());
        // A name has no zero byte: what is said of one entry cannot be taken for what is said of two.
        said.extend_from_slice(name.as_os_str().as_bytes());
        write!(said, "\0{:o} {} {} ", about.mode(), about.uid(), about.gid())?;
        if kind.is_symlink() {
            said.extend_from_slice(fs::read_link(entry.path())?.as_os_str().as_bytes());
        } else if kind.is_file() {
            let content = match look {
                Look::Content => Some(Sha256::of_file(entry.path())),
                Look::Times => None,
            };
            match content {
                Some(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                    write!(said, "{}", times(&about))?;
                }
                Some(hash) => write!(said, "{}", hash?)?,
                None => write!(said, "{}", times(&about))?,
            }
        }
        said.push(0);
    }
    Ok(Sha256::of(said))
}

/// What changes whenever a file is written, replaced or given to somebody else.
fn times(about: &fs::Metadata) -> String {
    format!("{} {} {} {}", about.len(), about.ino(), about.ctime(), about.ctime_nsec())
}

/// Whether a directory may not be looked into.
fn is_closed(error: &walkdir::Error) -> bool {
    error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn whatever_changes_below_a_directory_changes_its_digest() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().join("top");
        let look = |look| digest(&top, &top.join("except"), look).unwrap();
        let both = || (look(Look::Content), look(Look::Times));
        let nothing = both();
        fs::create_dir(&top).unwrap();
        fs::write(top.join("a"), "one").unwrap();
        let mut seen = vec![nothing, both()];
        assert_eq!(both(), both());
        let changes: [&dyn Fn() -> io::Result<()>; 6] = [
            &|| fs::write(top.join("a"), "two"),
            &|| fs::rename(top.join("a"), top.join("b")),
            &|| fs::set_permissions(top.join("b"), fs::Permissions::from_mode(0o600)),
            &|| fs::create_dir(top.join("c")),
            &|| std::os::unix::fs::symlink("b", top.join("d")),
            &|| fs::remove_file(top.join("b")),
        ];
        for (number, change) in changes.iter().enumerate() {
            change().unwrap();
            let now = both();
            assert!(
                seen.iter().all(|(content, times)| *content != now.0 && *times != now.1),
                "{number}"
            );
            seen.push(now);
        }
        // What is left out may change, and reading changes nothing.
        fs::create_dir(top.join("except")).unwrap();
        fs::write(top.join("except/file"), "x").unwrap();
        assert_eq!(look(Look::Content), seen.last().unwrap().0);
    }
}
