//! A look at the node: what the journal, the hold, the engine and the published port say, side by side. Changes nothing.

use super::{
    engine::EngineError,
    hold::{self, Hold},
    journal,
    lock::{self, Holder},
    machine::{Last, Node, Standing},
    probe::{Answer, Prober},
    record::{Step, Verb},
    release::{Digest, Release},
    report::Service,
    supervisor::Supervisor,
    watch::Life,
};
use crate::foundation::values::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How the node is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No release was ever installed.
    NotInstalled,
    /// A supervisor is at work on it.
    Refreshing,
    /// A supervisor was killed at work, and nobody has looked after that yet.
    Interrupted,
    /// It is held stopped.
    Held,
    /// Somebody stopped it.
    Stopped,
    /// Its containers do not all run, or the published port is not answered as it should be.
    Broken,
    /// It serves, and its release is on probation.
    OnProbation,
    /// It serves.
    Serving,
}

/// What was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Look {
    /// How the node is.
    pub state: State,
    /// Why, if it is not as it should be.
    pub because: Option<String>,
    /// What a person can do about it.
    pub next: Option<String>,
    /// The release that is installed.
    pub release: Option<Release>,
    /// Since when it is.
    pub since: Option<Timestamp>,
    /// Whether it is proven.
    pub standing: Option<Standing>,
    /// What `rollback` would go to.
    pub previous: Option<Release>,
    /// The digest that the published port answers with.
    pub answering: Option<Digest>,
    /// The hold, if there is one.
    pub hold: Option<Hold>,
    /// Who is at work, if anybody is.
    pub at_work: Option<Holder>,
    /// The run that has no end yet.
    pub under_way: Option<UnderWay>,
    /// How the last run ended.
    pub last: Option<Last>,
    /// The schema of the state, as far as the supervisor knows.
    pub schema: Option<u32>,
    /// The containers that somebody stopped by themselves.
    pub resting: BTreeSet<String>,
    /// The containers.
    pub services: Vec<Service>,
    /// The engine and its version.
    pub engine: Option<String>,
    /// By what it is told that somebody else has started it again.
    #[serde(skip)]
    pub life: Life,
}

/// A run that has no end yet.
#[derive(Clone, Debug, Serialize)]
pub struct UnderWay {
    /// What for.
    pub verb: Verb,
    /// Where to.
    pub digest: Digest,
    /// The step it is in, or was in when its supervisor was killed.
    pub step: Step,
}

impl Supervisor {
    /// Looks at the node.
    pub async fn look(&self) -> Look {
        let hold = match hold::read(&self.directory) {
            Ok(hold) => hold,
            Err(error) => Some(Hold {
                reason: format!("the hold cannot be read: {error}"),
                step: None,
                by_hand: true,
                since: Timestamp(0),
                next: "check the supervisor's directory".to_owned(),
            }),
        };
        let at_work = lock::held(&self.directory);
        let (node, damaged) = match journal::read(&self.directory) {
            Ok((_, node)) => (node, None),
            Err(error) => (Node::default(), Some(error.to_string())),
        };
        let mut look = Look::of(&node, hold, at_work);
        if let Some(damaged) = damaged {
            look.state = State::Held;
            look.because = Some(damaged);
            look.next = Some("run `ladylinux-supervisor release-hold`".to_owned());
        }
        match self.seen(&mut look).await {
            Ok(wrong) => look.judge(wrong),
            Err(error) => look.judge(Some(format!("{:#}", anyhow::Error::from(error)))),
        }
        look
    }

    /// Fills in what the engine and the port say, and returns what is wrong with it.
    async fn seen(&self, look: &mut Look) -> Result<Option<String>, EngineError> {
        let about = self.engine.about();
        look.engine = Some(format!("{} {}", about.name, about.version));
        let mut wrong = None;
        for service in self.stack.containers.keys() {
            let found = self.engine.find(&self.container_name(service)).await?;
            let runs = found.as_ref().is_some_and(|one| one.state.runs());
            let rests = look.resting.contains(service);
            if !rests {
                look.life.containers.extend(found.as_ref().map(|one| one.id.clone()));
            }
            let seen = Service::of(service, found);
            if !runs && !rests {
                wrong.get_or_insert(format!("the container of {service} is {}", seen.status));
            }
            look.services.push(seen);
        }
        let Some(release) = &look.release else { return Ok(wrong) };
        let wanted = release.digest;
        let answer = match Prober::new(&self.stack.publish) {
            Ok(prober) => prober.ask().await,
            Err(error) => Answer::None(error.to_string()),
        };
        let other = match answer {
            Answer::None(reason) => Some(reason),
            Answer::Told(health) => {
                let told = health.release.digest.as_deref();
                look.answering = told.and_then(|digest| digest.parse().ok());
                if look.answering != Some(wanted) {
                    let told = told.unwrap_or("no digest");
                    Some(format!("the published port answers with {told}, and not with {wanted}"))
                } else if health.ready {
                    None
                } else {
                    Some("the release says that it is not ready".to_owned())
                }
            }
        };
        Ok(wrong.or(other))
    }
}

impl Look {
    /// What the files alone say.
    pub(super) fn of(node: &Node, hold: Option<Hold>, at_work: Option<Holder>) -> Self {
        let current = node.current();
        let under_way = node.under_way.as_ref().map(|run| UnderWay {
            verb: run.verb,
            digest: run.to.digest,
            step: run.step,
        });
        let changes = at_work.as_ref().is_some_and(|one| one.verb != "start" && one.verb != "stop");
        let state = match (&under_way, &hold) {
            _ if changes => State::Refreshing,
            (Some(_), _) => State::Interrupted,
            (_, Some(_)) => State::Held,
            _ if current.is_none() => State::NotInstalled,
            _ if node.stopped => State::Stopped,
            _ if current.is_some_and(|one| one.standing == Standing::Proven) => State::Serving,
            _ => State::OnProbation,
        };
        let (because, next) = match state {
            State::Interrupted if node.only_report_missing() => (
                under_way.as_ref().map(|run| {
                    format!(
                        "the {} went through, but its supervisor was killed before it said so",
                        run.verb
                    )
                }),
                Some("run `ladylinux-supervisor start`, which says so".to_owned()),
            ),
            State::Interrupted => (
                under_way.as_ref().map(|run| {
                    format!(
                        "the {} was interrupted in {}: its supervisor was killed",
                        run.verb, run.step
                    )
                }),
                Some(
                    super::supervisor::next_after(
                        under_way.as_ref().map_or(Verb::Refresh, |run| run.verb),
                    )
                    .to_owned(),
                ),
            ),
            State::Held => (
                hold.as_ref().map(|hold| hold.reason.clone()),
                hold.as_ref().map(|hold| hold.next.clone()),
            ),
            State::NotInstalled => (None, Some("run `ladylinux-supervisor refresh`".to_owned())),
            State::Stopped => (None, Some("run `ladylinux-supervisor start`".to_owned())),
            State::Refreshing | State::Broken | State::OnProbation | State::Serving => (None, None),
        };
        Self {
            state,
            because,
            next,
            release: current.map(|one| one.release.clone()),
            since: current.map(|one| one.since),
            standing: current.map(|one| one.standing),
            previous: node.rollback_target().map(|one| one.release.clone()),
            answering: None,
            hold,
            at_work,
            under_way,
            last: node.last.clone(),
            schema: node.schema,
            resting: node.resting.clone(),
            services: Vec::new(),
            engine: None,
            life: Life { record: node.at, containers: Vec::new() },
        }
    }

    /// Takes into account what is wrong with what should serve.
    fn judge(&mut self, wrong: Option<String>) {
        if matches!(self.state, State::Serving | State::OnProbation)
            && let Some(wrong) = wrong
        {
            self.state = State::Broken;
            self.because = Some(wrong);
            self.next = Some("run `ladylinux-supervisor start`, or `rollback`".to_owned());
        }
    }

    /// Whether any container runs: a supervisor that is killed early leaves some that do.
    fn runs(&self) -> bool {
        self.services.iter().any(|service| !service.is_dead())
    }

    /// Whether the node is as it should be.
    pub fn is_well(&self) -> bool {
        matches!(self.state, State::Serving | State::OnProbation | State::Refreshing)
    }

    /// Returns the lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |key: &str, value: Option<String>| {
            lines.extend(value.map(|value| format!("{key:<15} {value}")));
        };
        line("state", Some(self.sentence()));
        line("because", self.because.clone());
        line("next", self.next.clone());
        line("release", self.release.as_ref().map(ToString::to_string));
        line("digest", self.release.as_ref().map(|release| release.digest.to_string()));
        line("commit", self.release.as_ref().and_then(|release| release.revision.clone()));
        line("since", self.since.map(Timestamp::rfc3339));
        line("previous", self.previous.as_ref().map(ToString::to_string));
        for service in &self.services {
            let health = service.health.as_ref().map_or(String::new(), |one| format!(", {one}"));
            let rests =
                if self.resting.contains(&service.name) { ", as somebody wants" } else { "" };
            line(
                "container",
                Some(format!("{} is {}{health}{rests}", service.name, service.status)),
            );
        }
        line("schema", self.schema.map(|schema| schema.to_string()));
        line(
            "at work",
            self.at_work.as_ref().map(|one| format!("{} since {}", one.verb, one.since.rfc3339())),
        );
        line(
            "last",
            self.last.as_ref().map(|last| {
                let step = last.step.map_or(String::new(), |step| format!(" in {step}"));
                let word = match last.outcome {
                    super::machine::Ended::Done => "done",
                    super::machine::Ended::Failed => "failed",
                    super::machine::Ended::Interrupted => "interrupted",
                };
                format!(
                    "{} to {} {word}{step}, {}",
                    last.verb,
                    last.digest.short(),
                    last.at.rfc3339()
                )
            }),
        );
        line("engine", self.engine.clone());
        lines
    }

    /// Returns how the node is, in a sentence; what `systemctl status` shows.
    pub fn sentence(&self) -> String {
        let release =
            self.release.as_ref().map_or_else(|| "no release".to_owned(), ToString::to_string);
        match self.state {
            State::NotInstalled => "not installed".to_owned(),
            State::Refreshing => "a supervisor is at work".to_owned(),
            State::Interrupted if self.runs() => {
                "interrupted, and its containers still run".to_owned()
            }
            State::Interrupted => "interrupted, and stopped".to_owned(),
            State::Held if self.runs() => "held, and its containers still run".to_owned(),
            State::Held => "held: the node is stopped".to_owned(),
            State::Stopped => format!("stopped: {release} is installed"),
            State::Broken => format!("broken: {release} does not serve as it should"),
            State::OnProbation => format!("serving {release}, on probation"),
            State::Serving => format!("serving {release}"),
        }
    }
}
