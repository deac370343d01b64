//! The numbers that a household may change; the defaults are vox-core's where it gives any.

use super::{Confidence, Group, Groups, Role, age};
use std::time::Duration;

/// Every number and table that decisions use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How signals become an identity.
    pub fusion: FusionRules,
    /// Where childhood and youth end.
    pub age: age::Limits,
    /// How surely an intent must be recognised.
    pub certainty: Certainty,
    /// What roles may command without a delegation; an owner everything.
    pub roles: RoleGroups,
    /// How long a confirmation is waited for.
    pub confirm_within: Duration,
    /// How long a ticket is good.
    pub ticket_lifetime: Duration,
    /// How long a delegation lasts of which nothing else was said.
    pub delegation: Duration,
    /// How long one may last.
    pub longest_delegation: Duration,
    /// How long a consent lasts of which nothing else was said.
    pub consent: Duration,
    /// How long one may last.
    pub longest_consent: Duration,
}

/// How signals become an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FusionRules {
    /// What each source counts.
    pub weights: Weights,
    /// From here on two sources that agree confirm.
    pub confirmed: Confidence,
    /// From here on somebody is probable; a raw confidence of so much can contradict.
    pub probable: Confidence,
    /// How long a signal counts.
    pub window: Duration,
}

/// What each source counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// What somebody says of themselves.
    pub explicit: Confidence,
    /// A device or a token that belongs to somebody.
    pub satellite: Confidence,
    /// A face.
    pub vision: Confidence,
    /// A voice.
    pub voice: Confidence,
}

/// How surely an intent must be recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certainty {
    /// Below this it is asked what was meant.
    pub ask_below: Confidence,
    /// Below this a command of high risk is refused, and it is asked what was meant.
    pub high_risk_from: Confidence,
}

/// What roles may command without a delegation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoleGroups {
    /// An admin.
    pub admin: Groups,
    /// An operator.
    pub operator: Groups,
    /// A guest.
    pub guest: Groups,
}

impl RoleGroups {
    /// Returns whether a role may command a group by itself.
    pub fn may(&self, role: Role, group: Group) -> bool {
        self.of(role).has(group)
    }

    /// Returns the groups that a role may command by itself.
    pub fn of(&self, role: Role) -> Groups {
        match role {
            Role::Owner => Groups::ALL,
            Role::Admin => self.admin,
            Role::Operator => self.operator,
            Role::Guest => self.guest,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            fusion: FusionRules::default(),
            age: age::Limits::default(),
            certainty: Certainty {
                ask_below: Confidence::thousandths(600),
                high_risk_from: Confidence::thousandths(800),
            },
            roles: RoleGroups::default(),
            confirm_within: Duration::from_secs(30),
            ticket_lifetime: Duration::from_secs(10),
            delegation: Duration::from_hours(1),
            longest_delegation: Duration::from_hours(24),
            consent: Duration::from_hours(1),
            longest_consent: Duration::from_hours(24),
        }
    }
}

impl Default for FusionRules {
    fn default() -> Self {
        Self {
            weights: Weights {
                explicit: Confidence::FULL,
                satellite: Confidence::thousandths(900),
                vision: Confidence::thousandths(800),
                voice: Confidence::thousandths(700),
            },
            confirmed: Confidence::thousandths(850),
            probable: Confidence::thousandths(600),
            window: Duration::from_mins(5),
        }
    }
}
