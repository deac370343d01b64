//! What the commands are known by in English.

use super::super::{
    super::{CommandName, Intent},
    Written, spot,
};

const fn command(name: &'static str) -> Intent {
    Intent::Command(CommandName::builtin(name))
}

const LIGHT: &str =
    "light lights lamp* lighting *bulb bulb* lightbulb* chandelier lantern* spotlight*";
const MUSIC: &str =
    "music song* track* tune* playback playlist* radio podcast audiobook album* player sound*";
const DOOR: &str = "{door} door doors";
const ALARM: &str = "alarm* siren* burglar";
const DATA: &str =
    "data information info stor* record* database* everything memory content* file* know saved";
const FOLDER: &str = "folder inbox directory dropfolder drop";
const OLD: &str = "previous prior old older earlier former last before preceding";
const TO: &str = "{resource} export* mark* flag* tag* list";

/// The things, the actions on them, and the places.
pub(super) const COMMANDS: &[Written] = &[
    spot(
        command("turn_off_light"),
        &[&[LIGHT], &["off out extinguish* kill douse dark* deactivat* cut"]],
        "on brighter",
        &["location"],
    ),
    spot(
        command("turn_off_light"),
        &[&["{location}"], &["dark* darken"]],
        "light lights on too so it's is",
        &["location"],
    ),
    spot(
        command("turn_on_light"),
        &[&[LIGHT], &["on activat* enabl* bright* illuminat* ignite make"]],
        "off called",
        &["location"],
    ),
    spot(
        command("turn_on_light"),
        &[&["{location}"], &["illuminat* brighten* bright* lit"]],
        "off out dark less",
        &["location"],
    ),
    spot(
        command("turn_on_light"),
        &[&["some need want more"], &["light lighting"]],
        "off out no less",
        &["location"],
    ),
    spot(
        command("set_volume"),
        &[
            &["volum* loudness sound speaker* music audio stereo it"],
            &["{level}"],
            &[
                "set turn chang* adjust* put make rais* lower* increas* decreas* reduc* bring crank* dial* percent % to level volume loudness",
            ],
        ],
        "{resource}",
        &["level"],
    ),
    spot(
        command("set_volume"),
        &[
            &["volum* loudness"],
            &[
                "set turn chang* adjust* put make rais* lower* increas* decreas* reduc* bring crank* dial* up down different louder quieter softer",
            ],
        ],
        "",
        &["level"],
    ),
    spot(command("set_volume"), &[&["louder quieter softer"]], "", &["level"]),
    spot(
        command("set_volume"),
        &[&[MUSIC], &["turn crank dial bring"], &["up down"]],
        "off",
        &["level"],
    ),
    spot(
        command("pause_music"),
        &[
            &[MUSIC],
            &[
                "paus* stop* halt* hold* interrupt* suspend* off silence* cease quit break cut hush kill",
            ],
        ],
        "",
        &[],
    ),
    spot(
        command("close_door"),
        &[&[DOOR], &["close* closing shut* pull push slam down"]],
        "",
        &["door"],
    ),
    spot(
        command("open_garage"),
        &[&["{garage}"], &["open* up raise* lift* roll unlock* let"]],
        "",
        &["garage"],
    ),
    spot(
        command("disable_alarm"),
        &[
            &[ALARM],
            &[
                "off disabl* deactivat* disarm* silenc* stop* quiet* kill* mute* unarm* end* cancel* shut down switch",
            ],
        ],
        "on arm enable",
        &[],
    ),
    spot(command("disable_alarm"), &[&["disarm* unarm*"]], "", &[]),
    spot(
        command("disable_alarm"),
        &[&["security"], &["system"], &["off disabl* deactivat* disarm* down"]],
        "on",
        &[],
    ),
    spot(
        command("delete_all_data"),
        &[
            &[DATA],
            &["delet* eras* wip* remov* destroy* purg* clear* clean* rid nuke empty gone"],
            &["all every everything complet* entire* whole total* full* any"],
        ],
        "my me mine our robot birthday conversation chat dishes profile",
        &[],
    ),
    spot(command("delete_all_data"), &[&["factory"], &["reset restor* settings"]], "", &[]),
    spot(
        command("refresh"),
        &[&["yourself itself self node assistant you your"], &["refresh* updat* upgrad* renew*"]],
        "back* roll* undo* revert* previous clock list downgrade* service {service} packages system",
        &[],
    ),
    spot(
        command("refresh"),
        &[
            &["install* fetch* download* get load pull switch move go"],
            &["new newest latest newer current"],
            &["release version update software"],
        ],
        "back* roll* undo* revert* previous which",
        &[],
    ),
    spot(
        command("rollback_node"),
        &[
            &["back release* version* updat* upgrad* node you yourself", "rollback downgrad*"],
            &["roll* rollback revert* undo* reverse* downgrad*"],
        ],
        "",
        &[],
    ),
    spot(
        command("rollback_node"),
        &[
            &["release* version* build state"],
            &[OLD],
            &["back go return* switch* restor* instal* use put take want bring revert* need"],
        ],
        "roll* undo* downgrad* reverse*",
        &[],
    ),
    spot(
        command("disable_service"),
        &[
            &["{service} service daemon"],
            &["disabl* deactivat* turn switch shut stop* kill* off no_longer"],
        ],
        "watch* alarm* music on enabl* start*",
        &["service"],
    ),
    spot(
        command("disable_service"),
        &[&["services"], &["disabl* deactivat*"]],
        "watch* alarm*",
        &["service"],
    ),
    spot(
        command("stop_watcher"),
        &[
            &["watch* monitor* observ* surveil*"],
            &[
                "stop* end halt quit off deactivat* disabl* paus* no_longer ceas* sleep suspend* finish* terminat* kill* rest break",
            ],
        ],
        "",
        &[],
    ),
    spot(
        command("stop_watcher"),
        &[&[FOLDER], &["eye look*"], &["stop* end* quit no_longer cease finish*"]],
        "",
        &[],
    ),
    spot(
        command("start_watcher"),
        &[
            &["watcher* watching monitoring surveillance watch"],
            &["start* begin* on resum* activat* enabl* launch* run* work* going go up again"],
        ],
        "stop* end halt quit off deactivat* disabl* paus* no_longer ceas* sleep movie film tv down",
        &[],
    ),
    spot(
        command("start_watcher"),
        &[&[FOLDER], &["watch* monitor* observ* eye look*"]],
        "stop* end halt quit off deactivat* disabl* paus* no_longer ceas* sleep down what",
        &[],
    ),
    spot(
        command("unmark_for_export"),
        &[
            &[TO],
            &[
                "unmark* unflag* untag* remov* off drop* cancel* withdraw* no_longer clear* deselect* exclud*",
            ],
            &["export* unmark* unflag* untag* mark* flag* list"],
        ],
        "",
        &["resource"],
    ),
    spot(
        command("unmark_for_export"),
        &[&["{resource} export*"], &["take* put get"], &["out off"], &["export* list"]],
        "",
        &["resource"],
    ),
    spot(
        command("mark_for_export"),
        &[
            &["export*"],
            &["mark* flag* tag* put add* select* includ* set queue earmark* ready {resource}"],
        ],
        "take unmark* unflag* untag* remov* off drop* cancel* withdraw* no_longer clear* deselect* exclud*",
        &["resource"],
    ),
];
