//! How old a person is, as far as it matters: what is not known is treated as a child.
//!
//! The class follows from the birthdate and the day; an attempt to change the birthdate changes nothing by itself.

use super::{Date, Level, Step, terms::days};

/// An age, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Age {
    /// Nobody knows; treated as a child.
    #[default]
    Unknown,
    /// A child.
    Child,
    /// Between child and adult.
    Teen,
    /// An adult.
    Adult,
}

/// Where childhood and youth end, in years; upstream gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From this birthday on somebody is no child any more.
    pub teen_from: u8,
    /// From this birthday on somebody is an adult.
    pub adult_from: u8,
}

/// A birthdate, of which parts may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Birthdate {
    /// The day of the month.
    pub day: Option<u8>,
    /// The month.
    pub month: Option<u8>,
    /// The year.
    pub year: Option<i16>,
}

/// What is known of a person's age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Known {
    /// The birthdate.
    pub birthdate: Birthdate,
    /// How surely it is that.
    pub confidence: Level,
    /// Whether an operator has attested on the machine that they are of age.
    pub attested_adult: bool,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// This is known, on this day.
    Known(Known, Date),
    /// A change of what is known was approved; this is known now, on this day.
    Updated(Known, Date),
    /// The day has changed.
    DateTick(Known, Date),
    /// What was known is doubtful.
    Doubted,
    /// Somebody would like to change it.
    EditAttempted,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Look again at whatever waits: it was asked for at another age.
    Recheck,
}

impl Default for Limits {
    fn default() -> Self {
        Self { teen_from: 13, adult_from: 18 }
    }
}

impl Age {
    /// Returns whether the stricter rules for minors hold; they do for whoever's age is not known.
    pub fn is_protected(self) -> bool {
        self != Self::Adult
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Child => "child",
            Self::Teen => "teen",
            Self::Adult => "adult",
        }
    }
}

impl Birthdate {
    /// Returns whether there can be such a day, and it is not after `today`.
    pub fn is_possible(&self, today: Date) -> bool {
        // A leap year, so that the 29th of February is possible where the year is not known.
        let year = self.year.unwrap_or(2000);
        let month = self.month.unwrap_or(1);
        let last = days(year, month);
        let day_fits = self.day.is_none_or(|day| (1..=last).contains(&day));
        let whole = Date {
            year: self.year.unwrap_or(i16::MIN),
            month: self.month.unwrap_or(1),
            day: self.day.unwrap_or(1),
        };
        last > 0 && day_fits && whole <= today && self.year.is_none_or(|year| year >= 1890)
    }

    /// Returns the age in full years on a day, at least: what is missing is taken as late as it can be.
    fn years(self, today: Date) -> Option<i16> {
        let year = self.year?;
        let birthday = (self.month.unwrap_or(12), self.day.unwrap_or(31));
        let had_it = (today.month, today.day) >= birthday;
        Some(today.year - year - i16::from(!had_it))
    }
}

/// Returns the age that is known.
pub fn of(known: &Known, today: Date, limits: Limits) -> Age {
    if !known.birthdate.is_possible(today) {
        return Age::Unknown;
    }
    match known.birthdate.years(today) {
        Some(_) if known.confidence == Level::Low => Age::Unknown,
        Some(years) if years >= i16::from(limits.adult_from) => Age::Adult,
        Some(years) if years >= i16::from(limits.teen_from) => Age::Teen,
        Some(_) => Age::Child,
        None if known.attested_adult => Age::Adult,
        None => Age::Unknown,
    }
}

/// Takes one fact and answers with the next state.
pub fn step(state: Age, fact: Fact, limits: Limits) -> Step<Age, Effect> {
    let next = match fact {
        Fact::Known(known, today) | Fact::Updated(known, today) | Fact::DateTick(known, today) => {
            of(&known, today, limits)
        }
        Fact::Doubted => Age::Unknown,
        Fact::EditAttempted => state,
    };
    if next == state { Step::rest(next) } else { Step::then(next, Effect::Recheck) }
}
