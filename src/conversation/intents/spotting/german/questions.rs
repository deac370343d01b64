//! What questions and talk are known by in German.

use super::super::{
    super::Intent::{
        AskConversationFact, AskIdentity, AskName, AskProfile, AskWeather, Date, Forget, Greet,
        Help, Host, SmallTalk, Time,
    },
    Written, spot,
};
use crate::host::Topic;

const ASKS: &str = "was wie ist sind kann sag* zeig* gib* gibt welche* hat hast habt viel* wer schau* guck* weiss* wann liste* muss laeuft steht wieviel check pruef* nenn* wird auflist* nachseh* ausgeb* durchseh* anzeig* wuesst* erfahren anzahl hatte stehen muessen #short";

/// Machine facts first, then talk.
pub(super) const QUESTIONS: &[Written] = &[
    spot(Host(Topic::Firewall), &[&["firewall* nftables iptables regelwerk"]], "deaktivier*", &[]),
    spot(Host(Topic::Memory), &[&["arbeitsspeicher* ram hauptspeicher swap"]], "", &[]),
    spot(
        Host(Topic::Disk),
        &[
            &[
                "festplatte* platte* speicherplatz ssd platz platten* belegung restkapazitaet kapazitaet gigabyte* plattenplatz speicher datentraeger",
            ],
            &[ASKS, "frei voll belegt uebrig noch"],
        ],
        "loesch* alle",
        &[],
    ),
    spot(
        Host(Topic::Load),
        &[
            &[
                "auslastung *last last load cpu prozessor* ausgelastet ueberlastet beschaeftigt arbeiten rechenlast schuften",
            ],
            &[
                "cpu prozessor* auslastung *last last load rechner computer kiste maschine system du server geraet",
            ],
        ],
        "",
        &[],
    ),
    spot(
        Host(Topic::Listeners),
        &[&["port ports lausch* horch* netzwerkport* verbindungen"]],
        "",
        &[],
    ),
    spot(
        Host(Topic::Services),
        &[
            &["dienst* service* daemon* *unit unit*"],
            &[
                "ausgefallen fehlgeschlagen laufen laeuft kaputt abgestuerzt fehler* problem* status tot streik* aktiv* funktionier* laufende* auflist* liste gerade munter umgekippt an",
            ],
        ],
        "deaktivier*",
        &[],
    ),
    spot(
        Host(Topic::Updates),
        &[
            &["update* aktualisier* veraltet upgrade* paket* patch* *patches aktualisierbar*"],
            &[ASKS, "verfuegbar offen ausstehend noetig faellig anstehen hinken hinterher"],
        ],
        "dich selbst installier* knoten",
        &[],
    ),
    spot(
        Host(Topic::Logs),
        &[
            &[
                "log* fehler* protokoll* journal schief* probleme fehlermeldung* syslog systemlog warnung* auffaellig*",
            ],
            &[ASKS],
        ],
        "dienst* laut",
        &[],
    ),
    spot(
        Host(Topic::Uptime),
        &[
            &["uptime laufzeit neustart* neugestartet hochgefahren gebootet systemstart"],
            &[ASKS, "seit"],
        ],
        "",
        &[],
    ),
    spot(
        Host(Topic::Uptime),
        &[
            &["lange wann tage"],
            &["laeuft laeufst an wach betrieb"],
            &["du host rechner computer kiste server maschine system geraet"],
        ],
        "licht musik aus",
        &[],
    ),
    spot(
        Host(Topic::Os),
        &[&["betriebssystem* linux debian ubuntu distribution distro kernel"]],
        "",
        &[],
    ),
    spot(Host(Topic::Os), &[&["system"], &["welche* was"], &["installiert laeuft drauf"]], "", &[]),
    spot(
        Host(Topic::Users),
        &[
            &["benutzer* nutzer* konten konto angemeldet eingeloggt account* benutzerkonto*"],
            &[ASKS],
        ],
        "mein* mich",
        &[],
    ),
    spot(
        AskName,
        &[
            &["heisst name namen nennt rufen"],
            &["du dich dein* dir"],
            &["wie was welchen sag* verrat* hast wer erfahren"],
        ],
        "mich mein* mir",
        &[],
    ),
    spot(
        AskIdentity,
        &[&["wer wen"], &["ich mich"], &["bin haeltst denkst vermutest erkenn* glaubst"]],
        "nicht",
        &[],
    ),
    spot(
        AskIdentity,
        &[
            &["wem wer wen welche"],
            &["sprichst sprechen spricht sitzt redest reden identitaet person"],
            &["du deiner dir mich tastatur"],
        ],
        "nicht licht musik",
        &[],
    ),
    spot(AskIdentity, &[&["erkenn* weisst"], &["mich ich"], &["wer"]], "nicht", &[]),
    spot(
        AskProfile,
        &[
            &[
                "weisst gespeichert daten information* profil angaben fuehrst gemerkt notiert bekannt speicher* akte aufgeschrieben liegt vor",
            ],
            &["mich mir mein* ueber person"],
            &["was welche zeig* alles sag* gib* lies hast nenn* ausgeb*"],
        ],
        "loesch* vergiss gesagt gefragt garage",
        &[],
    ),
    spot(
        Forget,
        &[
            &["vergiss vergesse* loesch* streich* verwirf"],
            &["gespraech* unterhaltung* chat* gesagt besprochen verlauf konversation eben"],
        ],
        "nicht geburtstag name licht",
        &[],
    ),
    spot(
        AskConversationFact,
        &[
            &["gesagt gefragt frage erzaehlt besprochen geredet"],
            &["ich wir mein*"],
            &["vorhin eben zuletzt letzte* vorher anfang gerade zuerst davor erste vorige"],
        ],
        "garage alarm licht watcher",
        &[],
    ),
    spot(
        AskWeather,
        &[
            &[
                "wetter* regn* regen schnei* schnee sonne sonnig sonnenschein schirm vorhersage aussentemperatur schoen kalt warm heiss sturm gewitter temperatur jacke mantel muetze handschuhe",
            ],
            &[
                "heute morgen wochenende draussen spaeter wird ist wie was brauch* gibt aussichten nachher abend woche",
            ],
        ],
        "licht heizung musik",
        &[],
    ),
    spot(
        Time,
        &[
            &["uhrzeit spaet uhr zeit"],
            &["wie wieviel was sag* zeig* verrat* nenn* hast welche* weisst"],
        ],
        "lange termin loesch* wann naechste* rechner",
        &[],
    ),
    spot(
        Date,
        &[&["datum tag wochentag wievielte*"], &["welche* was wie heute heutige* haben sag*"]],
        "geburtstag wetter",
        &[],
    ),
    spot(
        Help,
        &[
            &[
                "faehigkeit* funktion* koennen kannst befehl* helfen aufgaben hilfe behilflich funktionsumfang",
            ],
            &["dein* du mir dich #short"],
            &["was welche wie nenn* zeig* ueberblick sag* liste* womit wobei erklaer* #short"],
        ],
        "licht wetter fehler garage sagen italienisch franzoesisch spanisch",
        &[],
    ),
    spot(
        SmallTalk,
        &[
            &[
                "danke dank* witz* lustig* toll cool gemacht drauf bedank* super klasse spitze lieb nett schoen* prima",
            ],
            &["du dir erzaehl* das mir bist hast vielen so dich auch #short"],
        ],
        "was wann wo licht musik wenn welche",
        &[],
    ),
    spot(
        SmallTalk,
        &[&["wie hast"], &["geht gehts tag laeuft fuehlst befinden"], &["dir du ihnen dein* so"]],
        "speicher cpu platte watcher",
        &[],
    ),
    spot(
        Greet,
        &[
            &["hallo hi hey moin servus huhu halloechen gruess* tach guten"],
            &["lady guten zusammen dir wieder zurueck schoenen dich #short"],
        ],
        "was licht ist",
        &[],
    ),
];
