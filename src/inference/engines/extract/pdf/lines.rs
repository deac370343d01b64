//! From the letters of a page to its lines, in the order in which they are read.
//!
//! Letters that follow each other on one line make a run. A page whose runs stand in columns is cut recursively, between columns
//! where there is a gutter, else at its widest empty stripe (the XY-cut of Nagy and Seth, "Hierarchical representation of optically
//! scanned documents", 1984). Runs beside each other in what is left make a line.

use super::show::Glyph;

/// A wider gap than this, in sizes of the font, is a space.
const SPACE: f64 = 0.17;

/// A wider gap than this, in sizes of the font, ends a run.
const GAP: f64 = 1.8;

/// Letters this far above or below each other, in sizes of the font, stand on one line: exponents do.
const SAME_LINE: f64 = 0.45;

/// A gutter between columns is at least this wide, in sizes of the font.
const GUTTER: f64 = 1.0;

/// Columns have at least so many lines, and are so wide on average, in sizes of the font: tables are narrower.
const COLUMN_LINES: usize = 5;
const COLUMN_WIDTH: f64 = 10.0;

/// A page is cut so often at most.
const CUTS: usize = 40;

/// A line of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) bold: bool,
    /// Whether it is the first of a column or of a part of the page.
    pub(super) begins: bool,
}

/// A run of letters on one line.
#[derive(Clone, Debug)]
struct Run {
    text: String,
    x: f64,
    end: f64,
    y: f64,
    size: f64,
    bold: bool,
}

/// Returns the lines of a page.
pub(super) fn lines(glyphs: &[Glyph]) -> Vec<Line> {
    let mut lines = Vec::new();
    for turned in 0..4 {
        let upright: Vec<&Glyph> = glyphs.iter().filter(|glyph| glyph.turned == turned).collect();
        let mut blocks = Vec::new();
        cut(runs(&upright), CUTS, &mut blocks);
        for block in blocks {
            let first = lines.len();
            lines.extend(rows(block).into_iter().map(line));
            if let Some(line) = lines.get_mut(first) {
                line.begins = true;
            }
        }
    }
    lines
}

fn runs(glyphs: &[&Glyph]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut spaced = false;
    let mut last: Option<&Glyph> = None;
    for glyph in glyphs {
        let text = glyph.text.as_deref().map_or("\u{fffd}".to_owned(), tidy);
        if text.trim().is_empty() {
            spaced = true;
            continue;
        }
        // Shown twice, a little apart: that is how some programs make letters bold.
        let again = |last: &Glyph| {
            last.text == glyph.text
                && (glyph.x - last.x).abs() < glyph.size * 0.15
                && (glyph.y - last.y).abs() < glyph.size * 0.15
        };
        if last.is_some_and(again) {
            continue;
        }
        last = Some(glyph);
        if let Some(run) = runs.last_mut() {
            let size = run.size.max(glyph.size);
            let gap = glyph.x - run.end;
            if (glyph.y - run.y).abs() < size * SAME_LINE && gap > -size * 0.5 && gap < size * GAP {
                if spaced || gap > size * SPACE {
                    run.text.push(' ');
                }
                run.text.push_str(&text);
                run.end = run.end.max(glyph.end);
                run.bold &= glyph.bold;
                // Exponents are small and say nothing about their line.
                if glyph.size > run.size {
                    (run.size, run.y) = (glyph.size, glyph.y);
                }
                spaced = false;
                continue;
            }
        }
        spaced = false;
        let Glyph { x, end, y, size, bold, .. } = **glyph;
        runs.push(Run { text, x, end, y, size, bold });
    }
    runs
}

/// Takes ligatures apart, and makes one sign of a bullet that a font has of its own.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'ﬀ' => tidy.push_str("ff"),
            'ﬁ' => tidy.push_str("fi"),
            'ﬂ' => tidy.push_str("fl"),
            'ﬃ' => tidy.push_str("ffi"),
            'ﬄ' => tidy.push_str("ffl"),
            'ﬅ' | 'ﬆ' => tidy.push_str("st"),
            '\u{f000}'..='\u{f0ff}' => tidy.push('•'),
            '\u{a0}' => tidy.push(' '),
            letter if letter.is_control() => tidy.push(' '),
            letter => tidy.push(letter),
        }
    }
    tidy
}

/// Cuts runs into parts that are read one after another.
fn cut(runs: Vec<Run>, cuts: usize, blocks: &mut Vec<Vec<Run>>) {
    if runs.is_empty() {
        return;
    }
    let column_like = cuts > 0 && runs.len() >= 2 * COLUMN_LINES && has_neighbours(&runs);
    let Some((first, second)) =
        column_like.then(|| columns(&runs).or_else(|| stripes(&runs))).flatten()
    else {
        blocks.push(runs);
        return;
    };
    cut(first, cuts - 1, blocks);
    cut(second, cuts - 1, blocks);
}

/// Whether so many runs stand beside another that there may be columns.
fn has_neighbours(runs: &[Run]) -> bool {
    rows(runs.to_vec()).iter().filter(|row| row.len() > 1).count() >= COLUMN_LINES
}

/// Cuts at the widest gutter that has columns on both sides.
fn columns(runs: &[Run]) -> Option<(Vec<Run>, Vec<Run>)> {
    let size = usual_size(runs);
    let gutter = gaps(runs.iter().map(|run| (run.x, run.end)))
        .into_iter()
        .filter(|(from, to)| to - from >= size * GUTTER)
        .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))?;
    let (left, right) = parted(runs, |run| run.x < gutter.1);
    (is_column(&left, size) && is_column(&right, size)).then_some((left, right))
}

#[expect(clippy::cast_precision_loss, reason = "a page has few lines")]
fn is_column(runs: &[Run], size: f64) -> bool {
    let rows = rows(runs.to_vec());
    let width = |row: &Vec<Run>| row.iter().map(|run| run.end - run.x).sum::<f64>();
    let all: f64 = rows.iter().map(width).sum();
    rows.len() >= COLUMN_LINES && all / rows.len() as f64 >= size * COLUMN_WIDTH
}

/// Cuts at the widest empty stripe.
fn stripes(runs: &[Run]) -> Option<(Vec<Run>, Vec<Run>)> {
    let (from, to) = gaps(runs.iter().map(|run| (run.y - run.size * 0.8, run.y + run.size * 0.2)))
        .into_iter()
        .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))?;
    let middle = f64::midpoint(from, to);
    Some(parted(runs, |run| run.y - run.size * 0.3 < middle))
}

fn parted(runs: &[Run], first: impl Fn(&Run) -> bool) -> (Vec<Run>, Vec<Run>) {
    runs.iter().cloned().partition(first)
}

/// Returns what no stretch covers, between the first and the last.
fn gaps(stretches: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut stretches: Vec<(f64, f64)> = stretches.collect();
    stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut gaps = Vec::new();
    let mut end = f64::INFINITY;
    for (from, to) in stretches {
        if from > end {
            gaps.push((end, from));
        }
        end = if end.is_finite() { end.max(to) } else { to };
    }
    gaps
}

fn usual_size(runs: &[Run]) -> f64 {
    let mut sizes: Vec<f64> = runs.iter().map(|run| run.size).collect();
    sizes.sort_by(f64::total_cmp);
    sizes[sizes.len() / 2]
}

/// Returns runs by the lines they stand on, from the top, each from the left.
fn rows(mut runs: Vec<Run>) -> Vec<Vec<Run>> {
    runs.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut rows: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        match rows.last_mut() {
            Some(row) if (run.y - row[0].y).abs() < run.size.max(row[0].size) * SAME_LINE => {
                row.push(run);
            }
            _ => rows.push(vec![run]),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    rows
}

fn line(row: Vec<Run>) -> Line {
    let mut line = Line { bold: true, x: row.first().map_or(0.0, |run| run.x), ..Line::default() };
    let mut end = f64::NEG_INFINITY;
    for run in row {
        if !line.text.is_empty() {
            let near = run.x - end < run.size * GAP;
            let touches = run.x - end < run.size * SPACE;
            line.text.push_str(if touches {
                ""
            } else if near {
                " "
            } else {
                "  "
            });
        }
        line.text.push_str(&run.text);
        line.bold &= run.bold;
        if run.size > line.size {
            (line.size, line.y) = (run.size, run.y);
        }
        end = run.end;
    }
    line.text = without_leaders(&line.text);
    line
}

/// Makes one sign of the dots that lead the eye to a page's number.
fn without_leaders(text: &str) -> String {
    let (mut shorter, mut dots) = (String::with_capacity(text.len()), String::new());
    let end = |shorter: &mut String, dots: &mut String| {
        let leads = dots.matches('.').count() > 4;
        shorter.push_str(if leads { " … " } else { dots });
        dots.clear();
    };
    for letter in text.chars() {
        if letter == '.' || letter == ' ' {
            dots.push(letter);
        } else {
            end(&mut shorter, &mut dots);
            shorter.push(letter);
        }
    }
    end(&mut shorter, &mut dots);
    shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters of ten points, half as wide, from a place.
    fn set(text: &str, x: f64, y: f64) -> Vec<Glyph> {
        let letters = text.chars().zip(0_u32..);
        letters
            .map(|(letter, at)| {
                let x = x + f64::from(at) * 5.0;
                let text = Some(letter.to_string());
                Glyph { text, x, end: x + 5.0, y, size: 10.0, bold: false, turned: 0 }
            })
            .collect()
    }

    fn texts(glyphs: &[Glyph]) -> Vec<String> {
        lines(glyphs).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn columns_are_read_one_after_another_below_what_spans_them() {
        let mut glyphs = set("A title over both of the columns of this page", 100.0, 20.0);
        // As many programs write them: line by line over both.
        for row in 0..6_u32 {
            let y = 60.0 + f64::from(row) * 12.0;
            glyphs.extend(set(&format!("left column, its line {row}"), 10.0, y));
            glyphs.extend(set(&format!("right column, its line {row}"), 160.0, y));
        }
        let texts = texts(&glyphs);
        assert_eq!(texts[0], "A title over both of the columns of this page");
        assert_eq!(texts[1], "left column, its line 0");
        assert_eq!(texts[6], "left column, its line 5");
        assert_eq!(texts[7], "right column, its line 0");
        assert_eq!(texts.len(), 13);
    }

    #[test]
    fn the_rows_of_a_table_stay_rows() {
        let mut glyphs = Vec::new();
        for row in 0..8_u32 {
            let y = 60.0 + f64::from(row) * 12.0;
            glyphs.extend(set(&format!("part {row}"), 10.0, y));
            glyphs.extend(set("12.50", 160.0, y));
        }
        assert_eq!(texts(&glyphs)[3], "part 3  12.50");
    }

    #[test]
    fn exponents_stay_on_their_line_and_letters_shown_twice_are_one() {
        let mut glyphs = set("x", 10.0, 50.0);
        glyphs.push(Glyph { size: 6.0, y: 46.0, ..set("2", 15.0, 0.0)[0].clone() });
        glyphs.extend(set(" is", 20.0, 50.0));
        let twice: Vec<Glyph> = set("bold", 50.0, 50.0)
            .into_iter()
            .flat_map(|glyph| [glyph.clone(), Glyph { x: glyph.x + 0.3, ..glyph }])
            .collect();
        glyphs.extend(twice);
        assert_eq!(texts(&glyphs), ["x2 is bold"]);
    }

    #[test]
    fn spaces_are_found_by_their_width_and_ligatures_taken_apart() {
        let mut glyphs = set("e", 10.0, 50.0);
        glyphs.push(Glyph { text: Some("ﬃ".to_owned()), ..set("x", 15.0, 50.0)[0].clone() });
        glyphs.extend(set("cient", 20.0, 50.0));
        glyphs.extend(set("words", 48.0, 50.0));
        assert_eq!(texts(&glyphs), ["efficient words"]);
    }

    #[test]
    fn turned_text_is_read_by_itself() {
        let mut glyphs = set("upright", 10.0, 50.0);
        glyphs.extend(set("turned", 12.0, 50.0).into_iter().map(|it| Glyph { turned: 1, ..it }));
        assert_eq!(texts(&glyphs), ["upright", "turned"]);
    }

    #[test]
    fn dots_that_lead_to_a_page_become_one_sign() {
        assert_eq!(without_leaders("5.2 Details . . . . . . . 57"), "5.2 Details … 57");
        assert_eq!(without_leaders("and so on... Yes."), "and so on... Yes.");
    }
}
