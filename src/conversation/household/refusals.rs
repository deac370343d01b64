//! Why something is not done or not told, in the words for it. Pure.

use crate::host::Language;
use crate::policy::Refusal;

/// Says why something is not done or not told.
#[expect(clippy::too_many_lines, reason = "a row for each refusal")]
pub(super) fn refusal(why: Refusal, language: Language) -> &'static str {
    let (english, german) = match why {
        Refusal::Unlisted => ("I know no such command.", "So einen Befehl kenne ich nicht."),
        Refusal::Unavailable => (
            "Nothing here is set up to do that; `ladylinux commands list` says what is missing.",
            "Dafür ist hier nichts eingerichtet; `ladylinux commands list` sagt, was fehlt.",
        ),
        Refusal::Incomplete => (
            "I need to know more exactly what you want.",
            "Ich muss genauer wissen, was du möchtest.",
        ),
        Refusal::Unclear => (
            "I am not sure what you mean. Please say it in other words.",
            "Ich bin nicht sicher, was du meinst. Bitte sag es mit anderen Worten.",
        ),
        Refusal::UnclearHighRisk => (
            "That cannot be taken back, and I am not sure enough that you mean it. Please say exactly what you want.",
            "Das lässt sich nicht zurücknehmen, und ich bin nicht sicher genug, dass du es meinst. Bitte sag genau, was du möchtest.",
        ),
        Refusal::NotIdentified => (
            "For that I have to be sure who is speaking. Say who you are, such as \"I am Anna\", with a token that is yours.",
            "Dafür muss ich sicher sein, wer spricht. Sag, wer du bist, etwa „Ich bin Anna“, mit einem Token, das dir gehört.",
        ),
        Refusal::Ambiguous => (
            "I am not sure who is speaking. Who are you?",
            "Ich bin nicht sicher, wer spricht. Wer bist du?",
        ),
        Refusal::NotValidated => (
            "I could not make sure that you are who you said you are.",
            "Ich konnte nicht sicherstellen, dass du bist, wer du gesagt hast.",
        ),
        Refusal::UnknownPerson => {
            ("I know nobody by that name.", "Ich kenne niemanden mit diesem Namen.")
        }
        Refusal::SeveralPersons => (
            "Several people are called that. Please use the short name.",
            "So heißen mehrere. Bitte nimm den Kurznamen.",
        ),
        Refusal::AdultsOnly => (
            "I can't do that for you. Please ask an adult whom you trust.",
            "Das kann ich für dich nicht tun. Bitte frag einen Erwachsenen, dem du vertraust.",
        ),
        Refusal::NotPermitted => (
            "You may not do that. An owner can let you.",
            "Das darfst du nicht. Wem das Haus gehört, kann es dir erlauben.",
        ),
        Refusal::NotWhileOthersAreHere => (
            "I can't do that while others are present.",
            "Das kann ich nicht tun, während andere da sind.",
        ),
        Refusal::ConfirmFirst => (
            "I need confirmation before doing that, because others can hear it.",
            "Das brauche ich erst bestätigt, weil andere es hören können.",
        ),
        Refusal::NothingPending => {
            ("Nothing is waiting for a yes or a no.", "Es wartet nichts auf ein Ja oder Nein.")
        }
        Refusal::AnotherCommand | Refusal::AnotherConversation => (
            "That was an answer to something else, so I did nothing.",
            "Das war die Antwort auf etwas anderes, also habe ich nichts getan.",
        ),
        Refusal::AnotherPerson => (
            "Only the person who asked for it can confirm it.",
            "Bestätigen kann das nur, wer darum gebeten hat.",
        ),
        Refusal::NotExplicit => (
            "I need confirmation before doing that: say \"yes, do it\" or \"no\".",
            "Ich brauche eine Bestätigung, bevor ich das tue: Sag „Ja, mach das“ oder „Nein“.",
        ),
        Refusal::TooLate => (
            "That took too long, so I did not do it. Ask again if you still want it.",
            "Das hat zu lange gedauert, also habe ich es gelassen. Bitte noch einmal darum, wenn du es noch möchtest.",
        ),
        Refusal::FromTheFuture => (
            "A clock is wrong, so I did nothing. Please see to the time of this machine and its devices.",
            "Eine Uhr geht falsch, also habe ich nichts getan. Bitte sieh nach der Zeit dieses Rechners und seiner Geräte.",
        ),
        Refusal::Changed => (
            "I am no longer sure that you are the one who asked, so I did not do it.",
            "Ich bin nicht mehr sicher, dass du darum gebeten hast, also habe ich es gelassen.",
        ),
        Refusal::ModeChanged => (
            "Who is here has changed, so I did not do it. Ask again if you still want it.",
            "Wer hier ist, hat sich geändert, also habe ich es gelassen. Bitte noch einmal darum, wenn du es noch möchtest.",
        ),
        Refusal::AuthorityGone => (
            "You may not do that any more, so I did not do it.",
            "Das darfst du nicht mehr, also habe ich es gelassen.",
        ),
        Refusal::Replaced => {
            ("I leave what you asked for before.", "Was du vorher wolltest, lasse ich.")
        }
        Refusal::Declined => ("All right, I leave it.", "In Ordnung, ich lasse es."),
        Refusal::ConversationOver => ("", ""),
        Refusal::Failed => (
            "Something went wrong meanwhile, so I leave what you asked for. Please ask again.",
            "Inzwischen ist etwas schiefgegangen, also lasse ich, worum du gebeten hast. Bitte noch einmal darum.",
        ),
        Refusal::OwnersOnly => {
            ("Only the person it is about can change that.", "Das kann nur ändern, um wen es geht.")
        }
        Refusal::MinorsBirthdate => (
            "A birthdate decides what is safe for you, so an adult who looks after you has to change it. Please ask them.",
            "Ein Geburtsdatum bestimmt, was für dich sicher ist; deshalb muss es jemand Erwachsenes ändern, der auf dich aufpasst. Bitte frag dort.",
        ),
        Refusal::NoSuchBirthdate => (
            "There is no such day, or it has not come yet.",
            "Diesen Tag gibt es nicht, oder er ist noch nicht gekommen.",
        ),
        Refusal::AlreadyPending => (
            "Another change is waiting for its confirmation.",
            "Eine andere Änderung wartet noch auf ihre Bestätigung.",
        ),
        Refusal::MoreThanOnesOwn => (
            "You can only give what you may do yourself.",
            "Du kannst nur geben, was du selbst darfst.",
        ),
        Refusal::TooLong => {
            ("That is too long: at most a day.", "Das ist zu lang: höchstens ein Tag.")
        }
        Refusal::NothingToGive => (
            "I do not understand what is to be given to whom.",
            "Ich verstehe nicht, was wem gegeben werden soll.",
        ),
        Refusal::NotAlone => (
            "As far as I can tell somebody else is here, so I stay careful.",
            "Soweit ich sehe, ist noch jemand hier, also bleibe ich vorsichtig.",
        ),
        Refusal::Withheld => ("I can't tell you that.", "Das kann ich dir nicht sagen."),
        Refusal::AnotherAction | Refusal::UsedBefore => (
            "Something did not fit together, so I did nothing.",
            "Etwas passte nicht zusammen, also habe ich nichts getan.",
        ),
    };
    language.choose(english, german)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Language::{English, German};

    // VOX-84: every refusal has words in both languages, and no two people are told apart by them.
    #[test]
    fn every_refusal_is_said_in_both_languages() {
        for why in Refusal::ALL {
            let (english, german) = (refusal(*why, English), refusal(*why, German));
            assert_ne!((english, why), (german, &Refusal::Withheld));
            if *why != Refusal::ConversationOver {
                assert!(english.ends_with(['.', '?']) && german.ends_with(['.', '?']), "{why}");
                assert_ne!(english, german, "{why}");
            }
        }
    }

    #[test]
    fn the_issues_two_sentences() {
        assert!(
            refusal(Refusal::NotExplicit, English)
                .starts_with("I need confirmation before doing that")
        );
        assert_eq!(
            refusal(Refusal::NotWhileOthersAreHere, English),
            "I can't do that while others are present."
        );
    }
}
