//! Who is speaking: by signals of all kinds, of which a token that belongs to somebody is one, and by what they say of themselves.

use super::{Inner, Place, Scenes, signals::Heard};
use crate::{
    foundation::values::{PersonId, time::Timestamp},
    people::{People, PeopleError},
    policy::{
        Date, Rules, Standing,
        fusion::{BadSignal, Fused, Signal, Source, Witness, fuse},
        identity::{self, Identity},
        scene::{Effect, Fact},
    },
};

/// How surely the bearer of somebody's token is that person.
const TOKEN: f32 = 0.95;

/// A hint at who is speaking, as it arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hint {
    /// Where it comes from.
    pub source: Source,
    /// Who found it out.
    pub witness: Witness,
    /// Whom it points at; none is somebody whom the source does not know.
    pub person: Option<PersonId>,
    /// How surely, from 0 to 1.
    pub confidence: f32,
    /// When.
    pub at: Timestamp,
}

/// Whose token a turn comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// None: somebody on this machine without an account.
    NoToken,
    /// One that belongs to nobody in particular.
    Nobody,
    /// A person's.
    Person(PersonId),
}

impl Scenes {
    /// Takes a hint in and decides anew who is speaking; `standing` is what is known of whom it points at.
    pub fn signal(
        &self,
        place: Place,
        hint: Hint,
        standing: Option<Standing>,
        now: Timestamp,
    ) -> Result<Vec<Effect>, BadSignal> {
        let Hint { source, witness, person, confidence, at } = hint;
        let signal = Signal::new(source, witness, (person, confidence), at, now)?;
        let mut world = self.enter();
        Ok(world.signal(&self.rules, (place, self.most), (signal, standing), now))
    }

    /// Begins a turn: the token is one signal among others, and who is certain is speaking. Profiles are read anew, so that a role or
    /// an age that changed counts from this turn on.
    pub async fn turn(
        &self,
        people: &People,
        place: Place,
        bearer: Bearer,
        (now, today): (Timestamp, Date),
    ) -> Result<Vec<Effect>, PeopleError> {
        let mut effects = self.refresh(people, place, (now, today)).await?;
        if let Bearer::Person(person) = bearer
            && let Some(standing) = people.standing(person, today).await?
        {
            let hint = Hint {
                source: Source::Satellite,
                witness: Witness::Node,
                person: Some(person),
                confidence: TOKEN,
                at: now,
            };
            // It is of now, and its confidence is one.
            effects.extend(self.signal(place, hint, Some(standing), now).unwrap_or_default());
        }
        let mut world = self.enter();
        let speaker = place.speaker;
        let spoke = Fact::Identity(speaker, identity::Fact::Spoke, None);
        effects.extend(world.act(&self.rules, (place.conversation, self.most), spoke, now));
        world.touch(place, now);
        Ok(effects)
    }

    /// Hears a speaker say who they are. Only the token of that very person validates it; without a token it stays what it is.
    pub async fn claim(
        &self,
        people: &People,
        (place, bearer): (Place, Bearer),
        claimed: PersonId,
        (now, today): (Timestamp, Date),
    ) -> Result<Vec<Effect>, PeopleError> {
        let standing = people.standing(claimed, today).await?;
        let standing = standing.ok_or_else(|| PeopleError::Unknown(claimed.to_string()))?;
        let mut world = self.enter();
        Ok(world.claim(&self.rules, (place, self.most), (standing, bearer), now))
    }

    /// Reads the profile of whoever a speaker is taken for anew.
    async fn refresh(
        &self,
        people: &People,
        place: Place,
        (now, today): (Timestamp, Date),
    ) -> Result<Vec<Effect>, PeopleError> {
        let view = self.view(place, now);
        let Some(likely) = view.identity.likely() else { return Ok(Vec::new()) };
        let known = people.standing(likely.person, today).await?;
        let mut world = self.enter();
        if let Some(standing) = known {
            let fact = Fact::Profile(standing);
            return Ok(world.act(&self.rules, (place.conversation, self.most), fact, now));
        }
        // Whoever it was is erased; other conversations find that out by themselves.
        let gone = world.gone(&self.rules, likely.person, now).into_iter();
        let here = gone.filter(|(id, _)| *id == place.conversation);
        Ok(here.flat_map(|(_, effects)| effects).collect())
    }
}

impl Inner {
    fn signal(
        &mut self,
        rules: &Rules,
        (place, most): (Place, usize),
        (signal, standing): (Signal, Option<Standing>),
        now: Timestamp,
    ) -> Vec<Effect> {
        let Place { conversation, speaker } = place;
        let live = self.room(rules, (conversation, most), now);
        live.known.extend(standing.map(|standing| (standing.person, standing)));
        let mut effects = self.quiet(rules, conversation, now);
        let live = self.room(rules, (conversation, most), now);
        let heard = live.heard.entry(speaker).or_insert_with(|| Heard::new(now));
        heard.forget(rules.fusion.window, now);
        heard.hear(signal);
        let holder = live.scene.speaker(speaker).identity.confirmed();
        let fused = fuse(&heard.live(rules.fusion.window, now), holder, &rules.fusion, now);
        let of = |person| live.known.get(&person).copied();
        let standing = match fused {
            Fused::Probable(likely) | Fused::Confirmed(likely) => of(likely.person),
            Fused::Nobody | Fused::Conflict => None,
        };
        let fact = Fact::Identity(speaker, identity::Fact::Fused(fused), standing);
        effects.extend(self.act(rules, (conversation, most), fact, now));
        self.touch(place, now);
        effects
    }

    fn claim(
        &mut self,
        rules: &Rules,
        (place, most): (Place, usize),
        (standing, bearer): (Standing, Bearer),
        now: Timestamp,
    ) -> Vec<Effect> {
        let Place { conversation, speaker } = place;
        let person = standing.person;
        let scene = &self.room(rules, (conversation, most), now).scene;
        let ambiguous = scene.speaker(speaker).identity == Identity::Ambiguous;
        let clarified = ambiguous && bearer == Bearer::Person(person);
        let validated = match bearer {
            Bearer::NoToken => None,
            Bearer::Person(owner) if owner == person => Some(identity::Fact::Validated(person)),
            Bearer::Nobody | Bearer::Person(_) => Some(identity::Fact::NotValidated),
        };
        let facts = if clarified {
            [Some(identity::Fact::Clarified(person)), None]
        } else {
            [Some(identity::Fact::Claimed(person)), validated]
        };
        let mut effects = Vec::new();
        for fact in facts.into_iter().flatten() {
            let fact = Fact::Identity(speaker, fact, Some(standing));
            effects.extend(self.act(rules, (conversation, most), fact, now));
        }
        let live = self.room(rules, (conversation, most), now);
        // What contradicted was settled by that.
        if clarified && let Some(heard) = live.heard.get_mut(&speaker) {
            heard.clear();
        }
        effects
    }

    /// Remembers that a speaker is still there. Who is ambiguous or rejected stays so only for a while, however much they talk.
    fn touch(&mut self, place: Place, now: Timestamp) {
        let Some(live) = self.scenes.get_mut(&place.conversation) else { return };
        if live.scene.speaker(place.speaker).identity.likely().is_some() {
            live.heard.entry(place.speaker).or_insert_with(|| Heard::new(now)).touched = now;
        }
    }
}
