//! `ladylinux worker llm|embed|rerank|extract`: joins an engine with the worker's end of the pipes. Started by the node, not by people.

use super::{
    Common,
    exit::{Exit, Outcome},
    out,
};
use crate::{
    foundation::{
        settings::{LogFormat, Telemetry},
        telemetry,
    },
    inference::{
        engines::{embed, extract, llm},
        models::{Embedding, Pooling},
        workers::{
            LoadedModel, Manuscript, Refusal, Work,
            child::{self, Flow, Handler, Product, Progress},
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
    /// Vectors by a text encoder
    Embed(Embed),
    /// How well texts answer a question, by a cross-encoder
    Rerank(Rerank),
    /// The text of one document, by a process that has locked itself up
    Extract(Extract),
}

#[derive(Debug, Args)]
struct Llm {
    #[command(flatten)]
    any: Any,
    /// The longest context, in tokens
    #[arg(long, value_name = "N")]
    context: usize,
    /// How many prompt tokens go through the graph at once
    #[arg(long, value_name = "N")]
    prefill_chunk: usize,
    /// How many bytes of computed prompts are kept for conversations that take turns
    #[arg(long, value_name = "N", default_value_t = 0)]
    prefix_cache_bytes: usize,
}

#[derive(Debug, Args)]
struct Embed {
    #[command(flatten)]
    any: Any,
    /// How many tokens go through the graph at once, padding included
    #[arg(long, value_name = "N")]
    batch_tokens: usize,
    /// How the vectors of tokens become one, where the model's files do not say: mean or cls
    #[arg(long, value_name = "WAY", default_value = "mean")]
    pooling: Pooling,
    /// How many tokens of a text are read, where the model's files do not say
    #[arg(long, value_name = "N")]
    max_tokens: Option<usize>,
    /// What is put before a text that is searched for, where the model's files do not say
    #[arg(long, value_name = "TEXT", default_value = "")]
    query_prefix: String,
    /// What is put before a text that is searched in, where the model's files do not say
    #[arg(long, value_name = "TEXT", default_value = "")]
    passage_prefix: String,
}

#[derive(Debug, Args)]
struct Rerank {
    #[command(flatten)]
    any: Any,
    /// How many tokens go through the graph at once, padding included
    #[arg(long, value_name = "N")]
    batch_tokens: usize,
}

#[derive(Debug, Args)]
struct Extract {
    /// How the document on standard input is written: html, pdf or text
    #[arg(long, value_name = "KIND", default_value = "pdf")]
    kind: Manuscript,
    /// How many pages it may have
    #[arg(long, value_name = "N", default_value_t = 5000)]
    max_pages: usize,
    /// How much memory its reading may take, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 512 << 20)]
    memory_bytes: u64,
    /// How many seconds of a processor its reading may take
    #[arg(long, value_name = "N", default_value_t = 60)]
    cpu_seconds: u64,
    /// How readily the kernel ends this process when memory runs out
    #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true)]
    oom_score_adj: i16,
    /// Read nothing: try what a hostile document might, and print what came of it
    #[arg(long)]
    try_to_escape: bool,
}

/// What every kind of worker is told.
#[derive(Debug, Args)]
struct Any {
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
            Kind::Embed(embed) => embed.run(),
            Kind::Rerank(rerank) => rerank.run(),
            Kind::Extract(extract) => extract.run(),
        }
    }
}

impl Any {
    /// Serves with what `load` makes of the number of threads.
    fn serve<H: Handler>(&self, load: impl FnOnce(usize) -> Result<H, Refusal>) -> Outcome {
        telemetry::init_logs(&Telemetry { log: self.log.clone(), log_format: LogFormat::Json });
        child::serve(self.oom_score_adj, |granted| load(granted.clamp(1, self.threads.max(1))))?;
        Ok(Exit::Done)
    }
}

impl Llm {
    fn run(&self) -> Outcome {
        self.any.serve(|threads| {
            let options = llm::Options {
                threads,
                context_tokens: self.context,
                prefill_chunk: self.prefill_chunk,
                prefix_cache_bytes: self.prefix_cache_bytes,
                graph: self.any.graph.clone(),
                onnxruntime: self.any.onnxruntime.clone(),
            };
            llm::Engine::load(&self.any.model_id, &self.any.model, &options).map(Writer)
        })
    }
}

impl Embed {
    fn run(&self) -> Outcome {
        self.any.serve(|threads| {
            let options = embed::Options {
                threads,
                batch_tokens: self.batch_tokens,
                graph: self.any.graph.clone(),
                embedding: Embedding {
                    pooling: self.pooling,
                    max_tokens: self.max_tokens,
                    query_prefix: self.query_prefix.clone(),
                    passage_prefix: self.passage_prefix.clone(),
                },
                onnxruntime: self.any.onnxruntime.clone(),
            };
            embed::Engine::load(&self.any.model_id, &self.any.model, &options).map(Encoder)
        })
    }
}

impl Rerank {
    fn run(&self) -> Outcome {
        self.any.serve(|threads| {
            let options = embed::Options {
                threads,
                batch_tokens: self.batch_tokens,
                graph: self.any.graph.clone(),
                onnxruntime: self.any.onnxruntime.clone(),
                ..embed::Options::default()
            };
            embed::Reranker::load(&self.any.model_id, &self.any.model, &options).map(Reader)
        })
    }
}

impl Extract {
    fn run(&self) -> Outcome {
        let limits =
            extract::Limits { memory_bytes: self.memory_bytes, cpu_seconds: self.cpu_seconds };
        if self.try_to_escape {
            let (walls, attempts) = extract::try_to_escape(limits).map_err(anyhow::Error::msg)?;
            out::json(&serde_json::json!({ "landlock": walls.landlock, "attempts": attempts }))?;
            let held = attempts.iter().all(|attempt| attempt.error.is_some());
            return Ok(if held { Exit::Done } else { Exit::Failed });
        }
        extract::serve(&extract::Options {
            written: self.kind,
            max_pages: self.max_pages,
            limits,
            oom_score_adj: self.oom_score_adj,
        })?;
        Ok(Exit::Done)
    }
}

/// The language-model engine, as the pipes want it.
struct Writer(llm::Engine);

/// The embedding engine, as the pipes want it.
struct Encoder(embed::Engine);

/// The cross-encoder, as the pipes want it.
struct Reader(embed::Reranker);

impl Handler for Writer {
    fn model(&self) -> LoadedModel {
        self.0.model().clone()
    }

    fn work(
        &mut self,
        work: &Work,
        step: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Product, Refusal> {
        let Work::Generate(request) = work else { return Err(child::not_my_work()) };
        let completion = self.0.generate(request, &mut |event| {
            let progress = match event {
                llm::Event::Prefill { .. } | llm::Event::Held => Progress::Working,
                llm::Event::Token { text, engine_ns } => Progress::Token { text, engine_ns },
            };
            match step(progress) {
                Flow::Continue => llm::Flow::Continue,
                Flow::Stop => llm::Flow::Stop,
            }
        });
        completion.map(Product::Text)
    }
}

impl Handler for Encoder {
    fn model(&self) -> LoadedModel {
        self.0.model().clone()
    }

    fn work(
        &mut self,
        work: &Work,
        step: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Product, Refusal> {
        let Work::Embed(request) = work else { return Err(child::not_my_work()) };
        let go_on = &mut || step(Progress::Working) == Flow::Continue;
        self.0.embed(request, go_on).map(Product::Vectors)
    }
}

impl Handler for Reader {
    fn model(&self) -> LoadedModel {
        self.0.model().clone()
    }

    fn work(
        &mut self,
        work: &Work,
        step: &mut dyn FnMut(Progress) -> Flow,
    ) -> Result<Product, Refusal> {
        let Work::Rerank(request) = work else { return Err(child::not_my_work()) };
        let go_on = &mut || step(Progress::Working) == Flow::Continue;
        self.0.rerank(request, go_on).map(Product::Ranked)
    }
}
