-- Lost places: who would write off, or has written off, what lies there. `ended_at_ms`: all that lay there then is. What is under way to it is
-- read up to the giver's record `giver`/`giver_epoch`/`giver_sequence`, and who has something there up to `account`; each until it `is_` read.
CREATE TABLE write_offs (
    keeper           TEXT    NOT NULL,
    epoch            INTEGER NOT NULL,
    proposed_by      TEXT    NOT NULL,
    proposed_at_ms   INTEGER NOT NULL,
    agreed_by        TEXT CHECK (agreed_by <> proposed_by),
    ended_at_ms      INTEGER,
    giver            TEXT    NOT NULL DEFAULT '',
    giver_epoch      INTEGER NOT NULL DEFAULT 0,
    giver_sequence   INTEGER NOT NULL DEFAULT 0,
    gifts_are_read   INTEGER NOT NULL DEFAULT 0 CHECK (gifts_are_read IN (0, 1)),
    account          TEXT    NOT NULL DEFAULT '',
    members_are_read INTEGER NOT NULL DEFAULT 0 CHECK (members_are_read IN (0, 1)),
    PRIMARY KEY (keeper, epoch),
    FOREIGN KEY (keeper, epoch) REFERENCES keepers
) STRICT, WITHOUT ROWID;

-- Of a lost place, slice by slice: what was written off, and what is under way to it. What lies there, its slices say.
CREATE TABLE lost_slices (
    account     TEXT    NOT NULL,
    purse       TEXT    NOT NULL,
    lot         TEXT    NOT NULL,
    keeper      TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    under_way   INTEGER NOT NULL CHECK (under_way >= 0),
    written_off INTEGER NOT NULL CHECK (written_off >= 0),
    PRIMARY KEY (account, purse, lot, keeper, epoch)
) STRICT, WITHOUT ROWID;

-- The same of all members together. `short`: what was written off and is not there, which the company has paid. `from_tills`: what tills have
-- under way to it; what HQ has, the other totals say.
CREATE TABLE lost_totals (
    keeper      TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    asset       TEXT    NOT NULL,
    from_tills  INTEGER NOT NULL,
    written_off INTEGER NOT NULL,
    short       INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch, asset)
) STRICT, WITHOUT ROWID;

-- Members of whom more may lie at a lost place, or be under way to it, than was written off.
CREATE TABLE to_write_off (
    keeper  TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    account TEXT    NOT NULL,
    PRIMARY KEY (keeper, epoch, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX between_tills_by_taker ON between_tills (taker, taker_epoch, keeper, epoch, sequence);

-- What lies where, as it counts: of what was written off only what is beyond that.
CREATE VIEW counted_slices AS
    SELECT slices.account, slices.purse, slices.lot, slices.place, slices.epoch,
        max(slices.units - coalesce(lost_slices.written_off, 0), 0) AS units
    FROM slices LEFT JOIN lost_slices ON lost_slices.account = slices.account AND lost_slices.purse = slices.purse
        AND lost_slices.lot = slices.lot AND lost_slices.keeper = slices.place AND lost_slices.epoch = slices.epoch;

-- Lost slices beside what lies there.
CREATE VIEW losses AS
    SELECT lost_slices.account, lost_slices.purse, lost_slices.lot, keeper, lost_slices.epoch,
        coalesce(slices.units, 0) AS lies, under_way, written_off
    FROM lost_slices LEFT JOIN slices ON slices.account = lost_slices.account AND slices.purse = lost_slices.purse
        AND slices.lot = lost_slices.lot AND slices.place = keeper AND slices.epoch = lost_slices.epoch;

CREATE TRIGGER write_offs_are_kept BEFORE DELETE ON write_offs BEGIN SELECT raise(ABORT, 'write_offs are kept'); END;
