//! The blocks of a Markdown text.

use super::{Block, Outline, descend, on_one_line};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Returns the blocks of a Markdown text below its headings.
pub(super) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut heading = outline.heading(&path);
    for (bytes, level) in stretches(text) {
        if let Some(level) = level {
            let name = heading_text(&text[bytes.clone()]);
            if level == 1 && outline.title.is_none() {
                outline.title = Some(name.clone());
            }
            descend(&mut path, level, name);
            heading = outline.heading(&path);
        }
        outline.blocks.push(Block { bytes, heading });
    }
    outline
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
}

/// Returns stretches in order that together hold everything but white space; a heading comes with its level.
fn stretches(text: &str) -> Vec<(Range<usize>, Option<usize>)> {
    let mut found: Vec<(Range<usize>, Option<usize>)> = Vec::new();
    let mut end = 0;
    for (bytes, level) in leaves(text) {
        // Definitions of links and the like are told of by no event: they are what lies between.
        push(text, &mut found, end..bytes.start, None);
        if bytes.end > end {
            push(text, &mut found, bytes.start.max(end)..bytes.end, level);
            end = bytes.end;
        }
    }
    push(text, &mut found, end..text.len(), None);
    found
}

fn push(
    text: &str,
    found: &mut Vec<(Range<usize>, Option<usize>)>,
    bytes: Range<usize>,
    level: Option<usize>,
) {
    if let Some(slice) = text.get(bytes.clone())
        && !slice.trim().is_empty()
    {
        found.push((bytes, level));
    }
}

/// Returns what the parser calls a block: at the top, or an item of a list at the top, or a row of a table.
fn leaves(text: &str) -> Vec<(Range<usize>, Option<usize>)> {
    let mut leaves = Vec::new();
    // How deep inside of something that is taken whole. Lists and tables are taken apart.
    let mut depth = 0_usize;
    for (event, bytes) in Parser::new_ext(text, options()).into_offset_iter() {
        let apart = matches!(
            event,
            Event::Start(Tag::List(_) | Tag::Table(_))
                | Event::End(TagEnd::List(_) | TagEnd::Table)
        );
        if depth == 0 && apart {
            continue;
        }
        if depth == 0 {
            leaves.push((bytes, level(&event)));
        }
        if matches!(event, Event::Start(_)) {
            depth += 1;
        } else if matches!(event, Event::End(_)) {
            depth -= 1;
        }
    }
    leaves
}

fn level(event: &Event<'_>) -> Option<usize> {
    if let Event::Start(Tag::Heading { level, .. }) = event { Some(*level as usize) } else { None }
}

/// Returns what a heading says, without its markup.
fn heading_text(source: &str) -> String {
    let mut text = String::new();
    for event in Parser::new_ext(source, options()) {
        if let Event::Text(piece) | Event::Code(piece) = event {
            text.push_str(&piece);
        }
    }
    on_one_line(&text)
}
