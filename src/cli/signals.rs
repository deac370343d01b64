//! How a process is asked to end: by SIGTERM, or by Ctrl-C.
//!
//! The kernel lets the first process of a container ignore both until it says otherwise, so that an engine would wait and
//! then kill it. From its first moment on such a process ends at once; whoever has an end of its own takes over.

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The process id of the first process of a container.
const FIRST: u32 = 1;

/// Whether each of the signals ends this process at once; there in the first process of a container only.
static AT_ONCE: OnceLock<[(i32, Arc<AtomicBool>); 2]> = OnceLock::new();

/// Has the first process of a container end at a signal as any other process does, with the exit code that a shell reports.
pub(super) fn end_as_others_do() -> io::Result<()> {
    if std::process::id() != FIRST {
        return Ok(());
    }
    let all = || [SIGTERM, SIGINT].map(|signal| (signal, Arc::new(AtomicBool::new(true))));
    for (signal, at_once) in AT_ONCE.get_or_init(all) {
        flag::register_conditional_shutdown(*signal, 128 + signal, Arc::clone(at_once))?;
    }
    Ok(())
}

/// Leaves a signal to whoever asked for it.
fn take_over(signal: i32) {
    for (ours, at_once) in AT_ONCE.get().into_iter().flatten() {
        if *ours == signal {
            at_once.store(false, Ordering::SeqCst);
        }
    }
}

/// Returns the stream of a person's Ctrl-C, which from now on ends nothing by itself.
pub(super) fn interrupts() -> io::Result<Signal> {
    let interrupts = signal(SignalKind::interrupt())?;
    take_over(SIGINT);
    Ok(interrupts)
}

/// Returns a future that ends when the process is asked to; from now on it is the one to do so.
pub(super) fn stopped() -> io::Result<impl Future<Output = ()>> {
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, interrupts()?);
    take_over(SIGTERM);
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}
