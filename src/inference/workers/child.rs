//! The worker's side of the pipes: reads messages on a thread of their own, while the engine works on the main thread.
//!
//! ```text
//! stdin ──▶ reader thread ────Work────▶ inbox ──▶ main thread: the engine
//!               │ Cancel: raises the flag that the engine's next token sees      │
//!               │ end of input: raises it too, then ends the process             ▼
//!               └──────────────── Failed (already busy) ─────────────▶ stdout (behind a lock)
//! ```
//!
//! A worker never outlives its core: when its standard input closes it ends, in mid-generation too.

use super::{
    frame::{Codec, Frame, FrameError},
    protocol::{
        Completion, Finish, FromWorker, LoadedModel, PROTOCOL_VERSION, Ranked, Refusal, ToWorker,
        Vectors, Work,
    },
};
use crate::foundation::values::{
    Redacted, RequestId,
    time::{instant, monotonic_ns},
};
use bytes::BytesMut;
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::fd::AsFd,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use tokio_util::codec::{Decoder, Encoder};

/// How long a worker may take to end in good order when its input closes; the core allows two seconds.
const END_GRACE: Duration = Duration::from_secs(1);

/// A sign of life is sent at most this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// How much is read from the pipe at once.
const READ_BYTES: usize = 64 << 10;

/// What a worker does: the engine, or a scripted one in tests.
pub trait Handler {
    /// Returns what was loaded.
    fn model(&self) -> LoadedModel;

    /// Does one piece of work; `step` is called for every token, and at least once a chunk or batch.
    fn work(
        &mut self,
        work: &Work,
        step: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Product, Refusal>;
}

/// What a piece of work yields at its end.
#[derive(Debug)]
pub enum Product {
    /// How the text that was told on the way has ended.
    Text(Completion),
    /// The vectors.
    Vectors(Vectors),
    /// How well texts answer.
    Ranked(Ranked),
}

impl Product {
    /// Returns the message that tells it.
    fn told(self, id: RequestId) -> Frame<FromWorker> {
        match self {
            Self::Text(completion) => FromWorker::Done { id, completion }.into(),
            Self::Vectors(vectors) => Frame {
                payload: vectors.payload(),
                message: FromWorker::Embedded { id, embedded: vectors.embedded },
            },
            Self::Ranked(ranked) => FromWorker::Ranked { id, ranked }.into(),
        }
    }
}

/// Says that a worker of this kind does other work than this.
pub fn not_my_work() -> Refusal {
    Refusal {
        code: "invalid_request".to_owned(),
        message: "this worker does other work than that".to_owned(),
    }
}

/// What has happened since the last step.
#[derive(Debug)]
pub enum Progress {
    /// Something, but nothing to show.
    Working,
    /// The next piece of text.
    Token {
        /// Whole UTF-8 characters.
        text: String,
        /// [`monotonic_ns`] when the engine returned.
        engine_ns: u64,
    },
}

/// What the engine is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// End the answer here.
    Stop,
}

/// Why a worker ended otherwise than by being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The core said something that is no message, or the pipe failed.
    #[error("cannot talk to the core")]
    Pipe(#[from] FrameError),
    /// The standard streams could not be set up.
    #[error("cannot set up the worker's standard streams")]
    Streams(#[source] io::Error),
    /// The first message was not a greeting, or a later one was.
    #[error("the core broke the protocol: a greeting comes first, and once")]
    OutOfTurn,
    /// The core speaks another version of the protocol.
    #[error("the core speaks protocol {0}, this worker {PROTOCOL_VERSION}")]
    Version(u32),
    /// The model was refused; the core was told why.
    #[error("{0}")]
    Refused(Refusal),
    /// The engine panicked, so that its state cannot be trusted any more; the core was told.
    #[error("the engine panicked")]
    Panicked,
}

/// Serves the core over the standard streams until it closes them; `load` is called with the number of threads.
///
/// Whatever else writes to standard output, native libraries included, ends up on standard error.
pub fn serve<H: Handler>(
    oom_score_adj: i16,
    load: impl FnOnce(usize) -> Result<H, Refusal>,
) -> Result<(), ChildError> {
    silence_panics();
    if let Err(error) = fs::write("/proc/self/oom_score_adj", oom_score_adj.to_string()) {
        tracing::warn!(%error, "cannot set this worker's oom_score_adj");
    }
    let owned = |stream: io::Result<_>| stream.map(File::from).map_err(ChildError::Streams);
    let input = owned(io::stdin().as_fd().try_clone_to_owned())?;
    let output = owned(io::stdout().as_fd().try_clone_to_owned())?;
    rustix::stdio::dup2_stdout(io::stderr()).map_err(|error| ChildError::Streams(error.into()))?;
    serve_over(input, output, load, end_process)
}

/// Serves the core over any streams; `closed` is called on the reader's thread when the input has ended.
pub fn serve_over<H: Handler>(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    load: impl FnOnce(usize) -> Result<H, Refusal>,
    closed: impl FnOnce() + Send + 'static,
) -> Result<(), ChildError> {
    let wire = Arc::new(Wire { output: Mutex::new(Box::new(output)), current: Mutex::new(None) });
    let (sender, inbox) = mpsc::channel();
    let reader = Reader { wire: Arc::clone(&wire), inbox: sender };
    thread::Builder::new()
        .name("frames".to_owned())
        .spawn(move || {
            reader.run(input);
            closed();
        })
        .map_err(ChildError::Streams)?;
    let Some(threads) = greeting(&inbox, &wire)? else { return Ok(()) };
    let mut handler = match unpanicked(|| load(threads)) {
        Ok(handler) => handler,
        Err(refusal) => {
            wire.send(FromWorker::Refused { refusal: refusal.clone() })?;
            return Err(ChildError::Refused(refusal));
        }
    };
    wire.send(FromWorker::Ready { protocol: PROTOCOL_VERSION, model: handler.model() })?;
    for heard in inbox {
        match heard {
            Heard::Work(job) => answer(&mut handler, &job, &wire)?,
            Heard::Hello { .. } => return Err(ChildError::OutOfTurn),
            Heard::Broken(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits for the greeting; none if the core went away before it.
fn greeting(inbox: &mpsc::Receiver<Heard>, wire: &Wire) -> Result<Option<usize>, ChildError> {
    match inbox.recv() {
        Ok(Heard::Hello { protocol: PROTOCOL_VERSION, threads }) => Ok(Some(threads)),
        Ok(Heard::Hello { protocol, .. }) => {
            let error = ChildError::Version(protocol);
            let refusal =
                Refusal { code: "protocol_mismatch".to_owned(), message: error.to_string() };
            wire.send(FromWorker::Refused { refusal })?;
            Err(error)
        }
        Ok(Heard::Work(_)) => Err(ChildError::OutOfTurn),
        Ok(Heard::Broken(error)) => Err(error.into()),
        Err(mpsc::RecvError) => Ok(None),
    }
}

/// Answers one request, whatever the engine does.
fn answer(handler: &mut impl Handler, job: &Job, wire: &Wire) -> Result<(), ChildError> {
    let mut pace = Pace { job, wire, last: instant(), stopped: None };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        handler.work(&job.work, &mut |progress| pace.step(progress))
    }));
    let id = job.id;
    let stopped = pace.stopped;
    // Before the last word is out, for the core may send the next request the moment it hears it.
    wire.free();
    let message: Frame<FromWorker> = match (outcome, stopped) {
        (Err(_), _) => {
            wire.send(FromWorker::Failed { id, refusal: engine_failed() })?;
            return Err(ChildError::Panicked);
        }
        (Ok(_), Some(Stopped::Late)) => FromWorker::Failed { id, refusal: late() }.into(),
        (Ok(Ok(Product::Text(completion))), Some(Stopped::Cancelled)) => {
            let completion = Completion { finish: Finish::Cancelled, ..completion };
            FromWorker::Done { id, completion }.into()
        }
        (Ok(Ok(product)), _) => product.told(id),
        (Ok(Err(refusal)), _) => FromWorker::Failed { id, refusal }.into(),
    };
    wire.send(message).map_err(ChildError::from)
}

/// A request in hand.
struct Job {
    id: RequestId,
    work: Work,
    cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

/// Passes an answer on, token by token, and knows when to stop it.
struct Pace<'a> {
    job: &'a Job,
    wire: &'a Wire,
    last: Instant,
    stopped: Option<Stopped>,
}

#[derive(Clone, Copy)]
enum Stopped {
    Cancelled,
    Late,
}

impl Pace<'_> {
    fn step(&mut self, progress: Progress) -> Flow {
        let now = instant();
        if self.job.cancelled.load(Ordering::Relaxed) {
            self.stopped = Some(Stopped::Cancelled);
        } else if self.job.deadline.is_some_and(|deadline| now >= deadline) {
            self.stopped = Some(Stopped::Late);
        }
        if self.stopped.is_some() {
            return Flow::Stop;
        }
        let id = self.job.id;
        let sent = match progress {
            Progress::Token { text, engine_ns } => {
                self.wire.send(FromWorker::Token { id, text: Redacted(text), engine_ns })
            }
            Progress::Working if now.duration_since(self.last) >= SIGN_OF_LIFE => {
                self.wire.send(FromWorker::Working { id })
            }
            Progress::Working => return Flow::Continue,
        };
        self.last = now;
        // Nobody hears an answer whose pipe is gone.
        if sent.is_err() {
            self.stopped = Some(Stopped::Cancelled);
            return Flow::Stop;
        }
        Flow::Continue
    }
}

/// What both threads of a worker share.
struct Wire {
    output: Mutex<Box<dyn Write + Send>>,
    /// The request in hand, and the flag that ends it.
    current: Mutex<Option<(RequestId, Arc<AtomicBool>)>>,
}

impl Wire {
    /// Writes one frame in one call.
    fn send(&self, message: impl Into<Frame<FromWorker>>) -> Result<(), FrameError> {
        let mut bytes = BytesMut::new();
        Codec::<ToWorker, FromWorker>::default().encode(message.into(), &mut bytes)?;
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(&bytes)?;
        Ok(output.flush()?)
    }

    /// Takes a request in hand; none if there is one already.
    fn take(&self, id: RequestId) -> Option<Arc<AtomicBool>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.is_some() {
            return None;
        }
        let cancelled = Arc::new(AtomicBool::new(false));
        *current = Some((id, Arc::clone(&cancelled)));
        Some(cancelled)
    }

    fn free(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Raises the flag of the request in hand, if it is the one that is `meant`.
    fn cancel(&self, meant: impl Fn(RequestId) -> bool) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cancelled)) = current.as_ref().filter(|(id, _)| meant(*id)) {
            cancelled.store(true, Ordering::Relaxed);
        }
    }
}

/// What the reader passes on to the main thread.
enum Heard {
    Hello { protocol: u32, threads: usize },
    Work(Box<Job>),
    Broken(FrameError),
}

struct Reader {
    wire: Arc<Wire>,
    inbox: mpsc::Sender<Heard>,
}

impl Reader {
    /// Reads until the input ends, then ends the request in hand and, by closing it, the inbox.
    fn run(self, mut input: impl Read) {
        if let Err(error) = self.listen(&mut input) {
            // The main thread is gone only if the worker is ending anyway.
            drop(self.inbox.send(Heard::Broken(error)));
        }
        self.wire.cancel(|_| true);
    }

    fn listen(&self, input: &mut impl Read) -> Result<(), FrameError> {
        let (mut codec, mut bytes) = (Codec::<ToWorker, FromWorker>::default(), BytesMut::new());
        let mut block = vec![0; READ_BYTES];
        loop {
            while let Some(frame) = codec.decode(&mut bytes)? {
                self.hear(frame)?;
            }
            match input.read(&mut block) {
                Ok(0) => return codec.decode_eof(&mut bytes).map(|_| ()),
                Ok(length) => bytes.extend_from_slice(&block[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn hear(&self, frame: Frame<ToWorker>) -> Result<(), FrameError> {
        let heard = match frame.bare()? {
            ToWorker::Hello { protocol, threads } => Heard::Hello { protocol, threads },
            ToWorker::Cancel { id } => {
                self.wire.cancel(|current| current == id);
                return Ok(());
            }
            ToWorker::Work { id, deadline_ms, work } => {
                let Some(cancelled) = self.wire.take(id) else {
                    return self.wire.send(FromWorker::Failed { id, refusal: busy() });
                };
                let deadline = instant().checked_add(Duration::from_millis(deadline_ms));
                Heard::Work(Box::new(Job { id, work, cancelled, deadline }))
            }
        };
        // As above: the main thread is gone only if the worker is ending anyway.
        drop(self.inbox.send(heard));
        Ok(())
    }
}

fn busy() -> Refusal {
    Refusal {
        code: "invalid_request".to_owned(),
        message: "the worker answers one request at a time".to_owned(),
    }
}

fn late() -> Refusal {
    Refusal {
        code: "deadline_exceeded".to_owned(),
        message: "the answer was not complete in time".to_owned(),
    }
}

fn engine_failed() -> Refusal {
    Refusal {
        code: "engine_failed".to_owned(),
        message: "the engine failed on this request; its worker starts anew".to_owned(),
    }
}

fn unpanicked<T>(load: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    panic::catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|_| {
        Err(Refusal {
            code: "engine_failed".to_owned(),
            message: "the engine failed while it loaded the model".to_owned(),
        })
    })
}

/// Makes panics say where they happened and nothing else: the message of a slice index quotes the text it cut.
fn silence_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(at_ns = monotonic_ns(), "a worker panicked at {place}");
    }));
}

/// Ends this process for certain: an engine deep in native code cannot hold it.
fn end_process() {
    thread::sleep(END_GRACE);
    // Killed rather than exited: exit handlers of native libraries may wait for threads that still compute.
    let killed =
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    if let Err(error) = killed {
        tracing::error!(%error, "a worker cannot end itself");
    }
}
