//! The clauses of a text, and what is denied in each.

use super::{
    super::{common::NEGATIONS, text::Said},
    is_in,
    signs::Signs,
};

/// The clauses of a text.
pub(super) struct Clauses {
    /// Which one each word is in.
    pub(super) of: Vec<usize>,
    /// What is denied in each.
    pub(super) denied: Vec<Denied>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Denied {
    /// Nothing.
    #[default]
    No,
    /// That something goes on.
    AnyMore,
    /// Everything.
    Yes,
}

impl Clauses {
    pub(super) fn of(said: &Said<'_>, signs: &Signs) -> Self {
        let negations = NEGATIONS.of(said.language);
        let (mut of, mut denied) = (Vec::with_capacity(said.tokens.len()), vec![Denied::No]);
        let mut end = 0;
        for (at, token) in said.tokens.iter().enumerate() {
            let between = said.text.get(end..token.start).unwrap_or("");
            let sign = between.contains([',', ';', '.', '!', ':', '–', '—']) && !token.joined;
            if at > 0 && (sign || is_in(signs.joins, &token.word)) {
                denied.push(Denied::No);
            }
            end = token.end;
            let clause = denied.len() - 1;
            of.push(clause);
            if token.word == "no_longer" {
                denied[clause] = Denied::AnyMore;
            } else if negations.contains(token.word.as_str()) {
                denied[clause] = Denied::Yes;
            } else if is_in(signs.no_denial, &token.word) {
                denied[clause] = Denied::No;
            } else if denied[clause] == Denied::Yes && is_in(signs.any_more, &token.word) {
                denied[clause] = Denied::AnyMore;
            }
        }
        Self { of, denied }
    }

    /// Whether a word begins a clause that is not the first.
    pub(super) fn begins(&self, at: usize) -> bool {
        at > 0 && self.of.get(at).is_some_and(|clause| *clause != self.of[at - 1])
    }

    pub(super) fn deny(&self, at: usize) -> Denied {
        self.denied[self.of[at]]
    }
}
