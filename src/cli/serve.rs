//! `ladylinux serve`: the composition root of the node.
//!
//! Always in this order, each step with a refusal of its own: settings, logs, who we are, directories, database, workers,
//! port. Nothing is created and nothing is migrated here; `provision` and `migrate` do that (LL-DEP-41).

use super::{Common, exit::Exit, exit::Outcome, out, signals};
use crate::api::{self, Inherited, Listener, Node};
use crate::commands::{self, BuiltIns, Catalogue};
use crate::conversation::{Conversations, Household};
use crate::foundation::{
    audit, layout,
    settings::{self, Settings},
    store::Store,
    telemetry,
    values::{Severity, time},
};
use crate::inference::workers::{Extractor, Workers, permits};
use crate::knowledge::{self, LearnOptions, LearnReport, Mode, Searcher};
use anyhow::Context;
use clap::Args;
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How often metrics are folded while nobody scrapes them.
const UPKEEP: Duration = Duration::from_secs(5);

/// How long the database may take to close at the end.
const CLOSING: Duration = Duration::from_secs(5);

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Listen on this port; 0 takes any that is free
    #[arg(long)]
    port: Option<u16>,
    /// Listen on this address
    #[arg(long)]
    host: Option<IpAddr>,
    /// Write the node's URL to this file once it listens
    #[arg(long, value_name = "FILE")]
    address_file: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let port = self.port.map(|port| ("http.port", port.to_string()));
        let host = self.host.map(|host| ("http.host", host.to_string()));
        let flags: Vec<_> = port.into_iter().chain(host).collect();
        let settings = common.load(&flags)?.settings;
        telemetry::init_logs(&settings.telemetry);
        if let Some(refusal) = refusal(&settings) {
            return Ok(refuse(&refusal));
        }
        // What may be done in the world is known whole, or nothing is served.
        Catalogue::load(&settings.paths.config)?;
        let issues = layout::readiness(&settings, layout::State::InUse);
        if issues.iter().any(|issue| issue.severity == Severity::Critical) {
            for issue in layout::foremost(&issues) {
                out::note(issue.to_string());
            }
            let doctor = super::command(&settings.paths, "doctor");
            out::note(format!("the node was not started: {doctor} to read how to mend each"));
            return Ok(Exit::NotReady);
        }
        let inherited = Inherited::take().context("cannot take over the sockets of LISTEN_FDS")?;
        super::block_on(serve(settings, inherited, self.address_file.as_deref()))
    }
}

fn refuse(reason: &str) -> Exit {
    out::note(format!("ladylinux: {reason}"));
    Exit::Refused
}

/// Returns why a node with these settings must not run here, if it must not.
fn refusal(settings: &Settings) -> Option<String> {
    // LL-DEP-16
    let uid = rustix::process::geteuid().as_raw();
    if let Some(issue) = layout::refuse_root(settings.environment, uid) {
        return Some(format!("{issue}: {}", issue.mend));
    }
    // VOX-45
    if let Some(issue) = permits::check(settings)
        && issue.severity == Severity::Critical
    {
        return Some(format!("{issue}: {}", issue.mend));
    }
    api::objection(&settings.http)
}

async fn serve(
    settings: Settings,
    inherited: Inherited,
    address_file: Option<&Path>,
) -> anyhow::Result<Exit> {
    let stop = signals::stopped()?;
    let store = match super::open_store(&settings.paths) {
        Ok(store) => store,
        Err(error) => {
            out::error(&error);
            return Ok(Exit::NotReady);
        }
    };
    let kept = Arc::new(OnceLock::new());
    let household = match household(&settings, &store, &kept).await {
        Ok(household) => household,
        Err(error) => {
            out::error(&error);
            return Ok(Exit::NotReady);
        }
    };
    let metrics = telemetry::install();
    let listener = match Listener::bind(&settings.http, inherited).await {
        Ok(listener) => listener,
        Err(error) => {
            out::error(&error.into());
            return Ok(Exit::Failed);
        }
    };
    let workers = Workers::start(&settings)?;
    let handle = metrics.clone();
    let upkeep = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            handle.upkeep();
        }
    });
    if let Some(file) = address_file {
        tell(listener.url(), file)?;
    }
    out::line(format!("LadyLinux answers on {}", listener.url()));
    tracing::info!(url = listener.url(), version = env!("CARGO_PKG_VERSION"), "serving");
    tell_audit(&store).await;
    let manual = tokio::spawn(learn_manual(
        store.clone(),
        settings.knowledge.clone(),
        Extractor::new(&settings)?,
    ));
    let keeper =
        knowledge::keep_vectors(store.clone(), workers.embedder.for_batch(), workers.llm.clone());
    let keeper = tokio::spawn(keeper);
    let searcher = Searcher::new(store.clone(), Some(workers.embedder.clone()))
        .reread_by(workers.reranker.clone(), &settings.rerank);
    let conversations =
        Conversations::new(searcher.clone(), workers.llm.clone(), household, &settings);
    // It deletes what is kept here, too, and was registered before there were any.
    drop(kept.set(conversations.clone()));
    let node = Node {
        settings,
        store: store.clone(),
        workers: workers.clone(),
        searcher,
        conversations,
        metrics,
    };
    api::serve(node, listener, stop).await;
    workers.stop().await;
    upkeep.abort();
    manual.abort();
    keeper.abort();
    tell_audit(&store).await;
    if tokio::time::timeout(CLOSING, store.close()).await.is_err() {
        tracing::warn!(
            "the database is still in use, and its journal is worked in at the next start"
        );
    }
    tracing::info!("stopped");
    Ok(Exit::Done)
}

/// Notes in the log, which is kept elsewhere, what the audit goes on from: cut off there, it would show.
async fn tell_audit(store: &Store) {
    match audit::heads(store).await {
        Ok(heads) => {
            let head = heads.first().map(ToString::to_string);
            tracing::info!(audit.head = head, audit.heads = heads.len(), "the audit's head");
        }
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the audit's head is not known");
        }
    }
}

/// Opens the household: owners as the operator wrote them, and the commands that this node carries out itself.
async fn household(
    settings: &Settings,
    store: &Store,
    kept: &Arc<OnceLock<Conversations>>,
) -> anyhow::Result<Household> {
    let (documents, kept) = (store.clone(), Arc::clone(kept));
    let built_in = BuiltIns::default().with("delete_all_data", move |_| {
        let (documents, kept) = (documents.clone(), Arc::clone(&kept));
        async move {
            if let Some(conversations) = kept.get() {
                conversations.forget_all().await;
            }
            match knowledge::forget(&documents, Path::new("/")).await {
                Ok(_) => commands::Outcome::Done,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, "the documents were not deleted");
                    commands::Outcome::Failed("not_deleted")
                }
            }
        }
    });
    let household = Household::open(store.clone(), settings, built_in)?;
    let applied = household.people().begin(&settings.paths, time::now()).await?;
    for warning in applied.warnings {
        tracing::warn!("{warning}");
    }
    Ok(household)
}

/// Learns the manual that came with the release, if it is another than the one that is known; pages that it has no more
/// are forgotten. It is a courtesy: whatever goes wrong with it, the node serves.
async fn learn_manual(store: Store, settings: settings::Knowledge, extractor: Extractor) {
    let Some(manual) = settings.manual else { return };
    let options = LearnOptions {
        reader: None,
        passage_chars: settings.passage_chars,
        max_file_bytes: settings.max_file_bytes,
        extractor,
        mode: Mode::Write,
    };
    match knowledge::learn(&store, &[manual], &options, |_| {}).await {
        Ok(LearnReport { added, updated, removed, failed, .. }) => {
            let failed = failed.len();
            if added + updated + removed > 0 || failed > 0 {
                tracing::info!(added, updated, removed, failed, "the manual was learned");
            }
        }
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the manual was not learned");
        }
    }
}

/// Writes the URL to a file that appears whole or not at all.
fn tell(url: &str, file: &Path) -> anyhow::Result<()> {
    let partial = file.with_extension("partial");
    std::fs::write(&partial, url)
        .and_then(|()| std::fs::rename(&partial, file))
        .with_context(|| format!("cannot write the address file {}", file.display()))
}
