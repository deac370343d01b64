//! `ladylinux bench`: what this machine does with the models that it has; and, as parts, our side of the comparisons that
//! `scripts/bench` draws, which print figures and judge none.

mod alike;
mod answer;
mod decision;
mod drafts;
mod embedding;
mod engine;
mod here;
mod machine;
pub(super) mod process;
mod say;
mod schema;
mod stream;

use super::{Common, exit::Outcome};
use clap::{Args, Subcommand};

/// Measure what this machine does with the installed models, and say what would help
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Without a part it looks at the machine, measures every installed model for a few seconds and
searches the documents, and says what that means. Best done while nothing else runs; a node may
serve meanwhile, which makes it slower. The parts are for developers: `scripts/bench` compares them.

Examples:
  ladylinux bench
  ladylinux bench --model qwen2.5-0.5b-instruct --json
  ladylinux bench engine --model models/mine --prompt-tokens 512"
)]
pub(super) struct Bench {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    here: here::Here,
}

#[derive(Debug, Subcommand)]
enum Part {
    Engine(engine::EngineRun),
    Drafts(drafts::DraftsRun),
    Stream(stream::StreamRun),
    Schema(schema::SchemaRun),
    Decision(decision::DecisionRun),
    #[command(hide = true)]
    Alike(alike::AlikeRun),
    #[command(hide = true)]
    Embedding(embedding::EmbeddingRun),
}

impl Bench {
    /// Runs the part that was named, or looks at all that is here.
    pub(super) fn run(&self, common: &Common) -> Outcome {
        match &self.part {
            Some(Part::Engine(run)) => run.run(common),
            Some(Part::Drafts(run)) => run.run(common),
            Some(Part::Stream(run)) => run.run(),
            Some(Part::Schema(run)) => run.run(),
            Some(Part::Decision(run)) => run.run(),
            Some(Part::Alike(run)) => run.run(common),
            Some(Part::Embedding(run)) => run.run(common),
            None => self.here.run(common),
        }
    }
}

/// Whether other programs keep this machine busy.
pub(super) fn is_busy() -> bool {
    machine::Machine::look().is_busy()
}

/// Returns how much memory this process holds, in bytes (`VmRSS` in `proc_pid_status(5)`).
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}
