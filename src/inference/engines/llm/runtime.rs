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
                "the ONNX Runtime library cannot be used (tried {}: {error}); run scripts/setup, or set \
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

/// Returns the library's name and the build it reports.
pub(super) fn version() -> String {
    let commit = ort::info()
        .split([',', ' '])
        .find_map(|part| part.strip_prefix("git-commit-id="))
        .unwrap_or("unknown");
    format!("onnxruntime (build {commit})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_an_error_that_says_how_to_mend_it() {
        // A path is loaded before the shared environment is looked at only when there is none yet: ask the loader itself.
        let error = ort::init_from("/nonexistent/libonnxruntime.so").err();
        let loaded = ENVIRONMENT.lock().unwrap().is_some();
        assert!(loaded || error.is_some(), "ort must report a missing library, not panic");
        if !loaded && let Err(refusal) = environment(Some(Path::new("/nonexistent/lib.so"))) {
            assert_eq!(refusal.code, "runtime_missing");
            assert!(refusal.message.contains("scripts/setup"), "{}", refusal.message);
            assert!(refusal.message.contains("/nonexistent/lib.so"), "{}", refusal.message);
        }
    }
}
