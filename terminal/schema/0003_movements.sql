-- What a till finds again of its movements: by whose value they moved, and by what they undo. Both only grow.

CREATE TABLE movements (
    account TEXT    NOT NULL,
    number  INTEGER NOT NULL REFERENCES slips,
    PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;

-- Records by their names: `record` refunds a share of `original`, or voids it.
CREATE TABLE undoings (
    original TEXT NOT NULL,
    record   TEXT NOT NULL,
    PRIMARY KEY (original, record)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER movements_are_kept BEFORE DELETE ON movements BEGIN SELECT raise(ABORT, 'movements are append-only'); END;
CREATE TRIGGER movements_are_fixed BEFORE UPDATE ON movements BEGIN SELECT raise(ABORT, 'movements are append-only'); END;
CREATE TRIGGER undoings_are_kept BEFORE DELETE ON undoings BEGIN SELECT raise(ABORT, 'undoings are append-only'); END;
CREATE TRIGGER undoings_are_fixed BEFORE UPDATE ON undoings BEGIN SELECT raise(ABORT, 'undoings are append-only'); END;
