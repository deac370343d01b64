//! How a person is addressed: a form of the language, never a statement about them.
//!
//! It is asked at most once, never blocks anything else, is never told to others, and once its person has chosen, only they change it.

use super::{Level, Step};

/// A grammatical form of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Masculine forms.
    Masculine,
    /// Feminine forms.
    Feminine,
    /// Neither.
    Neutral,
}

/// What is known of how to address somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Addressing {
    /// Nothing.
    Unknown {
        /// Whether they were asked.
        asked: bool,
    },
    /// It seems to be this.
    Inferred {
        /// The form.
        form: Form,
        /// Whether they were asked.
        asked: bool,
    },
    /// They said so.
    Confirmed(Form),
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// The person said how to address them.
    Preferred(Form),
    /// It seems so.
    Inferred(Form, Level),
    /// It does not seem so any more.
    Contradicted,
    /// A sentence comes that would sound better with it: a confirmation, a sensitive question, a long answer.
    Matters,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Ask how to address them.
    Ask,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Masculine, Self::Feminine, Self::Neutral];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Masculine => "masculine",
            Self::Feminine => "feminine",
            Self::Neutral => "neutral",
        }
    }

    /// Finds a form by its exact name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

impl Addressing {
    /// Returns the form to use; neutral unless it is known.
    pub fn form(self) -> Form {
        match self {
            Self::Unknown { .. } => Form::Neutral,
            Self::Inferred { form, .. } | Self::Confirmed(form) => form,
        }
    }
}

impl Default for Addressing {
    fn default() -> Self {
        Self::Unknown { asked: false }
    }
}

/// Takes one fact and answers with the next state.
pub fn step(state: Addressing, fact: Fact) -> Step<Addressing, Effect> {
    use Addressing::{Confirmed, Inferred, Unknown};
    match (state, fact) {
        (_, Fact::Preferred(form)) => Step::rest(Confirmed(form)),
        (Unknown { asked }, Fact::Inferred(form, Level::High)) => {
            Step::rest(Inferred { form, asked })
        }
        (Inferred { asked, .. }, Fact::Contradicted) => Step::rest(Unknown { asked }),
        (Unknown { asked: false }, Fact::Matters) => {
            Step::then(Unknown { asked: true }, Effect::Ask)
        }
        (state, _) => Step::rest(state),
    }
}
