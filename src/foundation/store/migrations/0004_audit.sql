-- What was decided, about whom and why; no content. Rows are added and never changed: each holds the hash of the one before it in its
-- chain, and of itself. A chain begins with each process that writes, after the newest row that there was, so that what a restore
-- kept aside can be taken in beside what was written since.
CREATE TABLE audit (
    chain TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    person TEXT,
    about TEXT,
    record TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    PRIMARY KEY (chain, seq)
) STRICT;

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_person ON audit (person, at);
CREATE INDEX audit_about ON audit (about);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit records are never changed');
END;

CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit records are never deleted');
END;
