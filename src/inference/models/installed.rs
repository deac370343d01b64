//! Which models are installed, and which one a worker is to load.

use super::{
    folder::{graph_in, task_in},
    manifest::{Embedding, Format, Manifest, ManifestError, Model, Task},
    optimize,
};
use crate::foundation::settings::Paths;
use crate::foundation::values::{ReadinessIssue, Severity};
use serde::Serialize;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A model of the manifest or of the models directory, and what is there of it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Listed {
    /// Its manifest id, or its folder below the models directory.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
    /// Which worker uses it.
    pub task: Task,
    /// The format of its weights.
    pub format: String,
    /// How its weights are stored.
    pub quantization: String,
    /// What is there of it.
    pub state: State,
    /// Its folder.
    #[schema(value_type = String)]
    pub directory: PathBuf,
    /// Whether the manifest names it.
    pub in_manifest: bool,
    /// Whether the node is not ready without it.
    pub required: bool,
    /// The licence of its weights.
    pub licence: String,
    /// Whether a faster graph that was made of its own is used (`ladylinux models optimize`).
    pub optimized: bool,
}

/// What is there of a model. Lengths are compared; digests only by `ladylinux models verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// All its files, as long as they should be.
    Present,
    /// Some files are not there.
    Missing {
        /// Their paths.
        #[schema(value_type = Vec<String>)]
        files: Vec<PathBuf>,
    },
    /// Some files are shorter or longer than they should be.
    Mismatch {
        /// Their paths.
        #[schema(value_type = Vec<String>)]
        files: Vec<PathBuf>,
    },
    /// A format that this node does not run.
    Unsupported {
        /// Whether its main file is there.
        present: bool,
        /// What to use instead.
        remedy: String,
    },
}

/// A model that a worker can be asked to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its manifest id, or its folder below the models directory.
    pub id: String,
    /// Its folder, with `config.json` and the tokenizer.
    pub directory: PathBuf,
    /// Its graph; a faster one that was made of it, where there is one.
    pub graph: PathBuf,
    /// What it is for.
    pub task: Task,
    /// What the manifest says of an embedding model.
    pub embedding: Option<Embedding>,
}

/// Lists the manifest's models, then the folders that hold a model of no entry.
pub fn list(paths: &Paths) -> Result<Vec<Listed>, ManifestError> {
    let manifest = Manifest::load(paths)?;
    let mut listed: Vec<_> = manifest
        .models()
        .iter()
        .map(|model| Listed {
            id: model.id.clone(),
            display_name: model.display_name.clone(),
            task: model.task,
            format: model.format.clone().into(),
            quantization: model.quantization.clone(),
            state: state(paths, &manifest, model),
            directory: model.directory(paths),
            in_manifest: true,
            required: model.required,
            licence: model.licence.clone(),
            optimized: optimize::is_optimized(&of_entry(paths, model).graph),
        })
        .collect();
    for extra in extras(paths, &manifest)? {
        listed.push(Listed {
            optimized: optimize::is_optimized(&extra.graph),
            display_name: extra.id.clone(),
            id: extra.id,
            task: extra.task,
            format: "onnx".to_owned(),
            quantization: String::new(),
            state: State::Present,
            directory: extra.directory,
            in_manifest: false,
            required: false,
            licence: String::new(),
        });
    }
    Ok(listed)
}

/// Finds the model for a task that `wanted` names, or the first one that is installed.
///
/// `wanted` is a manifest id, or a folder below the models directory. A folder outside it is refused, links resolved.
pub fn resolve(
    paths: &Paths,
    task: Task,
    wanted: Option<&str>,
) -> Result<Installed, ReadinessIssue> {
    let manifest = Manifest::load(paths).map_err(|error| unusable(paths, &error))?;
    let Some(name) = wanted else { return first(paths, &manifest, task) };
    let found = named(paths, &manifest, task, name)?;
    if found.task == task {
        return Ok(found);
    }
    Err(ReadinessIssue {
        severity: Severity::Critical,
        code: "model_task".to_owned(),
        message: format!("{name} is a model for {}, not for {task}", found.task),
        path: Some(found.directory),
        mend: format!(
            "set {task}.model to one for {task} that `ladylinux models list` shows, or remove it to use the first one"
        ),
    })
}

/// Names every file that a model's folder should hold, for remedies.
pub fn expected_files(model: &Model) -> String {
    let names: Vec<_> = model.files.iter().map(|file| file.path.display().to_string()).collect();
    names.join(", ")
}

fn first(paths: &Paths, manifest: &Manifest, task: Task) -> Result<Installed, ReadinessIssue> {
    let ready = |model: &&Model| {
        model.task == task
            && model.format == Format::Onnx
            && state(paths, manifest, model) == State::Present
    };
    if let Some(model) = manifest.models().iter().find(ready) {
        return below(paths, of_entry(paths, model));
    }
    let extras = extras(paths, manifest).map_err(|error| unusable(paths, &error))?;
    if let Some(extra) = extras.into_iter().find(|extra| extra.task == task) {
        return below(paths, extra);
    }
    if task == Task::Llm
        && let Some(file) = find_gguf(&paths.models)
    {
        return Err(gguf(paths, manifest, &file));
    }
    let Some(suggested) =
        manifest.models().iter().find(|model| model.task == task && model.format == Format::Onnx)
    else {
        let mend = format!("put an ONNX export of a {} below it", noun(task));
        return Err(no_model(&paths.models, task, &mend));
    };
    Err(missing(paths, suggested))
}

fn named(
    paths: &Paths,
    manifest: &Manifest,
    task: Task,
    name: &str,
) -> Result<Installed, ReadinessIssue> {
    if let Some(model) = manifest.get(name) {
        return match state(paths, manifest, model) {
            State::Present => below(paths, of_entry(paths, model)),
            State::Missing { .. } => Err(missing(paths, model)),
            State::Mismatch { files } => Err(mismatch(paths, model, &files)),
            State::Unsupported { .. } => {
                Err(gguf(paths, manifest, &model.directory(paths).join(&model.filename)))
            }
        };
    }
    let directory = paths.models.join(name);
    if directory.extension().is_some_and(|extension| extension == "gguf") {
        return Err(gguf(paths, manifest, &directory));
    }
    if let Some(graph) = graph_in(&directory) {
        return below(paths, of_folder(name.to_owned(), directory, graph));
    }
    let mend = format!(
        "put model.onnx or onnx/model_quantized.onnx, config.json, tokenizer.json and tokenizer_config.json there, or set \
         {task}.model to one that `ladylinux models list` shows"
    );
    Err(no_model(&directory, task, &mend))
}

fn of_entry(paths: &Paths, model: &Model) -> Installed {
    let directory = model.directory(paths);
    Installed {
        id: model.id.clone(),
        graph: fastest(model.task, directory.join(&model.filename)),
        directory,
        task: model.task,
        embedding: model.embedding.clone(),
    }
}

fn of_folder(id: String, directory: PathBuf, graph: PathBuf) -> Installed {
    let task = task_in(&directory);
    Installed { id, directory, graph: fastest(task, graph), task, embedding: None }
}

/// Returns the faster graph that was made of this one, where there is one, and else this one.
fn fastest(task: Task, graph: PathBuf) -> PathBuf {
    match (task == Task::Llm).then(|| optimize::of(&graph)).flatten() {
        Some(made) => made.path(&graph),
        None => graph,
    }
}

/// Refuses a model whose files, links resolved, lie outside the models directory (LL-DEP-43).
fn below(paths: &Paths, model: Installed) -> Result<Installed, ReadinessIssue> {
    let inside = || -> io::Result<bool> {
        let root = fs::canonicalize(&paths.models)?;
        Ok(fs::canonicalize(&model.directory)?.starts_with(&root)
            && fs::canonicalize(&model.graph)?.starts_with(&root))
    };
    if inside().unwrap_or(false) {
        return Ok(model);
    }
    Err(ReadinessIssue {
        severity: Severity::Critical,
        code: "model_outside".to_owned(),
        message: format!("model {} does not lie below the models directory", model.id),
        mend: format!("copy it there: ladylinux models import {}", model.directory.display()),
        path: Some(model.directory),
    })
}

fn state(paths: &Paths, manifest: &Manifest, model: &Model) -> State {
    let directory = model.directory(paths);
    if model.format != Format::Onnx {
        let present = directory.join(&model.filename).is_file();
        return State::Unsupported { present, remedy: equivalent(paths, manifest, Some(model)) };
    }
    let (mut missing, mut wrong) = (Vec::new(), Vec::new());
    for file in &model.files {
        match fs::metadata(directory.join(&file.path)) {
            Ok(found) if file.bytes.is_none_or(|bytes| bytes == found.len()) => {}
            Ok(_) => wrong.push(file.path.clone()),
            Err(_) => missing.push(file.path.clone()),
        }
    }
    if !missing.is_empty() {
        State::Missing { files: missing }
    } else if wrong.is_empty() {
        State::Present
    } else {
        State::Mismatch { files: wrong }
    }
}

/// Finds folders with a model that no entry of the manifest claims, in alphabetical order.
fn extras(paths: &Paths, manifest: &Manifest) -> Result<Vec<Installed>, ManifestError> {
    let failed = |path: &Path, source| ManifestError::Directory { path: path.to_owned(), source };
    let mut found = Vec::new();
    let mut folders = vec![(paths.models.clone(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 && error.kind() == io::ErrorKind::NotFound => continue,
            // A folder that this user may not enter, such as a volume's `lost+found`, holds no model for this node.
            Err(_) if depth > 0 => continue,
            Err(error) => return Err(failed(&folder, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| failed(&folder, error))?.path();
            let hidden =
                path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            let relative = path.strip_prefix(&paths.models).unwrap_or(&path).to_owned();
            let claimed = manifest.models().iter().any(|model| model.local_path == relative);
            if !path.is_dir() || hidden || claimed {
                continue;
            }
            match graph_in(&path) {
                Some(graph) if path.join("tokenizer.json").is_file() => {
                    found.push(of_folder(relative.display().to_string(), path, graph));
                }
                // Folders of a task, then folders of a model: nobody nests deeper.
                _ if depth < 2 => folders.push((path, depth + 1)),
                _ => {}
            }
        }
    }
    found.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(found)
}

fn find_gguf(models: &Path) -> Option<PathBuf> {
    walkdir::WalkDir::new(models)
        .max_depth(4)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .find(|path| {
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
        })
}

fn equivalent(paths: &Paths, manifest: &Manifest, model: Option<&Model>) -> String {
    let named =
        model.and_then(|model| model.onnx_equivalent.as_deref()).and_then(|id| manifest.get(id));
    let any = || {
        manifest
            .models()
            .iter()
            .find(|model| model.task == Task::Llm && model.format == Format::Onnx)
    };
    named.or_else(any).map_or_else(
        || "this node runs ONNX graphs: use an ONNX export of the model".to_owned(),
        |onnx| {
            format!(
                "this node runs ONNX graphs: use {} instead, with its files ({}) in {}",
                onnx.id,
                expected_files(onnx),
                onnx.directory(paths).display()
            )
        },
    )
}

fn gguf(paths: &Paths, manifest: &Manifest, file: &Path) -> ReadinessIssue {
    let entry =
        manifest.models().iter().find(|model| model.directory(paths).join(&model.filename) == file);
    ReadinessIssue {
        severity: Severity::Warning,
        code: "model_format".to_owned(),
        message: format!("{} is a GGUF file, which this node does not run", file.display()),
        path: Some(file.to_owned()),
        mend: equivalent(paths, manifest, entry),
    }
}

fn missing(paths: &Paths, model: &Model) -> ReadinessIssue {
    let directory = model.directory(paths);
    ReadinessIssue {
        severity: if model.required { Severity::Critical } else { Severity::Warning },
        code: "model_missing".to_owned(),
        message: format!("missing model {}: {}", model.id, model.display_name),
        mend: format!(
            "run `ladylinux models pull {}`, or put its files ({}) in {}",
            model.id,
            expected_files(model),
            directory.display()
        ),
        path: Some(directory),
    }
}

fn mismatch(paths: &Paths, model: &Model, files: &[PathBuf]) -> ReadinessIssue {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    ReadinessIssue {
        severity: Severity::Critical,
        code: "model_mismatch".to_owned(),
        message: format!("model {} is not what the manifest says: {}", model.id, names.join(", ")),
        path: Some(model.directory(paths)),
        mend: format!(
            "check it with `ladylinux models verify {}` and copy these files again",
            model.id
        ),
    }
}

fn no_model(directory: &Path, task: Task, mend: &str) -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Warning,
        code: "model_missing".to_owned(),
        message: format!("there is no {} in {}", noun(task), directory.display()),
        path: Some(directory.to_owned()),
        mend: mend.to_owned(),
    }
}

fn unusable(paths: &Paths, error: &ManifestError) -> ReadinessIssue {
    let cause =
        std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    ReadinessIssue {
        severity: Severity::Critical,
        code: "manifest_invalid".to_owned(),
        message: format!("{error}{cause}"),
        path: Some(paths.models.join("manifest.json")),
        mend: "mend the manifest, or remove it to use the one of this release".to_owned(),
    }
}

/// Returns what people call a model for a task.
fn noun(task: Task) -> &'static str {
    match task {
        Task::Llm => "language model",
        Task::Embed => "embedding model",
        Task::Rerank => "reranking model",
        Task::Stt | Task::Tts | Task::Vad | Task::Speaker => "speech model",
    }
}
