//! Before a release is fetched: is it one of ours? Where the signatures come from; whether they are good is [`signature`]'s matter.

use super::{
    registry,
    release::Digest,
    signature::{self, Keys},
    supervisor::{Order, Refused, Supervisor, Wanted},
};
use anyhow::Context;

impl Supervisor {
    /// Finds out whose release it is: by what is kept here, by the archive it is in, or by the registry. Returns the name of
    /// the key, and a warning where an unsigned release is only warned of.
    pub(super) async fn believe(
        &self,
        order: &Order,
        digest: Digest,
    ) -> Result<(Option<String>, Option<String>), Refused> {
        let is_required = signature::is_required(&self.stack);
        let keys = Keys::read(&self.stack.signatures.keys).map_err(anyhow::Error::from)?;
        if keys.is_empty() && !is_required {
            return Ok((None, None));
        }
        let mut files = None;
        let kept = signature::kept(&self.directory, digest);
        let found = match &order.wanted {
            Wanted::Archive(path) => {
                let archived = self.archived(path).await?;
                files = Some(archived.files);
                archived.signatures
            }
            _ if keys.believe(digest, &kept).is_ok() => kept,
            _ if order.offline || keys.is_empty() => Vec::new(),
            Wanted::Channel(_) | Wanted::Digest(_) | Wanted::Previous => {
                let (repository, auth) = (&self.stack.image.repository, self.credentials()?);
                let found = registry::signatures(repository, digest, auth.as_ref(), &self.registry);
                found.await.with_context(|| {
                    format!("cannot find out who has signed {repository}@{digest}")
                })?
            }
        };
        let believed = keys.believe(digest, &found).and_then(|believed| {
            files.as_ref().map_or(Ok(()), |files| believed.covers(files))?;
            Ok(believed.signer)
        });
        let why = match believed {
            Ok(signer) => {
                signature::keep(&self.directory, digest, &found)
                    .context("cannot keep the release's signature")?;
                return Ok((Some(signer), None));
            }
            Err(why) => why,
        };
        let (code, message, next) = keys.explain(&why, digest);
        if is_required {
            Err(Refused::because(code, message, next))
        } else {
            Ok((None, Some(message)))
        }
    }
}
