//! How an intent is said so that it is surely understood: what to offer to somebody who was understood by half. Pure.

use super::{Intent, SlotValue, Slots};
use crate::host::{Language, Topic};

/// Returns the sentence; nothing for a command, which is asked about instead.
pub(super) fn say(intent: &Intent, slots: &Slots, language: Language) -> Option<String> {
    let slot = |name: &str| slots.get(name).map(ToString::to_string);
    let (english, german) = match intent {
        Intent::Greet => ("hello", "Hallo"),
        Intent::Help => ("what can you do?", "Was kannst du?"),
        Intent::SmallTalk => ("thank you", "Danke"),
        Intent::AskName => ("what is your name?", "Wie heißt du?"),
        Intent::AskIdentity => ("who am I?", "Wer bin ich?"),
        Intent::Forget => ("forget this conversation", "Vergiss dieses Gespräch"),
        Intent::Time => ("what time is it?", "Wie spät ist es?"),
        Intent::Date => ("what is the date?", "Welcher Tag ist heute?"),
        Intent::AskWeather => ("what is the weather like?", "Wie ist das Wetter?"),
        Intent::AskConversationFact => ("what did I ask before?", "Was habe ich vorhin gefragt?"),
        Intent::AskProfile => ("what do you know about me?", "Was weißt du über mich?"),
        Intent::Host(topic) => about(*topic),
        Intent::WeAreAlone => ("we are alone", "Wir sind allein"),
        Intent::NewParticipantArrived if slots.is_empty() => {
            ("somebody has just arrived", "Jemand ist gerade gekommen")
        }
        Intent::ParticipantLeft if slots.is_empty() => {
            ("they have left", "Der Besuch ist gegangen")
        }
        Intent::SetLanguage if slot("language").as_deref() == Some("de") => {
            ("speak German to me", "Sprich Deutsch mit mir")
        }
        Intent::SetLanguage => ("speak English to me", "Sprich Englisch mit mir"),
        Intent::SetFormOfAddress => match slot("form").as_deref() {
            Some("masculine") => ("address me as a man", "Sprich mich als Mann an"),
            Some("feminine") => ("address me as a woman", "Sprich mich als Frau an"),
            _ => ("address me in a neutral form", "Sprich mich neutral an"),
        },
        Intent::RequestPermission => {
            ("may I have permission for {group}?", "Darf ich {group} steuern?")
        }
        Intent::IdentifySelf => ("I am {name}", "Ich bin {name}"),
        Intent::IdentifyOther => ("{name} is here with me", "Das ist {name}"),
        Intent::NewParticipantArrived => ("{name} has just arrived", "{name} ist gerade gekommen"),
        Intent::ParticipantLeft => ("{name} has left", "{name} ist gegangen"),
        Intent::SetPreferredName => ("call me {name}", "Nenn mich {name}"),
        Intent::SetBirthdate => ("my birthday is {date}", "Mein Geburtstag ist der {date}"),
        Intent::GrantPermission => {
            ("{person} may control {group}", "{person} darf {group} steuern")
        }
        Intent::RevokePermission if slots.contains_key("group") => {
            ("{person} may no longer control {group}", "{person} darf {group} nicht mehr steuern")
        }
        Intent::RevokePermission => {
            ("take all permissions away from {person}", "Entzieh {person} alle Berechtigungen")
        }
        Intent::GrantConsent => ("you may tell {person} {data}", "Du darfst {person} {data} sagen"),
        Intent::RevokeConsent if slots.contains_key("data") => {
            ("do not tell {person} {data} any more", "Sag {person} {data} nicht mehr")
        }
        Intent::RevokeConsent => {
            ("I withdraw my consent for {person}", "Ich widerrufe meine Einwilligung für {person}")
        }
        Intent::Command(_) => return None,
    };
    let mut said = language.choose(english, german).to_owned();
    for (name, value) in slots {
        said = said.replace(&format!("{{{name}}}"), &worded(name, value, language));
    }
    (!said.contains('{')).then_some(said)
}

fn about(topic: Topic) -> (&'static str, &'static str) {
    match topic {
        Topic::Disk => ("how much disk space is free?", "Wie viel Speicherplatz ist frei?"),
        Topic::Memory => ("how much memory is free?", "Wie viel Arbeitsspeicher ist frei?"),
        Topic::Load => ("how high is the load?", "Wie hoch ist die Last?"),
        Topic::Uptime => {
            ("how long has this machine been running?", "Wie lange läuft der Rechner?")
        }
        Topic::Os => ("which operating system is this?", "Welches Betriebssystem läuft hier?"),
        Topic::Users => ("which users are there?", "Welche Benutzer gibt es?"),
        Topic::Listeners => ("which ports are open?", "Welche Ports sind offen?"),
        Topic::Firewall => ("is the firewall on?", "Ist die Firewall an?"),
        Topic::Services => ("which services have failed?", "Welche Dienste sind ausgefallen?"),
        Topic::Updates => ("are there updates?", "Gibt es Updates?"),
        Topic::Logs => ("what went wrong today?", "Was ist heute schiefgelaufen?"),
    }
}

/// Returns the words for a value, as the grammar knows them.
fn worded(slot: &str, value: &SlotValue, language: Language) -> String {
    let (english, german) = match (slot, value.to_string().as_str()) {
        ("group", "home_automation") => ("the lights", "das Licht"),
        ("group", "robot_control") => ("the robot", "den Roboter"),
        ("group", "security") => ("the alarm", "die Alarmanlage"),
        ("group", "media") => ("the music", "die Musik"),
        ("group", "system") => ("the system", "das System"),
        ("data", "birthdate") => ("my birthday", "meinen Geburtstag"),
        ("data", "legal_name") => ("my legal name", "meinen amtlichen Namen"),
        ("data", "preferred_name") => ("my nickname", "meinen Spitznamen"),
        ("data", "language") => ("my language", "meine Sprache"),
        ("data", "form_of_address") => ("my form of address", "meine Anrede"),
        ("date", _) => {
            return match value {
                SlotValue::Date { year, month, day } => format!("{day}.{month}.{year}"),
                SlotValue::Word(_) | SlotValue::Number(_) | SlotValue::Seconds(_) => {
                    value.to_string()
                }
            };
        }
        (_, word) => return word.to_owned(),
    };
    language.choose(english, german).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Recognition, Thresholds, Vocabulary, recognize};

    fn slots(of: &[(&str, &str)]) -> Slots {
        let value = |value: &str| SlotValue::Word(value.to_owned());
        of.iter().map(|(name, word)| ((*name).to_owned(), value(word))).collect()
    }

    // What is offered must be understood when it is said: otherwise somebody is led in a circle.
    #[test]
    fn every_offer_is_surely_understood_as_what_it_stands_for() {
        let mut all: Vec<(Intent, Slots)> = vec![
            (Intent::IdentifySelf, slots(&[("name", "Anna")])),
            (Intent::IdentifyOther, slots(&[("name", "Anna")])),
            (Intent::NewParticipantArrived, slots(&[("name", "Anna")])),
            (Intent::ParticipantLeft, slots(&[("name", "Anna")])),
            (Intent::SetPreferredName, slots(&[("name", "Anni")])),
            (
                Intent::SetBirthdate,
                Slots::from([(
                    "date".to_owned(),
                    SlotValue::Date { year: 1990, month: 5, day: 17 },
                )]),
            ),
            (Intent::RevokePermission, slots(&[("person", "Ben")])),
            (Intent::RevokeConsent, slots(&[("person", "Ben")])),
        ];
        let alone = [
            Intent::Greet,
            Intent::Help,
            Intent::SmallTalk,
            Intent::AskName,
            Intent::AskIdentity,
            Intent::Forget,
            Intent::Time,
            Intent::Date,
            Intent::AskWeather,
            Intent::AskConversationFact,
            Intent::AskProfile,
            Intent::WeAreAlone,
            Intent::NewParticipantArrived,
            Intent::ParticipantLeft,
        ];
        all.extend(
            alone.into_iter().chain(Topic::ALL.map(Intent::Host)).map(|one| (one, Slots::new())),
        );
        for language in ["en", "de"] {
            all.push((Intent::SetLanguage, slots(&[("language", language)])));
        }
        for form in ["masculine", "feminine", "neutral"] {
            all.push((Intent::SetFormOfAddress, slots(&[("form", form)])));
        }
        for group in ["home_automation", "robot_control", "security", "media", "system"] {
            all.push((Intent::RequestPermission, slots(&[("group", group)])));
            for intent in [Intent::GrantPermission, Intent::RevokePermission] {
                all.push((intent, slots(&[("person", "Ben"), ("group", group)])));
            }
        }
        for data in ["birthdate", "legal_name", "preferred_name", "language", "form_of_address"] {
            for intent in [Intent::GrantConsent, Intent::RevokeConsent] {
                all.push((intent, slots(&[("person", "Ben"), ("data", data)])));
            }
        }
        for (intent, slots) in all {
            for language in [Language::English, Language::German] {
                let said = say(&intent, &slots, language).unwrap();
                let understood = recognize(&said, &Vocabulary::builtin(), Thresholds::default());
                let Recognition::Clear(found) = understood else {
                    panic!("{said:?} is {understood:?}")
                };
                assert_eq!((&found.intent, &found.slots), (&intent, &slots), "{said:?}");
                assert_eq!(found.language, language, "{said:?}");
            }
        }
    }

    #[test]
    fn a_command_is_asked_about_instead() {
        let recognized =
            recognize("refresh yourself", &Vocabulary::builtin(), Thresholds::default());
        let Recognition::Clear(found) = recognized else { panic!("that is clear") };
        assert_eq!(say(&found.intent, &found.slots, Language::English), None);
    }
}
