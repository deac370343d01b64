//! Proofs about the conscience: every transition as a table, random histories, every invariant by its name, and a search through the
//! states that conversations can be in.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for what it is about, among whatever else there is"
)]

mod fusion;
mod histories;
mod invariants;
mod joint;
mod oracle;
mod tables;
mod truth;

use super::{
    Confidence, Date, Group, Risk, Role, Rules, Standing,
    age::Age,
    command::{Context, Nature, Origin, Request},
    confirmation::SpeakerId,
    delegation::{Delegation, Delegations},
    fusion::Likely,
    identity::Identity,
    mode::Mode,
    scene::{Grants, World},
};
use crate::foundation::values::{
    CommandId, ConversationId, DelegationId, PersonId, Sha256, time::Timestamp,
};
use std::time::Duration;
use uuid::Uuid;

/// A moment to begin with.
const NOW: Timestamp = Timestamp(1_800_000_000_000);
const TODAY: Date = Date { year: 2026, month: 11, day: 30 };

/// Olga owns the house, Gero is a grown-up guest, Kai is a child.
const OLGA: PersonId = PersonId(Uuid::from_u128(1));
const GERO: PersonId = PersonId(Uuid::from_u128(2));
const KAI: PersonId = PersonId(Uuid::from_u128(3));

const HERE: ConversationId = ConversationId(Uuid::from_u128(100));
const ELSEWHERE: ConversationId = ConversationId(Uuid::from_u128(101));
const FIRST: SpeakerId = SpeakerId(0);
const SECOND: SpeakerId = SpeakerId(1);
const GIVEN: DelegationId = DelegationId(Uuid::from_u128(200));

const LIGHT: Nature = Nature { group: Group::HomeAutomation, risk: Risk::Low, confirm: false };
const DOOR: Nature = Nature { group: Group::HomeAutomation, risk: Risk::Medium, confirm: true };
const WIPE: Nature = Nature { group: Group::System, risk: Risk::High, confirm: true };

fn name(person: PersonId) -> &'static str {
    match person.0.as_u128() {
        1 => "Olga",
        2 => "Gero",
        3 => "Kai",
        _ => "somebody",
    }
}

fn standing(person: PersonId) -> Standing {
    let (role, age) = match person {
        OLGA => (Role::Owner, Age::Adult),
        KAI => (Role::Guest, Age::Child),
        _ => (Role::Guest, Age::Adult),
    };
    Standing { person, role, age }
}

fn likely(person: PersonId) -> Likely {
    Likely { person, confidence: Confidence::thousandths(900) }
}

fn confirmed(person: PersonId) -> Identity {
    Identity::ConfirmedActive(likely(person))
}

fn command(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(1000 + number))
}

fn request(nature: Nature) -> Request {
    Request {
        action: Sha256::of(format!("{nature:?}")),
        nature,
        origin: Origin::Recognized,
        certainty: Confidence::FULL,
        complete: true,
        available: true,
    }
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// What Olga gave Gero.
fn given(group: Group) -> Delegation {
    let until = later(3600);
    Delegation { id: GIVEN, by: OLGA, to: GERO, groups: group.into(), conversation: HERE, until }
}

/// Everything that a decision depends on, to be changed by a test.
struct Facts {
    identity: Identity,
    standing: Option<Standing>,
    mode: Mode,
    grants: Grants,
    rules: Rules,
    now: Timestamp,
}

impl Facts {
    fn of(person: PersonId) -> Self {
        Self {
            identity: confirmed(person),
            standing: Some(standing(person)),
            mode: Mode::Private,
            grants: Grants::default(),
            rules: Rules::default(),
            now: NOW,
        }
    }

    fn given(mut self, group: Group) -> Self {
        self.grants.delegations.begin(given(group));
        self
    }

    fn context(&self) -> Context<'_> {
        let Self { identity, standing, mode, grants, rules, now } = self;
        let delegations: &Delegations = &grants.delegations;
        Context {
            identity: *identity,
            standing: *standing,
            mode: *mode,
            delegations,
            rules,
            now: *now,
        }
    }

    fn world(&self) -> World<'_> {
        World { grants: &self.grants, rules: &self.rules, now: self.now }
    }
}
