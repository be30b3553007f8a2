-- HQ's epochs from the second on: why it was begun, and until when nothing was given out. `agreed_by`: who would end it though keepers are silent.
CREATE TABLE recoveries (
    hq_epoch    INTEGER NOT NULL PRIMARY KEY,
    why         TEXT    NOT NULL,
    began_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    agreed_by   TEXT
) STRICT, WITHOUT ROWID;

-- Directives that HQ had lost and their keepers have handed back. HQ may have given another under the same number since.
CREATE TABLE readopted (
    hash     BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    hq_epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last of HQ's lost words on a card, or on how a store is run or led, by the number of the directive that said it.
CREATE TABLE last_words (
    about    TEXT    NOT NULL PRIMARY KEY,
    hq_epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX readopted_by_record ON readopted (hq_epoch, sequence);

CREATE TRIGGER recoveries_are_kept BEFORE DELETE ON recoveries BEGIN SELECT raise(ABORT, 'recoveries are append-only'); END;
CREATE TRIGGER readopted_are_kept BEFORE DELETE ON readopted BEGIN SELECT raise(ABORT, 'readopted directives are append-only'); END;
CREATE TRIGGER readopted_are_fixed BEFORE UPDATE ON readopted BEGIN SELECT raise(ABORT, 'readopted directives are append-only'); END;
