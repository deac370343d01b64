//! Starts the workers that the settings ask for, and stops them.

use super::{
    embed::Embedder,
    handle::{Handle, WorkerState, WorkerStatus},
    llm::Llm,
    machine::Policy,
    permits::{self, Permits},
    process::{Spawn, resident_bytes},
    protocol::WorkerKind,
    rerank::Reranker,
    task::{self, Charge, Launch},
    trial::{self, Trial},
};
use crate::foundation::{settings::Settings, values::ReadinessIssue};
use crate::inference::models::{self, Installed, Task};
use std::{collections::BTreeMap, ffi::OsString, io, path::PathBuf, time::Duration};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// All workers of a node; cheap to clone.
#[derive(Clone, Debug)]
pub struct Workers {
    /// The language model.
    pub llm: Llm,
    /// The embedding model.
    pub embedder: Embedder,
    /// The reranking model.
    pub reranker: Reranker,
    /// Workers without which a node lacks something only if its settings name their models; and whether they do.
    extras: BTreeMap<WorkerKind, bool>,
    trials: BTreeMap<WorkerKind, watch::Receiver<Trial>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// How one worker is started.
#[derive(Clone, Debug)]
pub struct Post {
    /// Its process, or why there is nothing to start.
    pub spawn: Result<Spawn, ReadinessIssue>,
    /// Where its model lies, for messages.
    pub model: Option<PathBuf>,
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
        let find = |task, wanted: &Option<String>| {
            models::resolve(&settings.paths, task, wanted.as_deref())
        };
        let llm = Post::of(find(Task::Llm, &settings.llm.model), |model| {
            Spawn::llm(settings, program.clone(), model)
        });
        let embedder = Post::of(find(Task::Embed, &settings.embed.model), |model| {
            Spawn::embed(settings, program.clone(), model)
        });
        let reranker = Post::of(find(Task::Rerank, &settings.rerank.model), |model| {
            Spawn::rerank(settings, program.clone(), model)
        });
        Ok(Self::with(settings, llm, embedder, reranker))
    }

    /// Starts workers as told; tests put other programs in their place.
    pub fn with(settings: &Settings, llm: Post, embedder: Post, reranker: Post) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let permits = Permits::new(settings);
        let start = |kind, post: Post, manner: Manner| -> Handle {
            let (handle, run) = task::start(Charge {
                kind,
                launch: post.spawn.map(|spawn| -> Launch { Box::new(move || spawn.launch(kind)) }),
                model: post.model,
                policy: Policy {
                    handshake_timeout: settings.workers.handshake_timeout,
                    work_timeout: manner.work_timeout,
                    stall_timeout: manner.stall_timeout,
                    restart_limit: settings.workers.restart_limit,
                    restart_window: settings.workers.restart_window,
                },
                places: manner.places,
                patience: manner.patience,
                permits: permits.clone(),
                stop: stop.clone(),
            });
            tasks.spawn(run);
            handle
        };
        let llm = Llm(start(
            WorkerKind::Llm,
            llm,
            Manner {
                work_timeout: settings.llm.generation_timeout,
                stall_timeout: settings.llm.stall_timeout,
                places: settings.llm.queue,
                patience: settings.llm.queue_timeout,
            },
        ));
        let embedder = Embedder(start(
            WorkerKind::Embed,
            embedder,
            Manner {
                work_timeout: settings.embed.timeout,
                stall_timeout: settings.embed.timeout,
                places: settings.embed.queue,
                patience: settings.embed.queue_timeout,
            },
        ));
        let reranker = Reranker(start(
            WorkerKind::Rerank,
            reranker,
            Manner {
                work_timeout: settings.rerank.timeout,
                stall_timeout: settings.rerank.timeout,
                places: settings.rerank.queue,
                patience: settings.rerank.queue_timeout,
            },
        ));
        let trials = BTreeMap::from([
            (WorkerKind::Llm, tried(&tasks, &stop, trial::of_llm(llm.clone()))),
            (WorkerKind::Embed, tried(&tasks, &stop, trial::of_embedder(embedder.clone()))),
            (WorkerKind::Rerank, tried(&tasks, &stop, trial::of_reranker(reranker.clone()))),
        ]);
        tasks.close();
        let extras = BTreeMap::from([
            (WorkerKind::Embed, settings.embed.model.is_some()),
            (WorkerKind::Rerank, settings.rerank.model.is_some()),
        ]);
        Self { llm, embedder, reranker, extras, trials, stop, tasks }
    }

    /// Returns which workers have shown that they can work.
    pub fn trials(&self) -> BTreeMap<WorkerKind, Trial> {
        self.trials.iter().map(|(kind, trial)| (*kind, *trial.borrow())).collect()
    }

    /// Ends all workers, running answers included, and waits until their processes are gone.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    /// Returns how every worker is.
    pub fn statuses(&self) -> Vec<WorkerStatus> {
        vec![self.llm.status(), self.embedder.status(), self.reranker.status()]
    }

    /// The same, with the memory that each holds, for which the system is asked.
    pub fn statuses_with_memory(&self) -> Vec<WorkerStatus> {
        let mut statuses = self.statuses();
        for status in &mut statuses {
            status.resident_bytes = status.pid.and_then(resident_bytes);
        }
        statuses
    }

    /// Returns what is wrong with the workers. That nobody installed a model that is an extra is no fault.
    pub fn issues(&self) -> Vec<ReadinessIssue> {
        let missed = |worker: &WorkerStatus| {
            worker.state != WorkerState::Absent || *self.extras.get(&worker.kind).unwrap_or(&true)
        };
        self.statuses().into_iter().filter(missed).filter_map(|worker| worker.issue).collect()
    }
}

/// How patient a worker's callers are, and how many may wait.
struct Manner {
    work_timeout: Duration,
    stall_timeout: Duration,
    places: usize,
    patience: Duration,
}

/// Tries a worker, and tells what came of it.
fn tried(
    tasks: &TaskTracker,
    stop: &CancellationToken,
    trial: impl Future<Output = Trial> + Send + 'static,
) -> watch::Receiver<Trial> {
    let (tell, told) = watch::channel(Trial::Untested);
    let stopped = stop.clone();
    tasks.spawn(async move {
        tokio::select! {
            outcome = trial => { tell.send_replace(outcome); }
            () = stopped.cancelled() => {}
        }
    });
    told
}

impl Post {
    fn of(
        model: Result<Installed, ReadinessIssue>,
        spawn: impl FnOnce(&Installed) -> Spawn,
    ) -> Self {
        let directory = model.as_ref().ok().map(|model| model.directory.clone());
        Self { spawn: model.map(|model| spawn(&model)), model: directory }
    }

    /// Returns a post that nobody takes.
    pub fn vacant(issue: ReadinessIssue) -> Self {
        Self { spawn: Err(issue), model: None }
    }
}

impl Spawn {
    /// Returns how `program`, a `ladylinux` binary, is started as a worker for this language model.
    pub fn llm(settings: &Settings, program: PathBuf, model: &Installed) -> Self {
        Self::worker(
            settings,
            program,
            (WorkerKind::Llm, model),
            [
                ("--context", settings.llm.context_tokens.to_string().into()),
                ("--prefill-chunk", settings.llm.prefill_chunk.to_string().into()),
                ("--prefix-cache-bytes", settings.llm.prefix_cache_bytes.to_string().into()),
            ],
        )
    }

    /// Returns how it is started as a worker for this embedding model.
    pub fn embed(settings: &Settings, program: PathBuf, model: &Installed) -> Self {
        let mut more: Vec<(&str, OsString)> =
            vec![("--batch-tokens", settings.embed.batch_tokens.to_string().into())];
        if let Some(embedding) = &model.embedding {
            more.push(("--pooling", embedding.pooling.name().into()));
            more.push(("--query-prefix", embedding.query_prefix.clone().into()));
            more.push(("--passage-prefix", embedding.passage_prefix.clone().into()));
            let most = embedding.max_tokens.map(|most| ("--max-tokens", most.to_string().into()));
            more.extend(most);
        }
        Self::worker(settings, program, (WorkerKind::Embed, model), more)
    }

    /// Returns how it is started as a worker for this reranking model.
    pub fn rerank(settings: &Settings, program: PathBuf, model: &Installed) -> Self {
        let batch = ("--batch-tokens", settings.rerank.batch_tokens.to_string().into());
        Self::worker(settings, program, (WorkerKind::Rerank, model), [batch])
    }

    fn worker(
        settings: &Settings,
        program: PathBuf,
        (kind, model): (WorkerKind, &Installed),
        more: impl IntoIterator<Item = (&'static str, OsString)>,
    ) -> Self {
        let threads = Permits::new(settings).all();
        let mut arguments: Vec<OsString> = vec!["worker".into(), kind.name().into()];
        let mut flag = |name: &str, value: OsString| arguments.extend([name.into(), value]);
        flag("--model-id", model.id.clone().into());
        flag("--model", model.directory.clone().into());
        flag("--graph", model.graph.clone().into());
        flag("--threads", threads.to_string().into());
        flag("--oom-score-adj", settings.workers.oom_score_adj.to_string().into());
        if let Some(library) = &settings.paths.onnxruntime {
            flag("--onnxruntime", library.clone().into());
        }
        flag("--log", settings.telemetry.log.clone().into());
        for (name, value) in more {
            flag(name, value);
        }
        // Everything a worker needs to know is in its arguments: secrets of the node's environment stay with the node.
        Self { program, arguments, environment: Vec::new() }
    }
}
