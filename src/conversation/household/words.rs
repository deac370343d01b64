//! What the conscience says, in English and German: briefly, politely, and without saying what is hidden. Pure.

pub(super) use super::refusals::refusal;

use super::Waits;
use crate::commands::{self, Action, Catalogue};
use crate::conversation::Vocabulary;
use crate::foundation::audit::Decision;
use crate::host::Language::{self, English, German};
use crate::people::{ProfileField, read_birthdate};
use crate::policy::{
    Groups, Refusal, Role,
    addressing::Form,
    delegation::Delegation,
    identity::Identity,
    mode::Mode,
    profile_update::{Field, Fields},
    scene::Matter,
};

/// Returns the words that are understood of commands, with those that the owner's catalogue adds.
pub(super) fn vocabulary(of: &commands::Vocabulary) -> Vocabulary {
    let known = Catalogue::built_in().vocabulary();
    let mut words = Vocabulary::builtin();
    let mut bad = Vec::new();
    for (list, values) in &of.values {
        let slots = of.slots.values().flatten().filter(|(_, from)| *from == list);
        let slots: std::collections::BTreeSet<&str> =
            slots.map(|(slot, _)| slot.as_str()).chain([list.as_str()]).collect();
        for value in values {
            let old =
                known.values.get(list).and_then(|all| all.iter().find(|one| one.id == value.id));
            for language in [English, German] {
                for said in value.words.of(language) {
                    if old.is_some_and(|old| old.words.of(language).contains(said)) {
                        continue;
                    }
                    for slot in &slots {
                        bad.extend(words.add_value(slot, &value.id, language, said).err());
                    }
                }
            }
        }
    }
    for (command, phrases) in &of.phrases {
        for language in [English, German] {
            for phrase in phrases.of(language) {
                bad.extend(words.add_command(command, language, phrase).err());
            }
        }
    }
    for error in bad {
        tracing::warn!(%error, "a phrase of commands.toml is not understood");
    }
    words
}

pub(super) fn who_speaks(language: Language) -> &'static str {
    language.choose("Who is speaking?", "Wer spricht?")
}

/// Says that it did not work, and that nothing was done.
pub(super) fn failed(language: Language) -> &'static str {
    language.choose(
        "I am sorry, that did not work, and nothing was done. Please try again.",
        "Das tut mir leid, es hat nicht geklappt, und es ist nichts geschehen. Bitte versuch es noch einmal.",
    )
}

pub(super) fn ask_an_owner(language: Language) -> &'static str {
    language.choose(
        "That is for an owner to give. Ask them to say it to me, such as \"Ben may control the lights for two hours\".",
        "Das kann nur geben, wem das Haus gehört. Bitte dort darum, es mir zu sagen, etwa „Ben darf zwei Stunden lang das Licht steuern“.",
    )
}

pub(super) fn nothing_to_revoke(language: Language) -> &'static str {
    language.choose("There was nothing to take back.", "Es gab nichts zurückzunehmen.")
}

pub(super) fn revoked(language: Language) -> &'static str {
    language.choose("That no longer holds, as of now.", "Das gilt ab sofort nicht mehr.")
}

/// Says that a model has understood it so, and nobody else.
pub(super) fn proposed(language: Language) -> &'static str {
    language.choose(
        "I am not sure what you mean; my language model suggests this.",
        "Ich bin nicht sicher, was du meinst; mein Sprachmodell schlägt das hier vor.",
    )
}

/// Says that something was understood by half.
pub(super) fn perhaps(language: Language) -> &'static str {
    language.choose(
        "I am not sure that I understood you.",
        "Ich bin nicht sicher, ob ich dich verstanden habe.",
    )
}

/// Asks for a sentence that is understood for sure.
pub(super) fn say_surely(said: &str, language: Language) -> String {
    let perhaps = perhaps(language);
    match language {
        English => format!("{perhaps} If that is what you want, say: \"{said}\"."),
        German => format!("{perhaps} Wenn du das möchtest, sag: „{said}“."),
    }
}

/// Asks for a confirmation.
pub(super) fn asks(would: &str, language: Language) -> String {
    match language {
        English => format!("Shall I {would}? Say \"yes, do it\" to confirm, or \"no\"."),
        German => {
            format!("Soll ich {would}? Sag „Ja, mach das“, um es zu bestätigen, oder „Nein“.")
        }
    }
}

/// Says what would be done: "open the garage".
pub(super) fn would(waits: &Waits, matter: &Matter, language: Language) -> String {
    match (waits, matter) {
        (Waits::Command(action), _) => action.wording(language),
        (Waits::Update(value), _) => match language {
            English => format!("note {} as \"{}\"", field(value.field(), English), value.text()),
            German => format!("{} als „{}“ eintragen", field(value.field(), German), value.text()),
        },
        (Waits::Delegation(to), Matter::Delegation(proposal)) => {
            let groups = list(proposal.delegation.groups, language);
            let minutes = super::Household::minutes_until(proposal.delegation.until);
            match language {
                English => format!("let {to} command {groups} for {minutes} minutes"),
                German => format!("{to} für {minutes} Minuten {groups} steuern lassen"),
            }
        }
        (Waits::Consent(to), Matter::Consent(proposal)) => {
            let fields = fields(proposal.consent.fields, language);
            match language {
                English => format!("tell {to} {fields} if they ask"),
                German => format!("{to} auf Nachfrage {fields} sagen"),
            }
        }
        (Waits::Tell(told), _) => match language {
            English => format!("say {} here, where others hear it", fields(*told, English)),
            German => format!("{} hier sagen, wo andere es hören", fields(*told, German)),
        },
        (Waits::Delegation(_) | Waits::Consent(_), _) => String::new(),
    }
}

/// Says what came of a command.
pub(super) fn outcome(action: &Action, decision: Decision, language: Language) -> String {
    let would = action.wording(language);
    match (decision, language) {
        (Decision::Done, English) => format!("Done: {would}."),
        (Decision::Done, German) => format!("Erledigt: {would}."),
        (Decision::Unknown, English) => {
            format!(
                "I do not know whether that worked: {would}. Please see for yourself before you ask again."
            )
        }
        (Decision::Unknown, German) => {
            format!(
                "Ob das geklappt hat, weiß ich nicht: {would}. Bitte sieh nach, bevor du noch einmal darum bittest."
            )
        }
        (_, English) => format!("I am sorry, that was not done: {would}."),
        (_, German) => format!("Das tut mir leid, es ist nicht geschehen: {would}."),
    }
}

pub(super) fn written(language: Language) -> &'static str {
    language.choose("I have noted that.", "Das habe ich eingetragen.")
}

pub(super) fn claimed(language: Language) -> &'static str {
    language.choose(
        "I remember that you said so. It changes nothing about them.",
        "Ich merke mir, dass du das gesagt hast. An dem, was ich über sie weiß, ändert es nichts.",
    )
}

pub(super) fn delegated(to: &str, delegation: &Delegation, language: Language) -> String {
    let groups = list(delegation.groups, language);
    let minutes = super::Household::minutes_until(delegation.until);
    match language {
        English => format!(
            "From now on {to} may command {groups}, for {minutes} minutes and not beyond this conversation. You can take it back at any time."
        ),
        German => format!(
            "Ab jetzt darf {to} {groups} steuern, {minutes} Minuten lang und nicht über dieses Gespräch hinaus. Du kannst es jederzeit zurücknehmen."
        ),
    }
}

pub(super) fn consented(to: &str, told: Fields, language: Language) -> String {
    match language {
        English => format!(
            "From now on I may tell {to} {}, until you take it back or this conversation ends.",
            fields(told, English)
        ),
        German => format!(
            "Ab jetzt darf ich {to} {} sagen, bis du es zurücknimmst oder dieses Gespräch endet.",
            fields(told, German)
        ),
    }
}

/// Asks back for what was not said.
pub(super) fn missing(slot: &str, language: Language) -> String {
    let (english, german) = match slot {
        "location" => ("Where?", "Wo?"),
        "door" => ("Which door?", "Welche Tür?"),
        "garage" => ("Which garage?", "Welche Garage?"),
        "level" => ("How loud, from 0 to 100 percent?", "Wie laut, von 0 bis 100 Prozent?"),
        "service" => ("Which service?", "Welchen Dienst?"),
        "resource" => (
            "Which resource? Say its id, such as R-1042.",
            "Welche Ressource? Sag ihre Kennung, etwa R-1042.",
        ),
        other => {
            return match language {
                English => format!("Which {other}?"),
                German => format!("Was ist mit „{other}“ gemeint?"),
            };
        }
    };
    language.choose(english, german).to_owned()
}

/// Says for whom somebody is taken.
pub(super) fn taken_for(identity: Identity, name: &str, language: Language) -> String {
    match (identity, language) {
        (Identity::Confirmed(_) | Identity::ConfirmedActive(_), English) => {
            format!("You are {name}; I am sure of that.")
        }
        (Identity::Confirmed(_) | Identity::ConfirmedActive(_), German) => {
            format!("Du bist {name}; da bin ich sicher.")
        }
        (Identity::Probable(_), English) => format!(
            "I think that you are {name}, but I am not sure: say \"I am {name}\" with a token that is yours."
        ),
        (Identity::Probable(_), German) => format!(
            "Ich glaube, dass du {name} bist, sicher bin ich nicht: Sag „Ich bin {name}“ mit einem Token, das dir gehört."
        ),
        (Identity::Unknown, English) => "I do not know who you are.".to_owned(),
        (Identity::Unknown, German) => "Ich weiß nicht, wer du bist.".to_owned(),
        (Identity::Ambiguous, _) => refusal(Refusal::Ambiguous, language).to_owned(),
        (Identity::Rejected, _) => refusal(Refusal::NotValidated, language).to_owned(),
    }
}

/// Says what somebody is in this household, in the form they are addressed in.
pub(super) fn role(role: Role, form: Form, language: Language) -> &'static str {
    let (english, masculine, feminine, neutral) = match role {
        Role::Owner => (
            "You own this node.",
            "Du bist der Eigentümer dieses Knotens.",
            "Du bist die Eigentümerin dieses Knotens.",
            "Dieser Knoten gehört dir.",
        ),
        Role::Admin => (
            "You manage the people of this node.",
            "Du bist der Verwalter dieses Knotens.",
            "Du bist die Verwalterin dieses Knotens.",
            "Du verwaltest diesen Knoten.",
        ),
        Role::Operator => (
            "You keep this node running.",
            "Du bist der Betreuer dieses Knotens.",
            "Du bist die Betreuerin dieses Knotens.",
            "Du betreust diesen Knoten.",
        ),
        Role::Guest => (
            "You are a guest of this node.",
            "Du bist ein Gast dieses Knotens.",
            "Du bist ein Gast dieses Knotens.",
            "Du bist als Gast hier.",
        ),
    };
    let german = match form {
        Form::Masculine => masculine,
        Form::Feminine => feminine,
        Form::Neutral => neutral,
    };
    language.choose(english, german)
}

/// Says who else hears what is said, as far as is known.
pub(super) fn mode(mode: Mode, language: Language) -> &'static str {
    let (english, german) = match mode {
        Mode::Private => {
            ("As far as I know nobody else is here.", "Soweit ich weiß, ist sonst niemand hier.")
        }
        Mode::SharedVerified => (
            "Others are here whom I know. I keep private things to myself and have risky ones confirmed.",
            "Andere sind hier, die ich kenne. Privates behalte ich für mich, und Riskantes lasse ich bestätigen.",
        ),
        Mode::SharedUnverified => (
            "Others are here. I keep private things to myself, and do nothing that is risky.",
            "Andere sind hier. Privates behalte ich für mich, und Riskantes tue ich nicht.",
        ),
    };
    language.choose(english, german)
}

/// Tells a profile.
pub(super) fn profile(parts: &[ProfileField], language: Language) -> String {
    if parts.is_empty() {
        return language
            .choose("I have noted nothing about you.", "Ich habe nichts über dich eingetragen.")
            .to_owned();
    }
    let rows: Vec<_> = parts
        .iter()
        .map(|part| {
            let value = match part.field {
                Field::Birthdate => date(part.value.expose()),
                Field::PreferredName
                | Field::LegalName
                | Field::Language
                | Field::FormOfAddress
                | Field::Note => part.value.expose().to_owned(),
            };
            format!("- {}: {value}", capital(field(part.field, language)))
        })
        .collect();
    let head = language
        .choose("This is what I have noted about you:", "Das habe ich über dich eingetragen:");
    format!("{head}\n\n{}", rows.join("\n"))
}

fn date(stored: &str) -> String {
    let Some(birthdate) = read_birthdate(stored) else { return stored.to_owned() };
    let part = |part: Option<String>| part.unwrap_or_else(|| "?".to_owned());
    format!(
        "{}-{}-{}",
        part(birthdate.year.map(|year| format!("{year:04}"))),
        part(birthdate.month.map(|month| format!("{month:02}"))),
        part(birthdate.day.map(|day| format!("{day:02}")))
    )
}

pub(super) fn birthday(name: &str, language: Language) -> String {
    match language {
        English => format!("Happy birthday, {name}!"),
        German => format!("Herzlichen Glückwunsch zum Geburtstag, {name}!"),
    }
}

/// Says what may stand in a part of a profile.
pub(super) fn bad_value(field: Field, language: Language) -> &'static str {
    let (english, german) = match field {
        Field::PreferredName | Field::LegalName => (
            "That is no name I can write down: 1 to 100 characters on one line.",
            "Diesen Namen kann ich nicht eintragen: 1 bis 100 Zeichen in einer Zeile.",
        ),
        Field::Language => ("I speak English and German.", "Ich spreche Deutsch und Englisch."),
        Field::FormOfAddress => (
            "I can address you in masculine, feminine or neutral forms.",
            "Ich kann dich männlich, weiblich oder neutral anreden.",
        ),
        Field::Birthdate => (
            "Please say the whole date, such as \"my birthday is the 17th of May 1990\".",
            "Bitte sag das ganze Datum, etwa „Mein Geburtstag ist der 17. Mai 1990“.",
        ),
        Field::Note => ("A note has 1 to 500 characters.", "Eine Notiz hat 1 bis 500 Zeichen."),
    };
    language.choose(english, german)
}

fn field(field: Field, language: Language) -> &'static str {
    let (english, german) = match field {
        Field::PreferredName => ("the name you go by", "den Rufnamen"),
        Field::LegalName => ("your legal name", "den Namen im Ausweis"),
        Field::Language => ("your language", "die Sprache"),
        Field::FormOfAddress => ("the form of address", "die Anrede"),
        Field::Birthdate => ("the birthdate", "das Geburtsdatum"),
        Field::Note => ("a note", "eine Notiz"),
    };
    language.choose(english, german)
}

fn capital(text: &str) -> String {
    crate::conversation::reply::capitalized(text)
}

fn and(parts: &[&str], language: Language) -> String {
    parts.join(language.choose(" and ", " und "))
}

fn fields(told: Fields, language: Language) -> String {
    let parts: Vec<_> = told.iter().map(|one| field(one, language)).collect();
    and(&parts, language)
}

fn list(groups: Groups, language: Language) -> String {
    use crate::policy::Group;
    let parts: Vec<_> = groups
        .iter()
        .map(|group| {
            let (english, german) = match group {
                Group::HomeAutomation => ("the lights and doors", "Licht und Türen"),
                Group::RobotControl => ("the robots", "die Roboter"),
                Group::Security => ("the alarm", "die Alarmanlage"),
                Group::Media => ("the music", "die Musik"),
                Group::System => ("this node", "diesen Knoten"),
            };
            language.choose(english, german)
        })
        .collect();
    and(&parts, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_told_in_the_form_of_address() {
        assert!(role(Role::Owner, Form::Feminine, German).contains("Eigentümerin"));
        assert!(role(Role::Owner, Form::Masculine, German).contains("der Eigentümer "));
        assert!(!role(Role::Owner, Form::Neutral, German).contains("Eigentümer"));
    }

    #[test]
    fn a_birthdate_is_told_with_what_is_missing() {
        assert_eq!(date("1990-05-17"), "1990-05-17");
        assert_eq!(date("--05-17"), "?-05-17");
    }
}
