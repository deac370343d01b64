//! Starts the workers that the settings ask for, and stops them.

use super::{
    llm::{Llm, WorkerStatus},
    machine::Policy,
    permits::{self, Permits},
    process::{Spawn, resident_bytes},
    protocol::WorkerKind,
    task::{self, Charge, Launch},
    trial::{self, Trial},
};
use crate::foundation::{settings::Settings, values::ReadinessIssue};
use crate::inference::models::{self, LlmModel};
use std::{collections::BTreeMap, ffi::OsString, io, path::PathBuf};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// All workers of a node; cheap to clone.
#[derive(Clone, Debug)]
pub struct Workers {
    /// The language model.
    pub llm: Llm,
    trial: watch::Receiver<Trial>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Workers {
    /// Starts every worker whose model is installed, within a Tokio runtime, and waits for none of them.
    ///
    /// A worker without a model is there as well, and says what it misses.
    pub fn start(settings: &Settings) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        if let Some(issue) = permits::check(settings) {
            tracing::warn!(code = issue.code, "{}", issue.message);
        }
        let model = models::resolve_llm(&settings.paths, settings.llm.model.as_deref());
        let directory = model.as_ref().ok().map(|model| model.directory.clone());
        let spawn = model.map(|model| Spawn::llm(settings, program, &model));
        Ok(Self::with(settings, spawn, directory))
    }

    /// Starts a language-model worker as told; tests put other programs in its place.
    pub fn with(
        settings: &Settings,
        llm: Result<Spawn, ReadinessIssue>,
        model: Option<PathBuf>,
    ) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let kind = WorkerKind::Llm;
        let launch = |spawn: Spawn| -> Launch { Box::new(move || spawn.launch(kind)) };
        let (llm, run) = task::start(Charge {
            kind,
            launch: llm.map(launch),
            model,
            policy: Policy {
                handshake_timeout: settings.workers.handshake_timeout,
                generation_timeout: settings.llm.generation_timeout,
                stall_timeout: settings.llm.stall_timeout,
                restart_limit: settings.workers.restart_limit,
                restart_window: settings.workers.restart_window,
            },
            places: settings.llm.queue,
            patience: settings.llm.queue_timeout,
            permits: Permits::new(settings),
            stop: stop.clone(),
        });
        tasks.spawn(run);
        let (tried, trial) = watch::channel(Trial::Untested);
        let (tester, stopped) = (llm.clone(), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                outcome = trial::of_llm(&tester) => { tried.send_replace(outcome); }
                () = stopped.cancelled() => {}
            }
        });
        tasks.close();
        Self { llm, trial, stop, tasks }
    }

    /// Returns which workers have shown that they can work.
    pub fn trials(&self) -> BTreeMap<WorkerKind, Trial> {
        BTreeMap::from([(WorkerKind::Llm, *self.trial.borrow())])
    }

    /// Ends all workers, running answers included, and waits until their processes are gone.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    /// Returns how every worker is.
    pub fn statuses(&self) -> Vec<WorkerStatus> {
        vec![self.llm.status()]
    }

    /// The same, with the memory that each holds, for which the system is asked.
    pub fn statuses_with_memory(&self) -> Vec<WorkerStatus> {
        let mut statuses = self.statuses();
        for status in &mut statuses {
            status.resident_bytes = status.pid.and_then(resident_bytes);
        }
        statuses
    }
}

impl Spawn {
    /// Returns how `program`, a `ladylinux` binary, is started as a worker for this language model.
    pub fn llm(settings: &Settings, program: PathBuf, model: &LlmModel) -> Self {
        let threads = Permits::new(settings).all();
        let mut arguments: Vec<OsString> = vec!["worker".into(), "llm".into()];
        let mut flag = |name: &str, value: OsString| arguments.extend([name.into(), value]);
        flag("--model-id", model.id.clone().into());
        flag("--model", model.directory.clone().into());
        flag("--graph", model.graph.clone().into());
        flag("--threads", threads.to_string().into());
        flag("--context", settings.llm.context_tokens.to_string().into());
        flag("--prefill-chunk", settings.llm.prefill_chunk.to_string().into());
        flag("--oom-score-adj", settings.workers.oom_score_adj.to_string().into());
        if let Some(library) = &settings.paths.onnxruntime {
            flag("--onnxruntime", library.clone().into());
        }
        flag("--log", settings.telemetry.log.clone().into());
        // Everything a worker needs to know is in its arguments: secrets of the node's environment stay with the node.
        Self { program, arguments, environment: Vec::new() }
    }
}
