//! Word lists that no single intent owns. Words are lower case, without apostrophes, umlauts written out.

use crate::host::Language;
use std::{collections::HashSet, sync::LazyLock};

/// A set of words that is written as one string.
pub(super) type Words = LazyLock<HashSet<&'static str>>;

/// A set of words for each language.
pub(super) struct PerLanguage {
    english: Words,
    german: Words,
}

impl PerLanguage {
    pub(super) fn of(&self, language: Language) -> &HashSet<&'static str> {
        match language {
            Language::English => &self.english,
            Language::German => &self.german,
        }
    }
}

macro_rules! words {
    ($text:expr) => {
        LazyLock::new(|| $text.split(' ').collect())
    };
}

macro_rules! per_language {
    ($english:expr, $german:expr) => {
        PerLanguage { english: words!($english), german: words!($german) }
    };
}

/// Phrases for each language, in order.
pub(super) struct Phrases {
    english: &'static [&'static str],
    german: &'static [&'static str],
}

impl Phrases {
    pub(super) fn of(&self, language: Language) -> &'static [&'static str] {
        match language {
            Language::English => self.english,
            Language::German => self.german,
        }
    }
}

/// Who asks like this wants an explanation or instructions, which stand in documents.
pub(super) const EXPLAINING: &[&str] = &[
    "how do",
    "how can",
    "how to",
    "how should",
    "how would",
    "how could",
    "how does",
    "how did",
    "how is",
    "how are the",
    "what is a",
    "what is an",
    "whats a",
    "whats an",
    "what are",
    "what does",
    "what do",
    "what if",
    "does the node",
    "what happens",
    "what happened",
    "what is disk space",
    "free up",
    "wie kann",
    "wie koennte",
    "wie mache",
    "wie bekomme",
    "wie finde",
    "wie pruefe",
    "wie zeige",
    "wie sehe",
    "wie funktioniert",
    "wie wird",
    "wie werden",
    "was ist ein",
    "was ist eine",
    "was sind",
    "was bedeutet",
    "was heisst",
    "was passiert",
    "was macht",
];

/// Words that say nothing about what is wanted.
pub(super) static COMMON_ENGLISH: Words = words!(
    "\
    a again all an and any anyone are at been box can computer could current currently device did do does ey for \
    from get give got had has have hello here hey hi host how i id im in is it its just know lady ladylinux laptop \
    like linux local machine may me moment much my node now of ok okay old on our pc please present quick quickly \
    really right say see server show so some still system tell thanks that the there theres these this to today up \
    us want was we well what whats which will would you your youve"
);

/// Words with which a question about the machine is put; they say nothing about what is asked.
pub(super) static POLITE_ENGLISH: Words = words!(
    "\
    mind telling checking check looking look listing list giving give showing kindly report reporting whether if may might should interested \
    figures figure find out see whats curious wondering wonder could possibly perhaps quick quickly quickly thing one as with by be being \
    or very so wants information info details detail into having my mean id ill like love happen into great good dear madam sir favour favor \
    read display print out dump currently actually present presently please these those overall general generally sort kind exactly hows \
    summary overview status state each every both more also too even yet only think idea any via over used using moment right ask \
    question questions inform let know actual real anyway basically um uh er erm hmm well alright roughly honestly poor little seems remind hanging fresh nasty peek er yours put called say tell believe sorry excuse there thats thing things"
);

/// Words that say nothing about what is wanted.
pub(super) static COMMON_GERMAN: Words = words!(
    "\
    aktuell aktuelle aktuellen alle an auf bist bitte da danke das dass dein dem den denn der derzeit des die diesem \
    dieser dieses diese du ein eine einen einer eigentlich er es etwas geraet gerade gib gibt hallo hast hat habe \
    haben hey hier ich ihr im in ist jetzt kannst koenntest lady ladylinux laptop linux mal maschine mein meine \
    meinem mir moechte momentan moment nenne noch nun pc rechner rechners sag sage schon server sie sind system \
    systems uns unser unserem und viel viele vom von war was welche welchen welcher welches wenn wer wie wieviel \
    wieviele will wir wird wissen wo zeig zeige zu zur zum auch beim bei bis dich dir doch drauf dran drin eben ein einem etwa euch \
    fuer ganze ganzen ganz gar gleich halt hier irgendwas irgendwelche jemand kiste kann kasten koennte koennten koennen kurz liste mich noch ob \
    ob schau guck check pruef pruefe oder ok okay sag sagt sehen sehr seit sich so soeben solche sollte ueber uebrigens uns \
    welchem wirklich wohl bisschen zuletzt inzwischen mittlerweile lass los also ach hm na ja nochmal denn sieht geht steht stehen momentan \
    augenblick computer kisten aus am ans vorm zurzeit derzeitige derzeitigen gesamte verrat verrate nachschauen nachsehen anzeigen \
    auflisten daheim zuhause hause bald schnell ungefaehr genau besonders ueberhaupt sonst wuerde interessiert wuesste erzaehl erzaehle kleine kleinen \
    uebersicht ueberblick info infos status stand zustand angabe bitteschoen gern gerne mit werden worden wurde waren"
);

/// Words that the grammar never sees: hesitations, politeness, and the assistant's own name.
pub(super) static NOISE: PerLanguage = per_language!(
    "please kindly uh uhm um er erm hm hmm ah oh hey lady ladylinux alright anyway really",
    "bitte nee mal aeh aehm oeh hm hmm ach oh hey lady ladylinux na nun doch einfach eigentlich danke ey ui puh tja hoppla psst jaja naja gell jetz aeaeh bidde ma mensch ups oha och uff ne"
);

/// Words that the grammar may pass over: they say when or how, and not what.
pub(super) static SOFT: PerLanguage = per_language!(
    "ok okay now just right away immediately quickly again actually simply so well then",
    "ok okay jetzt gerade eben sofort schnell kurz schon wieder nochmal so also denn gern gerne ruhig uebrigens wohl grad soeben gar glatt nochmals"
);

/// What somebody may say before the matter.
pub(super) const OPENINGS: Phrases = Phrases {
    english: &[
        "hi there",
        "hello there",
        "hi",
        "hello",
        "good morning",
        "good evening",
        "good afternoon",
        "good day",
        "yes",
        "yeah",
        "by the way",
        "so",
        "well",
    ],
    german: &[
        "hi",
        "hallo zusammen",
        "hallo",
        "moin",
        "servus",
        "guten morgen",
        "guten abend",
        "guten tag",
        "gruess dich",
        "ja",
        "so",
        "uebrigens",
    ],
};

/// Words that could stand where a name stands, and are none; the words of the patterns are added to them.
pub(super) static NO_NAMES: PerLanguage = per_language!(
    "\
    plenty tired happy sad glad ready busy sick ill hungry thirsty cold hot warm late early back home away fine good bad well great okay \
    sorry afraid sure certain unsure bored alone lonely angry mad upset worried nervous scared excited proud able unable asleep \
    awake drunk sober broke free lost done finished new old young tall small big short rich poor pregnant married single divorced \
    retired deaf blind dead alive safe right wrong correct true false serious joking kidding german english french italian spanish \
    american british dutch swiss austrian irish scottish polish turkish russian european chinese japanese catholic vegan vegetarian \
    allergic aware curious interested confident confused crazy strange weird normal different special important famous jealous \
    dizzy sleepy exhausted hurt injured healthy fit weak strong stupid smart clever honest quiet loud calm relaxed stressed \
    monday tuesday wednesday thursday friday saturday sunday christmas easter january february march april june july august \
    september october november december morning evening afternoon night noon midnight time weather day week month year today \
    tomorrow yesterday always never not no none nothing everything everyone nobody somebody anybody very too also only even almost \
    he she they we you it who whom whose which where when why if because since while until though although unless before after \
    about above across against along among around as behind below beneath beside between beyond by down during except inside into \
    near off onto out outside over past per than through toward under upon via with within without yet still ever once soon \
    must shall should might ought need dare used going gonna doing being having making taking coming leaving looking waiting \
    working trying thinking wondering asking saying calling reading writing listening watching eating cooking sleeping driving \
    one two three four five six seven eight nine ten first second third next last other another same own such many few more most \
    less least enough lot lots bit kind sort thing things way part place case doctor teacher student engineer nurse lawyer \
    programmer developer owner user guest admin administrator boss man woman boy girl child adult human person robot computer \
    light lights door music alarm garage kitchen house room service node data taxi cab ambulance police uber pizza \
    said says say told tells wants want asked asks thinks maybe perhaps probably possibly hopefully definitely really quite pretty \
    rather somewhat totally completely absolutely extremely half all both each every neither either nor or but and then thus \
    male female masculine feminine neutral raining snowing over open closed on in at to from of for my your his her its our their \
    here there what how dark bright easy hard difficult possible impossible expensive cheap weird fun funny nice lovely beautiful \
    terrible horrible awful perfect amazing awesome cool interesting boring clear obvious enough crowded noisy that this these those \
    winter summer spring autumn milk mail post train bus taxi parcel package report keys stairs upstairs downstairs work school bed nowhere somewhere anywhere everywhere somehow please thanks thank welcome hello bye \
    btw stay shut remain touch dog cat baby kid kids children dinner lunch supper surprised pleased annoyed disappointed concerned satisfied convinced supposed allowed permitted forbidden responsible \
    available absent present missing gone left coming stuck hopeless homeless jobless speechless",
    "\
    nix gedaechtnis braeuchte brauche nehm nehme zieh ziehe muede gluecklich traurig froh fertig krank hungrig durstig kalt warm heiss spaet frueh zurueck weg gut schlecht klasse sauer \
    sicher unsicher bereit beschaeftigt allein alleine einsam wuetend boese nervoes aengstlich aufgeregt stolz wach betrunken pleite \
    frei verloren neu alt jung gross klein dick duenn reich arm schwanger verheiratet ledig geschieden taub blind tot lebendig \
    deutscher deutsche deutsch englaender englaenderin amerikaner oesterreicher schweizer franzose italiener tuerke pole veganer \
    vegetarier vegetarierin vegan katholisch evangelisch allergisch neugierig verwirrt verrueckt seltsam normal anders wichtig \
    eifersuechtig schwindelig erschoepft verletzt gesund fit schwach stark dumm schlau klug ehrlich ruhig laut entspannt gestresst \
    genervt begeistert enttaeuscht ueberrascht zufrieden dankbar satt nackt barfuss krankgeschrieben erkaeltet unterwegs draussen \
    drinnen daheim zuhause oben unten drueben hier dort da weg fort los dabei dran dafuer dagegen einverstanden \
    montag dienstag mittwoch donnerstag freitag samstag sonntag weihnachten ostern januar februar maerz april mai juni juli august \
    september oktober november dezember morgen abend mittag nacht mitternacht zeit wetter tag woche monat jahr heute gestern \
    uebermorgen immer nie niemals nicht kein keine keinen keiner keines nichts alles jeder jede niemand jemand sehr auch nur sogar \
    fast er sie es wir ihr du ich wer wen wem wessen welche welcher welches wo wann warum wieso weshalb wenn falls weil da obwohl \
    bevor nachdem waehrend bis seit ob als wie ueber unter neben zwischen vor hinter auf an in aus bei mit nach von zu durch fuer \
    gegen ohne um ausser statt trotz wegen noch nochmal bald gleich einmal zweimal muss musst soll sollte darf kann koennte will \
    wollte mag moechte wuerde werde wirst wird werden worden wurde habe hast hat haben hatte bin bist ist sind seid war waren \
    gewesen gegangen gekommen gemacht gesagt getan eins zwei drei vier fuenf sechs sieben acht neun zehn erste zweite dritte \
    naechste letzte andere anderer anderes gleiche eigene solche viele wenige mehr meist weniger genug bisschen art sache ding weise \
    teil ort fall arzt aerztin lehrer lehrerin student studentin ingenieur ingenieurin krankenschwester anwalt anwaeltin \
    programmierer programmiererin entwickler entwicklerin besitzer besitzerin eigentuemer eigentuemerin benutzer nutzer gast \
    rentner rentnerin schueler schuelerin hausmann hausfrau handwerker baecker polizist polizistin koch koechin \
    admin administrator chef mensch mann kind erwachsener person roboter computer rechner licht tuer musik alarm garage kueche \
    haus raum zimmer dienst knoten daten taxi besuch gaeste leute keiner einer eine ein einen einem der die das den dem des \
    sagt sagte meint meinte will fragt denkt glaubt vielleicht wahrscheinlich hoffentlich bestimmt wirklich ziemlich echt voll total \
    absolut extrem halb beide weder entweder oder aber und dann also doch mal bitte danke hallo tschuess maennlich weiblich neutral \
    mein dein sein unser euer meine deine seine unsere eure meinen deinen seinen mich dich sich uns euch mir dir ihm ihn ihnen \
    winter sommer fruehling herbst milch post zug bus paket bericht brief schluessel termin problem frage antwort dunkel hell leicht schwer schwierig moeglich unmoeglich teuer billig lustig nett schoen huebsch schrecklich furchtbar perfekt \
    toll super cool interessant langweilig klar eng dies dieser diese dieses jener schade egal wahr falsch richtig soweit spaeter \
    schuld weiss kenne kennt glaube denke finde gern gerne lieber zuerst zuletzt bloss regen sonnig gruen blau rot schwarz"
);

/// Titles are part of a name, though the patterns use them.
pub(super) static TITLES: PerLanguage = per_language!(
    "aunt uncle grandma grandpa grandad granddad nan gran granny mr mrs miss ms dr doctor auntie nana",
    "oma opa tante onkel frau herr herrn mama papa mutti vati doktor dr"
);

/// Words that deny. No command is understood in a text that has one.
pub(super) static NEGATIONS: PerLanguage = per_language!(
    "not no never none nothing nobody neither nor without cannot dont hardly",
    "nicht nie niemals kein keine keinen keinem keiner keines nichts niemand weder ohne keinesfalls keineswegs nimmer nirgends nix"
);
