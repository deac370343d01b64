//! One running worker process: its pipes, its log lines and its end.
//!
//! Decides nothing: what it says goes to the task as [`Said`], and the task says what to send and when to kill.

use super::{
    frame::{Codec, Frame, FrameError},
    log_lines,
    protocol::{FromWorker, ToWorker, WorkerKind},
};
use bytes::BytesMut;
use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    ffi::OsString,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    process::{Child, Command},
    sync::mpsc,
};
use tokio_util::codec::{Encoder, FramedRead};

/// How to start a worker process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// The program; in a node this very binary.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment: nothing is inherited.
    pub environment: Vec<(OsString, OsString)>,
}

/// What came from a process.
#[derive(Debug)]
pub(super) enum Said {
    /// A message; only vectors come with a payload.
    Message(Frame<FromWorker>),
    /// Something that is no message; nothing further will be understood.
    Broken(FrameError),
    /// The process is no more; a sentence part such as `it was killed by signal 9`.
    Ended(String),
}

/// A process that has not been found ended yet.
pub(super) struct Process {
    frames: FramedRead<Box<dyn AsyncRead + Send + Unpin>, Codec<FromWorker, ToWorker>>,
    input: Option<mpsc::UnboundedSender<BytesMut>>,
    child: Option<Child>,
    pid: Option<u32>,
    exit: Option<ExitStatus>,
    silent: bool,
}

impl Spawn {
    /// Starts the process, in a process group of its own: Ctrl-C in the node's terminal is the node's to handle.
    pub(super) fn start(&self) -> io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    /// Starts the process, to be spoken to in messages.
    pub(super) fn launch(&self, kind: WorkerKind) -> io::Result<Process> {
        let mut child = self.start()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("the process has no pipes"));
        };
        tokio::spawn(log_lines::forward(stderr, kind));
        let mut process = Process::over(stdout, stdin);
        process.pid = child.id();
        process.child = Some(child);
        Ok(process)
    }
}

impl Process {
    /// Returns a process that is spoken to over these streams.
    pub(super) fn over(
        output: impl AsyncRead + Send + Unpin + 'static,
        mut input: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        // Unbounded, yet short: the core sends one request at a time, and one cancellation for it.
        let (sender, mut outbox) = mpsc::unbounded_channel::<BytesMut>();
        tokio::spawn(async move {
            while let Some(bytes) = outbox.recv().await {
                // A pipe that broke shows in the other one, as its end.
                if input.write_all(&bytes).await.is_err() || input.flush().await.is_err() {
                    return;
                }
            }
        });
        let output: Box<dyn AsyncRead + Send + Unpin> = Box::new(output);
        Self {
            frames: FramedRead::new(output, Codec::default()),
            input: Some(sender),
            child: None,
            pid: None,
            exit: None,
            silent: false,
        }
    }

    /// Returns the process's id, as long as it lives.
    pub(super) fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Sends a message, without waiting for the pipe; only a message that is too long fails.
    pub(super) fn send(&self, message: ToWorker) -> Result<(), FrameError> {
        let mut bytes = BytesMut::new();
        Codec::<FromWorker, ToWorker>::default().encode(message.into(), &mut bytes)?;
        if let Some(input) = &self.input {
            // The writer is gone only if the pipe broke.
            drop(input.send(bytes));
        }
        Ok(())
    }

    /// Closes the process's standard input once everything sent is written, which asks it to end.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// Kills the process and whatever it started.
    pub(super) fn kill(&mut self) {
        self.input = None;
        let Some(child) = &mut self.child else {
            self.silent = true;
            return;
        };
        // Only while it was not waited for, so that the id cannot be somebody else's by now.
        if self.exit.is_none() {
            kill_group(self.pid);
            drop(child.start_kill());
        }
    }

    /// Waits for the next thing it says; after [`Said::Ended`] there is nothing more to wait for.
    ///
    /// May be dropped and called again without losing anything.
    pub(super) async fn next(&mut self) -> Said {
        loop {
            if self.silent {
                return Said::Ended(self.end().await);
            }
            match self.frames.next().await {
                Some(Ok(frame)) if matches!(frame.message, FromWorker::Embedded { .. }) => {
                    return Said::Message(frame);
                }
                Some(Ok(frame)) => match frame.bare() {
                    Ok(message) => return Said::Message(message.into()),
                    Err(error) => return Said::Broken(error),
                },
                Some(Err(error)) => return Said::Broken(error),
                // Without its output a process is of no use, even if it still lives.
                None => {
                    self.silent = true;
                    self.kill();
                }
            }
        }
    }

    async fn end(&mut self) -> String {
        if let (Some(child), None) = (&mut self.child, self.exit) {
            match child.wait().await {
                Ok(status) => self.exit = Some(status),
                Err(error) => return format!("its end could not be observed: {error}"),
            }
        }
        self.pid = None;
        self.exit.map_or_else(|| "it ended".to_owned(), describe)
    }
}

/// Kills a process that was not waited for, and whatever it started.
pub(super) fn kill_group(pid: Option<u32>) {
    if let Some(group) = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) {
        // It may have ended just now, which is what we want.
        let _ended = kill_process_group(group, Signal::KILL).is_err();
    }
}

/// Returns how much memory a process holds, in bytes (`VmRSS` in `proc_pid_status(5)`); none once it has ended.
pub(super) fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Says how a process ended; a sentence part such as `it was killed by signal 9`.
pub(super) fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with exit code {code}"),
        (None, Some(signal)) => format!("it was killed by signal {signal}"),
        (None, None) => "it ended".to_owned(),
    }
}
