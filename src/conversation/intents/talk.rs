//! Talk: greetings, help, time, and questions about the conversation and about who is speaking, in English and German.
//! Words are lower case, without apostrophes, umlauts written out.

use super::{
    Intent,
    bag::{Written, de, en},
};

/// What is asked about the weather and the like; the documents are not asked that.
pub(super) const PERSONAL: &[Written] = &[
    en(
        Intent::AskWeather,
        &["weather forecast"],
        "hows like going be tomorrow today tonight weekend week outside out there how weekend next days morning afternoon evening tomorrows \
         todays about expect should later nice good bad it outlook monday tuesday wednesday thursday friday saturday sunday look looking",
    ),
    en(
        Intent::AskWeather,
        &[
            "rain raining rainy snow snowing snowy umbrella jacket coat sunglasses sunny sunshine storm stormy windy thunderstorm thunderstorms raincoat cloudy foggy hail drizzle freezing icy sun",
            "will is going should do does it today tomorrow tonight weekend need",
        ],
        "be later outside this afternoon morning evening expect take bring wear shine today tomorrow there need we week out soon stop weekend",
    ),
    en(
        Intent::AskWeather,
        &[
            "cold warm hot degrees temperature chilly mild cool",
            "outside outdoors tomorrow tonight weekend today",
        ],
        "how hows is it will be get going out there what many temperature",
    ),
    de(
        Intent::AskWeather,
        &["wetter wetterbericht wettervorhersage wetteraussichten"],
        "morgen heute wochenende am wie wird werden soll abend nachmittag draussen naechsten tage woche so aus sieht vorhersage sagt \
         vorhersage uebermorgen gut schoen schlecht soll mit steht uebers fuer ausschauen schaut machen wird aussichten sehen montag \
         dienstag mittwoch donnerstag freitag samstag sonntag bleibt werde kommende",
    ),
    de(
        Intent::AskWeather,
        &[
            "regen regnet regnen schnee schneit schneien regenschirm schirm sonnig gewitter gewittern stuermisch windig regenjacke neblig \
             hagelt glatt glaette friert frost sonne sonnenschein stuermt bewoelkt wolkig gewittert schneefall",
            "es heute morgen brauche brauch wird ist draussen gibt soll scheint kommt muss am wochenende abend bleibt",
        ],
        "nachmittag frueh spaeter noch einen eine werden mitnehmen ich braucht mal geben soll morgen heute scheinen bald abend nacht wir aufhoeren auf draussen wochenende",
    ),
    de(
        Intent::AskWeather,
        &[
            "kalt warm heiss grad temperatur temperaturen kuehl mild",
            "draussen morgen heute wochenende abend nacht",
        ],
        "wie viel wird es ist werden hat haben wir viele am aussen sind",
    ),
];

/// What is asked of the node in general; questions for the documents sound alike.
pub(super) const PHRASES: &[Written] = &[
    // Time
    en(Intent::Time, &["time oclock clock"], "timezone zone local"),
    en(Intent::Time, &["timezone"], "time am"),
    de(Intent::Time, &["uhrzeit zeitzone"], "spaet sagen verraten"),
    de(Intent::Time, &["spaet", "wie"], ""),
    de(Intent::Time, &["uhr", "viel wieviel"], ""),
    // Date
    en(Intent::Date, &["date"], "today todays day"),
    en(Intent::Date, &["day weekday", "what which whats"], "today week month year date"),
    de(Intent::Date, &["datum wochentag"], "heute heutige heutigen tag"),
    de(Intent::Date, &["tag wievielte wievielten", "heute welcher welchen wir"], "heute woche"),
    // Forget
    en(
        Intent::Forget,
        &["forget clear delete erase wipe", "conversation chat history dialogue"],
        "said whole ive talked about weve",
    ),
    en(Intent::Forget, &["forget", "everything"], "said whole ive talked about weve"),
    en(Intent::Forget, &["start begin", "over new"], "conversation chat lets fresh"),
    en(Intent::Forget, &["new", "conversation chat"], "lets"),
    de(
        Intent::Forget,
        &["vergiss loesche vergesse", "gespraech unterhaltung chat verlauf konversation dialog"],
        "ganze gesagt bisherige",
    ),
    de(Intent::Forget, &["vergiss vergesse", "alles"], "ganze gesagt bisherige"),
    de(Intent::Forget, &["neues neue neuer", "gespraech unterhaltung chat"], "beginne starte"),
    // Help
    en(Intent::Help, &["help"], "need with something"),
    en(Intent::Help, &["can could", "you i", "do ask"], "what things else everything"),
    en(Intent::Help, &["who what", "are", "you"], "exactly"),
    de(Intent::Help, &["hilfe hilf"], "brauche benoetige"),
    de(
        Intent::Help,
        &["was", "kannst kann", "du ich alles"],
        "fragen alles dich tun machen so fuer mich",
    ),
    de(Intent::Help, &["wer was", "bist", "du"], ""),
    // Greeting
    en(
        Intent::Greet,
        &["hello hi hey greetings howdy hiya"],
        "everyone everybody friend world good morning evening afternoon nice meet",
    ),
    en(Intent::Greet, &["good", "morning evening afternoon day"], "everyone"),
    de(Intent::Greet, &["hallo moin servus hi hey"], "zusammen guten tag morgen abend"),
    de(Intent::Greet, &["guten gruess schoenen", "morgen abend tag dich gott"], "zusammen"),
];
