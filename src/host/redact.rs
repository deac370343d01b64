//! What of a message or a description is told: words that a program has written, and nothing that it was given.

use std::collections::BTreeSet;

/// How much of a message is looked at, and how much is told.
const READ: usize = 600;
const TOLD: usize = 120;

/// What stands for all that is left out.
const GAP: &str = "…";

/// What follows one of these is a name or a secret, even if it is a plain word.
const GIVES_AWAY: &[&str] = &[
    "user",
    "users",
    "username",
    "account",
    "login",
    "logname",
    "ruser",
    "owner",
    "name",
    "named",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "key",
    "pin",
    "credential",
    "host",
    "hostname",
    "mail",
    "email",
    "query",
    "command",
    "cmd",
    "search",
    "subject",
    "title",
    "ssid",
    "device",
    "benutzer",
    "passwort",
    "kennwort",
    "name:",
    "title:",
];

/// Kinds of units, whose names say what broke.
const UNITS: &[&str] =
    &[".service", ".socket", ".mount", ".timer", ".target", ".path", ".swap", ".slice", ".scope"];

/// Returns the words of a message, with a gap for whatever may be a name, an address, a path, a number or a secret, and for
/// whoever is among `people`.
pub(super) fn redact(message: &str, people: &BTreeSet<String>) -> String {
    let line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let line: String = line.chars().take(READ).collect();
    let mut told = String::new();
    let (mut quote, mut hidden) = (None, false);
    for word in line.split_whitespace() {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
        hidden |= people.contains(bare.strip_suffix("'s").unwrap_or(&bare));
        let kept = match quote {
            Some(end) => {
                if ends(word, end) {
                    quote = None;
                }
                None
            }
            None => match begins(word) {
                Some(end) => {
                    // A quotation may be a single word.
                    let rest: String =
                        word.trim_start_matches(['(', '[']).chars().skip(1).collect();
                    quote = (!ends(&rest, end)).then_some(end);
                    None
                }
                None => {
                    if hidden {
                        None
                    } else {
                        plain(word)
                    }
                }
            },
        };
        hidden = GIVES_AWAY.contains(&bare.as_str());
        push(&mut told, kept.as_deref().unwrap_or(GAP));
        if told.chars().count() > TOLD {
            let mut short: String = told.chars().take(TOLD).collect();
            if let Some(end) = short.rfind(' ') {
                short.truncate(end);
            }
            told = short;
            push(&mut told, GAP);
            break;
        }
    }
    told
}

fn push(told: &mut String, word: &str) {
    if word == GAP && told.ends_with(GAP) {
        return;
    }
    if !told.is_empty() {
        told.push(' ');
    }
    told.push_str(word);
}

/// Returns what ends the quotation that a word begins.
fn begins(word: &str) -> Option<char> {
    match word.trim_start_matches(['(', '[']).chars().next()? {
        quote @ ('"' | '\'') => Some(quote),
        '`' => Some('\''),
        '„' => Some('“'),
        '“' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        '<' => Some('>'),
        _ => None,
    }
}

fn ends(word: &str, quote: char) -> bool {
    let end = word.trim_end_matches(['.', ',', ':', ';', '!', '?', ')', ']']);
    end.ends_with(quote) || (quote == '\'' && end.ends_with('`'))
}

/// Returns a word if it is one: letters, perhaps with a hyphen, or a small number; or the name of a unit.
fn plain(word: &str) -> Option<String> {
    let inner = word.trim_matches(|letter: char| ".,:;!?()[]-".contains(letter));
    if inner.is_empty() {
        return (!word.is_empty() && word.len() <= 3).then(|| word.to_owned());
    }
    let letters = |text: &str| !text.is_empty() && text.chars().all(char::is_alphabetic);
    let short = inner.chars().count() <= 24;
    let is_word =
        short && inner.split(['-', '’', '\'', '/']).all(letters) && inner.matches('/').count() <= 1;
    let is_constant =
        short && inner.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let is_number = inner.len() <= 3 && inner.bytes().all(|digit| digit.is_ascii_digit());
    let is_unit = inner.len() <= 80
        && UNITS.iter().any(|kind| inner.ends_with(kind))
        && inner.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    if is_word || is_constant || is_number || is_unit {
        return Some(word.to_owned());
    }
    // Of "status=203/EXEC" the name is told.
    let name = word.split('=').next().filter(|name| *name != word && letters(name) && short);
    name.map(|name| format!("{name}={GAP}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plainly(message: &str) -> String {
        redact(message, &BTreeSet::from(["ana".to_owned()]))
    }
    use proptest::prelude::*;

    #[test]
    fn what_a_program_was_given_is_left_out() {
        let cases = [
            (
                "Failed to start nginx.service - A high performance web server.",
                "Failed to start nginx.service - A high performance web server.",
            ),
            (
                "nginx.service: Failed at step EXEC spawning /opt/nginx: No such file or directory",
                "nginx.service: Failed at step EXEC spawning … No such file or directory",
            ),
            (
                "connect to 10.0.0.7:5432 as ana@example.org failed (111: Connection refused)",
                "connect to … as … failed (111: Connection refused)",
            ),
            ("invalid user bob password=hunter2 token: abc", "invalid user … password=… token: …"),
            (
                "cannot open \"My tax return 2025.pdf\": Permission denied",
                "cannot open … Permission denied",
            ),
            ("key 'left open", "key …"),
            ("Session of Ana: Ana's disk is full", "Session of … disk is full"),
            (
                "Main process exited, code=exited, status=203/EXEC",
                "Main process exited, code=… status=…",
            ),
            ("GET https://ana:pw@example.org/?q=secret 500", "GET … 500"),
            ("I/O error, dev sda, sector 123456789", "I/O error, dev sda, sector …"),
            ("\u{1b}[31mred\u{1b}[0m\n\nsecond line", "…"),
            ("", ""),
        ];
        for (message, told) in cases {
            assert_eq!(plainly(message), told, "{message}");
        }
        assert!(plainly(&"word ".repeat(200)).chars().count() <= TOLD + 2);
    }

    proptest! {
        #[test]
        fn no_secret_with_a_digit_or_a_sign_is_ever_told(before in "([a-z]{1,8} ){0,6}", secret in "[a-zA-Z0-9+/=_.@]{0,20}[0-9][a-zA-Z+/=_@]{1,20}[0-9]", after in "( [a-z'\"<]{1,8}){0,6}") {
            let told = plainly(&format!("{before}{secret}{after}"));
            prop_assert!(!told.contains(&secret), "{told}");
            prop_assert!(!told.chars().any(char::is_control));
        }

        #[test]
        fn any_message_is_told_shortly(message in "\\PC*|([\"'`(„<a-z0-9=:/. ]{0,12}\n?){0,30}") {
            prop_assert!(plainly(&message).chars().count() <= TOLD + 2);
        }
    }
}
