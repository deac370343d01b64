//! JSON as Python writes it: tool definitions must reach the model byte for byte as in its training.

use serde_json::Value;
use std::fmt::Write as _;

/// The arguments of `json.dumps` that templates use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// Breaks lines and indents by so many spaces.
    pub(super) indent: Option<usize>,
    /// What stands between two items.
    pub(super) item_separator: String,
    /// What stands between a key and its value.
    pub(super) key_separator: String,
    /// Writes all but ASCII as escapes.
    pub(super) ensure_ascii: bool,
    /// Sorts keys by their code points.
    pub(super) sort_keys: bool,
}

impl Style {
    /// Returns what `transformers` uses unless told otherwise.
    pub(super) fn indented(indent: Option<usize>) -> Self {
        Self {
            indent,
            item_separator: if indent.is_some() { "," } else { ", " }.to_owned(),
            key_separator: ": ".to_owned(),
            ensure_ascii: false,
            sort_keys: false,
        }
    }
}

/// Returns `value` as Python's `json.dumps` writes it.
pub(super) fn dumps(value: &Value, style: &Style) -> String {
    let mut writer = Writer { text: String::new(), style };
    writer.write(value, 0);
    writer.text
}

struct Writer<'s> {
    text: String,
    style: &'s Style,
}

impl Writer<'_> {
    fn write(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(truth) => self.text.push_str(if *truth { "true" } else { "false" }),
            Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                Some(float) => self.text.push_str(&float_repr(float)),
                None => self.text.push_str(&number.to_string()),
            },
            Value::String(string) => self.write_string(string),
            Value::Array(items) => {
                self.write_items("[]", depth, items, |writer, item| writer.write(item, depth + 1));
            }
            Value::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                if self.style.sort_keys {
                    entries.sort_unstable_by_key(|&(key, _)| key);
                }
                self.write_items("{}", depth, &entries, |writer, (key, item)| {
                    writer.write_string(key);
                    writer.text.push_str(&writer.style.key_separator);
                    writer.write(item, depth + 1);
                });
            }
        }
    }

    fn write_items<T>(
        &mut self,
        brackets: &str,
        depth: usize,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T),
    ) {
        let (open, close) = brackets.split_at(1);
        self.text.push_str(open);
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.text.push_str(&self.style.item_separator);
            }
            self.new_line(depth + 1);
            write(self, item);
        }
        if !items.is_empty() {
            self.new_line(depth);
        }
        self.text.push_str(close);
    }

    fn new_line(&mut self, depth: usize) {
        if let Some(width) = self.style.indent {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', width * depth));
        }
    }

    fn write_string(&mut self, string: &str) {
        self.text.push('"');
        for letter in string.chars() {
            match letter {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                other if other < ' ' || self.style.ensure_ascii && other > '~' => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        write!(self.text, "\\u{unit:04x}").expect("a string takes everything");
                    }
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }
}

/// Returns a number as Python's `repr` does: shortest digits, an exponent outside 1e-4 to 1e16.
fn float_repr(float: f64) -> String {
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{float:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) => match exponent.strip_prefix('-') {
                Some(below) => format!("{digits}e-{below:0>2}"),
                None => format!("{digits}e+{exponent:0>2}"),
            },
            None => text,
        };
    }
    format!("{float:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn separators_have_spaces_and_letters_stay_letters() {
        let value =
            json!({"name": "größe<&'\">", "list": [1, 2.0, true, null], "empty": {}, "none": []});
        assert_eq!(
            dumps(&value, &Style::indented(None)),
            r#"{"name": "größe<&'\">", "list": [1, 2.0, true, null], "empty": {}, "none": []}"#
        );
    }

    #[test]
    fn an_indent_breaks_lines_as_python_does() {
        assert_eq!(
            dumps(&json!({"a": [1, {"b": []}]}), &Style::indented(Some(2))),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ]\n}"
        );
    }

    #[test]
    fn numbers_and_control_characters_are_written_as_python_does() {
        let value = json!([1e16, 1.5e-7, 0.0001, 100_000.0, -0.0, "\u{1}\n\u{7f}"]);
        assert_eq!(
            dumps(&value, &Style::indented(None)),
            "[1e+16, 1.5e-07, 0.0001, 100000.0, -0.0, \"\\u0001\\n\u{7f}\"]"
        );
    }
}
