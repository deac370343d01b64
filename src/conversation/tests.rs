//! Whole turns: real documents in a real database, and where a model is needed, a script in its place.

use super::{
    machine::Readiness,
    model::{
        Model,
        script::{Line, Script},
    },
    *,
};
use crate::commands::BuiltIns;
use crate::foundation::settings::{Feature, Settings};
use crate::foundation::store::{Store, migrate};
use crate::foundation::values::{ConversationId, ReadinessIssue, Severity};

use crate::inference::workers::{Completion, Event, Extractor, Finish, Refusal, WorkerError};
use crate::knowledge::{LearnOptions, Mode, Searcher, learn};
use futures_util::StreamExt;
use serde_json::Value;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

const WORKERS: &str = "# Workers\n\nEach worker is a process of its own.\n\n## When a worker dies\n\n\
    When a worker dies, the core starts it again after a pause, and its request fails with an error that a person can read.\n";

struct Node {
    _directory: tempfile::TempDir,
    conversations: Conversations,
    script: Script,
}

impl Node {
    async fn with(script: Script) -> Self {
        Self::set(script, |_| {}).await
    }

    async fn set(script: Script, change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let document = directory.path().join("workers.md");
        std::fs::write(&document, WORKERS).unwrap();
        let mut settings = Settings::for_tests(directory.path());
        change(&mut settings);
        let database = directory.path().join("ladylinux.db");
        migrate(&database).unwrap();
        let store = Store::open(&database).unwrap();
        let options = LearnOptions {
            reader: None,
            passage_chars: settings.knowledge.passage_chars,
            max_file_bytes: settings.knowledge.max_file_bytes,
            extractor: Extractor::new(&settings).unwrap(),
            mode: Mode::Write,
        };
        learn(&store, &[document], &options, |_| {}).await.unwrap();
        let model = Model::Scripted(script.clone());
        let household = Household::open(store.clone(), &settings, BuiltIns::default()).unwrap();
        let searcher = Searcher::new(store, None);
        let conversations = Conversations::with(searcher, model, household, &settings);
        Self { _directory: directory, conversations, script }
    }

    fn begin(&self) -> ConversationId {
        self.conversations.begin(&Who::Anonymous)
    }

    async fn turn(&self, id: ConversationId, text: &str) -> Result<Turn, Refused> {
        self.conversations.turn(id, ask(text)).await
    }

    /// Asks, and returns the names and data of all events.
    async fn events(&self, id: ConversationId, text: &str) -> Vec<(&'static str, Value)> {
        let turn = self.turn(id, text).await.unwrap();
        turn.map(|event| (event.name(), serde_json::to_value(&event).unwrap())).collect().await
    }
}

fn ask(text: &str) -> Ask {
    let caller = Caller { who: Who::Anonymous, from: Place::Api, person: None };
    Ask { text: Redacted(text.to_owned()), caller }
}

fn no_model() -> Script {
    Script::not_ready(Readiness::NotReady(Some(missing())))
}

fn missing() -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Warning,
        code: "missing_model".to_owned(),
        message: "no language model is installed".to_owned(),
        path: None,
        mend: "put one into the models folder".to_owned(),
    }
}

fn token(text: &str) -> Line {
    Line::Say(Event::Token { text: Redacted(text.to_owned()), engine_ns: 7 })
}

fn done() -> Line {
    Line::Say(Event::Done(Completion {
        finish: Finish::Stop,
        prompt_tokens: 100,
        cached_tokens: 0,
        completion_tokens: 5,
        first_token_ms: 1.0,
        decode_ms: 100.0,
        logprobs: Vec::new(),
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "a script has what a request gets")]
fn says(texts: &[&str]) -> Result<Vec<Line>, WorkerError> {
    Ok(texts.iter().map(|text| token(text)).chain([done()]).collect())
}

fn overflow() -> WorkerError {
    WorkerError::Refused(Refusal {
        code: "context_overflow".to_owned(),
        message: "the prompt has 5000 tokens, the context takes 4096".to_owned(),
    })
}

fn names(events: &[(&'static str, Value)]) -> Vec<&'static str> {
    events.iter().map(|(name, _)| *name).collect()
}

fn data<'a>(events: &'a [(&'static str, Value)], name: &str) -> &'a Value {
    &events.iter().find(|(found, _)| *found == name).unwrap_or_else(|| panic!("no {name}")).1
}

fn answer(events: &[(&'static str, Value)]) -> String {
    let tokens = events.iter().filter(|(name, _)| *name == "token");
    tokens.map(|(_, data)| data["text"].as_str().unwrap()).collect()
}

const QUESTION: &str = "what happens when a worker dies?";

#[tokio::test]
async fn disk_space_is_answered_from_the_machine_itself() {
    let node = Node::with(no_model()).await;
    let events = node.events(node.begin(), "how much disk space is free?").await;
    let told: Vec<_> = names(&events).into_iter().filter(|name| *name != "note").collect();
    assert_eq!(told, ["intent", "token", "timings", "done"]);
    assert_eq!(data(&events, "intent")["name"], "disk");
    assert!(answer(&events).contains(" are free on /"), "{}", answer(&events));
    assert_eq!(data(&events, "done")["answered_by"]["kind"], "host");
}

#[tokio::test]
async fn without_a_model_the_documents_are_quoted_with_citations() {
    let node = Node::with(no_model()).await;
    let events = node.events(node.begin(), QUESTION).await;
    assert_eq!(names(&events), ["intent", "passages", "token", "citations", "timings", "done"]);
    assert!(answer(&events).contains("starts it again after a pause"), "{}", answer(&events));
    let citations = data(&events, "citations");
    assert_eq!(citations["basis"], "quoted");
    assert!(citations["citations"][0]["document"].as_str().unwrap().ends_with("workers.md"));
    assert_eq!(citations["citations"][0]["number"], 1);
    assert_eq!(data(&events, "done")["answered_by"]["kind"], "documents");
}

#[tokio::test]
async fn what_the_documents_do_not_say_is_not_found_and_the_mend_is_told() {
    let node = Node::with(no_model()).await;
    let events = node.events(node.begin(), "who won the football match yesterday?").await;
    assert!(answer(&events).contains("I found nothing about that"), "{}", answer(&events));
    assert!(answer(&events).contains("Put one into the models folder."), "{}", answer(&events));
    assert_eq!(data(&events, "done")["answered_by"]["kind"], "nobody");
}

#[tokio::test]
async fn a_model_answers_from_the_passages_and_only_what_it_cites_is_cited() {
    let node = Node::with(Script::of(vec![says(&["It is ", "started again [1]", "."])])).await;
    let events = node.events(node.begin(), QUESTION).await;
    assert_eq!(
        names(&events),
        ["intent", "passages", "token", "token", "token", "citations", "timings", "done"]
    );
    assert_eq!(answer(&events), "It is started again [1].");
    assert_eq!(data(&events, "citations")["basis"], "cited");
    assert_eq!(data(&events, "done")["answered_by"]["id"], "scripted");
    assert_eq!(data(&events, "timings")["tokens"], 5);
    assert_eq!(data(&events, "timings")["tokens_per_second"], 40.0);
    assert_eq!(data(&events, "token").get("engine_ns"), None);
    let asked = node.script.asked();
    assert!(asked[0].messages.last().unwrap().content.expose().contains("after a pause"));
}

#[tokio::test]
async fn the_clock_of_the_worker_is_told_with_the_feature_token_timing_only() {
    let script = Script::of(vec![says(&["a"])]);
    let node = Node::set(script, |settings| {
        settings.features.insert(Feature::TokenTiming);
    })
    .await;
    let events = node.events(node.begin(), QUESTION).await;
    assert_eq!(data(&events, "token")["engine_ns"], 7);
}

#[tokio::test]
async fn the_turns_before_go_with_the_question_until_they_are_forgotten() {
    let script = Script::of(vec![says(&["Blue."]), says(&["Red."]), says(&["Green."])]);
    let node = Node::with(script).await;
    let id = node.begin();
    node.events(id, "which colour has the sky?").await;
    node.events(id, "and the rose?").await;
    let forgotten = node.events(id, "forget this conversation").await;
    assert_eq!(data(&forgotten, "done")["answered_by"]["kind"], "intent");
    node.events(id, "and the grass?").await;
    let lengths: Vec<usize> = node.script.asked().iter().map(|ask| ask.messages.len()).collect();
    assert_eq!(lengths, [2, 4, 2]);
}

#[tokio::test]
async fn a_conversation_that_is_not_known_begins_anew_and_says_so() {
    // VOX-70
    let node = Node::with(no_model()).await;
    let id = node.begin();
    assert!(!names(&node.events(id, "hello").await).contains(&"note"));
    assert!(node.conversations.forget(id, &Who::Anonymous));
    assert!(!node.conversations.forget(id, &Who::Anonymous));
    let events = node.events(id, "hello").await;
    assert_eq!(data(&events, "note")["code"], "conversation_unknown");
}

#[tokio::test]
async fn a_full_queue_is_refused_before_the_first_event_with_a_time_to_retry() {
    // VOX-36
    let retry_after = std::time::Duration::from_secs(3);
    let node = Node::with(Script::of(vec![Err(WorkerError::Full { retry_after })])).await;
    let refused = node.turn(node.begin(), QUESTION).await.unwrap_err();
    assert!(matches!(refused, Refused::Busy { retry_after: told } if told == retry_after));
    assert_eq!(
        refused.to_string(),
        "too many questions wait for the language model: try again in 3 s"
    );
}

#[tokio::test]
async fn a_worker_that_dies_in_mid_answer_gives_an_error_and_the_next_question_works() {
    // VOX-67, VOX-69
    let dying = Ok(vec![token("It is "), Line::Fail(WorkerError::Died)]);
    let node = Node::with(Script::of(vec![dying, says(&["Again [1]."])])).await;
    let id = node.begin();
    let events = node.events(id, QUESTION).await;
    assert_eq!(names(&events), ["intent", "passages", "token", "error"]);
    assert_eq!(data(&events, "error")["code"], "worker_died");
    assert_eq!(answer(&node.events(id, QUESTION).await), "Again [1].");
    // Half an answer is not remembered.
    assert_eq!(node.script.asked()[1].messages.len(), 2);
}

#[tokio::test]
async fn a_worker_that_fails_before_its_first_word_is_stood_in_for_by_quotes() {
    let empty = Ok(vec![done()]);
    let failures = [Err(WorkerError::Died), Ok(vec![Line::Fail(WorkerError::Stalled)]), empty];
    for failure in failures {
        let node = Node::with(Script::of(vec![failure])).await;
        let events = node.events(node.begin(), QUESTION).await;
        assert_eq!(
            names(&events),
            ["intent", "passages", "note", "token", "citations", "timings", "done"]
        );
        assert!(
            data(&events, "note")["message"]
                .as_str()
                .unwrap()
                .ends_with(". Here is what the documents say.")
        );
        assert_eq!(data(&events, "done")["answered_by"]["kind"], "documents");
    }
}

#[tokio::test]
async fn a_prompt_that_is_too_long_loses_whole_parts_and_is_never_cut_silently() {
    let script = Script::of(vec![
        says(&["Blue."]),
        Ok(vec![Line::Fail(overflow())]),
        says(&["Started again [1]."]),
        Ok(vec![Line::Fail(overflow())]),
        Ok(vec![Line::Fail(overflow())]),
        says(&["Started again [1], and [2]."]),
        Ok(vec![Line::Fail(overflow())]),
        Ok(vec![Line::Fail(overflow())]),
        Ok(vec![Line::Fail(overflow())]),
    ]);
    let node = Node::with(script).await;
    let id = node.begin();
    node.events(id, "which colour has the sky?").await;
    let events = node.events(id, QUESTION).await;
    assert_eq!(data(&events, "note")["code"], "history_left_out");
    assert_eq!(answer(&events), "Started again [1].");
    let events = node.events(id, QUESTION).await;
    let notes: Vec<_> = events.iter().filter(|(name, _)| *name == "note").collect();
    assert_eq!(notes[1].1["code"], "passages_left_out");
    // Only the passage that it was given can be cited.
    assert_eq!(data(&events, "citations")["citations"].as_array().unwrap().len(), 1);
    let events = node.events(id, QUESTION).await;
    let error = data(&events, "error");
    assert_eq!(error["code"], "context_overflow");
    assert_eq!(error["message"], "The prompt has 5000 tokens, the context takes 4096.");
    assert!(error["mend"].as_str().unwrap().contains("llm.context_tokens"));
}

#[tokio::test]
async fn dropping_a_turn_ends_its_generation_at_once() {
    let hanging = Ok(vec![token("It is "), Line::Hang]);
    let node = Node::with(Script::of(vec![hanging])).await;
    let mut turn = node.turn(node.begin(), QUESTION).await.unwrap();
    while turn.next().await.unwrap().name() != "token" {}
    assert_eq!(node.script.dropped(), 0);
    drop(turn);
    assert_eq!(node.script.dropped(), 1);
}

#[tokio::test]
async fn a_question_that_is_empty_or_endless_is_refused() {
    let node = Node::with(no_model()).await;
    let id = node.begin();
    assert!(matches!(node.turn(id, " \n").await, Err(Refused::Empty)));
    let endless = "x".repeat(LONGEST_QUESTION + 1);
    let refused = node.turn(id, &endless).await.unwrap_err();
    assert!(refused.to_string().contains("16001 characters"), "{refused}");
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_is_said_is_logged_even_at_trace() {
    // VOX-77, VOX-78
    // With a single subscriber in the process, whichever thread comes first decides for all whether a line is logged;
    // a second one makes `tracing` ask all of them.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let answers = vec![
        says(&["canary-answer [1]"]),
        Ok(vec![token("canary-answer"), Line::Fail(WorkerError::Died)]),
    ];
    let node = Node::with(Script::of(answers)).await;
    let id = node.begin();
    for text in ["canary-question: what happens when a worker dies?", "canary-question"] {
        let turn = node.turn(id, text).await.unwrap();
        tracing::trace!(turn = ?turn, ask = ?ask(text), "a turn");
        let events: Vec<TurnEvent> = turn.collect().await;
        let debug = format!("{events:?} {:?} {:?}", node.conversations, ask(text));
        assert!(!debug.contains("canary"), "{debug}");
        assert!(!debug.contains("after a pause"), "{debug}");
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("a turn was answered"), "{logged}");
    assert!(logged.contains("a turn ended without its answer"), "{logged}");
    assert!(!logged.contains("canary") && !logged.contains("after a pause"), "{logged}");
}
