//! Everything a request may need, in one value.

use super::{models::Listings, rate::Rate};
use crate::conversation::Conversations;
use crate::foundation::{settings::Settings, store::Store, telemetry::metrics::MetricsHandle};
#[cfg(test)]
use crate::inference::workers::Post;
use crate::inference::workers::Workers;
use crate::knowledge::Searcher;
use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

#[cfg(test)]
use crate::{commands::BuiltIns, conversation::Household};

#[cfg(test)]
use crate::foundation::{
    settings::Http,
    store, telemetry,
    values::{ReadinessIssue, Severity},
};

/// What the API serves: the rooms behind it, as the composition root built them.
#[derive(Clone, Debug)]
pub struct Node {
    /// Everything the node was told.
    pub settings: Settings,
    /// The open database.
    pub store: Store,
    /// The worker processes.
    pub workers: Workers,
    /// What finds passages.
    pub searcher: Searcher,
    /// The conversations in memory.
    pub conversations: Conversations,
    /// The metrics of this process.
    pub metrics: MetricsHandle,
}

/// Everything a request may need; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct App(Arc<Parts>);

/// What [`App`] points to.
#[derive(Debug)]
pub(super) struct Parts {
    /// The rooms behind the API.
    pub node: Node,
    /// What each client may still start.
    pub rate: Mutex<Rate>,
    /// The lists of models, read again now and then.
    pub listings: Listings,
    /// `/openapi.json`, written when it is first asked for.
    pub document: OnceLock<axum::body::Bytes>,
    draining: AtomicBool,
}

impl App {
    pub(super) fn new(node: Node) -> Self {
        let rate = Mutex::new(Rate::new(node.settings.http.requests_per_minute));
        Self(Arc::new(Parts {
            listings: Listings::new(node.settings.paths.clone(), node.workers.clone()),
            node,
            rate,
            document: OnceLock::new(),
            draining: AtomicBool::new(false),
        }))
    }

    /// Says that the node is about to stop; it is not ready from now on.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Returns whether the node is about to stop.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

#[cfg(test)]
impl App {
    /// Makes the app of a node below `root` that has no model and is told `http`.
    pub(super) fn for_tests(root: &std::path::Path, http: impl FnOnce(&mut Http)) -> Self {
        Self::told(root, |settings| http(&mut settings.http))
    }

    /// The same, of a node that is told anything.
    pub(super) fn told(root: &std::path::Path, more: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::for_tests(root);
        more(&mut settings);
        let database = root.join("ladylinux.db");
        store::migrate(&database).unwrap();
        let store = Store::open(&database).unwrap();
        let absent = ReadinessIssue {
            severity: Severity::Warning,
            code: "model_missing".to_owned(),
            message: "there is no model".to_owned(),
            path: None,
            mend: "put one there".to_owned(),
        };
        let workers = {
            let vacant = || Post::vacant(absent.clone());
            Workers::with(&settings, vacant(), vacant(), vacant())
        };
        let searcher = Searcher::new(store.clone(), None);
        let household = Household::open(store.clone(), &settings, BuiltIns::default()).unwrap();
        let conversations =
            Conversations::new(searcher.clone(), workers.llm.clone(), household, &settings);
        let metrics = telemetry::install();
        Self::new(Node { settings, store, workers, searcher, conversations, metrics })
    }
}
