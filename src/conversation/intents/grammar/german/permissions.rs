//! Who may know what, and who may do what, in German.

use super::super::{super::Intent, pattern::Row};

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    // Consent comes before permission: it names what may be told.
    (
        Intent::RevokeConsent,
        "(sag|sage|verrat|verrate|nenn|nenne|erzaehl|erzaehle|zeig|zeige|gib) $always ({person} {data}|{data} {person}|{person} {data}|{data} an {person}) $always $nomore [weiter]",
    ),
    (
        Intent::RevokeConsent,
        "(sag|sage|verrat|verrate|nenn|nenne|erzaehl|erzaehle|zeig|zeige|gib) $always {person} $nomore {data}",
    ),
    (
        Intent::RevokeConsent,
        "(sag|sage|verrat|verrate|nenn|nenne|erzaehl|erzaehle|zeig|zeige|teil|teile) {person} $nomore {data} [mit]",
    ),
    (
        Intent::RevokeConsent,
        "(teil|teile|gib) ({person} {data}|{data} {person}|{data} an {person}) $nomore (mit|weiter)",
    ),
    (
        Intent::RevokeConsent,
        "$always (du darfst|darfst du|du sollst|du kannst|sollst du|kannst du|du solltest) $always ({person} {data}|{data} {person}|{data} an {person}|{data} mit {person}) $nomore ($tell|teilen)",
    ),
    (
        Intent::RevokeConsent,
        "$always (du darfst|darfst du|du sollst|du kannst|sollst du) $always {person} $nomore {data} $tell",
    ),
    (
        Intent::RevokeConsent,
        "$always {data} (darfst du|sollst du|kannst du) $always {person} $nomore $tell",
    ),
    (
        Intent::RevokeConsent,
        "([$front] {person} (darf|soll|kann)|$front (darf|soll) {person}) $always {data} $nomore ($know|$know duerfen)",
    ),
    (
        Intent::RevokeConsent,
        "([$front] {person} (darf|soll|kann)|$front (darf|soll) {person}) $always $nomore ($know|) {data} ($know|)",
    ),
    (
        Intent::RevokeConsent,
        "$always {data} (darf|soll|geht) [jetzt] {person} ($nomore $know|nichts mehr an|nichts an|$nomore erfahren)",
    ),
    (Intent::RevokeConsent, "{person} (darf|soll) nicht mehr (wissen|erfahren) {data}"),
    (
        Intent::RevokeConsent,
        "ich (moechte|will) $nomore dass ({person} {data} [$known|erfaehrt|$know]|du {person} {data} $tellst|du {data} an {person} weitergibst)",
    ),
    (
        Intent::RevokeConsent,
        "ich (erlaube|gestatte) [es] [dir] $nomore [dass] [du] {person} {data} (zu $tell|$tellst|verraetst|$tell)",
    ),
    (
        Intent::RevokeConsent,
        "ich bin $nomore [damit] einverstanden dass (du {person} {data} $tellst|{person} {data} $known|du {data} an {person} weitergibst)",
    ),
    (
        Intent::RevokeConsent,
        "[ich] [moechte|will|hiermit] (ziehe|zieh|nehme|nimm|widerrufe|widerruf|entziehe|storniere|widerrufen|zurueckziehen) (meine|die) (einwilligung|zustimmung|erlaubnis|freigabe|einwilligungen) [gegenueber|fuer|an|bezueglich|zugunsten|von|bei] [{data} [an|fuer|gegenueber]] {person} [fuer|zu|bezueglich|ueber|betreffend|zum] [{data}] [zurueck|wieder zurueck] [zu erfahren|zu kennen|zu wissen]",
    ),
    (
        Intent::RevokeConsent,
        "[ich] (ziehe|zieh|nehme|nimm|widerrufe|widerruf) (meine|die) (einwilligung|zustimmung|erlaubnis) [zurueck] dass ({person} {data} ($know darf|$known|$know)|du {person} {data} ($tellst|$tell darfst)) [zurueck]",
    ),
    (
        Intent::RevokeConsent,
        "ich (moechte|will) (meine|die) (einwilligung|zustimmung|erlaubnis|freigabe) (gegenueber|fuer|an) {person} [fuer {data}] (zurueckziehen|widerrufen|zuruecknehmen)",
    ),
    (
        Intent::RevokeConsent,
        "(entzieh|entziehe|nimm) {person} (die|meine) (einwilligung|zustimmung|freigabe) (fuer|zu) {data}",
    ),
    (
        Intent::RevokeConsent,
        "(behalte|behalt) {data} (vor {person}|gegenueber {person}) [wieder] (geheim|fuer dich)",
    ),
    (
        Intent::RevokeConsent,
        "(hoer auf|hoere auf|verbiete dir|ich verbiete dir) {person} {data} zu $tell",
    ),
    (Intent::RevokeConsent, "{data} geht {person} (nichts mehr an|nichts an)"),
    (
        Intent::GrantConsent,
        "$always (du darfst|du kannst|darfst du|kannst du|du koenntest|du sollst) [gerne] $always ({person} {data}|{data} {person}|{data} an {person}|{data} mit {person}) [gern|auch] ($tell|teilen)",
    ),
    (Intent::GrantConsent, "$always {data} (darfst|kannst) du [gerne] {person} [auch] $tell"),
    (
        Intent::GrantConsent,
        "$always {person} (darf|kann|soll|duerfte) $always [auch] {data} [auch|gern] $know",
    ),
    (Intent::GrantConsent, "$always {data} (darf|kann|soll) {person} [auch] $know"),
    (Intent::GrantConsent, "{person} darf (wissen|erfahren|sehen) {data}"),
    (
        Intent::GrantConsent,
        "[ich bin|bin|ich waere] [damit] einverstanden [damit] (dass|wenn) (du {person} {data} ($tellst|sagst|$tell)|{person} {data} ($known|$know darf|erfahren darf|$know)|du {person} ($tellst) {data}|du {data} an {person} weitergibst|{person} ($known) {data})",
    ),
    (
        Intent::GrantConsent,
        "(es ist|das ist|es waere|fuer mich ist es|es geht|es ist fuer mich|von mir aus ist es) (in ordnung|ok|okay|fuer mich in ordnung|fuer mich ok|gut|kein problem|fuer mich kein problem|) (wenn|dass) (du {person} {data} $tellst|{person} {data} ($known|$know darf)|du {person} ($tellst) {data}|{person} ($known) {data}|du {data} an {person} weitergibst)",
    ),
    (
        Intent::GrantConsent,
        "ich (erlaube|gestatte|genehmige) [es] [dir] (dass du|dass) {person} {data} ($tellst|$known|$know darf)",
    ),
    (
        Intent::GrantConsent,
        "[ich] (erlaube|gestatte|erlaub) [dir] {person} {data} [zu] ($tell|$know)",
    ),
    (
        Intent::GrantConsent,
        "[ich] (erlaube|gestatte|erlaub) [dir] [{person}] {data} ({person}|an {person}) [zu|weiter zu] ($tell|$know)",
    ),
    (
        Intent::GrantConsent,
        "[ich] (erlaube|gestatte|erlaub) dir {person} zu (sagen|verraten|erzaehlen|zeigen) {data}",
    ),
    (
        Intent::GrantConsent,
        "(du darfst|du kannst) {person} (sagen|verraten|erzaehlen|mitteilen) {data}",
    ),
    (Intent::GrantConsent, "[von mir aus|meinetwegen] (darf|kann) {person} {data} $know"),
    (
        Intent::GrantConsent,
        "[ich] (gebe|gib|erteile|willige) [hiermit|dir] [{person}] (meine|die|) (einwilligung|zustimmung|erlaubnis|freigabe|ein) dass (du {person} {data} ($tellst|$tell darfst)|{person} {data} ($known|$know darf))",
    ),
    (
        Intent::GrantConsent,
        "[ich] (gebe|gib|erteile) [hiermit] {person} (meine|die|) (einwilligung|zustimmung|freigabe) (fuer|zu) {data}",
    ),
    (
        Intent::GrantConsent,
        "(ich habe nichts dagegen|ich hab nichts dagegen) (dass|wenn) (du {person} {data} $tellst|{person} {data} ($known|$know darf|$know))",
    ),
    (Intent::GrantConsent, "[$ask] (teile|teil) {data} mit {person}"),
    // Permissions
    (
        Intent::RevokePermission,
        "([$front] {person} (darf|soll|kann|sollte)|$front (darf|soll|kann) {person}) $always {group} $nomore [{use}] [duerfen|koennen]",
    ),
    (
        Intent::RevokePermission,
        "([$front] {person} (darf|soll|kann|sollte)|$front (darf|soll|kann) {person}) $always $nomore [an|ans|auf|zu] {group} [duerfen|koennen|ran]",
    ),
    (
        Intent::RevokePermission,
        "([$front] {person} (darf|soll|kann)|$front darf {person}) [ab sofort|ab jetzt] (keine|keinen|kein|die|das) {group} mehr [{use}]",
    ),
    (
        Intent::RevokePermission,
        "[ich] (entziehe|widerrufe|widerruf|streiche|streich|loesche|loesch|beende|entferne|hebe|heb|sperre|sperr|entzieh|nimm) [hiermit] {owner} $group_perm [$for {group}] [wieder] [auf|weg|zurueck]",
    ),
    (
        Intent::RevokePermission,
        "{person} (darf|soll) [jetzt] (an|ans|auf) {group} $nomore (ran|heran|zugreifen)",
    ),
    (
        Intent::RevokePermission,
        "([$front] {person} (darf|kann|soll)|$front darf {person}) [ab sofort|ab jetzt] [gar|ueberhaupt] nichts mehr [machen|tun|steuern|bedienen]",
    ),
    (
        Intent::RevokePermission,
        "(nimm|nehme|entzieh|entziehe|nehmen sie) {person} [wieder] $group_perm [$for {group}|{group} zu {use}|{group}|am {group}] [wieder] [weg|ab] [zu {use}]",
    ),
    (
        Intent::RevokePermission,
        "(nimm|nehme|entzieh|entziehe) {person} [wieder] {group} [wieder] [weg|ab]",
    ),
    (
        Intent::RevokePermission,
        "[ich] (entziehe|nehme|widerrufe|widerruf|streiche|streich|loesche|loesch|beende|entferne|hebe|heb|storniere|kuendige|sperre|sperr) [hiermit] [{person}] $group_perm [von|fuer|bei|an] [{person}] [$for {group}] [von|fuer] [{person}] [wieder] [auf|weg|zurueck]",
    ),
    (
        Intent::RevokePermission,
        "[ich] [moechte|will|kannst du|koenntest du] {person} $group_perm [$for {group}] [wieder] (entziehen|wegnehmen|nehmen|streichen|widerrufen|sperren)",
    ),
    (
        Intent::RevokePermission,
        "[ich] (erlaube|gestatte|erlaub) [es] {person} $nomore {group} [zu]",
    ),
    (
        Intent::RevokePermission,
        "(lass|lasse) {person} ({group} $nomore [{use}]|$nomore [an|ans|auf] {group} [ran])",
    ),
    (
        Intent::RevokePermission,
        "[ich] (verbiete|verbiet|untersage|untersag) [es] {person} [ab sofort] [die] {group} [zu]",
    ),
    (
        Intent::RevokePermission,
        "{person} (hat|besitzt) [ab sofort|jetzt|ab jetzt] (keine|keinen|kein|keinerlei) (berechtigung|berechtigungen|erlaubnis|recht|rechte|zugriff|zugang|befugnis) [mehr] [$for {group}] [mehr]",
    ),
    (
        Intent::RevokePermission,
        "{person} (verliert|verlierst) [ab sofort] $group_perm [$for {group}]",
    ),
    (
        Intent::RevokePermission,
        "(sperr|sperre) ({group} fuer {person}|{person} [fuer|bei] {group})",
    ),
    (
        Intent::RequestPermission,
        "(darf|kann|koennte|duerfte) ich [auch|vielleicht|denn] [auch] [$for] {group} [zugreifen]",
    ),
    (
        Intent::RequestPermission,
        "(kann|koennte|darf|duerfte|wie) [bekomme|kriege] ich [auch|vielleicht|um|] $group_perm $for {group} [bekommen|haben|kriegen|erhalten|bitten|beantragen]",
    ),
    (
        Intent::RequestPermission,
        "(kann|koennte|darf|duerfte) ich $group_perm (bekommen|haben|kriegen|erhalten) {group} [zu]",
    ),
    (
        Intent::RequestPermission,
        "ich (haette|moechte|will|brauche|bitte um|wuerde|beantrage|benoetige|erbitte|wuensche mir|bitte) [gern|um] [gern] $group_perm ($for {group}|{group} [zu]|um {group} [zu]) [haben|bekommen|beantragen|erhalten|bitten]",
    ),
    (
        Intent::RequestPermission,
        "ich (moechte|wuerde|wuerde gern|haette gern|will) [gern] {group} (duerfen|koennen)",
    ),
    (
        Intent::RequestPermission,
        "(gib|gibst du|kannst du|koenntest du|erteile|erteil|gewaehre|wuerdest du) mir $group_perm ($for {group}|{group} zu|um {group} [zu]) [geben|erteilen|gewaehren]",
    ),
    (
        Intent::RequestPermission,
        "((lass|lasse|laesst du|erlaube|erlaub|erlaubst du|gestatte|gestattest du) (mir|mich) [an|ans] {group} [zu]|(wuerdest du|kannst du|koenntest du) mir (erlauben|gestatten) {group} [zu]|(wuerdest du|kannst du|koenntest du) mir {group} [zu] (erlauben|gestatten))",
    ),
    (
        Intent::RequestPermission,
        "(ist es|waere es|waer es) (ok|okay|in ordnung|moeglich|erlaubt|mir erlaubt) (wenn ich|dass ich) {group}",
    ),
    (Intent::RequestPermission, "(habe|hab|bekomme|kriege) ich $group_perm $for {group}"),
    (Intent::RequestPermission, "ist es mir erlaubt {group} [zu]"),
    (
        Intent::GrantPermission,
        "$always {person} (darf|kann|duerfte) $always [auch|an|auf|ans] {group} [auch|ran|zugreifen]",
    ),
    (Intent::GrantPermission, "$front (darf|soll|kann) {person} [auch] {group} [duerfen]"),
    (Intent::GrantPermission, "{person} soll [auch] {group} (duerfen|koennen|koennen duerfen)"),
    (
        Intent::GrantPermission,
        "{person} (hat|bekommt|erhaelt|kriegt|soll) [ab sofort|jetzt|ab jetzt|von mir] $group_perm ($for {group}|{group} zu) [haben|bekommen|erhalten]",
    ),
    (
        Intent::GrantPermission,
        "[$ask|ich] (erlaube|erlaub|gestatte|gestatt|genehmige|erlauben|ermoegliche) [es] {person} [die|den] {group} [zu]",
    ),
    (
        Intent::GrantPermission,
        "[$ask|ich moechte|ich will] {person} {group} [zu] (erlauben|gestatten)",
    ),
    (Intent::GrantPermission, "[ich] (erlaube|gestatte) dass {person} {group} [darf]"),
    (
        Intent::GrantPermission,
        "[ich] (gib|gebe|erteile|erteil|gewaehre|gewaehr|vergib|uebertrage|uebertrag|verleihe) [hiermit] {person} [auch] $group_perm ($for {group}|{group} [zu]|um {group} [zu])",
    ),
    (
        Intent::GrantPermission,
        "[ich moechte|ich will|kannst du|koenntest du] {person} $group_perm ($for {group}|{group} zu) (geben|erteilen|gewaehren)",
    ),
    (Intent::GrantPermission, "ich (moechte|will|haette gern) dass {person} {group} (darf|kann)"),
    (Intent::GrantPermission, "(lass|lasse) {person} [auch] [an|ans|auf] {group} [ran|zugreifen]"),
    (
        Intent::GrantPermission,
        "{person} ist [ab jetzt|jetzt] (berechtigt|befugt|ermaechtigt|autorisiert) {group} [zu]",
    ),
    (
        Intent::GrantPermission,
        "(es ist|das ist|es waere) (ok|okay|in ordnung) (wenn|dass) {person} {group} [darf]",
    ),
    (
        Intent::GrantPermission,
        "[ich] (uebertrage|uebertrag|uebergib|uebergebe|delegiere|delegier|ueberlasse|ueberlass) {person} {group}",
    ),
];
