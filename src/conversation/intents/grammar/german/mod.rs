//! What people say about themselves, others and permissions, and to the node about itself, in German; umlauts written out.
//! The form of a pattern is told in [`super::pattern`]. Earlier patterns win, so the narrow ones stand first.

mod frame_words;
pub(super) mod frames;
mod permissions;
mod preferences;
mod presence;
mod talk;

use super::pattern::Row;

/// Parts that many patterns share.
pub(super) const MACROS: &[(&str, &str)] = &[
    (
        "ask",
        "(du kannst|du darfst|du sollst|du solltest|kannst du|koenntest du|wuerdest du|magst du|ich moechte dass du|ich will dass du|\
      ich haette gern dass du|ich haette es gern wenn du|ich wuenschte du|waerst du so nett und|sei so nett und|koennen sie|\
      koennten sie|wuerden sie|ab jetzt)",
    ),
    (
        "always",
        "[ab jetzt|von jetzt an|ab sofort|in zukunft|kuenftig|zukuenftig|ab heute|von nun an|stattdessen|lieber|immer|nur noch|\
      ab nun|weiterhin|wenn du mit mir sprichst|wenn du mit mir redest|heute|in zukunft lieber|ab jetzt lieber|ab jetzt nur noch|fortan]",
    ),
    (
        "front",
        "(ab jetzt|von jetzt an|ab sofort|in zukunft|kuenftig|zukuenftig|ab heute|von nun an|ab nun|von mir aus|meinetwegen|fortan)",
    ),
    (
        "my",
        "(mein|meine|meinen|meinem|meiner|unser|unsere|unseren|unserem|unserer|sein|seine|ihr|ihre|der|die|das|den|dem|ein|eine|einen|\
      einem|einer|noch ein|noch eine)",
    ),
    (
        "kin",
        "([beste|bester|neue|neuer|alte|alter|kleine|kleiner|grosse|grosser|liebe|lieber|aeltere|juengere|juengerer|aelterer|guter|gute|\
      besten|neuen|kleinen|grossen] (bruder|schwester|mutter|mama|mutti|vater|papa|vati|sohn|tochter|frau|mann|partner|\
      partnerin|freundin|freund|nachbar|nachbarin|kollege|kollegin|chef|chefin|mitbewohner|mitbewohnerin|cousin|cousine|\
      tante|onkel|oma|grossmutter|opa|grossvater|neffe|nichte|gast|besuch|besucher|besucherin|kind|vermieter|babysitter|enkel|\
      enkelin|schwager|schwaegerin|schwiegermutter|schwiegervater|verlobter|verlobte|kumpel|lehrer|lehrerin|arzt|pflegerin|\
      zwilling|zwillingsbruder|zwillingsschwester|person|maedchen|junge|gaeste|freunde|eltern|kinder|nachbarn|leute|\
      kollegen|handwerker|putzfrau|ehemann|ehefrau|bekannter|bekannte|nachbarn|bruders|mitarbeiter|mitarbeiterin))",
    ),
    (
        "stranger",
        "([noch|irgend] (jemand|jemand neues|jemand anders|jemand anderes|jemand fremdes|eine person|eine weitere person|ein gast|\
      eine neue person|ein neuer gast|ein besucher|leute|gaeste|ein fremder|irgendjemand|irgendwer|einer|ein weiterer gast|neuer besuch|\
      besuch)|$my [$my] $kin)",
    ),
    ("who", "({name}|$my $kin {name}|{name} $my $kin|$stranger)"),
    (
        "beside",
        "(neben mir|bei mir|bei uns|mir gegenueber|gegenueber von mir|mir gegenueber|hinter mir|vor mir|links von mir|rechts von mir|\
      an meiner seite|mit mir [hier]|mit im raum|mit im zimmer|hier im raum|hier im zimmer|da drueben|dort drueben|dort|hier|da|\
      zu besuch|am tisch|auf dem sofa)",
    ),
    (
        "arrived",
        "([gerade|eben|neu|noch|zu uns|zur tuer|ins zimmer|in den raum|ins haus|nach hause|zu besuch|durch die tuer|hier|bei uns|zum gespraech|mit] \
      [zur tuer|ins zimmer|in den raum|durch die tuer|zu besuch|dazu|ins haus] \
      (reingekommen|hereingekommen|hereinspaziert|reinspaziert|dazugekommen|hinzugekommen|angekommen|gekommen|eingetroffen|eingetreten|\
      aufgetaucht|dazugestossen|hinzugestossen|zurueckgekommen|heimgekommen|heimgekehrt|vorbeigekommen|reingeschneit|hereingetreten|\
      erschienen|zurueckgekehrt|hineingekommen|reingelaufen|reinmarschiert|hergekommen|mitgekommen|dazugesetzt|\
      eingetrudelt|hereingeschneit))",
    ),
    (
        "gone",
        "([nach hause|ins bett|schlafen|weg|raus|wieder|nach oben|zur arbeit|heim|aus dem raum|aus dem zimmer|aus dem haus|nach draussen|schon] \
      (gegangen|gefahren|weggegangen|rausgegangen|hinausgegangen|heimgegangen|losgefahren|weggefahren|abgehauen|aufgebrochen|\
      verschwunden|heimgefahren|abgereist|fortgegangen|abgefahren|losgegangen|abgezogen|ausgegangen|abgedampft|weitergefahren|verabschiedet))",
    ),
    (
        "leaver",
        "($who|er|sie|beide|alle|die anderen|der andere|die andere|alle gaeste|unsere gaeste|die gaeste|die beiden|der besuch)",
    ),
    (
        "group_perm",
        "([alle|saemtliche|jede|seine|ihre|die|das|den|meine|wieder|eine|deine|jegliche] (berechtigung|berechtigungen|erlaubnis|recht|\
      rechte|zugriff|zugang|befugnis|befugnisse|freigabe|freigaben|kontrolle|zugriffsrechte|zugriffsrecht|genehmigung|vollmacht|vollmachten|steuerung))",
    ),
    ("for", "(fuer|auf|zu|zum|zur|ueber|an|bei|bezueglich|in bezug auf)"),
    (
        "nomore",
        "(nicht mehr|nicht laenger|nie mehr|nie wieder|ab jetzt nicht mehr|ab sofort nicht mehr|kuenftig nicht mehr|nicht|keinesfalls mehr|\
      jetzt nicht mehr|in zukunft nicht mehr)",
    ),
    (
        "tell",
        "(sagen|verraten|mitteilen|nennen|erzaehlen|zeigen|geben|weitergeben|weitersagen|preisgeben|offenlegen|weiterleiten|bekanntgeben|\
      anvertrauen|ausplaudern)",
    ),
    (
        "tellst",
        "(sagst|verraetst|mitteilst|nennst|erzaehlst|zeigst|gibst|weitergibst|weitersagst|preisgibst|offenlegst)",
    ),
    (
        "know",
        "(wissen|erfahren|kennen|sehen|hoeren|haben|einsehen|bekommen|lesen|abrufen|mitbekommen|kriegen)",
    ),
    ("known", "(weiss|erfaehrt|kennt|sieht|hoert|bekommt|einsieht|liest)"),
    (
        "earlier",
        "[vorhin|vorher|zuerst|eben|gerade|zuletzt|davor|zuvor|frueher|vor einer minute|am anfang|zu beginn|als erstes|vor ein paar minuten|\
      gerade eben|als letztes|zum schluss|bisher|in diesem gespraech|heute|ganz am anfang|anfangs|eben gerade|vor kurzem|vor zwei minuten]",
    ),
    ("to_me", "[mir|mich|dich|dir|von dir|zu dir|von mir]"),
    ("bday", "(geburtstag|geburtsdatum|geburtstagsdatum|geburtstagstag)"),
];

/// Everything with free words, in German; earlier rows win.
pub(super) const ROWS: [&[Row]; 4] =
    [talk::ROWS, presence::ROWS, preferences::ROWS, permissions::ROWS];
