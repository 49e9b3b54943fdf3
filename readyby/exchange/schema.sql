CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS feed (
    seq INTEGER PRIMARY KEY,
    records INTEGER NOT NULL,
    as_of TEXT,
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS receipts (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS plans (
    site_id TEXT NOT NULL,
    plan_version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    commands INTEGER NOT NULL,
    body BLOB NOT NULL,
    progress_seq INTEGER,
    progress BLOB,
    open BLOB,
    PRIMARY KEY (site_id, plan_version)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS plans_by_progress ON plans (progress_seq);
CREATE TABLE IF NOT EXISTS controls (
    evse_id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notices (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
