//! `ladylinux models`: what there is of the models on this machine, and all that changes it. Only `pull` asks anybody outside,
//! and only `rm` deletes.

mod optimize;
mod ps;
mod pull;
mod rm;
mod told;

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::foundation::settings::Paths;
use crate::inference::models::{
    self, Digests, Listed, Manifest, Model, State, Verdict, VerifiedFile, expected_files,
    optimize::{Optimized, of, original_of},
};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{fs, path::PathBuf};

/// The arguments of `models`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ladylinux models list                        what the manifest knows, and what is there of it
  ladylinux models pull                        fetch what this node would use
  ladylinux models pull qwen2.5-0.5b-instruct  fetch one; again, and it goes on where it was interrupted
  ladylinux models verify                      compare what is there with the manifest
  ladylinux models optimize qwen2.5-0.5b-instruct  make it faster on this machine, if its graph allows it
  ladylinux models ps                          what the running node has loaded
  ladylinux models rm qwen2.5-0.5b-instruct    delete one, after a question")]
pub(super) struct Models {
    #[command(subcommand)]
    verb: Verb,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the manifest's models and what is installed of each, then models of no entry
    List,
    /// Show one model: its files, where they belong, and what is there
    Show {
        /// A manifest id, or a folder below the models directory
        id: String,
    },
    /// Compare the installed files with the manifest; exits 3 on a fault
    Verify {
        /// Manifest ids; all that are installed if none is given
        ids: Vec<String>,
        /// Read every file, also one that was hashed before and has not changed since
        #[arg(long)]
        full: bool,
    },
    /// Fetch models, checked, from where the manifest says; the only command that asks anybody outside
    Pull(pull::Pull),
    /// Copy a model from a directory into the models directory, checked, whole or not at all
    Import {
        /// The directory that holds the model's files
        from: PathBuf,
        /// The manifest id it is; without one it gets the name of its directory
        #[arg(long)]
        id: Option<String>,
    },
    /// Make a faster graph of a language model's own, and use it if it is faster here and answers alike
    Optimize(optimize::Optimize),
    /// Tell what the workers of the running node have loaded
    Ps(ps::Ps),
    /// Delete a model from the models directory
    Rm(rm::Rm),
}

impl Models {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = || common.load(&[]).map(|loaded| loaded.settings);
        match &self.verb {
            Verb::List => self.list(&settings()?.paths),
            Verb::Show { id } => self.show(&settings()?.paths, id),
            Verb::Verify { ids, full } => self.verify(&settings()?.paths, ids, *full),
            Verb::Pull(pull) => pull.run(&settings()?, self.json),
            Verb::Import { from, id } => self.import(&settings()?.paths, from, id.as_deref()),
            Verb::Optimize(optimize) => optimize.run(common, self.json),
            // Which node it is about may be said on the command line alone.
            Verb::Ps(ps) => ps.run(common, self.json),
            Verb::Rm(rm) => rm.run(&settings()?.paths, self.json),
        }
    }

    fn list(&self, paths: &Paths) -> Outcome {
        let listed = models::list(paths)?;
        if self.json {
            out::json(&listed)?;
            return Ok(Exit::Done);
        }
        let width = listed.iter().map(|model| model.id.len()).max().unwrap_or(0);
        for model in &listed {
            out::line(format!(
                "{:width$}  {:7}  {}{}",
                model.id,
                model.task.to_string(),
                word(&model.state),
                if model.optimized { ", optimized" } else { "" }
            ));
        }
        out::note(format!(
            "\nModels belong below {}; `ladylinux models show ID` names the files.",
            paths.models.display()
        ));
        Ok(Exit::Done)
    }

    fn show(&self, paths: &Paths, id: &str) -> Outcome {
        let manifest = Manifest::load(paths)?;
        let listed = models::list(paths)?.into_iter().find(|model| model.id == id);
        let listed = listed.with_context(|| {
            format!("there is no model {id}: `ladylinux models list` shows them")
        })?;
        let entry = manifest.get(id);
        let made = made(paths, &listed);
        let optimized = made.as_ref().map(|(_, record)| record);
        if self.json {
            out::json(&Shown { listed: &listed, entry, optimized })?;
            return Ok(Exit::Done);
        }
        out::line(format!("{} ({})", listed.display_name, listed.id));
        out::line(format!("  used by  the {} worker", listed.task));
        out::line(format!("  state    {}", word(&listed.state)));
        out::line(format!("  folder   {}", listed.directory.display()));
        if let Some(model) = entry {
            describe(paths, model);
        }
        if let Some((graph, record)) = &made {
            out::line(format!("  optimized  {}", record.path(graph).display()));
            out::line(format!("    sha256  {}", record.graph.sha256));
            out::line(format!("    {}", told::in_words(&record.changes)));
            out::line(format!("    {}", told::gain(&record.speed)));
            out::line(format!("    {}", told::likeness(&record.answers)));
        }
        if let (State::Missing { .. }, Some(model)) = (&listed.state, entry) {
            out::line(format!(
                "\nTo install it, run `ladylinux models pull {id}`, or put its files ({}) in its folder.",
                expected_files(model)
            ));
        }
        if let State::Unsupported { remedy, .. } = &listed.state {
            out::line(format!("\nTo do the same: {remedy}."));
        }
        Ok(Exit::Done)
    }

    fn verify(&self, paths: &Paths, ids: &[String], full: bool) -> Outcome {
        let manifest = Manifest::load(paths)?;
        let listed = models::list(paths)?;
        let wanted = |id: &String| ids.is_empty() || ids.contains(id);
        // A faster graph is known from its record, whether the manifest knows its model or not.
        let made: Vec<_> = listed
            .iter()
            .filter(|one| wanted(&one.id))
            .filter_map(|one| Some((&one.id, made(paths, one)?)))
            .collect();
        for id in ids {
            if manifest.get(id).is_none() && made.iter().all(|(one, _)| *one != id) {
                bail!("the manifest has no model {id}: `ladylinux models list` shows them");
            }
        }
        let installed = |model: &&Model| {
            listed.iter().any(|one| {
                one.id == model.id && matches!(one.state, State::Present | State::Mismatch { .. })
            }) || model.required
        };
        let chosen: Vec<&Model> = if ids.is_empty() {
            manifest.models().iter().filter(installed).collect()
        } else {
            manifest.models().iter().filter(|model| ids.contains(&model.id)).collect()
        };
        let files = chosen.iter().flat_map(|model| {
            model.files.iter().map(|file| model.directory(paths).join(&file.path))
        });
        let more = made.iter().flat_map(|(_, (graph, record))| record.files(graph));
        let files = files.chain(more.map(|(path, _)| path));
        let bar = progress(
            files.filter_map(|path| fs::metadata(path).ok()).map(|found| found.len()).sum(),
        );
        let mut digests = Digests::load(paths);
        if full {
            digests.distrust();
        }
        let mut verified: Vec<VerifiedFile> = chosen
            .iter()
            .flat_map(|model| models::verify(paths, model, &mut digests, |bytes| bar.inc(bytes)))
            .collect();
        for (_, (graph, record)) in &made {
            let seen = |bytes| bar.inc(bytes);
            verified.extend(models::verify_optimized(graph, record, &mut digests, seen));
        }
        bar.finish_and_clear();
        // Whoever may not write there, as another user than the node's, loses time and nothing else.
        drop(digests.save());
        let faulty = verified.iter().any(|file| file.verdict.is_fault());
        if self.json {
            out::json(&verified)?;
        } else if verified.is_empty() {
            out::line("no model of the manifest is installed");
        } else {
            for file in &verified {
                out::line(format!("{}  {}", file.path.display(), verdict(&file.verdict)));
            }
        }
        Ok(if faulty { Exit::NotReady } else { Exit::Done })
    }

    fn import(&self, paths: &Paths, from: &PathBuf, id: Option<&str>) -> Outcome {
        let sizes = walkdir::WalkDir::new(from).into_iter().filter_map(Result::ok);
        let bar = progress(
            sizes
                .filter_map(|entry| entry.metadata().ok())
                .filter(fs::Metadata::is_file)
                .map(|file| file.len())
                .sum(),
        );
        let imported = models::import(paths, from, id, |bytes| bar.inc(bytes));
        bar.finish_and_clear();
        let imported = imported?;
        if self.json {
            out::json(&imported)?;
            return Ok(Exit::Done);
        }
        out::line(format!(
            "{} is in {} ({} files, {} bytes)",
            imported.id,
            imported.directory.display(),
            imported.files,
            imported.bytes
        ));
        for file in &imported.unverified {
            out::note(format!(
                "  {}: the manifest has no digest for it, so it was not checked",
                file.display()
            ));
        }
        out::note("A running node loads it when it is started again.");
        Ok(Exit::Done)
    }
}

/// What `show --json` prints.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    listed: &'a Listed,
    entry: Option<&'a Model>,
    #[serde(skip_serializing_if = "Option::is_none")]
    optimized: Option<&'a Optimized>,
}

/// Returns the graph of a model that has a faster one, with the record of that.
fn made(paths: &Paths, listed: &Listed) -> Option<(PathBuf, Optimized)> {
    if !listed.optimized {
        return None;
    }
    let model = models::resolve(paths, listed.task, Some(&listed.id)).ok()?;
    let graph = original_of(&model.graph);
    let record = of(&graph)?;
    Some((graph, record))
}

fn describe(paths: &Paths, model: &Model) {
    out::line(format!("  licence  {}", model.licence));
    if !model.source.url.is_empty() {
        out::line(format!("  source   {}", model.source.url));
    }
    out::line("  files");
    for file in &model.files {
        let there =
            if model.directory(paths).join(&file.path).is_file() { "there  " } else { "missing" };
        let bytes = file.bytes.map_or_else(String::new, |bytes| format!("  {bytes} bytes"));
        let digest = file.sha256.map_or_else(String::new, |digest| format!("  sha256 {digest}"));
        out::line(format!("    {there}  {}{bytes}{digest}", file.path.display()));
    }
    if !model.notes.is_empty() {
        out::line(format!("  {}", model.notes));
    }
}

fn word(state: &State) -> String {
    match state {
        State::Present => "present".to_owned(),
        State::Missing { .. } => "missing".to_owned(),
        State::Mismatch { files } => {
            let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
            format!("not what the manifest says: {}", names.join(", "))
        }
        State::Unsupported { present: true, .. } => {
            "present, in a format this node does not run".to_owned()
        }
        State::Unsupported { present: false, .. } => {
            "absent, in a format this node does not run".to_owned()
        }
    }
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Verified => "verified".to_owned(),
        Verdict::Unknown { found } => {
            format!("not checked: the manifest has no digest (sha256 {found})")
        }
        Verdict::Mismatch { expected, found } => {
            format!("WRONG: sha256 {found}, expected {expected}")
        }
        Verdict::Missing => "MISSING".to_owned(),
        Verdict::Unreadable { error } => format!("UNREADABLE: {error}"),
    }
}

/// A bar on a terminal, and nothing elsewhere.
fn progress(bytes: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
