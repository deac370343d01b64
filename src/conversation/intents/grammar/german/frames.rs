//! What is said about people and permissions in words whose order no pattern has.
//!
//! A frame asks for words of certain kinds, for at most one name, and for nothing that makes a question, a condition or a report
//! of it. The name is the only word that may be unknown. Nothing that is understood here is executed: permissions are
//! confirmed, and who is here never changes an identity by itself.

use super::super::{
    super::{Intent, SlotValue, Slots, text::Said, vocabulary::Vocabulary},
    Reading, names,
    slots::Kind,
    stops,
};
use super::frame_words::{
    ADDRESS, AFTER_MAY, ALONE, BEFORE_MAY, BORN, CALL, CAME, CAME_SURELY, ELSE, EXTRA, GONE,
    LAST_MAY, ME, MINE_ONLY, NOBODY, NOMORE, OTHER, PERMIT, PERMIT_ONLY, SPEAK, STRANGER, TELL,
};
use std::collections::HashSet;

/// Reads what a frame makes of a text.
pub(in super::super) fn read(said: &Said<'_>, vocabulary: &Vocabulary) -> Option<Reading> {
    let mut said = Said { tokens: said.tokens.clone(), ..*said };
    for at in (1..said.tokens.len()).rev() {
        if said.word(at - 1) == "nicht" && matches!(said.word(at), "mehr" | "laenger" | "weiter") {
            said.tokens.remove(at);
            "no_longer".clone_into(&mut said.tokens[at - 1].word);
        }
    }
    let frame = Frame::of(&said, vocabulary)?;
    let found = frame.permission().or_else(|| frame.preference()).or_else(|| frame.presence())?;
    Some(Reading { intent: found.0, slots: found.1, confidence: 1.0 })
}

/// A date, whole or not.
type Date = Option<SlotValue>;

/// What a text has of what frames ask for.
struct Frame<'a> {
    said: &'a Said<'a>,
    name: Option<SlotValue>,
    /// Whether the name stands where the one stands who may do something.
    beside_permit: bool,
    data: Option<SlotValue>,
    group: Option<SlotValue>,
    language: Option<SlotValue>,
    form: Option<SlotValue>,
    /// A date, which may lack its year.
    date: Option<Date>,
}

impl<'a> Frame<'a> {
    #[expect(clippy::too_many_lines, reason = "it looks for one kind of word after the other")]
    fn of(said: &'a Said<'a>, vocabulary: &Vocabulary) -> Option<Self> {
        let count = said.tokens.len();
        if count < 2 || said.quotes {
            return None;
        }
        let mut used = vec![false; count];
        let mut find = |key: &str| -> Option<Date> {
            let kind = Kind::named(key, vocabulary)?;
            for at in 0..count {
                if used[at] {
                    continue;
                }
                let best = kind.read(said, at, vocabulary).into_iter().max_by_key(|read| read.end);
                if let Some(read) = best {
                    used[at..read.end].iter_mut().for_each(|used| *used = true);
                    return Some(read.value);
                }
            }
            None
        };
        let date = find("date");
        let data = find("data").flatten();
        let form = find("form").flatten();
        let language = find("language").flatten();
        let group = find("group").flatten();
        let stops = stops(said.language);
        let unknown = |at: usize| {
            let word = said.word(at);
            !used[at]
                && !stops.contains(word)
                && !said.tokens[at].soft
                && ![
                    &*ELSE, &*NOMORE, &*PERMIT, &*TELL, &*GONE, &*CAME, &*STRANGER, &*ALONE,
                    &*NOBODY, &*OTHER, &*CALL, &*SPEAK, &*ADDRESS, &*BORN, &*ME,
                ]
                .iter()
                .any(|known| known.contains(word))
                && word != "no_longer"
                && !EXTRA.contains(word)
        };
        let mut name = None;
        let mut beside_permit = false;
        let mut at = 0;
        while at < count {
            if !unknown(at) {
                at += 1;
                continue;
            }
            // "Oma Hilde": a title is part of the name.
            let from =
                if at > 0 && super::super::TITLES.of(said.language).contains(said.word(at - 1)) {
                    at - 1
                } else {
                    at
                };
            let mut end = at;
            while end < count && unknown(end) {
                end += 1;
            }
            // "Jonas darf die Musik nicht mehr anfassen": what comes after the name and ends so is what is done.
            if name.is_some()
                && said.tokens[at..end]
                    .iter()
                    .all(|token| token.word.len() >= 6 && token.word.ends_with("en"))
            {
                at = end;
                continue;
            }
            // Beside one's own birthday nobody's name is of interest.
            if said.tokens[at..end]
                .iter()
                .any(|token| matches!(token.word.as_str(), "gesetzt" | "saehe"))
            {
                return None;
            }
            if said.tokens[at..end]
                .iter()
                .any(|token| matches!(token.word.as_str(), "gesetzt" | "saehe"))
            {
                return None;
            }
            if name.is_some() || date.is_some() {
                if date.is_some() {
                    at = end;
                    continue;
                }
                return None;
            }
            if said.tokens[from..end].iter().any(|token| is_no_name(&token.word)) {
                return None;
            }
            let before = if from == 0 { "" } else { said.word(from - 1) };
            beside_permit = from == 0 && BEFORE_MAY.contains(said.word(end))
                || BEFORE_MAY.contains(said.word(end)) && !matches!(before, "am" | "im" | "ich")
                || AFTER_MAY.contains(before)
                || from == 0
                    && said.tokens.last().is_some_and(|last| LAST_MAY.contains(last.word.as_str()))
                || (from >= 2
                    && matches!(before, "die" | "der" | "den" | "dem")
                    && AFTER_MAY.contains(said.word(from - 2)));
            let (read_to, found) = names::read(said, from, false, vocabulary).last()?;
            if read_to != end {
                return None;
            }
            let rights = [
                "berechtigungen",
                "berechtigung",
                "rechte",
                "systemrechte",
                "zugriff",
                "erlaubnis",
                "zugriffsrechte",
            ];
            let found = match found.strip_suffix('s') {
                Some(owner) if rights.contains(&said.word(end)) => owner.to_owned(),
                _ => found,
            };
            name = Some(SlotValue::Word(found));
            at = end;
        }
        Some(Self { said, name, beside_permit, data, group, language, form, date })
    }

    fn has(&self, words: &HashSet<&str>) -> bool {
        self.said.tokens.iter().any(|token| words.contains(token.word.as_str()))
    }

    fn says(&self, words: &str) -> bool {
        let words: Vec<&str> = words.split(' ').collect();
        (0..self.said.tokens.len()).any(|at| self.said.has_at(at, &words))
    }

    fn asks(&self) -> bool {
        self.said.asks
            || matches!(
                self.said.word(0),
                "darf"
                    | "duerfen"
                    | "hat"
                    | "ist"
                    | "sind"
                    | "kann"
                    | "soll"
                    | "wie"
                    | "hast"
                    | "bin"
                    | "haben"
                    | "weisst"
                    | "kennst"
                    | "war"
                    | "geht"
                    | "bist"
                    | "kommt"
            )
    }

    fn slots(&self, key: &str) -> Slots {
        self.name.iter().map(|name| (key.to_owned(), name.clone())).collect()
    }

    #[expect(clippy::too_many_lines, reason = "one frame after the other, the narrow ones first")]
    fn permission(&self) -> Option<(Intent, Slots)> {
        let conditional = self.says("wenn")
            && ![
                "ordnung wenn",
                "mir recht wenn",
                "okay wenn",
                "ok wenn",
                "dagegen wenn",
                "recht wenn",
                "einverstanden wenn",
                "gut wenn",
                "problem wenn",
                "nichts wenn",
            ]
            .iter()
            .any(|fine| self.says(fine));
        if conditional {
            return None;
        }
        if self.name.is_some() && !self.beside_permit {
            return None;
        }
        let revoke = self.has(&NOMORE);
        let denied = self.says("nicht") && !self.says("habe nichts dagegen");
        // Nothing against it is for it.
        let revoke = revoke && !self.says("nichts dagegen") || denied && self.name.is_some();
        if let (Some(_), Some(data)) = (&self.name, &self.data)
            && self.has(&TELL)
            && self.has(&ME)
            && !self.asks()
            && !self.has_else(&["welche", "was", "wann", "welcher"])
        {
            let mut slots = self.slots("person");
            slots.insert("data".to_owned(), data.clone());
            return Some((
                if revoke { Intent::RevokeConsent } else { Intent::GrantConsent },
                slots,
            ));
        }
        if self.name.is_some()
            && self.group.is_none()
            && self.data.is_none()
            && !self.asks()
            && !self.has_else(&[])
            && revoke
        {
            let consent = self.says("einwilligung")
                || self.says("einwilligungen")
                || self.says("zustimmung")
                || self.says("ueber mich")
                || self.says("von mir");
            let rights = [
                "berechtigungen",
                "berechtigung",
                "rechte",
                "erlaubnis",
                "zugriff",
                "zugriffsrechte",
                "befugnisse",
                "freigaben",
                "vollmachten",
                "steuern",
                "bedienen",
                "erlaubnisse",
            ]
            .iter()
            .any(|word| self.says(word));
            if consent {
                return Some((Intent::RevokeConsent, self.slots("person")));
            }
            if rights {
                return Some((Intent::RevokePermission, self.slots("person")));
            }
        }
        let group = self.group.as_ref()?;
        if !self.has(&PERMIT) && !revoke || self.data.is_some() {
            return None;
        }
        let mut slots = self.slots("person");
        slots.insert("group".to_owned(), group.clone());
        if self.name.is_none() {
            let mine = [
                "darf ich",
                "duerfte ich",
                "ich darf",
                "ich duerfte",
                "mir erlauben",
                "mir die erlaubnis",
                "erlaubnis",
                "ich duerfen",
                "mir zugriff",
                "zugriff",
                "berechtigung",
                "mir erlaubt",
                "erlaubst du mir",
                "duerfen",
                "genehmigung",
                "freigabe",
                "zugang",
                "freischalten",
            ]
            .iter()
            .any(|phrase| self.says(phrase));
            let me = self.has(&ME);
            return (mine
                && me
                && !revoke
                && !self.has_else(&[
                    "welche",
                    "ob",
                    "vielleicht",
                    "waere",
                    "haette",
                    "wuerde",
                    "was",
                    "kommt",
                ]))
            .then_some((Intent::RequestPermission, slots));
        }
        if self.asks() || self.has_else(&[]) {
            return None;
        }
        Some((if revoke { Intent::RevokePermission } else { Intent::GrantPermission }, slots))
    }

    fn has_else(&self, but: &[&str]) -> bool {
        self.said
            .tokens
            .iter()
            .any(|token| ELSE.contains(token.word.as_str()) && !but.contains(&token.word.as_str()))
    }

    fn preference(&self) -> Option<(Intent, Slots)> {
        let one = |key: &str, value: &SlotValue| Slots::from([(key.to_owned(), value.clone())]);
        if let Some(date) = &self.date
            && self.name.is_none()
            && self.has(&BORN)
            && (self.has(&ME) || self.said.tokens.len() <= 6)
            && !self.has(&MINE_ONLY)
            && (!self.asks()
                || ["wuerdest", "koenntest", "kannst"].iter().any(|word| self.says(word)))
        {
            return Some((
                Intent::SetBirthdate,
                date.as_ref().map(|date| one("date", date)).unwrap_or_default(),
            ));
        }
        if self.has_else(&["immer", "haette", "wuerde", "morgen", "waere", "was"])
            || self.says("wenn ich")
            || self.says("nicht") && !self.says("sondern")
        {
            return None;
        }
        let polite = [
            "kannst",
            "koenntest",
            "wuerdest",
            "koennen",
            "koennten",
            "wollen",
            "magst",
            "sprichst",
            "nennst",
            "wuerden",
            "redest",
            "lass",
        ]
        .contains(&self.said.word(0));
        if self.asks() && !polite {
            return None;
        }
        if let Some(form) = &self.form
            && self.name.is_none()
            && self.has(&ADDRESS)
            && (self.has(&ME) || self.said.tokens.len() <= 3)
        {
            return Some((Intent::SetFormOfAddress, one("form", form)));
        }
        if let Some(language) = &self.language
            && self.name.is_none()
            && self.has(&SPEAK)
            && !self.says("kannst du auch")
            && self.form.is_none()
            && self.said.tokens.len() >= 2
            && !self.says("heisst")
            && !self.says("no_longer")
        {
            return Some((Intent::SetLanguage, one("language", language)));
        }
        if self.name.is_some()
            && self.has(&CALL)
            && self.group.is_none()
            && self.data.is_none()
            && (self.says("mich")
                || self.says("zu mir")
                || self.says("mein rufname")
                || self.says("mein spitzname")
                || self.says("werden")
                || self.says("ich fuer dich")
                || self.says("fuer dich")
                || self.says("rufnamen")
                || self.says("rufname") && self.said.tokens.len() <= 4)
            && !self.has(&MINE_ONLY)
        {
            return Some((Intent::SetPreferredName, self.slots("name")));
        }
        None
    }

    #[expect(clippy::too_many_lines, reason = "one frame after the other, the narrow ones first")]
    fn presence(&self) -> Option<(Intent, Slots)> {
        if self.asks()
            || self.has_else(&["wer", "kommt", "kam", "steht", "sagt"])
            || self.group.is_some()
            || self.data.is_some()
            || self.date.is_some()
            || self.says("wenn")
            || self.says("nicht")
            || self.says("um")
        {
            return None;
        }
        let here = [
            "hier", "da", "raum", "zimmer", "haus", "mir", "uns", "anwesend", "mehr", "sonst",
            "ausser",
        ]
        .iter()
        .any(|word| self.says(word));
        if self.name.is_none() {
            let alone = self.has(&ALONE) && (self.says("ich") || self.says("wir"))
                || self.says("unter uns")
                || self.says("unter vier augen")
                || (self.has(&NOBODY)
                    || self.says("keine andere person")
                    || self.says("kein anderer"))
                    && here
                    && !self.says("ich")
                || (self.says("leer bis auf mich")
                    || self.says("fuer mich allein")
                    || self.says("keine andere leute")
                    || self.says("keine weitere person")
                    || self.says("nur ich")
                    || self.says("nur wir")
                    || self.says("nur noch wir")
                    || self.says("nur noch ich")
                    || self.says("nur du und ich")
                    || self.says("nur noch du und ich"))
                    && here
                || self.says("zu zweit") && self.says("nur");
            if alone {
                return Some((Intent::WeAreAlone, Slots::new()));
            }
        }
        let speaker = self.says("ich");
        if (self.name.is_some()
            || [
                "er", "sie", "die", "alle", "besuch", "gaeste", "gast", "beide", "jemand",
                "freunde",
            ]
            .iter()
            .any(|word| self.says(word)))
            && self.has(&GONE)
            && !speaker
            && !self.has(&PERMIT_ONLY)
            && ["ist", "sind", "hat", "haben", "musste", "mussten", "geht", "verlaesst"]
                .iter()
                .any(|word| self.says(word))
        {
            return Some((Intent::ParticipantLeft, self.slots("name")));
        }
        if (self.name.is_some() && (self.has(&CAME_SURELY) || self.says("neuzugang"))
            || self.name.is_some() && self.says("gekommen")
            || self.name.is_some()
                && (self.says("auch da")
                    || self.says("jetzt da")
                    || self.says("jetzt dabei")
                    || self.says("auch dabei")
                    || self.says("jetzt hier")
                    || self.says("wieder da"))
                && !self.says("mir")
            || self.has(&STRANGER)
                && (self.has(&CAME_SURELY)
                    || self.says("gekommen")
                    || self.says("jetzt noch")
                    || self.says("noch jemand")
                    || self.says("kommt gerade")
                    || self.says("besuch bekommen")
                    || self.says("haben besuch")
                    || self.says("jemand neues")
                    || self.says("eine person mehr")
                    || self.says("einer mehr")
                    || self.says("neuzugang")))
            && !speaker
        {
            return Some((Intent::NewParticipantArrived, self.slots("name")));
        }
        if self.name.is_some()
            && !speaker
            && (self.says("neben mir")
                || self.says("bei mir")
                || self.says("mit mir")
                || self.says("mir gegenueber")
                || self.says("vorstellen")
                || self.says("das hier")
                || self.says("er heisst")
                || self.says("die heisst")
                || self.says("der heisst")
                || self.says("sie heisst")
                || self.says("heisst er")
                || self.says("heisst sie")
                || self.says("zu besuch"))
        {
            return Some((Intent::IdentifyOther, self.slots("name")));
        }
        if self.name.is_some()
            && (self.says("bin es")
                || self.says("hier spricht")
                || self.says("mein name ist")
                || self.says("ich heisse")
                || self.says("benutzer ist")
                || self.said.word(0) == "ich"
                    && self.said.tokens.len() == 2
                    && self.said.text.contains(':')
                || self.says("mit dir spricht")
                || self.said.has_at(0, &["hier", "ist", "die"])
                || self.said.has_at(0, &["hier", "ist", "der"]))
            && !self.says("neben")
        {
            return Some((Intent::IdentifySelf, self.slots("name")));
        }
        None
    }
}

/// Whether a word that nobody knows is more likely a verb than a name.
fn is_no_name(word: &str) -> bool {
    word.len() > 5
        && (word.ends_with("st") && !word.ends_with("est")
            || word.starts_with("ge") && word.ends_with("en")
            || word.len() > 7
                && word.starts_with("ge")
                && word.ends_with('t')
                && !word.starts_with("ger")
                && !word.starts_with("geb")
            || word.starts_with("zu") && word.ends_with("en"))
        || matches!(
            word,
            "nein"
                | "ja"
                | "franzoesisch"
                | "italienisch"
                | "spanisch"
                | "beachte"
                | "telefon"
                | "betrieb"
                | "versehen"
                | "hoppla"
                | "moment"
        )
}
