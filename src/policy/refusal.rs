//! Why something is not done or not said: a closed list, each with a stable code. The words for people are the conversation's.

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $code:literal,)+) => {
        /// Why something is not done or not said.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Refusal {
            $($(#[$doc])* $name,)+
        }

        impl Refusal {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns its name in the audit and for programs.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

refusals! {
    /// No such command is listed.
    Unlisted "unlisted",
    /// The command is listed, and nothing here can carry it out.
    Unavailable "unavailable",
    /// Something the command needs was not said.
    Incomplete "incomplete",
    /// It is not clear enough what is wanted.
    Unclear "unclear",
    /// It is not clear enough what is wanted, for what it would do.
    UnclearHighRisk "unclear_high_risk",
    /// Nobody knows who is asking.
    NotIdentified "not_identified",
    /// It is not clear who is asking.
    Ambiguous "ambiguous",
    /// Who asks is not whom they said they were.
    NotValidated "not_validated",
    /// The person has no profile.
    UnknownPerson "unknown_person",
    /// The name belongs to several people.
    SeveralPersons "several_persons",
    /// It takes an adult.
    AdultsOnly "adults_only",
    /// The person may not command that.
    NotPermitted "not_permitted",
    /// Not while others are here.
    NotWhileOthersAreHere "not_while_others_are_here",
    /// Only after an explicit confirmation, because others are here.
    ConfirmFirst "confirm_first",
    /// Nothing waits for a confirmation.
    NothingPending "nothing_pending",
    /// The confirmation is for something else.
    AnotherCommand "another_command",
    /// Somebody else has to confirm.
    AnotherPerson "another_person",
    /// It has to be confirmed in the conversation in which it was asked.
    AnotherConversation "another_conversation",
    /// Neither yes nor no.
    NotExplicit "not_explicit",
    /// It came too late.
    TooLate "too_late",
    /// It comes from the future.
    FromTheFuture "from_the_future",
    /// Who asked is another, or of another age, than before.
    Changed "changed",
    /// Who is here has changed.
    ModeChanged "mode_changed",
    /// The right that it was asked by has been taken back.
    AuthorityGone "authority_gone",
    /// Something else was wanted instead.
    Replaced "replaced",
    /// The person said no.
    Declined "declined",
    /// The conversation is over.
    ConversationOver "conversation_over",
    /// Something else failed meanwhile.
    Failed "failed",
    /// Only its owner changes that.
    OwnersOnly "owners_only",
    /// A minor does not change a birthdate.
    MinorsBirthdate "minors_birthdate",
    /// There is no such day, or it has not come yet.
    NoSuchBirthdate "no_such_birthdate",
    /// A change of this person's profile waits already.
    AlreadyPending "already_pending",
    /// More was to be given than the giver has.
    MoreThanOnesOwn "more_than_ones_own",
    /// It was to be given for longer than anything is.
    TooLong "too_long",
    /// Nothing was to be given, or to nobody else.
    NothingToGive "nothing_to_give",
    /// Somebody else is here, as far as can be seen.
    NotAlone "not_alone",
    /// It is not told here, whether there is anything to tell or not.
    Withheld "withheld",
    /// The action is another than the one that was decided on.
    AnotherAction "another_action",
    /// It was used before.
    UsedBefore "used_before",
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_refusal_has_a_code_of_its_own() {
        let codes: BTreeSet<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        assert_eq!(Refusal::AnotherPerson.to_string(), "another_person");
    }
}
