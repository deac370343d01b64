//! The signs of a language that make something else of a sentence: it asks, supposes, reports, denies, puts off or chains.

use super::{
    super::{commands::Manner, grammar, text::Said},
    Concept,
    clauses::Clauses,
    is_in,
    wish::Fit,
};

/// What makes something else than a wish of a sentence, in one language.
pub(super) struct Signs {
    /// A condition, a report, a supposition, another time: wherever it stands.
    pub(super) stops: &'static str,
    /// A question, a state that shall stay, what somebody else would like: in the clause of the wish.
    pub(super) stops_beside: &'static str,
    /// The same of the sentence as it was said, with its politeness.
    pub(super) others: &'static str,
    /// What begins a question, where nothing asks for something.
    pub(super) asks: &'static str,
    /// "Should it rain, close the door": a condition.
    pub(super) inverted: &'static str,
    /// "Can the music be paused?": the beginnings, and the ends.
    pub(super) passive: (&'static str, &'static str),
    /// "Kannst das ausmachen?": what asks for something wherever it stands.
    pub(super) asks_for: &'static str,
    /// "…, ja?": what asks for nothing but a yes.
    pub(super) tags: &'static str,
    /// "At eight".
    pub(super) at_an_hour: &'static str,
    /// "Let us suppose".
    pub(super) supposing: &'static [&'static str],
    /// "In ten minutes": what comes before, and after.
    pub(super) in_a_while: (&'static str, &'static str),
    pub(super) days: &'static str,
    /// "And after that": somebody wants two things.
    pub(super) chains: &'static str,
    /// What commands are about.
    pub(super) things: &'static str,
    /// What joins two things of a kind.
    pub(super) both: &'static str,
    /// What begins a clause of its own without a sign: "unmark it so it is not exported".
    pub(super) joins: &'static str,
    /// What makes an order of a denial: "don't watch the folder any more".
    pub(super) any_more: &'static str,
    /// What begins a clause that takes back what was said before it.
    pub(super) retracts: &'static str,
    /// What was done already: with one of the first where there are any, one of the second.
    pub(super) past: (&'static str, &'static str),
    /// What makes something else of a statement: a condition, a report, a supposition.
    pub(super) supposes: &'static str,
    /// What somebody is told to have said.
    pub(super) reports: &'static str,
    /// Who says goodbye reports nothing.
    pub(super) goodbye: &'static str,
    /// What makes none of a denial: "I do not mind".
    pub(super) no_denial: &'static str,
    /// "It is fine by me if": what is fine, the condition, and what it means.
    pub(super) fine_if: (&'static str, &'static str, &'static str),
    /// "When you talk to me".
    pub(super) when_you_talk: (&'static str, &'static str),
    pub(super) you: &'static str,
    /// "How do I", "how to".
    pub(super) how_to: (&'static str, &'static str),
    /// What is in documents, and not in the machine.
    pub(super) elsewhere: &'static str,
}

/// Takes "if" out of "it is fine by me if", and "when you talk to me": these are no conditions.
pub(super) fn without_fine_conditions<'a>(
    said: &Said<'a>,
    original: &Said<'_>,
    signs: &Signs,
) -> Said<'a> {
    let (fine, condition, that) = signs.fine_if;
    let (you, talk) = signs.when_you_talk;
    let mut said = Said { tokens: said.tokens.clone(), ..*said };
    let word = |at: usize| said.word(at);
    let before = |at: usize| {
        let end = said.tokens[at].start;
        original.tokens.iter().take_while(move |token| token.start < end)
    };
    let is_fine = |at: usize| {
        is_in(condition, word(at)) && before(at).any(|token| is_in(fine, &token.word))
            || is_in(you, word(at)) && (2..=5).any(|further| is_in(talk, word(at + further)))
    };
    if let Some(at) = (0..said.tokens.len()).find(|at| is_fine(*at)) {
        that.clone_into(&mut said.tokens[at].word);
    }
    said
}

/// Whether somebody is asked to do something, and not for what is so.
pub(super) fn is_asked_for(said: &Said<'_>, signs: &Signs) -> bool {
    is_in(signs.passive.0, said.word(0))
}

/// "How do I check …": that stands in documents.
pub(super) fn asks_how_to(said: &Said<'_>, signs: &Signs) -> bool {
    let (how, to) = signs.how_to;
    (0..said.tokens.len()).any(|at| is_in(how, said.word(at)) && is_in(to, said.word(at + 1)))
}

/// A sentence that has a wish, and how it was put.
pub(super) struct Asked<'a> {
    pub(super) original: &'a Said<'a>,
    pub(super) said: &'a Said<'a>,
    pub(super) clauses: &'a Clauses,
    pub(super) manner: Manner,
    pub(super) signs: &'a Signs,
}

impl Asked<'_> {
    /// Whether what a concept fits is asked about, told, supposed, put off, taken back, or one of several wishes.
    pub(super) fn is_no_wish_for_now(&self, concept: &Concept, fit: &Fit) -> bool {
        let Self { original, said, clauses, manner, signs } = self;
        let own = |word: &str| concept.needs.iter().any(|group| group.has(word));
        let all = || 0..said.tokens.len();
        let word = |at: usize| said.word(at);
        let beside = |at: &usize| fit.clauses.contains(&clauses.of[*at]);
        let says = |list: &str| all().filter(beside).any(|at| is_in(list, word(at)));

        let passive = all().any(|at| is_in(signs.passive.1, word(at)));
        let asked_for = manner.request
            || manner.wish
            || is_asked_for(original, signs) && passive
            || all().any(|at| is_in(signs.asks_for, word(at)));
        let first = clauses.of.first().is_some_and(|first| fit.clauses.contains(first));
        let begins = is_in(signs.asks, original.word(0)) || is_in(signs.asks, word(0));
        let (helper, done) = signs.past;
        // "Remove the mark, I flagged it by mistake": what is wanted now stands in a clause of its own.
        let says_in = |clause: usize, list: &str| {
            all().any(|at| clauses.of[at] == clause && is_in(list, word(at)))
        };
        let past = !says("be been get")
            && (helper.is_empty() || says(helper))
            && fit.clauses.iter().all(|clause| says_in(*clause, done));
        let (before, after) = signs.in_a_while;
        let put_off = all().any(|at| {
            is_in(before, word(at)) && (1..=3).any(|further| is_in(after, word(at + further)))
                || is_in(signs.days, word(at))
                || is_in(signs.at_an_hour, word(at))
                    && !fit.slots.contains_key("level")
                    && grammar::is_number(said, at + 1)
        });
        let supposing = signs.supposing.iter().any(|phrase| {
            let words: Vec<_> = phrase.split(' ').collect();
            (0..original.tokens.len()).any(|at| original.has_at(at, &words))
        });
        let stopped = all().any(|at| is_in(signs.stops, word(at)) && !own(word(at)));
        // One clause that just asks is enough: "there is always a light on there, turn it off".
        let stopped_in = |clause: usize| {
            all().any(|at| {
                clauses.of[at] == clause && is_in(signs.stops_beside, word(at)) && !own(word(at))
            })
        };
        let stopped_beside = fit.clauses.iter().all(|clause| stopped_in(*clause));
        let retracted = all().any(|at| clauses.begins(at) && is_in(signs.retracts, word(at)));
        let chained = all().skip(1).any(|at| is_in(signs.chains, word(at)));
        // "Turn off the music and the light on."
        let and = all().skip(1).find(|at| is_in(signs.both, word(*at)));
        let thing = |at: usize| is_in(signs.things, word(at)) && !own(word(at));
        let another = and.is_some_and(|and| {
            all().take(and).any(|at| is_in(signs.things, word(at))) && all().skip(and).any(thing)
        });
        let tagged = original.tokens.last().is_some_and(|last| is_in(signs.tags, &last.word));
        (original.asks && !tagged || begins && first || past) && !asked_for
            || is_in(signs.inverted, original.word(0))
            || put_off
            || supposing
            || stopped
            || stopped_beside
            || retracted
            || chained
            || another
            || self.is_wish_of_another(fit)
            || has_a_time(said.text)
    }

    /// "Tim wants you to open the garage": in the words of the sentence, before its politeness was taken out.
    fn is_wish_of_another(&self, fit: &Fit) -> bool {
        let Self { original, said, clauses, signs, .. } = self;
        let whole = Clauses::of(original, signs);
        let wish: Vec<usize> = (0..said.tokens.len())
            .filter(|at| fit.clauses.contains(&clauses.of[*at]))
            .filter_map(|at| {
                original.tokens.iter().position(|token| token.start == said.tokens[at].start)
            })
            .map(|at| whole.of[at])
            .collect();
        (0..original.tokens.len())
            .any(|at| is_in(signs.others, original.word(at)) && wish.contains(&whole.of[at]))
    }
}

/// Whether a time of the day is written in a text: `18:30`.
fn has_a_time(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|signs| signs[0].is_ascii_digit() && signs[1] == b':' && signs[2].is_ascii_digit())
}
