-- A token is stored as the SHA-256 of its secret; the secret itself is shown once and kept nowhere.
CREATE TABLE token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

-- A revocation outlives its token, so that a restored backup cannot bring a revoked one back.
CREATE TABLE token_revocation (
    token_id TEXT PRIMARY KEY,
    secret_sha256 BLOB NOT NULL,
    revoked_at INTEGER NOT NULL
) STRICT;
