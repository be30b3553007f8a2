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

-- Slips of movements at the place at HQ: how that one calls them, and their number in this book, from 1 << 40 on.
-- `..._after`: what the movement left within reach, as far as HQ had said what lies where.
CREATE TABLE hosted_slips (
    receipt_number  TEXT    NOT NULL PRIMARY KEY,
    number          INTEGER NOT NULL UNIQUE REFERENCES slips CHECK (number >= 1 << 40),
    principal_after INTEGER,
    bonus_after     INTEGER,
    points_after    INTEGER,
    CHECK ((principal_after IS NULL) = (bonus_after IS NULL) AND (principal_after IS NULL) = (points_after IS NULL))
) STRICT, WITHOUT ROWID;

-- What HQ last said of who has what where, anew: it knows what has moved up to this record of the till's place there.
DROP TABLE remembered_shares;
CREATE TABLE remembered_shares (
    account         TEXT    NOT NULL PRIMARY KEY,
    at_ms           INTEGER NOT NULL CHECK (at_ms >= 0),
    shares          BLOB    NOT NULL,
    seen            INTEGER NOT NULL,
    hosted_epoch    INTEGER NOT NULL,
    hosted_sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX remembered_shares_by_seen ON remembered_shares (seen);

-- A member's movements in their order: with two runs of numbers these no longer tell it.
DROP INDEX slips_by_account;
CREATE INDEX slips_by_account ON slips (account, sequence);

CREATE TRIGGER asks_are_kept BEFORE DELETE ON asks BEGIN SELECT raise(ABORT, 'asks are append-only'); END;
CREATE TRIGGER asks_are_told_once BEFORE UPDATE ON asks
    WHEN old.told IS NOT NULL OR new.told IS NULL OR (new.operation_id, new.kind, new.fingerprint, new.content, new.sequence)
    <> (old.operation_id, old.kind, old.fingerprint, old.content, old.sequence) OR new.pos_ref IS NOT old.pos_ref
    BEGIN SELECT raise(ABORT, 'asks are told of once'); END;
CREATE TRIGGER hosted_slips_are_kept BEFORE DELETE ON hosted_slips BEGIN SELECT raise(ABORT, 'hosted_slips are append-only'); END;
CREATE TRIGGER hosted_slips_are_fixed BEFORE UPDATE ON hosted_slips BEGIN SELECT raise(ABORT, 'hosted_slips are append-only'); END;
