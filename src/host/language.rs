//! The languages that facts are told in, and how quantities are written in each.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A language that this node's own sentences exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Language {
    /// English, which is also spoken when a question leaves it open.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Returns the text of this language.
    pub fn choose<'a>(self, english: &'a str, german: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    /// Writes a number of bytes with three significant digits, such as "80.1 GiB".
    pub(super) fn bytes(self, bytes: u64) -> String {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        if bytes < 1024 {
            return format!("{bytes} B");
        }
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let mut value = bytes as f64 / 1024.0;
        let mut unit = 0;
        while value >= 1023.5 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        let places = usize::from(value < 9.995) + usize::from(value < 99.95);
        format!("{} {}", self.decimal(value, places), UNITS[unit])
    }

    /// Writes a number with this many places.
    pub(super) fn decimal(self, value: f64, places: usize) -> String {
        let written = format!("{value:.places$}");
        match self {
            Self::English => written,
            Self::German => written.replace('.', ","),
        }
    }

    /// Writes a duration in its two largest units, such as "3 days and 4 hours".
    pub(super) fn duration(self, duration: Duration) -> String {
        self.list(&self.units(duration))
    }

    /// Writes a duration in its largest unit, as it is said of something past: "3 days", "3 Tagen".
    pub fn rough(self, duration: Duration) -> String {
        let largest = self.units(duration).swap_remove(0);
        match self {
            Self::English => largest,
            Self::German => largest.replace("Tage", "Tagen"),
        }
    }

    fn units(self, duration: Duration) -> Vec<String> {
        let seconds = duration.as_secs();
        let units = [
            (seconds / 86_400, ["day", "days", "Tag", "Tage"]),
            (seconds / 3600 % 24, ["hour", "hours", "Stunde", "Stunden"]),
            (seconds / 60 % 60, ["minute", "minutes", "Minute", "Minuten"]),
            (seconds % 60, ["second", "seconds", "Sekunde", "Sekunden"]),
        ];
        let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
        units[first..]
            .iter()
            .take(2)
            .enumerate()
            .filter(|(index, (count, _))| *index == 0 || *count > 0)
            .map(|(_, (count, [one, many, eins, viele]))| {
                let name =
                    if *count == 1 { self.choose(one, eins) } else { self.choose(many, viele) };
                format!("{count} {name}")
            })
            .collect()
    }

    /// Joins the items of a list as people do: "a, b and c".
    pub(super) fn list(self, items: &[String]) -> String {
        match items {
            [] => self.choose("none", "keine").to_owned(),
            [only] => only.clone(),
            [before @ .., last] => {
                format!("{} {} {last}", before.join(", "), self.choose("and", "und"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_with_three_digits() {
        let english = |bytes| Language::English.bytes(bytes);
        assert_eq!(english(0), "0 B");
        assert_eq!(english(1023), "1023 B");
        assert_eq!(english(1024), "1.00 KiB");
        assert_eq!(english(86_006_530_048), "80.1 GiB");
        assert_eq!(english(252 << 30), "252 GiB");
        assert_eq!(english((1 << 30) - 1), "1.00 GiB");
        assert_eq!(english(u64::MAX), "16.0 EiB");
        assert_eq!(Language::German.bytes(86_006_530_048), "80,1 GiB");
    }

    #[test]
    fn durations_are_written_in_their_two_largest_units() {
        let seconds = |seconds| Language::English.duration(Duration::from_secs(seconds));
        assert_eq!(seconds(0), "0 seconds");
        assert_eq!(seconds(61), "1 minute and 1 second");
        assert_eq!(seconds(3600), "1 hour");
        assert_eq!(seconds(3 * 86_400 + 4 * 3600 + 59), "3 days and 4 hours");
        assert_eq!(Language::German.duration(Duration::from_hours(25)), "1 Tag und 1 Stunde");
        assert_eq!(Language::English.rough(Duration::from_secs(200)), "3 minutes");
        assert_eq!(Language::German.rough(Duration::from_hours(75)), "3 Tagen");
    }
}
