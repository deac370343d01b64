//! A turn on its way: a stream of events that does its work only while it is read, so that dropping it ends everything.

use super::event::TurnEvent;
use futures_util::Stream;
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::mpsc;

/// Pieces that may wait for the reader; the work pauses when they are not read.
const WAITING: usize = 16;

/// A turn on its way. Dropping it stops it: a generation ends at its next token, and its place is free at once.
pub struct Turn {
    events: mpsc::Receiver<TurnEvent>,
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// Where the work of a turn puts its events.
#[derive(Debug)]
pub(super) struct Outlet(mpsc::Sender<TurnEvent>);

impl Turn {
    /// Makes a turn of its work; nothing is spawned, the reader of the stream drives it.
    pub(super) fn new<W>(work: impl FnOnce(Outlet) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let (outlet, events) = mpsc::channel(WAITING);
        Self { events, work: Some(Box::pin(work(Outlet(outlet)))) }
    }
}

impl Outlet {
    /// Tells an event, as soon as the reader has room for it.
    pub(super) async fn tell(&self, event: TurnEvent) {
        // The receiver is dropped only together with this future.
        drop(self.0.send(event).await);
    }
}

impl Stream for Turn {
    type Item = TurnEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<TurnEvent>> {
        let before = self.events.poll_recv(context);
        if before.is_ready() {
            return before;
        }
        if let Some(work) = &mut self.work
            && work.as_mut().poll(context).is_ready()
        {
            self.work = None;
        }
        // The work may have told something just now, or have ended and closed the channel.
        self.events.poll_recv(context)
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Turn")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    #[tokio::test]
    async fn everything_that_was_told_arrives_in_order_and_then_the_stream_ends() {
        let turn = Turn::new(|outlet| async move {
            for number in 0..100 {
                outlet.tell(TurnEvent::note(&number.to_string(), "")).await;
                tokio::task::yield_now().await;
            }
        });
        let codes: Vec<String> = turn
            .map(|event| {
                let TurnEvent::Note { code, .. } = event else { panic!("{event:?}") };
                code
            })
            .collect()
            .await;
        let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        assert_eq!(codes, expected);
    }
}
