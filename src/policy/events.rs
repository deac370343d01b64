//! What a day brings: a birthday greeting, decided anew right before it is said.

use super::{
    Date, Level, Provenance, Refusal, Standing,
    age::{Age, Birthdate},
    command::{Context, certain},
    mode::Mode,
};

/// What is known of a person's birthday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Birthday {
    /// The birthdate.
    pub birthdate: Birthdate,
    /// How surely it is that.
    pub confidence: Level,
    /// How it came to be known.
    pub source: Provenance,
    /// When they were greeted last.
    pub greeted: Option<Date>,
}

/// Says a happy birthday, without the date and without the age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Greeting {
    /// Whom.
    pub to: Standing,
    /// On which day, which is to be remembered.
    pub on: Date,
}

/// Returns the greeting that is due to the speaker now, or why there is none.
///
/// `today` is none if the clock is not to be trusted.
pub fn birthday(
    birthday: &Birthday,
    today: Option<Date>,
    context: &Context<'_>,
) -> Result<Greeting, Refusal> {
    let to = certain(context)?;
    let today = today.ok_or(Refusal::Unclear)?;
    let minor = matches!(to.age, Age::Child | Age::Teen | Age::Unknown);
    if minor && context.mode != Mode::Private {
        return Err(Refusal::NotWhileOthersAreHere);
    }
    let trusted = birthday.confidence == Level::High
        && !matches!(birthday.source, Provenance::ThirdParty(_))
        && birthday.birthdate.is_possible(today);
    let is_today =
        birthday.birthdate.month == Some(today.month) && birthday.birthdate.day == Some(today.day);
    if !trusted || !is_today || birthday.greeted == Some(today) {
        return Err(Refusal::Withheld);
    }
    Ok(Greeting { to, on: today })
}
