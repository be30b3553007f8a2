-- Refunds that tills have promised and posted: of the sale with which slip, how much, and the record that has kept each or taken it back.
CREATE TABLE promises (
    keeper         TEXT    NOT NULL,
    epoch          INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,
    receipt_number TEXT    NOT NULL,
    original       TEXT    NOT NULL,
    units          INTEGER NOT NULL,
    business_date  TEXT    NOT NULL,
    settled        TEXT,
    PRIMARY KEY (keeper, epoch, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX promises_open ON promises (original, keeper, epoch, sequence) WHERE settled IS NULL;
