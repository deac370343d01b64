//! Worker processes: real ones with a tiny model, killed in mid-answer; and programs that only pretend.

use crate::node::Root;
use bytes::BytesMut;
use ladylinux::{
    foundation::{
        settings::Settings,
        values::{ReadinessIssue, Redacted, RequestId, Severity},
    },
    inference::{
        models::{Installed, Task},
        workers::{
            ChatMessage, Completion, Event, Finish, Generate, Generation, Llm, Post, Sampling,
            Spawn, Trial, Work, WorkerError, WorkerKind, WorkerState, WorkerStatus, Workers,
            frame::{Codec, MAX_HEADER_BYTES},
            protocol::{FromWorker, PROTOCOL_VERSION, ToWorker},
        },
    },
};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};
use tokio::io::unix::AsyncFd;
use tokio_util::codec::{Decoder, Encoder};

/// Longer than anything here takes on a busy machine; reaching it is a failure.
const AGES: Duration = Duration::from_mins(1);

/// Within this time no worker may outlive its core.
const ORPHAN_LIMIT: Duration = Duration::from_secs(2);

/// Says to a run of this very binary that it is to be the core that gets killed, and where to write its worker's id.
const CORE_ROLE: &str = "LADYLINUX_TEST_CORE_ROLE";

fn onnxruntime() -> PathBuf {
    std::env::var_os("ORT_DYLIB_PATH")
        .expect("these tests need ORT_DYLIB_PATH to name libonnxruntime.so: run scripts/test, which sets it")
        .into()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn settings() -> Settings {
    let mut settings = Settings::for_tests(Path::new("/nonexistent"));
    settings.paths.onnxruntime = Some(onnxruntime());
    settings.workers.cpu_permits = Some(1);
    // All that the talkative model can hold, so that its answers are long.
    settings.llm.context_tokens = 6_144;
    settings
}

/// A post that nobody holds: what is tested needs no such model.
pub(crate) fn vacant() -> Post {
    Post::vacant(ReadinessIssue {
        severity: Severity::Warning,
        code: "model_missing".to_owned(),
        message: "there is none".to_owned(),
        path: None,
        mend: "none is needed".to_owned(),
    })
}

/// Starts a real worker for a model directory.
fn real(settings: &Settings, model: &str) -> Workers {
    let directory = fixture(model);
    let model = Installed {
        id: "tiny".to_owned(),
        graph: directory.join("model.onnx"),
        directory: directory.clone(),
        task: Task::Llm,
        embedding: None,
    };
    let program = env!("CARGO_BIN_EXE_ladylinux").into();
    let spawn = Ok(Spawn::llm(settings, program, &model));
    Workers::with(settings, Post { spawn, model: Some(directory) }, vacant(), vacant())
}

/// Starts a shell script in a worker's place.
fn pretend(settings: &Settings, script: &str) -> Workers {
    let spawn = Spawn {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
    };
    Workers::with(settings, Post { spawn: Ok(spawn), model: None }, vacant(), vacant())
}

fn question(max_tokens: usize) -> Generate {
    let content = Redacted("hello there".to_owned());
    Generate {
        messages: vec![ChatMessage::new("user", content)],
        sampling: Sampling { temperature: Some(0.0), ..Sampling::default() },
        max_tokens,
        ..Generate::default()
    }
}

async fn state(llm: &Llm, wanted: WorkerState) -> WorkerStatus {
    let waiting = llm.wait_for(|status| status.state == wanted);
    let status = tokio::time::timeout(AGES, waiting).await;
    status.unwrap_or_else(|_| panic!("{wanted:?} never came: {:?}", llm.status())).unwrap()
}

async fn issue(llm: &Llm) -> (String, String) {
    let waiting = llm.wait_for(|status| status.issue.is_some());
    let issue = tokio::time::timeout(AGES, waiting).await.unwrap().unwrap().issue.unwrap();
    (issue.code, issue.message)
}

async fn next(answer: &mut Generation) -> Option<Result<Event, WorkerError>> {
    tokio::time::timeout(AGES, answer.next()).await.unwrap()
}

/// Waits for a token, so that the worker is known to be in the middle of its answer.
async fn a_token(answer: &mut Generation) {
    while !matches!(next(answer).await.unwrap().unwrap(), Event::Token { .. }) {}
}

/// Reads an answer to its end.
async fn whole(mut answer: Generation) -> Result<(String, Finish), WorkerError> {
    let mut text = String::new();
    while let Some(event) = next(&mut answer).await {
        match event? {
            Event::Started { .. } => {}
            Event::Token { text: piece, .. } => text.push_str(piece.expose()),
            Event::Done(completion) => return Ok((text, completion.finish)),
        }
    }
    panic!("an answer without an end");
}

fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
}

/// Waits until a process is gone, however it came to that.
async fn gone(pid: u32, within: Duration) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    let Ok(handle) = pidfd_open(pid, PidfdFlags::NONBLOCK) else { return };
    #[expect(
        deprecated,
        reason = "its replacement is unsafe, and an owned descriptor is what it needs"
    )]
    let ended = AsyncFd::new(handle).unwrap();
    let ended = tokio::time::timeout(within, ended.readable()).await;
    drop(ended.unwrap_or_else(|_| panic!("process {pid:?} still lives after {within:?}")).unwrap());
}

#[tokio::test]
async fn a_real_model_answers_through_the_pipes() {
    let workers = real(&settings(), "llm/chatty");
    let status = state(&workers.llm, WorkerState::Ready).await;
    let model = status.model.unwrap();
    assert_eq!((model.id.as_str(), model.vocabulary), ("tiny", 1024));
    let (text, finish) = whole(workers.llm.generate(question(12)).await.unwrap()).await.unwrap();
    assert!(text.split_whitespace().count() > 3, "{text}");
    assert_eq!(finish, Finish::Length);
    let again = whole(workers.llm.generate(question(12)).await.unwrap()).await.unwrap();
    assert_eq!(again.0, text, "greedy answers repeat");
    let pid = status.pid.unwrap();
    workers.stop().await;
    gone(pid, Duration::ZERO).await;
}

#[tokio::test]
async fn a_worker_has_its_own_group_an_empty_environment_and_dies_before_the_core_when_memory_is_short()
 {
    let settings = settings();
    let workers = real(&settings, "llm/chatty");
    let pid = state(&workers.llm, WorkerState::Ready).await.pid.unwrap();
    let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap();
    assert_eq!(read("oom_score_adj").trim(), settings.workers.oom_score_adj.to_string());
    assert_eq!(read("environ"), "");
    let stat = read("stat");
    let group = stat.rsplit_once(") ").unwrap().1.split(' ').nth(2).unwrap().to_owned();
    assert_eq!(group, pid.to_string());
    // Whatever a native library prints to standard output goes where logs go, and never between frames.
    let link = |fd: u8| fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap();
    assert_eq!(link(1), link(2));
    workers.stop().await;
}

// VOX-17, VOX-67, VOX-68, VOX-69
#[tokio::test]
async fn a_worker_killed_in_mid_answer_fails_that_answer_and_the_next_question_works() {
    let workers = real(&settings(), "llm/chatty");
    let mut answer = workers.llm.generate(question(5_000)).await.unwrap();
    a_token(&mut answer).await;
    let pid = workers.llm.status().pid.unwrap();
    kill(pid);
    assert_eq!(whole(answer).await, Err(WorkerError::Died));
    let (text, _) = whole(workers.llm.generate(question(3)).await.unwrap()).await.unwrap();
    assert!(!text.is_empty());
    let status = workers.llm.status();
    assert_eq!(status.restarts, 1);
    assert_ne!(status.pid, Some(pid));
    workers.stop().await;
}

// VOX-68
#[tokio::test]
async fn five_deaths_in_a_minute_hold_the_worker_visibly_and_the_core_lives_on() {
    let workers = real(&settings(), "llm/chatty");
    let mut last = None;
    for _ in 0..5 {
        let other = workers.llm.wait_for(|status| status.pid.is_some() && status.pid != last);
        last = tokio::time::timeout(AGES, other).await.unwrap().unwrap().pid;
        kill(last.unwrap());
    }
    let issue = state(&workers.llm, WorkerState::Held).await.issue.unwrap();
    assert_eq!(issue.code, "worker_held");
    assert!(issue.message.contains("killed by signal 9"), "{}", issue.message);
    assert!(issue.mend.contains("restart"), "{}", issue.mend);
    let refused = workers.llm.generate(question(1)).await.unwrap_err();
    assert_eq!(refused, WorkerError::NotReady(issue));
    workers.stop().await;
}

// VOX-36: a client that goes away frees the worker, without killing it.
#[tokio::test]
async fn dropping_an_answer_frees_the_worker_for_the_next() {
    let workers = real(&settings(), "llm/chatty");
    let mut answer = workers.llm.generate(question(6_000)).await.unwrap();
    a_token(&mut answer).await;
    let pid = workers.llm.status().pid;
    drop(answer);
    let next = workers.llm.generate(question(1)).await.unwrap();
    let (_, finish) = whole(next).await.unwrap();
    assert_eq!(finish, Finish::Length);
    assert_eq!(workers.llm.status().pid, pid, "the worker was not killed for it");
    workers.stop().await;
}

// VOX-36
#[tokio::test]
async fn a_full_queue_is_refused_while_the_running_answer_goes_on() {
    let mut settings = settings();
    settings.llm.queue = 1;
    let workers = real(&settings, "llm/chatty");
    // Its own first work takes a place, too.
    while workers.trials()[&WorkerKind::Llm] == Trial::Untested {
        tokio::task::yield_now().await;
    }
    let mut running = workers.llm.generate(question(5_000)).await.unwrap();
    a_token(&mut running).await;
    let _waiting = workers.llm.generate(question(1)).await.unwrap();
    let full = workers.llm.generate(question(1)).await.unwrap_err();
    assert!(matches!(full, WorkerError::Full { .. }), "{full:?}");
    a_token(&mut running).await;
    workers.stop().await;
}

#[tokio::test]
async fn a_request_beyond_the_context_is_refused_with_the_numbers_and_the_worker_stays() {
    let mut settings = settings();
    settings.llm.context_tokens = 64;
    let workers = real(&settings, "llm/chatty");
    let content = Redacted("hello there ".repeat(100));
    let long = Generate { messages: vec![ChatMessage::new("user", content)], ..question(8) };
    let refused = whole(workers.llm.generate(long).await.unwrap()).await.unwrap_err();
    let WorkerError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.code, "context_overflow");
    assert!(refusal.message.contains("64"), "{}", refusal.message);
    whole(workers.llm.generate(question(3)).await.unwrap()).await.unwrap();
    assert_eq!(workers.llm.status().restarts, 0);
    workers.stop().await;
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_refused_with_what_is_wrong_and_not_tried_again() {
    for (model, named) in [
        ("bad-models/unknown-input", "past_conv.0"),
        ("bad-models/truncated-graph", "model.onnx"),
        ("bad-models/foreign-tokenizer", "tokenizer"),
    ] {
        let workers = real(&settings(), model);
        let status = state(&workers.llm, WorkerState::Refused).await;
        let issue = status.issue.unwrap();
        assert!(issue.message.contains(named), "{model}: {}", issue.message);
        assert!(issue.path.unwrap().ends_with(model));
        assert_eq!(status.restarts, 0);
        workers.stop().await;
    }
}

#[tokio::test]
async fn a_missing_runtime_is_refused_with_the_setting_that_names_it() {
    let mut settings = settings();
    settings.paths.onnxruntime = Some("/nonexistent/libonnxruntime.so".into());
    let workers = real(&settings, "llm/chatty");
    let issue = state(&workers.llm, WorkerState::Refused).await.issue.unwrap();
    assert_eq!(issue.code, "runtime_missing");
    assert!(issue.mend.contains("ORT_DYLIB_PATH"), "{}", issue.mend);
    workers.stop().await;
}

/// Not a test of its own: the core that the next test kills. It asks, says who its worker is, and never ends.
#[tokio::test]
async fn the_core_that_gets_killed() {
    let Some(told) = std::env::var_os(CORE_ROLE) else { return };
    let workers = real(&settings(), "llm/chatty");
    let mut answer = None;
    if told == "busy" {
        let mut asked = workers.llm.generate(question(5_900)).await.unwrap();
        a_token(&mut asked).await;
        answer = Some(asked);
    } else {
        state(&workers.llm, WorkerState::Ready).await;
    }
    let pid = workers.llm.status().pid.unwrap();
    writeln!(std::io::stderr(), "worker={pid}").unwrap();
    std::future::pending::<()>().await;
    drop(answer);
}

// SIGKILL of the core: no orphan workers within 2 s.
#[tokio::test]
async fn a_killed_core_leaves_no_worker_behind_idle_or_busy() {
    for role in ["idle", "busy"] {
        let mut core = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "workers::the_core_that_gets_killed", "--nocapture"])
            .env(CORE_ROLE, role)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let stderr = core.stderr.as_mut().unwrap();
        let mut byte = [0];
        while !said.ends_with('\n') || !said.contains("worker=") {
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{said}");
            said.push(byte[0].into());
        }
        let worker: u32 = said.trim().rsplit_once('=').unwrap().1.parse().unwrap();
        assert!(Path::new(&format!("/proc/{worker}")).exists());
        core.kill().unwrap();
        core.wait().unwrap();
        gone(worker, ORPHAN_LIMIT).await;
    }
}

// The same of a whole node, while its worker may still be loading.
#[tokio::test]
async fn a_killed_node_leaves_no_worker_behind() {
    let node = Root::new().with_model("chatty").start();
    let worker = loop {
        let listed: serde_json::Value =
            node.get("/api/workers").send().await.unwrap().json().await.unwrap();
        let llm = &listed["workers"][0];
        if let Some(pid) = llm["pid"].as_u64() {
            break u32::try_from(pid).unwrap();
        }
        assert_eq!(llm["issue"], serde_json::Value::Null, "{llm}");
    };
    kill_process(node.pid(), Signal::KILL).unwrap();
    gone(worker, ORPHAN_LIMIT).await;
}

// VOX-45
#[test]
fn more_threads_than_cpus_are_a_warning_of_the_doctor() {
    let root = Root::new().set("workers.cpu_permits", 1_024);
    let doctor = root.run(&["doctor", "--json"]);
    assert!(String::from_utf8(doctor.stdout).unwrap().contains("cpu_oversubscribed"));
}

#[tokio::test]
async fn programs_that_are_no_workers_are_ended_with_the_name_of_their_mistake() {
    let directory = tempfile::tempdir().unwrap();
    let oversize = directory.path().join("oversize");
    let too_long = u32::try_from(MAX_HEADER_BYTES).unwrap() + 1;
    fs::write(&oversize, [too_long.to_be_bytes(), [0; 4]].concat()).unwrap();
    let cut = directory.path().join("cut");
    fs::write(&cut, b"\0\0\0\x20\0\0\0\0{\"type\":").unwrap();
    for (script, code, named) in [
        ("echo GET / HTTP/1.1; exec sleep 1000", "worker_bad_frame", "header is"),
        (&format!("cat {}; exec sleep 1000", oversize.display()), "worker_bad_frame", "8388609"),
        (&format!("cat {}", cut.display()), "worker_bad_frame", "ended within a frame"),
        ("printf '\\0\\0\\0\\2\\0\\0\\0\\0{}'; exec sleep 1000", "worker_bad_frame", "no message"),
        ("echo last words >&2; exit 7", "worker_exited", "exit code 7"),
        ("kill -SEGV $$", "worker_exited", "signal 11"),
    ] {
        let workers = pretend(&settings(), script);
        let found = issue(&workers.llm).await;
        assert_eq!(found.0, code, "{script}: {found:?}");
        assert!(found.1.contains(named), "{script}: {found:?}");
        workers.stop().await;
    }
}

#[tokio::test]
async fn programs_that_say_nothing_are_ended_at_the_handshakes_deadline() {
    let mut settings = settings();
    settings.workers.handshake_timeout = Duration::from_millis(100);
    for script in ["exec sleep 1000", "trap '' TERM INT HUP; sleep 1000 & wait"] {
        let workers = pretend(&settings, script);
        let (code, message) = issue(&workers.llm).await;
        assert_eq!(code, "worker_no_handshake", "{script}: {message}");
        workers.stop().await;
    }
}

#[tokio::test]
async fn a_worker_of_another_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let greeting = directory.path().join("greeting");
    let mut bytes = BytesMut::new();
    let ready = FromWorker::Refused {
        refusal: ladylinux::inference::workers::Refusal {
            code: "protocol_mismatch".to_owned(),
            message: "the core speaks protocol 1, this worker 2".to_owned(),
        },
    };
    Codec::<ToWorker, FromWorker>::default().encode(ready.into(), &mut bytes).unwrap();
    fs::write(&greeting, &bytes).unwrap();
    let workers = pretend(&settings(), &format!("cat {}; cat >/dev/null", greeting.display()));
    let issue = state(&workers.llm, WorkerState::Refused).await.issue.unwrap();
    assert_eq!(issue.code, "protocol_mismatch");
    workers.stop().await;
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_named() {
    let spawn = Spawn {
        program: "/nonexistent/ladylinux".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
    };
    let workers =
        Workers::with(&settings(), Post { spawn: Ok(spawn), model: None }, vacant(), vacant());
    let (code, message) = issue(&workers.llm).await;
    assert_eq!(code, "worker_unstartable");
    assert!(message.contains("No such file"), "{message}");
    workers.stop().await;
}

#[tokio::test]
async fn stopping_ends_whatever_ignores_its_closed_input_children_of_its_own_included() {
    let workers = pretend(&settings(), "trap '' TERM INT HUP; sleep 1000 & wait");
    let started = workers.llm.wait_for(|status| status.pid.is_some());
    let pid = tokio::time::timeout(AGES, started).await.unwrap().unwrap().pid.unwrap();
    workers.stop().await;
    gone(pid, Duration::ZERO).await;
}

/// A worker spoken to by the test itself, frame by frame.
struct Raw {
    child: Child,
    codec: Codec<FromWorker, ToWorker>,
    received: BytesMut,
}

impl Raw {
    /// Starts a worker that logs everything to a file, and greets it.
    fn greeted(log: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_ladylinux"))
            .args(["worker", "llm", "--model-id", "tiny", "--threads", "1", "--context", "6144"])
            .args(["--prefill-chunk", "64", "--log", "trace", "--model"])
            .arg(fixture("llm/chatty"))
            .arg("--onnxruntime")
            .arg(onnxruntime())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log).unwrap())
            .spawn()
            .unwrap();
        let mut raw = Self { child, codec: Codec::default(), received: BytesMut::new() };
        raw.say(ToWorker::Hello { protocol: PROTOCOL_VERSION, threads: 1 });
        assert!(matches!(raw.hear(), Some(FromWorker::Ready { .. })));
        raw
    }

    fn say(&mut self, message: ToWorker) {
        let mut bytes = BytesMut::new();
        self.codec.encode(message.into(), &mut bytes).unwrap();
        self.child.stdin.as_mut().unwrap().write_all(&bytes).unwrap();
    }

    fn ask(&mut self, request: Generate) -> RequestId {
        let id = RequestId::new();
        let work = Work::Generate(Box::new(request));
        self.say(ToWorker::Work { id, deadline_ms: 60_000, work });
        id
    }

    fn hear(&mut self) -> Option<FromWorker> {
        let mut block = [0; 4096];
        loop {
            if let Some(frame) = self.codec.decode(&mut self.received).unwrap() {
                return Some(frame.message);
            }
            match self.child.stdout.as_mut().unwrap().read(&mut block).unwrap() {
                0 => return None,
                length => self.received.extend_from_slice(&block[..length]),
            }
        }
    }

    fn hear_rest(&mut self) -> (String, Completion) {
        let mut answer = String::new();
        loop {
            match self.hear() {
                Some(FromWorker::Token { text, .. }) => answer.push_str(text.expose()),
                Some(FromWorker::Done { completion, .. }) => return (answer, completion),
                Some(FromWorker::Working { .. }) => {}
                other => panic!("an answer was due, not {other:?}"),
            }
        }
    }

    /// Closes the worker's input, and waits for its end.
    fn closed(mut self) -> ExitStatus {
        drop(self.child.stdin.take());
        while self.hear().is_some() {}
        self.child.wait().unwrap()
    }
}

// VOX-36: generation stops at the next token.
#[test]
fn a_cancelled_generation_stops_long_before_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let mut worker = Raw::greeted(&directory.path().join("log"));
    let id = worker.ask(question(6_000));
    assert!(matches!(worker.hear(), Some(FromWorker::Token { .. })));
    worker.say(ToWorker::Cancel { id });
    let (_, completion) = worker.hear_rest();
    assert_eq!(completion.finish, Finish::Cancelled);
    assert!(completion.completion_tokens < 3_000, "{}", completion.completion_tokens);
    worker.ask(question(2));
    assert_eq!(worker.hear_rest().1.finish, Finish::Length);
    assert!(worker.closed().success());
}

#[test]
fn a_worker_whose_input_closes_in_mid_generation_ends_in_good_order() {
    let directory = tempfile::tempdir().unwrap();
    let mut worker = Raw::greeted(&directory.path().join("log"));
    worker.ask(question(6_000));
    assert!(matches!(worker.hear(), Some(FromWorker::Token { .. })));
    assert!(worker.closed().success());
}

// VOX-77, VOX-78: no prompt and no answer in a worker's log, at the most talkative level.
#[test]
fn a_worker_writes_no_content_to_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut worker = Raw::greeted(&log);
    let content = Redacted("a canary sings at dawn".to_owned());
    let messages = vec![ChatMessage::new("user", content)];
    worker.ask(Generate { messages, ..question(20) });
    let (answer, _) = worker.hear_rest();
    assert!(worker.closed().success());
    let log = fs::read_to_string(log).unwrap();
    assert!(!log.is_empty(), "the log was on");
    assert!(!log.contains("canary") && !log.contains(answer.trim()), "{log}");
}
