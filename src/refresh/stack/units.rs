//! Durations and sizes as people write them: `30s`, `2m`, `512 MiB`.

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// A duration, written like `30s`, `2m` or `1h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(pub Duration);

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no duration: write it like \"30s\", \"2m\" or \"500ms\"");
        let duration: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
        Duration::try_from(duration).map(Self).map_err(|_| wrong())
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.to_string()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let duration = jiff::SignedDuration::try_from(self.0).unwrap_or(jiff::SignedDuration::MAX);
        write!(f, "{duration:#}")
    }
}

/// A size in bytes, written like `512 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub bytesize::ByteSize);

impl Bytes {
    /// Returns the number of bytes.
    pub fn count(self) -> u64 {
        self.0.as_u64()
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.display().iec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_read_as_people_write_them() {
        assert_eq!(Time::try_from("90s".to_owned()).unwrap().0, Duration::from_secs(90));
        assert_eq!(Time::try_from("0s".to_owned()).unwrap().0, Duration::ZERO);
        assert_eq!(Time::try_from("500ms".to_owned()).unwrap().0, Duration::from_millis(500));
        let error = Time::try_from("-3s".to_owned()).unwrap_err();
        assert!(error.contains("\"-3s\""), "{error}");
        let size: Bytes = serde_json::from_str("\"512 MiB\"").unwrap();
        assert_eq!(size.count(), 512 << 20);
        assert_eq!(size.to_string(), "512.0 MiB");
    }

    #[test]
    fn a_duration_that_is_written_is_read_back() {
        for text in ["1m 30s", "10m", "250ms"] {
            let time = Time::try_from(text.to_owned()).unwrap();
            assert_eq!(Time::try_from(String::from(time)).unwrap(), time);
        }
    }
}
