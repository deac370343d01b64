//! Who waits for a worker: people before programs, else first come, first served; bounded, each with an end to its patience.
//!
//! Pure: the time comes in, and the task does what is answered.

use super::machine::Moment;
use crate::foundation::values::RequestId;
use std::{collections::VecDeque, time::Duration};

/// How many finished requests the estimate looks back on.
const REMEMBERED: usize = 8;

/// The estimate as long as nothing has finished yet.
const FIRST_GUESS: Duration = Duration::from_secs(5);

/// A full queue is never asked about again sooner than this.
const SHORTEST_RETRY: Duration = Duration::from_secs(1);

/// So many conversations go before a batch caller that waits; then it has its turn, so that it is served at all.
const IN_A_ROW: usize = 3;

/// The queue before one worker; `T` is what the task needs to start a request.
#[derive(Debug)]
pub struct Queue<T> {
    places: usize,
    patience: Duration,
    conversations: VecDeque<Waiting<T>>,
    batches: VecDeque<Waiting<T>>,
    /// How many conversations were served since a batch caller was, while one waited.
    in_a_row: usize,
    recent: VecDeque<Duration>,
}

/// Who is served first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for it who talks to the assistant.
    #[default]
    Conversation,
    /// A program, which may have many more requests: what `/v1` asks for, and what the node does by itself.
    Batch,
}

/// One request in the queue.
#[derive(Debug)]
pub struct Waiting<T> {
    /// Which one.
    pub id: RequestId,
    /// Who is served before whom.
    pub priority: Priority,
    /// Since when it waits.
    pub since: Moment,
    /// What starts it.
    pub item: T,
}

/// Whether the worker has a request in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// Since this moment.
    Since(Moment),
    /// The next one in the queue starts as soon as the worker is ready.
    Nothing,
}

/// There is no place; it is worth asking again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// When a place is likely to be free.
    pub retry_after: Duration,
}

impl<T> Queue<T> {
    /// Returns an empty queue with so many places, in which each waits for so long.
    pub fn new(places: usize, patience: Duration) -> Self {
        let (conversations, batches) = (VecDeque::new(), VecDeque::new());
        Self { places, patience, conversations, batches, in_a_row: 0, recent: VecDeque::new() }
    }

    /// Takes a place, or says when one is likely to be free; a request that starts at once needs none.
    ///
    /// A quarter of the places is kept for conversations, so that programs never shut people out.
    pub fn push(&mut self, waiting: Waiting<T>, running: Running) -> Result<(), (Full, T)> {
        let spare = usize::from(running == Running::Nothing);
        let all = self.len();
        let (queue, room) = match waiting.priority {
            Priority::Conversation => (&mut self.conversations, self.places),
            Priority::Batch => (&mut self.batches, self.places - self.places / 4),
        };
        if all < self.places + spare && queue.len() < room + spare {
            queue.push_back(waiting);
            return Ok(());
        }
        let expected = self.expected_duration();
        let retry_after = match running {
            Running::Since(began) => expected.saturating_sub(waiting.since.saturating_sub(began)),
            Running::Nothing => expected,
        };
        Err((Full { retry_after: retry_after.max(SHORTEST_RETRY) }, waiting.item))
    }

    /// Hands out who is next.
    pub fn pop(&mut self) -> Option<Waiting<T>> {
        let overtaken = self.in_a_row >= IN_A_ROW && !self.batches.is_empty();
        if let Some(conversation) = self.conversations.pop_front_if(|_| !overtaken) {
            self.in_a_row = if self.batches.is_empty() { 0 } else { self.in_a_row + 1 };
            return Some(conversation);
        }
        self.in_a_row = 0;
        self.batches.pop_front()
    }

    /// Hands out those of one priority that are `wanted`, in their order, whoever waits before them.
    pub fn take(
        &mut self,
        priority: Priority,
        mut wanted: impl FnMut(&T) -> bool,
    ) -> Vec<Waiting<T>> {
        let queue = self.of(priority);
        let waiting = std::mem::take(queue).into_iter();
        let (taken, left): (VecDeque<_>, _) = waiting.partition(|waiting| wanted(&waiting.item));
        *queue = left;
        taken.into()
    }

    /// Gives those that were handed out their places back, before all others, in their order.
    pub fn put_back(&mut self, taken: Vec<Waiting<T>>) {
        for waiting in taken.into_iter().rev() {
            self.of(waiting.priority).push_front(waiting);
        }
    }

    /// Frees the place of someone who left.
    pub fn remove(&mut self, id: RequestId) -> Option<Waiting<T>> {
        self.queues().into_iter().find_map(|queue| {
            let index = queue.iter().position(|waiting| waiting.id == id)?;
            queue.remove(index)
        })
    }

    /// Frees the places of those whose patience is over, and returns them.
    pub fn expired(&mut self, now: Moment) -> Vec<Waiting<T>> {
        let patience = self.patience;
        let expired = |queue: &mut VecDeque<Waiting<T>>| {
            let over = queue.partition_point(|waiting| waiting.since + patience <= now);
            queue.drain(..over).collect::<Vec<_>>()
        };
        self.queues().into_iter().flat_map(expired).collect()
    }

    /// Frees all places, and returns who had them.
    pub fn drain(&mut self) -> Vec<Waiting<T>> {
        self.queues().into_iter().flat_map(|queue| queue.drain(..)).collect()
    }

    /// Returns when the next one's patience is over.
    pub fn wake_at(&self) -> Option<Moment> {
        let first = [self.conversations.front(), self.batches.front()].into_iter().flatten();
        first.map(|waiting| waiting.since + self.patience).min()
    }

    /// Returns how many wait.
    pub fn len(&self) -> usize {
        self.conversations.len() + self.batches.len()
    }

    /// Returns whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn of(&mut self, priority: Priority) -> &mut VecDeque<Waiting<T>> {
        match priority {
            Priority::Conversation => &mut self.conversations,
            Priority::Batch => &mut self.batches,
        }
    }

    fn queues(&mut self) -> [&mut VecDeque<Waiting<T>>; 2] {
        [&mut self.conversations, &mut self.batches]
    }

    /// Remembers how long a request kept the worker, for the next estimate.
    pub fn finished(&mut self, took: Duration) {
        self.recent.truncate(REMEMBERED - 1);
        self.recent.push_front(took);
    }

    fn expected_duration(&self) -> Duration {
        let Ok(count) = u32::try_from(self.recent.len()) else { return FIRST_GUESS };
        self.recent.iter().sum::<Duration>().checked_div(count).unwrap_or(FIRST_GUESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RUNNING: Running = Running::Since(Duration::ZERO);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn waiting(n: u64, since: u64) -> Waiting<u64> {
        let id = RequestId(uuid::Uuid::from_u128(n.into()));
        Waiting { id, priority: Priority::Conversation, since: secs(since), item: n }
    }

    fn batch(n: u64, since: u64) -> Waiting<u64> {
        Waiting { priority: Priority::Batch, ..waiting(n, since) }
    }

    #[test]
    fn conversations_go_before_batch_callers_who_still_get_their_turn() {
        let mut queue = Queue::new(16, secs(60));
        for n in [1, 2] {
            queue.push(batch(n, 0), RUNNING).unwrap();
        }
        for n in 11..16 {
            queue.push(waiting(n, 1), RUNNING).unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|next| next.item).collect();
        assert_eq!(order, [11, 12, 13, 1, 14, 15, 2]);
    }

    #[test]
    fn batch_callers_leave_places_to_conversations() {
        let mut queue = Queue::new(4, secs(60));
        for n in 1..=3 {
            queue.push(batch(n, 0), RUNNING).unwrap();
        }
        assert!(queue.push(batch(4, 0), RUNNING).is_err());
        queue.push(waiting(5, 0), RUNNING).unwrap();
        assert!(queue.push(waiting(6, 0), RUNNING).is_err(), "the queue is bounded for everybody");
    }

    #[test]
    fn a_full_queue_is_refused_with_a_time_to_retry() {
        let mut queue = Queue::new(1, secs(60));
        queue.push(waiting(1, 0), RUNNING).unwrap();
        let (full, item) = queue.push(waiting(2, 0), RUNNING).unwrap_err();
        assert_eq!((full.retry_after, item), (FIRST_GUESS, 2));
    }

    #[test]
    fn the_time_to_retry_comes_from_recent_requests_less_what_has_passed() {
        let mut queue = Queue::new(0, secs(60));
        queue.finished(secs(30));
        queue.finished(secs(10));
        let retry_after = |queue: &mut Queue<u64>, now| {
            queue.push(waiting(1, now), RUNNING).unwrap_err().0.retry_after
        };
        assert_eq!(retry_after(&mut queue, 5), secs(15));
        assert_eq!(retry_after(&mut queue, 500), SHORTEST_RETRY);
        (0..20).for_each(|_| queue.finished(secs(2)));
        assert_eq!(retry_after(&mut queue, 0), secs(2));
    }

    #[test]
    fn without_places_a_request_still_goes_to_an_idle_worker() {
        let mut queue = Queue::new(0, secs(60));
        assert!(queue.push(waiting(1, 0), RUNNING).is_err());
        queue.push(waiting(1, 0), Running::Nothing).unwrap();
        assert!(queue.push(waiting(2, 0), Running::Nothing).is_err());
    }

    #[test]
    fn whoever_leaves_or_loses_patience_frees_the_place() {
        let mut queue = Queue::new(2, secs(60));
        queue.push(waiting(1, 0), RUNNING).unwrap();
        queue.push(waiting(2, 10), RUNNING).unwrap();
        assert_eq!(queue.wake_at(), Some(secs(60)));
        assert!(queue.remove(waiting(1, 0).id).is_some());
        queue.push(waiting(3, 20), RUNNING).unwrap();
        let expired: Vec<_> = queue.expired(secs(70)).into_iter().map(|gone| gone.item).collect();
        assert_eq!(expired, [2]);
        assert_eq!(queue.pop().unwrap().item, 3);
        assert!(queue.is_empty());
    }

    proptest! {
        #[test]
        fn one_priority_is_first_come_first_served_and_never_longer_than_its_places(
            places in 0usize..5,
            acts in proptest::collection::vec((0u8..4, 0u64..8), 0..60),
        ) {
            let mut queue = Queue::new(places, secs(60));
            let mut expected: VecDeque<u64> = VecDeque::new();
            for (n, (act, who)) in acts.into_iter().enumerate() {
                let n = n as u64 + 100;
                match act {
                    0 | 1 => {
                        let admitted = queue.push(waiting(n, n), RUNNING).is_ok();
                        prop_assert_eq!(admitted, expected.len() < places);
                        if admitted { expected.push_back(n); }
                    }
                    2 => prop_assert_eq!(queue.pop().map(|w| w.item), expected.pop_front()),
                    _ => {
                        let left = expected.get(usize::try_from(who).unwrap()).copied();
                        let gone = left.and_then(|id| queue.remove(waiting(id, 0).id));
                        prop_assert_eq!(gone.map(|w| w.item), left);
                        expected.retain(|id| Some(*id) != left);
                    }
                }
                prop_assert_eq!(queue.len(), expected.len());
            }
        }
    }
}
