//! What `ladylinux-supervisor stack` prints: text for people, JSON for programs.

use super::{DEFAULTS, Stack, objections};
use serde_json::json;

/// What `stack check` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What speaks against the stack; nothing, if it may be used.
    pub objections: Vec<String>,
}

impl Checked {
    /// Whether nothing speaks against the stack.
    pub fn is_good(&self) -> bool {
        self.objections.is_empty()
    }

    /// Returns it for people, a line each.
    pub fn text(&self) -> String {
        if self.is_good() {
            return "nothing speaks against the stack".to_owned();
        }
        self.objections.join("\n")
    }

    /// Returns it for programs.
    pub fn json(&self) -> serde_json::Value {
        json!({ "ok": self.is_good(), "objections": self.objections })
    }
}

/// Checks a stack that could be loaded.
pub fn check(stack: &Stack) -> Checked {
    Checked { objections: objections(stack) }
}

/// Returns the stack that is in force, as a stack file that says all of it.
pub fn show(stack: &Stack) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(stack)
}

/// Returns the stack that is in force, for programs.
pub fn show_json(stack: &Stack) -> serde_json::Value {
    json!(stack)
}

/// Returns the defaults as they are written, with their comments, to start from.
pub fn default() -> &'static str {
    DEFAULTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::stack::{StackError, load};
    use std::fs;

    #[test]
    fn what_is_shown_is_a_stack_file_that_says_the_same() -> Result<(), StackError> {
        for profile in [None, Some("n100"), Some("pi5")] {
            let stack = load(None, profile)?;
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), show(&stack).unwrap()).unwrap();
            assert_eq!(load(Some(file.path()), None)?, stack, "{profile:?}");
            assert_eq!(serde_json::from_value::<Stack>(show_json(&stack)).unwrap(), stack);
        }
        Ok(())
    }

    #[test]
    fn the_defaults_that_are_printed_are_those_in_force() -> Result<(), StackError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), default()).unwrap();
        assert_eq!(load(Some(file.path()), None)?, load(None, None)?);
        Ok(())
    }

    #[test]
    fn a_check_says_the_same_to_people_and_programs() {
        let mut stack = load(None, None).unwrap();
        let good = check(&stack);
        assert_eq!((good.is_good(), good.json()["ok"] == true), (true, true));
        stack.publish.address = "0.0.0.0".parse().unwrap();
        let bad = check(&stack);
        assert!(!bad.is_good() && bad.text().contains("without TLS"), "{}", bad.text());
        assert_eq!(bad.json()["objections"][0], bad.text());
    }
}
