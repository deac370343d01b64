//! Settings merged: every key has exactly one value of the right type, and it is known who set it.

use super::{
    DEFAULTS,
    keys::{self, Key},
    problem::{Fault, Origin, Problem},
    written::{self, Entry, Layer, Value, Written},
};
use std::{collections::BTreeMap, path::Path};

/// A value and who set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The value.
    pub(super) value: Value,
    /// Who set it.
    pub(super) origin: Origin,
}

/// Every key with its value.
#[derive(Clone, Debug)]
pub(super) struct Merged(BTreeMap<&'static str, Setting>);

impl Merged {
    /// Returns the defaults.
    pub(super) fn defaults() -> Self {
        let layer = written::toml(DEFAULTS, &|_| Origin::Default);
        let settings = layer.entries.into_iter().filter_map(|entry| match entry.value {
            Written::Typed(value) => {
                Some((entry.key.name, Setting { value, origin: entry.origin }))
            }
            Written::Raw(_) => None,
        });
        Self(settings.collect())
    }

    /// Lays entries over what is there, each with the type of its default, and returns what does not fit.
    pub(super) fn lay(&mut self, entries: Vec<Entry>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for Entry { key, name, value, origin } in entries {
            let Some(below) = self.0.get_mut(key.name) else { continue };
            match like(&below.value, value) {
                Ok(value) => *below = Setting { value, origin },
                Err((expected, found)) => {
                    let fault = Fault::WrongType { key: name, expected, found };
                    problems.push(Problem { at: origin, fault });
                }
            }
        }
        problems
    }

    /// Returns a key's setting. Every key has one: a test holds the table against the defaults.
    pub(super) fn get(&self, key: &'static str) -> &Setting {
        self.0.get(key).expect("the embedded defaults set every key of the table")
    }
}

/// Turns what was written into a value of the type that `like` has.
fn like(like: &Value, written: Written) -> Result<Value, (&'static str, String)> {
    let expected = match like {
        Value::Text(_) => "a string",
        Value::Number(_) => "an integer",
        Value::List(_) => "a list",
    };
    match (like, written) {
        (Value::Text(_), Written::Raw(text)) => Ok(Value::Text(text)),
        (Value::Number(_), Written::Raw(text)) => {
            text.trim().parse().map(Value::Number).map_err(|_| (expected, format!("{text:?}")))
        }
        (Value::List(_), Written::Raw(text)) => {
            list(&text).map(Value::List).ok_or_else(|| (expected, format!("{text:?}")))
        }
        (Value::Text(_), Written::Typed(value @ Value::Text(_)))
        | (Value::Number(_), Written::Typed(value @ Value::Number(_)))
        | (Value::List(_), Written::Typed(value @ Value::List(_))) => Ok(value),
        (_, Written::Typed(Value::Text(text))) => Err((expected, format!("the string {text:?}"))),
        (_, Written::Typed(Value::Number(number))) => {
            Err((expected, format!("the integer {number}")))
        }
        (_, Written::Typed(Value::List(_))) => Err((expected, "an array".to_owned())),
    }
}

/// Reads a list from text: separated by commas, or a JSON array.
fn list(text: &str) -> Option<Vec<String>> {
    if text.trim_start().starts_with('[') && text.trim_end().ends_with(']') {
        if let Ok(items) = serde_json::from_str(text) {
            return Some(items);
        }
        // An IPv6 address in brackets is no JSON array.
        if text.contains('"') {
            return None;
        }
    }
    Some(text.split(',').map(|item| item.trim().to_owned()).filter(|i| !i.is_empty()).collect())
}

/// What the env file and the process environment say together.
pub(super) struct Settled {
    /// One entry for each key that is set.
    pub(super) entries: Vec<Entry>,
    /// Names that contradict each other.
    pub(super) problems: Vec<Problem>,
    /// Older names that were used, which are accepted everywhere (LXA-38).
    pub(super) notices: Vec<(String, Origin)>,
}

/// Lays the process environment over the env file, and settles each key that has several names.
pub(super) fn settle(env_file: &mut Layer, process: &mut Layer) -> Settled {
    let mut by_name: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in env_file.entries.drain(..).chain(process.entries.drain(..)) {
        by_name.insert(entry.name.clone(), entry);
    }
    let mut settled = Settled { entries: Vec::new(), problems: Vec::new(), notices: Vec::new() };
    for key in keys::KEYS {
        let mut named = names(key).filter_map(|name| by_name.remove(name));
        let Some(strongest) = named.next() else { continue };
        for weaker in named {
            if !same(&strongest.value, &weaker.value) {
                settled.problems.push(contradiction(&weaker, &strongest));
            }
        }
        if strongest.name != key.env {
            settled.notices.push((
                format!("{} is an old name: use {} instead", strongest.name, key.env),
                strongest.origin.clone(),
            ));
        }
        settled.entries.push(strongest);
    }
    settled
}

fn names(key: &Key) -> impl Iterator<Item = &'static str> {
    std::iter::once(key.env).chain(key.aliases.iter().copied())
}

/// Compares as paths, since only paths have several names: `/a/` is `/a`.
fn same(left: &Written, right: &Written) -> bool {
    match (left, right) {
        (Written::Raw(left), Written::Raw(right)) => Path::new(left) == Path::new(right),
        _ => left == right,
    }
}

fn contradiction(weaker: &Entry, strongest: &Entry) -> Problem {
    let text = |written: &Written| match written {
        Written::Raw(text) => text.clone(),
        Written::Typed(_) => String::new(),
    };
    Problem {
        at: weaker.origin.clone(),
        fault: Fault::Contradiction {
            name: weaker.name.clone(),
            value: text(&weaker.value),
            other: strongest.name.clone(),
            other_value: text(&strongest.value),
            other_at: Box::new(strongest.origin.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // VOX-52
    #[test]
    fn the_embedded_defaults_set_every_key_and_nothing_else() {
        let layer = written::toml(DEFAULTS, &|_| Origin::Default);
        assert_eq!(layer.problems, []);
        let set: Vec<_> = layer.entries.iter().map(|entry| entry.key.name).collect();
        let known: Vec<_> = keys::KEYS.iter().map(|key| key.name).collect();
        assert_eq!(set, known);
    }

    #[test]
    fn a_list_is_read_from_commas_or_json() {
        assert_eq!(list("a, b,,c"), Some(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(list(r#"["a", "b"]"#), Some(vec!["a".into(), "b".into()]));
        assert_eq!(list("[::1]"), Some(vec!["[::1]".into()]));
        assert_eq!(list("[]"), Some(vec![]));
        assert_eq!(list(r#"["a", 1]"#), None);
    }
}
