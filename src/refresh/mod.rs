//! The refresh: brings a node to a release, and says truthfully how that went. A binary of its own, `ladylinux-supervisor`.
//!
//! It is the only holder of the container socket and listens on nothing. It names nothing of the house but
//! [`foundation::values`](crate::foundation::values): what a release must tell it comes as JSON from one-shots and
//! probes ([`contract`]).

pub mod contract;
pub mod stack;
pub mod status;

pub mod archive;
mod ask;
mod backoff;
mod believe;
pub mod daemon;
pub mod disk;
pub mod engine;
pub mod exit;
mod handover;
pub mod hold;
pub mod interrupt;
pub mod journal;
mod keep;
pub mod lock;
pub mod look;
pub mod machine;
pub mod notify;
mod on_request;
pub mod out;
pub mod outcomes;
mod owner;
pub mod plan;
pub mod probe;
mod ready;
pub mod record;
pub mod registry;
pub mod release;
pub mod report;
pub mod requests;
mod rest;
pub mod services;
pub mod signature;
pub mod start;
pub mod steps;
pub mod supervisor;
pub mod systemd;
mod target;
pub mod verbs;
pub mod watch;
pub mod why;

use clap::Parser;
use std::process::ExitCode;

/// Runs the verb that the command line names.
pub fn run() -> ExitCode {
    let arguments = verbs::Arguments::parse();
    // One thread is enough for waiting, and a small supervisor is a promise.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => ExitCode::from(runtime.block_on(verbs::run(arguments))),
        Err(error) => {
            out::note(format!("ladylinux-supervisor: cannot start: {error}"));
            ExitCode::FAILURE
        }
    }
}
