//! Settings as written: what one source says, key by key, with the line it says it on.

use super::{
    env_file,
    keys::{self, Key},
    problem::{Fault, Origin, Problem},
};
use std::{collections::BTreeMap, ops::Range, path::Path};
use toml_edit::{Document, Item, TableLike};

/// A value as TOML types it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// An integer.
    Number(i64),
    /// An array of strings.
    List(Vec<String>),
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// In TOML, where it has a type.
    Typed(Value),
    /// In an environment or on the command line, where everything is text.
    Raw(String),
}

/// One key that a source sets.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: &'static Key,
    /// The name it was set by: the key's, or an environment variable.
    pub(super) name: String,
    /// Its value.
    pub(super) value: Written,
    /// Where it was written.
    pub(super) origin: Origin,
}

/// Everything that one source says.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The keys it sets.
    pub(super) entries: Vec<Entry>,
    /// `STORAGE_DIR`, which repeats what is derived.
    pub(super) storage_dir: Option<(String, Origin)>,
    /// What cannot be understood.
    pub(super) problems: Vec<Problem>,
    /// What is odd: a warning, but an error in `prod`.
    pub(super) warnings: Vec<(String, Origin)>,
    /// What is old and still accepted everywhere.
    pub(super) notices: Vec<(String, Origin)>,
}

/// Reads a `ladylinux.toml`; `at` turns a line into an origin.
pub(super) fn toml(text: &str, at: &dyn Fn(usize) -> Origin) -> Layer {
    let mut layer = Layer::default();
    let line = |span: Option<Range<usize>>| {
        1 + span.map_or(0, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count())
    };
    match Document::parse(text) {
        Ok(document) => {
            table(&mut layer, "", document.as_table(), &|span| at(line(span)));
        }
        Err(error) => {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let fault = Fault::Syntax(format!("this is not TOML: {message}"));
            layer.problems.push(Problem { at: at(line(error.span())), fault });
        }
    }
    layer
}

fn table(
    layer: &mut Layer,
    prefix: &str,
    table: &dyn TableLike,
    at: &dyn Fn(Option<Range<usize>>) -> Origin,
) {
    for (name, item) in table.iter() {
        let dotted = format!("{prefix}{name}");
        let span = table.get_key_value(name).and_then(|(key, _)| key.span());
        let origin = at(span.or_else(|| item.span()));
        let section = format!("{dotted}.");
        let is_section = keys::KEYS.iter().any(|key| key.name.starts_with(&section));
        if let (true, Some(inner)) = (is_section, item.as_table_like()) {
            self::table(layer, &section, inner, at);
            continue;
        }
        let Some(key) = keys::by_name(&dotted) else {
            let suggestion = keys::nearest(&dotted, keys::KEYS.iter().map(|key| key.name));
            layer
                .problems
                .push(Problem { at: origin, fault: Fault::Unknown { name: dotted, suggestion } });
            continue;
        };
        match typed(item) {
            Some(value) => layer.entries.push(Entry {
                key,
                name: dotted,
                value: Written::Typed(value),
                origin,
            }),
            None => layer.problems.push(Problem {
                at: origin,
                fault: Fault::WrongType {
                    key: dotted,
                    expected: "a string, an integer or an array of strings",
                    found: item.type_name().to_owned(),
                },
            }),
        }
    }
}

fn typed(item: &Item) -> Option<Value> {
    if let Some(text) = item.as_str() {
        return Some(Value::Text(text.to_owned()));
    }
    if let Some(number) = item.as_integer() {
        return Some(Value::Number(number));
    }
    let array = item.as_array()?;
    array.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>().map(Value::List)
}

/// Reads an env file.
pub(super) fn env_file(text: &str, path: &Path) -> Layer {
    let mut layer = Layer::default();
    let at = |line| Origin::EnvFile { path: path.to_owned(), line };
    let (lines, wrong) = env_file::parse(text);
    for (line, message) in wrong {
        layer.problems.push(Problem { at: at(line), fault: Fault::Syntax(message) });
    }
    for line in lines {
        let foreign = !line.name.starts_with("LADYLINUX_");
        if !variable(&mut layer, &line.name, line.value, at(line.number)) && foreign {
            // An env file may carry variables for others, such as TZ; a near miss is probably for us.
            let Some(name) = keys::nearest(&line.name, keys::env_names()) else { continue };
            let warning =
                format!("{} is no setting and is ignored: did you mean {name}?", line.name);
            layer.warnings.push((warning, at(line.number)));
        }
    }
    layer
}

/// Reads the process environment.
pub(super) fn environment(environment: BTreeMap<String, String>) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in environment {
        let origin = Origin::Environment { name: name.clone() };
        variable(&mut layer, &name, value, origin);
    }
    layer
}

/// Takes one variable into the layer, and returns whether it is one of ours.
fn variable(layer: &mut Layer, name: &str, value: String, origin: Origin) -> bool {
    if name == keys::STORAGE_DIR {
        layer.storage_dir = Some((value, origin)).filter(|(value, _)| !value.is_empty());
        return true;
    }
    if keys::NOT_SETTINGS.contains(&name) {
        return true;
    }
    let Some(key) = keys::by_env(name) else {
        if name.starts_with("LADYLINUX_") {
            let suggestion = keys::nearest(name, keys::env_names());
            let fault = Fault::Unknown { name: name.to_owned(), suggestion };
            layer.problems.push(Problem { at: origin, fault });
        }
        return false;
    };
    // An empty variable is an unset one: container engines cannot unset what an image set.
    if !value.is_empty() {
        let value = Written::Raw(value);
        layer.entries.push(Entry { key, name: name.to_owned(), value, origin });
    }
    true
}

/// Reads what was given on the command line, as dotted keys.
pub(super) fn flags(flags: Vec<(String, String)>) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in flags {
        let origin = Origin::Flag;
        if let Some(key) = keys::by_name(&name) {
            let value = Written::Raw(value);
            layer.entries.push(Entry { key, name, value, origin });
        } else {
            let suggestion = keys::nearest(&name, keys::KEYS.iter().map(|key| key.name));
            layer.problems.push(Problem { at: origin, fault: Fault::Unknown { name, suggestion } });
        }
    }
    layer
}
