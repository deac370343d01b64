//! What questions and talk are known by in English.

use super::super::{
    super::Intent::{
        AskConversationFact, AskIdentity, AskName, AskProfile, AskWeather, Date, Forget, Greet,
        Help, Host, SmallTalk, Time,
    },
    Written, spot,
};
use crate::host::Topic;

const ASKS: &str = "what how is are can tell show give which do does have has any much many who let check look see know when list was where's status";

/// Machine facts first, then talk.
pub(super) const QUESTIONS: &[Written] = &[
    spot(Host(Topic::Firewall), &[&["firewall*"]], "disable open_the", &[]),
    spot(
        Host(Topic::Memory),
        &[&["ram memory swap mem"], &[ASKS, "left free used enough full"]],
        "forget remember delete",
        &[],
    ),
    spot(
        Host(Topic::Disk),
        &[
            &["disk* drive* storage space ssd gigabyte* hdd partition*"],
            &[ASKS, "left free full used"],
        ],
        "robot delete wipe",
        &[],
    ),
    spot(
        Host(Topic::Load),
        &[
            &["cpu load processor* busy workload cores hard working sweat*"],
            &["cpu processor* load machine computer box you system it server busy"],
            &[ASKS],
        ],
        "network services",
        &[],
    ),
    spot(
        Host(Topic::Listeners),
        &[&["port ports listening listen* socket*"], &[ASKS, "open"]],
        "",
        &[],
    ),
    spot(
        Host(Topic::Services),
        &[
            &["service* daemon* units"],
            &[
                "fail* broken running run down crash* working trouble status wrong dead up active healthy problem*",
            ],
        ],
        "disable",
        &[],
    ),
    spot(
        Host(Topic::Updates),
        &[
            &["update* upgrade* outdated patch* updating packages"],
            &[ASKS, "available pending need* behind waiting"],
        ],
        "yourself install node_",
        &[],
    ),
    spot(
        Host(Topic::Logs),
        &[&["log logs error errors wrong journal failures problems issues warnings"], &[ASKS]],
        "service services with_me",
        &[],
    ),
    spot(
        Host(Topic::Uptime),
        &[&["uptime reboot* rebooted restarted boot booted"], &[ASKS]],
        "",
        &[],
    ),
    spot(
        Host(Topic::Uptime),
        &[
            &["long since when"],
            &["running run up on awake"],
            &["you machine computer box server system this it"],
        ],
        "light music look",
        &[],
    ),
    spot(
        Host(Topic::Os),
        &[
            &["os linux debian ubuntu fedora distro* distribution* kernel operating"],
            &[ASKS, "this version"],
        ],
        "",
        &[],
    ),
    spot(
        Host(Topic::Users),
        &[&["user users logged account* login*"], &[ASKS]],
        "my me birthday",
        &[],
    ),
    spot(
        AskName,
        &[
            &["called name call"],
            &["you your yours yourself"],
            &["what what's how do whats go tell remind have forgotten who"],
        ],
        "me my",
        &[],
    ),
    spot(AskName, &[&["you your yourself"], &["go"], &["by"]], "", &[]),
    spot(AskIdentity, &[&["who"], &["i"], &["am think believe"]], "not", &[]),
    spot(AskIdentity, &[&["know recognise recognize known"], &["me i"], &["who"]], "not", &[]),
    spot(
        AskProfile,
        &[
            &[
                "know* stored store* have saved remember* hold kept keep record* profile data information info",
            ],
            &["me my myself"],
            &["about on profile my"],
            &[ASKS, "everything"],
        ],
        "birthday_is delete wipe said",
        &[],
    ),
    spot(
        AskConversationFact,
        &[
            &["said say asked ask talk* discuss* mention* told question"],
            &["i we my our"],
            &["before earlier last previous* just ago minute first beginning start"],
        ],
        "open garage alarm light watcher",
        &[],
    ),
    spot(
        Forget,
        &[
            &["forget* forgotten erase delete clear wipe drop"],
            &["conversation chat* said everything talked discussion discussed that this"],
        ],
        "not name birthday light data called you_are",
        &[],
    ),
    spot(
        AskWeather,
        &[
            &[
                "weather rain* snow* sunny umbrella brolly coat jacket forecast cold hot warm storm* nice temperature degrees wet frost sun",
            ],
            &[
                "today tomorrow weekend tonight outside out later will going is need any afternoon morning week",
            ],
        ],
        "light heating_ music",
        &[],
    ),
    spot(
        Time,
        &[&["time clock late hour"], &["what what's say* tell* show* read* got is have how know"]],
        "last next first long times every long_ due running up machine node",
        &[],
    ),
    spot(
        Date,
        &[&["date day today today's month"], &["what what's which tell is know"]],
        "birthday born weather busy work load",
        &[],
    ),
    spot(
        Help,
        &[
            &[
                "abilities jobs tasks functions capabilities capable features assist* help* commands skills offer hand",
            ],
            &["you your me"],
            &["what how which can tell list show help* explain"],
        ],
        "i_do weather light how_do",
        &[],
    ),
    spot(
        SmallTalk,
        &[
            &[
                "thank* cheers bless star brilliant* great joke funny awesome lovely wonderful clever sweet amazing love good nice",
            ],
            &["you you're tell that ever me job so did"],
        ],
        "what when where light music if",
        &[],
    ),
    spot(
        SmallTalk,
        &[&["how how's hows"], &["life treating going doing feeling day things"], &["you your it"]],
        "memory ram cpu disk machine",
        &[],
    ),
    spot(
        Greet,
        &[
            &["hi hello hey hiya greetings howdy good"],
            &["back there lady again to day morning evening afternoon all everyone"],
        ],
        "what light is",
        &[],
    ),
];
