//! What both readers need to write Markdown.

/// Returns a text with each run of white space as one space.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a line of a paragraph so that it stays one: what it begins with must not make it a heading or a fence.
pub(super) fn line(text: &str) -> String {
    let text = text.trim();
    let first = text.chars().next().unwrap_or(' ');
    let underlines = matches!(first, '=' | '-') && text.chars().all(|letter| letter == first);
    let heads = first == '#' && text.trim_start_matches('#').starts_with([' ', '\t']);
    let fences = text.starts_with("```") || text.starts_with("~~~");
    if underlines || heads || fences { format!("\\{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_looks_like_markup_stays_a_line() {
        for text in ["# not a heading", "====", "---", "```", "~~~sh"] {
            assert_eq!(line(text), format!("\\{text}"));
        }
        for text in ["#hashtag", "-x --long", "= 5", "plain"] {
            assert_eq!(line(text), text);
        }
    }
}
