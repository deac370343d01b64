//! Whom a turn asks for text: the worker, or in tests of something else a script.

use super::machine::Readiness;
use crate::inference::workers::{Event, Generate, Generation, Llm, WorkerError, WorkerState};

/// Whom a turn asks for text.
#[derive(Clone, Debug)]
pub(super) enum Model {
    /// The language-model worker.
    Worker(Llm),
    /// A script, for tests of what happens around the model.
    #[cfg(test)]
    Scripted(script::Script),
}

/// The text that comes; dropping it ends it.
#[derive(Debug)]
pub(super) enum Text {
    Worker(Generation),
    #[cfg(test)]
    Scripted(script::Running),
}

impl Model {
    /// Returns whether the model can be asked. One that loads can: its queue takes requests.
    pub(super) fn readiness(&self) -> Readiness {
        match self {
            Self::Worker(llm) => {
                let status = llm.status();
                match status.state {
                    WorkerState::Ready | WorkerState::Busy => Readiness::Ready,
                    WorkerState::Starting | WorkerState::Restarting => Readiness::Loading,
                    WorkerState::Absent
                    | WorkerState::Held
                    | WorkerState::Refused
                    | WorkerState::Stopping => Readiness::NotReady(status.issue),
                }
            }
            #[cfg(test)]
            Self::Scripted(script) => script.readiness(),
        }
    }

    /// Returns the model's id, once it is loaded.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Worker(llm) => llm.status().model.map(|model| model.id).unwrap_or_default(),
            #[cfg(test)]
            Self::Scripted(_) => "scripted".to_owned(),
        }
    }

    /// Takes a place in the model's queue.
    pub(super) async fn generate(&self, request: Generate) -> Result<Text, WorkerError> {
        match self {
            Self::Worker(llm) => llm.generate(request).await.map(Text::Worker),
            #[cfg(test)]
            Self::Scripted(script) => script.generate(request).map(Text::Scripted),
        }
    }
}

impl Text {
    /// Waits for the next event.
    pub(super) async fn next(&mut self) -> Option<Result<Event, WorkerError>> {
        match self {
            Self::Worker(generation) => generation.next().await,
            #[cfg(test)]
            Self::Scripted(running) => running.next().await,
        }
    }
}

#[cfg(test)]
pub(super) mod script {
    //! A model that says what a test tells it to.

    use super::{Event, Generate, Readiness, WorkerError};
    use crate::{
        foundation::values::Redacted,
        inference::workers::{Completion, Finish},
    };
    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
    };

    /// What one request gets: an event, a failure, or silence for ever.
    #[derive(Clone, Debug)]
    pub(in crate::conversation) enum Line {
        Say(Event),
        Fail(WorkerError),
        Hang,
    }

    /// Answers requests one after the other, and keeps them.
    #[derive(Clone, Debug, Default)]
    pub(in crate::conversation) struct Script(Arc<Mutex<Inner>>);

    /// What a model that has no script says to a request.
    type Obey = Box<dyn Fn(&Generate) -> String + Send>;

    #[derive(Default)]
    struct Inner {
        obeys: Option<Obey>,
        answers: VecDeque<Result<Vec<Line>, WorkerError>>,
        asked: Vec<Generate>,
        not_ready: Option<Readiness>,
        dropped: usize,
    }

    #[derive(Debug)]
    pub(in crate::conversation) struct Running {
        lines: VecDeque<Line>,
        script: Script,
    }

    fn ended() -> Completion {
        Completion {
            finish: Finish::Stop,
            prompt_tokens: 1,
            cached_tokens: 0,
            completion_tokens: 1,
            first_token_ms: 1.0,
            decode_ms: 1.0,
            logprobs: Vec::new(),
        }
    }

    impl std::fmt::Debug for Inner {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Inner")
        }
    }

    impl Script {
        /// A model that says to each request what `obey` makes of it.
        pub(in crate::conversation) fn obeying(
            obey: impl Fn(&Generate) -> String + Send + 'static,
        ) -> Self {
            let script = Self::default();
            script.0.lock().unwrap().obeys = Some(Box::new(obey));
            script
        }

        pub(in crate::conversation) fn of(answers: Vec<Result<Vec<Line>, WorkerError>>) -> Self {
            let script = Self::default();
            script.0.lock().unwrap().answers = answers.into();
            script
        }

        pub(in crate::conversation) fn not_ready(readiness: Readiness) -> Self {
            let script = Self::default();
            script.0.lock().unwrap().not_ready = Some(readiness);
            script
        }

        pub(in crate::conversation) fn asked(&self) -> Vec<Generate> {
            self.0.lock().unwrap().asked.clone()
        }

        pub(in crate::conversation) fn dropped(&self) -> usize {
            self.0.lock().unwrap().dropped
        }

        pub(super) fn readiness(&self) -> Readiness {
            self.0.lock().unwrap().not_ready.clone().unwrap_or(Readiness::Ready)
        }

        pub(super) fn generate(&self, request: Generate) -> Result<Running, WorkerError> {
            let mut inner = self.0.lock().unwrap();
            if let Some(obey) = &inner.obeys {
                let text = Redacted(obey(&request));
                let said = Line::Say(Event::Token { text, engine_ns: 0 });
                let lines = [said, Line::Say(Event::Done(ended()))];
                return Ok(Running { lines: lines.into(), script: self.clone() });
            }
            inner.asked.push(request);
            let lines = inner.answers.pop_front().expect("the script has an answer left")?;
            Ok(Running { lines: lines.into(), script: self.clone() })
        }
    }

    impl Running {
        pub(super) async fn next(&mut self) -> Option<Result<Event, WorkerError>> {
            match self.lines.pop_front()? {
                Line::Say(event) => Some(Ok(event)),
                Line::Fail(error) => Some(Err(error)),
                Line::Hang => std::future::pending().await,
            }
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            self.script.0.lock().unwrap().dropped += 1;
        }
    }
}
