-- Posted sales by the number of the slip, by which another till asks for the right to undo one.
CREATE TABLE originals (
    receipt_number TEXT    NOT NULL PRIMARY KEY,
    keeper         TEXT    NOT NULL,
    epoch          INTEGER NOT NULL,
    sequence       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Posted refunds and voids by the record that they undo. Those that a right tells of, which their keeper has given away since, are gone.
CREATE TABLE undoings (
    original TEXT    NOT NULL,
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (original, keeper, epoch, sequence)
) STRICT, WITHOUT ROWID;

-- Who has the right to undo a sale, of each that ever left its till: HQ, or the till to which HQ has entrusted it. `content` and `signature` are
-- the record by which a till gave it to HQ last, as it was signed.
CREATE TABLE rights (
    original  TEXT    NOT NULL PRIMARY KEY,
    keeper    TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    moves     INTEGER NOT NULL CHECK (moves >= 1),
    content   BLOB    NOT NULL,
    signature BLOB    NOT NULL
) STRICT;

-- What a fetch was answered with: the number of a record of HQ's chain. A fetch that comes again gets the same, unless its till can't carry it out
-- any more.
CREATE TABLE fetches (
    keeper       TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    operation_id TEXT    NOT NULL,
    hq_epoch     INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, operation_id)
) STRICT, WITHOUT ROWID;

-- The last directive by which HQ has called each right home, and to whom it went.
CREATE TABLE right_calls (
    original TEXT    NOT NULL PRIMARY KEY,
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    hq_epoch INTEGER NOT NULL,
    number   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
