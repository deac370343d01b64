//! A catalogue as written: what one file says, with the line it says it on.
//!
//! Only types and names are looked at here; what the parts mean together is checked in `rules`.

use super::{
    Problem,
    catalogue::{BUILT_IN, BUILT_IN_NAME, Executor, Source, Spoken, Words},
    written::{At, Draft, Spot, Written, WrittenSlot, WrittenValue},
};
use crate::policy::{Group, Groups, Risk, Role};
use std::{collections::BTreeMap, ops::Range, sync::Arc, time::Duration};
use toml_edit::{Document, Item, TableLike};

impl Draft {
    /// Reads the commands of this release.
    pub(super) fn built_in(problems: &mut Vec<Problem>) -> Self {
        let mut draft = Self::default();
        draft.read(BUILT_IN_NAME, BUILT_IN, Source::BuiltIn, problems);
        draft
    }

    /// Lays an owner's file over what is there.
    pub(super) fn lay(&mut self, file: &str, text: &str, problems: &mut Vec<Problem>) {
        self.read(file, text, Source::Owner, problems);
    }

    fn read(&mut self, file: &str, text: &str, source: Source, problems: &mut Vec<Problem>) {
        let mut reader = Reader { file: file.into(), text, problems };
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let why = error.message().lines().collect::<Vec<_>>().join(", ");
                let at = reader.at(error.span());
                return reader.wrong(&at, format!("this is not TOML: {why}"));
            }
        };
        let root = document.as_table();
        reader.known(root, "the file", &["values", "roles", "commands"]);
        for (list, values, _) in reader.tables(root, "values") {
            name_is_plain(&mut reader, values, &list);
            for (id, table, at) in reader.each(values, &format!("values.{list}")) {
                name_is_plain(&mut reader, table, &id);
                let value = reader.value(table, at, source, &format!("values.{list}.{id}"));
                self.put_value(&list, id, value, &mut reader);
            }
        }
        for (name, table, at) in reader.tables(root, "roles") {
            self.put_role(&name, table, &at, &mut reader);
        }
        for (name, table, at) in reader.tables(root, "commands") {
            name_is_plain(&mut reader, table, &name);
            let written = reader.command(table, at, &name);
            match self.commands.get(&name) {
                Some((Source::BuiltIn, _)) => drop(self.changes.insert(name, written)),
                Some(_) | None => drop(self.commands.insert(name, (source, written))),
            }
        }
    }

    fn put_value(&mut self, list: &str, id: String, value: WrittenValue, reader: &mut Reader<'_>) {
        let values = self.values.entry(list.to_owned()).or_default();
        let Some(there) = values.get_mut(&id) else {
            values.insert(id, value);
            return;
        };
        if value.said.is_some() {
            let message =
                "how a value of this release stands in a question cannot be changed: remove `said`";
            reader.wrong(&value.at, message);
        }
        there.at = value.at;
        there.enabled &= value.enabled;
        there.words.en.extend(value.words.en);
        there.words.de.extend(value.words.de);
    }

    fn put_role(&mut self, name: &str, table: &dyn TableLike, at: &At, reader: &mut Reader<'_>) {
        reader.known(table, &format!("roles.{name}"), &["groups"]);
        let role = match Role::by_name(name) {
            Some(Role::Owner) => {
                return reader.wrong(at, "an owner may command every group: remove roles.owner");
            }
            Some(role) => role,
            None => {
                let message = format!("there is no role {name:?}: it is admin, operator or guest");
                return reader.wrong(at, message);
            }
        };
        let Some(names) = reader.texts(table, "groups") else { return };
        let mut groups = Groups::NONE;
        for name in &names.value {
            if let Some(group) = reader.group(name, &names.at) {
                groups = groups.with(group);
            }
        }
        self.roles.push((role, Spot { value: groups, at: names.at }));
    }
}

fn name_is_plain(reader: &mut Reader<'_>, table: &dyn TableLike, name: &str) {
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 60
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !fits {
        let first = table.iter().next().and_then(|(key, _)| table.get_key_value(key));
        let at = reader.at(first.and_then(|(key, _)| key.span()));
        let message = format!(
            "the name {name:?} is not allowed: it is small letters, digits and _, 60 at most"
        );
        reader.wrong(&at, message);
    }
}

/// Reads typed values from TOML, and collects what is wrong instead of stopping at the first.
struct Reader<'a> {
    file: Arc<str>,
    text: &'a str,
    problems: &'a mut Vec<Problem>,
}

type Named<'t> = (String, &'t dyn TableLike, At);

impl Reader<'_> {
    fn at(&self, span: Option<Range<usize>>) -> At {
        let start = span.map_or(0, |span| span.start);
        let line = 1 + self.text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        At::new(&self.file, line)
    }

    fn wrong(&mut self, at: &At, message: impl Into<String>) {
        self.problems.push(at.problem(message));
    }

    fn place(&self, table: &dyn TableLike, key: &str, item: &Item) -> At {
        let span = table.get_key_value(key).and_then(|(key, _)| key.span());
        self.at(span.or_else(|| item.span()))
    }

    fn known(&mut self, table: &dyn TableLike, what: &str, keys: &[&str]) {
        for (key, item) in table.iter() {
            if !keys.contains(&key) {
                let at = self.place(table, key, item);
                let known = keys.join(", ");
                self.wrong(&at, format!("{what} has no key {key:?}: the keys are {known}"));
            }
        }
    }

    /// Returns the tables within the table at `key`.
    fn tables<'t>(&mut self, table: &'t dyn TableLike, key: &str) -> Vec<Named<'t>> {
        let Some(item) = table.get(key) else { return Vec::new() };
        if let Some(inner) = item.as_table_like() {
            return self.each(inner, key);
        }
        let at = self.place(table, key, item);
        self.wrong(&at, format!("{key} must be a table"));
        Vec::new()
    }

    fn each<'t>(&mut self, table: &'t dyn TableLike, what: &str) -> Vec<Named<'t>> {
        let mut found = Vec::new();
        for (name, item) in table.iter() {
            let at = self.place(table, name, item);
            match item.as_table_like() {
                Some(inner) => found.push((name.to_owned(), inner, at)),
                None => self.wrong(&at, format!("{what}.{name} must be a table")),
            }
        }
        found
    }

    fn typed<T>(
        &mut self,
        table: &dyn TableLike,
        key: &str,
        expected: &str,
        read: impl Fn(&Item) -> Option<T>,
    ) -> Option<Spot<T>> {
        let item = table.get(key)?;
        let at = self.place(table, key, item);
        let value = read(item);
        if value.is_none() {
            self.wrong(&at, format!("{key} must be {expected}, not {}", item.type_name()));
        }
        Some(Spot { value: value?, at })
    }

    fn text(&mut self, table: &dyn TableLike, key: &str) -> Option<Spot<String>> {
        self.typed(table, key, "a string", |item| item.as_str().map(str::to_owned))
    }

    fn texts(&mut self, table: &dyn TableLike, key: &str) -> Option<Spot<Vec<String>>> {
        self.typed(table, key, "an array of strings", |item| {
            item.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
        })
    }

    fn number(&mut self, table: &dyn TableLike, key: &str) -> Option<Spot<i64>> {
        self.typed(table, key, "a whole number", Item::as_integer)
    }

    fn boolean(&mut self, table: &dyn TableLike, key: &str) -> Option<Spot<bool>> {
        self.typed(table, key, "true or false", Item::as_bool)
    }

    /// Reads one of a few names.
    fn one_of<T>(
        &mut self,
        table: &dyn TableLike,
        key: &str,
        choices: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Spot<T>> {
        let Spot { value, at } = self.text(table, key)?;
        if let Some(value) = read(&value) {
            return Some(Spot { value, at });
        }
        self.wrong(&at, format!("there is no {key} {value:?}: it is one of {choices}"));
        None
    }

    fn group(&mut self, name: &str, at: &At) -> Option<Group> {
        let group = Group::by_name(name);
        if group.is_none() {
            let names: Vec<_> = Group::ALL.into_iter().map(Group::name).collect();
            let message = format!("there is no group {name:?}: it is one of {}", names.join(", "));
            self.wrong(at, message);
        }
        group
    }

    fn duration(&mut self, table: &dyn TableLike, key: &str) -> Option<Spot<Duration>> {
        let Spot { value, at } = self.text(table, key)?;
        let parsed = value.parse::<jiff::SignedDuration>().ok();
        let parsed = parsed.and_then(|parsed| Duration::try_from(parsed).ok());
        let fits =
            |one: &Duration| (Duration::from_secs(1)..=Duration::from_mins(10)).contains(one);
        if let Some(value) = parsed.filter(fits) {
            return Some(Spot { value, at });
        }
        self.wrong(&at, format!("{key} must be a duration such as 10s, from 1 s to 10 m"));
        None
    }

    /// Reads the table at `key` with one text for each language.
    fn spoken(&mut self, table: &dyn TableLike, key: &str) -> Option<Spot<Spoken>> {
        let item = table.get(key)?;
        let at = self.place(table, key, item);
        let Some(inner) = item.as_table_like() else {
            self.wrong(&at, format!("{key} must be a table such as {{ en = \"…\", de = \"…\" }}"));
            return None;
        };
        self.known(inner, key, &["en", "de"]);
        let en = self.text(inner, "en").map(|spot| spot.value);
        let de = self.text(inner, "de").map(|spot| spot.value);
        let Some(any) = en.clone().or_else(|| de.clone()) else {
            self.wrong(&at, format!("{key} says nothing: give it en, de or both"));
            return None;
        };
        let value = Spoken { en: en.unwrap_or_else(|| any.clone()), de: de.unwrap_or(any) };
        Some(Spot { value, at })
    }

    fn words(&mut self, table: &dyn TableLike) -> Words {
        let mut of = |key| self.texts(table, key).map(|spot| spot.value).unwrap_or_default();
        Words { en: of("en"), de: of("de") }
    }

    fn value(&mut self, table: &dyn TableLike, at: At, source: Source, what: &str) -> WrittenValue {
        self.known(table, what, &["en", "de", "said", "enabled"]);
        WrittenValue {
            source,
            enabled: self.boolean(table, "enabled").is_none_or(|enabled| enabled.value),
            words: self.words(table),
            said: self.spoken(table, "said").map(|spot| spot.value),
            at,
        }
    }

    fn command(&mut self, table: &dyn TableLike, at: At, name: &str) -> Written {
        self.known(
            table,
            &format!("commands.{name}"),
            &[
                "enabled",
                "group",
                "risk",
                "kind",
                "permissions",
                "aliases",
                "undo",
                "executor",
                "container",
                "timeout",
                "wording",
                "phrases",
                "slots",
            ],
        );
        let group = self
            .text(table, "group")
            .and_then(|Spot { value, at }| self.group(&value, &at).map(|value| Spot { value, at }));
        let risks = [Risk::Low, Risk::Medium, Risk::High];
        let risk = self.one_of(table, "risk", "low, medium, high", |name| {
            risks.into_iter().find(|risk| risk.name() == name)
        });
        let confirm = self.one_of(table, "kind", "immediate, confirm", |name| match name {
            "immediate" => Some(false),
            "confirm" => Some(true),
            _ => None,
        });
        let executors = Executor::ALL.map(Executor::name).join(", ");
        let executor = self.one_of(table, "executor", &executors, Executor::by_name);
        let phrases = self.phrases(table);
        let mut slots = BTreeMap::new();
        for (slot, inner, at) in self.tables(table, "slots") {
            name_is_plain(self, inner, &slot);
            let written = self.slot(inner, at, &format!("commands.{name}.slots.{slot}"));
            slots.insert(slot, written);
        }
        Written {
            at,
            enabled: self.boolean(table, "enabled"),
            group,
            risk,
            confirm,
            permissions: self.texts(table, "permissions"),
            aliases: self.texts(table, "aliases"),
            undo: self.text(table, "undo"),
            executor,
            container: self.text(table, "container"),
            timeout: self.duration(table, "timeout"),
            wording: self.spoken(table, "wording"),
            phrases,
            slots,
        }
    }

    fn phrases(&mut self, table: &dyn TableLike) -> Option<Spot<Words>> {
        let item = table.get("phrases")?;
        let at = self.place(table, "phrases", item);
        let Some(inner) = item.as_table_like() else {
            self.wrong(&at, "phrases must be a table such as { en = [\"…\"], de = [\"…\"] }");
            return None;
        };
        self.known(inner, "phrases", &["en", "de"]);
        Some(Spot { value: self.words(inner), at })
    }

    fn slot(&mut self, table: &dyn TableLike, at: At, what: &str) -> WrittenSlot {
        self.known(table, what, &["kind", "values", "only", "from", "to", "required"]);
        WrittenSlot {
            at,
            kind: self.text(table, "kind"),
            values: self.text(table, "values"),
            only: self.texts(table, "only"),
            from: self.number(table, "from"),
            to: self.number(table, "to"),
            required: self.boolean(table, "required"),
        }
    }
}
