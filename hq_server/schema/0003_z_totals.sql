-- What a POS says that its cashiers took with member cards on a business date. The last one counts, and every earlier one is kept.
CREATE TABLE z_totals (
    keeper        TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    cashier       TEXT    NOT NULL,
    number        INTEGER NOT NULL CHECK (number >= 1),
    units         INTEGER NOT NULL,
    given_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (keeper, business_date, cashier, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER z_totals_are_kept BEFORE DELETE ON z_totals BEGIN SELECT raise(ABORT, 'z_totals are append-only'); END;
CREATE TRIGGER z_totals_are_fixed BEFORE UPDATE ON z_totals BEGIN SELECT raise(ABORT, 'z_totals are append-only'); END;
