//! Tokens in the database.

use super::{ID_BYTES, NewToken, PREFIX, Presented, SECRET_BYTES, Scope, Token};
use crate::foundation::{
    store::{
        Store, StoreError,
        sql::{self, OptionalExtension, Row, params},
    },
    values::{Redacted, Sha256, time::Timestamp},
};
use std::{collections::BTreeSet, time::Duration};
use subtle::ConstantTimeEq;

/// Why a token was not made or not revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is empty or too long to be listed.
    #[error("a token needs a name of 1 to 100 characters that says who or what it is for")]
    Name,
    /// A token that may do nothing is of no use.
    #[error("a token needs at least one scope: chat, intake, export, admin, satellite or node")]
    NoScope,
    /// Nobody has this token.
    #[error("there is no token {0}: `ladylinux token list` shows the ids")]
    Unknown(String),
    /// The system hands out no random bytes.
    #[error("cannot get random bytes from the system ({0})")]
    Random(getrandom::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sql::Error> for TokenError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Makes a token, which belongs to nobody in particular yet, and remembers it without its secret.
pub async fn create(
    store: &Store,
    name: &str,
    scopes: BTreeSet<Scope>,
    now: Timestamp,
    lifetime: Option<Duration>,
) -> Result<NewToken, TokenError> {
    if name.trim().is_empty() || name.chars().count() > 100 {
        return Err(TokenError::Name);
    }
    if scopes.is_empty() {
        return Err(TokenError::NoScope);
    }
    let (id, secret) = (random::<ID_BYTES>()?, random::<SECRET_BYTES>()?);
    let bearer = Redacted(format!("{PREFIX}{id}_{secret}"));
    let expires_at = lifetime.map(|lifetime| {
        let millis = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
        Timestamp(now.0.saturating_add(millis))
    });
    let token = Token {
        id,
        name: name.trim().to_owned(),
        scopes,
        created_at: now,
        expires_at,
        person: None,
    };
    let (row, digest) = (token.clone(), Sha256::of(&secret));
    let insert = "INSERT INTO token (id, name, secret_sha256, scopes, created_at, expires_at)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    store
        .write(move |transaction| {
            let names: Vec<_> = row.scopes.iter().map(|scope| scope.name()).collect();
            let expires_at = row.expires_at.map(|moment| moment.0);
            transaction.execute(
                insert,
                params![
                    row.id,
                    row.name,
                    digest.as_bytes(),
                    names.join(" "),
                    row.created_at.0,
                    expires_at
                ],
            )?;
            Ok::<_, TokenError>(())
        })
        .await?;
    Ok(NewToken { token, bearer })
}

/// Returns every token that was not revoked, oldest first.
pub async fn list(store: &Store) -> Result<Vec<Token>, TokenError> {
    store
        .read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, name, scopes, created_at, expires_at, person FROM token
                 WHERE id NOT IN (SELECT token_id FROM token_revocation) ORDER BY created_at, id",
            )?;
            let tokens = query.query_map([], read)?.collect::<sql::Result<_>>()?;
            Ok(tokens)
        })
        .await
}

/// Takes a token's rights away; requests that come after this returns are refused.
pub async fn revoke(store: &Store, id: &str, now: Timestamp) -> Result<(), TokenError> {
    let id = id.to_owned();
    store
        .write(move |transaction| {
            let revoked = transaction.execute(
                "INSERT INTO token_revocation (token_id, secret_sha256, revoked_at)
                 SELECT id, secret_sha256, ?2 FROM token WHERE id = ?1",
                params![id, now.0],
            )?;
            let deleted = transaction.execute("DELETE FROM token WHERE id = ?1", params![id])?;
            if revoked + deleted == 0 { Err(TokenError::Unknown(id)) } else { Ok(()) }
        })
        .await
}

/// Returns the token that `bearer` is, unless it is unknown, revoked or over.
pub(in crate::api) async fn verify(
    store: &Store,
    bearer: &str,
    now: Timestamp,
) -> Result<Option<Token>, TokenError> {
    let Some(Presented { id, secret }) = Presented::parse(bearer) else { return Ok(None) };
    let (id, digest) = (id.to_owned(), Sha256::of(secret));
    store
        .read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, name, scopes, created_at, expires_at, person, secret_sha256 FROM token
                 WHERE id = ?1 AND id NOT IN (SELECT token_id FROM token_revocation)",
            )?;
            let found = query
                .query_row(params![id], |row| Ok((read(row)?, row.get::<_, Vec<u8>>(6)?)))
                .optional()?;
            Ok(found.and_then(|(token, stored)| {
                let same = bool::from(stored.ct_eq(digest.as_bytes()));
                let over = token.expires_at.is_some_and(|end| end <= now);
                (same && !over).then_some(token)
            }))
        })
        .await
}

fn read(row: &Row<'_>) -> sql::Result<Token> {
    let scopes: String = row.get(2)?;
    Ok(Token {
        id: row.get(0)?,
        name: row.get(1)?,
        // A scope that a later release wrote means nothing to this one, and grants nothing.
        scopes: scopes.split(' ').filter_map(|name| name.parse().ok()).collect(),
        created_at: Timestamp(row.get(3)?),
        expires_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
        person: row.get::<_, Option<String>>(5)?.and_then(|person| person.parse().ok()),
    })
}

fn random<const BYTES: usize>() -> Result<String, TokenError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(TokenError::Random)?;
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(digit);
    Ok(digits.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::store;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn opened() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ladylinux.db");
        store::migrate(&path).unwrap();
        (directory, Store::open(&path).unwrap())
    }

    async fn chat(store: &Store, lifetime: Option<Duration>) -> NewToken {
        create(store, "a friend", [Scope::Chat].into(), NOW, lifetime).await.unwrap()
    }

    #[tokio::test]
    async fn a_token_lets_its_bearer_in_and_no_other_secret_does() {
        let (_directory, store) = opened();
        let made = chat(&store, None).await;
        let bearer = made.bearer.expose();
        assert_eq!(verify(&store, bearer, NOW).await.unwrap(), Some(made.token.clone()));
        let last = if bearer.ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{last}", &bearer[..bearer.len() - 1]);
        assert_eq!(verify(&store, &forged, NOW).await.unwrap(), None);
        assert_eq!(verify(&store, "Bearer of nothing", NOW).await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_expired_token_is_refused_from_its_last_moment_on() {
        let (_directory, store) = opened();
        let made = chat(&store, Some(Duration::from_secs(1))).await;
        let at = |millis| Timestamp(NOW.0 + millis);
        assert!(verify(&store, made.bearer.expose(), at(999)).await.unwrap().is_some());
        assert!(verify(&store, made.bearer.expose(), at(1000)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_revoked_token_is_refused_at_once_and_cannot_be_brought_back_by_its_row() {
        let (_directory, store) = opened();
        let made = chat(&store, None).await;
        let id = made.token.id.clone();
        revoke(&store, &id, NOW).await.unwrap();
        assert!(verify(&store, made.bearer.expose(), NOW).await.unwrap().is_none());
        assert!(list(&store).await.unwrap().is_empty());
        assert!(matches!(revoke(&store, &id, NOW).await, Err(TokenError::Unknown(_))));
        // A restored backup has the row again; the revocation outlives it.
        let secret = made.bearer.expose().rsplit('_').next().unwrap().to_owned();
        let row = id.clone();
        let restored = store.write(move |transaction| {
            let digest = Sha256::of(&secret);
            transaction.execute(
                "INSERT INTO token VALUES (?1, 'a friend', ?2, 'chat', 0, NULL, NULL)",
                params![row, digest.as_bytes()],
            )?;
            Ok::<_, TokenError>(())
        });
        restored.await.unwrap();
        assert!(verify(&store, made.bearer.expose(), NOW).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_secret_is_nowhere_in_the_database() {
        let (directory, store) = opened();
        let made = chat(&store, None).await;
        let secret = made.bearer.expose().rsplit('_').next().unwrap().to_owned();
        // While it is open, for closing it removes its files in its own time.
        for file in std::fs::read_dir(directory.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
        assert!(!format!("{made:?}").contains(&secret));
    }

    #[tokio::test]
    async fn a_token_without_a_name_or_scope_is_not_made() {
        let (_directory, store) = opened();
        let nameless = create(&store, "  ", [Scope::Chat].into(), NOW, None).await;
        assert!(matches!(nameless, Err(TokenError::Name)));
        let powerless = create(&store, "x", BTreeSet::new(), NOW, None).await;
        assert!(matches!(powerless, Err(TokenError::NoScope)));
    }
}
