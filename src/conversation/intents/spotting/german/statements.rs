//! What the statements about people are known by in German.

use super::super::{
    super::Intent::{
        GrantConsent, GrantPermission, IdentifyOther, IdentifySelf, NewParticipantArrived,
        ParticipantLeft, RequestPermission, RevokeConsent, RevokePermission, SetBirthdate,
        SetFormOfAddress, SetLanguage, SetPreferredName, WeAreAlone,
    },
    Written, spot,
};

const MAY: &str = "darf duerf* kann koenn* erlaub* lass* laesst gestatt* berechtig* *berechtigung recht rechte *rechte zugriff freigabe freigegeben erteil* gib gebe gewaehr* bekommt \
    kriegt erhaelt ermaechtig* autorisier* bestimm* befug* segen vollmacht genehmig* kontroll* soll steuer* bedien* ueberlass* freie vertrau* verliert entzieh*";
const NOT: &str = "nicht nichts nie niemals kein* entzieh* entzogen widerruf* widerrief verbiet* verboten untersag* sperr* gesperrt streich* gestrichen nimm nehme zurueck* verlor* \
    verliert mehr geheim beend* schluss weg aufhoer* hoer loesch* aufheb* ein";
const KNOW: &str = "sag* verrat* verraet* erzaehl* nenn* teil* mitteil* mitzuteil* zeig* wiss* weiss erfahr* erfaehrt kenn* hoer* gib weitergeb* weitergib* weiter freigabe einwillig* \
    einverstaendnis einverstanden zustimm* stimme geb* preis* sehen geheim zusag* wort krieg* bekomm*";

/// Narrow sentences stand before wide ones.
pub(super) const STATEMENTS: &[Written] = &[
    spot(
        RevokeConsent,
        &[
            &["{person}"],
            &["{data}"],
            &[
                "nicht nie niemals kein* widerruf* widerrief entzieh* zurueck* mehr geheim beend* schluss aufhoer* hoer keinesfalls untersag* verbiet*",
            ],
            &[KNOW, "behalt*"],
        ],
        "dagegen musik licht roboter alarm macht",
        &["person", "data"],
    ),
    spot(
        RevokeConsent,
        &[
            &["{person}"],
            &["widerruf* zurueck* entzieh* nichts nicht beend* kein* aufhoer* streich* loesch*"],
            &["einwillig* zustimm* ueber einverstaendnis freigabe von"],
            &["mich meine einwillig* zustimm* mir freigabe"],
        ],
        "dagegen",
        &["person"],
    ),
    spot(
        RevokeConsent,
        &[
            &["{person}"],
            &["hoer* aufhoer* nicht kein* stopp*"],
            &["weitergeb* weitergib* weiterzugeb* teil* sag* zeig* gib geb*"],
            &["daten informationen nichts"],
        ],
        "dagegen licht* musik",
        &["person"],
    ),
    spot(
        GrantConsent,
        &[&["{person}"], &["{data}"], &[KNOW], &["mein* ich mir mich"]],
        "widerruf* entzieh* geheim ohne welche_rechte sagt",
        &["person", "data"],
    ),
    spot(
        GrantPermission,
        &[&["{person}"], &["{group}"], &[MAY]],
        "zieh* entzieh* widerruf* verbiet* sperr* streich* verlor* verliert sagt ohne",
        &["duration", "person", "group"],
    ),
    spot(
        RevokePermission,
        &[&["{person}"], &["{group}"], &[NOT], &[MAY, "anfass* fahr* spiel* nutz* darf zieh*"]],
        "dagegen sagt wuerde",
        &["person", "group"],
    ),
    spot(
        RevokePermission,
        &[
            &["{person}"],
            &[
                "entzieh* entzogen widerruf* streich* nimm nehme verlor* verliert kein* sperr* beend* zurueck* zieh* loesch*",
            ],
            &[
                "recht rechte *rechte berechtig* erlaubnis* zugriff* darf vollmacht* befug* freigabe* alles",
            ],
        ],
        "sagt data",
        &["person"],
    ),
    spot(
        RequestPermission,
        &[
            &["{group}"],
            &["ich mir wir uns beantrag*"],
            &[
                "darf duerf* kann erlaub* berechtig* erlaubnis zugriff beantrag* genehmig* freigabe ordnung moeglich* gestatt* freischalt*",
            ],
        ],
        "nie wie sagt ihm ihr erteil*",
        &["group"],
    ),
    // Preferences
    spot(
        SetFormOfAddress,
        &[
            &["{form}"],
            &[
                "anred* anrede* ansprech* ansprich* angesprochen angeredet form* endung* wort woerter sprech* sprich* red* pronomen behandel* neutral maennlich* weiblich* wie als",
            ],
            &["mich mir mein* ich #short"],
        ],
        "sagt",
        &["form"],
    ),
    spot(
        SetLanguage,
        &[
            &["{language}"],
            &[
                "sprech* sprich* red* antwort* sprache wechsel* schreib* auf weiter unterhalt* umstell* stell* nutz* benutz* versteh* lieber verwend* ausgabe #short",
            ],
        ],
        "dokument brief uebersetz* text er sagt heisst",
        &["language"],
    ),
    spot(
        SetBirthdate,
        &[
            &["{date}"],
            &["geburtstag* geburtsdatum geboren geb geburt welt"],
            &["mein* ich mir am geburtsdatum speicher* #short"],
        ],
        "sein* ihr* er bruder schwester mutter vater sohn tochter mann frau freund* oma opa",
        &["date"],
    ),
    spot(
        SetPreferredName,
        &[
            &["{name}"],
            &[
                "nenn* ruf* sag* heiss* rufname* spitzname* anred* ansprech* angeredet genannt name namen hoer* speicher*",
            ],
            &["mich mir mein* ich rufname* spitzname*"],
        ],
        "neben er sein* amtlich* freundin_ nichts geburt* mutter vater bruder schwester",
        &["name"],
    ),
    spot(
        SetPreferredName,
        &[&["rufname* spitzname*"], &["aender* ander* wechsel* eintrag*"], &["mein*"]],
        "",
        &[],
    ),
    spot(
        SetBirthdate,
        &[
            &["geburtstag* geburtsdatum"],
            &["aender* eintrag* angeb* berichtig* korrigier*"],
            &["mein*"],
        ],
        "sein* ihr* er",
        &["date"],
    ),
    spot(SetPreferredName, &[&["{name}"], &["dich"], &["fuer"], &["ich"]], "", &["name"]),
    // Who is here
    spot(
        WeAreAlone,
        &[&["allein alleine einzige* ungestoert"], &["ich wir mich uns bin sind"]],
        "lass nicht fuehl* moechte will",
        &[],
    ),
    spot(
        WeAreAlone,
        &[
            &["niemand keiner keine nur leer sonst ausser alle allen wenigkeit unter"],
            &["ich mich mir wir uns meine bis person leute sonst"],
            &["hier da raum zimmer haus ausser weg leer mehr gegangen sonst uebrig anwesend uns"],
        ],
        "licht musik darf will besuch neu* gekommen dazu*",
        &[],
    ),
    spot(
        ParticipantLeft,
        &[
            &["{name}"],
            &[
                "gegangen weg fort heim los raus rueber verlassen verabschiedet aufgebrochen abgehauen gefahren weggefahren losgefahren heimgegangen geht nicht_mehr verschwunden ausgestiegen rausgegangen weggegangen abgereist hause entfernt heimweg acker staub",
            ],
        ],
        "licht musik geh datei",
        &["name"],
    ),
    spot(
        ParticipantLeft,
        &[
            &[
                "gegangen weg fort heim verlassen verabschiedet aufgebrochen abgehauen verschwunden weggefahren acker staub",
            ],
            &[
                "besuch* gast gaeste alle er sie freund* leute jemand kollege* person schwester bruder mutter vater mama papa oma opa tante onkel cousin* kollegin nachbarin klempner elektriker vermieter pfleger* krankenschwester sohn tochter frau mann handwerker",
            ],
        ],
        "licht musik ich datei",
        &[],
    ),
    spot(
        NewParticipantArrived,
        &[
            &["{name}"],
            &[
                "*gekommen dazu* eingetroffen rein* herein* kommt kam zurueck aufgetaucht gestossen hinzu* gesetzt gesellt eingetreten neuzugang zugang",
            ],
        ],
        "gegangen licht musik mail sagt bin immer oft spaet abend spaeter nachher um morgen spricht redet",
        &["name"],
    ),
    spot(
        IdentifyOther,
        &[
            &["{name}"],
            &["neben bei dabei gegenueber vorstell* steht sitzt besuch das hier hab habe hallo"],
        ],
        "gegangen gekommen ich_bin spricht redet weg steuern licht musik heisse bin entfernt",
        &["name"],
    ),
    spot(
        NewParticipantArrived,
        &[
            &[
                "jemand besuch* gast gaeste person leute wer neu* freund* nachbar* zuwachs kollege* mehr schwester bruder mutter vater mama papa oma opa tante onkel cousin* kollegin nachbarin klempner elektriker vermieter pfleger* krankenschwester sohn tochter frau mann handwerker",
            ],
            &[
                "*gekommen dazu* eingetroffen da rein* herein* kommt kam gestossen hinzu* noch bekommen aufgetaucht zu* geklingelt weiter* betreten eingetreten mehr",
            ],
            &["uns hier raum zimmer tuer gerade jetzt eben haus wir noch da dazu*"],
        ],
        "gegangen licht musik mail sprache immer oft spaet verlassen weg allein* nur",
        &[],
    ),
    spot(
        IdentifySelf,
        &[&["{name}"], &["ich mein hier bins spricht redet heisse bin dir benutzer apparat"]],
        "freund* bruder schwester mutter vater seine neben nenn* ruf*",
        &["name"],
    ),
];
