//! `models/manifest.json`: the first LadyLinux's fields, and what ONNX needs beside them.
//!
//! Its JSON Schema is `models/manifest.schema.json`. Unknown fields are ignored, so that a newer manifest can be read.

use crate::foundation::settings::Paths;
use crate::foundation::values::{ParseSha256Error, Sha256};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fmt, io,
    path::{Component, Path, PathBuf},
    str::FromStr,
};

/// The manifest of this release; one in the models directory takes its place.
const EMBEDDED: &str = include_str!("../../../models/manifest.json");

/// Which models this node can use.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    #[serde(rename = "schema_version")]
    version: String,
    models: Vec<Model>,
}

/// One entry of the manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Model {
    /// Its short name.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
    /// Which worker uses it.
    #[serde(default)]
    pub task: Task,
    /// Whose model it is.
    #[serde(default)]
    pub provider: String,
    /// The architecture's family.
    #[serde(default)]
    pub family: String,
    /// How many parameters it has, as people write it.
    #[serde(default)]
    pub parameters: String,
    /// The format of its weights.
    pub format: Format,
    /// How its weights are stored.
    #[serde(default)]
    pub quantization: String,
    /// Its folder below the models directory.
    pub local_path: PathBuf,
    /// Its main file, below `local_path`.
    pub filename: PathBuf,
    /// Every file it needs.
    #[serde(default)]
    pub files: Vec<ModelFile>,
    /// Where it comes from; for information only.
    #[serde(default)]
    pub source: Source,
    /// The digest of its main file.
    #[serde(default)]
    checksum: Checksum,
    /// The licence of its weights.
    #[serde(default)]
    pub licence: String,
    /// What it needs in memory, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ram_bytes: Option<u64>,
    /// Whether the node is not ready without it.
    #[serde(default)]
    pub required: bool,
    /// For an embedding model: how it is used, where its files do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
    /// For a format this node does not run: the entry to use instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onnx_equivalent: Option<String>,
    /// What a person should know about it.
    #[serde(default)]
    pub notes: String,
}

/// One file of a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelFile {
    /// Its place below the model's folder.
    pub path: PathBuf,
    /// Its length, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its digest, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Where it comes from; for information only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How an embedding model is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedding {
    /// How the vectors of a text's tokens become one.
    #[serde(default)]
    pub pooling: Pooling,
    /// How many tokens of a text it reads, special ones included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    /// What it was trained to see before a text that is searched for.
    #[serde(default)]
    pub query_prefix: String,
    /// What it was trained to see before a text that is searched in.
    #[serde(default)]
    pub passage_prefix: String,
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// Their mean.
    #[default]
    Mean,
    /// The first one, of the token that stands for the whole text.
    Cls,
}

impl Pooling {
    /// Returns its name in manifests and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Cls => "cls",
        }
    }
}

impl FromStr for Pooling {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Mean, Self::Cls]
            .into_iter()
            .find(|pooling| pooling.name() == name)
            .ok_or_else(|| "the poolings are mean and cls".to_owned())
    }
}

/// Where a model comes from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Source {
    /// The kind of place.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its name there.
    #[serde(default)]
    pub repository: String,
    /// Its page there.
    #[serde(default)]
    pub url: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Checksum {
    #[serde(default)]
    algorithm: String,
    #[serde(default)]
    value: String,
}

/// Which worker uses a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Text generation; what an entry without a task is for, as in the first LadyLinux.
    #[default]
    Llm,
    /// Text to vectors.
    Embed,
    /// A question and texts to how well each answers it.
    Rerank,
    /// Speech to text.
    Stt,
    /// Text to speech.
    Tts,
    /// Where speech begins and ends.
    Vad,
    /// Whose voice it is.
    Speaker,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Llm => "llm",
            Self::Embed => "embed",
            Self::Rerank => "rerank",
            Self::Stt => "stt",
            Self::Tts => "tts",
            Self::Vad => "vad",
            Self::Speaker => "speaker",
        })
    }
}

/// The format of a model's weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Format {
    /// What this node runs.
    Onnx,
    /// Anything else: shown as present or absent, never loaded.
    Other(String),
}

impl From<String> for Format {
    fn from(name: String) -> Self {
        if name == "onnx" { Self::Onnx } else { Self::Other(name) }
    }
}

impl From<Format> for String {
    fn from(format: Format) -> Self {
        match format {
            Format::Onnx => "onnx".to_owned(),
            Format::Other(name) => name,
        }
    }
}

/// Why the manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read the model manifest {}", path.display())]
    Unreadable {
        /// The manifest file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no manifest; the parser's message has line and column.
    #[error("the model manifest {} is not valid: mend it, or remove it to use the one of this release", path.display())]
    Invalid {
        /// The manifest file.
        path: PathBuf,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// The manifest is of a version this release does not know.
    #[error("the model manifest {} has version {version:?}, this release reads 0.x", path.display())]
    Version {
        /// The manifest file.
        path: PathBuf,
        /// The version it names.
        version: String,
    },
    /// Two entries have one id.
    #[error("the model manifest {} names {id} twice", path.display())]
    DuplicateId {
        /// The manifest file.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// Two entries claim one file.
    #[error("the model manifest {} claims {} for two models", path.display(), file.display())]
    DuplicatePath {
        /// The manifest file.
        path: PathBuf,
        /// The file, below the models directory.
        file: PathBuf,
    },
    /// A path would leave the models directory.
    #[error("the model manifest {} gives {id} the path {}, which is not below the models directory", path.display(), file.display())]
    Escapes {
        /// The manifest file.
        path: PathBuf,
        /// The entry.
        id: String,
        /// The path.
        file: PathBuf,
    },
    /// A checksum is none.
    #[error("the model manifest {} gives {id} a bad checksum", path.display())]
    Checksum {
        /// The manifest file.
        path: PathBuf,
        /// The entry.
        id: String,
        /// What is wrong with it.
        source: ParseSha256Error,
    },
    /// The models directory cannot be listed.
    #[error("cannot list the models directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Reads the operator's manifest, if there is one.
fn text(paths: &Paths) -> Result<Option<(PathBuf, String)>, ManifestError> {
    let path = paths.models.join("manifest.json");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ManifestError::Unreadable { path, source }),
    }
}

impl Manifest {
    /// Reads the manifest in the models directory, or the one of this release if there is none.
    pub fn load(paths: &Paths) -> Result<Self, ManifestError> {
        match text(paths)? {
            Some((path, text)) => Self::parse(&path, &text),
            None => Self::parse(Path::new("(of this release)"), EMBEDDED),
        }
    }

    /// Returns the hash of the manifest that is in force.
    pub fn sha256(paths: &Paths) -> Result<Sha256, ManifestError> {
        Ok(text(paths)?.map_or_else(|| Sha256::of(EMBEDDED), |(_, text)| Sha256::of(text)))
    }

    /// Returns the entries, in the manifest's order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Returns the entry named `id`.
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ManifestError> {
        let path = path.to_owned();
        let mut manifest: Self = serde_json::from_str(text)
            .map_err(|source| ManifestError::Invalid { path: path.clone(), source })?;
        if !manifest.version.starts_with("0.") {
            return Err(ManifestError::Version { path, version: manifest.version });
        }
        let mut ids = BTreeSet::new();
        let mut claimed = BTreeSet::new();
        for model in &mut manifest.models {
            model.complete().map_err(|source| ManifestError::Checksum {
                path: path.clone(),
                id: model.id.clone(),
                source,
            })?;
            if !ids.insert(model.id.clone()) {
                return Err(ManifestError::DuplicateId { path, id: model.id.clone() });
            }
            for file in &model.files {
                let file = model.local_path.join(&file.path);
                if !is_below(&model.local_path) || !is_below(&file) {
                    return Err(ManifestError::Escapes { path, id: model.id.clone(), file });
                }
                if !claimed.insert(file.clone()) {
                    return Err(ManifestError::DuplicatePath { path, file });
                }
            }
        }
        Ok(manifest)
    }
}

impl Model {
    /// Lists the main file among the files, with the digest that an older manifest keeps in `checksum`.
    fn complete(&mut self) -> Result<(), ParseSha256Error> {
        let digest = match self.checksum.value.as_str() {
            "" => None,
            text => Some(text.parse()?),
        };
        if let Some(main) = self.files.iter_mut().find(|file| file.path == self.filename) {
            main.sha256 = main.sha256.or(digest);
        } else {
            let main =
                ModelFile { path: self.filename.clone(), bytes: None, sha256: digest, url: None };
            self.files.insert(0, main);
        }
        Ok(())
    }

    /// Returns the model's folder.
    pub fn directory(&self, paths: &Paths) -> PathBuf {
        paths.models.join(&self.local_path)
    }
}

fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(Path::new("m.json"), text)
    }

    fn entry(id: &str, local_path: &str, more: &str) -> String {
        format!(
            r#"{{"id":"{id}","display_name":"x","format":"onnx","local_path":"{local_path}","filename":"model.onnx"{more}}}"#
        )
    }

    fn manifest(entries: &[String]) -> String {
        format!(r#"{{"schema_version":"0.1","models":[{}]}}"#, entries.join(","))
    }

    #[test]
    fn the_embedded_manifest_is_valid_and_knows_every_task() {
        let manifest = parse(EMBEDDED).unwrap();
        for task in [Task::Llm, Task::Embed, Task::Stt, Task::Tts, Task::Vad, Task::Speaker] {
            assert!(manifest.models().iter().any(|model| model.task == task), "{task}");
        }
        for model in manifest.models() {
            if let Some(other) = &model.onnx_equivalent {
                assert_eq!(manifest.get(other).unwrap().format, Format::Onnx);
            }
        }
    }

    /// Nothing that is fetched by it can be replaced without being noticed: each file has a digest, or comes from a revision.
    #[test]
    fn what_the_embedded_manifest_fetches_is_pinned() {
        for model in parse(EMBEDDED).unwrap().models() {
            for file in &model.files {
                let Some(url) = &file.url else { continue };
                let is_revision = |part: &str| {
                    part.len() == 40 && part.chars().all(|digit| digit.is_ascii_hexdigit())
                };
                let pinned = file.sha256.is_some() || url.split('/').any(is_revision);
                assert!(url.starts_with("https://") && pinned, "{}: {url}", model.id);
                let name = file.path.file_name().unwrap().to_str().unwrap();
                assert!(url.ends_with(name), "{}: {url} is another file than {name}", model.id);
            }
            assert!(!model.licence.is_empty() && !model.notes.is_empty(), "{}", model.id);
        }
    }

    // LL-WF-44…47: name, source, checksum and target directory of the first LadyLinux's form, and its unknown fields.
    #[test]
    fn an_entry_of_the_first_ladylinux_is_read() {
        let digest = Sha256::of("x");
        let more =
            format!(r#","checksum":{{"algorithm":"sha256","value":"{digest}"}},"unheard_of":1"#);
        let manifest = parse(&manifest(&[entry("a", "a", &more)])).unwrap();
        let model = manifest.get("a").unwrap();
        assert_eq!((model.task, model.files[0].sha256), (Task::Llm, Some(digest)));
    }

    // LL-REF-44
    #[test]
    fn faults_are_named_with_the_entry_and_the_line() {
        let twice = parse(&manifest(&[entry("a", "a", ""), entry("a", "b", "")]));
        assert!(matches!(twice, Err(ManifestError::DuplicateId { .. })));
        let claimed = parse(&manifest(&[entry("a", "a", ""), entry("b", "a", "")]));
        assert!(matches!(claimed, Err(ManifestError::DuplicatePath { .. })));
        for outside in ["/etc", "../x", "a/../../x"] {
            let escapes = parse(&manifest(&[entry("a", outside, "")]));
            assert!(matches!(escapes, Err(ManifestError::Escapes { .. })), "{outside}");
        }
        let Err(ManifestError::Invalid { source, .. }) = parse("{\n \"schema_version\": 3 }")
        else {
            panic!("a number is no version");
        };
        assert_eq!(source.line(), 2);
        assert!(matches!(
            parse(r#"{"schema_version":"1.0","models":[]}"#),
            Err(ManifestError::Version { .. })
        ));
    }
}
