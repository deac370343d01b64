//! Tries what a document must never make its reader do. Each attempt is one that succeeds in a process without walls.

use rustix::process::{Pid, Resource, Rlimit, setrlimit, test_kill_process};
use serde::Serialize;
use std::{
    fs::{self, File, OpenOptions},
    io,
    net::{TcpListener, UdpSocket},
    os::unix::net::UnixStream,
    process::Command,
    thread,
};

/// One attempt and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// What was tried.
    pub what: &'static str,
    /// What the system said; nothing if it let it happen.
    pub error: Option<String>,
}

/// Tries everything once; `parent` is the process that started this one, and so much memory is more than is allowed.
pub fn attempts(parent: Option<Pid>, memory_bytes: u64) -> Vec<Attempt> {
    let memory = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
    vec![
        tried("read a file", || File::open("/proc/self/exe").map(drop)),
        tried("write a file", || OpenOptions::new().write(true).open("/dev/null").map(drop)),
        tried("list a directory", || fs::read_dir("/").map(drop)),
        tried("look at a file", || fs::metadata("/").map(drop)),
        tried("go to a directory", || std::env::set_current_dir("/")),
        tried("listen on TCP", || TcpListener::bind("127.0.0.1:0").map(drop)),
        tried("send on UDP", || UdpSocket::bind("127.0.0.1:0").map(drop)),
        tried("open a local socket", || UnixStream::pair().map(drop)),
        tried("start a program", || Command::new("/bin/sh").args(["-c", ":"]).status().map(drop)),
        tried("start a thread", || {
            let thread = thread::Builder::new().spawn(|| ())?;
            thread.join().map_err(|_| io::Error::other("it panicked"))
        }),
        tried("signal its parent", || match parent {
            Some(parent) => test_kill_process(parent).map_err(io::Error::from),
            None => Err(io::Error::other("it has none")),
        }),
        tried("change its limits", || {
            let none = Rlimit { current: Some(0), maximum: Some(0) };
            setrlimit(Resource::Core, none).map_err(io::Error::from)
        }),
        tried("take more memory", || {
            let mut bytes: Vec<u8> = Vec::new();
            bytes.try_reserve_exact(memory).map_err(io::Error::other)
        }),
    ]
}

fn tried(what: &'static str, attempt: impl FnOnce() -> io::Result<()>) -> Attempt {
    Attempt { what, error: attempt().err().map(|error| error.to_string()) }
}
