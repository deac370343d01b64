//! A model's folder that no manifest describes: which graph in it counts, and what it is for.

use super::manifest::Task;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where graphs lie in the folders found in the wild, the fastest on a CPU first.
const GRAPHS: &[&str] = &[
    "model.onnx",
    "onnx/model_quantized.onnx",
    "onnx/model_int8.onnx",
    "onnx/model_q4.onnx",
    "onnx/model.onnx",
    "onnx/model_fp16.onnx",
    "onnx/model_q4f16.onnx",
];

/// Encoders, by the `model_type` of their `config.json`.
const ENCODERS: &[&str] = &[
    "albert",
    "bert",
    "camembert",
    "deberta-v2",
    "distilbert",
    "electra",
    "gemma3_text_embedding",
    "modernbert",
    "mpnet",
    "new",
    "nomic_bert",
    "roberta",
    "xlm-roberta",
];

/// What the name of an architecture ends with whose models classify texts, as transformers calls them.
const CLASSIFIER: &str = "ForSequenceClassification";

/// Returns the graph of a model's folder; of several quantisations side by side the one that is fastest on a CPU.
pub fn graph_in(directory: &Path) -> Option<PathBuf> {
    GRAPHS.iter().map(|name| directory.join(name)).find(|path| path.is_file())
}

/// Returns what the model in a folder is for, as its configuration tells; one that tells nothing is a language model.
pub(super) fn task_in(directory: &Path) -> Task {
    let config = fs::read_to_string(directory.join("config.json")).unwrap_or_default();
    let config: Value = serde_json::from_str(&config).unwrap_or_default();
    // An encoder that gives a number for a text is one that gives it for two; newer ones have a modules.json as well.
    let classifies = |name: &Value| name.as_str().is_some_and(|name| name.ends_with(CLASSIFIER));
    if config["architectures"].as_array().is_some_and(|names| names.iter().any(classifies)) {
        return Task::Rerank;
    }
    // Every other model of sentence-transformers has this, whatever its architecture.
    if directory.join("modules.json").is_file() {
        return Task::Embed;
    }
    match config["model_type"].as_str() {
        Some(kind) if ENCODERS.contains(&kind) => Task::Embed,
        Some(_) | None => Task::Llm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_an_entry_is_for_what_its_configuration_says() {
        let folder = tempfile::tempdir().unwrap();
        let said = |config: &str| {
            fs::write(folder.path().join("config.json"), config).unwrap();
            task_in(folder.path())
        };
        assert_eq!(said(r#"{"model_type": "bert"}"#), Task::Embed);
        assert_eq!(said(r#"{"model_type": "qwen2"}"#), Task::Llm);
        let crossed =
            r#"{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}"#;
        assert_eq!(said(crossed), Task::Rerank);
        for nothing in ["{", "{}", "[]", r#"{"model_type": 3}"#] {
            assert_eq!(said(nothing), Task::Llm, "{nothing}");
        }
        fs::write(folder.path().join("modules.json"), "[]").unwrap();
        assert_eq!(task_in(folder.path()), Task::Embed);
    }
}
