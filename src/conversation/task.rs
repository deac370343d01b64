//! Runs turns: intents, then the documents, then the language model. Holds the memory of conversations.

use super::{
    Ask, Refused, Who,
    answer::{Asked, Material, Telling, milliseconds},
    intents::{Intent, Recognition, Recognized, language_of, recognize},
    machine::{self, Effect, Grounds, Prompted},
    memory::{Exchange, Key, Memory},
    model::{Model, Text},
    prompt::prompt,
    turn::Turn,
};
use crate::foundation::settings::{Feature, Settings};
use crate::foundation::values::{ConversationId, time};
use crate::host::Facts;
use crate::inference::workers::{Llm, WorkerError};
use crate::knowledge::{Reader, Searcher};
use crate::supervisor::Supervisor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The longest question, in characters: far more than a person types, and little enough to search for.
pub const LONGEST_QUESTION: usize = 16_000;

/// Every conversation of the node; cheap to clone.
#[derive(Clone, Debug)]
pub struct Conversations(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) searcher: Searcher,
    pub(super) model: Model,
    pub(super) facts: Facts,
    pub(super) supervisor: Supervisor,
    memory: Mutex<Memory>,
    /// Passages that go with a question.
    results: usize,
    /// The longest answer, in tokens.
    max_tokens: usize,
    /// Whether token events carry the worker's clock.
    pub(super) token_timing: bool,
}

impl Conversations {
    /// Starts with no conversation.
    pub fn new(searcher: Searcher, llm: Llm, settings: &Settings) -> Self {
        Self::with(searcher, Model::Worker(llm), settings)
    }

    pub(super) fn with(searcher: Searcher, model: Model, settings: &Settings) -> Self {
        Self(Arc::new(Inner {
            searcher,
            model,
            facts: Facts::new(&settings.host),
            supervisor: Supervisor::new(&settings.paths),
            memory: Mutex::new(Memory::new(settings.conversation.clone())),
            results: settings.knowledge.results,
            max_tokens: settings.llm.max_tokens,
            token_timing: settings.features.contains(&Feature::TokenTiming),
        }))
    }

    /// Begins a conversation.
    pub fn begin(&self, who: &Who) -> ConversationId {
        let id = ConversationId::new();
        self.0.memory().begin(Key { who: who.clone(), id }, time::now());
        id
    }

    /// Forgets a conversation; returns whether it was known.
    pub fn forget(&self, id: ConversationId, who: &Who) -> bool {
        self.0.memory().forget(&Key { who: who.clone(), id })
    }

    /// Takes a question up, and a place in the language model's queue if it needs one.
    ///
    /// What is refused is refused here, before the first event. A conversation that is not known (any more) begins anew,
    /// and the turn tells so.
    pub async fn turn(&self, id: ConversationId, ask: Ask) -> Result<Turn, Refused> {
        let began = Instant::now();
        let text = ask.text.expose().trim();
        if text.is_empty() {
            return Err(Refused::Empty);
        }
        let characters = text.chars().count();
        if characters > LONGEST_QUESTION {
            return Err(Refused::TooLong { characters, limit: LONGEST_QUESTION });
        }
        let asked = Asked::new(ask.caller, id, text, began);
        let history = self.0.recall(&asked.key);
        let recognition = recognize(text);
        let intent_ms = asked.since_began();
        let telling = Telling::new(Arc::clone(&self.0), asked, intent_ms).known(history.as_ref());
        match recognition {
            Recognition::Clear(recognized) => Ok(self.intent(telling, recognized)),
            Recognition::Unclear(Recognized { intent, .. }) => {
                self.question(telling, history.unwrap_or_default(), Some(intent)).await
            }
            Recognition::Nothing => self.question(telling, history.unwrap_or_default(), None).await,
        }
    }

    fn intent(&self, telling: Telling, recognized: Recognized) -> Turn {
        if recognized.intent == Intent::Forget {
            self.0.memory().clear(&telling.asked.key);
        }
        Turn::new(|outlet| telling.intent(outlet, recognized))
    }

    async fn question(
        &self,
        telling: Telling,
        history: Vec<Exchange>,
        perhaps: Option<Intent>,
    ) -> Result<Turn, Refused> {
        let text = telling.asked.text.expose();
        let searched = Instant::now();
        // People are named in the policy issue; until then nobody is known by name.
        let found = self.0.searcher.search(text, &Reader::Everyone, self.0.results).await?;
        let passages = found.passages;
        let retrieval_ms = milliseconds(searched.elapsed());
        let material =
            Material { passages, history, perhaps, retrieval_ms, language: language_of(text) };
        let prompted = match material.history[..] {
            [] => Prompted::Passages,
            [..] => Prompted::History,
        };
        let grounds = match material.passages[..] {
            [] => Grounds::Nothing,
            [_] => Grounds::OnePassage,
            [..] => Grounds::Passages,
        };
        let opening = machine::open(self.0.model.readiness(), prompted, grounds);
        // The place in the queue is taken before the first event, so that a full queue can be answered as such.
        let text = match opening.effects.last() {
            Some(Effect::Ask(prompted)) => {
                match self.0.generate(&telling.asked, &material, *prompted).await {
                    Err(WorkerError::Full { retry_after }) => {
                        return Err(Refused::Busy { retry_after });
                    }
                    taken => Some(taken),
                }
            }
            _ => None,
        };
        Ok(Turn::new(|outlet| telling.question(outlet, material, opening, text)))
    }
}

impl Inner {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was said before; nothing if the conversation begins anew.
    fn recall(&self, key: &Key) -> Option<Vec<Exchange>> {
        let now = time::now();
        let mut memory = self.memory();
        let known = memory.recall(key, now);
        if known.is_none() {
            memory.begin(key.clone(), now);
        }
        known
    }

    /// Asks the language model.
    pub(super) async fn generate(
        &self,
        asked: &Asked,
        material: &Material,
        prompted: Prompted,
    ) -> Result<Text, WorkerError> {
        let history = match prompted {
            Prompted::History => material.history.as_slice(),
            Prompted::Passages | Prompted::BestPassage => &[],
        };
        let passages = material.passages(prompted);
        let request = prompt(asked.text.expose(), passages, history, self.max_tokens);
        self.model.generate(request).await
    }

    pub(super) fn remember(&self, key: &Key, exchange: Exchange) {
        self.memory().remember(key, exchange, time::now());
    }
}
