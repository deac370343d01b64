//! Talk, and questions about the node, the conversation and oneself, in German.

use super::super::{super::Intent, pattern::Row};
use crate::host::Topic;

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    // Talk
    (Intent::AskName, "(wie|was) heisst du [denn]"),
    (
        Intent::AskName,
        "(wie|was) (ist|lautet|war) dein [richtiger|voller|eigener] name [nochmal|noch]",
    ),
    (Intent::AskName, "wie heissen sie"),
    (
        Intent::AskName,
        "(sag|sage|verrat|verrate|nenn|nenne|kannst du|koenntest du) [mir] [mir] (deinen namen|wie du heisst) [sagen|nennen|verraten]",
    ),
    (Intent::AskName, "dein name"),
    (
        Intent::AskName,
        "wie (soll|kann|darf|muss|koennte) ich (dich|zu dir) [nennen|ansprechen|rufen|sagen]",
    ),
    (
        Intent::AskName,
        "wie (nennt|ruft|nennen) (man|sie|dich) [dich] [die leute|alle|andere|deine nutzer]",
    ),
    (Intent::AskName, "wie wirst du [von anderen] (genannt|gerufen)"),
    (
        Intent::AskName,
        "(hast du|hast du auch|hast du ueberhaupt) [auch] [einen|nen] [eigenen] namen",
    ),
    (Intent::AskName, "auf welchen namen hoerst du"),
    (Intent::AskName, "(welchen namen|was fuer einen namen) (hast|traegst) du"),
    (Intent::AskName, "mit wem (spreche|rede|unterhalte) ich [mich] [hier|denn]"),
    (
        Intent::AskIdentity,
        "[weisst du [noch]|sag mir|kannst du [mir] sagen|rat mal|erkennst du|weisst du denn|sag|kannst du erkennen] wer (bin ich|ich bin) [denn|fuer dich|ueberhaupt]",
    ),
    (
        Intent::AskIdentity,
        "(fuer wen|fuer welche person) (haeltst|hast|nimmst) du mich [gehalten|denn]",
    ),
    (
        Intent::AskIdentity,
        "(was|wen) (glaubst|denkst|meinst|vermutest) du (wer ich bin|wen du vor dir hast|mit wem du (sprichst|redest)|wer [hier|da] (spricht|redet))",
    ),
    (
        Intent::AskIdentity,
        "(wer glaubst du|wer denkst du|wer meinst du) [dass|] (bin ich|ich bin|spricht hier|hier spricht|ich sei|spricht [mit dir])",
    ),
    (
        Intent::AskIdentity,
        "[weisst du|sag mir|kannst du sagen|weisst du denn|kannst du mir sagen] (mit wem (sprichst|redest|unterhaeltst) du [dich]|mit wem du [hier] [dich] (sprichst|redest|unterhaeltst)|wer [hier|da|] (spricht|redet|mit dir spricht|mit dir redet))",
    ),
    (Intent::AskIdentity, "wer (spricht|redet) (hier|da|mit dir|zu dir) [mit dir]"),
    (
        Intent::AskIdentity,
        "(wie heisse ich|wie ist mein name|wie lautet mein name|was ist mein name) [denn|nochmal]",
    ),
    (
        Intent::AskIdentity,
        "(weisst du [noch]|sag mir|kannst du mir sagen) (wie ich heisse|meinen namen)",
    ),
    (
        Intent::AskIdentity,
        "(erkennst|kennst|hast) du (mich|meine stimme) [noch|wieder|ueberhaupt|erkannt|wiedererkannt]",
    ),
    (
        Intent::AskIdentity,
        "(als wen|als wer|als welche person|als welchen nutzer|als welchen benutzer) (siehst|erkennst|hast|kennst|behandelst|fuehrst) du mich [erkannt|an|eingeordnet]",
    ),
    (
        Intent::AskIdentity,
        "(als wer|als wen|als welcher nutzer|als welcher benutzer) bin ich [bei dir|hier] [angemeldet|eingeloggt|erkannt]",
    ),
    (Intent::AskIdentity, "(welcher benutzer|welcher nutzer|welche person) bin ich [fuer dich]"),
    (Intent::AskIdentity, "wen hast du [gerade|] vor dir"),
    (Intent::AskIdentity, "(was|wen) siehst du in mir"),
    (
        Intent::AskProfile,
        "[sag mir|zeig mir|zeige mir|erzaehl mir|kannst du mir sagen|ich will wissen|ich moechte wissen|nenn mir|nenne mir|liste auf|sag mal] (was|alles was|was alles|welche (daten|informationen|infos|angaben|dinge|sachen|persoenlichen daten)|wie viel|wieviel|was fuer (daten|informationen|infos)) (weisst du|hast du|speicherst du|kennst du|du|ist|sind|wurde|steht|weiss [der|dieser|dein] [knoten|node]|hat [der|dieser|dein] [knoten|node]|merkst du dir) [alles|so|denn|hier|eigentlich|alle|bei dir] (ueber|von|zu) (mich|mir|meiner person) [alles] [weisst|gespeichert|hast|gespeichert hast|abgelegt|gemerkt|notiert|bei dir|bisher|speicherst|hier|im profil|aufgeschrieben|gesammelt|gelernt|behalten|abgespeichert|hinterlegt|aufgezeichnet|erfasst|vorliegen] [hast|sind]",
    ),
    (
        Intent::AskProfile,
        "(hast du|weisst du|speicherst du|kennst du) [irgendwas|etwas|was|irgendetwas|daten|informationen] [ueber|von|zu] (mich|mir) [gespeichert|notiert|abgelegt]",
    ),
    (
        Intent::AskProfile,
        "hast du (daten|informationen|etwas|was|irgendetwas|irgendwas) (ueber|von|zu) (mich|mir) [gespeichert]",
    ),
    (
        Intent::AskProfile,
        "(welche|was fuer) (meiner daten|daten von mir) (hast|speicherst|kennst|sind) du [gespeichert]",
    ),
    (
        Intent::AskProfile,
        "(zeig|zeige|oeffne|lies|lies mir|nenn|sag mir|kannst du mir|ich moechte|ich will) [mir] [mal] (mein profil|meine daten|meine gespeicherten daten|meine persoenlichen daten) [vor|an|zeigen|sehen|anzeigen|vorlesen]",
    ),
    (
        Intent::AskProfile,
        "was steht [alles] (in meinem profil|ueber mich (drin|in deinem speicher|in meinem profil|bei dir|im profil))",
    ),
    (
        Intent::AskConversationFact,
        "was (hab|habe|hatte|haben) (ich|wir) $to_me [denn] $earlier $to_me [alles] (gefragt|gesagt|erzaehlt|wissen wollen|besprochen|geredet|gesprochen|diskutiert|erwaehnt|beredet) $earlier",
    ),
    (
        Intent::AskConversationFact,
        "(weisst du noch|erinnerst du dich|sag mir|kannst du mir sagen|wiederhol|wiederhole|weisst du|erinner mich|erinnere mich|sag nochmal|erinnerst du dich noch [daran]) [daran|noch] (was|wonach) (ich|wir) $to_me $earlier $to_me (gefragt|gesagt|erzaehlt|wissen wollte|besprochen|geredet|gesprochen) [habe|hab|hatte|haben]",
    ),
    (
        Intent::AskConversationFact,
        "[was war [nochmal]|wie war|wie lautete|wie hiess|wiederhol|wiederhole|kannst du|sag mir|weisst du noch|nenn mir|lies mir|erinnerst du dich an|was waren] (meine|unsere|die) (letzte|vorige|letzten|vorherige|erste|ersten|vorletzte|fruehere|letztes|vorherigen) [zwei|drei] (frage|fragen|aussage|bitte|nachricht|worte|satz|thema|themen|anfrage) [nochmal|noch einmal|wiederholen|sagen|vorlesen|vor|von mir|die ich gestellt habe|an dich|gewesen|die ich dir gestellt habe]",
    ),
    (
        Intent::AskConversationFact,
        "was war das [letzte|erste|was] [was] ich [zuletzt|dich|dir|zu dir] [dich|dir] (gefragt|gesagt) [habe|hab]",
    ),
    (
        Intent::AskConversationFact,
        "(was wollte ich|wonach hab ich|wonach habe ich|nach was habe ich|nach was hab ich|wonach hatte ich) $to_me $earlier [von dir|dich] (wissen|gefragt)",
    ),
    (
        Intent::AskConversationFact,
        "(welche|was fuer eine) frage (hab|habe|hatte) ich [dir] $earlier [dir] gestellt",
    ),
    (
        Intent::AskConversationFact,
        "(worueber|ueber was|wovon|von was) (haben|hatten) wir $earlier (gesprochen|geredet|diskutiert|uns unterhalten|es) [gehabt]",
    ),
    (
        Intent::AskConversationFact,
        "(worum|um was) ging es $earlier [in (diesem|unserem) gespraech]",
    ),
    (
        Intent::AskConversationFact,
        "was (hast|hattest) du [mir] (vorhin|vorher|eben|gerade|zuletzt|davor|zuvor) [mir] [darauf] (gesagt|geantwortet|erzaehlt)",
    ),
    (
        Intent::AskConversationFact,
        "(was war|wie war|wie lautete|wiederhol|wiederhole|kannst du) deine letzte (antwort|aussage|frage) [nochmal|wiederholen]",
    ),
    (
        Intent::Forget,
        "[$ask] (vergiss|vergesse|vergessen|vergisst) [alles|] (was|worueber|alles was|das was|alles worueber) (wir|ich|du) $to_me [alles|hier] $earlier (besprochen|gesagt|geredet|erzaehlt|gesprochen|diskutiert|gefragt|beredet) [haben|hab|habe|hast] [vergessen]",
    ),
    (
        Intent::Forget,
        "(vergiss|vergesse) (das|es|dies|das alles|alles|das ganze|all das|alles wieder|das ganze gespraech|die ganze unterhaltung|unser gespraech|unsere unterhaltung|unseren chat|die unterhaltung|diesen chat|dieses ganze gespraech) [wieder|von eben|von vorhin]",
    ),
    (
        Intent::Forget,
        "(loesch|loesche|losche|verwirf|leere|loeschen|entferne) (dieses|das|unser|unsere|diese|die|den|diesen|unseren) [ganze|ganzen|bisherige|bisherigen|gesamte|gesamten] (gespraech|unterhaltung|chat|gespraechsverlauf|verlauf|dialog|chatverlauf|konversation)",
    ),
    (
        Intent::Forget,
        "(dieses|das|unser|unsere|diese|die|den|diesen|unseren) [ganze|ganzen|bisherige|gesamte] (gespraech|unterhaltung|chat|gespraechsverlauf|dialog|chatverlauf|konversation) [wieder] (vergessen|loeschen|verwerfen)",
    ),
    (
        Intent::Forget,
        "[$ask] (dieses|das|unser|unsere|diese|die) [ganze] (gespraech|unterhaltung|chat) [wieder] (vergessen|vergisst|loeschen)",
    ),
    (
        Intent::Forget,
        "(lass uns|wir fangen|fangen wir|ich moechte|koennen wir|fang|beginnen wir) [nochmal|noch einmal|wieder|ganz] (von vorn|von vorne|neu|von null|ganz von vorn) [anfangen|beginnen|an|starten]",
    ),
    (
        Intent::Help,
        "(wobei|womit|wie|bei was|mit was) (kannst|koenntest|kann) du [mir|mich|uns] [alles] [so] (helfen|unterstuetzen|behilflich sein|dienen|weiterhelfen|nuetzlich sein)",
    ),
    (
        Intent::Help,
        "[erklaer mir|sag mir|zeig mir|erzaehl mir|erklaere mir|kannst du mir sagen] (was du [alles] [so] kannst|was du fuer mich tun kannst|was du alles fuer mich tun kannst|was ich [dich] [alles] fragen kann|wobei du mir helfen kannst|was du alles machen kannst)",
    ),
    (
        Intent::Help,
        "(welche|was fuer) (funktionen|faehigkeiten|befehle|aufgaben|fragen|sachen|dinge|kommandos|moeglichkeiten) (hast|kannst|kennst|verstehst|beherrschst|beantwortest|bietest|gibt|kann|habe) (du|es|ich) [alles|beantworten|erledigen|uebernehmen|machen|hier|dich fragen|mit dir|dir stellen|an]",
    ),
    (
        Intent::Help,
        "was (kannst|koenntest|machst|beherrschst) du [alles|so|denn] [alles|so] [fuer mich|fuer uns] [tun|machen|erledigen|eigentlich]",
    ),
    (
        Intent::Help,
        "was (sind deine (funktionen|faehigkeiten|aufgaben|moeglichkeiten)|ist deine aufgabe|hast du drauf|hast du alles drauf|hast du so drauf)",
    ),
    (
        Intent::Help,
        "was kann (ich|man) (dich|mit dir|dir|hier|bei dir|zu dir) [alles] (fragen|machen|sagen|tun|anfangen|anstellen)",
    ),
    (
        Intent::Help,
        "wofuer (bist du [gut|da|zustaendig]|kann ich dich [benutzen|verwenden|gebrauchen|nutzen])",
    ),
    (
        Intent::SmallTalk,
        "[hallo|hi|und|na] wie (geht es dir|geht es|gehts dir|gehts|laeuft es|geht es ihnen|war dein tag|fuehlst du dich|ist deine laune|ist die stimmung|geht es dir so|laeuft es so|laeufts|war deine nacht|war dein wochenende|ist es dir ergangen) [heute|denn|so|heute morgen|bei dir]",
    ),
    (
        Intent::SmallTalk,
        "(danke|dankeschoen|danke schoen|vielen dank|herzlichen dank|tausend dank|besten dank|ich danke dir|hab dank|danke dir|merci|schoenen dank) [dir|sehr|vielmals|fuer die hilfe|fuer deine hilfe|fuer alles|dafuer|das war hilfreich|lieb von dir|du bist die beste]",
    ),
    (
        Intent::SmallTalk,
        "[kannst du|koenntest du|weisst du|kennst du|hast du|magst du|ich moechte|ich will] [erzaehl|erzaehle|sing|singe|sag|sage|mach|kennst|weisst|lies] [mir|uns|du] [noch] [einen|ein|eine|nen|n|was] [guten|gutes|kurze|kurzen|schoenes|schoene|lustigen|witzigen] (witz|witze|raetsel|gedicht|lied|geschichte|lustiges|witziges|gutenachtgeschichte|scherz|maerchen) [erzaehlen|vorsingen|singen|vortragen|aufsagen|auf lager|fuer mich|hoeren|vor]",
    ),
    (Intent::SmallTalk, "bring mich zum lachen"),
    (
        Intent::SmallTalk,
        "(erzaehl|erzaehle|sag) [mir|uns] (etwas|was|irgendwas) (lustiges|schoenes|witziges|nettes|interessantes)",
    ),
    (
        Intent::SmallTalk,
        "(wer|von wem) (hat dich|wurdest du|bist du) (gemacht|gebaut|erschaffen|programmiert|entwickelt|erfunden|geschrieben|geschaffen|entworfen|trainiert|erstellt|gebastelt)",
    ),
    (
        Intent::SmallTalk,
        "wer (ist|war|sind) (dein|deine) (schoepfer|erfinder|entwickler|hersteller|programmierer|vater|mutter|eltern|macher|erbauer)",
    ),
    (
        Intent::SmallTalk,
        "bist du [ein|eine] [echter|echte|richtiger] (mensch|roboter|maschine|ki|echt|computer|bot|muede|gluecklich|traurig|verheiratet|klug|schlau|lebendig|intelligent|da|wach|mann|frau|kuenstliche intelligenz|langweilig|einsam|hungrig|gut gelaunt|ein programm|programm|single|noch da|zufrieden)",
    ),
    (Intent::SmallTalk, "ich (liebe|mag|hasse|vermisse|hab|habe) dich [sehr|auch|lieb|vermisst]"),
    (
        Intent::SmallTalk,
        "du bist [so|sehr|echt|wirklich|ganz schoen|ja|ein|eine|die|der] [echte|echt] (toll|lustig|nett|schlau|klug|suess|super|die beste|beste|witzig|lieb|dumm|doof|nervig|cool|klasse|hilfreich|spitze|schatz|gute zuhoererin|genial|grossartig|prima|freundlich|langweilig)",
    ),
    (
        Intent::SmallTalk,
        "(gute nacht|auf wiedersehen|tschuess|bis bald|bis spaeter|bis morgen|schlaf gut|schoenen tag noch|schoenen abend noch|schoenen tag|schoenen abend|mach es gut|machs gut|ciao|bis dann|schoenes wochenende|schoenen feierabend|bis zum naechsten mal|ade|lebe wohl)",
    ),
    (
        Intent::SmallTalk,
        "(gut gemacht|sehr gut|super gemacht|toll gemacht|super|toll|prima|klasse|perfekt|wunderbar|schoen|das ist (toll|nett|lieb von dir|super|schoen|lustig|nett von dir)|tut mir leid|entschuldigung|sorry|freut mich|schoen dich kennenzulernen|frohe weihnachten|alles gute|herzlichen glueckwunsch|gern geschehen|bitteschoen|haha|gute arbeit|das hast du (gut|toll|super|fein) gemacht)",
    ),
    (
        Intent::SmallTalk,
        "(wie alt bist du|wo (wohnst du|kommst du her|lebst du)|woher kommst du|wann (wurdest du geboren|hast du geburtstag)|was (machst du [heute|so|da]|denkst du|magst du|haeltst du von mir|treibst du [so])|(magst|liebst) du (mich|musik|menschen|tiere|katzen|hunde|pizza|kaffee|witze)|(schlaefst|traeumst) du [auch|nachts|manchmal]|hast du (gefuehle|hunger|freunde|familie|geschwister|eine seele|hobbys|langeweile|gut geschlafen|spass|haustiere)|wie siehst du aus|was gibt es neues|gibt es was neues|alles (klar|gut|in ordnung|fit) [bei dir]|was geht [ab]|was ist los|wie findest du mich)",
    ),
    (
        Intent::SmallTalk,
        "(was ist dein|was ist deine|welches ist dein|welche ist deine|hast du eine|hast du ein) [liebstes] (lieblingsfarbe|lieblingsessen|lieblingslied|lieblingsfilm|lieblingstier|lieblingsbuch|hobby|lieblingswitz|lieblingsmusik)",
    ),
    // Questions that sound as if they were asked of the documents
    (
        Intent::Host(Topic::Load),
        "hat (der|die|das) (rechner|maschine|server|system|kiste) [viel|gerade viel] zu tun",
    ),
    (
        Intent::Host(Topic::Os),
        "auf (welchem|was fuer einem) (betriebssystem|linux|system) laeufst du",
    ),
    (Intent::Host(Topic::Firewall), "gibt es [hier] eine firewall"),
    (Intent::Date, "was fuer (ein tag|ein wochentag|einen tag) (ist|haben wir) [heute]"),
    (Intent::Date, "was ist heute [fuer ein (tag|datum|wochentag)]"),
];
