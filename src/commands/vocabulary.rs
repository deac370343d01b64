//! The words by which commands and their slots are recognised: plain data, for whoever recognises.

use super::catalogue::{Catalogue, Kind, Phrases, Value};
use std::collections::BTreeMap;

/// What can be said of commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The closed lists, by name: each value with its words.
    pub values: BTreeMap<String, Vec<Value>>,
    /// For each command, the list that each slot of choice is from.
    pub slots: BTreeMap<String, BTreeMap<String, String>>,
    /// What else is said for a command, with slots in braces.
    pub phrases: BTreeMap<String, Phrases>,
}

impl Vocabulary {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let mut vocabulary = Self { values: catalogue.values.clone(), ..Self::default() };
        for command in catalogue.commands() {
            let lists = command.slots.iter().filter_map(|(name, slot)| match &slot.kind {
                Kind::Choice { list, .. } => Some((name.clone(), list.clone())),
                Kind::Number { .. } | Kind::Unit | Kind::Resource => None,
            });
            vocabulary.slots.insert(command.name.clone(), lists.collect());
            if command.phrases != Phrases::default() {
                vocabulary.phrases.insert(command.name.clone(), command.phrases.clone());
            }
        }
        vocabulary
    }
}
