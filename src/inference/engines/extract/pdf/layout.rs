//! From lines to paragraphs and headings, as Markdown.

use super::{super::markdown, lines::Line};
use std::collections::BTreeMap;

/// Lines further apart than this, in usual distances of lines, are of two paragraphs.
const APART: f64 = 1.3;

/// A heading's letters are at least so much larger than the others.
const LARGER: f64 = 1.12;

/// A heading has at most so many characters.
const LONGEST_HEADING: usize = 120;

/// So many sizes of headings are told apart; then come those that are only bold.
const LEVELS: usize = 4;

/// A title stands on one of so many first pages.
const COVER: usize = 2;

/// A document's pages as Markdown.
pub(super) struct LaidOut {
    /// Each page.
    pub(super) pages: Vec<String>,
    /// The largest heading of the first page that has one.
    pub(super) title: Option<String>,
}

/// How a document is set, by which its headings are known.
struct Setting {
    /// The usual size of letters, and the usual distance of lines.
    size: f64,
    leading: f64,
    /// The sizes of headings, largest first.
    headings: Vec<i64>,
}

/// A line by what it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Heading(usize),
}

/// Lays out a document.
pub(super) fn pages(pages: &[Vec<Line>]) -> LaidOut {
    let mut setting = Setting::of(pages);
    let mut laid_out = LaidOut { pages: Vec::new(), title: None };
    for (number, lines) in pages.iter().enumerate() {
        // A page may be stretched to be full.
        setting.leading = leading([lines].into_iter(), setting.size).unwrap_or(setting.leading);
        let parts = setting.parts(lines);
        if laid_out.title.is_none() && number < COVER {
            let mut foremost = setting.headings.len() + 1;
            for (kind, part) in &parts {
                if let Kind::Heading(level) = *kind
                    && level < foremost
                {
                    (foremost, laid_out.title) = (level, Some(part.clone()));
                }
            }
        }
        let written: Vec<String> = parts
            .into_iter()
            .map(|(kind, part)| match kind {
                Kind::Text => part,
                Kind::Heading(level) => format!("{} {part}", "#".repeat(level)),
            })
            .collect();
        laid_out.pages.push(written.join("\n\n"));
    }
    laid_out
}

impl Setting {
    fn of(pages: &[Vec<Line>]) -> Self {
        let mut letters: BTreeMap<i64, usize> = BTreeMap::new();
        for line in pages.iter().flatten() {
            *letters.entry(rounded(line.size)).or_default() += line.text.len();
        }
        let usual = letters.iter().max_by_key(|(_, count)| **count).map_or(0, |(size, _)| *size);
        let size = halves(usual);
        let leading = leading(pages.iter(), size).unwrap_or(size * 1.2);
        let mut setting = Self { size, leading, headings: Vec::new() };
        let mut sizes: Vec<i64> = pages
            .iter()
            .flatten()
            .filter(|line| line.size >= size * LARGER && may_head(&line.text))
            .map(|line| rounded(line.size))
            .collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes.dedup();
        sizes.truncate(LEVELS);
        setting.headings = sizes;
        setting
    }

    /// Returns the paragraphs and headings of a page.
    fn parts(&self, lines: &[Line]) -> Vec<(Kind, String)> {
        let mut parts: Vec<(Kind, String)> = Vec::new();
        let margin = lines.iter().map(|line| line.x).fold(f64::INFINITY, f64::min);
        let mut step = 0.0;
        for (at, line) in lines.iter().enumerate() {
            let above = at.checked_sub(1).map(|above| &lines[above]);
            let kind = self.kind(above, line, lines.get(at + 1), margin);
            let text = markdown::line(&line.text);
            let near = above.is_some_and(|above| !line.begins && self.near(above, line));
            // Lines that keep their distance belong together, too: a list may be stretched.
            let last = std::mem::replace(&mut step, above.map_or(0.0, |above| line.y - above.y));
            let even = !line.begins
                && step > 0.0
                && step < line.size * 2.0
                && (step - last).abs() < line.size * 0.05;
            match parts.last_mut() {
                Some((Kind::Heading(level), heading)) if near && kind == Kind::Heading(*level) => {
                    heading.extend([" ", &text]);
                }
                Some((Kind::Text, paragraph)) if (near || even) && kind == Kind::Text => {
                    join(paragraph, &text);
                }
                _ => parts.push((kind, text)),
            }
        }
        parts
    }

    /// Whether a line goes on with what the line above it began.
    fn near(&self, above: &Line, line: &Line) -> bool {
        let size = above.size.max(line.size);
        let usual = self.leading.max(size * self.leading / self.size.max(1.0));
        let distance = line.y - above.y;
        rounded(above.size).abs_diff(rounded(line.size)) <= 2
            && distance > 0.0
            && distance < usual * APART
    }

    fn kind(&self, above: Option<&Line>, line: &Line, below: Option<&Line>, margin: f64) -> Kind {
        if !may_head(&line.text) {
            return Kind::Text;
        }
        if line.size >= self.size * LARGER {
            let level = self.headings.iter().position(|size| *size == rounded(line.size));
            return level.map_or(Kind::Text, |level| Kind::Heading(level + 1));
        }
        // In bold, and alone: apart from what is above it, or set out to the left in capitals or larger letters.
        let begins = line.begins || above.is_none_or(|above| !self.near(above, line));
        let below = below.filter(|below| !below.bold);
        let stands_out = line.size >= self.size * 1.04 || !line.text.contains(char::is_lowercase);
        let set_out = stands_out && below.is_some_and(|below| below.x > line.x + self.size * 0.5);
        let heads = line.bold
            && (begins && below.is_some() || set_out)
            && line.size >= self.size * 0.95
            && !line.text.ends_with(['.', ':', ',']);
        let indented = usize::from(line.x > margin + self.size);
        if heads { Kind::Heading(self.headings.len() + 1 + indented) } else { Kind::Text }
    }
}

/// Returns the usual distance of lines with letters of the usual size.
fn leading<'l>(pages: impl Iterator<Item = &'l Vec<Line>>, size: f64) -> Option<f64> {
    let mut distances: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in pages.flat_map(|lines| lines.windows(2)) {
        let distance = pair[1].y - pair[0].y;
        let usual =
            rounded(pair[0].size) == rounded(size) && rounded(pair[1].size) == rounded(size);
        if usual && (0.5..3.0).contains(&(distance / size)) {
            *distances.entry(rounded(distance)).or_default() += 1;
        }
    }
    distances.iter().max_by_key(|(_, count)| **count).map(|(distance, _)| halves(*distance))
}

/// Whether a line might be a heading by what it says.
fn may_head(text: &str) -> bool {
    text.chars().count() <= LONGEST_HEADING
        && text.chars().filter(|letter| letter.is_alphabetic()).count() >= 2
}

/// Appends a line to a paragraph; a word that was divided between the two is whole again.
fn join(paragraph: &mut String, line: &str) {
    let lower = |letter: Option<char>| letter.is_some_and(char::is_lowercase);
    let hyphen = paragraph.strip_suffix(['-', '\u{ad}', '\u{2010}']);
    match hyphen.filter(|word| lower(word.chars().next_back()) && lower(line.chars().next())) {
        Some(word) => paragraph.truncate(word.len()),
        None => paragraph.push('\n'),
    }
    paragraph.push_str(line);
}

/// Counts half points, by which sizes are compared.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn rounded(size: f64) -> i64 {
    (size * 2.0).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "sizes are small")]
fn halves(rounded: i64) -> f64 {
    rounded as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, y: f64, size: f64, bold: bool) -> Line {
        Line { text: text.to_owned(), x: 10.0, y, size, bold, begins: false }
    }

    #[track_caller]
    fn laid_out(lines: Vec<Line>, expected: &str) -> Option<String> {
        let all = pages(&[lines]);
        assert_eq!(all.pages, [expected]);
        all.title
    }

    #[test]
    fn larger_letters_and_bold_ones_alone_are_headings() {
        let title = laid_out(
            vec![
                line("The boiler", 20.0, 20.0, false),
                line("and its care", 44.0, 20.0, false),
                line("Once a year", 90.0, 14.0, false),
                line("Check the pressure", 110.0, 10.0, false),
                line("and write it down.", 122.0, 10.0, false),
                line("With a gauge", 150.0, 10.0, true),
                line("It needs no batteries.", 170.0, 10.0, false),
                line("It lasts.", 182.0, 10.0, false),
            ],
            "# The boiler and its care\n\n## Once a year\n\nCheck the pressure\nand write it down.\n\n### With a gauge\n\nIt needs no batteries.\nIt lasts.",
        );
        assert_eq!(title.as_deref(), Some("The boiler and its care"));
    }

    #[test]
    fn a_divided_word_is_whole_again_and_a_number_range_stays() {
        laid_out(
            vec![
                line("The pres-", 10.0, 10.0, false),
                line("sure is 1-", 22.0, 10.0, false),
                line("2 bar, in Stutt-", 34.0, 10.0, false),
                line("Gart.", 46.0, 10.0, false),
            ],
            "The pressure is 1-\n2 bar, in Stutt-\nGart.",
        );
    }

    #[test]
    fn text_that_looks_like_markup_is_none() {
        laid_out(vec![line("# not a heading", 10.0, 10.0, false)], "\\# not a heading");
    }
}
