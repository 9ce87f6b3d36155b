-- What was counted in one hour, by what it was about. `hour` is when it began, in Unix seconds; `counts` is JSON.
CREATE TABLE counts (
    hour      INTEGER NOT NULL,
    dimension TEXT    NOT NULL,
    owner     TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    counts    TEXT    NOT NULL,
    PRIMARY KEY (hour, dimension, owner, name)
) STRICT, WITHOUT ROWID;

-- When a route last called a provider, in Unix seconds.
CREATE TABLE called (
    route    TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (route, provider)
) STRICT, WITHOUT ROWID;

-- What was done through the Admin API. `entry` is JSON, without any value that was written.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    outcome TEXT    NOT NULL,
    entry   TEXT    NOT NULL
) STRICT;

-- Old entries go by what became of them.
CREATE INDEX audit_outcome ON audit (outcome, id);
