//! One lock's worth of decisions: a fact goes into a scene, and what it gives is taken in before anybody else looks.

use super::{Inner, Place, Touched, View, merged, signals::Heard};
use crate::{
    foundation::values::{ConversationId, PersonId, time::Timestamp},
    policy::{
        Rules, Standing, Step,
        confirmation::SpeakerId,
        fusion, identity,
        scene::{self, Effect, Fact, Scene, World},
    },
};
use std::collections::BTreeMap;

/// A conversation, and what is remembered of it besides.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) scene: Scene,
    /// What was heard of each speaker.
    pub(super) heard: BTreeMap<SpeakerId, Heard>,
    /// What is known of whoever was named in it.
    pub(super) known: BTreeMap<PersonId, Standing>,
    /// When something happened in it last.
    pub(super) used: Timestamp,
}

impl Live {
    fn new(conversation: ConversationId, now: Timestamp) -> Self {
        Self {
            scene: Scene::new(conversation),
            heard: BTreeMap::new(),
            known: BTreeMap::new(),
            used: now,
        }
    }
}

impl Inner {
    /// Tells one conversation, which begins with it if need be.
    pub(super) fn act(
        &mut self,
        rules: &Rules,
        (conversation, most): (ConversationId, usize),
        fact: Fact,
        now: Timestamp,
    ) -> Vec<Effect> {
        self.room(rules, (conversation, most), now);
        self.sweep(now);
        let mut effects = self.quiet(rules, conversation, now);
        effects.extend(self.step(rules, conversation, fact, now));
        if let Some(live) = self.scenes.get_mut(&conversation) {
            live.used = live.used.max(now);
        }
        effects
    }

    /// Makes room for a conversation, and begins it.
    pub(super) fn room(
        &mut self,
        rules: &Rules,
        (conversation, most): (ConversationId, usize),
        now: Timestamp,
    ) -> &mut Live {
        if !self.scenes.contains_key(&conversation) {
            while self.scenes.len() >= most {
                let idle = self.scenes.iter().min_by_key(|(id, live)| (live.used, **id));
                let Some(idle) = idle.map(|(id, _)| *id) else { break };
                // Whoever forgets a conversation says so before; nobody is left to be told of this one.
                drop(self.over(rules, idle, now));
            }
        }
        self.scenes.entry(conversation).or_insert_with(|| Live::new(conversation, now))
    }

    /// Steps one scene, and takes in what it gives.
    pub(super) fn step(
        &mut self,
        rules: &Rules,
        conversation: ConversationId,
        fact: Fact,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(live) = self.scenes.get_mut(&conversation) else { return Vec::new() };
        if let Fact::Identity(_, _, Some(standing)) | Fact::Profile(standing) = fact {
            live.known.insert(standing.person, standing);
        }
        let world = World { grants: &self.grants, rules, now };
        let Step { state, effects } = scene::step(live.scene.clone(), fact, &world);
        for (id, speaker) in &state.speakers {
            if live.scene.speaker(*id).identity != speaker.identity {
                live.heard.entry(*id).or_insert_with(|| Heard::new(now)).touched = now;
            }
        }
        live.scene = state;
        for effect in &effects {
            match effect {
                Effect::CompanyChanged => self.grants.consents.company_changed(conversation),
                Effect::Delegate(delegation) => self.grants.delegations.begin(*delegation),
                Effect::Consent(consent) => self.grants.consents.begin(*consent),
                Effect::AskWho(_)
                | Effect::ModeChanged(..)
                | Effect::AskToConfirm(_)
                | Effect::Issue(_)
                | Effect::Write(..)
                | Effect::KeepClaim(..)
                | Effect::Refuse(_)
                | Effect::Ignore(_)
                | Effect::Cancel(..) => {}
            }
        }
        effects
    }

    /// Tells every conversation something, and returns those in which something is to be done.
    pub(super) fn everywhere(
        &mut self,
        rules: &Rules,
        now: Timestamp,
        fact: impl Fn(ConversationId) -> Option<Fact>,
    ) -> Vec<Touched> {
        let mut all: Vec<_> = self.scenes.keys().copied().collect();
        all.sort_unstable();
        let told = all.into_iter().filter_map(|id| {
            let effects = self.step(rules, id, fact(id)?, now);
            (!effects.is_empty()).then_some((id, effects))
        });
        told.collect()
    }

    /// Lets time pass for who speaks, in every conversation, and for what was given.
    pub(super) fn pass(&mut self, rules: &Rules, now: Timestamp) -> Vec<Touched> {
        self.sweep(now);
        let mut all: Vec<_> = self.scenes.keys().copied().collect();
        all.sort_unstable();
        let passed = all.into_iter().map(|id| (id, self.quiet(rules, id, now)));
        passed.filter(|(_, effects)| !effects.is_empty()).collect()
    }

    fn sweep(&mut self, now: Timestamp) {
        // What was asked for by one of them is cancelled by the next step of its scene.
        drop(self.grants.delegations.sweep(None, now));
        self.grants.consents.sweep(None, now);
    }

    /// Lets time pass for those who speak in one conversation: what came of nothing ends, and who was silent is quiet.
    pub(super) fn quiet(
        &mut self,
        rules: &Rules,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(live) = self.scenes.get_mut(&conversation) else { return Vec::new() };
        let mut due = Vec::new();
        for (id, speaker) in &live.scene.speakers {
            let heard = live.heard.entry(*id).or_insert_with(|| Heard::new(now));
            heard.forget(rules.fusion.window, now);
            if now.since(heard.touched) < rules.fusion.window {
                continue;
            }
            due.push((
                *id,
                match speaker.identity {
                    identity::Identity::ConfirmedActive(_) => identity::Fact::FellSilent,
                    identity::Identity::Probable(_)
                    | identity::Identity::Ambiguous
                    | identity::Identity::Rejected => identity::Fact::TimedOut,
                    identity::Identity::Unknown | identity::Identity::Confirmed(_) => continue,
                },
            ));
        }
        let told = due.into_iter().flat_map(|(id, fact)| {
            self.step(rules, conversation, Fact::Identity(id, fact, None), now)
        });
        told.collect()
    }

    pub(super) fn over(
        &mut self,
        rules: &Rules,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Vec<Touched> {
        let effects = self.step(rules, conversation, Fact::Over, now);
        let mut touched = vec![(conversation, effects)];
        self.scenes.remove(&conversation);
        let ended = self.grants.delegations.sweep(Some(conversation), now);
        self.grants.consents.sweep(Some(conversation), now);
        if !ended.is_empty() {
            touched.extend(self.everywhere(rules, now, |_| Some(Fact::Woke)));
        }
        touched.retain(|(_, effects)| !effects.is_empty());
        merged(touched)
    }

    pub(super) fn view(&self, rules: &Rules, place: Place, now: Timestamp) -> View {
        let Place { conversation, speaker } = place;
        let empty = Live::new(conversation, now);
        let live = self.scenes.get(&conversation).unwrap_or(&empty);
        let of = live.scene.speaker(speaker);
        let person = of.identity.confirmed();
        let heard = live.heard.get(&speaker);
        let signals = heard.map_or(Vec::new(), |heard| heard.live(rules.fusion.window, now));
        let Inner { grants, .. } = self;
        let theirs = |one: PersonId| person == Some(one);
        View {
            identity: of.identity,
            standing: of.standing,
            mode: live.scene.mode(speaker),
            company: live.scene.company(speaker),
            waiting: live.scene.waiting().filter(|matter| now < matter.asked().until),
            fused: fusion::fuse(&signals, person, &rules.fusion, now),
            signals,
            delegations: grants
                .delegations
                .iter()
                .filter(|one| now < one.until && (theirs(one.by) || theirs(one.to)))
                .copied()
                .collect(),
            consents: grants
                .consents
                .iter()
                .filter(|one| now < one.until && theirs(one.owner))
                .copied()
                .collect(),
        }
    }
}
