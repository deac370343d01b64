//! `ladylinux models ps`: what the workers of the running node have loaded.

use crate::cli::{
    Common, block_on,
    exit::{Exit, Outcome},
    node_client::Target,
    out,
    telling::printable,
};
use clap::Args;
use serde_json::Value;

/// The arguments of `models ps`.
#[derive(Debug, Args)]
pub(super) struct Ps {
    #[command(flatten)]
    target: Target,
}

impl Ps {
    pub(super) fn run(&self, common: &Common, json: bool) -> Outcome {
        let client = self.target.client(common)?;
        let told = block_on(async { client.workers().await })?;
        if json {
            out::json(&told)?;
            return Ok(Exit::Done);
        }
        for worker in told["workers"].as_array().into_iter().flatten() {
            let word = |key: &str| printable(worker[key].as_str().unwrap_or("?"));
            out::line(format!("{:6}  {:10}  {}", word("kind"), word("state"), about(worker)));
        }
        Ok(Exit::Done)
    }
}

/// What a worker has loaded, or what it lacks.
fn about(worker: &Value) -> String {
    let model = &worker["model"];
    let Some(id) = model["id"].as_str() else {
        return printable(worker["issue"]["message"].as_str().unwrap_or("nothing"));
    };
    let digest = model["digest"].as_str().unwrap_or_default();
    let memory = worker["resident_bytes"]
        .as_u64()
        .map_or_else(String::new, |bytes| format!(", {} in memory", indicatif::HumanBytes(bytes)));
    printable(&format!(
        "{id} ({}, context of {} tokens, sha256 {}{memory})",
        model["architecture"].as_str().unwrap_or("?"),
        model["context_tokens"],
        digest.get(..12).unwrap_or(digest),
    ))
}
