//! What can be wrong with settings, and where it was written.

use serde::Serialize;
use std::{fmt, path::PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Origin {
    /// The embedded `ladylinux.toml`.
    Default,
    /// The operator's `ladylinux.toml`.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The env file.
    EnvFile {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The process environment.
    Environment {
        /// The variable.
        name: String,
    },
    /// The command line.
    Flag,
    /// Other settings: it is computed from them and cannot be set.
    Derived,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } | Self::EnvFile { path, line } => {
                write!(f, "{}:{line}", path.display())
            }
            Self::Environment { name } => write!(f, "environment {name}"),
            Self::Flag => f.write_str("command line"),
            Self::Derived => f.write_str("derived"),
        }
    }
}

/// One thing that is wrong, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {fault}")]
pub struct Problem {
    /// Where it was written.
    pub at: Origin,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with something that was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A file is there and cannot be read.
    #[error("cannot read this file ({0}): mend its permissions or its content")]
    Unreadable(String),
    /// A line that cannot be understood.
    #[error("{0}")]
    Syntax(String),
    /// A key or variable that does not exist.
    #[error("there is no setting {name}{}", suggestion.map_or_else(|| ": see `ladylinux config default` for all of them".to_owned(), |name| format!(": did you mean {name}?")))]
    Unknown {
        /// What was written.
        name: String,
        /// What was probably meant.
        suggestion: Option<&'static str>,
    },
    /// A value of the wrong type.
    #[error("{key} must be {expected}, not {found}")]
    WrongType {
        /// The key or variable.
        key: String,
        /// What it must be.
        expected: &'static str,
        /// What was written.
        found: String,
    },
    /// A value that is not allowed.
    #[error("{key} = {value:?} is not allowed: {need}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What was written.
        value: String,
        /// What is allowed.
        need: String,
    },
    /// Two names of one thing, with different values.
    #[error(
        "{name} = {value:?} contradicts {other} = {other_value:?} ({other_at}): keep one of them"
    )]
    Contradiction {
        /// The weaker name.
        name: String,
        /// Its value.
        value: String,
        /// The stronger name.
        other: String,
        /// Its value.
        other_value: String,
        /// Where that was written.
        other_at: Box<Origin>,
    },
    /// A file sets what decides where that file is.
    #[error(
        "{key} decides where this file is, so it cannot be set in it: use {env} in the process environment{flag}"
    )]
    TooLate {
        /// The key.
        key: &'static str,
        /// Its variable.
        env: &'static str,
        /// A flag that sets it too, if there is one.
        flag: &'static str,
    },
    /// An old env file beside ours says something that ours does not.
    #[error("{name} is set in this old file, and not so in {}: copy it there, then remove this file", file.display())]
    LeftBehind {
        /// The variable.
        name: String,
        /// Our env file.
        file: PathBuf,
    },
    /// Something that is a warning elsewhere, in `prod`.
    #[error("{0}, which environment = \"prod\" does not forgive")]
    Strict(String),
}

/// Everything that is wrong with the settings, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsErrors(pub Vec<Problem>);

impl std::error::Error for SettingsErrors {}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the settings have a problem\n  {one}"),
            many => {
                write!(f, "the settings have {} problems", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
