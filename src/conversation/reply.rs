//! What the node says by itself, in English and German. Pure.

use super::{Intent, Recognized, memory::Exchange, surely};
use crate::foundation::values::{ReadinessIssue, time::Timestamp};
use crate::host::Language;
use jiff::{Zoned, tz::TimeZone};

/// Returns the answer to an intent that needs nothing but the time.
///
/// Nothing, if somebody else has to answer.
pub(super) fn to_intent(
    recognized: &Recognized,
    history: &[Exchange],
    now: Timestamp,
    zone: &TimeZone,
) -> Option<String> {
    let language = recognized.language;
    let choose = |english: &str, german: &str| language.choose(english, german).to_owned();
    Some(match recognized.intent {
        Intent::Greet => choose(GREETING, GREETING_DE),
        Intent::Help => choose(HELP, HELP_DE),
        Intent::Forget => choose(FORGOTTEN, FORGOTTEN_DE),
        Intent::SmallTalk => choose(SMALL_TALK, SMALL_TALK_DE),
        Intent::AskName => {
            choose("I am called Lady, of LadyLinux.", "Ich heiße Lady, von LadyLinux.")
        }
        Intent::AskWeather => choose(NO_WEATHER, NO_WEATHER_DE),
        Intent::AskConversationFact => asked_before(history, language),
        Intent::Time => time(&local(now, zone), language),
        Intent::Date => date(&local(now, zone), language),
        // Who somebody is, what they permit and what is executed is not decided by words alone.
        Intent::AskIdentity
        | Intent::AskProfile
        | Intent::Host(_)
        | Intent::IdentifySelf
        | Intent::IdentifyOther
        | Intent::NewParticipantArrived
        | Intent::ParticipantLeft
        | Intent::WeAreAlone
        | Intent::SetPreferredName
        | Intent::SetLanguage
        | Intent::SetFormOfAddress
        | Intent::SetBirthdate
        | Intent::GrantPermission
        | Intent::RevokePermission
        | Intent::RequestPermission
        | Intent::GrantConsent
        | Intent::RevokeConsent
        | Intent::Command(_) => return None,
    })
}

/// How many of the last questions are told.
const TOLD: usize = 3;

/// Tells the last questions of this conversation.
fn asked_before(history: &[Exchange], language: Language) -> String {
    let quoted = |exchange: &Exchange| match language {
        Language::English => format!("- \"{}\"", exchange.question.expose()),
        Language::German => format!("- „{}“", exchange.question.expose()),
    };
    let told: Vec<String> = history.iter().rev().take(TOLD).map(quoted).collect();
    let before = match told.len() {
        0 => {
            return language
                .choose(
                    "You have not asked anything in this conversation yet, as far as I remember.",
                    "Du hast in diesem Gespräch noch nichts gefragt, soweit ich mich erinnere.",
                )
                .to_owned();
        }
        1 => language.choose("You said:", "Du hast gesagt:"),
        _ => language.choose("You said, the last first:", "Du hast gesagt, das Letzte zuerst:"),
    };
    format!("{before}\n\n{}", told.join("\n"))
}

const SMALL_TALK: &str = "I am well, thank you. I am the assistant of this machine, and I talk best about it and about your documents; \"help\" tells what I can do.";
const SMALL_TALK_DE: &str = "Mir geht es gut, danke. Ich bin die Assistentin dieses Rechners und rede am besten über ihn und über deine Dokumente; „Hilfe“ sagt, was ich kann.";

const NO_WEATHER: &str =
    "I do not know the weather: nothing leaves this machine, and it has no source that tells it.";
const NO_WEATHER_DE: &str = "Das Wetter kenne ich nicht: Nichts verlässt diesen Rechner, und er hat keine Quelle, die es ihm sagt.";

const GREETING: &str =
    "Hello. Ask me about this machine or about your documents; \"help\" tells what I can do.";
const GREETING_DE: &str =
    "Hallo. Frag mich nach diesem Rechner oder nach deinen Dokumenten; „Hilfe“ sagt, was ich kann.";

const HELP: &str = "I answer from this machine and from your documents, and nothing leaves the machine. You can ask for

- free disk space, memory, load, uptime, the operating system, users, open ports and the firewall, such as \"how much disk space is free?\"
- what is wrong with it: services that failed, updates that wait, errors of the last day, such as \"what went wrong today?\"
- the time and the date
- anything that stands in documents I have learned (`ladylinux learn PATH`); I say where it stands

\"Forget this conversation\" makes me forget what was said. \"Refresh yourself\" has my supervisor bring me to a newer release, if you may ask for that. I change nothing else on this machine.";
const HELP_DE: &str = "Ich antworte aus diesem Rechner und aus deinen Dokumenten, und nichts verlässt den Rechner. Du kannst fragen nach

- freiem Speicherplatz, Arbeitsspeicher, Last, Laufzeit, Betriebssystem, Benutzern, offenen Ports und der Firewall, etwa „Wie viel Speicherplatz ist frei?“
- dem, was nicht stimmt: ausgefallenen Diensten, Updates, Fehlern des letzten Tages, etwa „Was ist heute schiefgelaufen?“
- der Uhrzeit und dem Datum
- allem, was in gelernten Dokumenten steht (`ladylinux learn PFAD`); ich sage, wo es steht

Mit „Vergiss dieses Gespräch“ vergesse ich, was gesagt wurde. Mit „Aktualisiere dich“ bringt mein Supervisor mich auf ein neueres Release, wenn du darum bitten darfst. Sonst ändere ich nichts an diesem Rechner.";

const FORGOTTEN: &str = "I have forgotten what was said in this conversation.";
const FORGOTTEN_DE: &str = "Ich habe vergessen, was in diesem Gespräch gesagt wurde.";

fn local(now: Timestamp, zone: &TimeZone) -> Zoned {
    jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(zone.clone())
}

fn time(now: &Zoned, language: Language) -> String {
    let zone = now.strftime("%Z");
    match language {
        Language::English => format!("It is {} ({zone}).", now.strftime("%H:%M")),
        Language::German => format!("Es ist {} Uhr ({zone}).", now.strftime("%H:%M")),
    }
}

fn date(now: &Zoned, language: Language) -> String {
    const DAYS: [&str; 7] =
        ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
    const MONTHS: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    let at = |one_based: i8| usize::try_from(one_based - 1).unwrap_or(0);
    match language {
        Language::English => format!("Today is {}.", now.strftime("%A, %-d %B %Y")),
        Language::German => format!(
            "Heute ist {}, der {}. {} {}.",
            DAYS[at(now.weekday().to_monday_one_offset())],
            now.day(),
            MONTHS[at(now.month())],
            now.year()
        ),
    }
}

/// Returns the honest answer when the documents do not say.
pub(super) fn not_found(
    language: Language,
    missing: Option<&ReadinessIssue>,
    perhaps: Option<&Recognized>,
) -> String {
    let mut told = vec![
        language
            .choose(
                "I found nothing about that in the documents I have learned. `ladylinux learn PATH` teaches me more.",
                "Dazu habe ich in den gelernten Dokumenten nichts gefunden. Mit `ladylinux learn PFAD` lerne ich mehr.",
            )
            .to_owned(),
    ];
    if let Some(issue) = missing {
        told.push(match language {
            Language::English => {
                format!(
                    "There is no language model to ask either: {}. {}.",
                    issue.message,
                    capitalized(&issue.mend)
                )
            }
            Language::German => {
                format!(
                    "Ein Sprachmodell kann ich auch nicht fragen: {}. {}.",
                    issue.message,
                    capitalized(&issue.mend)
                )
            }
        });
    }
    if let Some(example) =
        perhaps.and_then(|perhaps| surely::say(&perhaps.intent, &perhaps.slots, language))
    {
        told.push(match language {
            Language::English => format!("Or did you mean \"{example}\"?"),
            Language::German => format!("Oder meintest du „{example}“?"),
        });
    }
    told.join("\n\n")
}

/// Begins with a capital letter, and has no full stop.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.trim_end_matches('.').chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Recognition, Thresholds, Vocabulary};
    use crate::foundation::values::Redacted;
    use crate::foundation::values::Severity;

    /// 2026-03-08T23:30:00Z, which is the next day in Berlin.
    const NIGHT: Timestamp = Timestamp(1_773_012_600_000);

    fn clear(question: &str) -> Recognized {
        let recognition =
            crate::conversation::recognize(question, &Vocabulary::builtin(), Thresholds::default());
        let Recognition::Clear(recognized) = recognition else {
            panic!("{question:?} is not recognised")
        };
        recognized
    }

    fn answer(question: &str, history: &[Exchange]) -> Option<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        to_intent(&clear(question), history, NIGHT, &zone)
    }

    #[test]
    fn the_time_and_the_date_are_those_of_the_place() {
        assert_eq!(answer("what time is it?", &[]).unwrap(), "It is 00:30 (CET).");
        assert_eq!(answer("Wie spät ist es?", &[]).unwrap(), "Es ist 00:30 Uhr (CET).");
        assert_eq!(answer("what is the date?", &[]).unwrap(), "Today is Monday, 9 March 2026.");
        assert_eq!(
            answer("Welcher Tag ist heute?", &[]).unwrap(),
            "Heute ist Montag, der 9. März 2026."
        );
    }

    #[test]
    fn what_was_asked_before_is_told_from_this_conversation_and_nowhere_else() {
        let asked = |text: &str| Exchange {
            question: Redacted(text.to_owned()),
            answer: Redacted("an answer".to_owned()),
            readership: crate::policy::privacy::Readership::Everyone,
        };
        let told = answer("what was my last question?", &[]).unwrap();
        assert!(told.contains("not asked anything"), "{told}");
        let history = ["one", "two", "three", "four"].map(asked);
        let told = answer("Was war meine letzte Frage?", &history).unwrap();
        assert!(told.ends_with("- „four“\n- „three“\n- „two“"), "{told}");
    }

    #[test]
    fn only_what_needs_nobody_else_is_answered_here() {
        for (question, answered) in [
            ("thank you", true),
            ("what is your name?", true),
            ("will it rain tomorrow?", true),
            ("I am Anna", false),
            ("turn off the light in the kitchen", false),
            ("Ben may control the lights", false),
        ] {
            assert_eq!(answer(question, &[]).is_some(), answered, "{question}");
        }
        assert!(answer("wie wird das Wetter?", &[]).unwrap().contains("keine Quelle"));
    }

    #[test]
    fn not_found_says_what_could_be_done() {
        let issue = ReadinessIssue {
            severity: Severity::Warning,
            code: "missing_model".to_owned(),
            message: "no language model is installed".to_owned(),
            path: None,
            mend: "put one into /opt/ladylinux/models".to_owned(),
        };
        let told = not_found(Language::English, Some(&issue), Some(&clear("help")));
        assert!(told.contains("ladylinux learn PATH"), "{told}");
        assert!(told.contains("no language model is installed. Put one into /opt"), "{told}");
        assert!(told.ends_with("Or did you mean \"what can you do?\"?"), "{told}");
    }
}
