//! How busy the processors are, from `/proc/loadavg` and `/proc/stat`.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine};
use serde::{Deserialize, Serialize};

/// How many tasks ran or waited on average, and how many processors they share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Load {
    /// Over the last minute.
    pub minute: f64,
    /// Over the last five minutes.
    pub five_minutes: f64,
    /// Over the last quarter of an hour.
    pub quarter_hour: f64,
    /// Processors that are online.
    pub cpus: u32,
}

pub(super) fn read(machine: &Machine) -> Result<Found<Load>, HostError> {
    let cpus = cpus(&machine.text("/proc/stat")?)?;
    parse(&machine.text("/proc/loadavg")?, cpus).map(Found::all)
}

fn parse(text: &Text, cpus: u32) -> Result<Load, HostError> {
    let mut words = text.first_line().split_ascii_whitespace();
    let mut next = || {
        words
            .next()
            .and_then(|word| word.parse::<f64>().ok())
            .filter(|load| load.is_finite() && *load >= 0.0)
            .ok_or_else(|| text.malformed(1, "three load averages"))
    };
    Ok(Load { minute: next()?, five_minutes: next()?, quarter_hour: next()?, cpus })
}

/// Counts the processors that `/proc/stat` has a line for: those that are online.
fn cpus(text: &Text) -> Result<u32, HostError> {
    let is_one = |line: &str| {
        let number = line.strip_prefix("cpu").and_then(|rest| rest.split(' ').next());
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    let count = text.lines().filter(|(_, line)| is_one(line)).count();
    u32::try_from(count)
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| text.malformed(1, "a line for each processor"))
}

impl Load {
    pub(super) fn sentence(&self, language: Language) -> String {
        let [minute, five, quarter] = [self.minute, self.five_minutes, self.quarter_hour]
            .map(|load| language.decimal(load, 2));
        let (cpus, many) = (self.cpus, self.cpus != 1);
        let busy = self.minute > f64::from(self.cpus);
        match language {
            Language::English => format!(
                "The load was {minute} over the last minute ({five} over five, {quarter} over fifteen) on {cpus} processor{}: {}.",
                if many { "s" } else { "" },
                if busy { "more work than they can do at once" } else { "there is room for more" },
            ),
            Language::German => format!(
                "Die Last lag in der letzten Minute bei {minute} ({five} über fünf, {quarter} über fünfzehn) auf {cpus} Prozessor{}: {}.",
                if many { "en" } else { "" },
                if busy { "mehr Arbeit, als zugleich geht" } else { "es ist noch Luft" },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_load_is_told_with_the_processors_that_carry_it() {
        let cpus = cpus(&Text::of(
            "stat",
            "cpu  9 9\ncpu0 1 2\ncpu1 1 2\ncpu2 1 2\ncpu5 1 2\nintr 5 cpu7\ncpufreq 1\n",
        ))
        .unwrap();
        let load = parse(&Text::of("/proc/loadavg", "0.42 0.35 5.00 1/123 4567\n"), cpus).unwrap();
        assert_eq!(load, Load { minute: 0.42, five_minutes: 0.35, quarter_hour: 5.0, cpus: 4 });
        assert_eq!(
            load.sentence(Language::English),
            "The load was 0.42 over the last minute (0.35 over five, 5.00 over fifteen) on 4 processors: there is room for more."
        );
    }

    #[test]
    fn malformed_averages_and_no_processors_are_errors() {
        for content in ["", "1 2", "a b c", "NaN 1 1", "-1 0 0"] {
            assert!(parse(&Text::of("/proc/loadavg", content), 1).is_err(), "{content:?}");
        }
        for content in ["", "cpu  1 2\n", "cpux 1\n", "a"] {
            assert!(cpus(&Text::of("stat", content)).is_err(), "{content:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_or_an_error(content in "((cpu)?[0-9.,-]{0,12} ?\n?)*|\\PC*") {
            drop(cpus(&Text::of("stat", &content)));
            drop(parse(&Text::of("/proc/loadavg", &content), 1));
        }
    }
}
