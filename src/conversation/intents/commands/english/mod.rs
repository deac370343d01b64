//! How commands are given in English.

mod frames;

use super::{Written, say};
pub(super) use frames::{
    FILLERS, FILLERS_OF_WISHES, GERUNDS, PARTS, PASSING, REQUESTS, TELLINGS, WISHES,
    asks_at_the_end,
};

const LIGHT: &str = "light lights lamp lamps lighting lightbulb bulb bulbs lightbulbs illumination chandelier lantern lanterns spotlight spotlights";
const TURN: &str = "get turn switch put flip set turned* switched* put* turning* switching* putting* flick make bring go power powered* \
    powering* snap toggle click flipping* flicked* flipped* hit have ceiling main overhead reading desk bedside big little small";
const MUSIC: &str = "music song track playback playing tune tunes audio player playlist album songs radio sound media stereo tracks \
    podcast audiobook record";
const DOOR: &str = "door doors {door}";
const CLOSE: &str = "close shut closing* shutting* closed* shut*";
const ALARM: &str = "alarm alarms siren sirens";
const ALARMED: &str = "system house home security burglar intruder burglary thief make the siren noise ringing beeping blaring \
    going smoke fire door from wailing sounding";
const SERVICE: &str = "service daemon unit {service}";
const SERVED: &str = "called named service daemon unit systemd on machine box node server computer host name system background with by";
const EXPORT: &str = "export exports exporting exported exportation";
const EXPORTED: &str = "resource document item to list as it in up file entry record be ready on queue things one set selection ones \
    files documents resources items batch next ready get getting into with number id candidate";
const UNEXPORTED: &str = "resource document item from list mark marking flag it out of off selection entry queue on to set tag record \
    file things one ones files documents resources items batch be marked flagged tagged being number id status away mark";
const UPGRADE: &str =
    "refresh update upgrade renew refreshing* updating* updated* refreshed* upgraded* upgrading*";
const SELF: &str = "yourself node assistant self";
const FOLDER: &str = "folder directory inbox dropfolder";
const WATCHER: &str = "watcher watching monitoring monitor observing surveillance watchers";

/// Every way that is understood.
pub(super) const PHRASES: &[Written] = &[
    say("refresh", &["get", "yourself node", "refreshed updated upgraded"], RELEASE, &[]),
    say("unmark_for_export", &["unmark unflag", "resource {resource}"], UNEXPORTED, &["resource"]),
    say("start_watcher", &["make", "watcher", "go run start work"], WATCH, &[]),
    say("start_watcher", &["begin start", "looking watching watch", FOLDER], WATCH_ON, &[]),
    say("stop_watcher", &["make", "watcher", "stop"], WATCH, &[]),
    say(
        "stop_watcher",
        &["stop finish end quit", "looking watching", FOLDER],
        "at the new files for with drop let",
        &[],
    ),
    say("pause_music", &["make", MUSIC, "stop pause"], MOMENT, &[]),
    say("pause_music", &["make", "pause", MUSIC], "to", &[]),
    say("pause_music", &["give", MUSIC, "rest break"], "pause little", &[]),
    say("pause_music", &[MUSIC, "pause"], "to", &[]),
    say("open_garage", &["make", "{garage}", "open"], "up", &["garage"]),
    say("close_door", &["make", DOOR, "shut closed close down"], "go", &["door"]),
    say("turn_on_light", &["make", LIGHT], "", &["location"]),
    say("turn_on_light", &["pop stick", LIGHT, "on"], "", &["location"]),
    say("turn_off_light", &["pop", LIGHT, "off"], "", &["location"]),
    say("disable_alarm", &["disarm"], "", &[]),
    say("set_volume", &["vol", "{level}"], LOUDER, &["level"]),
    say(
        "delete_all_data",
        &["throw clean nuke full", "away out wipe all", "data everything"],
        KEPT,
        &[],
    ),
    say("delete_all_data", &["get", "rid", "all every", "data"], KEPT, &[]),
    say("refresh", &["give", "yourself", "update refresh upgrade"], RELEASE, &[]),
    say("refresh", &["let get", "yourself you", "updated refreshed upgraded"], RELEASE, &[]),
    say("rollback_node", &["make", "yourself", "old previous"], EARLIER, &[]),
    say("rollback_node", &["hop", "back", "release version"], "were you on previously to", &[]),
    say("rollback_node", &["take", "back", "release version"], "one a node yourself", &[]),
    say(
        "rollback_node",
        &["return go", "version release", "before", "update upgrade"],
        "had you to back",
        &[],
    ),
    say("disable_service", &["take", "out", "service", "disable"], SERVED, &["service"]),
    say("start_watcher", &["wake", "watcher"], WATCH, &[]),
    say("stop_watcher", &["put", "watcher", "sleep"], "to stop", &[]),
    say("mark_for_export", &["get put", "list", EXPORT], "onto on", &["resource"]),
    say("mark_for_export", &["mark flag", "exported"], "gets so it be", &["resource"]),
    say(
        "unmark_for_export",
        &["cleared* removed*", "flag mark", EXPORT],
        UNEXPORTED,
        &["resource"],
    ),
    say("rollback_node", &["go step move", "back", "version release update"], "one a to by", &[]),
    say(
        "start_watcher",
        &["let have get", "watcher", "run start running watch work working started going"],
        WATCH,
        &[],
    ),
    say("mark_for_export", &["{resource}", "for", "export"], "", &["resource"]),
    say("turn_on_light", &[LIGHT, "on"], TURN, &["location"]),
    say(
        "turn_on_light",
        &["activate enable start activating* activated* enabling* ignite kindle fire", LIGHT],
        "up",
        &["location"],
    ),
    say(
        "turn_on_light",
        &["light illuminate brighten lit* lighten illuminating* lighting*", "{location}"],
        "up it with make lights",
        &["location"],
    ),
    say("turn_on_light", &["bright brighter light", "make", "{location}"], "it", &["location"]),
    say("turn_on_light", &["some*", "light lighting"], "be more", &["location"]),
    say("turn_on_light", &["make bring", LIGHT, "bright shine work come"], "up on", &["location"]),
    say("turn_off_light", &[LIGHT, "off out"], OFF, &["location"]),
    say(
        "turn_off_light",
        &[
            "kill extinguish douse deactivate cut disable killing* extinguishing* extinguished* deactivating* deactivated* quench",
            LIGHT,
        ],
        "off",
        &["location"],
    ),
    say("turn_off_light", &["shut power", LIGHT, "down off"], "", &["location"]),
    say("turn_off_light", &["darken", "{location}"], "completely", &["location"]),
    say("turn_off_light", &["make", "{location}", "dark"], "", &["location"]),
    say("set_volume", &["volume loudness", "{level}"], LOUDER, &["level"]),
    say("set_volume", &[SPEAKER, "{level}"], LOUDER, &["level"]),
    say("set_volume", &["turn set crank", "it", "{level}"], LOUDER, &["level"]),
    say("set_volume", &["volume loudness"], LOUDER_AND, &[]),
    say("set_volume", &[SPEAKER, "up down louder quieter softer lower higher"], LOUDER_AND, &[]),
    say(
        "set_volume",
        &["mute silence muting* unmute", "sound audio volume speakers speaker stereo"],
        "",
        &[],
    ),
    say("set_volume", &["louder quieter softer"], LOUDER_AND, &[]),
    say(
        "pause_music",
        &[
            "pause stop halt hold interrupt suspend pausing* stopping* halting* holding* paused* stopped* freeze quit cease kill",
            MUSIC,
        ],
        MOMENT,
        &[],
    ),
    say("pause_music", &["pause", "what whatever"], "is playing on running", &[]),
    say("pause_music", &["pause"], MOMENT, &[]),
    say(
        "pause_music",
        &[MUSIC, "off"],
        "turn switch put shut turning* switching* cut moment second sec bit while minute cutting* turned* switched*",
        &[],
    ),
    say(
        "pause_music",
        &["put take have give", MUSIC, "pause hold break rest"],
        "on from moment second sec bit while minute",
        &[],
    ),
    say(
        "close_door",
        &[CLOSE, DOOR],
        "it up pull push bring get swing* properly behind",
        &["door"],
    ),
    say("close_door", &["pull push swing slam bring", DOOR, "shut closed to"], "to", &["door"]),
    say("close_door", &["get", DOOR, "shut closed"], "", &["door"]),
    say("close_door", &[DOOR, "shut* closed* shut closed"], "get", &["door"]),
    say(
        "open_garage",
        &["open opening* opened* open* unlock", "{garage}"],
        "up wide get it gate",
        &["garage"],
    ),
    say("open_garage", &["raise lift roll", "{garage}"], "up open", &["garage"]),
    say("open_garage", &["get let have", "{garage}", "open up"], "into in me us it", &["garage"]),
    say("open_garage", &["let", "into in", "{garage}"], "me us open it up", &["garage"]),
    say("open_garage", &["{garage}", "up"], "bring put move send go roll", &["garage"]),
    say(
        "disable_alarm",
        &[
            "disable deactivate disarm silence stop unset disabling* deactivating* disarming* silencing* disabled* disarmed* deactivated* \
             defuse mute kill cancel end quiet shush silenced* stopping* stopped* cut unarm",
            ALARM,
        ],
        ALARMED,
        &[],
    ),
    say(
        "disable_alarm",
        &["disarm deactivate disable disarming* disarmed*", "house home security place"],
        "system everything",
        &[],
    ),
    say("disable_alarm", &["disarm unarm", "system"], "", &[]),
    say("disable_alarm", &["security", "system", "off"], "turn switch shut put turned*", &[]),
    say(
        "disable_alarm",
        &[ALARM, "off"],
        "turn switch shut put turned* switched* turning* switching* shutting* set power system house home security burglar \
         intruder take get smoke fire",
        &[],
    ),
    say("disable_alarm", &["shut", ALARM, "down up"], "system", &[]),
    say(
        "delete_all_data",
        &[
            ERASE,
            "all every complete entire whole",
            "data information records everything storage database bit contents content files",
        ],
        KEPT,
        &[],
    ),
    say("delete_all_data", &[ERASE, "everything"], KEPT, &[]),
    say(
        "delete_all_data",
        &[
            "delete erase wipe remove destroy purge clear",
            "all",
            "stored saved have know hold keep",
        ],
        KEPT,
        &[],
    ),
    say(
        "delete_all_data",
        &["wipe erase", "node yourself storage"],
        "clean completely entire whole complete data all down off",
        &[],
    ),
    say(
        "delete_all_data",
        &["wipe get", "clean rid", "node yourself everything data"],
        "of all you have stored",
        &[],
    ),
    say(
        "delete_all_data",
        &["factory", "reset"],
        "do perform a run yourself node to settings make carry out full complete",
        &[],
    ),
    say("refresh", &[UPGRADE, SELF], RELEASE, &[]),
    say("refresh", &[UPGRADE, "own", "software code system programme program"], RELEASE, &[]),
    say("refresh", &["bring get bringing*", SELF, "date"], RELEASE, &[]),
    say("refresh", &[UPGRADE, "own"], RELEASE, &[]),
    say(
        "refresh",
        &["do perform run start trigger make initiate begin launch carry execute", "refresh"],
        "out own node cycle",
        &[],
    ),
    say("refresh", &["self"], "update refresh upgrade do perform run start trigger begin", &[]),
    say(
        "refresh",
        &[
            "install fetch download switch move go upgrade get pull grab take load jump apply",
            "newest latest newer current newly",
            "release version update",
        ],
        "to on yourself node of own the get over for and self down in",
        &[],
    ),
    say("rollback_node", &["roll rolling* rolled* rewind", "back"], EARLIER, &[]),
    say(
        "rollback_node",
        &["rollback"],
        "do perform a run start make trigger carry out initiate begin execute to previous last old earlier release version node yourself \
         we need launch",
        &[],
    ),
    say(
        "rollback_node",
        &[
            "go revert return switch move downgrade change get restore reinstall bring going* reverting* returning* switching* take put \
             reset load install use run step back fall restored* reinstate",
            "previous last old older earlier prior before preceding former",
            "release version state update one software build",
        ],
        "back to one yourself node on from down of you own software again",
        &[],
    ),
    say(
        "rollback_node",
        &[
            "undo revert reverse cancel undoing* reverting* withdraw roll uninstall",
            "last latest recent previous newest new own",
            "update refresh upgrade release version",
        ],
        "yourself node back of and go old older previous version earlier to most",
        &[],
    ),
    say(
        "rollback_node",
        &["undo reverse revert", "update refresh upgrade"],
        "of node yourself last",
        &[],
    ),
    say(
        "rollback_node",
        &["downgrade revert", SELF],
        "to previous last old older earlier release version back one",
        &[],
    ),
    say(
        "disable_service",
        &["disable deactivate disabling* deactivating* disabled* deactivated*", SERVICE],
        SERVED,
        &["service"],
    ),
    say(
        "disable_service",
        &[
            "turn switch shut turning* switching* shutting* turned* switched* put",
            "off down",
            SERVICE,
        ],
        SERVED,
        &["service"],
    ),
    say("start_watcher", &[START, WATCHER], WATCH_ON, &[]),
    say(
        "start_watcher",
        &["turn switch turning* switching* turned* switched* put bring get", "on up", WATCHER],
        WATCH,
        &[],
    ),
    say(
        "start_watcher",
        &["watcher monitoring", "on running started going active"],
        "get get* turn switch put set up folder drop make inbox file",
        &[],
    ),
    say(
        "start_watcher",
        &["watch monitor observe watching* monitoring* observing*", FOLDER],
        WATCH_ON,
        &[],
    ),
    say(
        "start_watcher",
        &["keep have", "eye watch", FOLDER],
        "on over drop an files new open file",
        &[],
    ),
    say(
        "stop_watcher",
        &[
            "stop end halt quit deactivate disable cease terminate finish suspend stopping* ending* deactivating* disabling* stopped* kill \
             pause discontinue paused* ended* suspended* disabled* deactivated* pausing*",
            "watcher watching monitoring observing monitor watch surveillance watchers",
        ],
        WATCH,
        &[],
    ),
    say(
        "stop_watcher",
        &[
            "turn switch shut turning* switching* shutting* turned* switched* take power",
            "off down",
            WATCHER,
        ],
        WATCH,
        &[],
    ),
    say("stop_watcher", &["no_longer", "watch monitor observe watching", FOLDER], WATCH, &[]),
    say("stop_watcher", &["watcher monitoring", "off"], "folder drop inbox turn switch file", &[]),
    say(
        "mark_for_export",
        &[
            "mark flag tag select choose queue schedule earmark nominate marking* flagging* marked* flagged* selected* put add include line \
             set designate pick reserve tagged* queued* included* added* label note enqueue",
            EXPORT,
        ],
        EXPORTED,
        &["resource"],
    ),
    say(
        "mark_for_export",
        &["should shall must needs", "marked flagged selected tagged", EXPORT],
        "be to resource document",
        &["resource"],
    ),
    say(
        "mark_for_export",
        &["export", "mark flag tag label"],
        "set put add give on to resource document item it attach get",
        &["resource"],
    ),
    say("unmark_for_export", &[UNMARK, EXPORT], UNEXPORTED, &["resource"]),
    say(
        "unmark_for_export",
        &["unmark unflag untag deselect unselect", "{resource}"],
        UNEXPORTED,
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &[
            "take pull get strike cross leave taking* scratch kick taken* keep",
            EXPORT,
            "off out from",
        ],
        "of list resource document item mark marking flag it queue away selection things set files tag back",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["should shall must", "no_longer", "marked flagged on exported selected listed", EXPORT],
        "be resource document item it list to",
        &["resource"],
    ),
    say(
        "unmark_for_export",
        &["no_longer", "mark flag export select list", "export {resource}"],
        "resource document item it should be marked list do on for",
        &["resource"],
    ),
];

const OFF: &str = "get turn switch put flip set turned* switched* put* turning* switching* putting* flick make shut shutting* go power \
    powered* powering* cut be toggle click flicked* flipped* hit have ceiling main overhead reading desk bedside big little small";
const SPEAKER: &str = "music sound audio song speaker speakers radio playback stereo";
const LOUDER: &str = "get crank push set turn put change adjust bring raise lower reduce increase decrease make to at down up level percent \
    go setting* turning* changing* turned* lowering* raising* drop music audio sound speakers volume turn it by way loud play all exactly \
    about around from back and lowered* raised* set* put* have speaker stereo playback master only";
const LOUDER_AND: &str = "set change adjust turn raise lower reduce increase decrease modify up down make louder quieter higher softer bring \
    level changing* adjusting* turning* raising* lowering* put alter music sound speakers crank a bit little touch slightly much playing \
    tad notch lot stereo somewhat raised* lowered* turned* more play";
const ERASE: &str = "delete erase wipe remove destroy purge clear deleting* erasing* wiping* deleted* erased* wiped* removed* cleared* \
    destroyed* purged* eliminate shred scrub";
const START: &str = "start launch begin activate enable resume run starting* launching* activating* started* fire restart enabled* activated* \
    launched* restarted* resumed* kick";
const UNMARK: &str = "unmark unflag untag deselect unselect remove delete drop exclude withdraw clear cancel erase unmarking* removing* \
    dequeue unqueue strip revoke undo removed* unmarked* dropped* excluded* cancelled* canceled* unschedule";
const MOMENT: &str = "on moment second sec seconds bit while minute briefly little short minutes playing currently what is";
const KEPT: &str = "on from you have stored saved kept recorded collected collect node machine device that which has been is know hold \
    completely permanently there everything all data stored store save remember this contents content of with it out away off lot \
    entirely forever box ever every last single bit piece entire complete whole down for good and clean server storage held \
    got records files information gathered contain own";
const RELEASE: &str = "away latest newest new newer version release to own software itself current on do run perform make an up date of out off \
    start begin trigger carry launch execute initiate doing* running* install update refresh upgrade get bring most recent and system of \
    code running";
const EARLIER: &str = "to previous last old older earlier prior before release version node yourself update one state former on of from \
    refresh upgrade recent latest preceding go software by step again the assistant";
const WATCH: &str = "folder drop inbox directory service file files for new incoming again up it over dropfolder out process on";
const WATCH_ON: &str = "folder drop inbox directory service file files for new incoming start again up it over dropfolder out process on \
    watching begin keep running off";
