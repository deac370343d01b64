//! Which day it is, where this machine is.

use crate::{foundation::values::time::Timestamp, policy::Date};

/// Returns the day of a moment in the machine's time zone; in UTC if that is not known.
pub fn day(moment: Timestamp) -> Date {
    let at = jiff::Timestamp::from_millisecond(moment.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let day = at.to_zoned(jiff::tz::TimeZone::system()).date();
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    Date { year: day.year(), month: part(day.month()), day: part(day.day()) }
}
