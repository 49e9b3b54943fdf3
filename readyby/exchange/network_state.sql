-- What a charging network told, and what it was told, until core has it: a file a network, for its owner only.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Copies of the network's objects; a session's holds its driver's token, so it goes when it is not needed.
CREATE TABLE IF NOT EXISTS object (
    module TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    live INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,
    kept_at TEXT NOT NULL,
    told_at TEXT,
    PRIMARY KEY (module, key)
) WITHOUT ROWID;

-- What the exchange has not taken over yet.
CREATE TABLE IF NOT EXISTS news (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'meter', 'word', 'wish')),
    body TEXT NOT NULL
);

-- Commands sent: to know a result, and what an active profile means.
CREATE TABLE IF NOT EXISTS command (
    result_key TEXT PRIMARY KEY,
    command_id TEXT NOT NULL,
    session_key TEXT NOT NULL,
    profile TEXT,
    sent_at TEXT NOT NULL,
    plan_version INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    told TEXT,
    number INTEGER NOT NULL UNIQUE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS command_session ON command (session_key, number);

CREATE TABLE IF NOT EXISTS reject (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    module TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE
);
