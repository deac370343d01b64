//! The env file: `KEY=value` or `export KEY=value` lines with `#` comments and shell quoting.
//!
//! Nothing is expanded: the same file is read by systemd and by container engines, which expand nothing either.

/// A variable and the line it stands on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: usize,
    /// The variable.
    pub(super) name: String,
    /// Its value, without quotes.
    pub(super) value: String,
}

/// Reads an env file: its variables, and the lines that cannot be understood.
pub(super) fn parse(text: &str) -> (Vec<Line>, Vec<(usize, String)>) {
    let mut lines: Vec<Line> = Vec::new();
    let mut wrong = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match variable(line) {
            Ok(None) => {}
            Ok(Some((name, value))) => {
                match lines.iter().find(|earlier| earlier.name == name && earlier.value != value) {
                    Some(earlier) => wrong.push((
                        number,
                        format!(
                            "{name} is set here and, differently, on line {}: keep one of them",
                            earlier.number
                        ),
                    )),
                    None => lines.push(Line { number, name, value }),
                }
            }
            Err(message) => wrong.push((number, message)),
        }
    }
    (lines, wrong)
}

/// Reads one line; a comment or an empty line is no variable.
fn variable(line: &str) -> Result<Option<(String, String)>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let assignment = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let Some((name, value)) = assignment.split_once('=') else {
        return Err("a line must be KEY=value, a # comment or empty".to_owned());
    };
    let first_is_letter = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !first_is_letter || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!(
            "{name:?} is no name for a variable: write KEY=value without spaces around the ="
        ));
    }
    if value.starts_with([' ', '\t']) && !value.trim_start().starts_with('#') {
        return Err(format!("write {name}=value without spaces around the ="));
    }
    Ok(Some((name.to_owned(), unquote(name, value)?)))
}

/// Removes shell quoting from a value.
fn unquote(name: &str, text: &str) -> Result<String, String> {
    let mut value = String::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\'' => loop {
                match rest.next() {
                    Some('\'') => break,
                    Some(inside) => value.push(inside),
                    None => return Err(format!("the value of {name} has a ' without its end")),
                }
            },
            '"' => loop {
                match rest.next() {
                    Some('"') => break,
                    Some('$' | '`') => return Err(unexpanded(name)),
                    Some('\\') => match rest.next() {
                        Some(escaped @ ('"' | '\\' | '$' | '`')) => value.push(escaped),
                        Some(other) => value.extend(['\\', other]),
                        None => return Err(format!("the value of {name} ends with a \\")),
                    },
                    Some(inside) => value.push(inside),
                    None => return Err(format!("the value of {name} has a \" without its end")),
                }
            },
            '\\' => match rest.next() {
                Some(escaped) => value.push(escaped),
                None => return Err(format!("the value of {name} ends with a \\")),
            },
            '$' | '`' => return Err(unexpanded(name)),
            ' ' | '\t' => {
                while rest.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
                return match rest.next() {
                    None | Some('#') => Ok(value),
                    Some(_) => Err(format!("the value of {name} has a space: put it in quotes")),
                };
            }
            other => value.push(other),
        }
    }
    Ok(value)
}

fn unexpanded(name: &str) -> String {
    format!(
        "nothing is expanded here: if $ or ` belong to the value of {name}, put it in single quotes"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(line: &str) -> Result<String, String> {
        variable(line).map(|found| found.expect("a variable").1)
    }

    // REQUIREMENTS 2.B.10
    #[test]
    fn shell_quoting_is_understood() {
        for (line, expected) in [
            ("A=plain", "plain"),
            ("export A=plain", "plain"),
            ("  export\tA=plain  ", "plain"),
            ("A=", ""),
            ("A= # nothing", ""),
            ("A=value # a comment", "value"),
            ("A=no#comment", "no#comment"),
            ("A='single $quoted # text'", "single $quoted # text"),
            (r#"A="double \"quoted\" \$ text""#, "double \"quoted\" $ text"),
            (r#"A="a\b""#, r"a\b"),
            (r"A=two\ words", "two words"),
            (r#"A=mixed' 'of" "all"#, "mixed of all"),
            ("A=x=y", "x=y"),
        ] {
            assert_eq!(value(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_broken_line_says_what_is_wrong() {
        let (lines, wrong) = parse(
            "A=1\nnonsense\nB = 2\nC='open\nD=two words\nE=$HOME\nF=\\\n1A=x\nA=2\n# A=3\nA=1\n",
        );
        assert_eq!(lines.len(), 2);
        let wrong: Vec<_> = wrong.iter().map(|(line, why)| format!("{line}: {why}")).collect();
        insta::assert_snapshot!(wrong.join("\n"), @r##"
        2: a line must be KEY=value, a # comment or empty
        3: "B " is no name for a variable: write KEY=value without spaces around the =
        4: the value of C has a ' without its end
        5: the value of D has a space: put it in quotes
        6: nothing is expanded here: if $ or ` belong to the value of E, put it in single quotes
        7: the value of F ends with a \
        8: "1A" is no name for a variable: write KEY=value without spaces around the =
        9: A is set here and, differently, on line 1: keep one of them
        "##);
    }

    #[test]
    fn windows_line_ends_are_no_part_of_a_value() {
        assert_eq!(parse("A=1\r\nB=2\r\n").0[0].value, "1");
    }

    proptest! {
        #[test]
        fn no_input_panics(text in "\\PC*|[A-Z='\"\\\\ #$\n]*") {
            let (lines, wrong) = parse(&text);
            prop_assert!(lines.len() + wrong.len() <= text.lines().count());
        }

        #[test]
        fn a_single_quoted_value_is_kept_as_it_is(content in "[^'\r\n]*") {
            prop_assert_eq!(value(&format!("A='{content}'")), Ok(content));
        }
    }
}
