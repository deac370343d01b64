//! `ladylinux config`: shows settings and who set them, prints the defaults, checks what is written.

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::foundation::settings::{DEFAULTS, Effective, Origin};
use clap::{Args, Subcommand};
use serde_json::Value;

/// The arguments of `config`.
#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the settings that somebody set, each with its value, its variable and where it was set
    Print {
        /// Show every setting, the defaults and what is derived too
        #[arg(long)]
        effective: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the defaults, every setting explained: a start for a ladylinux.toml of your own
    Default,
    /// Check everything that is written, and change nothing; exits 2 if something is wrong
    Check,
}

impl Config {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        match self.verb {
            Verb::Print { effective, json } => {
                let mut shown = common.load(&[])?.effective;
                shown.retain(|one| effective || is_set(&one.origin));
                if json {
                    out::json(&shown)?;
                } else {
                    table(&shown);
                }
            }
            Verb::Default => out::line(DEFAULTS.trim_end()),
            Verb::Check => {
                let loaded = common.load(&[])?;
                let set = loaded.effective.iter().filter(|one| is_set(&one.origin)).count();
                out::line(format!(
                    "the settings are fine; {set} of them are set by somebody, which `ladylinux config print` shows"
                ));
            }
        }
        Ok(Exit::Done)
    }
}

fn is_set(origin: &Origin) -> bool {
    !matches!(origin, Origin::Default | Origin::Derived)
}

fn table(shown: &[Effective]) {
    if shown.is_empty() {
        out::note("nothing is set: every setting has its default (--effective shows them)");
        return;
    }
    let values: Vec<String> = shown.iter().map(|one| text(&one.value)).collect();
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let keys = longest(&mut shown.iter().map(|one| one.key.len()));
    // One long path must not push everything else off the screen.
    let width = longest(&mut values.iter().map(|value| value.chars().count())).min(40);
    let names = longest(&mut shown.iter().map(|one| one.env.len()));
    for (one, value) in shown.iter().zip(&values) {
        let line = format!("{:keys$}  {:names$}  {value:width$}  {}", one.key, one.env, one.origin);
        out::line(line.trim_end());
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}
