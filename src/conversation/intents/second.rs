//! A second look at German that nobody understood at first: without the words that only ask, and clause by clause.
//!
//! It never finds a command, and nothing in a text that reports, supposes or quotes.

use super::{
    Category, Intent, Recognized, Slots, bag,
    grammar::{self},
    text::{Said, words},
    topics,
    vocabulary::Vocabulary,
};
use crate::host::Language::German;

/// What is said before the matter; longer ones first.
const PREFACES: &[&str] = &[
    "kannst du mir bitte noch sagen",
    "koenntest du mir noch sagen",
    "koenntest du mir sagen",
    "kannst du mir sagen",
    "wuerdest du mir sagen",
    "wuerdest du mir verraten",
    "koenntest du mir verraten",
    "kannst du mir verraten",
    "koenntest du mir zeigen",
    "kannst du mir zeigen",
    "wuerdest du mir zeigen",
    "koenntest du wiederholen",
    "kannst du wiederholen",
    "wuerdest du wiederholen",
    "wuerdest du mir erklaeren",
    "kannst du mir erklaeren",
    "koenntest du mir erklaeren",
    "koennten sie mir sagen",
    "koennen sie mir sagen",
    "wuerden sie mir sagen",
    "wuerdest du mir noch sagen",
    "ich wuesste gern",
    "ich wuesste gerne",
    "ich wuerde gern wissen",
    "ich wuerde gern sehen",
    "ich moechte gern wissen",
    "ich moechte wissen",
    "ich moechte gern sehen",
    "ich will wissen",
    "ich wuerde gern hoeren",
    "duerfte ich fragen",
    "darf ich fragen",
    "darf ich wissen",
    "duerfte ich wissen",
    "mich interessiert",
    "mich wuerde interessieren",
    "sag mir",
    "sag",
    "sage mir",
    "verrat mir",
    "verrate mir",
    "rat",
    "rate",
    "bitte beachte dass",
    "beachte dass",
    "ich wollte nur sagen dass",
    "ich wollte sagen dass",
    "ich sollte erwaehnen dass",
    "ich moechte sagen dass",
    "ich muss sagen dass",
    "nur damit du es weisst",
    "damit du es weisst",
    "damit du bescheid weisst",
    "zur info",
    "nur zur info",
    "ich kann dir versichern dass",
    "ich kann dir sagen dass",
    "zur kenntnis",
    "zu deiner information",
    "tu mir den gefallen und",
    "tu mir einen gefallen und",
    "sei so gut und",
    "sei so lieb und",
    "sei so nett und",
    "waerst du so nett und",
    "waerst du so lieb und",
    "ich wuerde mich freuen wenn du",
    "es waere schoen wenn du",
    "es waere nett wenn du",
    "mir waere lieber",
    "mir waere lieb wenn du",
    "mir waere es lieber",
    "hiermit",
    "wenn ich mich vorstellen duerfte",
    "wenn ich mich vorstellen darf",
    "weisst du was",
    "weisst du",
    "na komm",
    "komm",
    "du",
    "also",
    "moment",
    "sag an",
    "jetzt ehrlich",
    "huhu",
    "mensch",
    "uebrigens",
    "wie gesagt",
    "wuerdest du",
    "koenntest du",
    "kannst du",
    "und",
    "ja",
    "nein",
    "guten morgen",
    "guten abend",
    "guten tag",
    "gruess dich",
    "hallo",
    "hi",
    "merk dir",
    "merke dir",
    "dir merken dass",
    "du darfst",
    "es ist ok wenn du",
    "ist ok wenn du",
    "lass uns",
    "du liebe zeit",
    "ach",
    "ach weisst du was",
    "oh",
    "knoten",
];

/// Words after which nothing is what it says.
const ELSE: &[&str] = &[
    "sagt",
    "sagte",
    "gesagt",
    "meint",
    "meinte",
    "behauptet",
    "wenn",
    "falls",
    "sobald",
    "angenommen",
    "stell",
    "vorstell",
    "film",
    "zettel",
    "lied",
    "lautet",
    "uebersetze",
    "uebersetz",
    "schreibt",
    "geschrieben",
    "steht",
    "dachte",
    "glaube",
    "warum",
    "wieso",
    "weshalb",
    "heisst",
    "bevor",
    "nachdem",
    "gebeten",
    "dokument",
    "dokumenten",
    "vertrag",
    "gelesen",
    "gehoert",
];

/// Looks again.
pub(super) fn look(text: &str, vocabulary: &Vocabulary) -> Option<Recognized> {
    let said = Said::new(text, German);
    if said.quotes {
        return None;
    }
    if let Some(found) = whole(&said, text, vocabulary, true) {
        return Some(found);
    }
    let fine = ["steht", "heisst", "wenn", "stell"];
    if thanks(text) {
        return Some(Recognized {
            intent: Intent::SmallTalk,
            slots: Slots::new(),
            confidence: 0.9,
            language: German,
        });
    }
    let other = |word: &str| ELSE.contains(&word) && !fine.contains(&word);
    if said.tokens.iter().any(|token| other(&token.word)) {
        return None;
    }
    let mut found: Vec<Recognized> = Vec::new();
    let mut length = 0;
    let clauses: Vec<&str> = text
        .split(|character: char| {
            // A point after a number or a title ends no clause.
            let ends = matches!(character, ',' | ';' | '!' | '?' | ':' | '–' | '—')
                || character == '.' && length > 2;
            length = if character.is_alphabetic() { length + 1 } else { 0 };
            ends
        })
        .collect();
    if clauses.len() < 2 {
        return None;
    }
    let mut looked_at = 0;
    for clause in clauses {
        if clause.split_whitespace().count() < 2 {
            continue;
        }
        looked_at += 1;
        let asks = text[clause.as_ptr() as usize - text.as_ptr() as usize + clause.len()..]
            .starts_with('?');
        let said = Said { asks, ..Said::new(clause, German) };
        if said
            .tokens
            .iter()
            .any(|token| matches!(token.word.as_str(), "wenn" | "stell" | "nicht" | "kein"))
        {
            continue;
        }
        if let Some(next) = whole(&said, clause, vocabulary, false) {
            found.push(next);
        }
    }
    found.sort_by_key(|one| (rank(&one.intent), std::cmp::Reverse(one.slots.len())));
    let best = found.first()?.clone();
    // "Guten Tag, …": who greets goes on to say what they want.
    if rank(&best.intent) == 2 && found.len() < looked_at {
        return None;
    }
    let denies =
        said.tokens.iter().any(|token| matches!(token.word.as_str(), "nicht" | "kein" | "keine"));
    if denies && matches!(best.intent, Intent::IdentifySelf | Intent::IdentifyOther) {
        return None;
    }
    let same_kind = |other: &Recognized| {
        rank(&other.intent) != rank(&best.intent) || other.intent == best.intent
    };
    found.iter().all(same_kind).then_some(best)
}

/// What is only said around the matter stands behind it.
fn rank(intent: &Intent) -> u8 {
    if matches!(intent, Intent::Greet | Intent::SmallTalk) {
        2
    } else {
        u8::from(intent.category() == Category::Identity)
    }
}

fn whole(
    said: &Said<'_>,
    text: &str,
    vocabulary: &Vocabulary,
    loosely: bool,
) -> Option<Recognized> {
    let clear = |(intent, slots, confidence): (Intent, Slots, f32)| {
        (confidence >= 0.8 && intent.category() != Category::Command).then_some(Recognized {
            intent,
            slots,
            confidence,
            language: German,
        })
    };
    let read = |said: &Said<'_>| {
        grammar::read(said, vocabulary)
            .map(|read| (read.intent, read.slots, read.confidence))
            .and_then(clear)
    };
    if let Some(found) = read(said) {
        return Some(found);
    }
    if let Some(intent) = talk(said) {
        return Some(Recognized { intent, slots: Slots::new(), confidence: 0.9, language: German });
    }
    let mut said = Said { tokens: said.tokens.clone(), ..*said };
    let mut shorter = false;
    for _ in 0..3 {
        let preface = PREFACES
            .iter()
            .filter(|preface| {
                let length = preface.split(' ').count();
                length < said.tokens.len()
                    && preface.split(' ').enumerate().all(|(at, word)| said.word(at) == word)
            })
            .max_by_key(|preface| preface.len());
        let Some(preface) = preface else { break };
        let length = preface.split(' ').count();
        said.tokens.drain(..length);
        while said.tokens.len() > 1 && said.tokens[0].soft {
            said.tokens.remove(0);
        }
        shorter = true;
        said.asks = false;
        if let Some(found) = read(&said) {
            return Some(found);
        }
    }
    let bare = words(text);
    let asked = |words: &[String]| {
        bag::best(words)
            .filter(|(_, language, _)| *language == German)
            .map(|(intent, _, confidence)| (intent.clone(), Slots::new(), confidence))
            .and_then(clear)
    };
    if let Some(found) = asked(&bare) {
        return Some(found);
    }
    let topic = topics::read(&bare)
        .map(|(intent, confidence)| (intent, Slots::new(), confidence))
        .and_then(clear);
    if topic.is_some() {
        return topic;
    }
    if shorter {
        let rest: Vec<String> = said.tokens.iter().map(|token| token.word.clone()).collect();
        if let Some(found) = asked(&rest) {
            return Some(found);
        }
    }
    if loosely || said.tokens.len() > 2 {
        return grammar::loosely(&said, vocabulary)
            .map(|read| (read.intent, read.slots, read.confidence))
            .and_then(clear);
    }
    None
}

/// Kinds of talk: of each group a word must be said, and none of the last.
const TALK: &[(Intent, &[&str], &str)] = &[
    (
        Intent::Forget,
        &[
            "vergiss vergesse vergessen loesch loesche loeschen streich streiche verwirf verwerfen entferne",
            "gespraech unterhaltung chat verlauf gespraechsverlauf konversation dialog chatverlauf",
        ],
        "nicht kein wann datei",
    ),
    (
        Intent::AskConversationFact,
        &[
            "gefragt gesagt erzaehlt frage besprochen geredet erwaehnt gestellt gesprochen",
            "ich wir meine mein unsere unseres",
            "was welche wie wiederhole wiederhol worueber wonach wovon nochmal",
            "eben vorhin anfang zuletzt letzte vorige erste vorher hatte habe hab gespraechs haben beginn war",
        ],
        "vergiss dokument vertrag brief sagte er anna ben nicht wie+ garage alarm licht tuer musik",
    ),
    (
        Intent::AskProfile,
        &[
            "gespeichert weisst hast haben gemerkt aufgeschrieben liegt liegen notiert profil bekannt vorliegen",
            "mich person mir profil meine",
            "was welche zeig sehen ausgeben anzeigen lies angaben informationen daten",
        ],
        "nicht spricht sprichst wann geraten gesagt frage erzaehlt lange name uhrzeit ports dienste frei vergiss gehalten wetter datum tag ich wir loesch loesche",
    ),
    (
        Intent::AskProfile,
        &[
            "profil",
            "mein meinem meines",
            "ausgeben anzeigen zeigen zeig sehen vorlesen steht oeffnen",
        ],
        "nicht loesche",
    ),
    (
        Intent::AskName,
        &[
            "name namen bezeichnung heisst nennt nennen rufen rufname",
            "dein deinen du dich deine deiner",
            "wie welchen was sagen erfahren wissen verraten nenn sag verrat",
        ],
        "mein mich meinen mir+ betriebssystem kernel rechner server distribution heisse nicht merk gesagt datei lied dienst dokument kannst+ sie+",
    ),
    (Intent::AskIdentity, &["wer", "ich", "bin"], "nicht zustaendig verantwortlich"),
    (
        Intent::AskIdentity,
        &[
            "wem wer welche",
            "sprichst sprechen redest reden spricht redet tastatur person identitaet",
            "du dir dich deiner",
        ],
        "ich+ heisst neben dienst war nicht bist hat",
    ),
    (Intent::AskIdentity, &["identitaet person", "mich", "welche fuer"], "nicht hast gespeichert"),
    (
        Intent::Help,
        &[
            "kannst koenntest funktionen faehigkeiten funktionsumfang befehle behilflich helfen aufgaben uebertragen kann",
            "was welche womit wobei ueberblick uebersicht funktionsumfang",
            "du deine deinen dir mir mich funktionsumfang sie",
        ],
        "licht musik garage alarm tuer sagen verraten fehler dienste ueber wetter heisst dokument lautstaerke export einen ein passieren passiert benutzer system erklaeren+ deaktivieren oeffnen essen kochen gegen brief rechnung geburtstag wissen meine",
    ),
    (Intent::Help, &["funktionsumfang"], "nicht"),
    (
        Intent::Date,
        &["datum wochentag wievielte wievielten", "heute heutiges heutige haben welches was"],
        "rechnung vertrag brief mein dokument geburtstag",
    ),
    (Intent::Date, &["tag", "heute", "was welcher welchen monat"], "wetter los nicht mein"),
    (Intent::Time, &["uhrzeit"], "termin vertrag mein dokument flug"),
    (
        Intent::AskWeather,
        &[
            "regnet regen schneit sonne sonnig kalt warm heiss grad temperatur aussentemperatur schoen gewitter schirm mantel jacke",
            "draussen heute morgen wochenende samstag sonntag montag dienstag mittwoch donnerstag freitag abend",
            "wird ist regnet scheint brauch brauche gibt wie soll kommt schneit bleibt aussentemperatur muss kann",
        ],
        "licht mach mir+ mich gestern heizung dunkel garage mein+ wenn falls",
    ),
    (
        Intent::Greet,
        &[
            "huhu halloechen gruesse tach gruezi servus moin hallo gruess guten",
            "lady dich knoten huhu halloechen tach zusammen dir tag abend morgen wieder wunderschoenen hoeren",
        ],
        "wie was wer wann spricht bin mach kannst ich+",
    ),
    (Intent::SmallTalk, &["danke dank bedanke"], "nicht aber mach"),
    (
        Intent::SmallTalk,
        &[
            "du",
            "bist hast",
            "cool toll super lieb nett klasse spitze lustig schlau klug witzig drauf schoen fein gut prima schatz hingekriegt gemacht engel",
        ],
        "wie was wer neu wann warum nicht licht du+ gehalten garage ich",
    ),
];

fn talk(said: &Said<'_>) -> Option<Intent> {
    if said.tokens.is_empty() || said.tokens.len() > 14 {
        return None;
    }
    let has = |group: &str| {
        group.split(' ').any(|word| said.tokens.iter().any(|token| token.word == word))
    };
    TALK.iter()
        .find(|(_, groups, never)| {
            groups.iter().all(|group| has(group))
                && !has(never)
                && !said.tokens.iter().any(|token| ELSE_TALK.contains(&token.word.as_str()))
        })
        .map(|(intent, ..)| intent.clone())
}

const ELSE_TALK: &[&str] = &[
    "ob",
    "wollte",
    "ordner",
    "wenn",
    "falls",
    "sobald",
    "angenommen",
    "sagt",
    "meint",
    "behauptet",
    "warum",
    "wieso",
    "film",
    "uebersetze",
    "lied",
    "zettel",
    "dokumente",
    "dokumenten",
    "unterlagen",
    "vertrag",
];

/// Whether somebody only thanks: "danke dir, das war sehr nett".
fn thanks(text: &str) -> bool {
    const PRAISE: &str = "danke dank dir das war ist sehr nett von super toll lieb hilfreich hat geholfen gut schoen fuer alles die deine hilfe vielen lieben \
        herzlichen mir mich bedanke ganz auch echt wirklich klasse prima perfekt spitze du bist ein schatz engel weiter so auskunft wunderbar ihnen";
    let words = words(text);
    words.iter().any(|word| matches!(word.as_str(), "danke" | "dank" | "bedanke"))
        && words.iter().all(|word| PRAISE.split_whitespace().any(|known| known == word))
}
