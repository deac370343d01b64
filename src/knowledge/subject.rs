//! What a document is about by name, and whether a question names it.
//!
//! A reference page calls itself "name, other name - what it does". A question that says "in tar" or "of ls" wants to be answered from
//! that page, and not from another that happens to use the same words.

/// Words before a name that make a verb of it: "how do I sort …" does not ask about `sort`.
const BEFORE_A_VERB: &[&str] = &["i", "you", "we", "one", "man", "to", "and", "not"];

/// Returns the names that a title gives: the words before a dash, if it has that form.
pub(super) fn names(title: &str) -> impl Iterator<Item = &str> {
    let dash = [" - ", " – ", " — "].iter().find_map(|dash| title.split_once(dash));
    dash.map_or("", |(names, _)| names)
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.contains(' '))
}

/// Whether a question asks about a name, in so many letters.
pub(super) fn asks_about(question: &str, name: &str) -> bool {
    let question = question.to_lowercase();
    let name = name.to_lowercase();
    let part = |letter: char| letter.is_alphanumeric() || "-_@/".contains(letter);
    question.match_indices(&name).any(|(at, found)| {
        let (before, after) = (&question[..at], &question[at + found.len()..]);
        let stands_alone = !before.ends_with(|letter| part(letter) || letter == '.')
            && !after.starts_with(part)
            && !after.strip_prefix('.').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        let word_before = before.split_whitespace().next_back().unwrap_or_default();
        stands_alone && !BEFORE_A_VERB.contains(&word_before)
    })
}

/// Whether a document may answer a question about these subjects: one that is named so, or of their family (`ssh_config` for `ssh`).
pub(super) fn may_answer(subjects: &[String], title: &str) -> bool {
    subjects.is_empty()
        || names(title).any(|name| {
            let name = name.to_lowercase();
            subjects.iter().any(|subject| name.starts_with(subject))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_page_names_itself_and_prose_does_not() {
        assert_eq!(names("gzip, gunzip - compress files").collect::<Vec<_>>(), ["gzip", "gunzip"]);
        assert_eq!(names("ssh — OpenSSH remote login client").collect::<Vec<_>>(), ["ssh"]);
        assert_eq!(names("A worker's death").count() + names("Some words - more").count(), 0);
    }

    #[test]
    fn a_name_is_asked_about_where_it_stands_alone_and_is_no_verb() {
        assert!(asks_about("How do I keep files with gzip?", "gzip"));
        assert!(asks_about("what does UMASK do in login.defs?", "login.defs"));
        assert!(!asks_about("how do I sort by size?", "sort"));
        assert!(!asks_about("what is login.defs?", "login"));
        assert!(!asks_about("what is in ssh_config?", "ssh"));
    }

    #[test]
    fn the_family_of_a_subject_may_answer() {
        let ssh = ["ssh".to_owned()];
        assert!(may_answer(&ssh, "ssh_config - OpenSSH client configuration file"));
        assert!(!may_answer(&ssh, "ps - report a snapshot"));
        assert!(may_answer(&[], "Guide"));
    }
}
