-- Promised refunds by the number of the promise's slip: of the sale with which slip, so many units, and the record that has kept it or taken it back.
CREATE TABLE promises (
    number   INTEGER NOT NULL PRIMARY KEY,
    original TEXT    NOT NULL,
    units    INTEGER NOT NULL CHECK (units > 0),
    settled  TEXT
) STRICT;

-- What is looked for whenever a right comes, and by whoever asks what is open.
CREATE INDEX promises_open ON promises (original, number) WHERE settled IS NULL;

CREATE TRIGGER promises_are_settled_once BEFORE UPDATE ON promises
    WHEN old.settled IS NOT NULL OR new.settled IS NULL OR (new.number, new.original, new.units) <> (old.number, old.original, old.units)
BEGIN
    SELECT raise(ABORT, 'a promise is settled once');
END;

CREATE TRIGGER promises_are_not_deleted BEFORE DELETE ON promises
BEGIN
    SELECT raise(ABORT, 'a promise stays');
END;
