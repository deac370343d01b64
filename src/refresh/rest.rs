//! One container at rest: stopped by itself, until somebody starts it again.
//!
//! It stays so through refreshes, rollbacks and boots. The one that answers never rests: `stop` stops the node.

use super::{journal::Journal, machine::Node, record::Record, supervisor::Supervisor};
use anyhow::{Context, bail};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The container is stopped.
    Begins,
    /// It is started again.
    Ends,
}

impl Rest {
    /// Returns the verb of the command line that does it.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Begins => "stop",
            Self::Ends => "start",
        }
    }
}

/// Why something is not done after all, before anything was touched.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unfit(pub(super) String);

impl Supervisor {
    /// Stops or starts one container; [`Unfit`], if the others do not allow it.
    pub(super) async fn rest_or_not(
        &self,
        journal: &mut Journal,
        service: &str,
        rest: Rest,
        actor: &str,
    ) -> anyhow::Result<()> {
        let unfit = match rest {
            Rest::Begins => self.needed_by(journal.node(), service),
            Rest::Ends => self.lacks(journal.node(), service),
        };
        if let Some(why) = unfit {
            return Err(Unfit(why).into());
        }
        match rest {
            Rest::Begins => self.stop_container(journal, service, actor).await,
            Rest::Ends => self.start_container(journal, service, actor).await,
        }
    }

    fn needed_by(&self, node: &Node, service: &str) -> Option<String> {
        let needs = self.stack.containers.iter().find(|(name, container)| {
            !node.resting.contains(*name) && container.after.iter().any(|one| one == service)
        });
        needs.map(|(name, _)| format!("{name} runs after {service}, and needs it"))
    }

    fn lacks(&self, node: &Node, service: &str) -> Option<String> {
        if node.current().is_none() {
            return Some(
                "no release was ever installed: run `ladylinux-supervisor refresh`".into(),
            );
        }
        if node.stopped {
            return Some("the node is stopped: run `ladylinux-supervisor start`".into());
        }
        let after = self.stack.containers.get(service).map_or(&[][..], |one| &one.after);
        let lacking = after.iter().find(|one| node.resting.contains(*one));
        lacking.map(|one| format!("{service} runs after {one}, which is stopped: start that first"))
    }

    async fn stop_container(
        &self,
        journal: &mut Journal,
        service: &str,
        actor: &str,
    ) -> anyhow::Result<()> {
        let found = self.engine.find(&self.container_name(service)).await?;
        if let Some(owner) = found.as_ref().and_then(|one| self.foreign_owner(one)) {
            bail!("the container of {service} belongs to {owner}: let its owner stop it");
        }
        let service = service.to_owned();
        // Before it ends: whoever looks in between must not take it for dead.
        journal
            .append(Record::ContainerStopped { service: service.clone(), actor: actor.into() })?;
        if let Err(error) = self.stop_these(found.as_slice()).await {
            let actor = "the supervisor, because it could not be stopped".to_owned();
            journal.append(Record::ContainerStarted { service, actor })?;
            return Err(error);
        }
        Ok(())
    }

    async fn start_container(
        &self,
        journal: &mut Journal,
        service: &str,
        actor: &str,
    ) -> anyhow::Result<()> {
        let current = journal.node().current().context("no release was ever installed")?;
        let release = current.release.clone();
        let id = self.start_one(service, &release).await?;
        self.all_run(&[(service.to_owned(), id)]).await?;
        let (service, actor) = (service.to_owned(), actor.to_owned());
        let started = Record::ContainerStarted { service, actor };
        journal.append(started).context("it runs, and there is no receipt of it")?;
        Ok(())
    }
}
