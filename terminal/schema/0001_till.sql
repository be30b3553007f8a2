-- What a till remembers beside book and chain: answers by operation, slips with the steps of their printing, HQ's word.

-- What the answer and the slip of a movement say beside its record; all the rest of both is read from the record.
-- `fingerprint`: a request whole; `content`: what stands behind a POS's number, whoever asks and however often.
CREATE TABLE slips (
    number      INTEGER NOT NULL PRIMARY KEY,
    account     TEXT    NOT NULL,
    keeper      TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    made_at_ms  INTEGER NOT NULL,
    local_time  TEXT    NOT NULL,
    hq          BLOB    NOT NULL,
    fingerprint BLOB    NOT NULL,
    kind        TEXT    NOT NULL,
    pos_ref     TEXT,
    content     BLOB    CHECK ((content IS NULL) = (pos_ref IS NULL)),
    FOREIGN KEY (keeper, epoch, sequence) REFERENCES records
) STRICT;
CREATE INDEX slips_by_account ON slips (account);

-- A POS's number names one movement of a kind. A declined one leaves it free.
CREATE UNIQUE INDEX slips_by_pos_ref ON slips (pos_ref, kind) WHERE pos_ref IS NOT NULL;

-- Operations that moved nothing: declined, with the answer; or asked under the number of a movement that was there, with its slip.
CREATE TABLE operations (
    operation_id TEXT    NOT NULL PRIMARY KEY,
    pos_ref      TEXT,
    fingerprint  BLOB    NOT NULL,
    answer       BLOB,
    slip         INTEGER REFERENCES slips,
    CHECK ((answer IS NULL) <> (slip IS NULL))
) STRICT;
CREATE INDEX operations_declined_by_pos_ref ON operations (pos_ref) WHERE pos_ref IS NOT NULL AND answer IS NOT NULL;

CREATE TABLE slip_steps (
    number  INTEGER NOT NULL REFERENCES slips,
    run     INTEGER NOT NULL CHECK (run >= 1),
    step    TEXT    NOT NULL,
    reasons TEXT    NOT NULL,
    PRIMARY KEY (number, run, step)
) STRICT, WITHOUT ROWID;

-- The run that a slip is in and where it stands: kept, so that what waits is found without reading every slip.
-- Slips behind the last one here are as they were made: run 1, created, and no step of theirs was taken.
CREATE TABLE slip_states (
    number  INTEGER NOT NULL PRIMARY KEY REFERENCES slips,
    run     INTEGER NOT NULL,
    state   TEXT    NOT NULL,
    reasons TEXT    NOT NULL
) STRICT;
CREATE INDEX slips_that_wait ON slip_states (number) WHERE state NOT IN ('printed', 'settled');

-- HQ's word as it was signed: the last acknowledgement, and the one that went furthest, which proves what HQ has had.
CREATE TABLE acknowledgements (
    which     TEXT NOT NULL PRIMARY KEY CHECK (which IN ('last', 'furthest')),
    content   BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- When HQ was last heard, and the highest of its epochs that was heard of. One row.
CREATE TABLE hq (
    one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    hq_epoch    INTEGER NOT NULL,
    heard_at_ms INTEGER NOT NULL
) STRICT;

-- HQ's directives as they were carried out. The record that says so, in the same commit, holds the directive itself.
CREATE TABLE orders (
    hq_epoch INTEGER NOT NULL,
    number   INTEGER NOT NULL CHECK (number >= 1),
    kind     TEXT    NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (hq_epoch, number)
) STRICT, WITHOUT ROWID;

-- The negative list, whole: cards that were lost or stolen, by their tokens.
CREATE TABLE blocked_cards (
    card TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER operations_are_kept BEFORE DELETE ON operations BEGIN SELECT raise(ABORT, 'operations are append-only'); END;
CREATE TRIGGER operations_are_fixed BEFORE UPDATE ON operations BEGIN SELECT raise(ABORT, 'operations are append-only'); END;
CREATE TRIGGER slips_are_kept BEFORE DELETE ON slips BEGIN SELECT raise(ABORT, 'slips are append-only'); END;
CREATE TRIGGER slips_are_fixed BEFORE UPDATE ON slips BEGIN SELECT raise(ABORT, 'slips are append-only'); END;
CREATE TRIGGER slip_steps_are_kept BEFORE DELETE ON slip_steps BEGIN SELECT raise(ABORT, 'slip steps are append-only'); END;
CREATE TRIGGER slip_steps_are_fixed BEFORE UPDATE ON slip_steps BEGIN SELECT raise(ABORT, 'slip steps are append-only'); END;
CREATE TRIGGER orders_are_kept BEFORE DELETE ON orders BEGIN SELECT raise(ABORT, 'orders are append-only'); END;
CREATE TRIGGER orders_are_fixed BEFORE UPDATE ON orders BEGIN SELECT raise(ABORT, 'orders are append-only'); END;
