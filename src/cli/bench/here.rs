//! `ladylinux bench` without a part: what this machine does with what it has, in words, and what would help.
//!
//! Each model is measured by a process of its own, as a worker would run it, for a few seconds.

use super::{
    Common,
    embedding::Read,
    engine,
    machine::Machine,
    process::{answer, command},
    say,
};
use crate::{
    cli::{
        block_on, doctor,
        exit::{self, Exit, Outcome},
        open_store, out, signals,
    },
    foundation::{settings::Settings, values::time},
    inference::{
        models::{self, State, Task},
        workers::permits::Permits,
    },
    knowledge::{self, Halves, Reader, Searcher},
};
use clap::Args;
use serde::Serialize;

/// How long the prompts are whose first token is waited for.
const PROMPTS: [usize; 2] = [100, 1000];
/// How many tokens are written to know how fast that goes.
const WRITTEN: usize = 24;
/// How often documents are searched.
const SEARCHES: usize = 20;

/// The arguments of `bench` without a part.
#[derive(Debug, Args)]
pub(super) struct Here {
    /// Measure only these models: manifest ids, or folders below the models directory
    #[arg(long, value_name = "ID")]
    model: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Everything that was found out.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    /// Threads of a worker that runs alone.
    pub(super) threads: usize,
    /// Whether a node answers on this machine, and shares the CPUs with what was measured.
    pub(super) node_serves: bool,
    pub(super) language: Vec<Language>,
    pub(super) embedding: Vec<Embedding>,
    pub(super) search: Option<Search>,
    /// What that means, a sentence each.
    pub(super) means: Vec<String>,
    /// What would help, a sentence each.
    pub(super) helps: Vec<String>,
}

/// One language model.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Language {
    pub(super) id: String,
    /// Whether it is the one that a node with these settings would load.
    pub(super) used: bool,
    /// Whether `ladylinux models optimize` made it faster.
    pub(super) optimized: bool,
    /// Whether that could be tried.
    pub(super) can_be_optimized: bool,
    pub(super) load_seconds: f64,
    pub(super) reads_tokens_per_second: f64,
    pub(super) writes_tokens_per_second: f64,
    pub(super) first_token: Vec<FirstToken>,
    pub(super) resident_bytes: Option<u64>,
    /// Why it could not be measured.
    pub(super) problem: Option<String>,
}

/// How long a prompt is read before the first token comes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct FirstToken {
    pub(super) prompt_tokens: usize,
    pub(super) seconds: f64,
}

/// One embedding model.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Embedding {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) read: Option<Read>,
    /// Why it could not be measured.
    pub(super) problem: Option<String>,
}

/// The documents, and how long a search for words takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Search {
    pub(super) documents: usize,
    pub(super) passages: u64,
    pub(super) median_ms: f64,
    pub(super) longest_ms: f64,
}

impl Here {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let measured = block_on(async {
            let mut stopped = std::pin::pin!(signals::stopped()?);
            tokio::select! {
                report = self.measure(common, &settings) => report.map(Some),
                () = &mut stopped => Ok(None),
            }
        })?;
        let Some(report) = measured else { return Ok(Exit::Interrupted) };
        if self.json {
            out::json(&report)?;
        } else {
            say::tell(&report);
        }
        let language = report.language.iter().any(|model| model.problem.is_some());
        let embedding = report.embedding.iter().any(|model| model.problem.is_some());
        Ok(if language || embedding { Exit::Failed } else { Exit::Done })
    }

    async fn measure(&self, common: &Common, settings: &Settings) -> anyhow::Result<Report> {
        let address = settings.http.address;
        let node_serves =
            tokio::task::spawn_blocking(move || doctor::node_answers(address)).await?;
        if node_serves {
            out::note(
                "A node serves on this machine: what it does meanwhile makes these figures smaller.",
            );
        }
        let mut report = Report {
            machine: Machine::look(),
            threads: Permits::new(settings).all(),
            node_serves,
            language: Vec::new(),
            embedding: Vec::new(),
            search: None,
            means: Vec::new(),
            helps: Vec::new(),
        };
        let listed = models::list(&settings.paths)?;
        for id in &self.model {
            if !listed.iter().any(|model| &model.id == id && model.state == State::Present) {
                return Err(exit::refused(format!(
                    "{id} is not installed: `ladylinux models list` shows what is"
                )));
            }
        }
        let wanted = |model: &&models::Listed| {
            model.state == State::Present
                && (self.model.is_empty() || self.model.contains(&model.id))
        };
        for model in listed.iter().filter(wanted) {
            match model.task {
                Task::Llm => {
                    out::note(format!(
                        "{}: reading {} tokens, and writing …",
                        model.id, PROMPTS[0]
                    ));
                    report.language.push(language(common, settings, &model.id).await);
                }
                Task::Embed => {
                    out::note(format!("{}: reading questions and passages …", model.id));
                    report.embedding.push(embedding(common, &model.id).await);
                }
                Task::Rerank | Task::Stt | Task::Tts | Task::Vad | Task::Speaker => {}
            }
        }
        if self.model.is_empty() && settings.paths.database().exists() {
            report.search = search(settings).await;
        }
        say::conclude(&mut report, settings, self.model.is_empty());
        Ok(report)
    }
}

async fn language(common: &Common, settings: &Settings, id: &str) -> Language {
    let mut found = Language { id: id.to_owned(), ..Language::default() };
    if let Err(error) = measure_language(common, settings, &mut found).await {
        found.problem = Some(format!("{error:#}"));
    }
    found
}

async fn measure_language(
    common: &Common,
    settings: &Settings,
    found: &mut Language,
) -> anyhow::Result<()> {
    let resolve = |wanted| models::resolve(&settings.paths, Task::Llm, wanted);
    let model = resolve(Some(&found.id)).map_err(|issue| anyhow::anyhow!(issue.message))?;
    let used = resolve(settings.llm.model.as_deref()).ok();
    found.used = used.is_some_and(|used| used.id == model.id);
    found.optimized = models::optimize::is_optimized(&model.graph);
    // Eight bits in blocks of 64 is what `models optimize` does unless told otherwise.
    let form = models::optimize::HeadForm { bits: 8, block: 64 };
    found.can_be_optimized = !found.optimized
        && models::optimize::Plan::of(&model.graph, Some(form)).is_ok_and(|plan| !plan.is_empty());
    let threads = Permits::new(settings).all().to_string();
    let run = |prompt: usize, written: usize| {
        let mut command = command(common, "engine");
        command.arg("--model").arg(&model.directory).arg("--graph").arg(&model.graph);
        command.args(["--threads", &threads, "--prompt-tokens", &prompt.to_string()]);
        command.args(["--generate-tokens", &written.to_string(), "--json"]);
        command
    };
    let short: engine::Report = answer(&mut run(PROMPTS[0], WRITTEN)).await?;
    let Some(first) = short.repetitions.first() else { return Ok(()) };
    found.load_seconds = short.load_seconds;
    found.writes_tokens_per_second = first.decode_tokens_per_second.unwrap_or_default();
    found.reads_tokens_per_second = first.prefill_tokens_per_second.unwrap_or_default();
    found
        .first_token
        .push(FirstToken { prompt_tokens: PROMPTS[0], seconds: first.prefill_seconds });
    found.resident_bytes = short.resident_bytes;
    let longest = PROMPTS[1].min(short.context_tokens.saturating_sub(1));
    if longest <= PROMPTS[0] {
        return Ok(());
    }
    out::note(format!("{}: reading {longest} tokens …", found.id));
    let long: engine::Report = answer(run(longest, 0).arg("--no-warm-up")).await?;
    let Some(first) = long.repetitions.first() else { return Ok(()) };
    found.first_token.push(FirstToken { prompt_tokens: longest, seconds: first.prefill_seconds });
    found.reads_tokens_per_second = first.prefill_tokens_per_second.unwrap_or_default();
    found.resident_bytes = found.resident_bytes.max(long.resident_bytes);
    Ok(())
}

async fn embedding(common: &Common, id: &str) -> Embedding {
    let read = answer(command(common, "embedding").args(["--model", id])).await;
    let problem = read.as_ref().err().map(|error: &anyhow::Error| format!("{error:#}"));
    Embedding { id: id.to_owned(), read: read.ok(), problem }
}

/// Searches the node's documents for the words of their own titles; none if there are none, or the database is of another release.
async fn search(settings: &Settings) -> Option<Search> {
    let store = match open_store(&settings.paths) {
        Ok(store) => store,
        Err(error) => {
            out::note(format!("documents were not searched: {error:#}"));
            return None;
        }
    };
    let documents = knowledge::documents(&store).await.ok()?;
    if documents.is_empty() {
        return None;
    }
    out::note("searching the documents …");
    let searcher = Searcher::new(store, None).by(Halves::Words);
    let mut times = Vec::new();
    for document in documents.iter().cycle().take(SEARCHES) {
        let started = time::instant();
        let reader = Reader::from(document.readers.as_str());
        searcher.search(&document.title, &reader, settings.knowledge.results).await.ok()?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Some(Search {
        documents: documents.len(),
        passages: documents.iter().map(|document| document.passages).sum(),
        median_ms: times[times.len() / 2],
        longest_ms: times[times.len() - 1],
    })
}
