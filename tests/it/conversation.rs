//! Turns through a real worker process with a real (tiny, talkative) model.

use crate::workers::vacant;
use futures_util::StreamExt;
use ladylinux::{
    commands::BuiltIns,
    conversation::{
        AnsweredBy, Ask, Basis, Caller, Conversations, Household, Place, Turn, TurnEvent, Who,
    },
    foundation::{
        settings::Settings,
        store::{self, Store},
        values::Redacted,
    },
    inference::workers::{Llm, Post, Spawn, WorkerState, Workers},
    knowledge::{self, LearnOptions, Mode, Searcher},
};
use std::{fs, path::Path, time::Duration};

const WORKERS: &str = "# Workers\n\nWhen a worker dies, the core starts it again after a pause.\n";

const QUESTION: &str = "what happens when a worker dies?";

/// Nothing here takes that long; what hangs is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

struct Node {
    _directory: tempfile::TempDir,
    conversations: Conversations,
    workers: Workers,
}

impl Node {
    async fn talkative() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let document = directory.path().join("workers.md");
        fs::write(&document, WORKERS).unwrap();
        let database = directory.path().join("ladylinux.db");
        store::migrate(&database).unwrap();
        let store = Store::open(&database).unwrap();
        let options = LearnOptions {
            reader: None,
            passage_chars: 900,
            max_file_bytes: 1 << 20,
            extractor: crate::knowledge::extractor(|_| ()),
            mode: Mode::Write,
        };
        knowledge::learn(&store, &[document], &options, |_| {}).await.unwrap();
        let mut settings = Settings::for_tests(directory.path());
        settings.llm.max_tokens = 2000;
        let llm = Post { spawn: Ok(spawn()), model: None };
        let workers = Workers::with(&settings, llm, vacant(), vacant());
        let household = Household::open(store.clone(), &settings, BuiltIns::default()).unwrap();
        let searcher = Searcher::new(store, None);
        let conversations = Conversations::new(searcher, workers.llm.clone(), household, &settings);
        ready(&workers.llm).await;
        Self { _directory: directory, conversations, workers }
    }

    async fn turn(&self, text: &str) -> Turn {
        let id = self.conversations.begin(&Who::Anonymous);
        let caller = Caller { who: Who::Anonymous, from: Place::Api, person: None };
        let ask = Ask { text: Redacted(text.to_owned()), caller };
        self.conversations.turn(id, ask).await.unwrap()
    }
}

fn spawn() -> Spawn {
    let library = std::env::var_os("ORT_DYLIB_PATH").expect(
        "these tests need ORT_DYLIB_PATH to name libonnxruntime.so: run scripts/test, which sets it",
    );
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm/chatty");
    let mut arguments: Vec<std::ffi::OsString> =
        ["worker", "llm", "--model-id", "chatty", "--threads", "1", "--context", "4096"]
            .map(Into::into)
            .into();
    arguments.extend(["--prefill-chunk".into(), "128".into(), "--model".into(), model.into()]);
    arguments.extend(["--onnxruntime".into(), library]);
    Spawn { program: env!("CARGO_BIN_EXE_ladylinux").into(), arguments, environment: Vec::new() }
}

async fn ready(llm: &Llm) -> Option<u32> {
    let status = llm.wait_for(|status| status.state == WorkerState::Ready);
    tokio::time::timeout(PATIENCE, status).await.unwrap().unwrap().pid
}

async fn next(turn: &mut Turn) -> Option<TurnEvent> {
    tokio::time::timeout(PATIENCE, turn.next()).await.unwrap()
}

async fn until_it_speaks(turn: &mut Turn) {
    let mut event = next(turn).await;
    while !matches!(event, Some(TurnEvent::Token { .. })) {
        assert!(!matches!(event, None | Some(TurnEvent::Error { .. })), "{event:?}");
        event = next(turn).await;
    }
}

// VOX-32, VOX-34
#[tokio::test]
async fn a_question_goes_through_the_worker_with_its_passages() {
    let node = Node::talkative().await;
    let mut turn = node.turn(QUESTION).await;
    until_it_speaks(&mut turn).await;
    let (mut tokens, mut basis, mut timings, mut answered) = (1, None, None, None);
    while let Some(event) = next(&mut turn).await {
        match event {
            TurnEvent::Token { .. } => tokens += 1,
            TurnEvent::Citations { basis: told, .. } => basis = Some(told),
            TurnEvent::Timings(told) => timings = Some(told),
            TurnEvent::Done { answered_by, .. } => answered = Some(answered_by),
            other @ (TurnEvent::Intent { .. }
            | TurnEvent::Passages { .. }
            | TurnEvent::Decision(_)
            | TurnEvent::Note { .. }
            | TurnEvent::Error { .. }) => panic!("{other:?}"),
        }
    }
    let timings = timings.unwrap();
    assert!(tokens > 10 && tokens <= timings.tokens.unwrap(), "{tokens} {timings:?}");
    assert!(timings.queue_ms.is_some() && timings.tokens_per_second.unwrap() > 0.0, "{timings:?}");
    // It talks, and cites nothing.
    assert_eq!(basis, Some(Basis::Given));
    assert_eq!(answered, Some(AnsweredBy::Model { id: "chatty".to_owned() }));
    node.workers.stop().await;
}

// VOX-67, VOX-68, VOX-69
#[tokio::test]
async fn a_worker_killed_in_mid_answer_gives_an_error_and_the_next_question_works() {
    let node = Node::talkative().await;
    let pid = ready(&node.workers.llm).await.unwrap();
    let mut turn = node.turn(QUESTION).await;
    until_it_speaks(&mut turn).await;
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let last = loop {
        let event = next(&mut turn).await.unwrap();
        if event.name() != "token" {
            break event;
        }
    };
    let TurnEvent::Error { code, message, .. } = last else { panic!("{last:?}") };
    assert_eq!(code, "worker_died");
    assert!(message.ends_with('.'), "{message}");
    assert!(next(&mut turn).await.is_none());

    // Asked while the worker starts again: the question waits for it.
    let mut turn = node.turn(QUESTION).await;
    until_it_speaks(&mut turn).await;
    drop(turn);
    node.workers.stop().await;
}

// ARCHITECTURE: a client that went away frees its place at once, and generation stops at the next token.
#[tokio::test]
async fn a_turn_that_is_dropped_frees_the_worker() {
    let node = Node::talkative().await;
    let mut turn = node.turn(QUESTION).await;
    until_it_speaks(&mut turn).await;
    drop(turn);
    // The answer would have gone on for 2,000 tokens; the worker is free again without dying.
    ready(&node.workers.llm).await.unwrap();
    assert_eq!(node.workers.llm.status().restarts, 0);
    node.workers.stop().await;
}

#[tokio::test]
async fn a_question_that_does_not_fit_the_context_is_an_error_with_the_numbers() {
    let node = Node::talkative().await;
    let mut turn = node.turn(&"worker dies? ".repeat(1200)).await;
    let mut last = None;
    while let Some(event) = next(&mut turn).await {
        last = Some(event);
    }
    let Some(TurnEvent::Error { code, message, mend }) = last else { panic!("{last:?}") };
    assert_eq!(code, "context_overflow");
    assert!(message.contains("4096"), "{message}");
    assert!(mend.unwrap().contains("llm.context_tokens"));
    node.workers.stop().await;
}
