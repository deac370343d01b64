//! Questions about this machine in German, by the beginnings of words: `Betriebssystems`, `Prozessorauslastung`, `Dienste`.
//!
//! A topic is asked about if one of its nouns is said beside words that ask; nearly no other words may be left over. Who asks
//! why, how something is done, or about another machine asks the documents.

use super::{
    Intent,
    common::{COMMON_GERMAN, EXPLAINING},
};
use crate::host::Topic;

/// A topic: its nouns, and what is said about them. A word in `=` is whole, others are beginnings.
struct About {
    topic: Topic,
    nouns: &'static str,
    said: &'static str,
}

const fn about(topic: Topic, nouns: &'static str, said: &'static str) -> About {
    About { topic, nouns, said }
}

/// The first that fits best is meant.
const TOPICS: &[About] = &[
    about(
        Topic::Memory,
        "arbeitsspeicher hauptspeicher =ram ramauslastung ramverbrauch ramnutzung =swap speicherauslastung ramspeicher",
        "frei voll belegt belegung auslastung ausgelastet genug knapp reicht uebrig verbrauch genutzt benutzt fast viel megabyte gigabyte =gb =mb prozent speicher frisst verfuegbar ausgeht geht eng =fuer",
    ),
    about(
        Topic::Disk,
        "festplatte =platte =platten plattenplatz plattenbelegung speicherplatz laufwerk =ssd datentraeger dateisystem speicherbelegung restkapazitaet plattenspeicher gigabyte terabyte =speicher partition =home =hdd",
        "frei voll belegt belegung genug knapp reicht uebrig platz passt viel rest gigabyte =gb =fast bald geht ausgeht speicher kapazitaet eng verbraucht prozent platten nimm",
    ),
    about(
        Topic::Load,
        "prozessor =cpu cpus cpuauslastung cpulast =load systemlast rechenlast auslastung =last prozessorauslastung ausgelastet ueberlastet rechenleistung",
        "auslastung last viel tun hoch ausgelastet beschaeftigt belastet arbeiten arbeitet prozent average schwitzen ins kommt stark beansprucht lange minuten letzten voll gefordert schuften doll prozessor =cpu system rechner langsam traege",
    ),
    about(
        Topic::Uptime,
        "=laeuft =uptime laufzeit =betriebszeit neustart neugestartet hochgefahren systemstart gebootet eingeschaltet angeschaltet =betrieb bootvorgang =reboot =wach =online bootzeit",
        "lange tage stunden wochen wann letzte laeuft ohne seit zuletzt schon zeit kiste geraet host durch rechner stueck bist war neu gestartet maschine server datum zeitpunkt",
    ),
    about(
        Topic::Os,
        "betriebssystem distribution =distro kernel =linux linuxversion =debian =ubuntu =fedora systemversion =os linuxdistribution",
        "version welche was laeuft installiert heisst nutzt benutzt name release drauf verwendet betriebssystem draufgemacht faehrt basiert system =debian =ubuntu genaue rechner",
    ),
    about(
        Topic::Listeners,
        "=port =ports netzwerkport socket lauschende netzwerkdienst verbindungen",
        "offen lauscht lauschen gelauscht horcht =tcp =udp netz warten welche programme daemons dienste aussen erreichbar haengen hoeren hoert belegt geoeffnet liste netzwerk auf",
    ),
    about(
        Topic::Firewall,
        "firewall =nftables =iptables =ufw paketfilter brandmauer regelwerk",
        "aktiv laeuft regeln status zustand an aus eingeschaltet einstellungen funktioniert blockt blockiert durchlaesst konfiguriert regelwerk verwirft gesetzt schuetzt filtert tut laufen blick werfen erlaubt laesst durch sperrt",
    ),
    about(
        Topic::Services,
        "=dienst =dienste =diensten systemdienst hintergrunddienst =service =services daemon =unit =units systemd",
        "laufen laufend laeuft aktiv ausgefallen abgestuerzt fehlgeschlagen gestoppt kaputt tot status gestartet fehlerzustand gescheitert umgekippt munter einer einem irgendein haengt problem funktionier gesund okay alle down abgeschmiert fehler",
    ),
    about(
        Topic::Updates,
        "update =updates aktualisierung aktualisierbar aktualisiert updaten sicherheitsupdate sicherheitspatch patch paketaktualisierung systemupdate upgrade =pakete",
        "verfuegbar neu ausstehend stehen ausstehen anstehen gibt pakete paket muessen muss installiert einspielen installieren frische warten offen anzahl hinterher bereit aktuell aktualisiert veraltet software was system faellig sicherheit viele",
    ),
    about(
        Topic::Logs,
        "=log =logs syslog systemlog systemprotokoll =protokoll =protokolle fehlermeldung fehlerprotokoll journal logdatei =fehler =fehlern warnung logbuch logeintraege protokolleintraege schiefgelaufen schiefgegangen",
        "fehler problem probleme warnungen auffaellig gab gibt schief schiefgelaufen passiert letzten letzte zuletzt heute nacht gestern stunde stunden schlimm systemlog ungewoehnlich durchsehen drin was booten aufgetreten boese zeit fehlern meldung neue irgendwelche aus rechner woche log logs =protokoll",
    ),
    about(
        Topic::Users,
        "benutzer =nutzer nutzerkonten konten =konto =accounts =account eingeloggt angemeldet eingeloggte angemeldete =anmelden =einloggen",
        "welche wer jemand viele gibt angemeldet existieren lokale eingeloggt ssh per anlegen angelegt hat irgendwer personen ausser liste hier drauf aktiv system kennt kann darf registriert leute rechner",
    ),
];

/// Words that make another question of it.
const OTHER: &str = "dich warum wieso weshalb braucht brauche worker api wo anleitung dokument handbuch vertrag rechnung loesche loesch deaktiviere deaktivier starte stoppe schalte schalt mach \
    mache oeffne oeffnet aktualisiere wenn falls sobald bevor refresh router nachbar ben anna installiere aktivier aktiviere beende stopp soll sollte darfst kannst+ aenderung nicht ich+ mein+ wann+ durchzufuehren speicherst gespeichert \
    sicherung dokumente dokumenten unterlagen aktualisierst rollback jeden taeglich automatisch migriert angenommen watcher ordner musik garage tuer licht alarm export erlaubnis sag+ permission darf+ spielst gespraech aufbewahrt meldet fuehrt";

fn begins(listed: &str, word: &str) -> bool {
    listed.split_whitespace().any(|known| match known.strip_prefix('=') {
        Some(whole) => whole == word,
        None => word.starts_with(known) && (known.len() >= 5 || word.len() <= known.len() + 2),
    })
}

/// Returns the topic that is asked about, and how surely.
pub(super) fn read(words: &[String]) -> Option<(Intent, f32)> {
    if words.iter().map(String::len).sum::<usize>() < 10
        || words.len() > 16
        || words.iter().any(|word| OTHER.split_whitespace().any(|other| other == word))
    {
        return None;
    }
    let text = words.join(" ");
    if EXPLAINING.iter().any(|phrase| text.starts_with(phrase)) {
        return None;
    }
    let mut best: Option<(Topic, f32)> = None;
    for about in TOPICS {
        let nouns = words.iter().filter(|word| begins(about.nouns, word)).count();
        if nouns == 0 {
            continue;
        }
        let said = words
            .iter()
            .filter(|word| !begins(about.nouns, word) && begins(about.said, word))
            .count();
        let common = words
            .iter()
            .filter(|word| !begins(about.nouns, word) && !begins(about.said, word))
            .filter(|word| {
                COMMON_GERMAN.contains(word.as_str())
                    || ASKING.split_whitespace().any(|ask| ask == *word)
            })
            .count();
        let left = words.len() - nouns - said - common;
        #[expect(clippy::cast_precision_loss, reason = "a text has few words")]
        let (explained, small, left) =
            (2.0 * (nouns + said) as f32, common as f32, 2.0 * left as f32);
        let sure = (explained + small) / (explained + small + left);
        // A noun alone asks only if nothing else is said.
        let enough = said > 0 || nouns > 1 || left == 0.0;
        if enough && best.is_none_or(|(_, before)| sure + 0.001 * explained > before) {
            best = Some((about.topic, sure + 0.001 * explained));
        }
    }
    best.map(|(topic, sure)| (Intent::Host(topic), sure.min(1.0)))
}

/// Words that ask politely.
const ASKING: &str = "wuerdest wuerden duerfte fragen sagen verraten nennen zeigen pruefen ausgeben abfragen mitteilen checken gucken kurzer kurze bloss raus eigentlich guck werfen blick \
    herausfinden rausfinden irgendwie sind hatte haette deine deinem deiner dort du ihnen sein seine noetig gerad unser arme armen schon etwa welch passieren durchsehen";
