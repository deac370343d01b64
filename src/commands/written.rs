//! The parts of a catalogue as they were written, each with its line.

use super::{
    Problem,
    catalogue::{Executor, Source, Spoken, Words},
};
use crate::policy::{Group, Groups, Risk, Role};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    file: Arc<str>,
    line: usize,
}

impl At {
    /// Names a line.
    pub(super) fn new(file: &Arc<str>, line: usize) -> Self {
        Self { file: Arc::clone(file), line }
    }

    /// Says what is wrong there.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { file: self.file.to_string(), line: self.line, message: message.into() }
    }
}

/// Something, and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Spot<T> {
    pub(super) value: T,
    pub(super) at: At,
}

/// Everything that was written, an owner's file laid over this release's.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) values: BTreeMap<String, BTreeMap<String, WrittenValue>>,
    pub(super) commands: BTreeMap<String, (Source, Written)>,
    /// What an owner writes about commands of this release.
    pub(super) changes: BTreeMap<String, Written>,
    pub(super) roles: Vec<(Role, Spot<Groups>)>,
}

/// A command as written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) at: At,
    pub(super) enabled: Option<Spot<bool>>,
    pub(super) group: Option<Spot<Group>>,
    pub(super) risk: Option<Spot<Risk>>,
    pub(super) confirm: Option<Spot<bool>>,
    pub(super) permissions: Option<Spot<Vec<String>>>,
    pub(super) aliases: Option<Spot<Vec<String>>>,
    pub(super) undo: Option<Spot<String>>,
    pub(super) executor: Option<Spot<Executor>>,
    pub(super) container: Option<Spot<String>>,
    pub(super) timeout: Option<Spot<Duration>>,
    pub(super) wording: Option<Spot<Spoken>>,
    pub(super) phrases: Option<Spot<Words>>,
    pub(super) slots: BTreeMap<String, WrittenSlot>,
}

/// A slot as written.
#[derive(Clone, Debug)]
pub(super) struct WrittenSlot {
    pub(super) at: At,
    pub(super) kind: Option<Spot<String>>,
    pub(super) values: Option<Spot<String>>,
    pub(super) only: Option<Spot<Vec<String>>>,
    pub(super) from: Option<Spot<i64>>,
    pub(super) to: Option<Spot<i64>>,
    pub(super) required: Option<Spot<bool>>,
}

/// A value of a list as written.
#[derive(Clone, Debug)]
pub(super) struct WrittenValue {
    pub(super) at: At,
    pub(super) source: Source,
    pub(super) enabled: bool,
    pub(super) words: Words,
    pub(super) said: Option<Spoken>,
}
