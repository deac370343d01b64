//! From what was recognised to what is asked for.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the closed list, each function is about a few; the rest is somebody else's"
)]

use super::{Asking, Household, Reply, words};
use crate::conversation::{Category, Intent, Recognized, SlotValue, Slots, surely};
use crate::foundation::audit::Decision;
use crate::policy::{
    Confidence, Group, Groups, Refusal,
    command::Origin,
    confirmation::{Word, word},
    mode,
    profile_update::{Field, Fields},
};
use std::time::Duration;

/// How surely a language model is taken to know what is wanted: enough to be asked about, never enough for what cannot be undone.
const PROPOSED: Confidence = Confidence::thousandths(700);

impl Household {
    /// Answers what is an answer to something that waits, or that says that nothing does; nothing if it is something else.
    pub(in crate::conversation) async fn hear_answer(
        &self,
        asking: Asking,
        text: &str,
    ) -> Option<Reply> {
        let said = word(text);
        (said != Word::Neither).then_some(())?;
        Some(self.answer(asking, None, said).await)
    }

    /// Reminds of what waits, where something short was said that is neither yes nor no nor anything else.
    pub(in crate::conversation) async fn remind(
        &self,
        asking: Asking,
        text: &str,
    ) -> Option<Reply> {
        let short = text.split_whitespace().count() <= 5 && !text.trim_end().ends_with('?');
        (short && self.is_waiting(asking)).then_some(())?;
        Some(self.answer(asking, None, Word::Neither).await)
    }

    /// Takes up what was recognised, if it is for the conscience.
    pub(in crate::conversation) async fn intent(
        &self,
        asking: Asking,
        recognized: &Recognized,
    ) -> Option<Reply> {
        let slots = &recognized.slots;
        let certainty = Confidence::new(recognized.confidence).unwrap_or_default();
        Some(match recognized.intent.category() {
            Category::Command => {
                let said = slots.iter().map(|(name, value)| (name.as_str(), value.to_string()));
                let said: Vec<_> = said.collect();
                let said = said.iter().map(|(name, value)| (*name, value.as_str()));
                let origin = Origin::Recognized;
                self.command(asking, (recognized.intent.name(), said), (origin, certainty)).await
            }
            Category::Identity => self.identity(asking, &recognized.intent, slots).await,
            Category::Preference => self.preference(asking, &recognized.intent, slots).await?,
            Category::Permission => self.permission(asking, &recognized.intent, slots).await,
            Category::Conversation | Category::Information => match recognized.intent {
                Intent::AskIdentity => self.who_am_i(asking).await,
                Intent::AskProfile => self.what_is_known(asking).await,
                _ => return None,
            },
        })
    }

    /// Takes up what was probably meant: nothing is done before it was confirmed, or said so that it is clear. Nothing, if that is
    /// for the documents.
    pub(in crate::conversation) async fn unclear(
        &self,
        asking: Asking,
        recognized: &Recognized,
    ) -> Option<Reply> {
        let Recognized { intent, slots, confidence, .. } = recognized;
        let certainty = Confidence::new(*confidence).unwrap_or_default();
        let mut reply = Reply::default();
        match intent {
            Intent::Command(name) => {
                let view = self.0.scenes.view(asking.place, asking.now);
                if view.standing.is_some_and(|standing| standing.age.is_protected()) {
                    // A child confirms nothing, but may say clearly what it wants.
                    let id = uuid::Uuid::now_v7();
                    return Some(self.refused(asking, (id, name.as_str()), Refusal::Unclear).await);
                }
                let said: Vec<_> =
                    slots.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect();
                let said = said.iter().map(|(name, value)| (*name, value.as_str()));
                let guess = (Origin::Proposed, certainty);
                let asked = self.command(asking, (name.as_str(), said), guess).await;
                if asked.decisions.iter().any(|one| one.decision == Decision::Asked.name()) {
                    reply.say(words::perhaps(asking.language));
                }
                Some(reply.and(asked))
            }
            // What is given takes a confirmation anyway, and only an owner can answer a request.
            Intent::GrantPermission | Intent::GrantConsent | Intent::RequestPermission => {
                Some(self.permission(asking, intent, slots).await)
            }
            // Who may have come is reckoned with.
            Intent::NewParticipantArrived | Intent::IdentifyOther => {
                Some(self.identity(asking, intent, slots).await)
            }
            Intent::IdentifySelf
            | Intent::ParticipantLeft
            | Intent::WeAreAlone
            | Intent::SetPreferredName
            | Intent::SetLanguage
            | Intent::SetFormOfAddress
            | Intent::SetBirthdate
            | Intent::RevokePermission
            | Intent::RevokeConsent => {
                let said = surely::say(intent, slots, asking.language)?;
                reply.say(words::say_surely(&said, asking.language));
                Some(reply)
            }
            _ => None,
        }
    }

    /// Takes up a command that a language model proposed: it is asked about, whatever it is.
    pub(in crate::conversation) async fn proposed<'a>(
        &self,
        asking: Asking,
        name: &str,
        slots: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Reply {
        self.command(asking, (name, slots), (Origin::Proposed, PROPOSED)).await
    }

    async fn identity(&self, asking: Asking, intent: &Intent, slots: &Slots) -> Reply {
        let by_confirmed = self.is_certain(asking);
        match intent {
            Intent::IdentifySelf => match text(slots, "name") {
                Some(name) => self.identify(asking, name).await,
                None => Reply {
                    text: words::who_speaks(asking.language).to_owned(),
                    ..Reply::default()
                },
            },
            Intent::ParticipantLeft => {
                self.say_who_is_here(asking, mode::Fact::SaidToLeave { by_confirmed }).await
            }
            Intent::WeAreAlone => {
                self.say_who_is_here(asking, mode::Fact::SaidAlone { by_confirmed }).await
            }
            // Whoever it is said to be: only their own word, proved, makes them known.
            _ => self.say_who_is_here(asking, mode::Fact::SaidToCome).await,
        }
    }

    async fn preference(&self, asking: Asking, intent: &Intent, slots: &Slots) -> Option<Reply> {
        let (field, slot) = match intent {
            Intent::SetPreferredName => (Field::PreferredName, "name"),
            Intent::SetLanguage => (Field::Language, "language"),
            Intent::SetFormOfAddress => (Field::FormOfAddress, "form"),
            Intent::SetBirthdate => (Field::Birthdate, "date"),
            _ => return None,
        };
        let Some(value) = slots.get(slot) else {
            let text = words::bad_value(field, asking.language).to_owned();
            return Some(Reply { text, ..Reply::default() });
        };
        Some(self.update(asking, (None, field), &value.to_string()).await)
    }

    async fn permission(&self, asking: Asking, intent: &Intent, slots: &Slots) -> Reply {
        let group = text(slots, "group").and_then(Group::by_name);
        let field = text(slots, "data").and_then(Field::by_name);
        let person = text(slots, "person");
        match (intent, person) {
            (Intent::GrantPermission, Some(person)) => {
                let lasts = match slots.get("duration") {
                    Some(SlotValue::Seconds(seconds)) => Some(Duration::from_secs(*seconds)),
                    _ => None,
                };
                let groups = group.map_or(Groups::NONE, Groups::from);
                self.delegate(asking, (person, groups), lasts).await
            }
            (Intent::GrantConsent, Some(person)) => {
                let fields = field.map_or(Fields::NONE, Fields::from);
                self.consent(asking, (Some(person), fields)).await
            }
            (Intent::RevokePermission, Some(person)) => {
                self.revoke_all(asking, person, group).await
            }
            (Intent::RevokeConsent, Some(person)) => {
                self.revoke_all_consents(asking, person, field).await
            }
            _ => {
                let text = words::ask_an_owner(asking.language).to_owned();
                Reply { text, ..Reply::default() }
            }
        }
    }

    async fn revoke_all(&self, asking: Asking, name: &str, group: Option<Group>) -> Reply {
        let person = match self.0.people.find(name).await {
            Ok(person) => person.id,
            Err(error) => return Self::unsettled(&error, asking),
        };
        let view = self.0.scenes.view(asking.place, asking.now);
        let all = view
            .delegations
            .iter()
            .filter(|one| one.to == person && group.is_none_or(|group| one.groups.has(group)));
        let all: Vec<_> = all.map(|one| one.id).collect();
        let mut reply = Reply::default();
        for id in &all {
            reply = reply.and(self.revoke_delegation(asking, *id).await);
        }
        if all.is_empty() {
            reply.say(words::nothing_to_revoke(asking.language));
        }
        reply
    }

    async fn revoke_all_consents(&self, asking: Asking, name: &str, field: Option<Field>) -> Reply {
        let person = match self.0.people.find(name).await {
            Ok(person) => person.id,
            Err(error) => return Self::unsettled(&error, asking),
        };
        let view = self.0.scenes.view(asking.place, asking.now);
        let all = view.consents.iter().filter(|one| {
            one.to == Some(person) && field.is_none_or(|field| one.fields.has(field))
        });
        let all: Vec<_> = all.map(|one| one.id).collect();
        let mut reply = Reply::default();
        for id in &all {
            reply = reply.and(self.revoke_consent(asking, *id).await);
        }
        if all.is_empty() {
            reply.say(words::nothing_to_revoke(asking.language));
        }
        reply
    }
}

fn text<'a>(slots: &'a Slots, name: &str) -> Option<&'a str> {
    match slots.get(name) {
        Some(SlotValue::Word(word)) => Some(word),
        _ => None,
    }
}
