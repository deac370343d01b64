//! What the commands are known by in German; umlauts written out, verbs mostly as orders.

use super::super::{
    super::{CommandName, Intent},
    Written, spot,
};

const fn command(name: &'static str) -> Intent {
    Intent::Command(CommandName::builtin(name))
}

const LIGHT: &str = "licht* lampe* leuchte* beleuchtung funzel strahler";
const MUSIC: &str =
    "musik* lied* song* titel wiedergabe playlist radio* mucke gedudel podcast hoerbuch stueck";
const DOOR: &str = "{door} tuer* tor";
const ALARM: &str = "alarm* sirene* einbruch*";
const FOLDER: &str = "ordner* eingangsordner* dropordner* ablageordner* verzeichnis* eingang* dropfolder importordner* posteingang*";
const STOP: &str = "stopp* beend* aus ab deaktivier* pausier* angehalten eingestellt gestoppt beendet halt* aufhoer* hoer* schluss no_longer unterbrich* stell schlafen ende ruh";
const START: &str =
    "start* beginn* an ein aktivier* los fang* lauf* weck* reaktivier* hoch gang wieder arbeit*";
const VERSION: &str =
    "version* release* stand update* aktualisierung upgrade* software fassung knoten* node dich";
const OLD: &str = "vorherige* vorige* alte* letzte* fruehere* vorgaenger* vorversion davor vorher aeltere* vorhergehende*";

/// The things, the actions on them, and the places.
pub(super) const COMMANDS: &[Written] = &[
    spot(
        command("turn_off_light"),
        &[
            &[LIGHT],
            &[
                "aus ab loesch* deaktivier* ausmach* ausschalt* ausknips* ausgemacht ausgeschaltet ausgeknipst",
            ],
        ],
        "an anmach* einschalt*",
        &["location"],
    ),
    spot(
        command("turn_off_light"),
        &[&["mach* soll sollen"], &["dunkel"]],
        "an hell es ist",
        &["location"],
    ),
    spot(
        command("turn_on_light"),
        &[
            &[LIGHT],
            &[
                "an ein anmach* anschalt* einschalt* aktivier* angemacht eingeschaltet angeschaltet zuend* hell* brauch* dunkel* finster* stockfinster stockdunkel",
            ],
        ],
        "aus ab loesch* ausmach* ausschalt* lass",
        &["location"],
    ),
    spot(
        command("turn_on_light"),
        &[&["licht"], &["mach* schaff*"]],
        "aus ab loesch* ausmach* ausschalt* lass dunkel",
        &["location"],
    ),
    spot(command("turn_on_light"), &[&["mach*"], &["hell*"]], "aus ab dunkel", &["location"]),
    spot(
        command("set_volume"),
        &[
            &[
                "lautstaerke* volume ton sound musik lautsprecher radio dreh* aufdreh* laut lauter leiser leise",
            ],
            &["{level}"],
        ],
        "{resource}",
        &["level"],
    ),
    spot(
        command("set_volume"),
        &[
            &["lautstaerke*"],
            &[
                "stell* mach* dreh* setz* aender* ander* regel* reduzier* erhoeh* senk* verringer* rauf runter hoch lauter leiser einstell* bring*",
            ],
        ],
        "",
        &["level"],
    ),
    spot(command("set_volume"), &[&["lauter leiser"]], "", &["level"]),
    spot(
        command("set_volume"),
        &[&["prozent"], &["{level}"], &["mach* stell* dreh* setz* geh*"]],
        "licht* akku",
        &["level"],
    ),
    spot(
        command("pause_music"),
        &[
            &[MUSIC],
            &[
                "pausier* paus* stopp* halt* anhalt* angehalten unterbrich* unterbrech* aus ab ausmach* ausschalt* ausgemacht aufhoer* hoer*",
            ],
        ],
        "",
        &[],
    ),
    spot(
        command("close_door"),
        &[&[DOOR], &["zu runter schliess* zumach* geschlossen zugemacht zuzieh* dicht"]],
        "auf oeffn*",
        &["door"],
    ),
    spot(
        command("open_garage"),
        &[
            &["{garage}"],
            &[
                "auf oeffn* hoch aufmach* aufgemacht geoeffnet auffahr* aufgeh* aufgehn aufschliess* rein",
            ],
        ],
        "",
        &["garage"],
    ),
    spot(
        command("disable_alarm"),
        &[
            &[ALARM],
            &[
                "aus ab deaktivier* unscharf* entschaerf* stopp* beend* ausmach* ausschalt* ausgeschaltet abschalt* abstell* raus weg quittier* ruhe stumm abgeschaltet",
            ],
        ],
        "an ein scharf",
        &[],
    ),
    spot(
        command("delete_all_data"),
        &[
            &["daten* information* inhalt* gespeichert* alles speicher* datenbank infos"],
            &[
                "loesch* vernicht* entfern* tilg* beseitig* zerstoer* bereinig* weg leer* wisch* putz* raus komplettloesch*",
            ],
            &["alle* saemtlich* gesamt* ganz* komplett* jegliche* jedes jede restlos*"],
        ],
        "mein* mich unser* export* gespraech verlauf profil garage",
        &[],
    ),
    spot(
        command("delete_all_data"),
        &[&["werkseinstellung* werkszustand auslieferungszustand"]],
        "",
        &[],
    ),
    spot(
        command("refresh"),
        &[
            &["dich dir dein* knoten* node assistent* selbst selber"],
            &[
                "aktualisier* erneuer* update* refresh* upgrade* auffrisch* frisch selbstupdate selbstaktualisier*",
            ],
        ],
        "zurueck rueckgaengig weg vorige* vorherige* alte* letzte* vor dienst {service} pakete uhr",
        &[],
    ),
    spot(
        command("refresh"),
        &[
            &["installier* hol* lad* zieh* spiel* wechsel* nimm* bring*"],
            &["neu*", "aktuell*"],
            &["version release update software stand"],
        ],
        "zurueck rueckgaengig vorige* vorherige* alte* davor",
        &[],
    ),
    spot(
        command("rollback_node"),
        &[&["update* aktualisierung* upgrade*"], &["weg rueckgaengig"]],
        "export*",
        &[],
    ),
    spot(
        command("rollback_node"),
        &[&[VERSION], &["zurueck* rollback roll* rueckgaengig davor"]],
        "export*",
        &[],
    ),
    spot(
        command("rollback_node"),
        &[
            &[OLD],
            &["version* release* stand fassung software vorversion vorgaengerversion"],
            &[
                "geh* wechsel* nimm* nehm* stell* mach* installier* aktivier* hol* spiel* benutz* verwend* nutz* bring* wieder zurueck spring* lauf* will haben hatte* hattest",
            ],
        ],
        "neueste* aktuelle* rueckgaengig",
        &[],
    ),
    spot(
        command("disable_service"),
        &[
            &["{service} dienst* systemdienst* service daemon"],
            &["deaktivier* abschalt* ausschalt* aus ab abstell* stilllegen still* beend* stopp*"],
        ],
        "watcher alarm* musik kundendienst",
        &["service"],
    ),
    spot(
        command("stop_watcher"),
        &[&["watcher* ueberwach* beobacht* waechter ordnerueberwach*"], &[STOP]],
        "alarm* kamera*",
        &[],
    ),
    spot(
        command("start_watcher"),
        &[&["watcher* ueberwach* beobacht* waechter ordnerueberwach*"], &[START]],
        "stopp* beend* aus ab deaktivier* pausier* halt* hoer* schluss no_longer unterbrich* schlafen alarm* kamera*",
        &[],
    ),
    spot(
        command("stop_watcher"),
        &[&[FOLDER], &["guck* schau*"], &["stopp* hoer* no_longer schluss aufhoer*"]],
        "",
        &[],
    ),
    spot(
        command("start_watcher"),
        &[&[FOLDER], &["ueberwach* beobacht* auge", "schau* guck* pass"]],
        "stopp* beend* aus ab deaktivier* pausier* halt* hoer* schluss no_longer unterbrich* schlafen",
        &[],
    ),
    spot(
        command("unmark_for_export"),
        &[
            &["{resource} export*"],
            &["export* markier* markierung* vormerk* entmarkier* demarkier* kennzeichn*"],
            &[
                "entfern* loesch* streich* nimm* entmarkier* demarkier* raus runter weg no_longer aus zurueck* heb* aufheb* verschwind* ab doch_nicht",
            ],
        ],
        "",
        &["resource"],
    ),
    spot(
        command("mark_for_export"),
        &[
            &["export* ausfuhr"],
            &[
                "markier* merk* vormerk* kennzeichn* setz* nimm* pack* fueg* schreib* stell* leg* flagg* aufnehm* {resource} vor bereit*",
            ],
        ],
        "entfern* loesch* streich* entmarkier* demarkier* raus runter weg no_longer zurueck* heb* verschwind*",
        &["resource"],
    ),
];
