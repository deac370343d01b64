//! The kinds of words that frames ask for.

use std::{collections::HashSet, sync::LazyLock};

macro_rules! words {
    ($name:ident, $text:expr) => {
        pub(super) static $name: LazyLock<HashSet<&'static str>> =
            LazyLock::new(|| $text.split_whitespace().collect());
    };
}

// Whatever has one of these is a question, a condition, a report, or about another time.
words!(
    ELSE,
    "erinnere erinner ruf rufe schick schicke mail schreib such suche finde wer was wann warum wieso weshalb wo wohin woher wieviel falls sobald sofern solange bevor nachdem waehrend angenommen stell sagt sagte \
    gesagt meint meinte behauptet behauptete erzaehlt erzaehlte schreibt schrieb geschrieben steht lautete hiess waere waeren haette haetten wuerde dachte glaube glaubst glaubte vielleicht \
    morgen uebermorgen gestern spaeter nachher bald oder uebersetze uebersetz buchstabiere ob jeden immer abends morgens nachts naechste naechsten letzte letzten \
    kommt kam welche welcher welches welchen frueher damals fast beinahe"
);
words!(
    NOMORE,
    "no_longer entzieh entziehe entziehen entzogen widerruf widerrufe widerrufen verbiete verbiet verbieten verboten untersage untersag sperr sperre sperren gesperrt \
    streich streiche streichen gestrichen nimm nehme nehmen zuruecknehmen wegnehmen zurueckgenommen verliert keine kein keinen keinerlei keinem nichts nie aufhoer hoer hoere beende aufheben heb loesch loesche \
    schluss zurueckziehen ziehe zieh stopp geheim entfern entferne storniere kuendige nimmer weg zurueck geht behalte behalt"
);
words!(
    PERMIT,
    "erteilt erlaubst musikrechte systemrechte beantrage darf duerfen duerfte dar erlaube erlaub erlauben erlaubst erlaubt erlaubnis gestatte gestatten gestattet gestattest berechtigung berechtigungen berechtigt zugriff zugang recht \
    rechte freigabe genehmige genehmigen genehmigt genehmigung befugt befugnis lass lasse lassen laesst einverstanden einwilligung zustimmung ordnung okay ok dagegen gewaehre \
    gewaehr gewaehren erteile erteil erteilen gib gebe geben bekommt erhaelt kriegt kann soll sollte segen vollmacht ermaechtige ermaechtigt autorisiere autorisiert \
    freie ueberlasse ueberlass einverstaendnis stimme kontrolle steuerung steuern bedienen ruhig gern zugriffsrecht zugriffsrechte befugnisse freigaben zulassen freigeben freischalten \
    ran koennen koennte recht berechtige freigegeben ermoegliche bitte bekommen kriegen sag sage verrat verrate erzaehl erzaehle nenn nenne teil teile zeig zeige wissen erfahren"
);
words!(
    TELL,
    "sag sage sagen sagst verrat verrate verraten verraetst erzaehl erzaehle erzaehlen erzaehlst nenn nenne nennen nennst teil teile teilen mitteilen mitteilst zeig zeige zeigen gib geben weitergeben \
    weitergibst weitersagen wissen weiss erfahren erfaehrt kennen kennt sehen hoeren hoert haben bekommen kriegen einwilligung zustimmung einverstanden einverstaendnis wort preisgeben geht \
    anvertrauen offenlegen weiterleiten ausplaudern geheim mich mir rausruecken herausgeben rausgeben"
);
words!(
    GONE,
    "entfernt weg fort raus gegangen weggegangen rausgegangen heimgegangen losgefahren weggefahren abgehauen aufgebrochen verschwunden heimgefahren abgereist fortgegangen abgefahren \
    losgegangen verabschiedet verlassen verlaesst gefahren hinausgegangen heimweg ausgezogen abgedampft gehen heim los losgezogen weitergezogen abgeholt davon \
    verduftet verzogen hinaus no_longer herausgegangen rausgelaufen fortgefahren davongefahren abgetaucht verlaeuft geht"
);
words!(
    CAME,
    "reingekommen hereingekommen dazugekommen hinzugekommen angekommen gekommen eingetroffen eingetreten aufgetaucht dazugestossen hinzugestossen zurueckgekommen heimgekommen vorbeigekommen \
    reingeschneit hereingeschneit erschienen zurueckgekehrt reinspaziert hereinspaziert reingelaufen hereingetreten eingetrudelt dazugesetzt mitgekommen hergekommen hineingekommen \
    besuch gaeste gast besucher zuwachs neu dabei dazu rein herein zurueck betreten beigetreten zugestossen gesellt dazugesellt reingeplatzt hereingeplatzt anwesend da hier mehr kam kommt kommen \
    heimgekehrt reingestolpert eingefunden angetanzt hinzu gesessen jemand reinkommt"
);
words!(
    CAME_SURELY,
    "reingekommen hereingekommen dazugekommen hinzugekommen angekommen eingetroffen eingetreten aufgetaucht dazugestossen hinzugestossen zurueckgekommen heimgekommen vorbeigekommen \
    reingeschneit hereingeschneit erschienen zurueckgekehrt reinspaziert hereinspaziert reingelaufen hereingetreten eingetrudelt dazugesetzt hergekommen hineingekommen \
    zuwachs betreten beigetreten gesellt dazugesellt reingeplatzt hereingeplatzt heimgekehrt eingefunden"
);
words!(
    STRANGER,
    "jemand jemanden besuch gaeste gast besucher besucherin person leute einer fremder fremde neue neuer neues weitere weiterer irgendwer wer irgendjemand nachbar freunde"
);
words!(ALONE, "allein alleine ungestoert");
words!(NOBODY, "niemand keiner niemanden menschenseele keinen");
words!(
    OTHER,
    "neben vorstellen vorzustellen heisst zu bei mit dabei gegenueber vorstelle gesellschaft heissen name"
);
words!(
    CALL,
    "nenn nenne nennen nennst nennt genannt rufnamen rufname spitzname spitznamen ruf rufe rufen rufst gerufen sag sage sagen sagst heisse anreden ansprechen angesprochen angeredet \
    kosename kosenamen wunschname namen name hoere"
);
words!(
    SPEAK,
    "sprich sprichst sprechen spreche rede red redest reden antworte antwort antworten antwortest sprache schreib schreibe schreiben schreibst auf unterhalte unterhalten weiter weitermachen \
    wechsel wechsle wechseln umstellen umschalten stell stelle nimm verwende benutze bleib bleiben lieber haben moechte sprachmodus verstehe mach weiterreden weitersprechen machen switch switche \
    parlieren kommunizieren ausgabe antwortsprache ab bitte nur jetzt einstellen bevorzuge wechselst"
);
words!(
    ADDRESS,
    "anrede anreden anredest anredet angeredet ansprich ansprechen ansprichst angesprochen ansprache form formen sprich rede red pronomen behandle behandel behandeln behandelt anspricht an \
    anredeform endungen grammatik adressiere ansprechform wende"
);
words!(
    BORN,
    "geboren geb geburtstag geburtsdatum geburt welt geburtstages geburtsjahr feiere feier erblickt erblickte wiegenfest jahrgang geburtstags ehrentag"
);
words!(ME, "ich mich mir mein meine meinen meinem meiner wir uns unser unsere bin meins");
words!(
    MINE_ONLY,
    "sein seine seinen ihr ihre ihren bruder schwester mutter vater sohn tochter freund freundin oma opa mann"
);

words!(
    BEFORE_MAY,
    "darf soll kann hat bekommt erhaelt kriegt verliert duerfte sollte koennte ist erfaehrt weiss meinen mein meine gegenueber"
);
words!(
    AFTER_MAY,
    "darf soll kann erlaube erlaub gestatte gestatt lass lasse gib gebe gewaehre gewaehr erteile erteil entzieh entziehe nimm nehme von fuer an verbiete verbiet untersage untersag dass \
    sperr sperre mit sag sage verrat verrate erzaehl erzaehle nenn nenne zeig zeige streich streiche hat genehmige dir teil teile koennte duerfte zu bei vor gegenueber ueberlasse ueberlass auf wenn berechtige autorisiere du es \
    ermoegliche widerrufe widerruf bekommt kriegt ermaechtige hiermit"
);
words!(
    LAST_MAY,
    "entziehen erlauben geben gewaehren erteilen wegnehmen entzogen erteilt erlaubt verbieten sperren gesperrt freigeben gestatten streichen widerrufen zurueckziehen"
);
words!(
    PERMIT_ONLY,
    "darf duerfen erlaube erlaubnis berechtigung zugriff rechte licht musik alarm daten garage tuer version"
);

// Words that are no names, though no pattern has them.
words!(
    EXTRA,
    "neuzugang robotersteuerung erteile kenntnis jahre alt mama papa maedchen sechs sieben acht neun zehn mann maedel kerl dame herr frau fall gefallen nett nette alte alter neuzugang institut labor gespielt genug einwilligungen erteilt entzogen zurueckgezogen erhaelt nachgedacht drueber robotersteuerung bestimmen beantrage anfassen macht hab habs halt eben wohl etwa gar glatt grad soeben nun gleich ganze ganzen ganzes einzige zwei beiden sache bescheid info hinweis wissen merk merke notier notiere \
    kurz mal abgemacht freut sehr gruess gruesst gruessen nette netter junge zimmer raum nebenan tuer flur hause gesagt uebrigens voellig endlich heim vollstaendig komplett kommt \
    einfach bloss keinerlei saemtliche jegliche aussuchen auswaehlen kuemmern kuemmere tun machen wollte anders ueberlegt weiteres kleinen kurze los kuenftig zukunft sondern foermliche \
    dass weil auch dein deine deiner deinen ihn ihr ihm sich selbst selber sonst irgendwas aufschreiben eintragen umgehend schoen alles klar bitte chance gibt stunde stunden minuten"
);
