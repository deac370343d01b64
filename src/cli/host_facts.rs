//! `ladylinux host-facts`: what a machine says about itself; printed, or written for a node in a container to read.

use super::{
    Common, duration, exit,
    exit::{Exit, Outcome},
    out, signals,
};
use crate::foundation::values::time;
use crate::host::{Fact, Machine, Snapshot, Topic};
use anyhow::Context;
use clap::Args;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The arguments of `host-facts`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ladylinux host-facts disk
  ladylinux host-facts services --json
  ladylinux host-facts --machine /host --write /var/lib/ladylinux/facts/host-facts.json --every 5m")]
pub(super) struct HostFacts {
    /// One topic: os, uptime, load, memory, disk, users, listeners, firewall, services, updates or logs; all of them if none is given
    topic: Option<Topic>,
    /// Print JSON: one fact if a topic is given, otherwise a list
    #[arg(long)]
    json: bool,
    /// Tell about the machine whose root directory is mounted here, and not about the one this runs in
    #[arg(long, value_name = "DIR")]
    machine: Option<PathBuf>,
    /// Write all facts to this file, which a node's `LADYLINUX_HOST_FACTS` names, instead of printing them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["topic", "json"])]
    write: Option<PathBuf>,
    /// Write them again and again, such as every 5m, until SIGTERM
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, requires = "write")]
    every: Option<Duration>,
}

impl HostFacts {
    pub(super) fn run(&self, _common: &Common) -> Outcome {
        let machine = self.machine()?;
        match (&self.write, self.every) {
            (None, _) => self.print(&machine),
            (Some(file), None) => write(&machine, file),
            (Some(file), Some(every)) => again_and_again(&machine, file, every),
        }
    }

    fn machine(&self) -> anyhow::Result<Machine> {
        let Some(root) = &self.machine else { return Ok(Machine::this()) };
        let resolved = root.canonicalize().map_err(|error| {
            let shown = root.display();
            exit::refused(format!(
                "--machine {shown}: the machine's root is not mounted there ({error})"
            ))
        })?;
        // The root of everything is this machine's own.
        let own = resolved == Path::new("/");
        Ok(if own { Machine::this() } else { Machine::mounted_at(&resolved) })
    }

    fn print(&self, machine: &Machine) -> Outcome {
        if let (Some(topic), true) = (self.topic, self.json) {
            out::json(&machine.fact(topic)?)?;
            return Ok(Exit::Done);
        }
        let topics = self.topic.map_or_else(|| Topic::ALL.to_vec(), |topic| vec![topic]);
        // One topic that cannot be told does not hide the others.
        let told: Vec<_> = topics.into_iter().map(|topic| machine.fact(topic)).collect();
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

/// Writes one snapshot. What the machine does not tell is said in it, and fails only if it is everything.
fn write(machine: &Machine, file: &Path) -> Outcome {
    let earlier = Snapshot::read(file).ok();
    let snapshot = Snapshot::after(earlier.as_ref(), machine, time::now());
    for untold in &snapshot.untold {
        out::note(format!("nothing is told about {}: {}", untold.topic, untold.reason));
    }
    snapshot
        .write(file)
        .with_context(|| format!("cannot write the facts to {}", file.display()))?;
    Ok(if snapshot.facts.is_empty() { Exit::Failed } else { Exit::Done })
}

/// Writes snapshots until the process is asked to stop. One that fails is told, and the next one may succeed.
fn again_and_again(machine: &Machine, file: &Path, every: Duration) -> Outcome {
    super::block_on(async {
        let mut stopped = std::pin::pin!(signals::stopped()?);
        let mut moments = tokio::time::interval(every);
        loop {
            // A file system that does not answer keeps its thread, and not the end of the process.
            let once = async {
                moments.tick().await;
                let (machine, file) = (machine.clone(), file.to_owned());
                tokio::task::spawn_blocking(move || write(&machine, &file)).await
            };
            tokio::select! {
                () = &mut stopped => return Ok(Exit::Done),
                written = once => {
                    if let Err(error) = written? {
                        out::error(&error);
                    }
                }
            }
        }
    })
}
