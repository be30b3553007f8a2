-- The till that has a copy of the chain of a store's lead, and where it listens. No line: the store has no lead, or its lead copies to nobody.
CREATE TABLE store_witnesses (
    store   TEXT NOT NULL PRIMARY KEY,
    witness TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT, WITHOUT ROWID;
