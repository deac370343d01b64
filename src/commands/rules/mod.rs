//! What a catalogue must keep to: from what was written to commands that are complete and safe, or to everything that is wrong.
//!
//! `change` holds what an owner's file may do to a command of this release, `together` what the commands must keep to among each other.
//! An owner's file may restrict a command of this release and add commands; it may not make one of this release do more, or ask less.

mod change;
mod together;

use super::{
    Problem,
    catalogue::{Catalogue, Command, Executor, Kind, Slot, Source, Spoken, Value, Words},
    written::{At, Draft, Spot, Written, WrittenSlot, WrittenValue},
};
use crate::policy::{Groups, Role, RoleGroups, command::Nature};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Checks everything that was written. What is wrong is left out of the catalogue, which nobody sees then.
pub(super) fn check(draft: Draft, problems: &mut Vec<Problem>) -> Catalogue {
    let mut check = Check { problems };
    let Draft { values, commands, changes, roles } = draft;
    let values = check.values(values);
    let mut finished = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (name, (source, written)) in &commands {
        places.insert(name.clone(), written.at.clone());
        if let Some(command) = check.command(name, *source, written, &values) {
            finished.insert(name.clone(), command);
        }
    }
    let mut disabled = BTreeSet::new();
    for (name, change) in &changes {
        places.insert(name.clone(), change.at.clone());
        if let Some(command) = finished.get_mut(name) {
            check.change(command, change);
        }
    }
    for (name, written) in commands.iter().map(|(name, (_, w))| (name, w)).chain(&changes) {
        if written.enabled.as_ref().is_some_and(|enabled| !enabled.value) {
            disabled.insert(name.clone());
        }
    }
    check.together(&finished, &commands, &changes, &places);
    let aliases = check.aliases(&finished, &places);
    finished.retain(|name, _| !disabled.contains(name));
    let aliases = aliases.into_iter().filter(|(_, name)| finished.contains_key(name)).collect();
    Catalogue {
        commands: finished.into_iter().map(|(name, one)| (name, Arc::new(one))).collect(),
        aliases,
        disabled,
        values,
        roles: role_groups(&roles),
    }
}

fn role_groups(written: &[(Role, Spot<Groups>)]) -> RoleGroups {
    let mut roles = RoleGroups::default();
    for (role, groups) in written {
        match role {
            Role::Owner => {}
            Role::Admin => roles.admin = groups.value,
            Role::Operator => roles.operator = groups.value,
            Role::Guest => roles.guest = groups.value,
        }
    }
    roles
}

struct Check<'a> {
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn wrong(&mut self, at: &At, message: impl Into<String>) {
        self.problems.push(at.problem(message));
    }

    fn values(
        &mut self,
        written: BTreeMap<String, BTreeMap<String, WrittenValue>>,
    ) -> BTreeMap<String, Vec<Value>> {
        let mut lists = BTreeMap::new();
        for (list, values) in written {
            let mut meant: BTreeMap<String, String> = BTreeMap::new();
            let mut finished = Vec::new();
            let places: BTreeMap<String, At> =
                values.iter().map(|(id, value)| (id.clone(), value.at.clone())).collect();
            for (id, value) in values {
                for word in value.words.all() {
                    let word = word.trim().to_lowercase();
                    let other = meant.insert(word.clone(), id.clone());
                    if word.is_empty() {
                        self.wrong(
                            &value.at,
                            format!("{id} of {list} has an empty word: remove it"),
                        );
                    } else if let Some(other) = other.filter(|other| *other != id) {
                        let message = format!(
                            "{word:?} of {list} means {other} and {id}: let it mean one of them"
                        );
                        self.wrong(&value.at, message);
                    }
                }
                if !value.enabled {
                    continue;
                }
                let said = value.said.unwrap_or_else(|| {
                    let first = |words: &[String]| words.first().cloned();
                    let (en, de) = (first(&value.words.en), first(&value.words.de));
                    let any = en.clone().or_else(|| de.clone()).unwrap_or_else(|| id.clone());
                    Spoken { en: en.unwrap_or_else(|| any.clone()), de: de.unwrap_or(any) }
                });
                if value.source == Source::Owner && value.words == Words::default() {
                    let message = format!(
                        "{id} of {list} has no words, so nobody can say it: give it en, de or both"
                    );
                    self.wrong(&value.at, message);
                }
                finished.push(Value { id, words: value.words, said });
            }
            // An id is a word of its own, and means its value.
            for value in &finished {
                if let Some(other) = meant.get(&value.id).filter(|other| **other != value.id) {
                    let message = format!(
                        "{:?} is a value of {list}, and a word for {other}: remove one",
                        value.id
                    );
                    self.wrong(&places[other], message);
                }
            }
            lists.insert(list, finished);
        }
        lists
    }

    /// Finishes a command that is written whole.
    fn command(
        &mut self,
        name: &str,
        source: Source,
        written: &Written,
        lists: &BTreeMap<String, Vec<Value>>,
    ) -> Option<Command> {
        let before = self.problems.len();
        let at = &written.at;
        let group = self.needed(written.group.as_ref(), at, name, "group");
        let risk = self.needed(written.risk.as_ref(), at, name, "risk");
        let confirm = self.needed(written.confirm.as_ref(), at, name, "kind");
        let executor = self.needed(written.executor.as_ref(), at, name, "executor");
        let wording = self.needed(written.wording.as_ref(), at, name, "wording");
        let mut slots = BTreeMap::new();
        for (slot, written) in &written.slots {
            if let Some(finished) = self.slot(&format!("{name}.slots.{slot}"), written, lists) {
                slots.insert(slot.clone(), finished);
            }
        }
        if self.problems.len() > before {
            return None;
        }
        let (group, executor) = (group?, executor?);
        self.permissions(written.permissions.as_ref(), group.name());
        if source == Source::Owner && matches!(executor, Executor::BuiltIn | Executor::Supervisor) {
            let at = written.executor.as_ref().map_or(at, |executor| &executor.at);
            self.wrong(
                at,
                format!(
                    "{} carries out commands of this release alone: {name} takes webhook or mqtt",
                    executor.name()
                ),
            );
        }
        Some(Command {
            name: name.to_owned(),
            aliases: written.aliases.as_ref().map(|spot| spot.value.clone()).unwrap_or_default(),
            source,
            nature: Nature { group, risk: risk?, confirm: confirm? },
            undo: written.undo.as_ref().map(|undo| undo.value.clone()),
            slots,
            wording: wording?,
            executor,
            container: written.container.as_ref().map(|container| container.value.clone()),
            timeout: written.timeout.as_ref().map(|timeout| timeout.value),
            phrases: written.phrases.as_ref().map(|spot| spot.value.clone()).unwrap_or_default(),
        })
    }

    fn needed<T: Clone>(
        &mut self,
        value: Option<&Spot<T>>,
        at: &At,
        name: &str,
        key: &str,
    ) -> Option<T> {
        if value.is_none() {
            self.wrong(at, format!("commands.{name} needs {key}"));
        }
        value.map(|spot| spot.value.clone())
    }

    fn permissions(&mut self, written: Option<&Spot<Vec<String>>>, group: &str) {
        let expected = format!("{group}.execute");
        let Some(permissions) = written else { return };
        if permissions.value != [expected.clone()] {
            self.wrong(
                &permissions.at,
                format!("a command takes the permission of its own group, and no other: permissions = [{expected:?}]"),
            );
        }
    }

    fn slot(
        &mut self,
        what: &str,
        written: &WrittenSlot,
        lists: &BTreeMap<String, Vec<Value>>,
    ) -> Option<Slot> {
        let required = written.required.as_ref().is_none_or(|required| required.value);
        let kind = written.kind.as_ref();
        let at = kind.map_or(&written.at, |kind| &kind.at).clone();
        let name = kind.map_or("choice", |kind| kind.value.as_str());
        let kind = match name {
            "choice" => self.choice(what, written, lists)?,
            "number" => match (&written.from, &written.to) {
                (Some(from), Some(to)) if from.value <= to.value => {
                    Kind::Number { from: from.value, to: to.value }
                }
                _ => {
                    self.wrong(&at, format!("{what} needs from and to, and from is not above to"));
                    return None;
                }
            },
            "unit" => Kind::Unit,
            "resource" => Kind::Resource,
            other => {
                let message = format!(
                    "{what} has no kind {other:?}: it is one of choice, number, unit, resource"
                );
                self.wrong(&at, message);
                return None;
            }
        };
        Some(Slot { kind, required })
    }

    fn choice(
        &mut self,
        what: &str,
        written: &WrittenSlot,
        lists: &BTreeMap<String, Vec<Value>>,
    ) -> Option<Kind> {
        let Some(list) = &written.values else {
            self.wrong(&written.at, format!("{what} needs values: the name of a list in [values]"));
            return None;
        };
        let Some(values) = lists.get(&list.value) else {
            let known: Vec<_> = lists.keys().map(String::as_str).collect();
            let message =
                format!("there is no list {:?}: the lists are {}", list.value, known.join(", "));
            self.wrong(&list.at, message);
            return None;
        };
        let mut values = values.clone();
        if let Some(only) = &written.only {
            values = self.only(what, values, only);
        }
        Some(Kind::Choice { list: list.value.clone(), values })
    }

    /// Keeps the values that are named, each of which must be there, once.
    fn only(&mut self, what: &str, values: Vec<Value>, only: &Spot<Vec<String>>) -> Vec<Value> {
        let mut seen = BTreeSet::new();
        for id in &only.value {
            if !seen.insert(id.clone()) {
                self.wrong(&only.at, format!("{what} lists {id:?} twice: remove one"));
            } else if !values.iter().any(|value| value.id == *id) {
                let ids: Vec<_> = values.iter().map(|value| value.id.as_str()).collect();
                let message =
                    format!("{what} has no value {id:?}: it is one of {}", ids.join(", "));
                self.wrong(&only.at, message);
            }
        }
        values.into_iter().filter(|value| seen.contains(&value.id)).collect()
    }
}
