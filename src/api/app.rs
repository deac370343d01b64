//! Everything a request may need, in one value.

use super::{models::Listings, rate::Rate};
use crate::conversation::Conversations;
use crate::foundation::{settings::Settings, store::Store, telemetry::metrics::MetricsHandle};
use crate::inference::workers::Workers;
use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
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
            listings: Listings::new(node.settings.paths.clone()),
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
