//! What a worker has in hand: a request, or several small ones that share the runs of its graph.
//!
//! Texts to embed go through a graph together whoever asked for them, so requests that wait are handed over as one, as far as they
//! fit into one run, their texts have the same role and nobody waits for what is less urgent: a person's question waits for no program's
//! texts, nor for passages that the node embeds for itself.
//! Each keeps its own place, its own answer and its own right to leave; what is refused together is tried again alone.

use super::{
    handle::{Done, Reply, WorkerError},
    machine::Moment,
    protocol::{Embed, Embedded, TextRole, Vectors, Work},
    queue::{Priority, Waiting},
};
use crate::foundation::values::{Redacted, RequestId};
use std::ops::Range;

/// How many bytes of text make a token, roughly; only the worker knows better.
const BYTES_A_TOKEN: usize = 4;

/// The tokens that every text has beside its own.
const SPECIAL_TOKENS: usize = 2;

/// A request that waits.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) reply: Reply,
    /// Whether it was refused together with others, so that it has to go by itself.
    pub(super) alone: bool,
}

/// What the worker has in hand, under one name.
pub(super) struct Running {
    pub(super) id: RequestId,
    /// When the worker got it.
    pub(super) began: Moment,
    pub(super) first_token: Option<Moment>,
    priority: Priority,
    members: Vec<Member>,
}

/// One of the requests in it.
struct Member {
    id: RequestId,
    reply: Reply,
    /// When it took its place in the queue.
    asked: Moment,
    /// Which of the texts are its own.
    texts: Range<usize>,
    /// What it asked, to be asked again alone; none of one that is alone.
    work: Option<Work>,
}

/// How the last word was passed on.
pub(super) enum Passed {
    /// To everybody.
    On,
    /// To nobody: it was of another kind than what was asked for.
    Nowhere,
    /// To nobody yet: these have to be tried one by one.
    Apart(Vec<Waiting<Job>>),
}

/// Texts that wait for a run of the graph, and have room in it.
pub(super) struct Room {
    role: TextRole,
    tokens: usize,
}

impl Room {
    /// Returns what is left of a run of so many tokens beside this request; none if nothing may go with it.
    pub(super) fn beside(first: &Job, tokens: usize) -> Option<Self> {
        let Work::Embed(embed) = &first.work else { return None };
        let tokens = tokens.checked_sub(estimate(embed)).filter(|_| !first.alone)?;
        Some(Self { role: embed.role, tokens })
    }

    /// Takes a request in, if it fits.
    pub(super) fn takes(&mut self, next: &Job) -> bool {
        let Work::Embed(embed) = &next.work else { return false };
        let left = self.tokens.checked_sub(estimate(embed));
        let fits = !next.alone && embed.role == self.role && left.is_some();
        if fits {
            self.tokens = left.unwrap_or(0);
        }
        fits
    }
}

fn estimate(embed: &Embed) -> usize {
    let tokens = |text: &Redacted<String>| text.expose().len() / BYTES_A_TOKEN + SPECIAL_TOKENS;
    embed.texts.iter().map(tokens).sum()
}

impl Running {
    /// Puts requests together, the first of which gives its name to all; returns what the worker is to do.
    pub(super) fn of(jobs: Vec<Waiting<Job>>, began: Moment) -> Option<(Self, Work)> {
        let mut jobs = jobs.into_iter();
        let Waiting { id, priority, since, item } = jobs.next()?;
        let texts = 0..texts(&item.work);
        let mut all = item.work;
        let mut members = vec![Member { id, reply: item.reply, asked: since, texts, work: None }];
        for Waiting { id, since, item, priority: _ } in jobs {
            let (Work::Embed(all), Work::Embed(own)) = (&mut all, &item.work) else { continue };
            if let [first] = &mut members[..] {
                first.work = Some(Work::Embed(all.clone()));
            }
            let from = all.texts.len();
            all.texts.extend(own.texts.iter().cloned());
            let texts = from..all.texts.len();
            let (reply, work) = (item.reply, Some(item.work));
            members.push(Member { id, reply, asked: since, texts, work });
        }
        Some((Self { id, began, first_token: None, priority, members }, all))
    }

    /// Returns when the oldest of the requests took its place in the queue.
    pub(super) fn asked(&self) -> Moment {
        self.members.iter().map(|member| member.asked).min().unwrap_or(self.began)
    }

    /// Says that the worker took them up, and returns how long each had waited.
    pub(super) fn started(&self) -> impl Iterator<Item = Moment> {
        self.members.iter().map(|member| {
            let waited = self.began.saturating_sub(member.asked);
            member.reply.started(waited);
            waited
        })
    }

    /// Returns where pieces of text go: to the only one that may ask for them.
    pub(super) fn reply(&self) -> Option<&Reply> {
        self.members.first().map(|member| &member.reply)
    }

    /// Lets one of several go; returns whether others are left, so that the work goes on.
    pub(super) fn leave(&mut self, id: RequestId) -> bool {
        let others = self.members.len() > 1;
        if others {
            self.members.retain(|member| member.id != id);
        }
        others
    }

    /// Returns whether a request is in it.
    pub(super) fn has(&self, id: RequestId) -> bool {
        self.members.iter().any(|member| member.id == id)
    }

    /// Fails all of them.
    pub(super) fn fail(self, error: &WorkerError) {
        for member in self.members {
            member.reply.fail(error.clone());
        }
    }

    /// Passes the last word on, to each its part.
    pub(super) fn end(mut self, last: Result<Done, WorkerError>) -> Passed {
        let whole = self.members.len() == 1 && self.members[0].work.is_none();
        match last {
            last if whole => {
                let reply = self.members.remove(0).reply;
                if reply.end(last) { Passed::On } else { Passed::Nowhere }
            }
            Ok(done) => {
                let parts: Option<Vec<_>> =
                    self.members.iter().map(|member| part(&done, &member.texts)).collect();
                let Some(parts) = parts else {
                    self.fail(&WorkerError::Died);
                    return Passed::Nowhere;
                };
                for (member, part) in self.members.into_iter().zip(parts) {
                    member.reply.end(Ok(Done::Vectors(part)));
                }
                Passed::On
            }
            Err(WorkerError::Refused(_)) => {
                let priority = self.priority;
                let apart = self.members.into_iter().filter_map(|member| {
                    let item = Job { work: member.work?, reply: member.reply, alone: true };
                    Some(Waiting { id: member.id, priority, since: member.asked, item })
                });
                Passed::Apart(apart.collect())
            }
            Err(error) => {
                self.fail(&error);
                Passed::On
            }
        }
    }
}

fn texts(work: &Work) -> usize {
    match work {
        Work::Embed(embed) => embed.texts.len(),
        Work::Generate(_) | Work::Rerank(_) => 0,
    }
}

/// Returns the vectors of some of the texts.
fn part(all: &Done, texts: &Range<usize>) -> Option<Vectors> {
    let Done::Vectors(all) = all else { return None };
    let dimensions = all.embedded.dimensions;
    let values = all.values.get(texts.start * dimensions..texts.end * dimensions)?.to_vec();
    let tokens = all.embedded.tokens.get(texts.clone())?.to_vec();
    let truncated = all.embedded.truncated.iter().filter(|place| texts.contains(place));
    let truncated = truncated.map(|place| place - texts.start).collect();
    Some(Vectors { embedded: Embedded { dimensions, tokens, truncated }, values })
}
