//! Being told to end: by Ctrl-C, or by whoever manages services. A terminal that goes away is no reason to end.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the supervisor.
#[derive(Debug)]
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    /// Heard, so that it does not kill: a run whose terminal is lost goes on.
    _hangup: Signal,
}

impl Interrupts {
    /// Begins to listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
