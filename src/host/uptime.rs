//! How long the machine has been running, from `/proc/uptime`.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine};
use crate::foundation::values::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the machine has been running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Uptime {
    /// Since it was started, in seconds.
    pub up_seconds: u64,
    /// When it was started.
    pub started_at: Timestamp,
}

pub(super) fn read(machine: &Machine, now: Timestamp) -> Result<Found<Uptime>, HostError> {
    parse(&machine.text("/proc/uptime")?, now).map(Found::all)
}

fn parse(text: &Text, now: Timestamp) -> Result<Uptime, HostError> {
    let up_seconds = text
        .first_line()
        .split_ascii_whitespace()
        .next()
        .and_then(|word| word.split('.').next())
        .and_then(|seconds| seconds.parse::<u32>().ok())
        .ok_or_else(|| text.malformed(1, "seconds since the start"))?;
    Ok(Uptime {
        up_seconds: u64::from(up_seconds),
        started_at: Timestamp(now.0.saturating_sub(i64::from(up_seconds) * 1000)),
    })
}

impl Uptime {
    pub(super) fn sentence(&self, language: Language) -> String {
        let up = language.duration(Duration::from_secs(self.up_seconds));
        match language {
            Language::English => format!("This machine has been running for {up}."),
            Language::German => {
                format!("Dieser Rechner läuft seit {}.", up.replace("Tage", "Tagen"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_start_is_told_back_from_now() {
        let uptime =
            parse(&Text::of("/proc/uptime", "90061.52 170000.10\n"), Timestamp(100_000_000))
                .unwrap();
        assert_eq!(uptime, Uptime { up_seconds: 90_061, started_at: Timestamp(9_939_000) });
        assert_eq!(
            uptime.sentence(Language::English),
            "This machine has been running for 1 day and 1 hour."
        );
    }

    #[test]
    fn days_are_inflected_in_german() {
        let uptime = Uptime { up_seconds: 3 * 86_400, started_at: Timestamp(0) };
        assert_eq!(uptime.sentence(Language::German), "Dieser Rechner läuft seit 3 Tagen.");
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_or_an_error(content in "[0-9]{0,30}(\\.[0-9]*)?|\\PC*", now: i64) {
            drop(parse(&Text::of("/proc/uptime", &content), Timestamp(now)));
        }
    }
}
