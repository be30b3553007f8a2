-- What this till knows of members: ordinary data, no part of book and chain. It is updated, deleted and bounded.

-- Lines of HQ's directory. `seen`: a count that grows; the line with the lowest was at this till longest ago.
CREATE TABLE members (
    account     TEXT    NOT NULL PRIMARY KEY,
    card        TEXT    NOT NULL,
    masked      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    tier        TEXT    NOT NULL,
    birth_month INTEGER NOT NULL CHECK (birth_month BETWEEN 0 AND 12),
    phone       BLOB    NOT NULL,
    seen        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_phone ON members (phone) WHERE phone <> x'';
CREATE INDEX members_by_seen ON members (seen);

-- What HQ last said of who has what where, as MessagePack.
CREATE TABLE remembered_shares (
    account TEXT    NOT NULL PRIMARY KEY,
    at_ms   INTEGER NOT NULL CHECK (at_ms >= 0),
    shares  BLOB    NOT NULL,
    seen    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX remembered_shares_by_seen ON remembered_shares (seen);

-- How far HQ's directory has come here. One row.
CREATE TABLE directory_version (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
