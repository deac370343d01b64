//! The paragraphs of a plain text.
//!
//! A line is a heading if it stands at the margin after an empty line (or at the start) and either the text below it is
//! indented, as in a manual page, or it is in capitals, or underlined. In a manual page a line indented by a few spaces
//! is a heading of the second level if the text directly below it is indented further.

use super::{Block, Outline, descend, on_one_line};
use std::ops::Range;

/// A heading is no longer than this, in bytes.
const LONGEST_HEADING: usize = 80;

/// A title is no longer than this, in characters.
const LONGEST_TITLE: usize = 160;

/// The first section of a manual page says what the page is about.
const NAME_SECTIONS: &[&str] = &["NAME", "BEZEICHNUNG", "NOM", "NOMBRE", "NOME"];

struct Line<'t> {
    text: &'t str,
    bytes: Range<usize>,
    indent: usize,
}

impl Line<'_> {
    fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Returns the paragraphs of a plain text below its headings.
pub(super) fn outline(text: &str) -> Outline {
    let lines = lines(text);
    let mut outline = Outline::default();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut heading = outline.heading(&path);
    let mut open: Option<Range<usize>> = None;
    for at in 0..lines.len() {
        let line = &lines[at];
        let level = heading_level(&lines, at, !path.is_empty());
        if line.is_empty() || level.is_some() {
            outline.blocks.extend(open.take().map(|bytes| Block { bytes, heading }));
        }
        if let Some(level) = level {
            descend(&mut path, level, on_one_line(line.text));
            heading = outline.heading(&path);
        }
        if !line.is_empty() {
            let start = open.map_or(line.bytes.start, |bytes| bytes.start);
            open = Some(start..line.bytes.end);
        }
    }
    outline.blocks.extend(open.map(|bytes| Block { bytes, heading }));
    outline.title = title(text, &outline);
    outline
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let bytes = start..start + line.len();
        start = bytes.end;
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        lines.push(Line { text: line, bytes, indent });
    }
    lines
}

fn heading_level(lines: &[Line<'_>], at: usize, below_another: bool) -> Option<usize> {
    let line = &lines[at];
    let text = line.text.trim();
    let after_gap = at == 0 || lines[at - 1].is_empty();
    // Several spaces in a row make columns, as in the first line of a manual page.
    if text.is_empty() || text.len() > LONGEST_HEADING || text.contains("   ") {
        return None;
    }
    let next = lines.get(at + 1);
    if line.indent == 0 && after_gap {
        let next_full = lines[at + 1..].iter().find(|line| !line.is_empty());
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        let sentence = text.ends_with(['.', ',', ';', ':']) || text.starts_with(['-', '*', '+']);
        let indented = next_full.is_some_and(|line| line.indent > 2);
        let capitals = letters > 2 && !text.chars().any(char::is_lowercase);
        let ruled = next.is_some_and(|line| is_rule(line.text));
        return ((indented && !sentence && letters > 1) || capitals || ruled).then_some(1);
    }
    let further = next.is_some_and(|next| !next.is_empty() && next.indent >= line.indent + 3);
    (below_another && after_gap && (1..=4).contains(&line.indent) && further).then_some(2)
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() > 2
        && (line.bytes().all(|byte| byte == b'=') || line.bytes().all(|byte| byte == b'-'))
}

/// Returns what the first section of a manual page says, else the heading that the text begins with.
fn title(text: &str, outline: &Outline) -> Option<String> {
    let block = |block: &Block| on_one_line(&text[block.bytes.clone()]);
    let named = outline
        .blocks
        .iter()
        .find(|block| NAME_SECTIONS.contains(&outline.headings[block.heading].as_str()));
    let name = match named {
        Some(found) => {
            let said = block(found);
            said.split_once(' ').map(|(_, rest)| rest.to_owned())
        }
        None => outline.blocks.first().map(|first| outline.headings[first.heading].clone()),
    };
    name.filter(|name| !name.is_empty()).map(|name| name.chars().take(LONGEST_TITLE).collect())
}
