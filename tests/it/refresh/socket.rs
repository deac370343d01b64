//! An engine's socket that goes away in the midst of things, and one that refuses some of them.

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// A socket in front of an engine's, which is cut as soon as something certain is asked.
#[derive(Debug)]
pub(crate) struct Fragile {
    path: PathBuf,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// What must not be asked: all these words in one line.
    words: Vec<String>,
    /// So many times more.
    left: AtomicUsize,
    cut: AtomicBool,
    connections: Mutex<Vec<UnixStream>>,
}

impl Fragile {
    /// Stands before an engine's socket until a question's first line has all these words for the nth time.
    pub(crate) fn before(engine: &Path, directory: &Path, words: Vec<String>, nth: usize) -> Self {
        let path = directory.join("fragile.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let state = Arc::new(State {
            words,
            left: AtomicUsize::new(nth),
            cut: AtomicBool::new(false),
            connections: Mutex::new(Vec::new()),
        });
        let (shared, engine, own) = (Arc::clone(&state), engine.to_owned(), path.clone());
        // These threads end with the process.
        thread::spawn(move || {
            for client in listener.incoming().filter_map(Result::ok) {
                if shared.cut.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = UnixStream::connect(&engine) else { return };
                let copies = [client.try_clone(), server.try_clone()];
                shared
                    .connections
                    .lock()
                    .unwrap()
                    .extend(copies.into_iter().filter_map(Result::ok));
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (watching, own) = (Arc::clone(&shared), own.clone());
                thread::spawn(move || pump(up, server, |bytes| watching.look(bytes, &own)));
                thread::spawn(move || pump(down, client, |_| true));
            }
        });
        Self { path, state }
    }

    /// The address that clients are given.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.path.display())
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.state.cut.load(Ordering::SeqCst)
    }
}

/// A socket in front of an engine's that answers whatever has these words in its first line with a failure, until it is told
/// to let it pass.
#[derive(Debug)]
pub(crate) struct Refusing {
    path: PathBuf,
    over: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
}

impl Refusing {
    pub(crate) fn before(engine: &Path, directory: &Path, word: &'static str) -> Self {
        let path = directory.join("refusing.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let refused = Arc::new(AtomicUsize::new(0));
        let (shared, count, engine) = (Arc::clone(&over), Arc::clone(&refused), engine.to_owned());
        // These threads end with the process.
        thread::spawn(move || {
            for client in listener.incoming().filter_map(Result::ok) {
                let Ok(server) = UnixStream::connect(&engine) else { return };
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (mut answered, over) = (client.try_clone().unwrap(), Arc::clone(&shared));
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    pump(up, server, |bytes| {
                        let head = String::from_utf8_lossy(bytes);
                        let hits = head.lines().next().unwrap_or_default().contains(word);
                        if over.load(Ordering::SeqCst) || !hits {
                            return true;
                        }
                        let body = r#"{"message": "readlink overlay: invalid argument"}"#;
                        let length = body.len();
                        drop(write!(
                            answered,
                            "HTTP/1.1 500 x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                        ));
                        drop(answered.shutdown(Shutdown::Both));
                        count.fetch_add(1, Ordering::SeqCst);
                        false
                    });
                });
                thread::spawn(move || pump(down, client, |_| true));
            }
        });
        Self { path, over, refused }
    }

    /// The address that clients are given.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.path.display())
    }

    /// Returns how often it has refused.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    pub(crate) fn lets_pass(&self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

impl State {
    /// Whether these bytes may pass; if not, everything is cut.
    fn look(&self, bytes: &[u8], path: &Path) -> bool {
        let head = String::from_utf8_lossy(bytes);
        let line = head.lines().next().unwrap_or_default();
        if !self.words.iter().all(|word| line.contains(word.as_str()))
            || self.left.fetch_sub(1, Ordering::SeqCst) > 1
        {
            return true;
        }
        self.cut.store(true, Ordering::SeqCst);
        drop(fs::remove_file(path));
        for connection in self.connections.lock().unwrap().drain(..) {
            drop(connection.shutdown(Shutdown::Both));
        }
        false
    }
}

fn pump(mut from: UnixStream, mut to: UnixStream, mut passes: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !passes(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    drop(to.shutdown(Shutdown::Write));
}
