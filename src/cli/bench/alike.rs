//! `bench alike`: how alike two graphs of one model answer; `models optimize` asks it in a process of its own.

use super::engine::load;
use crate::{
    cli::{
        Common,
        exit::{Exit, Outcome},
        out,
    },
    inference::engines::llm::{Alike, Spoken},
};
use anyhow::anyhow;
use clap::Args;
use std::path::{Path, PathBuf};

/// Of four kinds: prose, another language, code, and a question as a user puts it.
const TEXTS: [&str; 4] = [
    "The library in the old town opens at nine. On the first floor there are maps of the river and of all its mills, and",
    "Der Rechner steht im Keller und läuft seit drei Jahren. Wenn die Platte voll ist, dann",
    "fn main() {\n    let numbers = [3, 1, 2];\n    for number in numbers {\n        println!(",
    "User: How do I find out how much disk space is free on Linux?\nAssistant: To see how much space is free,",
];

/// Compare what two graphs of one model would say, token by token
#[derive(Debug, Args)]
pub(super) struct AlikeRun {
    /// The directory of the model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The graph that counts as right
    #[arg(long, value_name = "FILE")]
    graph: PathBuf,
    /// The graph that is compared with it
    #[arg(long, value_name = "FILE")]
    other: PathBuf,
    /// Tokens to compare after each of four texts
    #[arg(long, value_name = "N", default_value_t = 24)]
    tokens: usize,
    /// Threads of the engine
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
}

impl AlikeRun {
    /// Loads one graph after the other, never both, and prints JSON.
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let load =
            |graph: &Path| load(&self.model, Some(graph.to_owned()), self.threads, &settings);
        let mut engine = load(&self.graph)?;
        let spoken = TEXTS.iter().map(|text| engine.speak(text, self.tokens));
        let spoken: Vec<Spoken> =
            spoken.collect::<Result<_, _>>().map_err(|refusal| anyhow!("{refusal}"))?;
        drop(engine);
        let mut engine = load(&self.other)?;
        let mut alike = Alike::default();
        for spoken in &spoken {
            engine.follow(spoken, &mut alike).map_err(|refusal| anyhow!("{refusal}"))?;
        }
        out::json(&alike.answers())?;
        Ok(Exit::Done)
    }
}
