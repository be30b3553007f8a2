-- Who keeps the places of this store and which of them is its lead, as HQ said last: the order's own words. One row.
CREATE TABLE roster (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    content BLOB    NOT NULL
) STRICT;

-- Up to which record of each lead's chain its gifts to this till were taken.
CREATE TABLE leads (
    keeper TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    taken  INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch)
) STRICT, WITHOUT ROWID;

-- As a lead: the chains of the store's other tills, byte for byte as they were signed.
CREATE TABLE copies (
    keeper    TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    content   BLOB    NOT NULL,
    signature BLOB    NOT NULL,
    PRIMARY KEY (keeper, epoch, sequence)
) STRICT, WITHOUT ROWID;

-- As a lead: the records of this chain that gave something to a neighbour, by the draw that each answered.
CREATE TABLE lent (
    keeper       TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    operation_id TEXT    NOT NULL,
    sequence     INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, operation_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX lent_in_order ON lent (keeper, epoch, sequence);

CREATE TRIGGER copies_are_kept BEFORE DELETE ON copies BEGIN SELECT raise(ABORT, 'copies are append-only'); END;
CREATE TRIGGER copies_are_fixed BEFORE UPDATE ON copies BEGIN SELECT raise(ABORT, 'copies are append-only'); END;
CREATE TRIGGER lent_is_kept BEFORE DELETE ON lent BEGIN SELECT raise(ABORT, 'lent is append-only'); END;
CREATE TRIGGER lent_is_fixed BEFORE UPDATE ON lent BEGIN SELECT raise(ABORT, 'lent is append-only'); END;
