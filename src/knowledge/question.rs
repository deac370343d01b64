//! What a question asks for: its words, how they may be put otherwise, and what must be found letter for letter.
//!
//! Pure. The words that only make a sentence a question ("how", "do", "I", "wie") are dropped; what is left are the terms.

use super::words::{Word, words};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// More terms than a person asks with; what comes after them is not looked at.
const MOST_TERMS: usize = 24;

/// Words that carry no content in a question, English and German.
const EMPTY: &str = "a about actually after already all also am an and another any anybody anyone anything are as at be been before being but by can certain could did \
    do does doing done dont each either else ever every everything exactly for from get gets getting give given gives go going got \
    had happen happened happening happens has have having he help her here him his how i if in instead into is isn it its itself just know let \
    like make makes making many may me mean means might much must my need needed needs no not now of off on once one only or other our \
    out over own per please possible really s same say says see shall she should so some somebody someone something such t take \
    takes tell tells told return returns than that the their them then there these they until since thing things this those to too try up us use used \
    uses using versus very via want wants was way we were what whats when where whether which while who whom whose why will with \
    within without would yes you your m re ve d ll \
    one two three four five six seven eight nine ten first few several each thing \
    aber alle als am an auch auf aus bei bin bis bitte da das dass dem den denn der des die dir doch dort du durch ein eine einem einen \
    einer eines er es fur gibt hat haben hier ich ihr im ist ja kann kannst konnen lasst machen macht man mein meine mich mir mit nach \
    nicht noch nur ob oder ohne sein sich sie sind so soll um und uns unter viel vom von vor wann war warum was welche welchem \
    welchen welcher welches wenn wer werden wie wird wir wo wurde zu zum zur";

/// Numbers as words.
const NUMBERS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "hundred",
    "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun", "zehn",
];

/// Words that ask more than they tell: what is done with the thing, and what kind of thing it is. They count, but little.
const SOFT: &str = "keep keeps kept keeping prevent avoid handle handled handling try tries trying choose chosen pick put come comes taken \
    turn work works working mark show shows print prints list display output tell set sets change changed \
    changing remain contain contains call called \
    column columns field fields option options flag flags switch setting settings parameter parameters argument key keys entry entries \
    value values command commands name names number amount kind type line lines way ways default defaults status state \
    zeigen anzeigen ausgeben setzen andern spalte feld schalter einstellung befehl wert zeile";

/// With fewer other terms than this, soft ones count as much as they.
const ENOUGH: usize = 2;

/// What a soft word weighs, next to others that are as rare.
const SOFT_COUNTS: f64 = 0.3;

/// What a word that people use for a term counts, next to the term itself.
const ALIKE_COUNTS: f64 = 0.8;

/// Groups of words that people use for each other when they ask. Small on purpose: each one is a chance of a wrong answer.
const ALIKE: &[&str] = &[
    "folder directory directories verzeichnis ordner",
    "file datei",
    "files dateien",
    "delete remove erase unlink loschen",
    "show display print list output anzeigen zeigen",
    "biggest largest greatest maximum max",
    "smallest minimum min",
    "newest latest recent",
    "change modify alter set andern",
    "rename move",
    "stop end terminate exit quit",
    "die dead death dies died dying crash killed",
    "begin start launch",
    "reversed reverse",
    "case uppercase lowercase",
    "duplicate repeated duplicates",
    "executable execute run executing",
    "ram memory speicher",
    "size grosse",
    "user benutzer",
    "password passwort kennwort",
    "find found search locate suchen",
    "check verify test",
    "extract unpack",
    "compress compressed",
    "hidden dot",
    "symlink symbolic link symlinks",
    "permission permissions mode rights",
    "error failure fail fails failed",
    "allow allowed permit permitted",
    "forbid forbidden deny denied refuse refused reject rejected",
    "create make creates",
    "ignore skip omit exclude",
    "number count",
    "amount quantity",
    "config configuration settings setting",
    "database db sqlite",
    "separator delimiter",
    "wait sleep pause delay",
    "follow dereference",
    "several multiple",
    "full overflow",
    "machine system computer",
    "long lengthy",
    "ask prompt confirm",
    "overwrite clobber overwriting",
    "reboot restart",
    "choose select pick selects",
    "hold held holds",
    "keep kept keeps",
    "send sent sends",
    "write written wrote",
    "run ran runs",
    "longest maximum longer",
    "length width",
    "back backup",
    "kill signal",
    "newer update updated",
    "edit edits editing",
    "larger bigger greater more",
    "smaller fewer less",
    "word words",
    "whitespace blank blanks space spaces",
    "grow grows growing",
    "supplementary secondary",
    "listening listen",
];

static SOFT_STEMS: LazyLock<HashSet<String>> =
    LazyLock::new(|| words(SOFT).into_iter().map(|word| word.stem).collect());

static EMPTY_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| EMPTY.split_whitespace().collect());

/// For each stem of those groups, the other words of its groups.
static ALIKE_WORDS: LazyLock<HashMap<String, Vec<Word>>> = LazyLock::new(|| {
    let mut alike: HashMap<String, Vec<Word>> = HashMap::new();
    for group in ALIKE {
        let group = words(group);
        for word in &group {
            let others = alike.entry(word.stem.clone()).or_default();
            for other in group.iter().filter(|other| other.stem != word.stem) {
                if !others.iter().any(|known| known.stem == other.stem) {
                    others.push(other.clone());
                }
            }
        }
    }
    alike
});

/// Something a question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// Its stem.
    pub(super) stem: String,
    /// The word as it was asked.
    pub(super) written: String,
    /// Whether others tell more.
    pub(super) soft: bool,
    /// Stems of words that people use for it.
    pub(super) alike: Vec<String>,
    /// Those words.
    pub(super) alike_written: Vec<String>,
}

impl Term {
    /// Says how well a stem meets this term: fully, as a word that people use for it, or not at all.
    pub(super) fn likeness(&self, stem: &str) -> f64 {
        if self.stem == stem {
            1.0
        } else if self.alike.iter().any(|other| other == stem) {
            ALIKE_COUNTS
        } else {
            0.0
        }
    }

    /// Says the same of a word, more strictly: a stem in common is not enough for "conversation" and "conversion".
    pub(super) fn meets(&self, word: &Word) -> f64 {
        let likeness = self.likeness(&word.stem);
        let longer = self.written.len().max(word.plain.len());
        let shared =
            self.written.bytes().zip(word.plain.bytes()).take_while(|(a, b)| a == b).count();
        if likeness >= 1.0 && shared * 5 < longer * 3 { 0.0 } else { likeness }
    }
}

/// A question, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    /// What it asks for, each once, in its order.
    pub(super) terms: Vec<Term>,
    /// What must be found letter for letter: options (`-S`, `--sort`), paths, names in capitals.
    pub(super) literals: Vec<String>,
    /// What is better found letter for letter: names such as `ProxyJump`, `UMASK` or `D`.
    pub(super) names: Vec<String>,
    /// All its words, in pairs of neighbours.
    pub(super) pairs: Vec<(String, String)>,
    /// Whether it asks for a number: "how many", "wie viele".
    pub(super) counts: bool,
    /// Whether something is to be explained, if that is all it asks: "what is tar?", "was ist tar?".
    pub(super) defines: bool,
}

/// What the passages that a reader may see tell about a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// How much each term tells, by its stem: the fewer passages have it, the more.
    pub(super) weights: HashMap<String, f64>,
    /// The names of documents that the question asks about, in lower case.
    pub(super) subjects: Vec<String>,
}

impl Evidence {
    /// Returns what a term weighs; one that was not counted weighs as much as any other.
    pub(super) fn weight(&self, term: &Term) -> f64 {
        let weight = self.weights.get(&term.stem).copied().unwrap_or(1.0);
        if term.soft { weight * SOFT_COUNTS } else { weight }
    }
}

impl Question {
    /// Longer questions are read up to here, in bytes: enough for those terms, and a bound on the work.
    pub(super) const LONGEST: usize = 4096;

    /// Reads a question.
    pub(super) fn read(text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(Self::LONGEST)];
        let all = words(text);
        let pair = |pair: &[Word]| (pair[0].stem.clone(), pair[1].stem.clone());
        let mut question = Self {
            literals: distinct(tokens(text).filter(|token| is_literal(token))),
            names: distinct(tokens(text).filter(|token| is_name(token))),
            pairs: all.windows(2).take(MOST_TERMS * 4).map(pair).collect(),
            ..Self::default()
        };
        for word in &all {
            if question.terms.len() < MOST_TERMS && !is_empty(word, text) {
                question.add(word);
            }
        }
        // With few others, they are what is asked for.
        if question.terms.iter().filter(|term| !term.soft).count() < ENOUGH {
            question.terms.iter_mut().for_each(|term| term.soft = false);
        }
        question.counts = counts(&all);
        question.defines = defines(&all) && question.terms.len() <= 2;
        question
    }

    fn add(&mut self, word: &Word) {
        if self.terms.iter().any(|term| term.stem == word.stem) {
            return;
        }
        let alike = ALIKE_WORDS.get(&word.stem).map_or(&[][..], Vec::as_slice);
        self.terms.push(Term {
            stem: word.stem.clone(),
            written: word.plain.clone(),
            soft: SOFT_STEMS.contains(&word.stem),
            alike: alike.iter().map(|word| word.stem.clone()).collect(),
            alike_written: alike.iter().map(|word| word.plain.clone()).collect(),
        });
    }
}

/// Whether a word says nothing by itself. A single letter after a hyphen is an option, and says a lot.
fn is_empty(word: &Word, text: &str) -> bool {
    let option = text[..word.bytes.start].ends_with('-');
    !option && EMPTY_WORDS.contains(word.plain.as_str())
}

fn counts(words: &[Word]) -> bool {
    words.windows(2).any(|pair| {
        let pair = (pair[0].plain.as_str(), pair[1].plain.as_str());
        matches!(pair, ("how", "many") | ("wie", "viele"))
    })
}

/// Whether a text has a number, in digits or as a small word.
pub(super) fn has_number(text: &str) -> bool {
    words(text).iter().any(|word| {
        NUMBERS.contains(&word.plain.as_str())
            || word.plain.starts_with(|first: char| first.is_ascii_digit())
    })
}

fn defines(words: &[Word]) -> bool {
    let plain: Vec<&str> = words.iter().take(3).map(|word| word.plain.as_str()).collect();
    matches!(
        plain.as_slice(),
        ["what" | "was" | "who" | "wer", "is" | "are" | "ist" | "sind" | "does", ..]
            | ["what", "s", ..]
            | ["whats", ..]
    )
}

/// Splits a question where there is white space, and takes quotes and punctuation off.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|token| token.trim_matches(|letter: char| "?!,;:.()[]{}\"'`“”„".contains(letter)))
        .take(MOST_TERMS * 4)
}

/// Whether a token is to be found letter for letter.
fn is_literal(token: &str) -> bool {
    let name = token.trim_start_matches('-');
    let option = token.starts_with('-') && name.starts_with(char::is_alphanumeric);
    let path = token.starts_with('/') && token.len() > 2;
    option || path || (token.contains('_') && token.len() > 2 && capital(token))
}

/// Whether a token looks like a name that means something just so: capitals alone, or capitals within.
fn is_name(token: &str) -> bool {
    let shouted = capital(token) && !matches!(token, "I" | "A");
    let humped = token.starts_with(|first: char| first.is_ascii_uppercase())
        && token.chars().skip(1).any(|letter| letter.is_ascii_uppercase());
    !is_literal(token) && (shouted || humped || token.ends_with('='))
}

fn distinct(tokens: impl Iterator<Item = impl Into<String>>) -> Vec<String> {
    let mut seen = HashSet::new();
    tokens.map(Into::into).filter(|token: &String| seen.insert(token.clone())).collect()
}

fn capital(token: &str) -> bool {
    token
        .chars()
        .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
        && token.contains(|letter: char| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(question: &str) -> Vec<String> {
        Question::read(question).terms.into_iter().map(|term| term.stem).collect()
    }

    #[test]
    fn only_words_with_content_are_asked_for() {
        assert_eq!(stems("What happens when a worker dies?"), ["worker", "di"]);
        assert_eq!(stems("Wie sortiert man Dateien nach Größe?"), ["sortiert", "dateien", "groß"]);
        assert!(stems("what is it?").is_empty());
    }

    #[test]
    fn options_paths_and_names_in_capitals_are_taken_letter_for_letter() {
        let question = Question::read("What does `-S` of ls do to /etc/passwd, and LADYLINUX_ENV?");
        assert_eq!(question.literals, ["-S", "/etc/passwd", "LADYLINUX_ENV"]);
        assert!(question.terms.iter().any(|term| term.stem == "s"));
    }

    #[test]
    fn a_question_for_a_number_is_known_and_so_is_a_number() {
        assert!(Question::read("How many users can it serve?").counts);
        assert!(has_number("Five deaths hold it.") && has_number("RSA: 3072 bits"));
        assert!(!has_number("Many users."));
    }

    #[test]
    fn a_question_for_a_definition_is_known() {
        assert!(Question::read("What is tar?").defines);
        assert!(!Question::read("How do I unpack a tar archive?").defines);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in ".*") {
            let question = Question::read(&text);
            proptest::prop_assert!(question.terms.len() <= MOST_TERMS);
        }
    }
}
