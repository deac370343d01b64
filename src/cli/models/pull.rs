//! `ladylinux models pull`: fetches models, and shows how it goes.

use crate::cli::{
    block_on,
    exit::{self, Exit, Outcome},
    out, signals,
};
use crate::foundation::settings::{Paths, Settings};
use crate::inference::models::{
    Format, Manifest, Model, Task,
    pull::{self, Missing, Options, Progress, Pulled, Voucher},
};
use anyhow::Context;
use clap::Args;
use indicatif::{HumanBytes, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    collections::HashMap,
    io::{IsTerminal, stderr},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The arguments of `models pull`.
#[derive(Debug, Args)]
pub(super) struct Pull {
    /// Manifest ids; what the settings name and the manifest requires if none is given, or else the first language model
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// How many files are fetched at once
    #[arg(long, value_name = "N", default_value_t = Options::default().at_once, value_parser = at_once)]
    jobs: usize,
    /// Only say what would be fetched
    #[arg(long)]
    dry_run: bool,
}

fn at_once(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=16) => Ok(number),
        _ => Err("write a number from 1 to 16".to_owned()),
    }
}

/// What `--dry-run` tells of a model.
#[derive(Debug, Serialize)]
struct Planned<'a> {
    id: &'a str,
    directory: PathBuf,
    missing: Vec<Missing>,
}

impl Pull {
    pub(super) fn run(&self, settings: &Settings, json: bool) -> Outcome {
        let manifest = Manifest::load(&settings.paths)?;
        let chosen = self.chosen(settings, &manifest)?;
        if self.dry_run {
            return plan(&settings.paths, &chosen, json);
        }
        let options = Options { at_once: self.jobs, ..Options::default() };
        let shown = Shown::new(json);
        let pulled = block_on(async {
            let mut stopped = std::pin::pin!(signals::stopped()?);
            let mut pulled = Vec::new();
            for model in &chosen {
                shown.model(model);
                let seen = |progress| shown.progress(progress);
                tokio::select! {
                    () = &mut stopped => return Ok(None),
                    result = pull::pull(&settings.paths, model, &options, &seen) => pulled.push(result?),
                }
            }
            Ok(Some(pulled))
        });
        shown.end();
        let Some(pulled) = pulled? else {
            out::note("Stopped. What came is kept: run the same again to go on from there.");
            return Ok(Exit::Interrupted);
        };
        if json {
            out::json(&pulled)?;
        } else {
            pulled.iter().for_each(tell);
            if pulled.iter().any(|model| !model.files.is_empty()) {
                out::note("A running node loads it when it is started again.");
            }
        }
        Ok(Exit::Done)
    }

    /// Returns what is to be fetched, each model once.
    fn chosen<'a>(
        &self,
        settings: &Settings,
        manifest: &'a Manifest,
    ) -> anyhow::Result<Vec<&'a Model>> {
        let mut chosen: Vec<&Model> = Vec::new();
        for id in &self.ids {
            let model = manifest.get(id).ok_or_else(|| {
                exit::refused(format!(
                    "the manifest has no model {id}: `ladylinux models list` shows them"
                ))
            })?;
            if !chosen.iter().any(|other| other.id == model.id) {
                chosen.push(model);
            }
        }
        if chosen.is_empty() {
            let named = |model: &&Model| {
                model.required || settings.llm.model.as_deref() == Some(model.id.as_str())
            };
            chosen = manifest.models().iter().filter(named).collect();
        }
        if chosen.is_empty() {
            // The one that a node would use if all were there.
            let first = manifest
                .models()
                .iter()
                .find(|model| model.task == Task::Llm && model.format == Format::Onnx)
                .context("the manifest has no language model to fetch")?;
            if let Some(own) = &settings.llm.model {
                return Err(exit::refused(format!(
                    "llm.model is {own}, which is none of the manifest's, so there is nothing to fetch: name one, such as {}",
                    first.id
                )));
            }
            chosen.push(first);
        }
        Ok(chosen)
    }
}

fn plan(paths: &Paths, chosen: &[&Model], json: bool) -> Outcome {
    let mut planned = Vec::new();
    for model in chosen {
        let missing = pull::missing(paths, model)?;
        planned.push(Planned { id: &model.id, directory: model.directory(paths), missing });
    }
    if json {
        out::json(&planned)?;
        return Ok(Exit::Done);
    }
    for Planned { id, directory, missing } in &planned {
        if missing.is_empty() {
            out::line(format!("{id} is in {}", directory.display()));
            continue;
        }
        out::line(format!("{id} would be fetched into {}:", directory.display()));
        for Missing { path, bytes } in missing {
            let length = bytes.map_or_else(
                || "of unknown length".to_owned(),
                |bytes| HumanBytes(bytes).to_string(),
            );
            out::line(format!("  {}, {length}", path.display()));
        }
    }
    Ok(Exit::Done)
}

fn tell(pulled: &Pulled) {
    if pulled.files.is_empty() {
        out::line(format!(
            "{} was in {} already; `ladylinux models verify {0}` compares it with the manifest",
            pulled.id,
            pulled.directory.display()
        ));
        return;
    }
    let bytes = pulled.files.iter().map(|file| file.bytes).sum();
    out::line(format!(
        "{} is in {} ({} files, {})",
        pulled.id,
        pulled.directory.display(),
        pulled.files.len(),
        HumanBytes(bytes)
    ));
    for file in &pulled.files {
        let word = match file.vouched_by {
            Voucher::Manifest => continue,
            Voucher::Source => "is what its source says it is; the manifest has no digest for it",
            Voucher::Nobody => "was not checked: nobody says what its digest is",
        };
        out::note(format!("  {} {word} (sha256 {})", file.path.display(), file.sha256));
    }
}

/// Shows how it goes: a bar for each file on a terminal, a line now and then elsewhere, nothing to programs.
struct Shown {
    bars: Option<MultiProgress>,
    silent: bool,
    files: Mutex<HashMap<PathBuf, ProgressBar>>,
}

impl Shown {
    fn new(json: bool) -> Self {
        let bars = (!json && stderr().is_terminal()).then(MultiProgress::new);
        Self { bars, silent: json, files: Mutex::default() }
    }

    fn model(&self, model: &Model) {
        self.note(format!("{}: {}", model.id, model.display_name));
    }

    fn progress(&self, progress: Progress) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Asking { file, have, total } => {
                let bar = files.entry(file.clone()).or_insert_with(|| self.bar(&file));
                bar.set_length(total.unwrap_or(have));
                bar.set_position(have);
                if self.bars.is_none() {
                    let length =
                        total.map_or_else(String::new, |total| format!(" ({})", HumanBytes(total)));
                    let from = if have == 0 {
                        String::new()
                    } else {
                        format!(", going on after {}", HumanBytes(have))
                    };
                    self.note(format!("fetching {}{length}{from}", file.display()));
                }
            }
            Progress::Came { file, bytes } => {
                if let Some(bar) = files.get(&file) {
                    let tenths = |bar: &ProgressBar| {
                        (bar.position() * 10).checked_div(bar.length().unwrap_or(0)).unwrap_or(0)
                    };
                    let before = tenths(bar);
                    bar.inc(bytes);
                    // A journal is not to be filled, nor left without a word for an hour.
                    let now = tenths(bar);
                    if self.bars.is_none() && now > before && now < 10 {
                        self.note(format!("{}: {now}0 %", file.display()));
                    }
                }
            }
            Progress::Waiting { file, why, pause } => self.note(format!(
                "{}: {why}; asked again in {}",
                file.display(),
                HumanDuration(pause)
            )),
            Progress::Afresh { file } => {
                self.note(format!("{}: begins again", file.display()));
            }
            Progress::Whole { file } => {
                if let Some(bar) = files.remove(&file) {
                    bar.finish_and_clear();
                }
            }
        }
    }

    fn bar(&self, file: &Path) -> ProgressBar {
        let Some(bars) = &self.bars else { return ProgressBar::hidden() };
        let style = ProgressStyle::with_template(
            "{msg:30!} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        );
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        bars.add(ProgressBar::new(0).with_style(style).with_message(name))
    }

    fn note(&self, text: String) {
        match &self.bars {
            _ if self.silent => {}
            Some(bars) => bars.suspend(|| out::note(text)),
            None => out::note(text),
        }
    }

    fn end(&self) {
        if let Some(bars) = &self.bars {
            drop(bars.clear());
        }
    }
}
