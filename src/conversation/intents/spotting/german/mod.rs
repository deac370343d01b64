//! What is told and asked in German: by which words it is known, and what makes something else of it. Umlauts are written out.

mod commands;
mod questions;
mod statements;

use super::{Known, ready, signs::Signs};

pub(super) fn known() -> Known {
    Known {
        signs: &SIGNS,
        commands: ready(commands::COMMANDS),
        statements: ready(statements::STATEMENTS),
        questions: ready(questions::QUESTIONS),
        names: NAMES,
        data: DATA,
    }
}

const SIGNS: Signs = Signs {
    stops: "wenn falls sobald solange bevor nachdem waehrend sagt sagte gesagt meint meinte gemeint behauptet erzaehlt \
        erklaert schreibt schrieb geschrieben hiess heisst lautet gehoert gelesen angenommen gesetzt warum wieso \
        weshalb wann uebersetz* spaeter nachher gestern taeglich zettel schild buch film bitten empfehlen wuerdest \
        empfiehlst gefragt fragt verlangte verlangt traeum* getraeumt glaub* handbuch anleitung geschichte ignorier* \
        timer fall sprach telefon gebeten brief erklaer* bedeutet irgendwann naechstes butler testsatz wollte wollten wollen haette haettest waere waerst wuerde findet \
        wuenscht will entweder fast beinahe geschrien befehlen zuruf eines",
    stops_beside: "wie wer wo welche welcher welches welchen ob jeden jede jedes jedem immer bleib* weiterlaufen \
 hat wurde warst wurden oder \
 stand man roboter",
    things: "licht* lampe* musik* lied* tuer* *tuer garage* alarm* lautstaerke* watcher* export* dienst*",
    both: "und oder sowie",
    joins: "damit weil denn",
    any_more: "mehr laenger weiter",
    retracts: "nein nicht nie warte vergiss moment",
    past: (
        "hab habe haben hast",
        "ausgemacht angemacht eingeschaltet ausgeschaltet angeschaltet geschlossen geoeffnet zugemacht aufgemacht geloescht gestoppt gestartet markiert aktualisiert deaktiviert pausiert abgeschaltet angehalten",
    ),
    others: "",
    asks: "wieviel wieviele ist sind war waren hat hast haben wird werden wurde wer was wie wo wann warum wieso welche bist laeuft steht brennt traegt kommt laut sollte",
    inverted: "sollte",
    passive: (
        "kann koennte koennten koennen darf duerfte wuerde kannst koenntest wuerdest magst",
        "werden werd jemand wer",
    ),
    asks_for: "kannst koenntest kannste",
    at_an_hour: "um gegen",
    supposing: &[
        "stell dir vor",
        "stell dir mal vor",
        "stellen wir uns",
        "tun wir",
        "nehmen wir an",
        "gesetzt den fall",
    ],
    tags: "ja gell ok okay oder ne gelt",
    in_a_while: (
        "in um am naechste* naechsten heute nach beim",
        "minute* stunde* sekunde* woche* monat* uhr montag dienstag mittwoch donnerstag freitag samstag sonntag abend nacht halb viertel mittag* essen",
    ),
    days: "montag* dienstag* mittwoch* donnerstag* freitag* samstag* sonntag* uebermorgen morgen sonnenuntergang abendbrot neustart",
    chains: "dann danach anschliessend",
    supposes: "erst wenn falls sobald solange bevor nachdem stimmt geschrien angenommen gesetzt warum wieso weshalb wer ob \
        uebersetz* gestern vielleicht film buch lied traeum* getraeumt wuenscht fragt gefragt zettel brief \
        gelesen saehe geschichte witz",
    reports: "sagt sagte gesagt meint meinte behauptet erzaehlt gehoert",
    goodbye: "tschuess ade servus wiedersehen",
    when_you_talk: ("wenn falls", "sprich* red* anred* ansprich* sprechen reden vorstell*"),
    you: "du sie ihr",
    no_denial: "dagegen problem macht sorge",
    fine_if: (
        "ok okay ordnung recht dagegen problem gut einverstanden nichts schoen freuen lieb lieber toll wuerde fuer nett waere waer",
        "wenn",
        "dass",
    ),
    how_to: ("wie", "kann koennte mach* bekomm* find* pruef* richt* stell* aendere"),
    elsewhere: "dokument* brief vertrag* rechnung* handbuch garantie* bericht* unterlagen papiere* versicherung artikel kapitel buch mail film lied wenn uebersetz* rezept termin *versicherung *rechnung seriennummer \
        mietvertrag*",
};

/// Where names stand, by intent; those of permissions and consents in one row.
const NAMES: &[(&str, &str)] = &[
    (
        "identify_self",
        "name ist _|ich heisse _|heisse _|heiss _|hier ist die _|hier ist der _|hier ist _|hier spricht die _|hier spricht der _|hier spricht _|hier redet _|redet ist _|\
         spricht ist _|dass ich _|ich bin es die _|ich bin es der _|ich bin es _|ich bin die _|ich bin der _|ich bin _|bins die _|bins der _|\
         die _ spricht|der _ spricht|_ spricht|_ hier|es ist die _|es ist der _|nur der _|nur die _|_ am apparat|_ ist am|hast _ vor|benutzer ist _|ich _",
    ),
    (
        "identify_other",
        "ist meine * _|neben mir steht die _|neben mir steht der _|neben mir steht _|neben mir sitzt die _|neben mir sitzt der _|neben mir sitzt _|neben mir ist die _|\
         neben mir ist der _|neben mir ist _|neben mir die _|neben mir der _|neben mir _|bei mir ist die _|bei mir ist der _|bei mir ist _|bei mir sitzt _|bei mir steht _|\
         dabei ist _|neben mir ist _|meinen * _ vorstell*|_ vorstell*|hallo zu _|hier bei mir ist _|mir das ist _|hab die _|hab den _|habe die _|hier ist die _|hier ist der _|hier ist _|das hier ist die _|das hier ist der _|das hier ist _|das ist die _|das ist der _|das ist _|\
         heisst _|namens _|name ist _|hab _ hier|habe _ hier|hab _ dabei|habe _ dabei|hab _ bei|habe _ bei|_ dabei|_ steht|_ sitzt|_ ist hier|_ ist bei|\
         vorstellen _|mit _ hier|freund _|freundin _|bruder _|schwester _|kollege _|kollegin _|nachbar _|nachbarin _|cousin _|mutter _|vater _|mann _|frau _|mit _",
    ),
    (
        "new_participant_arrived",
        "dass _|ist die _|ist der _|raum _|sich noch _|noch _|_ ist gerade|_ ist jetzt|_ ist eben|_ eben|_ ist da|_ ist hier|_ ist zu|_ ist dazu*|_ ist rein*|_ ist an*|_ ist wieder|_ ist auch|_ ist|ist _|_ kam|_ kommt|_ steht|\
         kommt _|kam _|_ hat",
    ),
    (
        "participant_left",
        "dass _|_ ist gerade|_ ist jetzt|_ ist eben|_ ist schon|_ ist weg|_ ist los|_ ist heim|_ ist gegangen|_ ist fort|_ ist raus|_ ist|ist _|_ hat|hat _|_ musste|_ geht|\
         _ macht|sich _|_ faehrt",
    ),
    (
        "set_preferred_name",
        "heisse ich ab * _|heisse ich _|den namen _|_ zu mir|speicher* _ als|merk* dir _|nenn mich _|nenne mich _|nennen mich _|mich _ nennen|mich _ nennst|mich _ rufen|mich bitte _|mich einfach _|mich ab * _|mich _|ruf mich _|sag _ zu|sag _|sage _|sagst _|sagen _|\
         rufname ist _|rufname _|spitzname ist _|spitzname _|fuer dich bin ich ab * die _|fuer dich bin ich die _|fuer dich bin ich der _|dich bin ich _|bin ich _|\
         dich die _|dich der _|dich _|unter _|als _|name _|ich _|auf _",
    ),
    (
        "permission",
        "darfst _|duerfen _|wort mehr zu _|streich* _|_s rechte|_s *rechte|_s berechtigung*|_s erlaubnis|_s zugriff|lass _|lasse _|erlaub* _|gestatte* _|gib _|gebe _|gewaehr* _|erteil* _|erteil* ich _|gebe ich _|gestatte ich _|ermaechtig* _|berechtig* _|\
         entzieh* _|nimm _|nehme _|verbiet* _|untersag* _|sperr* _|vertrau* _|_ darf|darf _|_ kann|kann _|_ koennte|koennte _|_ soll|soll _|_ muss|muss _|_ bekommt|bekommt _|_ kriegt|kriegt _|_ erhaelt|_ hat|hat _|\
         _ verliert|_ weiss|_ erfaehrt|_ hoert|_ kennt|_ sieht|fuer _|dass _|dass du _|wenn du _|wenn _|sag* _|verrat* _|erzaehl* _|nenn* _|zeig* _|teil* _|mitteil* _|\
         an _|von _|was _|du _|sie _|mit _|gegenueber _|vor _|bei _|ueber _|_ gegenueber|_ nicht|_ nichts|_ nie|_ ruhig|_ wissen|_ erfahren|_ ist|_ bitte|_ mein*|_ zu|dem _|zu _|_ die|_ den|_ das|mein* * _|unser* * _",
    ),
];

const DATA: &[(&str, &str)] = &[
    ("birthdate", "geburt* geboren alter"),
    (
        "legal_name",
        "amtlich* richtig* offiziell* vollstaendig* buergerlich* nachname* familienname*",
    ),
    ("preferred_name", "spitzname* rufname* genannt wunschname*"),
    ("language", "sprache* muttersprache"),
    ("form_of_address", "anrede* angeredet angesprochen pronomen ansprech*"),
];
