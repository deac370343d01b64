//! What the daemon does when the core asks for something: judge, do, and tell what came of it.

use super::{
    daemon::{Daemon, Gone},
    notify::Notice,
    out::Tell,
    outcomes::Came,
    record::Verb,
    report::Outcome,
    requests::{self, Request, Wish},
    rest::{Rest, Unfit},
    status::Last,
};
use crate::foundation::values::time;
use anyhow::bail;
use std::sync::PoisonError;

/// What came of a request, and what there is to say of it.
type Answer = (Came, Option<String>);

impl Daemon {
    pub(super) async fn take_requests(&self) {
        for taken in requests::take(&self.supervisor.directory) {
            let request = match taken {
                Ok(request) => request,
                Err(refused) => {
                    self.refuses(&refused.to_string()).await;
                    continue;
                }
            };
            // Each is judged when its turn comes: another may have taken its time.
            let directory = &self.supervisor.directory;
            let wish = request.judge(&self.supervisor.stack, time::now());
            let admitted = wish.map(|wish| {
                let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
                ledger.begin(directory, &request).map(|()| wish)
            });
            match admitted {
                Ok(Ok(wish)) => self.obey(&wish, &request).await,
                // What came of the first of that name stands.
                Ok(Err(refused)) => self.refuses(&refused.to_string()).await,
                Err(refused) => {
                    let answer = (Came::Refused, Some(refused.to_string()));
                    self.told(&request, &answer).await;
                    self.answers(&request, answer, None).await;
                }
            }
        }
    }

    /// Tells people what came of a request, in the journal of the machine.
    async fn told(&self, request: &Request, (came, reason): &Answer) {
        let (verb, target) = request.named();
        let what = target.map_or_else(|| verb.clone(), |target| format!("{verb} {target}"));
        match (came, reason) {
            (Came::Done, None) => {}
            (Came::Done, Some(said)) => self.tell.note(&format!("{what}: {said}")),
            (Came::Refused | Came::Failed, reason) => {
                let reason = reason.as_deref().unwrap_or_default();
                self.refuses(&format!("{what} (request {}): {reason}", request.id)).await;
            }
        }
    }

    /// Tells the core what came of a request, by the status file.
    async fn answers(&self, request: &Request, answer: Answer, asked: Option<Last>) {
        let ended = {
            let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            ledger.end(&self.supervisor.directory, request, answer, time::now())
        };
        if let Err(error) = ended {
            self.tell.note(&format!("what came of a request could not be noted: {error}"));
        }
        self.publish(&self.supervisor.look().await, asked);
    }

    async fn refuses(&self, why: &str) {
        let next =
            "`ladylinux-supervisor stack show` tells what is taken by request, below [requests]";
        let notice = Notice::of_request(why, next);
        self.supervisor.tell_others(&notice, &self.tell).await;
    }

    async fn obey(&self, wish: &Wish, request: &Request) {
        let actor = format!("request of {}", request.actor);
        let channel = &self.supervisor.stack.image.channel;
        let (verb, arguments) = match wish {
            Wish::Refresh => (Verb::Refresh, &["--", channel.as_str()][..]),
            // Never with the state of before: what was written since is a person's to give up.
            Wish::Rollback => (Verb::Rollback, &[][..]),
            Wish::StartContainer(_) | Wish::StopContainer(_) | Wish::DisableService(_) => {
                let answer = self.does(wish, &actor).await.unwrap_or_else(|error| {
                    let touched = if error.is::<Unfit>() { Came::Refused } else { Came::Failed };
                    (touched, Some(format!("{error:#}")))
                });
                self.told(request, &answer).await;
                return self.answers(request, answer, None).await;
            }
        };
        // The run tells people itself.
        let gone = self.goes(verb, arguments, &actor).await;
        let asked = gone.asked(verb);
        self.answers(request, came_of(gone), asked).await;
    }

    /// Does what takes no run.
    async fn does(&self, wish: &Wish, actor: &str) -> anyhow::Result<Answer> {
        let supervisor = &self.supervisor;
        let (_lock, mut journal) =
            match self.begin_within(super::daemon::LOCK_WAIT, "request").await {
                Ok(begun) => begun,
                Err(error) => return Ok((Came::Refused, Some(format!("{error:#}")))),
            };
        let (service, rest) = match wish {
            Wish::StartContainer(service) => (service, Rest::Ends),
            Wish::StopContainer(service) => (service, Rest::Begins),
            Wish::DisableService(unit) => {
                let said = supervisor.disable_service(&mut journal, unit, actor).await?;
                self.tell.note(&format!("{unit} was disabled, by {actor}"));
                return Ok((Came::Done, said));
            }
            Wish::Refresh | Wish::Rollback => bail!("it goes through the steps"),
        };
        supervisor.rest_or_not(&mut journal, service, rest, actor).await?;
        let word = if rest == Rest::Ends { "started" } else { "stopped" };
        self.tell.note(&format!("{service} was {word}, by {actor}"));
        Ok((Came::Done, None))
    }
}

fn came_of(gone: Gone) -> Answer {
    let told = match gone {
        Gone::Ended(told) => told,
        Gone::Interrupted => {
            let why = "the supervisor was told to end before it began: ask again";
            return (Came::Refused, Some(why.to_owned()));
        }
        Gone::Nowhere(why) => return (Came::Failed, Some(why)),
    };
    let trouble = told.error.map(|error| error.message).unwrap_or_default();
    match told.outcome {
        Outcome::Done => (Came::Done, None),
        Outcome::Unchanged => {
            (Came::Done, Some("this release already runs, and nothing was touched".to_owned()))
        }
        Outcome::Refused => (Came::Refused, told.refused_because),
        Outcome::Failed => {
            (Came::Failed, Some(format!("{trouble}; the node is stopped, and held")))
        }
        Outcome::RolledBack => {
            (Came::Failed, Some(format!("{trouble}; the release before serves again")))
        }
    }
}
