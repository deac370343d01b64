//! Values of a profile's parts: checked, and written in one way only, so that one value has one hash.

use crate::{
    foundation::values::{Redacted, Sha256, UpdateId},
    policy::{
        Date, Refusal, Standing,
        addressing::Form,
        age::Birthdate,
        profile_update::{Field, Target, Wish},
    },
};

/// How long a name may be, in characters.
const LONGEST_NAME: usize = 100;

/// How long a note may be, in characters.
const LONGEST_NOTE: usize = 500;

/// The languages that the node speaks.
pub(super) const LANGUAGES: [&str; 2] = ["en", "de"];

/// A value that a part of a profile can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    field: Field,
    text: Redacted<String>,
}

/// Why something is no value of a part of a profile. It does not repeat what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// Not a name.
    #[error("a name has 1 to {LONGEST_NAME} characters, on one line")]
    Name,
    /// Not a language that the node speaks.
    #[error("a language is one of {}", LANGUAGES.join(", "))]
    Language,
    /// Not a form of address.
    #[error("a form of address is masculine, feminine or neutral")]
    Form,
    /// Not a day on which somebody can have been born.
    #[error(
        "a birthdate is a day that has been, as 1980-05-17, or as far as it is known: 1980-05, 1980, --05-17"
    )]
    Birthdate,
    /// Not a note.
    #[error("a note has 1 to {LONGEST_NOTE} characters")]
    Note,
}

impl BadValue {
    /// Returns why a conversation does not take it.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Birthdate => Refusal::NoSuchBirthdate,
            Self::Name | Self::Language | Self::Form | Self::Note => Refusal::Unclear,
        }
    }
}

impl Value {
    /// Reads a value, as somebody says or types it on the day `today`.
    pub fn new(field: Field, text: &str, today: Date) -> Result<Self, BadValue> {
        let text = text.trim();
        let text = match field {
            Field::PreferredName | Field::LegalName => {
                line(text, LONGEST_NAME).ok_or(BadValue::Name)?
            }
            Field::Language => {
                let language = text.to_lowercase();
                let known = LANGUAGES.contains(&language.as_str());
                if known { language } else { return Err(BadValue::Language) }
            }
            Field::FormOfAddress => {
                let form = Form::by_name(&text.to_lowercase()).ok_or(BadValue::Form)?;
                form.name().to_owned()
            }
            Field::Birthdate => {
                let birthdate = read_birthdate(text).ok_or(BadValue::Birthdate)?;
                if !birthdate.is_possible(today) {
                    return Err(BadValue::Birthdate);
                }
                birthdate_text(birthdate)
            }
            Field::Note => note(text).ok_or(BadValue::Note)?,
        };
        Ok(Self { field, text: Redacted(text) })
    }

    /// Returns the part of a profile that it is for.
    pub fn field(&self) -> Field {
        self.field
    }

    /// Returns its text, as it is stored.
    pub fn text(&self) -> &str {
        self.text.expose()
    }

    /// Names it.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(self.text())
    }

    /// Returns the wish that somebody's profile has this value.
    pub fn wish(&self, target: Standing) -> Wish {
        Wish {
            id: UpdateId::new(),
            target: Target(target),
            field: self.field,
            value: self.sha256(),
            is_possible: true,
        }
    }
}

/// Signs that turn the direction of text, or take up no room: one name must not look like another by them.
fn hides(sign: char) -> bool {
    matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Returns a text of one line with single spaces, if it is that and neither empty nor too long.
fn line(text: &str, longest: usize) -> Option<String> {
    let right = !text.is_empty()
        && text.chars().count() <= longest
        && !text.chars().any(|sign| sign.is_control() || hides(sign));
    right.then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn note(text: &str) -> Option<String> {
    let control = |sign: char| sign.is_control() && sign != '\n';
    let right = !text.is_empty()
        && text.chars().count() <= LONGEST_NOTE
        && !text.chars().any(|sign| control(sign) || hides(sign));
    right.then(|| text.to_owned())
}

/// Reads a birthdate: `1980-05-17`, and with parts missing `1980-05`, `1980`, `--05-17` or `--05`.
pub fn read_birthdate(text: &str) -> Option<Birthdate> {
    let (year, rest) = if let Some(rest) = text.strip_prefix("--") {
        (None, Some(rest))
    } else {
        let (year, rest) = cut(text);
        (Some(i16::try_from(digits(year, 4)?).ok()?), rest)
    };
    let (month, day) = match rest.map(cut) {
        None => (None, None),
        Some((month, day)) => (Some(month), day),
    };
    let two = |part: Option<&str>| match part {
        None => Some(None),
        Some(part) => Some(Some(u8::try_from(digits(part, 2)?).ok()?)),
    };
    Some(Birthdate { year, month: two(month)?, day: two(day)? })
}

fn cut(text: &str) -> (&str, Option<&str>) {
    text.split_once('-').map_or((text, None), |(part, rest)| (part, Some(rest)))
}

fn digits(text: &str, count: usize) -> Option<u16> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

fn birthdate_text(Birthdate { year, month, day }: Birthdate) -> String {
    let year = year.map_or("-".to_owned(), |year| format!("{year:04}"));
    let two = |part: Option<u8>| part.map_or(String::new(), |part| format!("-{part:02}"));
    format!("{year}{}{}", two(month), two(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: Date = Date { year: 2026, month: 11, day: 30 };

    fn read(field: Field, text: &str) -> Result<String, BadValue> {
        Value::new(field, text, TODAY).map(|value| value.text().to_owned())
    }

    // INV-AGE-4
    #[test]
    fn a_birthdate_may_lack_parts_and_is_never_of_tomorrow() {
        for (text, stored) in [
            ("1980-05-17", "1980-05-17"),
            ("1980-05", "1980-05"),
            ("1980", "1980"),
            ("--05-17", "--05-17"),
            ("--05", "--05"),
            ("--02-29", "--02-29"),
            (" 2026-11-30 ", "2026-11-30"),
        ] {
            assert_eq!(read(Field::Birthdate, text).as_deref(), Ok(stored), "{text}");
        }
        for text in [
            "2026-12-01",
            "2027",
            "2026-12",
            "1889-01-01",
            "1981-02-29",
            "1980-13-01",
            "1980-00-01",
            "1980-5-17",
            "80-05-17",
            "1980-05-17-",
            "1980-",
            "1980--17",
            "--",
            "---17",
            "17.05.1980",
            "",
            "1980-05-17x",
            "１９８０-05-17",
            "+980-05-17",
        ] {
            assert_eq!(read(Field::Birthdate, text), Err(BadValue::Birthdate), "{text}");
        }
        assert_eq!(BadValue::Birthdate.refusal(), Refusal::NoSuchBirthdate);
    }

    #[test]
    fn names_languages_forms_and_notes_are_what_they_should_be() {
        assert_eq!(read(Field::PreferredName, "  Anna   Maria "), Ok("Anna Maria".to_owned()));
        assert!(read(Field::LegalName, &"x".repeat(100)).is_ok());
        for name in ["", "  ", "a\nb", "a\u{7}b", "\u{202e}anna", "an\u{200b}na", &"x".repeat(101)]
        {
            assert_eq!(read(Field::PreferredName, name), Err(BadValue::Name), "{name:?}");
        }
        assert_eq!(read(Field::Language, "DE"), Ok("de".to_owned()));
        assert_eq!(read(Field::Language, "fr"), Err(BadValue::Language));
        assert_eq!(read(Field::FormOfAddress, "Feminine"), Ok("feminine".to_owned()));
        assert_eq!(read(Field::FormOfAddress, "lady"), Err(BadValue::Form));
        assert_eq!(read(Field::Note, "tea,\nno milk"), Ok("tea,\nno milk".to_owned()));
        assert_eq!(read(Field::Note, &"x".repeat(501)), Err(BadValue::Note));
    }

    #[test]
    fn a_value_is_not_in_what_is_logged_of_it() {
        let value = Value::new(Field::Note, "a canary", TODAY).unwrap();
        assert!(!format!("{value:?}").contains("canary"));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_as_a_birthdate_is_read_or_refused_and_reads_the_same_again(text in "[-0-9]{0,12}|.{0,12}") {
            if let Ok(once) = read(Field::Birthdate, &text) {
                prop_assert_eq!(read(Field::Birthdate, &once), Ok(once));
            }
        }
    }
}
