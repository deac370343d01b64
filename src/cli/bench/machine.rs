//! What of this machine decides how fast models run: processor, instructions, memory.

use crate::{
    host::{self, Data, Topic},
    inference::workers::permits,
};
use serde::Serialize;
use std::fs;

/// Instructions that matrices of few bits gain from, as Linux names them, the strongest first.
const INSTRUCTIONS: [&str; 8] =
    ["amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2", "i8mm", "asimddp", "asimd"];
/// Those that multiply whole numbers of eight bits and add the products in one step.
const PRODUCTS: [&str; 5] = ["amx_int8", "avx512_vnni", "avx_vnni", "i8mm", "asimddp"];

/// What decides how fast models run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    /// The processor, as it calls itself.
    pub(super) processor: Option<String>,
    /// CPUs that this process may use.
    pub(super) cpus: usize,
    /// Of the instructions that matter, those it has.
    pub(super) instructions: Vec<&'static str>,
    /// All memory, in bytes.
    pub(super) memory_bytes: Option<u64>,
    /// Memory that programs can still get, in bytes.
    pub(super) available_bytes: Option<u64>,
    /// How many programs wanted a CPU in the minute before, on average.
    pub(super) load: Option<f64>,
}

impl Machine {
    pub(super) fn look() -> Self {
        let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let (processor, instructions) = read(&about);
        let memory = match host::facts(Topic::Memory).map(|fact| fact.data) {
            Ok(Data::Memory(memory)) => Some(memory),
            _ => None,
        };
        let load = match host::facts(Topic::Load).map(|fact| fact.data) {
            Ok(Data::Load(load)) => Some(load.minute),
            _ => None,
        };
        Self {
            load,
            processor,
            cpus: permits::cpus(),
            instructions,
            memory_bytes: memory.as_ref().map(|memory| memory.memory_bytes),
            available_bytes: memory.as_ref().map(|memory| memory.available_bytes),
        }
    }

    /// Whether other programs kept it busy before anything was measured.
    pub(super) fn is_busy(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "machines have few CPUs")]
        self.load.is_some_and(|load| load > self.cpus as f64 / 2.0)
    }

    /// Whether it multiplies whole numbers of eight bits as fast as it can be done.
    pub(super) fn has_products(&self) -> bool {
        PRODUCTS.iter().any(|name| self.instructions.contains(name))
    }
}

/// Reads `/proc/cpuinfo`: of an ARM machine, the kernel names its parts and no processor.
fn read(about: &str) -> (Option<String>, Vec<&'static str>) {
    let value = |names: &[&str]| {
        let lines = about.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(name, _)| names.contains(&name.trim()));
        found.next().map(|(_, value)| value.trim().to_owned())
    };
    let flags = value(&["flags", "Features"]).unwrap_or_default();
    let has = |name: &&str| flags.split_whitespace().any(|flag| flag == *name);
    (value(&["model name", "Model"]), INSTRUCTIONS.into_iter().filter(has).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_of_both_kinds_are_read() {
        let intel =
            "processor\t: 0\nmodel name\t: Intel(R) N100\nflags\t\t: fpu sse2 avx2 avx_vnni\n";
        let (name, instructions) = read(intel);
        assert_eq!(name.as_deref(), Some("Intel(R) N100"));
        assert_eq!(instructions, ["avx_vnni", "avx2"]);
        let pi = "processor\t: 0\nFeatures\t: fp asimd evtstrm asimddp\n\nModel\t\t: Raspberry Pi 5 Model B\n";
        let (name, instructions) = read(pi);
        assert_eq!(name.as_deref(), Some("Raspberry Pi 5 Model B"));
        assert_eq!(instructions, ["asimddp", "asimd"]);
        assert_eq!(read(""), (None, Vec::new()));
    }
}
