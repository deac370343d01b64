//! Main memory and swap, from `/proc/meminfo`.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine};
use serde::{Deserialize, Serialize};

/// Main memory and swap, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Memory {
    /// All main memory that the kernel manages.
    pub memory_bytes: u64,
    /// What programs can still get without swapping; caches that the kernel would give back are counted in.
    pub available_bytes: u64,
    /// All swap.
    pub swap_bytes: u64,
    /// The swap that is free.
    pub swap_free_bytes: u64,
}

pub(super) fn read(machine: &Machine) -> Result<Found<Memory>, HostError> {
    parse(&machine.text("/proc/meminfo")?).map(Found::all)
}

fn parse(text: &Text) -> Result<Memory, HostError> {
    let bytes = |name: &str| -> Result<Option<u64>, HostError> {
        let Some((number, rest)) = text.lines().find_map(|(number, line)| {
            line.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(':'))
                .map(|rest| (number, rest))
        }) else {
            return Ok(None);
        };
        rest.trim()
            .strip_suffix(" kB")
            .and_then(|kib| kib.trim().parse::<u64>().ok())
            .and_then(|kib| kib.checked_mul(1024))
            .map(Some)
            .ok_or_else(|| text.malformed(number, "a name, a colon, a number and kB"))
    };
    let end = text.lines().count().max(1);
    let needed = |name, expected| bytes(name)?.ok_or_else(|| text.malformed(end, expected));
    Ok(Memory {
        memory_bytes: needed("MemTotal", "MemTotal before the end of the file")?,
        available_bytes: needed("MemAvailable", "MemAvailable before the end of the file")?,
        swap_bytes: bytes("SwapTotal")?.unwrap_or(0),
        swap_free_bytes: bytes("SwapFree")?.unwrap_or(0),
    })
}

impl Memory {
    pub(super) fn sentence(&self, language: Language) -> String {
        let available = language.bytes(self.available_bytes);
        let total = language.bytes(self.memory_bytes);
        let swap_used = language.bytes(self.swap_bytes.saturating_sub(self.swap_free_bytes));
        let swap = language.bytes(self.swap_bytes);
        match (language, self.swap_bytes) {
            (Language::English, 0) => {
                format!("{available} of {total} of memory are available; there is no swap.")
            }
            (Language::English, _) => format!(
                "{available} of {total} of memory are available; {swap_used} of {swap} of swap are in use."
            ),
            (Language::German, 0) => {
                format!(
                    "{available} von {total} Arbeitsspeicher sind verfügbar; es gibt keinen Swap."
                )
            }
            (Language::German, _) => format!(
                "{available} von {total} Arbeitsspeicher sind verfügbar; {swap_used} von {swap} Swap sind belegt."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOUND: &str = "MemTotal:       24668868 kB\nMemFree:         1 kB\nMemAvailable:   22000000 kB\n\
        SwapTotal:       2097148 kB\nSwapFree:        2097148 kB\n";

    #[test]
    fn memory_is_what_is_available_and_not_what_is_unused() {
        let memory = parse(&Text::of("/proc/meminfo", SOUND)).unwrap();
        assert_eq!(memory.available_bytes, 22_000_000 * 1024);
        assert_eq!(
            memory.sentence(Language::English),
            "21.0 GiB of 23.5 GiB of memory are available; 0 B of 2.00 GiB of swap are in use."
        );
    }

    #[test]
    fn a_malformed_line_is_named() {
        let error =
            parse(&Text::of("/proc/meminfo", "MemTotal: 1 kB\nMemAvailable: lots\n")).unwrap_err();
        assert!(error.to_string().starts_with("line 2 of /proc/meminfo"), "{error}");
        let error = parse(&Text::of("/proc/meminfo", "")).unwrap_err();
        assert!(error.to_string().contains("MemTotal"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_or_an_error(content in "(Mem(Total|Available)?:? ?[0-9]{0,22} ?(kB)?\n?|\\PC)*") {
            if let Ok(memory) = parse(&Text::of("/proc/meminfo", &content)) {
                prop_assert!(memory.sentence(Language::English).ends_with('.'));
            }
        }
    }
}
