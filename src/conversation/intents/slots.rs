//! What a person says an intent is about.

use std::{collections::BTreeMap, fmt};

/// The slots of an intent that were said, by name.
pub type Slots = BTreeMap<String, SlotValue>;

/// The value of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotValue {
    /// The id of a closed value, such as `living_room`, or a free name as it was spoken.
    Word(String),
    /// A number, such as a volume of 0 to 100.
    Number(i64),
    /// A day that the calendar has.
    Date {
        /// With four digits.
        year: i16,
        /// From 1.
        month: i8,
        /// From 1.
        day: i8,
    },
    /// How long, in seconds.
    Seconds(u64),
}

impl fmt::Display for SlotValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Number(number) => number.fmt(f),
            Self::Date { year, month, day } => write!(f, "{year:04}-{month:02}-{day:02}"),
            Self::Seconds(seconds) => seconds.fmt(f),
        }
    }
}
