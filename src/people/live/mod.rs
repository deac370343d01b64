//! The live half: whom each conversation is taken to be with, who hears it, what waits in it, and what was given by whom.
//!
//! All of it is in memory and under one lock, and gone after a restart: nobody is known then, nothing waits, nothing is delegated and
//! nothing consented to. `policy` decides; here its scenes are kept, its grants taken in, and time is told to it whenever one is
//! used, so that nothing depends on a timer.

mod grants;
mod identify;
mod scene;
mod signals;

#[cfg(test)]
mod tests;

pub use identify::{Bearer, Hint};

use crate::{
    foundation::values::{ConversationId, PersonId, time::Timestamp},
    people::Circumstances,
    policy::{
        Rules, Standing,
        command::Context,
        confirmation::SpeakerId,
        consent::{Consent, Consents},
        delegation::Delegation,
        fusion::{Fused, Signal},
        identity::Identity,
        mode::{Mode, Room},
        scene::{Effect, Fact, Grants, Matter, Scene, Speaker, World},
    },
};
use scene::Live;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A speaker in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Which of those who speak in it.
    pub speaker: SpeakerId,
}

impl From<ConversationId> for Place {
    /// The one who types.
    fn from(conversation: ConversationId) -> Self {
        Self { conversation, speaker: SpeakerId::default() }
    }
}

/// A conversation in which something changed, and what is to be done there.
pub type Touched = (ConversationId, Vec<Effect>);

/// Every live conversation; cheap to clone.
#[derive(Clone, Debug)]
pub struct Scenes {
    rules: Arc<Rules>,
    most: usize,
    world: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    scenes: HashMap<ConversationId, Live>,
    grants: Grants,
}

/// What a speaker is taken for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Who they are taken for.
    pub identity: Identity,
    /// What is known of that person.
    pub standing: Option<Standing>,
    /// Who else hears what is said to them.
    pub mode: Mode,
    /// Who is there besides them.
    pub company: Room,
    /// What waits for a confirmation.
    pub waiting: Option<Matter>,
    /// The signals that count now.
    pub signals: Vec<Signal>,
    /// What these signals come to.
    pub fused: Fused,
    /// What they gave, and what was given to them.
    pub delegations: Vec<Delegation>,
    /// What they consented to.
    pub consents: Vec<Consent>,
}

impl View {
    /// Returns the circumstances for the audit; none if it is not certain who it is.
    pub fn circumstances(&self, now: Timestamp) -> Option<Circumstances> {
        let Self { identity, standing, mode, .. } = *self;
        Circumstances::of(&Speaker { identity, standing }, mode, now)
    }
}

impl Scenes {
    /// Begins with nobody. No more conversations are kept than `most`: the one that was idle longest goes.
    pub fn new(rules: Rules, most: usize) -> Self {
        Self { rules: Arc::new(rules), most: most.max(1), world: Arc::default() }
    }

    /// Returns the numbers that decisions are made by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Tells a conversation that something happened, and returns what is to be done; what was given is taken in already.
    pub fn act(&self, conversation: ConversationId, fact: Fact, now: Timestamp) -> Vec<Effect> {
        self.enter().act(&self.rules, (conversation, self.most), fact, now)
    }

    /// Tells every conversation that a profile says something else now.
    pub fn profile_changed(&self, standing: Standing, now: Timestamp) -> Vec<Touched> {
        self.enter().everywhere(&self.rules, now, |_| Some(Fact::Profile(standing)))
    }

    /// Lets time pass everywhere: what nobody answered is off, who was silent is quiet, what was given for a while is over.
    pub fn expire(&self, now: Timestamp) -> Vec<Touched> {
        let mut world = self.enter();
        let mut touched = world.pass(&self.rules, now);
        touched.extend(world.everywhere(&self.rules, now, |_| Some(Fact::Woke)));
        merged(touched)
    }

    /// Ends a conversation, with all that was given in it, and returns what is to be done there and elsewhere.
    pub fn over(&self, conversation: ConversationId, now: Timestamp) -> Vec<Touched> {
        self.enter().over(&self.rules, conversation, now)
    }

    /// Ends whatever concerns a person who is no more: who they were taken for, what they gave and what was given to them.
    pub fn gone(&self, person: PersonId, now: Timestamp) -> Vec<Touched> {
        self.enter().gone(&self.rules, person, now)
    }

    /// Returns what a speaker is taken for, and why.
    pub fn view(&self, place: Place, now: Timestamp) -> View {
        self.enter().view(&self.rules, place, now)
    }

    /// Lets `policy` be asked about a speaker as things are now: the context, who is there besides them, and what was consented to.
    pub fn look<T>(
        &self,
        place: Place,
        now: Timestamp,
        with: impl FnOnce(&Context<'_>, &Room, &Consents) -> T,
    ) -> T {
        let world = self.enter();
        let empty;
        let scene = if let Some(live) = world.scenes.get(&place.conversation) {
            &live.scene
        } else {
            empty = Scene::new(place.conversation);
            &empty
        };
        let seen = World { grants: &world.grants, rules: &self.rules, now };
        let context = scene.context(place.speaker, &seen);
        with(&context, &scene.company(place.speaker), &world.grants.consents)
    }

    /// Returns how many conversations are kept.
    pub fn len(&self) -> usize {
        self.enter().scenes.len()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn enter(&self) -> MutexGuard<'_, Inner> {
        // Scenes are replaced whole, so that one who panicked left none half changed.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings what is to be done in one conversation together, in its order.
fn merged(touched: Vec<Touched>) -> Vec<Touched> {
    let mut all: Vec<Touched> = Vec::new();
    for (conversation, effects) in touched {
        match all.iter_mut().find(|(one, _)| *one == conversation) {
            Some((_, before)) => before.extend(effects),
            None => all.push((conversation, effects)),
        }
    }
    all
}
