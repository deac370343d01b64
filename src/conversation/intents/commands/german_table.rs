//! The table of commands in German; verbs stand as orders, umlauts written out.

use super::{Written, say};

const LIGHT: &str =
    "licht lichter lampe lampen beleuchtung leuchte leuchten lichts strahler funzel";
const DO: &str =
    "von vom mach schalt knips dreh stell tu schmeiss hau werf wirf geh haben* werd bekommen* setz";
const MUSIC: &str = "musik lied wiedergabe song titel playlist radio musikwiedergabe stueck album ton track musikstueck  hoerbuch podcast player \
    stereoanlage musikanlage gedudel songs lieder mucke abspielung";
const VOLUME: &str = "lautstaerke lautstaerkepegel volume lautstaerkeregler pegel lautstaerken";
const SOUND: &str = "musik ton klang lautsprecher radio lied song sound box boxen mucke wiedergabe stereoanlage musikanlage";
const DOOR: &str = "tuer tuere {door}";
const ALARM: &str = "alarm alarmanlage alarmsystem sirene alarms alarme alarmsirene";
const SERVICE: &str =
    "dienst systemdienst service daemon unit {service} dienstes systemd-dienst hintergrunddienst";
const WATCHER: &str = "watcher ueberwachung waechter beobachtung folderwatcher ueberwacher watchers beobachter ordnerwatcher watching watch";
const FOLDER: &str = "ordner ordners eingangsordner eingangsordners verzeichnis verzeichnisses dropordner eingangs eingang ablageordner ablageordners \
    dropfolder drop folder eingangsverzeichnis eingangsverzeichnisses einwurfordner uebergabeordner posteingang eingangskorb importordner \
    einwurfordners dropordners ablage dateieingang";
const EXPORT: &str =
    "export exportliste exportmarkierung exportieren exports exportier exporte ausfuhr";
const DELETE: &str =
    "loesch vernicht entfern tilg beseitig zerstoer eliminier bereinig entsorg radier";
const ALL: &str = "alle saemtliche gesamten ganzen alles saemtlichen allen jegliche gesamte komplette ganze kompletten aller saemtlicher gesamter";
const DATA: &str = "daten informationen inhalte datenbestand datenbestaende infos datensaetze dateien inhalt dokumente datenbank speicher";
const KEPT: &str = "was die du hast ist wurde gespeichert gespeicherten gespeicherte gesammelt gesammelten knoten node hat auf vom von aus speicher \
    rechner geraet restlos unwiderruflich daraus davon daten alles alle saemtliche dir je jemals weisst abgelegt abgelegten gemerkt sich inhalte inhalt \
    informationen dass es knotens vorhandenen gespeicherter gespeichertes drauf darauf liegt liegen unwiederbringlich hinterlegt hinterlegten \
    system maschine haben sind bisher sich komplette gesamte gesamten ganzen ganze zu+ ausnahmslos rueckstandslos dauerhaft endgueltig befindet befinden \
    raus deren dessen kennst steht drin was server box kiste an";
const RELEASE: &str = "von vom dein selbst version release stand neuestes neustes neueste neuesten neue neuen aktuelle aktuellen aktuellste aktuellsten auf \
    die einmal softwarestand software zur von dir knotens knoten neusten neuste zu+ eigene eigenen system letzten an um durch vor neu";
const EARLIER: &str = "vorher von vom auf zu zur zum die version release stand alte alten vorherige vorherigen vorige vorigen letzte letzten fruehere frueheren davor \
    knoten dich vorversion node letztes voriges vorheriges vorgaengerversion software wieder des vorgaenger von vor knotens dir system \
    vorherigem altem ihr alter softwarestand vorhergehende vorhergehenden war waere aeltere aelteren stabile stabilen dein selbst um eine";
const OLD: &str = "vorherige vorherigen vorige vorigen alte alten letzte letzten fruehere frueheren vorgaengerversion vorversion letztes vorheriges \
    voriges vorgaenger altes vorhergehende vorhergehenden aeltere aelteren";
const VERSIONS: &str =
    "version release stand vorgaengerversion vorversion softwarestand software fassung";
const VOLUMES: &str = "stell setz dreh mach aender regel reduzier erhoeh senk verringer runter rauf hoch auf prozent lauter leiser laut leise musik zu pass \
    an ein spiel ton veraender verstell zurueck nach unten oben gestell bring fahr schalt lautsprecher lautstaerke haben* haett um regulier fahr \
    zieh schraub kurbel heb tu pegel bis etwas bisschen level stufe wert neu anderen halb maximal minimal ab kannst geh steiger bekommen* werd nimm \
    justier stufe gib minder viel deutlich wesentlich hoeher niedriger hinunter radios";
const WATCHING: &str = "von vom ordner ordners eingangsordner eingangsordners verzeichnis verzeichnisses drop eingangs des wieder folder watching ablageordners \
    eingangsverzeichnisses ueber auf eingang datei dateien drop-ordner dropordner ablageordner ablage eingangsverzeichnis dropordners posteingang \
    zu+ neu los nach werd neue neuer haben* importordner einwurfordner uebergabeordner posteingangs";
const RESOURCE: &str =
    "ressource dokument resource datei eintrag akte objekt element dokumente ressourcen";

/// Every way that is understood.
pub(super) const PHRASES: &[Written] = &[
    // Lights
    say("turn_on_light", &[LIGHT, "an ein"], DO, &["location"]),
    say("turn_on_light", &[LIGHT, "aktivier zuend entzuend"], "an haben* werd", &["location"]),
    say(
        "turn_on_light",
        &["mach brauch* gib schaff bring spend", "licht beleuchtung helligkeit"],
        "mal es ist dunkel zu so",
        &["location"],
    ),
    say("turn_on_light", &["erleucht beleucht erhell", "{location}"], "werd", &["location"]),
    say("turn_on_light", &["mach", "hell heller", "{location}"], "es", &["location"]),
    say("turn_on_light", &["licht* beleuchtung*"], "mehr haben* bekommen*", &["location"]),
    say("turn_off_light", &[LIGHT, "aus ab"], DO, &["location"]),
    say("turn_off_light", &[LIGHT, "loesch deaktivier"], "aus haben* werd", &["location"]),
    say("turn_off_light", &["mach", "dunkel finster duester", "{location}"], "es", &["location"]),
    // Sound
    say("set_volume", &[VOLUME, "{level}"], VOLUMES, &["level"]),
    say("set_volume", &[SOUND, "{level}"], VOLUMES, &["level"]),
    say("set_volume", &["lauter leiser laut leise", "{level}"], VOLUMES, &["level"]),
    say("set_volume", &[VOLUME], VOLUMES, &[]),
    say("set_volume", &[SOUND, "lauter leiser"], VOLUMES, &[]),
    say("set_volume", &[SOUND, "dreh", "auf hoch runter zurueck"], VOLUMES, &[]),
    say("set_volume", &["ton lautsprecher", "stumm"], "schalt stell mach", &[]),
    say("pause_music", &["pausier stopp unterbrich pause", MUSIC], "an auf fuer kurze werd", &[]),
    say("pause_music", &["leg mach goenn goennen", "pause", MUSIC], "wir der eine kleine", &[]),
    say("start_watcher", &["bring setz", WATCHER, "gang"], WATCHING, &[]),
    say("rollback_node", &["knoten", OLD, VERSIONS], "", &[]),
    say("rollback_node", &["wieder*", OLD, VERSIONS], "knotens knoten haben* zurueck deine", &[]),
    say("turn_on_light", &["es", "werde", "licht", "{location}"], "", &["location"]),
    say("turn_on_light", &["anhaben*", LIGHT], "", &["location"]),
    say("turn_off_light", &["aushaben*", LIGHT], "", &["location"]),
    say("pause_music", &["mach", "pause", MUSIC], "von", &[]),
    say("disable_alarm", &["leg", "lahm", ALARM], "deaktivier", &[]),
    say("stop_watcher", &["leg", "schlafen", WATCHER], "stopp", &[]),
    say("start_watcher", &["weck", "auf", WATCHER], "", &[]),
    say(
        "stop_watcher",
        &["schalt mach stell", "ab aus", WATCHER, FOLDER],
        "seine ihre mit durch sind wir",
        &[],
    ),
    say(
        "refresh",
        &["zieh hol lad", "neuestes neueste neuesten", "release version update"],
        "knoten dir dein deine von",
        &[],
    ),
    say(
        "rollback_node",
        &["spring geh wechsel kehr huepf", "zurueck", "davor", VERSIONS],
        "auf die neue",
        &[],
    ),
    say("pause_music", &["halt", MUSIC, "an"], "werd", &[]),
    say("pause_music", &["hoer", MUSIC, "auf"], "zu spiel", &[]),
    say("disable_alarm", &["hoer", ALARM, "auf"], "", &[]),
    say("disable_alarm", &["nimm setz", "ausser", "betrieb", ALARM], "", &[]),
    say("delete_all_data", &["leer", ALL, "speicher datenspeicher datenbank"], KEPT, &[]),
    say("delete_all_data", &["komplettloeschung"], KEPT, &[]),
    say(
        "refresh",
        &["selbstaktualisierung selbstupdate"],
        "mach fuehr durch start leit ein stoss an beginn deine",
        &[],
    ),
    say("mark_for_export", &["trag", "ein", EXPORT], "ressource dokument datei", &["resource"]),
    say(
        "unmark_for_export",
        &["trag", "aus", EXPORT],
        "ressource dokument datei wieder",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["waehl", "ab", EXPORT],
        "ressource dokument datei wieder",
        &["resource"],
    ),
    say("open_garage", &["lass", "geh fahr", "auf hoch", "{garage}"], "", &["garage"]),
    say("mark_for_export", &["waehl", "aus", EXPORT], "ressource dokument datei", &["resource"]),
    say("close_door", &[DOOR, "geh runter", "runter zu"], "", &["door"]),
    say("pause_music", &["leg mach", "pause", MUSIC], "ein mit bei eine kurze kleine", &[]),
    say("pause_music", &[MUSIC, "aus ab"], "mach schalt stell dreh geh werd knips", &[]),
    say("pause_music", &[MUSIC, "pause"], "auf setz stell schalt mach in an", &[]),
    say("pause_music", &["pausier stopp unterbrich", "laeuft lauf"], "was gerade an", &[]),
    // Doors
    say(
        "close_door",
        &[
            "mach schieb zieh drueck schlag knall klapp fahr geh tu werf wirf stoss roll lass*",
            DOOR,
            "zu dicht runter",
        ],
        "steht offen noch hinter haben* werd",
        &["door"],
    ),
    say("close_door", &[DOOR, "zu"], "", &["door"]),
    say("close_door", &["schliess", DOOR], "zu steht offen noch haben* werd hinter", &["door"]),
    say("open_garage", &["heb", "{garage}", "an"], "", &["garage"]),
    say("open_garage", &["oeffn", "{garage}"], "haben* werd bekommen*", &["garage"]),
    say(
        "open_garage",
        &["{garage}", "auf hoch offen*"],
        "mach fahr sperr schliess zieh geh schieb klapp roll lass* haben* werd tu haben kurbel stell",
        &["garage"],
    ),
    // Alarm
    say(
        "disable_alarm",
        &[ALARM, "aus ab unscharf stumm weg"],
        "mach schalt stell knips dreh haben* werd geh tu sein",
        &[],
    ),
    say(
        "disable_alarm",
        &["deaktivier entschaerf stopp beend quittier", ALARM],
        "haben* werd",
        &[],
    ),
    // Data
    say("delete_all_data", &[DELETE, ALL, DATA], KEPT, &[]),
    say("delete_all_data", &[DELETE, "alles"], KEPT, &[]),
    say("delete_all_data", &["raeum schaff wirf schmeiss", ALL, "weg raus"], KEPT, &[]),
    say(
        "delete_all_data",
        &["wirf raeum schmeiss", ALL, "weg raus", "daten alles informationen"],
        KEPT,
        &[],
    ),
    say(
        "delete_all_data",
        &["raeum wirf schmeiss", "alles", "weg"],
        "was auf knoten gespeichert ist komplett loesch",
        &[],
    ),
    say(
        "delete_all_data",
        &["setz", "knoten dich", "werkseinstellungen werkszustand auslieferungszustand"],
        "auf zurueck",
        &[],
    ),
    // The node itself
    say(
        "refresh",
        &[
            "aktualisier erneuer update refresh upgrade",
            "dich knoten dir knotens assistenten assistent assistentin",
        ],
        RELEASE,
        &[],
    ),
    say(
        "refresh",
        &[
            "aktualisier erneuer update refresh upgrade",
            "dein deine deinen",
            "software version system softwarestand programm stand release",
        ],
        RELEASE,
        &[],
    ),
    say(
        "refresh",
        &["bring heb", "dich knoten dein deine", "stand version"],
        "auf neuesten neusten aktuellen neuen aktuellsten selbst letzten neueste neuste aktuelle software aktuellste",
        &[],
    ),
    say(
        "refresh",
        &[
            "aktualisierung update refresh upgrade softwareupdate selbstaktualisierung softwareaktualisierung",
            "knotens dir dich knoten selbst selbstaktualisierung dein deine eigenes",
            "mach fuehr start veranlass stoss spiel beginn leit hol zieh initiier lad installier",
        ],
        "durch an von eigenes eigene neu ein selbst auf neueste neuesten",
        &[],
    ),
    say(
        "refresh",
        &[
            "installier hol spiel lad wechsel geh spring zieh nimm",
            "neuestes neustes neueste neuesten neuste neusten aktuellste aktuelle neuere aktuellen aktuellsten neues",
            "version release update aktualisierung stand software",
        ],
        "dir auf von ein selbst knotens deine runter her neueste zu ueber um",
        &[],
    ),
    say(
        "rollback_node",
        &[
            "geh kehr roll setz wechsel spring spiel stell fahr dreh nimm",
            "zurueck",
            "version release stand knoten dich vorversion node update aktualisierung vorgaengerversion",
        ],
        EARLIER,
        &[],
    ),
    say("rollback_node", &["zurueck", OLD, VERSIONS], EARLIER, &[]),
    say("rollback_node", &["wechsel spring geh", OLD, VERSIONS], EARLIER, &[]),
    say(
        "rollback_node",
        &["rueckgaengig", "update aktualisierung refresh upgrade"],
        "mach von vom letzte letzten dir die und version release alte alten nimm wieder deine vorherige vorige geh zurueck zu letztes knotens nutz verwend vorherigen werd haben*",
        &[],
    ),
    say(
        "rollback_node",
        &["rollback"],
        "mach fuehr durch start auf von vom version release vorherige vorherigen vorige vorigen letzte letzten knotens dir leit ein alte alten stand knoten initiier node vorversion software vorgaengerversion deiner an stoss bitte",
        &[],
    ),
    say(
        "rollback_node",
        &[
            "nimm stell mach installier aktivier hol spiel benutz verwend lad nutz reaktivier bring restaurier",
            OLD,
            VERSIONS,
        ],
        "wieder her von vom zurueck ein deine knotens knoten auf dir dich",
        &[],
    ),
    // Services
    say(
        "disable_service",
        &["deaktivier", SERVICE],
        "namens dem namen haben* zu+ systemd werd maschine rechner knoten auf dieser server system nennt sich",
        &["service"],
    ),
    say(
        "disable_service",
        &["schalt mach stell knips", "ab aus", SERVICE],
        "namens systemd haben* zu+ werd maschine rechner knoten auf namen server system",
        &["service"],
    ),
    say("disable_service", &["nimm", "betrieb", SERVICE], "ausser namens", &["service"]),
    // The watcher
    say("start_watcher", &["fang", "an", WATCHER], WATCHING, &[]),
    say("start_watcher", &["start aktivier beginn initiier reaktivier", WATCHER], WATCHING, &[]),
    say(
        "start_watcher",
        &["schalt mach wirf stell knips fahr geh lauf", "ein an hoch los", WATCHER],
        WATCHING,
        &[],
    ),
    say("start_watcher", &[WATCHER, "ein an los start"], WATCHING, &[]),
    say("start_watcher", &["lass", WATCHER, "laufen starten lauf start"], "los an wieder", &[]),
    say("start_watcher", &["nimm", "auf", WATCHER], WATCHING, &[]),
    say(
        "start_watcher",
        &["fang beginn start", FOLDER, "ueberwach beobacht ueberwachen beobachten ueberwacht"],
        "an damit zu wieder",
        &[],
    ),
    say(
        "start_watcher",
        &["ueberwach beobacht", FOLDER],
        "wieder ab werd neue dateien auf nach",
        &[],
    ),
    say("start_watcher", &["behalt", FOLDER, "auge"], "im", &[]),
    say("stop_watcher", &["stopp beend deaktivier unterbrich pausier", WATCHER], WATCHING, &[]),
    say(
        "stop_watcher",
        &["schalt mach stell dreh brich knips geh", "aus ab", WATCHER],
        WATCHING,
        &[],
    ),
    say("stop_watcher", &["halt", "an", WATCHER], WATCHING, &[]),
    say("stop_watcher", &["stell", "ein", WATCHER], WATCHING, &[]),
    say("stop_watcher", &[WATCHER, "aus ab stopp"], WATCHING, &[]),
    say(
        "stop_watcher",
        &["no_longer", "ueberwach beobacht ueberwacht beobachtet", FOLDER],
        "werd zu+ stopp das",
        &[],
    ),
    say(
        "stop_watcher",
        &["hoer", FOLDER, "ueberwach beobacht ueberwachen beobachten"],
        "auf zu den damit",
        &[],
    ),
    say("stop_watcher", &["hoer", WATCHER, "auf"], WATCHING, &[]),
    // Exports
    say(
        "mark_for_export",
        &[
            "markier merk kennzeichn setz nimm pack fueg schreib stell leg flagg plan reih seh notier tu gib selektier",
            EXPORT,
        ],
        "vor auf hinzu ressource dokument resource eintrag es an datei ein als rein fest dieses zu akte objekt dies haben* werd sein dokumente zu+ ressourcen",
        &["resource"],
    ),
    say("mark_for_export", &["{resource}", "fuer zum", "export"], RESOURCE, &["resource"]),
    say("mark_for_export", &["{resource}", "auf", "exportliste"], RESOURCE, &["resource"]),
    say(
        "mark_for_export",
        &["soll+ sollen+ modal", EXPORT],
        "werd sein auf kommen geh markier merk vor dokument ressource mit rein",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &[
            "entfern loesch streich nimm wirf entmarkier heb schmeiss hol demarkier zieh lass stornier tu",
            EXPORT,
            "aus weg exportmarkierung markierung raus runter entmarkier zurueck demarkier ab vormerkung kennzeichnung von vom",
        ],
        "exportliste ressource dokument resource wieder markierung datei eintrag an vormerkung werd haben* akte objekt von es entfern loesch zu+",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["entfern loesch streich", "exportliste export"],
        "von vom ressource dokument resource datei eintrag wieder werd akte aus zu+ es",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["entmarkier demarkier", EXPORT],
        "ressource dokument",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["no_longer", EXPORT],
        "soll sollte darf muss sollen modal auf markier merk vor markiert vorgemerkt sein werd exportiert stehen steht ressource dokument es dabei exportier haben zu+ datei fuehr",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["schliess", "aus", EXPORT],
        "vom von ressource dokument",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &[
            "heb nimm loesch entfern streich mach zieh",
            "exportmarkierung markierung vormerkung kennzeichnung",
        ],
        "auf von vom wieder fuer export ressource dokument rueckgaengig weg zurueck raus ab werd an eintrag datei aus",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["no_longer", "exportier"],
        "ressource dokument werd modal",
        &["resource"],
    ),
];
