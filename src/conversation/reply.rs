//! What the node says by itself, in English and German. Pure.

use super::{Intent, Recognized};
use crate::foundation::values::{ReadinessIssue, time::Timestamp};
use crate::host::{Language, Topic};
use crate::supervisor::Asked;
use jiff::{Zoned, tz::TimeZone};

/// Returns the answer to an intent that needs nothing but the time.
pub(super) fn to_intent(recognized: Recognized, now: Timestamp, zone: &TimeZone) -> String {
    let language = recognized.language;
    match recognized.intent {
        Intent::Greet => language.choose(GREETING, GREETING_DE).to_owned(),
        Intent::Help | Intent::Host(_) | Intent::Refresh => {
            language.choose(HELP, HELP_DE).to_owned()
        }
        Intent::Forget => language.choose(FORGOTTEN, FORGOTTEN_DE).to_owned(),
        Intent::Time => time(&local(now, zone), language),
        Intent::Date => date(&local(now, zone), language),
    }
}

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

/// Says that the caller may not ask for a refresh, and who may.
pub(super) fn no_refresh(language: Language) -> &'static str {
    language.choose(
        "Only somebody who may change this node can have me refreshed: with a token of the scope admin \
         (`ladylinux token create --name NAME --scope chat,admin`), or on the machine with `ladylinux refresh`.",
        "Nur wer diesen Knoten ändern darf, kann mich aktualisieren lassen: mit einem Token, das admin umfasst \
         (`ladylinux token create --name NAME --scope chat,admin`), oder auf dem Rechner mit `ladylinux refresh`.",
    )
}

/// Says that the supervisor was asked, and what it said last.
pub(super) fn asked(asked: &Asked, language: Language, now: Timestamp) -> String {
    let done = if asked.already {
        language.choose(
            "My supervisor has been asked for a refresh already, and has not taken it up yet.",
            "Mein Supervisor ist schon um einen Refresh gebeten und hat noch nicht damit begonnen.",
        )
    } else {
        language.choose(
            "I have asked my supervisor for a refresh. If there is a newer release, I am away for a moment.",
            "Ich habe meinen Supervisor um einen Refresh gebeten. Gibt es ein neueres Release, bin ich kurz weg.",
        )
    };
    format!("{done} {}", asked.status.sentences(language, now))
}

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
    perhaps: Option<Intent>,
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
    if let Some(example) = perhaps.map(|intent| example(intent, language)) {
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

/// Returns a way to ask for an intent that is understood for sure.
fn example(intent: Intent, language: Language) -> &'static str {
    let (english, german) = match intent {
        Intent::Greet => ("hello", "Hallo"),
        Intent::Help => ("what can you do?", "Was kannst du?"),
        Intent::Time => ("what time is it?", "Wie spät ist es?"),
        Intent::Date => ("what is the date?", "Welcher Tag ist heute?"),
        Intent::Forget => ("forget this conversation", "Vergiss dieses Gespräch"),
        Intent::Refresh => ("refresh yourself", "Aktualisiere dich"),
        Intent::Host(Topic::Disk) => {
            ("how much disk space is free?", "Wie viel Speicherplatz ist frei?")
        }
        Intent::Host(Topic::Memory) => {
            ("how much memory is free?", "Wie viel Arbeitsspeicher ist frei?")
        }
        Intent::Host(Topic::Load) => ("how high is the load?", "Wie hoch ist die Last?"),
        Intent::Host(Topic::Uptime) => {
            ("how long has this machine been running?", "Wie lange läuft der Rechner?")
        }
        Intent::Host(Topic::Os) => {
            ("which operating system is this?", "Welches Betriebssystem läuft hier?")
        }
        Intent::Host(Topic::Users) => ("which users are there?", "Welche Benutzer gibt es?"),
        Intent::Host(Topic::Listeners) => ("which ports are open?", "Welche Ports sind offen?"),
        Intent::Host(Topic::Firewall) => ("is the firewall on?", "Ist die Firewall an?"),
        Intent::Host(Topic::Services) => {
            ("which services have failed?", "Welche Dienste sind ausgefallen?")
        }
        Intent::Host(Topic::Updates) => ("are there updates?", "Gibt es Updates?"),
        Intent::Host(Topic::Logs) => ("what went wrong today?", "Was ist heute schiefgelaufen?"),
    };
    language.choose(english, german)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Recognition, recognize};
    use crate::foundation::values::Severity;

    /// 2026-03-08T23:30:00Z, which is the next day in Berlin.
    const NIGHT: Timestamp = Timestamp(1_773_012_600_000);

    fn answer(question: &str) -> String {
        let Recognition::Clear(recognized) = recognize(question) else {
            panic!("{question:?} is not recognised")
        };
        to_intent(recognized, NIGHT, &TimeZone::get("Europe/Berlin").unwrap())
    }

    #[test]
    fn the_time_and_the_date_are_those_of_the_place() {
        assert_eq!(answer("what time is it?"), "It is 00:30 (CET).");
        assert_eq!(answer("Wie spät ist es?"), "Es ist 00:30 Uhr (CET).");
        assert_eq!(answer("what is the date?"), "Today is Monday, 9 March 2026.");
        assert_eq!(answer("Welcher Tag ist heute?"), "Heute ist Montag, der 9. März 2026.");
    }

    #[test]
    fn every_example_is_understood_as_what_it_stands_for() {
        let intents = [
            Intent::Greet,
            Intent::Help,
            Intent::Time,
            Intent::Date,
            Intent::Forget,
            Intent::Refresh,
        ];
        for intent in intents.into_iter().chain(Topic::ALL.map(Intent::Host)) {
            for language in [Language::English, Language::German] {
                let example = example(intent, language);
                let Recognition::Clear(recognized) = recognize(example) else {
                    panic!("{example:?} is not recognised")
                };
                assert_eq!(recognized.intent, intent, "{example:?}");
                assert_eq!(recognized.language, language, "{example:?}");
            }
        }
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
        let told = not_found(Language::English, Some(&issue), Some(Intent::Help));
        assert!(told.contains("ladylinux learn PATH"), "{told}");
        assert!(told.contains("no language model is installed. Put one into /opt"), "{told}");
        assert!(told.ends_with("Or did you mean \"what can you do?\"?"), "{told}");
    }
}
