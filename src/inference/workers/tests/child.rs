//! The child's loop with a scripted engine.

use super::super::{
    child::{ChildError, Flow, Handler, Product, Progress, serve_over},
    frame::Codec,
    protocol::*,
};
use crate::foundation::values::{RequestId, Sha256};
use bytes::BytesMut;
use proptest::prelude::*;
use std::{
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::mpsc,
    thread::{self, JoinHandle},
};
use tokio_util::codec::{Decoder, Encoder};

/// An engine that takes its steps from the test, so that every order of events can be had.
struct Scripted {
    steps: mpsc::Receiver<Step>,
}

enum Step {
    Token(&'static str),
    Panic,
    Finish,
}

impl Handler for Scripted {
    fn model(&self) -> LoadedModel {
        LoadedModel {
            id: "scripted".to_owned(),
            digest: Sha256::of(""),
            architecture: "none".to_owned(),
            context_tokens: 8,
            vocabulary: 8,
            dimensions: None,
            manner: None,
            batch_tokens: None,
            runtime: "none".to_owned(),
        }
    }

    fn work(
        &mut self,
        _: &Work,
        step: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Product, Refusal> {
        let completion = Completion {
            finish: Finish::Stop,
            prompt_tokens: 0,
            cached_tokens: 0,
            completion_tokens: 0,
            first_token_ms: 0.0,
            decode_ms: 0.0,
            logprobs: Vec::new(),
        };
        for scripted in &self.steps {
            match scripted {
                Step::Token(text) => {
                    let token = Progress::Token { text: text.to_owned(), engine_ns: 0 };
                    if step(token) == Flow::Stop {
                        break;
                    }
                }
                Step::Panic => panic!("a canary in a panic's message"),
                Step::Finish => break,
            }
        }
        Ok(Product::Text(completion))
    }
}

/// The core's end of the pipes, in the hands of a test.
struct Core {
    wire: UnixStream,
    codec: Codec<FromWorker, ToWorker>,
    bytes: BytesMut,
    steps: mpsc::Sender<Step>,
    closed: mpsc::Receiver<()>,
    worker: JoinHandle<Result<(), ChildError>>,
}

impl Core {
    fn new() -> Self {
        let (wire, far) = UnixStream::pair().unwrap();
        let (steps, script) = mpsc::channel();
        let (closing, closed) = mpsc::channel();
        let worker = thread::spawn(move || {
            let input = far.try_clone().unwrap();
            serve_over(
                input,
                far,
                |_| Ok(Scripted { steps: script }),
                move || {
                    // Most tests do not wait for this.
                    let _unheard = closing.send(()).is_err();
                },
            )
        });
        Self { wire, codec: Codec::default(), bytes: BytesMut::new(), steps, closed, worker }
    }

    fn greeted() -> Self {
        let mut core = Self::new();
        core.say(ToWorker::Hello { protocol: PROTOCOL_VERSION, threads: 1 });
        assert!(matches!(core.hear(), Some(FromWorker::Ready { protocol: PROTOCOL_VERSION, .. })));
        core
    }

    fn say(&mut self, message: ToWorker) {
        let mut bytes = BytesMut::new();
        self.codec.encode(message.into(), &mut bytes).unwrap();
        self.wire.write_all(&bytes).unwrap();
    }

    fn ask(&mut self) -> RequestId {
        self.ask_within(60_000)
    }

    fn ask_within(&mut self, deadline_ms: u64) -> RequestId {
        let id = RequestId::new();
        let work = Work::Generate(Box::default());
        self.say(ToWorker::Work { id, deadline_ms, work });
        id
    }

    fn step(&self, step: Step) {
        self.steps.send(step).unwrap();
    }

    fn hear(&mut self) -> Option<FromWorker> {
        let mut block = [0; 1024];
        loop {
            if let Some(frame) = self.codec.decode(&mut self.bytes).unwrap() {
                return Some(frame.message);
            }
            match self.wire.read(&mut block).unwrap() {
                0 => return None,
                length => self.bytes.extend_from_slice(&block[..length]),
            }
        }
    }

    fn hear_token(&mut self, expected: &str) {
        match self.hear() {
            Some(FromWorker::Token { text, .. }) => assert_eq!(text.expose(), expected),
            other => panic!("a token was due, not {other:?}"),
        }
    }

    fn hear_refusal(&mut self) -> String {
        match self.hear() {
            Some(FromWorker::Failed { refusal, .. } | FromWorker::Refused { refusal }) => {
                refusal.code
            }
            other => panic!("a refusal was due, not {other:?}"),
        }
    }

    fn hear_finish(&mut self) -> Finish {
        match self.hear() {
            Some(FromWorker::Done { completion, .. }) => completion.finish,
            other => panic!("the end was due, not {other:?}"),
        }
    }

    fn ended(self) -> Result<(), ChildError> {
        self.worker.join().unwrap()
    }
}

#[test]
fn requests_are_answered_one_after_the_other() {
    let mut core = Core::greeted();
    for _ in 0..3 {
        core.ask();
        core.step(Step::Token("a"));
        core.hear_token("a");
        core.step(Step::Finish);
        assert_eq!(core.hear_finish(), Finish::Stop);
    }
    core.wire.shutdown(Shutdown::Write).unwrap();
    core.ended().unwrap();
}

// VOX-36: generation stops at the next token.
#[test]
fn a_cancelled_request_ends_at_its_next_token_and_the_worker_takes_the_next() {
    let mut core = Core::greeted();
    let id = core.ask();
    core.step(Step::Token("a"));
    core.hear_token("a");
    core.say(ToWorker::Cancel { id });
    // Answered by the reader, so the cancellation before it has been read for certain.
    core.ask();
    assert_eq!(core.hear_refusal(), "invalid_request");
    core.step(Step::Token("never shown"));
    assert_eq!(core.hear_finish(), Finish::Cancelled);
    core.say(ToWorker::Cancel { id });
    core.ask();
    core.step(Step::Token("b"));
    core.hear_token("b");
}

#[test]
fn a_second_request_while_busy_is_refused_and_the_first_goes_on() {
    let mut core = Core::greeted();
    core.ask();
    core.ask();
    assert_eq!(core.hear_refusal(), "invalid_request");
    core.step(Step::Token("a"));
    core.hear_token("a");
}

#[test]
fn a_request_ends_at_its_deadline() {
    let mut core = Core::greeted();
    core.ask_within(0);
    core.step(Step::Token("too late"));
    assert_eq!(core.hear_refusal(), "deadline_exceeded");
    core.ask_within(u64::MAX);
    core.step(Step::Token("a"));
    core.hear_token("a");
}

#[test]
fn a_closed_input_ends_the_worker_in_mid_generation() {
    let mut core = Core::greeted();
    core.ask();
    core.step(Step::Token("a"));
    core.hear_token("a");
    core.wire.shutdown(Shutdown::Write).unwrap();
    core.closed.recv().unwrap();
    core.step(Step::Token("never shown"));
    assert_eq!(core.hear_finish(), Finish::Cancelled);
    core.ended().unwrap();
}

#[test]
fn a_core_that_goes_away_before_it_greets_is_no_error() {
    let core = Core::new();
    core.wire.shutdown(Shutdown::Both).unwrap();
    core.ended().unwrap();
}

#[test]
fn a_panic_of_the_engine_is_answered_and_ends_the_worker() {
    let mut core = Core::greeted();
    core.ask();
    core.step(Step::Panic);
    assert_eq!(core.hear_refusal(), "engine_failed");
    assert!(matches!(core.ended(), Err(ChildError::Panicked)));
}

#[test]
fn another_version_of_the_protocol_is_refused() {
    let mut core = Core::new();
    core.say(ToWorker::Hello { protocol: PROTOCOL_VERSION + 1, threads: 1 });
    assert_eq!(core.hear_refusal(), "protocol_mismatch");
    assert!(matches!(core.ended(), Err(ChildError::Version(_))));
}

#[test]
fn a_request_before_the_greeting_and_a_second_greeting_end_the_worker() {
    let mut core = Core::new();
    core.ask();
    assert!(matches!(core.ended(), Err(ChildError::OutOfTurn)));
    let mut core = Core::greeted();
    core.say(ToWorker::Hello { protocol: PROTOCOL_VERSION, threads: 1 });
    assert!(matches!(core.ended(), Err(ChildError::OutOfTurn)));
}

#[test]
fn bytes_that_are_no_message_end_the_worker_with_a_named_error() {
    let mut core = Core::greeted();
    core.wire.write_all(b"\0\0\0\x02\0\0\0\0[]").unwrap();
    assert!(matches!(core.ended(), Err(ChildError::Pipe(_))));
}

proptest! {
    // The worker's half of the fuzzer: the core's half is beside the codec.
    #[test]
    fn whatever_bytes_come_the_worker_ends_without_a_panic(
        greeted in any::<bool>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut core = if greeted { Core::greeted() } else { Core::new() };
        core.wire.write_all(&bytes).unwrap();
        core.wire.shutdown(Shutdown::Write).unwrap();
        drop(core.steps);
        let _ended = core.worker.join().unwrap();
    }
}

#[test]
fn a_panic_while_loading_is_a_refusal() {
    let (mut near, far) = UnixStream::pair().unwrap();
    let worker = thread::spawn(move || {
        let load = |_| -> Result<Scripted, Refusal> { panic!("a canary in a panic's message") };
        serve_over(far.try_clone().unwrap(), far, load, || ())
    });
    let mut bytes = BytesMut::new();
    let mut codec = Codec::<FromWorker, ToWorker>::default();
    let hello = ToWorker::Hello { protocol: PROTOCOL_VERSION, threads: 1 };
    codec.encode(hello.into(), &mut bytes).unwrap();
    near.write_all(&bytes).unwrap();
    assert!(
        matches!(worker.join().unwrap(), Err(ChildError::Refused(refusal)) if refusal.code == "engine_failed")
    );
}
