//! How a model wants to be used, read from the files beside it: pooling, prefixes, and how much of a text it reads.

use crate::inference::{
    engines::{files::json, refusal},
    models::{Embedding, Pooling},
    workers::{Refusal, TextRole},
};
use serde_json::Value;
use std::{fmt, path::Path};

/// What an encoder reads if nothing says otherwise, in tokens.
const USUAL_TOKENS: usize = 512;

/// Architectures whose first positions are taken by padding, so that they read fewer tokens than they have positions.
const OFFSET: &[&str] = &["roberta", "xlm-roberta", "camembert", "mpnet"];

/// How a model wants to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) architecture: String,
    pub(super) pooling: Pooling,
    /// Tokens it reads of a text, special ones included.
    pub(super) max_tokens: usize,
    query_prefix: String,
    passage_prefix: String,
    lower_case: bool,
    /// The token that fills a batch's shorter texts up.
    pub(super) padding: Option<u32>,
    /// How many tokens its graph knows.
    pub(super) vocabulary: Option<usize>,
    /// What comes after pooling and is not done here, unless the graph does it.
    pub(super) more: Option<String>,
}

/// Says everything that its vectors depend on beside its graph.
impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pooling, max_tokens, query_prefix, passage_prefix, lower_case, .. } = self;
        write!(f, "{} of {max_tokens} tokens", pooling.name())?;
        if *lower_case {
            f.write_str(", in lower case")?;
        }
        for (role, prefix) in [("query", query_prefix), ("passage", passage_prefix)] {
            if !prefix.is_empty() {
                write!(f, ", {role} after {prefix:?}")?;
            }
        }
        Ok(())
    }
}

impl Manner {
    /// Reads a model's folder; where it says nothing, `advice` counts.
    pub(super) fn read(directory: &Path, advice: &Embedding) -> Result<Self, Refusal> {
        let file = |name: &str| json(&directory.join(name));
        let (config, sentence) = (file("config.json")?, file("sentence_bert_config.json")?);
        let prompts = file("config_sentence_transformers.json")?["prompts"].take();
        let prompt = |names: &[&str], otherwise: &str| {
            let said = names.iter().find_map(|name| prompts[*name].as_str());
            said.filter(|said| !said.is_empty()).unwrap_or(otherwise).to_owned()
        };
        let architecture = config["model_type"].as_str().unwrap_or("unknown").to_owned();
        let pad = number(&config["pad_token_id"]);
        let taken = if OFFSET.contains(&architecture.as_str()) { pad.unwrap_or(1) + 1 } else { 0 };
        let positions =
            number(&config["max_position_embeddings"]).map(|all| all.saturating_sub(taken));
        let wanted = number(&sentence["max_seq_length"])
            .or(advice.max_tokens)
            .or(positions)
            .unwrap_or(USUAL_TOKENS);
        Ok(Self {
            architecture,
            pooling: pooling(directory)?.unwrap_or(advice.pooling),
            max_tokens: wanted.min(positions.unwrap_or(usize::MAX)),
            query_prefix: prompt(&["query"], &advice.query_prefix),
            passage_prefix: prompt(&["passage", "document"], &advice.passage_prefix),
            lower_case: sentence["do_lower_case"] == true,
            padding: pad.and_then(|pad| u32::try_from(pad).ok()),
            vocabulary: number(&config["vocab_size"]),
            more: more(&file("modules.json")?),
        })
    }

    /// Returns a text as the model wants to see it.
    pub(super) fn dressed(&self, text: &str, role: TextRole) -> String {
        let prefix = match role {
            TextRole::Plain => "",
            TextRole::Query => &self.query_prefix,
            TextRole::Passage => &self.passage_prefix,
        };
        let dressed = [prefix, text].concat();
        if self.lower_case { dressed.to_lowercase() } else { dressed }
    }
}

/// Returns a module that sentence-transformers runs and that is not known here, such as a dense layer.
fn more(modules: &Value) -> Option<String> {
    let kinds =
        modules.as_array().into_iter().flatten().filter_map(|module| module["type"].as_str());
    let mut names = kinds.map(|kind| kind.rsplit('.').next().unwrap_or(kind));
    names.find(|name| !["Transformer", "Pooling", "Normalize"].contains(name)).map(str::to_owned)
}

/// Reads how sentence-transformers pools, if it says; a way that is not known here would give other vectors.
fn pooling(directory: &Path) -> Result<Option<Pooling>, Refusal> {
    let path = directory.join("1_Pooling/config.json");
    let config = json(&path)?;
    let modes: Vec<&str> = match (config["pooling_mode"].as_str(), config.as_object()) {
        (Some(mode), _) => vec![mode],
        (None, Some(config)) => config
            .iter()
            .filter(|(_, on)| **on == true)
            .filter_map(|(name, _)| name.strip_prefix("pooling_mode_"))
            .collect(),
        (None, None) => return Ok(None),
    };
    match modes.as_slice() {
        ["mean" | "mean_tokens"] => Ok(Some(Pooling::Mean)),
        ["cls" | "cls_token"] => Ok(Some(Pooling::Cls)),
        [] => Ok(None),
        other => Err(refusal(
            "bad_config",
            format!(
                "{} pools tokens by {}, which is not supported: mean and cls are",
                path.display(),
                other.join(" and ")
            ),
        )),
    }
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn manner(files: &[(&str, &str)], advice: &Embedding) -> Result<Manner, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("1_Pooling")).unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        Manner::read(folder.path(), advice)
    }

    #[test]
    fn the_files_of_sentence_transformers_say_how_and_the_manifest_where_they_do_not() {
        let advice = Embedding {
            pooling: Pooling::Cls,
            max_tokens: Some(300),
            query_prefix: "query: ".to_owned(),
            passage_prefix: "passage: ".to_owned(),
        };
        let bert = ("config.json", r#"{"model_type": "bert", "max_position_embeddings": 512}"#);
        let told = manner(&[bert], &advice).unwrap();
        assert_eq!((told.pooling, told.max_tokens), (Pooling::Cls, 300));
        let said = "cls of 300 tokens, query after \"query: \", passage after \"passage: \"";
        assert_eq!(told.to_string(), said);
        assert_eq!(told.dressed("Was?", TextRole::Query), "query: Was?");
        assert_eq!(told.dressed("Das.", TextRole::Passage), "passage: Das.");
        assert_eq!(told.dressed("Was?", TextRole::Plain), "Was?");
        let files = [
            bert,
            (
                "1_Pooling/config.json",
                r#"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#,
            ),
            ("sentence_bert_config.json", r#"{"max_seq_length": 256, "do_lower_case": true}"#),
            (
                "config_sentence_transformers.json",
                r#"{"prompts": {"query": "Q ", "document": "D "}}"#,
            ),
        ];
        let told = manner(&files, &advice).unwrap();
        assert_eq!((told.pooling, told.max_tokens), (Pooling::Mean, 256));
        assert_eq!(told.dressed("Was?", TextRole::Query), "q was?");
        assert_eq!(told.dressed("Das.", TextRole::Passage), "d das.");
    }

    #[test]
    fn a_model_never_reads_beyond_its_positions() {
        let none = Embedding::default();
        let config =
            r#"{"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}"#;
        let told = manner(&[("config.json", config)], &none).unwrap();
        assert_eq!((told.max_tokens, told.padding), (512, Some(1)));
        let wanted = ("sentence_bert_config.json", r#"{"max_seq_length": 4096}"#);
        assert_eq!(manner(&[("config.json", config), wanted], &none).unwrap().max_tokens, 512);
        assert_eq!(manner(&[], &none).unwrap().max_tokens, USUAL_TOKENS);
    }

    #[test]
    fn a_module_that_is_not_known_here_is_noticed() {
        let with = |kind: &str| {
            format!(r#"[{{"type": "sentence_transformers.models.Pooling"}}, {{"type": "{kind}"}}]"#)
        };
        let none = Embedding::default();
        let dense = with("sentence_transformers.models.Dense");
        assert_eq!(
            manner(&[("modules.json", &dense)], &none).unwrap().more.as_deref(),
            Some("Dense")
        );
        let usual = with("sentence_transformers.models.Normalize");
        assert_eq!(manner(&[("modules.json", &usual)], &none).unwrap().more, None);
    }

    #[test]
    fn another_way_of_pooling_is_refused_by_name() {
        for mode in [
            r#"{"pooling_mode_max_tokens": true}"#,
            r#"{"pooling_mode": "max_tokens"}"#,
            r#"{"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true}"#,
        ] {
            let refused =
                manner(&[("1_Pooling/config.json", mode)], &Embedding::default()).unwrap_err();
            assert_eq!(refused.code, "bad_config");
            assert!(refused.message.contains("max_tokens"), "{refused}");
        }
    }
}
