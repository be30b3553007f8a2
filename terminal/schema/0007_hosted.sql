-- What a hosted store's till has asked its place at HQ for: the record that says so, and the one that says what came of
-- it; until that is there nobody here knows. `content`: what stands behind a POS's number, as with slips.
CREATE TABLE asks (
    operation_id TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    pos_ref      TEXT,
    fingerprint  BLOB    NOT NULL,
    content      BLOB    NOT NULL,
    sequence     INTEGER NOT NULL,
    told         INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX asks_open ON asks (sequence) WHERE told IS NULL;

-- Slips of movements at the place at HQ: the number by which that one calls them, and ours for the paper.
CREATE TABLE hosted_slips (
    receipt_number TEXT    NOT NULL PRIMARY KEY,
    number         INTEGER NOT NULL UNIQUE REFERENCES slips
) STRICT, WITHOUT ROWID;

CREATE TRIGGER asks_are_kept BEFORE DELETE ON asks BEGIN SELECT raise(ABORT, 'asks are append-only'); END;
CREATE TRIGGER asks_are_told_once BEFORE UPDATE ON asks
    WHEN old.told IS NOT NULL OR new.told IS NULL OR new.sequence <> old.sequence OR new.fingerprint <> old.fingerprint
    BEGIN SELECT raise(ABORT, 'asks are told of once'); END;
CREATE TRIGGER hosted_slips_are_kept BEFORE DELETE ON hosted_slips BEGIN SELECT raise(ABORT, 'hosted_slips are append-only'); END;
CREATE TRIGGER hosted_slips_are_fixed BEFORE UPDATE ON hosted_slips BEGIN SELECT raise(ABORT, 'hosted_slips are append-only'); END;
