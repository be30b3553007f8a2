-- The keeper's own chain, signed bytes as they were made. What HQ has acknowledged is a number, not a deletion.
-- With a rowid, as rows are large: in a tree by the key each would spill into a page of its own, read again at every search.

CREATE TABLE records (
    keeper    TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    content   BLOB    NOT NULL,
    signature BLOB    NOT NULL,
    PRIMARY KEY (keeper, epoch, sequence)
) STRICT;

CREATE TRIGGER records_are_kept BEFORE DELETE ON records BEGIN SELECT raise(ABORT, 'records are append-only'); END;
CREATE TRIGGER records_are_fixed BEFORE UPDATE ON records BEGIN SELECT raise(ABORT, 'records are append-only'); END;
