//! What can be asked for, whether by words or by a button: each becomes one fact, and is settled.

use super::{Asking, Household, Reply, Waits, words};
use crate::commands::{ActionError, What};
use crate::foundation::values::{
    CommandId, ConsentId, DelegationId, PersonId, time, time::Timestamp,
};
use crate::people::{BadValue, PeopleError, Value};
use crate::policy::{
    Confidence, Groups, Refusal,
    command::Origin,
    confirmation::{Answer, Word},
    consent, delegation,
    identity::Identity,
    mode,
    profile_update::{Field, Fields},
    scene::{Effect, Fact},
};
use std::time::Duration;
use uuid::Uuid;

impl Household {
    /// Hears a speaker say who they are.
    pub(super) async fn identify(&self, asking: Asking, name: &str) -> Reply {
        let person = match self.0.people.find(name).await {
            Ok(person) => person,
            Err(error) => return Self::unsettled(&error, asking),
        };
        let Asking { place, bearer, now, today, .. } = asking;
        #[cfg(test)]
        let bearer =
            if self.0.guards.identity { bearer } else { crate::people::Bearer::Person(person.id) };
        let who = (place, bearer);
        let claimed = self.0.scenes.claim(&self.0.people, who, person.id, (now, today)).await;
        let effects = match claimed {
            Ok(effects) => effects,
            Err(error) => return Self::unsettled(&error, asking),
        };
        let mut reply = self.settle(asking, effects, None).await;
        let identity = self.0.scenes.view(place, now).identity;
        let is_this = identity.likely().is_some_and(|likely| likely.person == person.id);
        if is_this || identity == Identity::Rejected {
            let name = self.called(person.id).await;
            reply.say(words::taken_for(identity, &name, asking.language));
        }
        reply
    }

    /// Hears a speaker say something about who is here.
    pub(super) async fn say_who_is_here(&self, asking: Asking, fact: mode::Fact) -> Reply {
        let conversation = asking.place.conversation;
        let effects = self.0.scenes.act(conversation, Fact::Room(fact), asking.now);
        let mut reply = self.settle(asking, effects, None).await;
        let mode = self.0.scenes.view(asking.place, asking.now).mode;
        reply.say(words::mode(mode, asking.language));
        reply
    }

    /// Whether who speaks is certain.
    pub(super) fn is_certain(&self, asking: Asking) -> bool {
        self.0.scenes.view(asking.place, asking.now).identity.confirmed().is_some()
    }

    /// Takes a command up.
    pub(super) async fn command<'a>(
        &self,
        asking: Asking,
        (name, slots): (&str, impl IntoIterator<Item = (&'a str, &'a str)>),
        (origin, certainty): (Origin, Confidence),
    ) -> Reply {
        let (id, now) = (CommandId::new(), asking.now);
        let action = match self.0.commands.action(name, slots) {
            Ok(action) => action,
            Err(error) => return self.no_action(asking, id, error, (origin, certainty)).await,
        };
        let request = self.0.commands.request(&action, origin, certainty, now);
        let fact = Fact::Commanded(asking.place.speaker, id, request);
        let effects = self.0.scenes.act(asking.place.conversation, fact, now);
        self.settle(asking, effects, Some((id.0, Waits::Command(action)))).await
    }

    async fn no_action(
        &self,
        asking: Asking,
        id: CommandId,
        error: ActionError,
        (origin, certainty): (Origin, Confidence),
    ) -> Reply {
        let circumstances = self.circumstances(asking);
        let mut reply = Reply::default();
        let (what, why) = match error {
            ActionError::Incomplete(incomplete) => {
                let request =
                    self.0.commands.incomplete(&incomplete, origin, certainty, asking.now);
                let fact = Fact::Commanded(asking.place.speaker, id, request);
                // It takes the place of what waited, like any command, and is refused for what it lacks at least.
                let conversation = asking.place.conversation;
                let mut effects = self.0.scenes.act(conversation, fact, asking.now);
                let mut refused = None;
                effects.retain(|effect| {
                    let Effect::Refuse(why) = effect else { return true };
                    refused = Some(*why);
                    false
                });
                reply = self.settle(asking, effects, None).await;
                let why = refused.unwrap_or(Refusal::Incomplete);
                if why == Refusal::Incomplete {
                    let missing = incomplete.missing.first().map_or("", String::as_str);
                    reply.say(words::missing(missing, asking.language));
                } else {
                    reply.say(words::refusal(why, asking.language));
                }
                (What::incomplete(id, &incomplete), why)
            }
            ActionError::Unlisted => {
                reply.say(words::refusal(Refusal::Unlisted, asking.language));
                (What::unlisted(id), Refusal::Unlisted)
            }
            ActionError::UnknownSlot { command, .. } | ActionError::BadValue { command, .. } => {
                reply.say(words::refusal(Refusal::Incomplete, asking.language));
                (What { id, name: command, action: None }, Refusal::Incomplete)
            }
        };
        self.0.commands.refused(&what, &circumstances, why).await;
        let refused = crate::foundation::audit::Decision::Refused;
        reply.decisions.push(super::settle::decided(id.0, &what.name, refused, why.code()));
        reply
    }

    /// Takes a change of a profile up: one's own, or what one says of another.
    pub(super) async fn update(
        &self,
        asking: Asking,
        (about, field): (Option<PersonId>, Field),
        text: &str,
    ) -> Reply {
        let view = self.0.scenes.view(asking.place, asking.now);
        let own = view.identity.confirmed();
        let target = match about.or(own) {
            Some(person) if Some(person) == own => Ok(view.standing),
            Some(person) => self.0.people.standing(person, asking.today).await,
            None => Ok(None),
        };
        let target = match target {
            Ok(Some(standing)) => standing,
            Ok(None) => return self.unknown(asking, field).await,
            Err(error) => return Self::unsettled(&error, asking),
        };
        let value = match Value::new(field, text, asking.today) {
            Ok(value) => value,
            Err(bad) => return self.bad_value(asking, field, bad).await,
        };
        let wish = value.wish(target);
        let fact = Fact::Updated(asking.place.speaker, wish);
        let effects = self.0.scenes.act(asking.place.conversation, fact, asking.now);
        let asked = (wish.id.0, Waits::Update(value));
        self.settle(asking, effects, Some(asked)).await
    }

    async fn unknown(&self, asking: Asking, field: Field) -> Reply {
        let why = match self.0.scenes.view(asking.place, asking.now).identity {
            Identity::Ambiguous => Refusal::Ambiguous,
            Identity::Rejected => Refusal::NotValidated,
            Identity::Confirmed(_) | Identity::ConfirmedActive(_) => Refusal::UnknownPerson,
            Identity::Unknown | Identity::Probable(_) => Refusal::NotIdentified,
        };
        self.refused(asking, (Uuid::now_v7(), field.name()), why).await
    }

    async fn bad_value(&self, asking: Asking, field: Field, bad: BadValue) -> Reply {
        let mut reply = self.refused(asking, (Uuid::now_v7(), field.name()), bad.refusal()).await;
        if bad.refusal() != Refusal::NoSuchBirthdate {
            words::bad_value(field, asking.language).clone_into(&mut reply.text);
        }
        reply
    }

    /// Takes a wish to delegate up.
    pub(super) async fn delegate(
        &self,
        asking: Asking,
        (name, groups): (&str, Groups),
        lasts: Option<Duration>,
    ) -> Reply {
        let person = match self.0.people.find(name).await {
            Ok(person) => person.id,
            Err(error) => return Self::unsettled(&error, asking),
        };
        let id = DelegationId::new();
        let wish = delegation::Wish { id, to: person, groups, lasts };
        let fact = Fact::Delegated(asking.place.speaker, wish);
        let effects = self.0.scenes.act(asking.place.conversation, fact, asking.now);
        let name = self.called(person).await;
        self.settle(asking, effects, Some((id.0, Waits::Delegation(name)))).await
    }

    /// Takes a wish that somebody may be told something up.
    pub(super) async fn consent(
        &self,
        asking: Asking,
        (to, fields): (Option<&str>, Fields),
    ) -> Reply {
        let to = match to {
            None => None,
            Some(name) => match self.0.people.find(name).await {
                Ok(person) => Some(person.id),
                Err(error) => return Self::unsettled(&error, asking),
            },
        };
        let id = ConsentId::new();
        let wish = consent::Wish { id, to, fields, lasts: None };
        let fact = Fact::Consented(asking.place.speaker, wish);
        let effects = self.0.scenes.act(asking.place.conversation, fact, asking.now);
        let waits = match to {
            Some(person) => Waits::Consent(self.called(person).await),
            None => Waits::Tell(fields),
        };
        self.settle(asking, effects, Some((id.0, waits))).await
    }

    /// Takes back what was given: one's own, or any delegation if one is an owner.
    pub(super) async fn revoke_delegation(&self, asking: Asking, id: DelegationId) -> Reply {
        let view = self.0.scenes.view(asking.place, asking.now);
        let standing = view.standing.filter(|one| view.identity.confirmed() == Some(one.person));
        let Some(standing) = standing else {
            return self.refused(asking, (id.0, "delegation"), Refusal::NotIdentified).await;
        };
        match self.0.scenes.revoke_delegation(&standing, id, asking.now) {
            Ok((_, touched)) => self.ended(asking, (id.0, "delegation"), touched).await,
            Err(why) => self.refused(asking, (id.0, "delegation"), why).await,
        }
    }

    /// Takes a consent back.
    pub(super) async fn revoke_consent(&self, asking: Asking, id: ConsentId) -> Reply {
        let identity = self.0.scenes.view(asking.place, asking.now).identity;
        let Some(person) = identity.confirmed() else {
            return self.refused(asking, (id.0, "consent"), Refusal::NotIdentified).await;
        };
        match self.0.scenes.revoke_consent(person, id, asking.now) {
            Ok((_, touched)) => self.ended(asking, (id.0, "consent"), touched).await,
            Err(why) => self.refused(asking, (id.0, "consent"), why).await,
        }
    }

    async fn ended(
        &self,
        asking: Asking,
        what: (Uuid, &str),
        touched: Vec<crate::people::Touched>,
    ) -> Reply {
        use crate::foundation::audit::Decision;
        self.note(asking, what, (Decision::Ended, "revoked")).await;
        let mut reply = self.elsewhere(asking, touched).await;
        reply.say(words::revoked(asking.language));
        let (id, name) = what;
        reply.decisions.push(super::settle::decided(id, name, Decision::Ended, "revoked"));
        reply
    }

    /// Hears an answer to what waits.
    pub(super) async fn answer(&self, asking: Asking, about: Option<Uuid>, word: Word) -> Reply {
        let answer = Answer {
            speaker: asking.place.speaker,
            conversation: asking.place.conversation,
            about: about.map(CommandId),
            word,
        };
        let fact = Fact::Answered(answer);
        let effects = self.0.scenes.act(asking.place.conversation, fact, asking.now);
        self.settle(asking, effects, None).await
    }

    /// Whether something waits for an answer of this speaker.
    pub(super) fn is_waiting(&self, asking: Asking) -> bool {
        self.0.scenes.view(asking.place, asking.now).waiting.is_some()
    }

    /// Says that something is refused, and writes it down.
    pub(super) async fn refused(
        &self,
        asking: Asking,
        (id, name): (Uuid, &str),
        why: Refusal,
    ) -> Reply {
        let what = What { id: CommandId(id), name: name.to_owned(), action: None };
        self.0.commands.refused(&what, &self.circumstances(asking), why).await;
        let mut reply = Reply::default();
        reply.say(words::refusal(why, asking.language));
        let refused = crate::foundation::audit::Decision::Refused;
        reply.decisions.push(super::settle::decided(id, name, refused, why.code()));
        reply
    }

    /// Says why something about people could not be found or done.
    pub(super) fn unsettled(error: &PeopleError, asking: Asking) -> Reply {
        let mut reply = Reply::default();
        if let Some(why) = error.refusal() {
            reply.say(words::refusal(why, asking.language));
        } else {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "people could not be read");
            reply.say(words::failed(asking.language));
        }
        reply
    }

    /// Returns what a person is called: as they prefer, or by their short name.
    pub(super) async fn called(&self, person: PersonId) -> String {
        let preferred = self.0.people.field(person, Field::PreferredName).await.ok().flatten();
        match preferred {
            Some(field) => field.value.0,
            None => match self.0.people.get(person).await {
                Ok(person) => person.name.to_string(),
                Err(_) => String::new(),
            },
        }
    }

    /// Returns how long it is until something is over, in whole minutes.
    pub(super) fn minutes_until(until: Timestamp) -> u64 {
        until.since(time::now()).as_secs().div_ceil(60)
    }
}
