//! `ladylinux bench`: our side of the comparisons that `scripts/bench` draws; it prints figures and judges none.

mod alike;
mod answer;
mod drafts;
mod engine;
mod stream;

use super::{Common, exit::Outcome};
use clap::{Args, Subcommand};

/// Measure this release; `scripts/bench` compares it with others
#[derive(Debug, Args)]
pub(super) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Engine(engine::EngineRun),
    Drafts(drafts::DraftsRun),
    Stream(stream::StreamRun),
    #[command(hide = true)]
    Alike(alike::AlikeRun),
}

impl Bench {
    /// Runs the measurement that was named.
    pub(super) fn run(&self, common: &Common) -> Outcome {
        match &self.what {
            What::Engine(run) => run.run(common),
            What::Drafts(run) => run.run(common),
            What::Stream(run) => run.run(),
            What::Alike(run) => run.run(common),
        }
    }
}
