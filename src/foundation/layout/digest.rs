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
pub fn digest(directory: &Path, except: &Path, look: Look) -> io::Result<Sha256> {
    let mut said = Vec::new();
    if !directory.exists() {
        return Ok(Sha256::of(said));
    }
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.path() != except) {
        let entry = entry?;
        let (about, kind) = (entry.metadata()?, entry.file_type());
        let name = entry.path().strip_prefix(directory).unwrap_or(entry.path());
        // A name has no zero byte: what is said of one entry cannot be taken for what is said of two.
        said.extend_from_slice(name.as_os_str().as_bytes());
        write!(said, "\0{:o} {} {} ", about.mode(), about.uid(), about.gid())?;
        if kind.is_symlink() {
            said.extend_from_slice(fs::read_link(entry.path())?.as_os_str().as_bytes());
        } else if kind.is_file() {
            match look {
                Look::Content => {
                    write!(said, "{}", Sha256::of_file(entry.path())?)?;
                }
                Look::Times => write!(
                    said,
                    "{} {} {} {}",
                    about.len(),
                    about.ino(),
                    about.ctime(),
                    about.ctime_nsec()
                )?,
            }
        }
        said.push(0);
    }
    Ok(Sha256::of(said))
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
