-- The right to undo a sale, where it has moved: whether it is here, what HQ brought of it, and behind which of our records.
-- Of a sale of our own that has no line here the right never left.
CREATE TABLE rights (
    original       TEXT    NOT NULL PRIMARY KEY,
    receipt_number TEXT    NOT NULL UNIQUE,
    is_here        INTEGER NOT NULL CHECK (is_here IN (0, 1)),
    moves          INTEGER NOT NULL CHECK (moves > 0),
    came           BLOB,
    since          INTEGER NOT NULL,
    CHECK (is_here = 0 OR came IS NOT NULL)
) STRICT, WITHOUT ROWID;
