-- What a passage's vector is like is known by the index it is in, and no longer by the passage.
ALTER TABLE passage DROP COLUMN embedding;

-- An index holds the vectors that one model made. At most one serves; another may be in the making, and takes its place when it
-- is complete. Numbers are never used again: the table passage_near_<id>, which goes with an index, has its number as its name.
CREATE TABLE vector_index (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    digest BLOB NOT NULL,
    dimensions INTEGER NOT NULL,
    serves INTEGER NOT NULL DEFAULT 0 CHECK (serves IN (0, 1)),
    begun_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_serves ON vector_index (serves) WHERE serves = 1;

-- The vector of a passage, as whole numbers from -127 to 127 in one byte each; empty if the model made none of it.
CREATE TABLE passage_vector (
    index_id INTEGER NOT NULL REFERENCES vector_index (id) ON DELETE CASCADE,
    passage_id INTEGER NOT NULL REFERENCES passage (id) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    PRIMARY KEY (index_id, passage_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX passage_vector_passage ON passage_vector (passage_id);

-- Numbers for what stands in document.readers, to filter by within passage_near_<id>.
CREATE TABLE audience (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    readers TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO audience (id, readers) VALUES (1, 'everyone');
