//! What this node knows words for: closed slot values, people, services, and the commands an owner adds.

use super::{
    CommandName, SlotValue, Slots,
    grammar::{Macros, Pattern, names::MOST_CHARACTERS},
    text::{Said, words},
};
use crate::host::Language::{self, English, German};
use std::collections::BTreeSet;

/// The words for closed slot values, people and services, and the phrases of an owner's own commands.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    values: Vec<Value>,
    people: Vec<Vec<String>>,
    services: BTreeSet<String>,
    commands: Vec<Own>,
}

#[derive(Clone, Debug)]
struct Value {
    slot: String,
    id: String,
    language: Language,
    words: Vec<String>,
}

/// One phrase for a command that an owner added.
#[derive(Clone, Debug)]
struct Own {
    command: CommandName,
    language: Language,
    pattern: Pattern,
}

/// Why a word or a phrase is not taken into the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VocabularyError {
    /// There is no word in it.
    #[error("{what:?} has no word in it: write how it is said")]
    Empty {
        /// What was given.
        what: String,
    },
    /// It is longer than anybody says it.
    #[error("{what:?} is longer than {MOST_PHRASE} characters: shorten it")]
    TooLong {
        /// What was given.
        what: String,
    },
    /// A phrase names a slot that nothing is known about.
    #[error(
        "the phrase {phrase:?} has the slot {{{slot}}}, which has no values: add values for it, or use location, door, garage, level, \
             service, resource, person, date or duration"
    )]
    UnknownSlot {
        /// The phrase.
        phrase: String,
        /// The slot.
        slot: String,
    },
    /// A phrase has a sign that phrases do not have.
    #[error(
        "the phrase {phrase:?} has a bracket that is not closed, or one of ( ) [ ] | $ ?: write words, and slots as {{slot}}"
    )]
    Sign {
        /// The phrase.
        phrase: String,
    },
}

/// The longest phrase that may be added.
const MOST_PHRASE: usize = 160;

impl Vocabulary {
    /// Returns the vocabulary that every node has.
    pub fn builtin() -> Self {
        let mut vocabulary = Self::default();
        for (slot, id, english, german) in VALUES {
            for (language, phrases) in [(English, english), (German, german)] {
                for phrase in phrases.split('|') {
                    vocabulary.values.push(Value {
                        slot: (*slot).to_owned(),
                        id: (*id).to_owned(),
                        language,
                        words: phrase.split(' ').map(str::to_owned).collect(),
                    });
                }
            }
        }
        vocabulary.services = SERVICES.split_whitespace().map(str::to_owned).collect();
        vocabulary.sort();
        vocabulary
    }

    /// Adds a word or several for a value of a closed slot; a slot that was not known is known from then on.
    pub fn add_value(
        &mut self,
        slot: &str,
        id: &str,
        language: Language,
        said: &str,
    ) -> Result<(), VocabularyError> {
        let words = Self::checked(said)?;
        self.values.push(Value { slot: slot.to_owned(), id: id.to_owned(), language, words });
        self.sort();
        Ok(())
    }

    /// Adds a person whom the node knows by this name.
    pub fn add_person(&mut self, name: &str) -> Result<(), VocabularyError> {
        if name.chars().count() > MOST_CHARACTERS {
            return Err(VocabularyError::TooLong { what: name.to_owned() });
        }
        let words = Self::checked(name)?;
        self.people.push(words);
        self.people.sort_by_key(|words| std::cmp::Reverse(words.len()));
        Ok(())
    }

    /// Adds a service that this machine has, by the name of its unit; it can then be named without the word "service".
    pub fn add_service(&mut self, unit: &str) {
        self.services.insert(unit.strip_suffix(".service").unwrap_or(unit).to_lowercase());
    }

    /// Adds a phrase for a command of the owner's.
    ///
    /// It is understood when exactly this is said, but for case, punctuation and politeness; nothing similar is.
    ///
    /// ```
    /// use ladylinux::conversation::{CommandName, Recognition, Thresholds, Vocabulary, recognize};
    /// use ladylinux::host::Language;
    ///
    /// let mut vocabulary = Vocabulary::builtin();
    /// vocabulary.add_command("water_plants", Language::English, "water the plants in the {location}")?;
    /// let recognition = recognize("Please water the plants in the living room.", &vocabulary, Thresholds::default());
    /// let Recognition::Clear(recognized) = recognition else { panic!("that is clear") };
    /// assert_eq!(recognized.intent.name(), "water_plants");
    /// assert_eq!(recognized.slots["location"].to_string(), "living_room");
    /// # Ok::<(), ladylinux::conversation::VocabularyError>(())
    /// ```
    pub fn add_command(
        &mut self,
        command: &str,
        language: Language,
        phrase: &str,
    ) -> Result<(), VocabularyError> {
        if phrase.len() > MOST_PHRASE {
            return Err(VocabularyError::TooLong { what: phrase.to_owned() });
        }
        let sign = || VocabularyError::Sign { phrase: phrase.to_owned() };
        if phrase.contains(['(', ')', '[', ']', '|', '$', '?']) {
            return Err(sign());
        }
        // The words are read as what is said will be read, so that both come out alike.
        let mut written = String::new();
        let mut has_a_word = false;
        let mut rest = phrase;
        while !rest.is_empty() {
            let (before, slot, after) = match rest.split_once('{') {
                Some((before, after)) => {
                    let (slot, after) = after.split_once('}').ok_or_else(sign)?;
                    (before, Some(slot.trim()), after)
                }
                None => (rest, None, ""),
            };
            for token in Said::new(before, language).tokens {
                has_a_word = true;
                written.push_str(&token.word);
                written.push(' ');
            }
            if let Some(slot) = slot {
                written.push('{');
                written.push_str(slot);
                written.push_str("} ");
            }
            rest = after;
        }
        if !has_a_word {
            return Err(VocabularyError::Empty { what: phrase.to_owned() });
        }
        let pattern =
            Pattern::parse(written.trim(), &Macros::new(), self).map_err(|error| match error {
                super::grammar::PatternError::Slot(slot) => {
                    VocabularyError::UnknownSlot { phrase: phrase.to_owned(), slot }
                }
                super::grammar::PatternError::Bracket | super::grammar::PatternError::Macro(_) => {
                    sign()
                }
            })?;
        self.commands.push(Own { command: CommandName::owned(command), language, pattern });
        Ok(())
    }

    fn checked(said: &str) -> Result<Vec<String>, VocabularyError> {
        if said.len() > MOST_PHRASE {
            return Err(VocabularyError::TooLong { what: said.to_owned() });
        }
        let words = words(said);
        if words.is_empty() {
            Err(VocabularyError::Empty { what: said.to_owned() })
        } else {
            Ok(words)
        }
    }

    /// Longer words first, so that "garage door" is not read as "garage".
    fn sort(&mut self) {
        self.values.sort_by_key(|value| std::cmp::Reverse(value.words.len()));
    }

    pub(super) fn has_slot(&self, slot: &str) -> bool {
        self.values.iter().any(|value| value.slot == slot)
            || VALUES.iter().any(|(builtin, ..)| *builtin == slot)
    }

    /// Returns the values of a slot that stand at `at`, longest first: where each ends, and its id.
    pub(super) fn values_at<'a>(
        &'a self,
        slot: &'a str,
        said: &'a Said<'_>,
        at: usize,
    ) -> impl Iterator<Item = (usize, &'a str)> {
        let first = said.word(at);
        self.values
            .iter()
            .filter(move |value| {
                value.words[0] == first
                    && value.slot == slot
                    && value.language == said.language
                    && value
                        .words
                        .iter()
                        .enumerate()
                        .all(|(offset, word)| said.word(at + offset) == word)
            })
            .map(move |value| (at + value.words.len(), value.id.as_str()))
    }

    /// Returns the values of a slot with one word in a language.
    pub(super) fn single_words<'a>(
        &'a self,
        slot: &'a str,
        language: Language,
    ) -> impl Iterator<Item = &'a str> {
        self.values
            .iter()
            .filter(move |value| {
                value.slot == slot && value.language == language && value.words.len() == 1
            })
            .map(|value| value.words[0].as_str())
    }

    /// Whether a word names a place, in German.
    pub(super) fn is_a_place(&self, word: &str) -> bool {
        self.single_words("location", German).any(|place| place == word)
    }

    /// Returns where the longest name of a known person ends that begins at `at`.
    pub(super) fn person_at(&self, said: &Said<'_>, at: usize) -> Option<usize> {
        self.people
            .iter()
            .find(|words| {
                words.iter().enumerate().all(|(offset, word)| said.word(at + offset) == word)
            })
            .map(|words| at + words.len())
    }

    pub(super) fn knows_person(&self, value: &SlotValue) -> bool {
        !self.people.is_empty()
            && matches!(value, SlotValue::Word(name) if self.people.contains(&words(name)))
    }

    /// Whether a name is that of a service that is known, or of one of its family: "cups-lpd" is of CUPS.
    pub(super) fn is_of_a_service(&self, name: &str) -> bool {
        let family = name.split(['-', '@']).next().unwrap_or(name);
        self.services.contains(name) || self.services.contains(family)
    }

    /// Returns the owner's commands that this is exactly a phrase of.
    pub(super) fn own_commands(&self, said: &Said<'_>) -> Vec<(&CommandName, Slots)> {
        if self.commands.is_empty() {
            return Vec::new();
        }
        self.commands
            .iter()
            .filter(|own| own.language == said.language)
            .flat_map(|own| {
                own.pattern.readings(said, self).into_iter().map(|slots| (&own.command, slots))
            })
            .collect()
    }
}

/// Slot, id, and how it is said in English and in German, umlauts written out.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("location", "kitchen", "kitchen", "kueche"),
    ("location", "living_room", "living room|lounge|livingroom|sitting room", "wohnzimmer|stube"),
    ("location", "bedroom", "bedroom|bed room", "schlafzimmer"),
    ("location", "bathroom", "bathroom|bath room|bath", "bad|badezimmer"),
    (
        "location",
        "hallway",
        "hallway|hall|corridor|entrance hall",
        "flur|diele|gang|hausflur|korridor",
    ),
    ("location", "office", "office|study|home office|study room", "buero|arbeitszimmer|homeoffice"),
    (
        "location",
        "nursery",
        "nursery|kids room|childrens room|kid +s room|children +s room|childs room|child +s room|kids bedroom",
        "kinderzimmer",
    ),
    ("location", "garden", "garden|outside|yard|outdoors|backyard", "garten|draussen|aussen|hof"),
    ("location", "garage", "garage", "garage"),
    ("location", "basement", "basement|cellar", "keller"),
    (
        "location",
        "everywhere",
        "everywhere|all rooms|all the rooms|whole house|entire house|every room|all over the house|all of the house|house|all of the rooms|throughout the house",
        "ueberall|ganzen haus|gesamten haus|allen raeumen|allen zimmern|alle raeume|jedem raum|jedem zimmer|ganze haus|saemtlichen raeumen|haus",
    ),
    (
        "door",
        "front_door",
        "front door|main door|entrance door|house door",
        "haustuer|eingangstuer|haustuere|eingangstuere|vordertuer",
    ),
    ("door", "back_door", "back door|rear door|backdoor", "hintertuer|hintertuere"),
    (
        "door",
        "balcony_door",
        "balcony door|door to the balcony|door of the balcony",
        "balkontuer|balkontuere|tuer zum balkon",
    ),
    (
        "door",
        "terrace_door",
        "terrace door|patio door|door to the terrace|door to the patio|terrace doors|patio doors",
        "terrassentuer|terrassentuere|tuer zur terrasse",
    ),
    (
        "door",
        "garage_door",
        "garage door|garage gate|door of the garage|garage|door to the garage",
        "garagentor|garagentuer|garage|tor der garage|garagentuere|tor zur garage",
    ),
    (
        "garage",
        "garage",
        "garage|garage door|garage gate|door of the garage|garage doors",
        "garage|garagentor|garagentuer|tor der garage|garagentuere|tor zur garage",
    ),
];

/// Units that many machines have; a node adds those of its own machine.
const SERVICES: &str = "cups cupsd bluetooth ssh sshd avahi avahi-daemon nginx apache2 apache httpd docker containerd podman smbd nmbd samba \
    mysql mariadb postgresql postgres redis redis-server mosquitto cron crond rsyslog networkmanager wpa_supplicant modemmanager \
    snapd fail2ban ufw firewalld chrony chronyd ntp ntpd systemd-timesyncd systemd-resolved dnsmasq bind9 named squid postfix dovecot exim4 \
    vsftpd nfs-server rpcbind tor openvpn wg-quick wireguard tailscaled syncthing plexmediaserver jellyfin pihole-ftl unattended-upgrades \
    apt-daily packagekit udisks2 upower accounts-daemon colord gdm gdm3 lightdm sddm libvirtd virtlogd multipathd lvm2-monitor iscsid \
    smartd smartmontools cockpit prometheus node_exporter grafana-server influxdb telegraf home-assistant zigbee2mqtt minidlna transmission-daemon \
    telnet rsync pulseaudio pipewire cups-browsed whoopsie kerneloops motion xrdp vncserver webmin memcached rabbitmq-server elasticsearch";
