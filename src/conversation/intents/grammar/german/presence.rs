//! Who is here, who came and who left, in German.

use super::super::{super::Intent, pattern::Row};

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    (Intent::NewParticipantArrived, "(schau|guck|sieh|schau an) {name} ist (da|hier)"),
    // Somebody left, or everybody
    (
        Intent::WeAreAlone,
        "(wir sind|ich bin) [wieder|ganz|jetzt|hier|nun|endlich|voellig|hier ganz|wieder ganz|jetzt ganz] (allein|alleine|unter uns|fuer mich|zu zweit allein|nur zu zweit|nur noch zu zweit|nur wir beide|ungestoert|allein zu haus|unter vier augen) [hier|im raum|im zimmer|zu hause|zuhause|im haus|in der wohnung|in der kueche]",
    ),
    (
        Intent::WeAreAlone,
        "(jetzt|nun|hier|im moment|im raum|im zimmer) (sind wir|bin ich) [wieder|ganz|jetzt|hier|nun] [nur noch] (allein|alleine|unter uns|zu zweit|fuer mich|ungestoert)",
    ),
    (
        Intent::WeAreAlone,
        "[sonst|ausser mir|ausser uns|hier|es|im raum|im zimmer|jetzt|ausser uns beiden] [hier] (ist|sind|hoert) [hier|sonst|jetzt|da|mehr|jetzt sonst|im raum] [sonst] (niemand|keiner|kein mensch|kein anderer|niemand anderes|niemand anders|keine anderen|keiner mehr|niemand mehr|niemand sonst|niemand weiter|keine andere person) [mehr|sonst|anderes] [ausser mir|ausser uns] [hier|da|im raum|im zimmer|im haus|zu hause|anwesend|bei mir|dabei|bei uns|mit|zu] [ausser mir|ausser uns|mehr|ausser uns beiden]",
    ),
    (
        Intent::WeAreAlone,
        "(niemand|keiner|kein mensch|niemand anderes|niemand anders) (sonst|ausser mir|ausser uns|mehr|) (ist|) [sonst] (hier|da|im raum|im zimmer|im haus|anwesend|bei mir|zu hause) [ausser mir|ausser uns|mehr]",
    ),
    (
        Intent::WeAreAlone,
        "[hier|jetzt|es|im raum|im zimmer|da] (bin|sind|ist) [jetzt|hier|es|] (nur|bloss) [noch] (ich|wir|wir beide|du und ich|wir zwei|wir beiden) [hier|da|im raum|im zimmer|uebrig|im haus]",
    ),
    (
        Intent::WeAreAlone,
        "(nur|bloss) [noch] (ich|wir|wir beide|wir zwei|du und ich) [bin|sind|ist] (hier|da|im raum|im zimmer|uebrig|zu hause|)",
    ),
    (
        Intent::WeAreAlone,
        "(ich bin|wir sind) [hier|jetzt] (der einzige|die einzige|die einzigen|als einziger|als einzige) [hier|im raum|im zimmer|da|im haus]",
    ),
    (
        Intent::WeAreAlone,
        "(alle anderen|die anderen alle) sind [alle|jetzt|schon] (weg|gegangen|fort|raus)",
    ),
    (
        Intent::WeAreAlone,
        "(die luft ist rein|ich habe das haus fuer mich [allein|alleine]|wir haben das haus fuer uns [allein])",
    ),
    (
        Intent::ParticipantLeft,
        "$leaver (ist|sind|war) [schon|wieder|jetzt|bereits|leider|inzwischen|mittlerweile|alle|beide|endlich] $gone",
    ),
    (
        Intent::ParticipantLeft,
        "(jetzt|gerade|eben|nun|soeben) (ist|sind) $leaver [schon|wieder|alle|beide] ($gone|weg|fort|raus)",
    ),
    (
        Intent::ParticipantLeft,
        "$leaver (ist|sind) [schon|wieder|jetzt|bereits|leider|inzwischen|alle|beide] (weg|fort|raus|nicht mehr (da|hier|im raum|bei uns|bei mir|im zimmer|dabei|anwesend|zu hause)|ausser haus|aus dem haus|aus dem zimmer|aus dem raum) [gegangen]",
    ),
    (
        Intent::ParticipantLeft,
        "$leaver (hat|haben) [gerade|eben|jetzt] (den raum|das zimmer|das haus|uns|die wohnung|das gespraech|die runde) [schon|wieder] verlassen",
    ),
    (
        Intent::ParticipantLeft,
        "$leaver (hat|haben) sich [gerade|schon|von uns] (verabschiedet|auf den weg gemacht|verzogen|aus dem staub gemacht)",
    ),
    (
        Intent::ParticipantLeft,
        "$leaver (musste|mussten) [schon|leider|wieder|los|jetzt] (weg|los|gehen|heim|nach hause|fort|losfahren)",
    ),
    (
        Intent::ParticipantLeft,
        "$leaver (geht|faehrt|verlaesst) [gerade|jetzt] (raus|weg|nach hause|heim|den raum|uns|das haus)",
    ),
    // Somebody came
    (
        Intent::NewParticipantArrived,
        "[wir haben (besuch|gaeste) [bekommen]|schau mal|rate mal|achtung|hoer mal|guck mal|stell dir vor|du] [und] $who (ist|sind) [soeben|gerade|eben|jetzt|nun|auch|auch noch|auch gerade|hier] $arrived",
    ),
    (
        Intent::NewParticipantArrived,
        "(da|es|jetzt|gerade|eben|soeben|hier|nun) (ist|sind|kam|kommt|kommen|kamen) [gerade|eben|jetzt|noch|soeben|da|auch|auch noch] $who ($arrived|rein|herein|dazu|zur tuer rein|zur tuer herein|ins zimmer|in den raum|zu uns|an|durch die tuer|vorbei|nach hause|zu besuch)",
    ),
    (
        Intent::NewParticipantArrived,
        "(da|hier|jetzt|nun) (kommt|kommen) [gerade|eben|jetzt|noch|auch] $who",
    ),
    (
        Intent::NewParticipantArrived,
        "[wir haben (besuch|gaeste) [bekommen]|schau mal|rate mal|achtung|du] [und] $who (ist|sind) (jetzt da|jetzt hier|jetzt auch da|jetzt auch hier|wieder da|zurueck|wieder zurueck|wieder hier|da jetzt|nun da|nun hier|jetzt bei uns|jetzt dabei|jetzt auch dabei|nach hause gekommen|wieder zu hause|jetzt mit dabei|eingetroffen|neu dazugekommen|neu hier)",
    ),
    (
        Intent::NewParticipantArrived,
        "wir haben [jetzt|gerade|eben|neuen|] (besuch|gaeste|einen gast|neuen besuch|einen besucher|einen neuen gast|eine neue person|zuwachs) [bekommen|gekriegt|hier|im raum]",
    ),
    (
        Intent::NewParticipantArrived,
        "$who (kam|kamen|kommt|kommen) [gerade|eben|jetzt|soeben] (rein|herein|dazu|zur tuer rein|zur tuer herein|ins zimmer|in den raum|an|durch die tuer|zu uns|vorbei|hereinspaziert)",
    ),
    (
        Intent::NewParticipantArrived,
        "$who (hat|haben) [gerade|eben] ((den raum|das zimmer|das haus) betreten|sich (zu uns|dazu) gesetzt|sich dazugesetzt|sich zu uns gesellt|uns besucht)",
    ),
    (
        Intent::NewParticipantArrived,
        "(jemand neues|noch jemand|jemand anders|jemand anderes|eine neue person|noch eine person|ein neuer gast|jemand fremdes) (ist|sitzt|steht) [jetzt|nun|auch] (hier|da|dabei|bei uns|im raum|im zimmer)",
    ),
    (
        Intent::NewParticipantArrived,
        "(hier|da|jetzt|im raum|im zimmer) ist [jetzt|nun|auch] (noch jemand|jemand neues|eine neue person|noch eine person|jemand anderes) [dazu|bei uns|da|hier]",
    ),
    (
        Intent::NewParticipantArrived,
        "(es|da|hier) ist [jetzt|noch|gerade] (jemand neues|jemand anderes|jemand anders|eine neue person|jemand fremdes) (da|hier|dazugekommen|im raum)",
    ),
    (Intent::NewParticipantArrived, "(besuch|gaeste) (ist|sind) (da|gekommen|angekommen)"),
    // Somebody speaks
    (
        Intent::IdentifySelf,
        "[nur damit du es weisst|damit du es weisst|darf ich mich vorstellen|ich stelle mich vor|ich moechte mich vorstellen|gestatten|rate mal wer hier ist] ich heisse {name}",
    ),
    (
        Intent::IdentifySelf,
        "[darf ich mich vorstellen|gestatten|ich stelle mich mal vor] mein name (ist|lautet) {name}",
    ),
    (Intent::IdentifySelf, "(ich bin es|ich bin das|bin es) {name} [hier]"),
    (
        Intent::IdentifySelf,
        "[darf ich mich vorstellen|nur damit du es weisst|gestatten|damit du es weisst|rate mal wer hier ist] ich bin [die|der|hier] {self} [hier|am apparat|am mikrofon|hier am rechner|$my $kin von {any}]",
    ),
    (
        Intent::IdentifySelf,
        "(hier|es|da|jetzt|mit dir|zu dir) (spricht|redet|sprechen|schreibt|tippt) [hier|jetzt|mit dir|zu dir] [die|der] {name} [mit dir|zu dir|hier]",
    ),
    (
        Intent::IdentifySelf,
        "{name} (hier|spricht [hier|mit dir]|am apparat|am mikrofon|am rechner)",
    ),
    (Intent::IdentifySelf, "hier ist (die|der) {name} [am apparat]"),
    (
        Intent::IdentifySelf,
        "hier (ist|sitzt|steht|war) {name} [am apparat|am mikrofon|vor dir|am rechner]",
    ),
    (
        Intent::IdentifySelf,
        "(du (redest|sprichst|unterhaeltst dich)|sie (sprechen|reden)) [gerade|jetzt|hier|im moment] mit [der|dem] {name} [hier]",
    ),
    (
        Intent::IdentifySelf,
        "(am apparat|vor dir|am mikrofon|am rechner|am keyboard|vor dem rechner|an der tastatur) (ist|sitzt|steht) [hier] [die|der] {name}",
    ),
    (
        Intent::IdentifySelf,
        "(du hast|du hoerst) [gerade|jetzt|hier] [die|den] {name} (vor dir|am apparat|sprechen)",
    ),
    (
        Intent::IdentifySelf,
        "(man nennt mich|ich werde|mein vorname ist|mein voller name ist|mein richtiger name ist) {name} [genannt]",
    ),
    (
        Intent::IdentifySelf,
        "(melde mich als|ich melde mich an als|erkenne mich als|ich bin der benutzer|ich bin die benutzerin|ich bin der nutzer) {name} [an]",
    ),
    (
        Intent::IdentifySelf,
        "(die|meine) (stimme|person) (die du|vor dir|hier|ist) [gerade|hoerst|gerade hoerst] (gehoert|ist|gehoert zu|die von) {name}",
    ),
    (
        Intent::IdentifySelf,
        "{name} (ist mein name|heisse ich|bin ich|mein name|lautet mein name|nennt man mich)",
    ),
    (
        Intent::IdentifyOther,
        "[und] (das|dies|hier|der da|die da|das da|das hier|der hier|die hier|dies hier) (ist|sind) $my [$my] $kin {name} [$beside]",
    ),
    (
        Intent::IdentifyOther,
        "[und] (das|dies|der da|die da|das da|das hier|der hier|die hier|dies hier|der dort|die dort|er hier|sie hier|das $beside) ist [uebrigens|jetzt|die|der] {self} [$my $kin|$my $kin von {any}] [$beside] [und nicht ich|nicht ich]",
    ),
    (
        Intent::IdentifyOther,
        "(das|die stimme|die andere stimme|eben) (war|ist) [jetzt|eben|die von|von] {name} (der|die|und nicht ich|nicht ich) [gesprochen hat|das gesagt hat|da gesprochen hat|da spricht|gerade spricht|eben gesprochen hat|spricht]",
    ),
    (
        Intent::IdentifyOther,
        "({name}|$my $kin {name}|{name} $my $kin) (ist|sitzt|steht) [auch|gerade|jetzt|hier|heute|ebenfalls] [auch|mit|hier] ($beside|mit dabei|auch da|dabei|hier bei mir|hier neben mir|hier bei uns|anwesend|auch anwesend|auch hier) [zu besuch|im zimmer|im raum] [und (sagt|moechte|will|laesst|hat|fragt|gruesst|meint|ist) {rest}]",
    ),
    (
        Intent::IdentifyOther,
        "[hier|da] $beside (ist|sitzt|steht) [gerade|jetzt|auch|hier|uebrigens] [$my $kin|die|der] {name} [$my $kin]",
    ),
    (
        Intent::IdentifyOther,
        "(bei mir|hier bei mir|bei uns|mit mir|hier|da|mir gegenueber) (ist|sitzt|steht) [gerade|jetzt|auch|hier|noch] [$my $kin|die|der] {name} [$my $kin] (hier|im zimmer|im raum|bei mir|neben mir|zu besuch|)",
    ),
    (
        Intent::IdentifyOther,
        "(der|die|das|diese|dieser|dieses|jene) [andere|] (mann|frau|person|maedchen|junge|kind|stimme|herr|dame|typ|andere|gast|besucher|besucherin|mensch) [hier|da] [$beside|die du hoerst|die du gerade hoerst|die gerade spricht|der gerade spricht|der hier sitzt|die hier sitzt|der $beside sitzt|die $beside sitzt|die da spricht] [hier] (ist|heisst|gehoert) {name}",
    ),
    (
        Intent::IdentifyOther,
        "ich (bin|sitze|habe|hab) [hier|gerade] [mit|die|den|] ({name}|$my $kin {name}) (hier|bei mir|neben mir|zu besuch|zusammen) [hier|sitzen]",
    ),
    (
        Intent::IdentifyOther,
        "ich (bin|sitze) [hier|gerade] [zusammen] (mit|neben) [der|dem|$my $kin] {name} [hier|zusammen]",
    ),
    (
        Intent::IdentifyOther,
        "(darf ich|ich moechte|ich will|ich wuerde|darf ich dir|ich moechte dir|ich will dir) [dir] [$my $kin] {name} [$my $kin] vorstellen",
    ),
    (
        Intent::IdentifyOther,
        "(darf ich vorstellen|ich stelle dir vor|begruesse|begruess|sag hallo zu|sag mal hallo zu) [das ist] [$my $kin] {name} [$my $kin]",
    ),
    (Intent::IdentifyOther, "ich stelle dir [$my $kin] {name} vor"),
    (
        Intent::IdentifyOther,
        "(er|sie|$my $kin|der andere|die andere|die andere person) heisst {name}",
    ),
    (Intent::IdentifyOther, "(sein|ihr) name ist {name}"),
    (Intent::IdentifyOther, "mit (wir sind|mir ist hier) {name}"),
];
