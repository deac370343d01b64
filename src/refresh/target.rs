//! Which release is meant: a channel, a digest, an archive or one that this node had, as a digest and an image.

use super::{
    archive::Archived,
    engine::ImageFacts,
    machine::Node,
    plan::Target,
    registry,
    release::{Digest, Release},
    supervisor::{Order, Refused, Supervisor, Wanted, digest_of, not_installed, target},
};
use anyhow::Context;

impl Supervisor {
    /// Finds the digest that is wanted, and the image if it is on this machine.
    pub(super) async fn target(
        &self,
        order: &Order,
        node: &Node,
    ) -> Result<(Target, Option<ImageFacts>), Refused> {
        let repository = &self.stack.image.repository;
        match &order.wanted {
            Wanted::Archive(path) => {
                let found = self.archived(path).await?;
                let here = self.image(&found.image_id).await?;
                let size = if here.is_some() { 0 } else { found.size };
                let reference = found.reference.clone().unwrap_or_else(|| "an archive".to_owned());
                let told = here.clone().unwrap_or_else(|| self.as_image(&found));
                Ok((target(found.digest, reference, size, Some(&told)), here))
            }
            Wanted::Digest(digest) => self.by_digest(order, *digest, &digest.to_string()).await,
            Wanted::Previous => {
                let back = node.rollback_target().ok_or_else(|| {
                    Refused::because(
                        "no_previous_release",
                        "there is no release to go back to on this node",
                        "run `ladylinux-supervisor refresh` towards a good one",
                    )
                })?;
                self.known(order, &back.release).await
            }
            Wanted::Installed => {
                let current = node.current().ok_or_else(not_installed)?;
                self.known(order, &current.release).await
            }
            Wanted::Channel(channel) if order.offline => {
                let reference = format!("{repository}:{channel}");
                let image = self.image(&reference).await?.ok_or_else(|| {
                    Refused::because(
                        "not_here",
                        format!("{reference} is not on this machine, and no registry is asked"),
                        "load it with --from-archive, or run without --offline",
                    )
                })?;
                let digest = digest_of(&image)?;
                Ok((target(digest, reference, 0, Some(&image)), Some(image)))
            }
            Wanted::Channel(channel) => {
                let found = self.resolve(channel).await?;
                self.resolved(found, format!("{repository}:{channel}")).await
            }
        }
    }

    /// Finds a release that this node had, or has.
    async fn known(
        &self,
        order: &Order,
        release: &Release,
    ) -> Result<(Target, Option<ImageFacts>), Refused> {
        if let Some(image) = self.image(&release.image_id).await? {
            let target = target(release.digest, release.reference.clone(), 0, Some(&image));
            return Ok((target, Some(image)));
        }
        self.by_digest(order, release.digest, &release.reference).await
    }

    async fn by_digest(
        &self,
        order: &Order,
        digest: Digest,
        reference: &str,
    ) -> Result<(Target, Option<ImageFacts>), Refused> {
        let name = format!("{}@{digest}", self.stack.image.repository);
        if let Some(image) = self.image(&name).await? {
            return Ok((target(digest, reference.to_owned(), 0, Some(&image)), Some(image)));
        }
        if order.offline {
            return Err(Refused::because(
                "not_here",
                format!("{name} is not on this machine, and no registry is asked"),
                "load it with --from-archive, or run without --offline",
            ));
        }
        let found = self.resolve(&digest.to_string()).await?;
        self.resolved(found, reference.to_owned()).await
    }

    async fn resolved(
        &self,
        found: registry::Resolved,
        reference: String,
    ) -> Result<(Target, Option<ImageFacts>), Refused> {
        let name = format!("{}@{}", self.stack.image.repository, found.digest);
        let here = self.image(&name).await?;
        let size = if here.is_some() { 0 } else { found.size_bytes };
        Ok((target(found.digest, reference, size, here.as_ref()), here))
    }

    async fn resolve(&self, tag_or_digest: &str) -> Result<registry::Resolved, Refused> {
        let repository = &self.stack.image.repository;
        let about = self.engine.about();
        let auth = self.credentials()?;
        let found = registry::resolve(
            repository,
            tag_or_digest,
            &about.architecture,
            auth.as_ref(),
            &self.registry,
        );
        found
            .await
            .with_context(|| format!("cannot find out what {repository}:{tag_or_digest} is"))
            .map_err(Refused::Other)
    }

    pub(super) fn credentials(&self) -> anyhow::Result<Option<registry::Credentials>> {
        let Some(file) = &self.auth_file else { return Ok(None) };
        Ok(registry::credentials(file, &self.stack.image.repository)?)
    }

    pub(super) async fn image(&self, reference: &str) -> anyhow::Result<Option<ImageFacts>> {
        Ok(self.engine.image(reference).await?)
    }

    /// Describes what an archive holds as the engine will once it is loaded.
    fn as_image(&self, archived: &Archived) -> ImageFacts {
        ImageFacts {
            id: archived.image_id.clone(),
            labels: archived.labels.clone(),
            architecture: self.engine.about().architecture.clone(),
            ..ImageFacts::default()
        }
    }
}
