//! `ladylinux worker llm`: joins the engine with the worker's end of the pipes. Started by `serve`, not by people.

use super::{Common, exit::Exit, exit::Outcome};
use crate::{
    foundation::{
        settings::{LogFormat, Telemetry},
        telemetry,
    },
    inference::{
        engines::llm::{self, Engine},
        workers::{
            Completion, Generate, LoadedModel, Refusal,
            child::{self, Flow, Handler, Progress},
        },
    },
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Serve one model to a node over standard input and output; `serve` starts these
#[derive(Debug, Args)]
pub(super) struct Worker {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Text by a causal language model
    Llm(Llm),
}

#[derive(Debug, Args)]
struct Llm {
    /// What the model is called in answers
    #[arg(long, value_name = "ID")]
    model_id: String,
    /// The folder that holds the graph, its tokenizer and its configuration
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The graph, where the folder has several
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,
    /// The most threads to compute with; the node may grant fewer
    #[arg(long, value_name = "N")]
    threads: usize,
    /// The longest context, in tokens
    #[arg(long, value_name = "N")]
    context: usize,
    /// How many prompt tokens go through the graph at once
    #[arg(long, value_name = "N")]
    prefill_chunk: usize,
    /// The ONNX Runtime library
    #[arg(long, value_name = "FILE")]
    onnxruntime: Option<PathBuf>,
    /// How readily the kernel ends this process when memory runs out
    #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true)]
    oom_score_adj: i16,
    /// Which log lines to write to standard error, as JSON
    #[arg(long, value_name = "DIRECTIVES", default_value = "info")]
    log: String,
}

impl Worker {
    /// Serves until standard input closes.
    pub(super) fn run(&self, _: &Common) -> Outcome {
        match &self.kind {
            Kind::Llm(llm) => llm.run(),
        }
    }
}

impl Llm {
    fn run(&self) -> Outcome {
        telemetry::init_logs(&Telemetry { log: self.log.clone(), log_format: LogFormat::Json });
        child::serve(self.oom_score_adj, |granted| {
            let options = llm::Options {
                threads: granted.clamp(1, self.threads.max(1)),
                context_tokens: self.context,
                prefill_chunk: self.prefill_chunk,
                graph: self.graph.clone(),
                onnxruntime: self.onnxruntime.clone(),
            };
            Engine::load(&self.model_id, &self.model, &options).map(Served)
        })?;
        Ok(Exit::Done)
    }
}

/// The engine, as the pipes want it.
struct Served(Engine);

impl Handler for Served {
    fn model(&self) -> LoadedModel {
        self.0.model().clone()
    }

    fn generate(
        &mut self,
        request: &Generate,
        step: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Completion, Refusal> {
        self.0.generate(request, &mut |event| {
            let progress = match event {
                llm::Event::Prefill { .. } | llm::Event::Held => Progress::Working,
                llm::Event::Token { text, engine_ns } => Progress::Token { text, engine_ns },
            };
            match step(progress) {
                Flow::Continue => llm::Flow::Continue,
                Flow::Stop => llm::Flow::Stop,
            }
        })
    }
}
