//! Patterns: sentences with words that may be left out, alternatives and slots.
//!
//! ```text
//! word        this word
//! (a b|c)     one of these, of any number of words; an empty one may be left out
//! [a b|c]     one of these, or nothing
//! {name}      a slot; its key says what is read there (`slots`)
//! $macro      a part that many patterns share
//! ?…          at the very beginning: never more than a guess, unless it names somebody the node knows
//! ```
//!
//! A pattern fits a text as a whole or not at all; only soft words (`now`, `jetzt`) may be passed over. So there is no
//! sentence that somebody did not mean and that fits "nearly". All readings are looked for: where a pattern can be read in
//! two ways, the caller is told so and asks.

use super::{
    super::{Intent, SlotValue, Slots, text::Said, vocabulary::Vocabulary},
    slots::{Kind, Reading},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// An intent and one way to say it.
pub(in super::super) type Row = (Intent, &'static str);

/// More steps than any sentence of a person needs; a text that is made to be slow is not understood.
const MOST_STEPS: u32 = 20_000;

/// A pattern that is ready to be compared.
#[derive(Clone, Debug)]
pub(in super::super) struct Pattern {
    parts: Vec<Part>,
    /// A text without a word of each of these cannot fit.
    anchors: Vec<HashSet<String>>,
    guess: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Word(String),
    Choice(Arc<Choice>),
    Slot(Kind, String),
}

/// One of several sequences of parts.
#[derive(Debug)]
pub(in super::super) struct Choice {
    alternatives: Vec<Vec<Part>>,
    /// The words that it can begin with, if it always begins with a word.
    firsts: Option<HashSet<String>>,
}

/// Why a pattern cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum PatternError {
    #[error("a bracket is not closed or not opened")]
    Bracket,
    #[error("there is nothing called ${0}")]
    Macro(String),
    #[error("there is no slot {{{0}}}")]
    Slot(String),
}

/// The shared parts of a language.
pub(in super::super) type Macros = BTreeMap<&'static str, Arc<Choice>>;

/// Parses the shared parts; each may use those before it.
pub(in super::super) fn macros(
    written: &[(&'static str, &'static str)],
    vocabulary: &Vocabulary,
) -> Result<Macros, PatternError> {
    let mut macros = Macros::new();
    for (name, text) in written {
        let parts = Parser { rest: text, macros: &macros, vocabulary }.all()?;
        macros.insert(name, Arc::new(Choice::new(vec![parts])));
    }
    Ok(macros)
}

impl Pattern {
    pub(in super::super) fn parse(
        text: &str,
        macros: &Macros,
        vocabulary: &Vocabulary,
    ) -> Result<Self, PatternError> {
        let (guess, rest) = text.strip_prefix('?').map_or((false, text), |rest| (true, rest));
        let parts = Parser { rest, macros, vocabulary }.all()?;
        let anchors = parts
            .iter()
            .filter_map(|part| match part {
                Part::Word(word) => Some(HashSet::from([word.clone()])),
                Part::Choice(choice) => choice.firsts.clone(),
                Part::Slot(..) => None,
            })
            .collect();
        Ok(Self { parts, anchors, guess })
    }

    /// Whether it is no more than a guess.
    pub(in super::super) fn is_guess(&self) -> bool {
        self.guess
    }

    #[cfg(test)]
    /// Whether it has a word, so that it cannot fit everything.
    pub(in super::super) fn has_a_word(&self) -> bool {
        !self.anchors.is_empty()
    }

    /// Returns the different ways in which it fits what was said.
    pub(in super::super) fn readings(
        &self,
        said: &Said<'_>,
        vocabulary: &Vocabulary,
    ) -> Vec<Slots> {
        let mut matcher =
            Matcher { said, vocabulary, found: Vec::new(), steps: 0, beginning: None };
        matcher.run(&self.parts, None, 0, &mut Vec::new());
        if matcher.steps > MOST_STEPS {
            return Vec::new();
        }
        matcher.found
    }

    /// Returns where the longest part of what was said ends that begins at `at` and that it fits.
    pub(in super::super) fn end_from(
        &self,
        said: &Said<'_>,
        at: usize,
        vocabulary: &Vocabulary,
    ) -> Option<usize> {
        let mut matcher =
            Matcher { said, vocabulary, found: Vec::new(), steps: 0, beginning: Some(at) };
        matcher.run(&self.parts, None, at, &mut Vec::new());
        matcher.beginning.filter(|end| *end > at)
    }

    /// Returns groups of words, of each of which a text must have one.
    pub(in super::super) fn anchors(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        self.anchors.iter().map(|group| group.iter().map(String::as_str))
    }

    /// Gives every word that a pattern is written with.
    pub(in super::super) fn literals(&self, into: &mut HashSet<String>) {
        literals(&self.parts, into);
    }
}

fn literals(parts: &[Part], into: &mut HashSet<String>) {
    for part in parts {
        match part {
            Part::Word(word) => drop(into.insert(word.clone())),
            Part::Choice(choice) => choice.alternatives.iter().for_each(|one| literals(one, into)),
            Part::Slot(..) => {}
        }
    }
}

impl Choice {
    fn new(alternatives: Vec<Vec<Part>>) -> Self {
        let firsts = alternatives.iter().map(|one| firsts(one)).collect::<Option<Vec<_>>>();
        Self { firsts: firsts.map(|all| all.into_iter().flatten().collect()), alternatives }
    }
}

/// Returns the words a sequence can begin with; nothing if it can begin with something else, or be empty.
fn firsts(parts: &[Part]) -> Option<HashSet<String>> {
    match parts.first()? {
        Part::Word(word) => Some(HashSet::from([word.clone()])),
        Part::Slot(..) => None,
        Part::Choice(choice) => {
            if let Some(firsts) = &choice.firsts {
                return Some(firsts.clone());
            }
            // What may be left out begins with its own words, or with what follows.
            let mut all = firsts(&parts[1..])?;
            for alternative in choice.alternatives.iter().filter(|one| !one.is_empty()) {
                all.extend(firsts(alternative)?);
            }
            Some(all)
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    macros: &'a Macros,
    vocabulary: &'a Vocabulary,
}

impl Parser<'_> {
    fn all(mut self) -> Result<Vec<Part>, PatternError> {
        let parts = self.sequence()?;
        if self.rest.is_empty() { Ok(parts) } else { Err(PatternError::Bracket) }
    }

    fn sequence(&mut self) -> Result<Vec<Part>, PatternError> {
        let mut parts = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let Some(next) = self.rest.chars().next() else { return Ok(parts) };
            match next {
                '|' | ')' | ']' => return Ok(parts),
                '(' => parts.push(self.choice(')', Vec::new())?),
                '[' => parts.push(self.choice(']', vec![Vec::new()])?),
                '{' => {
                    let (key, rest) =
                        self.rest[1..].split_once('}').ok_or(PatternError::Bracket)?;
                    let kind = Kind::named(key, self.vocabulary)
                        .ok_or_else(|| PatternError::Slot(key.to_owned()))?;
                    parts.push(Part::Slot(kind, key.to_owned()));
                    self.rest = rest;
                }
                '$' => {
                    let name = self.word();
                    let shared = self
                        .macros
                        .get(&name[1..])
                        .ok_or_else(|| PatternError::Macro(name[1..].to_owned()))?;
                    parts.push(Part::Choice(Arc::clone(shared)));
                }
                _ => {
                    parts.push(Part::Word(self.word()));
                }
            }
        }
    }

    fn choice(
        &mut self,
        closing: char,
        mut alternatives: Vec<Vec<Part>>,
    ) -> Result<Part, PatternError> {
        loop {
            self.rest = &self.rest[1..];
            alternatives.push(self.sequence()?);
            match self.rest.chars().next() {
                Some('|') => {}
                Some(found) if found == closing => break,
                _ => return Err(PatternError::Bracket),
            }
        }
        self.rest = &self.rest[1..];
        Ok(Part::Choice(Arc::new(Choice::new(alternatives))))
    }

    fn word(&mut self) -> String {
        let end = self.rest[1..]
            .find(|character: char| " |()[]{}$".contains(character))
            .map_or(self.rest.len(), |at| at + 1);
        let end = if self.rest.is_char_boundary(end) { end } else { self.rest.len() };
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }
}

/// What is left to be matched after the parts at hand.
struct Next<'n, 'p> {
    parts: &'p [Part],
    next: Option<&'n Next<'n, 'p>>,
}

struct Matcher<'a> {
    said: &'a Said<'a>,
    vocabulary: &'a Vocabulary,
    found: Vec<Slots>,
    steps: u32,
    /// How far it fits, if it need not fit to the end.
    beginning: Option<usize>,
}

type Got<'a> = Vec<(&'a str, Option<SlotValue>)>;

impl Matcher<'_> {
    fn run<'p>(
        &mut self,
        parts: &'p [Part],
        next: Option<&Next<'_, 'p>>,
        at: usize,
        got: &mut Got<'p>,
    ) {
        self.steps += 1;
        // Two readings are enough to ask back.
        if self.steps > MOST_STEPS || self.found.len() > 1 {
            return;
        }
        let Some((first, rest)) = parts.split_first() else {
            match next {
                Some(next) => self.run(next.parts, next.next, at, got),
                None if self.beginning.is_some() => self.beginning = self.beginning.max(Some(at)),
                None if self.said.tokens[at..].iter().all(|token| token.soft) => self.note(got),
                None => {}
            }
            return;
        };
        let token = self.said.tokens.get(at);
        match first {
            Part::Word(word) => {
                if token.is_some_and(|token| token.word == *word) {
                    self.run(rest, next, at + 1, got);
                }
            }
            Part::Choice(choice) => {
                let possible = choice
                    .firsts
                    .as_ref()
                    .is_none_or(|firsts| token.is_some_and(|token| firsts.contains(&token.word)));
                if possible {
                    let after = Next { parts: rest, next };
                    for alternative in &choice.alternatives {
                        self.run(alternative, Some(&after), at, got);
                    }
                    if choice.firsts.is_none() {
                        // Its alternatives have passed over soft words themselves.
                        return;
                    }
                }
            }
            Part::Slot(kind, key) => {
                for Reading { end, value } in kind.read(self.said, at, self.vocabulary) {
                    got.push((key, value));
                    self.run(rest, next, end, got);
                    got.pop();
                }
            }
        }
        if token.is_some_and(|token| token.soft) {
            self.run(parts, next, at + 1, got);
        }
    }

    fn note(&mut self, got: &Got<'_>) {
        let slots: Slots = got
            .iter()
            .filter_map(|(key, value)| Some((key_of(key).to_owned(), value.clone()?)))
            .collect();
        if !self.found.contains(&slots) {
            self.found.push(slots);
        }
    }
}

/// What is read in another way is the same slot all the same.
pub(super) fn key_of(key: &str) -> &str {
    match key {
        "self" => "name",
        "owner" => "person",
        key => key,
    }
}
