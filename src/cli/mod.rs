//! The command line: one file per verb, each a composition root; errors become exit codes in `exit` alone.
//!
//! A verb is a struct of arguments with `run(&self, &Common) -> Outcome`. It prints through `out` and nothing else.

mod ask;
mod audit;
mod backup;
mod bench;
mod chat;
mod commands;
mod config;
mod doctor;
mod duration;
mod exit;
mod healthcheck;
mod host_facts;
mod import;
mod learn;
mod migrate;
mod models;
mod node_client;
mod out;
mod person;
mod preflight;
mod prepare;
mod provision;
mod refresh;
mod restore;
mod serve;
mod signals;
mod telling;
mod token;
mod version;
mod worker;

use crate::foundation::settings::{self, Loaded, Paths, Sources};
use crate::foundation::store::{Store, StoreError};
use clap::{Args, Parser, Subcommand};
use exit::Outcome;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "ladylinux", version, about, max_term_width = 100, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples, for a node whose files all lie below ./var:
  export LADYLINUX_ROOT=./var               instead of --root ./var with every command
  ladylinux provision                       create its directories
  ladylinux migrate                         bring its database to this release's schema
  ladylinux serve                           answer on http://127.0.0.1:8000
  ladylinux learn docs/                     learn documents, while it serves or not
  ladylinux ask \"how much disk space is free?\"
  ladylinux doctor                          check everything, and say how to mend what is wrong

Exit codes: 0 done, 1 failed, 2 refused (wrong usage, wrong settings), 3 not ready, 130 stopped by Ctrl-C";

/// Where the help of every verb lists what all of them take.
const FOR_EVERY_VERB: &str = "For every command";

/// What every verb takes.
#[derive(Clone, Debug, Args)]
struct Common {
    /// Put this directory before the normative paths (a developer's node lives below ./var)
    #[arg(long, global = true, value_name = "DIR", help_heading = FOR_EVERY_VERB)]
    root: Option<PathBuf>,
    /// Set one setting for this run, such as llm.queue=2
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", help_heading = FOR_EVERY_VERB)]
    set: Vec<String>,
}

impl Common {
    /// Loads the settings, with `flags` of the verb's own (dotted key, value) over the others.
    fn load(&self, flags: &[(&str, String)]) -> anyhow::Result<Loaded> {
        let mut all: Vec<(String, String)> = Vec::new();
        if let Some(root) = &self.root {
            all.push(("paths.root".to_owned(), root.display().to_string()));
        }
        for setting in &self.set {
            let (key, value) = setting.split_once('=').ok_or_else(|| {
                exit::refused(format!(
                    "--set {setting}: write it as key=value, such as llm.queue=2"
                ))
            })?;
            all.push((key.to_owned(), value.to_owned()));
        }
        all.extend(flags.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        let loaded = settings::load(Sources::of_process(all))?;
        loaded.warnings.iter().for_each(|warning| out::note(format!("warning: {warning}")));
        Ok(loaded)
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create the directories of a node, or check them
    Provision(provision::Provision),
    /// Bring the database to this release's schema
    Migrate(migrate::Migrate),
    /// Do all that a release needs before it serves: migrate the database, verify the models, check the rest
    Prepare(prepare::Prepare),
    /// Copy what the node must not lose to a directory: database and configuration, of one moment
    Backup(backup::Backup),
    /// Put a backup in the place of what is there, and keep aside what was written since
    Restore(restore::Restore),
    /// Take in the records that a restore kept aside
    Import(import::Import),
    /// Answer on the network: the page, the API and the workers behind them
    Serve(serve::Serve),
    /// Ask the running node one question
    Ask(ask::Ask),
    /// Talk with the running node, several turns
    Chat(chat::Chat),
    /// Learn documents, list them, forget them
    Learn(learn::Learn),
    /// List, show, verify and import models
    Models(models::Models),
    /// Enter, show, export and erase people
    Person(person::Person),
    /// Make, list or revoke access tokens
    Token(token::Token),
    /// Read what was decided and why, and check that nobody has changed it
    Audit(audit::Audit),
    /// Check everything a node needs, and say how to mend what is wrong; exits 3 if something is
    Doctor(doctor::Doctor),
    /// List what this node can be told to do, and check the file in which its owner changes that
    Commands(commands::Commands),
    /// Go through the checklist before a node is used in earnest; exits 3 if something is missing
    Preflight(preflight::Preflight),
    /// Show, check and explain settings
    Config(config::Config),
    /// Tell what this machine says about itself: disk, load, users, ports, firewall, services, updates, errors
    HostFacts(host_facts::HostFacts),
    /// Ask the running node whether it lives, for container engines; exits 0 or 1
    Healthcheck(healthcheck::Healthcheck),
    /// Ask the supervisor of this node to refresh it, or tell what the supervisor says
    Refresh(refresh::Refresh),
    /// Show what this binary is
    Version(version::Version),
    /// Measure what this machine does with the installed models, and say what would help
    Bench(bench::Bench),
    /// Serve one model to a node over standard input and output; `serve` starts these
    Worker(worker::Worker),
}

/// Runs the verb that the command line names.
pub fn run() -> ExitCode {
    if let Err(error) = signals::end_as_others_do() {
        return exit::code(Err(error.into()));
    }
    let arguments = Arguments::parse();
    let outcome: Outcome = match &arguments.verb {
        Verb::Ask(verb) => verb.run(&arguments.common),
        Verb::Audit(verb) => verb.run(&arguments.common),
        Verb::Backup(verb) => verb.run(&arguments.common),
        Verb::Bench(verb) => verb.run(&arguments.common),
        Verb::Chat(verb) => verb.run(&arguments.common),
        Verb::Commands(verb) => verb.run(&arguments.common),
        Verb::Config(verb) => verb.run(&arguments.common),
        Verb::Doctor(verb) => verb.run(&arguments.common),
        Verb::Serve(verb) => verb.run(&arguments.common),
        Verb::Token(verb) => verb.run(&arguments.common),
        Verb::Healthcheck(verb) => verb.run(&arguments.common),
        Verb::HostFacts(verb) => verb.run(&arguments.common),
        Verb::Import(verb) => verb.run(&arguments.common),
        Verb::Learn(verb) => verb.run(&arguments.common),
        Verb::Migrate(verb) => verb.run(&arguments.common),
        Verb::Models(verb) => verb.run(&arguments.common),
        Verb::Person(verb) => verb.run(&arguments.common),
        Verb::Preflight(verb) => verb.run(&arguments.common),
        Verb::Prepare(verb) => verb.run(&arguments.common),
        Verb::Provision(verb) => verb.run(&arguments.common),
        Verb::Refresh(verb) => verb.run(&arguments.common),
        Verb::Restore(verb) => verb.run(&arguments.common),
        Verb::Version(verb) => verb.run(),
        Verb::Worker(verb) => verb.run(&arguments.common),
    };
    exit::code(outcome)
}

/// Names a command to run for the node with these paths, as a person types it.
fn command(paths: &Paths, verb: &str) -> String {
    if paths.root == Path::new("/") {
        return format!("run `ladylinux {verb}`");
    }
    format!("run `ladylinux {verb} --root {}`", paths.root.display())
}

/// Opens the node's database, or says what to run first.
fn open_store(paths: &Paths) -> anyhow::Result<Store> {
    Store::open(&paths.database()).map_err(|error| {
        if matches!(error, StoreError::Missing(_) | StoreError::Outdated { .. }) {
            exit::not_ready(for_this_node(paths, &error.to_string()))
        } else {
            error.into()
        }
    })
}

/// Names the command for this very node: the database's errors know no root, without which it would be about another.
fn for_this_node(paths: &Paths, message: &str) -> String {
    message.replace("run `ladylinux migrate`", &command(paths, "migrate"))
}

/// How long the end of a command waits for what it began on blocking threads.
const BLOCKED: Duration = Duration::from_secs(2);

/// Runs a future to its end on a small runtime.
///
/// The core waits far more than it works, and the workers need the CPUs: it runs on half of them, and on four at most.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads((cpus / 2).clamp(1, 4))
        .enable_all()
        .build()?;
    let ended = runtime.block_on(future);
    // What still blocks, such as a file system that does not answer, must not hold the process.
    runtime.shutdown_timeout(BLOCKED);
    ended
}
