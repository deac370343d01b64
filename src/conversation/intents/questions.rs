//! Questions in English that are put in more ways than `machine` and `talk` list: of the narrower words of a topic, one of
//! a thing and one of its state.

use super::{
    Intent,
    bag::{Written, en},
};
use crate::host::Topic;

const PROCESSOR: &str = "cpu cpus processor processors core cores";
const MACHINE: &str = "machine system computer server box node you this it laptop pc host";

/// Everything that is understood besides; of equally sure phrases the first wins.
pub(super) const PHRASES: &[Written] = &[
    en(
        Intent::Host(Topic::Disk),
        &[
            "disk disks storage drive drives ssd hdd space gigabytes gigs gb terabytes filesystem partition home root diskspace harddisk",
            "free full left used usage running out available enough remaining room low nearly much many big large size capacity",
        ],
        "hard how space nearly almost on of out running low getting home root partition drive disk storage gigabytes still put save files",
    ),
    en(
        Intent::Host(Topic::Memory),
        &[
            "ram memory swap",
            "free full left used usage running out available enough nearly much many eating using consumption remaining low tight size big",
        ],
        "nearly almost out running of low getting how programs gigabytes gb in total installed megabytes",
    ),
    en(
        Intent::Host(Topic::Load),
        &[
            PROCESSOR,
            "load busy usage utilisation utilization working hard stress stressed strain sweating heavy percent used doing idle hot temperature heavily",
        ],
        "under a lot of hard how much average percentage of",
    ),
    en(
        Intent::Host(Topic::Load),
        &["load", "system average averages figures heavy cpu node machine current"],
        "under how",
    ),
    en(
        Intent::Host(Topic::Load),
        &[MACHINE, "busy stressed overloaded sweating slow working hard strain workload loaded"],
        "how under super much have hard too to do lot",
    ),
    en(
        Intent::Host(Topic::Uptime),
        &[
            "long since days hours time when last",
            "up running awake reboot rebooted boot booted restart restarted started online alive powered switched",
        ],
        "without many since when last of ago time turned start",
    ),
    en(
        Intent::Host(Topic::Os),
        &[
            "os kernel linux debian ubuntu distribution distro operating release system",
            "which version release name installed runs uses running this",
        ],
        "operating system of number linux kernel",
    ),
    en(
        Intent::Host(Topic::Users),
        &[
            "users user accounts account people logins",
            "logged exist list who which have all how login names in signed",
        ],
        "in on into many registered configured everybody",
    ),
    en(
        Intent::Host(Topic::Users),
        &["who anybody anyone somebody whos", "logged signed login account connected"],
        "in on ssh over has",
    ),
    en(
        Intent::Host(Topic::Listeners),
        &[
            "port ports socket sockets listening listens listener listeners listen",
            "open network connections which what who programs daemons show list exposes exposed bound listening processes tcp udp services",
        ],
        "connections open outside internet reachable from expose accepting incoming",
    ),
    en(
        Intent::Host(Topic::Firewall),
        &[
            "firewall ufw nftables iptables",
            "on off active running enabled working block blocks blocking dropping lets let rules ruleset status state switched up protecting allows allow \
             configured doing enable disabled traffic inactive",
        ],
        "through stuff what in show incoming everything firewall traffic how",
    ),
    en(
        Intent::Host(Topic::Services),
        &[
            "service services daemon daemons unit units systemd",
            "failed running active crash fallen crashed die died dead down up fine on broken stopped failing healthy list trouble state okay alive which what",
        ],
        "in failed state systemd did have has background",
    ),
    en(
        Intent::Host(Topic::Updates),
        &[
            "updates update upgrades packages package patches upgrade software patch",
            "available pending new waiting out upgraded updated outdated installed installing install need needed missing ready there many due upgradable security",
        ],
        "can be of date out how for installing to security updating there which do",
    ),
    en(
        Intent::Host(Topic::Logs),
        &[
            "log logs journal syslog errors error warnings warning",
            "errors error problems problem warnings warning bad alarming recent last happened occurred wrong strange today serious suspicious show latest critical",
        ],
        "messages entries system since boot last ten five twenty from things happened this morning night journal log logs anything recent what go hour \
         hours unusual lately recently",
    ),
    en(
        Intent::AskWeather,
        &[
            "sun sunny rain raining temperature snow umbrella weather",
            "outside today tomorrow need tonight weekend shining evening morning week",
        ],
        "this is it or going shining do bring take on",
    ),
    en(
        Intent::Time,
        &["time clock hour oclock", "what tell give current now whats reading late"],
        "reading late it is now on",
    ),
    en(Intent::Time, &["how", "late"], "it is"),
    en(
        Intent::Date,
        &["date day month weekday", "today todays which what current now"],
        "month week of year we having have it",
    ),
    en(
        Intent::Help,
        &["help assist support", "what how with which"],
        "new me you can things in for",
    ),
    en(
        Intent::Help,
        &[
            "capabilities features abilities skills functions",
            "your what list capabilities overview rundown are tell which",
        ],
        "of do have all offer",
    ),
    en(Intent::Help, &["capabilities"], ""),
    en(Intent::Help, &["what things stuff", "able do", "youre you"], "list of able all for me"),
    en(
        Intent::SmallTalk,
        &["obliged grateful thankful thanks thank cheers bravo appreciated appreciate"],
        "much most a lot so very mate for that was kind nice of your help you are helpful great job lovely sweet indeed everything buddy helping always",
    ),
    en(Intent::SmallTalk, &["joke jokes riddle funny"], "make laugh another good me"),
    en(
        Intent::SmallTalk,
        &["you", "great good nice fantastic wonderful amazing", "job work"],
        "did just are",
    ),
    en(
        Intent::SmallTalk,
        &["who whos", "made built created programmed invented designed developed", "you"],
        "actually",
    ),
    en(
        Intent::SmallTalk,
        &["you", "happy tired sad feeling feel okay bored hungry lonely fine"],
        "are how do today doing",
    ),
    en(Intent::SmallTalk, &["feeling"], "okay good fine alright today better"),
    en(Intent::AskName, &["your", "name"], "what tell me again remind"),
    en(Intent::AskName, &["you", "called named"], "how what are"),
    en(
        Intent::AskName,
        &["name call address", "should shall may do", "you", "what which how"],
        "by",
    ),
    en(
        Intent::AskIdentity,
        &[
            "who whom whos which",
            "i me im my",
            "am take think recognise recognize believe assume identify identity see speaking talking recognized",
        ],
        "do you for that am know person user currently according",
    ),
    en(Intent::AskIdentity, &["recognise recognize", "me"], "who do you still can voice"),
    en(
        Intent::AskIdentity,
        &["who which whos", "speaking talking using keyboard", "you with to"],
        "do know person is now at according",
    ),
    en(
        Intent::AskProfile,
        &[
            "about on of",
            "me myself mine",
            "stored know file saved have keep remember information details data hold kept record recorded stores",
        ],
        "everything what which you all facts that my personal every",
    ),
    en(Intent::AskProfile, &["my", "profile"], "show whats in contents data stored"),
    en(
        Intent::AskProfile,
        &["my mine", "data details information facts", "stored have know keep saved store"],
        "personal which of",
    ),
    en(
        Intent::AskConversationFact,
        &[
            "i my me we",
            "said say asked ask told tell question questions mentioned talked",
            "earlier before previous previously last first start beginning ago just minute",
        ],
        "what did repeat remind the was at of in this conversation chat our to about made have you which question ago talk one again words sentence message said",
    ),
    en(
        Intent::Forget,
        &[
            "forget forgetting drop erase clear delete wipe forgot",
            "conversation chat talk discussion dialogue",
        ],
        "memory from whole entire this everything we said must all stuff told your history what ive weve about now",
    ),
    en(
        Intent::Greet,
        &["morning evening afternoon hello hi hey hiya howdy greetings hullo yo"],
        "good to you dear my lady everyone there very all nice day",
    ),
];
