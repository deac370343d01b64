//! How somebody wants to be called, spoken to and addressed, and when they were born, in German.

use super::super::{super::Intent, pattern::Row};

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    // Preferences
    (
        Intent::SetFormOfAddress,
        "$always [$ask] (sprich|rede|red|spreche|sprechen sie|behandle|behandel) mich $always [als|wie|in|mit] [der|die|das|einen|eine|einem|einer] {form} [form|formen|anrede|person|endungen] an $always",
    ),
    (
        Intent::SetFormOfAddress,
        "[$ask] mich $always [als|wie|in|mit] [der|die|das|einen|eine|einem|einer] {form} [form|formen|anrede] (ansprechen|ansprichst|anreden|anredest|behandeln) $always",
    ),
    (Intent::SetFormOfAddress, "(behandle|behandel) mich (als|wie) {form}"),
    (
        Intent::SetFormOfAddress,
        "[$ask] (verwende|benutze|nimm|nutze|benutz|waehle|gebrauche|nehme|verwend) $always [fuer mich|bei mir] [bei mir|fuer mich|immer] [die|eine|das|den] {form} (form|formen|anrede|anredeform|sprache|pronomen|endungen|ansprache|anreden|geschlecht) [fuer mich|bei mir|wenn du mit mir sprichst|mir gegenueber] $always",
    ),
    (
        Intent::SetFormOfAddress,
        "[$ask] (die|eine) {form} (form|formen|anrede|ansprache|pronomen) [fuer mich|bei mir] (verwenden|benutzen|nutzen|nehmen|verwendest|benutzt)",
    ),
    (
        Intent::SetFormOfAddress,
        "ich (moechte|will|wuerde|haette|werde) [gern|lieber|am liebsten] $always [von dir] [in der|mit der|als|mit|in|wie] [die|eine|einen|einem|ein|einer] {form} [form|formen|anrede|pronomen] (angesprochen|angeredet|behandelt) [werden] $always",
    ),
    (
        Intent::SetFormOfAddress,
        "ich (moechte|bevorzuge|haette|will|wuenschte|wuensche mir) [gern|lieber] [die|eine] {form} (form|formen|anrede|ansprache|pronomen|anredeform) [haben|fuer mich]",
    ),
    (
        Intent::SetFormOfAddress,
        "(meine|die) (anrede|anredeform|form der anrede|pronomen) [fuer mich] (ist|sind|soll|sei|sollen) {form} [sein]",
    ),
    (
        Intent::SetFormOfAddress,
        "(stell|stelle|setz|setze|aendere|aender|wechsle) (meine|die) (anrede|anredeform|form der anrede) (auf|zu|in|um auf) [die] {form} [form|um]",
    ),
    (Intent::SetFormOfAddress, "{form} (anrede|ansprache|formen|form) [fuer mich]"),
    (
        Intent::SetPreferredName,
        "$always [$ask] (nenn|nenne|nennen|nennt|nennst|rufe|ruf|nennen sie|nennst du|rufst du) mich $always [nicht mehr {any} sondern] {name} $always",
    ),
    (Intent::SetPreferredName, "$always [$ask] mich $always {name} (nennen|nennst|rufen) $always"),
    (
        Intent::SetPreferredName,
        "[$ask] ((zu mir|mich) $always {name}|$always {name} zu mir) (sagen|sagst|nennen|nennst|rufen) $always",
    ),
    (
        Intent::SetPreferredName,
        "(sag|sage|sagen sie) $always (zu mir|) $always {name} (zu mir) $always",
    ),
    (Intent::SetPreferredName, "(sag|sage) $always zu mir $always {name} $always"),
    (
        Intent::SetPreferredName,
        "ich (moechte|will|wuerde|mag es|haette gern|bevorzuge) $always [von dir] [gern] [als] {name} (genannt|gerufen|angesprochen|angeredet) [werden|zu werden|wuerde] $always",
    ),
    (
        Intent::SetPreferredName,
        "ich (werde|wuerde) [gern|am liebsten|lieber|lieber mit] {name} (genannt|gerufen|angesprochen) [werden]",
    ),
    (
        Intent::SetPreferredName,
        "ich (hoere auf|hoere lieber auf|bevorzuge|bevorzuge den namen|moechte den namen|bevorzuge die anrede|mag lieber) [den namen] {self}",
    ),
    (
        Intent::SetPreferredName,
        "mein (rufname|spitzname|bevorzugter name|wunschname|kosename|name fuer dich) (ist|lautet|soll|sei) {name} [sein]",
    ),
    (
        Intent::SetPreferredName,
        "(alle|alle anderen|meine freunde|freunde|die leute|andere|meine familie|die meisten) (nennen|sagen|rufen) [zu] (mich|mir) {name} [du auch|du darfst das auch|mach du das auch|also mach das auch]",
    ),
    (
        Intent::SetPreferredName,
        "[$ask] (verwende|benutze|nimm|benutz|nutze|verwend) (den namen|den spitznamen|als namen|als meinen namen|fuer mich den namen|fuer mich) [fuer mich] {name} (fuer mich|als namen|als meinen namen|)",
    ),
    (
        Intent::SetPreferredName,
        "[$ask] (sprich|rede|spreche) mich $always (als|mit|mit dem namen|mit dem vornamen) {name} an $always",
    ),
    (
        Intent::SetPreferredName,
        "[$ask] mich $always (als|mit|mit dem namen) {name} (ansprechen|ansprichst|anreden)",
    ),
    (
        Intent::SetPreferredName,
        "{name} (ist mein (spitzname|rufname)|sollst du mich nennen|darfst du mich nennen|kannst du mich nennen|moechte ich genannt werden) $always",
    ),
    (
        Intent::SetPreferredName,
        "(aendere|aender|setz|setze|stell|stelle) meinen [bevorzugten] (namen|rufnamen|spitznamen) (auf|in|zu|um auf) {name} [um]",
    ),
    (
        Intent::SetPreferredName,
        "$always (heisse ich|bin ich) [fuer dich] [nur noch|fuer dich] {name} [fuer dich]",
    ),
    (
        Intent::SetPreferredName,
        "(fuer dich bin ich|fuer dich heisse ich|du darfst|du kannst) $always {name} (zu mir sagen|sagen)",
    ),
    (
        Intent::SetLanguage,
        "$always [$ask|lass uns|koennen wir|wir koennen|ich moechte|ich will|koennten wir|wollen wir|ich wuerde] (sprich|rede|red|antworte|antwort|schreib|schreibe|unterhalte dich|sprechen sie|antworten sie|spreche|mach|mache|kommunizier|kommuniziere|bleib|bleibe|formuliere|formulier) [mir|mit mir] $always [mit mir|mir] [immer|nur|alles] [auf|in|weiter auf|bei] {language} [mit mir|zu mir|weiter|mir] $always",
    ),
    (
        Intent::SetLanguage,
        "[$ask|lass uns|koennen wir|wir koennen|ich moechte|ich will|koennten wir|wollen wir|ich wuerde|ich moechte mit dir] [mit mir|mir|mit dir] $always [mit mir|mir|mit dir|dass du] [auf|in] {language} [mit mir|mir|mit dir|zu mir] [weiter] (sprechen|reden|antworten|antwortest|sprichst|redest|schreiben|schreibst|unterhalten|weitermachen|fortfahren|weiterreden|weitersprechen|nutzen|verwenden|benutzen|kommunizieren) $always",
    ),
    (
        Intent::SetLanguage,
        "(wechsel|wechsle|wechsele|schalt|schalte|stell|stelle|geh|gehe|spring|aendere|aender|setz|setze) [die sprache|deine sprache|meine sprache|unsere sprache] $always [um] (auf|zu|zum|zur|ins|nach|in) [sprache|die sprache] {language} [um|ueber] $always",
    ),
    (
        Intent::SetLanguage,
        "[$ask|lass uns|koennen wir|ich moechte|ich will|koennten wir|wollen wir] [die sprache|deine sprache|meine sprache] [auf|zu|zum|ins|in] {language} (wechseln|umschalten|umstellen|umstellst|wechselst|stellen|aendern)",
    ),
    (
        Intent::SetLanguage,
        "(meine|die|unsere) [bevorzugte] sprache (ist|soll|sei|auf|sollte) {language} [sein|stellen|umstellen]",
    ),
    (
        Intent::SetLanguage,
        "ich (haette|moechte|will|bevorzuge|bekomme|wuerde|brauche|hoere|mag) [gern|lieber|am liebsten] [deine|die|alle|meine|nur] [antworten|antwort|ausgaben|alles] [gern|lieber|ab jetzt|in zukunft|immer] [auf|in] {language} [haben|hoeren|bekommen|angesprochen werden|als sprache|lesen|von dir|sprechen|reden] $always",
    ),
    (
        Intent::SetLanguage,
        "(verwende|benutze|nimm|nutze|benutz|waehle) $always [mit mir|fuer mich|als sprache] {language} [mit mir|fuer mich|als sprache] $always",
    ),
    (
        Intent::SetLanguage,
        "$always [nur|nur noch|auf|in] {language} [mit mir|weiter|reden|sprechen] $always",
    ),
    (
        Intent::SetBirthdate,
        "[$ask] [merk dir|merke dir|notier|notiere|speicher|speichere|trag ein|vermerk|schreib auf|schreib dir auf|notier dir|merk dir] [dass] [mein|als] $bday (ist|lautet|war|faellt|auf|:) [der|am|den|auf|auf den] {date} [ist]",
    ),
    (
        Intent::SetBirthdate,
        "[merk dir|merke dir|notiere|notier|speicher|speichere] [dass] ich (bin|wurde|hab|habe) [am|an dem|den|im jahr] {date} (geboren|auf die welt gekommen|zur welt gekommen|geburtstag) [bin|wurde]",
    ),
    (
        Intent::SetBirthdate,
        "[merk dir|merke dir|notiere|notier|speicher|speichere] [dass] ich (bin|wurde) geboren [am|den] {date}",
    ),
    (
        Intent::SetBirthdate,
        "[merk dir|merke dir|notiere|notier|speicher|speichere|trag ein] dass ich [am] {date} (geboren bin|geboren wurde|geburtstag habe|zur welt kam)",
    ),
    (
        Intent::SetBirthdate,
        "[merk dir|merke dir|notiere|notier|speicher|speichere] dass mein $bday [der|am] {date} ist",
    ),
    (
        Intent::SetBirthdate,
        "(am|der|den|) {date} (bin ich geboren|wurde ich geboren|ist mein $bday|habe ich geburtstag|hab ich geburtstag|kam ich zur welt|bin ich zur welt gekommen|erblickte ich das licht der welt)",
    ),
    (Intent::SetBirthdate, "ich (feiere|feier) [meinen] geburtstag am {date}"),
    (
        Intent::SetBirthdate,
        "(geboren|mein $bday|geburtstag|geburtsdatum) [bin ich|wurde ich] [ist] [am|der] {date}",
    ),
    (Intent::SetBirthdate, "ich kam am {date} (zur|auf die) welt"),
    (
        Intent::SetBirthdate,
        "[$ask|ich moechte|ich will] (setz|setze|trag|trage|speicher|speichere|stell|stelle|aendere|aender|notier|notiere|merk dir|hinterlege|nimm|korrigier|korrigiere) [den|dir] [meinen|mein|als meinen|als mein|als] ($bday {date}|{date} als [meinen|mein] $bday|$bday (auf|als|mit|ist|zu) [den|dem] {date}) [ein|an|fest]",
    ),
    (
        Intent::SetBirthdate,
        "(setz|setze|trag|trage|speicher|speichere|aendere|aender|korrigiere) [meinen|mein] $bday [ein]",
    ),
    (
        Intent::SetBirthdate,
        "(ich moechte|ich will|kannst du|koenntest du) [meinen|mein] $bday (aendern|eintragen|speichern|hinterlegen|korrigieren|setzen)",
    ),
];
