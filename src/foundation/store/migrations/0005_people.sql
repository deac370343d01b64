-- People, and what is known of them. A profile has one row for each person and field, which its owner changes. What others say of
-- somebody is kept apart, as theirs, and changes nothing.
--
-- There are no foreign keys, because records that a restore kept aside are taken in one by one, in any order. That nothing is left of
-- somebody who was erased is held by the triggers below, whatever writes.
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    -- A short name: what documents' readers, tokens and commands name a person by.
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- When an operator attested on the machine that they are of age; nothing if nobody did.
    attested_adult INTEGER,
    attested_by TEXT
) STRICT;

CREATE TABLE profile_field (
    person TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    visibility TEXT NOT NULL,
    confidence TEXT NOT NULL,
    source TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    PRIMARY KEY (person, field)
) STRICT;

-- The key is all that was said and by whom: to say it again changes nothing.
CREATE TABLE claim (
    about TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    supplied_by TEXT NOT NULL,
    visibility TEXT NOT NULL,
    confidence TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (about, field, supplied_by, value)
) STRICT;

CREATE INDEX claim_supplied_by ON claim (supplied_by);

-- A template that a voice is compared with; never a recording.
CREATE TABLE voiceprint (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    -- The model that made it; templates of different models are not compared.
    model TEXT NOT NULL,
    vector BLOB NOT NULL,
    -- In thousandths.
    confidence INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX voiceprint_person ON voiceprint (person);

-- Whom a token belongs to; nothing if to nobody in particular.
ALTER TABLE token ADD COLUMN person TEXT;

-- Who was erased: an id, which stands for nobody any more.
CREATE TABLE person_erased (
    person TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;

-- Whoever is entered here is gone, also where a restored backup still has them.
CREATE TRIGGER person_is_erased AFTER INSERT ON person_erased BEGIN
    DELETE FROM profile_field WHERE person = NEW.person;
    DELETE FROM claim WHERE about = NEW.person OR supplied_by = NEW.person;
    DELETE FROM voiceprint WHERE person = NEW.person;
    UPDATE token SET person = NULL WHERE person = NEW.person;
    DELETE FROM person WHERE id = NEW.person;
END;

-- And nobody writes them back, such as from a file of records of before.
CREATE TRIGGER person_stays_erased BEFORE INSERT ON person
WHEN EXISTS (SELECT 1 FROM person_erased WHERE person = NEW.id) BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER profile_field_stays_erased BEFORE INSERT ON profile_field
WHEN EXISTS (SELECT 1 FROM person_erased WHERE person = NEW.person) BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER claim_stays_erased BEFORE INSERT ON claim
WHEN EXISTS (SELECT 1 FROM person_erased WHERE person IN (NEW.about, NEW.supplied_by)) BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER voiceprint_stays_erased BEFORE INSERT ON voiceprint
WHEN EXISTS (SELECT 1 FROM person_erased WHERE person = NEW.person) BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER token_forgets_the_erased AFTER INSERT ON token
WHEN EXISTS (SELECT 1 FROM person_erased WHERE person = NEW.person) BEGIN
    UPDATE token SET person = NULL WHERE id = NEW.id;
END;
