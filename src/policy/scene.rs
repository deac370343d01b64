//! A conversation as policy sees it: who speaks, who hears it, and the one thing that waits for a confirmation.
//!
//! Here the machines meet. Whatever changes, what waits is looked at again: if who asked, their age, their company or their right is not
//! what it was, it is off. At most one thing waits, so that "yes" can mean nothing else; something new takes the place of it.

use super::{
    Refusal, Rules, Standing, Step,
    command::{self, Authorization, Basis, Context, Request},
    confirmation::{Answer, Asked, Judgement, SpeakerId, judge},
    consent::{self, Consent, Consents},
    delegation::{self, Delegation, Delegations},
    fusion::Fused,
    identity::{self, Identity},
    mode::{self, Mode, Room},
    profile_update::{self, Verdict},
};
use crate::foundation::values::{
    CommandId, ConversationId, DelegationId, PersonId, time::Timestamp,
};
use std::collections::BTreeMap;

/// One who speaks in a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Speaker {
    /// Who they are taken for.
    pub identity: Identity,
    /// What is known of that person; none if they have no profile.
    pub standing: Option<Standing>,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// Which.
    pub conversation: ConversationId,
    /// Those who speak in it; each has a context of their own.
    pub speakers: BTreeMap<SpeakerId, Speaker>,
    /// Those who are there besides.
    pub room: Room,
    /// The command that was asked for.
    pub command: command::State,
    /// The change of a profile that was asked for.
    pub update: profile_update::State,
    /// The delegation that is to be given.
    pub delegation: delegation::State,
    /// The consent that is to be given.
    pub consent: consent::State,
}

/// What was given by whom, in all conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Grants {
    /// Delegations.
    pub delegations: Delegations,
    /// Consents.
    pub consents: Consents,
}

/// Something that happened in a conversation, or to somebody in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Something about who a speaker is, and what is known of whom it names.
    Identity(SpeakerId, identity::Fact, Option<Standing>),
    /// A person's profile says something else now.
    Profile(Standing),
    /// Something about who is here.
    Room(mode::Fact),
    /// A speaker asks for a command.
    Commanded(SpeakerId, CommandId, Request),
    /// A speaker would like a profile changed.
    Updated(SpeakerId, profile_update::Wish),
    /// A speaker would like to delegate.
    Delegated(SpeakerId, delegation::Wish),
    /// A speaker would like something of theirs told.
    Consented(SpeakerId, consent::Wish),
    /// A speaker answers.
    Answered(Answer),
    /// The command's executor is done with it, or has failed.
    Carried {
        /// Whether it was done.
        done: bool,
    },
    /// The change was written.
    Written,
    /// Something failed on the way: a worker died, nothing was understood.
    Failed,
    /// Time has passed, or something was given or taken back elsewhere.
    Woke,
    /// The conversation is over.
    Over,
}

/// Something to do.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Ask a speaker who they are.
    AskWho(SpeakerId),
    /// Something else may be said to a speaker from now on.
    ModeChanged(SpeakerId, Mode),
    /// Others hear it now, even where the mode is the same: what was granted to whoever was here is over.
    CompanyChanged,
    /// Ask for a confirmation.
    AskToConfirm(Matter),
    /// Carry a command out, once.
    Issue(Authorization),
    /// Write a change of a profile.
    Write(profile_update::Wish, PersonId),
    /// Keep what somebody said of another.
    KeepClaim(profile_update::Wish, PersonId),
    /// A delegation holds from now on.
    Delegate(Delegation),
    /// A consent holds from now on.
    Consent(Consent),
    /// Say why not.
    Refuse(Refusal),
    /// Say that an answer counts for nothing.
    Ignore(Refusal),
    /// Say that what waited is off.
    Cancel(CommandId, Refusal),
}

/// What waits for a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matter {
    /// A command.
    Command(command::Pending),
    /// A change of a profile.
    Update(profile_update::Pending),
    /// A delegation.
    Delegation(delegation::Proposal),
    /// A consent.
    Consent(consent::Proposal),
}

impl Matter {
    /// Returns what was asked, of whom.
    pub fn asked(&self) -> &Asked {
        match self {
            Self::Command(pending) => &pending.asked,
            Self::Update(pending) => &pending.asked,
            Self::Delegation(proposal) => &proposal.asked,
            Self::Consent(proposal) => &proposal.asked,
        }
    }

    /// Returns the delegation by which it was asked for, if it was by one.
    fn delegation(&self) -> Option<DelegationId> {
        match self {
            Self::Command(command::Pending { basis: Basis::Delegation(id), .. }) => Some(*id),
            Self::Command(_) | Self::Update(_) | Self::Delegation(_) | Self::Consent(_) => None,
        }
    }
}

/// What a step needs besides the scene.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// What was given.
    pub grants: &'a Grants,
    /// The numbers.
    pub rules: &'a Rules,
    /// Now.
    pub now: Timestamp,
}

impl Scene {
    /// Begins a conversation, of somebody unknown and alone.
    pub fn new(conversation: ConversationId) -> Self {
        Self {
            conversation,
            speakers: BTreeMap::new(),
            room: Room::default(),
            command: command::State::Idle,
            update: profile_update::State::None,
            delegation: delegation::State::None,
            consent: consent::State::None,
        }
    }

    /// Returns a speaker; whoever was not heard of is unknown.
    pub fn speaker(&self, id: SpeakerId) -> Speaker {
        self.speakers.get(&id).copied().unwrap_or_default()
    }

    /// Returns who is there besides a speaker: those who speak, too, and those who do not.
    pub fn company(&self, of: SpeakerId) -> Room {
        let mut company = self.room.clone();
        for (_, other) in self.speakers.iter().filter(|(id, _)| **id != of) {
            match other.identity.confirmed() {
                Some(person) => {
                    company.known.insert(person);
                }
                None => company.seen = company.seen.saturating_add(1),
            }
        }
        if let Some(person) = self.speaker(of).identity.confirmed() {
            company.known.remove(&person);
        }
        company
    }

    /// Returns who else hears what is said to a speaker.
    pub fn mode(&self, of: SpeakerId) -> Mode {
        self.company(of).mode()
    }

    /// Returns what decisions about a speaker depend on.
    pub fn context<'a>(&self, of: SpeakerId, world: &World<'a>) -> Context<'a> {
        let Speaker { identity, standing } = self.speaker(of);
        let World { grants, rules, now } = *world;
        let delegations = &grants.delegations;
        Context { identity, standing, mode: self.mode(of), delegations, rules, now }
    }

    /// Returns what waits for a confirmation.
    pub fn waiting(&self) -> Option<Matter> {
        if let command::State::PendingConfirmation(pending) = self.command {
            return Some(Matter::Command(pending));
        }
        if let profile_update::State::PendingConfirmation(pending) = self.update {
            return Some(Matter::Update(pending));
        }
        if let delegation::State::PendingConfirmation(proposal) = self.delegation {
            return Some(Matter::Delegation(proposal));
        }
        if let consent::State::Pending(proposal) = self.consent {
            return Some(Matter::Consent(proposal));
        }
        None
    }
}

/// Takes one fact and answers with the conversation as it is then, and what is to be done.
pub fn step(mut scene: Scene, fact: Fact, world: &World<'_>) -> Step<Scene, Effect> {
    let companies: BTreeMap<_, _> =
        scene.speakers.keys().map(|id| (*id, scene.company(*id))).collect();
    let mut effects = Vec::new();
    match fact {
        Fact::Identity(speaker, fact, standing) => {
            identify(&mut scene, speaker, fact, standing, &mut effects);
        }
        Fact::Profile(standing) => {
            for speaker in scene.speakers.values_mut() {
                let same = |of: &Standing| of.person == standing.person;
                if speaker.standing.as_ref().is_some_and(same) {
                    speaker.standing = Some(standing);
                }
            }
        }
        Fact::Room(fact) => {
            let Step { state, effects: told } = mode::step(std::mem::take(&mut scene.room), fact);
            scene.room = state;
            effects.extend(told.into_iter().map(|mode::Effect::Refuse(why)| Effect::Refuse(why)));
        }
        Fact::Commanded(speaker, id, request) => {
            replace(&mut scene, &mut effects);
            commanded(&mut scene, speaker, (id, request), world, &mut effects);
        }
        Fact::Updated(speaker, wish) => {
            replace(&mut scene, &mut effects);
            updated(&mut scene, speaker, wish, world, &mut effects);
        }
        Fact::Delegated(speaker, wish) => {
            replace(&mut scene, &mut effects);
            delegated(&mut scene, speaker, &wish, world, &mut effects);
        }
        Fact::Consented(speaker, wish) => {
            replace(&mut scene, &mut effects);
            consented(&mut scene, speaker, &wish, world, &mut effects);
        }
        Fact::Answered(answer) => answered(&mut scene, answer, world, &mut effects),
        Fact::Carried { done } => {
            let fact = if done { command::Fact::Succeeded } else { command::Fact::Failed };
            let context = scene.context(SpeakerId::default(), world);
            scene.command = command::step(scene.command, fact, &context).state;
        }
        Fact::Written => {
            let written = profile_update::Fact::Applied;
            scene.update = profile_update::step(scene.update, written).state;
        }
        Fact::Failed => cancel(&mut scene, Refusal::Failed, &mut effects),
        Fact::Woke => {}
        Fact::Over => {
            cancel(&mut scene, Refusal::ConversationOver, &mut effects);
            scene = Scene::new(scene.conversation);
        }
    }
    let mut others = false;
    for id in scene.speakers.keys() {
        let now = scene.company(*id);
        let before = companies.get(id).cloned().unwrap_or_default();
        others |= now != before;
        if now.mode() != before.mode() {
            effects.push(Effect::ModeChanged(*id, now.mode()));
        }
    }
    if others {
        effects.push(Effect::CompanyChanged);
        // What was to be told to those who were here is not told to others.
        if matches!(scene.waiting(), Some(Matter::Consent(one)) if one.consent.to.is_none()) {
            cancel(&mut scene, Refusal::ModeChanged, &mut effects);
        }
    }
    if let Some(why) = scene.waiting().and_then(|matter| changed(&scene, &matter, world)) {
        cancel(&mut scene, why, &mut effects);
    }
    Step { state: scene, effects }
}

/// Returns why something that waits is off, if it is.
fn changed(scene: &Scene, matter: &Matter, world: &World<'_>) -> Option<Refusal> {
    let asked = matter.asked();
    let speaker = scene.speaker(asked.speaker);
    if speaker.identity.confirmed() != Some(asked.person) {
        return Some(Refusal::Changed);
    }
    if speaker.standing.is_none_or(|standing| standing.age != asked.age) {
        return Some(Refusal::Changed);
    }
    if scene.mode(asked.speaker) != asked.mode {
        return Some(Refusal::ModeChanged);
    }
    let delegations = &world.grants.delegations;
    let held = |id| delegations.get(id).is_some_and(|one| world.now < one.until);
    if matter.delegation().is_some_and(|id| !held(id)) {
        return Some(Refusal::AuthorityGone);
    }
    (world.now >= asked.until).then_some(Refusal::TooLate)
}

fn identify(
    scene: &mut Scene,
    id: SpeakerId,
    fact: identity::Fact,
    standing: Option<Standing>,
    effects: &mut Vec<Effect>,
) {
    // Nobody is two speakers. Words alone do not shake one who is confirmed; a proof is a doubt about both.
    let taken = named(fact).is_some_and(|(person, proven)| {
        let others = scene.speakers.iter_mut().filter(|(other, speaker)| {
            **other != id && speaker.identity.likely().is_some_and(|one| one.person == person)
        });
        others.fold(false, |_, (other, speaker)| {
            if proven || speaker.identity.confirmed().is_none() {
                let step = identity::step(speaker.identity, identity::Fact::Conflicted);
                speaker.identity = step.state;
                effects.extend(step.effects.iter().map(|_| Effect::AskWho(*other)));
            }
            true
        })
    });
    let fact = if taken { identity::Fact::Conflicted } else { fact };
    let speaker = scene.speakers.entry(id).or_default();
    let step = identity::step(speaker.identity, fact);
    speaker.identity = step.state;
    let person = step.state.likely().map(|likely| likely.person);
    let known = [standing, speaker.standing].into_iter().flatten();
    speaker.standing = known.into_iter().find(|standing| Some(standing.person) == person);
    effects.extend(step.effects.iter().map(|identity::Effect::AskWho| Effect::AskWho(id)));
}

/// Returns whom a fact makes of a speaker, and whether by more than words and hints.
fn named(fact: identity::Fact) -> Option<(PersonId, bool)> {
    match fact {
        identity::Fact::Claimed(person) => Some((person, false)),
        identity::Fact::Validated(person) | identity::Fact::Clarified(person) => {
            Some((person, true))
        }
        identity::Fact::Fused(Fused::Probable(likely)) => Some((likely.person, false)),
        identity::Fact::Fused(Fused::Confirmed(likely)) => Some((likely.person, true)),
        identity::Fact::Fused(Fused::Nobody | Fused::Conflict)
        | identity::Fact::NotValidated
        | identity::Fact::Spoke
        | identity::Fact::FellSilent
        | identity::Fact::TimedOut
        | identity::Fact::Conflicted
        | identity::Fact::Ended => None,
    }
}

/// Cancels what waits, because something else is wanted now.
fn replace(scene: &mut Scene, effects: &mut Vec<Effect>) {
    cancel(scene, Refusal::Replaced, effects);
    // What was handed to an executor or to the profiles goes its way; here there is room again.
    scene.command = command::State::Idle;
    scene.update = profile_update::State::None;
}

fn cancel(scene: &mut Scene, why: Refusal, effects: &mut Vec<Effect>) {
    if let Some(matter) = scene.waiting() {
        effects.push(Effect::Cancel(matter.asked().id, why));
        match matter {
            Matter::Command(_) => scene.command = command::State::Idle,
            Matter::Update(_) => scene.update = profile_update::State::None,
            Matter::Delegation(_) => scene.delegation = delegation::State::None,
            Matter::Consent(_) => scene.consent = consent::State::None,
        }
    }
}

fn commanded(
    scene: &mut Scene,
    speaker: SpeakerId,
    (id, request): (CommandId, Request),
    world: &World<'_>,
    effects: &mut Vec<Effect>,
) {
    let context = scene.context(speaker, world);
    let detected = command::step(scene.command, command::Fact::Detected(id, request), &context);
    let found = match command::authorize(&request, &context) {
        Ok(authority) => command::Fact::Granted(authority, speaker, scene.conversation),
        Err(why) => command::Fact::Refused(why),
    };
    let step = command::step(detected.state, found, &context);
    settle_command(scene, step, &context, effects);
}

fn settle_command(
    scene: &mut Scene,
    step: Step<command::State, command::Effect>,
    context: &Context<'_>,
    effects: &mut Vec<Effect>,
) {
    scene.command = step.state;
    for effect in step.effects {
        effects.push(match effect {
            command::Effect::Authorize(..) => continue,
            command::Effect::AskToConfirm(pending) => {
                Effect::AskToConfirm(Matter::Command(pending))
            }
            command::Effect::Issue(authorization) => Effect::Issue(authorization),
            command::Effect::Refuse(why) => Effect::Refuse(why),
            command::Effect::Ignore(why) => Effect::Ignore(why),
            command::Effect::Cancel(id, why) => Effect::Cancel(id, why),
        });
    }
    if matches!(scene.command, command::State::Denied(_) | command::State::Cancelled(_)) {
        scene.command = command::step(scene.command, command::Fact::Told, context).state;
    }
}

/// Returns how a speaker who is certain is asked.
fn asking(
    scene: &Scene,
    id: CommandId,
    speaker: SpeakerId,
    context: &Context<'_>,
) -> Result<Asked, Refusal> {
    let Standing { person, age, .. } = command::certain(context)?;
    let until = context.now.plus(context.rules.confirm_within);
    let (mode, conversation) = (context.mode, scene.conversation);
    Ok(Asked { id, person, speaker, age, mode, conversation, until })
}

fn updated(
    scene: &mut Scene,
    speaker: SpeakerId,
    wish: profile_update::Wish,
    world: &World<'_>,
    effects: &mut Vec<Effect>,
) {
    use profile_update::{Fact, step};
    let context = scene.context(speaker, world);
    let requested = step(scene.update, Fact::Requested(wish)).state;
    let verdict = profile_update::validate(&wish, &context)
        .and_then(|verdict| Ok((verdict, asking(scene, CommandId(wish.id.0), speaker, &context)?)));
    let found = match verdict {
        Ok((Verdict::KeepAsClaim, asked)) => {
            scene.update = profile_update::State::None;
            return effects.push(Effect::KeepClaim(wish, asked.person));
        }
        Ok((Verdict::Apply, _)) => Fact::Verified,
        Ok((Verdict::Confirm, asked)) => Fact::VerifiedToConfirm(asked),
        Err(why) => Fact::AuthorityDenied(why),
    };
    let by = context.identity.confirmed();
    settle_update(scene, step(requested, found), by, effects);
}

fn settle_update(
    scene: &mut Scene,
    step: Step<profile_update::State, profile_update::Effect>,
    by: Option<PersonId>,
    effects: &mut Vec<Effect>,
) {
    scene.update = step.state;
    for effect in step.effects {
        effects.push(match effect {
            profile_update::Effect::Validate(_) => continue,
            profile_update::Effect::AskToConfirm(pending) => {
                Effect::AskToConfirm(Matter::Update(pending))
            }
            profile_update::Effect::Write(wish) => {
                let Some(by) = by else { continue };
                Effect::Write(wish, by)
            }
            profile_update::Effect::Refuse(why) => Effect::Refuse(why),
            profile_update::Effect::Cancel(id, why) => Effect::Cancel(CommandId(id.0), why),
        });
    }
    if matches!(
        scene.update,
        profile_update::State::Rejected(_) | profile_update::State::Cancelled(_)
    ) {
        scene.update = profile_update::step(scene.update, profile_update::Fact::Told).state;
    }
}

fn delegated(
    scene: &mut Scene,
    speaker: SpeakerId,
    wish: &delegation::Wish,
    world: &World<'_>,
    effects: &mut Vec<Effect>,
) {
    let context = scene.context(speaker, world);
    let proposed = delegation::propose(wish, scene.conversation, &context).and_then(|delegation| {
        let asked = asking(scene, CommandId(wish.id.0), speaker, &context)?;
        Ok(delegation::Proposal { delegation, asked })
    });
    match proposed {
        Ok(proposal) => {
            let detected = delegation::Fact::Detected(proposal);
            scene.delegation = delegation::step(scene.delegation, detected).state;
            effects.push(Effect::AskToConfirm(Matter::Delegation(proposal)));
        }
        Err(why) => effects.push(Effect::Refuse(why)),
    }
}

fn consented(
    scene: &mut Scene,
    speaker: SpeakerId,
    wish: &consent::Wish,
    world: &World<'_>,
    effects: &mut Vec<Effect>,
) {
    let context = scene.context(speaker, world);
    let proposed = consent::propose(wish, scene.conversation, &context).and_then(|consent| {
        let asked = asking(scene, CommandId(wish.id.0), speaker, &context)?;
        Ok(consent::Proposal { consent, asked })
    });
    match proposed {
        Ok(proposal) => {
            let requested = consent::Fact::Requested(proposal);
            scene.consent = consent::step(scene.consent, requested).state;
            effects.push(Effect::AskToConfirm(Matter::Consent(proposal)));
        }
        Err(why) => effects.push(Effect::Refuse(why)),
    }
}

fn answered(scene: &mut Scene, answer: Answer, world: &World<'_>, effects: &mut Vec<Effect>) {
    let context = scene.context(answer.speaker, world);
    let matter = scene.waiting();
    let Some(matter) = matter.filter(|matter| !matches!(matter, Matter::Command(_))) else {
        let step = command::step(scene.command, command::Fact::Answered(answer), &context);
        return settle_command(scene, step, &context, effects);
    };
    match judge(matter.asked(), &answer, &context) {
        Judgement::Ignored(why) => effects.push(Effect::Ignore(why)),
        Judgement::Cancelled(why) => cancel(scene, why, effects),
        Judgement::Confirmed => confirmed(scene, &matter, &context, effects),
    }
}

/// Does what was confirmed, if the one who confirmed it still may.
fn confirmed(scene: &mut Scene, matter: &Matter, context: &Context<'_>, effects: &mut Vec<Effect>) {
    match matter {
        // Commands are confirmed by their own machine.
        Matter::Command(_) => {}
        Matter::Update(profile_update::Pending { wish, .. }) => {
            let verdict = profile_update::validate(wish, context);
            if !matches!(verdict, Ok(Verdict::Apply | Verdict::Confirm)) {
                return cancel(scene, Refusal::AuthorityGone, effects);
            }
            let step = profile_update::step(scene.update, profile_update::Fact::Confirmed);
            settle_update(scene, step, context.identity.confirmed(), effects);
        }
        Matter::Delegation(proposal) => {
            let Delegation { id, to, groups, .. } = proposal.delegation;
            let again = delegation::Wish { id, to, groups, lasts: None };
            if delegation::propose(&again, scene.conversation, context).is_err() {
                return cancel(scene, Refusal::AuthorityGone, effects);
            }
            let step = delegation::step(scene.delegation, delegation::Fact::Confirmed);
            effects.extend(step.effects.into_iter().filter_map(|effect| match effect {
                delegation::Effect::Begin(delegation) => Some(Effect::Delegate(delegation)),
                delegation::Effect::AskToConfirm(_) | delegation::Effect::End(_) => None,
            }));
            // From now on it is the household's, in whichever conversation it is used.
            scene.delegation = delegation::State::None;
        }
        Matter::Consent(_) => {
            let step = consent::step(scene.consent, consent::Fact::Granted);
            effects.extend(step.effects.into_iter().filter_map(|effect| match effect {
                consent::Effect::Begin(consent) => Some(Effect::Consent(consent)),
                consent::Effect::AskToGrant(_) | consent::Effect::End(_) => None,
            }));
            scene.consent = consent::State::None;
        }
    }
}
