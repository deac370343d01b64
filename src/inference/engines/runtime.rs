//! The ONNX Runtime library: found once, loaded once, without telemetry.

use super::refusal;
use crate::inference::workers::Refusal;
use ort::environment::Environment;
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

/// What the system's loader is asked for when no path is given.
const LIBRARY: &str =
    if cfg!(target_os = "macos") { "libonnxruntime.dylib" } else { "libonnxruntime.so" };

/// The library allows one environment in a process; it lives as long as the process.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Returns the process's environment, loading the library at the first call.
///
/// The path goes to `init_from` in every case: `ort::init` would look for the library itself and panic if it found none.
pub(super) fn environment(library: Option<&Path>) -> Result<Environment, Refusal> {
    let mut environment = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = environment.as_ref() {
        return Ok(environment.clone());
    }
    let path = library.unwrap_or(Path::new(LIBRARY));
    let missing = |error: &dyn std::fmt::Display| {
        refusal(
            "runtime_missing",
            format!(
                "the ONNX Runtime library cannot be used (tried {}: {error}); run scripts/run, which fetches it, or set \
                 ORT_DYLIB_PATH to a libonnxruntime.so of version 1.{} or later",
                path.display(),
                ort::MINOR_VERSION
            ),
        )
    };
    let made = ort::init_from(path)
        .map_err(|error| missing(&error))?
        .with_name("ladylinux")
        .with_telemetry(false)
        .build()
        .map_err(|error| missing(&error))?;
    *environment = Some(made.clone());
    Ok(made)
}

/// Returns the library's name, with its version where its path tells it, else with the build it reports.
///
/// The library would tell its version only by a call that needs unsafe code.
pub(super) fn version(library: Option<&Path>) -> String {
    let resolved = library.and_then(|path| path.canonicalize().ok());
    let parts = resolved.iter().flat_map(|path| path.iter()).filter_map(|part| part.to_str());
    let version = parts
        .filter_map(|part| {
            part.strip_prefix("libonnxruntime.so.").or_else(|| part.strip_prefix("onnxruntime-"))
        })
        .find(|version| version.starts_with(|letter: char| letter.is_ascii_digit()));
    match version {
        Some(version) => format!("onnxruntime {version}"),
        None => format!("onnxruntime (build {})", commit(ort::info())),
    }
}

fn commit(info: &str) -> &str {
    let mut parts = info.split([',', ' ']);
    parts.find_map(|part| part.strip_prefix("git-commit-id=")).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Tells the process that the test below starts what it is for.
    const ALONE: &str = "LADYLINUX_TEST_ALONE";

    /// A library can be loaded once in a process, so each of these is tried in a process of its own.
    #[test]
    fn a_library_that_cannot_be_loaded_is_an_error_that_says_how_to_mend_it() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("libonnxruntime.so");
        std::fs::write(&text, "not a library").unwrap();
        if let Some(path) = std::env::var_os(ALONE) {
            let refusal = environment(Some(Path::new(&path))).unwrap_err();
            assert_eq!(refusal.code, "runtime_missing");
            for words in [path.to_str().unwrap(), "scripts/run", "ORT_DYLIB_PATH"] {
                assert!(refusal.message.contains(words), "{}", refusal.message);
            }
            return;
        }
        for library in [Path::new("/nonexistent/libonnxruntime.so"), &text] {
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "inference::engines::runtime::tests::a_library_that_cannot_be_loaded_is_an_error_that_says_how_to_mend_it"])
                .env(ALONE, library)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
    }

    #[test]
    fn the_version_is_read_from_the_librarys_path() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("onnxruntime-1.31.1/libonnxruntime.so");
        std::fs::create_dir_all(library.parent().unwrap()).unwrap();
        std::fs::write(&library, "").unwrap();
        assert_eq!(version(Some(&library)), "onnxruntime 1.31.1");
        assert_eq!(commit("ORT Build Info: git-branch=a, git-commit-id=6af1a93, build"), "6af1a93");
    }
}
