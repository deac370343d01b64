//! Small requests for vectors that share the runs of a graph, as their clients see it.

use super::{
    super::{
        Embedder, WorkerError,
        frame::{Codec, Frame},
        protocol::*,
    },
    task::{Node, Peer, model},
};
use crate::foundation::values::{Redacted, RequestId};
use bytes::BytesMut;
use tokio::task::JoinHandle;
use tokio_util::codec::Encoder;

type Asking = JoinHandle<Result<Vectors, WorkerError>>;

/// A worker whose graph takes several texts at once, and one request in its hands.
struct Desk {
    node: Node,
    peer: Peer,
    waiting: usize,
}

impl Desk {
    async fn busy(batch_tokens: Option<usize>) -> (Self, RequestId, Asking) {
        let mut node = Node::new(16);
        let mut peer = node.peer().await;
        peer.hear().await;
        let model = LoadedModel { batch_tokens, ..model() };
        peer.say(FromWorker::Ready { protocol: PROTOCOL_VERSION, model }).await;
        let mut desk = Self { node, peer, waiting: 0 };
        let first = desk.ask(TextRole::Query, &["first"]);
        let (id, asked) = desk.hear().await;
        assert_eq!(texts(&asked), ["first"]);
        (desk, id, first)
    }

    fn ask(&self, role: TextRole, texts: &[&str]) -> Asking {
        let texts = texts.iter().map(|text| (*text).to_owned().into()).collect();
        let embedder = Embedder(self.node.llm.0.clone());
        tokio::spawn(async move { embedder.embed(Embed { texts, role }).await })
    }

    /// Asks, and returns once the request waits.
    async fn queue(&mut self, role: TextRole, texts: &[&str]) -> Asking {
        let asking = self.ask(role, texts);
        self.waiting += 1;
        let waiting = self.waiting;
        self.node.llm.wait_for(|status| status.waiting == waiting).await.unwrap();
        asking
    }

    async fn hear(&mut self) -> (RequestId, Embed) {
        match self.peer.hear().await {
            Some(ToWorker::Work { id, work: Work::Embed(embed), .. }) => (id, embed),
            other => panic!("texts were due, not {other:?}"),
        }
    }

    /// Answers with one number for each text: how many bytes it has.
    async fn answer(&mut self, id: RequestId, asked: &Embed) {
        let lengths: Vec<usize> = asked.texts.iter().map(|text| text.expose().len()).collect();
        let number = |length: &usize| f32::from(u16::try_from(*length).unwrap()).to_le_bytes();
        let payload: Vec<u8> = lengths.iter().flat_map(number).collect();
        let long = |(place, length): (usize, &usize)| (*length > 3).then_some(place);
        let truncated = lengths.iter().enumerate().filter_map(long).collect();
        let embedded = Embedded { dimensions: 1, truncated, tokens: lengths };
        let said = FromWorker::Embedded { id, embedded };
        let mut bytes = BytesMut::new();
        let frame = Frame { message: said, payload: payload.into() };
        Codec::<ToWorker, FromWorker>::default().encode(frame, &mut bytes).unwrap();
        self.peer.say_bytes(&bytes).await;
    }

    async fn refuse(&mut self, id: RequestId) {
        let refusal = Refusal { code: "invalid_request".to_owned(), message: "no".to_owned() };
        self.peer.say(FromWorker::Failed { id, refusal }).await;
    }
}

fn texts(embed: &Embed) -> Vec<&str> {
    embed.texts.iter().map(Redacted::expose).collect()
}

async fn lengths(asking: Asking) -> (Vec<f32>, Vec<usize>, Vec<usize>) {
    let Vectors { embedded, values } = asking.await.unwrap().unwrap();
    (values, embedded.tokens, embedded.truncated)
}

#[tokio::test(start_paused = true)]
async fn requests_that_wait_share_a_run_as_far_as_they_fit_and_have_one_role() {
    let (mut desk, first, answer) = Desk::busy(Some(24)).await;
    let one = desk.queue(TextRole::Query, &["a", "bb"]).await;
    let passages = desk.queue(TextRole::Passage, &["passage"]).await;
    let large = desk.queue(TextRole::Query, &["long ".repeat(30).as_str()]).await;
    let other = desk.queue(TextRole::Query, &["cccc"]).await;
    desk.answer(first, &Embed { texts: vec!["first".to_owned().into()], role: TextRole::Query })
        .await;
    assert_eq!(lengths(answer).await, (vec![5.0], vec![5], vec![0]));

    let (id, asked) = desk.hear().await;
    assert_eq!((texts(&asked), asked.role), (vec!["a", "bb", "cccc"], TextRole::Query));
    desk.answer(id, &asked).await;
    assert_eq!(lengths(one).await, (vec![1.0, 2.0], vec![1, 2], vec![]));
    assert_eq!(lengths(other).await, (vec![4.0], vec![4], vec![0]));

    for (role, asking) in [(TextRole::Passage, passages), (TextRole::Query, large)] {
        let (id, asked) = desk.hear().await;
        assert_eq!((asked.texts.len(), asked.role), (1, role));
        desk.answer(id, &asked).await;
        asking.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_graph_that_takes_one_text_at_a_time_gets_one_request_at_a_time() {
    let (mut desk, first, _answer) = Desk::busy(None).await;
    let waiting =
        [desk.queue(TextRole::Query, &["a"]).await, desk.queue(TextRole::Query, &["b"]).await];
    desk.refuse(first).await;
    for (asking, text) in waiting.into_iter().zip(["a", "b"]) {
        let (id, asked) = desk.hear().await;
        assert_eq!(texts(&asked), [text]);
        desk.answer(id, &asked).await;
        asking.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_takes_nothing_from_the_others_and_the_last_one_ends_the_work() {
    let (mut desk, first, _answer) = Desk::busy(Some(64)).await;
    let one = desk.queue(TextRole::Query, &["a"]).await;
    let other = desk.queue(TextRole::Query, &["bb"]).await;
    let third = desk.queue(TextRole::Query, &["ccc"]).await;
    desk.refuse(first).await;
    let (id, asked) = desk.hear().await;
    assert_eq!(texts(&asked), ["a", "bb", "ccc"]);
    one.abort();
    assert!(one.await.unwrap_err().is_cancelled());
    third.abort();
    assert!(third.await.unwrap_err().is_cancelled());
    // Had anything been cancelled, the worker would have heard of it before this.
    let next = desk.ask(TextRole::Query, &["next"]);
    desk.node.llm.wait_for(|status| status.waiting == 1).await.unwrap();
    desk.answer(id, &asked).await;
    assert_eq!(lengths(other).await.0, [2.0]);
    let (id, asked) = desk.hear().await;
    assert_eq!(texts(&asked), ["next"]);
    next.abort();
    assert!(next.await.unwrap_err().is_cancelled());
    assert_eq!(desk.peer.hear().await, Some(ToWorker::Cancel { id }));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_together_is_tried_alone_so_that_one_spoils_nothing_for_another() {
    let (mut desk, first, _answer) = Desk::busy(Some(64)).await;
    let good = desk.queue(TextRole::Query, &["a"]).await;
    let bad = desk.queue(TextRole::Query, &["bb"]).await;
    let later = desk.queue(TextRole::Passage, &["ccc"]).await;
    desk.refuse(first).await;
    let (id, asked) = desk.hear().await;
    assert_eq!(texts(&asked), ["a", "bb"]);
    desk.refuse(id).await;
    let (id, asked) = desk.hear().await;
    assert_eq!(texts(&asked), ["a"]);
    desk.answer(id, &asked).await;
    assert_eq!(lengths(good).await.0, [1.0]);
    let (id, asked) = desk.hear().await;
    assert_eq!(texts(&asked), ["bb"]);
    desk.refuse(id).await;
    assert!(matches!(bad.await.unwrap(), Err(WorkerError::Refused(_))));
    let (id, asked) = desk.hear().await;
    assert_eq!(texts(&asked), ["ccc"], "those behind them kept their places");
    desk.answer(id, &asked).await;
    later.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn fewer_vectors_than_texts_end_the_worker_and_fail_all() {
    let (mut desk, first, _answer) = Desk::busy(Some(64)).await;
    let waiting =
        [desk.queue(TextRole::Query, &["a"]).await, desk.queue(TextRole::Query, &["b"]).await];
    desk.refuse(first).await;
    let (id, asked) = desk.hear().await;
    let fewer = Embed { texts: asked.texts[..1].to_vec(), ..asked };
    desk.answer(id, &fewer).await;
    for asking in waiting {
        assert_eq!(asking.await.unwrap(), Err(WorkerError::Died));
    }
}
