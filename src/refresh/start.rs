//! Starting what is installed: at boot, by hand, and after a death. Never what is held.

use super::{
    engine::State, hold, journal::Journal, record::Record, release::Release, supervisor::Supervisor,
};
use anyhow::{Context, bail};

impl Supervisor {
    /// Starts the installed release and waits until it is ready; what already runs is left alone.
    pub(super) async fn start(&self, journal: &mut Journal, actor: &str) -> anyhow::Result<()> {
        if let Some(hold) = hold::read(&self.directory).context("cannot read the hold")? {
            bail!("the node is held: {}; {}", hold.reason, hold.next);
        }
        if journal.node().stopped {
            journal.append(Record::Started { actor: actor.to_owned() })?;
        }
        self.start_containers(journal).await
    }

    /// Starts the installed release's containers in their order; one that is gone is created from what is declared.
    pub(super) async fn start_containers(&self, journal: &mut Journal) -> anyhow::Result<()> {
        let Some(current) = journal.node().current() else {
            bail!("no release was ever installed: run `ladylinux-supervisor refresh`");
        };
        let release = current.release.clone();
        let mut containers = Vec::new();
        for service in self.start_order() {
            if journal.node().resting.contains(&service) {
                self.let_rest(&service).await?;
                continue;
            }
            let id = self.start_one(&service, &release).await?;
            containers.push((service, id));
        }
        self.until_ready(&release, &containers).await.map(drop)
    }

    /// Stops a container that is to rest, and that somebody else has started, such as systemd at boot.
    async fn let_rest(&self, service: &str) -> anyhow::Result<()> {
        let found = self.engine.find(&self.container_name(service)).await?;
        let ours = found.filter(|one| self.foreign_owner(one).is_none());
        self.stop_these(ours.as_slice()).await.map(drop)
    }

    /// Starts one of the release's containers, unless it runs, and returns its id.
    pub(super) async fn start_one(
        &self,
        service: &str,
        release: &Release,
    ) -> anyhow::Result<String> {
        let found = self.engine.find(&self.container_name(service)).await?;
        let usable = found.as_ref().is_some_and(|one| {
            // Who owns what already runs is changed by a refresh.
            one.image_id == release.image_id
                && one.service.as_deref() == Some(service)
                && (one.state.runs() || self.is_made_as_declared(one))
        });
        match found {
            Some(one) if usable => {
                match one.state {
                    State::Running => {}
                    State::Paused => self.engine.unpause(&one.id).await?,
                    State::Created | State::Exited(_) => {
                        self.start_made(service, &one.id, release).await?;
                    }
                }
                Ok(one.id)
            }
            found => {
                if let Some(other) = found {
                    if let Some(owner) = self.foreign_owner(&other) {
                        bail!(
                            "the container {} belongs to {owner}: let its owner remove it first",
                            other.name
                        );
                    }
                    self.stop_these(std::slice::from_ref(&other)).await?;
                    self.engine.remove(&other.id).await?;
                }
                self.engine.ensure_network(&self.stack.network).await?;
                self.image_store().await?;
                let id = self.make(service, release).await?;
                self.start_made(service, &id, release).await?;
                Ok(id)
            }
        }
    }
}
