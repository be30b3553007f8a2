-- Who the chain's members are. Reference data, not value: changed and erased as members ask, and never part of a record.

-- Cards whose number HQ was told once, so that people see which one a token is. The number itself is not kept.
CREATE TABLE cards (
    card   TEXT NOT NULL PRIMARY KEY,
    masked TEXT NOT NULL,
    kind   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    account      TEXT    NOT NULL PRIMARY KEY,
    card         TEXT    NOT NULL UNIQUE REFERENCES cards,
    name         TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    phone_hash   BLOB    NOT NULL CHECK (length(phone_hash) IN (0, 32)),
    birth_month  INTEGER NOT NULL CHECK (birth_month BETWEEN 0 AND 12),
    tier         TEXT    NOT NULL,
    store        TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    joined_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_phone ON members (phone_hash, joined_at_ms) WHERE length(phone_hash) > 0;

-- Which accounts each store has seen. A store counts the news of its members, and version says which of them a line was
-- last; 0 while nobody is known by that account. The line of an erased member stays, so that its store forgets it too.
CREATE TABLE directory (
    store   TEXT    NOT NULL,
    account TEXT    NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 0),
    PRIMARY KEY (store, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_by_version ON directory (store, version);
CREATE INDEX directory_by_account ON directory (account);

-- What a keeper did last of what it was told, without a walk through its chain.
CREATE INDEX records_applied ON records (keeper, epoch, sequence) WHERE kind = 'applied';
