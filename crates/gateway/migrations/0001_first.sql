-- The desired configuration: one row per entity, its wire form as JSON.
CREATE TABLE entity (
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    parent     TEXT,
    json       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- What there is once: the revision of the configuration, the identity of this node.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('revision', '0');

-- The copy of the availability ledger that outlives a restart. Times are Unix milliseconds; no `until_ms` means
-- until somebody lifts it.
CREATE TABLE ledger (
    scope    TEXT    NOT NULL PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER,
    cause    TEXT    NOT NULL,
    streak   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
