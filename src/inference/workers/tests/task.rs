//! What clients see of a worker that behaves, and of ones that do not. Time is paused, so nothing here waits.

use super::super::{
    Embedder, Event, Generation, Llm, WorkerError, WorkerState,
    frame::{Codec, Frame, MAX_HEADER_BYTES},
    machine::Policy,
    permits::Permits,
    process::Process,
    protocol::*,
    task::{Charge, Launch, start},
};
use crate::foundation::values::{ReadinessIssue, RequestId, Severity, Sha256};
use bytes::{BufMut, BytesMut};
use futures_util::{FutureExt, StreamExt};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf},
    sync::mpsc,
};
use tokio_util::{
    codec::{Encoder, FramedRead},
    sync::CancellationToken,
};

const POLICY: Policy = Policy {
    handshake_timeout: Duration::from_mins(2),
    work_timeout: Duration::from_mins(5),
    stall_timeout: Duration::from_mins(1),
    restart_limit: 5,
    restart_window: Duration::from_mins(1),
};

/// The worker's end of the pipes, in the hands of a test.
pub(super) struct Peer {
    heard: FramedRead<ReadHalf<DuplexStream>, Codec<ToWorker, FromWorker>>,
    output: WriteHalf<DuplexStream>,
}

impl Peer {
    pub(super) async fn hear(&mut self) -> Option<ToWorker> {
        self.heard.next().await.map(|frame| frame.unwrap().message)
    }

    pub(super) async fn say(&mut self, message: FromWorker) {
        let mut bytes = BytesMut::new();
        Codec::<ToWorker, FromWorker>::default().encode(Frame::from(message), &mut bytes).unwrap();
        self.say_bytes(&bytes).await;
    }

    pub(super) async fn say_bytes(&mut self, bytes: &[u8]) {
        self.output.write_all(bytes).await.unwrap();
    }

    /// Greets as a worker with its model loaded.
    async fn greet(&mut self) {
        assert!(matches!(
            self.hear().await,
            Some(ToWorker::Hello { protocol: PROTOCOL_VERSION, threads: 2 })
        ));
        self.say(FromWorker::Ready { protocol: PROTOCOL_VERSION, model: model() }).await;
    }

    async fn hear_request(&mut self) -> RequestId {
        match self.hear().await {
            Some(ToWorker::Work { id, .. }) => id,
            other => panic!("a request was due, not {other:?}"),
        }
    }

    async fn token(&mut self, id: RequestId, text: &str) {
        self.say(FromWorker::Token { id, text: text.to_owned().into(), engine_ns: 7 }).await;
    }

    async fn done(&mut self, id: RequestId) {
        self.say(FromWorker::Done { id, completion: completion() }).await;
    }
}

/// A node with one worker, whose processes are handed to the test as they are started.
pub(super) struct Node {
    pub(super) llm: Llm,
    started: mpsc::UnboundedReceiver<Peer>,
    stop: CancellationToken,
}

impl Node {
    pub(super) fn new(places: usize) -> Self {
        let (sender, started) = mpsc::unbounded_channel();
        Self::launching(places, started, move || {
            let (core, worker) = tokio::io::duplex(1 << 16);
            let (output, input) = tokio::io::split(core);
            let (heard, said) = tokio::io::split(worker);
            let peer = Peer { heard: FramedRead::new(heard, Codec::default()), output: said };
            sender.send(peer).unwrap();
            Ok(Process::over(output, input))
        })
    }

    fn launching(
        places: usize,
        started: mpsc::UnboundedReceiver<Peer>,
        launch: impl FnMut() -> io::Result<Process> + Send + 'static,
    ) -> Self {
        Self::charged(places, started, Ok(Box::new(launch)))
    }

    fn charged(
        places: usize,
        started: mpsc::UnboundedReceiver<Peer>,
        launch: Result<Launch, ReadinessIssue>,
    ) -> Self {
        let stop = CancellationToken::new();
        let (llm, run) = start(Charge {
            kind: WorkerKind::Llm,
            launch,
            model: Some("/models/tiny".into()),
            policy: POLICY,
            places,
            patience: Duration::from_secs(30),
            permits: Permits::of(2),
            stop: stop.clone(),
        });
        tokio::spawn(run);
        Self { llm: Llm(llm), started, stop }
    }

    pub(super) async fn peer(&mut self) -> Peer {
        self.started.recv().await.unwrap()
    }

    async fn greeted(&mut self) -> Peer {
        let mut peer = self.peer().await;
        peer.greet().await;
        peer
    }

    async fn ask(&self) -> Generation {
        self.llm.generate(Generate::default()).await.unwrap()
    }

    async fn state(&self, wanted: WorkerState) -> super::super::WorkerStatus {
        self.llm.wait_for(|status| status.state == wanted).await.unwrap()
    }

    async fn issue_code(&self) -> String {
        let status = self.llm.wait_for(|status| status.issue.is_some()).await.unwrap();
        status.issue.unwrap().code
    }
}

pub(super) fn model() -> LoadedModel {
    LoadedModel {
        id: "tiny".to_owned(),
        digest: Sha256::of(""),
        architecture: "llama".to_owned(),
        context_tokens: 64,
        vocabulary: 32,
        dimensions: None,
        manner: None,
        batch_tokens: None,
        runtime: "scripted".to_owned(),
    }
}

fn completion() -> Completion {
    Completion {
        finish: Finish::Stop,
        prompt_tokens: 1,
        cached_tokens: 0,
        completion_tokens: 2,
        first_token_ms: 1.0,
        decode_ms: 1.0,
        logprobs: Vec::new(),
    }
}

async fn error(generation: &mut Generation) -> WorkerError {
    loop {
        match generation.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => return error,
            None => panic!("an answer that ended well"),
        }
    }
}

fn text(event: Option<Result<Event, WorkerError>>) -> String {
    match event {
        Some(Ok(Event::Token { text, .. })) => text.expose().to_owned(),
        other => panic!("a token was due, not {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_streams_token_by_token_and_ends() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    let id = peer.hear_request().await;
    peer.token(id, "Hel").await;
    peer.token(id, "lo").await;
    peer.done(id).await;
    assert!(matches!(answer.next().await, Some(Ok(Event::Started { .. }))));
    assert_eq!(text(answer.next().await), "Hel");
    assert_eq!(text(answer.next().await), "lo");
    assert_eq!(answer.next().await, Some(Ok(Event::Done(completion()))));
    assert_eq!(answer.next().await, None);
    let status = node.state(WorkerState::Ready).await;
    assert_eq!((status.model, status.restarts), (Some(model()), 0));
}

// VOX-35
#[tokio::test(start_paused = true)]
async fn one_generation_at_a_time_in_the_order_of_asking() {
    let mut node = Node::new(2);
    let first = node.ask().await;
    let second = node.ask().await;
    let third = node.ask().await;
    let mut peer = node.greeted().await;
    for generation in [&first, &second, &third] {
        let id = peer.hear_request().await;
        assert_eq!(id, generation.id());
        assert_eq!(node.state(WorkerState::Busy).await.state, WorkerState::Busy);
        peer.done(id).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_goes_before_a_program_that_waits() {
    let mut node = Node::new(4);
    let first = node.ask().await;
    let programs = node.llm.for_batch().generate(Generate::default()).await.unwrap();
    let conversations = node.ask().await;
    let mut peer = node.greeted().await;
    for generation in [&first, &conversations, &programs] {
        let id = peer.hear_request().await;
        assert_eq!(id, generation.id());
        peer.done(id).await;
    }
}

// VOX-36
#[tokio::test(start_paused = true)]
async fn a_full_queue_is_refused_and_a_client_that_leaves_frees_its_place_at_once() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let running = node.ask().await;
    let id = peer.hear_request().await;
    let waiting = node.ask().await;
    let full = node.llm.generate(Generate::default()).await.unwrap_err();
    assert!(
        matches!(full, WorkerError::Full { retry_after } if retry_after >= Duration::from_secs(1))
    );
    drop(waiting);
    let next = node.llm.generate(Generate::default()).await.unwrap();
    drop(running);
    assert_eq!(peer.hear().await, Some(ToWorker::Cancel { id }));
    peer.done(id).await;
    assert_eq!(peer.hear_request().await, next.id());
}

// VOX-36
#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_before_it_is_admitted_takes_no_place() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let _running = node.ask().await;
    let first = peer.hear_request().await;
    for _ in 0..3 {
        // Polled once, so that the request is on its way, and dropped before the task has seen it.
        assert!(node.llm.generate(Generate::default()).now_or_never().is_none());
    }
    let _next = node.ask().await;
    peer.done(first).await;
    peer.hear_request().await;
    assert_eq!(node.state(WorkerState::Busy).await.waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_at_once_get_a_place_or_a_refusal_and_nobody_hangs() {
    let mut node = Node::new(8);
    let mut peer = node.greeted().await;
    let asks = (0..1000).map(|_| node.llm.generate(Generate::default()));
    let answers = futures_util::future::join_all(asks).await;
    let (admitted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!((9..=10).contains(&admitted.len()), "{}", admitted.len());
    assert!(refused.iter().all(|refused| matches!(refused, Err(WorkerError::Full { .. }))));
    for _ in &admitted {
        let id = peer.hear_request().await;
        peer.done(id).await;
    }
}

// VOX-37: the queue's timeout.
#[tokio::test(start_paused = true)]
async fn whoever_waits_too_long_is_told_so() {
    let mut node = Node::new(1);
    let mut waiting = node.ask().await;
    assert_eq!(error(&mut waiting).await, WorkerError::QueueTimeout);
    let _peer = node.greeted().await;
    node.state(WorkerState::Ready).await;
}

// VOX-37: the stall timeout; a worker that then reacts lives on.
#[tokio::test(start_paused = true)]
async fn a_silent_generation_fails_and_its_worker_lives_on_if_it_reacts() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    let id = peer.hear_request().await;
    peer.say(FromWorker::Working { id }).await;
    assert_eq!(error(&mut answer).await, WorkerError::Stalled);
    assert_eq!(peer.hear().await, Some(ToWorker::Cancel { id }));
    peer.done(id).await;
    assert_eq!(node.state(WorkerState::Ready).await.restarts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_does_not_react_to_a_cancellation_is_replaced() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    peer.hear_request().await;
    assert_eq!(error(&mut answer).await, WorkerError::Stalled);
    let _fresh = node.greeted().await;
    let status = node.state(WorkerState::Ready).await;
    assert_eq!((status.restarts, status.issue), (1, None));
}

// VOX-37: the generation's timeout.
#[tokio::test(start_paused = true)]
async fn an_answer_without_end_is_ended_at_its_deadline() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    let id = peer.hear_request().await;
    let babble = async {
        loop {
            peer.token(id, "and ").await;
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    };
    tokio::select! {
        () = babble => unreachable!(),
        error = error(&mut answer) => assert_eq!(error, WorkerError::DeadlineExceeded),
    }
}

// VOX-67, VOX-68, VOX-69
#[tokio::test(start_paused = true)]
async fn a_death_in_mid_answer_fails_that_answer_and_those_who_wait_are_answered_by_the_next_process()
 {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    let waiting = node.ask().await;
    let id = peer.hear_request().await;
    peer.token(id, "Hel").await;
    drop(peer);
    assert_eq!(error(&mut answer).await, WorkerError::Died);
    assert_eq!(node.issue_code().await, "worker_exited");
    let mut fresh = node.greeted().await;
    assert_eq!(fresh.hear_request().await, waiting.id());
    assert_eq!(node.llm.status().restarts, 1);
}

// VOX-68: held, and visible.
#[tokio::test(start_paused = true)]
async fn five_deaths_in_a_minute_hold_the_worker_and_say_so_to_whoever_asks() {
    let mut node = Node::new(1);
    let mut waiting = node.ask().await;
    for _ in 0..5 {
        drop(node.peer().await);
    }
    let status = node.state(WorkerState::Held).await;
    let issue = status.issue.unwrap();
    assert_eq!(issue.code, "worker_held");
    assert!(issue.message.contains("died 5 times"), "{}", issue.message);
    assert_eq!(error(&mut waiting).await, WorkerError::NotReady(issue.clone()));
    let refused = node.llm.generate(Generate::default()).await.unwrap_err();
    assert_eq!(refused, WorkerError::NotReady(issue));
    assert!(node.started.try_recv().is_err(), "a held worker is not started again");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_says_nothing_is_ended_at_the_handshakes_deadline() {
    let mut node = Node::new(1);
    let _peer = node.peer().await;
    assert_eq!(node.issue_code().await, "worker_no_handshake");
    let _fresh = node.greeted().await;
    assert_eq!(node.state(WorkerState::Ready).await.issue, None);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_sends_garbage_is_ended_with_the_name_of_its_mistake() {
    let mut oversize = BytesMut::new();
    oversize.put_u32(u32::try_from(MAX_HEADER_BYTES).unwrap() + 1);
    oversize.put_u32(0);
    let with_payload = b"\0\0\0\x02\0\0\0\x01{}x";
    for (bytes, mistake) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "header is 1195725856 bytes long"),
        (&oversize[..], "header is 8388609 bytes long"),
        (b"\0\0\0\x02\0\0\0\0[]", "no message of this protocol"),
        (b"\0\0\0\x02\0\0\0\0{x", "not JSON"),
        (with_payload, "no message of this protocol"),
    ] {
        let mut node = Node::new(1);
        node.peer().await.say_bytes(bytes).await;
        let status = node.llm.wait_for(|status| status.issue.is_some()).await.unwrap();
        let issue = status.issue.unwrap();
        assert_eq!(issue.code, "worker_bad_frame");
        assert!(issue.message.contains(mistake), "{}", issue.message);
        let _fresh = node.greeted().await;
        node.state(WorkerState::Ready).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_cut_short_by_death_is_named_too() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    peer.hear_request().await;
    peer.say_bytes(b"\0\0\0\x20\0\0\0\0{\"ty").await;
    drop(peer);
    assert_eq!(error(&mut answer).await, WorkerError::Died);
    let status = node.llm.wait_for(|status| status.issue.is_some()).await.unwrap();
    assert!(status.issue.unwrap().message.contains("ended within a frame"));
}

#[tokio::test(start_paused = true)]
async fn another_protocol_version_is_refused_and_not_tried_again() {
    let mut node = Node::new(1);
    let mut peer = node.peer().await;
    peer.say(FromWorker::Ready { protocol: PROTOCOL_VERSION + 1, model: model() }).await;
    let issue = node.state(WorkerState::Refused).await.issue.unwrap();
    assert_eq!(issue.code, "protocol_mismatch");
    assert!(issue.mend.contains("restart"), "{}", issue.mend);
    assert!(node.started.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_refused_model_is_named_with_its_folder_and_what_is_wrong() {
    let mut node = Node::new(1);
    let mut waiting = node.ask().await;
    let mut peer = node.peer().await;
    let refusal = Refusal {
        code: "foreign_graph".to_owned(),
        message: "input `pixel_values` is none that a language model has".to_owned(),
    };
    peer.say(FromWorker::Refused { refusal }).await;
    let issue = node.state(WorkerState::Refused).await.issue.unwrap();
    assert_eq!(issue.code, "foreign_graph");
    assert!(issue.message.contains("pixel_values"), "{}", issue.message);
    assert!(issue.mend.contains("/models/tiny"), "{}", issue.mend);
    assert_eq!(error(&mut waiting).await, WorkerError::NotReady(issue));
}

#[tokio::test(start_paused = true)]
async fn without_a_model_the_worker_is_absent_and_says_what_is_missing() {
    let issue = ReadinessIssue {
        severity: Severity::Warning,
        code: "missing_model".to_owned(),
        message: "no language model is installed".to_owned(),
        path: None,
        mend: "put one into /models".to_owned(),
    };
    let (_, never) = mpsc::unbounded_channel();
    let node = Node::charged(1, never, Err(issue.clone()));
    assert_eq!(node.llm.status().state, WorkerState::Absent);
    let refused = node.llm.generate(Generate::default()).await.unwrap_err();
    assert_eq!(refused, WorkerError::NotReady(issue));
}

#[tokio::test(start_paused = true)]
async fn a_program_that_cannot_be_started_is_a_death_like_any_other() {
    let (_, never) = mpsc::unbounded_channel();
    let node = Node::launching(1, never, || Err(io::Error::other("no such program")));
    let issue = node.state(WorkerState::Held).await.issue.unwrap();
    assert!(issue.message.contains("could not be started: no such program"), "{}", issue.message);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_leaves_the_worker_ready() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    let id = peer.hear_request().await;
    let refusal = Refusal { code: "context_overflow".to_owned(), message: "70 of 64".to_owned() };
    peer.say(FromWorker::Failed { id, refusal: refusal.clone() }).await;
    assert_eq!(error(&mut answer).await, WorkerError::Refused(refusal));
    assert_eq!(node.state(WorkerState::Ready).await.restarts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_too_long_for_a_frame_is_refused_and_the_next_one_goes_through() {
    let mut node = Node::new(2);
    let messages = vec![ChatMessage::new("user", "x".repeat(MAX_HEADER_BYTES))];
    let long = Generate { messages, ..Generate::default() };
    let mut refused = node.llm.generate(long).await.unwrap();
    let next = node.ask().await;
    let mut peer = node.greeted().await;
    assert!(matches!(error(&mut refused).await, WorkerError::Refused(_)));
    assert_eq!(peer.hear_request().await, next.id());
}

/// Asks a worker for vectors, and answers it with what `said` makes of the request.
async fn embedded(
    said: impl FnOnce(RequestId) -> Frame<FromWorker>,
) -> Result<Vectors, WorkerError> {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let embedder = Embedder(node.llm.0.clone());
    let texts = vec!["a".to_owned().into(), "b".to_owned().into()];
    let asking =
        tokio::spawn(async move { embedder.embed(Embed { texts, role: TextRole::Query }).await });
    let id = peer.hear_request().await;
    let mut bytes = BytesMut::new();
    Codec::<ToWorker, FromWorker>::default().encode(said(id), &mut bytes).unwrap();
    peer.say_bytes(&bytes).await;
    let answer = asking.await.unwrap();
    if answer.is_err() {
        assert_eq!(node.issue_code().await, "worker_bad_frame");
    }
    answer
}

fn vectors(id: RequestId, dimensions: usize, payload: &'static [u8]) -> Frame<FromWorker> {
    let embedded = Embedded { dimensions, tokens: vec![4], truncated: vec![1] };
    Frame { message: FromWorker::Embedded { id, embedded }, payload: payload.into() }
}

#[tokio::test(start_paused = true)]
async fn vectors_come_as_they_were_made() {
    let made = embedded(|id| vectors(id, 1, b"\0\0\x80\x3f\0\0\0\xbf")).await.unwrap();
    assert_eq!((made.values.as_slice(), made.iter().len()), (&[1.0, -0.5][..], 2));
    assert_eq!(made.embedded.truncated, [1]);
}

#[tokio::test(start_paused = true)]
async fn vectors_that_are_not_whole_and_another_kind_of_answer_end_the_worker() {
    for payload in [&b"\0\0\x80"[..], b"\0\0\x80\x3f"] {
        assert_eq!(embedded(|id| vectors(id, 2, payload)).await, Err(WorkerError::Died));
    }
    assert_eq!(embedded(|id| vectors(id, 0, b"")).await, Err(WorkerError::Died));
    let text = |id| FromWorker::Done { id, completion: completion() }.into();
    assert_eq!(embedded(text).await, Err(WorkerError::Died));
}

#[tokio::test(start_paused = true)]
async fn stopping_fails_the_running_answer_closes_the_workers_input_and_ends() {
    let mut node = Node::new(1);
    let mut peer = node.greeted().await;
    let mut answer = node.ask().await;
    let mut waiting = node.ask().await;
    peer.hear_request().await;
    node.stop.cancel();
    assert_eq!(error(&mut answer).await, WorkerError::Stopping);
    assert_eq!(error(&mut waiting).await, WorkerError::Stopping);
    assert_eq!(peer.hear().await, None, "the worker's input is closed");
    drop(peer);
    assert!(node.llm.wait_for(|_| false).await.is_none(), "the task has ended");
    let refused = node.llm.generate(Generate::default()).await.unwrap_err();
    assert_eq!(refused, WorkerError::Stopping);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_ignores_its_closed_input_is_killed() {
    let mut node = Node::new(1);
    let _deaf = node.greeted().await;
    node.stop.cancel();
    assert!(node.llm.wait_for(|_| false).await.is_none(), "the task has ended");
}
