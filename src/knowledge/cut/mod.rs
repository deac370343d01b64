//! Cuts a text into passages: whole paragraphs, list items, table rows and code blocks below one heading, about so many
//! characters each.
//!
//! Pure. What is cut away between passages is white space only, and every passage is exactly its bytes of the text.
//! A block that is too long by itself is cut between sentences, else between words, else between characters.

mod markdown;
pub(super) mod pack;
mod plain;

use crate::inference::workers::PAGE_BREAK;
use std::ops::Range;

/// Counts up when texts are cut differently, so that they are learned again.
pub(super) const VERSION: u32 = 1;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `CommonMark` with tables.
    Markdown,
    /// The same, with page breaks; no passage goes over one.
    Pages,
    /// Anything else, such as a manual page as text.
    Plain,
}

/// A text, cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// What the text calls itself, if it does.
    pub(super) title: Option<String>,
    /// Its passages in their order.
    pub(super) pieces: Vec<Piece>,
}

/// A passage of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its bytes.
    pub(super) bytes: Range<usize>,
    /// The headings above it, outermost first.
    pub(super) heading: String,
    /// Its page, if the text has pages.
    pub(super) page: Option<u32>,
}

/// A stretch that belongs together, below one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    bytes: Range<usize>,
    heading: usize,
}

/// A text's blocks, and the heading paths they name by number.
#[derive(Debug, Default)]
struct Outline {
    title: Option<String>,
    headings: Vec<String>,
    blocks: Vec<Block>,
    paged: bool,
}

/// Cuts a text into passages of at most `limit` characters.
pub(super) fn cut(text: &str, format: Format, limit: usize) -> Cut {
    let mut outline = match format {
        Format::Markdown | Format::Pages => markdown::outline(text),
        Format::Plain => plain::outline(text),
    };
    if format == Format::Pages {
        outline.part(text);
    }
    let mut pieces = pack::pack(text, &outline, limit.max(1));
    if outline.paged {
        number(text, &mut pieces);
    }
    Cut { pieces, title: outline.title }
}

impl Outline {
    /// Returns the number of a heading path.
    fn heading(&mut self, path: &[(usize, String)]) -> usize {
        let names: Vec<&str> = path.iter().map(|(_, name)| name.as_str()).collect();
        self.headings.push(names.join(" › "));
        self.headings.len() - 1
    }

    /// Parts blocks that go over a page break.
    fn part(&mut self, text: &str) {
        self.paged = true;
        let parts = self.blocks.drain(..).flat_map(|Block { bytes, heading }| {
            let mut end = bytes.start;
            text[bytes].split_inclusive(PAGE_BREAK).map(move |part| {
                let start = end;
                end += part.len();
                Block { bytes: start..end, heading }
            })
        });
        self.blocks = parts.filter(|block| !text[block.bytes.clone()].trim().is_empty()).collect();
    }
}

/// Says of passages on which page they stand.
fn number(text: &str, pieces: &mut [Piece]) {
    let (mut page, mut seen) = (1, 0);
    for piece in pieces {
        let passed = &text[seen..piece.bytes.start];
        page += u32::try_from(passed.matches(PAGE_BREAK).count()).unwrap_or(u32::MAX);
        (piece.page, seen) = (Some(page), piece.bytes.start);
    }
}

/// Puts a heading where it belongs in the path: headings of its level and below end.
fn descend(path: &mut Vec<(usize, String)>, level: usize, name: String) {
    path.retain(|(other, _)| *other < level);
    path.push((level, name));
}

/// Returns a text with each run of white space as one space.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GUIDE: &str = "# Guide\n\nFirst words.\n\n## Use\n\n- one\n- two\n\n### Deep\n\n```sh\n# no heading\nls\n```\n\n## Ends\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

    fn shown<'t>(text: &'t str, cut: &Cut) -> Vec<(String, &'t str)> {
        cut.pieces.iter().map(|piece| (piece.heading.clone(), &text[piece.bytes.clone()])).collect()
    }

    #[test]
    fn markdown_is_cut_below_its_headings() {
        let cut = cut(GUIDE, Format::Markdown, 900);
        assert_eq!(cut.title.as_deref(), Some("Guide"));
        let shown = shown(GUIDE, &cut);
        let headings: Vec<_> = shown.iter().map(|(heading, _)| heading.as_str()).collect();
        assert_eq!(headings, ["Guide", "Guide › Use", "Guide › Use › Deep", "Guide › Ends"]);
        assert!(shown[2].1.ends_with("# no heading\nls\n```"), "{:?}", shown[2]);
    }

    #[test]
    fn a_manual_page_is_cut_below_its_headings_and_named_by_its_first_section() {
        let text = "LS(1)       User Commands       LS(1)\n\nNAME\n       ls - list directory contents\n\nOPTIONS\n       -a     do not\n              ignore\n\n   Exit status:\n       0      if OK,\n";
        let cut = cut(text, Format::Plain, 900);
        assert_eq!(cut.title.as_deref(), Some("ls - list directory contents"));
        let shown = shown(text, &cut);
        let headings: Vec<_> = shown.iter().map(|(heading, _)| heading.as_str()).collect();
        assert_eq!(headings, ["", "NAME", "OPTIONS", "OPTIONS › Exit status:"]);
    }

    #[test]
    fn a_long_paragraph_is_cut_between_sentences() {
        let text = "One is here. Two is there. Three is gone.";
        let cut = cut(text, Format::Plain, 28);
        let pieces: Vec<_> = shown(text, &cut).into_iter().map(|(_, piece)| piece).collect();
        assert_eq!(pieces, ["One is here. Two is there.", "Three is gone."]);
    }

    #[test]
    fn no_passage_goes_over_a_page_and_each_knows_its_own() {
        let text = "# Guide\n\nOne sentence\n\n\u{c}\n\ngoes on.\n\n## Use\n\n- a\n- b\n\n\u{c}\n\n\u{c}\n\nFour.";
        let cut = cut(text, Format::Pages, 900);
        let shown: Vec<_> = cut
            .pieces
            .iter()
            .map(|piece| (piece.page, piece.heading.as_str(), &text[piece.bytes.clone()]))
            .collect();
        assert_eq!(
            shown,
            [
                (Some(1), "Guide", "# Guide\n\nOne sentence"),
                (Some(2), "Guide", "goes on."),
                (Some(2), "Guide › Use", "## Use\n\n- a\n- b"),
                (Some(4), "Guide › Use", "Four."),
            ]
        );
    }

    /// What a passage has to be: in order, exact, no longer than asked, and nothing lost between two.
    fn holds(text: &str, format: Format, limit: usize) -> Result<(), TestCaseError> {
        let mut end = 0;
        for piece in cut(text, format, limit).pieces {
            prop_assert!(piece.bytes.start >= end, "{:?} begins before {end}", piece.bytes);
            prop_assert!(text[end..piece.bytes.start].trim().is_empty(), "text lost");
            let slice = text.get(piece.bytes.clone());
            prop_assert!(slice.is_some_and(|slice| !slice.trim().is_empty()));
            prop_assert!(slice.is_some_and(|slice| slice.chars().count() <= limit.max(1)));
            prop_assert!(
                format != Format::Pages || slice.is_some_and(|it| !it.contains(PAGE_BREAK))
            );
            end = piece.bytes.end;
        }
        prop_assert!(text[end..].trim().is_empty(), "text lost at the end");
        Ok(())
    }

    proptest! {
        #[test]
        fn passages_hold_all_of_any_text(text in "(?s).{0,400}", limit in 0_usize..200) {
            holds(&text, Format::Plain, limit)?;
            holds(&text, Format::Markdown, limit)?;
            holds(&text, Format::Pages, limit)?;
        }

        #[test]
        fn passages_hold_all_of_anything_like_markdown(
            parts in proptest::collection::vec(
                "(# [a-zä]{1,9}\n|\n\n|[A-Z][a-z ,]{1,60}\\. |- [a-z]{1,30}\n|  - [a-z]{1,9}\n|```\n|> [a-z]{1,9}\n|\\[a\\]: b\n|---\n|\\| a \\| b \\|\n|\\|---\\|---\\|\n|<div>\n|    x\n|1\\. y\n|\t|\r\n|NAME\n|       -x, --yy\n|\n\u{c}\n)",
                0..60,
            ),
            limit in 1_usize..400,
        ) {
            let text = parts.concat();
            holds(&text, Format::Plain, limit)?;
            holds(&text, Format::Markdown, limit)?;
            holds(&text, Format::Pages, limit)?;
        }
    }
}
