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
#[serde(from = "bytesize::ByteSize", into = "String")]
pub struct Bytes(pub bytesize::ByteSize);

impl Bytes {
    /// Returns the number of bytes.
    pub fn count(self) -> u64 {
        self.0.as_u64()
    }
}

impl From<bytesize::ByteSize> for Bytes {
    fn from(size: bytesize::ByteSize) -> Self {
        Self(size)
    }
}

impl From<Bytes> for String {
    fn from(size: Bytes) -> Self {
        size.to_string()
    }
}

impl fmt::Display for Bytes {
    /// Writes it exactly, in the largest unit that holds it without a rest: what is written is read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count();
        let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        let fits =
            |&(_, shift): &(&str, u32)| count >> shift > 0 && count.trailing_zeros() >= shift;
        match units.into_iter().find(fits) {
            Some((unit, shift)) => write!(f, "{} {unit}", count >> shift),
            None => write!(f, "{count} B"),
        }
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
        assert_eq!(size.to_string(), "512 MiB");
    }

    #[test]
    fn a_duration_that_is_written_is_read_back() {
        for text in ["1m 30s", "10m", "250ms"] {
            let time = Time::try_from(text.to_owned()).unwrap();
            assert_eq!(Time::try_from(String::from(time)).unwrap(), time);
        }
    }

    #[test]
    fn a_size_that_is_written_is_read_back_to_the_byte() {
        for (count, written) in [
            (0, "0 B"),
            (1, "1 B"),
            (1536 << 20, "1536 MiB"),
            (1 << 30, "1 GiB"),
            ((3 << 30) + 1, "3221225473 B"),
        ] {
            let size = Bytes(bytesize::ByteSize(count));
            assert_eq!(size.to_string(), written);
            let json = serde_json::to_string(&size).unwrap();
            assert_eq!(serde_json::from_str::<Bytes>(&json).unwrap(), size);
        }
    }
}
