//! What of a passage can be quoted by itself: a paragraph, a few sentences of a long one, a list item, a row of a table,
//! a definition with its term, a block of code.
//!
//! Pure. It reads lines, not a syntax, so that Markdown and plain text go the same way.

use super::cut::pack::sentence_ends;
use std::ops::Range;

/// A quote is no longer than this, in bytes, unless it is one sentence or one block of code.
const LONGEST: usize = 480;

/// Something that can be quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// Its bytes in the passage.
    pub(super) bytes: Range<usize>,
    /// The term that it explains, if it explains one: in it at its start, or before it.
    pub(super) term: Option<Range<usize>>,
    /// Whether it begins an explanation or a paragraph, or goes on with one.
    pub(super) place: Place,
    /// What it is made of.
    pub(super) kind: Kind,
}

/// Where a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the beginning of an explanation or a paragraph.
    Opening,
    /// Further down.
    Continuing,
}

/// What a unit is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sentences, or something like it.
    Prose,
    /// A row of a table.
    Row,
    /// A block of code, or some of its lines.
    Code,
}

/// Returns what can be quoted of a passage; `heading` is the path above it, whose last line it may begin with.
pub(super) fn units(passage: &str, heading: &str) -> Vec<Unit> {
    let mut finder = Finder { passage, heading: last_of(heading), ..Finder::default() };
    let mut start = 0;
    for line in passage.split_inclusive('\n') {
        let bytes = start..start + line.len();
        start = bytes.end;
        finder.line(line, bytes);
    }
    finder.close();
    finder.units
}

fn last_of(heading: &str) -> &str {
    heading.rsplit(" › ").next().unwrap_or_default()
}

#[derive(Default)]
struct Finder<'p> {
    passage: &'p str,
    heading: &'p str,
    units: Vec<Unit>,
    /// The block that is still growing.
    open: Option<Range<usize>>,
    fence: Option<(&'p str, Range<usize>)>,
    /// The term that was explained last, and how far it is indented.
    term: Option<(Range<usize>, usize)>,
}

impl<'p> Finder<'p> {
    fn line(&mut self, line: &'p str, bytes: Range<usize>) {
        let text = line.trim();
        if let Some((fence, from)) = &self.fence {
            let code = from.start..bytes.end;
            if text.starts_with(fence) {
                self.fence = None;
                self.push(code, None, Kind::Code);
            } else {
                self.fence = Some((fence, code));
            }
        } else if let Some(fence) = ["```", "~~~"].into_iter().find(|fence| text.starts_with(fence))
        {
            self.close();
            self.fence = Some((fence, bytes));
        } else if text.is_empty() || self.is_heading(text) {
            self.close();
        } else if line.starts_with('|') && text.ends_with('|') && text.len() > 1 {
            self.close();
            if text.contains(char::is_alphanumeric) {
                let cell = line[1..].find('|').map(|at| bytes.start + 1..bytes.start + 1 + at);
                self.push(bytes, cell, Kind::Row);
            }
        } else {
            if is_item(text) || self.begins_another(line) {
                self.close();
            }
            let from = self.open.take().map_or(bytes.start, |open| open.start);
            self.open = Some(from..bytes.end);
        }
    }

    /// Whether a line begins the next of several definitions that no empty line separates.
    fn begins_another(&self, line: &str) -> bool {
        let Some(open) = &self.open else { return false };
        let mut lines = self.passage[open.clone()].lines();
        let first = lines.next().unwrap_or_default();
        let deeper = lines.any(|line| indent(line) > indent(first) + 1);
        indent(line) == indent(first) && (deeper || (has_columns(first) && has_columns(line)))
    }

    fn is_heading(&self, text: &str) -> bool {
        let bare = text.trim_start_matches('#');
        let marked = bare.len() < text.len() && (bare.is_empty() || bare.starts_with(' '));
        marked || (self.open.is_none() && !self.heading.is_empty() && bare.trim() == self.heading)
    }

    /// Ends the block that was growing.
    fn close(&mut self) {
        if let Some((_, code)) = self.fence.take() {
            self.push(code, None, Kind::Code);
        }
        let Some(bytes) = self.open.take() else { return };
        let block = &self.passage[bytes.clone()];
        let mut lines = block.lines();
        let first = lines.next().unwrap_or_default();
        let own = indent(first);
        let defines =
            lines.next().is_some_and(|second| indent(second) > own + 1) || has_columns(first);
        let term = if defines && !is_item(first.trim()) {
            let term = bytes.start + own..bytes.start + term_length(first);
            self.term = Some((term.clone(), own));
            Some(term)
        } else {
            // What is indented further than a term goes on about it.
            self.term = self.term.take().filter(|(_, indent)| *indent < own);
            self.term.as_ref().map(|(term, _)| term.clone())
        };
        if block.len() <= LONGEST {
            self.push(bytes, term, Kind::Prose);
        } else {
            self.sentences(bytes, term.as_ref());
        }
    }

    /// Pushes windows of sentences: from each sentence on, as many as may be quoted.
    fn sentences(&mut self, bytes: Range<usize>, term: Option<&Range<usize>>) {
        let block = &self.passage[bytes.clone()];
        let mut starts: Vec<usize> = vec![0];
        starts.extend(sentence_ends(block));
        starts.push(block.len());
        for (at, start) in starts[..starts.len() - 1].iter().enumerate() {
            let ends = &starts[at + 1..];
            let end =
                ends.iter().take_while(|end| **end - start <= LONGEST).last().unwrap_or(&ends[0]);
            self.push(bytes.start + start..bytes.start + end, term.cloned(), Kind::Prose);
            if let Some(unit) = self.units.last_mut()
                && *start > 0
            {
                unit.place = Place::Continuing;
            }
            if *end == block.len() {
                break;
            }
        }
    }

    fn push(&mut self, bytes: Range<usize>, term: Option<Range<usize>>, kind: Kind) {
        let slice = &self.passage[bytes.clone()];
        let start = bytes.start + (slice.len() - slice.trim_start().len());
        let bytes = start..start + slice.trim().len();
        if !bytes.is_empty() {
            let before = term.as_ref().is_some_and(|term| term.end <= bytes.start);
            let place = if before { Place::Continuing } else { Place::Opening };
            self.units.push(Unit { bytes, term, place, kind });
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Whether a term and its explanation stand in one line, as columns.
fn has_columns(line: &str) -> bool {
    line.trim_start().find("   ").is_some_and(|at| at < 24)
}

/// Returns how long the term of a definition's first line is: up to the column of the explanation, or the whole line.
fn term_length(first: &str) -> usize {
    let indent = indent(first);
    first[indent..].find("   ").map_or(first.trim_end().len(), |at| indent + at)
}

/// Whether a line begins an item of a list.
fn is_item(text: &str) -> bool {
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    text.starts_with("- ")
        || text.starts_with("* ")
        || text.starts_with("+ ")
        || text.starts_with("• ")
        || text.starts_with("· ")
        || (digits.len() < text.len() && (digits.starts_with(". ") || digits.starts_with(") ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotes<'p>(passage: &'p str, heading: &str) -> Vec<&'p str> {
        units(passage, heading).into_iter().map(|unit| &passage[unit.bytes]).collect()
    }

    #[test]
    fn headings_are_not_quoted_and_items_are_quoted_one_by_one() {
        let passage = "## Use\n\nSome words.\n\n- one\n  more\n- two\n\n| a | b |\n|---|---|\n```\nls -l\n```\n";
        assert_eq!(
            quotes(passage, "Guide › Use"),
            ["Some words.", "- one\n  more", "- two", "| a | b |", "```\nls -l\n```"]
        );
    }

    #[test]
    fn an_option_of_a_manual_page_is_quoted_with_its_explanation() {
        let passage = "OPTIONS\n       -S     sort by file size,\n              largest first\n\n       --sort=WORD\n              sort by WORD";
        assert_eq!(
            quotes(passage, "OPTIONS"),
            [
                "-S     sort by file size,\n              largest first",
                "--sort=WORD\n              sort by WORD"
            ]
        );
    }

    #[test]
    fn what_follows_an_explanation_keeps_its_term() {
        let passage = "  Restart=\n      Says when.\n\n      Says more.";
        let found = units(passage, "");
        assert_eq!(found[1].term.clone().map(|term| &passage[term]), Some("Restart="));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_units_within_it(text in "(?s).{0,600}", heading in ".{0,9}") {
            for unit in units(&text, &heading) {
                proptest::prop_assert!(text.get(unit.bytes).is_some());
                proptest::prop_assert!(unit.term.is_none_or(|term| text.get(term).is_some()));
            }
        }
    }
}
