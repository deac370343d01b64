//! Packs blocks into passages, and cuts a block that is too long.

use super::{Outline, PAGE_BREAK, Piece};
use std::ops::Range;

/// Packs blocks that follow each other below one heading into passages of at most `limit` characters.
pub(super) fn pack(text: &str, outline: &Outline, limit: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut last_heading = None;
    for block in &outline.blocks {
        let heading = &outline.headings[block.heading];
        let bytes = trimmed(text, block.bytes.clone());
        if last_heading == Some(block.heading)
            && let Some(last) = pieces.last_mut()
            && fits(&text[last.bytes.start..bytes.end], limit)
            && !(outline.paged && text[last.bytes.end..bytes.start].contains(PAGE_BREAK))
        {
            last.bytes.end = bytes.end;
            continue;
        }
        last_heading = Some(block.heading);
        let parts = split(text, bytes, limit);
        pieces.extend(parts.into_iter().map(|bytes| Piece {
            bytes,
            heading: heading.clone(),
            page: None,
        }));
    }
    pieces
}

/// Cuts a stretch into parts of at most `limit` characters.
fn split(text: &str, bytes: Range<usize>, limit: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while !fits(&text[rest.clone()], limit) {
        let window = &text[rest.clone()];
        let longest = window.char_indices().nth(limit).map_or(window.len(), |(at, _)| at);
        let end = rest.start + place_to_cut(&window[..longest]).unwrap_or(longest);
        push(text, &mut parts, rest.start..end);
        rest = trimmed(text, end..rest.end);
    }
    push(text, &mut parts, rest);
    parts
}

fn push(text: &str, parts: &mut Vec<Range<usize>>, bytes: Range<usize>) {
    let bytes = trimmed(text, bytes);
    if !bytes.is_empty() {
        parts.push(bytes);
    }
}

/// Returns where to cut: after the last sentence in the later half, else after the last line or word there.
fn place_to_cut(window: &str) -> Option<usize> {
    let half = window.len() / 2;
    let sentence = sentence_ends(window).filter(|end| *end >= half).last();
    let line = || window.rfind('\n').filter(|at| *at >= half);
    let word = || window.rfind(char::is_whitespace).filter(|at| *at > 0);
    sentence.or_else(line).or_else(word)
}

/// Returns the ends of sentences: a full stop, question or exclamation mark, before white space.
pub(in crate::knowledge) fn sentence_ends(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, letter)| {
        let end = at + letter.len_utf8();
        let ends = matches!(letter, '.' | '?' | '!' | '…')
            && text[end..].starts_with(char::is_whitespace)
            && !abbreviates(&text[..end]);
        ends.then_some(end)
    })
}

/// Whether a full stop belongs to an abbreviation, such as "e.g." or "z. B.".
fn abbreviates(before: &str) -> bool {
    let word = before.rsplit([' ', '\n', '\t', '(']).next().unwrap_or_default();
    matches!(
        word,
        "e.g."
            | "i.e."
            | "etc."
            | "cf."
            | "vs."
            | "z."
            | "B."
            | "d."
            | "h."
            | "bzw."
            | "ca."
            | "Nr."
            | "No."
    )
}

fn fits(text: &str, limit: usize) -> bool {
    text.len() <= limit || text.chars().nth(limit).is_none()
}

/// Takes white space off, but not a first line's indentation, which says what belongs to what.
fn trimmed(text: &str, bytes: Range<usize>) -> Range<usize> {
    let slice = &text[bytes.clone()];
    let end = bytes.start + slice.trim_end().len();
    let blank = slice.len() - slice.trim_start().len();
    let line = slice[..blank].rfind('\n').map(|at| bytes.start + at + 1);
    let begins_line = bytes.start == 0 || text[..bytes.start].ends_with('\n');
    let start = line.or(begins_line.then_some(bytes.start)).unwrap_or(bytes.start + blank);
    if slice.trim().is_empty() { end..end } else { start..end }
}
