//! Tells a turn in a terminal: the answer as it streams in, then where it stands.

use super::{
    node_client::{Answering, SentEvent},
    out,
};
use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Every piece as it comes.
    Streamed,
    /// All of it when it is complete.
    AtOnce,
    /// Nothing; the caller prints what was heard.
    Silent,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an answer.
    Answered,
    /// With an error, which was told.
    Failed,
}

/// A turn as far as it was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    answer: String,
    notes: Vec<Value>,
    /// The data of the other events, by name.
    events: Map<String, Value>,
}

impl Heard {
    /// Hears a turn to its end, and prints it in this style.
    pub(super) async fn hear(
        &mut self,
        mut answering: Answering,
        style: Style,
    ) -> anyhow::Result<Ending> {
        while let Some(event) = answering.next().await? {
            self.take(event, style)?;
        }
        if style == Style::AtOnce {
            out::piece(&self.answer);
        }
        if style != Style::Silent && !self.answer.is_empty() {
            out::line("");
        }
        if let Some(error) = self.events.get("error") {
            if style != Style::Silent {
                out::note(format!("ladylinux: {}", told(error)));
            }
            return Ok(Ending::Failed);
        }
        if !self.events.contains_key("done") {
            bail!("the answer broke off: the node may have stopped");
        }
        if style != Style::Silent {
            self.tell_sources();
        }
        Ok(Ending::Answered)
    }

    fn take(&mut self, event: SentEvent, style: Style) -> anyhow::Result<()> {
        let data: Value = serde_json::from_str(&event.data)
            .with_context(|| format!("the node sent a {} event that is no JSON", event.name))?;
        match event.name.as_str() {
            "token" => {
                let text = printable(data["text"].as_str().unwrap_or_default());
                if style == Style::Streamed {
                    out::piece(&text);
                }
                self.answer.push_str(&text);
            }
            "note" => {
                if style != Style::Silent {
                    out::note(format!("({})", printable(text(&data["message"]))));
                }
                self.notes.push(data);
            }
            _ => {
                self.events.insert(event.name, data);
            }
        }
        Ok(())
    }

    fn tell_sources(&self) {
        if self.events["done"]["finish"] == "length" {
            out::note("(the answer reached its longest length, llm.max_tokens, and ends here)");
        }
        let Some(told) = self.events.get("citations") else { return };
        let citations = told["citations"].as_array().map_or(&[][..], Vec::as_slice);
        if citations.is_empty() {
            return;
        }
        let given = told["basis"] == "given";
        out::line(if given { "\nRead for this answer:" } else { "\nSources:" });
        for citation in citations {
            out::line(source(citation));
        }
    }

    /// Returns everything that was heard, for programs.
    pub(super) fn json(&self) -> Value {
        let of = |name: &str| self.events.get(name).cloned().unwrap_or_default();
        json!({
            "answer": self.answer,
            "answered_by": of("done")["answered_by"],
            "finish": of("done")["finish"],
            "basis": of("citations")["basis"],
            "citations": of("citations").get("citations").cloned().unwrap_or_else(|| json!([])),
            "intent": of("intent"),
            "notes": self.notes,
            "timings": of("timings"),
            "error": of("error"),
        })
    }
}

/// Writes a citation in a line: its number, title, headings, page and path.
fn source(citation: &Value) -> String {
    // The outermost heading of a document is usually its title.
    let (title, heading) = (text(&citation["title"]), text(&citation["heading"]));
    let title = Some(title).filter(|title| heading.is_empty() || !heading.starts_with(title));
    let heading = Some(heading).filter(|heading| !heading.is_empty());
    let page = citation["page"].as_u64().map(|page| format!("page {page}"));
    let place: Vec<&str> = [title, heading, page.as_deref()].into_iter().flatten().collect();
    let place = place.join(", ");
    let line = format!("[{}] {place} ({})", citation["number"], text(&citation["document"]));
    printable(&line).replace('\n', " ")
}

/// Writes an error event in a line: what happened, and the mend if it has one.
fn told(error: &Value) -> String {
    let mend = text(&error["mend"]);
    printable(format!("{} {mend}", text(&error["message"])).trim())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Takes away what would command a terminal: control characters, and marks that turn the direction of text.
pub(super) fn printable(text: &str) -> String {
    let harmful = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|character| !harmful(*character)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_cannot_command_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\u{9b}31m\u{202e}c\n\td"), "a[2Jb31mc\n\td");
    }

    #[test]
    fn a_source_is_one_line_with_what_is_known_of_it() {
        let citation = json!({"number": 2, "title": "Workers", "heading": "Deaths", "page": null, "document": "docs/a.md"});
        assert_eq!(source(&citation), "[2] Workers, Deaths (docs/a.md)");
        let twice = json!({"number": 1, "title": "Workers", "heading": "Workers › Deaths", "document": "a"});
        assert_eq!(source(&twice), "[1] Workers › Deaths (a)");
        assert_eq!(source(&json!({})), "[null]  ()");
    }
}
