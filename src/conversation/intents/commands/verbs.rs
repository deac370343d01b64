//! What German does to its verbs: `mach … aus`, `ausmachen`, `auszumachen`, `ausmachst` and `ausgemacht` are one verb and one
//! particle.
//!
//! Only the verbs of commands are here. What is no form of one of them stays the word that it is, and stops a command.

use std::{collections::HashMap, sync::LazyLock};

/// In which form a verb was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// `mach`, `mache`
    Order,
    /// `machen`
    Plain,
    /// `auszumachen`
    To,
    /// `machst`
    Second,
    /// `ausgeht`, in "dass es ausgeht"
    Third,
    /// `gemacht`
    Done,
}

/// A verb as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verb {
    pub(super) stem: &'static str,
    pub(super) particle: Option<&'static str>,
    /// Every form that it can be: `schliesst` is what you do, and what he does.
    moods: u8,
}

impl Verb {
    pub(super) fn can_be(self, mood: Mood) -> bool {
        self.moods & bit(mood) != 0
    }
}

const fn bit(mood: Mood) -> u8 {
    1 << mood as u8
}

/// Regular verbs: `mach`, `machen`, `machst`, `gemacht`.
const REGULAR: &str = "mach schalt knips dreh stell setz leg pack hol stopp start loesch kehr roll spiel merk plan waehl hoer sperr \
    drueck klapp knall fueg reih leer raeum kuerz tilg schmeiss hau lass veranlass stoss fuehr leit nutz brauch pegel flagg mut \
    oeffn schick stutz schaff weck hak schraub putz stups fahrt lager speicher";

/// Verbs whose participle has no `ge`: `deaktiviert`, `entfernt`.
const WITHOUT_GE: &str = "deaktivier aktivier pausier markier aktualisier reduzier installier exportier entmarkier demarkier entfern beend \
    ueberwach entschaerf vernicht beseitig zerstoer erhoeh erleucht beleucht erhell verwend benutz reaktivier eliminier initiier \
    stornier verriegel ueberspiel ueberpruef regulier arretier entsorg erledig justier terminier notier modernisier radier annullier \
    selektier restaurier";

/// Verbs in -ern and -eln: `erneuern`, `wechseln`.
const IN_ERN: &str = "wechsel regel aender erneuer verringer veraender verriegel kurbel lauer steiger bereinig minder";

/// stem; orders; plain; second; third; done
const IRREGULAR: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("halt", "halt halte", "halten", "haeltst haltst", "haelt", "gehalten"),
    ("nimm", "nimm nehm nehme", "nehmen", "nimmst", "nimmt", "genommen"),
    ("gib", "gib gebe geb", "geben", "gibst", "gibt", "gegeben"),
    ("fahr", "fahr fahre", "fahren", "faehrst", "faehrt", "gefahren"),
    ("lauf", "lauf laufe", "laufen", "laeufst", "laeuft", "gelaufen"),
    ("geh", "geh gehe", "gehen gehn", "gehst", "geht", "gegangen"),
    ("zieh", "zieh ziehe", "ziehen", "ziehst", "zieht", "gezogen"),
    ("schieb", "schieb schiebe", "schieben", "schiebst", "schiebt", "geschoben"),
    (
        "schliess",
        "schliess schliesse schliesz",
        "schliessen",
        "schliesst",
        "schliesst",
        "geschlossen",
    ),
    ("tu", "tu tue", "tun", "tust", "tut", "getan"),
    ("wirf", "wirf werf werfe", "werfen", "wirfst", "wirft", "geworfen"),
    ("heb", "heb hebe", "heben", "hebst", "hebt", "gehoben"),
    ("streich", "streich streiche", "streichen", "streichst", "streicht", "gestrichen"),
    ("trag", "trag trage", "tragen", "traegst", "traegt", "getragen"),
    ("schreib", "schreib schreibe", "schreiben", "schreibst", "schreibt", "geschrieben"),
    ("spring", "spring springe", "springen", "springst", "springt", "gesprungen"),
    ("bring", "bring bringe", "bringen", "bringst", "bringt", "gebracht"),
    ("lad", "lad lade", "laden", "laedst", "laedt", "geladen"),
    ("fang", "fang fange", "fangen", "faengst", "faengt", "gefangen"),
    ("beginn", "beginn beginne", "beginnen", "beginnst", "beginnt", "begonnen"),
    ("brich", "brich breche brech", "brechen", "brichst", "bricht", "gebrochen"),
    (
        "unterbrich",
        "unterbrich unterbreche",
        "unterbrechen",
        "unterbrichst",
        "unterbricht",
        "unterbrochen",
    ),
    ("ausschliess", "", "", "", "", "ausgeschlossen"),
    ("behalt", "behalt behalte", "behalten", "behaeltst", "behaelt", "behalten"),
    (
        "kennzeichn",
        "kennzeichne",
        "kennzeichnen",
        "kennzeichnest",
        "kennzeichnet",
        "gekennzeichnet",
    ),
    ("beobacht", "beobacht beobachte", "beobachten", "beobachtest", "beobachtet", "beobachtet"),
    ("oeffn", "oeffn oeffne", "oeffnen", "oeffnest", "oeffnet", "geoeffnet"),
    ("stopp", "stopp stop stoppe", "stoppen", "stoppst", "stoppt", "gestoppt"),
    ("update", "update", "updaten", "updatest", "updatet", "geupdatet upgedatet"),
    (
        "refresh",
        "refresh refreshe",
        "refreshen",
        "refreshst refreshest",
        "refresht",
        "refresht gerefresht",
    ),
    ("upgrade", "upgrade", "upgraden", "upgradest", "upgradet", "geupgradet upgegradet"),
    ("beschaff", "", "beschaffen", "", "", ""),
    ("senk", "senk senke", "senken", "senkst", "senkt", "gesenkt"),
    ("pass", "pass passe", "passen", "passt", "passt", "gepasst"),
    ("lass", "lass lasse", "lassen", "laesst", "laesst", "gelassen"),
    (
        "schalt",
        "schalt schalte schallt",
        "schalten",
        "schaltest schaltst",
        "schaltet",
        "geschaltet",
    ),
    ("schweig", "", "schweigen", "", "schweigt", ""),
    ("verlass", "", "", "", "", ""),
    ("scheid", "scheide", "scheiden", "", "", "geschieden"),
];

/// Longer ones first.
const PARTICLES: &[(&str, &str)] = &[
    ("rueckgaengig", "rueckgaengig"),
    ("wiederher", "her"),
    ("herunter", "runter"),
    ("hinunter", "runter"),
    ("zurueck", "zurueck"),
    ("herauf", "hoch"),
    ("hinauf", "hoch"),
    ("heraus", "raus"),
    ("hinaus", "raus"),
    ("herein", "rein"),
    ("hinein", "rein"),
    ("runter", "runter"),
    ("unscharf", "unscharf"),
    ("hinzu", "hinzu"),
    ("dicht", "dicht"),
    ("stumm", "stumm"),
    ("rauf", "hoch"),
    ("raus", "raus"),
    ("rein", "rein"),
    ("hoch", "hoch"),
    ("still", "still"),
    ("weiter", "weiter"),
    ("weg", "weg"),
    ("fort", "weg"),
    ("los", "los"),
    ("her", "her"),
    ("hell", "hell"),
    ("dunkel", "dunkel"),
    ("leiser", "leiser"),
    ("lauter", "lauter"),
    ("leer", "leer"),
    ("fest", "fest"),
    ("durch", "durch"),
    ("vor", "vor"),
    ("aus", "aus"),
    ("auf", "auf"),
    ("ein", "ein"),
    ("an", "an"),
    ("ab", "ab"),
    ("zu", "zu"),
    ("um", "um"),
];

static FORMS: LazyLock<HashMap<String, (&'static str, u8)>> = LazyLock::new(|| {
    let mut forms: HashMap<String, (&'static str, u8)> = HashMap::new();
    let mut add = |form: String, stem: &'static str, mood: Mood| {
        let known = forms.entry(form).or_insert((stem, 0));
        if known.0 == stem {
            known.1 |= bit(mood);
        }
    };
    for (stem, orders, plain, second, third, done) in IRREGULAR {
        for (words, mood) in [
            (orders, Mood::Order),
            (plain, Mood::Plain),
            (second, Mood::Second),
            (third, Mood::Third),
            (done, Mood::Done),
        ] {
            words.split_whitespace().for_each(|word| add(word.to_owned(), stem, mood));
        }
    }
    let families = [(REGULAR, "en", "ge"), (WITHOUT_GE, "en", ""), (IN_ERN, "n", "")];
    for (stems, plain, ge) in families {
        for stem in stems.split_whitespace() {
            let e = if stem.ends_with(['t', 'd']) || stem == "oeffn" { "e" } else { "" };
            add(stem.to_owned(), stem, Mood::Order);
            add(format!("{stem}e"), stem, Mood::Order);
            add(format!("{stem}{plain}"), stem, Mood::Plain);
            add(format!("{stem}{e}st"), stem, Mood::Second);
            if stem.ends_with('s') {
                add(format!("{stem}t"), stem, Mood::Second);
            }
            add(format!("{stem}{e}t"), stem, Mood::Third);
            add(format!("{ge}{stem}{e}t"), stem, Mood::Done);
            if plain == "n" {
                add(format!("ge{stem}t"), stem, Mood::Done);
                // `wechsle`, `erneure`
                if let Some((before, last)) = stem.split_at_checked(stem.len() - 2) {
                    add(format!("{before}{}e", last.trim_start_matches('e')), stem, Mood::Order);
                }
            }
        }
    }
    forms
});

/// Returns the verb that a word is a form of.
pub(super) fn verb(word: &str) -> Option<Verb> {
    if let Some((stem, moods)) = FORMS.get(word) {
        return Some(Verb { stem, particle: None, moods: *moods });
    }
    PARTICLES.iter().find_map(|(written, particle)| {
        let rest = word.strip_prefix(written)?;
        let with = |stem: &'static str, moods: u8| Verb { stem, particle: Some(particle), moods };
        if let Some((stem, moods)) = rest.strip_prefix("zu").and_then(|rest| FORMS.get(rest))
            && moods & bit(Mood::Plain) != 0
        {
            return Some(with(stem, bit(Mood::To)));
        }
        let (stem, moods) = FORMS.get(rest)?;
        Some(with(stem, *moods))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_and_its_particle_are_found_in_every_form() {
        for (word, stem, particle, mood) in [
            ("mach", "mach", None, Mood::Order),
            ("ausmachen", "mach", Some("aus"), Mood::Plain),
            ("auszumachen", "mach", Some("aus"), Mood::To),
            ("ausmachst", "mach", Some("aus"), Mood::Second),
            ("ausgemacht", "mach", Some("aus"), Mood::Done),
            ("abschaltest", "schalt", Some("ab"), Mood::Second),
            ("deaktiviert", "deaktivier", None, Mood::Done),
            ("zugemacht", "mach", Some("zu"), Mood::Done),
            ("wiederherzustellen", "stell", Some("her"), Mood::To),
            ("schliesst", "schliess", None, Mood::Second),
            ("wechsle", "wechsel", None, Mood::Order),
            ("erneuern", "erneuer", None, Mood::Plain),
        ] {
            let verb = verb(word);
            let found = verb.map(|verb| (verb.stem, verb.particle, verb.can_be(mood)));
            assert_eq!(found, Some((stem, particle, true)), "{word}");
        }
        for word in ["lampe", "ausflug", "ein", "zurueck", "aufgabe", "einmal"] {
            assert_eq!(verb(word), None, "{word}");
        }
    }
}
