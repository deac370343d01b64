//! Decides who answers a question that goes to the documents, and what happens when the language model cannot. Pure.
//!
//! ```text
//! open ──model ready──▶ Waiting ──first token──▶ Speaking ──failed──▶ Ended (error)
//!   │                    │ ▲  │
//!   │   prompt too long: │ │  └─failed──▶ Ended (quotes if there are passages, otherwise an error)
//!   │   ask with less    └─┘
//!   └──model not ready──▶ Ended (quotes, or an honest "not found")
//! ```
//!
//! What a person already reads is never taken back: once the model speaks, its failure is an error.

use crate::foundation::values::ReadinessIssue;
use crate::inference::workers::WorkerError;

/// Where a turn stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    /// The language model was asked and said nothing yet.
    Waiting {
        /// What it was asked with.
        prompted: Prompted,
        /// What it was given.
        grounds: Grounds,
    },
    /// The language model speaks.
    Speaking,
    /// Somebody else answers, or nobody.
    Ended,
}

/// What a prompt has besides the question; each has less than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prompted {
    /// The turns before, and every passage.
    History,
    /// Every passage.
    Passages,
    /// The best passage.
    BestPassage,
}

/// What the documents gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grounds {
    /// Several passages were found.
    Passages,
    /// One was found.
    OnePassage,
    /// None was found.
    Nothing,
}

/// Whether a language model can be asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Readiness {
    /// It can.
    Ready,
    /// It takes questions, and will answer them once it is loaded.
    Loading,
    /// It cannot, and this is why.
    NotReady(Option<ReadinessIssue>),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// The first token came.
    Spoke,
    /// The language model cannot answer, or not go on.
    Failed(WorkerError),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// Ask the language model.
    Ask(Prompted),
    /// Tell the person that the language model is still loading.
    TellLoading,
    /// Tell the person what the prompt goes without, because everything did not fit.
    TellWithout(Prompted),
    /// Tell the person why the documents are quoted instead.
    TellInstead(WorkerError),
    /// Quote the documents, or say that they do not say.
    Quote(Option<ReadinessIssue>),
    /// End with an error.
    Fail(WorkerError),
}

/// A next state, and what to do.
#[derive(Debug, PartialEq)]
#[must_use = "effects that are dropped never happen"]
pub(super) struct Step {
    pub(super) state: State,
    pub(super) effects: Vec<Effect>,
}

/// Decides who is asked, after the documents were searched.
pub(super) fn open(readiness: Readiness, prompted: Prompted, grounds: Grounds) -> Step {
    let asking = |effects| Step { state: State::Waiting { prompted, grounds }, effects };
    match readiness {
        Readiness::Ready => asking(vec![Effect::Ask(prompted)]),
        Readiness::Loading => asking(vec![Effect::TellLoading, Effect::Ask(prompted)]),
        Readiness::NotReady(issue) => {
            Step { state: State::Ended, effects: vec![Effect::Quote(issue)] }
        }
    }
}

/// Takes one fact and answers with the next state and what to do; late facts change nothing.
pub(super) fn step(state: State, fact: Fact) -> Step {
    match (state, fact) {
        (State::Waiting { .. }, Fact::Spoke) => {
            Step { state: State::Speaking, effects: Vec::new() }
        }
        (State::Waiting { prompted, grounds }, Fact::Failed(error)) => {
            stand_in(prompted, grounds, error)
        }
        (State::Speaking, Fact::Failed(error)) => {
            Step { state: State::Ended, effects: vec![Effect::Fail(error)] }
        }
        (state, _) => Step { state, effects: Vec::new() },
    }
}

/// Decides who stands in for a language model that said nothing.
fn stand_in(prompted: Prompted, grounds: Grounds, error: WorkerError) -> Step {
    if is_overflow(&error) {
        // A prompt is never cut silently: whole parts are left out, one after the other, and the person is told.
        let less = match (prompted, grounds) {
            (Prompted::History, _) => Prompted::Passages,
            (Prompted::Passages, Grounds::Passages) => Prompted::BestPassage,
            (Prompted::Passages, Grounds::OnePassage | Grounds::Nothing)
            | (Prompted::BestPassage, _) => {
                return Step { state: State::Ended, effects: vec![Effect::Fail(error)] };
            }
        };
        return Step {
            state: State::Waiting { prompted: less, grounds },
            effects: vec![Effect::TellWithout(less), Effect::Ask(less)],
        };
    }
    let effects = match (grounds, error) {
        (_, WorkerError::NotReady(issue)) => vec![Effect::Quote(Some(issue))],
        (_, WorkerError::Stopping) => vec![Effect::Fail(WorkerError::Stopping)],
        (Grounds::Passages | Grounds::OnePassage, error) => {
            vec![Effect::TellInstead(error), Effect::Quote(None)]
        }
        (Grounds::Nothing, error) => vec![Effect::Fail(error)],
    };
    Step { state: State::Ended, effects }
}

fn is_overflow(error: &WorkerError) -> bool {
    matches!(error, WorkerError::Refused(refusal) if refusal.code == "context_overflow")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::values::Severity;
    use crate::inference::workers::Refusal;
    use proptest::prelude::*;

    fn overflow() -> WorkerError {
        refused("context_overflow")
    }

    fn refused(code: &str) -> WorkerError {
        let message = "the prompt has 5000 tokens, 4096 fit".to_owned();
        WorkerError::Refused(Refusal { code: code.to_owned(), message })
    }

    fn issue() -> ReadinessIssue {
        ReadinessIssue {
            severity: Severity::Warning,
            code: "missing_model".to_owned(),
            message: "missing model".to_owned(),
            path: None,
            mend: "put it there".to_owned(),
        }
    }

    fn waiting(prompted: Prompted, grounds: Grounds) -> State {
        State::Waiting { prompted, grounds }
    }

    #[test]
    fn without_a_model_the_documents_answer() {
        let step = open(Readiness::NotReady(Some(issue())), Prompted::History, Grounds::Passages);
        assert_eq!(step.effects, [Effect::Quote(Some(issue()))]);
    }

    #[test]
    fn a_worker_that_dies_before_its_first_token_is_stood_in_for_by_the_documents() {
        let state = waiting(Prompted::History, Grounds::Passages);
        let step = step(state, Fact::Failed(WorkerError::Died));
        assert_eq!(step.effects, [Effect::TellInstead(WorkerError::Died), Effect::Quote(None)]);
    }

    #[test]
    fn a_worker_that_dies_in_mid_answer_is_an_error() {
        // VOX-69
        let spoke = step(waiting(Prompted::Passages, Grounds::Passages), Fact::Spoke);
        let died = step(spoke.state, Fact::Failed(WorkerError::Died));
        assert_eq!(died.effects, [Effect::Fail(WorkerError::Died)]);
    }

    #[test]
    fn a_failure_without_passages_is_an_error() {
        let state = waiting(Prompted::Passages, Grounds::Nothing);
        let step = step(state, Fact::Failed(WorkerError::QueueTimeout));
        assert_eq!(step.effects, [Effect::Fail(WorkerError::QueueTimeout)]);
    }

    #[test]
    fn a_prompt_that_is_too_long_loses_whole_parts_and_is_then_refused_with_numbers() {
        let mut now = open(Readiness::Ready, Prompted::History, Grounds::Passages);
        for less in [Prompted::Passages, Prompted::BestPassage] {
            now = step(now.state, Fact::Failed(overflow()));
            assert_eq!(now.effects, [Effect::TellWithout(less), Effect::Ask(less)]);
        }
        now = step(now.state, Fact::Failed(overflow()));
        assert_eq!(now.effects, [Effect::Fail(overflow())]);
    }

    fn errors() -> impl Strategy<Value = WorkerError> {
        prop_oneof![
            Just(overflow()),
            Just(refused("engine_failed")),
            Just(WorkerError::NotReady(issue())),
            Just(WorkerError::Died),
            Just(WorkerError::Stalled),
            Just(WorkerError::Stopping),
            Just(WorkerError::QueueTimeout),
            Just(WorkerError::DeadlineExceeded),
        ]
    }

    fn facts() -> impl Strategy<Value = Fact> {
        prop_oneof![Just(Fact::Spoke), errors().prop_map(Fact::Failed)]
    }

    proptest! {
        #[test]
        fn a_turn_ends_at_most_once_and_asks_at_most_thrice(
            facts in prop::collection::vec(facts(), 0..12),
            history: bool,
            passages: bool,
        ) {
            let prompted = if history { Prompted::History } else { Prompted::Passages };
            let grounds = if passages { Grounds::Passages } else { Grounds::Nothing };
            let mut now = open(Readiness::Ready, prompted, grounds);
            let mut effects = std::mem::take(&mut now.effects);
            for fact in facts {
                now = step(now.state, fact);
                effects.append(&mut now.effects);
            }
            let count = |wanted: fn(&Effect) -> bool| effects.iter().filter(|one| wanted(one)).count();
            prop_assert!(count(|one| matches!(one, Effect::Quote(_) | Effect::Fail(_))) <= 1);
            prop_assert!(count(|one| matches!(one, Effect::Ask(_))) <= 3);
        }
    }
}
