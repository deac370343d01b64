//! The closed list of what a person can want without a model.

use crate::host::Topic;
use std::{borrow::Cow, fmt};

/// What a person can want without a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// To be greeted.
    Greet,
    /// To know what can be asked.
    Help,
    /// To talk: thanks, how the node is, a joke.
    SmallTalk,
    /// To know what the assistant is called.
    AskName,
    /// To know for whom they are taken.
    AskIdentity,
    /// That this conversation is forgotten.
    Forget,
    /// The time of day.
    Time,
    /// Today's date.
    Date,
    /// What the weather is or will be.
    AskWeather,
    /// What was said before in this conversation.
    AskConversationFact,
    /// What is known about them.
    AskProfile,
    /// A fact about this machine.
    Host(Topic),
    /// To say who they are: `name`.
    IdentifySelf,
    /// To say who else is here: `name`.
    IdentifyOther,
    /// To say that somebody came: `name`, if it was said.
    NewParticipantArrived,
    /// To say that somebody left: `name`, if it was said.
    ParticipantLeft,
    /// To say that nobody else is here.
    WeAreAlone,
    /// To be called `name`.
    SetPreferredName,
    /// To be spoken to in `language`, `en` or `de`.
    SetLanguage,
    /// To be addressed in `form`: `masculine`, `feminine` or `neutral`.
    SetFormOfAddress,
    /// To say their birthday: `date`, a whole one if it is there.
    SetBirthdate,
    /// That `person` may use the commands of `group`, for `duration` if it was said.
    GrantPermission,
    /// That `person` may no longer use them; all of them without `group`.
    RevokePermission,
    /// To be permitted the commands of `group` themselves.
    RequestPermission,
    /// That `person` may know `data` about them.
    GrantConsent,
    /// That `person` may no longer know it; all of it without `data`.
    RevokeConsent,
    /// A command; nothing else may ever be executed.
    Command(CommandName),
}

/// The name of a command, as the catalogue of commands has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandName(Cow<'static, str>);

impl CommandName {
    /// The supervisor refreshes the node to a newer release.
    pub const REFRESH: Self = Self::builtin("refresh");

    pub(super) const fn builtin(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    pub(super) fn owned(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an intent may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// Talk; it never leads to a command.
    Conversation,
    /// A question that is answered from facts.
    Information,
    /// A signal of who is here; it never changes an identity by itself.
    Identity,
    /// A change of one's own profile, which has its own rules.
    Preference,
    /// Who may do or know what; never without a confirmation.
    Permission,
    /// Something that may be executed, after authorization.
    Command,
}

impl Intent {
    /// Returns the intent's name in events, logs and metrics.
    pub fn name(&self) -> &str {
        match self {
            Self::Greet => "greet",
            Self::Help => "help",
            Self::SmallTalk => "small_talk",
            Self::AskName => "ask_name",
            Self::AskIdentity => "ask_identity",
            Self::Forget => "forget",
            Self::Time => "time",
            Self::Date => "date",
            Self::AskWeather => "ask_weather",
            Self::AskConversationFact => "ask_conversation_fact",
            Self::AskProfile => "ask_profile",
            Self::Host(topic) => topic.name(),
            Self::IdentifySelf => "identify_self",
            Self::IdentifyOther => "identify_other",
            Self::NewParticipantArrived => "new_participant_arrived",
            Self::ParticipantLeft => "participant_left",
            Self::WeAreAlone => "we_are_alone",
            Self::SetPreferredName => "set_preferred_name",
            Self::SetLanguage => "set_language",
            Self::SetFormOfAddress => "set_form_of_address",
            Self::SetBirthdate => "set_birthdate",
            Self::GrantPermission => "grant_permission",
            Self::RevokePermission => "revoke_permission",
            Self::RequestPermission => "request_permission",
            Self::GrantConsent => "grant_consent",
            Self::RevokeConsent => "revoke_consent",
            Self::Command(name) => name.as_str(),
        }
    }

    /// Returns what the intent may lead to.
    pub fn category(&self) -> Category {
        match self {
            Self::Greet
            | Self::Help
            | Self::SmallTalk
            | Self::AskName
            | Self::AskIdentity
            | Self::Forget => Category::Conversation,
            Self::Time
            | Self::Date
            | Self::AskWeather
            | Self::AskConversationFact
            | Self::AskProfile
            | Self::Host(_) => Category::Information,
            Self::IdentifySelf
            | Self::IdentifyOther
            | Self::NewParticipantArrived
            | Self::ParticipantLeft
            | Self::WeAreAlone => Category::Identity,
            Self::SetPreferredName
            | Self::SetLanguage
            | Self::SetFormOfAddress
            | Self::SetBirthdate => Category::Preference,
            Self::GrantPermission
            | Self::RevokePermission
            | Self::RequestPermission
            | Self::GrantConsent
            | Self::RevokeConsent => Category::Permission,
            Self::Command(_) => Category::Command,
        }
    }

    /// Whether it gives somebody a right.
    pub(super) fn gives(&self) -> bool {
        matches!(self, Self::GrantPermission | Self::GrantConsent)
    }

    /// Whether it takes a right away from somebody.
    pub(super) fn takes(&self) -> bool {
        matches!(self, Self::RevokePermission | Self::RevokeConsent)
    }

    /// Whether the documents say how it is done; then a question for an explanation is a question for them.
    pub(super) fn is_explained_by_documents(&self) -> bool {
        !matches!(
            self,
            Self::SmallTalk
                | Self::AskName
                | Self::AskIdentity
                | Self::AskWeather
                | Self::AskConversationFact
                | Self::AskProfile
        )
    }

    /// Returns every intent that takes part in recognition, but for commands.
    #[cfg(test)]
    pub(super) fn all_but_commands() -> Vec<Self> {
        let mut all = vec![
            Self::Greet,
            Self::Help,
            Self::SmallTalk,
            Self::AskName,
            Self::AskIdentity,
            Self::Forget,
            Self::Time,
            Self::Date,
            Self::AskWeather,
            Self::AskConversationFact,
            Self::AskProfile,
            Self::IdentifySelf,
            Self::IdentifyOther,
            Self::NewParticipantArrived,
            Self::ParticipantLeft,
            Self::WeAreAlone,
            Self::SetPreferredName,
            Self::SetLanguage,
            Self::SetFormOfAddress,
            Self::SetBirthdate,
            Self::GrantPermission,
            Self::RevokePermission,
            Self::RequestPermission,
            Self::GrantConsent,
            Self::RevokeConsent,
        ];
        all.extend(Topic::ALL.map(Self::Host));
        all
    }
}
