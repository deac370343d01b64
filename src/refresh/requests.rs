//! Requests of the core: small files that it may write, and that are acted on only if the stack allows the verb.
//!
//! The directory is the one place of the supervisor's that the core can write to, so nothing in it is trusted: no link is
//! followed, nothing but a regular file is read, no more than 4 KiB of it, and a request is removed before it is acted on.

use super::stack::{RequestVerb, Requests};
use rustix::fs::{Mode, OFlags, open};
use serde::Deserialize;
use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
};

/// The directory's name within the supervisor's.
pub const DIRECTORY: &str = "requests";

/// The core's group inside every container, and on the host.
const CORE_GROUP: u32 = 10001;

/// The largest request.
const LARGEST: u64 = 4096;

/// So many are looked at in one go; whoever writes more waits.
const AT_ONCE: usize = 16;

/// What the core asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Request {
    /// What.
    pub verb: RequestVerb,
    /// Who, as the core knows them.
    #[serde(default)]
    pub actor: String,
}

/// Why a request is not acted on.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The file is no request.
    #[error("{name} is no request: {detail}")]
    Malformed {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The stack does not allow the verb.
    #[error("{name} asks for {verb:?}, which requests.allow in the stack file does not list")]
    NotAllowed {
        /// The file's name.
        name: String,
        /// The verb.
        verb: RequestVerb,
    },
}

/// Makes the directory: the core's group may write, and remove nothing that is not its own.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    let path = directory.join(DIRECTORY);
    fs::create_dir_all(&path)?;
    if rustix::process::geteuid().is_root() {
        // A rootless engine maps other ids, and volumes may come with the image's own owners.
        drop(chown(&path, None, Some(CORE_GROUP)));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o1770))
}

/// Takes the requests that are there, oldest name first.
pub fn take(directory: &Path, rules: &Requests) -> Vec<Result<Request, RequestError>> {
    let path = directory.join(DIRECTORY);
    let Ok(entries) = fs::read_dir(&path) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            let json = Path::new(name).extension().is_some_and(|extension| extension == "json");
            json && name != "status.json" && !name.starts_with('.')
        })
        .collect();
    names.sort();
    names.truncate(AT_ONCE);
    names
        .into_iter()
        .map(|name| {
            let read = read(&path.join(&name));
            // Gone before it is acted on: a request that crashes the supervisor must not do so twice.
            let removed =
                fs::remove_file(path.join(&name)).or_else(|_| fs::remove_dir(path.join(&name)));
            let malformed = |detail: String| RequestError::Malformed { name: name.clone(), detail };
            removed.map_err(|error| malformed(error.to_string()))?;
            let bytes = read.map_err(|error| malformed(error.to_string()))?;
            let request: Request =
                serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
            if !rules.allow.contains(&request.verb) {
                return Err(RequestError::NotAllowed { name: name.clone(), verb: request.verb });
            }
            Ok(request)
        })
        .collect()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty())?);
    let about = file.metadata()?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(io::Error::other("it is no regular file of at most 4 KiB"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn place() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        make_directory(directory.path()).unwrap();
        let requests = directory.path().join(DIRECTORY);
        (directory, requests)
    }

    fn all() -> Requests {
        Requests { allow: vec![RequestVerb::Refresh] }
    }

    #[test]
    fn a_request_is_taken_once() {
        let (directory, requests) = place();
        fs::write(requests.join("1.json"), r#"{"verb":"refresh","actor":"anna","id":"x"}"#)
            .unwrap();
        let taken = take(directory.path(), &all());
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].as_ref().unwrap().actor, "anna");
        assert!(take(directory.path(), &all()).is_empty());
    }

    #[test]
    fn links_directories_giants_and_nonsense_are_refused_and_gone() {
        let (directory, requests) = place();
        let secret = directory.path().join("secret.json");
        fs::write(&secret, r#"{"verb":"refresh"}"#).unwrap();
        symlink(&secret, requests.join("1.json")).unwrap();
        fs::create_dir(requests.join("2.json")).unwrap();
        fs::write(requests.join("3.json"), vec![b' '; 5000]).unwrap();
        fs::write(requests.join("4.json"), "{").unwrap();
        fs::write(requests.join("5.json"), r#"{"verb":"reboot"}"#).unwrap();
        let taken = take(directory.path(), &all());
        assert_eq!(taken.len(), 5);
        assert!(taken.iter().all(Result::is_err), "{taken:?}");
        assert!(secret.exists() && take(directory.path(), &all()).is_empty());
    }

    #[test]
    fn what_the_stack_does_not_allow_is_refused() {
        let (directory, requests) = place();
        fs::write(requests.join("1.json"), r#"{"verb":"refresh"}"#).unwrap();
        let taken = take(directory.path(), &Requests { allow: Vec::new() });
        assert!(matches!(taken[0], Err(RequestError::NotAllowed { .. })));
    }
}
