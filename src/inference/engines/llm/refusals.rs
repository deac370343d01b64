//! Proves that a model directory with a fault is refused with what a person needs to mend it.

use super::{
    Engine, Flow, Options,
    parity::{ask, fixtures, options},
};
use crate::inference::{engines::copied, workers::Refusal};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// Every directory of `tests/fixtures/bad-models`: the code of its refusal, and words that must be in the message.
const FAULTS: &[(&str, &str, &[&str])] = &[
    ("broken-genai-config", "bad_config", &["genai_config.json", "line 3"]),
    ("broken-template", "bad_template", &["chat template", "line"]),
    ("broken-tokenizer", "foreign_tokenizer", &["tokenizer.json"]),
    ("empty-graph", "unreadable_graph", &["model.onnx", "empty"]),
    ("encoder-graph", "foreign_graph", &["\"logits\"", "last_hidden_state"]),
    ("external-data-outside", "unreadable_graph", &["model.onnx", "../outside.data"]),
    ("float-input-ids", "foreign_graph", &["\"input_ids\"", "float32", "int64"]),
    ("foreign-tokenizer", "foreign_tokenizer", &["1024", "320"]),
    ("gguf", "missing_file", &["tiny-instruct-q4_0.gguf", "GGUF", "onnx/model_quantized.onnx"]),
    ("integer-logits", "foreign_graph", &["\"logits\"", "int64"]),
    ("missing-external-data", "unreadable_graph", &["model.onnx.data", "beside"]),
    ("missing-genai-config", "missing_file", &["genai_config.json"]),
    ("missing-graph", "missing_file", &["model.onnx"]),
    ("missing-past-input", "foreign_graph", &["\"past_key_values.0.value\""]),
    ("missing-present-output", "foreign_graph", &["\"present.0.key\""]),
    ("missing-tokenizer", "missing_file", &["tokenizer.json"]),
    ("no-template", "bad_template", &["base model", "Instruct"]),
    ("pointer-for-graph", "unreadable_graph", &["model.onnx", "Git LFS pointer"]),
    ("safetensors", "missing_file", &["model.safetensors", "onnx/model_quantized.onnx"]),
    ("text-for-graph", "unreadable_graph", &["model.onnx", "web page"]),
    ("truncated-external-data", "unreadable_graph", &["model.onnx"]),
    ("truncated-graph", "unreadable_graph", &["model.onnx"]),
    ("unknown-input", "foreign_graph", &["\"past_conv.0\""]),
    ("unknown-operator", "unreadable_graph", &["FlyingCarpet"]),
    ("window-cache", "foreign_graph", &["sliding_window", "windowed_kv_cache=false"]),
    ("wrong-genai-config", "foreign_graph", &["num_key_value_heads"]),
];

#[test]
fn every_faulty_directory_is_refused_with_what_is_wrong() {
    let folder = fixtures().join("../bad-models");
    for (name, code, words) in FAULTS {
        let refusal = Engine::load(name, &folder.join(name), &options(64)).map(|_| ()).unwrap_err();
        assert_eq!(refusal.code, *code, "{name}: {refusal}");
        for word in *words {
            assert!(refusal.message.contains(word), "{name}: {word:?} is not in {refusal}");
        }
    }
    let tried: BTreeSet<String> = FAULTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let made = entries.filter(|entry| entry.path().is_dir());
    let made: BTreeSet<String> =
        made.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(tried, made);
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let refusal = Engine::load("none", Path::new("/nonexistent/model"), &options(64))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(refusal.code, "missing_file");
    assert!(refusal.message.contains("/nonexistent/model"));
}

/// A copy of a good model directory with one file changed.
fn damaged(change: impl FnOnce(&Path)) -> Refusal {
    let folder = copied(&fixtures().join("qwen2/genai"));
    change(folder.path());
    Engine::load("damaged", folder.path(), &options(64)).map(|_| ()).unwrap_err()
}

#[test]
fn a_file_that_is_no_graph_is_refused() {
    for content in [&b""[..], b"GGUF\x03\0\0\0", b"<!doctype html>"] {
        let refusal = damaged(|folder| fs::write(folder.join("model.onnx"), content).unwrap());
        assert!(
            ["unreadable_graph", "foreign_graph"].contains(&refusal.code.as_str()),
            "{refusal}"
        );
    }
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let refusal = damaged(|folder| {
        let path = folder.join("tokenizer.json");
        let text = fs::read_to_string(&path).unwrap();
        let mut tokenizer: Value = serde_json::from_str(&text).unwrap();
        for number in 0..200 {
            tokenizer["model"]["vocab"][format!("word{number}")] = (1000 + number).into();
        }
        fs::write(&path, tokenizer.to_string()).unwrap();
    });
    assert_eq!(refusal.code, "foreign_tokenizer", "{refusal}");
}

#[test]
fn a_configuration_of_another_model_is_refused() {
    let refusal = damaged(|folder| {
        let path = folder.join("genai_config.json");
        let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        config["model"]["decoder"]["head_size"] = 7.into();
        fs::write(&path, config.to_string()).unwrap();
    });
    assert_eq!(refusal.code, "foreign_graph", "{refusal}");
}

#[test]
fn of_several_graphs_the_chosen_one_is_loaded() {
    let folder = copied(&fixtures().join("llama/transformersjs"));
    let good = folder.path().join("onnx/model.onnx");
    let damaged = folder.path().join("onnx/model_quantized.onnx");
    fs::write(&damaged, "no graph").unwrap();
    let load = |graph: Option<&Path>| {
        let chosen = Options { graph: graph.map(Path::to_owned), ..options(64) };
        Engine::load("two", folder.path(), &chosen).map(|_| ()).map_err(|refusal| refusal.code)
    };
    assert_eq!(
        load(None),
        Err("unreadable_graph".to_owned()),
        "it is the faster one, if it is one"
    );
    assert_eq!(load(Some(&good)), Ok(()));
    let gone = folder.path().join("onnx/model_q4.onnx");
    assert_eq!(load(Some(&gone)), Err("missing_file".to_owned()));
}

#[test]
fn a_special_token_that_the_graph_does_not_have_is_refused_in_a_prompt() {
    let folder = copied(&fixtures().join("llama/genai"));
    let path = folder.path().join("tokenizer.json");
    let mut tokenizer: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let mut token = tokenizer["added_tokens"][0].clone();
    token["id"] = 320.into();
    token["content"] = "<image>".into();
    tokenizer["added_tokens"].as_array_mut().unwrap().push(token);
    fs::write(&path, tokenizer.to_string()).unwrap();
    let mut engine = Engine::load("sibling", folder.path(), &options(64)).unwrap();
    let mut said = |text: &str| engine.generate(&ask(text, 4), &mut |_| Flow::Continue);
    assert!(said("look").is_ok());
    let refusal = said("look <image>").unwrap_err();
    assert_eq!(refusal.code, "invalid_request");
    assert!(refusal.message.contains("320"), "{refusal}");
}
