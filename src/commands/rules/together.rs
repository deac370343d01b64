//! What holds of every command in the end, whoever wrote it, and of all of them together.

use super::Check;
use crate::commands::{
    catalogue::{Command, Kind, Source},
    written::{At, Written},
};
use crate::policy::Risk;
use std::collections::{BTreeMap, BTreeSet};

impl Check<'_> {
    /// Checks what holds of each command as it is in the end, and of all of them together.
    pub(super) fn together(
        &mut self,
        commands: &BTreeMap<String, Command>,
        written: &BTreeMap<String, (Source, Written)>,
        changes: &BTreeMap<String, Written>,
        places: &BTreeMap<String, At>,
    ) {
        let mut said: BTreeMap<String, &str> = BTreeMap::new();
        for (name, command) in commands {
            let at = &places[name];
            let of = |of: fn(&Written) -> Option<&At>| {
                let change = changes.get(name).and_then(of);
                change.or_else(|| written.get(name).and_then(|(_, one)| of(one))).unwrap_or(at)
            };
            let kind = of(|one| one.confirm.as_ref().map(|spot| &spot.at));
            let risk = of(|one| one.risk.as_ref().map(|spot| &spot.at));
            if let Some(undo) = command.undo.as_ref().filter(|undo| !commands.contains_key(*undo)) {
                let at = of(|one| one.undo.as_ref().map(|spot| &spot.at));
                self.wrong(at, format!("{name} is undone by {undo:?}, which is not listed"));
            }
            if !command.nature.confirm && command.nature.risk > Risk::Low {
                let at = if changes.get(name).is_some_and(|one| one.risk.is_some()) {
                    risk
                } else {
                    kind
                };
                let risk = command.nature.risk.name();
                self.wrong(
                    at,
                    format!("{name} is of {risk} risk and immediate: let its kind be \"confirm\""),
                );
            }
            if !command.nature.confirm && command.undo.is_none() {
                self.wrong(
                    kind,
                    format!("{name} is immediate and nothing undoes it: name what does in undo, or let its kind be \"confirm\""),
                );
            }
            let wording = of(|one| one.wording.as_ref().map(|spot| &spot.at));
            for text in [&command.wording.en, &command.wording.de] {
                self.wording(name, text, command, wording);
            }
            let phrases = of(|one| one.phrases.as_ref().map(|spot| &spot.at));
            for phrase in command.phrases.all() {
                self.braces(name, phrase, command, phrases);
                let plain = phrase.trim().to_lowercase();
                if plain.is_empty() || plain.starts_with('{') {
                    self.wrong(
                        phrases,
                        format!("a phrase of {name} does not begin with a word: {phrase:?}"),
                    );
                }
                if let Some(other) = said.insert(plain, name).filter(|other| other != name) {
                    self.wrong(phrases, format!("{phrase:?} is said for {other} and for {name}"));
                }
            }
            for (slot, one) in &command.slots {
                if matches!(&one.kind, Kind::Choice { values, .. } if values.is_empty()) {
                    let message = format!(
                        "nothing can be chosen for {slot} of {name}: take the command away with enabled = false instead"
                    );
                    self.wrong(at, message);
                }
            }
        }
    }

    fn wording(&mut self, name: &str, text: &str, command: &Command, at: &At) {
        let named = self.braces(name, text, command, at);
        for (slot, _) in command.slots.iter().filter(|(_, slot)| slot.required) {
            if !named.contains(slot) {
                let message = format!(
                    "the wording of {name} does not say {{{slot}}}: whoever confirms must hear it"
                );
                self.wrong(at, message);
            }
        }
    }

    /// Returns the slots that a text names in braces, each of which must be there.
    fn braces(&mut self, name: &str, text: &str, command: &Command, at: &At) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((slot, end)) = after.split_once('}').filter(|_| !before.contains('}')) else {
                break;
            };
            if !command.slots.contains_key(slot) {
                self.wrong(at, format!("{name} has no slot {slot:?}, which {text:?} names"));
            }
            named.insert(slot.to_owned());
            rest = end;
        }
        if rest.contains(['{', '}']) {
            self.wrong(at, format!("the braces of {text:?} do not match"));
        }
        named
    }

    pub(super) fn aliases(
        &mut self,
        commands: &BTreeMap<String, Command>,
        places: &BTreeMap<String, At>,
    ) -> BTreeMap<String, String> {
        let mut aliases: BTreeMap<String, String> = BTreeMap::new();
        for (name, command) in commands {
            for alias in &command.aliases {
                let taken = aliases.insert(alias.clone(), name.clone());
                let other = taken.or_else(|| commands.get(alias).map(|other| other.name.clone()));
                if let Some(other) = other {
                    let message =
                        format!("{alias:?} is a name of {other} and of {name}: choose another");
                    self.wrong(&places[name], message);
                }
            }
        }
        aliases
    }
}
