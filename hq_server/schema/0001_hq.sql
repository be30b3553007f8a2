-- What HQ keeps beside the book and the chains: who may sign, how far each chain is held and posted, and what is set aside.

CREATE TABLE keepers (
    keeper      TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    store       TEXT    NOT NULL,
    public_key  BLOB    NOT NULL CHECK (length(public_key) = 32),
    PRIMARY KEY (keeper, epoch)
) STRICT, WITHOUT ROWID;

-- How far each chain is posted to the mirror, and when its keeper was last heard. How far it is held, its records say.
CREATE TABLE progress (
    keeper      TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    posted      INTEGER NOT NULL CHECK (posted >= 0),
    heard_at_ms INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch),
    FOREIGN KEY (keeper, epoch) REFERENCES keepers
) STRICT, WITHOUT ROWID;

-- Directives by the keeper to whom they go; the records themselves are in HQ's chain.
CREATE TABLE directives (
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    hq_epoch INTEGER NOT NULL,
    number   INTEGER NOT NULL CHECK (number >= 1),
    sequence INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, hq_epoch, number)
) STRICT, WITHOUT ROWID;

-- In which way HQ has a store run; no line: in the one with which its tills' books began.
CREATE TABLE store_modes (
    store TEXT NOT NULL PRIMARY KEY,
    mode  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The till that is a store's lead, and where it listens; both null: it has none any more. No line: it never had one.
CREATE TABLE store_leads (
    store   TEXT NOT NULL PRIMARY KEY,
    lead    TEXT,
    address TEXT CHECK ((lead IS NULL) = (address IS NULL))
) STRICT, WITHOUT ROWID;

-- From here on nothing of this keeper is taken: its key was revoked, or its chain forked.
CREATE TABLE fences (
    keeper TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    why    TEXT    NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, why)
) STRICT, WITHOUT ROWID;

-- Two signed records with one number: whoever has both can convict their keeper.
CREATE TABLE forks (
    keeper    TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    content   BLOB    NOT NULL,
    signature BLOB    NOT NULL,
    PRIMARY KEY (keeper, epoch, sequence, content)
) STRICT, WITHOUT ROWID;

-- Genuine records that the book could not take: kept in plain sight until someone mends them.
CREATE TABLE suspense (
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    account  TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (keeper, epoch, sequence, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX suspense_by_account ON suspense (account);

-- A day close whose digest is not that of HQ's mirror.
CREATE TABLE differences (
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    said     TEXT    NOT NULL,
    found    TEXT    NOT NULL,
    PRIMARY KEY (keeper, epoch, sequence)
) STRICT, WITHOUT ROWID;

-- Codes by which a new till and HQ will know each other; gone when used, worn out or old.
CREATE TABLE pairings (
    place      TEXT    NOT NULL PRIMARY KEY,
    store      TEXT    NOT NULL,
    code       BLOB    NOT NULL,
    made_at_ms INTEGER NOT NULL,
    tries      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A chain whose next record takes what another chain has given and HQ has not posted yet. It goes on when that one does.
CREATE TABLE waits (
    keeper         TEXT    NOT NULL,
    epoch          INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,
    giver          TEXT    NOT NULL,
    giver_epoch    INTEGER NOT NULL,
    giver_sequence INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch)
) STRICT, WITHOUT ROWID;
CREATE INDEX waits_by_giver ON waits (giver, giver_epoch, giver_sequence);

-- What a draw was answered with: the number of a record of HQ's chain. A draw that comes again gets the same.
CREATE TABLE draws (
    keeper       TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    operation_id TEXT    NOT NULL,
    hq_epoch     INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, operation_id)
) STRICT, WITHOUT ROWID;

-- What HQ has given to a keeper of a member's asset and its records have not yet said to have come.
CREATE TABLE under_way (
    keeper  TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    account TEXT    NOT NULL,
    asset   TEXT    NOT NULL,
    units   INTEGER NOT NULL CHECK (units > 0),
    PRIMARY KEY (account, asset, keeper, epoch)
) STRICT, WITHOUT ROWID;

-- The same of all members together, and what lies there: sums, kept so that placing need not add up a whole place.
CREATE TABLE totals (
    keeper    TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    asset     TEXT    NOT NULL,
    held      INTEGER NOT NULL,
    under_way INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, asset)
) STRICT, WITHOUT ROWID;

-- Where a member came last.
CREATE TABLE visits (
    account TEXT    NOT NULL,
    keeper  TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (account, keeper)
) STRICT, WITHOUT ROWID;

-- The last recall that a keeper has not carried out yet, so that nothing is asked for twice.
CREATE TABLE recalls (
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    account  TEXT    NOT NULL,
    asset    TEXT    NOT NULL,
    keep     INTEGER NOT NULL,
    hq_epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, account, asset)
) STRICT, WITHOUT ROWID;
CREATE INDEX recalls_by_record ON recalls (hq_epoch, sequence);

-- Members of whom something was posted since it was last looked at what of theirs should lie where.
CREATE TABLE unsettled (
    account TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What refunds should have taken back and did not find, until HQ has netted it: sums of the owed entries, per lot.
CREATE TABLE debts (
    account TEXT    NOT NULL,
    purse   TEXT    NOT NULL,
    lot     TEXT    NOT NULL,
    units   INTEGER NOT NULL CHECK (units > 0),
    PRIMARY KEY (account, purse, lot)
) STRICT, WITHOUT ROWID;

-- Cards that were lost or stolen, by their tokens.
CREATE TABLE blocks (
    card     TEXT    NOT NULL PRIMARY KEY,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER draws_are_kept BEFORE DELETE ON draws BEGIN SELECT raise(ABORT, 'draws are append-only'); END;
CREATE TRIGGER draws_are_fixed BEFORE UPDATE ON draws BEGIN SELECT raise(ABORT, 'draws are append-only'); END;
CREATE TRIGGER keepers_are_kept BEFORE DELETE ON keepers BEGIN SELECT raise(ABORT, 'keepers are append-only'); END;
CREATE TRIGGER keepers_are_fixed BEFORE UPDATE ON keepers BEGIN SELECT raise(ABORT, 'keepers are append-only'); END;
CREATE TRIGGER directives_are_kept BEFORE DELETE ON directives BEGIN SELECT raise(ABORT, 'directives are append-only'); END;
CREATE TRIGGER directives_are_fixed BEFORE UPDATE ON directives BEGIN SELECT raise(ABORT, 'directives are append-only'); END;
CREATE TRIGGER fences_are_kept BEFORE DELETE ON fences BEGIN SELECT raise(ABORT, 'fences are append-only'); END;
CREATE TRIGGER fences_are_fixed BEFORE UPDATE ON fences BEGIN SELECT raise(ABORT, 'fences are append-only'); END;
CREATE TRIGGER forks_are_kept BEFORE DELETE ON forks BEGIN SELECT raise(ABORT, 'forks are append-only'); END;
CREATE TRIGGER forks_are_fixed BEFORE UPDATE ON forks BEGIN SELECT raise(ABORT, 'forks are append-only'); END;
CREATE TRIGGER suspense_is_kept BEFORE DELETE ON suspense BEGIN SELECT raise(ABORT, 'suspense is append-only'); END;
CREATE TRIGGER suspense_is_fixed BEFORE UPDATE ON suspense BEGIN SELECT raise(ABORT, 'suspense is append-only'); END;
CREATE TRIGGER differences_are_kept BEFORE DELETE ON differences BEGIN SELECT raise(ABORT, 'differences are append-only'); END;
CREATE TRIGGER differences_are_fixed BEFORE UPDATE ON differences BEGIN SELECT raise(ABORT, 'differences are append-only'); END;
