//! From effects to what is done, and to what is said about it.

use super::{Asking, Decided, Household, Reply, Waits, words};
use crate::commands::{Action, Circumstances, Outcome, What};
use crate::foundation::{
    audit::Decision,
    values::{CommandId, Redacted, Sha256, time},
};
use crate::host::Language;
use crate::people::{Bearer, PeopleError, Touched};
use crate::policy::{
    Refusal,
    command::Authorization,
    consent::Consent,
    delegation::Delegation,
    profile_update::{Fields, Wish},
    scene::{Effect, Fact, Matter},
};
use std::pin::Pin;
use uuid::Uuid;

impl Household {
    /// Carries effects out, to their end, whether anybody waits for it or not; `asked` is what was asked for in this turn.
    ///
    /// Boxed, for what is settled here may settle something elsewhere.
    pub(super) fn settle(
        &self,
        asking: Asking,
        effects: Vec<Effect>,
        asked: Option<(Uuid, Waits)>,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send>> {
        let this = self.clone();
        Box::pin(async move {
            if effects.is_empty() {
                return Reply::default();
            }
            let settling = tokio::spawn(async move { this.carry(asking, effects, asked).await });
            settling.await.unwrap_or_default()
        })
    }

    async fn carry(
        &self,
        asking: Asking,
        effects: Vec<Effect>,
        asked: Option<(Uuid, Waits)>,
    ) -> Reply {
        let mut reply = Reply::default();
        for effect in effects {
            match effect {
                Effect::AskWho(_) => reply.say(words::who_speaks(asking.language)),
                // What follows from it is told when something is refused because of it.
                Effect::ModeChanged(..) | Effect::CompanyChanged => {}
                Effect::AskToConfirm(matter) => {
                    self.ask_to_confirm(asking, &matter, asked.clone(), &mut reply).await;
                }
                Effect::Issue(authorization) => {
                    let done = self.carry_out(asking, authorization, asked.as_ref(), &mut reply);
                    let done = done.await;
                    let conversation = asking.place.conversation;
                    drop(self.0.scenes.act(conversation, Fact::Carried { done }, time::now()));
                }
                Effect::Write(wish, _) => {
                    self.write(asking, wish, asked.as_ref(), &mut reply).await;
                }
                Effect::KeepClaim(wish, _) => {
                    self.keep_claim(asking, wish, asked.as_ref(), &mut reply).await;
                }
                Effect::Delegate(delegation) => {
                    self.delegated(asking, &delegation, &mut reply).await;
                }
                Effect::Consent(consent) => self.consented(asking, &consent, &mut reply).await,
                Effect::Refuse(why) => self.refuse(asking, why, asked.as_ref(), &mut reply).await,
                Effect::Ignore(why) => reply.say(words::refusal(why, asking.language)),
                Effect::Cancel(id, why) => self.cancel(asking, id, why, &mut reply).await,
            }
        }
        reply
    }

    /// Calls off what waits in a conversation in which something failed.
    pub(in crate::conversation) async fn failed(
        &self,
        key: &crate::conversation::memory::Key,
        bearer: Bearer,
    ) -> Reply {
        let conversation = self.scene_of(key);
        let asking = Asking::new(conversation, bearer, Language::English);
        let effects = self.0.scenes.act(conversation, Fact::Failed, asking.now);
        self.settle(asking, effects, None).await
    }

    /// Carries out what a revocation or an end did in other conversations; nobody there is told before they ask.
    pub(super) async fn elsewhere(&self, asking: Asking, touched: Vec<Touched>) -> Reply {
        let here = asking.place.conversation;
        let mut reply = Reply::default();
        for (conversation, effects) in touched {
            let there = Asking { place: conversation.into(), ..asking };
            let told = self.settle(there, effects, None).await;
            if conversation == here {
                reply = reply.and(told);
            }
        }
        reply
    }

    async fn ask_to_confirm(
        &self,
        asking: Asking,
        matter: &Matter,
        waits: Option<(Uuid, Waits)>,
        reply: &mut Reply,
    ) {
        let asked = *matter.asked();
        let Some((id, waits)) = waits.filter(|(id, _)| *id == asked.id.0) else { return };
        let would = words::would(&waits, matter, asking.language);
        self.0.commands.asked(&what(&waits, matter), &self.circumstances(asking)).await;
        reply.say(words::asks(&would, asking.language));
        reply.decisions.push(Decided {
            id,
            what: what(&waits, matter).name,
            decision: Decision::Asked.name(),
            reason: "to_be_confirmed".to_owned(),
            would: Some(Redacted(would)),
            until: Some(asked.until),
        });
        self.waits().insert(asked.conversation, (id, waits));
        #[cfg(test)]
        if !self.0.guards.confirmation {
            let yes = crate::policy::confirmation::Word::Confirm;
            drop(self.answer(asking, Some(id), yes).await);
        }
    }

    /// Returns what was asked for under an id: in this turn, or in one before.
    fn wanted(&self, asking: Asking, id: Uuid, asked: Option<&(Uuid, Waits)>) -> Option<Waits> {
        if let Some((_, waits)) = asked.filter(|(now, _)| *now == id) {
            return Some(waits.clone());
        }
        let mut all = self.waits();
        let conversation = asking.place.conversation;
        let is_it = all.get(&conversation).is_some_and(|(waiting, _)| *waiting == id);
        is_it.then(|| all.remove(&conversation)).flatten().map(|(_, waits)| waits)
    }

    async fn carry_out(
        &self,
        asking: Asking,
        authorization: Authorization,
        asked: Option<&(Uuid, Waits)>,
        reply: &mut Reply,
    ) -> bool {
        let id = authorization.id();
        let Some(Waits::Command(action)) = self.wanted(asking, id.0, asked) else {
            reply.say(words::failed(asking.language));
            return false;
        };
        let outcome = self.execute(asking, authorization, &action).await;
        let (decision, reason) = match outcome {
            Ok(Outcome::Done) => (Decision::Done, "done"),
            Ok(Outcome::Failed(code)) => (Decision::Failed, code),
            Ok(Outcome::Unknown(code)) => (Decision::Unknown, code),
            Err(why) => (Decision::Refused, why.code()),
        };
        reply.say(words::outcome(&action, decision, asking.language));
        if let Err(why) = outcome {
            reply.say(words::refusal(why, asking.language));
        }
        reply.decisions.push(decided(id.0, &action.command().name, decision, reason));
        decision == Decision::Done
    }

    async fn execute(
        &self,
        asking: Asking,
        authorization: Authorization,
        action: &Action,
    ) -> Result<Outcome, Refusal> {
        let ticket = match self.0.commands.issue(authorization, action).await {
            Ok(ticket) => ticket,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "a command was not carried out");
                return Ok(Outcome::Failed("not_written_down"));
            }
        };
        let now = time::now();
        let redeem = |ticket: crate::commands::Ticket, action: &Sha256| {
            self.0.scenes.look(asking.place, now, |context, _, _| ticket.redeem(action, context))
        };
        self.0.commands.carry_out(ticket, action.clone(), now, redeem).await
    }

    async fn write(
        &self,
        asking: Asking,
        wish: Wish,
        asked: Option<&(Uuid, Waits)>,
        reply: &mut Reply,
    ) {
        let Some(Waits::Update(value)) = self.wanted(asking, wish.id.0, asked) else {
            return reply.say(words::failed(asking.language));
        };
        let name = wish.field.name();
        let written = match self.person_circumstances(asking) {
            Some(how) => self.0.people.write(wish, value, how, asking.today).await,
            None => Err(PeopleError::OwnersOnly),
        };
        let conversation = asking.place.conversation;
        drop(self.0.scenes.act(conversation, Fact::Written, asking.now));
        match written {
            Ok(standing) => {
                let touched = self.0.scenes.profile_changed(standing, asking.now);
                drop(self.elsewhere(asking, touched).await);
                reply.say(words::written(asking.language));
                reply.decisions.push(decided(wish.id.0, name, Decision::Changed, "written"));
            }
            Err(error) => Self::not_written(&error, wish, asking, reply),
        }
    }

    async fn keep_claim(
        &self,
        asking: Asking,
        wish: Wish,
        asked: Option<&(Uuid, Waits)>,
        reply: &mut Reply,
    ) {
        let Some(Waits::Update(value)) = self.wanted(asking, wish.id.0, asked) else {
            return reply.say(words::failed(asking.language));
        };
        let kept = match self.person_circumstances(asking) {
            Some(how) => self.0.people.keep_claim(wish, value, how).await,
            None => Err(PeopleError::OwnersOnly),
        };
        match kept {
            // The same words, whether it is new or not.
            Ok(_) => {
                reply.say(words::claimed(asking.language));
                let name = wish.field.name();
                reply.decisions.push(decided(wish.id.0, name, Decision::Changed, "claim_kept"));
            }
            Err(error) => Self::not_written(&error, wish, asking, reply),
        }
    }

    fn not_written(error: &PeopleError, wish: Wish, asking: Asking, reply: &mut Reply) {
        let (decision, reason) = if let Some(why) = error.refusal() {
            reply.say(words::refusal(why, asking.language));
            (Decision::Refused, why.code())
        } else {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "a profile was not written");
            reply.say(words::failed(asking.language));
            (Decision::Failed, "not_written")
        };
        reply.decisions.push(decided(wish.id.0, wish.field.name(), decision, reason));
    }

    async fn delegated(&self, asking: Asking, delegation: &Delegation, reply: &mut Reply) {
        let id = delegation.id.0;
        let to = match self.wanted(asking, id, None) {
            Some(Waits::Delegation(to)) => to,
            _ => String::new(),
        };
        self.note(asking, (id, "delegation"), (Decision::Granted, "confirmed")).await;
        reply.say(words::delegated(&to, delegation, asking.language));
        reply.decisions.push(decided(id, "delegation", Decision::Granted, "confirmed"));
    }

    async fn consented(&self, asking: Asking, consent: &Consent, reply: &mut Reply) {
        let id = consent.id.0;
        let wanted = self.wanted(asking, id, None);
        self.note(asking, (id, "consent"), (Decision::Granted, "confirmed")).await;
        reply.decisions.push(decided(id, "consent", Decision::Granted, "confirmed"));
        match wanted {
            Some(Waits::Tell(fields)) => reply.say(self.tell_own(asking, fields).await),
            Some(Waits::Consent(to)) => {
                reply.say(words::consented(&to, consent.fields, asking.language));
            }
            _ => {}
        }
    }

    /// Tells what somebody wants to hear of themselves, as far as it may be told here.
    async fn tell_own(&self, asking: Asking, fields: Fields) -> String {
        match self.own_profile(asking).await {
            Ok(told) => words::profile(&told.of(fields), asking.language),
            Err(_) => words::failed(asking.language).to_owned(),
        }
    }

    async fn refuse(
        &self,
        asking: Asking,
        why: Refusal,
        asked: Option<&(Uuid, Waits)>,
        reply: &mut Reply,
    ) {
        reply.say(words::refusal(why, asking.language));
        let Some((id, waits)) = asked else { return };
        let what = named(*id, waits);
        self.0.commands.refused(&what, &self.circumstances(asking), why).await;
        reply.decisions.push(decided(*id, &what.name, Decision::Refused, why.code()));
    }

    async fn cancel(&self, asking: Asking, id: CommandId, why: Refusal, reply: &mut Reply) {
        let waited = self.wanted(asking, id.0, None);
        reply.say(words::refusal(why, asking.language));
        let Some(waited) = waited else { return };
        let what = named(id.0, &waited);
        self.0.commands.cancelled(&what, &self.circumstances(asking), why).await;
        reply.decisions.push(decided(id.0, &what.name, Decision::Cancelled, why.code()));
    }

    /// Writes down that something was given or taken back.
    pub(super) async fn note(
        &self,
        asking: Asking,
        (id, name): (Uuid, &str),
        (decision, reason): (Decision, &str),
    ) {
        let what = What { id: CommandId(id), name: name.to_owned(), action: None };
        let circumstances = self.circumstances(asking);
        self.0.commands.note(&what, &circumstances, decision, reason).await;
    }

    pub(super) fn circumstances(&self, asking: Asking) -> Circumstances {
        self.0.scenes.look(asking.place, asking.now, |context, _, _| Circumstances::from(context))
    }

    fn person_circumstances(&self, asking: Asking) -> Option<crate::people::Circumstances> {
        self.0.scenes.view(asking.place, asking.now).circumstances(asking.now)
    }
}

fn what(waits: &Waits, matter: &Matter) -> What {
    named(matter.asked().id.0, waits)
}

/// Names what was asked for, as the audit does.
fn named(id: Uuid, waits: &Waits) -> What {
    let (name, action) = match waits {
        Waits::Command(action) => (action.command().name.clone(), Some(action.hash())),
        Waits::Update(value) => (value.field().name().to_owned(), None),
        Waits::Delegation(_) => ("delegation".to_owned(), None),
        Waits::Consent(_) | Waits::Tell(_) => ("consent".to_owned(), None),
    };
    What { id: CommandId(id), name, action }
}

pub(super) fn decided(id: Uuid, what: &str, decision: Decision, reason: &str) -> Decided {
    Decided {
        id,
        what: what.to_owned(),
        decision: decision.name(),
        reason: reason.to_owned(),
        would: None,
        until: None,
    }
}
