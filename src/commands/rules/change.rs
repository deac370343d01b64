//! What an owner's file may do to a command of this release: restrict it.

use super::Check;
use crate::commands::{
    catalogue::{Command, Executor, Kind, Slot},
    written::{Spot, Written, WrittenSlot},
};

impl Check<'_> {
    /// Applies what an owner writes about a command of this release: it may only restrict it.
    pub(super) fn change(&mut self, command: &mut Command, change: &Written) {
        let name = command.name.clone();
        let fixed = [
            ("group", change.group.as_ref().map(|spot| &spot.at)),
            ("undo", change.undo.as_ref().map(|spot| &spot.at)),
            ("aliases", change.aliases.as_ref().map(|spot| &spot.at)),
            ("wording", change.wording.as_ref().map(|spot| &spot.at)),
        ];
        for (key, at) in fixed {
            if let Some(at) = at {
                let message = format!(
                    "{key} of {name}, a command of this release, cannot be changed: remove it, or write a command of your own"
                );
                self.wrong(at, message);
            }
        }
        self.permissions(change.permissions.as_ref(), command.nature.group.name());
        if let Some(Spot { value, at }) = &change.risk {
            if *value < command.nature.risk {
                let message = format!(
                    "{name} is of {} risk, which cannot be lowered to {}: remove it",
                    command.nature.risk.name(),
                    value.name()
                );
                self.wrong(at, message);
            } else {
                command.nature.risk = *value;
            }
        }
        if let Some(Spot { value, at }) = &change.confirm {
            if command.nature.confirm && !value {
                self.wrong(
                    at,
                    format!("{name} is always confirmed, which cannot be dropped: remove it"),
                );
            } else {
                command.nature.confirm = *value;
            }
        }
        if let Some(Spot { value, at }) = &change.executor {
            let elsewhere = matches!(value, Executor::Webhook | Executor::Mqtt);
            if elsewhere || *value == command.executor {
                command.executor = *value;
            } else {
                let message =
                    format!("{} cannot carry out {name}: it takes webhook or mqtt", value.name());
                self.wrong(at, message);
            }
        }
        if let Some(Spot { value, at }) = &change.container {
            if command.container.is_some() {
                command.container = Some(value.clone());
            } else {
                self.wrong(at, format!("{name} is about no container: remove it"));
            }
        }
        if let Some(timeout) = &change.timeout {
            command.timeout = Some(timeout.value);
        }
        if let Some(phrases) = &change.phrases {
            command.phrases.en.extend(phrases.value.en.iter().cloned());
            command.phrases.de.extend(phrases.value.de.iter().cloned());
        }
        for (slot, written) in &change.slots {
            if let Some(there) = command.slots.get_mut(slot) {
                self.narrow(&format!("{name}.slots.{slot}"), there, written);
            } else {
                let message = format!("{name} has no slot {slot:?}, and gets none: remove it");
                self.wrong(&written.at, message);
            }
        }
    }

    /// Lets fewer values stand in a slot.
    fn narrow(&mut self, what: &str, slot: &mut Slot, written: &WrittenSlot) {
        let fixed = [&written.kind, &written.values].into_iter().flatten().map(|spot| &spot.at);
        for at in fixed.chain(written.required.as_ref().map(|spot| &spot.at)) {
            self.wrong(at, format!("of {what} only the values can be fewer: remove this"));
        }
        match &mut slot.kind {
            Kind::Choice { values, .. } => {
                if let Some(only) = &written.only {
                    *values = self.only(what, std::mem::take(values), only);
                }
            }
            Kind::Number { from, to } => {
                let least = written.from.as_ref().map_or(*from, |spot| spot.value);
                let most = written.to.as_ref().map_or(*to, |spot| spot.value);
                if least < *from || most > *to || least > most {
                    let message = format!("{what} is from {from} to {to}: it can only be narrower");
                    self.wrong(&written.at, message);
                } else {
                    (*from, *to) = (least, most);
                }
            }
            Kind::Unit | Kind::Resource => {}
        }
    }
}
