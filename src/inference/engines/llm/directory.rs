//! The files of a model directory, in either of the two layouts found in the wild.
//!
//! ```text
//! transformers.js            onnxruntime-genai
//! onnx/model*.onnx           model.onnx            (named by genai_config.json)
//! config.json                genai_config.json
//! generation_config.json     tokenizer.json, tokenizer_config.json, chat_template.jinja
//! tokenizer.json, tokenizer_config.json, chat_template.jinja
//! ```

use super::graph::Hints;
use crate::inference::engines::{
    files::{json, missing, text},
    refusal,
};
use crate::inference::models::{graph_in, optimize};
use crate::inference::workers::Refusal;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What lies in a model directory, read and parsed; a missing JSON file is `null`.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) graph: PathBuf,
    pub(super) tokenizer: PathBuf,
    pub(super) config: Value,
    pub(super) generation: Value,
    pub(super) genai: Value,
    pub(super) tokenizer_config: Value,
    pub(super) chat_template: Option<String>,
}

impl Directory {
    /// Reads what is there; a graph, a tokenizer and a configuration must be. Of several graphs `graph` is the one that counts,
    /// or else the one that is fastest on a CPU.
    pub(super) fn read(path: &Path, graph: Option<&Path>) -> Result<Self, Refusal> {
        if !path.is_dir() {
            return Err(missing(path, "there is no such model directory"));
        }
        let genai = json(&path.join("genai_config.json"))?;
        let config = json(&path.join("config.json"))?;
        let graph = find_graph(path, &genai, graph)?;
        refuse_rings(&genai)?;
        if genai.is_null() && config.is_null() {
            return Err(missing(
                &path.join("config.json"),
                "a model needs its config.json, or genai_config.json in the onnxruntime-genai layout",
            ));
        }
        let tokenizer = path.join("tokenizer.json");
        if !tokenizer.is_file() {
            return Err(missing(&tokenizer, "a model needs its tokenizer.json"));
        }
        Ok(Self {
            graph,
            tokenizer,
            config,
            generation: json(&path.join("generation_config.json"))?,
            genai,
            tokenizer_config: json(&path.join("tokenizer_config.json"))?,
            chat_template: text(&path.join("chat_template.jinja"))?,
        })
    }

    /// Returns the decoder section of `genai_config.json`, or `null`.
    pub(super) fn decoder(&self) -> &Value {
        &self.genai["model"]["decoder"]
    }

    /// Returns the family that the configuration names.
    pub(super) fn architecture(&self) -> String {
        let named = self.config["model_type"].as_str().or(self.genai["model"]["type"].as_str());
        named.unwrap_or("unknown").to_owned()
    }

    /// Returns what the configuration says about shapes.
    pub(super) fn hints(&self) -> Hints {
        let number = |value: &Value| value.as_u64().and_then(|value| usize::try_from(value).ok());
        let (config, decoder) = (&self.config, self.decoder());
        let heads = number(&config["num_attention_heads"]);
        let divided = || Some(number(&config["hidden_size"])? / heads.filter(|&heads| heads > 0)?);
        Hints {
            kv_heads: number(&decoder["num_key_value_heads"])
                .or_else(|| number(&config["num_key_value_heads"]))
                .or(heads),
            head_size: number(&decoder["head_size"])
                .or_else(|| number(&config["head_dim"]))
                .or_else(divided),
            vocabulary: number(&self.genai["model"]["vocab_size"])
                .or_else(|| number(&config["vocab_size"])),
        }
    }

    /// Returns the longest context that the model was made for, if its configuration says so.
    pub(super) fn context_limit(&self) -> Option<usize> {
        [&self.genai["model"]["context_length"], &self.config["max_position_embeddings"]]
            .into_iter()
            .filter_map(|limit| usize::try_from(limit.as_u64()?).ok())
            .filter(|&limit| limit > 0)
            .min()
    }

    /// Returns what the authors advise for sampling.
    pub(super) fn sampling_advice(&self) -> &Value {
        if self.generation.is_null() { &self.genai["search"] } else { &self.generation }
    }

    /// Returns the tokens that end an answer, as numbers, from every file that names some.
    pub(super) fn ends(&self) -> Vec<u32> {
        let mut ends = Vec::new();
        let named = [&self.generation, &self.genai["model"], &self.config];
        for value in named.map(|file| &file["eos_token_id"]) {
            let one = value.as_u64();
            let many = value.as_array().into_iter().flatten().filter_map(Value::as_u64);
            ends.extend(one.into_iter().chain(many).filter_map(|id| u32::try_from(id).ok()));
        }
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// Returns a special token's text from `tokenizer_config.json`, where it is a string or an object.
    pub(super) fn special_token(&self, name: &str) -> Option<String> {
        let value = &self.tokenizer_config[name];
        value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
    }
}

fn find_graph(path: &Path, genai: &Value, chosen: Option<&Path>) -> Result<PathBuf, Refusal> {
    // This layout has one graph, and its configuration is about that.
    if !genai.is_null() {
        let name = genai["model"]["decoder"]["filename"].as_str().unwrap_or("model.onnx");
        let graph = path.join(name);
        if Path::new(name).file_name().is_none_or(|file| file != name) {
            return Err(refusal(
                "bad_config",
                format!(
                    "{}: the decoder's file name must name a file beside it",
                    path.join("genai_config.json").display()
                ),
            ));
        }
        // Or the faster one that was made of it.
        let made = chosen.filter(|chosen| optimize::is_rewrite_of(&graph, chosen));
        let graph = made.map_or(graph, Path::to_owned);
        return if graph.is_file() {
            Ok(graph)
        } else {
            Err(missing(&graph, "genai_config.json names this file"))
        };
    }
    if let Some(graph) = chosen {
        let gone = || missing(graph, "it is the graph that the manifest names");
        return graph.is_file().then(|| graph.to_owned()).ok_or_else(gone);
    }
    graph_in(path).ok_or_else(|| missing(&path.join("onnx/model.onnx"), &graph_wanted(path)))
}

/// Says which graphs are looked for, and what the weights that were found instead are.
fn graph_wanted(path: &Path) -> String {
    let wanted = "put the model's ONNX export here (onnx/model_quantized.onnx or onnx/model.onnx, or model.onnx with \
                  genai_config.json)";
    let entries = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_kind = |path: &PathBuf, kind: &str| path.extension().is_some_and(|it| it == kind);
    let mut weights = entries.filter(|path| of_kind(path, "gguf") || of_kind(path, "safetensors"));
    match weights.next() {
        Some(other) => {
            let format = if of_kind(&other, "gguf") { "a GGUF file" } else { "a PyTorch file" };
            format!("{} is {format}, which does not run here; {wanted}", other.display())
        }
        None => wanted.to_owned(),
    }
}

/// Some exports keep sliding layers in a ring of positions, which only their own loop can feed.
fn refuse_rings(genai: &Value) -> Result<(), Refusal> {
    match genai["model"]["decoder"]["sliding_window"]["layers"].as_array() {
        Some(layers) if !layers.is_empty() => Err(refusal(
            "foreign_graph",
            "the graph keeps layers in a ring (sliding_window.layers in genai_config.json), which is not supported; \
             export it with windowed_kv_cache=false",
        )),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn directory(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Directory, Refusal>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let read = Directory::read(folder.path(), None);
        (folder, read)
    }

    #[test]
    fn the_fastest_quantisation_for_a_cpu_is_taken() {
        let (_folder, read) = directory(&[
            ("onnx/model_q4.onnx", ""),
            ("onnx/model_quantized.onnx", ""),
            ("config.json", "{}"),
            ("tokenizer.json", "{}"),
        ]);
        assert!(read.unwrap().graph.ends_with("onnx/model_quantized.onnx"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let all = [("onnx/model.onnx", ""), ("config.json", "{}"), ("tokenizer.json", "{}")];
        assert!(directory(&all).1.is_ok());
        for (missing, (name, _)) in all.iter().enumerate() {
            let mut files = all.to_vec();
            files.remove(missing);
            let refusal = directory(&files).1.unwrap_err();
            assert_eq!(refusal.code, "missing_file");
            assert!(refusal.message.contains(name), "{}", refusal.message);
        }
    }

    #[test]
    fn broken_json_is_refused_with_its_path() {
        let (_folder, read) = directory(&[
            ("onnx/model.onnx", ""),
            ("config.json", "{\"a\": "),
            ("tokenizer.json", "{}"),
        ]);
        let refusal = read.unwrap_err();
        assert_eq!(refusal.code, "bad_config");
        assert!(refusal.message.contains("config.json"), "{}", refusal.message);
    }

    #[test]
    fn a_graph_outside_the_directory_is_not_followed() {
        let config = json!({"model": {"decoder": {"filename": "../secret.onnx"}}}).to_string();
        let (_folder, read) =
            directory(&[("genai_config.json", &config), ("tokenizer.json", "{}")]);
        assert_eq!(read.unwrap_err().code, "bad_config");
    }

    #[test]
    fn end_tokens_are_read_as_a_number_and_as_a_list() {
        let (_folder, read) = directory(&[
            ("onnx/model.onnx", ""),
            ("config.json", r#"{"eos_token_id": 7}"#),
            ("generation_config.json", r#"{"eos_token_id": [9, 3, 7]}"#),
            ("tokenizer.json", "{}"),
        ]);
        assert_eq!(read.unwrap().ends(), [3, 7, 9]);
    }

    #[test]
    fn the_context_is_the_smaller_of_both_limits() {
        let (_folder, read) = directory(&[
            ("model.onnx", ""),
            ("genai_config.json", r#"{"model": {"context_length": 512}}"#),
            ("config.json", r#"{"max_position_embeddings": 300}"#),
            ("tokenizer.json", "{}"),
        ]);
        assert_eq!(read.unwrap().context_limit(), Some(300));
    }
}
