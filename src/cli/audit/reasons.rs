//! What reason codes mean, for a person who reads the audit: a sentence each.

use crate::policy::Refusal;

/// Returns what a code means; a code that is no refusal is its own words.
pub(super) fn sentence(code: &str) -> String {
    let refusal = Refusal::ALL.iter().find(|refusal| refusal.code() == code);
    refusal.map_or_else(
        || match code {
            "" => "No reason was given.".to_owned(),
            code => format!("Reason: {}.", code.replace('_', " ")),
        },
        |refusal| meaning(*refusal).to_owned(),
    )
}

fn meaning(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unlisted => "No such command is in the catalogue.",
        Refusal::Unavailable => {
            "The command is in the catalogue, and nothing here could carry it out."
        }
        Refusal::Incomplete => "Something that the command needs was not said.",
        Refusal::Unclear => "It was not clear enough what was wanted.",
        Refusal::UnclearHighRisk => {
            "It was not clear enough what was wanted, for a command of high risk."
        }
        Refusal::NotIdentified => "It was not known who was asking.",
        Refusal::Ambiguous => "It was not clear which of several people was asking.",
        Refusal::NotValidated => "Who asked was not proven to be whom they said they were.",
        Refusal::UnknownPerson => "That person has no profile.",
        Refusal::SeveralPersons => "The name belongs to several people.",
        Refusal::AdultsOnly => "It takes an adult, and who asked was not known to be one.",
        Refusal::NotPermitted => "The person had no permission for it.",
        Refusal::NotWhileOthersAreHere => "It is not done while others are present.",
        Refusal::ConfirmFirst => "Others were present, so it had to be confirmed first.",
        Refusal::NothingPending => "Nothing was waiting for a confirmation.",
        Refusal::AnotherCommand => "The confirmation was for another command.",
        Refusal::AnotherPerson => "Somebody else than who had asked tried to confirm.",
        Refusal::AnotherConversation => {
            "It was confirmed in another conversation than it was asked in."
        }
        Refusal::NotExplicit => "The answer was neither a clear yes nor a clear no.",
        Refusal::TooLate => "The confirmation came too late.",
        Refusal::FromTheFuture => "It had a time that was yet to come.",
        Refusal::Changed => {
            "Who asked was taken for somebody else, or for another age, than before."
        }
        Refusal::ModeChanged => "Who was present had changed since it was asked for.",
        Refusal::AuthorityGone => "The right that it was asked by had been taken back.",
        Refusal::Replaced => "Something else was asked for instead.",
        Refusal::Declined => "The person said no.",
        Refusal::Failed => "Something else failed meanwhile, so it was called off.",
        Refusal::ConversationOver => "The conversation had ended.",
        Refusal::OwnersOnly => "Only the owner of a profile changes that part of it.",
        Refusal::MinorsBirthdate => "A minor does not change a birthdate.",
        Refusal::NoSuchBirthdate => "There is no such day, or it had not come yet.",
        Refusal::AlreadyPending => "A change of that profile was waiting already.",
        Refusal::MoreThanOnesOwn => "More was to be given than the giver had.",
        Refusal::TooLong => "It was to be given for longer than anything is.",
        Refusal::NothingToGive => "Nothing was to be given, or to nobody else.",
        Refusal::NotAlone => "Somebody else was present, as far as could be seen.",
        Refusal::Withheld => {
            "It is not told in that company, whether there is anything to tell or not."
        }
        Refusal::AnotherAction => "The action was another than the one that was decided on.",
        Refusal::UsedBefore => "The ticket for it had been used before.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_refusal_has_a_sentence_of_its_own_and_any_other_code_its_words() {
        let told: BTreeSet<_> = Refusal::ALL.iter().map(|one| sentence(one.code())).collect();
        assert_eq!(told.len(), Refusal::ALL.len());
        assert!(told.iter().all(|one| one.ends_with('.') && !one.starts_with("Reason")));
        assert_eq!(sentence("timed_out"), "Reason: timed out.");
        assert_eq!(sentence(""), "No reason was given.");
    }
}
