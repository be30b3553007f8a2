-- Sales that tills refused though their members had enough in all, as HQ knew it when it posted the record: sums by store and business date.
CREATE TABLE refused_though_funded (
    business_date TEXT    NOT NULL,
    store         TEXT    NOT NULL,
    asset         TEXT    NOT NULL,
    sales         INTEGER NOT NULL,
    asked         INTEGER NOT NULL,
    missing       INTEGER NOT NULL,
    PRIMARY KEY (business_date, store, asset)
) STRICT, WITHOUT ROWID;

-- Which sales those were on a till's last business date, so that who tries three times is one customer. Forgotten with the date.
CREATE TABLE refused_sales (
    keeper        TEXT    NOT NULL,
    epoch         INTEGER NOT NULL,
    business_date TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    asset         TEXT    NOT NULL,
    sale          TEXT    NOT NULL,
    PRIMARY KEY (keeper, epoch, business_date, account, asset, sale)
) STRICT, WITHOUT ROWID;

-- What was given to a keeper, by HQ or by another till, and has not come: sums by the hour (since 1970) in which its giver signed it away.
CREATE TABLE given_by_hour (
    keeper TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    asset  TEXT    NOT NULL,
    hour   INTEGER NOT NULL,
    units  INTEGER NOT NULL CHECK (units > 0),
    PRIMARY KEY (keeper, epoch, asset, hour)
) STRICT, WITHOUT ROWID;
