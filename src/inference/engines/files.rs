//! The small files beside a graph.

use super::refusal;
use crate::inference::workers::Refusal;
use serde_json::Value;
use std::{fs, io, path::Path};

/// Says that a file is not there, and why it should be.
pub(super) fn missing(path: &Path, why: &str) -> Refusal {
    refusal("missing_file", format!("{} is missing: {why}", path.display()))
}

/// Reads a JSON file; one that is not there is `null`.
pub(super) fn json(path: &Path) -> Result<Value, Refusal> {
    let Some(text) = text(path)? else { return Ok(Value::Null) };
    serde_json::from_str(&text).map_err(|error| {
        refusal(
            "bad_config",
            format!("{} is not valid JSON ({error}); fetch the file again", path.display()),
        )
    })
}

/// Reads a text file, if it is there.
pub(super) fn text(path: &Path) -> Result<Option<String>, Refusal> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refusal(
            "bad_config",
            format!("{} cannot be read ({error}); fetch the file again", path.display()),
        )),
    }
}
