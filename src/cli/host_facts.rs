//! `ladylinux host-facts`: what this machine says about itself.

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::host::{Fact, Topic, facts};
use clap::Args;

/// The arguments of `host-facts`.
#[derive(Debug, Args)]
pub(super) struct HostFacts {
    /// One topic: disk, memory, load, uptime, os, users or listeners; all of them if none is given
    topic: Option<Topic>,
    /// Print JSON: one fact if a topic is given, otherwise a list
    #[arg(long)]
    json: bool,
}

impl HostFacts {
    pub(super) fn run(&self, _common: &Common) -> Outcome {
        if let (Some(topic), true) = (self.topic, self.json) {
            out::json(&facts(topic)?)?;
            return Ok(Exit::Done);
        }
        let topics = self.topic.map_or_else(|| Topic::ALL.to_vec(), |topic| vec![topic]);
        // One topic that cannot be told does not hide the others.
        let told: Vec<_> = topics.into_iter().map(facts).collect();
        let failed = told.iter().any(Result::is_err);
        let mut known: Vec<Fact> = Vec::new();
        for fact in told {
            match fact {
                Ok(fact) => known.push(fact),
                Err(error) => out::error(&error.into()),
            }
        }
        if self.json {
            out::json(&known)?;
        } else {
            for fact in &known {
                out::line(fact.sentence());
                for note in &fact.notes {
                    out::note(format!("  ({note})"));
                }
            }
        }
        Ok(if failed { Exit::Failed } else { Exit::Done })
    }
}
