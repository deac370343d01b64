//! Access tokens: what a program shows to be let in, and what it may do then.
//!
//! A token is `ll_<id>_<secret>`. The id finds its row; of the secret only the SHA-256 is stored, and it is shown once.
//! Every request looks its token up again, so a revocation counts from the next request on, in every process.

mod store;

pub(super) use store::verify;
pub use store::{TokenError, create, list, revoke};

use crate::foundation::values::{PersonId, Redacted, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// What every token begins with, so that people and secret scanners know one when they see it.
const PREFIX: &str = "ll_";

/// Bytes of the id and of the secret; the secret has 256 bits.
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// What the bearer of a token may do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Ask questions and read what the node says about itself.
    Chat,
    /// Hand in documents.
    Intake,
    /// Fetch what was marked for export.
    Export,
    /// Change the node.
    Admin,
    /// Speak as a satellite.
    Satellite,
    /// Speak as another node.
    Node,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 6] =
        [Self::Chat, Self::Intake, Self::Export, Self::Admin, Self::Satellite, Self::Node];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Intake => "intake",
            Self::Export => "export",
            Self::Admin => "admin",
            Self::Satellite => "satellite",
            Self::Node => "node",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no scope of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no scope {0:?}: use chat, intake, export, admin, satellite or node")]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.name() == name);
        found.ok_or_else(|| UnknownScope(name.to_owned()))
    }
}

/// A token as the node remembers it: everything but its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// What finds it; the middle of the token.
    pub id: String,
    /// Who or what it was made for.
    pub name: String,
    /// What its bearer may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// Whose it is, if it is somebody's in particular: one hint at who is speaking.
    pub person: Option<PersonId>,
}

/// A token at the only moment at which its secret is known.
#[derive(Debug)]
pub struct NewToken {
    /// What the node remembers of it.
    pub token: Token,
    /// The whole token, to be shown once.
    pub bearer: Redacted<String>,
}

/// A token as a request carries it, cut into what finds it and what proves it.
#[derive(Clone, Copy)]
struct Presented<'a> {
    id: &'a str,
    secret: &'a str,
}

impl<'a> Presented<'a> {
    fn parse(bearer: &'a str) -> Option<Self> {
        let (id, secret) = bearer.strip_prefix(PREFIX)?.split_once('_')?;
        let right = id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES;
        right.then_some(Self { id, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_found_by_its_name() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
        }
        assert!("root".parse::<Scope>().unwrap_err().to_string().contains("chat, intake"));
    }

    #[test]
    fn what_is_not_a_token_is_not_cut_into_one() {
        for text in [
            "",
            "ll_",
            "ll_x_y",
            "sk-0123456789",
            &format!("ll_{}_{}", "a".repeat(12), "b".repeat(63)),
        ] {
            assert!(Presented::parse(text).is_none(), "{text}");
        }
        assert!(Presented::parse(&format!("ll_{}_{}", "a".repeat(12), "b".repeat(64))).is_some());
    }
}
