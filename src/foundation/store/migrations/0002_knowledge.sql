-- A document is what `learn` was given. `readers` is who may see it: 'everyone', or the name of one person.
-- `cut` says how it was cut into passages: another way of cutting makes it be learned again.
CREATE TABLE document (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    root TEXT NOT NULL,
    title TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    cut TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    readers TEXT NOT NULL DEFAULT 'everyone',
    learned_at INTEGER NOT NULL
) STRICT;

CREATE INDEX document_root ON document (root);

-- A passage is a stretch of a document. Offsets are bytes into the document's text; pages count from 1 where there are any.
-- `embedding` says how far its vector is: 'pending' until an embedding model has seen it.
CREATE TABLE passage (
    id INTEGER PRIMARY KEY,
    document_id INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    heading TEXT NOT NULL,
    page INTEGER,
    start_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    text TEXT NOT NULL,
    embedding TEXT NOT NULL DEFAULT 'pending' CHECK (embedding IN ('pending', 'done')),
    UNIQUE (document_id, ordinal)
) STRICT;

-- Words are stemmed (Porter) and stripped of diacritics, in the index and in questions alike.
CREATE VIRTUAL TABLE passage_text USING fts5 (
    title, heading, text,
    content = '',
    contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2'
);
