//! A turn and the conscience: who is speaking, what they may have done and hear, and how that is told.
//!
//! ```text
//! words ──recognised──▶ a fact ──▶ people::Scenes (policy decides) ──▶ effects ──▶ commands, profiles, grants
//!                                                                        └──▶ Reply: sentences, and what was decided
//! ```
//!
//! Nothing is decided here, and nothing is done that policy did not give an effect for. What waits for a confirmation is kept here as
//! it was asked, under the id that policy knows it by, in memory only.

mod ask;
#[cfg(test)]
mod guards;
mod intent;
mod propose;
mod refusals;
mod settle;
mod telling;
mod view;
mod wish;
mod words;

#[cfg(test)]
mod tests;

pub use ask::{Act, Statement};
#[cfg(test)]
pub(super) use guards::Guards;
pub(super) use propose::Proposal;
pub use view::{Consented, Delegated, Here, Member, Part, Pending, Somebody, Why};

use super::{Thresholds, Vocabulary};
use crate::commands::{Action, BuiltIns, Catalogue, CatalogueErrors, Commands, Unusable};
use crate::foundation::{
    audit::{Audit, AuditError, Decision},
    settings::Settings,
    store::Store,
    values::{ConversationId, Redacted, Sha256, time, time::Timestamp},
};
use crate::host::Language;
use crate::knowledge::Reader;
use crate::people::{self, Bearer, People, PeopleError, Place, Scenes, Value};
use crate::policy::{
    Date, Refusal,
    identity::Identity,
    privacy::{Readership, readership},
    profile_update::{Field, Fields},
    scene::Fact,
};
use crate::supervisor::Supervisor;
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// The people, their conversations and the commands of this node; cheap to clone.
#[derive(Clone, Debug)]
pub struct Household(Arc<Rooms>);

#[derive(Debug)]
struct Rooms {
    people: People,
    scenes: Scenes,
    commands: Commands,
    audit: Audit,
    thresholds: Thresholds,
    words: Vocabulary,
    /// The words with the names of the people who are known, and those names.
    known: Mutex<(Vec<String>, Arc<Vocabulary>)>,
    waits: Mutex<HashMap<ConversationId, (Uuid, Waits)>>,
    #[cfg(test)]
    guards: Guards,
}

/// Who speaks, where, and when: what everything here depends on.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// Which conversation, and as which of those who speak in it.
    pub place: Place,
    /// Whose token it comes with.
    pub bearer: Bearer,
    /// In which language it is answered.
    pub language: Language,
    /// Whether that is the language that they have chosen, whichever they use.
    pub chosen: bool,
    /// Now.
    pub now: Timestamp,
    /// Today.
    pub today: Date,
}

impl Asking {
    /// Somebody asks now.
    pub fn new(conversation: ConversationId, bearer: Bearer, language: Language) -> Self {
        let now = time::now();
        let (place, today) = (conversation.into(), people::day(now));
        Self { place, bearer, language, chosen: false, now, today }
    }

    /// The same, at a later moment: what was done took its time.
    #[must_use]
    pub fn later(self) -> Self {
        Self { now: time::now(), ..self }
    }

    /// They use this language; they are answered in it, unless they have chosen another.
    #[must_use]
    pub(super) fn spoken(self, language: Language) -> Self {
        if self.chosen { self } else { Self { language, ..self } }
    }
}

/// What is asked for, as it will be done; policy knows it by its hash.
#[derive(Clone, Debug)]
enum Waits {
    /// A command.
    Command(Action),
    /// A change of a profile.
    Update(Value),
    /// A delegation, and what the one is called whom it is for.
    Delegation(String),
    /// A consent, and what the one is called who may be told.
    Consent(String),
    /// Something of one's own is told to those who are here.
    Tell(Fields),
}

/// What is said to the speaker, and what was decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// The sentences.
    pub text: String,
    /// The decisions, in their order.
    pub decisions: Vec<Decided>,
}

/// One decision, for a page that shows it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Decided {
    /// Names what was asked for; an answer to it names it, too.
    pub id: Uuid,
    /// What: a command's name, a part of a profile, `delegation`, `consent`.
    pub what: String,
    /// `asked`, `done`, `failed`, `unknown`, `refused`, `cancelled`, `changed`, `granted` or `ended`.
    pub decision: &'static str,
    /// Why: a stable code.
    pub reason: String,
    /// What would be done, in words; of something that waits for a confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub would: Option<Redacted<String>>,
    /// Until when a confirmation is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// How a turn begins: what its answer may draw on, and what is to be said first.
#[derive(Debug)]
pub(super) struct Begun {
    /// Who is asking, as policy sees them now.
    pub(super) asking: Asking,
    /// What the answer may draw on.
    pub(super) readership: Readership,
    /// The same, for the documents.
    pub(super) reader: Reader,
    /// What came of beginning: an identity that is in doubt, something that is off.
    pub(super) reply: Reply,
    /// A birthday greeting that is due.
    pub(super) greeting: Option<String>,
}

impl Household {
    /// Opens the household of a node: its people, its catalogue of commands, and what carries them out here.
    pub fn open(
        store: Store,
        settings: &Settings,
        built_in: BuiltIns,
    ) -> Result<Self, HouseholdError> {
        let audit = Audit::new(store.clone());
        let catalogue = Catalogue::load(&settings.paths.config)?;
        let rules = people::rules(&settings.policy, catalogue.roles());
        let people = People::new(store, audit.clone(), rules.age);
        let scenes = Scenes::new(rules, settings.conversation.max_conversations);
        let supervisor = Supervisor::new(&settings.paths);
        let commands =
            Commands::new(catalogue, audit.clone(), supervisor, &settings.commands, built_in)?;
        Ok(Self::new(people, scenes, commands, audit))
    }

    /// Returns the people of this node.
    pub fn people(&self) -> &People {
        &self.0.people
    }

    /// Writes down that whoever holds an operator's token has something done, before it is. What cannot be written down is not done.
    pub async fn operated(
        &self,
        name: &str,
        (decision, reason): (Decision, &str),
    ) -> Result<(), AuditError> {
        self.0.commands.operated(name, (decision, reason), time::now()).await
    }

    /// Brings the rooms together.
    pub fn new(people: People, scenes: Scenes, commands: Commands, audit: Audit) -> Self {
        let certainty = scenes.rules().certainty;
        let thresholds = Thresholds {
            ask_below: certainty.ask_below.value(),
            act_from: certainty.high_risk_from.value(),
        };
        let words = words::vocabulary(&commands.catalogue().vocabulary());
        // The tables of the grammar are made when they are first used; nobody should wait for that.
        drop(super::recognize("hello", &words, thresholds));
        let known = Mutex::new((Vec::new(), Arc::new(words.clone())));
        let waits = Mutex::default();
        Self(Arc::new(Rooms {
            people,
            scenes,
            commands,
            audit,
            thresholds,
            words,
            known,
            waits,
            #[cfg(test)]
            guards: Guards::ALL,
        }))
    }

    /// Returns how sure recognition must be.
    pub(super) fn thresholds(&self) -> Thresholds {
        self.0.thresholds
    }

    /// Returns the words that are understood, with the names of everybody who is known.
    pub(super) async fn vocabulary(&self) -> Arc<Vocabulary> {
        let names = match self.0.people.names().await {
            Ok(names) => names,
            // Without names the rest is understood all the same.
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the names of people could not be read");
                Vec::new()
            }
        };
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != names {
            let mut words = self.0.words.clone();
            for name in &names {
                // A name that is too long to be spoken is not listened for.
                words.add_person(name).unwrap_or_default();
            }
            *known = (names, Arc::new(words));
        }
        Arc::clone(&known.1)
    }

    /// Begins a turn: the token is a signal, time has passed, and who is certain is speaking.
    pub(super) async fn begin(&self, asking: Asking) -> Result<Begun, PeopleError> {
        let Asking { place, bearer, now, today, .. } = asking;
        let effects = self.0.scenes.turn(&self.0.people, place, bearer, (now, today)).await?;
        let asking = self.in_their_language(asking).await?;
        let reply = self.settle(asking, effects, None).await;
        let readership = self.readership(asking);
        let reader = self.reader(readership).await?;
        let greeting = self.greeting(asking).await?;
        let begun = Begun { asking, readership, reader, reply, greeting };
        #[cfg(test)]
        let begun = self.unguarded(begun).await;
        Ok(begun)
    }

    /// Lets time pass for somebody who only looks, and does not speak: their token is a hint if there is none yet.
    pub(super) async fn look_in(&self, asking: Asking) -> Result<(Asking, Reply), PeopleError> {
        if self.0.scenes.view(asking.place, asking.now).identity == Identity::Unknown {
            let begun = self.begin(asking).await?;
            return Ok((begun.asking, begun.reply));
        }
        let effects = self.0.scenes.act(asking.place.conversation, Fact::Woke, asking.now);
        let asking = self.in_their_language(asking).await?;
        let reply = self.settle(asking, effects, None).await;
        Ok((asking, reply))
    }

    /// Ends a conversation: what waits in it is off, and what was given in it is over.
    pub(super) async fn over(&self, conversation: ConversationId, now: Timestamp) {
        for (conversation, effects) in self.0.scenes.over(conversation, now) {
            let asking = Asking {
                place: conversation.into(),
                now,
                today: people::day(now),
                ..Asking::new(conversation, Bearer::NoToken, Language::English)
            };
            // Nobody is there any more to be told.
            drop(self.settle(asking, effects, None).await);
        }
    }

    /// Returns the conversation as policy knows it: the same id under somebody else's token is another one.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "its guards are a test's"))]
    pub(super) fn scene_of(&self, key: &super::memory::Key) -> ConversationId {
        let who = match &key.who {
            super::Who::Token { id, .. } => id.as_str(),
            super::Who::Anonymous => "",
        };
        #[cfg(test)]
        let who = if self.0.guards.conversations { who } else { "" };
        let digest = Sha256::of(format!("{who}\n{}", key.id));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_bytes()[..16]);
        ConversationId(Uuid::from_bytes(bytes))
    }

    /// Returns what an answer may draw on.
    fn readership(&self, asking: Asking) -> Readership {
        self.0.scenes.look(asking.place, asking.now, |context, _, _| readership(context))
    }

    async fn reader(&self, readership: Readership) -> Result<Reader, PeopleError> {
        Ok(match readership {
            Readership::Everyone => Reader::Everyone,
            Readership::Person(person) => {
                Reader::from(self.0.people.get(person).await?.name.as_str())
            }
        })
    }

    /// Answers in the language of whoever it is, if they have chosen one, and otherwise in the one they used.
    async fn in_their_language(&self, asking: Asking) -> Result<Asking, PeopleError> {
        let view = self.0.scenes.view(asking.place, asking.now);
        let Some(person) = view.identity.confirmed() else { return Ok(asking) };
        let chosen = self.0.people.field(person, Field::Language).await?;
        let language = match chosen.as_ref().map(|field| field.value.expose()) {
            Some("de") => Language::German,
            Some("en") => Language::English,
            _ => return Ok(asking),
        };
        Ok(Asking { language, chosen: true, ..asking })
    }

    fn waits(&self) -> MutexGuard<'_, HashMap<ConversationId, (Uuid, Waits)>> {
        self.0.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<&super::Caller> for Bearer {
    fn from(caller: &super::Caller) -> Self {
        match (&caller.who, caller.person) {
            (super::Who::Anonymous, _) => Self::NoToken,
            (super::Who::Token { .. }, Some(person)) => Self::Person(person),
            (super::Who::Token { .. }, None) => Self::Nobody,
        }
    }
}

impl Reply {
    fn say(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    /// Says this, and then the other.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.say(other.text);
        self.decisions.extend(other.decisions);
        self
    }
}

/// Why something could not be told or done, though nobody refused it.
#[derive(Debug, thiserror::Error)]
pub enum HouseholdError {
    /// It was refused.
    #[error("{0}")]
    Refused(Refusal, Reply),
    /// The name that was to make sure of it is another's.
    #[error("this is not your short name: nothing was done")]
    AnotherName,
    /// People could not be read or written.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The catalogue of commands is not as it should be.
    #[error(transparent)]
    Catalogue(#[from] CatalogueErrors),
    /// What carries commands out is not set up as it should be.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The audit could not be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
}
