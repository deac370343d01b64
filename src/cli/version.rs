//! `ladylinux version`: what this binary is, for people, bug reports and `refresh`.

use super::{exit::Exit, exit::Outcome, out};
use crate::foundation::{store, values::Release};
use clap::Args;
use serde_json::json;

/// The arguments of `version`.
#[derive(Debug, Args)]
pub(super) struct Version {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Version {
    pub(super) fn run(&self) -> Outcome {
        let release = Release::this();
        if self.json {
            let schemas = store::schemas();
            out::json(&json!({
                "version": release.version,
                "commit": release.commit,
                "runtime": release.runtime,
                // The build labels the image with these; the supervisor reads the labels.
                "schema": { "from": schemas.start(), "to": schemas.end() },
            }))?;
        } else {
            out::line(format!("ladylinux {}", release.version));
            out::line(format!("commit   {}", release.commit.unwrap_or("unknown")));
            out::line(format!("runtime  {}", release.runtime));
        }
        Ok(Exit::Done)
    }
}
