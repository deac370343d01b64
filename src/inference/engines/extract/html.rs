//! HTML to Markdown: what a reader of the page sees, without what only a browser needs.
//!
//! Works on tokens (`html5gum`, the tokenizer of the HTML Standard), never on a tree: nothing is nested in memory, so nothing can
//! be nested too deeply. What has an optional end tag ends where the next of its kind begins.

use super::{
    super::super::workers::Extracted,
    markdown::{line, on_one_line},
};
use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};

/// Elements of which nothing is shown.
const UNSEEN: &[&str] = &[
    "script", "style", "template", "svg", "math", "iframe", "noscript", "noembed", "object",
    "audio", "video", "canvas",
];

/// Elements within a line; every other one begins and ends a block.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "input",
    "button", "meter", "progress", "output", "link", "meta", "base", "param", "source", "area",
];

/// A cell of a table with more characters than this makes it one that lays out a page, whose cells are read one after another.
const CELL_CHARS: usize = 300;

/// Lists are indented up to this depth.
const DEEPEST: usize = 8;

/// Reads an HTML document.
pub(super) fn read(document: &str) -> Extracted {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut page = Page::default();
    for token in Tokenizer::new_with_emitter(document, emitter) {
        let Ok(token) = token;
        page.take(token);
    }
    page.finish()
}

#[derive(Default)]
struct Page {
    text: String,
    /// The block in hand: white space is as written in `pre`, and runs of it are one space elsewhere.
    block: String,
    kind: Block,
    title: Option<String>,
    /// The element of which nothing is shown, and how many of its name are open.
    unseen: Option<(HtmlString, usize)>,
    in_title: bool,
    lists: Vec<List>,
    tables: Vec<Table>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Block {
    #[default]
    Paragraph,
    Heading(usize),
    Item,
    Preformatted,
}

/// A list that is open, and the number of its next item if its items are numbered.
struct List {
    next: Option<u64>,
}

struct Table {
    /// Where it begins in the text.
    start: usize,
    rows: Vec<Vec<String>>,
    /// Where the open cell begins.
    cell: Option<usize>,
}

impl Page {
    fn take(&mut self, token: Token) {
        match token {
            Token::StartTag(tag) => self.open(&tag),
            Token::EndTag(tag) => self.close(&tag.name),
            Token::String(text) => self.say(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }

    fn open(&mut self, tag: &StartTag<()>) {
        let name = name(&tag.name);
        if let Some((unseen, depth)) = &mut self.unseen {
            *depth += usize::from(*unseen == tag.name);
            return;
        }
        match name {
            _ if UNSEEN.contains(&name) => {
                // Within SVG and the like a tag may close itself.
                if !tag.self_closing {
                    self.unseen = Some((tag.name.clone(), 1));
                }
            }
            "title" => self.in_title = true,
            "br" => self.block.push('\n'),
            "img" => {
                let alt = tag.attributes.get(&b"alt"[..]);
                let alt = alt.map(|alt| String::from_utf8_lossy(alt).into_owned());
                self.say(&alt.unwrap_or_default());
            }
            _ if INLINE.contains(&name) => {}
            _ => self.open_block(name, tag),
        }
    }

    fn open_block(&mut self, name: &str, tag: &StartTag<()>) {
        // What stands in an item first belongs to it.
        let leads = self.kind == Block::Item && self.block.trim().is_empty();
        if !(leads && matches!(name, "p" | "div" | "section" | "article")) {
            self.flush();
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.kind = Block::Heading(usize::from(name.as_bytes()[1] - b'0'));
            }
            "pre" | "listing" | "xmp" | "plaintext" | "textarea" => self.kind = Block::Preformatted,
            "ul" | "menu" | "dir" => self.lists.push(List { next: None }),
            "ol" => {
                let start = tag.attributes.get(&b"start"[..]);
                let start = start.and_then(|start| String::from_utf8_lossy(start).parse().ok());
                self.lists.push(List { next: Some(start.unwrap_or(1)) });
            }
            "li" => self.kind = Block::Item,
            "table" => {
                let start = self.text.len();
                self.tables.push(Table { start, rows: Vec::new(), cell: None });
            }
            "tr" => {
                self.end_cell();
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                }
            }
            "td" | "th" => {
                self.end_cell();
                let start = self.text.len();
                if let Some(table) = self.tables.last_mut() {
                    if table.rows.is_empty() {
                        table.rows.push(Vec::new());
                    }
                    table.cell = Some(start);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, tag: &HtmlString) {
        if let Some((unseen, depth)) = &mut self.unseen {
            if unseen == tag {
                *depth -= 1;
                if *depth == 0 {
                    self.unseen = None;
                }
            }
            return;
        }
        let name = name(tag);
        if name == "title" {
            self.in_title = false;
        } else if !INLINE.contains(&name) && name != "br" {
            self.flush();
            match name {
                "ul" | "menu" | "dir" | "ol" => drop(self.lists.pop()),
                "td" | "th" | "tr" => self.end_cell(),
                "table" => self.end_table(),
                _ => {}
            }
        }
    }

    fn say(&mut self, text: &str) {
        if self.unseen.is_some() {
            return;
        }
        if self.in_title {
            self.title.get_or_insert_default().push_str(text);
        } else if self.kind == Block::Preformatted {
            self.block.push_str(text);
        } else {
            // A line's break in the source is a space; one that is shown was asked for by `br`.
            let spaced = |letter: char| if letter.is_ascii_whitespace() { ' ' } else { letter };
            self.block.extend(text.chars().map(spaced));
        }
    }

    /// Writes the block in hand.
    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        let kind = std::mem::take(&mut self.kind);
        if block.trim().is_empty() {
            return;
        }
        let lines =
            || block.lines().map(|text| line(&on_one_line(text))).filter(|text| !text.is_empty());
        let written = match kind {
            Block::Heading(level) => format!("{} {}", "#".repeat(level), on_one_line(&block)),
            Block::Preformatted => fenced(&block),
            Block::Paragraph => lines().collect::<Vec<_>>().join("\n"),
            Block::Item => {
                let depth = self.lists.len().clamp(1, DEEPEST) - 1;
                let mark = match self.lists.last_mut().and_then(|list| list.next.as_mut()) {
                    Some(next) => {
                        *next = next.saturating_add(1);
                        format!("{}. ", *next - 1)
                    }
                    None => "- ".to_owned(),
                };
                let indent = "  ".repeat(depth);
                let below = format!("\n{indent}{}", " ".repeat(mark.len()));
                format!("{indent}{mark}{}", lines().collect::<Vec<_>>().join(&below))
            }
        };
        self.write(&written, kind == Block::Item);
    }

    /// Appends a block below an empty line; an item follows another directly.
    fn write(&mut self, block: &str, item: bool) {
        let after_item = self.text.rsplit('\n').next().is_some_and(is_item);
        let start = self.tables.iter().filter_map(|table| table.cell).next_back().unwrap_or(0);
        if self.text.len() > start {
            self.text.push_str(if item && after_item { "\n" } else { "\n\n" });
        }
        self.text.push_str(block);
    }

    fn end_cell(&mut self) {
        self.flush();
        let text = &mut self.text;
        if let Some(table) = self.tables.last_mut()
            && let Some(start) = table.cell.take()
        {
            let cell = text.split_off(start.min(text.len()));
            if let Some(row) = table.rows.last_mut() {
                row.push(cell.trim().to_owned());
            }
        }
    }

    fn end_table(&mut self) {
        self.end_cell();
        let Some(mut table) = self.tables.pop() else { return };
        table.rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = || table.rows.iter().flatten().filter(|cell| !cell.is_empty());
        let tabular = columns > 1
            && cells().all(|cell| {
                !cell.starts_with('#')
                    && !cell.contains("\n\n")
                    && cell.chars().count() <= CELL_CHARS
            });
        if !tabular {
            let all: Vec<String> = cells().cloned().collect();
            for cell in &all {
                self.write(cell, false);
            }
            return;
        }
        let mut written: Vec<String> = Vec::new();
        for row in &table.rows {
            let cells = (0..columns).map(|at| {
                let cell = row.get(at).map(String::as_str).unwrap_or_default();
                on_one_line(cell).replace('|', "\\|")
            });
            written.push(format!("| {} |", cells.collect::<Vec<_>>().join(" | ")));
            if written.len() == 1 {
                written.push(format!("|{}", "---|".repeat(columns)));
            }
        }
        // A cell of a table around this one begins where this one does.
        let nested = self.tables.last().is_some_and(|outer| outer.cell == Some(table.start));
        if nested {
            self.text.push_str(&written.join("\n"));
        } else {
            self.write(&written.join("\n"), false);
        }
    }

    fn finish(mut self) -> Extracted {
        self.flush();
        while !self.tables.is_empty() {
            self.end_table();
        }
        Extracted { title: self.title.filter(|title| !title.trim().is_empty()), text: self.text }
    }
}

fn name(tag: &HtmlString) -> &str {
    str::from_utf8(tag).unwrap_or_default()
}

fn is_item(text: &str) -> bool {
    let text = text.trim_start();
    let after_number = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    text.starts_with("- ") || (after_number.len() < text.len() && after_number.starts_with(". "))
}

/// Returns a text between fences that it does not have itself.
fn fenced(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    // The first line's break belongs to the tag.
    let text = text.strip_prefix('\n').unwrap_or(text).trim_end();
    format!("{fence}\n{text}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn reads(document: &str, expected: &str) {
        assert_eq!(read(document).text, expected);
    }

    #[test]
    fn headings_paragraphs_and_lists_are_markdown() {
        reads(
            "<h1>The <em>guide</em></h1><p>First\n words,<br>second line.<p>Unclosed.\
             <ul><li>one<li><p>two</p><ul><li>deep</ul></ul><ol start=3><li>three<li>four</ol><p>End.",
            "# The guide\n\nFirst words,\nsecond line.\n\nUnclosed.\n\n- one\n- two\n  - deep\n3. three\n4. four\n\nEnd.",
        );
    }

    #[test]
    fn scripts_styles_and_templates_are_not_read() {
        let page = read(
            "<title>A &amp; B</title><script>alert('<p>no</p>')</script><style>p { color: red }</style>\
             <template><p>no</p></template><svg><title>no</title><text>no</text></svg><noscript>no</noscript>\
             <p onclick='no()'>Yes.<!-- no --></p><a href='javascript:no()'>Go</a>",
        );
        assert_eq!((page.title.as_deref(), page.text.as_str()), (Some("A & B"), "Yes.\n\nGo"));
    }

    #[test]
    fn what_is_preformatted_stays_so() {
        reads(
            "<pre>\nfn main() {\n    &lt;x&gt;\n}\n</pre>After",
            "```\nfn main() {\n    <x>\n}\n```\n\nAfter",
        );
    }

    #[test]
    fn tables_are_tables_and_tables_that_lay_out_a_page_are_not() {
        reads(
            "<table><tr><th>a<th>b|c<tr><td>1<td>2</table>",
            "| a | b\\|c |\n|---|---|\n| 1 | 2 |",
        );
        reads(
            "<table><tr><td><h2>Left</h2><p>One.</p><p>Two.</p></td><td>Right</td></tr></table>",
            "## Left\n\nOne.\n\nTwo.\n\nRight",
        );
    }

    #[test]
    fn text_that_looks_like_markup_stays_text() {
        reads("<p># no heading</p><p>----</p>", "\\# no heading\n\n\\----");
    }

    #[test]
    fn a_million_open_elements_are_read() {
        let deep = "<div><ul><li><table><tr><td><b>".repeat(100_000);
        assert!(read(&format!("{deep}deep")).text.ends_with("deep"));
    }

    proptest! {
        #[test]
        fn any_markup_is_read_and_words_are_kept(
            parts in proptest::collection::vec(
                "(<[a-z]{1,8}>|</[a-z]{1,8}>|<t[rdh]>|<table>|</table>|<li>|<ul>|</ol>|<pre>|word[0-9] |<p |&amp;|<!--x-->|\n)",
                0..80,
            ),
        ) {
            let document = parts.concat();
            read(&document);
        }
    }
}
