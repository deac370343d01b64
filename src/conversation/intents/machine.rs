//! Questions about this machine, in English and German. Words are lower case, without apostrophes, umlauts written out.

use super::{
    Intent,
    bag::{Written, de, en},
};
use crate::host::Topic;

/// Everything that is understood about the machine; of equally sure phrases the first wins.
pub(super) const PHRASES: &[Written] = &[
    // Ways of asking that came later than the others stand first; none of them is a word in a question for the documents.
    en(
        Intent::Host(Topic::Disk),
        &["disk disks drive storage", "room space enough"],
        "left much still free more",
    ),
    en(
        Intent::Host(Topic::Memory),
        &["memory ram", "low running short enough out"],
        "on of we are is",
    ),
    en(Intent::Host(Topic::Listeners), &["open", "network"], "what whats ports which to"),
    en(
        Intent::Host(Topic::Services),
        &["services service", "running healthy okay up fine"],
        "every all each are is",
    ),
    en(
        Intent::Host(Topic::Updates),
        &["anything something", "update upgrade install"],
        "there is to needs new",
    ),
    en(
        Intent::Host(Topic::Logs),
        &["anything something", "wrong bad odd strange", "logs log journal"],
        "in is there",
    ),
    en(
        Intent::Host(Topic::Logs),
        &["errors error", "happened occurred occur today overnight"],
        "what any were which have last night there today",
    ),
    en(
        Intent::Host(Topic::Logs),
        &[
            "did anything",
            "go went gone",
            "wrong",
            "overnight yesterday today lately tonight recently",
        ],
        "anything something",
    ),
    de(
        Intent::Host(Topic::Memory),
        &["arbeitsspeicher ram hauptspeicher", "knapp auslastung ausgelastet voll"],
        "wird ist wie hoch",
    ),
    de(
        Intent::Host(Topic::Load),
        &["system rechner server cpu prozessor maschine kiste", "belastet ausgelastet"],
        "wie stark sehr hoch",
    ),
    de(
        Intent::Host(Topic::Listeners),
        &["netzwerkports ports port", "offen offene offenen lauschen auf"],
        "welche zeig alle",
    ),
    de(
        Intent::Host(Topic::Firewall),
        &["firewall", "eingeschaltet aktiviert an aktiv ausgeschaltet deaktiviert aus"],
        "ist",
    ),
    de(
        Intent::Host(Topic::Services),
        &[
            "dienste dienst",
            "funktionieren funktioniert fehlgeschlagenen ausgefallenen abgestuerzten gehen",
        ],
        "alle zeig richtig noch",
    ),
    de(
        Intent::Host(Topic::Logs),
        &["fehler fehlermeldungen probleme", "gab gabs", "nacht heute gestern woche stunden"],
        "letzte letzten irgendwelche es",
    ),
    en(
        Intent::Host(Topic::Memory),
        &["memory ram", "enough being used"],
        "left there still in how free much",
    ),
    en(
        Intent::Host(Topic::Load),
        &[
            "loaded busy load utilised utilized",
            "machine system computer server box processor cpu you node",
        ],
        "how heavy heavily under high currently is",
    ),
    en(
        Intent::Host(Topic::Uptime),
        &["when", "last", "reboot boot restart rebooted restarted booted"],
        "was been happen time",
    ),
    en(
        Intent::Host(Topic::Users),
        &["who whos anyone anybody which", "logged signed", "in on"],
        "else users is are currently user people",
    ),
    en(
        Intent::Host(Topic::Updates),
        &["packages package updates software", "updating outdated installing waiting upgrading"],
        "need needs any does do require to be",
    ),
    en(
        Intent::Host(Topic::Updates),
        &["updates upgrades patches", "install waiting ready"],
        "should can are any there to for",
    ),
    en(
        Intent::Host(Topic::Logs),
        &["errors error warnings", "were any show list", "log logs journal lately syslog"],
        "messages in the system recently today yesterday night last there",
    ),
    en(
        Intent::Host(Topic::Logs),
        &["errors error warnings problems", "latest recent newest lately"],
        "messages show list any there in system what's night today yesterday were hours recently",
    ),
    en(
        Intent::Host(Topic::Services),
        &[
            "services service daemons",
            "stopped working fail crash unhealthy healthy okay fine failed crashed",
        ],
        "have has any properly all did which are not",
    ),
    de(
        Intent::Host(Topic::Disk),
        &[
            "speicherplatz festplatte platte plattenplatz speicher",
            "genug reicht knapp frei voll uebrig",
        ],
        "hab noch wird auf genuegend wie habe haben",
    ),
    de(
        Intent::Host(Topic::Memory),
        &["arbeitsspeicher hauptspeicher ram", "reicht genug frei belegt kiste voll ausgelastet"],
        "noch aus hab genuegend ist wie",
    ),
    de(
        Intent::Host(Topic::Load),
        &[
            "prozessor cpu rechner system server kiste maschine",
            "ausgelastet auslastung beschaeftigt last",
        ],
        "stark wie sehr hoch gerade zu momentan",
    ),
    de(
        Intent::Host(Topic::Uptime),
        &["wann lange", "neugestartet gebootet an gestartet neustart eingeschaltet laeuft"],
        "du schon seit zuletzt neu letzte letzten das der war neustart wurde kiste bist",
    ),
    de(
        Intent::Host(Topic::Os),
        &["betriebssystem linux distribution", "was welches welche"],
        "fuer version laeuft ist drauf hier benutzt",
    ),
    de(
        Intent::Host(Topic::Users),
        &["wer jemand", "angemeldet eingeloggt eingeloggte"],
        "auf ist sonst noch alles am gerade",
    ),
    de(
        Intent::Host(Topic::Users),
        &["wer", "benutzerkonto account zugang konto"],
        "hat hier auf alles",
    ),
    de(
        Intent::Host(Topic::Listeners),
        &["lauscht lauschen offen offene hoert", "netz netzwerk port ports"],
        "hier alles was auf sind irgendwelche welche nach aussen",
    ),
    de(
        Intent::Host(Topic::Firewall),
        &["firewallregeln"],
        "zeig zeige aktuellen gelten alle welche",
    ),
    de(
        Intent::Host(Topic::Firewall),
        &["firewall", "zeig zeige regeln laeuft aktiv an ist status"],
        "einstellungen eingeschaltet",
    ),
    de(
        Intent::Host(Topic::Services),
        &[
            "dienste dienst",
            "ausgefallen abgestuerzt fehlgeschlagen gescheitert kaputt tot laufen laeuft",
        ],
        "irgendwelche irgendein irgendeiner welcher alle gerade sind wurde nicht",
    ),
    de(
        Intent::Host(Topic::Updates),
        &[
            "updates aktualisierungen sicherheitsupdates",
            "einspielen installieren anstehend anstehende ausstehende verfuegbare",
        ],
        "muss welche noch irgendwelche soll sollte sind gibt",
    ),
    de(
        Intent::Host(Topic::Updates),
        &[
            "system rechner maschine pakete server du alles software",
            "neuesten neusten aktuellen",
            "stand",
            "ist sind bist",
        ],
        "auf dem",
    ),
    de(
        Intent::Host(Topic::Logs),
        &["schiefgelaufen schiefgegangen schief", "was etwas"],
        "letzte laut protokoll protokolls nacht woche log gestern heute im ist gegangen gelaufen stunde",
    ),
    de(
        Intent::Host(Topic::Logs),
        &["fehler fehlermeldungen probleme", "log logs protokoll journal letzten neuesten"],
        "stehen im gab zeig letzten irgendwelche es letzte heute gestern nacht welche gibt systemprotokoll stunden neue tage",
    ),
    // Disk
    en(
        Intent::Host(Topic::Disk),
        &[
            "disk disks storage drive drives ssd space filesystem filesystems partition partitions diskspace",
            "free full left available remaining used usage space capacity size",
        ],
        "amount hard root home solid state unused more enough much do",
    ),
    de(
        Intent::Host(Topic::Disk),
        &[
            "speicherplatz plattenplatz festplattenplatz festplattenspeicher festplatte festplatten platte \
             ssd platz laufwerk laufwerke dateisystem dateisysteme",
            "frei freie freier freien voll uebrig verfuegbar belegt viel wieviel platz",
        ],
        "mehr",
    ),
    de(Intent::Host(Topic::Disk), &["speicherplatz plattenplatz festplattenplatz"], ""),
    // Memory
    en(
        Intent::Host(Topic::Memory),
        &[
            "memory ram swap",
            "free left available remaining used usage use using total much size status enough",
        ],
        "amount main installed unused more gigs gb gigabytes",
    ),
    de(
        Intent::Host(Topic::Memory),
        &[
            "arbeitsspeicher hauptspeicher ram swap",
            "frei freier freien uebrig verfuegbar belegt viel wieviel verbraucht benutzt genug",
        ],
        "mehr",
    ),
    // Load
    en(
        Intent::Host(Topic::Load),
        &["load", "the current high cpu processor system average your machine under"],
        "averages",
    ),
    en(
        Intent::Host(Topic::Load),
        &["cpu processor processors cpus", "busy load usage used utilization"],
        "high current average",
    ),
    en(Intent::Host(Topic::Load), &["busy", "machine system computer server you box node"], ""),
    de(
        Intent::Host(Topic::Load),
        &[
            "last auslastung systemlast cpulast prozessorlast ausgelastet",
            "hoch die cpu prozessor system rechner server aktuelle gross systemlast stark",
        ],
        "durchschnittliche prozessors prozessoren",
    ),
    // Uptime
    en(Intent::Host(Topic::Uptime), &["uptime"], "long since when"),
    en(
        Intent::Host(Topic::Uptime),
        &[
            "long since",
            "up running online on run",
            "you machine computer server system box it node laptop pc",
        ],
        "when already",
    ),
    en(
        Intent::Host(Topic::Uptime),
        &[
            "when",
            "started booted rebooted boot reboot",
            "machine computer server system box laptop pc",
        ],
        "last",
    ),
    de(Intent::Host(Topic::Uptime), &["uptime laufzeit betriebszeit"], "lange lang"),
    de(
        Intent::Host(Topic::Uptime),
        &[
            "lange lang seit wann",
            "laeuft an gestartet hochgefahren neugestartet online",
            "rechner maschine server system computer du laptop pc er geraet",
        ],
        "wann wurde zuletzt eingeschaltet",
    ),
    // Operating system
    en(
        Intent::Host(Topic::Os),
        &["os distribution distro operating", "what which whats version name running tell show"],
        "system installed run runs use using",
    ),
    en(Intent::Host(Topic::Os), &["operating", "system"], "running version installed run runs"),
    en(
        Intent::Host(Topic::Os),
        &["kernel linux debian ubuntu fedora", "version which"],
        "running installed run runs using use release",
    ),
    en(Intent::Host(Topic::Os), &["hostname"], "name"),
    en(Intent::Host(Topic::Os), &["name called", "machine computer server host"], ""),
    de(
        Intent::Host(Topic::Os),
        &["betriebssystem distribution distro kernelversion linuxversion hostname rechnername"],
        "version laeuft installiert benutzt laufen lautet",
    ),
    de(
        Intent::Host(Topic::Os),
        &["kernel linux", "version welcher welchen welches welche"],
        "laeuft installiert benutzt",
    ),
    de(Intent::Host(Topic::Os), &["heisst", "rechner computer server maschine"], ""),
    // Users
    en(
        Intent::Host(Topic::Users),
        &[
            "users accounts people",
            "who which list many exist there show all tell account accounts have",
        ],
        "user account registered login exists number",
    ),
    en(
        Intent::Host(Topic::Users),
        &["who users people which", "log login signin sign"],
        "able users allowed into accounts",
    ),
    en(Intent::Host(Topic::Users), &["who", "account accounts"], "has user"),
    de(
        Intent::Host(Topic::Users),
        &[
            "benutzer nutzer benutzerkonten konten accounts konto user",
            "welche wer wieviele viele gibt liste zeig zeige alle existieren hat",
        ],
        "auflisten angelegt registriert",
    ),
    de(Intent::Host(Topic::Users), &["wer", "anmelden einloggen"], "kann darf sich"),
    // Listeners
    en(
        Intent::Host(Topic::Listeners),
        &["ports port sockets services listeners", "open listening listen used exposed reachable"],
        "network tcp udp list outside be #",
    ),
    en(
        Intent::Host(Topic::Listeners),
        &["listening listens listeners", "network port what who which whats"],
        "programs services ports #",
    ),
    de(
        Intent::Host(Topic::Listeners),
        &[
            "ports port dienste netzwerkdienste sockets programme",
            "offen offene offenen geoeffnet lauschen lauscht erreichbar horchen horcht",
        ],
        "netzwerk netz tcp udp aussen #",
    ),
    de(Intent::Host(Topic::Listeners), &["lauscht horcht", "netzwerk port was wer netz"], "#"),
    // Firewall
    en(
        Intent::Host(Topic::Firewall),
        &[
            "firewall ufw nftables firewalld",
            "on off active enabled running rules status state show list is what which",
        ],
        "rules set in my",
    ),
    de(
        Intent::Host(Topic::Firewall),
        &[
            "firewall firewallregeln ufw nftables firewalld",
            "an aus aktiv eingeschaltet regeln status zeige welche laeuft ist",
        ],
        "regeln die gelten",
    ),
    // Services
    en(
        Intent::Host(Topic::Services),
        &[
            "services service units unit daemons",
            "failed failing broken crashed dead down running run up started ok status",
        ],
        "systemd list services units well normally ones",
    ),
    en(
        Intent::Host(Topic::Services),
        &["failed crashed", "units services anything what which service"],
        "systemd",
    ),
    de(
        Intent::Host(Topic::Services),
        &[
            "dienste dienst units systemdienste services",
            "ausgefallen fehlgeschlagen fehlgeschlagene ausgefallene abgestuerzt kaputt laufen laeuft \
             gestartet status",
        ],
        "systemd liste dienste",
    ),
    // Updates
    en(
        Intent::Host(Topic::Updates),
        &[
            "updates update upgrades patches",
            "any available are pending waiting wait which there many outstanding new show list needed \
             missing have",
        ],
        "security package packages system software need installed be",
    ),
    en(
        Intent::Host(Topic::Updates),
        &["packages package software", "outdated upgradable updates"],
        "update available security pending",
    ),
    en(
        Intent::Host(Topic::Updates),
        &["system everything machine computer packages you server", "up", "date", "is are"],
        "",
    ),
    en(
        Intent::Host(Topic::Updates),
        &[
            "reboot restart rebooted restarted rebooting restarting",
            "needed required necessary need needs pending require requires must should",
            "is does do must should machine system computer server a",
        ],
        "be updates",
    ),
    de(
        Intent::Host(Topic::Updates),
        &[
            "updates update aktualisierungen sicherheitsupdates paketupdates sicherheitsaktualisierungen \
             systemupdates",
            "gibt verfuegbar bereit ausstehend welche sind stehen neue viele wieviele vorhanden offen fehlen \
             warten",
        ],
        "installieren paket pakete an aus",
    ),
    de(
        Intent::Host(Topic::Updates),
        &["pakete system rechner", "veraltet aktuell", "ist sind welche"],
        "stand dem neuesten",
    ),
    de(
        Intent::Host(Topic::Updates),
        &[
            "neustart neugestartet neustarten reboot gestartet starten",
            "noetig notwendig erforderlich muss faellig braucht soll sollte",
        ],
        "neu werden man",
    ),
    // Logs
    en(
        Intent::Host(Topic::Logs),
        &["what anything did something whats", "went gone go goes", "wrong"],
        "lately recently last yesterday hours day night past # h",
    ),
    en(
        Intent::Host(Topic::Logs),
        &[
            "errors error",
            "any which show many what list there logged",
            "log logs journal today lately recent recently system machine here logged",
        ],
        "messages last hours day past entries #",
    ),
    de(
        Intent::Host(Topic::Logs),
        &["schiefgelaufen schiefgegangen schief", "was etwas ist ging lief"],
        "heute zuletzt gestern gegangen gelaufen letzten stunden tag nacht #",
    ),
    de(
        Intent::Host(Topic::Logs),
        &[
            "fehler fehlermeldungen",
            "gab gibt welche zeig zeige viele wieviele stehen sind",
            "log logs journal protokoll heute zuletzt logbuch system rechner",
        ],
        "letzten stunden tag aufgetreten protokolliert #",
    ),
];
