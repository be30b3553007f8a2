-- What a till remembers beside book and chain: answers by operation, slips with the steps of their printing, HQ's word.

-- `fingerprint`: a request whole; `content`: what stands behind a POS's number, whoever asks and however often.
CREATE TABLE operations (
    operation_id TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    pos_ref      TEXT,
    done         INTEGER NOT NULL CHECK (done IN (0, 1)),
    content      BLOB    NOT NULL,
    fingerprint  BLOB    NOT NULL,
    answer       BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- A POS's number names one done movement of a kind. A declined one leaves it free.
CREATE UNIQUE INDEX operations_done_by_pos_ref ON operations (pos_ref, kind) WHERE pos_ref IS NOT NULL AND done = 1;
CREATE INDEX operations_by_pos_ref ON operations (pos_ref) WHERE pos_ref IS NOT NULL;

CREATE TABLE slips (
    number     INTEGER NOT NULL PRIMARY KEY,
    made_at_ms INTEGER NOT NULL,
    slip       BLOB    NOT NULL
) STRICT;

CREATE TABLE slip_steps (
    number  INTEGER NOT NULL REFERENCES slips,
    run     INTEGER NOT NULL CHECK (run >= 1),
    step    TEXT    NOT NULL,
    reasons TEXT    NOT NULL,
    PRIMARY KEY (number, run, step)
) STRICT, WITHOUT ROWID;

-- The run that a slip is in and where it stands: kept, so that what waits is found without reading every slip.
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
