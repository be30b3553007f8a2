-- What one till has given to another and its taker has not said to have come, by the record that gave it. `relayed`: HQ has sent it on.
CREATE TABLE between_tills (
    keeper      TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    taker       TEXT    NOT NULL,
    taker_epoch INTEGER NOT NULL,
    relayed     INTEGER NOT NULL CHECK (relayed IN (0, 1)),
    PRIMARY KEY (keeper, epoch, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX between_tills_to_relay ON between_tills (taker, taker_epoch, keeper, epoch, sequence) WHERE relayed = 0;

-- The last roster that each till has said to have carried out, by the record of HQ's chain: to whom it has a line since.
CREATE TABLE rosters (
    keeper   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    hq_epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (keeper, epoch)
) STRICT, WITHOUT ROWID;
