//! Sentences of several clauses: one that says what is wanted, and others that say why, thank, or greet.
//!
//! A text that is nothing as a whole is read clause by clause. Two clauses that want different things are nothing: nobody
//! chains wishes here. Beside a command only clauses may stand whose every word is known to mean nothing for it; beside a
//! question anything may stand that takes nothing back.

use super::{
    Category, Intent, Recognition, Recognized, Thresholds, Vocabulary, commands, read_whole,
};

/// No sentence of a person has more.
const MOST: usize = 6;

/// Words of a clause that may take back or change what another says.
const TAKES_BACK: &[&str] = &[
    "not", "never", "no", "if", "when", "unless", "until", "till", "except", "but", "only",
    "before", "after", "while", "once", "said", "says", "say", "told", "tells", "claims",
    "claimed", "thinks", "thought", "asked", "wants", "wanted", "tomorrow", "later", "why", "how",
    "what", "where", "who", "which", "whether", "wrote", "writes", "supposed", "heard", "imagine",
    "suppose", "pretend", "joking", "kidding", "wait", "stop", "dont", "nicht", "wenn", "sagt",
    "sagte", "cannot", "isnt", "wont", "dreamt", "dreamed", "wish", "hope", "were", "would",
    "maybe", "perhaps",
];

/// How a clause begins that explains another.
const EXPLAINS: &[&str] = &[
    "i",
    "im",
    "ive",
    "id",
    "he",
    "hes",
    "she",
    "shes",
    "they",
    "theyre",
    "it",
    "its",
    "that",
    "thats",
    "this",
    "we",
    "were",
    "my",
    "so",
    "please",
    "use",
    "you",
    "thanks",
    "thank",
    "ok",
    "okay",
    "there",
    "theres",
    "lady",
    "guess",
    "look",
    "listen",
    "hey",
    "oh",
    "well",
    "as",
    "because",
    "nice",
    "pleased",
    "sorry",
    "yes",
    "yeah",
    "just",
    "the",
    "and",
    "let",
    "her",
    "his",
    "hello",
    "hi",
    "good",
    "welcome",
    "come",
    "meet",
    "say",
    "everyone",
    "everybody",
    "both",
    "all",
    "by",
    "from",
    "in",
    "now",
    "right",
    "alright",
];

/// Reads a text clause by clause, if it has several.
pub(super) fn read(
    text: &str,
    vocabulary: &Vocabulary,
    thresholds: Thresholds,
) -> Option<Recognized> {
    let clauses = split(text);
    if clauses.len() < 2
        || clauses.len() > MOST
        || super::text::Said::new(text, crate::host::Language::English).quotes
    {
        return None;
    }
    let mut wanted: Option<Recognized> = None;
    let mut talk: Option<Recognized> = None;
    let mut beside = Vec::new();
    let mut command_is_last = false;
    for clause in clauses {
        match read_whole(clause, vocabulary, thresholds) {
            Recognition::Clear(found)
                if matches!(found.intent, Intent::Greet | Intent::SmallTalk) =>
            {
                // "Hello, thanks": what is said last is answered.
                talk = Some(found);
            }
            Recognition::Clear(found) => {
                command_is_last = true;
                match &mut wanted {
                    None => wanted = Some(found),
                    Some(wanted) => merge(wanted, found)?,
                }
            }
            Recognition::Unclear(_) | Recognition::Nothing => {
                command_is_last = false;
                beside.push(clause);
            }
        }
    }
    if wanted.is_none() {
        beside.retain(|clause| {
            !commands::says_nothing(clause, crate::host::Language::English, vocabulary)
        });
        return talk.filter(|_| beside.is_empty());
    }
    let wanted = wanted?;
    // "I have burnt the toast, turn off the alarm": a reason of one's own comes first.
    let english = wanted.language == crate::host::Language::English;
    if wanted.intent.category() == Category::Command && command_is_last && english {
        beside.retain(|clause| !is_a_reason(clause));
    }
    beside.into_iter().all(|clause| may_stand_beside(&wanted, clause, vocabulary)).then_some(wanted)
}

/// Adds what another clause says about the same.
fn merge(wanted: &mut Recognized, more: Recognized) -> Option<()> {
    if wanted.intent != more.intent || wanted.intent.category() == Category::Command {
        return None;
    }
    for (slot, value) in more.slots {
        if wanted.slots.get(&slot).is_some_and(|known| *known != value) {
            return None;
        }
        wanted.slots.insert(slot, value);
    }
    Some(())
}

/// How a reason of one's own begins.
const BEGINS: &str = "i am|im|i have|ive|we are|we have|weve|its|it is|theres|there is|there are|my ears|my hands|my car|\
    we never|we dont need|i dont need|oh i|oh its|oh im|oh ive|ooh its|the baby|the kids|the sun|\
    the rain|the film is over|the party is over";

/// Words that make something else than a reason of it.
const REPORTS: &str = "not read reading heard hear hearing shouted shouting yelling yelled quoting quote testing test \
    writing typing typed repeating singing joke word words sentence phrase line song note letter text \
    message sign asking saying telling thinking wondering dreaming imagining planning going about \
    learning practising practicing translating afraid sure allowed tempted curious called title soon \
    tonight command commands example answer rule always often usually used ask tell hoping or almost \
    everyone forbidden question instructions instruction manual play game film movie story book novel";

/// Whether a clause tells of oneself or of the weather, and of nothing that was said, thought, asked or denied.
fn is_a_reason(clause: &str) -> bool {
    let words = super::words(clause);
    let joined = words.join(" ");
    words.len() <= 9
        && BEGINS
            .split('|')
            .any(|begin| joined.starts_with(&format!("{begin} ")) || joined == begin)
        && !words.iter().any(|word| {
            REPORTS.split_whitespace().any(|report| report == word)
                || TAKES_BACK.contains(&word.as_str()) && !matches!(word.as_str(), "never" | "dont")
        })
}

fn may_stand_beside(wanted: &Recognized, clause: &str, vocabulary: &Vocabulary) -> bool {
    if commands::says_nothing(clause, wanted.language, vocabulary) {
        return true;
    }
    let words = super::words(clause);
    let takes_back = |word: &String| TAKES_BACK.contains(&word.as_str());
    let denies = |word: &String| {
        matches!(
            word.as_str(),
            "not" | "no" | "never" | "but" | "only" | "cannot" | "isnt" | "dont"
        )
    };
    match wanted.intent.category() {
        Category::Command => false,
        Category::Conversation | Category::Information => !words.iter().any(takes_back),
        Category::Identity | Category::Preference | Category::Permission => {
            let revokes = matches!(
                wanted.intent,
                Intent::RevokePermission
                    | Intent::RevokeConsent
                    | Intent::ParticipantLeft
                    | Intent::WeAreAlone
                    | Intent::SetPreferredName
            );
            words.len() <= 9
                && words.first().is_some_and(|first| EXPLAINS.contains(&first.as_str()))
                && !words.iter().any(|word| takes_back(word) && !(revokes && denies(word)))
        }
    }
}

/// Returns the clauses of a text; a sign inside a word or a number ends none.
fn split(text: &str) -> Vec<&str> {
    let mut clauses = Vec::new();
    let mut from = 0;
    for (at, sign) in text.char_indices() {
        let after = at + sign.len_utf8();
        let ends = match sign {
            ',' | ';' | '!' | '?' | '.' => {
                text[after..].chars().next().is_none_or(char::is_whitespace)
            }
            '–' | '—' => true,
            '-' => text[..at].ends_with(' ') && text[after..].starts_with(' '),
            _ => false,
        };
        if ends {
            clauses.push(&text[from..after]);
            from = after;
        }
    }
    clauses.push(&text[from..]);
    clauses.retain(|clause| clause.chars().any(char::is_alphanumeric));
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_inside_a_number_ends_no_clause() {
        assert_eq!(
            split("I was born on 17.5.1990, thanks"),
            ["I was born on 17.5.1990,", " thanks"]
        );
        assert_eq!(split("Karl-Heinz is here - hello!"), ["Karl-Heinz is here -", " hello!"]);
    }

    #[test]
    fn nothing_that_takes_a_command_back_stands_beside_it() {
        let vocabulary = Vocabulary::builtin();
        for text in [
            "Turn on the light, Ben said.",
            "turn on the light, if Ben is here",
            "No, turn on the light",
            "turn on the light, not",
            "Imagine this: turn on the light, please.",
            "I'm reading a sign, turn off the light",
            "I am telling you what he wants, open the garage",
            "turn off the light, I am reading",
            // This is no "I'm", and says where.
            "Im Garten ist es stockfinster, schalte da bitte die Beleuchtung ein",
        ] {
            assert_eq!(read(text, &vocabulary, Thresholds::default()), None, "{text:?}");
        }
    }
}
