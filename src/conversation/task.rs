//! Runs turns: intents, then the documents, then the language model. Holds the memory of conversations.

use super::{
    Ask, Caller, Refused, Who,
    answer::{Asked, Material, Telling, Way, milliseconds},
    household::{Asking, Household, Proposal, Reply},
    intents::{Intent, Recognition, Recognized, language_of, recognize},
    machine::{self, Effect, Grounds, Prompted, Readiness},
    memory::{Exchange, Key, Memory},
    model::{Model, Text},
    prompt::prompt,
    turn::Turn,
};
use crate::foundation::settings::{Feature, Settings};
use crate::foundation::values::{ConversationId, time};
use crate::host::{Facts, Language};
use crate::inference::workers::{Event, Llm, WorkerError};
use crate::knowledge::{Reader, Searcher};
use crate::people::Bearer;
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
    pub(super) household: Household,
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
    pub fn new(searcher: Searcher, llm: Llm, household: Household, settings: &Settings) -> Self {
        Self::with(searcher, Model::Worker(llm), household, settings)
    }

    pub(super) fn with(
        searcher: Searcher,
        model: Model,
        household: Household,
        settings: &Settings,
    ) -> Self {
        Self(Arc::new(Inner {
            searcher,
            model,
            facts: Facts::new(&settings.host),
            household,
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

    /// Forgets a conversation, with whatever waits in it and was given in it; returns whether it was known.
    pub fn forget(&self, id: ConversationId, who: &Who) -> bool {
        let key = Key { who: who.clone(), id };
        let household = self.0.household.clone();
        let scene = household.scene_of(&key);
        drop(tokio::spawn(async move { household.over(scene, time::now()).await }));
        self.0.memory().forget(&key)
    }

    /// Forgets every conversation.
    pub async fn forget_all(&self) {
        let ended = self.0.memory().forget_all();
        for key in ended {
            self.0.household.over(self.0.household.scene_of(&key), time::now()).await;
        }
    }

    /// Returns the people and the commands of this node.
    pub fn household(&self) -> &Household {
        &self.0.household
    }

    /// Returns the household, and somebody in a conversation that is known: who it is counts as for a turn.
    pub async fn at(
        &self,
        id: ConversationId,
        caller: &Caller,
        language: Language,
    ) -> Result<Option<(Household, Asking)>, Refused> {
        let come = self.come(id, caller, language).await?;
        Ok(come.map(|(asking, _)| (self.0.household.clone(), asking)))
    }

    /// The same, with what came of it: something that waited may be off by now.
    pub async fn come(
        &self,
        id: ConversationId,
        caller: &Caller,
        language: Language,
    ) -> Result<Option<(Asking, Reply)>, Refused> {
        let key = Key { who: caller.who.clone(), id };
        let known = self.0.memory().recall(&key, time::now()).is_some();
        self.0.tell_ended().await;
        if !known {
            return Ok(None);
        }
        let asking = self.asking(&key, caller, language);
        let begun = self.0.household.begin(asking).await?;
        Ok(Some((begun.asking, begun.reply)))
    }

    /// The same for somebody who only looks: a page that is left open speaks for nobody, and keeps no conversation alive.
    pub async fn look(
        &self,
        id: ConversationId,
        caller: &Caller,
        language: Language,
    ) -> Result<Option<(Asking, Reply)>, Refused> {
        let key = Key { who: caller.who.clone(), id };
        let known = self.0.memory().knows(&key, time::now());
        self.0.tell_ended().await;
        if !known {
            return Ok(None);
        }
        let asking = self.asking(&key, caller, language);
        Ok(Some(self.0.household.look_in(asking).await?))
    }

    fn asking(&self, key: &Key, caller: &Caller, language: Language) -> Asking {
        Asking::new(self.0.household.scene_of(key), Bearer::from(caller), language)
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
        let mut asked = Asked::new(ask.caller, id, text, began);
        let history = self.0.recall(&asked.key);
        self.0.tell_ended().await;
        let household = &self.0.household;
        let asking = Asking::new(household.scene_of(&asked.key), asked.bearer, language_of(text));
        let begun = household.begin(asking).await?;
        asked.readership = begun.readership;
        let intent_ms = asked.since_began();
        let telling = Telling::new(Arc::clone(&self.0), asked, intent_ms)
            .known(history.as_ref())
            .begun(begun.reply, begun.greeting);
        let mut history = history.unwrap_or_default();
        // What was said to somebody alone is not used where others hear it.
        history.retain(|exchange| begun.readership.covers(exchange.readership));
        let (asking, reader) = (begun.asking, begun.reader);
        match self.understand(telling, asking, text, &history).await {
            Understood::Turn(turn) => Ok(turn),
            Understood::Question(telling, perhaps) => {
                self.question(*telling, (history, reader), asking, perhaps).await
            }
        }
    }

    /// Answers what can be understood without documents and without a model.
    async fn understand(
        &self,
        telling: Telling,
        asking: Asking,
        text: &str,
        history: &[Exchange],
    ) -> Understood {
        let household = &self.0.household;
        if let Some(told) = household.hear_answer(asking, text).await {
            return replied(telling, "answer", told, asking.language, None);
        }
        let vocabulary = household.vocabulary().await;
        match recognize(text, &vocabulary, household.thresholds()) {
            Recognition::Clear(recognized) => {
                let asking = asking.spoken(recognized.language);
                if let Some(told) = household.intent(asking, &recognized).await {
                    let name = recognized.intent.name();
                    let sure = Some(recognized.confidence);
                    return replied(telling, name, told, asking.language, sure);
                }
                match Way::of(&recognized, history) {
                    Some(way) => {
                        Understood::Turn(self.intent(telling, asking, recognized, way).await)
                    }
                    None => Understood::Question(Box::new(telling), None),
                }
            }
            Recognition::Unclear(recognized) => {
                let asking = asking.spoken(recognized.language);
                match household.unclear(asking, &recognized).await {
                    Some(told) => {
                        let name = recognized.intent.name();
                        let sure = Some(recognized.confidence);
                        replied(telling, name, told, asking.language, sure)
                    }
                    None => Understood::Question(Box::new(telling), Some(recognized)),
                }
            }
            Recognition::Nothing => match household.remind(asking, text).await {
                Some(told) => replied(telling, "answer", told, asking.language, None),
                None => Understood::Question(Box::new(telling), None),
            },
        }
    }

    async fn intent(
        &self,
        telling: Telling,
        asking: Asking,
        recognized: Recognized,
        way: Way,
    ) -> Turn {
        if recognized.intent == Intent::Forget {
            self.0.memory().clear(&telling.asked.key);
            self.0.household.over(asking.place.conversation, asking.now).await;
        }
        Turn::new(|outlet| telling.intent(outlet, recognized, way))
    }

    /// Asks the language model whether a sentence is a command; what it says is a proposal, and is asked about.
    async fn proposal(&self, asking: Asking, text: &str) -> Option<Reply> {
        if self.0.model.readiness() != Readiness::Ready {
            return None;
        }
        let request = self.0.household.worth_proposing(asking, text)?;
        let mut answer = self.0.model.generate(request).await.ok()?;
        let mut said = String::new();
        // A model that fails proposes nothing.
        while let Some(event) = answer.next().await {
            if let Event::Token { text, .. } = event.ok()? {
                said.push_str(text.expose());
            }
        }
        self.0.household.propose(asking, Proposal::read(&said)?).await
    }

    async fn question(
        &self,
        telling: Telling,
        (history, reader): (Vec<Exchange>, Reader),
        asking: Asking,
        perhaps: Option<Recognized>,
    ) -> Result<Turn, Refused> {
        let text = telling.asked.text.expose();
        if let Some(told) = self.proposal(asking, text).await {
            let (name, language) = ("proposal".to_owned(), asking.language);
            return Ok(Turn::new(|outlet| telling.reply(outlet, (name, told), (language, None))));
        }
        let searched = Instant::now();
        let found = self.0.searcher.search(text, &reader, self.0.results).await?;
        let passages = found.passages;
        let retrieval_ms = milliseconds(searched.elapsed());
        let material = Material {
            passages,
            history,
            reader,
            perhaps,
            retrieval_ms,
            language: language_of(text),
        };
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

/// What became of a question before any document was looked at.
enum Understood {
    /// It is answered.
    Turn(Turn),
    /// It goes to the documents; perhaps it meant something else.
    Question(Box<Telling>, Option<Recognized>),
}

fn replied(
    telling: Telling,
    name: &str,
    told: Reply,
    language: Language,
    confidence: Option<f32>,
) -> Understood {
    let name = name.to_owned();
    Understood::Turn(Turn::new(|outlet| {
        telling.reply(outlet, (name, told), (language, confidence))
    }))
}

impl Inner {
    /// Tells the household of conversations that have ended by themselves.
    async fn tell_ended(&self) {
        let ended = self.memory().take_ended();
        for key in ended {
            self.household.over(self.household.scene_of(&key), time::now()).await;
        }
    }

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
