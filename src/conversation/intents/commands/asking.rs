//! How Germans ask: takes out of a sentence what only asks for the command, and brings the rest into the form that the table of
//! commands is written in.
//!
//! Nothing here makes a command of a sentence. What is taken out is a closed list of ways to ask, of politeness, and of words
//! beside the matter ("es ist so dunkel hier, …"); every word that is left must be accounted for by a command.

use super::{
    super::{
        text::{Said, Token},
        vocabulary::Vocabulary,
    },
    Manner, fold, german,
    german_verbs::{Mood, verb},
};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

type Phrases = LazyLock<Vec<Vec<&'static str>>>;

static PASSING: Phrases = LazyLock::new(|| longest_first(german::PASSING));
static REQUESTS: Phrases = LazyLock::new(|| longest_first(german::REQUESTS));
static THAT: Phrases = LazyLock::new(|| longest_first(german::THAT));
static WISHES: Phrases = LazyLock::new(|| longest_first(german::WISHES));
static WOULD_HAVE: Phrases = LazyLock::new(|| longest_first(german::WOULD_HAVE));
static MAY_HAVE: Phrases = LazyLock::new(|| longest_first(german::MAY_HAVE));
static BESIDE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| german::BESIDE.split_whitespace().collect());

fn longest_first(phrases: &[&'static str]) -> Vec<Vec<&'static str>> {
    let mut phrases = apiece(phrases);
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    phrases
}

/// Takes all of these phrases out; tells whether there was one.
fn take_any(tokens: &mut Vec<Token>, phrases: &[Vec<&'static str>]) -> bool {
    let mut found = false;
    for phrase in phrases {
        if tokens.iter().any(|token| token.word == phrase[0]) {
            found |= take(tokens, phrase);
        }
    }
    found
}

/// Reads how something was asked for; what is left is what is wanted, verbs as orders and compounds apart.
pub(super) fn read(said: &Said<'_>, vocabulary: &Vocabulary) -> (Vec<Token>, Manner) {
    let mut tokens = said.tokens.clone();
    let mut manner = Manner::default();
    tokens = apart(&tokens, vocabulary);
    let named_beside = beside(&mut tokens, said, vocabulary);
    manner.request |= kindly(&mut tokens);
    take_any(&mut tokens, &PASSING);
    fold(&mut tokens, &["nicht mehr", "nicht laenger"], "no_longer");
    manner.request |= take_any(&mut tokens, &REQUESTS);
    if take_any(&mut tokens, &THAT) {
        manner.passive = true;
        manner.request |= take(&mut tokens, &["du"]) || take(&mut tokens, &["sie"]);
    }
    manner.wish |= take_any(&mut tokens, &WISHES);
    let gladly =
        said.tokens.iter().any(|token| matches!(token.word.as_str(), "gern" | "gerne" | "lieber"));
    manner.wish |= gladly && take_any(&mut tokens, &WOULD_HAVE);
    if !manner.request && !manner.wish && take_any(&mut tokens, &MAY_HAVE) {
        manner.wish = true;
        manner.may = true;
    }
    passive(&mut tokens, &mut manner, said);
    manner.request |= politely_inverted(&mut tokens);
    (orders(&tokens, manner, named_beside), manner)
}

/// "Sei so nett und …", "es wäre schön, wenn du …", "wären Sie so freundlich, mir …".
fn kindly(tokens: &mut Vec<Token>) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    for at in 0..tokens.len() {
        let begins = match word(at) {
            "sei" | "seid" => Some(at + 1),
            "seien" | "waeren" | "wuerden" | "koennten" | "sind" if word(at + 1) == "sie" => {
                Some(at + 2)
            }
            "waerst" | "wuerdest" | "koenntest" | "bist" | "waerest" | "kannst"
                if word(at + 1) == "du" =>
            {
                Some(at + 2)
            }
            "waere" | "waer" if matches!(word(at + 1), "es" | "das") => Some(at + 2),
            "es" | "das" if matches!(word(at + 1), "waere" | "waer") => Some(at + 2),
            "ich" if matches!(word(at + 1), "waere" | "waer" | "faende" | "wuerde") => Some(at + 2),
            "waere" | "waer" => at.checked_add(1),
            _ => None,
        };
        let Some(mut end) = begins else { continue };
        while matches!(
            word(end),
            "so" | "ein"
                | "dir"
                | "ihnen"
                | "sehr"
                | "mir"
                | "echt"
                | "wirklich"
                | "es"
                | "total"
                | "richtig"
                | "ganz"
                | "bitte"
        ) {
            end += 1;
        }
        if !german::KIND.contains(&word(end)) {
            continue;
        }
        end += 1;
        if word(end) == "von" && word(end + 1) == "dir" {
            end += 2;
        }
        if word(end) == "sein" {
            end += 1;
        }
        match word(end) {
            "und" | "mir" | "uns" => end += 1,
            "wenn" | "dass" if matches!(word(end + 1), "du" | "sie") => end += 2,
            _ if word(at) == "sei" || word(at) == "seien" || word(at).starts_with("wa") => {}
            _ => continue,
        }
        tokens.drain(at..end);
        return true;
    }
    false
}

/// "Der Alarm muss abgeschaltet werden", "ich möchte, dass die Tür geschlossen wird".
fn passive(tokens: &mut Vec<Token>, manner: &mut Manner, said: &Said<'_>) {
    let modal = |token: &Token| german::MODALS.contains(&token.word.as_str());
    let asks = said.asks || tokens.first().is_some_and(modal);
    if !manner.request
        && !manner.wish
        && !asks
        && let Some(modal) = tokens.iter_mut().find(|token| modal(token))
    {
        "modal".clone_into(&mut modal.word);
        manner.passive = true;
    }
    if manner.passive {
        tokens.retain(|token| {
            !matches!(token.word.as_str(), "werden" | "wird" | "ist" | "sind" | "sein" | "werde")
        });
    }
}

/// Takes the "sie" out of "machen Sie", and the "du" out of "machst du".
fn politely_inverted(tokens: &mut Vec<Token>) -> bool {
    for at in 1..tokens.len() {
        let Some(verb) = verb(&tokens[at - 1].word) else { continue };
        let polite = match tokens[at].word.as_str() {
            "sie" => verb.can_be(Mood::Plain),
            "wir" => at == 1 && verb.can_be(Mood::Plain),
            "du" => verb.can_be(Mood::Second),
            _ => false,
        };
        if polite {
            tokens.remove(at);
            return true;
        }
    }
    false
}

/// Brings verbs into the form of an order, where the way of asking allows the form they are in.
fn orders(tokens: &[Token], manner: Manner, named_beside: bool) -> Vec<Token> {
    let mut orders: Vec<Token> = Vec::with_capacity(tokens.len() + 2);
    let mut after_order = false;
    let has_verb = tokens.iter().any(|token| verb(&token.word).is_some());
    let last = tokens.len().saturating_sub(1);
    for (at, token) in tokens.iter().enumerate() {
        let word = token.word.as_str();
        let next = tokens.get(at + 1);
        let pronoun =
            matches!(word, "sie" | "es" | "ihn" | "ihm" | "dies") && (after_order || named_beside);
        let just = word == "halt" && after_order;
        let more = has_verb && matches!(word, "noch" | "auch");
        if pronoun || just || more {
            continue;
        }
        after_order = false;
        if word == "ein" && at < last && next.is_some_and(|next| is_a_thing(&next.word)) {
            orders.push(Token { word: "eine".to_owned(), ..token.clone() });
            continue;
        }
        let Some(found) = verb(word) else {
            orders.push(token.clone());
            continue;
        };
        // "Die machen das Licht aus" tells what they do.
        let told = at == 1
            && found.particle.is_none()
            && matches!(tokens[0].word.as_str(), "die" | "alle" | "das" | "der" | "sie");
        let allowed = found.can_be(Mood::Order)
            || found.can_be(Mood::Plain) && !manner.may && !told
            || found.can_be(Mood::To) && (manner.request || manner.wish)
            || found.can_be(Mood::Second) && manner.request
            || (found.can_be(Mood::Third) || found.can_be(Mood::Done))
                && (manner.passive || manner.wish);
        if !allowed {
            orders.push(token.clone());
            continue;
        }
        after_order = found.can_be(Mood::Order) || found.can_be(Mood::Second);
        orders.push(Token { word: found.stem.to_owned(), ..token.clone() });
        if let Some(particle) = found.particle {
            orders.push(Token { word: particle.to_owned(), joined: true, ..token.clone() });
        }
    }
    orders
}

/// Takes out what is said beside the command to explain it, but for the places and things it names; tells whether it named one.
fn beside(tokens: &mut Vec<Token>, said: &Said<'_>, vocabulary: &Vocabulary) -> bool {
    let count = tokens.len();
    let mut clauses: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    for at in 1..count {
        let between = said.text.get(tokens[at - 1].end..tokens[at].start).unwrap_or("");
        if between.contains([',', ';', '.', '!', '–', '—']) && !tokens[at].joined {
            clauses.push((from, at));
            from = at;
        }
    }
    clauses.push((from, count));
    let mut drop = vec![false; count];
    let mut kept = false;
    let mark = |from: usize, to: usize, drop: &mut Vec<bool>| {
        let mut named = false;
        for (at, drop) in drop.iter_mut().enumerate().take(to).skip(from) {
            let kept = names(tokens, at, vocabulary);
            named |= kept;
            *drop = !kept;
        }
        named
    };
    if clauses.len() > 1 {
        let aside: Vec<_> =
            clauses.iter().filter(|(from, to)| is_beside(tokens, *from, *to, vocabulary)).collect();
        if aside.len() < clauses.len() {
            for (from, to) in aside {
                kept |= mark(*from, *to, &mut drop);
            }
        }
    }
    // Speech has no commas.
    let order = (0..count).find(|at| {
        verb(&tokens[*at].word)
            .is_some_and(|verb| verb.can_be(Mood::Order) && verb.particle.is_none())
            && !BESIDE.contains(tokens[*at].word.as_str())
            || matches!(
                tokens[*at].word.as_str(),
                "kannst" | "koenntest" | "wuerdest" | "koennten" | "koennen"
            )
    });
    if let Some(order) = order
        && order >= 3
        && !drop.contains(&true)
        && is_beside(tokens, 0, order, vocabulary)
    {
        kept |= mark(0, order, &mut drop);
    }
    let trailing = (2..count).find(|at| {
        german::BESIDE_BEGINS.iter().any(|begin| {
            begin.split(' ').enumerate().all(|(offset, word)| {
                tokens.get(at + offset).is_some_and(|token| token.word == word)
            })
        }) && is_beside(tokens, *at, count, vocabulary)
    });
    if let Some(trailing) = trailing
        && !drop.contains(&true)
    {
        kept |= mark(trailing, count, &mut drop);
    }
    let mut at = 0;
    tokens.retain(|_| {
        at += 1;
        !drop[at - 1]
    });
    kept
}

/// Whether a word names a place or a thing that a command can be about.
fn names(tokens: &[Token], at: usize, vocabulary: &Vocabulary) -> bool {
    let word = tokens[at].word.as_str();
    is_a_thing(word) || vocabulary.is_a_place(word)
}

/// Whether these words only explain a command.
fn is_beside(tokens: &[Token], from: usize, to: usize, vocabulary: &Vocabulary) -> bool {
    let clause = &tokens[from..to];
    let says = |token: &Token| {
        matches!(
            token.word.as_str(),
            "bin"
                | "ist"
                | "war"
                | "es"
                | "brauche"
                | "reicht"
                | "zieht"
                | "hoere"
                | "sehe"
                | "seh"
                | "muss"
                | "will"
                | "komme"
                | "bekomme"
                | "bekomm"
                | "mir"
                | "steht"
                | "heult"
                | "schrillt"
                | "spinnt"
                | "stoert"
                | "nervt"
                | "blendet"
                | "habe"
                | "hab"
                | "kommt"
                | "danke"
                | "guten"
                | "hallo"
                | "gehe"
                | "geh"
                | "arbeite"
                | "lese"
                | "telefoniere"
                | "lass"
                | "feierabend"
                | "fehlalarm"
                | "sind"
                | "wird"
                | "nacht"
        )
    };
    let asks = |word: &str| {
        matches!(word, "ist" | "war" | "sind" | "steht" | "kommt" | "wird" | "bin" | "habe" | "hab")
    };
    let wants =
        clause.iter().any(|token| matches!(token.word.as_str(), "will" | "muss" | "moechte"));
    clause.len() >= if wants { 3 } else { 2 }
        && clause.iter().any(says)
        && clause.first().is_some_and(|token| !asks(&token.word))
        && (from..to)
            .all(|at| BESIDE.contains(tokens[at].word.as_str()) || names(tokens, at, vocabulary))
}

/// What commands are about.
fn is_a_thing(word: &str) -> bool {
    const THINGS: &[&str] = &[
        "licht",
        "lampe",
        "musik",
        "lied",
        "ton",
        "lautstaerke",
        "alarm",
        "alarmanlage",
        "tuer",
        "haustuer",
        "hintertuer",
        "balkontuer",
        "terrassentuer",
        "eingangstuer",
        "garage",
        "garagentor",
        "watcher",
        "radio",
        "lichter",
        "dienst",
        "service",
        "update",
        "rollback",
        "beleuchtung",
        "sirene",
        "ueberwachung",
        "song",
        "stueck",
    ];
    THINGS.contains(&word)
}

/// Takes compounds apart: `Küchenlicht` is the light in the kitchen, `Deckenlampe` a light.
fn apart(tokens: &[Token], vocabulary: &Vocabulary) -> Vec<Token> {
    let mut apart = Vec::with_capacity(tokens.len() + 2);
    for token in tokens {
        match compound(&token.word, vocabulary) {
            Some((Some(room), thing)) => {
                apart.push(Token { word: room.to_owned(), ..token.clone() });
                apart.push(Token { word: thing.to_owned(), joined: true, ..token.clone() });
            }
            Some((None, thing)) => apart.push(Token { word: thing.to_owned(), ..token.clone() }),
            None => apart.push(token.clone()),
        }
    }
    apart
}

static MODIFIERS: LazyLock<HashMap<&'static str, HashSet<&'static str>>> = LazyLock::new(|| {
    german::MODIFIERS
        .iter()
        .map(|(thing, modifiers)| (*thing, modifiers.split_whitespace().collect()))
        .collect()
});

/// Returns the thing that a compound is, and the room it is in.
fn compound<'a>(word: &str, vocabulary: &'a Vocabulary) -> Option<(Option<&'a str>, &'static str)> {
    german::HEADS.iter().find_map(|(head, thing)| {
        let modifier = word.strip_suffix(head)?;
        if modifier.is_empty() {
            return None;
        }
        if MODIFIERS.get(thing).is_some_and(|known| known.contains(modifier)) {
            return Some((None, *thing));
        }
        if *thing != "licht" {
            return None;
        }
        vocabulary
            .single_words("location", crate::host::Language::German)
            .find(|room| {
                modifier
                    .strip_prefix(room)
                    .is_some_and(|rest| matches!(rest, "" | "n" | "s" | "decken"))
                    || *room == "kueche" && modifier == "kuech"
            })
            .map(|room| (Some(room), *thing))
    })
}

fn apiece(phrases: &[&'static str]) -> Vec<Vec<&'static str>> {
    phrases.iter().map(|phrase| phrase.split(' ').collect()).collect()
}

/// Takes the words of a phrase out, where they first stand together; soft words may stand between them.
fn take(tokens: &mut Vec<Token>, phrase: &[&str]) -> bool {
    for at in 0..tokens.len() {
        let mut end = at;
        let mut met = 0;
        for word in phrase {
            while met > 0 && tokens.get(end).is_some_and(|token| token.soft && token.word != *word)
            {
                end += 1;
            }
            if tokens.get(end).is_none_or(|token| token.word != *word) {
                break;
            }
            met += 1;
            end += 1;
        }
        if met == phrase.len() {
            tokens.drain(at..end);
            return true;
        }
    }
    false
}
