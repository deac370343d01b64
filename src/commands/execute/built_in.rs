//! Commands that the node carries out itself: what the composition root has registered, and nothing else.

use super::{Order, Outcome};
use std::{collections::BTreeMap, fmt, pin::Pin, sync::Arc};

type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type Run = Arc<dyn Fn(Order) -> Work + Send + Sync>;

/// What carries out commands within this node, by the commands' names.
#[derive(Clone, Default)]
pub struct BuiltIns(BTreeMap<String, Run>);

impl fmt::Debug for BuiltIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl BuiltIns {
    /// Registers what carries out a command.
    #[must_use]
    pub fn with<F>(
        mut self,
        command: &str,
        run: impl Fn(Order) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let run: Run = Arc::new(move |order| Box::pin(run(order)));
        self.0.insert(command.to_owned(), run);
        self
    }

    pub(super) fn has(&self, command: &str) -> bool {
        self.0.contains_key(command)
    }

    pub(super) async fn carry_out(&self, order: Order) -> Outcome {
        let Some(run) = self.0.get(&order.action().command().name) else {
            return Outcome::Failed("not_in_this_release");
        };
        // On a task of its own: what panics half-way has failed, and takes nobody with it.
        let mut running = Abort(tokio::spawn(run(order)));
        (&mut running.0).await.unwrap_or(Outcome::Failed("broke_down"))
    }
}

/// Ends a task that nobody waits for any more.
struct Abort(tokio::task::JoinHandle<Outcome>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}
