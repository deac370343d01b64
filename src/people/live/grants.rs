//! What was given is taken back: by who gave it, at once, and whatever waits because of it is off.

use super::{Inner, Scenes, Touched};
use crate::{
    foundation::values::{ConsentId, DelegationId, PersonId, time::Timestamp},
    policy::{
        Refusal, Role, Rules, Standing, consent::Consent, delegation::Delegation, identity, mode,
        scene::Fact,
    },
};

impl Scenes {
    /// Takes a delegation back: who gave it may, and an owner. It needs nobody's confirmation.
    pub fn revoke_delegation(
        &self,
        by: &Standing,
        id: DelegationId,
        now: Timestamp,
    ) -> Result<(Delegation, Vec<Touched>), Refusal> {
        let mut world = self.enter();
        let found = world.grants.delegations.get(id).copied().filter(|one| now < one.until);
        let delegation = found.ok_or(Refusal::NothingPending)?;
        if delegation.by != by.person && by.role != Role::Owner {
            return Err(Refusal::NotPermitted);
        }
        world.grants.delegations.end(id);
        Ok((delegation, world.everywhere(&self.rules, now, |_| Some(Fact::Woke))))
    }

    /// Takes a consent back; only who gave it may.
    pub fn revoke_consent(
        &self,
        by: PersonId,
        id: ConsentId,
        now: Timestamp,
    ) -> Result<(Consent, Vec<Touched>), Refusal> {
        let mut world = self.enter();
        let found = world.grants.consents.get(id).copied().filter(|one| now < one.until);
        let consent = found.ok_or(Refusal::NothingPending)?;
        if consent.owner != by {
            return Err(Refusal::NotPermitted);
        }
        world.grants.consents.end(id);
        Ok((consent, world.everywhere(&self.rules, now, |_| Some(Fact::Woke))))
    }
}

impl Inner {
    pub(super) fn gone(&mut self, rules: &Rules, person: PersonId, now: Timestamp) -> Vec<Touched> {
        let delegations = self.grants.delegations.iter();
        let given = delegations.filter(|one| one.by == person || one.to == person);
        let given: Vec<_> = given.map(|one| one.id).collect();
        for id in given {
            self.grants.delegations.end(id);
        }
        let consents = self.grants.consents.iter();
        let told = consents.filter(|one| one.owner == person || one.to == Some(person));
        let told: Vec<_> = told.map(|one| one.id).collect();
        for id in told {
            self.grants.consents.end(id);
        }
        let mut touched = Vec::new();
        let mut all: Vec<_> = self.scenes.keys().copied().collect();
        all.sort_unstable();
        for id in all {
            let Some(live) = self.scenes.get_mut(&id) else { continue };
            live.known.remove(&person);
            let speakers = live.scene.speakers.iter();
            let theirs = speakers.filter(|(_, speaker)| {
                speaker.identity.likely().is_some_and(|likely| likely.person == person)
            });
            let mut facts: Vec<_> = theirs
                .map(|(speaker, _)| Fact::Identity(*speaker, identity::Fact::Ended, None))
                .collect();
            // Somebody is still there; only nobody knows who.
            facts.push(Fact::Room(mode::Fact::IdentityLost(person)));
            let effects = facts.into_iter().flat_map(|fact| self.step(rules, id, fact, now));
            touched.push((id, effects.collect::<Vec<_>>()));
        }
        touched.retain(|(_, effects)| !effects.is_empty());
        touched
    }
}
