//! `ladylinux token`: access tokens, made, listed and revoked on the machine itself.

use super::{Common, duration, exit::Exit, exit::Outcome, out};
use crate::api::tokens::{self, NewToken, Scope};
use crate::foundation::values::time;
use crate::people::Person;
use clap::{Args, Subcommand};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

/// The arguments of `token`.
#[derive(Debug, Args)]
pub(super) struct Token {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a token and show it, once
    Create {
        /// Who or what it is for
        #[arg(long)]
        name: String,
        /// What it allows: chat, intake, export, admin, satellite or node; repeatable
        #[arg(long = "scope", required = true, value_delimiter = ',')]
        scopes: Vec<Scope>,
        /// When it ends, such as 12h or 30d; never if not given
        #[arg(long, value_parser = duration::parse)]
        expires: Option<Duration>,
        /// Whose it is, by their short name: one hint at who is speaking, and what they say of themselves is checked against it
        #[arg(long, value_name = "NAME")]
        person: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the tokens, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a token's rights away; a running node refuses it from the next request on
    Revoke {
        /// Its id, as `token list` shows it
        id: String,
    },
}

impl Token {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let store = super::open_store(&settings.paths)?;
        super::block_on(async {
            match &self.verb {
                Verb::Create { name, scopes, expires, person, json } => {
                    let scopes: BTreeSet<_> = scopes.iter().copied().collect();
                    let whose = match person {
                        Some(name) => Some(super::person::named(&store, name).await?),
                        None => None,
                    };
                    let mut new =
                        tokens::create(&store, name, scopes, time::now(), *expires).await?;
                    if let Some(person) = whose {
                        super::person::link(&store, &new.token.id, person.id).await?;
                        new.token.person = Some(person.id);
                    }
                    if *json { show_json(&new)? } else { show(&new) }
                }
                Verb::List { json } => {
                    let everybody = super::person::everybody(&store).await?;
                    list(tokens::list(&store).await?, &everybody, *json)?;
                }
                Verb::Revoke { id } => {
                    tokens::revoke(&store, id, time::now()).await?;
                    out::note(format!("token {id} is revoked"));
                }
            }
            Ok(Exit::Done)
        })
    }
}

/// Prints the token alone to standard output, so that a script can take it from there.
fn show(new: &NewToken) {
    out::line(new.bearer.expose());
    let end = new.token.expires_at.map_or("never".to_owned(), time::Timestamp::rfc3339);
    out::note(format!(
        "token {} for {} (scopes: {}, expires: {end}). It is shown this once: keep it now.",
        new.token.id,
        new.token.name,
        names(&new.token.scopes)
    ));
}

fn show_json(new: &NewToken) -> anyhow::Result<()> {
    let mut value = serde_json::to_value(&new.token)?;
    value["token"] = json!(new.bearer.expose());
    out::json(&value)
}

fn list(tokens: Vec<tokens::Token>, everybody: &[Person], json: bool) -> anyhow::Result<()> {
    let whose = |token: &tokens::Token| {
        everybody.iter().find(|one| Some(one.id) == token.person).map(|one| &one.name)
    };
    if json {
        let told = tokens.iter().map(|token| {
            let mut value = serde_json::to_value(token)?;
            value["person_name"] = json!(whose(token));
            Ok(value)
        });
        return out::json(&told.collect::<anyhow::Result<Vec<_>>>()?);
    }
    if tokens.is_empty() {
        out::note("there are no tokens: ladylinux token create --name NAME --scope chat");
    }
    for token in tokens {
        let end = token.expires_at.map_or("never".to_owned(), time::Timestamp::rfc3339);
        let made = token.created_at.rfc3339();
        let whose = whose(&token).map_or(String::new(), |name| format!("  of {name}"));
        out::line(format!(
            "{}  {made}  expires {end}  {}  {}{whose}",
            token.id,
            names(&token.scopes),
            token.name
        ));
    }
    Ok(())
}

fn names(scopes: &BTreeSet<Scope>) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(",")
}
