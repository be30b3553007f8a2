-- What was let go at the store's own risk on each business date: of each account, and of all together (account ''). It only grows.
CREATE TABLE let_go (
    business_date TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    units         INTEGER NOT NULL CHECK (units > 0),
    PRIMARY KEY (business_date, account)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER let_go_is_kept BEFORE DELETE ON let_go BEGIN SELECT raise(ABORT, 'let_go only grows'); END;
CREATE TRIGGER let_go_only_grows BEFORE UPDATE ON let_go WHEN new.units < old.units BEGIN SELECT raise(ABORT, 'let_go only grows'); END;
