-- What tills let go at their stores' own risk, sale by sale, and what of it no refund has taken back. It is nobody's value: no entry has it.
CREATE TABLE let_go (
    keeper        TEXT    NOT NULL,
    epoch         INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    store         TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    units         INTEGER NOT NULL CHECK (units > 0),
    open_units    INTEGER NOT NULL CHECK (open_units BETWEEN 0 AND units),
    PRIMARY KEY (keeper, epoch, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX let_go_open_by_till ON let_go (keeper, epoch, open_units) WHERE open_units > 0;
CREATE INDEX let_go_open_by_account ON let_go (account, store, open_units) WHERE open_units > 0;

CREATE TRIGGER let_go_is_kept BEFORE DELETE ON let_go BEGIN SELECT raise(ABORT, 'let_go is kept'); END;
