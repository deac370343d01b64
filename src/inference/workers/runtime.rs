//! The ONNX Runtime library as a file: where workers find it, and its version, without loading it.
//!
//! Only a worker loads it; what asks here wants to tell about it.

use crate::foundation::values::{ReadinessIssue, Severity};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Where a loader looks for a library that no setting names.
const DIRECTORIES: &[&str] = &[
    "/usr/local/lib",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
];

/// What its name for the linker's symbol version begins with, such as `VERS_1.31.1`.
const VERSION_MARK: &[u8] = b"VERS_";

/// How much of the file is searched for that name, which stands near its start, before code and data.
const SEARCHED: u64 = 1 << 20;

/// The library that workers load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, if the file tells it.
    pub version: Option<String>,
}

impl Runtime {
    /// Finds the library that `named` names, or the one that a loader would find.
    pub fn find(named: Option<&Path>) -> Result<Self, ReadinessIssue> {
        let installed = || {
            let mut candidates =
                DIRECTORIES.iter().map(|folder| Path::new(folder).join("libonnxruntime.so"));
            candidates.find(|path| path.exists())
        };
        let Some(path) = named.map(Path::to_owned).or_else(installed) else {
            return Err(issue("no libonnxruntime.so is named or installed", None));
        };
        match start_of(&path) {
            Ok(start) if start.starts_with(b"\x7fELF") => {
                Ok(Self { version: version_in(&start), path })
            }
            Ok(_) => {
                let message = format!("{} is no shared library", path.display());
                Err(issue(&message, Some(path)))
            }
            Err(error) => {
                let message = format!("{} cannot be read ({error})", path.display());
                Err(issue(&message, Some(path)))
            }
        }
    }

    /// Names what models run on, for people.
    pub fn name(&self) -> String {
        match &self.version {
            Some(version) => format!("ONNX Runtime {version}, CPU"),
            None => "ONNX Runtime of an unknown version, CPU".to_owned(),
        }
    }
}

fn start_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(SEARCHED).read_to_end(&mut start)?;
    Ok(start)
}

/// Finds the version in the name of the symbols' version.
fn version_in(bytes: &[u8]) -> Option<String> {
    let at = bytes.windows(VERSION_MARK.len()).position(|window| window == VERSION_MARK)?;
    let version = bytes[at + VERSION_MARK.len()..]
        .iter()
        .take(20)
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
        .map(|byte| char::from(*byte));
    Some(version.collect()).filter(|version: &String| version.contains('.'))
}

fn issue(message: &str, path: Option<PathBuf>) -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Warning,
        code: "onnxruntime_missing".to_owned(),
        message: format!("{message}, so no model can run"),
        path,
        mend: "set ORT_DYLIB_PATH to a libonnxruntime.so (in a clone, scripts/run fetches one below ./.setup)"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_file_and_not_from_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libonnxruntime.so");
        for (content, name) in [
            (&b"\x7fELF\0\0VERS_1.31.1\0VERS_\0"[..], "ONNX Runtime 1.31.1, CPU"),
            (b"\x7fELF nothing", "ONNX Runtime of an unknown version, CPU"),
            (b"\x7fELF VERS_one", "ONNX Runtime of an unknown version, CPU"),
        ] {
            std::fs::write(&path, content).unwrap();
            let found = Runtime::find(Some(&path)).unwrap();
            assert_eq!((found.name().as_str(), &found.path), (name, &path));
        }
    }

    #[test]
    fn what_is_no_library_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libonnxruntime.so");
        let missing = Runtime::find(Some(&path)).unwrap_err();
        assert!(missing.message.contains("cannot be read"), "{missing}");
        std::fs::write(&path, "text").unwrap();
        let wrong = Runtime::find(Some(&path)).unwrap_err();
        assert!(wrong.message.contains("is no shared library"), "{wrong}");
    }
}
