//! Tells the answer of one turn, event by event: does what `machine` decides.

use super::{
    Caller, Reply,
    cite::{cited, quoted},
    event::{AnsweredBy, Basis, Cited, Timings, TurnEvent},
    intents::{Intent, Recognized},
    machine::{Effect, Fact, Prompted, State, Step, step},
    memory::{Exchange, Key},
    model::Text,
    reply,
    task::Inner,
    turn::Outlet,
};
use crate::foundation::values::{ConversationId, ReadinessIssue, Redacted, TurnId, time};
use crate::host::{Language, Topic};
use crate::inference::workers::{Completion, Event, Finish, Refusal, WorkerError};
use crate::knowledge::{Answer, Passage, Reader, extract};
use crate::people::Bearer;
use crate::policy::privacy::Readership;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// How long the machine may take to tell a fact; a network file system that hangs takes for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// A question that was taken up.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) key: Key,
    pub(super) turn: TurnId,
    pub(super) text: Redacted<String>,
    /// Whose token it comes with.
    pub(super) bearer: Bearer,
    /// What the answer may draw on, and for whom it is remembered.
    pub(super) readership: Readership,
    began: Instant,
}

/// What a question has to be answered from.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) passages: Vec<Passage>,
    pub(super) history: Vec<Exchange>,
    /// Who reads the documents.
    pub(super) reader: Reader,
    /// What the question may have meant instead.
    pub(super) perhaps: Option<Recognized>,
    pub(super) language: Language,
    pub(super) retrieval_ms: f64,
}

/// The answer as far as it was told.
#[derive(Debug)]
pub(super) struct Telling {
    inner: Arc<Inner>,
    pub(super) asked: Asked,
    /// What is to be said before anything else.
    first: Vec<TurnEvent>,
    intent: String,
    timings: Timings,
    said: String,
}

/// How an intent is answered.
#[derive(Debug)]
pub(super) enum Way {
    /// With a fact about the machine.
    Host(Topic),
    /// With these words of the node's own.
    Say(String),
}

impl Way {
    /// Returns how an intent is answered; nothing if it is not answered as an intent (yet).
    pub(super) fn of(recognized: &Recognized, history: &[Exchange]) -> Option<Self> {
        if let Intent::Host(topic) = recognized.intent {
            return Some(Self::Host(topic));
        }
        let zone = jiff::tz::TimeZone::system();
        reply::to_intent(recognized, history, time::now(), &zone).map(Self::Say)
    }
}

impl Material {
    /// Returns the passages that a prompt has.
    pub(super) fn passages(&self, prompted: Prompted) -> &[Passage] {
        match prompted {
            Prompted::History | Prompted::Passages => &self.passages,
            Prompted::BestPassage => &self.passages[..self.passages.len().min(1)],
        }
    }
}

impl Asked {
    pub(super) fn new(caller: Caller, id: ConversationId, text: &str, began: Instant) -> Self {
        let bearer = Bearer::from(&caller);
        let key = Key { who: caller.who, id };
        let (turn, text) = (TurnId::new(), Redacted(text.to_owned()));
        Self { key, turn, text, bearer, readership: Readership::Everyone, began }
    }

    pub(super) fn since_began(&self) -> f64 {
        milliseconds(self.began.elapsed())
    }
}

impl Telling {
    pub(super) fn new(inner: Arc<Inner>, asked: Asked, intent_ms: f64) -> Self {
        let timings = Timings { intent_ms, ..Timings::default() };
        Self {
            inner,
            asked,
            first: Vec::new(),
            intent: "question".to_owned(),
            timings,
            said: String::new(),
        }
    }

    /// Notes whether there is anything known of the conversation.
    pub(super) fn known(mut self, history: Option<&Vec<Exchange>>) -> Self {
        if history.is_none() {
            self.first.push(TurnEvent::note(
                "conversation_unknown",
                "Nothing is known of this conversation (any more), so it begins anew: conversations are kept in memory \
                 only, and for a limited time.",
            ));
        }
        self
    }

    /// Notes what came of beginning: something that is off, a birthday.
    pub(super) fn begun(mut self, told: Reply, greeting: Option<String>) -> Self {
        let decisions = told.decisions.into_iter().map(TurnEvent::Decision);
        self.first.extend(decisions);
        let said = Some(told.text).filter(|text| !text.is_empty());
        self.first.extend(said.map(|text| TurnEvent::note("meanwhile", text)));
        self.first.extend(greeting.map(|text| TurnEvent::note("birthday", text)));
        self
    }

    /// Answers an intent.
    pub(super) async fn intent(mut self, outlet: Outlet, recognized: Recognized, way: Way) {
        recognized.intent.name().clone_into(&mut self.intent);
        self.open(&outlet, recognized.language, Some(recognized.confidence)).await;
        match way {
            Way::Host(topic) => self.host(outlet, topic, recognized.language).await,
            Way::Say(text) => {
                self.say(&outlet, text, None).await;
                self.close(outlet, AnsweredBy::Intent, Finish::Stop).await;
            }
        }
    }

    /// Tells what the conscience decided, and what came of it.
    pub(super) async fn reply(
        mut self,
        outlet: Outlet,
        (name, told): (String, Reply),
        (language, confidence): (Language, Option<f32>),
    ) {
        self.intent = name;
        self.open(&outlet, language, confidence).await;
        for decided in told.decisions {
            outlet.tell(TurnEvent::Decision(decided)).await;
        }
        self.say(&outlet, told.text, None).await;
        self.close(outlet, AnsweredBy::Intent, Finish::Stop).await;
    }

    async fn host(mut self, outlet: Outlet, topic: Topic, language: Language) {
        let failure = match timeout(PATIENCE, self.inner.facts.read(topic)).await {
            Ok(Ok(fact)) => {
                for note in &fact.notes {
                    outlet.tell(TurnEvent::note("left_out", sentence(note))).await;
                }
                self.say(&outlet, fact.sentence_in(language), None).await;
                return self.close(outlet, AnsweredBy::Host, Finish::Stop).await;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!(
                "the machine did not tell {topic} within 5 seconds: see whether a network file system hangs"
            ),
        };
        tracing::warn!(turn.id = %self.asked.turn, host.topic = topic.name(), host.error = failure, "a host fact could not be told");
        let message = sentence(&failure);
        outlet
            .tell(TurnEvent::Error { code: "host_unreadable".to_owned(), message, mend: None })
            .await;
    }

    /// Answers a question from its material: does what the machine decides, until it decides nothing more.
    pub(super) async fn question(
        mut self,
        outlet: Outlet,
        material: Material,
        opening: Step,
        taken: Option<Result<Text, WorkerError>>,
    ) {
        self.timings.retrieval_ms = Some(material.retrieval_ms);
        self.open(&outlet, material.language, None).await;
        if !material.passages.is_empty() {
            outlet.tell(TurnEvent::Passages { passages: material.passages.clone() }).await;
        }
        let Step { mut state, effects } = opening;
        let mut effects = VecDeque::from(effects);
        let mut taken = taken;
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Ask(prompted) => {
                    let text = match taken.take() {
                        Some(text) => text,
                        None => self.inner.generate(&self.asked, &material, prompted).await,
                    };
                    match self.stream(&outlet, &mut state, text).await {
                        Ok(completion) => {
                            let passages = material.passages(prompted);
                            return self.cite(outlet, passages, completion).await;
                        }
                        Err(error) => {
                            let next = step(state, Fact::Failed(error));
                            state = next.state;
                            effects.extend(next.effects);
                        }
                    }
                }
                Effect::TellLoading => outlet.tell(loading()).await,
                Effect::TellWithout(prompted) => outlet.tell(without(prompted)).await,
                Effect::TellInstead(error) => outlet.tell(instead(&error)).await,
                Effect::Quote(issue) => return self.quote(outlet, &material, issue).await,
                Effect::Fail(error) => return self.fail(outlet, &error).await,
            }
        }
    }

    /// Passes on what the language model says, until it is done.
    async fn stream(
        &mut self,
        outlet: &Outlet,
        state: &mut State,
        text: Result<Text, WorkerError>,
    ) -> Result<Completion, WorkerError> {
        let mut text = text?;
        loop {
            // A worker that leaves without a word has died.
            match text.next().await.unwrap_or(Err(WorkerError::Died))? {
                Event::Started { queue_wait } => {
                    self.timings.queue_ms = Some(milliseconds(queue_wait));
                }
                Event::Token { text, engine_ns } => {
                    if self.said.is_empty() {
                        *state = step(state.clone(), Fact::Spoke).state;
                    }
                    self.say(outlet, text.0, Some(engine_ns)).await;
                }
                Event::Done(_) if self.said.is_empty() => return Err(silence()),
                Event::Done(completion) => return Ok(completion),
            }
        }
    }

    async fn cite(mut self, outlet: Outlet, passages: &[Passage], completion: Completion) {
        if !passages.is_empty() {
            let (basis, citations) = cited(&self.said, passages);
            outlet.tell(TurnEvent::Citations { basis, citations }).await;
        }
        self.timings.tokens = Some(completion.completion_tokens);
        self.timings.tokens_per_second = rate(&completion);
        let id = self.inner.model.id();
        self.close(outlet, AnsweredBy::Model { id }, completion.finish).await;
    }

    /// Quotes the documents, or says that they do not say.
    async fn quote(mut self, outlet: Outlet, material: &Material, issue: Option<ReadinessIssue>) {
        let text = self.asked.text.expose();
        // Quoting weighs every sentence by itself, and finds the right one among more passages than a model can be given.
        let answer = self.inner.searcher.answer(text, &material.reader).await;
        match answer.unwrap_or_else(|_| extract(text, &material.passages)) {
            Answer::Found { text, citations } => {
                let citations: Vec<Cited> = quoted(citations);
                self.say(&outlet, text, None).await;
                outlet.tell(TurnEvent::Citations { basis: Basis::Quoted, citations }).await;
                self.close(outlet, AnsweredBy::Documents, Finish::Stop).await;
            }
            Answer::NotFound => {
                let text =
                    reply::not_found(material.language, issue.as_ref(), material.perhaps.as_ref());
                self.say(&outlet, text, None).await;
                self.close(outlet, AnsweredBy::Nobody, Finish::Stop).await;
            }
        }
    }

    async fn open(&mut self, outlet: &Outlet, language: Language, confidence: Option<f32>) {
        let name = self.intent.clone();
        let turn = self.asked.turn;
        outlet.tell(TurnEvent::Intent { turn, name, confidence, language }).await;
        for event in std::mem::take(&mut self.first) {
            outlet.tell(event).await;
        }
    }

    async fn say(&mut self, outlet: &Outlet, text: String, engine_ns: Option<u64>) {
        if self.timings.first_token_ms.is_none() {
            self.timings.first_token_ms = Some(self.asked.since_began());
        }
        self.said.push_str(&text);
        let engine_ns = engine_ns.filter(|_| self.inner.token_timing);
        outlet.tell(TurnEvent::Token { text: Redacted(text), engine_ns }).await;
    }

    async fn close(mut self, outlet: Outlet, answered_by: AnsweredBy, finish: Finish) {
        self.timings.total_ms = self.asked.since_began();
        tracing::info!(
            turn.id = %self.asked.turn,
            turn.intent = self.intent,
            turn.answered_by = answered_by.name(),
            turn.total_ms = self.timings.total_ms,
            "a turn was answered"
        );
        if self.intent != Intent::Forget.name() {
            let readership = self.asked.readership;
            let answer = Redacted(self.said);
            let exchange = Exchange { question: self.asked.text, answer, readership };
            self.inner.remember(&self.asked.key, exchange);
        }
        outlet.tell(TurnEvent::Timings(self.timings)).await;
        outlet.tell(TurnEvent::Done { answered_by, finish }).await;
    }

    async fn fail(self, outlet: Outlet, error: &WorkerError) {
        // INV-FAIL-2, VOX-69: what waits for a confirmation does not outlive a failure.
        let off = self.inner.household.failed(&self.asked.key, self.asked.bearer).await;
        for decided in off.decisions {
            outlet.tell(TurnEvent::Decision(decided)).await;
        }
        let (code, mend) = told(error);
        tracing::warn!(
            turn.id = %self.asked.turn,
            turn.intent = self.intent,
            turn.error = code,
            turn.total_ms = self.asked.since_began(),
            "a turn ended without its answer"
        );
        let message = sentence(&error.to_string());
        outlet.tell(TurnEvent::Error { code: code.to_owned(), message, mend }).await;
    }
}

/// Returns a failure's stable name, and what the person can do about it if the message does not say so.
fn told(error: &WorkerError) -> (&str, Option<String>) {
    match error {
        WorkerError::NotReady(issue) => (&issue.code, Some(sentence(&issue.mend))),
        WorkerError::Full { .. } => ("queue_full", None),
        WorkerError::QueueTimeout => ("queue_timeout", None),
        WorkerError::Died => ("worker_died", None),
        WorkerError::Stalled => ("worker_stalled", None),
        WorkerError::DeadlineExceeded => ("deadline_exceeded", None),
        WorkerError::Refused(refusal) if refusal.code == "context_overflow" => (
            &refusal.code,
            Some(
                "Ask something shorter, or raise llm.context_tokens in ladylinux.toml.".to_owned(),
            ),
        ),
        WorkerError::Refused(refusal) => (&refusal.code, None),
        WorkerError::Stopping => ("stopping", None),
    }
}

fn loading() -> TurnEvent {
    TurnEvent::note(
        "model_loading",
        "The language model is still loading; it answers as soon as it is ready.",
    )
}

fn without(prompted: Prompted) -> TurnEvent {
    match prompted {
        Prompted::History | Prompted::Passages => TurnEvent::note(
            "history_left_out",
            "What was said before does not fit into the language model together with this question, so it was left out.",
        ),
        Prompted::BestPassage => TurnEvent::note(
            "passages_left_out",
            "The passages do not all fit into the language model together with this question, so it was given the best one only.",
        ),
    }
}

fn instead(error: &WorkerError) -> TurnEvent {
    let (code, _) = told(error);
    let why = sentence(&error.to_string());
    TurnEvent::note(code, format!("{why} Here is what the documents say."))
}

fn silence() -> WorkerError {
    WorkerError::Refused(Refusal {
        code: "empty_answer".to_owned(),
        message: "the language model gave an empty answer".to_owned(),
    })
}

/// Makes a sentence of an error message, which has no capital letter and no full stop.
fn sentence(message: &str) -> String {
    let mut text = reply::capitalized(message);
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// Returns tokens per second after the first.
fn rate(completion: &Completion) -> Option<f64> {
    let after_first = u32::try_from(completion.completion_tokens.checked_sub(1)?).ok()?;
    (after_first > 0 && completion.decode_ms > 0.0)
        .then(|| f64::from(after_first) / completion.decode_ms * 1000.0)
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    // Microseconds are as fine as anybody reads.
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
