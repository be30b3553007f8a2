-- The book: what moved (entries, append-only) and what therefore lies where (slices).
-- A place is its keeper: the legs of a record lie where the record was made.

CREATE TABLE transactions (
    keeper        TEXT    NOT NULL,
    epoch         INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    operation_id  TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    PRIMARY KEY (keeper, epoch, sequence),
    UNIQUE (keeper, operation_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lots (
    account    TEXT NOT NULL,
    purse      TEXT NOT NULL,
    lot        TEXT NOT NULL,
    store      TEXT NOT NULL,
    opened_on  TEXT NOT NULL,
    expires_on TEXT,
    PRIMARY KEY (account, purse, lot)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    account  TEXT    NOT NULL,
    purse    TEXT    NOT NULL,
    lot      TEXT    NOT NULL,
    side     TEXT    NOT NULL,
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    units    INTEGER NOT NULL CHECK (units <> 0),
    PRIMARY KEY (account, purse, lot, side, keeper, epoch, sequence),
    FOREIGN KEY (account, purse, lot) REFERENCES lots,
    FOREIGN KEY (keeper, epoch, sequence) REFERENCES transactions
) STRICT, WITHOUT ROWID;

-- The sum of the held entries per place and epoch of its keeper (what a lost till held is not what its successor holds), kept so that a sale need not add up years. A slice that reaches zero is deleted.
CREATE TABLE slices (
    account TEXT    NOT NULL,
    purse   TEXT    NOT NULL,
    lot     TEXT    NOT NULL,
    place   TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    units   INTEGER NOT NULL CHECK (units > 0),
    PRIMARY KEY (account, purse, lot, place, epoch),
    FOREIGN KEY (account, purse, lot) REFERENCES lots
) STRICT, WITHOUT ROWID;

CREATE TRIGGER transactions_are_kept BEFORE DELETE ON transactions BEGIN SELECT raise(ABORT, 'transactions are append-only'); END;
CREATE TRIGGER transactions_are_fixed BEFORE UPDATE ON transactions BEGIN SELECT raise(ABORT, 'transactions are append-only'); END;
CREATE TRIGGER lots_are_kept BEFORE DELETE ON lots BEGIN SELECT raise(ABORT, 'lots are append-only'); END;
CREATE TRIGGER lots_are_fixed BEFORE UPDATE ON lots BEGIN SELECT raise(ABORT, 'lots are append-only'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries BEGIN SELECT raise(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_are_fixed BEFORE UPDATE ON entries BEGIN SELECT raise(ABORT, 'entries are append-only'); END;
