-- Rights that this till has passed to another till of its store and that have not come back: by which of our records.
CREATE TABLE rights_passed (
    original TEXT    NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
