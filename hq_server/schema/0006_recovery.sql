-- HQ's epochs from the second on: why it was begun, and until when nothing was given out. `agreed_by`: who would end it though keepers are silent.
CREATE TABLE recoveries (
    hq_epoch    INTEGER NOT NULL PRIMARY KEY,
    why         TEXT    NOT NULL,
    began_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    agreed_by   TEXT
) STRICT, WITHOUT ROWID;

-- Directives that HQ had lost, by their hash: their keepers have handed them back, and HQ stands by them since its epoch `by_epoch`.
CREATE TABLE readopted (
    hash     BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    by_epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- HQ's last word on a card, or on how a store is run or led, by where it stands in HQ's chain; `to_say`: it was lost, and not all keepers know it.
CREATE TABLE last_words (
    about    TEXT    NOT NULL PRIMARY KEY,
    hq_epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    to_say   INTEGER NOT NULL CHECK (to_say IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The last directive that each keeper has carried out, as far as it is posted, and one that HQ has given or stands by.
CREATE TABLE carried_out (
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    hq_epoch INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER recoveries_are_kept BEFORE DELETE ON recoveries BEGIN SELECT raise(ABORT, 'recoveries are append-only'); END;
CREATE TRIGGER readopted_are_kept BEFORE DELETE ON readopted BEGIN SELECT raise(ABORT, 'readopted directives are append-only'); END;
CREATE TRIGGER readopted_are_fixed BEFORE UPDATE ON readopted BEGIN SELECT raise(ABORT, 'readopted directives are append-only'); END;
