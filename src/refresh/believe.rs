//! Before a release is fetched: is it one of ours? Where the signatures come from; whether they are good is [`signature`]'s matter.

use super::{
    registry,
    release::Digest,
    signature::{self, Found, Keys, Signed},
    supervisor::{Order, Refused, Supervisor, Wanted},
};
use crate::foundation::values::time;
use anyhow::Context;

/// Whose release it is.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// The name of the key, if the release is signed by one of ours.
    pub(super) signer: Option<String>,
    /// The signatures by which it is, for a run to keep.
    pub(super) signed: Vec<Signed>,
    /// What is wrong, where that is only warned of.
    pub(super) warning: Option<String>,
}

impl Supervisor {
    /// Finds out whose release it is: by what is kept here, by the archive it is in, or by the registry. Changes nothing.
    pub(super) async fn believe(&self, order: &Order, digest: Digest) -> Result<Trust, Refused> {
        let is_required = signature::is_required(&self.stack);
        let keys = Keys::read(&self.stack.signatures.keys).map_err(anyhow::Error::from)?;
        if keys.is_empty() && !is_required {
            return Ok(Trust::default());
        }
        let mut files = None;
        let mut when = Found::At(time::now());
        let kept = signature::kept(&self.directory, digest);
        let found = match &order.wanted {
            Wanted::Archive(path) => {
                let archived = self.archived(path).await?;
                files = Some(archived.files);
                archived.signatures
            }
            _ if keys.believe(digest, &kept, Found::Before).is_ok() => {
                when = Found::Before;
                kept
            }
            _ if order.offline || keys.is_empty() => Vec::new(),
            Wanted::Channel(_) | Wanted::Digest(_) | Wanted::Previous | Wanted::Installed => {
                let (repository, auth) = (&self.stack.image.repository, self.credentials()?);
                let found = registry::signatures(repository, digest, auth.as_ref(), &self.registry);
                found.await.with_context(|| {
                    format!("cannot find out who has signed {repository}@{digest}")
                })?
            }
        };
        let believed = keys.believe(digest, &found, when).and_then(|believed| {
            files.as_ref().map_or(Ok(()), |files| believed.covers(files))?;
            Ok(believed.signer)
        });
        let why = match believed {
            Ok(signer) => {
                return Ok(Trust { signer: Some(signer), signed: found, warning: None });
            }
            Err(why) => why,
        };
        let (code, message, next) = keys.explain(&why, digest);
        if is_required {
            Err(Refused::because(code, message, next))
        } else {
            Ok(Trust { warning: Some(message), ..Trust::default() })
        }
    }
}
