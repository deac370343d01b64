//! Input as its schema means it, where Rust is of another opinion: an object is no list, 8.0 is a whole number, and a
//! text that says nothing is empty.

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData};

/// Whether a text says nothing: white space of any kind, and control characters of ASCII.
///
/// The patterns of `q` and `text` spell these characters out, because what `\s` means differs between readers of a schema.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter <= ' ' || letter.is_whitespace() || letter == '\u{feff}')
}

/// A value that is written as an object, by the names of its fields; derived structs take a list of them as well.
#[derive(Debug)]
pub(super) struct ByName<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// Reads a list of objects.
pub(super) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::<ByName<T>>::deserialize(deserializer)?;
    Ok(list.into_iter().map(|element| element.0).collect())
}

/// Reads a list of objects or null.
pub(super) fn maybe_list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let list = Option::<Vec<ByName<T>>>::deserialize(deserializer)?;
    Ok(list.map(|list| list.into_iter().map(|element| element.0).collect()))
}

/// Reads an object.
pub(super) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(ByName::<T>::deserialize(deserializer)?.0)
}

/// Reads an object or null.
pub(super) fn option<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<ByName<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// A whole number, however it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole(pub i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
                let beyond = |_| E::custom("must be at most 9223372036854775807");
                i64::try_from(number).map(Whole).map_err(beyond)
            }

            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked: it is whole, and in range"
            )]
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
                // Two to the power of 63, which a float holds exactly.
                let bound = 9_223_372_036_854_775_808.0;
                if number.fract() != 0.0 {
                    return Err(E::invalid_type(de::Unexpected::Float(number), &self));
                }
                if number <= -bound || number >= bound {
                    return Err(E::custom(
                        "must be from -9223372036854775808 to 9223372036854775807",
                    ));
                }
                Ok(Whole(number as i64))
            }
        }

        // Not as an integer: where one of several forms is tried, that would not take 8.0.
        deserializer.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Pair {
        left: Whole,
    }

    fn left(json: &str) -> Result<i64, String> {
        let parsed: Result<ByName<Pair>, _> = serde_json::from_str(json);
        parsed.map(|pair| pair.0.left.0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_of_its_fields_is_no_object() {
        assert_eq!(left(r#"{"left": 8}"#), Ok(8));
        assert!(left("[8]").unwrap_err().contains("expected an object"));
    }

    #[test]
    fn eight_point_zero_is_a_whole_number_and_eight_point_one_is_not() {
        assert_eq!(left(r#"{"left": 8.0}"#), Ok(8));
        assert_eq!(left(r#"{"left": -1e3}"#), Ok(-1000));
        for wrong in ["8.1", "1e300", "\"8\"", "18446744073709551615", "-9223372036854775809"] {
            assert!(left(&format!("{{\"left\": {wrong}}}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_schema_names_exactly_the_characters_that_say_nothing() {
        let description = crate::api::router::description();
        let description = serde_json::to_value(description).unwrap();
        let pattern =
            &description["components"]["schemas"]["Question"]["properties"]["text"]["pattern"];
        let listed =
            pattern.as_str().unwrap().strip_prefix("[^\\u").unwrap().strip_suffix(']').unwrap();
        let code = |digits: &str| u32::from_str_radix(digits, 16).unwrap();
        let mut named = std::collections::BTreeSet::new();
        for part in listed.replace("-\\u", "-").split("\\u") {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            named.extend(code(first)..=code(last));
        }
        for letter in '\0'..='\u{ffff}' {
            let says_nothing = is_blank(&letter.to_string());
            assert_eq!(says_nothing, named.contains(&u32::from(letter)), "{letter:?}");
        }
    }
}
