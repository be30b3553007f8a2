-- What a till finds again of its movements: by what they undo. It only grows.

-- Records by their names: `record` refunds a share of `original`, or voids it.
CREATE TABLE undoings (
    original TEXT NOT NULL,
    record   TEXT NOT NULL,
    PRIMARY KEY (original, record)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER undoings_are_kept BEFORE DELETE ON undoings BEGIN SELECT raise(ABORT, 'undoings are append-only'); END;
CREATE TRIGGER undoings_are_fixed BEFORE UPDATE ON undoings BEGIN SELECT raise(ABORT, 'undoings are append-only'); END;
