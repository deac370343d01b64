//! The words that the machines share.

use crate::foundation::values::PersonId;
use std::fmt;

/// How sure something is, in thousandths, so that equal is equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Confidence(u16);

/// A number that is no confidence: not between 0 and 1, or no number at all.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a confidence is a number from 0 to 1, not {0}")]
pub struct NotAConfidence(pub f32);

impl Confidence {
    /// Not at all.
    pub const NONE: Self = Self(0);
    /// Entirely.
    pub const FULL: Self = Self(1000);

    /// Reads a confidence; NaN and everything outside of 0 to 1 is refused.
    pub fn new(value: f32) -> Result<Self, NotAConfidence> {
        if !(0.0..=1.0).contains(&value) {
            return Err(NotAConfidence(value));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is from 0 to 1000"
        )]
        // Cut and not rounded: 0.8499 is not 0.85.
        let thousandths = (f64::from(value) * 1000.0 + 1e-3) as u16;
        Ok(Self(thousandths))
    }

    /// Takes thousandths; more than 1000 is 1000.
    pub const fn thousandths(thousandths: u16) -> Self {
        Self(if thousandths > 1000 { 1000 } else { thousandths })
    }

    /// Returns it as a number from 0 to 1.
    pub fn value(self) -> f32 {
        f32::from(self.0) / 1000.0
    }

    /// Returns this much of a weight.
    pub(super) fn weighted(self, weight: Self) -> u32 {
        u32::from(self.0) * u32::from(weight.0) / 1000
    }

    /// Adds up shares; more than full is full.
    pub(super) fn sum(shares: u32) -> Self {
        Self::thousandths(u16::try_from(shares).unwrap_or(u16::MAX))
    }
}

/// How sure, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Hardly.
    Low,
    /// Somewhat.
    Medium,
    /// Very.
    High,
}

/// How something came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// Its owner said so.
    Owner,
    /// An operator wrote it on the machine.
    Operator,
    /// Somebody else said so.
    ThirdParty(PersonId),
}

/// Who may be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Its owner.
    #[default]
    Private,
    /// People whom the node knows.
    Shared,
    /// Everybody.
    Public,
}

/// A domain of commands; membership is never inferred, and one gives nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Lights, doors, the house.
    HomeAutomation,
    /// What moves by itself.
    RobotControl,
    /// Alarms and locks.
    Security,
    /// Music and pictures.
    Media,
    /// This node and its machine.
    System,
}

/// Some of the groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Groups(u8);

impl Group {
    /// Every group there is.
    pub const ALL: [Self; 5] =
        [Self::HomeAutomation, Self::RobotControl, Self::Security, Self::Media, Self::System];

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HomeAutomation => "home_automation",
            Self::RobotControl => "robot_control",
            Self::Security => "security",
            Self::Media => "media",
            Self::System => "system",
        }
    }

    /// Finds a group by its exact name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Groups {
    /// No group.
    pub const NONE: Self = Self(0);
    /// Every group.
    pub const ALL: Self = Self(0b1_1111);

    /// Adds a group.
    #[must_use]
    pub const fn with(self, group: Group) -> Self {
        Self(self.0 | group.bit())
    }

    /// Returns whether a group is among them.
    pub const fn has(self, group: Group) -> bool {
        self.0 & group.bit() != 0
    }

    /// Returns whether all of `others` are among them.
    pub const fn have(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// Returns whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns them one by one.
    pub fn iter(self) -> impl Iterator<Item = Group> {
        Group::ALL.into_iter().filter(move |group| self.has(*group))
    }
}

impl From<Group> for Groups {
    fn from(group: Group) -> Self {
        Self::NONE.with(group)
    }
}

impl FromIterator<Group> for Groups {
    fn from_iter<I: IntoIterator<Item = Group>>(groups: I) -> Self {
        groups.into_iter().fold(Self::NONE, Self::with)
    }
}

/// What a person is in this household.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// May command everything, and decides who else may.
    Owner,
    /// Manages people.
    Admin,
    /// Keeps the node running.
    Operator,
    /// May talk.
    #[default]
    Guest,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Operator, Self::Guest];

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Guest => "guest",
        }
    }

    /// Finds a role by its exact name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// How much harm a command can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Risk {
    /// Is undone by saying the opposite.
    Low,
    /// Touches things or people.
    Medium,
    /// Cannot be taken back, or opens the house.
    High,
}

impl Risk {
    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What is known for certain of a person, from their profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Who it is about.
    pub person: PersonId,
    /// Their role.
    pub role: Role,
    /// Their age, as far as it is known.
    pub age: super::age::Age,
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Date {
    /// Returns the day, if there is one of these numbers.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        (day >= 1 && day <= days(year, month)).then_some(Self { year, month, day })
    }
}

/// Returns how many days a month has; none if there is no such month.
pub(super) fn days(year: i16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // INV-FAIL: what is no number decides nothing.
    #[test]
    fn a_confidence_is_a_number_from_0_to_1() {
        for wrong in [f32::NAN, f32::INFINITY, -0.001, 1.001, f32::NEG_INFINITY] {
            assert!(Confidence::new(wrong).is_err(), "{wrong}");
        }
        for (value, thousandths) in
            [(0.0, 0), (1.0, 1000), (0.85, 850), (0.6, 600), (0.8499, 849), (0.001, 1)]
        {
            assert_eq!(Confidence::new(value).unwrap(), Confidence::thousandths(thousandths));
            assert!((Confidence::thousandths(thousandths).value() - value).abs() < 0.001);
        }
        assert_eq!(Confidence::thousandths(2000), Confidence::FULL);
        assert_eq!(Confidence::FULL.weighted(Confidence::thousandths(700)), 700);
        assert_eq!(Confidence::sum(1245), Confidence::FULL);
        assert_eq!(Confidence::sum(999_999), Confidence::FULL);
    }

    // INV-CMD-GRP-1, INV-CMD-GRP-2
    #[test]
    fn a_group_gives_nothing_in_another() {
        for one in Group::ALL {
            assert_eq!(Group::by_name(one.name()), Some(one));
            for other in Group::ALL {
                assert_eq!(Groups::from(one).has(other), one == other);
                assert_eq!(Groups::from(one).have(other.into()), one == other);
            }
            assert!(Groups::ALL.has(one) && !Groups::NONE.has(one));
        }
        assert_eq!(Group::by_name("homeautomation"), None);
        assert!(Groups::ALL.have(Groups::NONE) && !Groups::NONE.have(Groups::ALL));
        assert_eq!(Groups::ALL.iter().collect::<Groups>(), Groups::ALL);
        assert!(Groups::NONE.is_empty() && !Groups::ALL.is_empty());
        assert_eq!(Groups::ALL.iter().count(), 5);
    }

    #[test]
    fn roles_and_risks_have_names_of_their_own() {
        for role in Role::ALL {
            assert_eq!(Role::by_name(role.name()), Some(role));
        }
        assert_eq!(Role::by_name("root"), None);
        assert_eq!(
            [Risk::Low, Risk::Medium, Risk::High].map(Risk::name),
            ["low", "medium", "high"]
        );
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for (year, month, day) in
            [(2024, 2, 29), (2000, 2, 29), (2026, 12, 31), (2026, 4, 30), (2023, 2, 28)]
        {
            assert!(Date::new(year, month, day).is_some(), "{year}-{month}-{day}");
        }
        for (year, month, day) in [
            (2023, 2, 29),
            (1900, 2, 29),
            (2026, 0, 1),
            (2026, 13, 1),
            (2026, 4, 31),
            (2026, 1, 0),
            (2026, 1, 32),
            (2024, 2, 30),
        ] {
            assert!(Date::new(year, month, day).is_none(), "{year}-{month}-{day}");
        }
        assert_eq!(Date::new(987, 6, 5).unwrap().to_string(), "0987-06-05");
    }
}
