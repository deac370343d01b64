//! What slots read: names, and the closed values that patterns talk about.

use super::{
    super::{SlotValue, text::Said, vocabulary::Vocabulary},
    names, when,
};
use crate::host::Language;
use std::{collections::HashMap, sync::LazyLock};

/// What a slot reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A person's name; of oneself it is read more strictly, for "I am tired" is no name.
    Name {
        strict: bool,
    },
    /// A person's name with the ending of possession: "Friedas Berechtigung".
    Owner,
    /// Words that are not told on: a name, or anything up to the end.
    Passed {
        rest: bool,
    },
    /// A group of commands, with the words that are said about it; or those words alone.
    Group {
        needed: bool,
    },
    /// A closed value of this slot, from a fixed list.
    Fixed(&'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]),
    /// A closed value of the vocabulary.
    Closed(String),
    Date,
    Level,
    Seconds,
    Service,
    Resource,
}

/// One way to read a slot.
#[derive(Debug)]
pub(in super::super) struct Reading {
    pub(in super::super) end: usize,
    /// Nothing if what was said is no whole value, such as a date without its year.
    pub(in super::super) value: Option<SlotValue>,
}

impl Kind {
    /// Returns what the slot of this name reads.
    pub(in super::super) fn named(key: &str, vocabulary: &Vocabulary) -> Option<Self> {
        Some(match key {
            "name" | "person" => Self::Name { strict: false },
            "self" => Self::Name { strict: true },
            "owner" => Self::Owner,
            "any" => Self::Passed { rest: false },
            "rest" => Self::Passed { rest: true },
            "group" => Self::Group { needed: true },
            "use" => Self::Group { needed: false },
            "data" => Self::Fixed(DATA_ENGLISH, DATA_GERMAN),
            "language" => Self::Fixed(LANGUAGES_ENGLISH, LANGUAGES_GERMAN),
            "form" => Self::Fixed(FORMS_ENGLISH, FORMS_GERMAN),
            "date" => Self::Date,
            "level" => Self::Level,
            "duration" => Self::Seconds,
            "service" => Self::Service,
            "resource" => Self::Resource,
            slot if vocabulary.has_slot(slot) => Self::Closed(slot.to_owned()),
            _ => return None,
        })
    }

    pub(in super::super) fn read(
        &self,
        said: &Said<'_>,
        at: usize,
        vocabulary: &Vocabulary,
    ) -> Vec<Reading> {
        if at >= said.tokens.len() {
            return Vec::new();
        }
        let whole = |(end, value)| Reading { end, value: Some(value) };
        match self {
            Self::Name { strict } => names::read(said, at, *strict, vocabulary)
                .map(|(end, name)| whole((end, SlotValue::Word(name))))
                .collect(),
            Self::Owner => names::read(said, at, false, vocabulary)
                .filter_map(|(end, name)| {
                    // "Nimm Lukas die Rechte weg": he is no Luka.
                    let owns = !matches!(said.word(end), "die" | "das" | "den" | "alle" | "jede");
                    let owner =
                        name.strip_suffix('s').filter(|owner| owns && owner.chars().count() > 1)?;
                    Some(whole((end, SlotValue::Word(owner.to_owned()))))
                })
                .collect(),
            Self::Passed { rest: true } => vec![Reading { end: said.tokens.len(), value: None }],
            Self::Passed { rest: false } => names::read(said, at, false, vocabulary)
                .map(|(end, _)| Reading { end, value: None })
                .collect(),
            Self::Group { needed } => group(said, at, *needed, vocabulary),
            Self::Fixed(english, german) => {
                let listed = match said.language {
                    Language::English => english,
                    Language::German => german,
                };
                fixed(said, at, listed)
            }
            Self::Closed(slot) => vocabulary
                .values_at(slot, said, at)
                .map(|(end, id)| whole((end, SlotValue::Word(id.to_owned()))))
                .collect(),
            Self::Date => when::date(said, at)
                .into_iter()
                .map(|(end, date)| Reading { end, value: date })
                .collect(),
            Self::Level => when::level(said, at)
                .into_iter()
                .map(|(end, level)| whole((end, SlotValue::Number(level))))
                .collect(),
            Self::Seconds => when::duration(said, at)
                .into_iter()
                .map(|(end, seconds)| whole((end, SlotValue::Seconds(seconds))))
                .collect(),
            Self::Service => names::service(said, at)
                .into_iter()
                .map(|(end, name)| whole((end, SlotValue::Word(name))))
                .collect(),
            Self::Resource => names::resource(said, at)
                .into_iter()
                .map(|(end, id)| whole((end, SlotValue::Word(id))))
                .collect(),
        }
    }
}

/// Reads a value of a fixed list; "my" and "the" may stand before it.
fn fixed(said: &Said<'_>, at: usize, listed: &[(&str, &str)]) -> Vec<Reading> {
    let mine = [
        "my", "the", "mein", "meine", "meinen", "meinem", "meiner", "die", "den", "das", "unser",
        "der",
    ];
    let mut found = Vec::new();
    for from in [Some(at), mine.contains(&said.word(at)).then_some(at + 1)].into_iter().flatten() {
        for (value, phrases) in listed {
            for phrase in phrases.split('|') {
                let length = phrase.split(' ').count();
                let fits = phrase
                    .split(' ')
                    .enumerate()
                    .all(|(offset, word)| said.word(from + offset) == word);
                if fits {
                    found.push(Reading {
                        end: from + length,
                        value: Some(SlotValue::Word((*value).to_owned())),
                    });
                }
            }
        }
    }
    found
}

/// Reads what a permission is about: words of control around things that all belong to one group.
fn group(said: &Said<'_>, at: usize, needed: bool, vocabulary: &Vocabulary) -> Vec<Reading> {
    let said_about = match said.language {
        Language::English => &*ABOUT_ENGLISH,
        Language::German => &*ABOUT_GERMAN,
    };
    let mut found = Vec::new();
    let mut named: Option<&str> = None;
    let mut end = at;
    while end < said.tokens.len() {
        let word = said.word(end);
        let group = said_about.get(word).copied().flatten();
        // In "alarm system" the system is no group of its own.
        let group =
            group.filter(|_| named.is_none() || !matches!(word, "system" | "systems" | "systemen"));
        let group = group.or_else(|| is_a_light(word, said.language).then_some("home_automation"));
        match (named, group) {
            (Some(before), Some(group)) if before != group => break,
            (_, Some(group)) => named = Some(group),
            (_, None) if said_about.contains_key(word) || word.starts_with("system") => {}
            (_, None) => match vocabulary.values_at("location", said, end).next() {
                Some((after, _)) => end = after - 1,
                None => break,
            },
        }
        end += 1;
        match named {
            Some(group) if needed => {
                found.push(Reading { end, value: Some(SlotValue::Word(group.to_owned())) });
            }
            None if !needed => found.push(Reading { end, value: None }),
            _ => {}
        }
    }
    found.reverse();
    found
}

/// Whether a word is said about a group of commands.
pub(super) fn is_about_a_group(word: &str) -> bool {
    ABOUT_ENGLISH.contains_key(word)
}

/// Returns the group whose thing a word is.
pub(super) fn group_of(word: &str) -> Option<&'static str> {
    ABOUT_ENGLISH.get(word).copied().flatten()
}

/// Returns the group whose thing a word is.
fn group_in(word: &str, language: Language) -> Option<&'static str> {
    let about = match language {
        Language::English => &*ABOUT_ENGLISH,
        Language::German => &*ABOUT_GERMAN,
    };
    let light = is_a_light(word, language).then_some("home_automation");
    about.get(word).copied().flatten().or(light)
}

/// Whether a word is a thing of a group.
pub(super) fn is_a_thing(word: &str, language: Language) -> bool {
    group_in(word, language).is_some()
}

/// Returns the one group that things are named of: where, and which.
pub(super) fn one_group(
    said: &Said<'_>,
    used: &[bool],
) -> Option<(usize, usize, Option<SlotValue>)> {
    let named = said.tokens.iter().enumerate().filter(|(at, _)| !used[*at]);
    let named = named.filter_map(|(at, token)| Some((at, group_in(&token.word, said.language)?)));
    let mut named: Vec<_> = named.collect();
    // In "alarm system" the system is no group of its own.
    if named.iter().any(|(_, group)| *group != "system") {
        named.retain(|(_, group)| *group != "system");
    }
    let (at, first) = *named.first()?;
    let one = named.iter().all(|(_, group)| *group == first);
    one.then(|| (at, at + 1, Some(SlotValue::Word(first.to_owned()))))
}

/// Whether a word is a light, such as `Küchenlicht`.
fn is_a_light(word: &str, language: Language) -> bool {
    language == Language::German
        && ["licht", "lampe", "lampen", "lichter", "beleuchtung", "leuchte"]
            .iter()
            .any(|light| word.ends_with(light))
}

/// Every word that is said about a group, and the group if the word is one of its things.
type About = HashMap<&'static str, Option<&'static str>>;

static ABOUT_ENGLISH: LazyLock<About> = LazyLock::new(|| about(GROUPS_ENGLISH, AROUND_ENGLISH));
static ABOUT_GERMAN: LazyLock<About> = LazyLock::new(|| about(GROUPS_GERMAN, AROUND_GERMAN));

fn about(groups: &[(&'static str, &'static str)], around: &'static str) -> About {
    let mut about: About = around.split_whitespace().map(|word| (word, None)).collect();
    for (group, things) in groups {
        about.extend(things.split_whitespace().map(|thing| (thing, Some(*group))));
    }
    about
}

const GROUPS_ENGLISH: &[(&str, &str)] = &[
    (
        "home_automation",
        "light lights lamp lamps lighting door doors garage house home automation heating blinds shutters curtains gate thermostat",
    ),
    ("robot_control", "robot robots rover"),
    ("security", "alarm alarms security siren"),
    (
        "media",
        "music volume media speaker speakers song songs playlist sound audio playback radio tv stereo television hifi podcast",
    ),
    ("system", "node system services service updates server machine computer"),
];

const GROUPS_GERMAN: &[(&str, &str)] = &[
    (
        "home_automation",
        "lichtrechte hausrechte lichtzugriff licht lichter lampe lampen beleuchtung tuer tueren haustuer garage garagentor haus hausautomation haussteuerung heizung \
      rolllaeden rollladen jalousien smarthome haustechnik lichtsteuerung hausautomatisierung balkontuer hintertuer terrassentuer \
      automation heimautomatisierung",
    ),
    ("robot_control", "roboterrechte roboterzugriff roboter robotern roboters robotersteuerung"),
    (
        "security",
        "alarmrechte alarmzugriff alarm alarmanlage sicherheit sicherheitssystem sicherheitsanlage alarmsystem",
    ),
    (
        "media",
        "musikrechte medienrechte musikzugriff musik lautstaerke medien lautsprecher lied lieder playlist ton radio musikanlage stereoanlage fernseher medienwiedergabe \
      musikwiedergabe mediensteuerung",
    ),
    (
        "system",
        "systemrechte systemzugriff knoten dienste dienst system updates systemdienste rechner server node knotens systems dienstes",
    ),
];

/// What is said around the things of a group.
pub(super) const AROUND_ENGLISH: &str = "control controls use operate manage change adjust set handle run turn switch on off up down open close lock unlock play \
    pause stop start skip drive move steer command commands update refresh restart disable enable arm disarm deactivate activate mute dim \
    touch access do work with the a an my our your this that these those all of in at to and or arm system systems control room rooms \
    everything about listen here player put administer installing install restarting turning switching using controlling operating \
    managing opening closing changing playing stopping driving disarming uses controls operates plays controlled have over around \
    it be able devices services rights settings";

pub(super) const AROUND_GERMAN: &str = "steuern bedienen benutzen nutzen verwenden verwalten schalten kontrollieren regeln aendern verstellen machen an aus ein \
    auf zu oeffnen schliessen abspielen hoeren pausieren starten stoppen neustarten aktualisieren fahren bewegen lenken deaktivieren \
    aktivieren abschalten einschalten ausschalten anschalten anmachen ausmachen aufmachen zumachen scharf unscharf stellen \
    entschaerfen umgehen mit das die den der dem des ein eine im in am an auf zu zum zur und oder alle alles diesem dieser dieses diese diesen \
    unser unsere unseren einzuschalten auszuschalten anzumachen auszumachen anzuschalten abzuschalten aufzumachen zuzumachen \
    umzuschalten steuert bedient benutzt nutzt verwaltet schaltet lauter leiser ueber fuer hier ins betreiben einstellen \
    einzustellen anzuhalten anhalten zuzugreifen zugreifen spielen spielt dimmen oeffnet schliesst hause steuerung von bedienung \
    neu installieren einspielen ran beim";

const LANGUAGES_ENGLISH: &[(&str, &str)] = &[("en", "english"), ("de", "german|deutsch")];
const LANGUAGES_GERMAN: &[(&str, &str)] = &[
    ("en", "englisch|englische|englischen|english|englischer"),
    ("de", "deutsch|deutsche|deutschen|deutscher"),
];

const FORMS_ENGLISH: &[(&str, &str)] = &[
    ("masculine", "masculine|male|man|boy|he him|he|gentleman|guy|him"),
    ("feminine", "feminine|female|woman|girl|she her|she|lady|her"),
    (
        "neutral",
        "neutral|gender neutral|genderneutral|neuter|neither|non binary|nonbinary|they them|they|gender neutrally|neutrally|\
      neither mr nor mrs|neither sir nor madam|neither man nor woman|neither a man nor a woman|neither male nor female|neither as a man nor as a woman|person",
    ),
];
const FORMS_GERMAN: &[(&str, &str)] = &[
    (
        "masculine",
        "maennlich|maennliche|maennlichen|maennlicher|mann|junge|kerl|herr|herrn|maskulin|maskuline|maskulinen",
    ),
    (
        "feminine",
        "weiblich|weibliche|weiblichen|weiblicher|frau|dame|maedchen|feminin|feminine|femininen",
    ),
    (
        "neutral",
        "neutral|neutrale|neutralen|neutraler|geschlechtsneutral|geschlechtsneutrale|geschlechtsneutralen|genderneutral|\
      genderneutrale|genderneutralen|divers|nichtbinaer|nicht binaer|weder maennlich noch weiblich|weder herr noch frau|weder mann noch frau|weder als mann noch als frau|\
      geschlechtsneutraler|geschlechtsneutral formuliert|gender neutral|gender neutrale|geschlechtslos",
    ),
];

const DATA_ENGLISH: &[(&str, &str)] = &[
    (
        "birthdate",
        "birthday|birth date|birthdate|date of birth|day of birth|when i was born|when my birthday is|age|how old i am|\
      when i have my birthday|the day i was born|bday|birthdate",
    ),
    (
        "legal_name",
        "legal name|official name|full name|real name|full legal name|surname|last name|family name|passport name|\
      what my legal name is|registered name",
    ),
    (
        "preferred_name",
        "preferred name|nickname|nick name|what i like to be called|what i want to be called|how i like to be called|\
      name i prefer|name i like to be called|chosen name|what i prefer to be called|name i go by",
    ),
    (
        "language",
        "language|which language i speak|what language i speak|language i speak|preferred language|languages|\
      which language i prefer|what language i prefer|language i prefer|mother tongue|native language|which languages i speak|\
      what languages i speak|language preference|which language i use|what language i use",
    ),
    (
        "form_of_address",
        "form of address|how i like to be addressed|how i want to be addressed|how to address me|preferred form of address|\
      pronouns|how i am addressed|preferred pronouns|how i prefer to be addressed|way i want to be addressed|way i like to be addressed",
    ),
];
const DATA_GERMAN: &[(&str, &str)] = &[
    (
        "birthdate",
        "wann ich geburtstag hab|geburtstag|geburtsdatum|wann ich geburtstag habe|wann ich geboren bin|wann ich geboren wurde|wann mein geburtstag ist|\
      alter|wie alt ich bin|geburtstags|tag meiner geburt",
    ),
    (
        "legal_name",
        "vollen amtlichen namen|amtlichen namens|richtigen namens|amtlichen namen|richtigen namen|offiziellen namen|buergerlichen namen|vollen namen|echten namen|vollstaendigen namen|\
      amtlicher name|richtiger name|offizieller name|buergerlicher name|voller name|nachnamen|nachname|familiennamen|\
      wie ich amtlich heisse|wie ich richtig heisse|wie ich wirklich heisse|rechtlichen namen|gesetzlichen namen|wie ich offiziell heisse|\
      amtlichen name|wie mein amtlicher name lautet|wie mein amtlicher name ist",
    ),
    (
        "preferred_name",
        "wie ich am liebsten genannt werde|wie ich am liebsten heisse|rufnamen|rufname|spitznamen|spitzname|bevorzugten namen|bevorzugter name|wie ich genannt werden moechte|\
      wie ich genannt werden will|wunschnamen|kosenamen|namen den ich bevorzuge|wie ich gern genannt werde|wie ich gern genannt werden moechte",
    ),
    (
        "language",
        "welche sprache ich mag|sprache|welche sprache ich spreche|muttersprache|bevorzugte sprache|welche sprache ich bevorzuge|sprachen|\
      welche sprachen ich spreche|sprache die ich spreche|welche sprache ich benutze|in welcher sprache ich spreche|spracheinstellung",
    ),
    (
        "form_of_address",
        "anrede|anredeform|form der anrede|wie ich angesprochen werden moechte|wie ich angesprochen werden will|\
      wie ich angeredet werden moechte|wie ich angeredet werden will|bevorzugte anrede|pronomen|gewuenschte anrede|\
      wie man mich anspricht|wie ich angesprochen werde|wie man mich anreden soll",
    ),
];
