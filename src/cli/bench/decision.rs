//! `bench decision`: what one decision takes, from signals to the redeemed ticket.

use crate::{
    cli::{
        exit::{Exit, Outcome},
        out,
    },
    commands::{Catalogue, Ticket},
    foundation::values::{CommandId, ConversationId, PersonId, time, time::Timestamp},
    policy::{
        Confidence, Role, Rules, Standing,
        age::Age,
        command::{Origin, Request},
        confirmation::{Answer, SpeakerId, Word},
        fusion::{Fused, Signal, Source, Witness, fuse},
        identity, mode,
        scene::{Effect, Fact, Grants, Scene, World, step},
    },
};
use clap::Args;
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// Time a decision: signals, identity, mode, command, ticket
#[derive(Debug, Args)]
pub(super) struct DecisionRun {
    /// How often each case is decided
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    repeat: usize,
}

#[derive(Debug, Serialize)]
struct Report {
    cases: Vec<Case>,
}

#[derive(Debug, Serialize)]
struct Case {
    name: &'static str,
    /// How many of the decisions ended with a ticket that was redeemed.
    redeemed: usize,
    /// Of each decision.
    decision_us: Vec<f64>,
}

const OWNER: PersonId = PersonId(Uuid::from_u128(1));
const GUEST: PersonId = PersonId(Uuid::from_u128(2));
const SPEAKER: SpeakerId = SpeakerId(0);

impl DecisionRun {
    /// Decides each case many times over, from the beginning each time, and prints JSON with every decision's time.
    pub(super) fn run(&self) -> Outcome {
        let catalogue = Catalogue::built_in();
        let light = catalogue.action("turn_on_light", [("location", "kitchen")])?;
        let garage = catalogue.action("open_garage", [("garage", "garage")])?;
        let mut cases = Vec::new();
        for (name, person, action) in
            [("at once", OWNER, &light), ("confirmed", OWNER, &garage), ("refused", GUEST, &garage)]
        {
            let mut case = Case { name, redeemed: 0, decision_us: Vec::with_capacity(self.repeat) };
            for _ in 0..self.repeat {
                let started = time::instant();
                // The exact action is hashed anew, as for each request.
                let request = Request {
                    action: action.hash(),
                    nature: action.command().nature,
                    origin: Origin::Recognized,
                    certainty: Confidence::FULL,
                    complete: true,
                    available: true,
                };
                case.redeemed += usize::from(decide(person, request));
                case.decision_us.push(started.elapsed().as_secs_f64() * 1e6);
            }
            cases.push(case);
        }
        out::json(&Report { cases })?;
        Ok(Exit::Done)
    }
}

/// Takes a conversation from two signals to a redeemed ticket; returns whether it came to one.
fn decide(person: PersonId, request: Request) -> bool {
    let (rules, grants) = (Rules::default(), Grants::default());
    let now = Timestamp(1_800_000_000_000);
    let world = World { grants: &grants, rules: &rules, now };
    let role = if person == OWNER { Role::Owner } else { Role::Guest };
    let known = Some(Standing { person, role, age: Age::Adult });
    let conversation = ConversationId(Uuid::from_u128(3));
    let signal = |source, confidence| {
        Signal::new(source, Witness::Node, (Some(person), confidence), now, now).ok()
    };
    let signals = [signal(Source::Voice, 0.9), signal(Source::Satellite, 0.95)];
    let signals: Vec<_> = signals.into_iter().flatten().collect();
    let fused: Fused = fuse(&signals, None, &rules.fusion, now);
    let mut scene = Scene::new(conversation);
    let mut issued = None;
    let id = CommandId(Uuid::from_u128(4));
    let yes = Answer { speaker: SPEAKER, conversation, about: None, word: Word::Confirm };
    for fact in [
        Fact::Identity(SPEAKER, identity::Fact::Fused(fused), known),
        Fact::Identity(SPEAKER, identity::Fact::Spoke, None),
        // Somebody came and was seen to leave: the mode is computed anew each time.
        Fact::Room(mode::Fact::Detected(Some(GUEST))),
        Fact::Room(mode::Fact::SeenLeaving(Some(GUEST))),
        Fact::Commanded(SPEAKER, id, request),
        Fact::Answered(yes),
    ] {
        let next = step(scene, fact, &world);
        scene = next.state;
        issued = issued.or(next.effects.into_iter().find_map(|effect| match effect {
            Effect::Issue(authorization) => Some(authorization),
            Effect::AskWho(_)
            | Effect::ModeChanged(..)
            | Effect::CompanyChanged
            | Effect::AskToConfirm(_)
            | Effect::Write(..)
            | Effect::KeepClaim(..)
            | Effect::Delegate(_)
            | Effect::Consent(_)
            | Effect::Refuse(_)
            | Effect::Ignore(_)
            | Effect::Cancel(..) => None,
        }));
    }
    let Some(authorization) = issued else { return false };
    let later = World { now: now.plus(Duration::from_millis(1)), ..world };
    let ticket = Ticket::issue(authorization);
    ticket.redeem(&request.action, &scene.context(SPEAKER, &later)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // VOX-24
    #[test]
    fn what_is_timed_is_decided() {
        let request = |name: &str, slots: [(&str, &str); 1]| {
            let action = Catalogue::built_in().action(name, slots).unwrap();
            Request {
                action: action.hash(),
                nature: action.command().nature,
                origin: Origin::Recognized,
                certainty: Confidence::FULL,
                complete: true,
                available: true,
            }
        };
        assert!(decide(OWNER, request("turn_on_light", [("location", "kitchen")])));
        assert!(decide(OWNER, request("open_garage", [("garage", "garage")])));
        assert!(!decide(GUEST, request("open_garage", [("garage", "garage")])));
    }
}
